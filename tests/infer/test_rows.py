"""How published rows are weighed."""

import numpy as np
import pytest

from ketacourse.infer.rows import FitRow, between_studies, compared, covariance, sampling_sd


def _row(number: int, study: str, *, arm: str = "a", kind="points", n: int = 25) -> FitRow:
    return FitRow(
        row_id=str(number), study=study, arm=arm, kind=kind, value=40.0, n=n, sd_points=10.0,
        benefit=-1.0 if kind == "points" else 1.0,
    )  # fmt: skip


TAU = {"points": 4.0, "rate": 0.6, "days": 0.5}


def test_a_rate_of_none_stays_finite_on_the_logit_scale():
    assert np.isfinite(compared("rate", np.array([0.0, 100.0]), 20)).all()


def test_a_larger_arm_has_a_smaller_error():
    assert sampling_sd(_row(1, "x", n=100)) == pytest.approx(sampling_sd(_row(1, "x")) / 2)


def test_rows_of_two_studies_are_independent():
    errors = covariance([_row(1, "x"), _row(2, "y")], tau=TAU)
    assert errors[0, 1] == 0.0


def test_rows_of_one_arm_share_more_than_rows_of_two_arms():
    errors = covariance([_row(1, "x"), _row(2, "x"), _row(3, "x", arm="b")], tau=TAU)
    assert errors[0, 1] > errors[0, 2] > 0.0


def test_a_better_study_has_lower_scores_and_higher_rates():
    errors = covariance([_row(1, "x"), _row(2, "x", arm="b", kind="rate")], tau=TAU)
    assert errors[0, 1] < 0.0


def test_errors_can_be_inverted():
    rows = [_row(i, f"s{i % 4}", kind="rate" if i % 2 else "points") for i in range(20)]
    assert np.linalg.eigvalsh(covariance(rows, tau=TAU)).min() > 0.0


def test_the_spread_between_studies_is_recovered_from_residuals():
    rows = [_row(i, f"s{i}", n=400) for i in range(300)]
    residuals = np.random.default_rng(1).normal(size=300) * 6.0
    found = between_studies(residuals, rows, start=TAU)
    assert found["points"] == pytest.approx(6.0, rel=0.15)
