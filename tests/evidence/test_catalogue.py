"""The catalogue refuses what it cannot stand behind, and ships nothing it would refuse."""

import math

import pytest

from ketacourse.errors import EvidenceError
from ketacourse.evidence.catalogue import build_catalogue, load_catalogue
from ketacourse.evidence.source import DOI, PAGE, PMID, URL, build_source, merge_sources

SOURCE = {"citation": "A 2020", "doi": "10.1000/a", "design": "trial", "population": "patients"}
ENTRY = {"label": "clearance", "typical": 80.0, "unit": "L/h", "grade": "measured", "source": "a"}


def built(**changes):
    entry = {k: v for k, v in {**ENTRY, **changes}.items() if v is not None}
    return build_catalogue({"pk.toml": {"ketamine": {"cl": entry}}}, {"a": SOURCE})


def test_a_complete_parameter_is_found_with_its_source():
    catalogue = built()
    assert catalogue.value("ketamine.cl", "L/min") == pytest.approx(80.0 / 60.0)
    assert catalogue.source_of("ketamine.cl").link == "https://doi.org/10.1000/a"


def test_a_changed_number_changes_the_digest_and_an_equal_one_does_not():
    assert built().digest == built().digest
    assert built().digest != built(upper=90.0).digest


REFUSED = [
    ({"unit": "L/fortnightz"}, "not known"),
    ({"unit": None}, "lacks 'unit'"),
    ({"source": None}, "lacks 'source'"),
    ({"source": "b"}, "names the source 'b', which does not exist"),
    ({"label": ""}, "lacks 'label'"),
    ({"grade": "guessed"}, "unknown grade 'guessed'"),
    ({"prior": "flat"}, "cannot have the prior 'flat'"),
    ({"prior": "lognormal", "lower": 0.0}, "cannot have the prior 'lognormal'"),
    ({"colour": "red"}, r"unknown fields \['colour'\]"),
    ({"lower": 90.0}, "impossible order"),
    ({"upper": 70.0}, "impossible order"),
    ({"minimum": 85.0}, "impossible order"),
    ({"maximum": 75.0}, "impossible order"),
    ({"lower": 70.0, "minimum": 75.0}, "impossible order"),
    ({"typical": "80"}, "typical is '80'"),
    ({"typical": True}, "typical is True"),
    ({"upper": math.inf}, "upper is inf"),
    ({"typical": math.nan}, "typical is nan"),
    ({"typical": math.inf}, "typical is inf"),
    ({"upper": math.nan}, "upper is nan"),
    ({"bsv_cv": -0.1}, "bsv_cv -0.1"),
    ({"bsv_cv": 6.0}, "bsv_cv 6"),
]


@pytest.mark.parametrize(("changes", "problem"), REFUSED)
def test_a_parameter_that_nobody_could_stand_behind_is_refused(changes, problem):
    with pytest.raises(EvidenceError, match=problem):
        built(**changes)


def test_the_error_names_file_and_parameter():
    with pytest.raises(EvidenceError, match=r"pk\.toml: 'ketamine\.cl'"):
        built(grade="guessed")


def test_a_parameter_in_two_files_is_refused():
    tables = {name: {"ketamine": {"cl": ENTRY}} for name in ("one.toml", "two.toml")}
    with pytest.raises(EvidenceError, match=r"two\.toml: 'ketamine\.cl' is given twice"):
        build_catalogue(tables, {"a": SOURCE})


def test_a_number_outside_any_parameter_is_refused():
    with pytest.raises(EvidenceError, match="'cl' stands outside any parameter"):
        build_catalogue({"pk.toml": {"cl": 80.0}}, {"a": SOURCE})
    with pytest.raises(EvidenceError, match=r"'ketamine\.cl' is not a table"):
        build_catalogue({"pk.toml": {"ketamine": {"cl": 80.0}}}, {"a": SOURCE})


