"""Draws mean what the catalogue says, and belong to seed and name."""

import numpy as np
import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.uncertainty import (
    belief_quantiles,
    draw_belief,
    draw_between_patients,
    stream,
)

MANY = 40_000


@pytest.mark.parametrize(
    "name", ["receptors.kd", "mood.coping_gain", "structure.mature_time", "safety.sbp_max"]
)
def test_the_median_is_typical_and_5_percent_lie_beyond_each_end(name):
    parameter = load_catalogue().parameter(name)
    drawn = draw_belief(parameter, count=MANY, seed=1, unit=parameter.unit)
    spread = parameter.upper - parameter.lower
    assert np.median(drawn) == pytest.approx(parameter.typical, abs=0.02 * spread)
    assert np.mean(drawn < parameter.lower) == pytest.approx(0.05, abs=0.005)
    assert np.mean(drawn > parameter.upper) == pytest.approx(0.05, abs=0.005)


def test_a_fixed_parameter_does_not_vary():
    parameter = load_catalogue().parameter("mood.rebound")
    assert (draw_belief(parameter, count=9, seed=1, unit="point") == parameter.typical).all()


def test_draws_stay_within_the_hard_bounds():
    for parameter in load_catalogue().parameters.values():
        drawn = draw_belief(parameter, count=400, seed=2, unit=parameter.unit)
        assert ((drawn >= parameter.minimum) & (drawn <= parameter.maximum)).all(), parameter.name


def test_draws_come_in_the_unit_that_was_asked_for():
    parameter = load_catalogue().parameter("receptors.kd")
    micro = draw_belief(parameter, count=5, seed=1, unit="umol/L")
    nano = draw_belief(parameter, count=5, seed=1, unit="nmol/L")
    assert nano == pytest.approx(1000.0 * micro)


def test_more_draws_begin_with_the_same_draws():
    parameter = load_catalogue().parameter("receptors.kd")
    few, many = (draw_belief(parameter, count=n, seed=1, unit="umol/L") for n in (10, 1000))
    assert (many[:10] == few).all()


def test_another_seed_and_another_name_give_other_draws():
    first, same, seed, name = (
        stream(s, n).random(4) for s, n in ((1, "a"), (1, "a"), (2, "a"), (1, "b"))
    )
    assert (first == same).all()
    assert not (first == seed).any()
    assert not (first == name).any()


def test_people_differ_by_the_published_coefficient_of_variation():
    parameter = load_catalogue().parameter("safety.sbp_max")
    factors = draw_between_patients(parameter, count=MANY, seed=1)
    assert np.median(factors) == pytest.approx(1.0, abs=0.02)
    assert np.std(factors) / np.mean(factors) == pytest.approx(parameter.bsv_cv, rel=0.05)


def test_without_published_spread_people_are_alike():
    parameter = load_catalogue().parameter("receptors.kd")
    assert (draw_between_patients(parameter, count=5, seed=1) == 1.0).all()


def test_quantiles_rise_and_ten_of_them_end_where_the_interval_does():
    found = load_catalogue().parameter("carry_over.hads")
    values = belief_quantiles(found, count=10, unit="1")
    assert (np.diff(values) > 0.0).all()
    assert (values[0], values[-1]) == pytest.approx((found.lower, found.upper))


def test_quantiles_of_a_fixed_parameter_are_its_value():
    found = load_catalogue().parameter("replicate.tail_start")
    assert belief_quantiles(found, count=3, unit="h").tolist() == [found.typical] * 3
