"""``ketacourse decide``: text, folder, record, and the human choice."""

import json

import pytest

CASE = "example:mid_course_with_scores"
FEW = ("--today", "8", "--draws", "100")


def test_it_tells_suggestion_options_and_what_would_change_it(run):
    ended = run("decide", CASE, *FEW)
    assert ended.code == 0
    places = [ended.out.index(w) for w in ("SUGGESTION", "OPTIONS", "WHAT WOULD CHANGE IT")]
    assert places == sorted(places)
    assert "(assumed)" in ended.out


def test_a_blocked_case_ends_with_code_3_and_forecasts_nothing(run, tmp_path):
    ended = run("decide", "example:blocked_aneurysm", "--out", tmp_path / "next")
    assert ended.code == 3
    assert "OPTIONS" not in ended.out
    assert not (tmp_path / "next").exists()


def test_the_folder_holds_page_table_and_the_whole(run, tmp_path):
    assert run("decide", CASE, *FEW, "--out", "next").code == 0
    assert {p.name for p in (tmp_path / "next").iterdir()} == {
        "report.html", "options.csv", "decision.json"
    }  # fmt: skip
    again = run("decide", CASE, *FEW, "--out", "next")
    assert again.code == 2
    assert "already holds files" in again.err
    assert run("decide", CASE, *FEW, "--out", "next", "--force").code == 0


def test_preferences_from_a_file_are_used_and_said(run, tmp_path):
    (tmp_path / "weights.toml").write_text('session = 20\nsource = "the patient"\n')
    ended = run("decide", CASE, *FEW, "--preferences", "weights.toml")
    assert "Stated by the patient: session" in ended.out


def test_a_wrong_weight_is_refused_with_its_path(run, tmp_path):
    (tmp_path / "weights.toml").write_text("dissociation = -2\n")
    ended = run("decide", CASE, *FEW, "--preferences", "weights.toml")
    assert ended.code == 2
    assert "preferences.dissociation is -2" in ended.err


def test_the_same_command_prints_the_same_bytes(run):
    assert run("decide", CASE, *FEW, "--json").out == run("decide", CASE, *FEW, "--json").out


def test_a_record_holds_inputs_versions_alternatives_and_findings(run, tmp_path):
    assert run("decide", CASE, *FEW, "--record", "rec.json").code == 0
    held = json.loads((tmp_path / "rec.json").read_text("utf-8"))
    assert held["choice"] is None
    assert held["provenance"]["seed"] == 1
    assert len(held["options"]) > 5
    assert held["case"]["patient"]["identifier"] == "example-midcourse"
    assert held["screening"]["findings"]


def test_a_record_is_never_overwritten_without_force(run, tmp_path):
    assert run("decide", CASE, *FEW, "--record", "rec.json").code == 0
    before = (tmp_path / "rec.json").read_bytes()
    again = run("decide", CASE, *FEW, "--seed", "2", "--record", "rec.json")
    assert again.code == 2
    assert "exists" in again.err
    assert (tmp_path / "rec.json").read_bytes() == before


def chosen(run, key, *more):
    signed = ("--reason", "agreed with the patient", "--by", "Dr A", "--on", "2026-01-31")
    return run("decide", CASE, *FEW, "--record", "rec.json", "--chosen", key, *signed, *more)


def test_what_was_chosen_is_added_to_the_record_and_nothing_else_changes(run, tmp_path):
    run("decide", CASE, *FEW, "--record", "rec.json")
    before = json.loads((tmp_path / "rec.json").read_text("utf-8"))
    assert chosen(run, "wait").code == 0
    after = json.loads((tmp_path / "rec.json").read_text("utf-8"))
    assert after.pop("choice") == {
        "key": "wait", "reason": "agreed with the patient", "by": "Dr A", "on": "2026-01-31"
    }  # fmt: skip
    assert before.pop("choice") is None
    assert after == before


def test_a_choice_is_not_replaced_without_force(run, tmp_path):
    run("decide", CASE, *FEW, "--record", "rec.json")
    assert chosen(run, "wait").code == 0
    again = chosen(run, "stop")
    assert again.code == 2
    assert "already holds the choice 'wait'" in again.err
    assert chosen(run, "stop", "--force").code == 0


def test_a_choice_does_not_go_into_the_record_of_another_case(run, tmp_path):
    run("decide", CASE, *FEW, "--record", "rec.json")
    before = (tmp_path / "rec.json").read_bytes()
    ended = run(
        "decide", "example:trd_iv_six_with_cbt", "--record", "rec.json", "--chosen", "wait",
        "--reason", "agreed", "--by", "Dr A", "--on", "2026-01-31",
    )  # fmt: skip
    assert ended.code == 2
    assert "was made from another case" in ended.err
    assert (tmp_path / "rec.json").read_bytes() == before


def test_a_choice_that_is_none_of_the_options_is_refused(run):
    run("decide", CASE, *FEW, "--record", "rec.json")
    ended = chosen(run, "double_the_dose")
    assert ended.code == 2
    assert "none of the options that screening allows" in ended.err
    assert chosen(run, "other").code == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--chosen", "wait", "--reason", "r", "--by", "Dr A"), "no record to go into"),
        (("--record", "rec.json", "--chosen", "wait", "--by", "Dr A"), "Reasons given: 0"),
        (("--record", "rec.json", "--chosen", "wait", "--reason", "r"), "has no 'by'"),
        (("--today", "3"), "lies after today, day 3"),
    ],
)
def test_an_incomplete_wish_is_refused_before_anything_is_written(
    run, tmp_path, arguments, problem
):
    ended = run("decide", CASE, *arguments)
    assert ended.code == 2
    assert problem in ended.err
    assert not (tmp_path / "rec.json").exists()


def test_a_file_that_is_no_record_is_refused(run, tmp_path):
    (tmp_path / "rec.json").write_text("{}")
    ended = chosen(run, "wait")
    assert ended.code == 2
    assert "no record of a decision" in ended.err
