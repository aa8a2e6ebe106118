"""The kernel: LLVM generated from the recorded chain.

One function integrates blocks of `LANES` patients with the scheme of
`engine.scheme`. Parameters, modes and results are laid out block by block with the
patients of a block side by side, so every operation is one vector instruction.
Sub-expressions that depend on parameters only are computed once per block.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from ketacourse.engine.recorded import RecordedChain, RecordedState
from ketacourse.engine.scheme import SERIES_BELOW, SERIES_TERMS
from ketacourse.engine.vector_maths import DOUBLE, INT64, LANES, VECTOR, VectorMaths
from ketacourse.model import brain, chain

STEP_FLOATS = ("h", "ratio", "bend", *chain.INPUTS)
"""Columns of the table of steps: size, previous over present size, curvature weight, inputs."""
STEP_INTS = ("restart", "row", "active_from", "active_to", "push_from", "push_to")
"""Columns of the table of steps: flags and ranges into the list of inflows."""
ARGUMENTS = (
    "first", "last", "steps", "modes", "channels", "inflows", "rows", "step_floats", "step_ints",
    "active_ints", "active_floats", "parameters", "rates", "weights", "forcing", "amounts",
    "columns", "n_columns", "work", "out", "check", "first_output",
)  # fmt: skip
INTEGERS = {
    "first", "last", "steps", "modes", "channels", "inflows", "rows", "n_columns", "first_output",
}  # fmt: skip
_INTEGER_ARRAYS = ("step_ints", "active_ints", "columns")

Values = dict[str, Any]


QUANTITIES = chain.STATE_NAMES + chain.OUTPUT_NAMES
"""What a run can report, in the order of the kernel's columns."""


class Layout:
    """Where things lie in the work space, counted in lanes.

    States with their history (state, gain, loss, and the same one node earlier), then
    drivers, sub-expressions of parameters alone, outputs, and modes.
    """

    def __init__(self, recorded: RecordedChain) -> None:
        self.static = _static_nodes(recorded)
        self.drivers = 6 * len(recorded.states)
        self.statics = self.drivers + len(brain.DRIVERS)
        self.outputs = self.statics + len(self.static)
        self.modes = self.outputs + len(recorded.outputs)

    def lanes(self, modes: int) -> int:
        """Return the size of the work space for a number of modes."""
        return self.modes + modes

    def column(self, name: str) -> int:
        """Return the lane from which a quantity is reported."""
        position = QUANTITIES.index(name)
        states = len(chain.STATE_NAMES)
        return 6 * position if position < states else self.outputs + position - states


def _static_nodes(recorded: RecordedChain) -> dict[int, int]:
    """Return the operations on parameters alone that other operations need, numbered."""
    nodes = recorded.graph.nodes
    fixed: list[bool] = []
    for operation, *arguments in nodes:
        if operation == "const":
            fixed.append(True)
        elif operation == "input":
            fixed.append(arguments[0].startswith("p."))
        else:
            fixed.append(all(fixed[i] for i in arguments))
    needed = {e.index for s in recorded.states for e in (s.gain, s.loss)}
    needed |= {e.index for e in recorded.outputs.values()}
    for index, (operation, *arguments) in enumerate(nodes):
        if operation not in ("const", "input") and not fixed[index]:
            needed |= set(arguments)
    chosen = [i for i in sorted(needed) if fixed[i] and nodes[i][0] not in ("const", "input")]
    return {index: position for position, index in enumerate(chosen)}


