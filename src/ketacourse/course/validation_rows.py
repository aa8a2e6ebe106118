"""The published rows as the validation sees them: what was asked, of whom, and what was seen."""

from collections.abc import Mapping
from csv import DictReader
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.calibrate import FitData
from ketacourse.infer.rows import Kind
from ketacourse.trials.replicate_trial_rows import ArmDesign, ArmRow

OVERLAPS: Mapping[str, tuple[str, ...]] = {
    "NIMH crossovers": (
        "zarate2006", "diazgranados2010", "ibrahim2012", "nimh_crossover", "ect_resistant2011",
        "luckenbaugh2014",
    ),
    "esketamine withdrawal and re-induction": (
        "sustain1", "sustain3_reinduction", "transform3",
    ),
}  # fmt: skip
"""Studies that share patients: none of them is predicted from another.

The crossovers of one institute recruited at one site, in part the same patients. The
re-induction cohort was recruited from the randomised trials of the same programme.
"""

RATES = ("response_rate", "remission_rate")
"""Outcomes whose error is told in percentage points."""

LARGER = {group: name for name, studies in OVERLAPS.items() for group in studies}


def sample_of(study: str) -> str:
    """Return the sample a study belongs to: itself, or the studies it shares patients with.

    Examples
    --------
    >>> sample_of("zarate2006") == sample_of("ibrahim2012")
    True
    >>> sample_of("lii2023")
    'lii2023'
    """
    return LARGER.get(study, study)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRow:
    """One row to predict.

    Attributes
    ----------
    sample
        The study, or the studies that share patients with it: what is left out together.
    kind
        ``points`` (scores and changes), ``rate`` (percent) or ``days``.
    control
        What the arm got: ``drug``, or the control by its masking.
    since_last_days
        Time since the last dose before the rating (days).
    dose
        In words, empty without drug.
    reached
        Whether a rate counts whoever met it at any of several ratings.
    """

    __test__ = False

    row_id: str
    study: str
    sample: str
    kind: Kind
    outcome: str
    scale: str
    value: float
    n: int
    time_days: float | None
    since_last_days: float
    sessions: int
    drug: str
    route: str
    dose: str
    control: str
    masking: str
    setting: str
    diagnosis: str
    baseline: float | None
    benefit: float
    reached: bool


def rows_of(data: FitData) -> tuple[TestRow, ...]:
    """Return the rows of a fit in its order."""
    found: dict[int, TestRow] = {}
    for arm, positions in data.arms:
        for row, position in zip(arm.rows, positions, strict=True):
            found[position] = _row(data, position, arm.design, row)
    return tuple(found[i] for i in range(len(data.rows)))


def _row(data: FitData, position: int, design: ArmDesign, row: ArmRow) -> TestRow:
    fitted = data.rows[position]
    dose = design.dose
    amount = ""
    if dose is not None:
        amount = (
            f"{dose.amount_mg_per_kg:g} mg/kg"
            if dose.amount_mg_per_kg is not None
            else f"{dose.amount_mg:g} mg"
        )
    return TestRow(
        row_id=fitted.row_id,
        study=fitted.study,
        sample=sample_of(fitted.study),
        kind=fitted.kind,
        outcome=row.outcome,
        scale=row.scale.name,
        value=fitted.value,
        n=fitted.n,
        time_days=row.time_days,
        since_last_days=since_last(design.session_days, row.time_days),
        sessions=len(design.session_days),
        drug=dose.drug if dose is not None else "none",
        route=dose.route if dose is not None else "",
        dose=amount,
        control="drug" if design.control == "none" else f"{design.control}, {design.masking}",
        masking=design.masking,
        setting=design.setting,
        diagnosis=design.diagnosis,
        baseline=row.baseline_mean,
        benefit=fitted.benefit,
        reached=bool(row.rated_days),
    )


def since_last(session_days: tuple[float, ...], time_days: float | None) -> float:
    """Return the days since the last dose before a rating; 0 where no time is stated.

    Examples
    --------
    >>> since_last((0.0, 3.0, 7.0), 5.0)
    2.0
    """
    if time_days is None:
        return 0.0
    before = [d for d in session_days if d < time_days]
    return max(time_days - (before[-1] if before else 0.0), 0.0)


def counted(row: TestRow) -> float:
    """Return the patients behind a rate as a whole number of events."""
    return float(np.clip(np.round(row.value / 100.0 * row.n), 0, row.n))


@cache
def published_rows() -> tuple[Mapping[str, str], ...]:
    """Return the shipped table of trials as it stands, one mapping per line."""
    text = files("ketacourse.evidence").joinpath("observations", "trials.csv").read_text("utf-8")
    return tuple(DictReader(text.splitlines()))


def mask_of(rows: tuple[TestRow, ...], sample: str) -> NDArray[np.bool_]:
    """Return which rows belong to a sample, shape (n_rows,)."""
    return np.array([r.sample == sample for r in rows])
