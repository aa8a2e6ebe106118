"""The polynomials a source is continued with."""

import numpy as np
import pytest

from ketacourse.engine.interpolation import LARGEST_COEFFICIENT, NODES, shapes


def value(shape, theta):
    return shape @ theta ** np.arange(NODES)


def test_each_polynomial_is_one_at_its_node_and_zero_at_the_others():
    sizes = np.array([1.0, 0.5, 2.0])
    shape = shapes(sizes, np.array([True, False, False]))[-1]
    nodes = [1.0, 0.0, -0.25, -0.75]
    assert np.allclose([value(shape, t) for t in nodes], np.eye(NODES), atol=1e-12)


def test_the_polynomials_add_up_to_one_at_any_time():
    random = np.random.default_rng(1)
    sizes, restart = random.uniform(0.1, 3.0, 50), random.random(50) < 0.2
    totals = [value(s, random.random()).sum() for s in shapes(sizes, restart)]
    assert np.allclose(totals, 1.0, atol=1e-10)


def test_nothing_before_an_edge_is_used():
    restart = np.array([True, False, False, True, False, False, False])
    used = [(np.abs(s).max(axis=1) > 0).sum() for s in shapes(np.ones(7), restart)]
    assert used == [2, 3, 4, 2, 3, 4, 4]


@pytest.mark.parametrize("tiny", [1e-3, 1e-6, 1e-8])
def test_nodes_too_close_together_do_not_magnify_rounding(tiny):
    found = shapes(np.array([tiny, tiny, 1.0, 1.0]), np.array([True, False, False, False]))
    assert np.abs(found).max() <= LARGEST_COEFFICIENT
