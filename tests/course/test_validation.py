"""The validate step: what is left out, what counts as inside, and what meets its margin."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.course import calibrate, validate
from ketacourse.course.calibrate import FREE, Calibration, fit_data
from ketacourse.course.validation_benchmarks import errors_of, mean_of_others, two_exponentials
from ketacourse.course.validation_checks import (
    coverage,
    expected_error,
    share_of,
    transform_counts,
)
from ketacourse.course.validation_identify import identified
from ketacourse.course.validation_predictive import SAMPLES, judged_row, predictive
from ketacourse.course.validation_rows import OVERLAPS, mask_of, rows_of, sample_of
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.infer.estimate import Estimate, without_rows
from ketacourse.infer.free import free_parameters

CATALOGUE = load_catalogue()
DATA = fit_data(CATALOGUE)
ROWS = rows_of(DATA)
PARAMETERS = free_parameters(FREE[:4], catalogue=CATALOGUE, overrides={})
SLOPES = np.random.default_rng(3).normal(size=(len(DATA.observed), len(PARAMETERS)))


def linear(points):
    """Return predictions that are linear in the parameters: leaving out has a closed form."""
    return np.atleast_2d(points) @ SLOPES.T


class LinearPredictor:
    def __init__(self, *_given, **_more):
        pass

    def __call__(self, points):
        return linear(points)


def whole_fit(data):
    mean = np.array([p.mean for p in PARAMETERS])
    nothing = Estimate(
        mode=mean, covariance=np.eye(len(mean)), predicted=linear(mean)[0], jacobian=SLOPES,
        objective=0.0, misfit=0.0, iterations=0,
    )  # fmt: skip
    mode, covariance = without_rows(
        nothing, left_out=np.zeros(len(DATA.observed), dtype=bool), observed=data.observed,
        errors=data.errors, parameters=PARAMETERS,
    )  # fmt: skip
    found = replace(nothing, mode=mode, covariance=covariance, predicted=linear(mode)[0])
    return Calibration(parameters=PARAMETERS, estimates={"disinhibition": found}, data=data)


def refitted(data, monkeypatch):
    monkeypatch.setattr(validate, "Predictor", LinearPredictor)
    monkeypatch.setattr(validate, "LONGEST", 1e6)
    return validate.refit_without(
        whole_fit(data), "disinhibition", catalogue=CATALOGUE, patients=50, rounds=3
    )


def with_values(sample, value):
    rows = tuple(
        replace(row, value=value) if test.sample == sample else row
        for row, test in zip(DATA.rows, ROWS, strict=True)
    )
    return replace(DATA, rows=rows)


@pytest.mark.parametrize("sample", ["lii2023", "NIMH crossovers"])
def test_what_a_study_published_does_not_touch_the_fit_without_it(sample, monkeypatch):
    at = validate.samples_of(ROWS).index(sample)
    mode = refitted(DATA, monkeypatch).modes[at]
    # Values change, weights of the other rows do not.
    other = refitted(with_values(sample, 50.0), monkeypatch).modes[at]
    assert other == pytest.approx(mode, abs=1e-6)


def test_what_another_study_published_does(monkeypatch):
    at = validate.samples_of(ROWS).index("lii2023")
    mode = refitted(DATA, monkeypatch).modes[at]
    other = refitted(with_values("daly2018", 50.0), monkeypatch).modes[at]
    assert np.abs(other - mode).max() > 1e-3


def test_a_correction_never_fits_the_other_rows_worse(monkeypatch):
    found = refitted(DATA, monkeypatch)
    assert (found.objectives <= found.started + 1e-9).all()


def test_studies_that_share_patients_are_left_out_together():
    for name, studies in OVERLAPS.items():
        assert {sample_of(s) for s in studies} == {name}
    shared = {r.study for r, out in zip(ROWS, mask_of(ROWS, "NIMH crossovers"), strict=True) if out}
    assert {"zarate2006", "nimh_crossover", "ibrahim2012"} <= shared


def test_every_row_of_the_fit_is_left_out_once():
    masks = [mask_of(ROWS, sample) for sample in validate.samples_of(ROWS)]
    assert (np.sum(masks, axis=0) == 1).all()


def test_weights_of_the_variants_add_up_without_each_study(monkeypatch):
    one = refitted(DATA, monkeypatch)
    worse = replace(one, objectives=one.objectives + 10.0)
    weights = validate.weights_without({"a": one, "b": worse})
    assert weights.sum(axis=1) == pytest.approx(1.0)
    assert (weights[:, 0] > weights[:, 1]).all()


@pytest.mark.parametrize("benchmark", [mean_of_others, two_exponentials])
def test_a_benchmark_does_not_see_the_study_it_predicts(benchmark):
    changed = tuple(
        replace(r, value=r.value * 0.5) if r.sample == "NIMH crossovers" else r for r in ROWS
    )
    mine = np.array([r.sample == "NIMH crossovers" for r in ROWS])
    assert benchmark(changed)[mine] == pytest.approx(benchmark(ROWS)[mine])
    assert not np.allclose(benchmark(changed)[~mine], benchmark(ROWS)[~mine])


def test_rates_on_a_day_are_averaged_with_their_like_before_rates_that_were_reached():
    changed = tuple(replace(r, value=99.0) if r.reached else r for r in ROWS)
    at = next(i for i, r in enumerate(ROWS) if r.row_id == "kads2023_02")
    assert mean_of_others(changed)[at] == mean_of_others(ROWS)[at]


def test_without_its_like_a_rate_that_was_reached_is_averaged_with_rates_on_a_day():
    at = next(i for i, r in enumerate(ROWS) if r.row_id == "diazgranados2010_02")
    (alike,) = (r for r in ROWS if r.row_id == "lapidus2014_02")
    assert mean_of_others(ROWS)[at] == pytest.approx(alike.value, abs=5.0)


def test_a_perfect_prediction_has_no_error():
    errors = errors_of(ROWS, np.array([r.value for r in ROWS]))
    assert (errors.points, errors.rate, errors.relapse) == (0.0, 0.0, 0.0)
    assert errors.n_points + errors.n_rate + errors.n_relapse <= len(ROWS)


def of_kind(kind, outcome):
    return next(r for r in ROWS if r.kind == kind and r.outcome == outcome and r.n >= 15)


BELIEF = {"sd_one": 9.0, "judged": 1.0, "between": 0.4}


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("points", "change"), ("rate", "response_rate"), ("days", "median_time_to_relapse_days")],
)
def test_intervals_hold_nine_in_ten_of_what_they_predict(kind, outcome):
    row = of_kind(kind, outcome)
    asked = {"centre": 40.0 if kind != "points" else -12.0, **BELIEF}
    drawn = asked["centre"] + np.linspace(-3.0, 3.0, 21)
    values, _ = predictive(row, drawn=drawn, **asked)
    inside = [
        judged_row(replace(row, value=float(v)), drawn=drawn, **asked).inside for v in values[:600]
    ]
    assert 0.86 <= np.mean(inside) <= 0.97


def test_a_published_value_at_the_prediction_lies_in_the_middle_of_it():
    row = of_kind("points", "change")
    found = judged_row(replace(row, value=-12.0), centre=-12.0, drawn=np.full(5, -12.0), **BELIEF)
    assert found.pit == pytest.approx(0.5, abs=4.0 / np.sqrt(SAMPLES))
    assert found.inside


def test_more_benefit_than_predicted_is_above_zero_for_scores_and_rates():
    drawn = np.zeros(5)
    score, rate = of_kind("points", "change"), of_kind("rate", "response_rate")
    better = judged_row(replace(score, value=-30.0), centre=-10.0, drawn=drawn - 10.0, **BELIEF)
    more = judged_row(replace(rate, value=90.0), centre=40.0, drawn=drawn + 40.0, **BELIEF)
    assert better.z > 0.0
    assert more.z > 0.0


def test_a_rate_is_predicted_in_whole_patients():
    row = replace(of_kind("rate", "response_rate"), n=8)
    values, n = predictive(row, centre=30.0, drawn=np.full(5, 30.0), **BELIEF)
    assert n == 8
    assert set(np.round(values * 8 / 100.0, 6)) <= set(range(9))


def test_rows_of_one_study_are_off_together():
    mine = [r for r in ROWS if r.study == "lii2023" and r.kind == "points"][:2]
    apart = {**BELIEF, "between": 6.0}
    a, b = (predictive(r, centre=20.0, drawn=np.full(5, 20.0), **apart)[0] for r in mine)
    assert np.corrcoef(a, b)[0, 1] > 0.2


def test_coverage_is_counted_over_all_outcomes_and_studies():
    found = [
        judged_row(
            r, centre=r.value, drawn=np.full(5, r.value), sd_one=5.0, judged=1.0, between=0.5
        )
        for r in ROWS
    ]
    whole, outcomes, studies = coverage(ROWS, found)
    assert whole.n == len(ROWS) == sum(s.n for s in outcomes) == sum(s.n for s in studies)
    assert whole.share > 0.98
    assert transform_counts(found).sum() == len(ROWS)


def test_a_share_lies_inside_its_interval():
    found = share_of("rows", [True, True, False, True])
    assert found.low < found.share < found.high


def test_what_the_data_do_not_touch_keeps_its_prior():
    sd = np.array([p.sd for p in PARAMETERS])
    found = replace(
        whole_fit(DATA).estimates["disinhibition"],
        mode=np.array([p.mean for p in PARAMETERS]),
        covariance=np.diag(sd**2 * np.array([0.01, 1.0, 1.0, 1.0])),
    )
    learned = identified(PARAMETERS, found)
    assert [round(p.ratio, 6) for p in learned.parameters] == [0.1, 1.0, 1.0, 1.0]
    assert (learned.learned, learned.open, learned.alike) == (1, 3, ())
    assert learned.directions[0].loadings[0][0] == PARAMETERS[0].name


def test_parameters_that_move_together_are_named():
    sd = np.array([p.sd for p in PARAMETERS])
    both = np.diag(sd**2)
    both[0, 1] = both[1, 0] = 0.97 * sd[0] * sd[1]
    learned = identified(
        PARAMETERS, replace(whole_fit(DATA).estimates["disinhibition"], covariance=both)
    )
    assert {n for pair in learned.alike for n in pair[:2]} == {p.name for p in PARAMETERS[:2]}


def test_a_scale_that_mood_is_carried_over_to_does_not_enter_the_fit(monkeypatch):
    text = calibrate._table("trials")
    shown = text.replace(
        "yes,no,no published link from mood to this scale,resistant_percent,lii2023",
        "yes,yes,,resistant_percent,lii2023",
    )
    assert shown != text
    monkeypatch.setattr(calibrate, "_table", lambda name: shown if name == "trials" else "")
    found = fit_data(CATALOGUE)
    assert found.rows == DATA.rows
    left_out = dict(found.left_out)
    assert left_out["lii2023_37"] == "carried over from mood, of which it says nothing"


def expected(rows, *, between):
    part = {
        "drawn": np.full((len(rows), 40), 50.0), "sd_one": np.zeros(len(rows)),
        "judged": np.ones(len(rows)),
    }  # fmt: skip
    found = [
        judged_row(r, centre=50.0, drawn=part["drawn"][0], sd_one=0.0, judged=1.0, between=between)
        for r in rows
    ]
    return expected_error(rows, part, found, [between] * len(rows))


def test_the_error_expected_of_a_certain_prediction_is_that_of_sampling():
    row = replace(next(r for r in ROWS if r.kind == "rate"), n=400, value=50.0)
    middle, _, high = expected([row], between=0.0)
    # Of the size of a normal deviate half lie within 0.674, and 95% within 1.96.
    assert middle == pytest.approx(0.674 * 2.5, rel=0.06)
    assert high == pytest.approx(1.96 * 2.5, rel=0.06)


def test_the_error_expected_grows_with_how_far_studies_differ():
    rows = [r for r in ROWS if r.outcome == "response_rate"][:12]
    assert expected(rows, between=0.6)[0] > 1.2 * expected(rows, between=0.0)[0]


def test_without_a_rate_nothing_is_said_of_their_error():
    scores = [r for r in ROWS if r.kind == "points"][:3]
    assert np.isnan(expected(scores, between=0.6)).all()
