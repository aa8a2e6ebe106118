"""The decision: rules first, options on the same futures, and no false clarity."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.cli.cases import read_case
from ketacourse.course.advice import HELD_WEEKS, Outcome
from ketacourse.course.decide import decide, improvement
from ketacourse.course.decide_text import text
from ketacourse.course.preferences import Preferences
from ketacourse.errors import InputError
from ketacourse.guardrails.settings import ClinicSettings, SettingChange
from ketacourse.therapy.case import Score
from ketacourse.therapy.scales import scale


class KnownOutlook:
    """Every session still to come is worth some days, with some luck that all options share."""

    method, surprise, digest, repeats = "Known courses.", "", "known", 1

    def __init__(self, *, today, draws, seed, per_session=6.0, spread=1.0, **extra):
        self.today, self.draws, self.per_session, self.spread = today, draws, per_session, spread
        self.extra = extra
        self.luck = np.random.default_rng(seed).standard_normal(draws)

    def outcome(self, option):
        coming = len(option.future(self.today))
        worth = (self.per_session + self.spread * self.luck) * coming
        days = np.clip(20.0 + worth + self.extra.get(option.key, 0.0), 0.0, 84.0)
        flat = np.ones(self.draws)
        return Outcome(
            symptom_free_days=days, relief_days=days, held={w: days > 5.0 * w for w in HELD_WEEKS},
            sessions=coming, therapy_sessions=len(option.future_therapy(self.today)),
            surge_sessions=0.01 * coming * flat, dissociative_sessions=0.1 * coming * flat,
            any_surge=0.01 * coming * flat, any_dissociation=0.1 * coming * flat,
            exposure_mg_per_kg=0.5 * coming,
        )  # fmt: skip

    def next_peak_mmhg(self, option):
        return 140.0 + 5.0 * self.luck if option.future(self.today) else None

    def score_chances(self, key, day):
        form = scale(key)
        totals = np.arange(form.minimum, form.maximum + 1)[:, None]
        chance = np.exp(-0.5 * ((totals - 18.0 + 4.0 * self.luck) / 3.0) ** 2)
        return chance / chance.sum(axis=0)

    def given_mg_per_kg(self):
        return 2.0


def known(**changes):
    def look(case, readings, *, horizon_days, seed, draws):
        return KnownOutlook(today=readings.today, draws=draws, seed=seed, **changes)

    return look


@pytest.fixture(scope="module")
def case():
    return read_case("example:mid_course_with_scores")


def scored(case, *scores):
    return replace(
        case, scores=(*case.scores, *(Score(day=d, scale=k, total=t) for d, k, t in scores))
    )


def test_sessions_that_bring_much_are_suggested_and_called_better(case):
    found = decide(case, today=8.0, look=known(per_session=8.0))
    assert (found.suggested, found.outcome) == ("add_sessions", "clear")
    assert found.weighed("add_sessions").difference.verdict == "better"


def test_sessions_that_bring_nothing_are_not_suggested(case):
    found = decide(case, today=8.0, look=known(per_session=0.0, spread=0.0))
    assert found.weighed(found.suggested).sessions == 0


def test_where_nothing_differs_it_says_so(case):
    wanted = Preferences(session=0.0, surge=0.0, dissociation=0.0, exposure=0.0, therapy_session=0)
    found = decide(case, today=8.0, preferences=wanted, look=known(per_session=0.0, spread=0.0))
    assert found.outcome == "open"
    assert "no clear difference" in found.conclusion[0]
    assert "better" not in {w.difference.verdict for w in found.ranked if w.difference}


def test_a_session_that_costs_more_is_suggested_less(case):
    cheap = decide(case, today=8.0, preferences=Preferences(session=0.0), look=known())
    dear = decide(case, today=8.0, preferences=Preferences(session=20.0), look=known())
    assert cheap.ranked[0].sessions > dear.ranked[0].sessions


def test_the_ranking_compares_every_option_with_the_plan(case):
    found = decide(case, today=8.0, look=known())
    assert [w.rank for w in found.ranked] == list(range(1, len(found.ranked) + 1))
    assert [w.key for w in found.ranked if w.difference is None] == ["continue"]


def test_a_case_that_screening_blocks_gets_no_forecast(case):
    conditions = {**case.patient.conditions, "aneurysmal_vascular_disease": "present"}
    ill = replace(case, patient=replace(case.patient, conditions=conditions))
    found = decide(ill, today=8.0, look=None)
    assert (found.outcome, found.ranked, found.suggested) == ("blocked", (), "")
    assert "BLOCKED" in text(found)


def test_an_option_that_screening_blocks_is_set_apart_and_never_ranked(case):
    limit = SettingChange(
        code="CON-001", change="enable", by="Dr A", on="2026-01-31", reason="test"
    )
    assert decide(case, today=8.0, look=known(), settings=ClinicSettings(changes=(limit,))).ranked
    stronger = replace(
        case,
        course=replace(
            case.course,
            sessions=tuple(
                replace(s, dose=replace(s.dose, amount_mg_per_kg=0.9, route="im", duration_h=0.0))
                for s in case.course.sessions
            ),
        ),
    )
    found = decide(stronger, today=8.0, look=known())
    ranked, apart = {w.key for w in found.ranked}, {e.option.key for e in found.excluded}
    assert not ranked & apart
    assert all(f.severity == "blocked" for e in found.excluded for f in e.findings)


def test_recorded_suicidal_thoughts_withhold_every_suggestion(case):
    alarmed = scored(case, (7.5, "phq9_item9", 2))
    found = decide(alarmed, today=8.0, look=known(per_session=20.0))
    assert (found.outcome, found.suggested) == ("urgent", "")
    assert found.rules[0].code == "SUI-001"
    assert text(found).index("SUI-001") < text(found).index("OPTIONS")
    assert "same-day path" in found.conclusion[0]


def test_the_review_after_the_fourth_session_wins_over_any_forecast(case):
    early = replace(case, scores=tuple(s for s in case.scores if s.scale not in {"madrs", "phq9"}))
    poor = scored(early, (8.0, "madrs", 31))
    found = decide(poor, today=8.0, look=known(per_session=20.0))
    assert found.outcome == "review"
    assert "SCH-008" in {f.code for f in found.rules}
    assert found.weighed(found.suggested).option.kind not in {"continue", "add", "booster"}
    assert found.ranked[0].option.kind == "add", "the forecast alone would have gone on"


def test_the_same_seed_gives_the_same_decision(case):
    one, other = (decide(case, today=8.0, seed=3, draws=200) for _ in range(2))
    assert text(one) == text(other)


def test_a_forecast_decision_holds_every_number_within_its_bounds(case):
    found = decide(case, today=8.0, draws=300)
    for w in found.ranked:
        assert 0.0 <= w.symptom_free_days.mean <= w.relief_days.mean <= 84.0
        assert w.relief_days.lower <= w.relief_days.upper
        assert all(0.0 <= e.lower <= e.mean <= e.upper <= 1.0 for e in w.held.values())
        assert 0.0 <= w.surge.mean <= 1.0
        assert (w.sessions == 0) == (w.peak_pressure_mmhg is None)


def test_more_sessions_bring_no_less_relief_in_any_possible_future(case):
    found = decide(case, today=8.0, draws=300)
    more = found.weighed("add_sessions").days_gained
    none = found.weighed("stop").days_gained
    assert more.mean > 0.0 > none.mean


def test_improvement_is_read_from_the_newest_score_up_to_today(case):
    assert improvement(case, 8.0) == pytest.approx((34 - 18) / 34)
    assert improvement(case, 2.0) == pytest.approx((34 - 22) / 34)
    assert improvement(replace(case, scores=()), 8.0) is None


def test_a_day_before_the_newest_record_is_refused(case):
    with pytest.raises(InputError, match="lies after today, day 5"):
        decide(case, today=5.0, look=known())


@pytest.mark.parametrize("today", [-1.0, float("nan"), 5000.0])
def test_a_day_outside_the_course_is_refused(case, today):
    with pytest.raises(InputError, match="Today is day"):
        decide(case, today=today, look=known())


def test_too_few_futures_are_refused(case):
    with pytest.raises(InputError, match="draws is 10"):
        decide(case, draws=10, look=known())


def test_a_case_without_scores_is_decided_from_what_is_expected_beforehand(case):
    bare = replace(case, scores=(), vitals=(), baseline={"madrs": 34.0})
    found = decide(bare, draws=200)
    assert found.today == 0.0
    assert "stop" not in {w.key for w in found.ranked}
