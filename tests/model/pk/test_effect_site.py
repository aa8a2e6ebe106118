"""Effect sites follow the plasma and hold no drug."""

import numpy as np
import pytest

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.model.pk.compartments import Transfer, assemble
from ketacourse.model.pk.effect_site import with_effect_site
from ketacourse.model.pk.linear import Inflow, solve_linear, with_amounts, with_elimination_sink

BLOOD = assemble(
    transfers=[
        Transfer(source="s", target=None, rate=2.0),
        Transfer(source="r", target=None, rate=1.0),
    ],
    channels={"s": "s", "r": "r"},
    outputs={"s": {"s": 0.1}, "r": {"r": 0.1}},
)


def test_effect_site_follows_its_closed_form():
    driven = with_effect_site(BLOOD, {"block": {"s": 1.0}}, ke0_per_h=12.0)
    found = solve_linear(driven, [Inflow("s", 0.0, 0.0, 10.0)], [0.1, 1.0])
    t = np.array([0.1, 1.0])
    expected = 12.0 / (12.0 - 2.0) * (np.exp(-2.0 * t) - np.exp(-12.0 * t))
    np.testing.assert_allclose(found[:, driven.output_index("driver.block")], expected, rtol=1e-10)


def test_effect_site_reaches_the_weighted_sum_under_a_long_infusion():
    weights = {"s": 1.0, "r": 0.25}
    driven = with_effect_site(BLOOD, {"block": weights}, ke0_per_h=12.0)
    long = [Inflow("s", 0.0, 100.0, 1000.0), Inflow("r", 0.0, 100.0, 1000.0)]
    s, r, site = solve_linear(driven, long, [99.0])[0]
    assert site == pytest.approx(s + 0.25 * r, rel=1e-9)


def test_effect_site_takes_no_drug():
    driven = with_elimination_sink(with_effect_site(BLOOD, {"d": {"s": 1.0}}, ke0_per_h=12.0))
    amounts = solve_linear(with_amounts(driven), [Inflow("s", 0.0, 0.0, 10.0)], [0.7])[0]
    held = [a for a, s in zip(amounts, driven.states, strict=True) if s not in driven.observers]
    assert sum(held) == pytest.approx(10.0, rel=1e-12)


def test_each_driver_and_patient_may_have_its_own_rate():
    rates = {"fast": np.array([30.0, 60.0]), "slow": 6.0}
    driven = with_effect_site(BLOOD, {"fast": {"s": 1.0}, "slow": {"s": 1.0}}, ke0_per_h=rates)
    found = solve_linear(driven, [Inflow("s", 0.0, 0.0, 10.0)], [0.02])[:, 0, 2:]
    assert found[1, 0] > found[0, 0] > found[0, 1]
    assert found[0, 1] == pytest.approx(found[1, 1], rel=1e-12)


def test_unknown_output_is_refused():
    with pytest.raises(InputError, match="no output 'plasma'"):
        with_effect_site(BLOOD, {"d": {"plasma": 1.0}}, ke0_per_h=12.0)


def test_driver_without_rate_is_refused():
    with pytest.raises(InputError, match="driver 'd' has no ke0"):
        with_effect_site(BLOOD, {"d": {"s": 1.0}}, ke0_per_h={"e": 12.0})


@pytest.mark.parametrize("ke0", [0.0, -1.0, float("nan"), float("inf")])
def test_rate_that_is_no_rate_is_refused(ke0):
    with pytest.raises(OutOfRangeError, match="ke0 of the driver 'd' is not a positive number"):
        with_effect_site(BLOOD, {"d": {"s": 1.0}}, ke0_per_h=ke0)


def test_drivers_alone_are_the_same_without_the_outputs_that_drive_them():
    drivers = {"block": {"s": 1.0, "r": 0.25}}
    long = [Inflow("s", 0.0, 2.0, 10.0), Inflow("r", 0.0, 2.0, 10.0)]
    whole = with_effect_site(BLOOD, drivers, ke0_per_h=12.0)
    alone = with_effect_site(BLOOD, drivers, ke0_per_h=12.0, alone=True)
    assert alone.outputs == ("driver.block",)
    times = [0.5, 1.0, 3.0]
    assert np.array_equal(solve_linear(alone, long, times), solve_linear(whole, long, times)[:, 2:])
