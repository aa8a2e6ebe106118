r"""Adaptation of dissociation, wanting, and the opponent of the fast effect.

.. math::

    \dot U = k_U O_I (1 - U) - U / \tau_U, \qquad
    \dot V = k_V O_I (1 - V) - V / \tau_V, \qquad
    \dot H = (F - H) / \tau_H

:math:`U` blunts dissociation only, not the benefit. :math:`V` is wanting: it has no
effect on mood. :math:`H` trails the fast effect :math:`F`; a rebound through it is
off by default.
"""

from ketacourse.model.expression import Number
from ketacourse.model.flow import Flow, filling, turnover

UNITS = {
    "adaptation_on": "1/h",
    "adaptation_time": "h",
    "wanting_on": "1/h",
    "wanting_time": "h",
    "opponent_time": "h",
}


def adaptation(*, occupancy: Number, p: Number) -> Flow:
    """Return the flow of receptor adaptation (0 to 1)."""
    return filling(p.adaptation_on * occupancy, 1.0 / p.adaptation_time)


def wanting(*, occupancy: Number, p: Number) -> Flow:
    """Return the flow of wanting (0 to 1)."""
    return filling(p.wanting_on * occupancy, 1.0 / p.wanting_time)


def opponent(*, fast: Number, p: Number) -> Flow:
    """Return the flow of the opponent state that trails the fast component."""
    return turnover(1.0 / p.opponent_time, fast)
