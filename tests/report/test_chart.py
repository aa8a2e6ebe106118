"""Charts: what is drawn lies where the numbers say, and labels keep apart."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.report.chart import Band, Chart, Dots, Line, Threshold, draw, spread, thin
from ketacourse.report.scale import DAY_STEPS, Axis, log_axis, time_axis, value_axis

X = np.linspace(0.0, 10.0, 400)


def make_chart(*marks, **changes):
    fields = {
        "title": "A title", "x": time_axis("days", 0.0, 10.0, DAY_STEPS),
        "y": value_axis("points", 0.0, 40.0), "marks": marks, "description": "What it shows.",
    }  # fmt: skip
    return draw(Chart(**{**fields, **changes})).markup


def points_of(markup: str, css: str) -> np.ndarray:
    path = re.search(rf'class="{css}"[^>]* d="M([^"]+?)Z?"', markup)
    assert path
    return np.array([[float(v) for v in pair.split()] for pair in path[1].split("L")])


def test_a_chart_is_well_formed_and_escapes_its_text():
    markup = make_chart(Line(x=X, y=X, label="a < b & c"), title="<b>")
    assert ET.fromstring(markup).tag.endswith("svg")  # noqa: S314 - our own markup
    assert "a &lt; b &amp; c" in markup


def test_the_ends_of_a_line_lie_at_the_ends_of_its_axes():
    points = points_of(make_chart(Line(x=X, y=4.0 * X)), "s-blue")
    assert points[0, 0] < points[-1, 0]
    assert points[0, 1] > points[-1, 1]  # down is up on a screen
    assert len(points) < 6  # a straight line needs few


def test_thinning_keeps_the_shape_within_a_pixel():
    y = 100.0 * np.sin(X)
    kept = thin(X * 30.0, y)
    assert kept.size < X.size / 2
    assert np.abs(np.interp(X, X[kept], y[kept]) - y).max() < 1.0


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=60))
def test_thinning_never_drops_the_ends_or_reorders(heights):
    kept = thin(np.arange(float(len(heights))), np.array(heights))
    assert kept[0] == 0
    assert kept[-1] == len(heights) - 1
    assert np.all(np.diff(kept) > 0)


def test_a_peak_of_one_point_survives_thinning():
    y = np.zeros(101)
    y[50] = 30.0
    assert 50 in thin(np.arange(101.0), y)


def test_a_band_encloses_its_line():
    markup = make_chart(Band(x=X, lower=X, upper=3.0 * X), Line(x=X, y=2.0 * X))
    edge, line = points_of(markup, "b-blue"), points_of(markup, "s-blue")
    assert edge[:, 1].min() < line[:, 1].min()


def test_a_value_outside_the_axis_is_drawn_at_its_edge():
    axis = Axis(label="", lower=0.0, upper=1.0, ticks=())
    assert axis.fraction([-5.0, 0.5, 7.0]).tolist() == [0.0, 0.5, 1.0]


def test_a_threshold_and_dots_carry_their_names():
    markup = make_chart(
        Threshold(y=10.0, label="remission"), Dots(x=(1.0, 2.0), y=(30.0, 20.0), label="recorded")
    )
    assert ">remission</text>" in markup
    assert markup.count("<circle") == 2


@given(st.lists(st.floats(20.0, 180.0), min_size=1, max_size=8))
def test_labels_do_not_overlap_while_there_is_room(heights):
    placed = sorted(spread(heights, 0.0, 200.0))
    assert all(b - a > 13.0 for a, b in zip(placed, placed[1:], strict=False))


def test_the_same_chart_gives_the_same_bytes():
    assert make_chart(Line(x=X, y=X)) == make_chart(Line(x=X, y=X))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1e-6), (-3.0, 12.0), (5.0, 5.0), (0.0, 4321.0)])
def test_a_value_axis_holds_its_values_with_few_ticks(low, high):
    axis = value_axis("", low, high)
    assert axis.lower <= low
    assert high <= axis.upper
    assert 2 <= len(axis.ticks) <= 8


def test_a_long_course_has_ticks_on_whole_weeks():
    values = [value for value, _ in time_axis("days", 0.0, 84.0, DAY_STEPS).ticks]
    assert values == [0.0, 14.0, 28.0, 42.0, 56.0, 70.0, 84.0]


def test_a_log_axis_refuses_zero():
    with pytest.raises(ValueError, match="cannot hold"):
        log_axis("", 0.0, 1.0)


def test_equal_ratios_are_equal_distances_on_a_log_axis():
    low, middle, high = log_axis("", 1.0, 100.0).fraction([1.0, 10.0, 100.0])
    assert middle - low == pytest.approx(high - middle)
