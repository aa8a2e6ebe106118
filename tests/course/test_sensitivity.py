"""What answers depend on: every uncertain number in one group, indices of a known function."""

import numpy as np
import pytest

from ketacourse.course.sensitivity import MECHANISM, believed, sensitivity_of, uncertain
from ketacourse.course.sensitivity_outputs import OUTPUTS, outputs_of
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.beliefs import Member
from ketacourse.population.typical import belief_units

CATALOGUE = load_catalogue()
GROUPS = uncertain(CATALOGUE)


def test_every_uncertain_parameter_stands_in_one_group():
    names = [n for members in GROUPS.values() for n in members]
    assert len(names) == len(set(names))
    assert "other" not in GROUPS
    assert set(names) <= set(belief_units())


@pytest.mark.parametrize("name", ["mood.fast_gain", "safety.sbp_max", "mood.rate"])
def test_nine_tenths_of_the_belief_lie_in_the_interval_of_the_catalogue(name):
    parameter = CATALOGUE.parameter(name)
    low, middle, high = believed(parameter, np.array([0.05, 0.5, 0.95]))
    assert middle == pytest.approx(parameter.typical)
    assert (low, high) == pytest.approx((parameter.lower, parameter.upper), rel=1e-6)


def additive(points, weights):
    """Return the parts of a sum of independent terms, one per group."""
    random = np.random.default_rng(5)
    a, b = random.uniform(-1.0, 1.0, (2, len(weights), points))
    mixed = []
    for k in range(len(weights)):
        ab = a.copy()
        ab[k] = b[k]
        mixed.append(np.tile(weights @ ab, (len(OUTPUTS), 1)))
    both = [np.tile(weights @ x, (len(OUTPUTS), 1)) for x in (a, b)]
    return {"a": both[0], "b": both[1], "ab": np.array(mixed)}


def test_a_sum_has_the_indices_of_its_parts():
    weights = np.zeros(len(GROUPS) + 1)
    weights[:2] = 2.0, 1.0
    found = sensitivity_of(additive(2048, weights))
    assert found.groups[-1] == MECHANISM
    assert found.total[0, :3] == pytest.approx([0.8, 0.2, 0.0], abs=0.04)
    assert found.first[0, :3] == pytest.approx([0.8, 0.2, 0.0], abs=0.08)
    assert (found.total_low <= found.total + 1e-9).all()


def test_an_output_that_never_changes_depends_on_nothing():
    part = additive(64, np.zeros(len(GROUPS) + 1))
    assert sensitivity_of(part).total == pytest.approx(0.0)


def test_pressure_follows_its_own_parameter_and_mood_does_not():
    unit = belief_units()["safety.sbp_max"]
    usual = CATALOGUE.value("safety.sbp_max", unit)
    members = tuple(Member(belief={"safety.sbp_max": usual * f}) for f in (1.0, 1.3))
    values = dict(zip(OUTPUTS, outputs_of((members, 30)), strict=True))
    assert values["pressure_peak"][1] == pytest.approx(1.3 * values["pressure_peak"][0], rel=0.02)
    assert values["advantage_24h"][1] == pytest.approx(values["advantage_24h"][0])
