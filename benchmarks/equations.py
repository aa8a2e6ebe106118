"""The model as general simulators take it: one right-hand side, generated from the chain.

The text is plain Python over scalars, so that it runs as it is, through Numba, or under
JAX. Drug amounts are ordinary compartments. What depends on a patient's parameters alone
is computed once per patient and handed in as coefficients, as a careful modeller would.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.workload import OUTPUTS, Array, Workload
from ketacourse.engine.recorded import RecordedChain, record_chain
from ketacourse.engine.schedule import EDGE_H
from ketacourse.model import brain, chain

_OPERATOR = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


@dataclass(frozen=True)
class Segment:
    """Time between two edges, over which the inputs of every patient stay what they are.

    ``rows`` are the reported times in the segment, its end included.
    """

    start_h: float
    end_h: float
    rows: NDArray[np.int64]
    inputs: Array


class Equations:
    """Right-hand side, outputs, coefficients and segments of a workload.

    The state of a patient is the drug compartments, then the states of the chain. The
    inputs are those of the chain, then the inflow into each compartment that has one.
    """

    def __init__(self, work: Workload) -> None:
        self.work = work
        self.recorded: RecordedChain = record_chain()
        self.nodes = self.recorded.graph.nodes
        self.system = work.system
        self.rates = np.broadcast_to(self.system.rates, (work.count, *self.system.rates.shape[-2:]))
        names = [f"driver.{d}" for d in brain.DRIVERS]
        rows = [self.system.output_index(n) for n in names]
        observe = np.broadcast_to(
            self.system.observe, (work.count, *self.system.observe.shape[-2:])
        )
        self.observe = observe[:, rows, :]
        self.rate_entries = np.argwhere((self.rates != 0.0).any(axis=0))
        self.observe_entries = np.argwhere((self.observe != 0.0).any(axis=0))
        self.forced = np.flatnonzero((self.system.inflow != 0.0).any(axis=1))
        self.fixed = self._fixed()

    # Sizes

    @property
    def compartments(self) -> int:
        """Return the number of drug compartments."""
        return len(self.system.states)

    @property
    def size(self) -> int:
        """Return the number of states of a patient."""
        return self.compartments + len(self.recorded.states)

    # What is computed once per patient

    def _fixed(self) -> list[int]:
        """Return the nodes of parameters alone that the rest of the graph needs."""
        fixed: list[bool] = []
        for operation, *arguments in self.nodes:
            if operation in ("const", "input"):
                fixed.append(operation == "const" or arguments[0].startswith("p."))
            else:
                fixed.append(all(fixed[i] for i in arguments))
        wanted = {e.index for s in self.recorded.states for e in (s.gain, s.loss)}
        outputs = self.recorded.outputs
        wanted |= {outputs[name].index for name in OUTPUTS if name in outputs}
        needed = set(wanted)
        for index, (operation, *arguments) in enumerate(self.nodes):
            if operation not in ("const", "input") and not fixed[index]:
                needed |= set(arguments)
        return [i for i in sorted(needed) if fixed[i] and self.nodes[i][0] != "const"]

    @cached_property
    def coefficients(self) -> Array:
        """Return the coefficients of each patient, shape (N, n_coefficients)."""
        known = self._of_parameters(self.fixed)
        rates = [self.rates[:, i, j] for i, j in self.rate_entries]
        observe = [self.observe[:, i, j] for i, j in self.observe_entries]
        shape = self.work.count
        return np.stack([np.broadcast_to(v, shape) for v in (*known, *rates, *observe)], axis=1)

    @cached_property
    def initial(self) -> Array:
        """Return the state of each patient before the first dose, shape (N, n_states)."""
        start = self._of_parameters([s.initial.index for s in self.recorded.states])
        shape = self.work.count
        states = np.stack([np.broadcast_to(v, shape) for v in start], axis=1)
        return np.concatenate([np.zeros((shape, self.compartments)), states], axis=1)

    def _of_parameters(self, wanted: Iterable[int]) -> list[Array]:
        parameters = self.work.parameters
        apply: dict[str, Callable[..., Any]] = {
            "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
            "exp": np.exp, "log": np.log, "max": np.maximum, "min": np.minimum,
        }  # fmt: skip
        known: dict[int, Any] = {}

        def value(index: int) -> Any:
            if index not in known:
                operation, *arguments = self.nodes[index]
                if operation == "const":
                    known[index] = arguments[0]
                elif operation == "input":
                    known[index] = parameters[arguments[0].removeprefix("p.")]
                else:
                    known[index] = apply[operation](*(value(i) for i in arguments))
            return known[index]

        return [np.asarray(value(i), dtype=float) for i in wanted]

    # What happens when

    def inputs_at(self, time_h: float) -> Array:
        """Return the inputs just after a time, shape (N, n_inputs)."""
        schedule, count = self.work.problem.schedule, self.work.count
        on = [np.full(count, float(schedule.event_row(n, time_h) >= 0)) for n in chain.INPUTS]
        into = np.zeros((count, self.compartments))
        for inflow in schedule.inflows:
            end = inflow.start_h + inflow.duration_h
            if inflow.start_h - EDGE_H <= time_h < end - EDGE_H:
                column = self.system.inflow[:, self.system.channel_index(inflow.channel)]
                rate = np.asarray(inflow.amount_umol) / inflow.duration_h
                into += np.broadcast_to(rate, count)[:, None] * column
        return np.stack([*on, *into[:, self.forced].T], axis=1)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Return the stretches between edges at which an input changes."""
        schedule = self.work.problem.schedule
        edges = schedule.edges()
        found = []
        for start, end in zip(edges, edges[1:], strict=False):
            times = schedule.times_h
            rows = np.flatnonzero((times > start) & (times <= end))
            inputs = self.inputs_at(float(start))
            found.append(Segment(float(start), float(end), rows, inputs))
        return tuple(found)

    # The text

    def slope_source(self, library: str = "math") -> str:
        """Return ``def slope(t, y, c, u, dy)``; ``dy`` is filled in."""
        text = Writer(self, library)
        slopes = [f"dy[{k}] = {value}" for k, value in enumerate(text.slopes())]
        return _function("slope(t, y, c, u, dy)", [*text.lines, *slopes])

    def outputs_source(self, library: str = "np") -> str:
        """Return ``def outputs(y, c)``, which returns the values of `OUTPUTS`."""
        text = Writer(self, library)
        values = text.outputs()
        return _function("outputs(y, c)", [*text.lines, f"return ({', '.join(values)},)"])


