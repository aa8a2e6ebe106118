"""Units at the edge: text with a unit in, bare floats in base units out.

Inside the package all quantities are plain floats in base units: h, mg, L, kg,
umol, umol/L, mmHg, points. Conversion happens once, here.
"""

import math
import re
from functools import cache
from typing import Any

from ketacourse.errors import UnitError

_NAME = r"(?:[A-Za-z\u00b5\u03bc%]+(?:(?:\^|\*\*)-?[0-9.]+)?)"
_UNIT = re.compile(rf"(?:1\s*/\s*)?{_NAME}(?:\s*[*/\u00b7]\s*{_NAME})*")
"""Names joined by products and quotients: a second number, as in ``min*3``, is no unit."""


ITSELF = frozenset({
    "1", "1/(min*mmHg)", "1/h", "1/min", "1/week", "L", "L/h", "L/h/year", "L/kg", "L/min",
    "L/umol", "cm", "count", "d", "day", "g/mol", "h", "kg/m**2", "mg", "mg/L", "mg/kg", "mg/kg/h",
    "min", "mmHg", "month", "percent", "pg/mL", "point", "umol/L", "year",
})  # fmt: skip
"""Units that are asked for in themselves again and again."""
EVERYDAY = {
    ("1/min", "1/h"): 60.0,
    ("L/min", "L/h"): 60.0,
    ("min", "h"): 1.0 / 60.0,
    ("hour", "day"): 1.0 / 24.0,
    ("month", "day"): 30.4375,
    ("day", "month"): 1.0 / 30.4375,
}
"""Factors that nearly every run needs. With them it does without the library of units, which takes
a third of the time that the program needs to start."""


@cache
def registry() -> Any:
    """Return the one unit registry, with the clinic's own units."""
    import pint

    units: Any = pint.UnitRegistry(cache_folder=None, autoconvert_offset_to_baseunit=False)
    units.define("point = [scale_point]")
    units.define("percent_of_baseline = [] = pob")
    units.define("session = [session_count]")
    return units


@cache
def conversion_factor(unit: str, target: str) -> float:
    """Return the factor that turns ``unit`` into ``target``.

    Raises
    ------
    UnitError
        If either unit is unknown or the two measure different things.

    Examples
    --------
    >>> conversion_factor("min", "h") * 40
    0.6666666666666666
    """
    if unit == target and unit in ITSELF:
        return 1.0
    if (unit, target) in EVERYDAY:
        return EVERYDAY[unit, target]
    import pint

    units = registry()
    try:
        return float(units.Quantity(1.0, unit).to(target).magnitude)
    except pint.UndefinedUnitError as error:
        raise UnitError(
            f"The unit in '{unit}' or '{target}' is not known: {error}.",
            remedy="Use units such as mg, mg/kg, min, h, L/h, umol/L or mmHg.",
        ) from None
    except pint.DimensionalityError:
        raise UnitError(
            f"'{unit}' cannot be expressed in {target}.",
            remedy=f"Give a unit that measures the same thing as {target}.",
        ) from None
    except Exception as error:  # noqa: BLE001 - pint lets errors of many kinds through
        raise UnitError(
            f"'{unit}' is not a unit ({error}).",
            remedy=f"Give a unit that measures the same thing as {target}.",
        ) from None


def parse_quantity(text: object, target: str) -> float:
    """Return the number in ``text`` expressed in ``target``.

    Parameters
    ----------
    text
        A number followed by its unit, such as ``"0.5 mg/kg"`` or ``"40 min"``.
    target
        Unit of the returned float.

    Raises
    ------
    UnitError
        If the unit is missing, unknown or of another kind, or the number is not finite.

    Examples
    --------
    >>> parse_quantity("40 min", "h")
    0.6666666666666666
    """
    remedy = f"Write a number and a unit that measures {target}, for example '1 {target}'."
    if isinstance(text, bool) or not isinstance(text, str):
        raise UnitError(f"{text!r} has no unit.", remedy=remedy)
    number, unit = _split(text)
    if number is None:
        raise UnitError(f"'{text}' does not start with a number.", remedy=remedy)
    if not unit:
        raise UnitError(f"'{text}' has no unit.", remedy=remedy)
    if not _UNIT.fullmatch(unit):
        raise UnitError(f"'{unit}' in '{text}' is not a unit.", remedy=remedy)
    value = number * conversion_factor(unit, target)
    if not math.isfinite(value):
        raise UnitError(f"'{text}' is not a finite number.", remedy=remedy)
    return value


def _split(text: str) -> tuple[float | None, str]:
    stripped = text.strip()
    if len(stripped) > 60:
        return None, ""
    end = 0
    while end < len(stripped) and stripped[end] in "+-0123456789.eE":
        end += 1
    while end > 0:
        try:
            return float(stripped[:end]), stripped[end:].strip()
        except ValueError:
            end -= 1
    return None, ""
