"""The mechanism variants: competing accounts, each a few changed parameters."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ketacourse.errors import EvidenceError, InputError
from ketacourse.evidence.catalogue import load_catalogue

BASE = "disinhibition"
"""The variant whose parameters are the catalogue's typical values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One account of the mechanism.

    ``overrides`` maps parameter names to values in the parameter's catalogue unit.
    """

    key: str
    label: str
    statement: str
    grade: str
    sources: tuple[str, ...]
    overrides: Mapping[str, float]


@cache
def load_variants() -> dict[str, Variant]:
    """Return all variants by key, the base variant first.

    Raises
    ------
    EvidenceError
        If an override names no parameter or lies outside its hard bounds, or a
        source does not exist.
    """
    catalogue = load_catalogue()
    text = files("ketacourse.evidence").joinpath("variants.toml").read_text(encoding="utf-8")
    variants = {
        key: Variant(
            key=key,
            label=fields["label"],
            statement=fields["statement"],
            grade=fields["grade"],
            sources=tuple(fields["sources"]),
            overrides=dict(fields.get("overrides", {})),
        )
        for key, fields in tomllib.loads(text).items()
    }
    for variant in variants.values():
        for name, value in variant.overrides.items():
            parameter = catalogue.parameter(name)
            if not parameter.minimum <= value <= parameter.maximum:
                raise EvidenceError(f"Variant '{variant.key}' sets '{name}' to {value}.")
        for source in variant.sources:
            if source not in catalogue.sources:
                raise EvidenceError(f"Variant '{variant.key}' names the source '{source}'.")
    return variants


def variant(key: str) -> Variant:
    """Return one variant by key."""
    known = load_variants()
    if key not in known:
        raise InputError(
            f"The mechanism variant '{key}' is not known.",
            remedy=f"Use one of {', '.join(known)}.",
        )
    return known[key]
