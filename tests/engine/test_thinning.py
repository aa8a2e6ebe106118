"""Steps that are left out because nobody asked for what needs them."""

import numpy as np
import pytest

from ketacourse.engine.accuracy import accurate_nodes, scale_of
from ketacourse.engine.grid import base_nodes, bisected, build_grid, in_thirds, skeleton
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
def test_leaving_out_steps_errs_by_no_more_than_was_allowed(course_of_two, allowance):
    nodes = accurate_nodes(course_of_two, allowance, ASKED)
    truth = values(course_of_two, in_thirds(nodes))
    fewer = thinned(course_of_two, nodes, allowance, ASKED, scale_of(truth))
    assert len(fewer) < len(nodes)
    assert (np.abs(values(course_of_two, fewer) - truth) <= allowance * scale_of(truth)).all()


def test_nothing_is_left_out_where_the_steps_err_too_much_already(course_of_two):
    nodes = base_nodes(course_of_two.schedule)
    scale = scale_of(values(course_of_two, nodes))
    assert np.array_equal(thinned(course_of_two, nodes, 1e-9, ASKED, scale), nodes)


def test_edges_and_reported_times_stay(course_of_two):
    nodes = base_nodes(course_of_two.schedule)
    fewer = thinned(course_of_two, nodes, 10.0, ASKED, scale_of(values(course_of_two, nodes)))
    assert len(fewer) < len(nodes)
    assert np.isin(skeleton(course_of_two.schedule), fewer).all()


def test_what_is_bisected_in_vain_is_left_out_again(course_of_two):
    nodes = base_nodes(course_of_two.schedule)
    finer = bisected(bisected(nodes))
    scale = scale_of(values(course_of_two, finer))
    assert len(thinned(course_of_two, finer, 10.0, ASKED, scale)) <= len(nodes)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-5])
def test_sparing_steps_keep_the_tolerance(course_of_two, tolerance):
    every = accurate_nodes(course_of_two, tolerance, ASKED)
    spared = accurate_nodes(course_of_two, tolerance, ASKED, sparing=True)
    truth = values(course_of_two, bisected(bisected(every)))
    error = np.abs(values(course_of_two, spared) - truth) / scale_of(truth)
    assert len(spared) < 0.9 * len(every)
    assert error.max() <= tolerance
