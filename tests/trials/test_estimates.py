"""What a trial says: estimates, comparisons and power."""

import numpy as np
import pytest
from scipy import stats

from ketacourse.trials.gather import gather
from ketacourse.trials.results import as_data, result_of, summary


@pytest.fixture
def results(make, parts):
    """Return a function that runs a changed trial and returns its results."""

    def call(**changes):
        trial = make(**changes)
        return result_of(trial, gather(trial, parts(trial, 4096)))

    return call


def test_a_contrast_is_the_difference_of_its_groups(results):
    found = results(patients=200).endpoint("change")
    one, other = (g.estimate.value for g in found.groups)
    (contrast,) = found.contrasts
    assert contrast.name == "ketamine v midazolam"
    assert contrast.comparison.difference == pytest.approx(one - other)
    assert contrast.comparison.p < 1e-6


def test_groups_may_be_pooled_on_each_side(results):
    arms = [
        {"name": "a", "protocol": "iv_single"},
        {"name": "b", "protocol": "iv_single"},
        {"name": "c", "control": "midazolam", "session_days": [0]},
    ]
    contrasts = [{"name": "drug", "arms": ["a", "b"], "against": ["c"]}]
    found = results(arms=arms, reference=None, contrasts=contrasts).endpoint("change")
    a, b, c = (g.estimate for g in found.groups)
    pooled = (a.value * a.n + b.value * b.n) / (a.n + b.n)
    assert found.contrasts[0].comparison.difference == pytest.approx(pooled - c.value)


def test_power_is_what_the_noncentral_t_distribution_says(results):
    found = results(patients=2000, power={"patients": [8, 16]}, adherence={"full": True})
    one, other = (g.estimate for g in found.endpoint("change").groups)
    error = np.sqrt((one.sd**2 + other.sd**2) / 2)
    for point in found.endpoint("change").contrasts[0].power:
        n = point.patients
        shift = abs(one.value - other.value) / (error * np.sqrt(2 / n))
        limit = stats.t.ppf(0.975, 2 * n - 2)
        wanted = stats.nct.sf(limit, 2 * n - 2, shift) + stats.nct.cdf(-limit, 2 * n - 2, shift)
        assert point.trials == 2000 // n
        assert point.power.value == pytest.approx(wanted, abs=0.09)


def test_arms_without_a_difference_differ_as_often_as_alpha_says(results):
    arms = [{"name": n, "protocol": "iv_single"} for n in ("one", "other")]
    found = results(arms=arms, reference="other", patients=10, replicates=400)
    for endpoint in found.endpoints:
        (point,) = endpoint.contrasts[0].power
        assert point.trials == 400
        assert point.power.value < 0.09


def test_arms_that_share_patients_are_compared_within_them(results):
    found = results(patients=150, allocation="common").endpoint("change")
    apart = results(patients=150).endpoint("change")
    within, between = found.contrasts[0], apart.contrasts[0]
    assert within.paired
    assert not between.paired
    width = [c.comparison.upper - c.comparison.lower for c in (within, between)]
    assert width[0] < 0.9 * width[1]


def test_the_reference_of_a_crossover_is_the_same_patient(results):
    found = results(
        design="crossover", masking="saline_crossover", crossover={"washout": "14 d"},
        arms=[{"name": "ketamine", "protocol": "iv_single"},
              {"name": "saline", "control": "saline", "session_days": [0]}],
        reference="saline", replicates=5,
    ).endpoint("change")  # fmt: skip
    (contrast,) = found.contrasts
    assert contrast.paired
    assert contrast.comparison.difference < -5
    assert contrast.power[0].trials == 5


def test_what_is_asked_of_the_rerandomised_is_told_by_branch(results):
    found = results(
        design="sequential", patients=120, replicates=2, reference="stops",
        arms=[{"name": "six", "protocol": "iv_six_over_two_weeks"}],
        visits=[{"days": [7, 14, 21, 28]}],
        rerandomise={"day": 14, "branches": [
            {"name": "goes on", "sessions": [
                {"days": [14, 21], "drug": "ketamine", "route": "iv_infusion",
                 "dose": "0.5 mg/kg", "duration": "40 min"},
            ]},
            {"name": "stops"},
        ]},
        endpoints=[
            {"name": "first", "kind": "response", "day": 14},
            {"name": "then", "kind": "response", "day": 28, "among": "rerandomised"},
        ],
    )  # fmt: skip
    first, then = found.endpoints
    assert [g.group for g in first.groups] == ["six"]
    assert first.contrasts == ()
    assert [g.group for g in then.groups] == ["goes on", "stops"]
    assert then.contrasts[0].comparison.difference > 0.0
    dealt = [b.patients for b in found.branches]
    assert [g.estimate.n for g in then.groups] == dealt
    assert sum(dealt) == round(first.groups[0].estimate.value * 240)


def test_results_are_plain_data_without_nan(results):
    import json

    found = results(relapse={"when": {"improved_less_than": 0.5}}, endpoints=[
        {"name": "relapse", "kind": "time_to_relapse", "from_day": 1}
    ])  # fmt: skip
    text = json.dumps(summary(found), allow_nan=False)
    assert json.loads(text)["endpoints"][0]["groups"][0]["curve"]["days"] == [0.0, 2.0, 6.0]


def test_what_is_not_finite_becomes_null():
    assert as_data({"a": np.array([1.0, np.inf])}) == {"a": [1.0, None]}
