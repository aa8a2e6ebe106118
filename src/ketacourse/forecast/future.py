r"""What may happen: possible true courses and scores of one patient, swings included.

Every possible patient keeps what the scores say of the present deviation of the illness, of
the misfit and of the leaning of each scale. They are drawn jointly before any score, and
moved by what the scores would have been (Matheron's rule):

.. math::

    x^* \leftarrow x^* + \mathrm{cov}(x^*, r)\,\Sigma^{-1} (r - \tilde r)

The same seed gives the same patients and the same swings under any regimen, so that two
regimens differ only by what they do.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.forecast.course_model import SEVERITY_MAXIMUM, latent
from ketacourse.forecast.likelihood import Group, expected_scores, groups_of, wild_parts
from ketacourse.forecast.measurement import (
    from_madrs,
    instrument,
    nodes_of,
)
from ketacourse.forecast.people import People
from ketacourse.forecast.posterior import Posterior, equal_people
from ketacourse.forecast.regimen import Regimen
from ketacourse.population.uncertainty import stream
from ketacourse.therapy.scales import scale

Array = NDArray[np.float64]

DRAWS = 2000
"""Possible courses unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Futures:
    """M possible patients with their swings on some days.

    Attributes
    ----------
    people
        The patients, equally weighted.
    days
        Days (from the first dose, increasing), shape (T,).
    swings
        Deviation of true severity from the course (MADRS points), shape (M, T).
    leaning
        Leaning of each scale (MADRS points), shape (M,).
    seed
        Seed of the random streams.
    repeats
        How often each patient stands there, one after the other.
    """

    people: People
    days: Array
    swings: Array
    leaning: Mapping[str, Array]
    seed: int
    repeats: int = 1

    def course(self, regimen: Regimen, days: Array) -> Array:
        """Return everybody's course without swings, shape (M, len(days))."""
        if self.repeats == 1:
            return latent(self.people, regimen, days)
        few = self.people.taken(np.arange(0, self.people.size, self.repeats))
        return np.repeat(latent(few, regimen, days), self.repeats, axis=0)


def paths(
    posterior: Posterior, regimen: Regimen, days: Array, *, seed: int = 1, draws: int = DRAWS
) -> Array:
    """Return possible true courses of the patient (MADRS points), shape (M, T).

    Parameters
    ----------
    regimen
        What was and what will be given.
    days
        Increasing days (from the first dose), shape (T,). Courses under two regimens share
        their swings when seed and days are the same.
    """
    return courses(imagined(posterior, days, seed=seed, draws=draws), regimen)


def courses(futures: Futures, regimen: Regimen) -> Array:
    """Return the true courses of imagined patients under a regimen, shape (M, T)."""
    return np.asarray(np.clip(undisturbed(futures, regimen), 0.0, SEVERITY_MAXIMUM))


def undisturbed(futures: Futures, regimen: Regimen) -> Array:
    """Return course plus swings before they are held inside the scale, shape (M, T)."""
    return futures.course(regimen, futures.days) + futures.swings


def scores(
    futures: Futures, regimen: Regimen, key: str, days: Array, *, error: bool = True,
    rounded: bool = True,
) -> Array:  # fmt: skip
    """Return possible totals on one scale as they would be written down, shape (M, D).

    Parameters
    ----------
    days
        Days of rating; what is needed between them is taken from ``futures.days``.
    error
        Whether to add the error of a rating and round; without, perfect totals.
    rounded
        Whether totals are whole, each with its own error, as they are written down; without,
        a draw has the same error on all days, and quantiles run smoothly over days.
    """
    tool, form = instrument(key), scale(key)
    recall = np.full(len(days), tool.recall_days)
    nodes, now, back = nodes_of(np.asarray(days, dtype=float), recall)
    at_nodes = _between(futures, regimen, nodes)
    seen = at_nodes @ now.T
    if tool.recall_days > 0.0:
        share = futures.people.of("recall")[:, None]
        seen = (1.0 - share) * seen + share * (at_nodes @ back.T)
    leaning = futures.leaning.get(key)
    if leaning is None:
        random = stream(futures.seed, f"forecast:leaning:{key}")
        leaning = tool.bias_sd * random.standard_normal(len(seen))
    total = from_madrs(np.clip(seen + leaning[:, None], 0.0, SEVERITY_MAXIMUM), key)
    if not error:
        return np.asarray(total)
    random = stream(futures.seed, f"forecast:error:{key}")
    shape = total.shape if rounded else (len(total), 1)
    total = total + tool.error_sd * random.standard_normal(shape)
    held = np.clip(total, form.minimum, form.maximum)
    return np.asarray(np.rint(held) if rounded else held)


def _between(futures: Futures, regimen: Regimen, nodes: Array) -> Array:
    """Return severity at nodes: the course exactly, the swings by interpolation, (M, m)."""
    if futures.days.size == 1:
        return np.asarray(futures.course(regimen, nodes) + futures.swings)
    right = np.clip(np.searchsorted(futures.days, nodes), 1, futures.days.size - 1)
    left = right - 1
    share = (nodes - futures.days[left]) / (futures.days[right] - futures.days[left])
    share = np.clip(share, 0.0, 1.0)
    swings = futures.swings[:, left] * (1.0 - share) + futures.swings[:, right] * share
    return np.asarray(futures.course(regimen, nodes) + swings)