def _function(signature: str, body: Iterable[str]) -> str:
    return f"def {signature}:\n" + "\n".join(f"    {line}" for line in body) + "\n"


class Writer:
    """Writes the nodes that are asked for, each once, in the order of computation.

    A language that is not Python overrides how values are named and functions written.
    """

    def __init__(self, equations: Equations, library: str = "math") -> None:
        self.of = equations
        self.library = library
        self.fixed = {index: position for position, index in enumerate(equations.fixed)}
        self.known: dict[int, str] = {}
        self.lines: list[str] = []

    def state(self, position: int) -> str:
        """Return the name of a state."""
        return f"y[{position}]"

    def coefficient(self, position: int) -> str:
        """Return the name of a coefficient."""
        return f"c[{position}]"

    def input(self, position: int) -> str:
        """Return the name of an input."""
        return f"u[{position}]"

    def call(self, operation: str, values: Sequence[str]) -> str:
        """Return a function of values."""
        if operation in ("exp", "log"):
            return f"{self.library}.{operation}({values[0]})"
        whole = {"max": "maximum", "min": "minimum"}[operation]
        called = operation if self.library == "math" else f"{self.library}.{whole}"
        return f"{called}({', '.join(values)})"

    def get(self, index: int) -> str:
        """Return the name of a node, written out if it is new."""
        if index not in self.known:
            self.known[index] = self._new(index)
        return self.known[index]

    def slopes(self) -> list[str]:
        """Return the rate of change of every state."""
        of = self.of
        found = []
        for row in range(of.compartments):
            terms = self._sum(of.rate_entries, row, len(of.fixed))
            if row in of.forced:
                position = int(np.flatnonzero(of.forced == row)[0])
                terms.append(self.input(len(chain.INPUTS) + position))
            found.append(" + ".join(terms))
        for row, state in enumerate(of.recorded.states):
            gain, loss = self.get(state.gain.index), self.get(state.loss.index)
            found.append(f"{gain} - {loss} * {self.state(of.compartments + row)}")
        return found

    def outputs(self) -> list[str]:
        """Return the outputs."""
        of = self.of
        return [
            self.state(of.compartments + chain.STATE_NAMES.index(name))
            if name in chain.STATE_NAMES
            else self.get(of.recorded.outputs[name].index)
            for name in OUTPUTS
        ]

    def _sum(self, entries: NDArray[np.int64], row: int, first: int) -> list[str]:
        return [
            f"{self.coefficient(first + k)} * {self.state(j)}"
            for k, (i, j) in enumerate(entries)
            if i == row
        ]

    def _new(self, index: int) -> str:
        operation, *arguments = self.of.nodes[index]
        if operation == "const":
            return repr(arguments[0])
        if index in self.fixed:
            return self.coefficient(self.fixed[index])
        if operation == "input":
            return self._input(arguments[0], f"v{index}")
        values = [self.get(i) for i in arguments]
        sign = _OPERATOR.get(operation)
        text = f"{values[0]} {sign} {values[1]}" if sign else self.call(operation, values)
        self.lines.append(f"v{index} = {text}")
        return f"v{index}"

    def _input(self, name: str, new: str) -> str:
        space, short = name.split(".", 1)
        if space == "x":
            return self.state(self.of.compartments + chain.STATE_NAMES.index(short))
        if space == "u":
            return self.input(chain.INPUTS.index(short))
        first = len(self.of.fixed) + len(self.of.rate_entries)
        terms = self._sum(self.of.observe_entries, brain.DRIVERS.index(short), first)
        self.lines.append(f"{new} = {' + '.join(terms) or '0.0'}")
        return new


def compiled_source(source: str, name: str, **given: Any) -> Any:
    """Return the function that a generated text defines."""
    space: dict[str, Any] = dict(given)
    exec(compile(source, f"<{name}>", "exec"), space)  # noqa: S102 - our own text
    return space[name]


def read_outputs(equations: Equations, rows: Sequence[int], states: Array) -> Array:
    """Return the outputs from states at the reported times.

    Parameters
    ----------
    rows
        Which patients.
    states
        Shape (n_rows, n_times, n_states).
    """
    function = compiled_source(equations.outputs_source(), "outputs", np=np)
    y = np.moveaxis(states, -1, 0)
    c = equations.coefficients[np.asarray(rows)].T[:, :, None]
    return np.stack(function(y, c), axis=-1)
