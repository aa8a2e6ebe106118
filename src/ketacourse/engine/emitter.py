"""What every part of the generated kernel needs: addresses, loops and graph nodes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from ketacourse.engine.interpolation import NODES
from ketacourse.engine.layout import (
    MODE_WEIGHTS,
    PATTERN_FLOATS,
    SOURCES,
    STATE_MOMENTS,
    STEP_INTS,
    Layout,
)
from ketacourse.engine.recorded import RecordedChain
from ketacourse.engine.vector_maths import INT64, LANES, VECTOR, VectorMaths
from ketacourse.model import brain, chain

Values = dict[str, Any]


class Emitter:
    """Emits into one LLVM function.

    Parameters
    ----------
    arguments
        The function's arguments by name.
    base
        Pointers to the present block's share of the arrays, by name.
    """

    def __init__(
        self, recorded: RecordedChain, layout: Layout, builder: Any, arguments: Values
    ) -> None:
        self.recorded = recorded
        self.layout = layout
        self.b = builder
        self.a = arguments
        self.maths = VectorMaths(builder)
        self.base: Values = {}
        self.state_row = {s.name: i for i, s in enumerate(recorded.states)}

    # Graph nodes

    def reader(
        self, given: Values | None = None, *, use_static: bool = True
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
                    known[index] = self._input(arguments[0], given)
                elif use_static and index in self.layout.static:
                    known[index] = self.load(self.static_pointer(self.layout.static[index]))
                elif use_static and operation == "div" and arguments[1] in self.layout.inverse:
                    reciprocal = self.load(self.static_pointer(self.layout.inverse[arguments[1]]))
                    known[index] = self.maths.mul(get(arguments[0]), reciprocal)
                else:
                    known[index] = getattr(self.maths, operation)(*(get(i) for i in arguments))
            return known[index]

        return get

    def _input(self, name: str, given: Values) -> Any:
        if name in given:
            return given[name]
        space, short = name.split(".", 1)
        if space == "p":
            row = chain.PARAMETER_NAMES.index(short)
            return self.load_lane(self.base["parameters"], self.integer(row))
        if space == "d":
            return self.load(self.driver_pointer(brain.DRIVERS.index(short)))
        if space == "u":
            return self.load(self.work(self.layout.inputs + chain.INPUTS.index(short)))
        if space == "x":
            return self.load(self.work(self.state_row[short]))
        raise KeyError(name)

    # Addresses

    def integer(self, value: int) -> Any:
        """Return an integer constant."""
        return ir.Constant(INT64, value)

    def lane(self, pointer: Any, lane: Any) -> Any:
        """Return the address of a lane counted from a pointer."""
        at = self.b.mul(lane, self.integer(LANES))
        return self.b.bitcast(self.b.gep(pointer, [at]), VECTOR.as_pointer())

    def load(self, pointer: Any) -> Any:
        """Load a lane."""
        return self.b.load(pointer, align=8)

    def store(self, pointer: Any, value: Any) -> None:
        """Store a lane."""
        self.b.store(value, pointer, align=8)

    def load_lane(self, pointer: Any, lane: Any) -> Any:
        """Load a lane counted from a pointer."""
        return self.load(self.lane(pointer, lane))

    def work(self, lane: int) -> Any:
        """Return the address of a lane of the work space."""
        return self.lane(self.a["work"], self.integer(lane))

    def ring(self, step: Any, back: int) -> Any:
        """Return the first lane of the sources ``back`` nodes before the start of a step."""
        turn = self.b.urem(self.b.add(step, self.integer(SOURCES - back)), self.integer(SOURCES))
        return self.b.add(
            self.integer(self.layout.sources), self.b.mul(turn, self.integer(self.layout.states))
        )

    def source_pointer(self, ring: Any, row: int) -> Any:
        """Return the address of a state's source at one node of the ring."""
        return self.lane(self.a["work"], self.b.add(ring, self.integer(row)))

    def driver_pointer(self, driver: int) -> Any:
        """Return the address of a driver."""
        return self.work(self.layout.drivers + driver)

    def static_pointer(self, position: int) -> Any:
        """Return the address of a sub-expression of parameters alone, or a reciprocal."""
        return self.work(self.layout.statics + position)

    def mode_pointer(self, mode: Any) -> Any:
        """Return the address of a mode, counted at run time."""
        return self.lane(self.a["work"], self.b.add(self.integer(self.layout.modes), mode))

    def slot(self, number: Any) -> Any:
        """Return the first lane (a run-time integer) of a slot of weights."""
        first = self.b.add(self.integer(self.layout.modes), self.a["modes"])
        return self.b.add(first, self.b.mul(number, self.integer(self.layout.slot_lanes)))

    def size(self, number: Any) -> Any:
        """Return the first lane (a run-time integer) of what depends on a size alone."""
        modes = self.b.mul(self.a["modes"], self.integer(MODE_WEIGHTS))
        each = self.b.add(self.integer(STATE_MOMENTS * self.layout.states), modes)
        spare = self.b.add(self.a["slots"], self.integer(1))
        return self.b.add(self.slot(spare), self.b.mul(number, each))

    def weight(self, slot: Any, row: Any, node: int) -> Any:
        """Return the address of the weight of a state's source at a node."""
        at = self.b.add(self.b.mul(row, self.integer(NODES)), self.integer(node))
        return self.lane(self.a["work"], self.b.add(slot, at))

    def moment(self, size: Any, row: Any, which: int) -> Any:
        """Return the address of what is kept of a state (0), or of one of its moments."""
        at = self.b.add(self.b.mul(row, self.integer(STATE_MOMENTS)), self.integer(which))
        return self.lane(self.a["work"], self.b.add(size, at))

    def mode_weight(self, size: Any, mode: Any, which: int) -> Any:
        """Return the address of what is kept of a mode (0), or a unit of inflow leaves (1)."""
        start = self.b.add(size, self.integer(STATE_MOMENTS * self.layout.states + which))
        return self.lane(
            self.a["work"], self.b.add(start, self.b.mul(mode, self.integer(MODE_WEIGHTS)))
        )

    def pattern_float(self, row: Any, name: str) -> Any:
        """Load one entry of the table of patterns as a lane."""
        at = self.b.mul(row, self.integer(len(PATTERN_FLOATS)))
        at = self.b.add(at, self.integer(PATTERN_FLOATS.index(name)))
        return self.maths.spread(self.b.load(self.b.gep(self.a["pattern_floats"], [at])))

    def step_int(self, step: Any, name: str) -> Any:
        """Load one column of the table of steps."""
        at = self.b.mul(step, self.integer(len(STEP_INTS)))
        at = self.b.add(at, self.integer(STEP_INTS.index(name)))
        return self.b.load(self.b.gep(self.a["step_ints"], [at]))

    # Control

    def when(self, value: Any) -> Any:
        """Return a context in which code runs only if an integer is not zero."""
        return self.b.if_then(self.b.icmp_signed("!=", value, self.integer(0)))

    def when_row(self, row: Any) -> Any:
        """Return a context in which code runs only if a row is not negative."""
        return self.b.if_then(self.b.icmp_signed(">=", row, self.integer(0)))

    @contextmanager
    def loop(
        self, start: Any, stop: Any, name: str, carried: list[Any] | None = None
    ) -> Iterator[Any]:
        """Emit a loop from ``start`` to ``stop``; the body is what is emitted inside.

        ``carried`` holds lanes that stay in registers from turn to turn: the body replaces
        its entries, and after the loop it holds the last ones.
        """
        b, carried = self.b, [] if carried is None else carried
        before = b.block
        head, body, after = (b.append_basic_block(f"{name}.{p}") for p in ("head", "body", "after"))
        b.branch(head)
        b.position_at_end(head)
        counter = b.phi(INT64, name=name)
        counter.add_incoming(start, before)
        turns = [b.phi(VECTOR) for _ in carried]
        for turn, value in zip(turns, carried, strict=True):
            turn.add_incoming(value, before)
        carried[:] = turns
        b.cbranch(b.icmp_signed("<", counter, stop), body, after)
        b.position_at_end(body)
        yield counter
        for turn, value in zip(turns, carried, strict=True):
            turn.add_incoming(value, b.block)
        counter.add_incoming(b.add(counter, self.integer(1)), b.block)
        b.branch(head)
        b.position_at_end(after)
        carried[:] = turns
