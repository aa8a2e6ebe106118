"""What is known and what is only said: the checked claims, as rows of the page."""

from collections.abc import Sequence
from dataclasses import dataclass

from ketacourse.evidence.claims import VERDICT_WORDS, load_claims
from ketacourse.evidence.claims_page import short_names
from ketacourse.evidence.source import Source, shipped_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSource:
    """A source by its short name, with an address only where it is a web address."""

    name: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRow:
    """One popular claim, what the evidence says of it, and what the program does with it."""

    claim: str
    verdict: str
    grade: str
    evidence: str
    model: str
    sources: tuple[CitedSource, ...]


def known_rows() -> tuple[KnownRow, ...]:
    """Return every checked claim in its order."""
    sources = shipped_sources()
    return tuple(
        KnownRow(
            claim=c.claim,
            verdict=VERDICT_WORDS[c.verdict],
            grade=c.grade,
            evidence=c.evidence,
            model=c.model,
            sources=_cited([sources[key] for key in c.source_keys]),
        )
        for c in load_claims()
    )


def _cited(sources: Sequence[Source]) -> tuple[CitedSource, ...]:
    return tuple(
        CitedSource(name=name, link=s.link if s.link.startswith("http") else "")
        for s, name in zip(sources, short_names(sources), strict=True)
    )
