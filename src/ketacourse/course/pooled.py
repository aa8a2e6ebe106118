"""Pooled estimates as prior knowledge: what meta-analyses report of plain designs.

They pool trials that the fit knows as rows, and many that it does not. Each is asked of the model
as one plain design; how far the average trial of a meta-analysis lies from that design is part
of its error. Estimates that may pool a study are left out when that study is predicted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.observations import load_observations
from ketacourse.infer.rows import Kind, compared, sampling_sd_of_rate
from ketacourse.trials.replicate_trial_rows import TrialQuery, trial_query
from ketacourse.trials.replicate_trials import TrialArm, group_arms

Array = NDArray[np.float64]

PLAIN = {
    "diagnosis": "trd", "n": "100", "drug": "ketamine", "route": "iv_infusion",
    "dose_mg_per_kg": "0.5", "dose_mg": "", "duration_min": "40", "session_days": "0",
    "masking": "saline_crossover", "control": "", "new_oral_antidepressant": "no",
    "setting": "trial", "therapy_days": "", "scale": "madrs", "baseline_mean": "31",
    "baseline_sd": "6", "time_days": "1", "outcome": "change", "notes": "",
}  # fmt: skip
"""The usual arm, cell by cell: one infusion in a trial of resistant depression."""
SHAM = {"drug": "none", "dose_mg_per_kg": "", "dose_mg": ""}
NASAL = {
    "drug": "esketamine", "route": "intranasal", "duration_min": "0", "dose_mg_per_kg": "",
    "dose_mg": "70", "masking": "placebo_spray",
}  # fmt: skip
WEEKS = "0;3;7;10;14;17;21;24"
"""Twice a week for four weeks."""
CLINIC = {
    "session_days": "0;3;7;10;14;17", "masking": "open", "setting": "clinic", "time_days": "21",
}  # fmt: skip
"""A clinic's course, rated some days after the last dose as clinics do."""


