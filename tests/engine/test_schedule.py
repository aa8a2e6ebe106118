"""What may stand in a schedule, and which input holds when."""

import numpy as np
import pytest

from ketacourse.engine.schedule import Schedule, Span
from ketacourse.errors import OutOfRangeError
from ketacourse.model.pk.linear import Inflow


def schedule(**changed):
    given = {"start_h": 0.0, "end_h": 48.0, "times_h": np.array([0.0, 1.0, 48.0])}
    return Schedule(**{**given, **changed})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"end_h": 0.0}, "The run goes from"),
        ({"start_h": np.nan}, "The run goes from"),
        ({"end_h": np.inf}, "The run goes from"),
        ({"times_h": np.array([])}, "not increasing"),
        ({"times_h": np.array([1.0, 1.0])}, "not increasing"),
        ({"times_h": np.array([2.0, 1.0])}, "not increasing"),
        ({"times_h": np.array([np.nan])}, "not increasing"),
        ({"times_h": np.array([-1.0, 1.0])}, "not increasing"),
        ({"times_h": np.array([1.0, 49.0])}, "not increasing"),
        ({"visits": (Span(2.0, 2.0),)}, "The visit from 2.0 to 2.0 h"),
        ({"therapy": (Span(-1.0, 2.0),)}, "The therapy from -1.0"),
        ({"therapy": (Span(1.0, np.inf),)}, "The therapy from 1.0"),
        ({"inflows": (Inflow("iv", -1.0, 0.0, 1.0),)}, "The inflow at -1.0 h into iv"),
        ({"inflows": (Inflow("iv", 0.0, 0.0, -1.0),)}, "amount -1.0 umol"),
        ({"inflows": (Inflow("iv", 0.0, 0.0, np.array([1.0, np.nan])),)}, "nan"),
        ({"inflows": (Inflow("iv", 0.0, -1.0, 1.0),)}, "lasts -1.0 h"),
        ({"inflows": (Inflow("iv", 0.0, np.inf, 1.0),)}, "lasts inf h"),
        ({"inflows": (Inflow("iv", 0.0, 1e-10, 1.0),)}, "lasts 1e-10 h.*Give 0 for a push"),
    ],
)
def test_what_cannot_happen_is_refused(changed, message):
    with pytest.raises(OutOfRangeError, match=message):
        schedule(**changed)


def test_edges_are_every_time_at_which_an_input_changes():
    found = schedule(
        inflows=(Inflow("iv", 1.0, 0.5, 1.0), Inflow("im", 3.0, 0.0, 1.0)),
        visits=(Span(1.0, 3.0),),
        therapy=(Span(40.0, 60.0),),
    ).edges()
    assert found.tolist() == [0.0, 1.0, 1.5, 3.0, 40.0, 48.0]


def test_the_row_of_attendance_is_that_of_the_last_span_to_start():
    given = schedule(visits=(Span(1.0, 4.0), Span(3.0, 5.0)), therapy=(Span(2.0, 3.0),))
    rows = [given.event_row("visit", t) for t in (0.0, 1.0, 3.0, 4.5, 5.0)]
    assert rows == [-1, 0, 1, 1, -1]
    assert [given.event_row("therapy", t) for t in (1.0, 2.0, 3.0)] == [-1, 2, -1]