class Kernel:
    """Builds the LLVM module."""

    def __init__(self, recorded: RecordedChain, layout: Layout) -> None:
        self.recorded = recorded
        self.layout = layout
        self.static = layout.static
        self.module = ir.Module(name="ketacourse")
        pointer = DOUBLE.as_pointer()
        integer_pointer = INT64.as_pointer()
        types = [
            INT64
            if name in INTEGERS
            else integer_pointer
            if name in _INTEGER_ARRAYS
            else pointer
            for name in ARGUMENTS
        ]
        self.function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), types), "run")
        self.a = dict(zip(ARGUMENTS, self.function.args, strict=True))
        for name, argument in self.a.items():
            if name not in INTEGERS:
                argument.add_attribute("noalias")
        self.b = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.maths = VectorMaths(self.b)
        self.state_row = {s.name: i for i, s in enumerate(recorded.states)}
        self._emit()

    def _emit(self) -> None:
        a = self.a
        with self._loop(a["first"], a["last"], "block") as block:
            base = self._bases(block)
            self._start_block(base)
            with self._loop(self._int(0), a["steps"], "step") as step:
                self._step(base, step)
            self._store(base["check"], self._finite())
        self.b.ret_void()

    def _bases(self, block: Any) -> Values:
        """Return pointers to this block's share of every array."""
        a, b = self.a, self.b
        sizes = {
            "parameters": self._int(len(chain.PARAMETER_NAMES)),
            "rates": a["modes"],
            "weights": b.mul(a["modes"], self._int(len(brain.DRIVERS))),
            "forcing": b.mul(a["modes"], a["channels"]),
            "amounts": a["inflows"],
            "out": b.mul(a["rows"], a["n_columns"]),
        }
        lanes = self._int(LANES)
        bases = {
            name: b.gep(a[name], [b.mul(b.mul(block, size), lanes)]) for name, size in sizes.items()
        }
        return {**bases, "check": self._lane(a["check"], block)}

    def _start_block(self, base: Values) -> None:
        self._statics(base)
        get = self._reader(base)
        for state in self.recorded.states:
            self._put_state(state, 0, get(state.initial.index))
            for role in range(1, 6):
                self._put_state(state, role, self.maths.constant(0.0))
        with self._loop(self._int(0), self.a["modes"], "clear") as mode:
            self._store(self._mode_pointer(mode), self.maths.constant(0.0))
        for driver in range(len(brain.DRIVERS)):
            self._store(self._driver_pointer(driver), self.maths.constant(0.0))
        wanted = self.b.icmp_signed("!=", self.a["first_output"], self._int(0))
        with self.b.if_then(wanted):
            self._report(base, self._int(0))

    def _statics(self, base: Values) -> None:
        get = self._reader(base, use_static=False)
        for index, position in self.static.items():
            self._store(self._static_pointer(position), get(index))

    def _step(self, base: Values, step: Any) -> None:
        b = self.b
        floats = {n: self._step_float(step, i) for i, n in enumerate(STEP_FLOATS)}
        ints = {n: self._step_int(step, i) for i, n in enumerate(STEP_INTS)}
        inputs = {f"u.{name}": self.maths.spread(floats[name]) for name in chain.INPUTS}
        with b.if_then(b.icmp_signed("!=", ints["restart"], self._int(0))):
            self._push(base, ints)
            self._refresh_drivers(base)
            get = self._reader(base, inputs)
            for state in self.recorded.states:
                self._put_state(state, 1, get(state.gain.index))
                self._put_state(state, 2, get(state.loss.index))
        h = self.maths.spread(floats["h"])
        self._move_modes(base, h, ints)
        self._refresh_drivers(base)
        self._move_states(base, inputs, h, floats)
        with b.if_then(b.icmp_signed(">=", ints["row"], self._int(0))):
            self._report(base, ints["row"])

    def _push(self, base: Values, ints: Values) -> None:
        """Add what is given at one instant to the modes."""
        with self._loop(ints["push_from"], ints["push_to"], "push") as entry:
            with self._loop(self._int(0), self.a["modes"], "push_mode") as mode:
                pointer = self._mode_pointer(mode)
                self._store(
                    pointer, self.maths.add(self._load(pointer), self._dose(base, entry, mode))
                )

    def _dose(self, base: Values, entry: Any, mode: Any) -> Any:
        """Return forcing times amount of one entry of the list of inflows."""
        b = self.b
        at = b.mul(entry, self._int(2))
        channel = b.load(b.gep(self.a["active_ints"], [at]))
        row = b.load(b.gep(self.a["active_ints"], [b.add(at, self._int(1))]))
        into = b.add(b.mul(mode, self.a["channels"]), channel)
        amount = self._load_lane(base["amounts"], row)
        return self.maths.mul(self._load_lane(base["forcing"], into), amount)

    def _move_modes(self, base: Values, h: Any, ints: Values) -> None:
        m, b = self.maths, self.b
        with self._loop(self._int(0), self.a["modes"], "mode") as mode:
            rate = self._load_lane(base["rates"], mode)
            kept = m.exp(m.sub(m.constant(0.0), m.mul(rate, h)))
            pointer = self._mode_pointer(mode)
            self._store(pointer, m.mul(self._load(pointer), kept))
            share = m.div(m.sub(m.constant(1.0), kept), rate)
            with self._loop(ints["active_from"], ints["active_to"], "active") as entry:
                per_hour = m.spread(b.load(b.gep(self.a["active_floats"], [entry])))
                gained = m.mul(m.mul(self._dose(base, entry, mode), per_hour), share)
                self._store(pointer, m.add(self._load(pointer), gained))

    def _refresh_drivers(self, base: Values) -> None:
        m = self.maths
        for driver in range(len(brain.DRIVERS)):
            self._store(self._driver_pointer(driver), m.constant(0.0))
        with self._loop(self._int(0), self.a["modes"], "weight") as mode:
            z = self._load(self._mode_pointer(mode))
            for driver in range(len(brain.DRIVERS)):
                at = self.b.add(self.b.mul(self._int(driver), self.a["modes"]), mode)
                pointer = self._driver_pointer(driver)
                part = m.mul(self._load_lane(base["weights"], at), z)
                self._store(pointer, m.add(self._load(pointer), part))
        for driver in range(len(brain.DRIVERS)):
            pointer = self._driver_pointer(driver)
            self._store(pointer, m.max(self._load(pointer), m.constant(0.0)))

    def _move_states(self, base: Values, inputs: Values, h: Any, floats: Values) -> None:
        ratio, bend = self.maths.spread(floats["ratio"]), self.maths.spread(floats["bend"])
        fresh = dict(inputs)
        get = self._reader(base, fresh)
        for state in self.recorded.states:
            new = self._advanced(state, get, h, ratio, bend)
            fresh[f"x.{state.name}"] = new

    def _advanced(
        self, state: RecordedState, get: Callable[[int], Any], h: Any, ratio: Any, bend: Any
    ) -> Any:
        """Emit one state's step (see `scheme.advance`) and return its new value."""
        m = self.maths
        x, gain, loss, x_old, gain_old, loss_old = (self._state(state, role) for role in range(6))
        new_gain, new_loss = get(state.gain.index), get(state.loss.index)
        mean = new_loss if state.constant_loss else m.mul(m.constant(0.5), m.add(loss, new_loss))
        decay, i0, i1, i2 = self._moments(m.mul(mean, h))
        one = m.constant(1.0)
        q = m.mul(bend, m.sub(i2, i1))
        b_new = m.add(i1, m.mul(q, ratio))
        b_now = m.sub(m.sub(i0, i1), m.mul(q, m.add(one, ratio)))
        if state.constant_loss:
            now, old = gain, gain_old
        else:
            now = m.add(gain, m.mul(m.sub(mean, loss), x))
            old = m.add(gain_old, m.mul(m.sub(mean, loss_old), x_old))
        known = m.add(m.add(m.mul(b_now, now), m.mul(q, old)), m.mul(b_new, new_gain))
        new = m.add(m.mul(decay, x), m.mul(h, known))
        if not state.constant_loss:
            bound = m.mul(m.mul(h, b_new), m.sub(mean, new_loss))
            new = m.div(new, m.sub(one, bound))
        for role, value in enumerate((new, new_gain, new_loss, x, gain, loss)):
            self._put_state(state, role, value)
        return new

    def _moments(self, z: Any) -> tuple[Any, Any, Any, Any]:
        """Emit `scheme.moments` without a branch."""
        m, one = self.maths, self.maths.constant(1.0)
        negative = m.sub(m.constant(0.0), z)
        series = one
        for k in range(SERIES_TERMS - 1, -1, -1):
            scaled = m.mul(negative, m.constant(1.0 / (k + 4.0)))
            series = m.add(m.mul(series, scaled), one)
        small2 = m.mul(series, m.constant(1.0 / 3.0))
        small1 = m.mul(m.constant(0.5), m.sub(one, m.mul(z, small2)))
        small0 = m.sub(one, m.mul(z, small1))
        large = m.max(z, m.constant(SERIES_BELOW))
        inverse = m.div(one, large)
        decay = m.exp(m.sub(m.constant(0.0), large))
        large0 = m.mul(m.sub(one, decay), inverse)
        large1 = m.mul(m.sub(one, large0), inverse)
        large2 = m.mul(m.sub(one, m.mul(m.constant(2.0), large1)), inverse)
        small = self.b.fcmp_ordered("<", z, m.constant(SERIES_BELOW))
        small_decay = m.sub(one, m.mul(z, small0))
        pairs = ((small_decay, decay), (small0, large0), (small1, large1), (small2, large2))
        e, i0, i1, i2 = (self.b.select(small, s, big) for s, big in pairs)
        return e, i0, i1, i2

    def _finite(self) -> Any:
        """Return a lane that is zero if all states are finite and NaN otherwise."""
        total = self.maths.constant(0.0)
        for state in self.recorded.states:
            zero = self.b.fmul(self._state(state, 0), self.maths.constant(0.0))
            total = self.b.fadd(total, zero)
        return total

    def _report(self, base: Values, row: Any) -> None:
        """Compute the outputs and copy the chosen columns to the result."""
        get = self._reader(base)
        for position, name in enumerate(chain.OUTPUT_NAMES):
            value = get(self.recorded.outputs[name].index)
            self._store(self._work(self.layout.outputs + position), value)
        start = self.b.mul(row, self.a["n_columns"])
        with self._loop(self._int(0), self.a["n_columns"], "column") as column:
            lane = self.b.load(self.b.gep(self.a["columns"], [column]))
            value = self._load_lane(self.a["work"], lane)
            self._store(self._lane(base["out"], self.b.add(start, column)), value)

    def _reader(
        self, base: Values, given: Values | None = None, *, use_static: bool = True
    ) -> Callable[[int], Any]:
        """Return a function that emits any node of the graph once and reuses it.

        ``given`` holds values by input name; it is read at the time of emission, so
        a state added to it is seen by every later equation.
        """
        given = {} if given is None else given
        known: dict[int, Any] = {}
        nodes = self.recorded.graph.nodes

        def get(index: int) -> Any:
            if index not in known:
                operation, *arguments = nodes[index]
                if operation == "const":
                    known[index] = self.maths.constant(arguments[0])
                elif operation == "input":
                    known[index] = self._input(arguments[0], base, given)
                elif use_static and index in self.static:
                    known[index] = self._load(self._static_pointer(self.static[index]))
                else:
                    known[index] = getattr(self.maths, operation)(*(get(i) for i in arguments))
            return known[index]

        return get

    def _input(self, name: str, base: Values, given: Values) -> Any:
        if name in given:
            return given[name]
        space, short = name.split(".", 1)
        if space == "p":
            row = chain.PARAMETER_NAMES.index(short)
            return self._load_lane(base["parameters"], self._int(row))
        if space == "d":
            return self._load(self._driver_pointer(brain.DRIVERS.index(short)))
        if space == "x":
            return self._load(self._work(6 * self.state_row[short]))
        raise KeyError(name)

    # Addresses

    def _int(self, value: int) -> Any:
        return ir.Constant(INT64, value)

    def _lane(self, pointer: Any, lane: Any) -> Any:
        at = self.b.mul(lane, self._int(LANES))
        return self.b.bitcast(self.b.gep(pointer, [at]), VECTOR.as_pointer())

    def _load(self, pointer: Any) -> Any:
        return self.b.load(pointer, align=8)

    def _store(self, pointer: Any, value: Any) -> None:
        self.b.store(value, pointer, align=8)

    def _load_lane(self, pointer: Any, lane: Any) -> Any:
        return self._load(self._lane(pointer, lane))

    def _work(self, lane: int) -> Any:
        return self._lane(self.a["work"], self._int(lane))

    def _state(self, state: RecordedState, role: int) -> Any:
        return self._load(self._work(6 * self.state_row[state.name] + role))

    def _put_state(self, state: RecordedState, role: int, value: Any) -> None:
        self._store(self._work(6 * self.state_row[state.name] + role), value)

    def _driver_pointer(self, driver: int) -> Any:
        return self._work(self.layout.drivers + driver)

    def _static_pointer(self, position: int) -> Any:
        return self._work(self.layout.statics + position)

    def _mode_pointer(self, mode: Any) -> Any:
        return self._lane(self.a["work"], self.b.add(self._int(self.layout.modes), mode))

    def _step_float(self, step: Any, column: int) -> Any:
        at = self.b.add(self.b.mul(step, self._int(len(STEP_FLOATS))), self._int(column))
        return self.b.load(self.b.gep(self.a["step_floats"], [at]))

    def _step_int(self, step: Any, column: int) -> Any:
        at = self.b.add(self.b.mul(step, self._int(len(STEP_INTS))), self._int(column))
        return self.b.load(self.b.gep(self.a["step_ints"], [at]))

    def _loop(self, start: Any, stop: Any, name: str) -> Any:
        return _counted(self.b, start, stop, name)


@contextmanager
def _counted(builder: Any, start: Any, stop: Any, name: str) -> Iterator[Any]:
    """Emit a loop from ``start`` to ``stop``; the body is what is emitted inside."""
    before = builder.block
    head = builder.append_basic_block(f"{name}.head")
    body = builder.append_basic_block(f"{name}.body")
    after = builder.append_basic_block(f"{name}.after")
    builder.branch(head)
    builder.position_at_end(head)
    counter = builder.phi(INT64, name=name)
    counter.add_incoming(start, before)
    builder.cbranch(builder.icmp_signed("<", counter, stop), body, after)
    builder.position_at_end(body)
    yield counter
    counter.add_incoming(builder.add(counter, ir.Constant(INT64, 1)), builder.block)
    builder.branch(head)
    builder.position_at_end(after)
