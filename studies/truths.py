"""Two foreign truths: patients made by models that know nothing of the forecast's own.

``TwoExponential``: the benefit of a dose is a difference of exponentials with one weight and one
decay per response class, doses add up under saturation, and the illness fluctuates with an
autocorrelated noise. ``RandomWalk``: severity wanders, one dose (not known which) switches the
patient to a lower level, and a random time after the last dose it switches back.

Their numbers are chosen for the test, to be unlike the forecast's model and like what trials
report in outline; nothing is calibrated to them and they are not in the catalogue.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP_DAYS = 0.25
"""Grid on which noise is drawn (days): four a day."""
LONGEST_DAYS = 200.0


class Truth(Protocol):
    """Patients who can be given any doses and be looked at on any days."""

    @property
    def name(self) -> str:
        """Return what to call the truth."""

    @property
    def size(self) -> int:
        """Return the number of patients."""

    @property
    def baseline(self) -> Array:
        """Return true MADRS before treatment (points), shape (N,)."""

    def severity(self, slots: Array, amount: Array, days: Array) -> Array:
        """Return true MADRS (points), shape (N, T).

        Parameters
        ----------
        slots
            Days on which a dose may be given, rising, shape (S,).
        amount
            Dose in each slot relative to 0.5 mg/kg over 40 min, 0 for none, shape (N, S).
        days
            Days to look at, rising, shape (T,).
        """


def noise_grid() -> Array:
    """Return the days on which noise is drawn, from before the first dose on."""
    return np.arange(-14.0, LONGEST_DAYS + STEP_DAYS, STEP_DAYS)


def on_grid(values: Array, days: Array) -> Array:
    """Return rows of noise at some days, linearly between the days of the grid, (N, T)."""
    grid = noise_grid()
    at = np.clip(np.searchsorted(grid, days, side="right") - 1, 0, grid.size - 2)
    share = (days - grid[at]) / STEP_DAYS
    return np.asarray(values[:, at] * (1.0 - share) + values[:, at + 1] * share)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoExponential:
    """A two-exponential course with autocorrelated noise and response classes."""

    name: str = "two exponentials"
    baseline: Array
    fast: Array
    slow: Array
    fast_days: Array
    slow_days: Array
    placebo: Array
    noise: Array

    @property
    def size(self) -> int:
        """Return the number of patients."""
        return int(self.baseline.size)

    def severity(self, slots: Array, amount: Array, days: Array) -> Array:
        """Return true MADRS (points), shape (N, T); see `Truth`."""
        after = (days[None, :] - slots[:, None])[None]
        age = np.maximum(after, 0.0)
        power = (amount / (0.6 + amount) * 1.6)[:, :, None]
        fast = self.fast[:, None, None] * np.exp(-age / self.fast_days[:, None, None])
        rise = 1.0 - np.exp(-age / 0.3)
        slow = self.slow[:, None, None] * rise * np.exp(-age / self.slow_days[:, None, None])
        each = np.where(after > 0.0, power * (fast * (1.0 - np.exp(-age / 0.15)) + slow), 0.0)
        gone = np.prod(1.0 - np.clip(each, 0.0, 0.95), axis=1)
        first = np.where(amount > 0.0, slots, np.inf).min(axis=1)
        waited = np.maximum(days[None] - first[:, None], 0.0)
        believed = self.placebo[:, None] * (1 - np.exp(-waited / 2.0)) * np.exp(-waited / 40.0)
        level = self.baseline[:, None] * gone * (1.0 - believed)
        return np.asarray(np.clip(level + on_grid(self.noise, days), 0.0, 60.0))


def two_exponential(size: int, *, seed: int) -> TwoExponential:
    """Draw patients of the two-exponential truth."""
    rng = np.random.default_rng([seed, 21])
    group = rng.choice(3, size=size, p=(0.35, 0.35, 0.30))
    fast = np.array([0.08, 0.35, 0.60])[group] * np.exp(0.25 * rng.standard_normal(size))
    slow = np.array([0.03, 0.10, 0.20])[group] * np.exp(0.35 * rng.standard_normal(size))
    return TwoExponential(
        baseline=np.clip(32.0 + 5.0 * rng.standard_normal(size), 20.0, 48.0),
        fast=np.clip(fast, 0.0, 0.9), slow=np.clip(slow, 0.0, 0.5),
        fast_days=3.5 * np.exp(0.4 * rng.standard_normal(size)),
        slow_days=32.0 * np.exp(0.8 * rng.standard_normal(size)),
        placebo=np.clip(0.12 + 0.10 * rng.standard_normal(size), 0.0, 0.5),
        noise=autocorrelated(rng, size, sd=3.0, days=6.0),
    )  # fmt: skip


def autocorrelated(rng: np.random.Generator, size: int, *, sd: float, days: float) -> Array:
    """Return noise with an exponential memory on the grid (points), shape (N, grid)."""
    steps = noise_grid().size
    memory = float(np.exp(-STEP_DAYS / days))
    fresh = rng.standard_normal((size, steps)) * sd
    kept = np.empty_like(fresh)
    kept[:, 0] = fresh[:, 0]
    for k in range(1, steps):
        kept[:, k] = memory * kept[:, k - 1] + np.sqrt(1.0 - memory**2) * fresh[:, k]
    return kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RandomWalk:
    """An illness that wanders, and a response that is a step down and, later, a step up."""

    name: str = "random walk"
    baseline: Array
    walk: Array
    switched_by: NDArray[np.int64]
    depth: Array
    lasts_days: Array
    strength_needed: Array

    @property
    def size(self) -> int:
        """Return the number of patients."""
        return int(self.baseline.size)

    def severity(self, slots: Array, amount: Array, days: Array) -> Array:
        """Return true MADRS (points), shape (N, T); see `Truth`."""
        works = (amount > 0.0) & (amount >= self.strength_needed[:, None])
        effective = works & (np.cumsum(works, axis=1) >= self.switched_by[:, None])
        since = days[None, :] - slots[:, None]
        # The patient is in the lower level from half a day after an effective dose until the
        # effect of the newest one has run out.
        inside = (since[None] > 0.5) & (since[None] <= self.lasts_days[:, None, None])
        lower = (inside & effective[:, :, None]).any(axis=1)
        level = self.baseline[:, None] * (1.0 - self.depth[:, None] * lower)
        return np.asarray(np.clip(level + on_grid(self.walk, days), 0.0, 60.0))


def random_walk(size: int, *, seed: int) -> RandomWalk:
    """Draw patients of the random-walk truth."""
    rng = np.random.default_rng([seed, 22])
    steps = noise_grid().size
    moves = 0.55 * np.sqrt(STEP_DAYS) * rng.standard_normal((size, steps))
    walk = np.cumsum(moves, axis=1)
    start = int(np.searchsorted(noise_grid(), 0.0))
    never = rng.random(size) < 0.35
    by = np.where(never, 99, rng.choice((1, 2, 3, 4), size=size, p=(0.55, 0.2, 0.15, 0.1)))
    return RandomWalk(
        baseline=np.clip(32.0 + 5.0 * rng.standard_normal(size), 20.0, 48.0),
        walk=walk - walk[:, start][:, None],
        switched_by=by.astype(np.int64),
        depth=np.clip(0.55 + 0.15 * rng.standard_normal(size), 0.2, 0.9),
        lasts_days=rng.gamma(1.5, 20.0, size=size) + 3.0,
        strength_needed=np.where(rng.random(size) < 0.85, 0.4, 1.4),
    )


FOREIGN: Mapping[str, Callable[..., Truth]] = {
    "two_exponential": two_exponential,
    "random_walk": random_walk,
}
"""Name to what draws patients of it."""
