"""What the weights of a step are made of, in vector arithmetic."""

import math
from typing import Any

from ketacourse.engine.interpolation import NODES
from ketacourse.engine.scheme import SERIES_BELOW, SERIES_TERMS
from ketacourse.engine.vector_maths import VectorMaths


def emit_moments(maths: VectorMaths, z: Any) -> list[Any]:
    """Emit `scheme.moments`."""
    m, one = maths, maths.constant(1.0)
    small = m.min(z, m.constant(SERIES_BELOW))
    negative = m.sub(m.constant(0.0), small)
    first = math.factorial(NODES - 1)
    series = [first / math.factorial(NODES + k) for k in range(SERIES_TERMS + 1)]
    below = [m.polynomial(negative, series)]
    for power in range(NODES - 1, -1, -1):
        left = m.sub(one, m.mul(small, below[0]))
        below.insert(0, m.mul(left, m.constant(1.0 / max(power, 1))))
    large = m.max(z, m.constant(SERIES_BELOW))
    inverse = m.div(one, large)
    above = [m.exp(m.sub(m.constant(0.0), large))]
    for power in range(NODES):
        times = m.mul(m.constant(float(max(power, 1))), above[-1])
        above.append(m.mul(m.sub(one, times), inverse))
    few = m.b.fcmp_ordered("<", z, m.constant(SERIES_BELOW))
    return [m.b.select(few, x, y) for x, y in zip(below, above, strict=True)]
