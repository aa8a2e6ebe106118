"""Quantities of the case file: a number with one of the units a clinic writes.

A closed list of units, rather than every unit there is: a case file is checked against
the same list by its JSON Schema, and a slip such as ``40 m`` for ``40 min`` is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ketacourse.errors import UnitError
from ketacourse.therapy.bounds import (
    AGE_YEARS,
    CRP_MG_PER_L,
    DBP_MMHG,
    HEART_RATE_BPM,
    HEIGHT_CM,
    HORIZON_DAYS,
    IL6_PG_PER_ML,
    RESPIRATORY_RATE,
    SBP_MMHG,
    SPO2_PERCENT,
    THERAPY_DURATION_H,
    WEIGHT_KG,
    Bounds,
)

NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = re.compile(NUMBER)
_LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One kind of quantity in a case file.

    Parameters
    ----------
    label
        What is measured.
    units
        Accepted unit to the factor that turns it into the base unit.
    example
        A value as it is written.
    bounds
        Hard bounds in the base unit, None where they depend on something else.
    """

    label: str
    units: Mapping[str, float]
    example: str
    bounds: Bounds | None = None

    def parse(self, text: object) -> float:
        """Return the number in ``text``, in the base unit.

        Raises
        ------
        UnitError
            If the number or the unit is missing, or the unit is not one of the list.
        OutOfRangeError
            If the number lies outside the hard bounds.
        """
        value, _ = self.split(text)
        if self.bounds is not None:
            self.bounds.check(value)
        return value

    def split(self, text: object) -> tuple[float, str]:
        """Return the number in ``text``, in the base unit, and the unit it was given in."""
        if isinstance(text, bool) or not isinstance(text, str):
            problem = "has no unit" if _is_number(text) else "is not a quantity"
            raise UnitError(f"{self.label} {problem}.", remedy=self.remedy)
        stripped = text.strip()
        found = _NUMBER.match(stripped)
        if found is None or len(stripped) > _LONGEST:
            raise UnitError(f"{self.label} does not start with a number.", remedy=self.remedy)
        unit = stripped[found.end() :].strip()
        if not unit:
            raise UnitError(f"{self.label} has no unit.", remedy=self.remedy)
        if unit not in self.units:
            raise UnitError(f"{self.label} cannot be read in '{unit}'.", remedy=self.remedy)
        return float(found.group()) * self.units[unit], unit

    @property
    def remedy(self) -> str:
        """Return how the quantity is written."""
        names = ", ".join(self.units)
        return f'Write it as a text such as "{self.example}"; units: {names}.'

    @property
    def pattern(self) -> str:
        """Return the regular expression of accepted texts (ECMA 262, for JSON Schema)."""
        names = "|".join(re.escape(u).replace("/", r"\/") for u in self.units)
        return rf"^\s*{NUMBER}\s*(?:{names})\s*$".replace(r"\/", "/")

    @property
    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of a field that holds this quantity."""
        interval = f", {self.bounds.interval}" if self.bounds is not None else ""
        return {
            "type": "string",
            "pattern": self.pattern,
            "maxLength": _LONGEST,
            "description": f"{self.label} with its unit{interval}",
            "examples": [self.example],
        }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_PER_MINUTE = {"/min": 1.0, "1/min": 1.0}
_MINUTES = {"min": 1.0 / 60.0, "h": 1.0, "s": 1.0 / 3600.0}
_MMHG = {"mmHg": 1.0, "kPa": 7.500615758456564}

AGE = Quantity(label="Age", units={"years": 1.0, "year": 1.0}, example="44 years", bounds=AGE_YEARS)
WEIGHT = Quantity(
    label="Weight", units={"kg": 1.0, "g": 1e-3, "lb": 0.45359237}, example="72 kg",
    bounds=WEIGHT_KG,
)  # fmt: skip
HEIGHT = Quantity(
    label="Height", units={"cm": 1.0, "m": 100.0, "in": 2.54}, example="178 cm", bounds=HEIGHT_CM
)
CRP = Quantity(
    label="CRP", units={"mg/L": 1.0, "mg/l": 1.0, "mg/dL": 10.0, "mg/dl": 10.0},
    example="6 mg/L", bounds=CRP_MG_PER_L,
)  # fmt: skip
IL6 = Quantity(
    label="IL-6", units={"pg/mL": 1.0, "pg/ml": 1.0, "ng/L": 1.0, "ng/l": 1.0},
    example="2.5 pg/mL", bounds=IL6_PG_PER_ML,
)  # fmt: skip
SBP = Quantity(label="Systolic pressure", units=_MMHG, example="128 mmHg", bounds=SBP_MMHG)
DBP = Quantity(label="Diastolic pressure", units=_MMHG, example="82 mmHg", bounds=DBP_MMHG)
HEART_RATE = Quantity(
    label="Heart rate", units={"bpm": 1.0, **_PER_MINUTE}, example="72 bpm", bounds=HEART_RATE_BPM
)
SPO2 = Quantity(
    label="Oxygen saturation", units={"%": 1.0, "percent": 1.0}, example="98 %",
    bounds=SPO2_PERCENT,
)  # fmt: skip
BREATHS = Quantity(
    label="Respiratory rate", units=_PER_MINUTE, example="14 /min", bounds=RESPIRATORY_RATE
)
DOSE = Quantity(
    label="The dose",
    units={"mg/kg": 1.0, "ug/kg": 1e-3, "mcg/kg": 1e-3, "mg": 1.0, "ug": 1e-3, "mcg": 1e-3},
    example="0.5 mg/kg",
)
DURATION = Quantity(label="The duration", units=_MINUTES, example="40 min")
THERAPY_DURATION = Quantity(
    label="The duration", units=_MINUTES, example="60 min", bounds=THERAPY_DURATION_H
)
HORIZON = Quantity(
    label="The horizon",
    units={"d": 1.0, "day": 1.0, "days": 1.0, "week": 7.0, "weeks": 7.0},
    example="84 d",
    bounds=HORIZON_DAYS,
)
