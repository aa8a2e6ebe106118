"""Estimates and tests from sums agree with those from the numbers themselves."""

import numpy as np
import pytest
from scipy import stats

from ketacourse.trials.statistics import (
    mean_of,
    paired,
    paired_p,
    proportions,
    proportions_p,
    share_of,
    welch,
    welch_p,
)

RANDOM = np.random.default_rng(5)
FIRST = RANDOM.integers(-30, 10, 23)
SECOND = RANDOM.integers(-20, 15, 31)


def sums(values):
    return np.array([values.size, values.sum(), (values * values).sum()])


def test_a_mean_and_its_interval_come_from_sums():
    found = mean_of(*sums(FIRST).tolist())
    low, high = stats.t.interval(0.95, 22, FIRST.mean(), stats.sem(FIRST))
    assert (found.value, found.sd) == pytest.approx((FIRST.mean(), FIRST.std(ddof=1)))
    assert (found.lower, found.upper) == pytest.approx((low, high))


def test_two_means_are_compared_as_welch_does():
    wanted = stats.ttest_ind(FIRST, SECOND, equal_var=False)
    found = welch(sums(FIRST), sums(SECOND))
    interval = wanted.confidence_interval()
    assert (found.statistic, found.p) == pytest.approx((wanted.statistic, wanted.pvalue))
    assert (found.lower, found.upper) == pytest.approx((interval.low, interval.high))


def test_means_in_the_same_patients_are_compared_within_them():
    difference = FIRST - SECOND[:23]
    wanted = stats.ttest_rel(FIRST, SECOND[:23])
    found = paired(sums(difference))
    assert (found.statistic, found.p) == pytest.approx((wanted.statistic, wanted.pvalue))


def test_two_shares_are_compared_as_pearson_does():
    found = proportions(np.array([40, 12]), np.array([50, 30]))
    wanted = stats.chi2_contingency([[12, 28], [30, 20]], correction=False)
    assert (found.statistic**2, found.p) == pytest.approx((wanted.statistic, wanted.pvalue))


def test_the_interval_of_a_difference_of_shares_is_newcombes():
    # Newcombe, Stat Med 1998;17:873, method 10: 56/70 against 48/80
    found = proportions(np.array([70, 56]), np.array([80, 48]))
    assert found.difference == pytest.approx(0.2)
    assert (found.lower, found.upper) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_the_interval_of_a_share_is_wilsons():
    found = share_of(263, 81)  # Newcombe, Stat Med 1998;17:857
    assert (found.lower, found.upper) == pytest.approx((0.2553, 0.3662), abs=1e-4)


@pytest.mark.parametrize("k", [0, 20])
def test_a_share_of_none_or_all_keeps_its_end(k):
    found = share_of(20, k)
    assert (found.lower if k == 0 else found.upper) == found.value


def test_many_trials_at_once_give_the_same_p_values():
    first = np.stack([sums(FIRST), sums(FIRST[:9])]).astype(float)
    second = np.stack([sums(SECOND), sums(SECOND[:9])]).astype(float)
    alone = [welch(a, b).p for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(welch_p(first, second), alone)
    np.testing.assert_allclose(paired_p(first), [paired(a).p for a in first])
    shares = np.array([[40, 12], [50, 50]]), np.array([[50, 30], [50, 50]])
    alone = [proportions(a, b).p for a, b in zip(*shares, strict=True)]
    np.testing.assert_allclose(proportions_p(*(s.astype(float) for s in shares)), alone)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [([5, 50, 500], [5, 50, 500], 1.0), ([5, 50, 500], [5, 0, 0], 0.0)],
    ids=["the same", "apart"],
)
def test_groups_without_spread_are_the_same_or_not(first, second, p):
    one, other = np.array(first), np.array(second)
    assert welch(one, other).p == p
    assert welch_p(one[None].astype(float), other[None].astype(float)) == p


def test_too_few_patients_give_no_p_value():
    one, many = np.array([1, 4, 16]), np.array([9, 4, 16])
    assert np.isnan(welch(one, many).p)
    assert np.isnan(welch_p(one[None].astype(float), many[None].astype(float)))
    assert np.isnan(proportions(np.array([0, 0]), np.array([5, 1])).p)
    assert np.isnan(share_of(0, 0).value)
