r"""The probability of a patient's scores, for every possible patient at once.

The ups and downs of the illness, what the course model cannot follow of the chain, and the
leaning of each scale are Gaussian and integrated out exactly:

.. math::

    r \sim N(0,\ s^2 A E_\tau A^T + R), \qquad R = A E_d A^T \sigma_d^2 + B + \mathrm{diag}(v)

For one correlation time, :math:`R = LL^T` and :math:`L^{-1} A E_\tau A^T L^{-T} = V D V^T`
hold for all patients, so that each costs one product with a matrix. Correlation times and
shares of looking back are taken from a short list. At most one score may be wild: with a
small probability its error has a wide spread; that is a change of rank one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtr

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.forecast.course_model import latent
from ketacourse.forecast.measurement import Seen, slope_at
from ketacourse.forecast.people import People
from ketacourse.forecast.regimen import Regimen

Array = NDArray[np.float64]

TIMES = np.geomspace(1.0, 64.0, 10)
"""Correlation times of the illness that are told apart (days)."""
RECALLS = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
"""Shares of looking back that are told apart in the swings of the illness."""
MOST_WILD = 0.5
"""Largest probability that one of the scores is wild."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What surrounds the course beside the illness.

    Parameters
    ----------
    misfit_sd, misfit_days
        What the course model cannot follow (MADRS points, days).
    wild_share, wild_sd
        Probability that a score is wild; spread of its error (MADRS points).
    widened
        Factor on the swings of the illness and on the misfit.
    """

    misfit_sd: float
    misfit_days: float
    wild_share: float
    wild_sd: float
    widened: float = 1.0


def noise_of(misfit_sd: float, misfit_days: float) -> Noise:
    """Return the noise with what the catalogue says of wild scores."""
    catalogue = load_catalogue()
    return Noise(
        misfit_sd=misfit_sd,
        misfit_days=misfit_days,
        wild_share=catalogue.value("course_model.wild_share", "1"),
        wild_sd=catalogue.value("course_model.wild_sd", "point"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People who share a correlation time and a share of looking back.

    Attributes
    ----------
    index
        Who they are.
    time, recall
        The shared values (days, share).
    spread
        SD of the illness of each (MADRS points).
    turned, eigen
        :math:`V^T L^{-1}` and :math:`D` for the scores, shapes (n, n) and (n,).
    log_det
        Log determinant of :math:`R`.
    """

    index: NDArray[np.intp]
    time: float
    recall: float
    spread: Array
    turned: Array
    eigen: Array
    log_det: float


def groups_of(people: People, seen: Seen, noise: Noise) -> Iterator[Group]:
    """Yield people by what they share, with the decomposition for the scores."""
    time = nearest(np.log(TIMES), np.log(people.of("fluctuation_time")))
    recall = np.zeros(people.size, dtype=np.intp)
    if seen.looks_back:
        recall = nearest(RECALLS, people.of("recall"))
    spread = noise.widened * people.of("fluctuation")
    gap = np.abs(seen.nodes[:, None] - seen.nodes[None, :])
    own = seen.shared_covariance()
    for r in np.unique(recall):
        share = float(RECALLS[r]) if seen.looks_back else 0.0
        weights = seen.weights(share)
        misfit = (noise.widened * noise.misfit_sd) ** 2 * np.exp(-gap / noise.misfit_days)
        lower = np.linalg.cholesky(own + weights @ misfit @ weights.T)
        inverse = np.linalg.inv(lower)
        log_det = 2.0 * float(np.log(np.diag(lower)).sum())
        for t in np.unique(time[recall == r]):
            swings = weights @ np.exp(-gap / TIMES[t]) @ weights.T
            eigen, vectors = np.linalg.eigh(inverse @ swings @ inverse.T)
            index = np.flatnonzero((recall == r) & (time == t))
            yield Group(
                index=index, time=float(TIMES[t]), recall=share, spread=spread[index],
                turned=vectors.T @ inverse, eigen=np.maximum(eigen, 0.0), log_det=log_det,
            )  # fmt: skip


def nearest(levels: Array, values: Array) -> NDArray[np.intp]:
    """Return the position of the level nearest to each value; levels increase."""
    return np.searchsorted(0.5 * (levels[1:] + levels[:-1]), values)


