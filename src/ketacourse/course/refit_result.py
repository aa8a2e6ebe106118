"""What the refit step returns: the forecast of one patient, and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.refit_input import Readings
from ketacourse.forecast.posterior import Diagnostics, Posterior
from ketacourse.forecast.surprise import Surprise
from ketacourse.forecast.vitals import Watched
from ketacourse.therapy.case import Case

Array = NDArray[np.float64]

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Quantiles of every forecast: middle, and the ends of 50, 80 and 95% intervals."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaleForecast:
    """The forecast of one scale.

    Attributes
    ----------
    key
        The scale.
    days
        Days from the first dose, shape (T,).
    quantiles
        Of the totals that would be written down, at `LEVELS`, shape (7, T).
    baseline
        Total before the first dose from which response is counted (points).
    baseline_recorded
        Whether it was recorded on this scale; else it is the expected one.
    response_line, remission_line
        Totals at or below which they hold (points).
    """

    key: str
    days: Array
    quantiles: Array
    baseline: float
    baseline_recorded: bool
    response_line: float
    remission_line: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """The probability of an outcome on one day, as it would be measured.

    ``lower`` and ``upper`` are the ends of the central 80% of the chances that patients who
    all fit the scores have: how much hangs on what is not yet known of this one.
    """

    outcome: str
    scale: str
    day: float
    rule: str
    probability: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relapse:
    """How long a response is expected to hold.

    Attributes
    ----------
    rule
        What counts as relapse.
    scale, start
        The scale; day on which response is looked for (days).
    responding
        Probability of responding on that day.
    days
        Weekly ratings from there, shape (K,).
    held, lower, upper
        Probability of no relapse so far among responders, with an 80% interval as in
        `Chance`, shape (K,).
    median_day
        Day by which half have relapsed; None where that is later than the horizon.
    """

    rule: str
    scale: str
    start: float
    responding: float
    days: Array
    held: Array
    lower: Array
    upper: Array
    median_day: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One number about the next session: middle and the ends of its 80% interval."""

    name: str
    label: str
    unit: str
    middle: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSession:
    """What to expect in the chair at the next planned session.

    Attributes
    ----------
    day
        When (days), None where no session is planned; then it is a repetition of the last.
    dose
        What is given, in words.
    expected
        Rise and peak of systolic pressure, diastolic rise, dissociation.
    chances
        Probability of a rise of 40 mmHg, of a peak of 180 mmHg, of a score above 15.
    watched
        What was seen in earlier sessions.
    """

    day: float
    dose: str
    planned: bool
    expected: tuple[Expected, ...]
    chances: Mapping[str, float]
    watched: tuple[Watched, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What the scores taught about one parameter: quantiles 10, 50, 90% before and after."""

    name: str
    label: str
    unit: str
    meaning: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    narrowed: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refit:
    """The forecast of one patient.

    Attributes
    ----------
    case, readings
        The case and what was read of it.
    main
        Scale on which most is known.
    forecasts
        By scale.
    chances, relapse, next_session
        Outcomes by day; how long a response holds; the chair.
    learned
        What the scores taught.
    class_chances
        Probability of weak, partial and full response class, before and after.
    posterior
        What is believed, to be carried on.
    seed, version, prior_digest, model_digest
        What the numbers rest on.
    contains
        What the bands contain, in words.
    """

    case: Case
    readings: Readings
    main: str
    forecasts: Mapping[str, ScaleForecast]
    chances: tuple[Chance, ...]
    relapse: Relapse
    next_session: NextSession | None
    learned: tuple[Learned, ...]
    class_chances: Mapping[str, tuple[float, float]]
    posterior: Posterior
    seed: int
    version: str
    prior_digest: str
    model_digest: str
    contains: str

    @property
    def today(self) -> float:
        """Return the day up to which the record reaches."""
        return self.readings.today

    @property
    def diagnostics(self) -> Diagnostics:
        """Return how the posterior was found."""
        return self.posterior.diagnostics

    @property
    def surprise(self) -> Surprise:
        """Return how unusual the scores are."""
        return self.posterior.surprise
