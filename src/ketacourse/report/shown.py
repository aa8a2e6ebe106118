"""How each quantity is shown: shares in percent, relative levels as change from rest.

A model quantity of unit 1 means one of three things, and a reader must know which: a
share of a whole (0 to 1), a level relative to rest (1 at rest), or an activity in the
model's own units (0 at rest).
"""

from dataclasses import dataclass

import numpy as np

from ketacourse.course.result import FloatArray, Series

_SHARE_UNITS = {"fraction", "probability"}
_SHARES = {
    "block_interneuron", "block_pyramidal", "block_trapped", "ampa_strength", "coping",
    "sedation", "nausea", "fast_effect", "structural_effect", "placebo_effect", "adaptation",
    "wanting", "plasticity_window",
}  # fmt: skip
_RELATIVE = {
    "glutamate", "eef2_phosphorylation", "bdnf_pool", "plasma_bdnf", "kynurenine_balance",
}  # fmt: skip
_WORDS = {
    "point": "points", "bpm": "beats per minute", "1/min": "beats per minute",
    "beats/min": "beats per minute",
    "z": "standard deviations", "SD": "standard deviations", "umol*h/L": "µmol·h/L",
    "umol/L": "µmol/L",
}  # fmt: skip
_WHOLE = {"points", "mmHg", "%", "% from rest", "% of its start", "beats per minute"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A scale for display: ``value * factor + shift``, in ``unit``.

    ``change`` marks a scale on which zero is rest and the sign matters.
    """

    factor: float = 1.0
    shift: float = 0.0
    unit: str
    change: bool = False

    def convert(self, values: FloatArray) -> FloatArray:
        """Return values on this scale."""
        return np.asarray(values * self.factor + self.shift, dtype=float)

    def number(self, value: float) -> str:
        """Return one model value as text on this scale, without its unit."""
        return number(value * self.factor + self.shift, unit=self.unit, signed=self.change)

    def interval(self, lower: float, upper: float) -> str:
        """Return an interval of model values as text on this scale, without its unit."""
        return span(self.number(lower), self.number(upper))


def shown(series: Series) -> Shown:
    """Return how a series is shown.

    Examples
    --------
    >>> one = np.array([1.0, 1.15])
    >>> surge = Series(name="glutamate", label="Glutamate", unit="relative", stage="glutamate",
    ...                grade="moderate", typical=one)
    >>> shown(surge).number(1.15), shown(surge).unit
    ('+15', '% from rest')
    """
    pure = series.unit in {"", "1"} or series.unit.startswith("relative")
    if series.unit in _SHARE_UNITS or (pure and series.name in _SHARES):
        return Shown(factor=100.0, unit="%")
    if pure and series.name == "suicidal_ideation":
        return Shown(factor=100.0, unit="% of its start")
    if pure and series.name in _RELATIVE:
        return Shown(factor=100.0, shift=-100.0, unit="% from rest", change=True)
    if pure:
        return Shown(unit="model units, 0 at rest")
    return Shown(unit=_WORDS.get(series.unit, series.unit))


def number(value: float, *, unit: str = "", signed: bool = False) -> str:
    """Return a value with sensible digits: whole for points, mmHg and percent.

    Everything else keeps about three digits and never more than three decimals.

    Examples
    --------
    >>> number(252.71, unit="ng/mL"), number(0.05234), number(-11.6, unit="mmHg")
    ('253', '0.052', '−12')
    >>> number(0.04), number(15.0, unit="%", signed=True)
    ('0.04', '+15')
    """
    size = abs(value)
    decimals = 0 if unit in _WHOLE or size >= 100.0 else 1 if size >= 10.0 else 2
    if decimals == 2 and size < 1.0:
        decimals = 3
    if unit == "standard deviations":
        decimals = 1
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    if text in {"-0", "0"}:
        return "0"
    if signed and value > 0.0:
        return f"+{text}"
    return text.replace("-", "−")


def span(low: str, high: str) -> str:
    """Return two numbers as an interval.

    Examples
    --------
    >>> span("10", "27"), span("−3", "5")
    ('10–27', '−3 to 5')
    """
    return f"{low} to {high}" if {"−", "+"} & {*low, *high} else f"{low}–{high}"


def table_number(value: float, scale: Shown) -> str:
    """Return a model value for a table: points keep one decimal.

    Examples
    --------
    >>> table_number(16.04, Shown(unit="points")), table_number(16.04, Shown(unit="mmHg"))
    ('16.0', '16')
    """
    if scale.unit != "points":
        return scale.number(value)
    return f"{value * scale.factor + scale.shift:.1f}".replace("-", "−")
