"""What patients share is worked out once, and never under a calibration that is set aside."""

import pytest

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import load_posterior, without_posterior
from ketacourse.evidence.variants import BASE, load_variants
from ketacourse.population.centre import centre_of

GAIN = "mood.fast_gain"


def test_the_same_question_is_worked_out_once():
    assert centre_of("kamp", BASE) is centre_of("kamp", BASE)


def test_a_calibration_that_is_set_aside_does_not_reach_the_centre():
    calibrated = load_posterior().typical(BASE)[GAIN]
    assert centre_of("kamp", BASE).typical[GAIN] == pytest.approx(calibrated)
    with without_posterior():
        assert centre_of("kamp", BASE).typical[GAIN] == load_catalogue().value(GAIN, "1")
    assert centre_of("kamp", BASE).typical[GAIN] == pytest.approx(calibrated)


def test_belief_variant_and_model_each_have_their_own_centre():
    base = centre_of("kamp", BASE)
    others = [v for v in load_variants() if v != BASE]
    assert centre_of("kamp", BASE, {GAIN: 0.1}).typical[GAIN] == 0.1
    assert all(centre_of("kamp", v).typical != base.typical for v in others)
    assert centre_of("domino", BASE).kinetics.names != base.kinetics.names


def test_a_belief_about_nothing_known_is_refused_every_time():
    for _ in range(2):
        with pytest.raises(InputError, match="about 'mood.luck'"):
            centre_of("kamp", BASE, {"mood.luck": 1.0})
