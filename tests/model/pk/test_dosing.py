"""From a dose in mg to what enters the body, route by route."""

import numpy as np
import pytest

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model.pk.dosing import inflows_of, nasal_share
from ketacourse.model.pk.exposure import exposure
from ketacourse.model.pk.linear import solve_linear
from ketacourse.model.pk.models import pk_model, pk_parameters
from ketacourse.model.pk.routes import PlainDose, part_of
from ketacourse.therapy.dose import Dose

CATALOGUE = load_catalogue()
UMOL_PER_MG = 1000.0 / 237.73


def inflows(dose, **options):
    return inflows_of([(0.0, dose)], catalogue=CATALOGUE, weight_kg=70.0, **options)


def areas(dose, model="kamp"):
    """Return output name to exposure (umol*h/L) at 70 kg."""
    system = pk_model(
        model, catalogue=CATALOGUE, routes=[dose.route], drugs=[dose.drug], weight_kg=70.0
    )
    return dict(zip(system.outputs, exposure(system, inflows(dose, model=model)), strict=True))


def bioavailability(drug, route, output, model="kamp"):
    """Return exposure by a route over that of the same dose in the vein."""
    by_route = areas(PlainDose(drug=drug, route=route, amount_mg=28.0), model)
    by_vein = areas(
        PlainDose(drug=drug, route="iv_infusion", amount_mg=28.0, duration_h=0.5), model
    )
    return by_route[output] / by_vein[output]


def peak_time(dose, *, model):
    """Return when venous ketamine peaks (h) at 70 kg."""
    system = pk_model(
        model, catalogue=CATALOGUE, routes=[dose.route], drugs=[dose.drug], weight_kg=70.0
    )
    times = np.arange(0.0, 3.0, 1 / 60)
    course = solve_linear(system, inflows(dose, model=model), times)
    drawn = [i for i, n in enumerate(system.outputs) if n.endswith("_ketamine_venous")]
    return times[course[..., drawn].sum(axis=-1).argmax()]


def test_racemate_splits_into_equal_enantiomers():
    dose = Dose(drug="ketamine", route="iv_infusion", amount_mg_per_kg=0.5, duration_h=2 / 3)
    s, r = inflows(dose)
    assert (s.channel, r.channel) == ("s_ketamine.iv", "r_ketamine.iv")
    assert s.amount_umol == r.amount_umol == pytest.approx(17.5 * UMOL_PER_MG)
    assert s.duration_h == 2 / 3


def test_esketamine_is_all_s():
    (only,) = inflows(PlainDose(drug="esketamine", route="iv_bolus", amount_mg=10.0))
    assert only == ("s_ketamine.iv", 0.0, 0.0, pytest.approx(10.0 * UMOL_PER_MG))


def test_doses_start_when_they_are_given():
    dose = PlainDose(drug="esketamine", route="im", amount_mg=10.0)
    found = inflows_of([(0.0, dose), (72.5, dose)], catalogue=CATALOGUE, weight_kg=70.0)
    assert [i.start_h for i in found] == [0.0, 72.5]


def test_dose_per_kilogram_follows_each_weight():
    dose = PlainDose(drug="esketamine", route="iv_bolus", amount_mg_per_kg=0.2)
    (only,) = inflows_of([(0.0, dose)], catalogue=CATALOGUE, weight_kg=np.array([50.0, 100.0]))
    np.testing.assert_allclose(only.amount_umol, np.array([10.0, 20.0]) * UMOL_PER_MG)


def test_dose_without_amount_is_refused():
    with pytest.raises(InputError, match="The im dose has no amount"):
        inflows(PlainDose(drug="ketamine", route="im"))


@pytest.mark.parametrize(("mg", "published"), [(28.0, 0.54), (56.0, 0.4375), (84.0, 0.4032)])
def test_nose_absorbs_less_of_each_further_device(mg, published):
    found = nasal_share(mg, odds=0.54 / 0.46, further_devices=0.62)
    assert found == pytest.approx(published, abs=1e-4)


def test_what_the_nose_does_not_absorb_is_swallowed():
    nose, swallowed = inflows(PlainDose(drug="esketamine", route="intranasal", amount_mg=84.0))
    assert nose.channel == "s_ketamine.nasal_depot"
    assert swallowed.channel == "s_ketamine.swallowed"
    assert nose.amount_umol + swallowed.amount_umol == pytest.approx(84.0 * UMOL_PER_MG)


