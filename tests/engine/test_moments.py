"""The weights of the scheme against closed forms and quadrature."""

import numpy as np
import pytest
from scipy.integrate import quad

from ketacourse.engine.scheme import SERIES_BELOW, advance, moments


@pytest.mark.parametrize("z", [0.0, 1e-12, 1e-3, 0.2, 0.249, 0.25, 0.251, 0.7, 3.0, 30.0])
def test_moments_equal_their_integrals(z):
    found = moments(np.array(z))[1:]
    for power, value in enumerate(found):
        wanted, _ = quad(lambda s, j=power: np.exp(-z * (1 - s)) * s**j, 0, 1, epsabs=1e-14)
        assert float(value) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("z", [50.0, 1e3, 1e6])
def test_moments_of_a_fast_state_equal_their_limits(z):
    decay, i0, i1, i2 = (float(m) for m in moments(np.array(z)))
    assert decay == pytest.approx(np.exp(-z), abs=1e-300)
    assert i0 == pytest.approx(1 / z, rel=1e-14)
    assert i1 == pytest.approx(1 / z - 1 / z**2, rel=1e-14)
    assert i2 == pytest.approx(1 / z - 2 / z**2 + 2 / z**3, rel=1e-14)


def test_moments_have_no_jump_where_the_series_ends():
    edge = SERIES_BELOW
    below, above = (moments(np.array(edge + side)) for side in (-1e-13, 1e-13))
    assert np.allclose(below, above, rtol=1e-12, atol=0.0)


def test_a_step_is_exact_for_a_parabola_and_any_constant_loss():
    k, h, previous = 3.0, 0.7, 0.4

    def gain(t):
        return 2.0 - t + 5.0 * t**2

    def exact(t, start=1.5):
        forced, _ = quad(lambda s: np.exp(-k * (t - s)) * gain(s), 0, t, epsabs=1e-14)
        return start * np.exp(-k * t) + forced

    before = tuple(np.array(v) for v in (exact(-previous), gain(-previous), k))
    now, new = ((np.array(gain(t)), np.array(k)) for t in (0.0, h))
    found = advance(h, previous, np.array(exact(0.0)), now, new, before)
    assert float(found) == pytest.approx(exact(h), rel=1e-12)


def test_a_step_is_exact_for_a_line_after_an_edge():
    now, new = (np.array(1.0), np.array(2.0)), (np.array(1.6), np.array(2.0))
    found = advance(0.3, 0.0, np.array(0.5), now, new, None)
    # x' = 1 + 2t - 2x, x(0) = 0.5 has the solution t + 0.5 exp(-2t)
    assert float(found) == pytest.approx(0.3 + 0.5 * np.exp(-0.6), rel=1e-12)
