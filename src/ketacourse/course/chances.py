"""The chance of response and remission, from the people a patient may turn out to be."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ketacourse.course.result import Outcome
from ketacourse.therapy.case import Case
from ketacourse.therapy.links import convert
from ketacourse.therapy.scales import Scale, scale

Array = NDArray[np.float64]

SCALES = ("madrs", "phq9")
"""Scales on which chances are given: the first always, the others where the case rates them."""
LATER_DAYS = (1.0, 28.0, 56.0)
"""Days after the last session at which a chance is given, within the horizon."""


def chances_of(case: Case, times_h: Array, madrs: Array) -> tuple[Outcome, ...]:
    """Return the chances of a rated response and remission.

    Parameters
    ----------
    times_h
        Times of the run (h).
    madrs
        True MADRS of each person the patient may be, shape (N, n_times).

    Notes
    -----
    The rating has its published error; its baseline is what the case recorded or, without
    a record, the true score.
    """
    found = []
    for key in SCALES:
        if key != "madrs" and key not in case.baseline:
            continue
        form = scale(key)
        if None in (form.error_sd, form.remission_max, form.response_fraction):
            continue
        truth = np.clip(madrs, 0.0, 60.0)
        true = truth if key == "madrs" else np.asarray(convert(truth, "madrs", key), dtype=float)
        start = float(case.baseline.get(key, true[0, 0]))
        if key != "madrs" and true[0, 0] > 0.0:
            true = true * start / true[:, :1]
        for day in days_of(case):
            at = np.array([np.interp(day * 24.0, times_h, row) for row in true])
            found += [_response(form, day, at, start), _remission(form, day, at)]
    return tuple(found)


def days_of(case: Case) -> tuple[float, ...]:
    """Return the days at which chances are given: after the first and the last session."""
    if not case.course.sessions:
        return ()
    first, last = case.course.sessions[0].day, case.course.sessions[-1].day
    days = dict.fromkeys([first + 1.0, *(last + d for d in LATER_DAYS)])
    return tuple(d for d in days if d <= case.course.horizon_days)


def _response(form: Scale, day: float, at: Array, start: float) -> Outcome:
    assert form.response_fraction is not None  # the caller has checked it
    most = float(np.floor(start * (1.0 - form.response_fraction) + 1e-9))
    return Outcome(
        name="response", scale=form.key, day=day, chance=_below(form, at, most),
        definition=f"rated {form.response_fraction:.0%} or more below {start:.0f}",
    )  # fmt: skip


def _remission(form: Scale, day: float, at: Array) -> Outcome:
    assert form.remission_max is not None  # the caller has checked it
    most = float(form.remission_max)
    return Outcome(
        name="remission", scale=form.key, day=day, chance=_below(form, at, most),
        definition=f"rated {most:.0f} or less",
    )  # fmt: skip


def _below(form: Scale, at: Array, most: float) -> float:
    """Return the chance that a whole, erring rating is at most ``most``."""
    return float(np.mean(ndtr((most + 0.5 - at) / (form.error_sd or 1.0))))
