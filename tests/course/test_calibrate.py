"""The calibration of mood stands on the priors and the published rows alone."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.course import calibrate as calibrate_module
from ketacourse.course.calibrate import FREE, PATIENTS, Predictor, calibrate, fit_data
from ketacourse.evidence import posterior as posterior_module
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import load_posterior, set_aside, without_posterior
from ketacourse.evidence.variants import BASE
from ketacourse.infer.estimate import Estimate
from ketacourse.infer.free import free_parameters

CATALOGUE = load_catalogue()
PARAMETERS = free_parameters(FREE, catalogue=CATALOGUE, overrides={})
MEAN = np.array([p.mean for p in PARAMETERS])
DATA = fit_data(CATALOGUE)


NOT_FREE = "variability.gain"


def another_posterior():
    """Return a posterior that also holds a quantity which no estimate moves any more."""
    shipped = load_posterior()
    value = 1.5 * CATALOGUE.parameter(NOT_FREE).typical
    modes = {key: np.append(values, value) for key, values in shipped.modes.items()}
    return replace(shipped, names=(*shipped.names, NOT_FREE), modes=modes)


def predicted_at_the_prior(monkeypatch):
    """Return what a calibration predicts at the means of its priors, with no search."""

    def look(predict, **_):
        predicted = predict(MEAN[None])[0]
        return Estimate(
            mode=MEAN, covariance=np.eye(len(MEAN)), predicted=predicted,
            jacobian=np.zeros((len(predicted), len(MEAN))), objective=0.0, misfit=0.0, iterations=0,
        )  # fmt: skip

    monkeypatch.setattr(calibrate_module, "estimate", look)
    found = calibrate([BASE], patients=50, workers=1, tau=DATA.tau)
    return found.estimates[BASE].predicted


def test_what_ships_does_not_reach_the_next_calibration(monkeypatch):
    assert NOT_FREE not in FREE  # one that is free is set by the search, whatever ships
    before = predicted_at_the_prior(monkeypatch)
    other = another_posterior()
    monkeypatch.setattr(posterior_module, "_shipped", lambda: other)
    assert np.array_equal(predicted_at_the_prior(monkeypatch), before)


def test_workers_of_a_calibration_know_no_posterior(monkeypatch):
    monkeypatch.setattr(posterior_module, "_SET_ASIDE", [])
    assert load_posterior() is not None
    set_aside()
    assert load_posterior() is None


def test_a_posterior_is_back_after_the_block_even_if_it_fails():
    with pytest.raises(ZeroDivisionError), without_posterior():
        assert load_posterior() is None
        _ = 1 / 0
    assert load_posterior() is not None


def test_the_shipped_mode_is_what_the_shipped_program_was_fitted_to():
    shipped = load_posterior()
    data = replace(DATA, tau=shipped.made_by["between_studies"])
    mode = np.array([p.free(shipped.typical(BASE)[p.name]) for p in PARAMETERS])
    predict = Predictor(data, PARAMETERS, variant=BASE, catalogue=CATALOGUE, patients=PATIENTS)
    with without_posterior():
        residuals = data.observed - predict(mode[None])[0]
    misfit = residuals @ np.linalg.solve(data.errors, residuals)
    # Stored values are rounded to six digits, and a tenth of the misfit is shown.
    assert misfit == pytest.approx(shipped.made_by["misfit"][BASE], rel=0.01)
