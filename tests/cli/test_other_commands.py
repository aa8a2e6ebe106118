"""``explain``, ``evidence``, ``schema`` and ``examples``."""

import json
import tomllib

import jsonschema
import pytest

from ketacourse.cli.cases import example_files


def test_explain_grades_its_links(run):
    ended = run("explain", "example:inflamed_met_carrier")
    assert (ended.code, ended.err) == (0, "")
    assert all(grade in ended.out for grade in ("strong", "moderate", "weak", "contested"))


def test_explain_as_json_is_data(run):
    assert json.loads(run("explain", "example:bipolar_im", "--json").out)


def test_evidence_finds_a_number_with_its_source(run):
    ended = run("evidence", "pk_fanta.cl")
    assert "L/h" in ended.out
    assert "doi.org" in ended.out


def test_evidence_joins_words_to_one_search(run):
    ended = run("evidence", "fanta", "clearance", "--json")
    assert json.loads(ended.out)["title"] == "Numbers that mention 'fanta clearance'"


def test_evidence_refuses_what_it_does_not_know(run):
    ended = run("evidence", "phlogiston")
    assert ended.code == 2
    assert "Nothing is known under 'phlogiston'" in ended.err


def test_evidence_lists_the_numbers_of_a_run_and_only_those(run):
    used = json.loads(run("evidence", "--used-by", "example:bipolar_im", "--json").out)
    names = {entry["name"].partition(".")[0] for entry in used["parameters"]}
    assert {"pk_kamp", "receptors", "mood"} <= names
    assert "pk_fanta" not in names


def test_evidence_compares_concentrations_and_says_where_it_fails(run):
    ended = run("evidence", "--concentrations")
    assert ended.code == 0
    assert "OUTSIDE 0.80-1.25" in ended.out
    assert "Rows outside two-fold:" in ended.out


def test_evidence_refuses_to_compare_a_model_that_does_not_exist(run):
    ended = run("evidence", "--concentrations", "--pk-model", "magic")
    assert (ended.code, ended.out) == (2, "")
    assert "pharmacokinetic model 'magic' is not known" in ended.err


def test_evidence_answers_one_question_at_a_time(run):
    ended = run("evidence", "mood", "--concentrations")
    assert ended.code == 2
    assert "not several of them" in ended.err


@pytest.mark.parametrize("name", example_files())
def test_every_example_fits_the_printed_schema(run, name):
    schema = json.loads(run("schema").out)
    case = tomllib.loads(run("examples", "--show", name).out)
    jsonschema.Draft202012Validator(schema).validate(case)


def test_examples_are_listed_by_the_name_they_are_called_by(run):
    ended = run("examples")
    assert len(ended.out.splitlines()) == len(example_files()) >= 5
    assert "example:trd_iv_six_with_cbt" in ended.out


def test_an_example_that_does_not_exist_is_refused_with_close_names(run):
    ended = run("screen", "example:bipolar")
    assert ended.code == 2
    assert "There is no example 'bipolar'. Use example:bipolar_im" in ended.err
