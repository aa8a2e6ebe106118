"""The estimation against problems whose answer is known in closed form."""

import numpy as np
import pytest

from ketacourse.infer.estimate import estimate, without_rows
from ketacourse.infer.free import FreeParameter


def _parameters(count: int) -> tuple[FreeParameter, ...]:
    return tuple(
        FreeParameter(name=f"p{i}", scale="identity", mean=0.5 * i, sd=1.0 + i)
        for i in range(count)
    )


def _linear_problem() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    design = rng.normal(size=(12, 3))
    observed = design @ np.array([1.0, -2.0, 0.5]) + rng.normal(size=12) * 0.3
    errors = 0.09 * (np.eye(12) + 0.2)
    return design, observed, errors


def _closed_form(design, observed, errors, parameters):
    precision = np.diag([1.0 / p.sd**2 for p in parameters])
    weight = np.linalg.inv(errors)
    covariance = np.linalg.inv(design.T @ weight @ design + precision)
    mean = np.array([p.mean for p in parameters])
    return covariance @ (design.T @ weight @ observed + precision @ mean), covariance


def test_a_linear_problem_has_the_posterior_of_the_normal_equations():
    design, observed, errors = _linear_problem()
    parameters = _parameters(3)
    found = estimate(
        lambda x: x @ design.T, observed=observed, errors=errors, parameters=parameters,
        iterations=60,
    )  # fmt: skip
    mode, covariance = _closed_form(design, observed, errors, parameters)
    assert found.mode == pytest.approx(mode, abs=0.02)
    assert found.covariance == pytest.approx(covariance, rel=1e-6)


def test_leaving_rows_out_of_a_linear_problem_equals_fitting_without_them():
    design, observed, errors = _linear_problem()
    parameters = _parameters(3)
    found = estimate(
        lambda x: x @ design.T, observed=observed, errors=errors, parameters=parameters
    )
    left_out = np.arange(12) < 4
    mode, covariance = without_rows(
        found, left_out=left_out, observed=observed, errors=errors, parameters=parameters
    )
    kept = ~left_out
    expected = _closed_form(design[kept], observed[kept], errors[np.ix_(kept, kept)], parameters)
    assert mode == pytest.approx(expected[0], abs=1e-6)
    assert covariance == pytest.approx(expected[1], rel=1e-6)


def test_a_curved_problem_is_solved():
    times = np.linspace(0, 4, 20)
    parameters = (
        FreeParameter(name="size", scale="identity", mean=1.0, sd=3.0),
        FreeParameter(name="rate", scale="identity", mean=0.3, sd=1.0),
    )
    observed = 4.0 * np.exp(-1.2 * times)
    found = estimate(
        lambda x: x[:, :1] * np.exp(-x[:, 1:] * times), observed=observed, errors=1e-4 * np.eye(20),
        parameters=parameters, iterations=40,
    )  # fmt: skip
    assert found.mode == pytest.approx([4.0, 1.2], abs=0.01)
