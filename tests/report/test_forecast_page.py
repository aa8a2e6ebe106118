"""The page of a forecast: it stands alone, and says what a clinician needs first."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from markupsafe import escape

from ketacourse.course.refit import refit
from ketacourse.forecast.surprise import Surprise
from ketacourse.report.forecast_page import render_forecast
from ketacourse.report.forecast_words import percent, relapse_sentence
from ketacourse.therapy.case import load_case

EXAMPLE = Path(str(files("ketacourse"))) / "examples" / "mid_course_with_scores.toml"


@pytest.fixture(scope="module")
def found():
    return refit(load_case(EXAMPLE), draws=1600)


@pytest.fixture(scope="module")
def page(found):
    return render_forecast(found)


def test_the_page_stands_alone(page):
    assert "<script" not in page
    assert "src=" not in page
    assert "@import" not in page


def test_the_chart_shows_scores_fan_lines_and_today(page):
    chart = page.split('<svg class="chart"')[1].split("</svg>")[0]
    assert chart.count("<circle") == 4
    assert chart.count('class="b-blue"') == 3
    for word in ("today", "response: 17", "remission: 10", "95%", "80%", "50%"):
        assert word in chart


def test_what_the_band_contains_and_what_it_does_not_is_said(page, found):
    assert str(escape(found.contains)) in page
    assert "It is no promise" in page
    assert "Thoughts of suicide need help now" in page


def test_a_surprise_stands_on_top(found):
    odd = Surprise(probability=0.001, text="This patient does not look like anybody.")
    page = render_forecast(replace(found, posterior=replace(found.posterior, surprise=odd)))
    assert "does not look like anybody" in page.split("<main>")[0]


def test_text_from_the_case_is_escaped(found):
    page = render_forecast(replace(found, case=replace(found.case, title="<b>bold</b>")))
    assert "<b>bold</b>" not in page


def test_dissociation_is_called_a_side_effect(page):
    assert "no aim of a dose" in page


def test_certainty_is_never_claimed():
    assert percent(1.0) == "above 99%"
    assert percent(0.0) == "below 1%"


def test_the_relapse_sentence_names_rule_and_median(found):
    told = relapse_sentence(found.relapse)
    assert found.relapse.rule in told
    assert f"day {found.relapse.start:g}" in told
