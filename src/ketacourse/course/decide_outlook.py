"""Looking ahead for one patient: refit to the scores, then every option on the same futures."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.advice import (
    HELD_WEEKS,
    Lines,
    Outcome,
    day_weights,
    days_below,
    held_at,
    relief,
)
from ketacourse.course.decide_score import score_chances
from ketacourse.course.options import Option
from ketacourse.course.refit_input import Readings
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.forecast.future import Futures, courses, imagined, scores
from ketacourse.forecast.measurement import instrument
from ketacourse.forecast.population_file import load_population
from ketacourse.forecast.posterior import Posterior, posterior
from ketacourse.forecast.regimen import Regimen, regimen_of
from ketacourse.forecast.vitals import Chair, chair_of
from ketacourse.population.equivalents import iv_equivalents
from ketacourse.therapy.case import Case
from ketacourse.therapy.course import Course
from ketacourse.therapy.scales import scale

Array = NDArray[np.float64]

REPEATS = 4
"""Times that each possible patient is followed, with other swings of the illness."""
SURGE_RISE_MMHG, SURGE_PEAK_MMHG = 40.0, 180.0
"""A rise or a peak of systolic pressure from which a session counts as one with a surge."""
MARKED_CADSS = 15.0
"""Peak dissociation above which a session counts as one with marked dissociation."""
LOOK_BACK_DAYS = 14.0
"""Longest recall of a self-rating: the futures begin that much before today."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatientOutlook:
    """What is believed of one patient, and possible futures that every option shares.

    Attributes
    ----------
    case, today, horizon_days
        The case with the course as it was given, the day decided from and how far is looked
        ahead.
    found
        The patient's own posterior.
    futures
        Possible patients and swings of the illness on ``days``.
    days
        The grid on which outcomes are counted (days from today).
    lines
        Where remission and response lie on the true MADRS (points), response (M,).
    chair
        What earlier sessions say of pressure and dissociation in the next ones.
    """

    case: Case
    today: float
    horizon_days: float
    found: Posterior
    futures: Futures
    days: Array
    lines: Lines
    chair: Chair

    @property
    def method(self) -> str:
        """Return how the patient's course was inferred, with diagnostics."""
        return self.found.diagnostics.text

    @property
    def surprise(self) -> str:
        """Return what says that the patient is unlike those the model knows."""
        return self.found.surprise.text if self.found.surprise.is_surprising else ""

    @property
    def repeats(self) -> int:
        """Return how often each possible patient stands among the draws, one after the other."""
        return self.futures.repeats

    @property
    def digest(self) -> str:
        """Return the digest of the possible patients that the forecast started from."""
        return str(load_population().made_by["digest"])

    def outcome(self, option: Option) -> Outcome:
        """Return what an option leads to in each draw."""
        whole = courses(self.futures, self._regimen(option.course))
        paths = whole[:, np.searchsorted(self.futures.days, self.today + self.days)]
        weights = day_weights(self.days, self.horizon_days)
        free = days_below(paths, self.lines.remission, weights)
        coming = self._coming(option)
        surge, marked = self._chair_events(coming)
        return Outcome(
            symptom_free_days=free, relief_days=relief(paths, self.lines) @ weights,
            held={w: held_at(paths, self.days, w, self.lines.response) for w in HELD_WEEKS},
            sessions=len(coming.sessions), therapy_sessions=len(coming.therapy),
            surge_sessions=surge.sum(axis=1).astype(float),
            dissociative_sessions=marked.sum(axis=1).astype(float),
            any_surge=surge.any(axis=1).astype(float),
            any_dissociation=marked.any(axis=1).astype(float),
            exposure_mg_per_kg=self._exposure(coming),
        )  # fmt: skip

    def next_peak_mmhg(self, option: Option) -> Array | None:
        """Return the systolic peak of the option's next session in each draw, if any."""
        coming = self._coming(option).sessions[:1]
        if not coming:
            return None
        peak = self.chair.sessions(coming).peak_mmhg
        return None if peak is None else np.asarray(peak[:, 0])

    def score_chances(self, key: str, day: float) -> Array:
        """Return the chance of each total of a scale in each draw if the plan goes on."""
        form = scale(key)
        true = scores(
            self.futures, self._regimen(self.case.course), key, np.array([day]), error=False
        )[:, 0]
        return score_chances(
            true, instrument(key).error_sd, minimum=form.minimum, maximum=form.maximum
        )

    def given_mg_per_kg(self) -> float:
        """Return the drug given so far, as intravenous racemate (mg/kg)."""
        past = tuple(s for s in self.case.course.sessions if s.day < self.today)
        return self._exposure(replace(self.case.course, sessions=past))

    def _chair_events(self, coming: Course) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return whether each session has a surge, and marked dissociation, (M, S) each."""
        seen = self.chair.sessions(coming.sessions)
        surge = seen.rise_mmhg >= SURGE_RISE_MMHG
        if seen.peak_mmhg is not None:
            surge = surge | (seen.peak_mmhg >= SURGE_PEAK_MMHG)
        return surge, seen.cadss > MARKED_CADSS

    def _regimen(self, course: Course) -> Regimen:
        return regimen_of(self.case.patient, course)

    def _coming(self, option: Option) -> Course:
        """Return the part of an option that lies ahead, within the horizon."""
        end = self.today + self.horizon_days
        return replace(
            option.course,
            sessions=tuple(s for s in option.future(self.today) if s.day <= end),
            therapy=tuple(t for t in option.future_therapy(self.today) if t.day <= end),
        )

    def _exposure(self, course: Course) -> float:
        if not course.sessions:
            return 0.0
        given = iv_equivalents(
            course, weight_kg=self.case.patient.weight_kg, catalogue=load_catalogue()
        )
        return float(given.sum())


def look_ahead(
    case: Case, readings: Readings, *, horizon_days: float, seed: int, draws: int
) -> PatientOutlook:
    """Return what may follow for one patient.

    Parameters
    ----------
    case
        The patient and what was measured.
    readings
        What the forecast reads of the case; doses before its today were given.
    horizon_days
        How far to look ahead (days).
    seed, draws
        Seed of the random streams and number of possible futures.
    """
    today, course = readings.today, readings.course
    given = tuple(s for s in course.sessions if s.day < today)
    before = replace(
        course, sessions=given, therapy=tuple(t for t in course.therapy if t.day < today)
    )
    found = posterior(
        load_population().for_patient(case.patient), regimen_of(case.patient, before),
        [s for s in readings.scores if s.day <= today], seed=seed,
    )  # fmt: skip
    days = np.arange(0.0, horizon_days + 1e-9, 1.0)
    grid = np.unique(np.concatenate([today - np.arange(LOOK_BACK_DAYS), today + days]))
    draws = REPEATS * -(-draws // REPEATS)
    futures = imagined(found, grid, seed=seed, draws=draws, repeats=REPEATS)
    return PatientOutlook(
        case=replace(case, course=course), today=today, horizon_days=horizon_days, found=found,
        futures=futures, days=days, lines=_lines(futures),
        chair=chair_of(case.patient, given, case.vitals, case.scores, seed=seed, draws=draws),
    )  # fmt: skip


def _lines(futures: Futures) -> Lines:
    """Return the lines of remission, and of response of each possible patient."""
    form = scale("madrs")
    assert form.remission_max is not None
    assert form.response_fraction is not None
    kept = 1.0 - form.response_fraction
    baseline = futures.people.of("baseline")
    return Lines(remission=form.remission_max, response=kept * baseline, baseline=baseline)