def expected_scores(people: People, regimen: Regimen, seen: Seen) -> Array:
    """Return what each score is expected to be without swings or leaning, (N, n), MADRS."""
    course = latent(people, regimen, seen.nodes)
    now = course @ seen.now.T
    if not seen.looks_back:
        return np.asarray(now)
    recall = people.of("recall")[:, None]
    return np.asarray((1.0 - recall) * now + recall * (course @ seen.back.T))


def log_likelihood(people: People, expected: Array, seen: Seen, noise: Noise) -> Array:
    """Return the log probability of the scores for each person, shape (N,)."""
    found = np.zeros(people.size)
    if not seen.size:
        return found
    for group in groups_of(people, seen, noise):
        found[group.index] = group_log_likelihood(group, seen.value - expected[group.index], noise)
    return found


def group_log_likelihood(group: Group, left: Array, noise: Noise) -> Array:
    """Return the log probability of residuals, shape (..., J, n), for J people of a group."""
    _, log_normal, log_wild = wild_parts(group, left, noise)
    parts = np.concatenate([log_normal[..., None], log_wild], axis=-1)
    return np.asarray(logsumexp(parts, axis=-1))


def wild_parts(group: Group, left: Array, noise: Noise) -> tuple[Array, Array, Array]:
    """Return weighted residuals, and log probabilities with no and with each score wild.

    Shapes (..., J, n), (..., J) and (..., J, n).
    """
    n = left.shape[-1]
    inflated = 1.0 + group.spread[:, None] ** 2 * group.eigen
    turned = left @ group.turned.T
    scaled = turned / inflated
    plain = -0.5 * ((turned * scaled).sum(axis=-1) + np.log(inflated).sum(axis=-1))
    plain = plain - 0.5 * (group.log_det + n * np.log(2.0 * np.pi))
    pulled = scaled @ group.turned
    precision = (1.0 / inflated) @ group.turned**2
    wider = 1.0 + noise.wild_sd**2 * precision
    gain = 0.5 * noise.wild_sd**2 * pulled**2 / wider - 0.5 * np.log(wider)
    share = min(n * noise.wild_share, MOST_WILD)
    log_normal = plain + np.log1p(-share)
    log_wild = plain[..., None] + gain + np.log(share / n)
    return pulled, log_normal, log_wild


def with_bounds(people: People, weight: Array, expected: Array, seen: Seen, noise: Noise) -> Seen:
    """Return the scores with those at an end of their scale replaced by what they tell.

    The lowest total says "this or less". Each such score becomes the Gaussian that moves
    mean and spread of what is believed about it as the exact statement would, given the
    people and weights at hand.
    """
    at_end = np.flatnonzero(seen.bound)
    if not at_end.size:
        return seen
    value, error_var = seen.value.copy(), seen.error_var.copy()
    for i in at_end:
        swing = float(weight @ people.of("fluctuation") ** 2) * noise.widened**2
        mean = float(weight @ expected[:, i])
        spread = float(weight @ (expected[:, i] - mean) ** 2) + swing
        spread += float(seen.bias_var[seen.scale_of[i]]) + noise.misfit_sd**2
        side, score = int(seen.bound[i]), seen.scores[i]
        half = 0.5 * float(slope_at(np.array([float(score.total)]), score.scale)[0])
        edge = float(seen.value[i]) - side * half
        value[i], error_var[i] = _site(mean, spread, edge, float(seen.error_var[i]), side)
    return replace(seen, value=value, error_var=error_var)


def _site(
    mean: float, spread: float, edge: float, error_var: float, side: int
) -> tuple[float, float]:
    """Return value and variance of the Gaussian that stands for a score at an end."""
    total = np.sqrt(spread + error_var)
    z = side * (mean - edge) / total
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    ratio = density / max(float(ndtr(z)), 1e-12)
    moved = mean + side * spread / total * ratio
    kept = spread - spread**2 / total**2 * ratio * (z + ratio)
    precision = max(1.0 / kept - 1.0 / spread, 1e-6)
    return float((moved / kept - mean / spread) / precision), float(1.0 / precision)
