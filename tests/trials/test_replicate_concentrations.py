"""Concentrations of published studies: what is asked, and how sure the answer is.

The studies here are made up.
"""

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
        ({"metric": "Vss", "unit": "L"}, "does not give 'Vss'"),
        ({"metric": "conc", "time_h": "0"}, "before any drug"),
        ({"infusion_min": ""}, "time of the infusion is not stated"),
        ({"route": "IV bolus", "infusion_min": ""}, "time of the push"),
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
