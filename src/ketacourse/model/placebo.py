r"""Expectancy, non-specific care and a newly started oral antidepressant.

.. math::

    \dot X = k_x v (1 - X) - X / \tau_x, \qquad
    \dot N = (c - N) / \tau_N, \qquad \dot O = (a - O) / \tau_O

:math:`v` is 1 during a visit with a real or sham dose, :math:`c` is 1 while in
care, :math:`a` is 1 after an oral antidepressant was started. How much of the
baseline each may remove depends on what the patient believes was given, and is the
same function in drug and control arms: it is never hidden in the drug effect.
"""

from ketacourse.model.expression import Number
from ketacourse.model.flow import Flow, filling, turnover

UNITS = {
    "expectancy_on": "1/h",
    "expectancy_time": "h",
    "care_time": "h",
    "antidepressant_time": "h",
}


def expectancy(*, visit: Number, p: Number) -> Flow:
    """Return the flow of expectancy (0 to 1), raised by each visit."""
    return filling(p.expectancy_on * visit, 1.0 / p.expectancy_time)


def care(*, in_care: Number, p: Number) -> Flow:
    """Return the flow of the non-specific effect of being looked after (0 to 1)."""
    return turnover(1.0 / p.care_time, in_care)


def antidepressant(*, started: Number, p: Number) -> Flow:
    """Return the flow of a newly started oral antidepressant (0 to 1)."""
    return turnover(1.0 / p.antidepressant_time, started)


def total_effect(
    *,
    expectancy: Number,
    expectancy_max: Number,
    care: Number,
    care_max: Number,
    antidepressant: Number,
    antidepressant_max: Number,
) -> Number:
    """Return the share of baseline severity removed without ketamine (0 to 1)."""
    kept = (1.0 - expectancy_max * expectancy) * (1.0 - care_max * care)
    return 1.0 - kept * (1.0 - antidepressant_max * antidepressant)
