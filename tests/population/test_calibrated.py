"""Rows of parameters beside the shipped calibration."""

import numpy as np
import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import as_calibrated, load_posterior, value_in_force
from ketacourse.evidence.variants import load_variants
from ketacourse.model.pk.models import pk_parameters
from ketacourse.population.ensemble import build_ensemble

DRAWS = 100


@pytest.fixture(scope="module")
def rows():
    return build_ensemble(
        list(load_variants().values()), draws=DRAWS, seed=1, catalogue=load_catalogue(),
        pk_units=pk_parameters("kamp", ("iv_infusion",)),
    )  # fmt: skip


def drawn(rows, name):
    return rows.values[name][~rows.typical]


def test_typical_row_holds_the_most_probable_values(rows):
    at = rows.row("disinhibition")
    expected = load_posterior().typical("disinhibition")
    assert rows.values["mood.fast_gain"][at] == pytest.approx(expected["mood.fast_gain"])


def test_drawn_rows_are_joint_draws_of_the_calibration(rows):
    posterior = load_posterior()
    column = posterior.names.index("mood.rate")
    found = set(np.round(drawn(rows, "mood.rate"), 9))
    known = {round(v, 9) for table in posterior.draws.values() for v in table[:, column]}
    assert found <= known
    assert len(found) > DRAWS // 3


def test_mechanisms_share_the_draws_by_their_weights(rows):
    counts = {k: np.mean([v == k for v in np.array(rows.variant)[~rows.typical]])
              for k in load_variants()}  # fmt: skip
    assert counts == pytest.approx(dict(load_posterior().weights), abs=1.5 / DRAWS)


def test_inner_rates_the_fit_was_conditional_on_stay_typical(rows):
    kd = drawn(rows, "receptors.kd")
    assert np.ptp(kd) == 0.0


@pytest.mark.parametrize(
    "name", ["mood.coping_gain", "safety.sbp_max", "plasticity.met_deficit", "brain.kpuu"]
)
def test_what_the_fit_did_not_touch_keeps_its_prior(rows, name):
    assert len(np.unique(drawn(rows, name))) > DRAWS // 5


def test_a_calibrated_number_says_so_and_keeps_its_prior_in_the_note():
    prior = load_catalogue().parameter("mood.fast_gain")
    found = as_calibrated(prior, "disinhibition")
    assert (found.grade, found.source) == ("calibrated", "ketacourse_calibration")
    assert f"Prior {prior.typical:g}" in found.note
    assert value_in_force("mood.fast_gain", "1") == found.typical


def test_a_number_that_was_not_calibrated_is_the_catalogues():
    parameter = load_catalogue().parameter("receptors.kd")
    assert as_calibrated(parameter, "disinhibition") is parameter
