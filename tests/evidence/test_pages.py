"""The explanation pages say what the evidence files say, and nothing older."""

from pathlib import Path

import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.claims import VERDICT_WORDS, load_claims
from ketacourse.evidence.claims_page import anchor, claims_page
from ketacourse.evidence.links import load_links
from ketacourse.evidence.source import shipped_sources

ROOT = Path(__file__).parents[2]


def page(name):
    return ROOT.joinpath("docs", "explanation", name).read_text(encoding="utf-8")


@pytest.mark.parametrize("claim", load_claims(), ids=lambda claim: claim.key)
def test_every_claim_stands_on_its_page_with_its_verdict(claim):
    text = page("what-is-known.md")
    section = text.split(f"## {claim.claim.rstrip('.')}\n")[1].split("\n## ")[0]
    assert f"**{VERDICT_WORDS[claim.verdict].capitalize()}** (evidence: {claim.grade})" in section
    assert claim.evidence in section
    assert claim.model in section


def test_the_page_of_claims_is_the_one_that_the_data_give():
    # Written anew by: python -m ketacourse.evidence.claims_page > docs/explanation/what-is-known.md
    assert page("what-is-known.md") == claims_page()


@pytest.mark.parametrize("claim", load_claims(), ids=lambda claim: claim.key)
def test_a_claim_is_reached_from_the_overview(claim):
    title = claim.claim.rstrip(".")
    assert f"[{title}](#{anchor(title)})" in page("what-is-known.md")


def test_the_mechanism_page_lists_every_link_with_its_grade():
    rows = [line for line in page("mechanism.md").splitlines() if line.startswith("| ")][2:]
    assert rows == [f"| {x.source} | {x.target} | {x.grade} |" for x in load_links()]


def test_every_page_that_a_source_names_exists():
    for source in shipped_sources().values():
        if source.page:
            assert ROOT.joinpath(source.page.partition("#")[0]).is_file(), source.key


def test_every_source_without_an_address_is_listed_where_it_points():
    text = page("what-is-known.md")
    for source in shipped_sources().values():
        if source.link == "docs/explanation/what-is-known.md":
            assert f"`{source.key}`: {source.citation}" in text


SECTIONS = {
    "adaptation": "Tolerance, wanting and rebound",
    "brain": "Drug in the brain",
    "course": "The forecast of one patient",
    "glutamate": "Glutamate and AMPA",
    "inflammation": "Inflammation",
    "learning": "Plasticity window and learned coping",
    "mood": "Mood",
    "patient": "A patient of whom little is known",
    "pk": "Body size and routes",
    "placebo": "Expectancy and care",
    "plasticity": "BDNF, TrkB and mTORC1",
    "replicate": "Differences between studies",
    "receptors": "Block of NMDA receptors",
    "safety": "Side effects in the chair",
    "structure": "Spines",
}


def test_every_stage_with_an_assumption_has_its_section():
    assumed = {
        p.stage.partition("_")[0]
        for p in load_catalogue().parameters.values()
        if p.source == "ketacourse_assumptions"
    }
    text = page("assumptions.md")
    for stage in assumed:
        assert f"\n## {SECTIONS[stage]}\n" in text
