"""Predicted side effects of published courses: rises, shares of patients, and times.

One course in one population is run once for all its rows. What a patient reads on the cuff
or scores differs from the true effect; shares above a level are expectations over that
error. Peaks are looked for on a grid of minutes after the start of each dose.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ketacourse.engine.accuracy import accurate_nodes
from ketacourse.engine.solve import solve
from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.posterior import load_posterior
from ketacourse.model.pk.models import STANDARD
from ketacourse.population.beliefs import Member, members_of
from ketacourse.population.cohort import Cohort, draw_cohort
from ketacourse.population.distribution import Distribution
from ketacourse.population.specification import PopulationSpec, population_preset
from ketacourse.population.streams import normals
from ketacourse.population.typical import calibrated_belief
from ketacourse.population.variability import (
    SessionFactors,
    draw_session_factors,
    reading_error,
    variability_values,
)
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession
from ketacourse.trials.dose_range import dose_range_faults
from ketacourse.trials.replicate_arm import (
    GRID_PATIENTS,
    GRID_TOLERANCE,
    draw_members,
    pose_members,
)
from ketacourse.trials.replicate_concentration_rows import ConcentrationQuery
from ketacourse.trials.replicate_concentrations import predict_concentrations
from ketacourse.trials.replicate_interval import log_interval, rate_interval
from ketacourse.trials.replicate_prediction import Prediction, not_supported, predicted
from ketacourse.trials.replicate_regimen import Regimen
from ketacourse.trials.replicate_safety_rows import SafetyCourse, SafetyQuery

Array = NDArray[np.float64]
Told = Callable[[str, float], None]

FIRST_MIN = np.concatenate([np.arange(5.0, 125.0, 5.0), np.arange(130.0, 365.0, 10.0)])
"""Times reported in the first session (min after the start of the dose)."""
LATER_MIN = np.array([10, 20, 30, 40, 50, 60, 75, 90, 120, 180], dtype=float)
"""Times reported in later sessions (min)."""
READ_AT_MIN = (40.0, 60.0, 90.0)
"""Times after the start of a dose at which pressure is read (min): as in the trials of the nasal
label."""
DAYS_BETWEEN = (3.0, 4.0)
"""Days between sessions, in turn: twice a week (assumed where nothing is stated)."""
ONSET_SHARE, RETURN_SHARE = 0.5, 0.2
"""Shares of the highest mean at which an effect has set in, and is gone (assumed)."""
OLDER_YEARS = Distribution(mean=71.0, sd=4.5, minimum=65.0, maximum=85.0, shape="beta")
"""Age where all are 65 years or older (assumed)."""
QUANTITIES = ("sbp_rise", "dbp_rise", "hr_rise", "cadss", "sedation", "nausea")
SERIES: Mapping[str, str] = {
    "sbp": "sbp_rise", "dbp": "dbp_rise", "hr": "hr_rise", "cadss": "cadss",
    "sedation": "sedation", "nausea": "nausea",
}  # fmt: skip
LEAST = 1e-3
"""Effects below this, in their own unit, are nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Effects of a course.

    Attributes
    ----------
    minutes
        Times in the first session (min), shape (n_times,).
    first
        Effect in the first session by quantity, shape (n_members, N, n_times).
    peaks
        Highest effect of each session, shape (n_members, N, n_sessions).
    readings
        True rise by ``sbp`` and ``dbp`` when pressure is read, shape (n_members, N, n_sessions,
        n_readings).
    error
        Error of one reading (SD, mmHg) by ``sbp`` and ``dbp``, shape (n_members, N).
    luck
        Standard normal errors of the readings of the first session, shape (N, n_readings).
    rest
        Pressure at rest by ``sbp`` and ``dbp`` (mmHg), shape (N,).
    """

    minutes: Array
    first: Mapping[str, Array]
    peaks: Mapping[str, Array]
    readings: Mapping[str, Array]
    error: Mapping[str, Array]
    luck: Array
    rest: Mapping[str, Array]


def predict_safety(
    queries: Sequence[SafetyQuery],
    *,
    catalogue: Catalogue,
    patients: int,
    draws: int,
    seed: int,
    pk_model: str = STANDARD,
    progress: Told | None = None,
) -> list[Prediction]:
    """Return the prediction of each row, in order; see `predict_trials`."""
    groups = _by_course(queries)
    typical, drawn = members_of(
        draws, seed=seed, catalogue=catalogue, pk_model=pk_model, posterior=load_posterior()
    )
    found: dict[int, Prediction] = {}
    for count, (course, positions) in enumerate(groups.items()):
        if progress is not None:
            progress(f"course {count + 1} of {len(groups)}", count / len(groups))
        if why := _refusal(course, catalogue):
            found |= {p: not_supported(why) for p in positions}
            continue
        # The account of the mechanism does not touch side effects: one typical member.
        run = _run(
            course, (typical[0], *drawn),
            patients=patients, seed=seed, pk_model=pk_model, catalogue=catalogue,
        )  # fmt: skip
        for position in positions:
            query = queries[position]
            if query.effect == "plasma":
                found[position] = _plasma(query, draws, seed, pk_model, catalogue)
            else:
                found[position] = _prediction(query, run, catalogue)
    return [found[p] for p in range(len(queries))]


def safety_values(
    queries: Sequence[SafetyQuery],
    members: Sequence[Member],
    *,
    catalogue: Catalogue,
    patients: int,
    seed: int,
    pk_model: str = STANDARD,
) -> Array:
    """Return each row's value under each belief, (n_members, n_rows), NaN without a prediction."""
    found = np.full((len(members), len(queries)), np.nan)
    for course, positions in _by_course(queries).items():
        if _refusal(course, catalogue):
            continue
        run = _run(
            course, members, patients=patients, seed=seed, pk_model=pk_model, catalogue=catalogue
        )
        for position in positions:
            query = queries[position]
            if query.form == "share":
                found[:, position] = query.factor * _shares(query, run, catalogue)
            elif query.form in ("peak", "at"):
                found[:, position] = _means(query, run)[1 if query.spread else 0]
    return found


