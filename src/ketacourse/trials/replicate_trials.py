"""Predicted arms of published trials: scores, rates and relapse, with intervals.

Rows are grouped into arms; every arm is run once for all its rows, under the typical belief
of each mechanism (which give the prediction) and under draws of what is believed (which
give, with the spread between studies and the sampling of n patients, the interval).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.posterior import load_posterior
from ketacourse.evidence.variants import BASE
from ketacourse.model.pk.models import STANDARD
from ketacourse.population.beliefs import Member, members_of
from ketacourse.trials.dose_range import dose_range_faults
from ketacourse.trials.replicate_arm import Latent
from ketacourse.trials.replicate_carried import believed_carry_overs
from ketacourse.trials.replicate_interval import interval, log_interval, rate_interval
from ketacourse.trials.replicate_prediction import (
    Prediction,
    UnsupportedRowError,
    not_supported,
    predicted,
)
from ketacourse.trials.replicate_selected import follow_arm
from ketacourse.trials.replicate_statistics import (
    Statistic,
    joined,
    pooled,
    statistic,
    wanted_days,
)
from ketacourse.trials.replicate_trial_rows import ArmDesign, ArmRow, TrialQuery

Array = NDArray[np.float64]
Told = Callable[[str, float], None]

DEFAULT_PATIENTS = 400
DEFAULT_DRAWS = 12
DRAWN_SHARE = 2
"""Patients behind the prediction per patient behind each draw of its interval."""
LEAST_RELAPSE_N = 4.0
"""Responders that an arm is taken to have at least, where only its size is stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialArm:
    """An arm and the statistics asked of it."""

    design: ArmDesign
    rows: tuple[ArmRow, ...]


def predict_arms(
    arms: Sequence[TrialArm],
    *,
    belief: Mapping[str, float] | None = None,
    variant: str = BASE,
    patients: int = DEFAULT_PATIENTS,
    seed: int = 1,
    pk_model: str = STANDARD,
) -> tuple[tuple[Statistic | None, ...], ...]:
    """Return the statistics of every row of every arm under one belief.

    The same arguments give the same numbers; a change of the belief changes nothing but
    what depends on it (the patients and the steps of the solver stay), so differences are
    smooth in the belief.

    Parameters
    ----------
    belief
        Typical values that replace those of the catalogue, by name; see `draw_cohort`.
    variant
        Account of the mechanism.
    patients
        Virtual patients per arm.

    Returns
    -------
    tuple
        For each arm, one `Statistic` of one member per row; None where it does not exist.
    """
    member = Member(variant=variant, belief=belief)
    return predict_members(arms, (member,), patients=patients, seed=seed, pk_model=pk_model)


def predict_members(
    arms: Sequence[TrialArm],
    members: Sequence[Member],
    *,
    patients: int = DEFAULT_PATIENTS,
    seed: int = 1,
    pk_model: str = STANDARD,
) -> tuple[tuple[Statistic | None, ...], ...]:
    """Return the same as `predict_arms` for several beliefs at once, in one batch per arm."""
    return tuple(
        _statistics(arm, members, patients=patients, seed=seed, pk_model=pk_model) for arm in arms
    )


