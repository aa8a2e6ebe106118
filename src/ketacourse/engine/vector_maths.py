"""Vector arithmetic in LLVM: one instruction works on a whole lane of patients.

`exp` and `log` are branch-free polynomials good to about 1e-15 relative, so that a
patient's result does not depend on who shares the lane.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

LANES = 8
"""Patients advanced together by one vector operation."""

DOUBLE = ir.DoubleType()
INT64 = ir.IntType(64)
VECTOR = ir.VectorType(DOUBLE, LANES)
INT_VECTOR = ir.VectorType(INT64, LANES)

_ROUND = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer in the low bits
_INTEGER = 4503599627370496.0  # 2**52
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_ONE_BITS = 0x3FF0000000000000
_NO_SIGN = 0x7FFFFFFFFFFFFFFF
# Polynomials through the Chebyshev nodes of the range to which an argument is reduced; more
# terms would not be nearer in double precision.
_EXP = (
    1.0, 1.0000000000000013, 0.5000000000000001, 0.16666666666615607, 0.04166666666662413,
    0.008333333367332009, 0.0013888888917213717, 0.0001984119061583585, 2.4801521295954376e-05,
    2.763265575933203e-06, 2.7620088445409746e-07,
)  # fmt: skip
_LOG = (
    2.0000000000000004, 0.6666666666655285, 0.40000000061773056, 0.2857141601597565,
    0.22223434921408206, 0.18121922003893642, 0.16837813568898644,
)  # fmt: skip


class VectorMaths:
    """Emits vector arithmetic into a builder."""

    def __init__(self, builder: Any) -> None:
        self.b = builder

    def constant(self, value: float) -> Any:
        """Return a lane filled with one number."""
        return ir.Constant(VECTOR, [ir.Constant(DOUBLE, float(value))] * LANES)

    def integers(self, value: int) -> Any:
        """Return a lane filled with one integer."""
        return ir.Constant(INT_VECTOR, [ir.Constant(INT64, value)] * LANES)

    def spread(self, scalar: Any) -> Any:
        """Return a lane filled with a run-time scalar."""
        empty = ir.Constant(VECTOR, ir.Undefined)
        zero = ir.Constant(ir.IntType(32), 0)
        single = self.b.insert_element(empty, scalar, zero)
        mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [zero] * LANES)
        return self.b.shuffle_vector(single, empty, mask)

    def add(self, x: Any, y: Any) -> Any:
        """Return the sum."""
        return self.b.fadd(x, y, flags=("contract",))

    def sub(self, x: Any, y: Any) -> Any:
        """Return the difference."""
        return self.b.fsub(x, y, flags=("contract",))

    def mul(self, x: Any, y: Any) -> Any:
        """Return the product."""
        return self.b.fmul(x, y, flags=("contract",))

    def div(self, x: Any, y: Any) -> Any:
        """Return the quotient."""
        return self.b.fdiv(x, y)

    def max(self, x: Any, y: Any) -> Any:
        """Return the larger; a NaN in ``x`` is kept."""
        return self.b.select(self.b.fcmp_ordered("<", x, y), y, x)

    def min(self, x: Any, y: Any) -> Any:
        """Return the smaller; a NaN in ``x`` is kept."""
        return self.b.select(self.b.fcmp_ordered(">", x, y), y, x)

    def abs(self, x: Any) -> Any:
        """Return the size without the sign; a NaN is kept."""
        bits = self.b.and_(self.b.bitcast(x, INT_VECTOR), self.integers(_NO_SIGN))
        return self.b.bitcast(bits, VECTOR)

    def replaced(self, lanes: Any, otherwise: Any, emit: Callable[[], Any]) -> Any:
        """Return ``otherwise`` with some lanes replaced; what is emitted runs only if any are."""
        start = self.b.block
        with self.b.if_then(self.any(lanes), likely=False):
            mended = self.b.select(lanes, emit(), otherwise)
            end = self.b.block
        found = self.b.phi(VECTOR)
        found.add_incoming(otherwise, start)
        found.add_incoming(mended, end)
        return found

    def any(self, lanes: Any) -> Any:
        """Return whether a comparison holds for any patient of the lane."""
        bits = self.b.bitcast(lanes, ir.IntType(LANES))
        return self.b.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(LANES), 0))

    def polynomial(self, x: Any, coefficients: Sequence[float]) -> Any:
        """Return the polynomial with the given coefficients, lowest power first."""
        terms = [self.constant(c) for c in coefficients]
        power = x
        while len(terms) > 1:
            pairs = [
                self.add(self.mul(terms[i + 1], power), terms[i])
                for i in range(0, len(terms) - 1, 2)
            ]
            terms = pairs + terms[len(pairs) * 2 :]
            power = self.mul(power, power) if len(terms) > 1 else power
        return terms[0]

    def exp(self, x: Any) -> Any:
        """Return ``exp(x)``, held within -708 to 708."""
        x = self.min(self.max(x, self.constant(-708.0)), self.constant(708.0))
        # exact additions: no contraction may touch the rounding trick
        doublings = self.b.fmul(x, self.constant(1.0 / math.log(2.0)))
        shifted = self.b.fadd(doublings, self.constant(_ROUND))
        whole = self.b.fsub(shifted, self.constant(_ROUND))
        rest = self.sub(x, self.mul(whole, self.constant(_LN2_HIGH)))
        rest = self.sub(rest, self.mul(whole, self.constant(_LN2_LOW)))
        series = self.polynomial(rest, _EXP)
        bits = self.b.bitcast(shifted, INT_VECTOR)
        exponent = self.b.shl(self.b.add(bits, self.integers(1023)), self.integers(52))
        return self.b.fmul(series, self.b.bitcast(exponent, VECTOR))

    def log(self, x: Any) -> Any:
        """Return the natural logarithm of a normal positive ``x``; a NaN is kept."""
        bits = self.b.bitcast(x, INT_VECTOR)
        offset = self.b.add(bits, self.integers(_ONE_BITS - _SQRT_HALF_BITS))
        biased = self.b.lshr(offset, self.integers(52))
        exponent_bits = self.b.shl(self.b.sub(biased, self.integers(1023)), self.integers(52))
        mantissa = self.b.bitcast(self.b.sub(bits, exponent_bits), VECTOR)
        integer = self.b.bitcast(self.b.or_(biased, self.integers(0x4330000000000000)), VECTOR)
        exponent = self.b.fsub(integer, self.constant(_INTEGER + 1023.0))
        f = self.b.fsub(mantissa, self.constant(1.0))
        s = self.div(f, self.b.fadd(f, self.constant(2.0)))
        series = self.polynomial(self.mul(s, s), _LOG)
        high = self.mul(exponent, self.constant(_LN2_HIGH))
        low = self.mul(exponent, self.constant(_LN2_LOW))
        found = self.add(high, self.add(self.mul(s, series), low))
        return self.b.select(self.b.fcmp_unordered("uno", x, x), x, found)