def _by_course(queries: Sequence[SafetyQuery]) -> dict[SafetyCourse, list[int]]:
    groups: dict[SafetyCourse, list[int]] = {}
    for position, query in enumerate(queries):
        groups.setdefault(query.course, []).append(position)
    return groups


def _refusal(asked: SafetyCourse, catalogue: Catalogue) -> str:
    """Return why a course is not predicted, or nothing."""
    try:
        dose = _course(asked).sessions[0].dose
        above = list(dose_range_faults([("dose", dose)], research=True, catalogue=catalogue))
    except InputError as error:
        return error.problem
    return above[0].problem if above else ""


def _course(asked: SafetyCourse) -> Course:
    per_kg = asked.dose_unit == "mg/kg"
    dose = Dose(
        drug=asked.drug,
        route=asked.route,
        amount_mg=None if per_kg else asked.amount,
        amount_mg_per_kg=asked.amount if per_kg else None,
        duration_h=asked.duration_h,
    )
    gaps = [DAYS_BETWEEN[i % len(DAYS_BETWEEN)] for i in range(asked.sessions - 1)]
    days = np.concatenate([[0.0], np.cumsum(gaps)])
    return Course(
        sessions=tuple(DrugSession(day=float(d), dose=dose) for d in days),
        horizon_days=float(days[-1]) + 1.0,
        setting="clinic" if asked.population == "clinic" else "trial",
    )


def _population(asked: SafetyCourse, pk_model: str) -> PopulationSpec:
    spec = replace(population_preset(asked.population), pk_model=pk_model)
    if not asked.older:
        return spec
    return replace(spec, covariates=replace(spec.covariates, age_years=OLDER_YEARS))


