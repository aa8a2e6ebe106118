"""Scenarios on exposure: published ratios come back out, contested ones default to none."""

import pytest

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.exposure import exposure
from ketacourse.model.pk.models import pk_model
from ketacourse.model.pk.modifiers import SCENARIOS, PkModifiers, modifiers_for
from ketacourse.model.pk.routes import PlainDose

CATALOGUE = load_catalogue()


def exposure_ratio(model, route, scenario, bound="typical", output="s_ketamine", mg=20.0):
    """Return exposure with a scenario over exposure without."""
    dose = PlainDose(drug="esketamine", route=route, amount_mg=mg, duration_h=0.2)
    found = []
    for modifiers in (PkModifiers(scenarios={scenario: bound}), PkModifiers()):
        system = pk_model(
            model, catalogue=CATALOGUE, routes=[route], drugs=["esketamine"], weight_kg=70.0,
            modifiers=modifiers,
        )  # fmt: skip
        inflows = inflows_of([(0.0, dose)], model=model, catalogue=CATALOGUE, weight_kg=70.0)
        found.append(float(exposure(system, inflows)[system.output_index(output)]))
    return found[0] / found[1]


PUBLISHED = [
    ("ticlopidine", "oral", 2.4),
    ("clarithromycin", "oral", 2.6),
    ("grapefruit", "oral", 3.0),
    ("itraconazole", "oral", 1.0),
    ("st_johns_wort", "oral", 0.42),
    ("rifampicin", "oral", 0.14),
    ("rifampicin", "iv_infusion", 0.86),
]


@pytest.mark.parametrize("model", ["kamp", "fanta_otto"])
@pytest.mark.parametrize(("scenario", "route", "published"), PUBLISHED)
def test_published_exposure_ratio_comes_back(model, scenario, route, published):
    assert exposure_ratio(model, route, scenario) == pytest.approx(published, rel=1e-6)


WEAKER = [p for p in PUBLISHED if p[2] <= 1.0]


@pytest.mark.parametrize(("scenario", "route", "published"), WEAKER)
def test_published_exposure_ratio_comes_back_through_the_liver(scenario, route, published):
    assert exposure_ratio("perez_ruixo", route, scenario) == pytest.approx(published, rel=1e-6)


@pytest.mark.parametrize("scenario", ["ticlopidine", "clarithromycin", "grapefruit"])
def test_liver_model_falls_short_of_strong_inhibitors_by_mouth(scenario):
    """The gut lets 64% through, so opening it wholly gives 1.56-fold at most."""
    assert 1.5 < exposure_ratio("perez_ruixo", "oral", scenario) < 1.7


def test_ticlopidine_gives_the_nasal_ratio_of_the_label():
    assert exposure_ratio("kamp", "intranasal", "ticlopidine", mg=56.0) == pytest.approx(
        1.29, abs=0.02
    )


def test_inhibitor_matters_more_by_mouth_than_in_the_vein():
    assert exposure_ratio("kamp", "oral", "ticlopidine") > 2.0 * exposure_ratio(
        "kamp", "iv_infusion", "ticlopidine"
    )


@pytest.mark.parametrize("scenario", ["cyp2b6_1_6", "cyp2b6_6_6", "female", "itraconazole"])
@pytest.mark.parametrize("route", ["iv_infusion", "oral"])
def test_contested_scenario_defaults_to_no_effect(scenario, route):
    assert exposure_ratio("kamp", route, scenario) == pytest.approx(1.0, rel=1e-9)


def test_upper_end_of_a_contested_genotype_is_the_published_contrast():
    found = exposure_ratio("kamp", "iv_infusion", "cyp2b6_6_6", bound="upper")
    assert found == pytest.approx(68.1 / 21.6, rel=0.01)


def test_lower_end_of_female_sex_is_a_fifth_more_clearance():
    found = exposure_ratio("kamp", "iv_infusion", "female", bound="lower")
    assert found == pytest.approx(1.0 / 1.2, rel=0.001)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("path", ["systemic", "oral"])
def test_every_scenario_stands_in_the_catalogue(scenario, path):
    parameter = CATALOGUE.parameter(f"pk_modifier.{scenario}_{path}")
    assert parameter.lower <= parameter.typical <= parameter.upper
    assert CATALOGUE.sources[parameter.source].link


def test_scenarios_multiply():
    both = PkModifiers(scenarios={"rifampicin": "typical", "renal_impairment": "typical"})
    dose = PlainDose(drug="esketamine", route="iv_infusion", amount_mg=20.0, duration_h=0.2)
    inflows = inflows_of([(0.0, dose)], catalogue=CATALOGUE, weight_kg=70.0)
    areas = [
        exposure(
            pk_model(
                catalogue=CATALOGUE, routes=["iv_infusion"], drugs=["esketamine"],
                weight_kg=70.0, modifiers=m,
            ),
            inflows,
        )[0]
        for m in (both, None)
    ]  # fmt: skip
    assert areas[0] / areas[1] == pytest.approx(0.86 * 1.24, rel=1e-9)


def test_patient_facts_name_their_scenarios():
    found = modifiers_for(
        cyp2b6_genotype="*1/*6",
        medications=("Grapefruit juice", "St John's wort", "sertraline"),
        renal_impairment=True,
    )
    assert set(found.scenarios) == {
        "cyp2b6_1_6",
        "grapefruit",
        "st_johns_wort",
        "renal_impairment",
    }


def test_unknown_genotype_names_no_scenario():
    assert not modifiers_for(cyp2b6_genotype="unknown").scenarios


def test_unknown_scenario_is_refused():
    with pytest.raises(InputError, match="modifier 'coffee' is not known"):
        PkModifiers(scenarios={"coffee": "typical"})


def test_unknown_bound_is_refused():
    with pytest.raises(InputError, match="'rifampicin' has the value 'strong'"):
        PkModifiers(scenarios={"rifampicin": "strong"})
