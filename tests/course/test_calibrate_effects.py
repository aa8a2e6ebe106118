"""Side effects estimated from what trials published."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.course import calibrate_effects as calibrate_effects_module
from ketacourse.course import validation_safety
from ketacourse.course.calibrate_effects import (
    FREE_EFFECTS,
    PROGRAMME,
    EffectCalibration,
    EffectPredictor,
    LeftOut,
    effect_data,
    left_out_rows,
)
from ketacourse.course.validation_safety import check_effects_table, moved_prediction
from ketacourse.errors import InputError
from ketacourse.evidence import posterior as posterior_module
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import load_posterior
from ketacourse.infer.estimate import Estimate
from ketacourse.infer.free import free_parameters
from ketacourse.trials.replicate_prediction import Prediction
from ketacourse.trials.replicate_safety_rows import safety_query

CATALOGUE = load_catalogue()
DATA = effect_data(CATALOGUE)
PARAMETERS = tuple(free_parameters(FREE_EFFECTS, catalogue=CATALOGUE, overrides={}))


def few(count):
    return replace(DATA, queries=DATA.queries[:count], rows=DATA.rows[:count])


def test_only_numbers_that_were_read_enter():
    names = {row.row_id for row in DATA.rows}
    assert "yale2024_s01" in names
    assert "wan2015_s01" not in names  # recalled, not read


def test_one_programme_of_trials_is_one_study_however_often_it_is_printed():
    printed = ("spravato_label", "doherty2020", "jnj_", "sustain3")
    assert {r.study for r in DATA.rows if r.row_id.startswith(printed)} == {PROGRAMME}
    assert {"yale2024", "vankawala2021"} <= {r.study for r in DATA.rows}


def test_a_larger_effect_raises_every_pressure_and_no_dissociation():
    predict = EffectPredictor(few(4), PARAMETERS, CATALOGUE)
    middle = np.array([p.mean for p in PARAMETERS])
    more = middle.copy()
    more[FREE_EFFECTS.index("safety.sbp_max")] += 0.2
    cadss = middle.copy()
    cadss[FREE_EFFECTS.index("safety.cadss_max")] += 0.2
    base, raised, other = predict(np.array([middle, more, cadss]))
    assert (raised > base).all()
    assert np.array_equal(other, base)


def test_the_highest_of_noisy_readings_lies_above_the_true_peak():
    cells = {
        "n": "100", "population": "TRD", "route": "IV", "dose_mg_per_kg": "0.5",
        "infusion_min": "40", "time_min": "", "unit": "mmHg", "notes": "",
    }  # fmt: skip
    read = safety_query({**cells, "quantity": "SBP_peak_change_mean_mmHg"})
    true = safety_query({**cells, "quantity": "SBP_change_pooled_mmHg"})
    assert read.highest
    assert not true.highest
    both = replace(DATA, queries=(read, true), rows=DATA.rows[:2])
    middle = np.array([[p.mean for p in PARAMETERS]])
    found = EffectPredictor(both, PARAMETERS, CATALOGUE)(middle)[0]
    assert found[0] > found[1] + 0.05


def test_a_study_does_not_teach_its_own_prediction():
    size, rows = len(PARAMETERS), len(DATA.rows)
    slopes = np.random.default_rng(3).normal(size=(rows, size))
    middle = np.array([p.mean for p in PARAMETERS])
    precision = np.diag(1.0 / np.array([p.sd for p in PARAMETERS]) ** 2)
    weight = np.linalg.inv(DATA.errors)
    covariance = np.linalg.inv(slopes.T @ weight @ slopes + precision)

    def left_out(data):
        mode = middle + covariance @ slopes.T @ weight @ data.observed
        found = Estimate(
            mode=mode, covariance=covariance, predicted=slopes @ (mode - middle),
            jacobian=slopes, objective=0.0, misfit=0.0, iterations=0,
        )  # fmt: skip
        return left_out_rows(
            EffectCalibration(parameters=PARAMETERS, found=found, data=data)
        ), found

    first, *others = DATA.rows
    assert first.kind == "days"
    raised = replace(DATA, rows=(replace(first, value=2.0 * first.value), *others))
    (before, whole), (after, other) = left_out(DATA), left_out(raised)

    def told(rows, found, name):
        at = next(i for i, r in enumerate(DATA.rows) if r.row_id == name)
        return found.predicted[at] + rows[name].shift

    assert told(after, other, first.row_id) == pytest.approx(told(before, whole, first.row_id))
    moved = next(r.row_id for r in others if r.study != first.study)
    assert told(after, other, moved) != pytest.approx(told(before, whole, moved))
    assert all(row.variance > 0.0 for row in before.values())


def test_the_interval_of_a_left_out_row_grows_by_what_is_no_longer_known():
    row = max((r for r in DATA.rows if r.kind == "rate"), key=lambda r: r.n)
    told = Prediction(predicted=8.0, low=4.0, high=14.0, status="predicted")
    same = moved_prediction(told, LeftOut(row=row, shift=0.0, variance=0.0))
    wider = moved_prediction(told, LeftOut(row=row, shift=-0.8, variance=0.3))
    assert (same.low, same.predicted, same.high) == pytest.approx((4.0, 8.0, 14.0))
    assert wider.predicted < 4.0
    assert wider.high / wider.predicted > told.high / told.predicted
    assert wider.predicted / wider.low > told.predicted / told.low


def test_other_settings_do_not_take_up_an_old_estimate(tmp_path, monkeypatch):
    old = Estimate(
        mode=np.zeros(len(PARAMETERS)), covariance=np.eye(len(PARAMETERS)),
        predicted=DATA.observed, jacobian=np.zeros((1, len(PARAMETERS))), objective=1.0, misfit=1.0,
        iterations=0,
    )  # fmt: skip
    asked = []

    def search(_predict, *, parameters, **_):
        asked.append([p.name for p in parameters])
        return old

    monkeypatch.setattr(calibrate_effects_module, "estimate", search)
    for names in (FREE_EFFECTS, FREE_EFFECTS, FREE_EFFECTS[::-1]):
        monkeypatch.setattr(calibrate_effects_module, "FREE_EFFECTS", names)
        calibrate_effects_module.calibrate_effects(keep=tmp_path)
    # Each estimate searches twice: before and after the spread between studies is known.
    assert asked == 2 * [list(FREE_EFFECTS)] + 2 * [list(FREE_EFFECTS[::-1])]


def test_what_ships_does_not_reach_the_next_estimate_of_side_effects(monkeypatch):
    name = "safety.pressure_half"
    assert name not in FREE_EFFECTS
    shipped = load_posterior()
    value = 2.0 * CATALOGUE.parameter(name).typical
    modes = {key: np.append(values, value) for key, values in shipped.modes.items()}
    other = replace(shipped, names=(*shipped.names, name), modes=modes)
    middle = np.array([p.mean for p in PARAMETERS])
    seen = []

    def look(predict, **_):
        seen.append(predict(middle[None])[0])
        return Estimate(
            mode=middle, covariance=np.eye(len(PARAMETERS)), predicted=seen[-1],
            jacobian=np.zeros((len(seen[-1]), len(PARAMETERS))), objective=0.0, misfit=0.0,
            iterations=0,
        )  # fmt: skip

    monkeypatch.setattr(calibrate_effects_module, "PATIENTS", 50)
    monkeypatch.setattr(calibrate_effects_module, "effect_data", lambda _: few(4))
    monkeypatch.setattr(calibrate_effects_module, "estimate", look)
    calibrate_effects_module.calibrate_effects()
    monkeypatch.setattr(posterior_module, "_shipped", lambda: other)
    calibrate_effects_module.calibrate_effects()
    assert np.array_equal(seen[0], seen[-1])


def test_the_shipped_side_effects_belong_to_the_shipped_table(monkeypatch):
    check_effects_table(CATALOGUE)
    changed = replace(DATA, digest="another")
    monkeypatch.setattr(validation_safety, "effect_data", lambda _: changed)
    with pytest.raises(InputError, match="calibrated on another table"):
        check_effects_table(CATALOGUE)
