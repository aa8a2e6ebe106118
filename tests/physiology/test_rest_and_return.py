"""Without a cause nothing moves, and what moved comes back."""

import numpy as np
import pytest

from ketacourse.model import chain
from ketacourse.therapy.course import Course

CUMULATIVE = {"exposure"}
LATENTS = [s for s in chain.STATE_NAMES if s not in CUMULATIVE]


def test_without_dose_care_or_visit_nothing_moves(anyone, follow):
    run = follow(Course(sessions=(), horizon_days=84), anyone(in_care=0.0))
    moved = np.abs(run.values - run.values[:, :1, :])
    assert (moved <= 1e-12 * np.abs(run.values[:, :1, :]) + 1e-12).all()


def test_zero_dose_equals_a_sham_dose_in_every_quantity(anyone, follow, infusions):
    zero = follow(infusions(0, 3, mg_per_kg=0.0), anyone())
    sham = follow(infusions(0, 3), anyone(), dose_factor=0.0)
    assert (zero.values == sham.values).all()


def test_a_sham_dose_moves_expectancy_and_mood_and_nothing_that_the_drug_moves(
    anyone, follow, infusions
):
    run = follow(infusions(0, mg_per_kg=0.0), anyone())
    moved = {q for q in run.quantities if np.ptp(run.of(q), axis=1).max() > 1e-9}
    mood = {"madrs", "suicidal_ideation", "placebo_effect"}
    assert moved == {"expectancy", "care"} | mood


def test_every_latent_returns_to_rest_long_after_the_last_dose(chain_rows, follow, infusions):
    days = (0, 3, 7, 10, 14, 17)
    run = follow(infusions(*days, horizon_days=730), chain_rows(in_care=0.0))
    for name in LATENTS:
        curve = run.of(name)
        left = np.abs(curve[:, -1] - curve[:, 0])
        furthest = np.abs(curve - curve[:, :1]).max(axis=1)
        assert (left <= 1e-3 * furthest + 1e-6).all(), name


def test_mood_returns_to_where_it_started(chain_rows, follow, infusions):
    run = follow(infusions(0, 3, 7, horizon_days=730), chain_rows(in_care=0.0))
    assert run.of("madrs")[:, -1] == pytest.approx(31.0, abs=0.02)


def test_acute_effects_are_gone_after_three_days(anyone, follow, infusions):
    run = follow(infusions(0, mg_per_kg=1.0, horizon_days=5), anyone())
    late = run.times_h >= 72.0
    for name in ("cadss", "sbp_rise", "dbp_rise", "hr_rise", "sedation", "encoding"):
        curve = np.abs(run.of(name))
        assert (curve[:, late].max(axis=1) <= 0.01 * curve.max(axis=1)).all(), name


def test_the_course_may_start_any_day_and_gives_the_same_shifted(anyone, follow, infusions):
    rows = anyone(in_care=0.0)
    now = follow(infusions(0, 3, horizon_days=20), rows)
    later = follow(infusions(10, 13, horizon_days=30), rows)
    for name in ("block_interneuron", "spines_mature", "madrs", "cadss"):
        early, late = now.of(name), later.of(name)[:, later.times_h >= 240.0]
        assert np.abs(early - late).max() <= 2e-3 * np.ptp(early), name
