"""Rating scales: range, bands, response and remission rules, licence.

The scales are data (``evidence/scales.toml``); wording ships only where it is free.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from ketacourse.errors import EvidenceError, InputError, OutOfRangeError
from ketacourse.therapy.bounds import number_text

Rater = Literal["clinician", "self"]
Construct = Literal[
    "depression", "suicidality", "anxiety", "ptsd", "ocd", "dissociation", "sedation", "psychosis"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A severity band: label, lowest and highest total (points, both included)."""

    label: str
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One rating scale.

    Parameters
    ----------
    key, label
        Name used in files, and name shown.
    construct, rater
        What is measured, and who rates it.
    minimum, maximum
        Range of the total (points).
    higher_is_worse
        False for scales of alertness.
    bands
        Severity bands from the lowest total up; empty where none are established.
    response_fraction
        Fall from baseline that counts as response (fraction), None where not defined.
    remission_max
        Highest total in remission (points), by the rule the package uses first.
    remission_alternatives
        Other published cut-offs (points); a result states these as well.
    minimal_important_change
        Change one patient would notice (points), None where no source gives one.
    recall_days
        Time the questions look back on (days), None where it is the moment.
    error_sd
        Standard deviation of repeated ratings of an unchanged patient (points), None
        where no source gives one.
    loinc
        Code of the total, empty where none exists.
    licence, wording_shipped
        What the licence allows, and whether the items ship with the package.
    source
        Key of the source of range and rules.
    notes
        What is disputed or assumed.
    """

    key: str
    label: str
    construct: Construct
    rater: Rater
    minimum: int
    maximum: int
    higher_is_worse: bool = True
    bands: tuple[Band, ...] = ()
    response_fraction: float | None = None
    remission_max: float | None = None
    remission_alternatives: tuple[float, ...] = ()
    minimal_important_change: float | None = None
    recall_days: float | None = None
    error_sd: float | None = None
    loinc: str = ""
    licence: str
    wording_shipped: bool = False
    source: str
    sources: Mapping[str, str]
    notes: str = ""

    def check(self, total: float) -> None:
        """Raise if ``total`` (points) is not a finite number on the scale.

        Raises
        ------
        OutOfRangeError
            With the total, the scale and its range.
        """
        if not self.minimum <= total <= self.maximum:
            raise OutOfRangeError(
                f"The {self.label} total is {number_text(total)} points.",
                remedy=f"Give {self.minimum} to {self.maximum} points.",
            )

    def band(self, total: float) -> Band | None:
        """Return the severity band a total (points) falls into, None without bands."""
        self.check(total)
        reached = [band for band in self.bands if band.minimum <= total]
        return reached[-1] if reached else None

    def is_response(self, total: float, *, baseline: float) -> bool:
        """Return whether a total (points) is a response from a baseline (points).

        Examples
        --------
        >>> scale("madrs").is_response(14, baseline=30)
        True
        """
        if self.response_fraction is None:
            raise InputError(
                f"{self.label} has no response rule.",
                remedy="Use a scale with one, for example 'madrs'.",
            )
        return baseline > 0.0 and total <= baseline * (1.0 - self.response_fraction)

    def is_remission(self, total: float, *, cut_off: float | None = None) -> bool:
        """Return whether a total (points) is remission, by the first rule or ``cut_off``."""
        limit = self.remission_max if cut_off is None else cut_off
        if limit is None:
            raise InputError(
                f"{self.label} has no remission rule.",
                remedy="Use a scale with one, for example 'madrs'.",
            )
        return total <= limit


def scale(key: str) -> Scale:
    """Return one scale by its key, such as ``phq9``.

    Raises
    ------
    InputError
        If there is none, with the closest keys.
    """
    known = load_scales()
    if key in known:
        return known[key]
    close = get_close_matches(key.lower().replace("-", ""), known, n=3, cutoff=0.5)
    names = " or ".join(f"'{c}'" for c in close) or f"one of {', '.join(known)}"
    raise InputError(f"The scale '{key}' is not known.", remedy=f"Use {names}.")


@cache
def load_scales() -> Mapping[str, Scale]:
    """Return every scale that ships with the package, by key."""
    text = files("ketacourse.evidence").joinpath("scales.toml").read_text(encoding="utf-8")
    return {key: build_scale(key, fields) for key, fields in tomllib.loads(text).items()}


def build_scale(key: str, fields: Mapping[str, Any]) -> Scale:
    """Build one scale from its parsed TOML table.

    Raises
    ------
    EvidenceError
        On an unknown or missing field, or an impossible order of range and bands.
    """
    rest = dict(fields)
    bands = tuple(
        Band(label=label, minimum=low, maximum=high) for label, low, high in rest.pop("bands", [])
    )
    alternatives = tuple(rest.pop("remission_alternatives", ()))
    try:
        built = Scale(key=key, bands=bands, remission_alternatives=alternatives, **rest)
    except TypeError as error:
        raise EvidenceError(f"Scale '{key}': {error}.", remedy="Correct its fields.") from None
    edges = [edge for band in bands for edge in (band.minimum, band.maximum)]
    if edges != sorted(edges) or not built.minimum < built.maximum:
        raise EvidenceError(f"Scale '{key}' has bands out of order.", remedy="Order them.")
    if bands and (edges[0] != built.minimum or edges[-1] != built.maximum):
        raise EvidenceError(
            f"The bands of scale '{key}' do not cover its range.",
            remedy=f"Cover {built.minimum} to {built.maximum}.",
        )
    return built
