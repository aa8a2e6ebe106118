"""The weights of the scheme against closed forms and quadrature."""

import numpy as np
import pytest
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


def test_a_damped_step_is_second_order():
    def error(h):
        # x' = 1 + t - (2 + t) x by many small steps
        x, exact, t = 0.3, 0.3, 0.0
        x = float(advance_damped(np.array(x), (1.0, 2.0), (1.0 + h, 2.0 + h), h))
        for _ in range(4000):
            middle = t + h / 8000
            exact += h / 4000 * (1 + middle - (2 + middle) * exact) / (1 + (2 + middle) * h / 8000)
            t += h / 4000
        return abs(x - exact)

    assert 2.5 < np.log2(error(0.2) / error(0.1)) < 3.5


@pytest.mark.parametrize("h", [0.1, 3.0, 1e6])
def test_a_damped_step_of_any_size_stays_between_start_and_target(h):
    found = float(advance_damped(np.array(0.9), (0.2, 2.0), (0.2, 2.0), h))
    assert 0.1 <= found <= 0.9
