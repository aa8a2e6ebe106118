"""Covariates follow their stated distributions, and a table of patients is checked by cell."""

from dataclasses import fields, replace

import duckdb
import numpy as np
import pytest

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.evidence.ancestry import genotype_probabilities, val66met_frequencies
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.covariate_spec import PRESETS, covariate_preset
from ketacourse.population.covariate_table import read_covariates
from ketacourse.population.covariates import draw_covariates
from ketacourse.population.distribution import Distribution, lognormal_through

MANY = 40_000
HEADER = "identifier,age_years,sex,weight_kg,baseline_madrs\n"


@pytest.fixture(scope="module")
def trial():
    return draw_covariates(covariate_preset("trd_trial"), seed=1, first=0, count=MANY)


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "patients.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("preset", PRESETS)
def test_age_and_sex_follow_the_sources_of_the_preset(preset):
    drawn = draw_covariates(covariate_preset(preset), seed=2, first=0, count=MANY)
    value = load_catalogue().value
    assert drawn.age_years.mean() == pytest.approx(value(f"{preset}.age", "year"), abs=0.3)
    assert drawn.age_years.std() == pytest.approx(value(f"{preset}.age_sd", "year"), rel=0.03)
    assert drawn.age_years.min() >= value(f"{preset}.age_minimum", "year")
    women = value(f"{preset}.female_share", "1")
    assert (drawn.sex == "female").mean() == pytest.approx(women, abs=0.01)


def test_true_severity_and_rating_error_together_give_the_rated_spread(trial):
    value, error = load_catalogue().value, 2.6
    assert trial.baseline_madrs.mean() == pytest.approx(
        value("trd_trial.baseline", "point"), abs=0.1
    )
    rated = np.hypot(trial.baseline_madrs.std(), error)
    assert rated == pytest.approx(value("trd_trial.baseline_sd", "point"), rel=0.02)
    assert trial.baseline_madrs.min() >= 20.0


def test_crp_is_above_one_and_three_in_the_published_shares(trial):
    assert (trial.crp_mg_per_l > 1.0).mean() == pytest.approx(0.58, abs=0.01)
    assert (trial.crp_mg_per_l > 3.0).mean() == pytest.approx(0.27, abs=0.01)


@pytest.mark.parametrize("ancestry", ["european", "east_asian", "african"])
def test_bdnf_genotypes_are_in_hardy_weinberg_proportions(trial, ancestry):
    of_group = trial.bdnf_genotype[trial.ancestry == ancestry]
    expected = genotype_probabilities(val66met_frequencies(ancestry).met_allele)
    for genotype, share in expected.items():
        assert (of_group == genotype).mean() == pytest.approx(share, abs=0.03)


def test_the_share_of_met_alleles_belongs_to_the_genotype(trial):
    assert set(trial.met_share[trial.bdnf_genotype == "val/met"]) == {0.5}


def test_slow_cyp2b6_genotypes_are_more_frequent_in_african_patients(trial):
    slow = trial.cyp2b6_genotype == "*6/*6"
    assert slow[trial.ancestry == "african"].mean() == pytest.approx(0.16, abs=0.04)
    assert slow[trial.ancestry == "european"].mean() == pytest.approx(0.0441, abs=0.01)


def test_men_are_taller_and_heavier_at_the_same_body_mass_index(trial):
    women, men = trial.subset(trial.sex == "female"), trial.subset(trial.sex == "male")
    assert men.height_cm.mean() - women.height_cm.mean() == pytest.approx(14.0, abs=0.3)
    for group in (women, men):
        bmi = group.weight_kg / (group.height_cm / 100.0) ** 2
        assert (bmi.mean(), bmi.std()) == pytest.approx((28.0, 5.8), rel=0.02)


def test_hypertension_rises_with_age_and_raises_the_resting_pressure(trial):
    young, old = trial.age_years < 40.0, trial.age_years >= 60.0
    assert trial.hypertension[young].mean() == pytest.approx(0.224, abs=0.02)
    assert trial.hypertension[old].mean() == pytest.approx(0.745, abs=0.02)
    rise = trial.sbp_mmhg[trial.hypertension].mean() - trial.sbp_mmhg[~trial.hypertension].mean()
    assert rise == pytest.approx(14.0, abs=0.5)


