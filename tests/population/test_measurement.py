"""A score on the form is whole, bounded, and wrong by as much as the evidence says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.population.measurement import (
    Rating,
    latent_scores,
    observe,
    remembered,
)
from ketacourse.therapy.scales import scale

MANY = 40_000


def rated(latent, key="madrs", visit=1, first=0, **options):
    return observe(np.asarray(latent, float), key=key, visit=visit, seed=1, first=first, **options)


@given(latent=st.floats(-20, 80), key=st.sampled_from(["madrs", "phq9", "gad7", "pcl5"]))
def test_a_score_is_whole_and_on_the_scale(latent, key):
    score, form = rated([latent], key)[0], scale(key)
    assert score.dtype == np.int16
    assert form.minimum <= score <= form.maximum


def test_ratings_scatter_by_the_published_error():
    scores = rated(np.full(MANY, 30.3))
    assert scores.mean() == pytest.approx(30.3, abs=0.05)
    assert scores.std() == pytest.approx(np.hypot(2.6, np.sqrt(1 / 12)), rel=0.02)


def test_a_perfect_rating_is_the_rounded_score():
    assert rated([12.4, 12.6], rating=Rating(error_sd=0.0)).tolist() == [12, 13]


def test_a_patient_has_the_same_error_at_a_visit_in_any_chunk_and_arm():
    whole, part = rated(np.full(100, 30.0)), rated(np.full(10, 30.0), first=40)
    assert np.array_equal(part, whole[40:50])
    other_arm = rated(np.full(100, 20.0))
    assert np.abs((whole - 30) - (other_arm - 20)).max() == 0


def test_another_visit_has_another_error():
    one, two = rated(np.full(MANY, 30.0)), rated(np.full(MANY, 30.0), visit=2)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02


def test_a_bias_moves_every_rating():
    biased = rated(np.full(MANY, 30.0), rating=Rating(bias=2.0))
    assert biased.mean() - rated(np.full(MANY, 30.0)).mean() == pytest.approx(2.0, abs=0.01)


def test_raters_who_differ_add_a_spread_that_a_patient_keeps():
    how = Rating(error_sd=0.0, raters=200, rater_sd=3.0)
    one, two = (
        rated(np.full(MANY, 30.0), rating=how),
        rated(np.full(MANY, 30.0), visit=2, rating=how),
    )
    assert one.std() == pytest.approx(3.0, rel=0.15)
    assert np.array_equal(one, two)


def test_one_rater_moves_all_patients_alike():
    scores = rated(np.full(50, 30.0), rating=Rating(error_sd=0.0, rater_sd=3.0))
    assert len(set(scores.tolist())) == 1


def test_belief_in_the_drug_lowers_the_rating_of_those_who_have_it():
    believes = np.array([True, False])
    how = Rating(error_sd=0.0, expectation=1.0)
    assert rated([30.0, 30.0], rating=how, believes=believes).tolist() == [29, 30]


def test_a_self_rating_has_no_rater():
    with pytest.raises(InputError, match="PHQ-9 is filled in by the patient"):
        rated([10.0], "phq9", rating=Rating(rater_sd=1.0, raters=2))


def test_scales_without_a_published_error_take_the_stated_one():
    scores = rated(np.full(MANY, 14.0), "qids_sr16")
    assert scores.std() == pytest.approx(np.hypot(2.0, np.sqrt(1 / 12)), rel=0.02)


def test_a_scale_of_unknown_error_is_refused_unless_one_is_given():
    with pytest.raises(InputError, match="No error of MOAA/S ratings is known"):
        rated([5.0], "moaas")
    assert rated([5.0], "moaas", rating=Rating(error_sd=0.0)).tolist() == [5]


def test_a_nan_is_not_rated():
    with pytest.raises(InputError, match="latent MADRS score at visit 3 is NaN"):
        rated([30.0, np.nan], visit=3)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"error_sd": -1.0}, "'error_sd' is -1.0"),
        ({"rater_sd": float("nan")}, "'rater_sd' is nan"),
        ({"bias": float("inf")}, "'bias' is inf"),
        ({"raters": 0}, "number of raters is 0"),
    ],
)
def test_an_impossible_rating_is_refused(options, problem):
    with pytest.raises(OutOfRangeError, match=problem):
        Rating(**options)


def test_another_scale_follows_from_madrs_by_its_link():
    assert latent_scores(np.array([0.0, 26.0]), "hamd17")[1] == pytest.approx(20.0, abs=0.1)
    with pytest.raises(InputError):
        latent_scores(np.array([20.0]), "cadss")


TIMES = np.array([0.0, 24.0, 48.0, 72.0])
FALL = np.array([[30.0, 20.0, 10.0, 10.0]])


@pytest.mark.parametrize(
    ("visit_h", "recall_h", "expected"),
    [(36.0, 0.0, 15.0), (24.0, 24.0, 25.0), (36.0, 24.0, 20.0), (72.0, 24.0, 10.0),
     (12.0, 24.0, 28.75), (0.0, 168.0, 30.0)],
)  # fmt: skip
def test_a_form_asks_about_the_mean_of_the_time_looked_back_on(visit_h, recall_h, expected):
    found = remembered(TIMES, FALL, np.array([visit_h]), recall_h=recall_h)
    assert found == pytest.approx(np.array([[expected]]))


def test_a_negative_recall_is_refused():
    with pytest.raises(OutOfRangeError, match="recall is -1"):
        remembered(TIMES, FALL, np.array([24.0]), recall_h=-1.0)
