r"""Linear compartment systems and their exact solution.

.. math::

    \dot x = K x + B u(t), \qquad y = C x

Amounts ``x`` are in umol, time in h, concentrations ``y`` in umol/L. Inflows ``u`` are
instantaneous amounts or constant rates over an interval, so the solution over an
interval without an edge is the exponential of the augmented matrix

.. math::

    \exp\left( \begin{bmatrix} K & B \\ 0 & 0 \end{bmatrix} h \right)

and needs no step size and no tolerance (Van Loan, IEEE Trans. Automat. Contr. 1978).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketacourse.errors import InputError, OutOfRangeError

FloatArray = NDArray[np.float64]


def side_by_side(patients: tuple[int, ...], *shape: int) -> FloatArray:
    """Return zeros of shape ``(*patients, *shape)``, with one entry of all patients in a row.

    ``patients`` is ``(N,)`` or ``()``. A system is filled entry by entry, for everyone at once;
    in the usual order each of these would touch all of the memory.
    """
    lead = range(len(patients))
    return np.moveaxis(np.zeros((*shape, *patients)), [len(shape) + i for i in lead], lead)


class Inflow(NamedTuple):
    """Drug given into a channel: an amount at once, or at a constant rate.

    ``start_h`` and ``duration_h`` are in h (0 means instantaneous), ``amount_umol`` is a
    number or one number per patient, shape ``(N,)``.
    """

    channel: str
    start_h: float
    duration_h: float
    amount_umol: float | FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearSystem:
    """A linear compartment system for one patient or for N patients.

    Parameters
    ----------
    states
        Names of the n states; amounts in umol.
    rates
        Matrix K (1/h), shape ``(n, n)`` or ``(N, n, n)``; row: into, column: from.
    channels
        Names of the inputs, such as ``"s_ketamine.iv"``.
    inflow
        Where a unit amount given into a channel enters (dimensionless), shape
        ``(n, n_channels)``.
    outputs
        Names of the outputs, such as ``"s_norketamine"``.
    observe
        Concentration per amount (umol/L per umol), shape ``(n_out, n)`` or
        ``(N, n_out, n)``.
    observers
        States that follow others without holding drug (sampling delay, effect site);
        they do not count in a mass balance.
    """

    states: tuple[str, ...]
    rates: FloatArray
    channels: tuple[str, ...]
    inflow: FloatArray
    outputs: tuple[str, ...]
    observe: FloatArray
    observers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.states)
        shapes = {
            "rates": (self.rates.shape[-2:], (n, n)),
            "inflow": (self.inflow.shape, (n, len(self.channels))),
            "observe": (self.observe.shape[-2:], (len(self.outputs), n)),
        }
        for name, (found, wanted) in shapes.items():
            if found != wanted:
                raise InputError(f"The array '{name}' has shape {found}, not {wanted}.")
        for names in (self.states, self.channels, self.outputs):
            if len(set(names)) != len(names):
                raise InputError(f"Names occur twice in {names}.", remedy="Name each one once.")
        if not (np.isfinite(self.rates).all() and np.isfinite(self.observe).all()):
            raise OutOfRangeError(
                "The system holds a rate or volume that is not finite.",
                remedy="Give finite, positive clearances, volumes and rate constants.",
            )

    @property
    def n_patients(self) -> int | None:
        """Return N, or None when the system describes a single patient."""
        sizes = {a.shape[0] for a in (self.rates, self.observe) if a.ndim == 3}
        return max(sizes) if sizes else None

    def output_index(self, name: str) -> int:
        """Return the position of an output, or say which outputs there are."""
        return _index(self.outputs, name, "output")

    def channel_index(self, name: str) -> int:
        """Return the position of a channel, or say which channels there are."""
        return _index(self.channels, name, "channel")


def solve_linear(system: LinearSystem, inflows: Sequence[Inflow], times_h: ArrayLike) -> FloatArray:
    """Return the concentrations at the given times, exact for any edges and overlaps.

    Parameters
    ----------
    system
        The system; empty at the start of the first inflow.
    inflows
        Inputs in any order; they may overlap.
    times_h
        Times (h), any order. At the time of an instantaneous inflow the value just
        after it is returned.

    Returns
    -------
    ndarray
        Concentrations (umol/L), shape ``(n_times, n_out)`` for one patient or
        ``(N, n_times, n_out)`` for N.
    """
    times = np.asarray(times_h, dtype=np.float64).reshape(-1)
    if not np.isfinite(times).all():
        raise OutOfRangeError("A time is not a finite number.", remedy="Give times in h.")
    n_patients = checked_patients(system, inflows)
    shape = (len(system.states),) if n_patients is None else (n_patients, len(system.states))
    amounts = np.zeros((*shape[:-1], times.size, shape[-1]))
    state = np.zeros(shape)
    edges = {edge for i in inflows for edge in (i.start_h, i.start_h + i.duration_h)}
    start = min(edges, default=0.0)
    steps = sorted(edges | {float(t) for t in times if t >= start})
    propagators: dict[float, FloatArray] = {}
    now = start
    for step in steps:
        if step > now:
            state = _advance(state, system, inflows, span=(now, step), known=propagators)
            now = step
        for inflow in inflows:
            if inflow.duration_h == 0.0 and inflow.start_h == step:
                state = state + _entry(system, inflow, np.asarray(inflow.amount_umol))
        amounts[..., times == step, :] = state[..., np.newaxis, :]
    return np.asarray(amounts @ np.swapaxes(system.observe, -1, -2), dtype=np.float64)


def checked_patients(system: LinearSystem, inflows: Sequence[Inflow]) -> int | None:
    """Return the number of patients of a system and its inflows, or refuse a misfit."""
    sizes = set() if system.n_patients is None else {system.n_patients}
    for inflow in inflows:
        system.channel_index(inflow.channel)
        amount = np.asarray(inflow.amount_umol, dtype=np.float64)
        if not (np.isfinite(amount).all() and (amount >= 0.0).all() and amount.ndim <= 1):
            raise OutOfRangeError(
                f"The amount given into '{inflow.channel}' is not a number of at least 0 umol.",
                remedy="Give a finite amount, or one per patient.",
            )
        if not (np.isfinite(inflow.start_h) and 0.0 <= inflow.duration_h < np.inf):
            raise OutOfRangeError(
                f"The inflow into '{inflow.channel}' starts at {inflow.start_h} h and lasts "
                f"{inflow.duration_h} h.",
                remedy="Give a finite start and a duration of at least 0 h.",
            )
        if amount.ndim == 1:
            sizes.add(amount.size)
    if len(sizes) > 1:
        raise InputError(
            f"The system and its inflows are for different numbers of patients: {sorted(sizes)}.",
            remedy="Give one value, or one per patient, throughout.",
        )
    return sizes.pop() if sizes else None


def restrict(system: LinearSystem, outputs: Collection[str]) -> LinearSystem:
    """Return the system reduced to some outputs and the states that feed them.

    Fewer states make a population run faster; the remaining outputs do not change.
    """
    rows = [system.output_index(name) for name in outputs]
    observe = system.observe[..., rows, :]
    feeds = _any_patient(system.rates)
    needed = _any_patient(observe).any(axis=0)
    while True:
        wider = needed | (needed @ feeds)
        if (wider == needed).all():
            break
        needed = wider
    keep = np.flatnonzero(needed)
    states = tuple(system.states[i] for i in keep)
    return replace(
        system,
        states=states,
        rates=system.rates.take(keep, axis=-2).take(keep, axis=-1),
        inflow=system.inflow[keep],
        outputs=tuple(outputs),
        observe=observe[..., keep],
        observers=tuple(s for s in system.observers if s in states),
    )


def with_elimination_sink(system: LinearSystem) -> LinearSystem:
    """Return the system with a state ``eliminated`` that collects what leaves the body."""
    holds = np.array([s not in system.observers for s in system.states], dtype=np.float64)
    leaves = -(holds @ system.rates) * holds
    n = len(system.states)
    rates = np.zeros((*system.rates.shape[:-2], n + 1, n + 1))
    rates[..., :n, :n] = system.rates
    rates[..., n, :n] = leaves
    return replace(
        system,
        states=(*system.states, "eliminated"),
        rates=rates,
        inflow=np.vstack([system.inflow, np.zeros((1, len(system.channels)))]),
        observe=np.concatenate(
            [system.observe, np.zeros((*system.observe.shape[:-1], 1))], axis=-1
        ),
    )


def with_amounts(system: LinearSystem) -> LinearSystem:
    """Return the system with every state's amount (umol) as an output instead."""
    return replace(
        system,
        outputs=tuple(f"amount.{s}" for s in system.states),
        observe=np.eye(len(system.states)),
    )


