"""The page of a decision: what stands first, what is escaped, and what the chart says."""

import csv
import io
import json
from dataclasses import replace

import pytest

from ketacourse.cli.cases import read_case
from ketacourse.course.advice import Estimate
from ketacourse.course.decide import decide
from ketacourse.course.decide_record import Choice
from ketacourse.report.decision_chart import OptionRow, draw_options
from ketacourse.report.decision_page import options_table, render_decision, write_decision
from ketacourse.therapy.case import Score


@pytest.fixture(scope="module")
def case():
    return read_case("example:mid_course_with_scores")


@pytest.fixture(scope="module")
def decision(case):
    return decide(case, today=8.0, draws=200)


def test_the_suggestion_stands_before_the_options_and_those_before_the_weights(decision):
    page = render_decision(decision)
    places = [page.index(f'id="{k}"') for k in ("suggestion", "compare", "change", "weights")]
    assert places == sorted(places)
    assert decision.conclusion[0].split("'")[0].split(":")[0] in page


def test_the_page_loads_nothing_from_elsewhere(decision):
    page = render_decision(decision)
    assert "<script" not in page
    assert "src=" not in page
    assert "default-src 'none'" in page


def test_a_suicide_alert_is_the_first_thing_on_the_page(case):
    alarmed = replace(case, scores=(*case.scores, Score(day=7.5, scale="phq9_item9", total=2)))
    page = render_decision(decide(alarmed, today=8.0, draws=100))
    assert page.index('id="rules"') < page.index('id="suggestion"')
    assert "No option is suggested" in page


def test_what_a_case_says_is_escaped(case):
    page = render_decision(decide(replace(case, title="<b>x</b>"), today=8.0, draws=100))
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_what_was_chosen_stands_on_the_page(decision):
    choice = Choice(key="wait", reason="a holiday", by="Dr A", on="2026-01-31")
    assert "a holiday" in render_decision(decision, choice=choice)


def test_table_and_json_hold_the_same_options_as_the_page(decision, tmp_path):
    write_decision(decision, tmp_path)
    whole = json.loads((tmp_path / "decision.json").read_text("utf-8"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "options.csv").read_text("utf-8"))))
    keys = [w.key for w in decision.ranked]
    assert [r["key"] for r in rows] == [o["key"] for o in whole["options"]] == keys


def test_a_decision_without_ranked_options_still_has_a_page(case):
    conditions = {**case.patient.conditions, "aneurysmal_vascular_disease": "present"}
    ill = replace(case, patient=replace(case.patient, conditions=conditions))
    blocked = decide(ill, today=8.0)
    assert "Screening blocks this course" in render_decision(blocked)
    assert options_table(blocked).strip() == "rank"


ROWS = (
    OptionRow(rank=1, label="Stop", sessions=0, gain=Estimate(mean=-1.0, lower=-3.0, upper=0.5),
              words="−1.0 (−3.0 to 0.5)", suggested=True),
    OptionRow(rank=2, label="Plan", sessions=12, gain=None, words="the plan"),
)  # fmt: skip


@pytest.mark.parametrize("wide", [True, False])
def test_the_chart_names_every_option_with_sessions_and_gain(wide):
    drawn = draw_options(ROWS, indifference=2.0, wide=wide)
    assert "1. Stop: 0 sessions, −1.0 (−3.0 to 0.5); 2. Plan: 12 sessions" in drawn.description
    assert "12 sessions" in drawn.markup
    assert drawn.markup.count("<circle") == 1
