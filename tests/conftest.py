"""Fixtures for every test."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ketacourse.engine.problem import Problem
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.variants import load_variants
from ketacourse.population.batch import Body, pose_course, with_references
from ketacourse.population.ensemble import EXTRA_UNITS, build_ensemble
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession

SOURCES = Path(__file__).resolve().parents[1] / "src"


@pytest.fixture
def python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs Python with the package importable, installed or not."""

    def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCES), **variables},
        )

    return call


# The chain on a bench: parameters of a patient, a course, a posed problem.

Rows = dict[str, np.ndarray]

PATIENT = {
    "met_share": 0.4, "crp": 3.0, "il6": 2.0, "il1b": 0.5, "baseline": 31.0,
    "antidepressant_started": 0.0, "in_care": 1.0, "ampa_open": 1.0, "mtor_free": 1.0,
    "naltrexone": 0.0, "benzodiazepine": 0.0, "decay_factor": 1.0, "stress": 0.0,
}  # fmt: skip
SHARES = {
    "expectancy_max": "placebo.expectancy_open",
    "care_max": "placebo.care_clinic",
    "antidepressant_max": "placebo.antidepressant_share",
}


@pytest.fixture(scope="session")
def chain_rows() -> Callable[..., Rows]:
    """Return a function that gives every parameter of the chain, shape (N,).

    One row with typical values for each variant (all by default), then the draws.
    Keywords replace what the patient brings.
    """
    catalogue = load_catalogue()

    @cache
    def drawn(variants: tuple[str, ...], draws: int, seed: int) -> Rows:
        chosen = [load_variants()[v] for v in variants or load_variants()]
        ensemble = build_ensemble(chosen, draws=draws, seed=seed, catalogue=catalogue, pk_units={})
        values = ensemble.values
        rows = {name: v for name, v in values.items() if name not in EXTRA_UNITS}
        rows |= {f"patient.{n}": np.full(ensemble.size, v) for n, v in PATIENT.items()}
        rows |= {f"patient.{n}": values[source] for n, source in SHARES.items()}
        return with_references(rows, catalogue=catalogue)

    def rows(*variants: str, draws: int = 0, seed: int = 1, **patient: float | np.ndarray) -> Rows:
        found = dict(drawn(variants, draws, seed))
        size = len(found["patient.crp"])
        return found | {f"patient.{n}": np.full(size, v) for n, v in patient.items()}

    return rows


@pytest.fixture(scope="session")
def on_course() -> Callable[..., Problem]:
    """Return a function that poses rows of parameters on a course."""
    catalogue = load_catalogue()

    def pose(course: Course, rows: Rows, times_h: np.ndarray, **options: object) -> Problem:
        options = {"body": Body(), **options}
        return pose_course(
            course, parameters=rows, times_h=np.asarray(times_h), catalogue=catalogue, **options
        )

    return pose


@pytest.fixture(scope="session")
def infusions() -> Callable[..., Course]:
    """Return a function that gives a course of equal infusions over 40 minutes."""

    def course(*days: float, mg_per_kg: float = 0.5, horizon_days: float = 28.0) -> Course:
        dose = Dose(route="iv_infusion", amount_mg_per_kg=mg_per_kg, duration_h=40 / 60)
        sessions = tuple(DrugSession(day=day, dose=dose) for day in days)
        return Course(sessions=sessions, horizon_days=horizon_days)

    return course
