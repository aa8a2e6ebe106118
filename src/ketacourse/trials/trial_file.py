"""The trial file as it is written: its tables, keys, types and units.

The models only describe the file. Rules over several fields are in ``trial_rules``, and
``trial_build`` turns what was read into the nouns of ``design``.
"""

from typing import Annotated, Any

from pydantic import Field

from ketacourse.population.expectancy import Control
from ketacourse.therapy.case_file import (
    MOST_SESSIONS,
    Amount,
    Duration,
    ProtocolName,
    ScaleKey,
    SessionTable,
    Table,
    Text,
    TherapyTable,
)
from ketacourse.therapy.course import Masking, Setting
from ketacourse.therapy.dose import Drug, Route
from ketacourse.trials.design import (
    Allocation,
    Among,
    DesignKind,
    EndpointKind,
    Missing,
    Qualified,
    Rescued,
    Test,
)
from ketacourse.trials.file_types import (
    MOST_ARMS,
    MOST_VISITS,
    Days,
    Interval,
    Name,
    Patients,
    SessionDays,
    VisitDay,
    Washout,
)
from ketacourse.trials.population_file import AdherenceTable, PopulationTable, RatingTable

Sessions = Annotated[list[SessionTable], Field(max_length=MOST_SESSIONS)]
Therapies = Annotated[list[TherapyTable], Field(max_length=MOST_SESSIONS)]


class VisitTable(Table):
    """Visits at which the same scales are rated; day 0 is always rated, before the dose."""

    days: Days
    scales: Annotated[list[ScaleKey], Field(min_length=1)] = Field(
        default_factory=lambda: ["madrs"]
    )


class CriterionTable(Table):
    """A condition on a rated score; every limit that is given must hold."""

    scale: ScaleKey = "madrs"
    improved_less_than: Annotated[float, Field(gt=-1.0, le=1.0)] | None = None
    improved_at_least: Annotated[float, Field(gt=-1.0, le=1.0)] | None = None
    score_at_least: int | None = None
    score_at_most: int | None = None


class DoseRuleTable(Table):
    """Raise the dose one step at each of these visits while the condition holds."""

    days: Days
    when: CriterionTable
    steps: Annotated[list[Amount], Field(min_length=2, max_length=12)]


class SpacingRuleTable(Table):
    """Space sessions one step wider at each visit where the condition holds, else narrower."""

    days: Days
    when: CriterionTable
    intervals: Annotated[list[Interval], Field(min_length=2, max_length=12)]


class RescueTable(Table):
    """Sessions given, once, to whoever meets the condition at one of these visits."""

    days: Days
    when: CriterionTable
    drug: Drug
    route: Route
    dose: Amount
    duration: Duration | None = None
    days_after: Annotated[
        list[Annotated[float, Field(ge=0.0, le=90.0)]], Field(min_length=1, max_length=24)
    ] = Field(default_factory=lambda: [0.0])


class RelapseTable(Table):
    """What counts as a relapse: the condition at this many visits in a row."""

    when: CriterionTable
    visits: Annotated[int, Field(ge=1, le=6)] = 1


class ArmTable(Table):
    """One arm: what is given, and what its patients believe."""

    name: Name
    patients: Patients | None = None
    masking: Masking | None = None
    control: Control = "none"
    new_oral_antidepressant: bool | None = None
    setting: Setting | None = None
    protocol: ProtocolName | None = None
    fixed_dose: Annotated[
        bool, Field(description="keep the first dose of a protocol that is guided by response")
    ] = False
    sessions: Sessions | None = None
    session_days: SessionDays | None = None
    therapy: Therapies = Field(default_factory=list)
    visits: Annotated[list[VisitTable], Field(max_length=MOST_VISITS)] | None = None
    dose_rule: DoseRuleTable | None = None
    spacing_rule: SpacingRuleTable | None = None
    rescue: RescueTable | None = None


class BranchTable(Table):
    """What re-randomised patients go on with; days still count from the first dose."""

    name: Name
    masking: Masking | None = None
    control: Control = "none"
    sessions: Sessions = Field(default_factory=list)
    session_days: SessionDays | None = None
    therapy: Therapies = Field(default_factory=list)


class RerandomiseTable(Table):
    """Patients who meet the condition at a visit are dealt to branches; others leave."""

    day: VisitDay
    among: Qualified = "responders"
    scale: ScaleKey = "madrs"
    branches: Annotated[list[BranchTable], Field(min_length=2, max_length=12)]


class CrossoverTable(Table):
    """Every patient receives every arm, in one of these orders."""

    washout: Washout
    sequences: Annotated[list[list[Name]], Field(min_length=1, max_length=24)] | None = None


class EndpointTable(Table):
    """One question that the trial answers."""

    name: Name
    kind: EndpointKind
    scale: ScaleKey = "madrs"
    day: VisitDay | None = None
    from_day: VisitDay | None = None
    cut_off: int | None = None
    fraction: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    missing: Missing | None = None
    rescued: Rescued | None = None
    among: Among = "everyone"
    test: Test | None = None


class ContrastTable(Table):
    """Groups whose patients are compared, pooled on each side."""

    name: Name
    arms: Annotated[list[Name], Field(min_length=1)]
    against: Annotated[list[Name], Field(min_length=1)]


class SubgroupTable(Table):
    """A covariate by which results are split: at a cut, or by its categories."""

    name: Name
    covariate: Name
    cut: float | None = None


class PowerTable(Table):
    """Further sizes of arms for the power curve, taken from the same patients."""

    patients: Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1, max_length=24)]


class TrialFile(Table):
    """One virtual trial."""

    title: Text = ""
    note: Annotated[str, Field(max_length=4000)] = ""
    design: DesignKind = "parallel"
    allocation: Allocation = "randomised"
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 1
    patients: Patients = 100
    replicates: Annotated[int, Field(ge=1, le=100_000)] = 1
    variant: Name = "disinhibition"
    masking: Masking = "open"
    setting: Setting = "trial"
    new_oral_antidepressant: bool = False
    research: Annotated[
        bool, Field(description="allow doses outside the evidence; every result says so")
    ] = False
    population: PopulationTable = PopulationTable()
    adherence: AdherenceTable = AdherenceTable()
    ratings: Annotated[list[RatingTable], Field(max_length=24)] = Field(default_factory=list)
    visits: Annotated[list[VisitTable], Field(max_length=MOST_VISITS)] = Field(default_factory=list)
    arms: Annotated[list[ArmTable], Field(min_length=1, max_length=MOST_ARMS)]
    crossover: CrossoverTable | None = None
    rerandomise: RerandomiseTable | None = None
    relapse: RelapseTable | None = None
    reference: Annotated[
        Name | None, Field(description="the group that the others are compared with")
    ] = None
    alpha: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.05
    contrasts: Annotated[list[ContrastTable], Field(max_length=60)] = Field(default_factory=list)
    endpoints: Annotated[list[EndpointTable], Field(max_length=60)] = Field(default_factory=list)
    subgroups: Annotated[list[SubgroupTable], Field(max_length=24)] = Field(default_factory=list)
    power: PowerTable | None = None


def trial_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a trial file."""
    schema = TrialFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ketacourse trial file",
        **{key: value for key, value in schema.items() if key != "title"},
    }
