r"""The integration scheme, in NumPy: the plain twin of the compiled kernel.

The chain is a cascade, so over a step everything upstream of a state is known at
both ends. A state with :math:`\dot x = P(t) - k(t) x` is then a scalar linear
equation. With its loss at rest, :math:`\bar k`, taken out exactly,

.. math::

    \dot x = -\bar k x + N(t), \qquad N = P + (\bar k - k) x

and :math:`N` taken as the polynomial through the last four nodes (fewer after an edge,
see `engine.interpolation`), the step is exact up to the interpolation: fourth order,
one evaluation of each equation per step. :math:`N` at the end of the step contains the
new :math:`x` linearly, and is solved for. Where a loss is so far from its rest that the
step might not be stable, a damped step is taken instead: second order, and for any size
a mean of the start and the targets. The drug is exact: its modes are multiplied by
:math:`e^{-\lambda h}`.

The weights are the moments :math:`I_j = \int_0^1 e^{-z(1-\theta)} \theta^j d\theta`,
:math:`z = \bar k h`.
"""

from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import Grid
from ketacourse.engine.interpolation import NODES, shapes
from ketacourse.engine.problem import Problem
from ketacourse.engine.schedule import Array
from ketacourse.model import brain, chain

SERIES_BELOW = 1.0
"""Below this ``z`` the moments come from their series, above from the recursion."""
SERIES_TERMS = 17
FARTHEST = 0.4
"""Largest distance of a loss from its rest, times the weight of the end of the step, for
which the source is taken as a polynomial; beyond about 1 that is not stable."""


def moments(z: Array) -> tuple[Array, ...]:
    """Return ``exp(-z)`` and the moments I0 to I3 for ``z >= 0``.

    Examples
    --------
    >>> [round(float(v), 6) for v in moments(np.array(0.0))]
    [1.0, 1.0, 0.5, 0.333333, 0.25]
    """
    small = np.minimum(z, SERIES_BELOW)
    series = np.ones_like(z)
    for k in range(SERIES_TERMS - 1, -1, -1):
        series = series * (-small / (NODES + 1.0 + k)) + 1.0
    below = [series / NODES]
    for power in range(NODES - 1, -1, -1):
        below.insert(0, (1.0 - small * below[0]) / max(power, 1))
    large = np.maximum(z, SERIES_BELOW)
    above = [np.exp(-large)]
    for power in range(NODES):
        above.append((1.0 - max(power, 1) * above[-1]) / large)
    return tuple(np.where(z < SERIES_BELOW, b, a) for b, a in zip(below, above, strict=True))


def step_weights(loss: Array, h: float, shape: Array) -> tuple[Array, list[Array]]:
    """Return what is kept of a state over a step, and the weight (h) of each node.

    Parameters
    ----------
    loss
        Loss at rest (1/h).
    h
        Step size (h).
    shape
        Polynomials of the nodes, one step of `interpolation.shapes`.
    """
    kept, *powers = moments(np.asarray(loss * h))
    weights = [h * sum(c * i for c, i in zip(row, powers, strict=True)) for row in shape]
    return kept, weights


def advance(
    x: Array, sources: list[Array], new: tuple[Array, Array], loss: Array,
    kept: Array, weights: list[Array],
) -> Array:  # fmt: skip
    """Return a state at the end of a step.

    Parameters
    ----------
    x
        The state at the start.
    sources
        ``N`` at the start and at the nodes before.
    new
        Gain and loss at the end of the step.
    loss
        The loss taken out, with ``kept`` and ``weights`` from `step_weights`.
    """
    known = kept * x + weights[0] * new[0]
    known = known + sum(w * n for w, n in zip(weights[1:], sources, strict=False))
    return np.asarray(known / (1.0 + weights[0] * (new[1] - loss)))


def advance_damped(x: Array, now: tuple[Array, Array], new: tuple[Array, Array], h: float) -> Array:
    """Return a state at the end of a step as a mean of its start and both targets.

    The larger loss is taken out, the source is a line, and ``exp(-z)`` stands as
    ``1 / (1 + z + z^2 / 2)``; all weights are then positive.

    Parameters
    ----------
    x
        The state at the start.
    now, new
        Gain and loss at the start and at the end of the step.
    h
        Step size (h).
    """
    half, top = 0.5 * h, np.maximum(now[1], new[1])
    end = half * (1.0 + h * top)
    known = x + half * (now[0] + (top - now[1]) * x) + end * new[0]
    return np.asarray(known / (1.0 + half * top + end * new[1]))


