"""The waterfall: ranks of single patients, in order and none invented."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.report.trial_waterfall import (
    MOST_PATIENTS,
    ranked,
    responded,
    waterfall_section,
    waterfalls,
    worsened,
)
from ketacourse.trials.tally import LOWEST_PERCENT


@given(st.lists(st.integers(0, 40), min_size=1, max_size=120).filter(any))
def test_ranks_are_changes_that_occur_in_order(counts):
    found = ranked(np.array(counts))
    assert np.all(np.diff(found) >= 0.0)
    assert all(counts[int(value) - LOWEST_PERCENT] > 0 for value in found)
    assert found.size == min(sum(counts), MOST_PATIENTS)


def test_many_patients_are_thinned_without_moving_their_shares():
    counts = np.zeros(301, dtype=np.int64)
    counts[[20, 80, 110]] = 300_000, 500_000, 200_000
    found = ranked(counts)
    assert found.size == MOST_PATIENTS
    assert [np.mean(found == v) for v in (-80.0, -20.0, 10.0)] == [0.3, 0.5, 0.2]


def test_response_and_worsening_are_those_of_the_patients(result, rows_of):
    rows = rows_of(result.trial, 2)
    start, total = rows.scores["madrs"][:, 0], rows.scores["madrs"][:, 3]
    seen = total >= 0
    found = waterfalls(result)["Ketamine and CBT"]
    assert (found.day, found.n) == (14.0, np.count_nonzero(seen))
    assert responded(found) == np.mean(total[seen] <= 0.5 * start[seen])
    assert worsened(found) == np.mean(total[seen] > start[seen])


def test_the_section_draws_one_panel_per_arm_in_three_tones(result):
    (figure,) = waterfall_section(result).figures
    assert len(figure.drawings) == 3
    control, _, drug = (drawing.markup for drawing in figure.drawings)
    for markup, tone in ((drug, "green"), (drug, "blue"), (control, "vermillion")):
        assert f'class="b-{tone}"' in markup
    assert "response: −50%" in control


def test_without_endpoints_the_last_visit_is_shown(bare):
    assert {w.day for w in waterfalls(bare).values()} == {1.0}
