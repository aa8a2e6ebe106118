r"""A linear system in its own modes: decoupled first-order states, for many patients.

.. math::

    z_j' = -\lambda_j z_j + \sum_c f_{jc} u_c(t), \qquad y = W z

The compartments fall into blocks that exchange drug in both directions (strongly
connected), joined in one direction only: depot, parent, metabolite, sampling delay.
Each small block is diagonalised for all patients at once; the blocks are then joined
by forward substitution. No matrix of the whole system is ever inverted.

Two equal rates in series have no basis of modes. They are moved apart symmetrically
about their mean, by a relative 6e-5 for a pair (see `separated`). The response then
differs by about 2e-9 of its peak, at worst by about 1e-7 when further rates lie close;
without equal rates in series the modes are exact to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketacourse.errors import SolverError
from ketacourse.model.pk.blocks import Block, blocks_of, diagonalised
from ketacourse.model.pk.linear import FloatArray, Inflow, LinearSystem

CLOSE = 1e-6
"""Rates in series nearer than this (relative) are treated as equal."""

APART = 6e-5
"""Relative distance to which equal rates in series are moved."""

PATIENTS_AT_ONCE = 2048
"""Patients per pass; keeps the working arrays inside the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """A linear system written in its modes.

    Parameters
    ----------
    rates
        Decay of each mode (1/h, positive), shape ``(N, n)``; N is 1 for one patient.
    forcing
        Where a unit amount given into a channel enters (umol per umol), shape
        ``(N, n, n_channels)``.
    weights
        Concentration per mode (umol/L per umol), shape ``(N, n_out, n)``.
    channels, outputs
        Names, as in the system.
    """

    rates: FloatArray
    forcing: FloatArray
    weights: FloatArray
    channels: tuple[str, ...]
    outputs: tuple[str, ...]


def modes(system: LinearSystem) -> Modes:
    """Return the modes of a system, for all its patients.

    Rates in series that are equal are moved apart by a relative 6e-5 (see the module).

    Raises
    ------
    SolverError
        If a rate is complex or not positive (a compartment from which nothing leaves).
    """
    n_patients, n = system.n_patients or 1, len(system.states)
    rates = _per_patient(system.rates, n_patients)
    observe = _per_patient(system.observe, n_patients)
    blocks, upstream = blocks_of(system.rates)
    found = Modes(
        rates=np.empty((n_patients, n)),
        forcing=np.empty((n_patients, n, len(system.channels))),
        weights=np.empty((n_patients, len(system.outputs), n)),
        channels=system.channels,
        outputs=system.outputs,
    )
    for start in range(0, n_patients, PATIENTS_AT_ONCE):
        at = slice(start, start + PATIENTS_AT_ONCE)
        decay, vectors, inverses = _vectors(np.moveaxis(rates[at], 0, -1), system, blocks, upstream)
        found.rates[at] = decay.T
        found.forcing[at] = np.moveaxis(_forcing(system, vectors, inverses, blocks), -1, 0)
        found.weights[at] = np.moveaxis(_weights(observe[at], vectors), -1, 0)
    return found


def solve_modes(modes: Modes, inflows: Sequence[Inflow], times_h: ArrayLike) -> FloatArray:
    """Return the concentrations (umol/L) at the given times, shape ``(N, n_times, n_out)``.

    The closed form of each mode for instantaneous inflows and constant rates; the same
    meaning as `ketacourse.model.pk.linear.solve_linear`, and much faster for many
    patients.
    """
    times = np.asarray(times_h, dtype=np.float64).reshape(-1)
    n_patients, n = modes.rates.shape
    amounts = np.zeros((n_patients, times.size, n))
    for inflow in inflows:
        forcing = modes.forcing[:, :, modes.channels.index(inflow.channel)]
        given = forcing * np.asarray(inflow.amount_umol, dtype=np.float64).reshape(-1, 1)
        amounts += given[:, None, :] * _response(modes.rates, inflow, times)
    return np.asarray(amounts @ np.swapaxes(modes.weights, 1, 2), dtype=np.float64)


def _response(rates: FloatArray, inflow: Inflow, times: FloatArray) -> FloatArray:
    since_start = np.maximum(times - inflow.start_h, 0.0)
    started = (times >= inflow.start_h)[None, :, None]
    r = rates[:, None, :]
    if inflow.duration_h == 0.0:
        return np.asarray(np.where(started, np.exp(-r * since_start[None, :, None]), 0.0))
    given = np.minimum(since_start, inflow.duration_h)[None, :, None]
    since_end = (since_start - np.minimum(since_start, inflow.duration_h))[None, :, None]
    filled = -np.expm1(-r * given) / (r * inflow.duration_h)
    return np.asarray(np.where(started, filled * np.exp(-r * since_end), 0.0))


