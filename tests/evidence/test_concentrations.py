"""Published concentrations against the model: nothing lost, nothing hidden."""

import math
from dataclasses import replace

import pytest

from ketacourse.course.concentrations import (
    agreement,
    compare_concentrations,
    render_comparison,
)
from ketacourse.errors import EvidenceError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.concentrations import READERS, load_concentrations, read_concentrations
from ketacourse.model.pk.models import MODELS

CATALOGUE = load_catalogue()
ROWS = load_concentrations()


@pytest.fixture(scope="module")
def base():
    return compare_concentrations(catalogue=CATALOGUE)


@pytest.mark.parametrize("model", MODELS)
def test_no_row_is_lost(model):
    found = compare_concentrations(model, catalogue=CATALOGUE)
    assert [c.observation for c in found] == list(ROWS)
    assert all(c.status == "predicted" or ": " in c.status for c in found)


@pytest.mark.parametrize("analyte", ["S-ketamine", "R-ketamine", "S-norketamine"])
def test_arterial_concentrations_agree_on_average(base, analyte):
    """In sample for the split of clearance and the choice of metabolite model."""
    groups = [
        g
        for g in agreement(base)
        if (g.analyte, g.matrix, g.route) == (analyte, "arterial", "iv_infusion") and g.n > 10
    ]
    assert groups
    assert all(0.8 <= g.geometric_mean <= 1.25 and g.within_twofold == 1.0 for g in groups)


def test_arterial_peak_that_was_not_used_is_within_a_quarter(base):
    """Simons 2022 infusion: a test of the base model, predicted about a fifth low."""
    ratios = [c.ratio for c in base if c.observation.source == "simons2022_film"
              and c.observation.route == "iv_infusion"]  # fmt: skip
    assert len(ratios) == 2
    assert all(0.75 < r < 1.0 for r in ratios)


def test_values_that_were_recalled_are_shown_and_not_scored(base):
    recalled = [c for c in base if not c.observation.seen]
    assert {c.observation.source for c in recalled} == {"grant1981"}
    assert all(c.ratio is None and c.predicted is not None for c in recalled)


def test_the_observed_value_is_never_read_by_the_prediction(base):
    doubled = [replace(r, value=replace(r.value, low=1.0, high=1.0)) for r in ROWS[:60]]
    again = compare_concentrations(catalogue=CATALOGUE, observations=doubled)
    assert [c.predicted for c in again] == [c.predicted for c in base[:60]]


def test_rows_the_model_was_built_on_are_counted_apart(base):
    for group in agreement(base):
        assert group.n == sum(
            c.ratio is not None
            and c.in_sample == group.in_sample
            and (c.observation.analyte, c.observation.matrix, c.observation.route)
            == (group.analyte, group.matrix, group.route)
            and (c.observation.metric == "tmax") == (group.quantity == "time of peak")
            for c in base
        )


def test_failures_are_said_plainly(base):
    text = render_comparison(base, model="kamp")
    line = next(r for r in text.splitlines() if r.startswith("hydroxynorketamine (total R+S)"))
    assert line.endswith("in sample  OUTSIDE 0.80-1.25")
    assert "Rows outside two-fold:" in text
    assert "no model holds dehydronorketamine" in text


def test_level_of_hydroxynorketamine_is_the_middle_of_its_sources_and_its_range_holds_them(base):
    levels = {}
    for c in base:
        o = c.observation
        if c.ratio is not None and "hydroxy" in o.output and o.metric != "tmax":
            levels.setdefault(o.source, []).append(-math.log(c.ratio))
    means = [math.fsum(v) / len(v) for v in levels.values()]
    scale = CATALOGUE.parameter("pk_hydroxynorketamine.scale")
    assert len(means) == 3
    assert abs(math.fsum(means) / 3) < 0.05, "the sources no longer lie about the level"
    assert scale.lower < scale.typical * math.exp(min(means))
    assert scale.typical * math.exp(max(means)) < scale.upper


def test_rows_of_venous_blood_are_compared_with_the_vein(base):
    for c in base:
        parts = c.observation.output.split("/")
        if c.observation.matrix == "venous" and c.observation.output:
            assert all(p.endswith("_venous") or "hydroxy" in p for p in parts)
        elif c.observation.output:
            assert not any(p.endswith("_venous") for p in parts)


def test_every_supported_row_names_an_output_of_the_base_model(base):
    unsupported = {c.status for c in base if c.observation.supported and "not_sup" in c.status}
    assert not unsupported


def table(**changed):
    """Return a one-row table with some cells changed."""
    cells = {
        "row_id": "a", "source": "otto2021", "n": "17", "population": "adults",
        "drug": "esketamine", "route": "iv_infusion", "dose_unit": "mg", "steps": "30:10",
        "weight_kg": "68", "weight_source": "mean", "matrix": "venous", "analyte": "S-ketamine",
        "output": "s_ketamine_venous", "share": "1", "metric": "conc", "time_h": "0.5",
        "value": "56", "unit": "ng/mL", "seen": "yes", "supported": "yes", **changed,
    }  # fmt: skip
    return ",".join(READERS) + "\n" + ",".join(cells.get(c, "") for c in READERS) + "\n"


def read(**changed):
    return read_concentrations(table(**changed), name="t.csv", sources=["otto2021"])


def test_regimen_is_read_step_by_step():
    (row,) = read(steps="60:1.5; 30:2")
    assert row.steps == ((1.0, 1.5), (0.5, 2.0))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"value": "many"}, "column 'value': 'many' is no number and no range"),
        ({"steps": "40"}, "column 'steps': '40' is not minutes:amount"),
        ({"matrix": "spleen"}, "column 'matrix': 'spleen' is not one of"),
        ({"source": "nobody"}, "there is no source 'nobody'"),
        ({"supported": "no"}, "column 'supported': a supported row names an output"),
        ({"output": ""}, "column 'supported': a supported row names an output"),
        ({"weight_kg": ""}, "column 'weight_kg': the cell is empty"),
    ],
)
def test_faulty_row_is_refused_with_its_column(changed, message):
    with pytest.raises(EvidenceError, match=message):
        read(**changed)


def test_table_with_other_columns_is_refused():
    with pytest.raises(EvidenceError, match="the columns are not as expected"):
        read_concentrations("a,b\n1,2\n", name="t.csv", sources=[])


def test_row_that_stands_twice_is_refused():
    text = table()
    with pytest.raises(EvidenceError, match="a row_id stands twice"):
        read_concentrations(text + text.splitlines()[1] + "\n", name="t.csv", sources=["otto2021"])
