"""Least squares of the course model to many true courses at once.

Every patient is fitted by itself; the arithmetic runs side by side. A wide prior on the free
scale keeps what a patient's courses say nothing about near the middle of all.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import SolverError
from ketacourse.forecast.course_model import latent
from ketacourse.forecast.parameters import COLUMN, INDIVIDUALS
from ketacourse.forecast.people import People
from ketacourse.forecast.project_chain import DAYS, Truth

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]

FITTED: dict[str, tuple[float, float]] = {
    "fast_gain": (0.3, 1.5),
    "fast_time": (1.0, 0.8),
    "consolidated_gain": (0.3, 1.5),
    "consolidated_time": (6.0, 1.0),
    "onset": (0.8, 0.5),
    "lasting": (0.05, 1.0),
    "repeat": (0.7, 0.7),
    "therapy": (0.2, 0.2),
    "holding": (0.5, 0.5),
}
"""What is fitted: a starting value in natural units unless the chain gives one, and the SD of the
prior about it on the free scale."""

ROUNDS = 18
STEP = 1e-4
NOISE_POINTS = 0.7
"""What the fit need not resolve (MADRS points)."""


def fitted(truth: Truth, *, progress: Progress) -> tuple[Array, Array]:
    """Return the individual parameters of every patient, and what the fit leaves.

    Returns
    -------
    Values of shape (N, P) in natural units; residuals (true less fitted, MADRS points) of
    shape (N, designs, T).
    """
    size = len(truth.class_of)
    start = {name: np.full(size, value) for name, (value, _) in FITTED.items()}
    neutral = {"fluctuation": 1.0, "fluctuation_time": 10.0, "recall": 0.5}
    whole = {**start, **truth.known, **{n: np.full(size, v) for n, v in neutral.items()}}
    base = np.stack([whole[name] for name in COLUMN], axis=1)
    columns = np.array([COLUMN[n] for n in FITTED])
    free = np.stack([INDIVIDUALS[c].free(base[:, c]) for c in columns], axis=1)
    middle, spread = free.copy(), np.array([sd for _, sd in FITTED.values()])
    damping = np.full(size, 1.0)
    target = _stacked(truth.madrs)
    if not (np.isfinite(target).all() and np.isfinite(base).all()):
        raise SolverError(
            "A course of the full chain, or a parameter of a patient, is not a finite number.",
            remedy="Check the parameters that were drawn; nothing is projected from it.",
        )
    left = target - _predicted(truth, base, columns, free)
    loss = _loss(left, free, middle, spread)
    for turn in range(ROUNDS):
        slope = _slopes(truth, base, columns, free, target - left)
        step = _step(slope, left, free, middle, spread, damping)
        trial = free + step
        trial_left = target - _predicted(truth, base, columns, trial)
        trial_loss = _loss(trial_left, trial, middle, spread)
        better = trial_loss < loss
        free[better], left[better], loss[better] = (
            trial[better], trial_left[better], trial_loss[better],
        )  # fmt: skip
        damping = np.clip(np.where(better, damping * 0.4, damping * 4.0), 1e-4, 1e6)
        progress("fit the course model", (turn + 1) / ROUNDS)
    values = _with(base, columns, free)
    return values, left.reshape(size, len(truth.madrs), DAYS.size)


def _with(base: Array, columns: NDArray[np.intp], free: Array) -> Array:
    values = base.copy()
    for k, c in enumerate(columns):
        values[:, c] = INDIVIDUALS[c].natural(free[:, k])
    return values


def _predicted(truth: Truth, base: Array, columns: NDArray[np.intp], free: Array) -> Array:
    people = People(
        values=_with(base, columns, free),
        class_of=truth.class_of,
        log_weight=np.zeros(len(base)),
    )
    return _stacked({n: latent(people, r, DAYS) for n, r in truth.regimens.items()})


def _stacked(courses: Mapping[str, Array]) -> Array:
    return np.concatenate(list(courses.values()), axis=1)


def _loss(left: Array, free: Array, middle: Array, spread: Array) -> Array:
    return np.asarray(
        ((left / NOISE_POINTS) ** 2).sum(axis=1) + (((free - middle) / spread) ** 2).sum(axis=1)
    )


def _slopes(truth: Truth, base: Array, columns: NDArray[np.intp], free: Array, now: Array) -> Array:
    """Return the derivative of every prediction by every fitted parameter, (N, T, K)."""
    found = np.empty((*now.shape, len(columns)), dtype=np.float32)
    for k in range(len(columns)):
        moved = free.copy()
        moved[:, k] += STEP
        found[:, :, k] = (_predicted(truth, base, columns, moved) - now) / STEP
    return found


def _step(
    slope: Array, left: Array, free: Array, middle: Array, spread: Array, damping: Array
) -> Array:
    scaled = slope / NOISE_POINTS
    normal = np.einsum("ntk,ntl->nkl", scaled, scaled, optimize=True).astype(float)
    normal += np.diag(spread**-2.0)
    pull = np.einsum("ntk,nt->nk", scaled, left / NOISE_POINTS, optimize=True)
    pull = pull - (free - middle) / spread**2
    diagonal = np.einsum("nkk->nk", normal)
    damped = normal + damping[:, None, None] * (np.eye(len(spread)) * diagonal[:, None, :])
    return np.asarray(np.clip(np.linalg.solve(damped, pull[:, :, None])[:, :, 0], -1.5, 1.5))
