"""The weights of the scheme against closed forms and quadrature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from ketacourse.engine.interpolation import shapes
from ketacourse.engine.scheme import (
    SERIES_BELOW,
    advance,
    advance_damped,
    moments,
    step_weights,
)


@pytest.mark.parametrize("z", [0.0, 1e-12, 1e-3, 0.2, 0.7, 0.999, 1.0, 1.001, 3.0, 30.0])
def test_moments_equal_their_integrals(z):
    found = moments(np.array(z))[1:]
    for power, value in enumerate(found):
        wanted, _ = quad(lambda s, j=power: np.exp(-z * (1 - s)) * s**j, 0, 1, epsabs=1e-14)
        assert float(value) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("z", [50.0, 1e3, 1e6])
def test_moments_of_a_fast_state_equal_their_limits(z):
    decay, i0, i1, i2, i3 = (float(m) for m in moments(np.array(z)))
    assert decay == pytest.approx(np.exp(-z), abs=1e-300)
    assert i0 == pytest.approx(1 / z, rel=1e-14)
    assert i1 == pytest.approx(1 / z - 1 / z**2, rel=1e-14)
    assert i2 == pytest.approx(1 / z - 2 / z**2 + 2 / z**3, rel=1e-14)
    assert i3 == pytest.approx(1 / z - 3 / z**2 + 6 / z**3 - 6 / z**4, rel=1e-14)


def test_moments_have_no_jump_where_the_series_ends():
    edge = SERIES_BELOW
    below, above = (moments(np.array(edge + side)) for side in (-1e-13, 1e-13))
    assert np.allclose(below, above, rtol=1e-12, atol=0.0)


def step(sizes, x, sources, new, loss):
    """Take the last of some steps whose first starts at an edge."""
    shape = shapes(np.array(sizes), np.arange(len(sizes)) == 0)[-1]
    weights = step_weights(np.array(loss), sizes[-1], shape)
    return float(advance(np.array(x), sources, new, np.array(loss), *weights))


@pytest.mark.parametrize("before", [(0.4, 0.3), (0.4, 0.1, 0.9), (0.01, 5.0)])
def test_a_step_is_exact_for_a_cubic_and_any_constant_loss(before):
    k, h = 3.0, 0.7

    def gain(t):
        return 2.0 - t + 5.0 * t**2 - 0.3 * t**3

    forced, _ = quad(lambda s: np.exp(-k * (h - s)) * gain(s), 0, h, epsabs=1e-14)
    nodes = -np.cumsum([0.0, *reversed(before)])
    found = step([*before, h], 1.5, [gain(t) for t in nodes], (gain(h), k), k)
    assert found == pytest.approx(1.5 * np.exp(-k * h) + forced, rel=1e-12)


def test_a_step_is_exact_for_a_line_after_an_edge():
    found = step([0.3], 0.5, [1.0], (1.6, 2.0), 2.0)
    # x' = 1 + 2t - 2x, x(0) = 0.5 has the solution t + 0.5 exp(-2t)
    assert found == pytest.approx(0.3 + 0.5 * np.exp(-0.6), rel=1e-12)


def test_a_loss_above_its_rest_is_part_of_the_source():
    # x' = 1 - 2x from x = 0.5 stands still, whatever share of the loss is taken out exactly
    assert step([0.3], 0.5, [1.0 - 1.5 * 0.5], (1.0, 2.0), 0.5) == pytest.approx(0.5, rel=1e-12)


def smooth(t):
    """Return gain and loss of an equation whose solution is ``2 + sin(3 t)``."""
    loss = 2.0 + 0.15 * np.cos(2.0 * t)
    return 3.0 * np.cos(3.0 * t) + loss * (2.0 + np.sin(3.0 * t)), loss


def error_of_a_run(steps, advance_one, first):
    """Return the error at 1 of a run in equal steps that starts exactly at ``first`` nodes."""
    h, k = 1.0 / steps, 2.0
    exact = 2.0 + np.sin(3.0 * h * np.arange(steps + 1))
    x = exact[first - 1]
    sources = [smooth(i * h)[0] - (smooth(i * h)[1] - k) * exact[i] for i in range(first)][::-1]
    for i in range(first - 1, steps):
        x = float(advance_one(x, sources, i * h, h, k))
        gain, loss = smooth((i + 1) * h)
        sources = [gain - (loss - k) * x, *sources]
    return abs(x - exact[-1])


def polynomial_step(x, sources, t, h, k):
    shape = shapes(np.full(4, h), np.arange(4) == 0)[-1]
    return advance(x, sources[:3], smooth(t + h), k, *step_weights(np.array(k), h, shape))


def damped_step(x, sources, t, h, k):
    return advance_damped(x, smooth(t), smooth(t + h), h)


@pytest.mark.parametrize(
    ("advance_one", "first", "order"), [(polynomial_step, 3, 4), (damped_step, 1, 2)]
)
def test_the_error_of_a_run_falls_with_the_order_of_its_step(advance_one, first, order):
    coarse, fine = (error_of_a_run(n, advance_one, first) for n in (40, 80))
    assert np.log2(coarse / fine) == pytest.approx(order, abs=0.4)


SIZES = st.one_of(st.just(0.0), st.floats(1e-9, 1e9))


@given(start=SIZES, now=st.tuples(SIZES, SIZES), new=st.tuples(SIZES, SIZES), h=SIZES)
def test_a_damped_step_of_any_size_stays_between_start_and_targets(start, now, new, h):
    targets, losses = np.array([now[0], new[0]]), np.array([now[1], new[1]])
    found = float(advance_damped(np.array(start), *zip(targets * losses, losses, strict=True), h))
    lowest, highest = min(start, *targets), max(start, *targets)
    assert lowest * (1 - 1e-12) <= found <= highest * (1 + 1e-12)


def test_a_damped_step_follows_a_fast_state_behind_a_moving_target():
    # x' = k (t - x) runs 1/k behind its target, however large the step
    k, h = 1e4, 2.0
    found = float(advance_damped(np.array(1.0 - 1 / k), (k, k), (k * 3.0, k), h))
    assert 3.0 - found == pytest.approx(1 / k, rel=1e-3)
