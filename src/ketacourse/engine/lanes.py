"""The kernel: LLVM generated from the recorded chain.

One function integrates blocks of `LANES` patients with the scheme of
`engine.scheme`. Sub-expressions of parameters alone are computed once per block. Steps
of the same size share what is kept of modes and states, and the moments of the states;
steps that also have the same steps before them share a slot with the weights of the
sources. Both are computed once per block, and where a loss at rest is that of the block
before, not again.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from ketacourse.engine.emitter import Emitter, Values
from ketacourse.engine.interpolation import NODES
from ketacourse.engine.lane_moments import emit_moments
from ketacourse.engine.layout import (
    ARGUMENTS,
    INTEGER_ARRAYS,
    INTEGERS,
    SOURCES,
    Layout,
)
from ketacourse.engine.recorded import RecordedChain, RecordedState
from ketacourse.engine.scheme import FARTHEST
from ketacourse.engine.vector_maths import DOUBLE, INT64
from ketacourse.model import brain, chain


def build_module(recorded: RecordedChain, layout: Layout) -> ir.Module:
    """Return the LLVM module with the function ``run``."""
    module = ir.Module(name="ketacourse")
    types = [
        INT64 if n in INTEGERS else (INT64 if n in INTEGER_ARRAYS else DOUBLE).as_pointer()
        for n in ARGUMENTS
    ]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), types), "run")
    # without a frame pointer the stack stays as it is, and lanes on it lie across two cache
    # lines; llvmlite passes on what it does not know only this way
    set.add(function.attributes, '"frame-pointer"="all"')
    arguments = dict(zip(ARGUMENTS, function.args, strict=True))
    for name, argument in arguments.items():
        if name not in INTEGERS:
            argument.add_attribute("noalias")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    _Kernel(recorded, layout, builder, arguments).emit()
    return module


class _Kernel(Emitter):
    """Emits the whole run."""

    def emit(self) -> None:
        """Emit the loops over blocks and steps."""
        a = self.a
        with self.loop(a["first"], a["last"], "block") as block:
            self._bases(block)
            self._start_block()
            self._fill(self.b.icmp_signed("==", block, self.integer(0)))
            with self.when(self.a["first_output"]):
                self._report(self.integer(0))
            with self.loop(self.integer(0), a["steps"], "step") as step:
                self._step(step)
            self.store(self.lane(a["check"], block), self._finite())
        self.b.ret_void()

    def _bases(self, block: Any) -> None:
        """Find this block's share of every array."""
        a, b = self.a, self.b
        lanes = {
            "parameters": self.integer(len(chain.PARAMETER_NAMES)),
            "rates": a["modes"],
            "weights": b.mul(a["modes"], self.integer(len(brain.DRIVERS))),
            "forcing": b.mul(a["modes"], a["channels"]),
            "amounts": a["inflows"],
            "attendance": a["events"],
            "out": b.mul(a["rows"], a["n_columns"]),
        }
        for name, size in lanes.items():
            # results are handed over in turns, each counted from its own first block
            number = b.sub(block, a["first"]) if name == "out" else block
            first = self.lane(a[name], b.mul(number, size))
            self.base[name] = b.bitcast(first, DOUBLE.as_pointer())

    def _start_block(self) -> None:
        m, zero = self.maths, self.maths.constant(0.0)
        get = self.reader(use_static=False)
        for index, position in self.layout.static.items():
            self.store(self.static_pointer(position), get(index))
        for index, position in self.layout.inverse.items():
            self.store(self.static_pointer(position), m.div(m.constant(1.0), get(index)))
        for lane in range(self.layout.sources, self.layout.losses):
            self.store(self.work(lane), zero)
        for lane in range(self.layout.drivers, self.layout.statics):
            self.store(self.work(lane), zero)
        with self.loop(self.integer(0), self.a["modes"], "clear") as mode:
            self.store(self.mode_pointer(mode), zero)
        get = self.reader()
        for row, state in enumerate(self.recorded.states):
            self.store(self.work(row), get(state.initial.index))
        get = self.reader()
        for row, state in enumerate(self.recorded.states):
            self.store(self.work(self.layout.losses + row), get(state.loss.index))

    def _step(self, step: Any) -> None:
        size, pattern = self.size(self.step_int(step, "size")), self.step_int(step, "pattern")
        slot = self.slot(self.step_int(step, "slot"))
        with self.when(self.step_int(step, "restart")):
            self._restart(step)
        with self.when(self.step_int(step, "new_size")):
            self._fill_size(size, self.pattern_float(pattern, "h"))
        with self.when(self.step_int(step, "fresh")), self._each_state() as row:
            self._fill_weights(slot, size, row, pattern)
        self._move_drug(step, size)
        self._move_states(step, slot, size)
        row = self.step_int(step, "row")
        with self.when_row(row):
            self._report(row)

    # At an edge

    def _restart(self, step: Any) -> None:
        """Apply what changes at an edge and evaluate all flows anew."""
        for position, name in enumerate(chain.INPUTS):
            pointer = self.work(self.layout.inputs + position)
            self.store(pointer, self.maths.constant(0.0))
            row = self.step_int(step, f"{name}_row")
            with self.when_row(row):
                self.store(pointer, self.load_lane(self.base["attendance"], row))
        self._push(step)
        self._refresh_drivers()
        get, m, now = self.reader(), self.maths, self.ring(step, 0)
        for row, state in enumerate(self.recorded.states):
            source = get(state.gain.index)
            if not state.constant_loss:
                excess = self._excess(row, state, get)
                source = m.sub(source, m.mul(excess, self.load(self.work(row))))
                self.store(self.work(self.layout.excesses + row), excess)
            self.store(self.source_pointer(now, row), source)

    def _excess(self, row: int, state: RecordedState, get: Callable[[int], Any]) -> Any:
        """Return how far the loss of a state is above its loss at rest."""
        rest = self.load(self.work(self.layout.losses + row))
        return self.maths.sub(get(state.loss.index), rest)

    def _push(self, step: Any) -> None:
        """Add what is given at one instant to the modes."""
        start, stop = self.step_int(step, "push_from"), self.step_int(step, "push_to")
        with (
            self.loop(start, stop, "push") as entry,
            self.loop(self.integer(0), self.a["modes"], "push_mode") as mode,
        ):
            pointer = self.mode_pointer(mode)
            moved = self.maths.add(self.load(pointer), self._dose(entry, mode))
            self.store(pointer, moved)

    def _dose(self, entry: Any, mode: Any) -> Any:
        """Return forcing times amount of one entry of the list of inflows."""
        b = self.b
        at = b.mul(entry, self.integer(2))
        channel = b.load(b.gep(self.a["active_ints"], [at]))
        row = b.load(b.gep(self.a["active_ints"], [b.add(at, self.integer(1))]))
        into = b.add(b.mul(mode, self.a["channels"]), channel)
        amount = self.load_lane(self.base["amounts"], row)
        return self.maths.mul(self.load_lane(self.base["forcing"], into), amount)

    # Coefficients

    def _each_state(self) -> Any:
        return self.loop(self.integer(0), self.integer(self.layout.states), "state")

    def _fill(self, first: Any) -> None:
        """Fill sizes and slots for this block; a loss that is that of the last block is kept."""
        b, work, zero = self.b, self.a["work"], self.integer(0)
        with self._each_state() as row:
            loss = self.load_lane(work, b.add(self.integer(self.layout.losses), row))
            filled = self.lane(work, b.add(self.integer(self.layout.filled), row))
            other = self.maths.any(b.fcmp_unordered("!=", loss, self.load(filled)))
            with b.if_then(b.or_(first, other)):
                self.store(filled, loss)
                with self.loop(zero, self.a["sizes"], "size") as number:
                    self._fill_moments(self.size(number), row, self._h_of_size(number))
                with self.loop(zero, self.a["slots"], "slot") as number:
                    size = b.load(b.gep(self.a["slot_sizes"], [number]))
                    self._fill_weights(self.slot(number), self.size(size), row, number)
        with self.loop(zero, self.a["sizes"], "mode_size") as number:
            self._fill_modes(self.size(number), self._h_of_size(number))

    def _h_of_size(self, number: Any) -> Any:
        return self.maths.spread(self.b.load(self.b.gep(self.a["size_floats"], [number])))

    def _fill_size(self, size: Any, h: Any) -> None:
        """Compute what depends on one size."""
        with self._each_state() as row:
            self._fill_moments(size, row, h)
        self._fill_modes(size, h)

    def _fill_moments(self, size: Any, row: Any, h: Any) -> None:
        """Compute what is kept of one state and its moments; see `scheme.moments`."""
        loss = self.load_lane(self.a["work"], self.b.add(self.integer(self.layout.losses), row))
        for which, value in enumerate(emit_moments(self.maths, self.maths.mul(loss, h))):
            self.store(self.moment(size, row, which), value)

    def _fill_weights(self, slot: Any, size: Any, row: Any, pattern: Any) -> None:
        """Compute the weights of one state; see `scheme.step_weights`."""
        m = self.maths
        powers = [self.load(self.moment(size, row, 1 + power)) for power in range(NODES)]
        for node in range(NODES):
            shapes = [self.pattern_float(pattern, f"shape_{node}{p}") for p in range(NODES)]
            weight = m.mul(shapes[0], powers[0])
            for shape, power in zip(shapes[1:], powers[1:], strict=True):
                weight = m.add(m.mul(shape, power), weight)
            self.store(self.weight(slot, row, node), weight)

    def _fill_modes(self, size: Any, h: Any) -> None:
        m = self.maths
        with self.loop(self.integer(0), self.a["modes"], "fill") as mode:
            rate = self.load_lane(self.base["rates"], mode)
            kept = m.exp(m.sub(m.constant(0.0), m.mul(rate, h)))
            share = m.div(m.sub(m.constant(1.0), kept), rate)
            self.store(self.mode_weight(size, mode, 0), kept)
            self.store(self.mode_weight(size, mode, 1), share)

    # Over a step

    def _move_drug(self, step: Any, size: Any) -> None:
        """Move the modes, and sum up the drivers on the way."""
        m, b, zero = self.maths, self.b, self.integer(0)
        sums = [m.constant(0.0)] * len(brain.DRIVERS)
        with self.loop(zero, self.a["modes"], "mode", sums) as mode:
            pointer = self.mode_pointer(mode)
            z = m.mul(self.load(pointer), self.load(self.mode_weight(size, mode, 0)))
            self.store(pointer, z)
            self._add_to_drivers(sums, mode, z)
        start, stop = self.step_int(step, "active_from"), self.step_int(step, "active_to")
        with self.loop(start, stop, "active", sums) as entry:
            per_hour = m.spread(b.load(b.gep(self.a["active_floats"], [entry])))
            with self.loop(zero, self.a["modes"], "active_mode", sums) as mode:
                pointer = self.mode_pointer(mode)
                share = self.load(self.mode_weight(size, mode, 1))
                gained = m.mul(m.mul(self._dose(entry, mode), per_hour), share)
                self.store(pointer, m.add(self.load(pointer), gained))
                self._add_to_drivers(sums, mode, gained)
        self._store_drivers(sums)

    def _refresh_drivers(self) -> None:
        sums = [self.maths.constant(0.0)] * len(brain.DRIVERS)
        with self.loop(self.integer(0), self.a["modes"], "weight", sums) as mode:
            self._add_to_drivers(sums, mode, self.load(self.mode_pointer(mode)))
        self._store_drivers(sums)

    def _add_to_drivers(self, sums: list[Any], mode: Any, z: Any) -> None:
        m = self.maths
        first = self.b.mul(mode, self.integer(len(brain.DRIVERS)))
        for driver, total in enumerate(sums):
            at = self.b.add(first, self.integer(driver))
            sums[driver] = m.add(m.mul(self.load_lane(self.base["weights"], at), z), total)

    def _store_drivers(self, sums: list[Any]) -> None:
        for driver, total in enumerate(sums):
            self.store(self.driver_pointer(driver), self.maths.max(total, self.maths.constant(0.0)))

    def _move_states(self, step: Any, slot: Any, size: Any) -> None:
        """Emit each state's step (see `scheme.advance`), in the order of causation."""
        m, fresh = self.maths, Values()
        get = self.reader(fresh)
        rings = [self.ring(step, back) for back in range(SOURCES)]
        h = self.pattern_float(self.step_int(step, "pattern"), "h")
        for row, state in enumerate(self.recorded.states):
            kept = self.load(self.moment(size, self.integer(row), 0))
            at_end, *before = (
                self.load(self.weight(slot, self.integer(row), node)) for node in range(NODES)
            )
            x = self.load(self.work(row))
            sources = [self.load(self.source_pointer(ring, row)) for ring in rings]
            total = m.mul(kept, x)
            for weight, known in zip(before, sources, strict=True):
                total = m.add(m.mul(weight, known), total)
            gain = source = get(state.gain.index)
            new = m.add(m.mul(at_end, gain), total)
            if not state.constant_loss:
                excess = self._excess(row, state, get)
                new = m.div(new, m.add(m.constant(1.0), m.mul(at_end, excess)))
                given = {"x": x, "source": sources[0], "gain": gain, "excess": excess, "h": h}
                new = self._damped_if_far(row, at_end, new, given)
                self.store(self.work(self.layout.excesses + row), excess)
                source = m.sub(gain, m.mul(excess, new))
            self.store(self.work(row), new)
            # the oldest node of the ring is where the next one goes
            self.store(self.source_pointer(rings[-1], row), source)
            fresh[f"x.{state.name}"] = new

    def _damped_if_far(self, row: int, at_end: Any, otherwise: Any, given: Values) -> Any:
        """Return the new value, by `scheme.advance_damped` where the loss is far from rest."""
        m, excess = self.maths, given["excess"]
        earlier = self.load(self.work(self.layout.excesses + row))
        farthest = m.mul(at_end, m.max(m.abs(earlier), m.abs(excess)))

        def damped() -> Any:
            half, one = m.mul(m.constant(0.5), given["h"]), m.constant(1.0)
            rest = self.load(self.work(self.layout.losses + row))
            above = m.max(earlier, excess)
            top = m.add(rest, above)
            end = m.mul(half, m.add(one, m.mul(given["h"], top)))
            source = m.add(given["source"], m.mul(above, given["x"]))
            known = m.add(m.add(given["x"], m.mul(half, source)), m.mul(end, given["gain"]))
            below = m.add(one, m.mul(half, top))
            return m.div(known, m.add(below, m.mul(end, m.add(rest, excess))))

        far = self.b.fcmp_ordered(">", farthest, m.constant(FARTHEST))
        return m.replaced(far, otherwise, damped)

    # Results

    def _report(self, row: Any) -> None:
        """Compute the outputs that are asked for and copy the chosen columns to the result."""
        for position, name in enumerate(chain.OUTPUT_NAMES):
            asked = self.b.load(self.b.gep(self.a["asked"], [self.integer(position)]))
            with self.when(asked):
                value = self.reader()(self.recorded.outputs[name].index)
                self.store(self.work(self.layout.outputs + position), value)
        start = self.b.mul(row, self.a["n_columns"])
        with self.loop(self.integer(0), self.a["n_columns"], "column") as column:
            lane = self.b.load(self.b.gep(self.a["columns"], [column]))
            value = self.load_lane(self.a["work"], lane)
            self.store(self.lane(self.base["out"], self.b.add(start, column)), value)

    def _finite(self) -> Any:
        """Return a lane that is zero if all states are finite and NaN otherwise."""
        total = self.maths.constant(0.0)
        for row in range(self.layout.states):
            zero = self.b.fmul(self.load(self.work(row)), self.maths.constant(0.0))
            total = self.b.fadd(total, zero)
        return total
