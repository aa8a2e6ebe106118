"""Estimates and differences of a trial as text: digits that fit, intervals, what is missing."""

import math

from ketacourse.report.shown import span
from ketacourse.trials.design import Endpoint
from ketacourse.trials.statistics import Comparison, Estimate, mean_of

_DAY_LIMIT = 10.0  # days below this keep one decimal


def decimal(value: float, digits: int = 1, *, signed: bool = False) -> str:
    """Return a number with so many decimals and a true minus sign.

    Examples
    --------
    >>> decimal(-4.06), decimal(4.0, 0, signed=True), decimal(-0.01)
    ('−4.1', '+4', '0.0')
    """
    text = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    if float(text) == 0.0:
        return text.lstrip("+-")
    return text.replace("-", "−")


def whole(count: int) -> str:
    """Return a number of patients, in groups of three digits from ten thousand on.

    Examples
    --------
    >>> whole(400), whole(1_000_000).split()
    ('400', ['1', '000', '000'])
    """
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}") if count >= 10_000 else str(count)


def percent(share: float) -> str:
    """Return a share as percent, with a decimal where it is close to 0 or 1.

    Examples
    --------
    >>> percent(0.484), percent(0.004), percent(0.0), percent(0.996), percent(0.0001)
    ('48%', '0.4%', '0%', '99.6%', '<0.1%')
    """
    if share in (0.0, 1.0) or 0.01 <= share <= 0.99:
        return f"{100.0 * share:.0f}%"
    if share < 0.0005:
        return "<0.1%"
    return ">99.9%" if share > 0.9995 else f"{100.0 * share:.1f}%"


def share_words(found: Estimate | None) -> str:
    """Return a share with its interval, such as ``48% (44–52%)``.

    Examples
    --------
    >>> share_words(Estimate(value=0.48, lower=0.44, upper=0.52, n=400))
    '48% (44–52%)'
    """
    if found is None or not math.isfinite(found.value):
        return "–"
    return f"{percent(found.value)} ({share_interval(found.lower, found.upper)})"


def share_interval(lower: float, upper: float) -> str:
    """Return an interval of shares, such as ``44–52%``."""
    return span(percent(lower).removesuffix("%"), percent(upper))


def points_words(found: Estimate, digits: int = 1) -> str:
    """Return a mean with its interval, such as ``−14.2 (−15.0 to −13.4)``.

    Examples
    --------
    >>> points_words(Estimate(value=-14.2, lower=-15.0, upper=-13.4, n=400))
    '−14.2 (−15.0 to −13.4)'
    """
    if not math.isfinite(found.value):
        return "–"
    if not (math.isfinite(found.lower) and math.isfinite(found.upper)):
        return decimal(found.value, digits)
    edges = span(decimal(found.lower, digits), decimal(found.upper, digits))
    return f"{decimal(found.value, digits)} ({edges})"


def days_words(found: Estimate) -> str:
    """Return a median time with its interval; an end that is not reached says so.

    Examples
    --------
    >>> days_words(Estimate(value=18.0, lower=14.0, upper=float("nan"), n=40))
    '18 days (14 to not reached)'
    """
    if not math.isfinite(found.value):
        return "not reached"
    low, high = (_day(v) if math.isfinite(v) else "not reached" for v in (found.lower, found.upper))
    edges = span(low, high) if math.isfinite(found.upper) else f"{low} to {high}"
    return f"{_day(found.value)} days ({edges})"


def _day(value: float) -> str:
    return f"{value:.0f}" if value >= _DAY_LIMIT or value == round(value) else f"{value:.1f}"


def estimate_words(endpoint: Endpoint, found: Estimate | None) -> str:
    """Return the result of a group on an endpoint."""
    if found is None:
        return "–"
    if endpoint.kind == "time_to_relapse":
        return days_words(found) if found.n else "–"
    if endpoint.measure == "continuous":
        unit = "%" if endpoint.kind == "percent_change" else ""
        return points_words(found).replace(" (", f"{unit} (", 1)
    return share_words(found)


def difference(endpoint: Endpoint, found: Comparison) -> tuple[float, float, float]:
    """Return an effect and its interval as they are shown: shares in percentage points."""
    factor = 100.0 if endpoint.measure == "binary" else 1.0
    return factor * found.difference, factor * found.lower, factor * found.upper


def difference_unit(endpoint: Endpoint) -> str:
    """Return the unit of an effect in words; times to relapse are compared by a ratio."""
    if endpoint.measure == "survival":
        return "hazard ratio"
    return "points" if endpoint.kind == "change" else "percentage points"


def difference_words(endpoint: Endpoint, found: Comparison) -> str:
    """Return an effect with its interval, without its unit."""
    value, lower, upper = difference(endpoint, found)
    if not math.isfinite(value):
        return "–"
    digits, signed = (2, False) if endpoint.measure == "survival" else (1, True)
    text = decimal(value, digits, signed=signed)
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return text
    low, high = (decimal(v, digits, signed=signed) for v in (lower, upper))
    return f"{text} ({span(low, high)})"


def p_words(p: float) -> str:
    """Return a p value with digits that mean something.

    Examples
    --------
    >>> p_words(0.04321), p_words(0.0000012), p_words(0.51), p_words(float("nan"))
    ('0.043', '<0.001', '0.51', '–')
    """
    if not math.isfinite(p):
        return "–"
    if p < 0.001:
        return "<0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def mean_estimate(n: int, mean: float, sd: float) -> Estimate:
    """Return a mean with its t interval, from the SD of ``n`` patients.

    Examples
    --------
    >>> points_words(mean_estimate(100, -10.0, 5.0))
    '−10.0 (−11.0 to −9.0)'
    """
    if n < 2:
        return Estimate(value=mean, lower=math.nan, upper=math.nan, n=n)
    return mean_of(n, n * mean, (n - 1) * sd * sd + n * mean * mean)
