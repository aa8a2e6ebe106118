"""One dose: what may be given, and how much that is."""

import math

import pytest

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.therapy.dose import AMOUNT_MG, AMOUNT_PER_KG, DURATION_H, ROUTES, Dose

INFUSION = Dose(route="iv_infusion", amount_mg_per_kg=0.5, duration_h=2 / 3)


def test_a_dose_per_kilogram_grows_with_weight() -> None:
    assert INFUSION.total_mg(60.0) == 30.0
    assert INFUSION.total_mg(120.0) == 60.0
    assert INFUSION.total_mg_per_kg(120.0) == 0.5


def test_a_whole_dose_is_the_same_at_any_weight() -> None:
    dose = Dose(drug="esketamine", route="intranasal", amount_mg=84.0)
    assert dose.total_mg(50.0) == dose.total_mg(100.0) == 84.0
    assert dose.total_mg_per_kg(100.0) == 0.84


@pytest.mark.parametrize("amounts", [{}, {"amount_mg": 40.0, "amount_mg_per_kg": 0.5}])
def test_exactly_one_amount_is_given(amounts: dict[str, float]) -> None:
    with pytest.raises(InputError, match="exactly one of amount_mg and amount_mg_per_kg"):
        Dose(route="im", **amounts)


def test_a_dose_of_zero_stands_for_a_session_without_drug() -> None:
    assert Dose(route="im", amount_mg_per_kg=0.0).total_mg(70.0) == 0.0


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("amount", [-0.1, math.nan, math.inf, 100.0])
def test_an_impossible_dose_per_kilogram_is_refused(route, amount: float) -> None:
    duration_h = DURATION_H[route].minimum
    with pytest.raises(OutOfRangeError, match=r"Give 0 to .* mg/kg"):
        Dose(route=route, amount_mg_per_kg=amount, duration_h=duration_h)


@pytest.mark.parametrize("route", ROUTES)
def test_the_largest_whole_dose_is_the_one_per_kilogram_of_a_heavy_patient(route) -> None:
    assert AMOUNT_MG[route].maximum == AMOUNT_PER_KG[route].maximum * 150.0


@pytest.mark.parametrize(
    ("route", "duration_h"),
    [("iv_infusion", 0.0), ("iv_infusion", 101.0), ("im", 1.0), ("iv_bolus", -0.01)],
)
def test_an_impossible_time_is_refused(route, duration_h: float) -> None:
    with pytest.raises(OutOfRangeError, match="The time of the"):
        Dose(route=route, amount_mg_per_kg=0.5, duration_h=duration_h)


def test_a_ten_second_push_is_possible() -> None:
    assert Dose(route="iv_bolus", amount_mg=20.0, duration_h=10 / 3600).label == (
        "20 mg ketamine, intravenous bolus over 10 s"
    )


def test_an_unknown_drug_or_route_is_refused_with_the_choices() -> None:
    with pytest.raises(InputError, match="arketamine"):
        Dose(drug="esketamin", route="im", amount_mg=1.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="sublingual"):
        Dose(route="rectal", amount_mg=1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("weight_kg", [0.0, -70.0, math.nan])
def test_a_dose_needs_a_body_weight(weight_kg: float) -> None:
    with pytest.raises(OutOfRangeError, match="positive body weight"):
        INFUSION.total_mg(weight_kg)
