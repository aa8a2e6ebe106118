"""What patients receive, what is rated, who leaves: the rules of a trial at work."""

import numpy as np
import pytest

from ketacourse.trials.rows import DRUG, MISSED, SHAM, UNSEEN

SIX = {"name": "six", "protocol": "iv_six_over_two_weeks"}
STAYS = {"full": True}
WEEKS = [{"days": [7, 14, 21, 28]}]
INFUSION = {"drug": "ketamine", "route": "iv_infusion", "duration": "40 min"}


def weekly(**changes):
    return {
        "name": "weekly",
        "sessions": [{**INFUSION, "days": [0, 7, 14, 21, 28], "dose": "0.5 mg/kg"}],
        **changes,
    }


def test_parts_of_a_trial_are_the_same_patients_as_the_whole(make):
    from ketacourse.trials.chunk import run_chunk

    trial = make(arms=[SIX], reference=None)
    whole = run_chunk(trial, 0, 0, 40)[0]
    parts = [run_chunk(trial, 0, 0, 13)[0], run_chunk(trial, 0, 13, 27)[0]]
    for name in ("patient", "latent", "sbp_peak", "cadss", "nausea", "session", "last_visit"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name), err_msg=name)


def test_a_control_arm_receives_no_drug(rows):
    found = rows(cell=1)[1]
    assert (found.session == SHAM).all()
    assert found.dose_mg.max() == 0.0
    assert found.sbp_rise.max() == 0


def test_what_a_control_arm_expects_depends_on_the_control(rows):
    def change(masking, control):
        arm = {"name": "c", "control": control, "session_days": [0]}
        latent = rows(masking=masking, arms=[arm], reference=None, adherence=STAYS)[0].latent
        return float((latent[:, 1] - latent[:, 0]).mean())

    crossover = change("saline_crossover", "saline")
    saline = change("saline_parallel", "saline")
    midazolam = change("active_placebo", "midazolam")
    asleep = change("anaesthesia", "saline")
    assert asleep < midazolam < min(saline, crossover)
    assert max(saline, crossover) < 0.0


def test_patients_shared_by_arms_are_the_same_people(rows):
    both = rows(allocation="common")
    for name in ("patient",):
        np.testing.assert_array_equal(getattr(both[0], name), getattr(both[1], name))
    np.testing.assert_array_equal(both[0].scores["madrs"][:, 0], both[1].scores["madrs"][:, 0])
    assert both[0].latent[:, 1].mean() < both[1].latent[:, 1].mean()


def test_randomised_arms_are_different_people(rows):
    assert set(rows(cell=0)[0].patient).isdisjoint(rows(cell=1)[1].patient)


def test_ratings_are_whole_and_on_the_scale_around_the_truth(rows):
    found = rows(patients=400, adherence=STAYS)[0]
    totals = found.scores["madrs"]
    assert totals.min() >= 0
    assert totals.max() <= 60
    error = (totals - found.latent)[found.latent > 8]
    assert abs(error.mean()) < 0.3
    assert error.std() == pytest.approx(2.6, abs=0.3)  # the scale's published error


def test_everybody_who_stays_is_seen_at_every_visit(rows):
    found = rows(adherence=STAYS)[0]
    assert (found.scores["madrs"] != UNSEEN).all()
    assert not found.dropped.any()


def test_after_a_drop_out_nothing_is_rated_or_given(rows):
    leaves = {"drop_out": {"share": 0.4, "within": "14 d"}}
    found = rows(arms=[weekly()], visits=WEEKS, reference=None, endpoints=[], adherence=leaves)[0]
    assert 0.3 < found.dropped.mean() < 1.0
    seen = found.scores["madrs"] != UNSEEN
    np.testing.assert_array_equal(seen.sum(axis=1) - 1, found.last_visit)
    first_lost = found.last_visit + 1  # of five sessions, each on the day of a visit
    given = found.session != UNSEEN
    np.testing.assert_array_equal(given.sum(axis=1), np.minimum(first_lost, 5))


def test_whoever_gains_nothing_leaves_more_often(rows):
    found = rows(
        patients=1500, visits=WEEKS, reference=None, endpoints=[],
        adherence={"without_benefit": 20.0, "drop_out": {"share": 0.2, "within": "14 d"}},
    )[0]  # fmt: skip
    gain = 1.0 - found.latent[:, 1] / found.latent[:, 0]
    left = found.dropped & (found.last_visit >= 1)
    assert gain[left].mean() < gain[~found.dropped].mean() - 0.05


