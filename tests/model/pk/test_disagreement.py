"""All models on one dose."""

import numpy as np

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model.pk.disagreement import disagreement
from ketacourse.model.pk.models import MODELS
from ketacourse.model.pk.routes import PlainDose

INFUSION = PlainDose(drug="ketamine", route="iv_infusion", amount_mg_per_kg=0.5, duration_h=2 / 3)


def compared(output="s_ketamine", dose=INFUSION):
    return disagreement(
        dose, catalogue=load_catalogue(), weight_kg=70.0, times_h=np.linspace(0, 6, 61),
        output=output,
    )  # fmt: skip


def test_all_models_give_s_ketamine_in_the_vein():
    found = compared()
    assert set(found.courses) == set(MODELS)
    assert not found.missing


def test_arterial_models_peak_well_above_venous_ones():
    """The arterial end-of-infusion concentration is 1.5- to 2-fold the venous models'."""
    found = compared()
    assert 1.5 < found.fold_at_peak < 3.0
    assert found.courses["kamp"].max() > 1.4 * found.courses["fanta_otto"].max()


def test_models_that_lack_an_output_say_why():
    found = compared("hydroxynorketamine")
    assert set(found.courses) == {"kamp"}
    assert found.missing["domino"] == "The model has no output 'hydroxynorketamine'."
    assert found.missing["simons"] == "The model 'simons' has no R-ketamine."


def test_swallowed_racemate_is_left_to_models_with_both_enantiomers():
    dose = PlainDose(drug="ketamine", route="oral", amount_mg=50.0)
    assert set(compared(dose=dose).missing) == {"perez_ruixo", "simons"}
