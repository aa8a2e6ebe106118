"""From the counts of an arm to its course, its sessions and its patients."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ketacourse.therapy.scales import scale
from ketacourse.trials.covariate_columns import CATEGORIES
from ketacourse.trials.design import Arm, Branch, Trial
from ketacourse.trials.outcomes import DISSOCIATED_ABOVE, SURGE_RISE_MMHG, SURGE_SBP_MMHG
from ketacourse.trials.rows import Frame, Int64
from ketacourse.trials.statistics import Array
from ketacourse.trials.tally import LATENT_PARTS, LOWEST_PERCENT, PATIENT_EVENTS, Tally

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCourse:
    """A scale in one arm over its visits.

    Attributes
    ----------
    days
        Days at which it is rated, (n,).
    n
        Patients rated, (n,).
    mean, sd, quantiles
        Totals (points): mean and SD, (n,), and `QUANTILES`, (n, 5).
    change_mean, change_sd, change_quantiles
        The same for the change from baseline.
    change_counts
        How often each change from ``-maximum`` to ``maximum`` occurs, (n, n_changes).
    percent_counts
        How often each change in whole percent of the baseline, from -100 up, occurs.
    responded, remitted
        Patients rated who have responded, or are in remission, (n,); None for a scale
        without the rule.
    """

    scale: str
    days: Array
    n: Int64
    mean: Array
    sd: Array
    quantiles: Array
    change_mean: Array
    change_sd: Array
    change_quantiles: Array
    change_counts: Int64
    percent_counts: Int64
    responded: Int64 | None
    remitted: Int64 | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCourse:
    """The sessions of one arm.

    Attributes
    ----------
    days
        Days of the sessions, (n,).
    drug, sham, missed
        How many took place, and how many were missed, (n,).
    dose_mg
        Mean dose of those who received drug (mg), (n,).
    sbp_peak, sbp_rise, cadss
        Mean and 95th percentile of the peaks (mmHg, mmHg, points), (n, 2).
    surges, rises, dissociated, nausea
        Sessions with a systolic pressure of at least 180 mmHg, a rise of at least 40 mmHg,
        a CADSS above 4, and nausea, (n,).
    """

    days: Array
    drug: Int64
    sham: Int64
    missed: Int64
    dose_mg: Array
    sbp_peak: Array
    sbp_rise: Array
    cadss: Array
    surges: Int64
    rises: Int64
    dissociated: Int64
    nausea: Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSummary:
    """One arm: who was in it, what they scored, what they went through.

    Attributes
    ----------
    name, control, masking
        The arm.
    patients
        Patients over all replicates.
    latent_mean
        Mean of the true MADRS at each visit (points), (n_visits,).
    visit_days
        Days of the visits, (n_visits,).
    stayed
        Share who were seen at each visit, drop-out alone counted, (n_visits,).
    rescued
        Patients who were rescued.
    branches
        Branch to its number of patients; empty without re-randomisation.
    classes
        Response class to its number of patients.
    patients_with
        `PATIENT_EVENTS` to the number of patients.
    """

    name: str
    control: str
    masking: str
    patients: int
    visit_days: Array
    latent_mean: Array
    stayed: Array
    rescued: int
    branches: Mapping[str, int]
    classes: Mapping[str, int]
    patients_with: Mapping[str, int]
    scores: Mapping[str, ScoreCourse]
    sessions: SessionCourse


def arm_summary(
    trial: Trial, arm: int, frame: Frame, tally: Tally, branch: int | None = None
) -> ArmSummary:
    """Return the summary of one arm, or of those of an arm who were dealt to a branch."""
    given: Arm | Branch = trial.arms[arm]
    name = given.name
    if branch is not None and trial.rerandomise is not None:
        given = trial.rerandomise.branches[branch]
        name = given.name if len(trial.arms) == 1 else f"{name}, then {given.name}"
    patients = int(tally["patients"][0])
    dropped = tally["dropped"]
    names = [b.name for b in trial.rerandomise.branches] if trial.rerandomise else []
    return ArmSummary(
        name=name,
        control=given.control,
        masking=given.masking,
        patients=patients,
        visit_days=np.array(frame.visit_days),
        latent_mean=tally["latent"] / LATENT_PARTS / max(patients, 1),
        stayed=1.0 - np.cumsum(dropped)[:-1] / max(patients, 1),
        rescued=int(tally["rescued"][0]),
        branches={name: int(n) for name, n in zip(names, tally["branch"][1:], strict=True)},
        classes={
            name: int(n)
            for name, n in zip(CATEGORIES["response_class"], tally["response_class"], strict=True)
        },
        patients_with={
            name: int(n) for name, n in zip(PATIENT_EVENTS, tally["events"], strict=True)
        },
        scores={key: _score_course(key, frame, tally) for key in frame.scales},
        sessions=_session_course(frame, tally),
    )


def _score_course(key: str, frame: Frame, tally: Tally) -> ScoreCourse:
    rated = frame.rated(key)
    about = scale(key)
    top, limit, fraction = about.maximum, about.remission_max, about.response_fraction
    falls = None if fraction is None else round(-100.0 * fraction) - LOWEST_PERCENT
    percents = tally[f"percent:{key}"][rated]
    totals, changes = tally[f"score:{key}"][rated], tally[f"change:{key}"][rated]
    mean, sd, quantiles = _moments(totals, 0)
    change_mean, change_sd, change_quantiles = _moments(changes, -top)
    return ScoreCourse(
        scale=key,
        days=np.array(frame.visit_days)[rated],
        n=totals.sum(axis=1),
        mean=mean,
        sd=sd,
        quantiles=quantiles,
        change_mean=change_mean,
        change_sd=change_sd,
        change_quantiles=change_quantiles,
        change_counts=changes,
        percent_counts=percents,
        responded=None if falls is None else percents[:, : falls + 1].sum(axis=1),
        remitted=None if limit is None else totals[:, : int(limit) + 1].sum(axis=1),
    )


def _session_course(frame: Frame, tally: Tally) -> SessionCourse:
    took = tally["session"]  # not planned, sham, drug, missed
    peaks = {name: tally[name] for name in ("sbp_peak", "sbp_rise", "cadss")}
    shown = {}
    for name, counts in peaks.items():
        mean, _, quantiles = _moments(counts, 0)
        shown[name] = np.stack([mean, quantiles[:, -1]], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        dose = tally["dose_ug"] / 1000.0 / took[:, 2]
    return SessionCourse(
        days=np.array(frame.session_days),
        drug=took[:, 2],
        sham=took[:, 1],
        missed=took[:, 3],
        dose_mg=dose,
        sbp_peak=shown["sbp_peak"],
        sbp_rise=shown["sbp_rise"],
        cadss=shown["cadss"],
        surges=peaks["sbp_peak"][:, SURGE_SBP_MMHG:].sum(axis=1),
        rises=peaks["sbp_rise"][:, SURGE_RISE_MMHG:].sum(axis=1),
        dissociated=peaks["cadss"][:, DISSOCIATED_ABOVE + 1 :].sum(axis=1),
        nausea=tally["nausea"][:, 1],
    )


def _moments(counts: Int64, lowest: int) -> tuple[Array, Array, Array]:
    """Return mean, SD and quantiles of whole numbers from their counts, row by row."""
    values = lowest + np.arange(counts.shape[1])
    n = counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (counts @ values) / n
        squares = counts @ (values * values)
        sd = np.sqrt(np.maximum(squares - n * mean * mean, 0.0) / (n - 1.0))
    quantiles = np.array([histogram_quantiles(row, lowest) for row in counts]).reshape(-1, 5)
    return mean, np.where(n > 1, sd, np.nan), quantiles


def histogram_quantiles(counts: Int64, lowest: int, shares: tuple[float, ...] = QUANTILES) -> Array:
    """Return quantiles of whole numbers from their counts, linear between neighbours.

    Examples
    --------
    >>> import numpy as np
    >>> histogram_quantiles(np.array([1, 0, 1]), 0, (0.5,))
    array([1.])
    """
    total = int(counts.sum())
    if total == 0:
        return np.full(len(shares), np.nan)
    until = np.cumsum(counts)
    rank = np.array(shares) * (total - 1)
    below = np.searchsorted(until, np.floor(rank), side="right")
    above = np.searchsorted(until, np.ceil(rank), side="right")
    return np.asarray(lowest + below + (rank - np.floor(rank)) * (above - below))