def test_missed_sessions_give_nothing(rows):
    misses = {"missed_share": 1.0, "drop_out": {"share": 0.0, "within": "7 d"}}
    found = rows(arms=[SIX], reference=None, adherence=misses)[0]
    alone = rows(arms=[{"name": "one", "protocol": "iv_single"}], reference=None,
                 adherence=misses)[0]  # fmt: skip
    assert (found.session[:, 0] == DRUG).all()
    assert (found.session[:, 1:] == MISSED).all()
    np.testing.assert_allclose(found.latent, alone.latent, atol=0.1)


def test_a_dose_rises_while_improvement_falls_short(rows):
    rule = {
        "days": [7, 14], "when": {"score_at_least": 0},
        "steps": ["0.5 mg/kg", "0.75 mg/kg", "1.0 mg/kg"],
    }  # fmt: skip
    found = rows(arms=[weekly(dose_rule=rule)], visits=WEEKS, reference=None, endpoints=[],
                 adherence=STAYS)[0]  # fmt: skip
    per_kg = found.dose_mg / found.numbers["weight_kg"][:, None]
    wanted = [0.5, 0.75, 1.0, 1.0, 1.0]
    np.testing.assert_allclose(per_kg, np.tile(wanted, (40, 1)), rtol=1e-5)


def test_a_dose_follows_each_patient(rows):
    rule = {
        "days": [7], "when": {"improved_less_than": 0.4}, "steps": ["0.5 mg/kg", "1.0 mg/kg"],
    }  # fmt: skip
    found = rows(patients=200, arms=[weekly(dose_rule=rule)], visits=WEEKS, reference=None,
                 endpoints=[], adherence=STAYS)[0]  # fmt: skip
    totals = found.scores["madrs"]
    short = 1.0 - totals[:, 1] / totals[:, 0] < 0.4
    raised = found.dose_mg[:, 1] > 1.5 * found.dose_mg[:, 0]
    assert 0.1 < short.mean() < 0.9
    np.testing.assert_array_equal(raised, short)


def test_a_protocol_guided_by_response_raises_the_dose_of_those_who_stay_ill(rows):
    found = rows(
        patients=100, arms=[{"name": "guided", "protocol": "sc_response_guided"}], reference=None,
        endpoints=[], visits=[{"days": [3, 7, 10, 14, 17, 21, 24]}], adherence=STAYS,
    )[0]  # fmt: skip
    per_kg = found.dose_mg / found.numbers["weight_kg"][:, None]
    assert set(np.round(per_kg.astype(float), 4).reshape(-1)) == {0.5, 0.6, 0.75, 0.9}
    assert (np.diff(per_kg, axis=1) > -1e-6).all()
    better = found.scores["madrs"][:, 1:] <= 0.5 * found.scores["madrs"][:, :1]
    steps_up = (np.diff(per_kg, axis=1) > 0.01).sum(axis=1)
    np.testing.assert_array_equal(steps_up, np.minimum((~better).sum(axis=1), 3))


@pytest.mark.parametrize(
    ("when", "days_given"),
    [
        # decided on day 7, the gap of 14 days counts from the session of day 0
        ({"score_at_least": 0}, [0, 14, 28]),
        ({"improved_at_least": 1.0, "score_at_least": 1}, [0, 7, 14, 21, 28]),
    ],
    ids=["always", "never"],
)
def test_sessions_are_spaced_while_the_condition_holds(rows, when, days_given):
    rule = {"days": [7, 14, 21], "when": when, "intervals": ["7 d", "14 d"]}
    found = rows(
        arms=[weekly(spacing_rule=rule)], visits=WEEKS, reference=None, endpoints=[],
        adherence=STAYS,
    )[0]  # fmt: skip
    given = np.array([0, 7, 14, 21, 28])[(found.session == DRUG).all(axis=0)]
    assert given.tolist() == days_given
    assert ((found.session == DRUG).sum(axis=1) == len(days_given)).all()


def test_rescue_is_given_once_and_only_to_those_who_need_it(rows):
    rescue = {
        **INFUSION, "days": [7, 14], "when": {"improved_less_than": 0.5}, "dose": "0.5 mg/kg",
        "days_after": [0, 3],
    }  # fmt: skip
    arm = {"name": "one", "protocol": "iv_single", "rescue": rescue}
    found = rows(patients=200, arms=[arm], visits=WEEKS, reference=None, endpoints=[],
                 adherence=STAYS)[0]  # fmt: skip
    needs = found.scores["madrs"] > 0.5 * found.scores["madrs"][:, :1]
    first = np.where(needs[:, 1], 1, np.where(needs[:, 2], 2, -1))
    np.testing.assert_array_equal(found.rescue_visit, first)
    extra = (found.session == DRUG).sum(axis=1) - 1
    np.testing.assert_array_equal(extra, np.where(first > 0, 2, 0))


