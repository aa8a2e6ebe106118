"""Cells of a row as values; what cannot be read names its column.

Cells that say that nothing is there (``NA``, ``nan``) count as empty.
"""

import math
from collections.abc import Collection, Mapping

from ketacourse.evidence.cells import days
from ketacourse.trials.replicate_prediction import RowFaultError

Cells = Mapping[str, str]

NOTHING = frozenset({"", "na", "n/a", "nan", "none", "null", "-", "nr", "not reported", "empty"})
"""Spellings of an empty cell of a number, of days or of a word."""


def number_in(
    cells: Cells,
    column: str,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    at_most: float = math.inf,
) -> float | None:
    """Return the number in a cell, or None where the cell is empty.

    Examples
    --------
    >>> number_in({"n": "20.0"}, "n"), number_in({"n": "NA"}, "n")
    (20.0, None)
    """
    text = cells.get(column, "")
    if text.lower() in NOTHING:
        return None
    try:
        value = float(text)
    except ValueError:
        raise RowFaultError(column, f"'{text}' is not a number") from None
    if not math.isfinite(value):
        raise RowFaultError(column, f"'{text}' is not a finite number")
    if not (value > above and value >= at_least):
        limit = f"above {above:g}" if above > -math.inf else f"at least {at_least:g}"
        raise RowFaultError(column, f"{text} is not {limit}")
    if not value <= at_most:
        raise RowFaultError(column, f"{text} is not at most {at_most:g}")
    return value


def count_in(cells: Cells, column: str) -> int | None:
    """Return the positive whole number in a cell, or None where the cell is empty."""
    value = number_in(cells, column)
    if value is None:
        return None
    if value < 1 or value != int(value):
        raise RowFaultError(column, f"'{cells[column]}' is not a positive whole number")
    return int(value)


def word_in(cells: Cells, column: str, allowed: Collection[str], *, default: str) -> str:
    """Return one of the allowed words, or the default where the cell is empty."""
    text = cells.get(column, "").lower()
    if text in NOTHING and text not in allowed:
        return default
    if text not in allowed:
        raise RowFaultError(column, f"'{cells[column]}' is not one of {', '.join(allowed)}")
    return text


def days_in(cells: Cells, column: str) -> tuple[float, ...]:
    """Return days in rising order, separated by semicolons; none where the cell is empty."""
    text = cells.get(column, "")
    if text.lower() in NOTHING:
        return ()
    try:
        return days(text)
    except ValueError as error:
        raise RowFaultError(column, str(error)) from None
