"""Pareto smoothing: what it says of weights that are harmless, heavy and hopeless."""

import numpy as np
import pytest
from scipy.special import logsumexp

from ketacourse.forecast.psis import effective_size, smoothed


def test_equal_weights_are_harmless():
    log_weight, k = smoothed(np.zeros(4000))
    assert k <= 0.0
    assert effective_size(log_weight) == pytest.approx(4000.0)


@pytest.mark.parametrize(("shape", "heavy"), [(0.2, False), (0.5, False), (1.0, True)])
def test_the_shape_of_pareto_weights_is_found(shape, heavy):
    u = np.random.default_rng(1).random(20000)
    _, k = smoothed(np.log((1.0 - u) ** -shape))
    assert k == pytest.approx(shape, abs=0.12)
    assert (k > 0.7) == heavy


def test_smoothing_keeps_the_order_and_adds_up_to_one():
    raw = np.random.default_rng(2).standard_normal(5000) * 2.0
    log_weight, _ = smoothed(raw)
    assert logsumexp(log_weight) == pytest.approx(0.0, abs=1e-12)
    assert np.array_equal(np.argsort(raw[:4000]), np.argsort(log_weight[:4000], kind="stable")) or (
        np.all(np.diff(log_weight[np.argsort(raw)]) >= -1e-12)
    )


def test_a_single_weight_that_matters_is_hopeless():
    raw = np.full(4000, -800.0)
    raw[0] = 0.0
    log_weight, k = smoothed(raw)
    assert k > 0.7
    assert effective_size(log_weight) == pytest.approx(1.0)
