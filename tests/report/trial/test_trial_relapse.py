"""Relapse: steps at visits, and how many are followed below them."""

import re

import numpy as np
import pytest

from ketacourse.report.chart import Chart, Line, Row, draw
from ketacourse.report.scale import DAY_STEPS, time_axis, value_axis
from ketacourse.report.trial_relapse import drops, followed, median_of, relapse_section, stairs
from ketacourse.trials.survival import kaplan_meier

CURVE = kaplan_meier([0.0, 7.0, 14.0], [0, 4, 2], [2, 0, 4])


def test_steps_fall_at_the_days_of_events():
    x, y = stairs(CURVE.days), drops(CURVE.survival)
    assert x.shape == y.shape
    at = dict(zip(x.tolist(), y.tolist(), strict=True))  # the last value on a day wins
    assert at == {0.0: 100.0, 7.0: pytest.approx(60.0), 14.0: pytest.approx(40.0)}
    assert y[x == 7.0].tolist() == pytest.approx([100.0, 60.0])


@pytest.mark.parametrize(("day", "left"), [(0.0, 12), (5.0, 10), (7.0, 10), (8.0, 6), (15.0, 0)])
def test_followed_are_those_at_risk_just_before(day, left):
    assert followed(CURVE, day) == left


def test_a_median_that_is_not_reached_is_no_number():
    assert median_of(CURVE).value == 14.0
    assert np.isnan(median_of(kaplan_meier([7.0], [1], [9])).value)


def test_the_risk_table_stands_below_the_axis_at_its_ticks(result):
    figure = relapse_section(result).figures[0]
    markup = figure.drawings[0].markup
    curve = result.endpoint("Time to relapse").groups[0].curve
    row = markup[markup.index(">still followed<") :]
    assert f">{curve.at_risk[0]}</text>" in row
    assert ">A</text>" in row


def test_a_row_of_numbers_is_drawn_under_its_values():
    x = np.array([0.0, 10.0])
    chart = Chart(
        title="t", x=time_axis("days", 0.0, 10.0, DAY_STEPS), y=value_axis("%", 0.0, 100.0),
        marks=(Line(x=x, y=x),), description="d",
        rows=(Row(label="A", values=((0.0, "start"), (10.0, "end"))),),
    )  # fmt: skip
    found = re.findall(
        r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>(start|end|days)<', draw(chart).markup
    )
    place = {text: (float(x), float(y)) for x, y, text in found}
    assert place["start"][0] < place["end"][0]
    assert place["start"][1] > place["days"][1]


def test_the_table_lists_who_relapsed_and_who_was_last_seen(result):
    curve = result.endpoint("Time to relapse").groups[2].curve
    rows = [r for r in relapse_section(result).figures[0].table.rows if r[0] == "Ketamine and CBT"]
    assert [int(r[3]) for r in rows] == curve.events.tolist()
    assert [int(r[4]) for r in rows] == curve.censored.tolist()


def test_branches_stand_alone_where_only_those_dealt_again_count(sequential):
    figure = relapse_section(sequential).figures[0]
    assert {row[0] for row in figure.table.rows} == {"Weekly", "Placebo"}
    assert "among those dealt again" in figure.caption


def test_a_trial_without_a_rule_says_so(bare):
    section = relapse_section(bare)
    assert section.figures == ()
    assert section.intro == "The trial does not say what a relapse is."
