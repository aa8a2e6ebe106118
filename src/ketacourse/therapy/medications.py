"""Medicines and the pharmacological classes that matter for a course of ketamine."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from ketacourse.errors import InputError

CLASSES: dict[str, str] = {
    "ssri": "selective serotonin reuptake inhibitor",
    "snri": "serotonin and noradrenaline reuptake inhibitor",
    "tricyclic": "tricyclic antidepressant",
    "antidepressant_other": "another antidepressant",
    "maoi": "monoamine oxidase inhibitor",
    "benzodiazepine": "benzodiazepine",
    "z_drug": "benzodiazepine-like hypnotic",
    "opioid": "opioid",
    "opioid_antagonist": "opioid antagonist",
    "alcohol": "alcohol",
    "cns_depressant": "a medicine that sedates",
    "psychostimulant": "psychostimulant",
    "antipsychotic": "antipsychotic",
    "lithium": "lithium",
    "lamotrigine": "lamotrigine",
    "anticonvulsant": "anticonvulsant",
    "cyp2b6_inhibitor": "slows the enzyme CYP2B6",
    "cyp2b6_inducer": "speeds up the enzyme CYP2B6",
    "cyp3a_inhibitor": "slows the enzymes CYP3A",
    "cyp3a_inducer": "speeds up the enzymes CYP3A",
    "thyroid_hormone": "thyroid hormone",
    "theophylline": "theophylline or aminophylline",
    "nasal_corticosteroid": "corticosteroid for the nose",
    "nasal_decongestant": "decongestant for the nose",
    "antihypertensive": "lowers blood pressure",
    "beta_blocker": "beta blocker",
}
"""Class code to meaning; interaction rules and model modifiers refer to these codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMedicine:
    """A medicine of the table: its classes, and where each is stated."""

    name: str
    classes: tuple[str, ...]
    source: str


@cache
def load_medicines() -> Mapping[str, KnownMedicine]:
    """Return the table of common medicines, by generic name."""
    text = files("ketacourse.evidence").joinpath("medications.toml").read_text(encoding="utf-8")
    return {
        name: KnownMedicine(name=name, classes=tuple(row["classes"]), source=row["source"])
        for name, row in tomllib.loads(text).items()
    }


def classes_of(name: str) -> tuple[str, ...]:
    """Return the classes of a medicine by its generic name.

    Raises
    ------
    InputError
        If the medicine is not in the table: an unknown medicine is never taken as harmless.

    Examples
    --------
    >>> classes_of("Lorazepam")
    ('benzodiazepine', 'cns_depressant')
    """
    known = load_medicines()
    key = name.strip().lower()
    if key in known:
        return known[key].classes
    close = get_close_matches(key, known, n=2, cutoff=0.75)
    hint = (
        f"Did you mean {' or '.join(repr(c) for c in close)}? Otherwise state" if close else "State"
    )
    raise InputError(
        f"'{name}' is not in the table of medicines.",
        remedy=f'{hint} its classes, for example classes = ["ssri"], or [] if none applies.',
    )


def medication_class(code: str) -> str:
    """Return ``code`` if it is a known class.

    Raises
    ------
    InputError
        If it is not, with the closest known codes.
    """
    if code in CLASSES:
        return code
    close = get_close_matches(code.lower(), CLASSES, n=3, cutoff=0.5)
    names = " or ".join(repr(c) for c in close) or f"one of {', '.join(CLASSES)}"
    raise InputError(f"The medication class '{code}' is not known.", remedy=f"Use {names}.")
