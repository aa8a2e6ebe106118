"""Possible patients, a regimen and scores that the tests of the forecast share."""

from collections.abc import Callable

import numpy as np
import pytest

from ketacourse.forecast.parameters import COLUMN, COUNT
from ketacourse.forecast.people import People
from ketacourse.forecast.population_file import load_population
from ketacourse.forecast.regimen import Regimen
from ketacourse.therapy.score import Score

TYPICAL = {
    "baseline": 32.0, "fast_gain": 0.3, "fast_time": 1.2, "consolidated_gain": 0.3,
    "consolidated_time": 8.0, "onset": 0.8, "lasting": 0.05, "repeat": 1.0, "therapy": 0.2,
    "holding": 0.5, "expectancy": 0.15, "care": 0.05, "antidepressant": 0.25, "drift": -0.05,
    "fluctuation": 2.5, "fluctuation_time": 8.0, "recall": 0.5,
}  # fmt: skip


def _crowd(rows: list[dict[str, float]]) -> People:
    values = np.empty((len(rows), COUNT))
    for i, changes in enumerate(rows):
        for name, column in COLUMN.items():
            values[i, column] = {**TYPICAL, **changes}[name]
    return People(
        values=values, class_of=np.ones(len(rows), np.int8), log_weight=np.zeros(len(rows))
    )


@pytest.fixture
def crowd() -> Callable[[list[dict[str, float]]], People]:
    """Return a function that makes typical people with some parameters changed."""
    return _crowd


@pytest.fixture
def person() -> Callable[..., People]:
    """Return a function that makes one typical person with some parameters changed."""
    return lambda **changes: _crowd([changes])


@pytest.fixture
def six() -> Regimen:
    """Return six reference doses with three therapy sessions."""
    return Regimen(
        days=np.array([0.0, 2.0, 4.0, 7.0, 9.0, 11.0]), strength=np.ones(6),
        therapy_days=np.array([1.0, 5.0, 8.0]), therapy_hours=np.ones(3),
    )  # fmt: skip


@pytest.fixture(scope="session")
def prior() -> People:
    """Return the shipped possible patients."""
    return load_population().people


@pytest.fixture
def scores() -> list[Score]:
    """Return an ordinary record of an improving patient."""
    told = [(-0.5, "madrs", 34), (-0.5, "phq9", 20), (1.0, "madrs", 24), (7.0, "madrs", 20),
            (7.0, "phq9", 14), (10.0, "madrs", 17)]  # fmt: skip
    return [Score(day=d, scale=k, total=t) for d, k, t in told]
