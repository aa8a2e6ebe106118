"""Concentrations of published studies: what is asked, and how sure the answer is.

The studies here are made up.
"""

import math

import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.trials.replicate_concentration_rows import published_query
from ketacourse.trials.replicate_concentrations import predict_concentrations, typical_value
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError

ROW = {
    "n": "12", "population": "healthy adults 72 (SD 9) kg", "drug": "racemate",
    "route": "IV infusion", "dose_mg_per_kg": "0.5", "dose_mg": "", "infusion_min": "40",
    "analyte": "S-ketamine", "metric": "Cmax", "time_h": "", "unit": "ng/mL",
    "matrix": "plasma venous", "notes": "",
}  # fmt: skip


def query(**changes: str):
    return published_query({**ROW, **changes})


def prediction(draws: int = 40, seed: int = 1, **changes: str):
    (found,) = predict_concentrations(
        [query(**changes)], catalogue=load_catalogue(), draws=draws, seed=seed
    )
    return found


def typical(**changes: str) -> float:
    return typical_value(query(**changes), model="kamp", catalogue=load_catalogue())


@pytest.mark.parametrize(
    ("analyte", "matrix", "output", "isomer", "share"),
    [
        ("S-ketamine", "plasma arterial", "s_ketamine", "s", 1.0),
        ("R-ketamine", "serum", "r_ketamine_venous", "r", 1.0),
        ("ketamine", "plasma (site not stated)", "ketamine_venous", "", 1.0),
        ("norketamine (each enantiomer)", "serum", "norketamine_venous", "", 0.5),
        ("hydroxynorketamine (total R+S)", "plasma arterial", "hydroxynorketamine", "", 1.0),
        ("S-norketamine", "plasma venous", "s_norketamine_venous", "s", 1.0),
        ("(2R,6R)-HNK", "plasma", "hydroxynorketamine", "r", 1.0),
    ],
)
def test_analytes_and_sites_lead_to_outputs_of_the_model(analyte, matrix, output, isomer, share):
    found = query(analyte=analyte, matrix=matrix)
    assert (found.output, found.isomer, found.share) == (output, isomer, share)


@pytest.mark.parametrize(
    ("metric", "time_h", "unit", "kind", "window"),
    [
        ("conc", "1.5", "ug/L", "conc", 1.5), ("AUC0_t", "6", "ng*h/mL", "auc", 6.0),
        ("AUC0-24h", "", "ng.h/mL", "auc", 24.0), ("AUC_inf", "", "ng*min/mL", "auc", None),
        ("Tmax", "", "min", "tmax", None), ("half-life", "", "h", "half_life", None),
        ("CL", "", "L/h", "clearance", None), ("F", "", "percent", "bioavailability", None),
        ("Vss", "", "L/kg", "steady_volume", None), ("Vz", "", "L", "terminal_volume", None),
        ("MRT", "", "h", "residence", None), ("mean concentration", "2", "uM", "conc", 2.0),
    ],
)  # fmt: skip
def test_metrics_and_windows_are_read(metric, time_h, unit, kind, window):
    found = query(metric=metric, time_h=time_h, unit=unit)
    assert (found.metric, found.time_h) == (kind, window)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"analyte": "S-dehydronorketamine"}, "no model holds"),
        ({"drug": "S", "analyte": "R-ketamine"}, "esketamine holds no R-ketamine"),
        ({"matrix": "urine"}, "arterial or venous plasma only"),
        ({"metric": "Clast"}, "does not give 'Clast'"),
        ({"metric": "Vss", "unit": "L", "route": "IM"}, "needs a dose into the vein"),
        ({"metric": "Vss", "unit": "L", "analyte": "norketamine"}, "volume of a metabolite"),
        ({"metric": "AUC ratio", "analyte": "S-HNK/R-HNK"}, "one enantiomer over the other"),
        ({"metric": "conc", "time_h": "0"}, "before any drug"),
        ({"infusion_min": ""}, "time of the infusion is not stated"),
        ({"dose_mg_per_kg": ""}, "dose not stated"),
        ({"population": "children"}, "the model is of adults"),
    ],
)
def test_what_the_model_lacks_is_refused_with_its_reason(changes, why):
    with pytest.raises(UnsupportedRowError, match=why):
        query(**changes)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"n": "-3"}, "n"), ({"unit": "mmHg"}, "unit"), ({"dose_mg_per_kg": "half"}, "dose_mg"),
        ({"metric": "conc"}, "time_h"),
    ],
)  # fmt: skip
def test_a_malformed_cell_names_its_column(changes, column):
    with pytest.raises(RowFaultError, match=f"^{column}"):
        query(**changes)


def test_units_change_the_number_and_not_the_concentration():
    assert typical(unit="nmol/mL") * 237.73 == pytest.approx(typical(unit="ug/L"))
    assert typical(metric="Tmax", unit="min") == pytest.approx(
        60 * typical(metric="Tmax", unit="h")
    )


def test_clearance_is_dose_over_exposure():
    area = typical(metric="AUC_inf", unit="mg*h/L", analyte="ketamine")
    assert typical(metric="CL", unit="L/h", analyte="ketamine") == pytest.approx(36.0 / area)


