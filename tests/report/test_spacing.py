"""Labels and boxes move no further than they must, and never overlap."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.report.spacing import apart

WISHES = st.lists(st.floats(0.0, 100.0), min_size=1, max_size=10).map(sorted)


@given(WISHES, st.floats(0.5, 10.0))
def test_neighbours_keep_their_distance_and_their_order(wishes, gap):
    placed = apart(wishes, [gap] * (len(wishes) - 1), 0.0, 100.0)
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(placed))


@given(WISHES)
def test_everything_stays_within_bounds_while_there_is_room(wishes):
    placed = apart(wishes, [5.0] * (len(wishes) - 1), 0.0, 100.0)
    assert placed[0] >= 0.0
    assert placed[-1] <= 100.0


def test_what_has_room_is_not_moved():
    assert apart([10.0, 50.0, 90.0], [20.0, 20.0], 0.0, 100.0) == [10.0, 50.0, 90.0]


def test_a_crowd_is_shared_out_around_its_middle():
    assert apart([50.0, 50.0, 50.0], [10.0, 10.0], 0.0, 100.0) == pytest.approx([40.0, 50.0, 60.0])


def test_nothing_gives_nothing_to_place():
    assert apart([], [], 0.0, 1.0) == []
