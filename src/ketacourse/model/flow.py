"""The one form of every state equation: production and removal.

``dx/dt = gain - loss * x``, where ``gain`` and ``loss`` depend on the drug and on
states further up the chain, never on ``x`` itself or on anything below it.
"""

from typing import NamedTuple

from ketacourse.model.expression import Number


class Flow(NamedTuple):
    """Production ``gain`` (state per hour) and removal ``loss`` (1/h) of one state."""

    gain: Number
    loss: Number


def turnover(rate: Number, target: Number) -> Flow:
    """Return the flow that approaches ``target`` with rate constant ``rate`` (1/h)."""
    return Flow(rate * target, rate)


def filling(gain: Number, decay: Number) -> Flow:
    """Return the flow of a share of 0 to 1 filled at ``gain`` and emptied at ``decay``.

    ``dx/dt = gain (1 - x) - decay x``: it can never leave 0 to 1.
    """
    return Flow(gain, gain + decay)


def limited(gain: Number, capacity: Number, decay: Number) -> Flow:
    """Return the flow of an amount that fills up towards ``capacity``.

    ``dx/dt = gain (1 - x / capacity) - decay x``.
    """
    return Flow(gain, gain / capacity + decay)
