"""Units as Antimony writes them."""

from typing import Any

from ketacourse.quantity import registry

Unit = Any
"""A unit of the package's registry."""

_BASE = {
    "hour": ("h", "3600 second"),
    "minute": ("min", "60 second"),
    "micromole": ("umol", "1e-6 mole"),
    "liter": ("L", "litre"),
    "milliliter": ("mL", "1e-3 litre"),
    "milligram": ("mg", "1e-3 gram"),
    "picogram": ("pg", "1e-12 gram"),
    "millimeter_Hg": ("mmHg", "133.322387415 pascal"),
    "point": ("point", "dimensionless"),
}
"""Unit of the registry to its symbol and its definition; a scale point is a count."""


def unit_of(text: str) -> Unit:
    """Return the unit a quantity is declared in; ``"1"`` is dimensionless."""
    return registry().Unit("dimensionless" if text == "1" else text)


def unit_id(unit: Unit) -> str:
    """Return the identifier of a unit.

    Examples
    --------
    >>> unit_id(unit_of("umol*h/L")), unit_id(unit_of("1/h")), unit_id(unit_of("1"))
    ('unit_h_umol_per_L', 'unit_per_h', 'dimensionless')
    """
    above, below = _parts(unit)
    if not above and not below:
        return "dimensionless"
    names = [_BASE[n][0] for n in above] + ["per"] * bool(below) + [_BASE[n][0] for n in below]
    return "_".join(["unit", *names])


def unit_definition(unit: Unit) -> str:
    """Return the right-hand side of a unit's definition.

    Examples
    --------
    >>> unit_definition(unit_of("umol/L"))
    '1e-6 mole / (litre)'
    """
    above, below = _parts(unit)
    product = " * ".join(_BASE[n][1] for n in above) or "1"
    return f"{product} / ({' * '.join(_BASE[n][1] for n in below)})" if below else product


def _parts(unit: Unit) -> tuple[list[str], list[str]]:
    """Return the names above and below the line, each as often as its power."""
    powers = sorted((name, int(power)) for name, power in unit._units.items())  # noqa: SLF001
    above = [name for name, power in powers for _ in range(power)]
    below = [name for name, power in powers for _ in range(-power)]
    return above, below