def test_volume_at_steady_state_is_clearance_times_residence():
    found = {
        m: typical(analyte="ketamine", matrix="arterial", metric=m, unit=u)
        for m, u in (("CL", "L/h"), ("MRT", "h"), ("Vss", "L"))
    }
    assert found["Vss"] == pytest.approx(found["CL"] * found["MRT"])
    assert found["Vss"] == pytest.approx((25.0 + 56.0 + 157.0) * 72.0 / 70.0, rel=0.02)


def test_terminal_volume_is_clearance_over_the_late_slope():
    half_life = typical(analyte="S-ketamine", metric="half-life", unit="h")
    assert typical(analyte="S-ketamine", metric="Vz", unit="L") == pytest.approx(
        typical(analyte="S-ketamine", metric="CL", unit="L/h") * half_life / math.log(2.0)
    )


@pytest.mark.parametrize("metric", ["AUC ratio", "Cmax ratio"])
def test_one_enantiomer_over_the_other_is_the_quotient_of_both(metric):
    whole = {"metric": metric.split()[0].replace("AUC", "AUC_inf"), "unit": "ng/mL"}
    if "AUC" in metric:
        whole["unit"] = "ng*h/mL"
    s, r = (typical(analyte=a, **whole) for a in ("S-ketamine", "R-ketamine"))
    assert typical(analyte="S-ketamine/R-ketamine", metric=metric, unit="ratio") == pytest.approx(
        s / r
    )


def test_the_peak_after_a_push_is_far_less_certain_than_that_of_an_infusion():
    push, infusion = prediction(route="IV bolus", infusion_min=""), prediction()
    assert push.high / push.low > 5.0 * infusion.high / infusion.low
    assert "a push of one minute" in push.assumptions


@pytest.mark.parametrize(("metric", "unit"), [("Vss", "L"), ("half-life", "h"), ("MRT", "h")])
def test_what_rests_on_the_tail_is_less_certain_than_clearance(metric, unit):
    tail, clearance = prediction(metric=metric, unit=unit), prediction(metric="CL", unit="L/h")
    assert tail.high / tail.low > 1.3 * clearance.high / clearance.low


def test_norketamine_is_higher_in_populations_that_clear_it_more_slowly():
    exposure = {"analyte": "norketamine", "metric": "AUC_inf", "unit": "ng*h/mL"}
    usual = typical(**exposure)
    assert typical(**exposure, population="Japanese men 72 kg") == pytest.approx(usual / 0.81)
    assert typical(analyte="ketamine", population="Japanese men 72 kg") == typical(
        analyte="ketamine"
    )


@pytest.mark.parametrize(
    ("analyte", "metric", "unit", "published"),
    [("S-ketamine", "Cmax", "ng/mL", 57.5), ("S-ketamine", "AUC0-24", "ng*h/mL", 194.7),
     ("S-norketamine", "Cmax", "ng/mL", 72.1)],
)  # fmt: skip
def test_japanese_subjects_have_the_published_exposure_to_esketamine_spray(
    analyte, metric, unit, published
):
    row = query(
        population="Japanese", drug="S", route="nasal spray", dose_mg_per_kg="", dose_mg="28",
        infusion_min="", analyte=analyte, metric=metric, unit=unit,
    )  # fmt: skip
    found = typical_value(row, model="standard", catalogue=load_catalogue())
    assert found == pytest.approx(published, rel=0.015)


def test_a_dose_into_the_vein_is_wholly_available():
    assert typical(metric="F", unit="percent", analyte="ketamine") == pytest.approx(100.0)


def test_both_enantiomers_of_hydroxynorketamine_add_up():
    s, r, both = (
        typical(analyte=a, metric="conc", time_h="2")
        for a in ("S-HNK", "R-HNK", "hydroxynorketamine")
    )
    assert s + r == pytest.approx(both)


def test_an_inhibitor_raises_the_exposure_to_a_swallowed_dose():
    swallowed = {"route": "oral tablet", "infusion_min": "", "metric": "AUC_inf", "unit": "ng*h/mL"}
    with_it = typical(**swallowed, notes="with clarithromycin")
    assert with_it > 1.2 * typical(**swallowed)


def test_a_small_study_has_the_wider_interval():
    few, many = prediction(n="3"), prediction(n="300")
    assert few.predicted == many.predicted
    assert few.low < many.low < many.predicted < many.high < few.high


def test_an_unstated_body_weight_widens_the_interval():
    known, unknown = prediction(), prediction(population="healthy adults")
    ratio = [p.high / p.low for p in (known, unknown)]
    assert ratio[0] < ratio[1]
    assert unknown.assumptions == ("a body weight of 70 kg",)


def test_the_same_seed_gives_the_same_interval_and_another_one_another():
    assert prediction(seed=3) == prediction(seed=3)
    assert prediction(seed=3).low != prediction(seed=4).low


def test_a_dose_above_the_highest_that_is_simulated_is_refused():
    assert "above 2 mg/kg" in prediction(dose_mg_per_kg="2.5").status
