"""Where studies of concentrations contradict each other, nothing can be judged by them."""

from dataclasses import replace

import pytest

from ketacourse.course.concentrations import ConcentrationComparison
from ketacourse.course.validation_safety import concentration_agreement, contested_routes
from ketacourse.evidence.concentrations import load_concentrations

ORAL = next(o for o in load_concentrations() if o.route == "oral" and o.analyte == "norketamine")


def compared(ratio, **changes):
    return ConcentrationComparison(
        observation=replace(ORAL, **changes), predicted=ratio, ratio=ratio, in_sample=False,
        status="predicted",
    )  # fmt: skip


def pair(first, second, **changes):
    """Return two studies with the ratios of predicted over published that they have."""
    return [
        compared(first, source="a", n=6),
        compared(second, **{"source": "b", "n": 6, **changes}),
    ]


def test_studies_that_no_prediction_can_meet_are_contested():
    found = contested_routes(pair(0.9, 1.6))
    assert list(found) == [("norketamine", "oral")]
    assert "1.8-fold apart" in found["norketamine", "oral"]


def test_a_prediction_that_is_off_from_studies_that_agree_is_judged():
    comparisons = pair(1.7, 1.9)
    assert contested_routes(comparisons) == {}
    (group,) = concentration_agreement(comparisons)
    assert not group.contested
    assert not group.agrees


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "a"}, {"n": None}, {"route": "sublingual"}, {"analyte": "ketamine"},
        {"metric": "tmax"},
    ],
)  # fmt: skip
def test_only_two_measured_studies_of_one_substance_and_route_contradict_each_other(changes):
    assert contested_routes(pair(0.5, 2.0, **changes)) == {}


def test_forms_of_one_substance_are_told_together():
    assert contested_routes(pair(0.5, 2.0, analyte="S-norketamine")) != {}