@pytest.mark.parametrize(
    ("drug", "route", "output", "expected"),
    [
        ("ketamine", "im", "s_ketamine", 0.93),
        ("ketamine", "sc", "r_ketamine", 0.93),
        ("esketamine", "oral", "s_ketamine", 0.18),
        ("arketamine", "oral", "r_ketamine", 0.228),
        ("ketamine", "sublingual", "ketamine_total", 0.29),
    ],
)
def test_bioavailability_is_that_of_the_catalogue(drug, route, output, expected):
    assert bioavailability(drug, route, output) == pytest.approx(expected, rel=1e-6)


def test_nasal_racemate_has_the_middle_of_three_published_bioavailabilities():
    """45% (Yanagihara 2003), 50% (Malinovsky 1996), 13.5% (2022): studies count alike."""
    assert bioavailability("ketamine", "intranasal", "ketamine_total") == pytest.approx(
        (0.45 * 0.50 * 0.135) ** (1 / 3), abs=0.005
    )


def formed_of_what_is_lost():
    """Return the share of what gut wall and liver keep that reaches the blood as norketamine."""
    return CATALOGUE.value("pk_oral.first_pass_to_norketamine", "1")


@pytest.mark.parametrize(("form", "passes"), [("s", 0.18), ("r", 0.228)])
def test_part_of_a_nasal_racemate_is_lost_and_forms_no_norketamine(form, passes):
    """By the nose 25% reach the blood and 39% of the rest the gut; the remainder is lost."""
    nose, swallowed = inflows(PlainDose(drug="ketamine", route="intranasal", amount_mg=50.0))[:2]
    absorbed = (nose.amount_umol + swallowed.amount_umol) / (25.0 * UMOL_PER_MG)
    assert absorbed == pytest.approx(0.54, abs=0.01)
    through_the_gut = passes + (1.0 - passes) * formed_of_what_is_lost()
    assert bioavailability("ketamine", "intranasal", f"{form}_norketamine") == pytest.approx(
        0.25 + (absorbed - 0.25) * through_the_gut, abs=0.001
    )


NOSE = 0.54
"""Share of the first esketamine device that the nose absorbs."""


@pytest.mark.parametrize("model", ["kamp", "fanta_otto"])
@pytest.mark.parametrize(
    ("drug", "route", "unchanged"),
    [
        ("ketamine", "oral", 0.18), ("ketamine", "sublingual", 0.29),
        ("esketamine", "intranasal", NOSE + (1.0 - NOSE) * 0.18),
    ],
)  # fmt: skip
def test_norketamine_of_a_swallowed_dose_is_what_passes_and_the_share_of_what_does_not(
    drug, route, unchanged, model
):
    assert bioavailability(drug, route, "s_norketamine", model) == pytest.approx(
        unchanged + (1.0 - unchanged) * formed_of_what_is_lost(), rel=1e-6
    )


def test_film_forms_under_its_own_model_what_was_published_of_it():
    """26% through the mouth and 116% through the gut, whatever other models take."""
    formed = bioavailability("esketamine", "sublingual", "s_norketamine", "simons")
    assert formed == pytest.approx(0.263 + 1.16, rel=1e-6)
    assert not {"pk_oral.transit", "pk_oral.first_pass_to_norketamine"} & set(
        pk_parameters("simons")
    )


def test_what_is_swallowed_after_a_spray_goes_without_the_transit():
    """The rates of that part were estimated without it."""
    assert "pk_oral.transit" not in pk_parameters("kamp", ["intranasal"])
    system = pk_model(catalogue=CATALOGUE, routes=["intranasal", "oral"], weight_kg=70.0)
    assert [n for n in system.states if n.endswith("_liver")] == [
        "s_ketamine_gut_liver", "r_ketamine_gut_liver",
    ]  # fmt: skip


