"""The page of claims, written from the data: ``python -m ketacourse.evidence.claims_page``."""

import re
import sys
from collections.abc import Mapping, Sequence

from ketacourse.evidence.ancestry import AlleleFrequency, genotype_probabilities, load_frequencies
from ketacourse.evidence.claims import VERDICT_WORDS, Claim, load_claims
from ketacourse.evidence.links import GRADE_WORDS
from ketacourse.evidence.source import Source, shipped_sources

PAGE = "docs/explanation/what-is-known.md"

HEAD = """# What is known, and what is only said

Popular claims about ketamine for depression, each checked against the evidence, with what this
program makes of it. The verdicts are data (`ketacourse evidence claims`); this page is written
from them. The grade says how good the evidence behind the verdict is: {grades}.
"""

FREQUENCIES = """## How common the Met form is, by ancestry

What `the variant affects 20 to 30 percent of people` confuses: shares of alleles, of carriers,
and of which people. An untested patient is averaged over the shares of the stated ancestry.

| Ancestry | Met alleles | 90% belief | Carriers | Grade | Note |
|---|---|---|---|---|---|
"""

KEPT = """## Sources whose address was not kept

Some findings were read in pages whose exact address was not kept, or were recalled without a
page. They stand in the tables for completeness; recalled ones never enter a fit.
"""


def claims_page() -> str:
    """Return the page in Markdown."""
    sources = shipped_sources()
    grades = "; ".join(f"*{name}*, {words}" for name, words in GRADE_WORDS.items())
    parts = [
        HEAD.format(grades=grades),
        _overview(load_claims()),
        *(_section(claim, sources) for claim in load_claims()),
        FREQUENCIES + "\n".join(_row(f) for f in load_frequencies().values()) + "\n",
        KEPT + "\n" + "\n".join(_kept(sources)) + "\n",
    ]
    return "\n".join(parts)


def _overview(claims: Sequence[Claim]) -> str:
    lines = ["| Claim | Verdict | Evidence |", "|---|---|---|"]
    lines += [
        f"| [{c.claim.rstrip('.')}](#{anchor(c.claim)}) | {VERDICT_WORDS[c.verdict]} | {c.grade} |"
        for c in claims
    ]
    return "\n".join(lines) + "\n"


def anchor(title: str) -> str:
    """Return the anchor that a heading gets.

    Examples
    --------
    >>> anchor("Ketamine lowers IL-1beta and IL-6.")
    'ketamine-lowers-il-1beta-and-il-6'
    """
    plain = re.sub(r"[^\w\s-]", "", title.lower())
    return re.sub(r"\s+", "-", plain.strip())


def _section(claim: Claim, sources: Mapping[str, Source]) -> str:
    names = short_names([sources[key] for key in claim.source_keys])
    cited = "; ".join(
        f"[{name}]({sources[key].link})" if sources[key].link.startswith("http") else name
        for key, name in zip(claim.source_keys, names, strict=True)
    )
    return (
        f"## {claim.claim.rstrip('.')}\n\n"
        f"**{VERDICT_WORDS[claim.verdict].capitalize()}** (evidence: {claim.grade}).\n\n"
        f"{claim.evidence}\n\n*In the program:* {claim.model}\n\nSources: {cited}.\n"
    )


def short_names(sources: Sequence[Source]) -> tuple[str, ...]:
    """Return each citation up to its first comma, or whole where two would read alike."""
    short = [source.citation.partition(",")[0] for source in sources]
    return tuple(
        name if short.count(name) == 1 else source.citation
        for name, source in zip(short, sources, strict=True)
    )


def _row(f: AlleleFrequency) -> str:
    carriers = 1.0 - genotype_probabilities(f.met_allele)["val/val"]
    return (
        f"| {f.label} | {f.met_allele:.1%} | {f.lower:.1%} to {f.upper:.1%} | {carriers:.0%} | "
        f"{f.grade} | {f.note} |"
    )


def _kept(sources: Mapping[str, Source]) -> list[str]:
    return [
        f"- `{key}`: {source.citation}{'' if source.read else ' (recalled, not read)'}"
        for key, source in sorted(sources.items())
        if source.link == PAGE
    ]


if __name__ == "__main__":
    sys.stdout.write(claims_page())
