"""Facts of a case: every field has a reader, and each reads what it says."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ketacourse.errors import EvidenceError
from ketacourse.evidence.rule import Requirement, Scope
from ketacourse.evidence.rules import RuleBook
from ketacourse.guardrails.fact import Context, Fact
from ketacourse.guardrails.facts import READERS, check_codes, field_label, read_fact
from ketacourse.therapy.case import Case
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.patient import Medication
from ketacourse.therapy.session import DrugSession


@pytest.fixture
def fact(book: RuleBook, case_with: Callable[..., Case]) -> Callable[..., Fact]:
    def read(field: str, changes: Any = None, **context: Any) -> Fact:
        own = Context(case=case_with(changes), rules=book.rules, **context)
        return read_fact(field, own)

    return read


def values(fact: Fact) -> list[float | str]:
    return [reading.value for reading in fact.readings]


def test_every_declared_field_has_a_reader_and_every_reader_a_field(book: RuleBook) -> None:
    assert set(READERS) == set(book.fields) - {"check_results.pregnancy_test"}


def test_a_field_nobody_reads_is_an_error(fact: Callable[..., Fact]) -> None:
    with pytest.raises(EvidenceError, match="No function reads the field 'patient.mood'"):
        fact("patient.mood")


def test_every_code_the_rules_name_can_be_stated_in_a_case(book: RuleBook) -> None:
    check_codes(book.rules.values())


@pytest.mark.parametrize(
    ("require", "scope", "problem"),
    [
        ((Requirement(field="conditions.gout", must="absent"),), Scope(), "conditions.gout"),
        ((), Scope(taking=("sugar",)), "medications.sugar"),
        ((), Scope(drugs=("esketamin",)), "drug .'esketamin'."),
        ((), Scope(routes=("nose",)), "route .'nose'."),
        ((), Scope(diagnoses=("sad",)), "diagnosis .'sad'."),
    ],
)
def test_a_rule_that_could_never_apply_is_refused(
    require: Any, scope: Scope, problem: str, book: RuleBook
) -> None:
    with pytest.raises(EvidenceError, match=problem):
        check_codes([replace(book.rule("CON-001"), require=require, scope=scope)])


def test_codes_are_shown_in_words() -> None:
    assert field_label("conditions.eclampsia", "eclampsia") == "eclampsia or pre-eclampsia"
    assert field_label("before_session.sbp_mmhg", "pressure") == "pressure"


def test_a_medicine_is_found_by_class_and_by_name(fact: Callable[..., Fact]) -> None:
    taken = {"patient": {"medications": [{"name": "Phenelzine", "classes": []}]}}
    assert values(fact("medications.phenelzine", taken)) == ["Phenelzine"]
    assert values(fact("medications.maoi", taken)) == ["not taken"]


def test_a_medicine_with_a_class_nobody_knows_is_counted(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    case = case_with()
    odd = (Medication(name="benzo", classes=("benzo",)),)
    case = replace(case, patient=replace(case.patient, medications=odd))
    counted = read_fact("patient.medications_without_known_class", Context(case=case))
    assert values(counted) == [1.0]
    assert counted.readings[0].where == "benzo"


@pytest.mark.parametrize(
    ("patient", "problem"),
    [
        ({"sex": "male", "conditions": {"pregnancy_or_breastfeeding": "present"}}, "male, and pre"),
        ({"sex": "male", "conditions": {"eclampsia": "present"}}, "male, and eclampsia"),
        ({"conditions": {"uncontrolled_hypertension": "present"}}, "no history of hypertension"),
        ({"conditions": {"substance_use_disorder_active": "present"}}, "no history of substance"),
        ({"conditions": {"intracerebral_haemorrhage": "present"}}, "and no stroke"),
        ({"failed_antidepressants": 1}, "fewer than two"),
    ],
)
def test_contradictions_are_named(
    patient: dict[str, Any], problem: str, fact: Callable[..., Fact]
) -> None:
    found = fact("record.contradictions", {"patient": patient})
    assert values(found) == [1.0]
    assert problem in found.readings[0].where


def infusion(dose: str, duration: str) -> dict[str, Any]:
    one = {"day": 0, "drug": "ketamine", "route": "iv_infusion", "dose": dose, "duration": duration}
    return {"course": {"protocol": None, "sessions": [one]}}


def test_the_rate_of_a_dose_is_its_amount_over_its_time(fact: Callable[..., Fact]) -> None:
    read = fact("dose.rate_mg_per_kg_per_h", infusion("0.5 mg/kg", "40 min"))
    assert values(read) == pytest.approx([0.75])


def test_a_dose_in_mg_is_divided_by_the_weight(fact: Callable[..., Fact]) -> None:
    assert values(fact("dose.mg_per_kg", infusion("35 mg", "40 min"))) == pytest.approx([0.5])


def test_a_push_without_a_time_has_no_finite_rate(fact: Callable[..., Fact]) -> None:
    push = {"day": 0, "drug": "ketamine", "route": "iv_bolus", "dose": "0.2 mg/kg"}
    read = fact("dose.rate_mg_per_kg_per_h", {"course": {"protocol": None, "sessions": [push]}})
    assert values(read) == [float("inf")]


def test_a_session_without_drug_is_no_dose(case_with: Callable[..., Case]) -> None:
    nothing = DrugSession(day=0.0, dose=Dose(route="im", amount_mg_per_kg=0.0))
    case = case_with()
    case = replace(case, course=replace(case.course, sessions=(nothing,)))
    assert read_fact("dose.mg_per_kg", Context(case=case)).state == "not_applicable"


def test_the_first_and_the_later_doses_are_told_apart(fact: Callable[..., Fact]) -> None:
    first = fact("dose.mg_per_kg", None, scope=Scope(sessions="first"))
    later = fact("dose.mg_per_kg", None, scope=Scope(sessions="later"))
    assert (len(first.readings), len(later.readings)) == (1, 5)


def test_the_busiest_week_is_counted(fact: Callable[..., Fact]) -> None:
    read = fact("course.sessions_per_week_1_to_4")
    assert values(read) == [3.0]
    assert fact("course.sessions_per_week_from_9").state == "not_applicable"


def test_item_9_is_zero_when_the_whole_form_is(fact: Callable[..., Fact]) -> None:
    nothing = {"baseline": {"phq9": 0, "phq9_item9": None}}
    assert values(fact("scores.phq9_item9", nothing)) == [0.0]


def test_item_9_of_a_newer_form_is_missing_until_it_is_entered(fact: Callable[..., Fact]) -> None:
    newer = [{"day": 3, "scale": "phq9", "total": 12}]
    read = fact("scores.phq9_item9", {"scores": newer})
    assert read.state == "missing"
    assert read.remark == "item 9 of the PHQ-9 (day 3) is not recorded"
    both = [*newer, {"day": 3, "scale": "phq9_item9", "total": 1}]
    assert values(fact("scores.phq9_item9", {"scores": both})) == [1.0]


def test_without_phq9_the_question_of_item_9_does_not_arise(fact: Callable[..., Fact]) -> None:
    without = {"baseline": {"phq9": None, "phq9_item9": None}}
    assert fact("scores.phq9_item9", without).state == "not_applicable"
    assert fact("scores.cssrs_after_item9", without).state == "not_applicable"


@pytest.mark.parametrize(
    ("check", "remark"),
    [
        (None, "no C-SSRS recorded"),
        ({"day": None}, "the C-SSRS is not dated"),
        ({"day": 2}, "the C-SSRS is from day 2, before the PHQ-9"),
    ],
)
def test_a_suicide_screen_must_follow_the_answer(
    check: Any, remark: str, fact: Callable[..., Fact]
) -> None:
    changes = {
        "patient": {"checks": {"cssrs_screen": check}},
        "scores": [{"day": 3.4, "scale": "phq9_item9", "total": 1}],
    }
    assert fact("scores.cssrs_after_item9", changes).remark == remark


def test_a_suicide_screen_of_the_same_day_follows_the_answer(fact: Callable[..., Fact]) -> None:
    changes = {
        "patient": {"checks": {"cssrs_screen": {"day": 3}}},
        "scores": [{"day": 3.4, "scale": "phq9_item9", "total": 1}],
    }
    assert values(fact("scores.cssrs_after_item9", changes)) == ["done"]


def test_a_check_without_a_result_has_no_result(fact: Callable[..., Fact]) -> None:
    bare = {"patient": {"checks": {"cssrs_screen": {"result": None}}}}
    assert fact("scores.cssrs_result", bare).remark == "done, but its result is not recorded"
    none = {"patient": {"checks": {"cssrs_screen": None}}}
    assert fact("scores.cssrs_result", none).state == "missing"
    assert fact("check_results.cssrs_screen", none).state == "not_applicable"


def test_a_check_without_a_day_has_no_age(fact: Callable[..., Fact]) -> None:
    undated = {"patient": {"checks": {"cssrs_screen": {"day": None}}}}
    assert fact("freshness.cssrs_screen", undated).remark == "done, but not dated"
    assert values(fact("freshness.cssrs_screen")) == [1.0]


def test_benefit_is_judged_once_the_fourth_session_is_past(fact: Callable[..., Fact]) -> None:
    field = "scores.improvement_after_fourth_percent"
    assert fact(field).state == "not_applicable"
    too_soon = {"scores": [{"day": 7.1, "scale": "madrs", "total": 16}]}
    assert fact(field, too_soon).state == "missing"
    next_day = {"scores": [{"day": 8, "scale": "madrs", "total": 16}]}
    assert values(fact(field, next_day)) == [50.0]


def test_benefit_is_judged_by_another_scale_where_madrs_is_missing(
    fact: Callable[..., Fact],
) -> None:
    by_phq9 = {"scores": [{"day": 8, "scale": "phq9", "total": 19}]}
    read = fact("scores.improvement_after_fourth_percent", by_phq9)
    assert values(read) == [0.0]
    assert "PHQ-9" in read.readings[0].where


def test_a_gap_in_the_scores_leaves_the_row_of_failures_open(fact: Callable[..., Fact]) -> None:
    gap = [{"day": d, "scale": "madrs", "total": 31} for d in (8, 12)]
    assert fact("scores.unimproved_in_a_row_after_third", {"scores": gap}).state == "missing"


def test_a_relapse_needs_a_response_and_two_scores_after_it(fact: Callable[..., Fact]) -> None:
    field = "scores.madrs_regained"
    never = [{"day": d, "scale": "madrs", "total": 30} for d in (8, 20, 30)]
    assert fact(field, {"scores": never}).state == "not_applicable"
    once = [{"day": 8, "scale": "madrs", "total": 10}, {"day": 20, "scale": "madrs", "total": 25}]
    assert fact(field, {"scores": once}).state == "not_applicable"


def test_pressure_on_leaving_is_compared_with_the_patients_own(fact: Callable[..., Fact]) -> None:
    leaving = {"vitals": [{"day": 0.1, "moment": "discharge", "sbp": "130 mmHg"}]}
    assert values(fact("discharge.sbp_above_baseline_mmhg", leaving)) == [8.0]
    assert fact("discharge.dbp_above_baseline_mmhg", leaving).state == "missing"
    assert fact("discharge.sbp_above_baseline_mmhg").state == "missing"


def test_time_to_leaving_counts_from_the_start_of_the_dose(fact: Callable[..., Fact]) -> None:
    leaving = {"vitals": [{"day": 2.125, "moment": "discharge", "sbp": "130 mmHg"}]}
    assert values(fact("discharge.minutes_after_dose", leaving)) == pytest.approx([180.0])
    nobody = Scope(drugs=("esketamine",))
    assert fact("discharge.minutes_after_dose", leaving, scope=nobody).state == "not_applicable"


def test_equivalents_that_do_not_match_the_doses_are_not_used(fact: Callable[..., Fact]) -> None:
    read = fact("dose.iv_equivalent_mg_per_kg", None, iv_equivalents=(0.5,))
    assert read.remark == "1 values were given for 6 doses"


def test_equivalents_of_other_routes_are_never_guessed(fact: Callable[..., Fact]) -> None:
    im = {"course": {"protocol": "im_course"}}
    assert fact("dose.iv_equivalent_mg_per_kg", im).state == "missing"
    assert fact("dose.iv_equivalent_mg_per_kg").state == "known"
