"""Findings and limits reach the page unchanged: the same codes, the worst first."""

from dataclasses import replace

import pytest

from ketacourse.guardrails.finding import Finding
from ketacourse.report.compose import compose
from ketacourse.report.findings import finding_rows
from ketacourse.report.monitoring import limits
from ketacourse.report.page import render

NOTE = Finding(
    code="INF-1", severity="info", statement="To know.", threshold="", observed="", unit="",
    source="s1", verified=True, needs_confirmation=False, overridable=True, remedy="",
)  # fmt: skip
BLOCK = replace(
    NOTE, code="CON-1", severity="blocked", statement="Not <safe>.", threshold="below 140",
    unit="mmHg", observed="150 mmHg", remedy="Treat first.", overridable=False,
    needs_confirmation=True, verified=False,
)  # fmt: skip


def test_a_blocking_finding_comes_first_and_says_it_cannot_be_overridden(made):
    first, second = finding_rows(made(findings=(NOTE, BLOCK)))
    assert (first.code, second.code) == ("CON-1", "INF-1")
    assert first.word == "Blocks the plan"
    assert first.limit == "below 140 mmHg"
    assert "cannot be overridden" in first.remarks
    assert "a clinician must confirm it" in first.remarks
    assert "not verified" in first.remarks


def test_an_override_is_shown_with_who_and_why(made):
    row = finding_rows(made(findings=(replace(BLOCK, override="Dr A: reason"),)))[0]
    assert "overridden: Dr A: reason" in row.remarks


def test_the_page_shows_a_finding_as_text(made):
    text = render(compose(made(findings=(BLOCK,))))
    assert "Not &lt;safe&gt;." in text
    assert 'class="finding blocked"' in text


def test_a_page_without_findings_does_not_call_it_clearance(page_text):
    assert "That is not clearance to treat." in page_text


def test_the_pressure_limits_in_force_are_drawn_and_explained(simulation, page_text):
    pressure = [limit for limit in limits(simulation.case) if limit.quantity == "sbp"]
    assert pressure
    for limit in pressure:
        assert f">{limit.label}</text>" in page_text
        assert limit.explained in page_text


def test_a_limit_for_information_does_not_tell_to_hold(simulation):
    for limit in limits(simulation.case):
        if limit.tone == "muted":
            assert "hold" not in limit.label


@pytest.mark.parametrize("measure", ["sbp", "dbp"])
def test_rules_that_agree_share_one_line(simulation, measure):
    values = [limit.value for limit in limits(simulation.case) if limit.quantity == measure]
    assert len(values) == len(set(values))


def test_what_blocks_stands_before_any_forecast(made):
    text = render(compose(made(findings=(NOTE, BLOCK))))
    alert = text.index("Blocks the plan: CON-1 (CON-1). Not &lt;safe&gt;.")
    assert alert < text.index('<dl class="answers">') < text.index("Expected score on key days")
    assert "1 blocking, 0 to weigh, 1 for information" in text


def test_a_note_for_information_raises_no_alert(made):
    assert '<p class="alert">' not in render(compose(made(findings=(NOTE,))))
