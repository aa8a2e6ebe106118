"""Scores in the terms of the course model."""

import numpy as np
import pytest

from ketacourse.errors import InputError
from ketacourse.forecast.measurement import (
    RECALL_NODES,
    SCALES,
    from_madrs,
    instrument,
    nodes_of,
    seen_of,
    slope_at,
    to_madrs,
)
from ketacourse.therapy.scales import scale
from ketacourse.therapy.score import Score


@pytest.mark.parametrize("key", SCALES)
def test_a_total_goes_to_madrs_and_back(key):
    totals = np.arange(2.0, 18.0)
    assert from_madrs(to_madrs(totals, key), key) == pytest.approx(totals)


def test_self_ratings_look_back_and_clinicians_do_not():
    assert instrument("phq9").recall_days == 14.0
    assert instrument("gad7").recall_days == 14.0
    assert instrument("madrs").recall_days == 0.0


def test_the_error_of_a_linked_scale_is_told_in_madrs_points():
    seen = seen_of([Score(day=1.0, scale="phq9", total=10)])
    error = instrument("phq9").error_sd
    assert seen.error_var[0] == pytest.approx(
        slope_at(np.array([10.0]), "phq9")[0] ** 2 * (error**2 + 1 / 12)
    )


def test_scores_at_the_ends_of_a_scale_are_marked():
    told = [Score(day=1.0, scale="phq9", total=t) for t in (0, 13, 27)]
    assert seen_of(told).bound.tolist() == [-1, 0, 1]


def test_weights_of_every_score_add_up_to_one():
    nodes, now, back = nodes_of(np.array([0.0, 7.0, 7.3]), np.array([0.0, 14.0, 14.0]))
    assert now.sum(axis=1) == pytest.approx(1.0)
    assert back.sum(axis=1) == pytest.approx(1.0)
    assert nodes.size <= 1 + 2 * (RECALL_NODES + 1)
    assert nodes.min() == pytest.approx(7.0 - 14.0 + 0.5)


def test_ratings_of_one_scale_share_their_leaning():
    told = [Score(day=1.0, scale="madrs", total=20), Score(day=2.0, scale="madrs", total=20),
            Score(day=2.0, scale="phq9", total=12)]  # fmt: skip
    whole = seen_of(told).shared_covariance()
    assert whole[0, 1] == pytest.approx(instrument("madrs").bias_sd ** 2)
    assert whole[0, 2] == 0.0


def test_a_scale_without_a_link_is_refused_by_name():
    with pytest.raises(InputError, match=scale("pcl5").label):
        instrument("pcl5")
