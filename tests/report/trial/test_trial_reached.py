"""Response and remission: of whom, on which days, drawn to scale."""

import re

import numpy as np
import pytest

from ketacourse.report.trial_bars import Bar, Block, draw_bars
from ketacourse.report.trial_reached import key_days, reached_section, shares_of
from ketacourse.trials.statistics import Estimate, share_of


def test_who_left_counts_as_not_there(result, rows_of):
    rows = rows_of(result.trial, 1)
    madrs = rows.scores["madrs"]
    reached = (madrs[:, 4] >= 0) & (madrs[:, 4] <= 0.5 * madrs[:, 0])
    share = shares_of(result, "madrs")["response"]["Ketamine 0.25 mg/kg"][28.0]
    assert share == share_of(rows.size, np.count_nonzero(reached))


def test_remission_uses_the_limit_of_the_scale(result, rows_of):
    madrs = rows_of(result.trial, 2).scores["madrs"][:, 1]
    share = shares_of(result, "madrs")["remission"]["Ketamine and CBT"][1.0]
    assert share.value == np.count_nonzero((madrs >= 0) & (madrs <= 10)) / madrs.size


def test_after_dealing_again_only_those_rated_count(sequential):
    course = sequential.arms[0].scores["madrs"]
    shares = shares_of(sequential, "madrs")["response"]["Esketamine"]
    assert [share.n for share in shares.values()] == course.n[1:].tolist()


def test_days_that_endpoints_ask_about_are_always_drawn(trial_of):
    trial = trial_of()
    assert key_days(trial, "madrs", [1.0, 7.0, 14.0, 28.0]) == [1.0, 7.0, 14.0, 28.0]
    days = key_days(trial, "madrs", [1.0, 2.0, 3.0, 14.0, 28.0, 42.0, 56.0])
    assert len(days) == 4
    assert {1.0, 14.0, 56.0} <= set(days)


def test_a_bar_is_as_long_as_its_share():
    bars = [
        Bar(label=name, tone="blue", share=share_of(100, k)) for name, k in (("A", 25), ("B", 50))
    ]
    markup = draw_bars("Response", "%", [Block(heading="day 7", bars=tuple(bars))]).markup
    first, second = (float(w) for w in re.findall(r'class="b-blue"[^>]* width="([\d.]+)"', markup))
    assert second == pytest.approx(2.0 * first, abs=0.2)


def test_a_share_of_nobody_is_said_not_drawn():
    nobody = Estimate(value=np.nan, lower=np.nan, upper=np.nan, n=0)
    drawing = draw_bars(
        "R", "%", [Block(heading="", bars=(Bar(label="A", tone="ink", share=nobody),))]
    )
    assert "nobody seen" in drawing.markup
    assert 'class="b-ink"' not in drawing.markup


def test_both_rules_and_the_key_stand_in_the_caption(result):
    caption = reached_section(result).figures[0].caption
    assert "Response: MADRS lower by 50% or more. Remission: MADRS of 10 or less." in caption
    assert "A Midazolam, B Ketamine 0.25 mg/kg, C Ketamine and CBT." in caption