def _advance(
    state: FloatArray,
    system: LinearSystem,
    inflows: Sequence[Inflow],
    *,
    span: tuple[float, float],
    known: dict[float, FloatArray],
) -> FloatArray:
    """Return the state at the end of a span without an edge; ``known`` keeps propagators."""
    from scipy.linalg import expm

    n, n_channels = system.inflow.shape
    length = span[1] - span[0]
    if length not in known:
        augmented = np.zeros((*system.rates.shape[:-2], n + n_channels, n + n_channels))
        augmented[..., :n, :n] = system.rates
        augmented[..., :n, n:] = system.inflow
        known[length] = np.asarray(expm(augmented * length))[..., :n, :]
    given = np.zeros((*state.shape[:-1], n_channels))
    middle = span[0] + length / 2.0
    for inflow in inflows:
        if inflow.start_h < middle < inflow.start_h + inflow.duration_h:
            rate = np.asarray(inflow.amount_umol) / inflow.duration_h
            given[..., system.channel_index(inflow.channel)] += rate
    start = np.concatenate([state, given], axis=-1)
    return np.asarray(np.einsum("...ij,...j->...i", known[length], start), dtype=np.float64)


def _entry(system: LinearSystem, inflow: Inflow, amount: FloatArray) -> FloatArray:
    column = system.inflow[:, system.channel_index(inflow.channel)]
    return np.asarray(amount[..., np.newaxis] * column, dtype=np.float64)


def _any_patient(array: FloatArray) -> NDArray[np.bool_]:
    """Return where the array is not zero for at least one patient."""
    present = array != 0.0
    return np.asarray(present if array.ndim == 2 else present.any(axis=0))


def _index(names: tuple[str, ...], name: str, kind: str) -> int:
    if name in names:
        return names.index(name)
    raise InputError(f"The model has no {kind} '{name}'.", remedy=f"It has: {', '.join(names)}.")