SEQUENTIAL = {
    "design": "sequential",
    "arms": [SIX],
    "visits": WEEKS,
    "reference": "stops",
    "endpoints": [],
    "patients": 300,
    "rerandomise": {
        "day": 14,
        "branches": [
            {"name": "goes on", "sessions": [{**INFUSION, "days": [14, 21], "dose": "0.5 mg/kg"}]},
            {"name": "stops", "control": "midazolam", "session_days": [14, 21]},
        ],
    },
}


def test_responders_are_dealt_evenly_and_the_rest_leave(rows):
    found = rows(**SEQUENTIAL, adherence=STAYS)[0]
    totals = found.scores["madrs"]
    responds = totals[:, 2] <= 0.5 * totals[:, 0]
    np.testing.assert_array_equal(found.branch >= 0, responds)
    assert 0.35 < found.branch[responds].mean() < 0.65
    assert (totals[~responds, 3:] == UNSEEN).all()
    assert (totals[responds] != UNSEEN).all()


def test_branches_receive_their_own_sessions(rows):
    found = rows(**SEQUENTIAL, adherence=STAYS)[0]
    last = found.session[:, -4:]  # two days, on each the drug and the sham
    drug, sham = (last == DRUG).sum(axis=1), (last == SHAM).sum(axis=1)
    assert set(zip(found.branch.tolist(), drug.tolist(), sham.tolist(), strict=True)) == {
        (-1, 0, 0), (0, 2, 0), (1, 0, 2),
    }  # fmt: skip
    end = found.latent[:, -1] / found.latent[:, 0]
    assert end[found.branch == 0].mean() < end[found.branch == 1].mean()


CROSSOVER = {
    "design": "crossover",
    "masking": "saline_crossover",
    "arms": [
        {"name": "ketamine", "protocol": "iv_single"},
        {"name": "saline", "control": "saline", "session_days": [0]},
    ],
    "reference": "saline",
    "crossover": {"washout": "14 d"},
}


def test_each_patient_of_a_crossover_receives_every_arm_in_turn(rows):
    found = rows(**CROSSOVER, adherence=STAYS)
    np.testing.assert_array_equal(found[0].patient, found[1].patient)
    assert set(found[0].period) == {0, 1}
    np.testing.assert_array_equal(found[0].period, 1 - found[1].period)
    assert (found[0].session == DRUG).all()
    assert (found[1].session == SHAM).all()


def test_what_is_left_of_the_drug_carries_over_into_the_next_period(rows):
    found = rows(**CROSSOVER, patients=200, adherence=STAYS)
    start = found[1].latent[:, 0]  # of saline, first or after ketamine
    before = found[0].latent[:, 0]
    after_drug = found[1].period == 1
    assert (start[after_drug] < before[after_drug]).mean() > 0.95
    assert (before[~after_drug] <= start[~after_drug] + 0.2).all()


def test_a_first_period_is_what_a_parallel_arm_would_be(rows):
    crossed = rows(**CROSSOVER, adherence=STAYS)[0]
    arms = [CROSSOVER["arms"][0]]
    alone = rows(masking="saline_crossover", arms=arms, reference=None, adherence=STAYS)[0]
    first = crossed.period == 0
    np.testing.assert_allclose(crossed.latent[first], alone.latent[first], atol=0.1)


def test_raters_who_believe_in_the_drug_score_it_lower(rows):
    changed = {"ratings": [{"scale": "madrs", "expectation": 5.0}], "adherence": STAYS}
    plain, drug = rows(adherence=STAYS)[0], rows(**changed)[0]
    difference = drug.scores["madrs"].astype(int) - plain.scores["madrs"]
    inside = plain.scores["madrs"] > 6
    assert (difference[:, 0] == 0).all()  # before the first dose there is nothing to believe
    assert (difference[:, 1:][inside[:, 1:]] <= -4).all()
    sham = rows(cell=1, **changed)[1], rows(cell=1, adherence=STAYS)[1]
    np.testing.assert_array_equal(sham[0].scores["madrs"], sham[1].scores["madrs"])


def test_the_patients_of_a_table_are_dealt_to_the_arms_in_random_order(content, tmp_path):
    from ketacourse.trials.chunk import run_chunk
    from ketacourse.trials.trial_read import parse_trial

    lines = ["identifier,age_years,sex,weight_kg,baseline_madrs"]
    lines += [f"p{i},{30 + i},female,{60 + i},{25 + i}" for i in range(10)]
    (tmp_path / "who.csv").write_text("\n".join(lines), encoding="utf-8")
    changed = {**content, "patients": 5, "population": {"table": "who.csv"}}
    trial = parse_trial(changed, folder=tmp_path)
    weights = [run_chunk(trial, c, 0, 5)[c].numbers["weight_kg"].tolist() for c in (0, 1)]
    assert sorted(weights[0] + weights[1]) == [60 + i for i in range(10)]
    assert weights[0] != [60, 61, 62, 63, 64]
