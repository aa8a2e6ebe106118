"""Patients differ as stated: medians stay, spreads are met, correlations hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.variability import (
    CLASSES,
    ResponseClasses,
    correlation_factor,
    draw_deviations,
    draw_session_factors,
    effect_spreads,
    response_classes,
    spread_share,
    variability_values,
)

MANY = 40_000
CATALOGUE = load_catalogue()
ODDS = {"weak": 0.2, "partial": 1.0, "full": 3.0}


def deviations(correlations, names=("a", "b", "c"), count=MANY):
    return draw_deviations(names, correlations, seed=1, first=0, count=count)


def sessions(n=6, **changes):
    options = {"seed": 1, "first": 0, "count": MANY, "catalogue": CATALOGUE} | changes
    return draw_session_factors(n, **options)


def test_deviations_have_the_stated_correlation_and_unit_spread():
    drawn = deviations({("a", "c"): 0.6})
    assert np.corrcoef(drawn["a"], drawn["c"])[0, 1] == pytest.approx(0.6, abs=0.02)
    assert np.corrcoef(drawn["a"], drawn["b"])[0, 1] == pytest.approx(0.0, abs=0.02)
    assert [z.std() for z in drawn.values()] == pytest.approx([1.0, 1.0, 1.0], abs=0.02)


def test_a_correlation_leaves_the_other_deviations_as_they_were():
    free, tied = deviations({}), deviations({("a", "c"): 0.6})
    assert np.array_equal(free["b"], tied["b"])
    assert np.array_equal(free["a"], tied["a"])


def test_deviations_of_a_patient_are_the_same_in_any_chunk():
    whole = deviations({("a", "b"): -0.5})
    part = draw_deviations(("a", "b", "c"), {("a", "b"): -0.5}, seed=1, first=777, count=9)
    for name, z in part.items():
        assert np.array_equal(z, whole[name][777:786])


@pytest.mark.parametrize(
    ("correlations", "problem"),
    [
        ({("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}, "not positive definite"),
        ({("a", "b"): 1.0}, "correlation of 'a' and 'b' is 1.0"),
        ({("a", "b"): float("nan")}, "correlation of 'a' and 'b' is nan"),
        ({("a", "a"): 0.5}, "two different deviations"),
        ({("a", "z"): 0.5}, "names the deviation 'z'"),
    ],
)
def test_impossible_correlations_are_refused(correlations, problem):
    with pytest.raises(InputError, match=problem):
        deviations(correlations, count=2)


def test_the_factor_times_its_transpose_is_the_correlation_matrix():
    factor = correlation_factor(("a", "b"), {("a", "b"): 0.3})
    assert factor @ factor.T == pytest.approx(np.array([[1.0, 0.3], [0.3, 1.0]]))


@given(share=st.floats(1e-6, 0.94), log_odds=st.floats(-30, 30))
def test_a_share_never_reaches_its_cap_and_keeps_its_order(share, log_odds):
    moved = spread_share(np.array([share, share]), np.array([log_odds, log_odds + 1.0]), cap=0.95)
    assert 0.0 < moved[0] <= moved[1] <= 0.95


def test_a_share_without_deviation_stays_and_one_of_nothing_stays_nothing():
    assert spread_share(0.31, 0.0, cap=0.95) == pytest.approx(0.31)
    assert spread_share(np.array([0.0, -0.05]), 2.0).tolist() == [0.0, -0.05]


def test_odds_relative_to_the_cap_are_multiplied():
    moved = float(spread_share(0.31, np.log(3.0), cap=0.95))
    assert moved / (0.95 - moved) == pytest.approx(3.0 * 0.31 / (0.95 - 0.31))


def test_a_share_above_its_cap_is_refused():
    with pytest.raises(OutOfRangeError, match="share of 0.97 is not below its cap of 0.95"):
        spread_share(0.97, 0.0, cap=0.95)


def test_classes_come_in_their_shares():
    classes = response_classes(variability_values(CATALOGUE))
    drawn = classes.draw(seed=1, first=0, count=MANY)
    expected = [97 / 328, 96 / 328, 135 / 328]
    assert np.bincount(drawn) / MANY == pytest.approx(expected, abs=0.01)


def test_the_partial_class_has_the_typical_odds():
    classes = response_classes(variability_values(CATALOGUE))
    weak, partial, full = classes.log_odds(np.arange(3, dtype=np.int8))
    assert weak < partial < full
    assert partial == 0.0


@pytest.mark.parametrize(
    ("shares", "problem"),
    [
        ({"weak": 0.3, "partial": 0.3, "full": 0.3}, "shares of 'classes' add up to 0.9"),
        ({"weak": 0.5, "full": 0.5}, "'partial' has the share None"),
        ({"weak": -0.1, "partial": 0.6, "full": 0.5}, "'classes.weak' is -0.1"),
        ({"none": 0.3, "partial": 0.3, "full": 0.4}, "'classes' names 'none'"),
    ],
)
def test_impossible_classes_are_refused(shares, problem):
    with pytest.raises(InputError, match=problem):
        ResponseClasses(shares=shares, odds=ODDS)


def test_odds_of_zero_are_refused():
    shares = dict.fromkeys(CLASSES, 1.0 / 3.0)
    with pytest.raises(InputError, match="'weak' has the share .* and the odds 0"):
        ResponseClasses(shares=shares, odds={**ODDS, "weak": 0.0})


def test_a_believed_value_replaces_the_typical_one():
    assert variability_values(CATALOGUE, {"variability.gain": 0.1})["variability.gain"] == 0.1


def test_patients_and_sessions_share_the_whole_spread_of_pressure():
    values = variability_values(CATALOGUE)
    between, _ = effect_spreads("pressure", values, CATALOGUE)
    within = np.log(sessions().pressure).std()
    cv = CATALOGUE.parameter("safety.sbp_max").bsv_cv
    assert between**2 + within**2 == pytest.approx(np.log1p(cv**2), rel=0.02)


def test_factors_on_effects_have_mean_one_and_on_exposure_median_one():
    drawn = sessions()
    assert drawn.pressure.mean() == pytest.approx(1.0, abs=0.01)
    assert drawn.dissociation.mean() == pytest.approx(1.0, abs=0.01)
    assert np.median(drawn.exposure) == pytest.approx(1.0, abs=0.005)


def test_a_session_is_the_same_however_many_follow_and_whatever_the_chunk():
    six, part = sessions(6), sessions(2, first=100, count=10)
    assert np.array_equal(part.exposure, six.exposure[:2, 100:110])
    assert np.array_equal(part.pressure, six.pressure[:2, 100:110])


def test_sessions_of_a_patient_are_independent_of_each_other():
    first, second = sessions(2).exposure
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02


def test_without_spread_all_sessions_are_alike():
    alike = sessions(3, spread=0.0, count=5)
    assert (alike.exposure == 1.0).all()
    assert (alike.pressure == 1.0).all()


def test_a_negative_number_of_sessions_is_refused():
    with pytest.raises(InputError, match="number of sessions is -1"):
        sessions(-1)
