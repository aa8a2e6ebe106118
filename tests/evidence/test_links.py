"""Links, claims and allele frequencies: graded, sourced, and refused when they are not."""

from itertools import pairwise

import pytest

from ketacourse.errors import EvidenceError, OutOfRangeError
from ketacourse.evidence.ancestry import (
    build_frequencies,
    genotype_probabilities,
    load_frequencies,
    val66met_frequencies,
)
from ketacourse.evidence.claims import build_claims, load_claims
from ketacourse.evidence.links import build_links, link, load_links
from ketacourse.evidence.source import shipped_sources

LINK = {
    "source": "drug", "target": "mood", "grade": "weak", "statement": "It helps.",
    "source_keys": ["a"],
}  # fmt: skip
CLAIM = {
    "claim": "It helps.", "verdict": "partly", "grade": "weak", "evidence": "Some.",
    "model": "A little.", "source_keys": ["a"],
}  # fmt: skip
SHARE = {
    "label": "European", "met_allele": 0.2, "lower": 0.1, "upper": 0.3, "grade": "derived",
    "source_keys": ["a"], "note": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"grade": "certain"}, "unknown grade 'certain'"),
        ({"statement": " "}, "lacks 'statement'"),
        ({"target": 3}, "lacks 'target'"),
        ({"source_keys": []}, "names no source"),
        ({"source_keys": "a"}, "names no source"),
        ({"source_keys": ["b"]}, "names the source 'b', which does not exist"),
        ({"year": 2020}, "exactly the fields of a link"),
    ],
)
def test_a_link_without_grade_words_or_source_is_refused(changes, problem):
    with pytest.raises(EvidenceError, match=problem):
        build_links({"one": {**LINK, **changes}}, {"a"})


def test_two_links_between_the_same_ends_are_refused():
    with pytest.raises(EvidenceError, match="'two' joins the same ends as 'one'"):
        build_links({"one": LINK, "two": LINK}, {"a"})


def test_every_shipped_link_names_known_sources():
    for found in load_links():
        assert set(found.source_keys) <= set(shipped_sources())


def test_a_link_is_found_by_its_key():
    assert link("mtorc1_to_mood").grade == "contested"
    with pytest.raises(EvidenceError, match="no link 'mtorc1_to_spine'"):
        link("mtorc1_to_spine")


def test_every_step_of_the_main_path_is_a_link():
    path = [
        "plasma ketamine",
        "NMDA receptor block",
        "glutamate surge",
        "AMPA strengthening",
        "mood",
    ]
    ends = {(found.source, found.target) for found in load_links()}
    assert set(pairwise(path)) <= ends


def test_the_blood_bdnf_link_says_that_nothing_moves():
    assert "null" in link("plasma_to_blood_bdnf").statement


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"verdict": "true"}, "unknown verdict 'true'"),
        ({"grade": "certain"}, "unknown grade 'certain'"),
        ({"model": ""}, "lacks 'model'"),
        ({"source_keys": ["b"]}, "names the source 'b'"),
        ({"year": 2020}, "exactly the fields of a claim"),
    ],
)
def test_a_claim_without_verdict_or_source_is_refused(changes, problem):
    with pytest.raises(EvidenceError, match=problem):
        build_claims({"one": {**CLAIM, **changes}}, {"a"})


def test_every_shipped_claim_says_what_the_model_does_with_it():
    assert len(load_claims()) >= 14
    for claim in load_claims():
        assert claim.model.endswith(".")
        assert set(claim.source_keys) <= set(shipped_sources())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lower": 0.25}, "impossible order"),
        ({"upper": 1.2}, "impossible order"),
        ({"grade": "guessed"}, "unknown grade"),
        ({"source_keys": ["b"]}, "names the source 'b'"),
        ({"year": 2020}, "exactly the fields of a frequency"),
    ],
)
def test_an_impossible_allele_frequency_is_refused(changes, problem):
    with pytest.raises(EvidenceError, match=problem):
        build_frequencies({"european": {**SHARE, **changes}}, {"a"})


def test_every_ancestry_of_a_case_has_a_frequency():
    named = {"european", "east_asian", "south_asian", "african", "admixed_american", "unknown"}
    assert set(load_frequencies()) == named


def test_an_ancestry_without_frequency_is_refused():
    with pytest.raises(EvidenceError, match="no allele frequencies for the ancestry 'martian'"):
        val66met_frequencies("martian")


@pytest.mark.parametrize("ancestry", load_frequencies())
def test_genotype_shares_add_up_and_hold_the_allele_share(ancestry):
    q = val66met_frequencies(ancestry).met_allele
    shares = genotype_probabilities(q)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["val/met"] / 2 + shares["met/met"] == pytest.approx(q)


def test_published_carriers_follow_from_published_alleles():
    # 10.3325/cmj.2009.50.43: 19.5% of alleles in Croatia, 46.3% in Korea.
    for share, carriers in ((0.195, 0.35), (0.463, 0.71)):
        assert 1 - genotype_probabilities(share)["val/val"] == pytest.approx(carriers, abs=0.005)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_an_impossible_allele_share_is_refused(share):
    with pytest.raises(OutOfRangeError, match="is not possible"):
        genotype_probabilities(share)
