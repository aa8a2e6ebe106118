"""Properties of the steps, for any schedule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacourse.engine.grid import (
    LARGEST_STEP_H,
    SAME_TIME_H,
    base_nodes,
    bisected,
    build_grid,
    in_thirds,
)
from ketacourse.engine.schedule import Schedule, Span
from ketacourse.model.pk.linear import Inflow

HOURS = st.floats(0, 2000, allow_nan=False)
LENGTHS = st.one_of(st.just(0.0), st.floats(1e-6, 100))
INFLOWS = st.builds(Inflow, st.just("iv"), HOURS, LENGTHS, st.just(1.0))
SPANS = st.builds(lambda start, length: Span(start, start + length), HOURS, st.floats(1e-3, 50))


@st.composite
def schedules(draw):
    times = sorted(draw(st.sets(st.integers(0, 2100), min_size=1, max_size=20)))
    return Schedule(
        start_h=draw(st.floats(-200, 0)),
        end_h=2100.0,
        inflows=tuple(draw(st.lists(INFLOWS, max_size=6))),
        visits=tuple(draw(st.lists(SPANS, max_size=3))),
        therapy=tuple(draw(st.lists(SPANS, max_size=3))),
        times_h=np.array(times, dtype=float),
    )


def distance_to_nodes(times, nodes):
    return np.abs(np.asarray(times)[:, None] - nodes).min(axis=1).max()


@settings(max_examples=80, deadline=None)
@given(schedules())
def test_steps_stop_at_every_edge_and_reported_time(schedule):
    nodes = base_nodes(schedule)
    assert distance_to_nodes(schedule.edges(), nodes) <= SAME_TIME_H
    assert distance_to_nodes(schedule.times_h, nodes) <= SAME_TIME_H


@settings(max_examples=80, deadline=None)
@given(schedules())
def test_steps_are_never_zero_nor_longer_than_a_day(schedule):
    sizes = np.diff(base_nodes(schedule))
    assert sizes.min() > SAME_TIME_H / 2
    assert sizes.max() <= LARGEST_STEP_H + SAME_TIME_H


@settings(max_examples=80, deadline=None)
@given(schedules())
def test_every_reported_time_has_one_step_and_every_edge_a_restart(schedule):
    nodes = bisected(base_nodes(schedule))
    grid = build_grid(schedule, nodes)
    rows = sorted(grid.output_row[grid.output_row >= 0].tolist() + [0] * grid.first_output)
    assert rows == list(range(len(schedule.times_h)))
    assert distance_to_nodes(schedule.edges()[:-1], nodes[:-1][grid.restart]) <= 2 * SAME_TIME_H
    assert grid.restart[0]


def test_bisecting_cuts_the_marked_steps_in_half():
    nodes = np.array([0.0, 1.0, 3.0])
    assert bisected(nodes).tolist() == [0.0, 0.5, 1.0, 2.0, 3.0]
    assert bisected(nodes, np.array([False, True])).tolist() == [0.0, 1.0, 2.0, 3.0]


def test_thirds_keep_every_node_and_add_two():
    assert in_thirds(np.array([0.0, 3.0, 4.5])).tolist() == [0.0, 1.0, 2.0, 3.0, 3.5, 4.0, 4.5]


def test_steps_are_small_after_a_dose_and_grow():
    schedule = Schedule(
        start_h=0.0, end_h=100.0, inflows=(Inflow("iv", 10.0, 0.5, 1.0),), times_h=np.array([99.0])
    )
    nodes = base_nodes(schedule)
    after = np.diff(nodes[nodes >= 10.5])[:10]
    assert after[0] <= 0.1
    assert (np.diff(after) >= -SAME_TIME_H).all()
    assert after[-1] > 50 * after[0]


def test_a_grid_that_lacks_an_edge_is_refused():
    schedule = Schedule(start_h=0.0, end_h=9.0, visits=(Span(2.0, 3.0),), times_h=np.array([9.0]))
    with pytest.raises(ValueError, match="not a node"):
        build_grid(schedule, np.array([0.0, 2.0, 9.0]))
