"""From the true severity to the score on the form: whole, bounded and with error.

The latent score is what a perfect rating would give. A rating adds the scale's error,
the leaning of the rater, and, on request, the memory of the days asked about.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.streams import normals, uniforms
from ketacourse.therapy.links import convert
from ketacourse.therapy.scales import Scale, scale

Array = NDArray[np.float64]
Scores = NDArray[np.int16]

MADRS_MAXIMUM = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """How a scale is rated in a study.

    Parameters
    ----------
    error_sd
        Standard deviation of repeated ratings (points); None takes the published one.
    bias
        Points by which every rating is too high.
    raters, rater_sd
        Number of raters among whom patients are dealt, and how the raters' means differ
        (SD, points); a patient keeps the rater.
    expectation
        Points by which raters, or patients, who believe the drug was given score lower.
    """

    error_sd: float | None = None
    bias: float = 0.0
    raters: int = 1
    rater_sd: float = 0.0
    expectation: float = 0.0

    def __post_init__(self) -> None:
        for name in ("error_sd", "rater_sd"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value < np.inf:
                raise OutOfRangeError(f"'{name}' is {value} points.", remedy="Give 0 or more.")
        for name in ("bias", "expectation"):
            if not np.isfinite(getattr(self, name)):
                raise OutOfRangeError(
                    f"'{name}' is {getattr(self, name)} points.", remedy="Give a finite number."
                )
        if self.raters < 1:
            raise OutOfRangeError(
                f"The number of raters is {self.raters}.", remedy="Give at least 1."
            )


def observe(
    latent: Array,
    *,
    key: str,
    visit: int | str,
    seed: int,
    first: int,
    rating: Rating | None = None,
    believes: NDArray[np.bool_] | None = None,
) -> Scores:
    """Return the scores that are written down at one visit, shape (N,).

    Parameters
    ----------
    latent
        Perfect scores on this scale (points), shape (N,).
    key
        The scale, such as ``madrs``.
    visit
        Name or number of the visit; the same visit of a patient has the same error in
        every arm.
    first
        Number of the first patient.
    rating
        How it is rated; with the published error and no bias by default.
    believes
        Who is believed to have received the drug, for `Rating.expectation`.

    Raises
    ------
    InputError
        If the scale is unknown or has no published error, a score is NaN, or raters are
        asked for where the patient rates.
    """
    form, how = scale(key), rating or Rating()
    if np.isnan(latent).any():
        raise InputError(
            f"A latent {form.label} score at visit {visit} is NaN.",
            remedy="Measure only those who are seen.",
        )
    count = latent.size
    error = normals(seed, f"score:{key}:{visit}", first, count)[:, 0]
    score = latent + how.bias + _error_sd(form, how) * error
    score += _rater_leaning(form, how, seed, first, count)
    if believes is not None:
        score -= how.expectation * believes
    return np.rint(np.clip(score, form.minimum, form.maximum)).astype(np.int16)


def latent_scores(madrs: Array, key: str) -> Array:
    """Return perfect scores on a scale from latent MADRS totals, by the published link.

    Raises
    ------
    InputError
        If no link leads from MADRS to the scale.
    """
    return np.asarray(convert(np.clip(madrs, 0.0, MADRS_MAXIMUM), "madrs", key), dtype=np.float64)


def remembered(times_h: Array, latent: Array, visits_h: Array, *, recall_h: float) -> Array:
    """Return latent scores averaged over the time a form asks about, shape (N, n_visits).

    Parameters
    ----------
    times_h
        Increasing times of the latent scores (h), shape (n_times,).
    latent
        Scores (points), shape (N, n_times); before the first time they are the first.
    visits_h
        Times of the visits (h), shape (n_visits,).
    recall_h
        Time looked back on (h); 0 asks for the moment.
    """
    if not 0.0 <= recall_h < np.inf:
        raise OutOfRangeError(f"The recall is {recall_h} h.", remedy="Give 0 or more.")
    ends = _at(times_h, latent, visits_h)
    if recall_h == 0.0:
        return ends
    steps = 0.5 * (latent[:, 1:] + latent[:, :-1]) * np.diff(times_h)
    area = np.concatenate([np.zeros((len(latent), 1)), np.cumsum(steps, axis=1)], axis=1)
    since = _area_until(times_h, latent, area, visits_h)
    until = _area_until(times_h, latent, area, visits_h - recall_h)
    return np.asarray((since - until) / recall_h)


def _at(times_h: Array, values: Array, wanted_h: Array) -> Array:
    """Return values between times, linearly, for every row, shape (N, n_wanted)."""
    right = np.clip(np.searchsorted(times_h, wanted_h), 1, len(times_h) - 1)
    span = times_h[right] - times_h[right - 1]
    share = np.clip((wanted_h - times_h[right - 1]) / span, 0.0, 1.0)
    return np.asarray(values[:, right - 1] * (1.0 - share) + values[:, right] * share)


def _area_until(times_h: Array, values: Array, area: Array, wanted_h: Array) -> Array:
    """Return the area under the values up to some times; before the first they are flat."""
    right = np.clip(np.searchsorted(times_h, wanted_h), 1, len(times_h) - 1)
    inside = np.maximum(wanted_h, times_h[0])
    last = _at(times_h, values, inside)
    part = 0.5 * (values[:, right - 1] + last) * (inside - times_h[right - 1])
    before = values[:, :1] * (wanted_h - inside)
    return np.asarray(area[:, right - 1] + part + before)


def _error_sd(form: Scale, rating: Rating) -> float:
    if rating.error_sd is not None:
        return rating.error_sd
    if form.error_sd is not None:
        return form.error_sd
    catalogue, name = load_catalogue(), f"measurement.{form.key}_error"
    if name not in catalogue.parameters:
        raise InputError(
            f"No error of {form.label} ratings is known.",
            remedy="Give 'error_sd', 0 for a perfect rating.",
        )
    return catalogue.value(name, "point")


def _rater_leaning(form: Scale, rating: Rating, seed: int, first: int, count: int) -> Array:
    """Return by how many points each patient's rater scores too high, shape (N,)."""
    if rating.rater_sd == 0.0:
        return np.zeros(count)
    if form.rater == "self":
        raise InputError(
            f"{form.label} is filled in by the patient, but raters differ by "
            f"{rating.rater_sd:g} points.",
            remedy="Set 'rater_sd' to 0 for this scale.",
        )
    leaning = rating.rater_sd * normals(seed, f"rater:{form.key}", 0, rating.raters)[:, 0]
    dealt = uniforms(seed, "rater", first, count)[:, 0] * rating.raters
    return np.asarray(leaning[dealt.astype(np.int64)])
