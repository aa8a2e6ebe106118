"""What was observed: one row of a published result, of five kinds.

Rows are kept as printed. ``seen`` is False where the value was recalled and not read;
``supported`` is False where no output of the model corresponds to it, and ``reason``
says why. Only rows that are both seen and supported may enter a fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ketacourse.evidence.cells import Reading

Kind = Literal["trials", "contrasts", "safety", "mechanism", "receptor_binding"]
Clash = Iterator[tuple[str, str]]
"""Column and problem, where two columns of a row do not fit together."""

DIAGNOSES = ("mdd", "trd", "bipolar_depression", "gad", "social_anxiety", "ptsd", "ocd")
DRUGS = ("ketamine", "esketamine", "arketamine", "none")
ROUTES = ("iv_infusion", "iv_bolus", "im", "sc", "intranasal", "oral", "sublingual")
MASKINGS = (
    "open", "saline_parallel", "saline_crossover", "active_placebo", "placebo_spray",
    "anaesthesia",
)  # fmt: skip
CONTROLS = ("saline", "midazolam", "placebo_spray")
SETTINGS = ("trial", "clinic")
OUTCOMES = (
    "change", "percent_change", "score", "response_rate", "remission_rate", "relapse_free",
    "median_time_to_relapse_days",
)  # fmt: skip
RATES = ("response_rate", "remission_rate", "relapse_free")
EARLIER_COURSES = ("responded", "relapsed")
"""What people had to have done in an earlier course to be taken in."""
METRICS = (
    "cohen_d", "hedges_g", "smd", "mean_difference", "mean_change", "odds_ratio", "risk_ratio",
    "hazard_ratio", "pearson_r", "sensitivity", "response_rate", "remission_rate",
    "relapse_rate", "null_result",
)  # fmt: skip
GRADES = ("strong", "moderate", "weak", "contested")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialObservation:
    """One arm, one time, one outcome of a trial or cohort.

    Days run from the first dose; ``median_time_to_relapse_days`` counts from the last
    one. ``change`` is negative for improvement; rates are percent, ``relapse_free`` of
    responders or remitters. ``control`` is what an arm without the drug received.
    ``inferred`` names the columns that were derived, not printed.
    """

    row_id: str
    study_id: str
    diagnosis: str
    n: int | None
    drug: str
    route: str
    dose_mg_per_kg: float | None
    dose_mg: float | None
    duration_min: float | None
    session_days: tuple[float, ...]
    masking: str
    control: str
    new_oral_antidepressant: bool
    setting: str
    therapy_days: tuple[float, ...]
    scale: str
    baseline_mean: float | None
    baseline_sd: float | None
    age_mean: float | None
    background_medication: bool | None
    resistant_percent: float | None
    earlier_course: str
    time_days: float | None
    judged_day: float | None
    rated_days: tuple[float, ...]
    outcome: str
    value: float
    spread: Reading | None
    spread_type: str
    seen: bool
    supported: bool
    reason: str
    inferred: tuple[str, ...]
    source: str
    notes: str

    @property
    def usable(self) -> bool:
        """Return whether the row may enter a fit."""
        return self.seen and self.supported

    def clashes(self) -> Clash:
        """Yield what does not fit together."""
        yield from _support(self.supported, self.reason)
        yield from _spread(self.spread, self.spread_type)
        if self.outcome in RATES and not 0.0 <= self.value <= 100.0:
            yield "value", f"{self.value:g} is not a rate of 0 to 100 percent"
        if self.resistant_percent is not None and not self.resistant_percent <= 100.0:
            yield "resistant_percent", f"{self.resistant_percent:g} is above 100 percent"
        if self.outcome in ("score", "median_time_to_relapse_days") and self.value < 0.0:
            yield "value", f"a {self.outcome} of {self.value:g} is below 0"
        doses = [d for d in (self.dose_mg_per_kg, self.dose_mg) if d is not None]
        if len(doses) > 1 or (doses and self.drug == "none"):
            yield "dose_mg", "the dose is given twice, or without a drug"
        if self.control and self.drug != "none":
            yield "control", f"'{self.control}' beside the drug {self.drug}"
        if self.supported:
            yield from self._missing(has_dose=bool(doses))

    def _missing(self, *, has_dose: bool) -> Clash:
        if not has_dose and self.drug != "none":
            yield "dose_mg", "a supported row states its dose"
        if not self.route:
            yield "route", "a supported row states its route"
        if not self.session_days:
            yield "session_days", "a supported row states its sessions"
        if self.time_days is None and self.outcome != "median_time_to_relapse_days":
            yield "time_days", "a supported row states its time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A difference between arms, or a pooled estimate, as printed."""

    row_id: str
    study_id: str
    contrast: str
    metric: str
    value: Reading
    ci_low: float | None
    ci_high: float | None
    time_days: float | None
    seen: bool
    supported: bool
    reason: str
    source: str
    notes: str

    @property
    def usable(self) -> bool:
        """Return whether the row may enter a fit."""
        return self.seen and self.supported

    def clashes(self) -> Clash:
        """Yield what does not fit together."""
        yield from _support(self.supported, self.reason)
        low, high, value = self.ci_low, self.ci_high, self.value.number
        ends = [x for x in (low, value, high) if x is not None]
        if ends != sorted(ends):
            yield "value", f"{self.value} lies outside its interval"
        if self.metric.endswith("_rate") and not all(0.0 <= x <= 100.0 for x in ends):
            yield "value", f"{self.value} is not a rate of 0 to 100 percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyObservation:
    """One published side effect, pressure, time or rate.

    ``spread_type`` says what ``spread`` is: ``SD``, ``CI95``, ``p`` or the value of the
    comparison arm (``control``).
    """

    row_id: str
    source_id: str
    n: int | None
    population: str
    route: str
    dose_mg_per_kg: Reading | None
    infusion_min: Reading | None
    quantity: str
    time_min: Reading | None
    value: Reading
    unit: str
    spread: Reading | None
    spread_type: str
    seen: bool
    supported: bool
    reason: str
    source: str
    notes: str

    @property
    def usable(self) -> bool:
        """Return whether the row may enter a fit."""
        return self.seen and self.supported

    def clashes(self) -> Clash:
        """Yield what does not fit together."""
        yield from _support(self.supported, self.reason)
        yield from _spread(self.spread, self.spread_type)
        ends = [x for x in (self.value.low, self.value.high) if x is not None]
        finite = [x for x in ends if abs(x) < float("inf")]
        if self.unit.startswith("percent") and not all(0.0 <= x <= 100.0 for x in finite):
            yield "value", f"{self.value} is not a rate of 0 to 100 percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismObservation:
    """One published anchor of a link of the chain, in any species."""

    row_id: str
    source_id: str
    species: str
    link: str
    quantity: str
    value: Reading
    unit: str
    time_h: Reading | None
    spread: Reading | None
    n: Reading | None
    grade: str
    seen: bool
    source: str
    notes: str

    @property
    def usable(self) -> bool:
        """Return whether the row may enter a fit."""
        return self.seen

    def clashes(self) -> Clash:
        """Yield what does not fit together."""
        if self.n is not None and self.n.low is not None and self.n.low == 0.0:
            yield "n", "0 is not a positive number"


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingObservation:
    """One published affinity, potency or occupancy."""

    row_id: str
    source_id: str
    ligand: str
    target: str
    measure: str
    value: Reading
    unit: str
    spread: Reading | None
    assay: str
    species: str
    seen: bool
    source: str
    notes: str

    @property
    def usable(self) -> bool:
        """Return whether the row may enter a fit."""
        return self.seen

    def clashes(self) -> Clash:
        """Yield what does not fit together."""
        if self.value.low is not None and not self.unit:
            yield "unit", "a number needs its unit"


Observation = (
    TrialObservation | Contrast | SafetyObservation | MechanismObservation | BindingObservation
)


def _support(supported: bool, reason: str) -> Clash:
    if supported == bool(reason):
        yield "reason", "a row has a reason exactly when it is not supported"


def _spread(spread: Reading | None, spread_type: str) -> Clash:
    if (spread is None) != (not spread_type):
        yield "spread_type", "a spread needs its type, and a type its spread"
    if spread is not None and spread_type in ("SD", "SE") and not (spread.number or 0.0) > 0.0:
        yield "spread", f"'{spread}' is not a positive {spread_type}"
