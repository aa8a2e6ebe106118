"""Text with a unit in, bare floats in base units out."""

import contextlib
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.errors import UnitError
from ketacourse.quantity import (
    EVERYDAY,
    ITSELF,
    conversion_factor,
    parse_quantity,
    registry,
)

REFUSED = [
    (40, "h", "40 has no unit"),
    (True, "h", "True has no unit"),
    (None, "h", "None has no unit"),
    ("40", "h", "'40' has no unit"),
    ("min", "h", "does not start with a number"),
    ("", "h", "does not start with a number"),
    ("nan h", "h", "does not start with a number"),
    ("inf h", "h", "does not start with a number"),
    ("1e999 h", "h", "not a finite number"),
    ("40 kg", "h", "'kg' cannot be expressed in h"),
    ("40 furlongz", "h", "not known"),
    ("0,5 mg/kg", "mg/kg", "is not a unit"),
    ("40 min*3", "h", "is not a unit"),
    ("40 min + 3 min", "h", "is not a unit"),
    ("4" * 61 + " h", "h", "does not start with a number"),
]


@pytest.mark.parametrize(("text", "target", "says"), REFUSED)
def test_what_is_no_quantity_is_refused_with_a_remedy(text: object, target: str, says: str) -> None:
    with pytest.raises(UnitError, match=says) as caught:
        parse_quantity(text, target)
    assert target in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "target", "value"),
    [
        ("40 min", "h", 2 / 3),
        ("0.5mg/kg", "mg/kg", 0.5),
        ("500 ug/kg", "mg/kg", 0.5),
        ("  72 kg ", "kg", 72.0),
        ("6 mg/L", "mg/dL", 0.6),
        ("128 mmHg", "mmHg", 128.0),
        ("1e1 d", "h", 240.0),
        ("2 mL/min/kg", "L/h/kg", 0.12),
    ],
)
def test_a_quantity_is_read_in_the_unit_asked_for(text: str, target: str, value: float) -> None:
    assert parse_quantity(text, target) == pytest.approx(value, rel=1e-12)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9))
def test_a_number_written_with_its_unit_is_read_back(number: float) -> None:
    assert parse_quantity(f"{number!r} mg", "mg") == number


@given(
    st.floats(min_value=1e-6, max_value=1e6),
    st.sampled_from([("min", "h"), ("lb", "kg"), ("mg/kg", "ug/kg"), ("kPa", "mmHg")]),
)
def test_there_and_back_changes_nothing(number: float, units: tuple[str, str]) -> None:
    one, other = units
    there = parse_quantity(f"{number!r} {one}", other)
    assert there * conversion_factor(other, one) == pytest.approx(number, rel=1e-12)


@given(st.text(max_size=30))
def test_any_text_is_a_finite_number_or_a_unit_error(text: str) -> None:
    with contextlib.suppress(UnitError):
        assert math.isfinite(parse_quantity(text, "h"))


@pytest.mark.parametrize(("unit", "target"), [*((u, u) for u in sorted(ITSELF)), *EVERYDAY])
def test_factors_kept_at_hand_are_those_of_the_library(unit, target):
    ours = conversion_factor(unit, target)
    assert ours == pytest.approx(registry().Quantity(1.0, unit).to(target).magnitude, rel=1e-15)


def test_the_numbers_of_the_model_load_without_the_library_of_units():
    code = (
        "import sys; from ketacourse.evidence.catalogue import load_catalogue; load_catalogue();"
        "sys.exit('pint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
