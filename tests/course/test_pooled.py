import numpy as np
import pytest

from ketacourse.course.pooled import (
    ASKED,
    may_pool,
    pooled_covariance,
    pooled_rows,
    pooled_values,
    year_of,
)
from ketacourse.evidence.observations import load_observations
from ketacourse.infer.rows import compared

TAU = {"points": 3.0, "rate": 0.7, "days": 0.5}


def test_only_estimates_that_were_read_are_prior_knowledge():
    usable = {row.row_id for row in load_observations("contrasts") if row.usable}
    assert set(ASKED) <= usable


def test_a_published_interval_gives_the_error_and_its_middle_the_value():
    row = next(r for r in pooled_rows()[0] if r.row_id == "an2021_c01")
    assert row.value == pytest.approx(-6.16)
    assert 2 * 1.96 * row.sd == pytest.approx(7.88 - 4.44)


def test_a_difference_is_the_arm_less_its_control():
    rows, queries = pooled_rows()
    statistics = np.full((1, len(queries)), 40.0)
    at = next(i for i, r in enumerate(rows) if r.row_id == "an2021_c02")
    drug, sham = rows[at].positions
    statistics[0, [drug, sham]] = (-15.0, -6.0)
    assert pooled_values(statistics)[0, at] == pytest.approx(-9.0)


def test_a_rate_is_compared_in_log_odds():
    rows, queries = pooled_rows()
    at = next(i for i, r in enumerate(rows) if r.row_id == "han2016_c01")
    found = pooled_values(np.full((2, len(queries)), 40.0))[:, at]
    assert found == pytest.approx(float(compared("rate", 40.0, rows[at].n)))


def test_errors_are_a_covariance_wider_than_the_published_intervals():
    rows, _ = pooled_rows()
    errors = pooled_covariance(TAU)
    assert np.linalg.eigvalsh(errors).min() > 0.0
    assert (np.sqrt(np.diag(errors)) > [r.sd for r in rows]).all()


@pytest.mark.parametrize(("study", "kept"), [("lii2023", True), ("zarate2006", False)])
def test_an_estimate_is_kept_only_for_studies_that_came_later(study, kept):
    assert may_pool([study]).all() == (not kept)
    assert may_pool([study]).any() == (not kept)


def test_a_study_of_unknown_year_may_be_in_any_estimate():
    assert year_of("nimh_crossover") is None
    assert may_pool(["lii2023", "nimh_crossover"]).all()
