"""The refit step: what it forecasts, and what it does with bad input."""

import time
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from ketacourse.course.refit import refit
from ketacourse.course.refit_input import BASELINE_DAY, read_case
from ketacourse.course.refit_many import KEPT_PEOPLE, refit_many
from ketacourse.course.refit_outcomes import between_people
from ketacourse.errors import CaseError, InputError, OutOfRangeError
from ketacourse.therapy.case import Case, load_case
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.score import Score
from ketacourse.therapy.treated import Treated
from ketacourse.therapy.vitals import VitalSigns

EXAMPLE = Path(str(files("ketacourse"))) / "examples" / "mid_course_with_scores.toml"


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(EXAMPLE)


@pytest.fixture(scope="module")
def found(case):
    return refit(case, draws=1600)


def scores(*told: tuple[float, str, int]) -> tuple[Score, ...]:
    return tuple(Score(day=d, scale=k, total=t) for d, k, t in told)


def middle(refitted, day, key="madrs"):
    about = refitted.forecasts[key]
    return float(np.interp(day, about.days, about.quantiles[3]))


def test_intervals_lie_inside_each_other_and_on_the_scale(found):
    for about in found.forecasts.values():
        assert (np.diff(about.quantiles, axis=0) >= 0.0).all()
        assert about.quantiles.min() >= 0.0


def test_better_scores_forecast_a_better_course(case):
    good, bad = (
        refit(replace(case, scores=scores((1.0, "madrs", t), (3.0, "madrs", t), (7.0, "madrs", t))),
              draws=800)
        for t in (8, 30)
    )  # fmt: skip
    assert middle(good, 14.0) < middle(bad, 14.0) - 8.0
    assert good.class_chances["weak"][1] < bad.class_chances["weak"][1]


def test_chances_are_probabilities_with_their_interval_around_them(found):
    for chance in found.chances:
        assert 0.0 <= chance.lower <= chance.probability <= chance.upper <= 1.0
        assert chance.day > found.today


def test_both_published_lines_of_remission_are_told(found):
    rules = {c.rule for c in found.chances if c.scale == "madrs" and c.outcome == "remission"}
    assert rules == {"MADRS at most 10", "MADRS at most 12"}


def test_relapse_starts_with_everybody_and_only_falls(found):
    held = found.relapse.held
    assert held[0] == 1.0
    assert (np.diff(held) <= 1e-12).all()
    assert "2 weekly ratings in a row" in found.relapse.rule


def test_the_same_seed_gives_the_same_forecast(case, found):
    again = refit(case, draws=1600)
    assert np.array_equal(again.forecasts["madrs"].quantiles, found.forecasts["madrs"].quantiles)


def test_a_warm_refit_takes_about_a_second_at_most(case):
    refit(case)
    started = time.process_time()
    refit(case)
    assert time.process_time() - started < 2.0


def test_sessions_watched_move_the_next_session(case):
    calm = replace(case, vitals=(), scores=tuple(s for s in case.scores if s.scale != "cadss"))
    stormy = replace(
        case,
        vitals=(VitalSigns(day=0.0, sbp_mmhg=125.0, moment="pre_dose"),
                VitalSigns(day=0.03, sbp_mmhg=185.0, moment="in_session")),
    )  # fmt: skip
    plain, high = (refit(c, draws=800).next_session for c in (calm, stormy))
    assert high.expected[0].middle > plain.expected[0].middle + 5.0
    assert plain.watched == ()


# --- what bad input gets -------------------------------------------------------------


def test_a_score_after_today_is_refused_with_its_day(case):
    with pytest.raises(CaseError, match=r"scores of day 7.*lies after today, day 5"):
        refit(case, today=5.0)


def test_one_day_with_two_totals_is_refused(case):
    double = replace(case, scores=(*case.scores, *scores((3.0, "madrs", 25))))
    with pytest.raises(CaseError, match="The same day has 19 as well"):
        refit(double)


def test_the_same_total_twice_counts_once(case):
    double = replace(case, scores=(*case.scores, *scores((3.0, "madrs", 19))))
    assert read_case(double).scores == read_case(case).scores


def test_an_impossible_total_is_refused():
    with pytest.raises(OutOfRangeError, match="MADRS total is 61"):
        Score(day=1.0, scale="madrs", total=61)


@pytest.mark.parametrize("total", [float("nan"), "12", 12.5, True])
def test_a_total_that_is_no_whole_number_is_refused(total):
    with pytest.raises(InputError):
        Score(day=1.0, scale="madrs", total=total)


