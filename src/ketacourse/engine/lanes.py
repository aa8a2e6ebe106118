"""The kernel: LLVM generated from the recorded chain.

One function integrates blocks of `LANES` patients with the scheme of
`engine.scheme`. Sub-expressions of parameters alone are computed once per block. Steps
of the same size share a slot of coefficients: what a mode keeps, and the weights of a
state whose loss never changes, are computed once per slot and block.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from ketacourse.engine.emitter import Emitter, Values
from ketacourse.engine.layout import ARGUMENTS, INTEGER_ARRAYS, INTEGERS, WEIGHTS, Layout
from ketacourse.engine.recorded import RecordedChain, RecordedState
from ketacourse.engine.scheme import SERIES_BELOW, SERIES_TERMS
from ketacourse.engine.vector_maths import DOUBLE, INT64, VECTOR
from ketacourse.model import brain, chain


def build_module(recorded: RecordedChain, layout: Layout) -> ir.Module:
    """Return the LLVM module with the function ``run``."""
    module = ir.Module(name="ketacourse")
    types = [
        INT64 if n in INTEGERS else (INT64 if n in INTEGER_ARRAYS else DOUBLE).as_pointer()
        for n in ARGUMENTS
    ]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), types), "run")
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
            first = self.lane(a[name], b.mul(block, size))
            self.base[name] = b.bitcast(first, DOUBLE.as_pointer())

    def _start_block(self) -> None:
        zero = self.maths.constant(0.0)
        get = self.reader(use_static=False)
        for index, position in self.layout.static.items():
            self.store(self.static_pointer(position), get(index))
        for lane in range(self.layout.drivers, self.layout.statics):
            self.store(self.work(lane), zero)
        get = self.reader()
        for state in self.recorded.states:
            self.put_state(state, 0, get(state.initial.index))
            for role in range(1, 6):
                self.put_state(state, role, zero)
        with self.loop(self.integer(0), self.a["modes"], "clear") as mode:
            self.store(self.mode_pointer(mode), zero)
        # slot 0 is the scratch slot of steps whose size occurs once
        with self.loop(self.integer(1), self.a["slots"], "slot") as slot:
            self._fill_slot(self.slot(slot), *self.table_floats("slot_floats", slot))
        with self.when(self.a["first_output"]):
            self._report(self.integer(0))

    def _step(self, step: Any) -> None:
        h, ratio, bend = self.table_floats("step_floats", step)
        slot = self.slot(self.step_int(step, "slot"))
        with self.when(self.step_int(step, "restart")):
            self._restart(step)
        with self.when(self.step_int(step, "fresh")):
            self._fill_slot(slot, h, ratio, bend)
        self._move_modes(step, slot)
        self._refresh_drivers()
        self._move_states(slot, h, ratio, bend)
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
        get = self.reader()
        for state in self.recorded.states:
            self.put_state(state, 1, get(state.gain.index))
            if not state.constant_loss:
                self.put_state(state, 2, get(state.loss.index))

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

    def _fill_slot(self, slot: Any, h: Any, ratio: Any, bend: Any) -> None:
        """Compute the coefficients of a step size for this block."""
        m = self.maths
        get = self.reader()
        names = {s.name: s for s in self.recorded.states}
        for position, name in enumerate(self.layout.constant):
            loss = get(names[name].loss.index)
            weights = self._weights(m.mul(loss, h), h, ratio, bend)
            for which, value in enumerate(weights):
                self.store(self.coefficient(slot, WEIGHTS * position + which), value)
        with self.loop(self.integer(0), self.a["modes"], "fill") as mode:
            rate = self.load_lane(self.base["rates"], mode)
            kept = m.exp(m.sub(m.constant(0.0), m.mul(rate, h)))
            share = m.div(m.sub(m.constant(1.0), kept), rate)
            self.store(self.mode_coefficient(slot, mode, 0), kept)
            self.store(self.mode_coefficient(slot, mode, 1), share)

    def _weights(self, z: Any, h: Any, ratio: Any, bend: Any) -> tuple[Any, Any, Any, Any]:
        """Return decay and the weights (h) of new, present and old gain; see `scheme`."""
        m = self.maths
        decay, i0, i1, i2 = self._moments(z)
        q = m.mul(bend, m.sub(i2, i1))
        b_new = m.add(i1, m.mul(q, ratio))
        b_now = m.sub(m.sub(i0, i1), m.mul(q, m.add(m.constant(1.0), ratio)))
        return decay, m.mul(h, b_new), m.mul(h, b_now), m.mul(h, q)

    def _moments(self, z: Any) -> tuple[Any, Any, Any, Any]:
        """Emit `scheme.moments`; the long way is taken only if a patient needs it."""
        m, b, one = self.maths, self.b, self.maths.constant(1.0)
        negative = m.sub(m.constant(0.0), z)
        series = one
        for k in range(SERIES_TERMS - 1, -1, -1):
            scaled = m.mul(negative, m.constant(1.0 / (k + 4.0)))
            series = m.add(m.mul(series, scaled), one)
        small2 = m.mul(series, m.constant(1.0 / 3.0))
        small1 = m.mul(m.constant(0.5), m.sub(one, m.mul(z, small2)))
        small0 = m.sub(one, m.mul(z, small1))
        small = (m.sub(one, m.mul(z, small0)), small0, small1, small2)
        large_lanes = b.fcmp_unordered(">=", z, m.constant(SERIES_BELOW))
        start = b.block
        with b.if_then(m.any(large_lanes)):
            large = m.max(z, m.constant(SERIES_BELOW))
            inverse = m.div(one, large)
            decay = m.exp(m.sub(m.constant(0.0), large))
            large0 = m.mul(m.sub(one, decay), inverse)
            large1 = m.mul(m.sub(one, large0), inverse)
            large2 = m.mul(m.sub(one, m.mul(m.constant(2.0), large1)), inverse)
            both = zip((decay, large0, large1, large2), small, strict=True)
            mixed = [b.select(large_lanes, big, little) for big, little in both]
            end = b.block
        found = []
        for little, blended in zip(small, mixed, strict=True):
            value = b.phi(VECTOR)
            value.add_incoming(little, start)
            value.add_incoming(blended, end)
            found.append(value)
        return found[0], found[1], found[2], found[3]

    # Over a step

    def _move_modes(self, step: Any, slot: Any) -> None:
        m, b = self.maths, self.b
        start, stop = self.step_int(step, "active_from"), self.step_int(step, "active_to")
        with self.loop(self.integer(0), self.a["modes"], "mode") as mode:
            pointer = self.mode_pointer(mode)
            kept = self.load(self.mode_coefficient(slot, mode, 0))
            self.store(pointer, m.mul(self.load(pointer), kept))
            with self.loop(start, stop, "active") as entry:
                share = self.load(self.mode_coefficient(slot, mode, 1))
                per_hour = m.spread(b.load(b.gep(self.a["active_floats"], [entry])))
                gained = m.mul(m.mul(self._dose(entry, mode), per_hour), share)
                self.store(pointer, m.add(self.load(pointer), gained))

    def _refresh_drivers(self) -> None:
        m = self.maths
        for driver in range(len(brain.DRIVERS)):
            self.store(self.driver_pointer(driver), m.constant(0.0))
        with self.loop(self.integer(0), self.a["modes"], "weight") as mode:
            z = self.load(self.mode_pointer(mode))
            for driver in range(len(brain.DRIVERS)):
                at = self.b.add(self.b.mul(self.integer(driver), self.a["modes"]), mode)
                pointer = self.driver_pointer(driver)
                part = m.mul(self.load_lane(self.base["weights"], at), z)
                self.store(pointer, m.add(self.load(pointer), part))
        for driver in range(len(brain.DRIVERS)):
            pointer = self.driver_pointer(driver)
            self.store(pointer, m.max(self.load(pointer), m.constant(0.0)))

    def _move_states(self, slot: Any, h: Any, ratio: Any, bend: Any) -> None:
        fresh: Values = {}
        get = self.reader(fresh)
        for state in self.recorded.states:
            if state.constant_loss:
                position = WEIGHTS * self.layout.constant.index(state.name)
                new = self._moved_constant(state, get, slot, position)
            else:
                new = self._moved(state, get, h, ratio, bend)
            fresh[f"x.{state.name}"] = new

    def _moved_constant(
        self, state: RecordedState, get: Callable[[int], Any], slot: Any, position: int
    ) -> Any:
        """Emit the step of a state whose loss never changes and return its new value."""
        m = self.maths
        x, gain, gain_old = self.state(state, 0), self.state(state, 1), self.state(state, 4)
        new_gain = get(state.gain.index)
        decay, b_new, b_now, b_old = (
            self.load(self.coefficient(slot, position + which)) for which in range(WEIGHTS)
        )
        known = m.add(m.add(m.mul(b_now, gain), m.mul(b_old, gain_old)), m.mul(b_new, new_gain))
        new = m.add(m.mul(decay, x), known)
        for role, value in ((0, new), (1, new_gain), (4, gain)):
            self.put_state(state, role, value)
        return new

    def _moved(
        self, state: RecordedState, get: Callable[[int], Any], h: Any, ratio: Any, bend: Any
    ) -> Any:
        """Emit one state's step (see `scheme.advance`) and return its new value."""
        m = self.maths
        x, gain, loss, x_old, gain_old, loss_old = (self.state(state, r) for r in range(6))
        new_gain, new_loss = get(state.gain.index), get(state.loss.index)
        mean = m.mul(m.constant(0.5), m.add(loss, new_loss))
        decay, b_new, b_now, b_old = self._weights(m.mul(mean, h), h, ratio, bend)
        now = m.add(gain, m.mul(m.sub(mean, loss), x))
        old = m.add(gain_old, m.mul(m.sub(mean, loss_old), x_old))
        known = m.add(m.add(m.mul(b_now, now), m.mul(b_old, old)), m.mul(b_new, new_gain))
        bound = m.sub(m.constant(1.0), m.mul(b_new, m.sub(mean, new_loss)))
        new = m.div(m.add(m.mul(decay, x), known), bound)
        for role, value in enumerate((new, new_gain, new_loss, x, gain, loss)):
            self.put_state(state, role, value)
        return new

    # Results

    def _report(self, row: Any) -> None:
        """Compute the outputs and copy the chosen columns to the result."""
        get = self.reader()
        for position, name in enumerate(chain.OUTPUT_NAMES):
            value = get(self.recorded.outputs[name].index)
            self.store(self.work(self.layout.outputs + position), value)
        start = self.b.mul(row, self.a["n_columns"])
        with self.loop(self.integer(0), self.a["n_columns"], "column") as column:
            lane = self.b.load(self.b.gep(self.a["columns"], [column]))
            value = self.load_lane(self.a["work"], lane)
            self.store(self.lane(self.base["out"], self.b.add(start, column)), value)

    def _finite(self) -> Any:
        """Return a lane that is zero if all states are finite and NaN otherwise."""
        total = self.maths.constant(0.0)
        for state in self.recorded.states:
            zero = self.b.fmul(self.state(state, 0), self.maths.constant(0.0))
            total = self.b.fadd(total, zero)
        return total
