"""Mood: what moves it, what does not, and how long."""

import numpy as np
import pytest


def benefit(follow, course, rows):
    """Return points of MADRS below a sham course, shape (N, n_times), and the times."""
    drug = follow(course, rows)
    sham = follow(course, rows, dose_factor=0.0)
    return sham.of("madrs") - drug.of("madrs"), drug.times_h


def at(curve, times_h, hours):
    return curve[:, int(np.argmin(np.abs(times_h - hours)))]


def test_a_dose_relieves_within_a_day_in_every_account(chain_rows, follow, infusions):
    gain, times = benefit(follow, infusions(0), chain_rows())
    assert (at(gain, times, 24.0) > 1.5).all()


def test_the_accounts_agree_within_a_few_points_on_open_treatment_after_a_day(
    chain_rows, follow, infusions
):
    run = follow(infusions(0), chain_rows())
    after_a_day = at(run.of("madrs"), run.times_h, 24.0)
    assert np.ptp(after_a_day) < 4.0


def test_a_higher_dose_lasts_longer_more_than_it_acts_deeper(chain_rows, follow, infusions):
    ratio = {}
    for mg in (0.2, 1.0):
        plan = infusions(0, mg_per_kg=mg, horizon_days=8)
        gain, times = benefit(follow, plan, chain_rows("disinhibition"))
        ratio[mg] = at(gain, times, 168.0) / at(gain, times, 24.0)
    assert ratio[1.0] > 1.1 * ratio[0.2]


def test_six_more_doses_add_less_relief_than_the_first_six(chain_rows, follow, infusions):
    rows = chain_rows()
    six, times = benefit(follow, infusions(*range(6)), rows)
    twelve, later = benefit(follow, infusions(*range(12)), rows)
    first = at(six, times, 6 * 24.0)
    second = at(twelve, later, 12 * 24.0) - first
    assert (second < first).all()


def test_wanting_and_the_opponent_do_not_touch_mood_while_rebound_is_off(anyone, follow, infusions):
    rows = anyone()
    changed = rows | {
        "adaptation.wanting_on": 3.0 * rows["adaptation.wanting_on"] + 0.1,
        "adaptation.opponent_time": 0.3 * rows["adaptation.opponent_time"],
    }
    before, after = (follow(infusions(0, 3), r) for r in (rows, changed))
    assert np.abs(before.of("wanting") - after.of("wanting")).max() > 0.05
    assert np.abs(before.of("opponent") - after.of("opponent")).max() > 0.05
    assert np.abs(before.of("madrs") - after.of("madrs")).max() < 0.02


def test_rebound_raises_mood_scores_after_the_benefit_once_it_is_on(chain_rows, follow, infusions):
    rows = chain_rows("disinhibition", in_care=0.0)
    on = rows | {"mood.rebound": np.array([5.0])}
    calm, rebound = (follow(infusions(0, 3, 7), r).of("madrs") for r in (rows, on))
    assert (rebound - calm).max() > 0.5
    assert (rebound - calm).min() > -0.02


def test_naltrexone_matters_in_the_opioid_account_only(chain_rows, follow, infusions):
    plain, blocked = (follow(infusions(0), chain_rows(naltrexone=n)) for n in (0.0, 1.0))
    change = at(blocked.of("madrs") - plain.of("madrs"), plain.times_h, 24.0)
    order = ["disinhibition", "habenula_trapping", "trkb_direct", "opioid_gated"]
    assert change[:3] == pytest.approx(0.0, abs=0.02), order
    assert change[3] > 2.0
    assert change[4] == pytest.approx(0.0, abs=0.02)


def test_a_benzodiazepine_never_helps(anyone, follow, infusions):
    plain, with_it = (follow(infusions(0), anyone(benzodiazepine=b)) for b in (0.0, 1.0))
    assert (with_it.of("madrs") - plain.of("madrs")).min() > -0.05


def test_the_reference_session_has_components_of_one(chain_rows, follow, infusions):
    rows = chain_rows("disinhibition", met_share=0.0)
    run = follow(infusions(0, horizon_days=21), rows)
    assert run.of("fast_effect").max() == pytest.approx(rows["mood.fast_gain"][0], rel=0.01)
    gain = rows["mood.structural_gain"][0]  # this person's inflammation is not quite the usual
    assert run.of("structural_effect").max() == pytest.approx(gain, rel=0.03)


def test_placebo_is_the_same_in_drug_and_sham_arm(anyone, follow, infusions):
    drug = follow(infusions(0, 3), anyone())
    sham = follow(infusions(0, 3), anyone(), dose_factor=0.0)
    assert np.abs(drug.of("placebo_effect") - sham.of("placebo_effect")).max() < 1e-3


def test_a_milder_baseline_falls_by_the_same_share(chain_rows, follow, infusions):
    run = [follow(infusions(0), chain_rows(baseline=b)).of("madrs") / b for b in (15.0, 45.0)]
    assert np.abs(run[0] - run[1]).max() < 2e-3


def test_stress_makes_it_worse(chain_rows, follow, infusions):
    calm, stressed = (follow(infusions(0), chain_rows(stress=s)).of("madrs") for s in (0.0, 1e-3))
    assert (stressed[:, -1] > calm[:, -1] + 1.0).all()
