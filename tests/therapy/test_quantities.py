"""Quantities of the case file: closed lists of units that agree with the unit registry."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.errors import InputError, UnitError
from ketacourse.quantity import conversion_factor
from ketacourse.therapy import quantities as q
from ketacourse.therapy.quantities import Quantity

KINDS = [value for value in vars(q).values() if isinstance(value, Quantity)]

BASE = [
    (q.AGE, "year"), (q.WEIGHT, "kg"), (q.HEIGHT, "cm"), (q.CRP, "mg/L"), (q.IL6, "pg/mL"),
    (q.SBP, "mmHg"), (q.DBP, "mmHg"), (q.DURATION, "h"), (q.THERAPY_DURATION, "h"),
    (q.HORIZON, "d"), (q.SPO2, "percent"), (q.BREATHS, "1/min"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "base"), BASE, ids=lambda v: getattr(v, "label", v))
def test_factors_agree_with_the_unit_registry(kind: Quantity, base: str) -> None:
    for unit, factor in kind.units.items():
        name = f"1{unit}" if unit.startswith("/") else unit
        assert conversion_factor(name, base) == pytest.approx(factor, rel=1e-9)


def test_dose_factors_agree_with_the_unit_registry() -> None:
    for unit, factor in q.DOSE.units.items():
        base = "mg/kg" if unit.endswith("/kg") else "mg"
        assert conversion_factor(unit, base) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.label)
def test_the_example_of_a_quantity_is_read(kind: Quantity) -> None:
    value, unit = kind.split(kind.example)
    assert unit in kind.units
    assert kind.bounds is None or kind.bounds.holds(value)


@given(st.sampled_from(KINDS), st.text(max_size=15) | st.from_regex(q.NUMBER + " ?[a-zA-Z/%]{0,6}"))
def test_schema_pattern_and_reader_agree_on_every_text(kind: Quantity, text: str) -> None:
    matches = re.search(kind.pattern.replace("$", r"\Z"), text) is not None
    try:
        kind.split(text)
    except UnitError:
        assert not matches
    else:
        assert matches


@given(st.floats(min_value=1.0, max_value=120.0))
def test_a_number_with_its_unit_is_read_back(number: float) -> None:
    assert q.AGE.parse(f"{number!r} years") == number


@pytest.mark.parametrize("value", [40, 4.5, True, None, ["40 min"], {"value": 40}])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(UnitError, match=r"The duration (has no unit|is not a quantity)"):
        q.DURATION.parse(value)


def test_a_quantity_out_of_bounds_names_value_interval_and_reason() -> None:
    with pytest.raises(InputError, match=r"Weight is 720 kg\. Give 20 to 400 kg: body weights"):
        q.WEIGHT.parse("720 kg")