def test_five_studies_say_how_much_norketamine_a_swallowed_dose_forms():
    """Per mg in the vein; each study counts once (sources in the catalogue)."""
    film = CATALOGUE.value("pk_simons.f1", "1") + CATALOGUE.value("pk_simons.f2", "1")
    let_through = CATALOGUE.value("pk_perez.fgut", "1")
    fanta = 16.5 * 0.08 * CATALOGUE.value("pk_otto.cl_nk", "L/h") / 95.2
    chong = np.sqrt(12.1 / 13.0 / 1.16 * 9.9 / 13.0 / 1.14)
    published = np.array([let_through, chong, fanta, np.sqrt(1.17 * 0.85), film])
    middle = np.exp(np.log(published).mean())
    passes = CATALOGUE.value("pk_oral.f_s", "1")
    assert formed_of_what_is_lost() == pytest.approx((middle - passes) / (1.0 - passes), abs=0.005)


@pytest.mark.parametrize("route", ["oral", "sublingual"])
def test_transit_through_the_liver_delays_norketamine_and_changes_no_exposure(route):
    """The mean time of norketamine moves by the share of it that passes times the transit."""
    dose = PlainDose(drug="esketamine", route=route, amount_mg=30.0)
    times = np.linspace(0.0, 90.0, 4501)

    def moments(transit_h):
        system = pk_model(
            catalogue=CATALOGUE, routes=[route], drugs=["esketamine"], weight_kg=70.0,
            parameters={"pk_oral.transit": transit_h},
        )  # fmt: skip
        course = solve_linear(system, inflows(dose), times)
        level = course[..., system.outputs.index("s_norketamine")]
        area = np.trapezoid(level, times)
        return area, np.trapezoid(level * times, times) / area

    (area, mean), (later_area, later_mean) = moments(0.1), moments(0.6)
    unchanged = {"oral": 0.18, "sublingual": 0.29}[route]
    formed = (1.0 - unchanged) * formed_of_what_is_lost()
    assert later_area == pytest.approx(area, rel=1e-4)
    assert later_mean - mean == pytest.approx(0.5 * formed / (unchanged + formed), rel=2e-3)


def test_swallowed_drug_is_absorbed_at_the_rate_its_own_model_was_fitted_with():
    """An absorption rate belongs to the disposition it was estimated with."""
    dose = PlainDose(drug="esketamine", route="oral", amount_mg=30.0)
    assert peak_time(dose, model="kamp") < 1.0 < peak_time(dose, model="perez_ruixo")
    assert "pk_oral.ka" not in pk_parameters("perez_ruixo", ["oral"])
    assert "pk_perez.oral_ka" not in pk_parameters("kamp", ["oral"])


def test_racemate_by_the_nose_peaks_as_early_as_published():
    """18 to 21 min for what the nose absorbs (children); the swallowed part adds little."""
    dose = PlainDose(drug="ketamine", route="intranasal", amount_mg=30.0)
    assert 18 / 60 <= peak_time(dose, model="kamp") <= 22 / 60


def test_oral_dose_is_dominated_by_norketamine():
    found = areas(PlainDose(drug="esketamine", route="oral", amount_mg=30.0))
    assert found["s_norketamine"] > 5.0 * found["s_ketamine"]


def test_zero_order_time_must_be_shared_by_all_patients():
    with pytest.raises(InputError, match=r"'pk_oral.duration' differs between patients"):
        inflows(
            PlainDose(drug="esketamine", route="oral", amount_mg=30.0),
            parameters={"pk_oral.duration": np.array([0.2, 0.4])},
        )


def test_bioavailability_drawn_above_one_is_cut_at_one():
    (only,) = inflows(
        PlainDose(drug="esketamine", route="im", amount_mg=10.0),
        parameters={"pk_im.f": np.array([0.9, 1.2])},
    )
    np.testing.assert_allclose(only.amount_umol, np.array([9.0, 10.0]) * UMOL_PER_MG)


def test_half_of_an_intravenous_racemate_serves_one_enantiomer():
    whole = PlainDose(drug="ketamine", route="iv_infusion", amount_mg=40.0, duration_h=0.5)
    half = part_of(whole, "s_norketamine")
    assert (half.drug, half.amount_mg) == ("esketamine", 20.0)


def test_swallowed_racemate_is_never_halved():
    whole = PlainDose(drug="ketamine", route="oral", amount_mg=40.0)
    assert part_of(whole, "s_norketamine") is whole
