"""The links of the chain: what acts on what, and how good the evidence is.

The grade says how well the link is supported in the right species; a strong grade may
belong to a null, and the statement then says so.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from ketacourse.errors import EvidenceError
from ketacourse.evidence.source import resolved, shipped_sources

LinkGrade = Literal["strong", "moderate", "weak", "contested"]

LINK_GRADES: tuple[LinkGrade, ...] = get_args(LinkGrade)
GRADE_WORDS: dict[LinkGrade, str] = {
    "strong": "replicated or pooled, in the right species",
    "moderate": "consistent, but in animals only, or small",
    "weak": "single, small, secondary or uncontrolled",
    "contested": "good studies disagree",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One causal link.

    Parameters
    ----------
    key
        Name of the link, such as ``ampa_to_mood``.
    source, target
        What acts, and on what; the same words wherever they return.
    grade
        How well the link is supported.
    statement
        What is known, in words.
    source_keys
        Keys of the sources behind it.
    """

    key: str
    source: str
    target: str
    grade: LinkGrade
    statement: str
    source_keys: tuple[str, ...]


FIELDS = {f.name for f in fields(Link)} - {"key"}


@cache
def load_links() -> tuple[Link, ...]:
    """Return the links in the order of the chain.

    Examples
    --------
    >>> load_links()[0].target
    'NMDA receptor block'
    """
    entry = files("ketacourse.evidence").joinpath("links.toml")
    return build_links(tomllib.loads(entry.read_text(encoding="utf-8")), shipped_sources())


def link(key: str) -> Link:
    """Return one link by its key."""
    for found in load_links():
        if found.key == key:
            return found
    raise EvidenceError(
        f"There is no link '{key}'.",
        remedy=f"Links are {', '.join(entry.key for entry in load_links())}.",
    )


def build_links(table: Mapping[str, Any], sources: Collection[str]) -> tuple[Link, ...]:
    """Build the links from parsed TOML.

    Raises
    ------
    EvidenceError
        On a missing or unknown field, an unknown grade or source, or a link given twice.
    """
    links: dict[tuple[str, str], Link] = {}
    for key, entries in table.items():
        built = _link(key, entries, sources)
        ends = (built.source, built.target)
        if ends in links:
            raise EvidenceError(
                f"links.toml: '{key}' joins the same ends as '{links[ends].key}'.",
                remedy="Keep one.",
            )
        links[ends] = built
    return tuple(links.values())


def _link(key: str, entries: Any, sources: Collection[str]) -> Link:
    where = f"links.toml: '{key}'"
    if not isinstance(entries, Mapping) or set(entries) != FIELDS:
        raise EvidenceError(
            f"{where} does not have exactly the fields of a link.",
            remedy=f"Give {', '.join(sorted(FIELDS))}.",
        )
    for name in ("source", "target", "statement"):
        if not isinstance(entries[name], str) or not entries[name].strip():
            raise EvidenceError(f"{where} lacks '{name}'.", remedy="State it.")
    if entries["grade"] not in LINK_GRADES:
        raise EvidenceError(
            f"{where} has the unknown grade '{entries['grade']}'.",
            remedy=f"Grades are {', '.join(LINK_GRADES)}.",
        )
    return Link(
        key=key,
        source=entries["source"],
        target=entries["target"],
        grade=entries["grade"],
        statement=entries["statement"],
        source_keys=resolved(where, entries["source_keys"], sources),
    )
