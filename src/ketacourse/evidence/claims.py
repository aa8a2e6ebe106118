"""Popular claims about ketamine for depression, checked against the evidence."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from ketacourse.errors import EvidenceError
from ketacourse.evidence.links import LINK_GRADES, LinkGrade
from ketacourse.evidence.source import resolved, shipped_sources

Verdict = Literal[
    "supported", "partly", "oversimplified", "overstated", "not_supported", "wrong", "contested"
]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
VERDICT_WORDS: dict[Verdict, str] = {
    "supported": "supported",
    "partly": "partly right",
    "oversimplified": "oversimplified",
    "overstated": "overstated",
    "not_supported": "not supported",
    "wrong": "wrong",
    "contested": "contested",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim and what became of it.

    Parameters
    ----------
    key
        Name of the claim.
    claim
        The claim as people make it.
    verdict
        What the evidence says about it.
    grade
        How good that evidence is.
    evidence
        The evidence in words, with numbers.
    model
        What this program does with it.
    source_keys
        Keys of the sources behind it.
    """

    key: str
    claim: str
    verdict: Verdict
    grade: LinkGrade
    evidence: str
    model: str
    source_keys: tuple[str, ...]


FIELDS = {f.name for f in fields(Claim)} - {"key"}


@cache
def load_claims() -> tuple[Claim, ...]:
    """Return the claims in the order in which the chain meets them.

    Examples
    --------
    >>> load_claims()[0].verdict
    'supported'
    """
    entry = files("ketacourse.evidence").joinpath("claims.toml")
    return build_claims(tomllib.loads(entry.read_text(encoding="utf-8")), shipped_sources())


def build_claims(table: Mapping[str, Any], sources: Collection[str]) -> tuple[Claim, ...]:
    """Build the claims from parsed TOML.

    Raises
    ------
    EvidenceError
        On a missing or unknown field, or an unknown verdict, grade or source.
    """
    return tuple(_claim(key, entries, sources) for key, entries in table.items())


def _claim(key: str, entries: Any, sources: Collection[str]) -> Claim:
    where = f"claims.toml: '{key}'"
    if not isinstance(entries, Mapping) or set(entries) != FIELDS:
        raise EvidenceError(
            f"{where} does not have exactly the fields of a claim.",
            remedy=f"Give {', '.join(sorted(FIELDS))}.",
        )
    for name in ("claim", "evidence", "model"):
        if not isinstance(entries[name], str) or not entries[name].strip():
            raise EvidenceError(f"{where} lacks '{name}'.", remedy="State it.")
    for name, allowed in (("verdict", VERDICTS), ("grade", LINK_GRADES)):
        if entries[name] not in allowed:
            raise EvidenceError(
                f"{where} has the unknown {name} '{entries[name]}'.",
                remedy=f"Give one of {', '.join(allowed)}.",
            )
    return Claim(
        key=key,
        claim=entries["claim"],
        verdict=entries["verdict"],
        grade=entries["grade"],
        evidence=entries["evidence"],
        model=entries["model"],
        source_keys=resolved(where, entries["source_keys"], sources),
    )
