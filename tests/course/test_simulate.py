"""The simulate step: repeatable, honest about its range, and complete."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.cli.cases import example_files
from ketacourse.course.screen import screen
from ketacourse.course.series import CHAIN, LINKED_SCALES, PLASMA
from ketacourse.course.simulate import simulate
from ketacourse.errors import ExtrapolationError, InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.therapy.case import load_case
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.links import load_links as load_scale_links
from ketacourse.therapy.session import DrugSession, TherapySession

DRAWS = 20
RESISTANT = load_case(example_files()["trd_iv_six_with_cbt"])


def with_course(**changes):
    return replace(RESISTANT, course=replace(RESISTANT.course, therapy=(), **changes))


def given(*days, horizon_days=21.0, **dose):
    whole = {"route": "iv_infusion", "duration_h": 40 / 60, **dose}
    sessions = tuple(DrugSession(day=day, dose=Dose(**whole)) for day in days)
    return with_course(sessions=sessions, horizon_days=horizon_days, protocol="")


@pytest.fixture(scope="module")
def run():
    return simulate(RESISTANT, draws=DRAWS)


def curves(simulation):
    return {
        (name, column): values
        for name, series in simulation.series.items()
        for column, values in series.curves()
    }


def test_the_same_seed_gives_the_same_result_to_the_last_bit(run):
    again = curves(simulate(RESISTANT, draws=DRAWS))
    for key, values in curves(run).items():
        assert (again[key] == values).all(), key


def test_another_seed_moves_the_bands_and_not_the_typical_curves(run):
    other = simulate(RESISTANT, draws=DRAWS, seed=2)
    assert np.abs(other.series["madrs"].upper - run.series["madrs"].upper).max() > 0.1
    assert_same_typical(run, other)


def test_more_draws_do_not_change_the_typical_curves(run):
    assert_same_typical(run, simulate(RESISTANT, draws=3 * DRAWS))


def assert_same_typical(first, second):
    """Check that typical curves agree to the accuracy of the run."""
    for name, series in first.series.items():
        span = np.ptp(series.typical) + 1e-6
        assert np.abs(second.series[name].typical - series.typical).max() <= 2e-3 * span, name


def test_every_quantity_is_there_and_the_bands_contain_the_typical_curve(run):
    assert set(run.series) == {*PLASMA, *CHAIN, *LINKED_SCALES}
    for name, series in run.series.items():
        assert (series.lower <= series.typical).all(), name
        assert (series.upper >= series.typical).all(), name


def test_the_control_is_the_same_patient_without_drug(run):
    madrs = run.series["madrs"]
    assert (madrs.control[run.times_h > 24.0] > madrs.typical[run.times_h > 24.0]).all()
    assert madrs.control[0] == pytest.approx(madrs.typical[0])


def test_a_linked_scale_is_graded_like_the_least_certain_link_on_the_way():
    grades = {key: about.grade for key, about in LINKED_SCALES.items()}
    assert grades["hamd17"] == load_scale_links()["hamd17_madrs"].grade
    assert grades["gad7"] == "weak"
    assert "by assumption" in LINKED_SCALES["gad7"].note


def test_every_variant_is_run_and_labelled(run):
    assert set(run.series["madrs"].variants) == set(run.variants)
    assert len(run.variants) == 5


def test_one_variant_alone_gives_its_own_curve(run):
    alone = simulate(RESISTANT, draws=DRAWS, variants=("habenula_trapping",))
    together = run.series["madrs"].variants["habenula_trapping"]
    assert np.abs(alone.series["madrs"].typical - together).max() <= 2e-3 * np.ptp(together)
    assert alone.series["madrs"].variants == {}


def test_plasma_is_compared_with_every_model_that_can_serve_the_course(run):
    assert len(run.series["ketamine_venous"].alternatives) >= 2


def test_the_fine_setting_agrees_with_the_default(run):
    fine = simulate(RESISTANT, draws=10, fine=True)
    assert_same_typical(fine, run)


def test_the_result_lists_what_it_used(run):
    names = {p.name for p in run.parameters_used}
    assert {"pk_kamp.cl", "receptors.kd", "mood.fast_gain"} <= names
    assert {p.source for p in run.parameters_used} <= {s.key for s in run.sources_used}
    assert not run.research


def test_what_stands_in_for_the_patient_and_what_changes_exposure_is_listed():
    patient = replace(RESISTANT.patient, cyp2b6_genotype="*6/*6")
    case = replace(given(0.0, amount_mg_per_kg=0.5), patient=patient, baseline={})
    names = {p.name for p in simulate(case, draws=10).parameters_used}
    assert {"pk_modifier.cyp2b6_6_6_systemic", "patient.baseline", "patient.il1b"} <= names
    assert {"placebo.visit_time", "pk_molar.hydroxynorketamine"} <= names
    assert "pk_modifier.rifampicin_oral" not in names


def test_links_between_scales_and_allele_frequencies_are_among_the_sources(run):
    keys = {s.key for s in run.sources_used}
    assert {"leucht2018_linking", "val66met_croatia_korea2009"} <= keys


def test_progress_is_told_from_start_to_end():
    told = []
    simulate(given(0.0, amount_mg_per_kg=0.5), draws=10, progress=lambda *step: told.append(step))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1] == ("done", 1.0)


@pytest.mark.parametrize("name", list(example_files()))
def test_every_example_that_is_not_blocked_simulates(name):
    case = load_case(example_files()[name])
    screening = screen(case)
    assert screening.blocked == name.startswith("blocked")
    if not screening.blocked:
        assert simulate(case, draws=10, screening=screening).milestones


@pytest.mark.parametrize("mg_per_kg", [0.05, 1.5])
def test_mood_outside_the_evidence_is_refused(mg_per_kg):
    with pytest.raises(ExtrapolationError, match=r"course\.sessions: .*mg/kg"):
        simulate(given(0.0, amount_mg_per_kg=mg_per_kg), draws=10)


@pytest.mark.parametrize("mg_per_kg", [0.05, 1.5])
def test_research_allows_it_and_marks_the_result(mg_per_kg):
    case = given(0.0, amount_mg_per_kg=mg_per_kg)
    assert simulate(case, draws=10, research=True).research


def test_what_nobody_studied_is_refused_even_for_research():
    with pytest.raises(ExtrapolationError, match="2"):
        simulate(given(0.0, amount_mg_per_kg=2.5), draws=10, research=True)


def test_a_course_without_drug_is_no_extrapolation():
    result = simulate(given(0.0, amount_mg_per_kg=0.0), draws=10)
    assert not result.research
    assert result.series["madrs"].typical == pytest.approx(result.series["madrs"].control)


def test_therapy_before_the_first_dose_starts_the_run_early():
    early = TherapySession(day=-7.0, duration_h=1.0)
    case = given(0.0, amount_mg_per_kg=0.5)
    case = replace(case, course=replace(case.course, therapy=(early,)))
    result = simulate(case, draws=10)
    assert result.times_h[0] == -168.0
    coping = result.series["coping"].typical
    assert coping[result.times_h <= -168.0].max() == 0.0
    assert coping[result.times_h >= 0.0].min() > 0.0


def test_esketamine_runs_on_the_model_published_for_it():
    case = given(0.0, 3.0, route="intranasal", drug="esketamine", amount_mg=56.0, duration_h=0.1)
    result = simulate(case, draws=10, pk_model="perez_ruixo")
    assert result.series["s_ketamine"].typical.max() > 10.0
    assert result.series["madrs"].typical.min() < result.series["madrs"].control.min()


def test_the_esketamine_model_refuses_the_racemate_in_words():
    with pytest.raises(InputError, match="'perez_ruixo' has no R-ketamine"):
        simulate(given(0.0, amount_mg_per_kg=0.5), draws=10, pk_model="perez_ruixo")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"pk_model": "magic"}, "pharmacokinetic model 'magic' is not known"),
        ({"variants": ("magic",)}, "mechanism variant 'magic' is not known.*disinhibition"),
        ({"draws": 9}, "draws is 9"),
        ({"draws": 100_001}, "draws is 100001"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(option, message):
    with pytest.raises(InputError, match=message):
        simulate(RESISTANT, **{"draws": 10, **option})


def test_milestones_come_in_the_order_of_time_with_sensible_words(run):
    days = [m.day for m in run.milestones]
    assert days == sorted(days)
    text = " ".join(m.text for m in run.milestones)
    for word in ("Systolic", "Dissociation", "masked control", "Lowest", "end of the plan"):
        assert word in text


def test_a_met_carrier_and_an_untested_patient_lie_in_order():
    def structure(genotype):
        patient = replace(RESISTANT.patient, bdnf_genotype=genotype)
        case = replace(given(0.0, amount_mg_per_kg=0.5), patient=patient)
        return simulate(case, draws=10).series["structural_effect"].typical.max()

    assert structure("val/val") > structure("unknown") > structure("met/met")


def test_inflammation_lowers_the_structural_gain_as_its_parameter_says():
    def structure(crp):
        patient = replace(RESISTANT.patient, crp_mg_per_l=crp)
        case = replace(given(0.0, amount_mg_per_kg=0.5), patient=patient)
        return simulate(case, draws=10).series["structural_effect"]

    calm, inflamed = structure(1.0), structure(30.0)
    assert load_catalogue().parameter("plasticity.inflammation_on_pool").typical > 0.0
    assert calm.typical.max() > 1.02 * inflamed.typical.max()


def test_two_processes_give_the_same_numbers_whatever_the_hash_seed(python):
    code = (
        "import hashlib\n"
        "from ketacourse.cli.cases import read_case\n"
        "from ketacourse.course.simulate import simulate\n"
        "run = simulate(read_case('example:bipolar_im'), draws=10)\n"
        "curves = [v.tobytes() for s in run.series.values() for _, v in s.curves()]\n"
        "print(hashlib.sha256(b''.join(curves)).hexdigest())\n"
    )
    digests = {python("-c", code, PYTHONHASHSEED=seed).stdout for seed in ("1", "2")}
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64
