"""The trial file as it is written: its tables, keys, types and units.

The models only describe the file. Rules over several fields are in ``trial_rules``, and
``trial_build`` turns what was read into the nouns of ``design``.
"""

from typing import Annotated, Any

from pydantic import Field

from ketacourse.therapy.case_file import ScaleKey, Text
from ketacourse.therapy.course import Masking, Setting
from ketacourse.trials.arm_file import ArmTable, BranchTable, VisitTable
from ketacourse.trials.design import Allocation, DesignKind, Qualified, Uncertainty
from ketacourse.trials.file_types import (
    MOST_ARMS,
    MOST_VISITS,
    Described,
    Name,
    Patients,
    VisitDay,
    Washout,
)
from ketacourse.trials.population_file import AdherenceTable, PopulationTable, RatingTable
from ketacourse.trials.question_file import (
    ContrastTable,
    EndpointTable,
    PowerTable,
    RelapseTable,
    SubgroupTable,
)


class RerandomiseTable(Described):
    """Patients who meet the condition at a visit are dealt to branches; others leave."""

    day: VisitDay
    """visit at which it is decided"""
    among: Qualified = "responders"
    """who is dealt to branches"""
    scale: ScaleKey = "madrs"
    """scale that decides"""
    branches: Annotated[list[BranchTable], Field(min_length=2, max_length=12)]


class CrossoverTable(Described):
    """Every patient receives every arm, in one of these orders."""

    washout: Washout
    """from the last dose of a period to the first of the next"""
    sequences: Annotated[list[list[Name]], Field(min_length=1, max_length=24)] | None = None
    """orders of arms; by default each arm comes first once, in turn"""


class TrialFile(Described):
    """One virtual trial."""

    title: Text = ""
    """what the trial is called"""
    note: Annotated[str, Field(max_length=4000)] = ""
    """what the reader should know"""
    design: DesignKind = "parallel"
    """one arm per patient, every arm in turn, or responders re-randomised"""
    allocation: Allocation = "randomised"
    """whether arms have different patients, or all the same (common)"""
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = 1
    """seed of the random streams: same seed, same patients"""
    patients: Patients = 100
    """number per arm and replicate"""
    replicates: Annotated[int, Field(ge=1, le=100_000)] = 1
    """times the trial is repeated with other patients, for its power"""
    uncertainty: Uncertainty = "ensemble"
    """whether replicates after the first draw what is believed of the mechanism anew
    (ensemble), or all share its typical values"""
    variant: Name | None = None
    """the one account of the mechanism to use; by default all, by their weights"""
    masking: Masking = "open"
    """how what is given is hidden, in every arm that does not say otherwise"""
    setting: Setting = "trial"
    """trial or clinic: how much care alone does"""
    new_oral_antidepressant: bool = False
    """whether an oral antidepressant is started on day 0"""
    research: bool = False
    """allow doses outside the evidence; every result says so"""
    population: PopulationTable = PopulationTable()
    adherence: AdherenceTable = AdherenceTable()
    ratings: Annotated[list[RatingTable], Field(max_length=24)] = Field(default_factory=list)
    visits: Annotated[list[VisitTable], Field(max_length=MOST_VISITS)] = Field(default_factory=list)
    arms: Annotated[list[ArmTable], Field(min_length=1, max_length=MOST_ARMS)]
    crossover: CrossoverTable | None = None
    rerandomise: RerandomiseTable | None = None
    relapse: RelapseTable | None = None
    reference: Name | None = None
    """arm or branch that the others are compared with"""
    alpha: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.05
    """significant is a two-sided p value below it"""
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
