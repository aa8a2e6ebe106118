"""The nouns of a trial: arms, visits, rules, endpoints.

They are frozen and hold base units; ``load_trial`` in ``trial_read`` makes them from a file.
Days count from the first dose of an arm (day 0). A visit on the day of a session comes
before its dose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from ketacourse.population.adherence import AdherenceSpec
from ketacourse.population.expectancy import Control
from ketacourse.population.measurement import Rating
from ketacourse.population.specification import PopulationSpec
from ketacourse.therapy.course import Masking, Setting
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import TherapySession

DesignKind = Literal["parallel", "crossover", "sequential"]
Allocation = Literal["randomised", "common"]
Qualified = Literal["responders", "remitters", "everyone"]
Among = Literal["everyone", "rerandomised"]
Missing = Literal["observed", "failure", "last"]
Rescued = Literal["failure", "observed"]
EndpointKind = Literal[
    "change", "percent_change", "response", "remission", "sustained_response",
    "relapse_free", "time_to_relapse", "pressure_surge", "dissociation", "nausea", "drop_out",
]  # fmt: skip
Test = Literal["t_test", "proportions", "log_rank"]

CONTINUOUS: tuple[EndpointKind, ...] = ("change", "percent_change")
SURVIVAL: tuple[EndpointKind, ...] = ("relapse_free", "time_to_relapse")
ADVERSE: tuple[EndpointKind, ...] = ("pressure_surge", "dissociation", "nausea")
KINDS: tuple[EndpointKind, ...] = get_args(EndpointKind)

Measure = Literal["continuous", "binary", "survival"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A rating: the day (from the first dose) and the scales."""

    day: float
    scales: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A condition on a rated score; every limit that is not None must hold.

    ``improved_less_than`` and ``improved_at_least`` are fractions of the baseline total,
    ``score_at_least`` and ``score_at_most`` are totals (points).
    """

    scale: str = "madrs"
    improved_less_than: float | None = None
    improved_at_least: float | None = None
    score_at_least: int | None = None
    score_at_most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSession:
    """One session of an arm: its day, and the dose, None for a sham."""

    day: float
    dose: Dose | None


def dose_of(like: Dose, amount: float, *, per_kg: bool) -> Dose:
    """Return a dose that differs in its amount (mg/kg or mg)."""
    return replace(
        like,
        amount_mg=None if per_kg else amount,
        amount_mg_per_kg=amount if per_kg else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseRule:
    """The dose rises one step at each visit day where ``when`` holds.

    ``steps`` are amounts, the first of which is where the arm starts; ``per_kg`` says
    whether they are in mg/kg or mg.
    """

    days: tuple[float, ...]
    when: Criterion
    steps: tuple[float, ...]
    per_kg: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpacingRule:
    """Sessions after the first of ``days`` are spaced by one of ``intervals_days``.

    The interval is one step wider after each visit where ``when`` holds, one narrower
    where it does not.
    """

    days: tuple[float, ...]
    when: Criterion
    intervals_days: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """Doses given once, ``days_after`` the first of ``days`` at which ``when`` holds."""

    days: tuple[float, ...]
    when: Criterion
    dose: Dose
    days_after: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relapse:
    """A relapse is ``when`` at ``visits`` visits in a row; it dates from the first."""

    when: Criterion
    visits: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What one group of patients receives and believes.

    ``patients`` is the number per replicate.
    """

    name: str
    patients: int
    masking: Masking = "open"
    control: Control = "none"
    new_oral_antidepressant: bool = False
    setting: Setting = "trial"
    sessions: tuple[PlannedSession, ...] = ()
    therapy: tuple[TherapySession, ...] = ()
    visits: tuple[Visit, ...] = ()
    dose_rule: DoseRule | None = None
    spacing_rule: SpacingRule | None = None
    rescue: Rescue | None = None
    protocol: str = ""

    @property
    def last_dose_day(self) -> float:
        """Return the day of the last planned session (days; 0 without sessions)."""
        return max((s.day for s in self.sessions), default=0.0)

    @property
    def scales(self) -> tuple[str, ...]:
        """Return every scale that is rated, in the order of first use."""
        return tuple(dict.fromkeys(s for v in self.visits for s in v.scales))


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """What re-randomised patients go on with."""

    name: str
    masking: Masking
    control: Control = "none"
    sessions: tuple[PlannedSession, ...] = ()
    therapy: tuple[TherapySession, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerandomisation:
    """Patients who qualify at a visit are dealt to branches; others leave the trial."""

    day: float
    among: Qualified
    scale: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossover:
    """Each patient receives all arms; ``sequences`` are orders of arm positions."""

    washout_days: float
    sequences: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One question that the trial answers.

    ``from_day`` is where a sustained response or the time to relapse begins; ``day`` is
    where the endpoint is read.
    """

    name: str
    kind: EndpointKind
    scale: str = "madrs"
    day: float | None = None
    from_day: float | None = None
    cut_off: float | None = None
    fraction: float | None = None
    missing: Missing = "observed"
    rescued: Rescued = "observed"
    among: Among = "everyone"
    test: Test

    @property
    def measure(self) -> Measure:
        """Return what is counted for each patient."""
        if self.kind in CONTINUOUS:
            return "continuous"
        return "survival" if self.kind in SURVIVAL else "binary"

    @property
    def unit(self) -> str:
        """Return the unit of the result."""
        units: dict[str, str] = {"change": "point", "percent_change": "percent"}
        return units.get(self.kind, "day" if self.kind == "time_to_relapse" else "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Groups compared, pooled on each side."""

    name: str
    arms: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroup:
    """A covariate by which results are split: at ``cut``, or by its categories."""

    name: str
    covariate: str
    cut: float | None = None


Uncertainty = Literal["ensemble", "typical"]
"""Whether replicates differ in what is believed of the mechanism, or all share the typical."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A virtual trial.

    ``content`` is the validated file (with overrides) that the trial was made from: it can
    be stored, and made into the same trial again. ``digest`` identifies it together with
    the model, the catalogue and the version: trials with the same digest have the same
    results. To change a trial, change its content and parse it again.
    """

    title: str
    note: str
    digest: str
    design: DesignKind
    allocation: Allocation
    seed: int
    replicates: int
    variant: str | None
    uncertainty: Uncertainty
    research: bool
    population: PopulationSpec
    adherence: AdherenceSpec
    ratings: Mapping[str, Rating]
    arms: tuple[Arm, ...]
    crossover: Crossover | None = None
    rerandomise: Rerandomisation | None = None
    relapse: Relapse | None = None
    alpha: float = 0.05
    contrasts: tuple[Contrast, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    power_patients: tuple[int, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the names that results are given for: arms, then branches."""
        branches = self.rerandomise.branches if self.rerandomise else ()
        return (*(a.name for a in self.arms), *(b.name for b in branches))

    def groups_of(self, endpoint: Endpoint) -> tuple[str, ...]:
        """Return the groups that an endpoint is about: branches after re-randomisation."""
        if endpoint.among == "rerandomised" and self.rerandomise is not None:
            return tuple(branch.name for branch in self.rerandomise.branches)
        return tuple(arm.name for arm in self.arms)

    def contrasts_of(self, endpoint: Endpoint) -> tuple[Contrast, ...]:
        """Return the contrasts of the groups that an endpoint is about."""
        known = set(self.groups_of(endpoint))
        return tuple(c for c in self.contrasts if {*c.arms, *c.against} <= known)

    @property
    def cells(self) -> tuple[tuple[int, ...], ...]:
        """Return the arms, by position, that share their patients.

        One cell holds all arms of a crossover and of a common allocation; otherwise each
        arm is a cell of its own.
        """
        everything = tuple(range(len(self.arms)))
        if self.design == "crossover" or self.allocation == "common":
            return (everything,)
        return tuple((i,) for i in everything)

    @property
    def paired(self) -> bool:
        """Return whether arms share their patients."""
        return len(self.cells) < len(self.arms)

    def patients_of(self, cell: int) -> int:
        """Return the patients of a cell over all replicates."""
        return self.arms[self.cells[cell][0]].patients * self.replicates

    def first_patient(self, cell: int) -> int:
        """Return the number of the first patient of a cell; cells follow one another."""
        return sum(self.patients_of(c) for c in range(cell))