def test_a_third_of_resistant_patients_failed_more_than_the_two_required(trial):
    assert trial.failed_antidepressants.min() == 2
    assert (trial.failed_antidepressants > 2).mean() == pytest.approx(0.30, abs=0.01)


def test_a_healthy_volunteer_has_no_diagnosis_and_next_to_no_symptoms():
    healthy = draw_covariates(covariate_preset("healthy_volunteers"), seed=1, first=0, count=MANY)
    assert set(healthy.diagnosis) == {"none"}
    assert healthy.baseline_madrs.min() >= 0.5
    assert np.median(healthy.baseline_madrs) < 3.0
    assert not healthy.hypertension.any()


def test_a_patient_is_the_same_in_any_chunk(trial):
    part = draw_covariates(covariate_preset("trd_trial"), seed=1, first=1234, count=56)
    for field in fields(part):
        assert np.array_equal(getattr(part, field.name), getattr(trial, field.name)[1234:1290])


def test_fixing_one_covariate_leaves_the_others_as_they_were(trial):
    spec = replace(covariate_preset("trd_trial"), female_share=1.0)
    women = draw_covariates(spec, seed=1, first=0, count=MANY)
    assert np.array_equal(women.age_years, trial.age_years)
    assert np.array_equal(women.baseline_madrs, trial.baseline_madrs)


def test_an_unknown_preset_is_refused():
    with pytest.raises(InputError, match="population 'inpatients' is not known. Use one of trd_"):
        covariate_preset("inpatients")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"diagnosis": {"trd": 0.7, "mdd": 0.2}}, "shares of 'diagnosis' add up to 0.9"),
        ({"ancestry": {"martian": 1.0}}, "'ancestry' names 'martian'"),
        ({"diagnosis": {"trd": 1.5, "mdd": -0.5}}, "'diagnosis.trd' is 1.5"),
        ({"female_share": 1.2}, "'female_share' is 1.2"),
        ({"female_share": float("nan")}, "'female_share' is nan"),
        ({"failed_further": 1.0}, "'failed_further' is 1.0"),
        ({"cor_sbp_dbp": 1.0}, "'cor_sbp_dbp' is 1.0"),
        ({"crp_above_1": 0.2}, "fits no distribution"),
        ({"hypertension": (0.1, 2.0, 0.3)}, "'hypertension' is 2.0"),
        ({"failed_minimum": -1}, "failed antidepressants is -1"),
        ({"baseline_madrs": Distribution(mean=30, sd=5, minimum=0, maximum=60)}, "drawn from 0"),
    ],
)
def test_an_impossible_population_is_refused(change, problem):
    with pytest.raises(InputError, match=problem):
        replace(covariate_preset("clinic"), **change)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"mean": 5.0, "sd": -1.0}, "SD -1.0"),
        ({"mean": float("nan"), "sd": 1.0}, "mean nan"),
        ({"mean": 5.0, "sd": 1.0, "minimum": 6.0}, "minimum 6.0, mean 5.0"),
        ({"mean": 0.0, "sd": 1.0, "shape": "lognormal"}, "log-normal distribution has mean 0.0"),
        ({"mean": 5.0, "sd": 9.0, "minimum": 0.0, "maximum": 10.0, "shape": "beta"}, "SD of 9"),
        ({"mean": 5.0, "sd": 1.0, "shape": "beta"}, "from -inf to inf"),
    ],
)
def test_an_impossible_distribution_is_refused(values, problem):
    with pytest.raises(OutOfRangeError, match=problem):
        Distribution(**values)


def test_two_shares_fix_a_lognormal_that_has_them():
    median, spread = lognormal_through((3.0, 0.27), (1.0, 0.58))
    above = [np.mean(median * np.exp(spread * np.random.default_rng(1).normal(size=10**6)) > x)
             for x in (1.0, 3.0)]  # fmt: skip
    assert above == pytest.approx([0.58, 0.27], abs=0.002)


