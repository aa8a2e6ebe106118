"""Many people, each with other parameters, for truths that hold for all of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ketacourse.engine.solve import solve

AROUND_DOSE_H = np.array([0.0, 0.17, 0.33, 0.5, 0.67, 0.8, 1, 1.5, 2, 3, 4, 6, 9, 12, 18, 24])


@pytest.fixture(scope="session")
def anyone(chain_rows: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives all variants and 45 draws of every parameter."""
    return lambda **patient: chain_rows(draws=45, seed=4, **patient)


@pytest.fixture(scope="session")
def follow(on_course: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that runs rows on a course, reported closely after each dose."""

    def run(course: Any, rows: Any, **options: Any) -> Any:
        after = [s.start_h + AROUND_DOSE_H for s in course.sessions]
        daily = np.arange(0.0, course.horizon_h + 1, 24.0)
        times = np.unique(np.round(np.concatenate([daily, *after]), 6))
        tolerance = options.pop("tolerance", 1e-3)
        problem = on_course(course, rows, times[times <= course.horizon_h], **options)
        return solve(problem, tolerance=tolerance)

    return run
