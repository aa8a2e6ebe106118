"""Therapy: what a session teaches, with the drug on board, in the window, and without."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.engine.solve import solve
from ketacourse.therapy.session import TherapySession


@pytest.fixture(scope="module")
def coping(chain_rows, follow, infusions):
    """Return a function: coping a day after one therapy session, with or without drug."""

    def after(hour, mg=0.5, rows=None):
        session = TherapySession(day=hour / 24.0, duration_h=1.0)
        course = replace(infusions(0, mg_per_kg=mg, horizon_days=6), therapy=(session,))
        run = follow(course, chain_rows() if rows is None else rows)
        return run.of("coping")[:, int(np.argmin(np.abs(run.times_h - 120.0)))]

    return after


def test_a_session_during_the_infusion_teaches_less_than_one_without_drug(coping):
    assert (coping(0.2) < 0.9 * coping(0.2, mg=0.0)).all()


def test_a_session_in_the_window_teaches_at_least_as_much_as_one_without_drug(coping, anyone):
    with_drug, without = coping(24.0, rows=anyone()), coping(24.0, mg=0.0, rows=anyone())
    assert (with_drug >= without * (1 - 1e-3)).all()  # the accuracy of the runs
    assert (with_drug[:5] > 1.1 * without[:5]).all()


def test_without_therapy_nothing_is_learned(chain_rows, follow, infusions):
    assert follow(infusions(0), chain_rows()).of("coping").max() == 0.0


def test_a_session_that_is_missed_teaches_nothing(chain_rows, follow, infusions, on_course):
    session = TherapySession(day=1.0, duration_h=1.0)
    course = replace(infusions(0), therapy=(session,))
    problem = on_course(course, chain_rows(), np.array([0.0, 48.0]))
    problem.attendance[1] = [1.0, 0.5, 0.0, 0.0, 0.0]
    found = solve(problem).of("coping")[:, -1]
    assert found[0] > found[1] > 0.0
    assert (found[2:] == 0.0).all()


def test_what_was_learned_fades_slowly(chain_rows, follow, infusions):
    course = replace(
        infusions(0, horizon_days=90), therapy=(TherapySession(day=1, duration_h=1.0),)
    )
    run = follow(course, chain_rows("disinhibition"))
    curve = run.of("coping")[0]
    assert 0.2 < curve[-1] / curve.max() < 0.8
