"""Scores by visit: what is drawn and listed is what the patients scored."""

import re

import numpy as np
import pytest

from ketacourse.report.trial_scores import scales_of, scores_section


@pytest.fixture(scope="module")
def section(result):
    return scores_section(result)


def test_every_scale_has_medians_and_bands(result, section):
    assert scales_of(result) == ("madrs", "phq9")
    keys = [figure.key for figure in section.figures]
    assert keys == ["medians-madrs", "bands-madrs", "medians-phq9", "bands-phq9"]


def test_the_table_gives_the_median_and_mean_of_those_rated(result, section, rows_of):
    scores = rows_of(result.trial, 2).scores["madrs"][:, 3]
    seen = scores[scores >= 0]
    row = next(r for r in section.figures[1].table.rows if r[:2] == ("Ketamine and CBT", "14"))
    assert row[2:4] == (str(seen.size), f"{np.median(seen):.0f}")
    assert row[6].startswith(f"{seen.mean():.1f} (")


def test_who_left_is_not_counted_as_rated(result, section, rows_of):
    rows = rows_of(result.trial, 0)
    last = next(r for r in section.figures[1].table.rows if r[:2] == ("Midazolam", "28"))
    assert int(last[2]) == rows.size - np.count_nonzero(rows.dropped)


def test_every_arm_has_a_panel_with_two_bands_on_one_common_axis(section):
    panels = section.figures[1].drawings
    assert len(panels) == 3
    axes = {tuple(re.findall(r'text-anchor="end" class="small">(\d+)<', p.markup)) for p in panels}
    assert len(axes) == 1
    assert all(len(re.findall(r'class="b-\w+"', p.markup)) == 2 for p in panels)


def test_control_sessions_and_therapy_are_told_apart_under_the_axis(section):
    control, drug, therapy = (p.markup for p in section.figures[1].drawings)
    assert "<title>control session</title>" in control
    assert "<title>drug session</title>" in drug
    assert "<title>therapy session</title>" in therapy
    assert "drug session</title>" not in control


def test_medians_are_named_on_a_wide_screen_and_lettered_on_a_narrow_one(section):
    figure = section.figures[0]
    assert ">Ketamine and CBT</text>" in figure.drawings[0].markup
    assert ">C</text>" in figure.narrow[0].markup
    assert "C Ketamine and CBT" in figure.caption


def test_a_group_that_starts_and_ends_says_so_in_the_reading(result, section):
    course = result.arm("Midazolam").scores["madrs"]
    told = (
        f"{course.quantiles[-1, 2]:.0f} on day 28 in Midazolam (from {course.quantiles[0, 2]:.0f})"
    )
    assert told in section.figures[0].reading
