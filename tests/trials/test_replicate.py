"""Every row of a table comes back, whatever it holds."""

import csv
import io
from importlib.resources import files

import pytest

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.trials.replicate import replicate
from ketacourse.trials.replicate_table import ADDED

OBSERVATIONS = files("ketacourse.evidence").joinpath("observations")
SMALL = {"draws": 5, "patients": 20}

TRIALS = """\
row_id,study_id,diagnosis,n,drug,route,dose_mg_per_kg,dose_mg,duration_min,session_days,masking,\
control,new_oral_antidepressant,setting,therapy_days,scale,baseline_mean,baseline_sd,time_days,\
outcome,value,notes
a,made_up,trd,20,ketamine,iv_infusion,0.5,,40,0,open,,no,trial,,madrs,31,6,1,change,-15,
b,made_up,trd,20,ketamine,iv_infusion,0.5,,40,0,open,,no,trial,,cgi_s,5,1,1,score,3,
c,made_up,trd,-4,ketamine,iv_infusion,0.5,,40,0,open,,no,trial,,madrs,31,6,1,change,-15,
d,made_up,trd,20,none,iv_infusion,,,40,0,open,,no
a,made_up,trd,20,ketamine,iv_infusion,0.5,,40,0,open,,no,trial,,madrs,31,6,7,change,-9,
e,made_up,trd,20,ketamine,iv_infusion,0.5,,40,0,open,,no,trial,,madrs,31,6,1,response_rate,140,
"""


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def trials(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text(TRIALS, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["trials", "concentrations", "safety"])
def test_every_row_of_a_shipped_table_comes_back_unchanged(name, tmp_path):
    text = OBSERVATIONS.joinpath(f"{name}.csv").read_text(encoding="utf-8")
    path = tmp_path / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    back, given = rows_of(replicate(path, **SMALL).text()), rows_of(text)
    assert [{k: v for k, v in row.items() if k not in ADDED} for row in back] == given
    for row in back:
        if row["status"] == "predicted":
            low, middle, high = (float(row[c]) for c in ("pi90_low", "predicted", "pi90_high"))
            assert low <= middle <= high
        else:
            assert row["status"].startswith("not_supported: ")
            assert row["predicted"] == ""
    seen = [row for row in back if row["supported"] == "yes"]
    assert {row["status"] for row in seen} == {"predicted"}


def test_each_row_says_what_became_of_it(trials):
    found = [row["status"] for row in rows_of(replicate(trials, **SMALL).text())]
    assert found == [
        "predicted",
        "not_supported: no published link from mood to the scale 'cgi_s'",
        "error: line 4, n: '-4' is not a positive whole number",
        "error: line 5, row: 13 cells for 22 columns",
        "error: line 6, row_id: 'a' stands on line 2 already",
        "predicted",
    ]


@pytest.mark.parametrize("name", ["trials", "concentrations", "safety"])
def test_the_published_value_is_never_read(name, tmp_path):
    rows = rows_of(OBSERVATIONS.joinpath(f"{name}.csv").read_text(encoding="utf-8"))[::7]
    columns = list(rows[0])
    texts = []
    for value in ("1", "no number at all"):
        path = tmp_path / "table.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows({**row, "value": value, "spread": value} for row in rows)
        texts.append(rows_of(replicate(path, **SMALL).text()))
    assert any(row["status"] == "predicted" for row in texts[0])
    for first, second in zip(*texts, strict=True):
        assert [first[c] for c in ADDED] == [second[c] for c in ADDED]


def test_an_impossible_rate_is_told_and_predicted_all_the_same(trials):
    found = replicate(trials, **SMALL)
    assert "line 7, value: 140 is not a rate" in found.summary()
    assert found.predictions[-1].status == "predicted"


def test_the_summary_counts_rows_by_what_became_of_them(trials):
    summary = replicate(trials, **SMALL).summary()
    assert "6 rows of trials; 2 predicted, 1 not supported, 3 with errors" in summary
    assert "not supported, 1: no published link" in summary
    assert "error: line 4, n: '-4'" in summary


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(trials):
    text = replicate(trials, seed=5, **SMALL).text()
    assert replicate(trials, seed=5, **SMALL).text() == text
    assert replicate(trials, seed=6, **SMALL).text() != text


def test_a_row_does_not_depend_on_its_neighbours(trials, tmp_path):
    alone = tmp_path / "alone.csv"
    lines = TRIALS.splitlines()
    alone.write_text("\n".join([lines[0], lines[6], lines[1]]) + "\n", encoding="utf-8")
    whole, part = (replicate(p, **SMALL).predictions for p in (trials, alone))
    assert (part[0], part[1]) == (whole[5], whole[0])


def test_a_table_without_rows_gives_a_table_without_rows(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text(TRIALS.splitlines()[0] + "\n", encoding="utf-8")
    assert rows_of(replicate(path, **SMALL).text()) == []


@pytest.mark.parametrize("option", [{"draws": 1}, {"patients": 3}])
def test_too_few_draws_or_patients_are_refused(trials, option):
    with pytest.raises(OutOfRangeError, match="Give"):
        replicate(trials, **{**SMALL, **option})


def test_an_unknown_pharmacokinetic_model_is_refused(trials):
    with pytest.raises(InputError, match="'camp' is not known"):
        replicate(trials, pk_model="camp", **SMALL)


RAW = {
    "concentrations": """\
source_id,citation,doi_or_url,n,population,drug,route,dose_mg_per_kg,dose_mg,infusion_min,analyte,\
metric,time_h,value,unit,spread,spread_type,matrix,seen,notes
x,made up,,8,healthy adults,S,IV infusion,,10,30,S-ketamine,conc,1,27,ng/mL,,,plasma venous,yes,
x,made up,,8,healthy adults,S,IV 2-step infusion,0.5,,60,S-ketamine,Cmax,,90,ng/mL,,,serum,yes,\
two 30-min steps 0.3/0.7 mg/kg/h
x,made up,,8,healthy adults,S,nasal spray,,28,,dehydronorketamine,Cmax,,9,ng/mL,,,serum,yes,
""",
    "safety": """\
source_id,citation,doi_or_url,n,population,route,dose_mg_per_kg,infusion_min,quantity,time_min,\
value,unit,spread,spread_type,seen,notes
x,made up,,50,TRD,IV,0.5,40,SBP_peak_change_mean_mmHg,40,17,mmHg,9,SD,yes,
x,made up,,,TRD,IN esketamine,,,pct_CADSS_gt4,,70,percent_of_patients,,,yes,
x,made up,,50,TRD,IV,0.5,40,AE_headache_pct,,12,percent_of_patients,,,yes,
""",
    "trials": """\
study_id,citation,doi_or_url,nct,population,n,mean_age,pct_female,weight_kg_if_given,drug,route,\
dose_mg_per_kg,dose_mg,infusion_min,schedule,concomitant_therapy,comparator,scale,baseline_mean,\
baseline_sd,time_h,time_days,outcome,value,spread,spread_type,seen,notes
x,made up,,,TRD,20,45,60,,ketamine,IV,0.5,,40,2/week x 2 wk (4),stable antidepressant,no,MADRS,\
31,6,,14,response_rate,60,,,yes,
x,made up,,,TRD,20,45,60,,midazolam,IV,0.045,,40,2/week x 2 wk (4),stable antidepressant,yes,\
MADRS,31,6,,14,response_rate,15,,,yes,
x,made up,,,TRD,20,45,60,,ketamine,IM,,,,as needed,usual,no,MADRS,31,6,,14,response_rate,15,,,yes,
""",
}
"""Tables in the layouts in which results are collected; the studies are made up."""


@pytest.mark.parametrize("kind", RAW)
def test_tables_as_they_are_collected_are_predicted_too(kind, tmp_path):
    path = tmp_path / "raw.csv"
    path.write_text(RAW[kind], encoding="utf-8")
    found = replicate(path, **SMALL)
    assert found.table.layout.kind == kind
    words = [p.status.partition(":")[0] for p in found.predictions]
    assert words == ["predicted", "predicted", "not_supported"]
    assert len(rows_of(found.text())) == 3
