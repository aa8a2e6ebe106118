"""Tables of endpoints and safety: the numbers of the patients, with their intervals."""

import numpy as np
import pytest

from ketacourse.report.trial_numbers import share_words
from ketacourse.report.trial_tables import (
    contrast_table,
    endpoint_table,
    peak_table,
    safety_section,
    safety_shares,
    safety_table,
)
from ketacourse.trials.rows import DRUG, MISSED
from ketacourse.trials.statistics import share_of


def test_an_endpoint_is_given_for_every_group(result):
    table = endpoint_table(result)
    assert table.header[2:] == result.trial.groups
    row = next(r for r in table.rows if r[0] == "Response, day 14")
    found = result.endpoint("Response, day 14").groups
    assert row[2:] == tuple(share_words(g.estimate) for g in found)


def test_comparisons_name_unit_and_test(result):
    rows = contrast_table(result).rows
    assert len(rows) == 4 * 2
    kinds = {(r[0], r[3], r[4]) for r in rows}
    assert ("Change, day 14", "points", "t") in kinds
    assert ("Response, day 14", "percentage points", "chi-squared") in kinds
    assert ("Time to relapse", "hazard ratio", "log-rank") in kinds


def test_a_patient_counts_once_and_each_session_counts(result, rows_of):
    rows = rows_of(result.trial, 1)
    came, high = rows.session == DRUG, rows.cadss > 4
    by_patient, by_session = safety_shares(result.arms[1])["cadss"]
    assert by_patient == share_of(came.any(axis=1).sum(), high.any(axis=1).sum())
    assert by_session == share_of(came.sum(), high.sum())


def test_missed_sessions_and_leaving_are_counted(result, rows_of):
    rows = rows_of(result.trial, 2)
    found = safety_shares(result.arms[2])
    missed = rows.session == MISSED
    assert found["missed"] == (
        share_of(rows.size, missed.any(axis=1).sum()), share_of(missed.size, missed.sum()),
    )  # fmt: skip
    assert found["drop_out"][0].value == pytest.approx(np.mean(rows.dropped))


def test_rescue_is_listed_only_where_there_is_a_rule(result):
    assert not any("rescue" in row[0] for row in safety_table(result).rows)


def test_the_safety_table_stands_on_the_page_not_behind_a_click(trial_page):
    shown = trial_page[trial_page.index('<section id="safety"') :]
    assert shown.index("systolic pressure up by 40 mmHg or more") < shown.index("<details")


def test_what_controls_do_themselves_is_said_not_to_be_counted(result, bare):
    assert "A control session carries no drug" in safety_section(result).intro
    assert "control" not in safety_section(bare).intro


def test_peaks_are_those_of_the_first_and_last_session(result):
    rows = [r for r in peak_table(result).rows if r[0] == "Midazolam"]
    assert [r[1] for r in rows] == ["0", "7"]
    sessions = result.arms[0].sessions
    assert rows[0][5] == f"{sessions.sbp_peak[0, 0]:.0f} ({sessions.sbp_peak[0, 1]:.0f})"
