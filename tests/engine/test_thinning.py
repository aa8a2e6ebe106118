"""Steps that are left out because nobody asked for what needs them."""

import numpy as np
import pytest

from ketacourse.engine.accuracy import accurate_nodes, scale_of
from ketacourse.engine.grid import base_nodes, bisected, build_grid, skeleton
from ketacourse.engine.run import run
from ketacourse.engine.thinning import thinned

ASKED = ("madrs", "cadss")
TIMES_H = np.linspace(0, 240, 41)


@pytest.fixture
def course_of_two(chain_rows, on_course, infusions):
    return on_course(infusions(0, 3), chain_rows(draws=12), TIMES_H)


def values(problem, nodes):
    return run(problem, build_grid(problem.schedule, nodes), ASKED)


@pytest.mark.parametrize("allowance", [1e-5, 1e-3, 1e-1])
def test_leaving_out_steps_changes_nothing_by_more_than_was_allowed(course_of_two, allowance):
    nodes = accurate_nodes(course_of_two, 1e-3)
    before = values(course_of_two, nodes)
    fewer = thinned(course_of_two, nodes, allowance, ASKED, before, scale_of(before))
    assert np.abs(values(course_of_two, fewer) - before).max() > 0.0
    assert (np.abs(values(course_of_two, fewer) - before) <= allowance * scale_of(before)).all()


def test_edges_and_reported_times_stay(course_of_two):
    nodes = base_nodes(course_of_two.schedule)
    before = values(course_of_two, nodes)
    fewer = thinned(course_of_two, nodes, 10.0, ASKED, before, scale_of(before))
    assert len(fewer) < len(nodes)
    assert np.isin(skeleton(course_of_two.schedule), fewer).all()


def test_what_is_bisected_in_vain_is_left_out_again(course_of_two):
    nodes = base_nodes(course_of_two.schedule)
    finer = bisected(bisected(nodes))
    before = values(course_of_two, finer)
    fewer = thinned(course_of_two, finer, 10.0, ASKED, before, scale_of(before))
    assert len(fewer) <= len(nodes)


def test_steps_are_left_out_until_the_limit_is_nearly_reached(course_of_two):
    nodes = accurate_nodes(course_of_two, 1e-4)
    truth = values(course_of_two, bisected(bisected(nodes)))
    scale = scale_of(truth)
    fewer = thinned(course_of_two, nodes, 1e-3, ASKED, truth, scale)
    error = np.abs(values(course_of_two, fewer) - truth) / scale
    assert 0.7e-3 < error.max() <= 1e-3


@pytest.mark.parametrize("tolerance", [1e-3, 1e-5])
def test_sparing_steps_keep_the_tolerance(course_of_two, tolerance):
    every = accurate_nodes(course_of_two, tolerance, ASKED)
    spared = accurate_nodes(course_of_two, tolerance, ASKED, sparing=True)
    truth = values(course_of_two, bisected(bisected(every)))
    error = np.abs(values(course_of_two, spared) - truth) / scale_of(truth)
    assert len(spared) < 0.9 * len(every)
    assert error.max() <= tolerance