def _run(
    asked: SafetyCourse,
    members: Sequence[Member],
    *,
    patients: int,
    seed: int,
    pk_model: str,
    catalogue: Catalogue,
) -> _Run:
    course = _course(asked)
    spec = _population(asked, pk_model)
    cohorts = draw_members(spec, members, patients=patients, seed=seed)
    minutes = np.union1d(FIRST_MIN, [asked.duration_h * 60.0]) if asked.duration_h else FIRST_MIN
    starts = np.array([s.start_h for s in course.sessions])
    times = np.unique(
        np.concatenate([minutes / 60.0, *[start + LATER_MIN / 60.0 for start in starts[1:]]]).round(
            9
        )
    )
    beliefs = [{**calibrated_belief(m.variant, pk_model), **(m.belief or {})} for m in members]
    factors = [_factors(asked, cohorts[0], catalogue, b) for b in beliefs]
    problem = pose_members(course, cohorts, times, session_factors=factors[0].exposure)
    few = draw_cohort(spec, seed=seed, first=0, count=GRID_PATIENTS)
    pilot = pose_members(course, [few], times)
    nodes = accurate_nodes(pilot, GRID_TOLERANCE, QUANTITIES)
    solved = solve(problem, quantities=QUANTITIES, nodes_h=nodes)
    session_of = np.searchsorted(starts, times + 1e-9) - 1
    first, peaks, readings = {}, {}, {}
    read = np.searchsorted(times, starts[:, None] + np.array(READ_AT_MIN) / 60.0 - 1e-6)
    for name in QUANTITIES:
        values = solved.of(name).reshape(len(members), patients, len(times))
        scaled = values * np.stack([_session_factor(name, f)[session_of].T for f in factors])
        if name in ("sbp_rise", "dbp_rise"):
            readings[name.removesuffix("_rise")] = scaled[:, :, read]
        first[name] = scaled[:, :, session_of == 0]
        peaks[name] = np.stack(
            [scaled[:, :, session_of == k].max(axis=2) for k in range(len(starts))], axis=2
        )
    who = cohorts[0].covariates
    error = np.stack(
        [reading_error(who.age_years, variability_values(catalogue, b)) for b in beliefs]
    )
    ratio = catalogue.value("safety.dbp_ratio", "1")  # a low pressure errs by less
    return _Run(
        minutes=times[session_of == 0] * 60.0,
        first=first,
        peaks=peaks,
        readings=readings,
        error={"sbp": error, "dbp": error * ratio},
        luck=normals(seed, "replicate:cuff", 0, patients, len(READ_AT_MIN)),
        rest={"sbp": who.sbp_mmhg, "dbp": who.dbp_mmhg},
    )


def _factors(
    asked: SafetyCourse, cohort: Cohort, catalogue: Catalogue, belief: Mapping[str, float]
) -> SessionFactors:
    return draw_session_factors(
        asked.sessions,
        seed=cohort.seed,
        first=cohort.first,
        count=cohort.size,
        catalogue=catalogue,
        belief=belief,
        spread=cohort.spec.spread,
    )


def _session_factor(name: str, factors: SessionFactors) -> Array:
    if name in ("sbp_rise", "dbp_rise", "hr_rise"):
        return factors.pressure
    return factors.dissociation if name == "cadss" else np.ones_like(factors.pressure)


def _prediction(query: SafetyQuery, run: _Run, catalogue: Catalogue) -> Prediction:
    n = float(query.n or catalogue.value("replicate.arm_size", "1"))
    assumed = query.assumptions if query.n else (*query.assumptions, f"{n:g} patients")
    if query.form == "share":
        shares = _shares(query, run, catalogue)
        between = catalogue.value("replicate.event_between", "1")
        count = n * (run.peaks["cadss"].shape[2] if query.per_session else 1)
        ends = rate_interval(float(shares[0]), shares[1:], logit_sd=between, n=count)
        low, high = (query.factor * end for end in ends)
        return predicted(query.factor * float(shares[0]), low, high, assumptions=assumed)
    if query.form in ("time_of_peak", "onset", "return"):
        values = _times(query, run)
        if query.from_end:
            values = np.maximum(values - query.course.duration_h * 60.0, 1.0)
        values = query.factor * values
        log_sd = catalogue.value("replicate.time_between", "1")
    else:
        values, spread = _means(query, run)
        if not values[0] > LEAST:
            return not_supported("the model predicts none of it")
        between = catalogue.value("replicate.effect_between", "1")
        log_sd = math.hypot(between, float(spread[0] / values[0]) / math.sqrt(n))
    low, high = log_interval(float(values[0]), values[1:], log_sd=log_sd)
    return predicted(float(values[0]), low, high, assumptions=assumed)


