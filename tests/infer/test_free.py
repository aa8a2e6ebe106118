"""Parameters on the scale where an estimation moves them."""

import pytest

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.infer.free import free_parameter


@pytest.mark.parametrize("name", ["mood.rate", "placebo.care_trial", "plasticity.met_deficit"])
def test_a_value_survives_the_way_to_the_unbounded_scale_and_back(name):
    parameter = load_catalogue().parameter(name)
    free = free_parameter(parameter)
    assert free.natural(free.free(parameter.typical)) == pytest.approx(parameter.typical)


def test_a_positive_parameter_moves_on_the_log_scale():
    assert free_parameter(load_catalogue().parameter("mood.rate")).scale == "log"


def test_the_prior_is_centred_on_the_typical_value():
    parameter = load_catalogue().parameter("glutamate.ampa_off")
    free = free_parameter(parameter)
    assert free.natural(free.mean) == pytest.approx(parameter.typical)


def test_a_parameter_without_an_interval_cannot_be_free():
    with pytest.raises(InputError, match="has no interval"):
        free_parameter(load_catalogue().parameter("glutamate.surge_reference"))
