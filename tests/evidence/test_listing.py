"""What ``ketacourse evidence`` answers, as text and as data."""

import json

import pytest

from ketacourse.errors import EvidenceError
from ketacourse.evidence.catalogue import build_catalogue, load_catalogue
from ketacourse.evidence.listing import LISTS, look_up
from ketacourse.evidence.posterior import load_posterior
from ketacourse.evidence.variants import BASE

SOURCES = {
    "a": {"citation": "A 2020", "doi": "10.1000/a", "design": "trial", "n": 12,
          "population": "patients"},
    "b": {"citation": "B 2021", "url": "https://example.org/b", "design": "note",
          "population": "none", "read": False},
}  # fmt: skip
TABLES = {
    "mood.toml": {
        "mood": {
            "onset": {"label": "onset", "typical": 2.0, "lower": 1.0, "upper": 4.0, "unit": "h",
                      "grade": "assumed", "source": "b", "note": "Nobody measured it."},
            "floor": {"label": "lowest score", "typical": 0.0, "minimum": 0.0, "unit": "1",
                      "grade": "measured", "source": "a"},
        }
    },
    "brain.toml": {
        "brain": {"ke0": {"label": "delay", "typical": 13.9, "unit": "1/h", "bsv_cv": 0.3,
                          "grade": "measured", "source": "a"}}
    },
}  # fmt: skip


@pytest.fixture
def catalogue():
    return build_catalogue(TABLES, SOURCES)


def test_without_a_name_every_number_is_listed_by_stage_along_the_chain(catalogue):
    lines = look_up(catalogue=catalogue).lines
    assert lines.index("brain: drug in the brain") < lines.index("mood: mood")
    assert lines[-1] == "3 numbers: 2 measured, 0 derived, 0 calibrated, 1 assumed."


def test_a_parameter_is_shown_in_full_with_its_source(catalogue):
    shown = look_up("mood.onset", catalogue=catalogue).text()
    for part in ("mood.onset: onset", "2 h", "[1, 4]", "assumed", "Nobody measured it."):
        assert part in shown
    for part in ("B 2021 (recalled, not read)", "https://example.org/b", "stage 'mood'"):
        assert part in shown


def test_a_calibrated_number_is_shown_as_its_prior_and_as_runs_use_it():
    name = "variability.pressure_reading"
    answer = look_up(name)
    assert answer.data["parameter"]["typical"] == load_catalogue().parameter(name).typical
    assert answer.data["calibrated"]["typical"] == load_posterior().typical(BASE)[name]
    assert "which runs use" in answer.text()
    assert look_up("carry_over.hads").data["calibrated"] is None


def test_who_reads_a_number_can_be_named(catalogue):
    shown = look_up("mood.onset", catalogue=catalogue, used_by={"mood.onset": ("variant A",)})
    assert "variant A" in shown.text()
    assert shown.as_dict()["used_by"] == ["variant A"]


@pytest.mark.parametrize("grade", ["assumed", "Assumed"])
def test_the_assumed_numbers_can_be_listed(catalogue, grade):
    found = look_up(grade, catalogue=catalogue).as_dict()["parameters"]
    assert [p["name"] for p in found] == ["mood.onset"]


def test_a_stage_lists_its_numbers_only(catalogue):
    found = look_up("brain", catalogue=catalogue).as_dict()["parameters"]
    assert [p["name"] for p in found] == ["brain.ke0"]


def test_a_source_says_what_rests_on_it(catalogue):
    shown = look_up("a", catalogue=catalogue).as_dict()
    assert shown["parameters"] == ["mood.floor", "brain.ke0"]
    assert shown["source"]["link"] == "https://doi.org/10.1000/a"


def test_a_shipped_source_counts_its_links_and_observations():
    shown = look_up("ebert1997").as_dict()
    assert "plasma_to_block" in shown["links"]
    assert shown["observations"] == {"mechanism": 4, "receptor_binding": 4}


def test_words_find_what_mentions_them(catalogue):
    found = look_up("nobody measured", catalogue=catalogue).as_dict()["parameters"]
    assert [p["name"] for p in found] == ["mood.onset"]


def test_nothing_found_is_an_error_with_the_closest_names(catalogue):
    with pytest.raises(EvidenceError, match=r"Nothing is known under 'mood\.onst'.*mood\.onset"):
        look_up("mood.onst", catalogue=catalogue)


@pytest.mark.parametrize("name", ["", "assumed", "receptors.kd", "lii2023", *LISTS])
def test_every_answer_is_text_and_strict_json(name):
    answer = look_up(name)
    assert answer.text().startswith(answer.title)
    assert json.loads(json.dumps(answer.as_dict(), allow_nan=False))["title"] == answer.title


def test_an_open_bound_is_null_in_json(catalogue):
    shown = look_up("mood.floor", catalogue=catalogue).as_dict()["parameter"]
    assert (shown["minimum"], shown["maximum"]) == (0.0, None)


def test_every_shipped_parameter_is_listed_once():
    listed = [p["name"] for p in look_up().as_dict()["parameters"]]
    assert sorted(listed) == sorted(load_catalogue().parameters)
