"""The foreign truths: what is not treated stays, what is treated gets better, and ends."""

import numpy as np
import pytest
from studies.chain import chain_patients
from studies.truths import FOREIGN, noise_grid, on_grid

SLOTS = np.array([0.0, 2.0, 4.0, 7.0, 9.0, 11.0])
DAYS = np.array([-0.5, 1.0, 14.0, 28.0, 84.0])


@pytest.fixture(params=[*FOREIGN, "full_chain"], scope="module")
def truth(request):
    if request.param == "full_chain":
        return chain_patients(64, seed=5)
    return FOREIGN[request.param](300, seed=5)


def test_severity_stays_on_the_scale(truth):
    true = truth.severity(SLOTS, np.ones((truth.size, 6)), DAYS)
    assert true.shape == (truth.size, DAYS.size)
    assert (true >= 0.0).all()
    assert (true <= 60.0).all()


def test_a_course_brings_relief_on_the_next_day_that_fades_by_week_twelve(truth):
    true = truth.severity(SLOTS, np.ones((truth.size, 6)), DAYS).mean(axis=0)
    assert true[1] < true[0] - 4.0
    assert true[4] > true[2]


def test_without_a_dose_patients_stay_ill(truth):
    none = truth.severity(SLOTS, np.zeros((truth.size, 6)), DAYS)
    given = truth.severity(SLOTS, np.ones((truth.size, 6)), DAYS)
    assert none[:, 2].mean() > given[:, 2].mean() + 5.0


def test_a_later_dose_does_not_change_the_past(truth):
    six = truth.severity(SLOTS, np.ones((truth.size, 6)), DAYS[:3])
    more = np.append(SLOTS, 35.0)
    seven = truth.severity(more, np.ones((truth.size, 7)), DAYS[:3])
    assert seven == pytest.approx(six, abs=0.05)


def test_the_same_seed_gives_the_same_patients():
    for draw in FOREIGN.values():
        one, other = (draw(20, seed=9).severity(SLOTS, np.ones((20, 6)), DAYS) for _ in range(2))
        assert (one == other).all()


def test_noise_is_read_exactly_on_its_grid():
    grid = noise_grid()
    values = np.arange(grid.size, dtype=float)[None]
    assert on_grid(values, grid[[3, 50]])[0] == pytest.approx([3.0, 50.0])
