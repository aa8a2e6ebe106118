"""Many patients' beliefs at once, for the trial of the advice.

The same model, likelihood and options as the product, in a form that serves thousands of
patients at once: all patients share one sample of possible patients, each weighs it by its own
scores, and the patient's own baseline is integrated out for every possible patient instead of
being searched for (severity is proportional to it). Expected outcomes of an option are computed
from normal swings about each course instead of being drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ketacourse.course.advice import day_weights
from ketacourse.course.preferences import Preferences
from ketacourse.forecast.course_model import latent
from ketacourse.forecast.likelihood import Noise, groups_of
from ketacourse.forecast.measurement import seen_of
from ketacourse.forecast.parameters import COLUMN
from ketacourse.forecast.people import People
from ketacourse.forecast.regimen import Regimen
from ketacourse.therapy.score import Score

Array = NDArray[np.float64]

UNIT_BASELINE = 30.0
"""Baseline at which relative courses are computed (points); any would do."""
PICKED = 60
"""Possible patients kept for each patient."""
AHEAD = np.array([0.5, 1.0, 2.0, 3.5, 5.0, 7.0, 10.0, 14.0, 18.0, 23.0, 28.0, 35.0, 42.0, 49.0,
                  56.0, 63.0, 70.0, 77.0, 84.0])  # fmt: skip
"""Days from today on which outcomes are looked at."""
REMISSION = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Believed:
    """What is believed of P patients: Q possible patients each, equally likely.

    Attributes
    ----------
    picked
        Positions among the shared people, shape (P, Q).
    baseline
        Baseline of each (points), shape (P, Q).
    swing, swing_sd
        Deviation of the illness now and its spread (points), (P, Q).
    stray
        Misfit now (points), (P, Q).
    effective
        Number of people that the weights were worth, shape (P,).
    """

    picked: NDArray[np.intp]
    baseline: Array
    swing: Array
    swing_sd: Array
    stray: Array
    effective: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shared:
    """The possible patients that all patients share, with unit baseline."""

    people: People
    noise: Noise
    mean: float
    sd: float


def shared_people(people: People, noise: Noise, count: int) -> Shared:
    """Return a sample of possible patients whose baseline is set aside."""
    step = max(people.size // count, 1)
    kept = people.taken(np.arange(0, people.size, step)[:count])
    own = kept.of("baseline")
    values = kept.values.copy()
    values[:, COLUMN["baseline"]] = UNIT_BASELINE
    return Shared(
        people=replace(kept, values=values), noise=noise, mean=float(own.mean()),
        sd=float(own.std()),
    )  # fmt: skip


def believe(shared: Shared, regimen: Regimen, days: Array, totals: Array, *, seed: int) -> Believed:
    """Return what is believed of patients with one history after their scores.

    Parameters
    ----------
    days
        Days of the scores, shape (n,).
    totals
        MADRS totals, shape (P, n).
    """
    people, noise = shared.people, shared.noise
    size, patients = people.size, len(totals)
    seen = seen_of([Score(day=float(d), scale="madrs", total=20) for d in days])
    relative = latent(people, regimen, days) / UNIT_BASELINE
    log_like = np.empty((patients, size))
    middle, spread = np.empty((patients, size)), np.empty(size)
    states = []
    for group in groups_of(people, seen, noise):
        j = group.index
        inflated = 1.0 + group.spread[:, None] ** 2 * group.eigen
        course = relative[j] @ group.turned.T
        own = totals @ group.turned.T
        a = (course**2 / inflated).sum(axis=1) + shared.sd**-2.0
        b = own @ (course / inflated).T + shared.mean * shared.sd**-2.0
        c = (own**2) @ (1.0 / inflated).T + (shared.mean / shared.sd) ** 2
        constant = np.log(inflated).sum(axis=1) + group.log_det + np.log(a * shared.sd**2)
        log_like[:, j] = -0.5 * (c - b**2 / a + constant)
        middle[:, j], spread[j] = b / a, a**-0.5
        states.append((group, inflated, course, own))
    log_like += people.log_weight
    weight = np.exp(log_like - log_like.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    rng = np.random.default_rng([seed, len(days)])
    picked = _picked(weight, rng.random(patients))
    rows = np.arange(patients)[:, None]
    baseline = middle[rows, picked] + spread[picked] * rng.standard_normal(picked.shape)
    baseline = np.maximum(baseline, 5.0)
    swing, sd, stray = np.empty(picked.shape), np.empty(picked.shape), np.empty(picked.shape)
    gap = days[-1] - days
    place = np.empty(size, dtype=np.intp)
    for group, inflated, course, own in states:
        place[group.index] = np.arange(group.index.size)
        patient, column = np.nonzero(np.isin(picked, group.index))
        j = place[picked[patient, column]]
        left = own[patient] - baseline[patient, column][:, None] * course[j]
        now = group.turned @ np.exp(-gap / group.time)
        drift = group.turned @ np.exp(-gap / noise.misfit_days)
        variance = group.spread[j] ** 2
        swing[patient, column] = variance * ((left / inflated[j]) @ now)
        kept = 1.0 - variance * ((now**2)[None] / inflated[j]).sum(axis=1)
        sd[patient, column] = np.sqrt(variance * np.clip(kept, 0.05, 1.0))
        stray[patient, column] = noise.misfit_sd**2 * ((left / inflated[j]) @ drift)
    return Believed(
        picked=picked, baseline=baseline, swing=swing, swing_sd=sd, stray=stray,
        effective=1.0 / (weight**2).sum(axis=1),
    )  # fmt: skip


def _picked(weight: Array, start: Array) -> NDArray[np.intp]:
    """Return systematic picks in proportion to the weights of each row, (P, PICKED)."""
    edges = np.cumsum(weight, axis=1)
    at = (np.arange(PICKED)[None] + start[:, None]) / PICKED
    shifted = edges + np.arange(len(edges))[:, None]
    flat = np.searchsorted(shifted.ravel(), (at + np.arange(len(edges))[:, None]).ravel())
    found = flat.reshape(at.shape) - np.arange(len(edges))[:, None] * weight.shape[1]
    return np.asarray(np.clip(found, 0, weight.shape[1] - 1))


def expected_net(
    shared: Shared,
    believed: Believed,
    regimens: Sequence[Regimen],
    costs: Sequence[float],
    *,
    today: float,
    since_score: float,
    wanted: Preferences,
) -> Array:
    """Return the expected net benefit of each option for each patient, shape (P, O).

    Parameters
    ----------
    regimens
        Whole regimen of each option.
    costs
        What the sessions of each option cost (symptom-free days).
    since_score
        Days between the newest score and today.
    """
    used, local = np.unique(believed.picked, return_inverse=True)
    local = local.reshape(believed.picked.shape)
    people = shared.people.taken(used)
    weights = day_weights(AHEAD, float(AHEAD[-1]))
    gap = AHEAD + since_score
    time = people.of("fluctuation_time")[local][:, :, None]
    sd = people.of("fluctuation")[local][:, :, None]
    memory = np.exp(-gap / time)
    centre = believed.swing[:, :, None] * memory
    centre = centre + believed.stray[:, :, None] * np.exp(-gap / shared.noise.misfit_days)
    spread = np.sqrt(
        sd**2 * (1.0 - memory**2)
        + (believed.swing_sd[:, :, None] * memory) ** 2
        + shared.noise.misfit_sd**2
    )
    baseline = believed.baseline[:, :, None]
    found = np.empty((len(believed.picked), len(regimens)))
    for k, (regimen, cost) in enumerate(zip(regimens, costs, strict=True)):
        course = latent(people, regimen, today + AHEAD) / UNIT_BASELINE
        mean = baseline * course[local] + centre
        free = ndtr((REMISSION - mean) / spread)
        part = _clipped(mean, spread, np.maximum(baseline, REMISSION + 1.0))
        value = wanted.symptom_free_day * free + wanted.part_day * (part - free)
        found[:, k] = (value @ weights).mean(axis=1) - cost
    return found


def _clipped(mean: Array, spread: Array, top: Array) -> Array:
    """Return the expected relief of a normal severity: 1 in remission, 0 at the baseline."""
    high, low = (top - mean) / spread, (REMISSION - mean) / spread
    inside = _area(high) - _area(low)
    return np.asarray(spread * inside / (top - REMISSION))


def _area(z: Array) -> Array:
    """Return the integral of the normal distribution function up to z."""
    return np.asarray(z * ndtr(z) + np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi))
