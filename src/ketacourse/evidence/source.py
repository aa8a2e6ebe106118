"""Where a number was read: the sources, and what makes one resolve.

A source resolves when it names a DOI, a PubMed id, a web address or a page of these
docs, written as such. Whether the address still answers is not checked here: the
catalogue loads without a network.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from ketacourse.errors import EvidenceError

DOI = re.compile(r"10\.\d{4,9}/\S+")
PMID = re.compile(r"[1-9]\d{0,8}")
URL = re.compile(r"https?://[^\s/]+\.[^\s]+")
PAGE = re.compile(r"docs/[\w/-]+\.md(#[\w-]+)?")

RESOLVERS = {"doi": DOI, "pmid": PMID, "url": URL, "page": PAGE}
"""Field to the form it must have; a source needs at least one of them."""

TEXTS = ("citation", "design", "population", *RESOLVERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a number was read.

    Parameters
    ----------
    key
        Name used by parameters, observations, links and rules.
    citation
        Who, when and where.
    doi, pmid, url, page
        Ways to find it; ``page`` is a page of this project's own docs.
    design
        Kind of study or document.
    n
        Number of persons (or None where it does not apply or is not known).
    population
        Whom or what it describes.
    read
        False when the number was recalled and not read; such a number never enters a fit.
        Where it was read in somebody's copy, the citation says so.
    """

    key: str
    citation: str
    doi: str = ""
    pmid: str = ""
    url: str = ""
    page: str = ""
    design: str
    n: int | None = None
    population: str
    read: bool = True

    @property
    def link(self) -> str:
        """Return the address at which the source resolves.

        Examples
        --------
        >>> Source(key="a", citation="A", doi="10.1000/1", design="d", population="p").link
        'https://doi.org/10.1000/1'
        """
        if self.doi:
            return f"https://doi.org/{self.doi}"
        if self.pmid:
            return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/"
        return self.url or self.page


FIELDS = {f.name for f in fields(Source)} - {"key"}


def build_source(key: str, entries: Any) -> Source:
    """Build one source from parsed TOML.

    Raises
    ------
    EvidenceError
        On an unknown or missing field, or an address that cannot resolve.
    """
    if not isinstance(entries, Mapping):
        raise EvidenceError(
            f"Source '{key}' is not a table.", remedy=f"Write [{key}] with its fields below."
        )
    unknown = sorted(set(entries) - FIELDS)
    if unknown:
        raise EvidenceError(
            f"Source '{key}' has unknown fields {unknown}.",
            remedy=f"Known fields are {', '.join(sorted(FIELDS))}.",
        )
    _check_texts(key, entries)
    _check_number(key, entries)
    return Source(key=key, **entries)


def _check_texts(key: str, entries: Mapping[str, Any]) -> None:
    for name in TEXTS:
        if name in entries and not isinstance(entries[name], str):
            raise EvidenceError(
                f"Source '{key}': '{name}' is {entries[name]!r}.", remedy="Write it in quotes."
            )
    for name in ("citation", "design", "population"):
        if not entries.get(name, "").strip():
            raise EvidenceError(f"Source '{key}' lacks '{name}'.", remedy="State it.")
    if not any(entries.get(name) for name in RESOLVERS):
        raise EvidenceError(
            f"Source '{key}' does not resolve.",
            remedy="Give a DOI, a PubMed id, a web address or a page of the docs.",
        )
    for name, form in RESOLVERS.items():
        if name in entries and not form.fullmatch(entries[name]):
            raise EvidenceError(
                f"Source '{key}': '{entries[name]}' is not a {name}.",
                remedy="Examples: doi 10.1038/nature10130, pmid 9311667, "
                "url https://clinicaltrials.gov/study/NCT03367533, "
                "page docs/explanation/assumptions.md.",
            )


def _check_number(key: str, entries: Mapping[str, Any]) -> None:
    n = entries.get("n", 1)
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise EvidenceError(
            f"Source '{key}': n is {n!r}.", remedy="Give a count of persons, or leave it out."
        )
    if not isinstance(entries.get("read", True), bool):
        raise EvidenceError(
            f"Source '{key}': read is {entries['read']!r}.", remedy="Write true or false."
        )


def merge_sources(tables: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return the sources of several files as one; a key may stand in one file only.

    Parameters
    ----------
    tables
        File name and its parsed sources.
    """
    sources: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for file_name, found in tables:
        for key in found:
            if key in sources:
                raise EvidenceError(
                    f"{file_name}: source '{key}' stands in {origin[key]} too.", remedy="Keep one."
                )
            origin[key] = file_name
        sources.update(found)
    return sources


@cache
def shipped_sources() -> Mapping[str, Source]:
    """Return every source that comes with the package, by key."""
    root = files("ketacourse.evidence").joinpath("sources")
    entries = sorted((e for e in root.iterdir() if e.name.endswith(".toml")), key=lambda e: e.name)
    merged = merge_sources((e.name, tomllib.loads(e.read_text(encoding="utf-8"))) for e in entries)
    return {key: build_source(key, fields_) for key, fields_ in merged.items()}


def resolved(where: str, keys: Any, known: Collection[str]) -> tuple[str, ...]:
    """Return source keys, after checking that there is at least one and that each exists."""
    if not isinstance(keys, list) or not keys:
        raise EvidenceError(f"{where} names no source.", remedy='Write source_keys = ["...", ...].')
    for key in keys:
        if key not in known:
            raise EvidenceError(
                f"{where} names the source '{key}', which does not exist.",
                remedy="Add it to one of the files in sources/.",
            )
    return tuple(keys)
