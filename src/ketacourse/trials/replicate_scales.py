"""Rating scales as the model can give them: linked, in proportion, carried over, or as ideation.

The latent score is that of the MADRS. Four other scales follow by published links. Other
versions of the Hamilton scale, and the long form of the QIDS, have no link: of them only the
percent change follows. On scales of anxiety, posttraumatic stress and compulsions, and on some of
depression, a catalogued share of the percent change of mood is carried over.
Of suicidal ideation the model gives what is left relative to before treatment.
"""

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.measurement import latent_scores
from ketacourse.therapy.carried_scales import CarriedScale, carried_scale
from ketacourse.therapy.links import convert
from ketacourse.therapy.scales import scale
from ketacourse.trials.replicate_prediction import UnsupportedRowError

Array = NDArray[np.float64]
Kind = Literal["linked", "proportional", "carried", "ideation"]

LINKED = {
    "madrs": "madrs", "madrs10": "madrs", "montgomeryasberg": "madrs",
    "hamd17": "hamd17", "hdrs17": "hamd17", "hamd": "hamd17", "hdrs": "hamd17",
    "ham17": "hamd17", "hamiltondepression": "hamd17",
    "qidssr16": "qids_sr16", "qidssr": "qids_sr16", "qids16": "qids_sr16", "qids": "qids_sr16",
    "qidsc16": "qids_sr16", "qidsc": "qids_sr16",
    "phq9": "phq9", "phq": "phq9", "gad7": "gad7",
}  # fmt: skip
"""Spelling without signs to the scale; clinician and self-rated QIDS count as one."""

IN_PROPORTION = {
    "hamd17": re.compile(r"(?:hamd|hdrs)(?:6|7|10|21|24|25|27|28|29|31)|madrss(?:elf)?"),
    "qids_sr16": re.compile(r"ids(?:sr|c)?(?:28|30)?"),
}
"""Scale that stands in, and the spellings of those it stands in for."""
IDEATION = re.compile(r"(?:m?ssi\d?|bss|bssi|scaleforsuicid\w*|suicidalideation)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One scale of a row.

    Parameters
    ----------
    name
        The scale as it was written.
    kind
        ``linked``: points follow from the MADRS; ``proportional``: only percent of
        baseline does; ``carried``: a share of that percent does; ``ideation``: what is left
        of suicidal ideation.
    key
        Scale that is read: the linked one, or the one that stands in.
    error_sd
        Standard deviation of one rating about the latent score (points of ``key``).
    carried
        The scale that mood is carried over to, None for another kind.
    """

    name: str
    kind: Kind
    key: str
    error_sd: float
    carried: CarriedScale | None = None

    def totals(self, madrs: Array) -> Array:
        """Return latent totals on the scale that is read (points, shape as given)."""
        return latent_scores(madrs, self.key)

    @property
    def maximum(self) -> float:
        """Return the largest total of the scale that is read, or carried over to."""
        return float(scale(self.key).maximum if self.carried is None else self.carried.maximum)

    @property
    def usual_fall(self) -> float | None:
        """Return the fall that is usually called a response (share), None without a rule."""
        return 0.5 if self.carried is None else self.carried.response_fraction

    @property
    def remission_max(self) -> int | None:
        """Return the highest total in remission, None without a rule."""
        found = scale(self.key).remission_max if self.kind == "linked" else None
        return None if found is None else int(found)

    def rated(self, latent: Array, deviations: Array) -> Array:
        """Return whole, bounded totals from latent ones and standard normal deviations."""
        seen = np.round(latent + self.error_sd * deviations)
        return np.asarray(np.clip(seen, 0.0, self.maximum))

    def share_at_most(self, latent: Array, threshold: Array | float) -> Array:
        """Return the probability that the rated total is at most a threshold."""
        edge = np.floor(np.asarray(threshold) + 1e-9) + 0.5
        return np.asarray(ndtr((edge - latent) / self.error_sd))

    def mean_rated(self, latent: Array) -> Array:
        """Return the expected total, which cannot fall below zero."""
        z = latent / self.error_sd
        density = np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
        return np.asarray(latent * ndtr(z) + self.error_sd * density)

    def madrs_of(self, mean: float, sd: float | None) -> tuple[float, float | None]:
        """Return mean and SD of a baseline as MADRS points.

        Raises
        ------
        InputError
            If the mean lies outside the scale.
        """
        if self.key == "madrs":
            scale("madrs").check(mean)
            return mean, sd
        middle = float(convert(mean, self.key, "madrs"))
        if sd is None:
            return middle, None
        low, high = (min(max(mean + s * sd, 0.0), self.maximum) for s in (-1.0, 1.0))
        ends = convert(high, self.key, "madrs") - convert(low, self.key, "madrs")
        return middle, float(sd * ends / (high - low))


@cache
def instrument(name: str) -> Instrument:
    """Return the scale that a name stands for.

    Raises
    ------
    UnsupportedRowError
        If mood does not link to it.

    Examples
    --------
    >>> instrument("HAM-D-17").key, instrument("hamd21").kind, instrument("SSI").kind
    ('hamd17', 'proportional', 'ideation')
    >>> instrument("HADS").carried.parameter
    'carry_over.hads'
    """
    plain = plain_name(name)
    if plain in LINKED:
        key = LINKED[plain]
        return Instrument(name=name, kind="linked", key=key, error_sd=_error_sd(key))
    for key, spellings in IN_PROPORTION.items():
        if spellings.fullmatch(plain):
            return Instrument(name=name, kind="proportional", key=key, error_sd=_error_sd(key))
    if found := carried_scale(plain):
        return Instrument(
            name=name, kind="carried", key="madrs", error_sd=_error_sd("madrs"), carried=found
        )
    if IDEATION.fullmatch(plain):
        return Instrument(name=name, kind="ideation", key="madrs", error_sd=_error_sd("madrs"))
    shown = f"the scale '{name}'" if name else "a scale that is not stated"
    raise UnsupportedRowError(f"no published link from mood to {shown}")


def plain_name(name: str) -> str:
    """Return a scale's name in small letters and digits, long names as their acronym.

    Examples
    --------
    >>> plain_name("HAM-D (17 items)"), plain_name("Hamilton Depression Rating Scale")
    ('hamd17', 'hamd')
    """
    simple = normalize("NFKD", name.lower())
    plain = re.sub(r"[^a-z0-9]", "", simple).replace("hamd0", "hamd")
    for long, short in LONG_NAMES.items():
        plain = re.sub(long, short, plain)
    return re.sub(r"(?<=.)(?:items?|total|scores?)+", "", plain)


LONG_NAMES = {
    "montgomeryasbergdepression(?:rating)?scale": "madrs",
    "hamilton(?:depressionratingscale|depressionscale|ratingscalefordepression)": "hamd",
    "patienthealthquestionnaire": "phq",
    "generali[sz]edanxietydisorder(?:scale)?7": "gad7",
    "quickinventoryofdepressivesymptom(?:s|atology)": "qids",
}
"""Spelled-out names and the acronyms that stand for them."""


def _error_sd(key: str) -> float:
    """Return the error of one rating (points)."""
    published = scale(key).error_sd
    if published is not None:
        return published
    return load_catalogue().value(f"measurement.{key}_error", "point")