def separated(rates: FloatArray, related: NDArray[np.bool_]) -> FloatArray:
    """Return rates with no two equal ones in series.

    A group of m equal rates in series is spread evenly about its mean, per step by a
    relative 6e-5 or ``eps**(1 / (m + 1))`` if that is more (eps: machine precision). The
    spread balances what rounding costs against what the move costs; that the mean stays
    makes the cost of the move of second order.

    Parameters
    ----------
    rates
        Rates (1/h), shape ``(N, n)``.
    related
        Which pairs lie in series, in either order, shape ``(n, n)``.
    """
    first, second = np.nonzero(np.triu(related | related.T, 1))
    near = np.abs(rates[:, first] - rates[:, second]) <= CLOSE * rates[:, first]
    affected = near.any(axis=1)
    if not affected.any():
        return rates
    together = np.zeros((int(affected.sum()), *related.shape), dtype=bool)
    together[:, first, second] = together[:, second, first] = near[affected]
    moved = rates.copy()
    moved[affected] = _spread(rates[affected], together)
    return moved


def _spread(rates: FloatArray, together: NDArray[np.bool_]) -> FloatArray:
    n = rates.shape[1]
    same: NDArray[np.bool_] = np.asarray(together | np.eye(n, dtype=bool))
    for _ in range(int(np.ceil(np.log2(max(n, 2))))):
        same = np.asarray((same[:, :, :, None] & same[:, None, :, :]).any(axis=2))
    size = same.sum(axis=2)
    mean = (same * rates[:, None, :]).sum(axis=2) / size
    order = np.arange(n)
    before = order[None, :] < order[:, None]
    earlier = (rates[:, None, :] < rates[:, :, None]) | (
        (rates[:, None, :] == rates[:, :, None]) & before
    )
    rank = (same & earlier).sum(axis=2)
    step = np.maximum(APART, np.finfo(np.float64).eps ** (1.0 / (size + 1.0)))
    spread = mean * (1.0 + step * (rank - (size - 1.0) / 2.0))
    return np.asarray(np.where(size > 1, spread, rates))


# Inside, the patients come last, so that every operation runs over all of them at once.


def _vectors(
    rates: FloatArray,
    system: LinearSystem,
    blocks: tuple[Block, ...],
    upstream: NDArray[np.bool_],
) -> tuple[FloatArray, FloatArray, list[FloatArray]]:
    """Return decay rates, modes and the inverses of the blocks' own modes."""
    n, _, n_patients = rates.shape
    decay = np.empty((n, n_patients))
    vectors = np.zeros((n, n, n_patients))
    inverses: list[FloatArray] = []
    for block, own in zip(blocks, diagonalised(rates, blocks), strict=True):
        at = block.members
        decay[at], vectors[at[:, None], at], inverse = own
        inverses.append(inverse)
    if not (decay > 0.0).all():
        state, patient = np.argwhere(~(decay > 0.0))[0]
        raise SolverError(
            f"Patient {patient}: drug never leaves the block of '{system.states[state]}' "
            f"(rate {decay[state, patient]:g} 1/h).",
            remedy="Give every compartment a positive rate of exchange or elimination.",
        )
    decay = separated(decay.T, upstream).T
    for i in range(len(blocks)):
        _follow(blocks[i:], inverses[i:], rates=rates, decay=decay, vectors=vectors)
    return decay, vectors, inverses


def _follow(
    blocks: tuple[Block, ...],
    inverses: list[FloatArray],
    *,
    rates: FloatArray,
    decay: FloatArray,
    vectors: FloatArray,
) -> None:
    """Fill in how the modes of the first block show in every later block that it feeds."""
    source = blocks[0]
    b = source.members
    between = [source]
    for block, inverse in zip(blocks[1:], inverses[1:], strict=True):
        if not block.is_fed_by(source):
            continue
        c = block.members
        inflow = np.zeros((c.size, b.size, rates.shape[2]))
        for earlier in between:
            if block.is_fed_directly_by(earlier):
                p = earlier.members
                inflow += _product(rates[c[:, None], p], vectors[p[:, None], b])
        apart = decay[c][:, None] - decay[b]
        if block.single:
            vectors[c, b] = inflow[0] / apart[0]
        else:
            shown = _product(inverse, inflow)
            shown /= apart
            vectors[c[:, None], b] = _product(vectors[c[:, None], c], shown)
        between.append(block)


def _forcing(
    system: LinearSystem,
    vectors: FloatArray,
    inverses: list[FloatArray],
    blocks: tuple[Block, ...],
) -> FloatArray:
    n, _, n_patients = vectors.shape
    channels = len(system.channels)
    forcing = np.zeros((n, channels, n_patients))
    for k, block in enumerate(blocks):
        c = block.members
        entered = system.inflow[c][:, :, None]
        for earlier in blocks[:k]:
            if block.is_fed_by(earlier):
                p = earlier.members
                entered = entered - _product(vectors[c[:, None], p], forcing[p])
        forcing[c] = entered if block.single else _product(inverses[k], entered)
    return forcing


def _weights(observe: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the concentration per mode; most outputs look at one state."""
    weights = np.zeros((observe.shape[1], *vectors.shape[1:]))
    for row, column in np.argwhere((observe != 0.0).any(axis=0)):
        weights[row] += observe[:, row, column] * vectors[column]
    return weights


def _product(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the matrix product of each patient: ``(i, k, N)`` times ``(k, j, N)``."""
    total = left[:, 0, None] * right[0]
    for k in range(1, len(right)):
        total += left[:, k, None] * right[k]
    return np.asarray(total)


def _per_patient(array: FloatArray, n_patients: int) -> FloatArray:
    return np.asarray(np.broadcast_to(array, (n_patients, *array.shape[-2:])))
