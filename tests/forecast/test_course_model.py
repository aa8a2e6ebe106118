"""The course model: its closed form against its differential equations, and its meaning."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ketacourse.forecast.constants import course_constants
from ketacourse.forecast.course_model import MOST_REMOVED, latent
from ketacourse.forecast.regimen import Regimen

DAYS = np.array([-3.0, 0.0, 0.02, 0.3, 1.0, 1.5, 4.0, 6.9, 8.2, 12.0, 30.0, 84.0])


def integrated(one: dict[str, float], regimen: Regimen, days: np.ndarray) -> np.ndarray:
    """Return severity by numerical integration, written down apart from the closed form."""
    c = course_constants()
    first = 1.0 - np.exp(-one["repeat"])
    events = sorted([(d, "dose", i) for i, d in enumerate(regimen.days)]
                    + [(d, "therapy", i) for i, d in enumerate(regimen.therapy_days)])  # fmt: skip

    def flow(_t: float, y: np.ndarray) -> list[float]:
        fast, fast_new, slow, slow_new, lasting, coping, expects = y
        slower = one["consolidated_time"] * (1.0 + one["holding"] * coping)
        return [-fast / one["fast_time"], -fast_new / c.rise_time, -slow / slower,
                -slow_new / one["onset"], -lasting / (c.lasting_ratio * slower),
                -coping / c.coping_time,
                -expects / (regimen.expectancy_days or c.expectancy_time)]  # fmt: skip

    def severity(day: float, y: np.ndarray) -> float:
        fast, fast_new, slow, slow_new, lasting, coping, expects = y
        felt = max(fast - fast_new, 0.0) / first, max(slow - slow_new, 0.0) / first + lasting
        after = max(day, 0.0)
        found = one["baseline"] * (1.0 + one["drift"] * (1.0 - np.exp(-after / c.drift_time)))
        for gain, part in zip(("fast_gain", "consolidated_gain"), felt, strict=True):
            found *= 1.0 - min(regimen.drug_share * one[gain] * part, MOST_REMOVED)
        found *= (1.0 - one["therapy"] * coping) * (1.0 - one["expectancy"] * expects)
        return found * (1.0 - one["care"] * (1.0 - np.exp(-after / c.care_time)))

    state, now, found = np.zeros(7), -5.0, {}
    for day, kind, i in [*events, (np.inf, "end", 0)]:
        inside = [d for d in days if now < d <= day]
        end = day if np.isfinite(day) else max([now, *inside])
        if end > now:
            run = solve_ivp(flow, (now, end), state, t_eval=[*inside, end] if end not in inside
                            else inside, rtol=1e-9, atol=1e-12)  # fmt: skip
            for k, d in enumerate(inside):
                found[d] = severity(d, run.y[:, k])
            state, now = run.y[:, -1].copy(), end
        if kind == "dose":
            fill = 1.0 - np.exp(-one["repeat"] * regimen.strength[i])
            into = fill * (1.0 - state[0]), fill * (1.0 - state[2])
            state[:2] += into[0]
            state[2:4] += into[1]
            state[4] += min(one["lasting"] * fill / first, 1.0) * (1.0 - state[4])
            state[6] += (1.0 - state[6]) * (1.0 - np.exp(-c.expectancy_on))
        if kind == "therapy":
            state[5] += (1.0 - state[5]) * (1.0 - np.exp(-c.acquisition * regimen.therapy_hours[i]))
    return np.array([found[d] for d in days])


ASLEEP = {"drug_share": 0.6, "expectancy_days": 90.0}


@pytest.mark.parametrize(
    ("changes", "course"),
    [({}, {}), ({"holding": 2.0, "onset": 2.5}, {}), ({"repeat": 0.1}, {}), ({}, ASLEEP)],
)
def test_the_closed_form_is_what_the_equations_integrate_to(six, person, changes, course):
    people, six = person(**changes), replace(six, **course)
    one = {n: float(people.of(n)[0]) for n in
           ("baseline", "fast_gain", "fast_time", "consolidated_gain", "consolidated_time",
            "onset", "lasting", "repeat", "therapy", "holding", "expectancy", "care",
            "drift")}  # fmt: skip
    assert latent(people, six, DAYS)[0] == pytest.approx(integrated(one, six, DAYS), rel=1e-6)


def test_without_doses_nothing_but_care_and_drift_moves_severity(person):
    calm = person(care=1e-4, drift=0.0)
    idle = Regimen(days=np.zeros(0), strength=np.zeros(0))
    assert latent(calm, idle, DAYS) == pytest.approx(32.0, abs=0.01)


def test_a_score_at_the_time_of_a_dose_is_taken_before_it(six, person):
    before, after = latent(person(), six, np.array([0.0, 0.5]))[0]
    assert before == pytest.approx(32.0)
    assert after < before - 5.0


def test_a_sham_dose_raises_expectancy_only(six, person):
    sham = replace(six, strength=np.zeros(6))
    nobody = person(expectancy=1e-4, care=1e-4, drift=0.0, therapy=0.0)
    assert latent(nobody, sham, DAYS) == pytest.approx(32.0, abs=0.02)
    assert latent(person(), sham, np.array([1.0]))[0, 0] < 30.0


def test_more_drug_helps_more_and_further_doses_add_less(six, person):
    strengths = [0.0, 0.5, 1.0, 2.0, 4.0]
    fall = [32.0 - latent(person(), replace(six, strength=np.full(6, s)), np.array([12.0]))[0, 0]
            for s in strengths]  # fmt: skip
    assert np.all(np.diff(fall) > 0.0)
    assert np.diff(fall)[-1] < np.diff(fall)[1]


def test_coping_slows_the_loss_only_where_holding_is_above_zero(six, person):
    far = np.array([40.0])
    slow, plain, fast = (latent(person(holding=h, therapy=0.0), six, far)[0, 0]
                         for h in (2.0, 0.0, -0.5))  # fmt: skip
    assert slow < plain < fast


def test_a_faster_decay_is_a_shorter_life_time_of_what_was_consolidated(six, person):
    faster = latent(person(), replace(six, decay=2.0), DAYS)
    shorter = latent(person(consolidated_time=4.0), six, DAYS)
    assert faster == pytest.approx(shorter)


def test_severity_stays_on_the_scale(prior, six):
    found = latent(prior, six, DAYS)
    assert found.min() >= 0.0
    assert found.max() <= 60.0


def test_people_do_not_influence_each_other(six, person, crowd):
    two = latent(crowd([{}, {"fast_gain": 0.6}]), six, DAYS)
    assert np.array_equal(two[:1], latent(person(), six, DAYS))