def run_scheme(
    problem: Problem, grid: Grid, quantities: tuple[str, ...]
) -> tuple[Array, NDArray[np.bool_]]:
    """Integrate with NumPy.

    Returns
    -------
    values
        The quantities, shape (N, n_times, n_quantities).
    finite
        Whether every state of a patient ended finite, shape (N,).
    """
    run = _Run(problem)
    out = np.empty((problem.patients, len(problem.schedule.times_h), len(quantities)))
    if grid.first_output:
        out[:, 0, :] = run.report(quantities)
    sizes = np.diff(grid.nodes_h)
    for step, shape in enumerate(shapes(sizes, grid.restart)):
        start = grid.nodes_h[step]
        if grid.restart[step]:
            run.restart(start)
        run.step(start, sizes[step], shape)
        if grid.output_row[step] >= 0:
            out[:, grid.output_row[step], :] = run.report(quantities)
    return out, np.asarray(np.isfinite(run.report(chain.STATE_NAMES)).all(axis=1))


class _Run:
    """The state of a batch between two nodes."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.view = chain.view(problem.parameter_map())
        self.weights = problem.modes.weights[:, problem.drivers, :]
        self.z = np.zeros((problem.patients, problem.modes.rates.shape[1]))
        self.view.u = SimpleNamespace(**dict.fromkeys(chain.INPUTS, 0.0))
        self._set_drivers()
        self.loss: dict[str, Array] = {}
        self.excess: dict[str, Array] = {}
        self.sources: dict[str, list[Array]] = {}
        for equation in chain.STATES:
            value = np.broadcast_to(equation.initial(self.view), problem.patients).astype(float)
            setattr(self.view.x, equation.name, value)
            self.loss[equation.name] = self._flow(equation)[1]

    def restart(self, time_h: float) -> None:
        """Apply what changes at an edge and evaluate all flows anew."""
        schedule = self.problem.schedule
        for row, inflow in enumerate(schedule.inflows):
            if inflow.duration_h == 0 and abs(inflow.start_h - time_h) < 1e-9:
                self.z = self.z + self._forcing(row)
        for name in chain.INPUTS:
            setattr(self.view.u, name, self.problem.input_now(name, time_h))
        self._set_drivers()
        for equation in chain.STATES:
            name = equation.name
            self.sources[name] = [np.zeros(self.problem.patients)] * (NODES - 1)
            self._remember(name, *self._flow(equation))

    def step(self, start_h: float, h: float, shape: Array) -> None:
        """Move all modes and states by one step."""
        self._move_drug(start_h, h)
        for equation in chain.STATES:
            name, new = equation.name, self._flow(equation)
            x, excess, loss = getattr(self.view.x, name), self.excess[name], self.loss[name]
            kept, weights = step_weights(loss, h, shape)
            found = advance(x, self.sources[name], new, loss, kept, weights)
            far = np.maximum(np.abs(excess), np.abs(new[1] - loss)) * weights[0] > FARTHEST
            if np.any(far):
                now = (self.sources[name][0] + excess * x, loss + excess)
                found = np.where(far, advance_damped(x, now, new, h), found)
            setattr(self.view.x, name, found)
            self._remember(name, *new)

    def _remember(self, name: str, gain: Array, loss: Array) -> None:
        self.excess[name] = loss - self.loss[name]
        source = gain - self.excess[name] * getattr(self.view.x, name)
        self.sources[name] = [source, *self.sources[name][:-1]]

    def report(self, quantities: tuple[str, ...]) -> Array:
        """Return the quantities now, shape (N, n_quantities)."""
        values = {o.name: o.value for o in chain.OUTPUTS}
        columns = [
            values[q](self.view) if q in values else getattr(self.view.x, q) for q in quantities
        ]
        shape = (self.problem.patients,)
        return np.stack([np.broadcast_to(c, shape) for c in columns], axis=1)

    def _move_drug(self, start_h: float, h: float) -> None:
        forcing = np.zeros_like(self.z)
        for row, inflow in enumerate(self.problem.schedule.inflows):
            if inflow.start_h - 1e-9 <= start_h < inflow.start_h + inflow.duration_h - 1e-9:
                forcing = forcing + self._forcing(row) / inflow.duration_h
        rates = self.problem.modes.rates
        self.z = self.z * np.exp(-rates * h) - np.expm1(-rates * h) / rates * forcing
        self._set_drivers()

    def _forcing(self, row: int) -> Array:
        channel = self.problem.channels[row]
        into = self.problem.modes.forcing[:, :, channel]
        return np.asarray(into * self.problem.amounts[row][:, None])

    def _set_drivers(self) -> None:
        values = np.maximum((self.weights @ self.z[:, :, None])[:, :, 0].T, 0.0)
        self.view.d = SimpleNamespace(**dict(zip(brain.DRIVERS, values, strict=True)))

    def _flow(self, equation: chain.StateEquation) -> tuple[Array, Array]:
        gain, loss = equation.flow(self.view)
        shape = (self.problem.patients,)
        return np.broadcast_to(gain, shape), np.broadcast_to(loss, shape)
