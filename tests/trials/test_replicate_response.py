"""Rules of response as notes state them."""

import pytest

from ketacourse.trials.replicate_response import stated_fall


@pytest.mark.parametrize(
    ("notes", "fall"),
    [
        ("response is a fall of 35% or more", 0.35),
        ("response >=35% reduction in Y-BOCS", 0.35),
        ("responders had at least 30% improvement on the CAPS-5", 0.3),
        ("response defined as a 50% decrease", 0.5),
        ("response as >= 35% on the LSAS", 0.35),
        ("response was 35% at day 7", None),
        ("response in 24 of 60 (40%); 30% improvement of sleep", None),
        ("response is a fall of 5%", None),
        ("", None),
    ],
)
def test_the_fall_that_counts_as_response_is_read_from_the_notes(notes, fall):
    assert stated_fall(notes) == fall
