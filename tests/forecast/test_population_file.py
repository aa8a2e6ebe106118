"""The shipped possible patients, and how they are made from the full chain."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.errors import EvidenceError
from ketacourse.forecast import project_chain
from ketacourse.forecast.course_model import latent
from ketacourse.forecast.parameters import COLUMN, INDIVIDUALS, NAMES, to_free, to_natural
from ketacourse.forecast.population_file import (
    COVARIATES,
    load_population,
    read_population,
    write_population,
)
from ketacourse.forecast.project import misfit, project
from ketacourse.therapy.patient import Patient


@pytest.fixture(scope="module")
def small():
    return project(people=32, seed=3, progress=lambda _step, _share: None)


def patient(**changes) -> Patient:
    return Patient(**{"age_years": 45.0, "sex": "female", "weight_kg": 70.0, "diagnosis": "trd",
                      **changes})  # fmt: skip


def test_the_shipped_people_hold_responders_and_those_who_do_not_respond(prior, six):
    before, after = latent(prior, six, np.array([-1.0, 12.0])).T
    fall = 1.0 - after / before
    assert np.mean(fall < 0.25) > 0.03
    assert np.mean(fall > 0.5) > 0.2
    assert set(np.unique(prior.class_of)) == {0, 1, 2}


def test_all_values_lie_inside_their_bounds(prior):
    for column, one in enumerate(INDIVIDUALS):
        values = prior.values[:, column]
        assert values.min() >= one.lower, one.name
        assert values.max() <= one.upper, one.name


def test_what_therapy_does_may_be_nothing(prior):
    low, high = prior.quantiles("holding", (0.025, 0.975))
    assert low < 0.0 < high
    assert prior.quantiles("therapy", (0.05,))[0] < 0.06


def test_free_and_natural_scale_are_inverse(prior):
    few = prior.values[:100]
    inside = to_natural(to_free(few))
    assert inside == pytest.approx(few, rel=1e-3, abs=6e-3)


def test_what_is_known_of_a_patient_moves_everybody_by_its_slope():
    population = load_population()
    one, other = (population.for_patient(patient(age_years=a)) for a in (40.0, 75.0))
    column = COLUMN["consolidated_gain"]
    slope = population.slopes[COVARIATES.index("beyond_55"), column]
    moved = to_free(other.values)[:, column] - to_free(one.values)[:, column]
    assert np.median(moved) == pytest.approx(2.0 * slope, abs=1e-6)


def test_only_the_second_failed_antidepressant_and_years_beyond_55_count():
    """Benefit does not shrink with every further failure, nor with every year: so in the chain."""

    def values(**known):
        return load_population().for_patient(patient(diagnosis="mdd", **known)).values

    one, two, five = (values(failed_antidepressants=n) for n in (1, 2, 5))
    assert np.array_equal(two, five)
    column = COLUMN["drift"]
    assert one[:, column].mean() < two[:, column].mean()  # an early episode ebbs by itself
    assert np.array_equal(values(age_years=30.0), values(age_years=55.0))


def test_what_is_not_known_of_a_patient_stays_open():
    population = load_population()
    known, unknown = (population.for_patient(patient(crp_mg_per_l=c)) for c in (2.0, None))
    names = [n for n in NAMES if n not in ("drift", "recall")]
    assert any(np.std(to_free(known.values)[:, COLUMN[n]])
               != np.std(to_free(unknown.values)[:, COLUMN[n]]) for n in names)  # fmt: skip


def test_the_projection_follows_the_chain(small):
    assert small.made_by["rms_points"] < 3.0
    assert small.people.size == 32


def test_the_same_seed_projects_the_same_people(small):
    again = project(people=32, seed=3, progress=lambda _step, _share: None)
    assert again.made_by["digest"] == small.made_by["digest"]


def test_what_was_written_is_read_again(small, tmp_path):
    write_population(tmp_path / "one", small)
    back = read_population(tmp_path / "one")
    assert back.people.values == pytest.approx(small.people.values, rel=1e-3, abs=1e-9)
    write_population(tmp_path / "two", small)
    first, second = ((tmp_path / d / "people.csv.gz").read_bytes() for d in ("one", "two"))
    assert first == second


def test_people_of_another_model_are_refused(small, tmp_path, monkeypatch):
    write_population(tmp_path, small)
    monkeypatch.setattr("ketacourse.forecast.population_file.NAMES", (*NAMES, "new"))
    with pytest.raises(EvidenceError, match="do not fit the course model"):
        read_population(tmp_path)


def test_misfit_finds_spread_and_time_of_a_known_process():
    random = np.random.default_rng(1)
    days = project_chain.DAYS
    kernel = 4.0 * np.exp(-np.abs(days[:, None] - days) / 10.0)
    root = np.linalg.cholesky(kernel)
    left = (root @ random.standard_normal((days.size, 4000))).T.reshape(2000, 2, days.size)
    spread, time = misfit(left)
    assert spread == pytest.approx(2.0, rel=0.05)
    assert time == pytest.approx(10.0, rel=0.25)


def test_a_weighted_sample_keeps_its_mean_when_reweighted(prior):
    heavier = prior.reweighted(np.where(prior.of("baseline") > 40.0, 0.0, -50.0))
    assert heavier.mean("baseline") > 40.0
    assert replace(heavier, log_weight=np.zeros(prior.size)).mean("baseline") < 40.0