def predict_trials(
    queries: Sequence[TrialQuery],
    *,
    catalogue: Catalogue,
    patients: int = DEFAULT_PATIENTS,
    draws: int = DEFAULT_DRAWS,
    seed: int = 1,
    pk_model: str = STANDARD,
    research: bool = False,
    progress: Told | None = None,
) -> list[Prediction]:
    """Return the prediction of each row, in order.

    Parameters
    ----------
    draws
        Joint draws of what is believed, shared among the mechanisms.
    research
        Predict doses outside the range that the evidence on mood covers.
    progress
        Called with what is being done and the share done (0 to 1).
    """
    arms = group_arms(queries)
    typical, drawn = members_of(
        draws, seed=seed, catalogue=catalogue, pk_model=pk_model, posterior=load_posterior()
    )
    weights = np.array([member.weight for member in typical])
    found: dict[int, Prediction] = {}
    for count, (arm, positions) in enumerate(arms):
        if progress is not None:
            progress(f"arm {count + 1} of {len(arms)}", count / len(arms))
        refused = _refusal(arm.design, research, catalogue)
        if refused:
            found |= {p: not_supported(refused) for p in positions}
            continue
        centre = _statistics(arm, typical, patients=patients, seed=seed, pk_model=pk_model)
        fewer = max(patients // DRAWN_SHARE, 1)
        spread = _statistics(
            arm, drawn, patients=fewer, seed=seed, pk_model=pk_model, believed=True
        )
        for position, middle, others in zip(positions, centre, spread, strict=True):
            found[position] = _prediction(queries[position], middle, others, weights, catalogue)
    return [found[p] for p in range(len(queries))]


def group_arms(queries: Sequence[TrialQuery]) -> list[tuple[TrialArm, list[int]]]:
    """Return the arms behind some rows, each with the positions of its rows."""
    groups: dict[ArmDesign, list[int]] = {}
    for position, query in enumerate(queries):
        groups.setdefault(query.design, []).append(position)
    return [
        (TrialArm(design=design, rows=tuple(queries[p].row for p in positions)), positions)
        for design, positions in groups.items()
    ]


def _refusal(design: ArmDesign, research: bool, catalogue: Catalogue) -> str:
    """Return why a dose is outside the evidence, or nothing."""
    try:
        design.course(1.0)
    except InputError as error:
        return error.problem
    if design.dose is None:
        return ""
    faults = list(
        dose_range_faults([("dose", design.dose)], research=research, catalogue=catalogue)
    )
    return faults[0].problem if faults else ""


def _statistics(
    arm: TrialArm,
    members: Sequence[Member],
    *,
    patients: int,
    seed: int,
    pk_model: str,
    believed: bool = False,
) -> tuple[Statistic | None, ...]:
    """Return the statistics of an arm; ``believed`` joins each member with every carry-over."""
    days = {day for row in arm.rows for day in wanted_days(arm.design, row)}
    latent = follow_arm(
        arm.design, sorted(days), members, patients=patients, seed=seed, pk_model=pk_model
    )
    found: list[Statistic | None] = []
    for row in arm.rows:
        try:
            found.append(_statistic(arm.design, row, latent, seed=seed, believed=believed))
        except UnsupportedRowError:
            found.append(None)
    return tuple(found)


def _statistic(
    design: ArmDesign, row: ArmRow, latent: Latent, *, seed: int, believed: bool
) -> Statistic:
    if row.scale.carried is None or not believed:
        return statistic(design, row, latent, seed=seed)
    return joined(
        [
            statistic(design, row, latent, seed=seed, carry_over=belief)
            for belief in believed_carry_overs(row.scale.carried)
        ]
    )


def _prediction(
    query: TrialQuery,
    middle: Statistic | None,
    others: Statistic | None,
    weights: Array,
    catalogue: Catalogue,
) -> Prediction:
    if middle is None or others is None:
        return not_supported("nobody in the simulated arm responds")
    row = query.row
    n = float(row.n or catalogue.value("replicate.arm_size", "1"))
    assumed = query.assumptions if row.n else (*query.assumptions, f"{n:g} patients")
    centre = pooled(middle.values, weights, middle.kind)
    judged = float(middle.judged.mean())
    if judged < 1.0:
        n = max(n * judged, min(LEAST_RELAPSE_N, n))
    if middle.kind == "points":
        low, high = _points_interval(row, centre, middle, others.values, n, catalogue)
    elif middle.kind == "rate":
        between = between_studies("rate", catalogue)
        ends = rate_interval(centre / 100.0, others.values / 100.0, logit_sd=between, n=n)
        low, high = 100.0 * ends[0], 100.0 * ends[1]
    else:
        sampling = float(middle.sd_one.mean()) / math.sqrt(n)
        spread = math.hypot(between_studies("days", catalogue), sampling)
        low, high = log_interval(centre, others.values, log_sd=spread)
    return predicted(centre, low, high, assumptions=assumed)


def _points_interval(
    row: ArmRow,
    centre: float,
    middle: Statistic,
    drawn: Array,
    n: float,
    catalogue: Catalogue,
) -> tuple[float, float]:
    sampling = math.sqrt(float((middle.sd_one**2).mean()) / n)
    size = 100.0 if row.outcome == "percent_change" else row.baseline_mean or _usual_total(row)
    between = between_studies("points", catalogue) * size
    if row.time_days == 0.0:  # before the first dose nothing has changed
        between = 0.0
    low, high = interval(centre, drawn, sd=math.hypot(sampling, between))
    lowest = -row.baseline_mean if row.baseline_mean else -row.scale.maximum
    least = {"score": 0.0, "percent_change": -100.0, "change": lowest}[row.outcome]
    return max(low, least), high


def between_studies(kind: str, catalogue: Catalogue) -> float:
    """Return what separates one study from another, beyond what the model knows.

    As a share of baseline for ``points``, in log odds for a ``rate``, on the log scale for
    ``days``: as the calibration estimated it where one ships, else as assumed.
    """
    posterior = load_posterior()
    if posterior is None:
        return catalogue.value(f"replicate.{ASSUMED_BETWEEN[kind]}", "1")
    estimated = float(posterior.made_by["between_studies"][kind])
    return estimated / USUAL_BASELINE_POINTS if kind == "points" else estimated


ASSUMED_BETWEEN = {"points": "change_between", "rate": "rate_between", "days": "relapse_between"}
USUAL_BASELINE_POINTS = 30.0
"""MADRS total at which a spread in points is the share of baseline it is compared with."""


def _usual_total(row: ArmRow) -> float:
    """Return a middling total, for the size of what separates studies."""
    return row.scale.maximum / 2.0
