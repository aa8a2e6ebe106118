"""What the counts of an arm keep for the report: percent change and events per patient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.trials.decisions import is_response
from ketacourse.trials.tally import HIGHEST_PERCENT, LOWEST_PERCENT, PATIENT_EVENTS, _percent


def percent(start: int, total: int) -> int:
    found = _percent(np.array([[total]], dtype=np.int16), np.array([[start]]))
    return int(found[0, 0]) + LOWEST_PERCENT


@given(st.integers(1, 60), st.integers(0, 60))
def test_a_fall_by_half_is_a_response_exactly(start, total):
    response = is_response(np.array([total], np.int16), np.array([start], np.int16), 0.5)[0]
    assert (percent(start, total) <= -50) == response


@pytest.mark.parametrize(
    ("start", "total", "change"),
    [(30, 30, 0), (30, 0, -100), (30, 33, 10), (3, 2, -33), (1, 60, 200)],
)
def test_percent_change_is_whole_and_cut_at_its_end(start, total, change):
    assert percent(start, total) == change
    assert change <= HIGHEST_PERCENT


@pytest.mark.parametrize(("start", "total"), [(-1, 10), (20, -1), (0, 5)])
def test_a_change_that_is_not_known_falls_in_no_bin(start, total):
    found = _percent(np.array([[total]], dtype=np.int16), np.array([[start]]))
    assert found[0, 0] < 0


def test_every_arm_counts_its_events_per_patient(result, rows_of):
    rows = rows_of(result.trial, 0)
    found = result.arms[0].patients_with
    assert tuple(found) == PATIENT_EVENTS
    assert found["sbp_rise"] == np.count_nonzero((rows.sbp_rise >= 40).any(axis=1))
    assert found["nausea"] == np.count_nonzero((rows.nausea == 1).any(axis=1))