def test_a_unit_of_another_kind_than_the_code_declares_is_refused():
    with pytest.raises(EvidenceError, match="given in L/h, but the code declares mmHg"):
        built().require("ketamine.cl", "mmHg")
    with pytest.raises(EvidenceError, match="given in L/h, but the code declares 1"):
        built().value("ketamine.cl", "1")


def test_a_unit_of_the_same_kind_passes():
    catalogue = built(lower=60.0, upper=120.0)
    assert catalogue.require("ketamine.cl", "L/min").interval_in("L/min") == (1.0, 2.0)


def test_a_name_that_does_not_exist_brings_the_closest_ones():
    with pytest.raises(
        EvidenceError, match=r"no parameter 'ketamin\.cl'.*Did you mean ketamine\.cl"
    ):
        built().parameter("ketamin.cl")


@pytest.mark.parametrize("words", ["clearance", "KETAMINE cl", "measured"])
def test_words_of_name_label_or_grade_find_a_parameter(words):
    assert [p.name for p in built().search(words)] == ["ketamine.cl"]


UNRESOLVED = [
    ({"doi": None}, "does not resolve"),
    ({"doi": "doi:10.1000/a"}, "'doi:10.1000/a' is not a doi"),
    ({"doi": "https://doi.org/10.1000/a"}, "is not a doi"),
    ({"doi": None, "pmid": "PMC123"}, "'PMC123' is not a pmid"),
    ({"doi": None, "pmid": 123}, "'pmid' is 123"),
    ({"doi": None, "url": "example.org/a"}, "is not a url"),
    ({"doi": None, "url": "ftp://example.org/a"}, "is not a url"),
    ({"doi": None, "url": "https:/example.org/a"}, "is not a url"),
    ({"doi": None, "page": "notes/a.md"}, "is not a page"),
    ({"citation": " "}, "lacks 'citation'"),
    ({"design": None}, "lacks 'design'"),
    ({"population": None}, "lacks 'population'"),
    ({"n": 0}, "n is 0"),
    ({"n": "12"}, "n is '12'"),
    ({"n": True}, "n is True"),
    ({"read": "no"}, "read is 'no'"),
    ({"year": 2020}, r"unknown fields \['year'\]"),
]


@pytest.mark.parametrize(("changes", "problem"), UNRESOLVED)
def test_a_source_that_leads_nowhere_is_refused(changes, problem):
    entries = {k: v for k, v in {**SOURCE, **changes}.items() if v is not None}
    with pytest.raises(EvidenceError, match=problem):
        build_source("a", entries)


def test_a_source_that_is_not_a_table_is_refused():
    with pytest.raises(EvidenceError, match="Source 'a' is not a table"):
        build_source("a", "10.1000/a")


def test_a_source_in_two_files_is_refused():
    with pytest.raises(EvidenceError, match=r"two\.toml: source 'a' stands in one\.toml too"):
        merge_sources([("one.toml", {"a": SOURCE}), ("two.toml", {"a": SOURCE})])


def test_every_shipped_parameter_has_a_label_an_interval_and_a_source():
    catalogue = load_catalogue()
    for p in catalogue.parameters.values():
        assert p.label.strip(), p.name
        assert p.lower <= p.typical <= p.upper, p.name
        assert p.source in catalogue.sources, p.name


def test_every_shipped_source_resolves():
    for s in load_catalogue().sources.values():
        forms = ((s.doi, DOI), (s.pmid, PMID), (s.url, URL), (s.page, PAGE))
        assert any(form.fullmatch(text) for text, form in forms), s.key
        assert s.link.startswith(("https://", "http://", "docs/")), s.key


def test_no_assumed_number_claims_to_be_measured():
    for p in load_catalogue().parameters.values():
        if p.source == "ketacourse_assumptions":
            assert p.grade in ("assumed", "derived"), p.name


def test_no_measured_number_rests_on_a_source_that_was_not_read():
    catalogue = load_catalogue()
    unread = [p.name for p in catalogue.parameters.values()
              if p.grade == "measured" and not catalogue.sources[p.source].read]  # fmt: skip
    assert unread == []