def _means(query: SafetyQuery, run: _Run) -> tuple[Array, Array]:
    """Return mean and spread between patients, shape (n_members,) each."""
    name = SERIES[query.effect]
    if query.highest:
        error = run.error[query.effect]
        read = run.readings[query.effect][:, :, 0, :] + error[:, :, None] * run.luck
        each = read.max(axis=2)
    elif query.form == "at" and query.time_min is not None:
        right = int(np.clip(np.searchsorted(run.minutes, query.time_min), 1, len(run.minutes) - 1))
        left = right - 1
        part = (query.time_min - run.minutes[left]) / (run.minutes[right] - run.minutes[left])
        part = min(max(part, 0.0), 1.0)
        each = run.first[name][:, :, left] * (1.0 - part) + run.first[name][:, :, right] * part
    else:
        each = run.first[name].max(axis=2)
    return query.factor * each.mean(axis=1), query.factor * each.std(axis=1)


def _times(query: SafetyQuery, run: _Run) -> Array:
    """Return a time of the mean effect (min after the start), shape (n_members,)."""
    course = run.first[SERIES[query.effect]].mean(axis=1)
    peak = course.argmax(axis=1)
    if query.form == "time_of_peak":
        return np.asarray(run.minutes[peak])
    found = []
    for values, top in zip(course, peak, strict=True):
        rising = query.form == "onset"
        level = values[top] * (ONSET_SHARE if rising else RETURN_SHARE)
        after = (
            np.flatnonzero(values[: top + 1] >= level)
            if rising
            else (top + np.flatnonzero(values[top:] <= level))
        )
        found.append(run.minutes[int(after[0])] if after.size else run.minutes[-1])
    return np.array(found)


def _shares(query: SafetyQuery, run: _Run, catalogue: Catalogue) -> Array:
    """Return the share with the event, shape (n_members,)."""
    if query.effect in ("sedation", "nausea"):
        p = run.peaks[query.effect]
        if query.per_session:
            return np.asarray(p.mean(axis=(1, 2)))
        kept = catalogue.value("replicate.event_persistence", "1")
        ever = 1.0 - np.prod(1.0 - p, axis=2)
        return np.asarray((kept * p[:, :, 0] + (1.0 - kept) * ever).mean(axis=1))
    none = np.ones_like(run.peaks["cadss"])
    for kind, level in query.levels:
        none = none * (1.0 - _above(kind, level, run, catalogue))
    if query.per_session:
        return np.asarray(1.0 - none.mean(axis=(1, 2)))
    return np.asarray(1.0 - np.prod(none, axis=2).mean(axis=1))


def _above(kind: str, level: float, run: _Run, catalogue: Catalogue) -> Array:
    """Return the probability that some reading reaches a level, shape (M, N, n_sessions)."""
    if kind == "cadss":
        error = catalogue.value("measurement.cadss_error", "point")
        return np.asarray(ndtr((run.peaks["cadss"] - (level - 0.5)) / error))
    which = kind.removesuffix("_rise")
    rest = 0.0 if kind.endswith("_rise") else run.rest[which][None, :, None, None]
    below = ndtr((level - rest - run.readings[which]) / run.error[which][:, :, None, None])
    return np.asarray(1.0 - np.prod(below, axis=3))


def _plasma(
    query: SafetyQuery, draws: int, seed: int, pk_model: str, catalogue: Catalogue
) -> Prediction:
    """Return the concentration at the end of the dose, in venous plasma."""
    course = query.course
    asked = ConcentrationQuery(
        regimen=Regimen(
            drug=course.drug,
            route=course.route,
            dose_unit=course.dose_unit,
            steps=((course.duration_h, course.amount),),
            weight_stated=False,
        ),
        output="ketamine_venous",
        metric="cmax",
        time_h=None,
        unit="mass",
        factor=query.factor,
        n=query.n,
        assumptions=query.assumptions,
    )
    return predict_concentrations(
        [asked], model=pk_model, catalogue=catalogue, draws=draws, seed=seed
    )[0]
