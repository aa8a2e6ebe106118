r"""The integration scheme, in NumPy: the plain twin of the compiled kernel.

The chain is a cascade, so over a step everything upstream of a state is known at
both ends. A state with :math:`\dot x = P(t) - k(t) x` is then a scalar linear
equation. With the mean loss :math:`\bar k` taken out exactly,

.. math::

    \dot x = -\bar k x + N(t), \qquad N = P + (\bar k - k) x

and :math:`N` interpolated by a parabola through the last three nodes (a line after
an edge), the step is exact up to the interpolation: third order, one evaluation of
each equation per step, and no stability limit. The drug is exact: its modes are
multiplied by :math:`e^{-\lambda h}`.

The weights are the moments :math:`I_j = \int_0^1 e^{-z(1-\theta)} \theta^j d\theta`.
"""

from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.grid import Grid
from ketacourse.engine.problem import Problem
from ketacourse.engine.schedule import Array
from ketacourse.model import brain, chain

SERIES_BELOW = 0.25
"""Below this ``z`` the moments come from their series, above from the recursion."""
SERIES_TERMS = 9


def moments(z: Array) -> tuple[Array, Array, Array, Array]:
    """Return ``exp(-z)`` and the moments I0, I1, I2 for ``z >= 0``.

    Examples
    --------
    >>> [round(float(v), 6) for v in moments(np.array(0.0))]
    [1.0, 1.0, 0.5, 0.333333]
    """
    series = np.zeros_like(z)
    for k in range(SERIES_TERMS, -1, -1):
        series = series * (-z / (k + 4.0)) + 1.0 if k < SERIES_TERMS else np.ones_like(z)
    small2 = series / 3.0
    small1 = (1.0 - z * small2) / 2.0
    small0 = 1.0 - z * small1
    large_z = np.maximum(z, SERIES_BELOW)
    decay = np.exp(-large_z)
    large0 = (1.0 - decay) / large_z
    large1 = (1.0 - large0) / large_z
    large2 = (1.0 - 2.0 * large1) / large_z
    small = z < SERIES_BELOW
    return (
        np.where(small, 1.0 - z * small0, decay),
        np.where(small, small0, large0),
        np.where(small, small1, large1),
        np.where(small, small2, large2),
    )


def advance(
    h: float, previous: float, x: Array, now: tuple[Array, Array], new: tuple[Array, Array],
    before: tuple[Array, Array, Array] | None,
) -> Array:  # fmt: skip
    """Return a state at the end of a step.

    Parameters
    ----------
    h, previous
        This step and the one before (h).
    x
        The state at the start.
    now, new
        Gain and loss at the start and at the end of the step.
    before
        State, gain and loss one node earlier, or None after an edge.
    """
    mean = 0.5 * (now[1] + new[1])
    decay, i0, i1, i2 = moments(mean * h)
    b_new, b_now = i1, i0 - i1
    history: Array | float = 0.0
    if before is not None:
        r = previous / h
        q = (i2 - i1) / (r * (1.0 + r))
        b_new, b_now = i1 + q * r, i0 - i1 - q * (1.0 + r)
        history = q * (before[1] + (mean - before[2]) * before[0])
    known = b_now * (now[0] + (mean - now[1]) * x) + history + b_new * new[0]
    result: Array = (decay * x + h * known) / (1.0 - h * b_new * (mean - new[1]))
    return result


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
    for step, h in enumerate(sizes):
        start = grid.nodes_h[step]
        if grid.restart[step]:
            run.restart(start)
        run.step(start, h, sizes[step - 1] if step and not grid.restart[step] else 0.0)
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
        self.flows: dict[str, tuple[Array, Array]] = {}
        self.before: dict[str, tuple[Array, Array, Array]] = {}
        for equation in chain.STATES:
            value = np.broadcast_to(equation.initial(self.view), problem.patients).astype(float)
            setattr(self.view.x, equation.name, value)

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
            self.flows[equation.name] = self._flow(equation)

    def step(self, start_h: float, h: float, previous: float) -> None:
        """Move all modes and states by one step."""
        self._move_drug(start_h, h)
        for equation in chain.STATES:
            name = equation.name
            x, now = getattr(self.view.x, name), self.flows[name]
            new = self._flow(equation)
            before = self.before.get(name) if previous > 0 else None
            setattr(self.view.x, name, advance(h, previous, x, now, new, before))
            self.before[name] = (x, *now)
            self.flows[name] = new

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
