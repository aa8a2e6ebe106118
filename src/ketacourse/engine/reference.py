"""The slow, independent reference: the same equations through SciPy's LSODA.

It shares the equations with the kernel and nothing else: drug amounts are
integrated as compartments, not as modes, and every state with adaptive steps.
"""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np
from scipy.integrate import solve_ivp

from ketacourse.engine.schedule import Array, Schedule
from ketacourse.errors import SolverError
from ketacourse.model import brain, chain
from ketacourse.model.pk.linear import LinearSystem


def solve_reference(
    *,
    system: LinearSystem,
    schedule: Schedule,
    parameters: Mapping[str, float],
    quantities: Sequence[str],
    rtol: float = 1e-10,
) -> Array:
    """Return the quantities of one patient, shape (n_times, n_quantities).

    Parameters
    ----------
    system
        Compartments of one patient, with ``driver.*`` outputs.
    schedule
        As for the kernel, with scalar amounts.
    parameters
        Every parameter of the chain by name.
    """
    view = chain.view(parameters)
    drivers = [system.outputs.index(f"driver.{d}") for d in brain.DRIVERS]
    observe = system.observe[drivers]
    n = len(system.states)
    y = np.zeros(n + len(chain.STATES))
    _place(view, y[n:], observe @ y[:n], schedule, schedule.start_h)
    y[n:] = [float(s.initial(view)) for s in chain.STATES]
    found: dict[float, Array] = {}
    edges = schedule.edges()
    for start, end in zip(edges, edges[1:], strict=False):
        _push(system, schedule, y[:n], start)
        if start in schedule.times_h:
            found[start] = _read(view, y, n, observe, schedule, start, quantities)
        inflow = _rates(system, schedule, start)

        def slope(_: float, state: Array, inflow: Array = inflow, start: float = start) -> Array:
            _place(view, state[n:], observe @ state[:n], schedule, start)
            flows = [s.flow(view) for s in chain.STATES]
            moved = [f.gain - f.loss * x for f, x in zip(flows, state[n:], strict=True)]
            return np.concatenate([system.rates @ state[:n] + inflow, moved])

        inside = schedule.times_h[(schedule.times_h > start) & (schedule.times_h <= end)]
        at = np.unique(np.append(inside, end))
        got = solve_ivp(slope, (start, end), y, "LSODA", at, rtol=rtol, atol=1e-12)
        if not got.success:
            raise SolverError(f"The reference failed at {got.t[-1]} h: {got.message}")
        y = got.y[:, -1].copy()
        for column, time in enumerate(at):
            if time in inside:
                state = got.y[:, column]
                found[time] = _read(view, state, n, observe, schedule, start, quantities)
    return np.array([found[t] for t in schedule.times_h])


def _place(
    view: chain.View, states: Array, drivers: Array, schedule: Schedule, start_h: float
) -> None:
    view.d = SimpleNamespace(**{n: float(v) for n, v in zip(brain.DRIVERS, drivers, strict=True)})
    on = {n: float(schedule.event_row(n, start_h) >= 0) for n in chain.INPUTS}
    view.u = SimpleNamespace(**on)
    for name, value in zip(chain.STATE_NAMES, states, strict=True):
        setattr(view.x, name, float(value))


def _read(
    view: chain.View,
    y: Array,
    n: int,
    observe: Array,
    schedule: Schedule,
    start_h: float,
    quantities: Sequence[str],
) -> Array:
    _place(view, y[n:], observe @ y[:n], schedule, start_h)
    outputs = {o.name: o.value for o in chain.OUTPUTS}
    return np.array(
        [float(outputs[q](view) if q in outputs else getattr(view.x, q)) for q in quantities]
    )


def _push(system: LinearSystem, schedule: Schedule, amounts: Array, time_h: float) -> None:
    for inflow in schedule.inflows:
        if inflow.duration_h == 0 and abs(inflow.start_h - time_h) < 1e-9:
            channel = system.channels.index(inflow.channel)
            amounts += system.inflow[:, channel] * float(inflow.amount_umol)


def _rates(system: LinearSystem, schedule: Schedule, time_h: float) -> Array:
    total = np.zeros(len(system.states))
    for inflow in schedule.inflows:
        if inflow.start_h - 1e-9 <= time_h < inflow.start_h + inflow.duration_h - 1e-9:
            channel = system.channels.index(inflow.channel)
            total += system.inflow[:, channel] * float(inflow.amount_umol) / inflow.duration_h
    return total
