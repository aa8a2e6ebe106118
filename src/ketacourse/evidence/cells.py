"""What one cell of an observation table may hold, and how it is read.

Every reader takes the text of a cell and returns a value, or raises ``ValueError`` with
the problem in words; the loader adds the file, the line and the column.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ketacourse.errors import UnitError
from ketacourse.quantity import conversion_factor

Reader = Callable[[str], Any]

NUMBER = r"[+-]?\d+(?:\.\d+)?"
EXACT = re.compile(NUMBER)
BOUND = re.compile(rf"(<=|>=|<|>)\s*({NUMBER})")
RANGE = re.compile(rf"({NUMBER})(?:-| to )({NUMBER}|NE)")

STATISTICS = frozenset(
    {
        "alpha", "bpm", "case", "cases", "cohens_d", "count", "hazard_ratio", "hedges_g",
        "madrs_points", "MADRS_points_per_CADSS_point", "odds_ratio", "p_value", "patients",
        "pearson_r", "per_1000_administrations", "per_1000_persons", "per_1000_vs_placebo",
        "percent_of_infusions", "percent_of_nonearly_improvers", "percent_of_patients",
        "percent_of_remitters", "percent_of_responders", "percent_of_sessions",
        "percent_of_users", "persons", "points", "points_0_92", "qualitative",
        "qualitative_no_increase", "ratio", "rho", "sd_units", "sign_of_correlation", "smd",
        "smd_per_h",
    }
)  # fmt: skip
"""Units of statistics and counts, which no unit library knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was printed: a number, a range, a bound, or words.

    Parameters
    ----------
    text
        The cell as it stands.
    low, high
        Ends of what the text says; equal for a number, infinite for an open bound, and
        None for words.
    """

    text: str
    low: float | None = None
    high: float | None = None

    @property
    def number(self) -> float | None:
        """Return the number, or None where the text is a range, a bound or words."""
        return self.low if self.low == self.high else None

    def __str__(self) -> str:
        return self.text


def reading(text: str) -> Reading | None:
    """Read a number, a range, a bound or words; an empty cell is None.

    Examples
    --------
    >>> reading("97-NE").high
    inf
    >>> reading("<=0.5").number is None
    True
    """
    if not text:
        return None
    if EXACT.fullmatch(text):
        return Reading(text=text, low=float(text), high=float(text))
    if found := BOUND.fullmatch(text):
        end = float(found[2])
        below = found[1].startswith("<")
        return Reading(text=text, low=-math.inf if below else end, high=end if below else math.inf)
    if found := RANGE.fullmatch(text):
        low, high = float(found[1]), math.inf if found[2] == "NE" else float(found[2])
        if low > high:
            raise ValueError(f"the range '{text}' runs downwards")
        return Reading(text=text, low=low, high=high)
    return Reading(text=text)


def needed(read: Reader) -> Reader:
    """Return a reader that refuses an empty cell."""

    def check(text: str) -> Any:
        if not text:
            raise ValueError("the cell is empty")
        return read(text)

    return check


def words(text: str) -> str:
    """Read any text."""
    return text


def one_of(*allowed: str) -> Reader:
    """Return a reader of one of the allowed words, or of an empty cell."""

    def check(text: str) -> str:
        if text and text not in allowed:
            raise ValueError(f"'{text}' is not one of {', '.join(allowed)}")
        return text

    return check


def yes_or_no(text: str) -> bool:
    """Read ``yes`` or ``no``."""
    if text not in ("yes", "no"):
        raise ValueError(f"'{text}' is neither yes nor no")
    return text == "yes"


def yes_no_or_nothing(text: str) -> bool | None:
    """Read ``yes`` or ``no``; an empty cell is None."""
    return yes_or_no(text) if text else None


def number(*, above: float = -math.inf, at_least: float = -math.inf) -> Reader:
    """Return a reader of a finite number within bounds; an empty cell is None."""

    def check(text: str) -> float | None:
        if not text:
            return None
        if not EXACT.fullmatch(text):
            raise ValueError(f"'{text}' is not a number")
        value = float(text)
        if not (value > above and value >= at_least):
            limit = f"above {above:g}" if above > -math.inf else f"at least {at_least:g}"
            raise ValueError(f"{text} is not {limit}")
        return value

    return check


def count(text: str) -> int | None:
    """Read a positive whole number; an empty cell is None."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError(f"'{text}' is not a positive whole number")
    return int(text)


def days(text: str) -> tuple[float, ...]:
    """Read days in rising order, separated by semicolons.

    Examples
    --------
    >>> days("0;3;7")
    (0.0, 3.0, 7.0)
    """
    if not text:
        return ()
    read = number(at_least=0.0)
    found = tuple(read(part.strip()) for part in text.split(";"))
    if None in found:
        raise ValueError(f"'{text}' has an empty day")
    if any(later <= earlier for earlier, later in pairwise(found)):
        raise ValueError(f"the days '{text}' do not rise")
    return found


def unit(text: str) -> str:
    """Read a unit, the name of a statistic, or several separated by semicolons."""
    for part in filter(None, (p.strip() for p in text.split(";"))):
        if part not in STATISTICS:
            try:
                conversion_factor(part, part)
            except UnitError as error:
                raise ValueError(f"'{part}' is not a unit or a statistic") from error
    return text