def test_a_baseline_that_is_not_a_number_is_refused(case):
    with pytest.raises(OutOfRangeError, match="MADRS total"):
        replace(case, baseline={"madrs": float("nan")})


def test_scores_long_before_the_course_are_left_out_and_told(case):
    old = replace(case, scores=(*scores((-60.0, "madrs", 10)), *case.scores))
    readings = read_case(old)
    assert all(s.day >= -28.0 for s in readings.scores)
    assert any("left out" in note for note in readings.notes)


def test_a_score_shortly_before_the_course_is_a_baseline(case):
    early = replace(case, baseline={}, scores=(*scores((-3.0, "madrs", 33)), *case.scores))
    assert read_case(early).baseline["madrs"] == 33.0


def test_without_any_score_the_forecast_says_whose_it_is(case):
    empty = refit(replace(case, baseline={}, scores=(), vitals=()), draws=800)
    assert empty.diagnostics.method == "prior"
    assert any("not of" in note and "this patient" in note for note in empty.readings.notes)


def test_one_score_alone_is_said_to_move_little(case):
    one = refit(replace(case, scores=scores((7.0, "madrs", 20))), draws=800)
    assert any("Only one score" in note for note in one.readings.notes)


def test_a_change_of_scale_half_way_is_linked_and_told(case):
    changed = replace(
        case, baseline={"madrs": 34},
        scores=scores((1.0, "madrs", 22), (7.0, "phq9", 10), (10.0, "phq9", 9)),
    )  # fmt: skip
    found = refit(changed, draws=800)
    assert set(found.forecasts) == {"madrs", "phq9"}
    assert not found.forecasts["phq9"].baseline_recorded
    assert any("published link" in note.replace("\n", " ") for note in found.readings.notes)


def test_a_patient_who_stays_away_is_told(case):
    assert any("whoever leaves" in n for n in read_case(case, today=60.0).notes)


def test_given_doses_count_instead_of_planned_ones(case):
    missed = replace(case, treated=tuple(Treated(day=d, happened="missed") for d in (2.0, 4.0)))
    low = Dose(route="iv_infusion", amount_mg_per_kg=0.25, duration_h=40 / 60)
    changed = replace(case, treated=(Treated(day=2.0, dose=low),))
    assert [s.day for s in read_case(missed).course.sessions] == [0.0, 7.0, 9.0, 11.0]
    assert read_case(changed).course.sessions[1].dose == low
    assert any("Missed and not counted" in n for n in read_case(missed).notes)
    regimen = refit(missed, draws=800).posterior.regimen
    assert regimen.days.tolist() == [0.0, 7.0, 9.0, 11.0]


def test_scales_that_are_not_read_are_named(case, found):
    assert any(note.startswith("PHQ-9 item 9") for note in found.readings.notes)
    assert read_case(case).scores[0].day == BASELINE_DAY


@pytest.mark.parametrize("options", [{"draws": 10}, {"method": "guess"}, {"today": 500.0}])
def test_options_that_make_no_sense_are_refused(case, options):
    with pytest.raises(InputError):
        refit(case, **options)


def test_many_patients_are_refitted_in_one_call_with_progress(case):
    broken = replace(case, scores=(*case.scores, *scores((3.0, "madrs", 25))))
    told = []
    found = refit_many([case, broken], draws=400, progress=lambda _step, share: told.append(share))
    assert found[0].main == "madrs"
    assert isinstance(found[1], CaseError)
    assert told == [0.5, 1.0]
    assert found[0].posterior.people.size == KEPT_PEOPLE
    alone = refit(case, draws=400)
    assert np.array_equal(found[0].forecasts["madrs"].quantiles, alone.forecasts["madrs"].quantiles)


def test_between_people_finds_how_far_their_chances_differ():
    random = np.random.default_rng(1)
    own = random.beta(4.0, 4.0, 4000)
    happened = (random.random((4000, 8)) < own[:, None]).ravel()
    mean, low, high = between_people(happened, 8)
    assert mean == pytest.approx(0.5, abs=0.02)
    assert (low, high) == pytest.approx(np.quantile(own, (0.1, 0.9)), abs=0.03)


def test_workers_give_the_same_forecasts_and_tell_faults(case):
    broken = replace(case, scores=(*case.scores, *scores((3.0, "madrs", 25))))
    one = refit_many([case, broken], draws=400)
    two = refit_many([case, broken], draws=400, workers=2)
    assert np.array_equal(one[0].forecasts["madrs"].quantiles, two[0].forecasts["madrs"].quantiles)
    assert str(one[1]) == str(two[1])
