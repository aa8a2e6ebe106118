"""The tables of a trial file that say what arms receive and when they are seen."""

from typing import Annotated

from pydantic import Field

from ketacourse.population.expectancy import Control
from ketacourse.therapy.case_file import (
    MOST_SESSIONS,
    Amount,
    Duration,
    ProtocolName,
    ScaleKey,
    SessionTable,
    TherapyTable,
)
from ketacourse.therapy.course import Masking, Setting
from ketacourse.therapy.dose import Drug, Route
from ketacourse.trials.file_types import (
    MOST_VISITS,
    Days,
    Described,
    Interval,
    Name,
    Patients,
    SessionDays,
)

Sessions = Annotated[list[SessionTable], Field(max_length=MOST_SESSIONS)]
Therapies = Annotated[list[TherapyTable], Field(max_length=MOST_SESSIONS)]


class VisitTable(Described):
    """Visits at which the same scales are rated; day 0 is always rated, before the dose."""

    days: Days
    """days from the first dose, 0 left out"""
    scales: Annotated[list[ScaleKey], Field(min_length=1)] = Field(
        default_factory=lambda: ["madrs"]
    )
    """scales rated on these days"""


class CriterionTable(Described):
    """A condition on a rated score; every limit that is given must hold."""

    scale: ScaleKey = "madrs"
    """the scale that decides"""
    improved_less_than: Annotated[float, Field(gt=-1.0, le=1.0)] | None = None
    """fraction of the baseline total by which it fell, at most"""
    improved_at_least: Annotated[float, Field(gt=-1.0, le=1.0)] | None = None
    """fraction of the baseline total by which it fell, at least"""
    score_at_least: int | None = None
    """total (points) and more"""
    score_at_most: int | None = None
    """total (points) and less"""


class DoseRuleTable(Described):
    """Raise the dose one step at each of these visits while the condition holds."""

    days: Days
    """visits at which the dose of later sessions is decided"""
    when: CriterionTable
    steps: Annotated[list[Amount], Field(min_length=2, max_length=12)]
    """rising doses; the first is that of the sessions"""


class SpacingRuleTable(Described):
    """Space sessions one step wider at each visit where the condition holds, else narrower."""

    days: Days
    """visits at which the interval between later sessions is decided"""
    when: CriterionTable
    intervals: Annotated[list[Interval], Field(min_length=2, max_length=12)]
    """growing intervals; sessions of the arm that come too early are left out"""


class RescueTable(Described):
    """Sessions given, once, to whoever meets the condition at one of these visits."""

    days: Days
    """visits at which it is decided"""
    when: CriterionTable
    drug: Drug
    route: Route
    dose: Amount
    duration: Duration | None = None
    days_after: Annotated[
        list[Annotated[float, Field(ge=0.0, le=90.0)]], Field(min_length=1, max_length=24)
    ] = Field(default_factory=lambda: [0.0])
    """days of the sessions after that visit"""


class ArmTable(Described):
    """One arm: what is given, and what its patients believe."""

    name: Name
    patients: Patients | None = None
    """number per replicate; that of the trial by default"""
    masking: Masking | None = None
    """how what is given is hidden; that of the trial by default"""
    control: Control = "none"
    """what is given instead of the drug; none for an arm with drug"""
    new_oral_antidepressant: bool | None = None
    """whether an oral antidepressant is started on day 0"""
    setting: Setting | None = None
    """trial or clinic"""
    protocol: ProtocolName | None = None
    """a published course; its doses are sham in a control arm"""
    fixed_dose: bool = False
    """keep the first dose of a protocol that is guided by response"""
    sessions: Sessions | None = None
    """doses, where no protocol is named"""
    session_days: SessionDays | None = None
    """days of the sham sessions of a control arm, where no protocol is named"""
    therapy: Therapies = Field(default_factory=list)
    """sessions of psychotherapy"""
    visits: Annotated[list[VisitTable], Field(max_length=MOST_VISITS)] | None = None
    """visits of this arm, instead of those of the trial"""
    dose_rule: DoseRuleTable | None = None
    spacing_rule: SpacingRuleTable | None = None
    rescue: RescueTable | None = None


class BranchTable(Described):
    """What re-randomised patients go on with; days still count from the first dose."""

    name: Name
    masking: Masking | None = None
    """how what is given is hidden; that of the trial by default"""
    control: Control = "none"
    """what is given instead of the drug; none for a branch with drug or without sessions"""
    sessions: Sessions = Field(default_factory=list)
    """doses of the branch"""
    session_days: SessionDays | None = None
    """days of the sham sessions of a control branch"""
    therapy: Therapies = Field(default_factory=list)
    """sessions of psychotherapy"""