def test_a_table_is_read_row_by_row_and_the_rest_is_drawn(table):
    path = table(HEADER + "p1,41,female,70.5,31\np2,50,male,80,28.5\n")
    read = read_covariates(path)
    assert read.identifier.tolist() == ["p1", "p2"]
    assert read.weight_kg.tolist() == [70.5, 80.0]
    assert (read.crp_mg_per_l > 0.0).all()
    assert read.height_cm[1] > 150.0


def test_what_is_drawn_follows_what_is_read(table):
    header = HEADER.strip() + ",ancestry\n"
    rows = "".join(f"p{i},70,male,80,30,african\n" for i in range(300))
    read = read_covariates(table(header + rows))
    assert read.hypertension.mean() > 0.65
    assert (read.bdnf_genotype == "val/val").mean() > 0.9


def test_a_parquet_table_gives_the_same_patients(tmp_path, table):
    csv = table(HEADER.strip() + ",hypertension\np1,41,female,70.5,31,true\n")
    parquet = tmp_path / "patients.parquet"
    duckdb.read_csv(str(csv)).write_parquet(str(parquet))
    one, two = read_covariates(csv), read_covariates(parquet)
    for field in fields(one):
        assert np.array_equal(getattr(one, field.name), getattr(two, field.name))


GOOD = "p1,41,female,70,31\n"
WRONG_TABLES = [
    ("identifier,age_years,sex,weight_kg\np1,41,female,70\n", "no column 'baseline_madrs'"),
    (HEADER.strip() + ",weigth_kg\n" + "p1,41,female,70,31,9\n", "Did you mean 'weight_kg'"),
    (HEADER.strip() + ",sex\n" + "p1,41,female,70,31,male\n", "names a column twice"),
    (HEADER + GOOD + "p2,NaN,female,70,31\n", "row 2, column 'age_years': is nan years"),
    (HEADER + GOOD + "p2,,female,70,31\n", "row 2, column 'age_years': is empty"),
    (HEADER + "p1,41,female,heavy,31\n", "row 1, column 'weight_kg': is 'heavy'"),
    (HEADER + "p1,41,female,7000,31\n", "row 1, column 'weight_kg': is 7000 kg"),
    (HEADER + "p1,41,female,70,0\n", "row 1, column 'baseline_madrs': is 0 points"),
    (HEADER + "p1,41,Female,70,31\n", "row 1, column 'sex': is 'Female'"),
    (HEADER + GOOD + GOOD, "row 2, column 'identifier': 'p1' stands in row 1 too"),
    (HEADER + ",41,female,70,31\n", "row 1, column 'identifier': is empty"),
    (HEADER + "p1,41,female,70\n", "row 1: 4 cells under 5 columns"),
    (HEADER.strip() + ",failed_antidepressants\n" + "p1,41,female,70,31,2.5\n", "is 2.5"),
    (HEADER, "has no patients"),
    ("", "is empty"),
]


@pytest.mark.parametrize(("text", "problem"), WRONG_TABLES)
def test_a_wrong_table_is_refused_with_its_row_and_column(table, text, problem):
    with pytest.raises(InputError, match=problem) as caught:
        read_covariates(table(text))
    assert "patients.csv" in str(caught.value)
    assert caught.value.remedy


def test_a_file_of_another_kind_is_refused(tmp_path):
    workbook = tmp_path / "patients.xlsx"
    workbook.write_bytes(b"PK")
    with pytest.raises(InputError, match="is of the kind '.xlsx'"):
        read_covariates(workbook)
    with pytest.raises(InputError, match="There is no file"):
        read_covariates(tmp_path / "absent.csv")


def test_a_broken_parquet_file_is_refused(tmp_path):
    path = tmp_path / "patients.parquet"
    path.write_bytes(b"not parquet at all")
    with pytest.raises(InputError, match="is no Parquet file"):
        read_covariates(path)
