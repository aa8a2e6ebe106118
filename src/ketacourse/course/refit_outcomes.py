"""Chances of response, remission and relapse, from possible scores of one patient."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from ketacourse.course.refit_result import Chance, Relapse, ScaleForecast
from ketacourse.forecast.future import Futures, scores
from ketacourse.forecast.regimen import Regimen
from ketacourse.therapy.scales import scale

Array = NDArray[np.float64]

WEEK_DAYS = 7.0
IN_A_ROW = 2
"""Weekly ratings above the response line, one after the other, that make a relapse."""
INTERVAL = (0.1, 0.9)
LEAST_RESPONDERS = 0.01
"""Chance of response below which a relapse curve says nothing."""


def chance_rows(
    futures: Futures, regimen: Regimen, about: ScaleForecast, days: Sequence[float], repeats: int
) -> tuple[Chance, ...]:
    """Return the chances of response and remission on one scale on some days."""
    form = scale(about.key)
    wanted = np.asarray(days, dtype=float)
    totals = scores(futures, regimen, about.key, wanted)
    found = []
    assert form.response_fraction is not None
    assert form.remission_max is not None
    response = f"{form.label} at least {form.response_fraction:.0%} below {about.baseline:.0f}"
    rules = [
        ("response", about.response_line, response),
        *(
            ("remission", line, f"{form.label} at most {line:g}")
            for line in (form.remission_max, *form.remission_alternatives)
        ),
    ]
    for outcome, line, rule in rules:
        for k, day in enumerate(wanted):
            chance, low, high = between_people(totals[:, k] <= line, repeats)
            found.append(
                Chance(outcome=outcome, scale=about.key, day=float(day), rule=rule,
                       probability=chance, lower=low, upper=high)
            )  # fmt: skip
    return tuple(found)


def relapse_of(
    futures: Futures, regimen: Regimen, about: ScaleForecast, *, start: float, end: float,
    repeats: int,
) -> Relapse:  # fmt: skip
    """Return how long a response holds, on the regimen as it is.

    Parameters
    ----------
    start
        Day on which response is looked for; ratings are weekly from there.
    """
    days = np.arange(start, end + 1e-9, WEEK_DAYS)
    totals = scores(futures, regimen, about.key, days)
    above = totals > about.response_line
    responds = ~above[:, 0]
    again = above[:, 1:].copy()
    for back in range(1, IN_A_ROW):
        again[:, back:] &= above[:, 1:-back]
        again[:, :back] = False
    gone = np.concatenate([np.zeros((len(again), 1), bool), np.cumsum(again, axis=1) > 0], axis=1)
    share = float(responds.mean())
    held, lower, upper = np.full((3, days.size), np.nan)
    if share >= LEAST_RESPONDERS:
        for k in range(days.size):
            held[k], lower[k], upper[k] = between_people(~gone[:, k], repeats, among=responds)
    later = np.flatnonzero(held <= 0.5)
    form = scale(about.key)
    return Relapse(
        rule=(
            f"{form.label} above {about.response_line:g}, the line of response, at "
            f"{IN_A_ROW} weekly ratings in a row, after a response on day {start:g}"
        ),
        scale=about.key, start=float(start), responding=share, days=days, held=held, lower=lower,
        upper=upper, median_day=float(days[later[0]]) if later.size else None,
    )  # fmt: skip


def between_people(
    happened: NDArray[np.bool_], repeats: int, *, among: NDArray[np.bool_] | None = None
) -> tuple[float, float, float]:
    """Return the chance of an event, and the ends of the central 80% of people's own chances.

    Each person stands in the draws ``repeats`` times, with other swings of the illness and
    other errors. What varies between people beyond the chance of few repetitions is taken as
    a beta distribution with that mean and variance.

    Parameters
    ----------
    happened
        Whether it happened in each draw, people one after the other, shape (M,).
    among
        Draws that count; all by default.
    """
    counts = np.ones(happened.size) if among is None else among.astype(float)
    own = (happened * counts).reshape(-1, repeats).sum(axis=1)
    tries = counts.reshape(-1, repeats).sum(axis=1)
    mean = float(own.sum() / tries.sum())
    enough = tries >= 2.0
    if not enough.any() or not 0.0 < mean < 1.0:
        return mean, mean, mean
    own, tries = own[enough], tries[enough]
    each = own / tries
    weight = tries / tries.sum()
    noise = float(weight @ (each * (1.0 - each) / (tries - 1.0)))
    spread = float(weight @ (each - mean) ** 2) - noise
    spread = float(np.clip(spread, 1e-6, 0.98 * mean * (1.0 - mean)))
    size = mean * (1.0 - mean) / spread - 1.0
    low, high = beta.ppf(INTERVAL, mean * size, (1.0 - mean) * size)
    return mean, float(min(low, mean)), float(max(high, mean))