def imagined(
    posterior: Posterior, days: Array, *, seed: int, draws: int = DRAWS, repeats: int = 1
) -> Futures:
    """Return possible patients with the swings that their scores leave possible.

    Parameters
    ----------
    days
        Increasing days (from the first dose), shape (T,).
    repeats
        How often each patient is followed, with other swings; they stand next to each other.
    """
    wanted = np.asarray(days, dtype=np.float64)
    people = equal_people(posterior, draws, repeats=repeats)
    random = stream(seed, "forecast:swings")
    plain = random.standard_normal((draws, wanted.size + posterior.seen.nodes.size))
    misfit = random.standard_normal((draws, wanted.size + posterior.seen.nodes.size))
    rest = _Rest(posterior, people, repeats, wanted, plain, misfit, random)
    swings, leaning = rest.drawn()
    return Futures(
        people=people, days=wanted, swings=swings, leaning=leaning, seed=seed, repeats=repeats
    )


class _Rest:
    """Everything about a patient that is not in the individual parameters."""

    def __init__(
        self, posterior: Posterior, people: People, repeats: int, days: Array, plain: Array,
        misfit: Array, random: np.random.Generator,
    ) -> None:  # fmt: skip
        self.repeats = repeats
        self.posterior, self.people, self.days = posterior, people, days
        self.seen, self.noise = posterior.seen, posterior.noise
        self.plain, self.misfit, self.random = plain, misfit, random
        self.every = np.concatenate([days, self.seen.nodes])

    def drawn(self) -> tuple[Array, dict[str, Array]]:
        """Return swings with misfit, (M, T), and the leaning of each scale seen, (M,)."""
        seen, size = self.seen, self.people.size
        scales = len(seen.scales)
        leaning = self.random.standard_normal((size, scales)) * np.sqrt(seen.bias_var)
        swings = np.empty((size, self.days.size))
        error = self.random.standard_normal((size, seen.size))
        choice = self.random.random(size)
        expected = self._expected()
        for group in self._groups():
            here = group.index
            wave = self._wave(group, self.plain[here], group.time, group.spread[:, None])
            extra = self.noise.widened * self.noise.misfit_sd
            stray = self._wave(group, self.misfit[here], self.noise.misfit_days, extra)
            both = wave + stray
            swings[here] = both[:, : self.days.size]
            if not seen.size:
                continue
            left = seen.value - expected[here]
            would = both[:, self.days.size :] @ seen.weights(group.recall).T
            would += leaning[here][:, seen.scale_of] + error[here] * np.sqrt(seen.error_var)
            pulled = self._pulled(group, left, would, choice[here], error[here])
            swings[here] += self._moved(group, pulled)
            for k in range(scales):
                mine = seen.scale_of == k
                leaning[here, k] += seen.bias_var[k] * pulled[:, mine].sum(axis=1)
        return swings, {key: leaning[:, k] for k, key in enumerate(seen.scales)}

    def _expected(self) -> Array:
        if not self.seen.size:
            return np.zeros((self.people.size, 0))
        few = self.people.taken(np.arange(0, self.people.size, self.repeats))
        expected = expected_scores(few, self.posterior.regimen, self.seen)
        return np.repeat(expected, self.repeats, axis=0)

    def _groups(self) -> list[Group]:
        return list(groups_of(self.people, self.seen, self.noise))

    def _wave(self, group: Group, plain: Array, time: float, spread: Array | float) -> Array:
        """Return a mean-reverting process at every moment, from standard normal numbers."""
        order = np.argsort(self.every, kind="stable")
        gap = np.diff(self.every[order])
        kept = np.exp(-gap / time)
        fresh = np.sqrt(np.maximum(1.0 - kept**2, 0.0))
        found = np.empty_like(plain)
        state = plain[:, order[0]]
        found[:, order[0]] = state
        for i, at in enumerate(order[1:]):
            state = kept[i] * state + fresh[i] * plain[:, at]
            found[:, at] = state
        return np.asarray(spread * found)

    def _pulled(
        self, group: Group, left: Array, would: Array, choice: Array, error: Array
    ) -> Array:
        """Return the residuals that the draw must still make up for, weighted, (J, n)."""
        noise = self.noise
        _, log_normal, log_wild = wild_parts(group, left, noise)
        parts = np.concatenate([log_normal[:, None], log_wild], axis=1)
        parts -= parts.max(axis=1, keepdims=True)
        edges = np.cumsum(np.exp(parts), axis=1)
        picked = (choice[:, None] * edges[:, -1:] > edges).sum(axis=1)  # 0: none is wild
        rows = np.flatnonzero(picked)
        column = picked[rows] - 1
        would[rows, column] += noise.wild_sd * self.random.standard_normal(self.people.size)[rows]
        rest = left - would
        inflated = 1.0 + group.spread[:, None] ** 2 * group.eigen
        pulled = ((rest @ group.turned.T) / inflated) @ group.turned
        if rows.size:
            across = (group.turned[:, column].T / inflated[rows]) @ group.turned
            own = across[np.arange(rows.size), column]
            share = noise.wild_sd**2 * pulled[rows, column] / (1.0 + noise.wild_sd**2 * own)
            pulled[rows] -= share[:, None] * across
        return np.asarray(pulled)

    def _moved(self, group: Group, pulled: Array) -> Array:
        """Return by how much the scores move swings and misfit on the wanted days."""
        gap = np.abs(self.days[:, None] - self.seen.nodes[None, :])
        weights = self.seen.weights(group.recall).T
        swing = np.exp(-gap / group.time) @ weights
        extra = (self.noise.widened * self.noise.misfit_sd) ** 2
        stray = extra * (np.exp(-gap / self.noise.misfit_days) @ weights)
        return np.asarray(group.spread[:, None] ** 2 * (pulled @ swing.T) + pulled @ stray.T)


def line_on(key: str, madrs: float) -> float:
    """Return a MADRS line on another scale (points), for a chart."""
    return float(from_madrs(np.array([madrs]), key)[0])