def spray(day: float, *, sham: bool) -> dict[str, str]:
    """Return an arm of a trial of nasal esketamine: one dose, or four weeks with a new medicine."""
    plan = {"session_days": WEEKS if day > 3 else "0", "new_oral_antidepressant": "yes"}
    given = {**NASAL, **SHAM, "control": "placebo_spray"} if sham else NASAL
    return {**given, **plan, "time_days": f"{day:g}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How an estimate is asked: one arm, or the difference between an arm and its control.

    Parameters
    ----------
    n
        Patients behind a rate whose interval is not published.
    sd
        Standard error of a difference whose interval is not published (standard deviations).
    """

    arm: Mapping[str, str]
    control: Mapping[str, str] | None = None
    n: int = 100
    sd: float = 0.0


def _after_one(day: str, outcome: str, masking: str, **more: str) -> dict[str, str]:
    return {"time_days": day, "outcome": outcome, "masking": masking, **more}


def _against(day: str, masking: str, control: str, *, sd: float = 0.0) -> Asked:
    drug = {"time_days": day, "masking": masking}
    return Asked(arm=drug, control={**drug, "control": control, **SHAM}, sd=sd)


POINTS_PER_SD = 9.5
"""What one standard deviation of a pooled difference stands for (MADRS points, assumed): scores
after treatment differ by 8 to 12 points."""
_PEAK_SD = 0.14  # of the pooled difference at its peak
# Fewer trials followed their patients to then (error twice as large, assumed), and the estimate
# itself is not printed: it may lie anywhere within 1.96 errors of nothing.
_LATE_SD = 2.0 * _PEAK_SD * (1.0 + 1.96**2 / 3.0) ** 0.5
_HAN = 184  # half of the 368 patients of nine trials had the drug
ASKED: Mapping[str, Asked] = {
    "han2016_c01": Asked(arm=_after_one("1", "response_rate", "saline_parallel"), n=_HAN),
    "han2016_c02": Asked(arm=_after_one("3", "response_rate", "saline_parallel"), n=_HAN),
    "han2016_c03": Asked(arm=_after_one("7", "response_rate", "saline_parallel"), n=_HAN),
    "han2016_c04": Asked(arm=_after_one("1", "remission_rate", "saline_parallel"), n=_HAN),
    "han2016_c05": Asked(arm=_after_one("3", "remission_rate", "saline_parallel"), n=_HAN),
    "han2016_c06": Asked(arm=_after_one("7", "remission_rate", "saline_parallel"), n=_HAN),
    "wilkinson2019_placebo_c03": Asked(arm=_after_one("1", "response_rate", "active_placebo")),
    "wilkinson2019_placebo_c04": Asked(arm=_after_one("1", "response_rate", "saline_parallel")),
    "wilkinson2019_placebo_c05": Asked(
        arm=_after_one("1", "response_rate", "active_placebo", control="midazolam", **SHAM)
    ),
    "wilkinson2019_placebo_c06": Asked(
        arm=_after_one("1", "response_rate", "saline_parallel", control="saline", **SHAM)
    ),
    "price_ipd2022_c01": _against("1", "active_placebo", "midazolam"),
    "price_ipd2022_c02": _against("7", "active_placebo", "midazolam"),
    "kishimoto2016_c02": _against("11", "saline_crossover", "saline", sd=_LATE_SD),
    "an2021_c01": Asked(arm=spray(0.125, sham=False), control=spray(0.125, sham=True)),
    "an2021_c02": Asked(arm=spray(1, sham=False), control=spray(1, sham=True)),
    "an2021_c03": Asked(arm=spray(28, sham=False), control=spray(28, sham=True)),
    "alnefeesi2022_c01": Asked(arm={**CLINIC, "outcome": "response_rate"}),
    "alnefeesi2022_c02": Asked(arm={**CLINIC, "outcome": "remission_rate"}),
}  # fmt: skip
"""The estimates that are prior knowledge, by row of the table of contrasts."""

APART = 0.5
"""How far a pooled estimate lies from its plain design, relative to the spread between studies
(assumed)."""
SAME_ANALYSIS = 0.5
"""Share of that which estimates of one meta-analysis have in common (assumed)."""
STANDARDISED = ("smd", "cohen_d", "hedges_g", "null_result")
"""Metrics in standard deviations."""
INTERVAL_SDS = 3.92
"""Width of a 95% interval in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledRow:
    """One pooled estimate on its scale of comparison.

    Attributes
    ----------
    value, sd
        Estimate and its published standard error on the scale of comparison.
    positions
        Positions in `queries` of the arm and, if any, of the control subtracted from it.
    benefit
        Direction in which more benefit moves the estimate.
    """

    row_id: str
    study: str
    year: int
    kind: Kind
    value: float
    sd: float
    n: int
    positions: tuple[int, ...]
    benefit: float


@cache
def pooled_rows() -> tuple[tuple[PooledRow, ...], tuple[TrialQuery, ...]]:
    """Return the pooled estimates, and the arms they are asked of."""
    published = {row.row_id: row for row in load_observations("contrasts")}
    rows: list[PooledRow] = []
    queries: list[TrialQuery] = []
    for row_id, asked in ASKED.items():
        row = published[row_id]
        kind: Kind = "rate" if row.metric in ("response_rate", "remission_rate") else "points"
        arms = [asked.arm] if asked.control is None else [asked.arm, asked.control]
        positions = tuple(range(len(queries), len(queries) + len(arms)))
        queries += [trial_query({**PLAIN, **arm}) for arm in arms]
        unit = points_in(row.metric)
        value = unit * float(row.value.text)
        middle = float(compared(kind, value, asked.n))
        if row.ci_low is not None and row.ci_high is not None:
            ends = compared(kind, unit * np.array([row.ci_low, row.ci_high]), asked.n)
            sd = float(ends[1] - ends[0]) / INTERVAL_SDS
        else:
            sd = sampling_sd_of_rate(value, asked.n) if kind == "rate" else unit * asked.sd
        rows.append(
            PooledRow(
                row_id=row_id,
                study=row.study_id,
                year=year_of(row.study_id) or 0,
                kind=kind,
                value=middle,
                sd=sd,
                n=asked.n,
                positions=positions,
                benefit=-1.0 if kind == "points" else 1.0,
            )
        )
    return tuple(rows), tuple(queries)


def points_in(metric: str) -> float:
    """Return the MADRS points that one unit of a difference stands for; 1 for points and rates."""
    return POINTS_PER_SD if metric in STANDARDISED else 1.0


def pooled_arms() -> list[tuple[TrialArm, list[int]]]:
    """Return the arms behind the estimates, each with the positions of its queries."""
    return group_arms(pooled_rows()[1])


def pooled_values(statistics: Array) -> Array:
    """Return the estimates the model gives, on the scale of comparison.

    Parameters
    ----------
    statistics
        What each query of `pooled_rows` gives, shape (k, n_queries), in its own unit.

    Returns
    -------
    Array
        Shape (k, n_rows).
    """
    found = []
    for row in pooled_rows()[0]:
        terms = [compared(row.kind, statistics[:, p], row.n) for p in row.positions]
        found.append(terms[0] - terms[1] if len(terms) > 1 else terms[0])
    return np.array(found).T


def pooled_covariance(tau: Mapping[Kind, float]) -> Array:
    """Return the covariance of the errors of the estimates, shape (n_rows, n_rows)."""
    rows = pooled_rows()[0]
    apart = np.array([APART * tau[r.kind] * r.benefit for r in rows])
    study = np.array([r.study for r in rows])
    same = study[:, None] == study[None, :]
    one = np.eye(len(rows))
    together = SAME_ANALYSIS * same + (1.0 - SAME_ANALYSIS) * one
    return np.asarray(np.outer(apart, apart) * together + np.diag([r.sd**2 for r in rows]))


def may_pool(studies: Sequence[str]) -> NDArray[np.bool_]:
    """Return which estimates may rest on one of some studies: those of its year or later."""
    first = min(year_of(study) or 0 for study in studies)
    return np.array([row.year >= first for row in pooled_rows()[0]])


YEARS = {"transform3": 2020, "sustain1": 2019, "sustain3_reinduction": 2023}
"""Years of publication that a key does not state."""


def year_of(study: str) -> int | None:
    """Return the year of publication of a study, None where it is not known.

    Examples
    --------
    >>> year_of("lii2023"), year_of("transform3"), year_of("nimh_crossover")
    (2023, 2020, None)
    """
    if study in YEARS:
        return YEARS[study]
    found = re.search(r"(?:19|20)\d\d", study)
    return int(found.group()) if found else None
