"""Forest plots: effects on the right side of no difference, with who was compared."""

import re
from dataclasses import replace

import pytest

from ketacourse.report.trial_forest import Forest, ForestRow, draw_forest
from ketacourse.report.trial_subgroups import patients_words, subgroup_section

ROWS = (
    ForestRow(label="all patients", value=-4.0, lower=-6.0, upper=-2.0, words="−4", whole=True),
    ForestRow(label="Sex"),
    ForestRow(label="female", value=2.0, lower=1.0, upper=3.0, words="+2"),
)
FOREST = Forest(
    title="Ketamine v saline", unit="points", rows=ROWS, below="Ketamine", above="Saline"
)


def place_of_squares(markup: str) -> list[float]:
    return [float(x) + 4.0 for x in re.findall(r'<rect class="f-blue" x="([\d.-]+)"', markup)]


def place_of_none(markup: str) -> float:
    found = re.search(r'class="axis" d="M([\d.]+)', markup)
    assert found
    return float(found[1])


@pytest.mark.parametrize("wide", [True, False])
def test_a_worse_subgroup_lies_beyond_no_difference(wide):
    markup = draw_forest(FOREST, wide=wide).markup
    (square,) = place_of_squares(markup)
    diamond = re.search(r'class="f-vermillion" d="M([\d.]+)', markup)
    assert diamond
    assert float(diamond[1]) + 7.0 < place_of_none(markup) < square


def test_a_ratio_of_one_is_no_difference_and_halving_mirrors_doubling():
    rows = tuple(
        ForestRow(label=str(v), value=v, lower=v * 0.9, upper=v * 1.1, words=str(v))
        for v in (0.5, 2.0)
    )
    markup = draw_forest(replace(FOREST, rows=rows, ratio=True), wide=False).markup
    low, high = place_of_squares(markup)
    none = place_of_none(markup)
    assert none - low == pytest.approx(high - none, abs=0.3)


def test_an_effect_that_cannot_be_had_is_told_but_not_drawn():
    row = ForestRow(label="nobody", words="–")
    drawing = draw_forest(replace(FOREST, rows=(ROWS[0], row)), wide=True)
    assert place_of_squares(drawing.markup) == []
    assert "nobody –" in drawing.description


def test_plots_side_by_side_have_one_axis():
    other = replace(FOREST, rows=(replace(ROWS[0], value=40.0, lower=30.0, upper=50.0),))
    ticks = [
        re.findall(r'text-anchor="middle">([^<]+)<', draw_forest(f, wide=False, beside=(g,)).markup)
        for f, g in ((FOREST, other), (other, FOREST))
    ]
    assert ticks[0] == ticks[1]


def test_a_fall_favours_the_side_that_falls_and_a_response_the_side_that_responds(result):
    change, response, relapse, harm = (
        f.drawings[0].markup for f in subgroup_section(result).figures
    )
    for markup in (change, relapse, harm):
        assert "← better: Ketamine 0.25" in markup
    assert "← better: Midazolam" in response


def test_the_table_names_every_level_with_its_patients(result, rows_of):
    table = subgroup_section(result).figures[1].table
    female = [(rows_of(result.trial, arm).categories["sex"] == 0).sum() for arm in (1, 0)]
    row = next(r for r in table.rows if r[:2] == ("Ketamine 0.25 mg/kg v Midazolam", "Sex: female"))
    assert row[2] == f"{female[0]} v {female[1]}"
    assert {r[1] for r in table.rows} == {
        "all patients", "Sex: female", "Sex: male", "Age: up to 45 years", "Age: above 45 years",
    }  # fmt: skip


def test_patients_of_pooled_sides_add_up(result):
    found = result.endpoint("Response, day 14")
    pooled = replace(found.contrasts[0], arms=("Ketamine 0.25 mg/kg", "Ketamine and CBT"))
    assert patients_words(found, pooled) == "360 v 180"


def test_a_single_comparison_is_drawn_wide_and_narrow(sequential):
    (figure,) = subgroup_section(sequential).figures
    assert figure.wide
    assert 'viewBox="0 0 860 ' in figure.drawings[0].markup
    assert 'viewBox="0 0 350 ' in figure.narrow[0].markup
