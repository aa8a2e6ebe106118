r"""How common the BDNF genotypes are, when a patient's own is not known.

A genotype that was not tested is never guessed: results are averaged over the genotypes
with the shares that the Met allele frequency :math:`q` of the stated ancestry gives
under random mating (Hardy-Weinberg),

.. math::

    P(\text{Val/Val}) = (1-q)^2, \quad P(\text{Val/Met}) = 2 q (1-q), \quad
    P(\text{Met/Met}) = q^2
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from ketacourse.errors import EvidenceError, OutOfRangeError
from ketacourse.evidence.catalogue import GRADES, Grade
from ketacourse.evidence.source import resolved, shipped_sources

GENOTYPES = ("val/val", "val/met", "met/met")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlleleFrequency:
    """Share of Met alleles in people of one ancestry (0 to 1).

    ``lower`` and ``upper`` bound the central 90% of belief about the share in the
    group that a patient of that ancestry comes from.
    """

    ancestry: str
    label: str
    met_allele: float
    lower: float
    upper: float
    grade: Grade
    source_keys: tuple[str, ...]
    note: str


FIELDS = {f.name for f in fields(AlleleFrequency)} - {"ancestry"}


@cache
def load_frequencies() -> Mapping[str, AlleleFrequency]:
    """Return the allele frequencies by ancestry."""
    entry = files("ketacourse.evidence").joinpath("ancestry.toml")
    return build_frequencies(tomllib.loads(entry.read_text(encoding="utf-8")), shipped_sources())


def val66met_frequencies(ancestry: str) -> AlleleFrequency:
    """Return the Met allele frequency of one ancestry.

    Examples
    --------
    >>> val66met_frequencies("european").met_allele
    0.21
    """
    known = load_frequencies()
    if ancestry not in known:
        raise EvidenceError(
            f"There are no allele frequencies for the ancestry '{ancestry}'.",
            remedy=f"Give one of {', '.join(known)}.",
        )
    return known[ancestry]


def genotype_probabilities(met_allele: float) -> dict[str, float]:
    """Return the share of each genotype (0 to 1) under random mating.

    Parameters
    ----------
    met_allele
        Share of Met alleles (0 to 1).

    Examples
    --------
    >>> genotype_probabilities(0.5)
    {'val/val': 0.25, 'val/met': 0.5, 'met/met': 0.25}
    """
    if not 0.0 <= met_allele <= 1.0:
        raise OutOfRangeError(
            f"A Met allele share of {met_allele} is not possible.", remedy="Give 0 to 1."
        )
    val_allele = 1.0 - met_allele
    shares = (val_allele**2, 2.0 * met_allele * val_allele, met_allele**2)
    return dict(zip(GENOTYPES, shares, strict=True))


def build_frequencies(
    table: Mapping[str, Any], sources: Collection[str]
) -> dict[str, AlleleFrequency]:
    """Build the allele frequencies from parsed TOML.

    Raises
    ------
    EvidenceError
        On a missing or unknown field, an impossible order, or an unknown grade or source.
    """
    return {key: _frequency(key, entries, sources) for key, entries in table.items()}


def _frequency(key: str, entries: Any, sources: Collection[str]) -> AlleleFrequency:
    where = f"ancestry.toml: '{key}'"
    if not isinstance(entries, Mapping) or set(entries) != FIELDS:
        raise EvidenceError(
            f"{where} does not have exactly the fields of a frequency.",
            remedy=f"Give {', '.join(sorted(FIELDS))}.",
        )
    lower, share, upper = entries["lower"], entries["met_allele"], entries["upper"]
    if not 0.0 <= lower <= share <= upper <= 1.0:
        raise EvidenceError(
            f"{where} has an impossible order: lower {lower}, met_allele {share}, upper {upper}.",
            remedy="Give 0 <= lower <= met_allele <= upper <= 1.",
        )
    if entries["grade"] not in GRADES:
        raise EvidenceError(
            f"{where} has the unknown grade '{entries['grade']}'.",
            remedy=f"Grades are {', '.join(GRADES)}.",
        )
    return AlleleFrequency(
        ancestry=key,
        label=entries["label"],
        met_allele=share,
        lower=lower,
        upper=upper,
        grade=entries["grade"],
        source_keys=resolved(where, entries["source_keys"], sources),
        note=entries["note"],
    )
