"""The case file: examples, schema, defaults, and what a case is made of."""

import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ketacourse.errors import CaseError, InputError
from ketacourse.therapy.case import Case, case_schema, load_case, parse_case
from ketacourse.therapy.course import Course

FOLDER = Path(__file__).parents[2] / "src/ketacourse/examples"
EXAMPLES = sorted(FOLDER.glob("*.toml"))
TRD = FOLDER / "trd_iv_six_with_cbt.toml"

VALIDATOR = jsonschema.Draft202012Validator(case_schema())


def content(path: Path = TRD) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def changed(change: dict[str, Any], table: str = "course") -> dict[str, Any]:
    case = content()
    case[table] = {**case[table], **change}
    return case


def test_seven_examples_ship() -> None:
    assert [path.stem for path in EXAMPLES] == [
        "anxiety_sc", "bipolar_im", "blocked_aneurysm", "esketamine_label",
        "inflamed_met_carrier", "mid_course_with_scores", "trd_iv_six_with_cbt",
    ]  # fmt: skip


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_example_is_a_case_and_keeps_the_schema(path: Path) -> None:
    case = load_case(path)
    assert case.title
    assert case.baseline_on("madrs") > 0
    VALIDATOR.validate(content(path))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(case_schema())


@pytest.mark.parametrize(
    ("table", "key", "bare"),
    [
        ("patient", "weight", 72),
        ("patient", "weight", "72"),
        ("patient", "age", 44),
        ("patient", "crp", 6.0),
        ("course", "horizon", 84),
        ("course", "horizon", "84"),
        ("course", "protocol", "iv_sixty"),
        ("course", "masking", "blind"),
        ("patient", "conditions", {"zodiac": "present"}),
        ("patient", "checks", {"ecg": "perhaps"}),
    ],
)
def test_schema_and_reader_refuse_the_same(table: str, key: str, bare: object) -> None:
    wrong = changed({key: bare}, table)
    assert not VALIDATOR.is_valid(wrong)
    with pytest.raises(CaseError, match=f"{table}.{key}"):
        parse_case(wrong)


@pytest.mark.parametrize("dose", [0.5, 40, "0.5", "0.5 mg/kg/h", "half"])
def test_the_schema_refuses_a_bare_dose(dose: object) -> None:
    wrong = content(FOLDER / "anxiety_sc.toml")
    wrong["course"]["sessions"][0]["dose"] = dose
    assert not VALIDATOR.is_valid(wrong)


def test_the_main_example_is_read_into_base_units() -> None:
    case = load_case(TRD)
    assert case.patient.weight_kg == 72.0
    assert case.patient.vitals is not None
    assert case.patient.vitals.sbp_mmhg == 124.0
    assert case.patient.medications[0].classes == ("ssri",)
    assert case.course.protocol == "iv_six_over_two_weeks"
    assert case.course.sessions[0].dose.duration_h == pytest.approx(2 / 3)
    assert len(case.course.therapy) == 10
    assert case.baseline == {"madrs": 32.0, "phq9": 19.0, "phq9_item9": 0.0}


def test_a_title_defaults_to_the_name_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "my_patient.toml"
    text = TRD.read_text(encoding="utf-8").replace("title =", "# title =")
    file.write_text(text, encoding="utf-8")
    assert load_case(file).title == "my_patient"


def test_boosters_extend_a_protocol() -> None:
    booster = {"day": 40, "drug": "ketamine", "route": "sc", "dose": "35 mg"}
    course = parse_case(changed({"boosters": [booster]})).course
    assert [s.day for s in course.sessions] == [0, 2, 4, 7, 9, 11, 40]
    assert course.sessions[-1].dose.amount_mg == 35.0


def test_the_horizon_follows_the_protocol_unless_it_is_given() -> None:
    case = content()
    del case["course"]["horizon"]
    assert parse_case(case).course.horizon_days == 84.0


def test_the_horizon_reaches_four_weeks_past_a_late_booster() -> None:
    booster = {"day": 100, "drug": "ketamine", "route": "sc", "dose": "35 mg"}
    case = changed({"boosters": [booster]})
    del case["course"]["horizon"]
    assert parse_case(case).course.horizon_days == 128.0


def test_observations_are_kept_in_the_order_of_their_days() -> None:
    case = load_case(FOLDER / "mid_course_with_scores.toml")
    assert [s.day for s in case.scores] == sorted(s.day for s in case.scores)
    assert [v.moment for v in case.vitals] == ["pre_dose", "in_session", "discharge", "pre_dose"]


def test_a_check_written_short_is_the_same_as_a_table() -> None:
    short = parse_case(changed({"checks": {"ecg": "done"}}, "patient"))
    table = parse_case(changed({"checks": {"ecg": {"state": "done"}}}, "patient"))
    assert short.patient.checks == table.patient.checks


def test_a_baseline_is_converted_from_the_first_depression_scale() -> None:
    case = load_case(TRD)
    assert case.baseline_on("madrs") == 32.0
    assert case.baseline_on("phq9") == 19.0
    assert 23.0 < case.baseline_on("hamd17") < 26.0


def test_a_case_without_a_depression_score_says_what_to_add() -> None:
    case = load_case(TRD)
    bare = Case(patient=case.patient, course=case.course, baseline={"gad7": 12.0})
    with pytest.raises(InputError, match=r"Add madrs = \.\.\. to \[baseline\]"):
        bare.baseline_on("madrs")


def test_a_score_after_the_horizon_is_refused_by_the_case_itself() -> None:
    case = load_case(FOLDER / "mid_course_with_scores.toml")
    short = Course(sessions=case.course.sessions[:1], horizon_days=2.0)
    with pytest.raises(InputError, match="lies after the course's horizon of 2 days"):
        Case(patient=case.patient, course=short, scores=case.scores)


def test_a_baseline_off_its_scale_is_refused_by_the_case_itself() -> None:
    case = load_case(TRD)
    with pytest.raises(InputError, match="Give 0 to 60 points"):
        Case(patient=case.patient, course=case.course, baseline={"madrs": 61.0})
