"""The refit step: from a patient's own scores to the patient's own forecast."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.refit_input import Readings, read_case
from ketacourse.course.refit_outcomes import chance_rows, relapse_of
from ketacourse.course.refit_result import (
    LEVELS,
    Expected,
    Learned,
    NextSession,
    Refit,
    ScaleForecast,
)
from ketacourse.course.screen import outside_evidence, screen
from ketacourse.errors import InputError
from ketacourse.forecast.future import Futures, imagined, scores
from ketacourse.forecast.measurement import SCALES
from ketacourse.forecast.parameters import INDIVIDUALS
from ketacourse.forecast.people import People, weighted_quantiles
from ketacourse.forecast.population_file import load_population
from ketacourse.forecast.posterior import Posterior, posterior
from ketacourse.forecast.regimen import Regimen, regimen_of
from ketacourse.forecast.vitals import chair_of
from ketacourse.population.variability import CLASSES
from ketacourse.therapy.case import Case
from ketacourse.therapy.scales import scale
from ketacourse.version import VERSION

Array = NDArray[np.float64]

CONTAINS = (
    "the patient's own response, life-times and severity as far as the scores leave them open, "
    "what is believed of the drug and its mechanisms, ups and downs of the illness, and the "
    "error of a rating; not events in the patient's life, a change of medicines, or a course "
    "given otherwise than planned"
)
DRAWS = 6000
REPEATS = 8
"""Times that each possible patient is followed, with other swings of the illness."""
LOOK_BACK_DAYS = 14.0
CHANCE_DAYS = (7.0, 14.0, 28.0, 56.0, 84.0)
"""Days after today on which chances are told, beside the day after the last dose."""
SURGE_RISE_MMHG, SURGE_PEAK_MMHG, MARKED_CADSS = 40.0, 180.0, 15.0


OUTSIDE_EVIDENCE = (
    "Research only: a dose lies outside the range that the evidence on mood covers, and what is "
    "forecast is an extrapolation."
)


def refit(
    case: Case, *, today: float | None = None, seed: int = 1, draws: int = DRAWS,
    method: str = "auto", research: bool = False,
) -> Refit:  # fmt: skip
    """Forecast the course of one patient from the patient's own scores.

    Parameters
    ----------
    case
        The patient, the plan, what was given and what was measured.
    today
        Day up to which everything is known (days from the first dose); the day of the last
        record by default.
    seed
        Seed of the random streams: same seed, same result.
    draws
        Possible courses behind the forecast.
    method
        ``auto``, or ``importance`` or ``tempered`` to compare ways of inference.
    research
        Forecast doses outside the range that the evidence covers; the result says so.

    Raises
    ------
    ExtrapolationError
        If a dose, planned or given, lies outside the range of the evidence.
    CaseError
        If a record lies after today, or one day and scale has two totals.
    InputError
        If an option makes no sense.
    """
    if not 100 <= draws <= 200_000:
        raise InputError(f"draws is {draws}.", remedy="Give 100 to 200000 possible courses.")
    if method not in ("auto", "importance", "tempered"):
        raise InputError(
            f"The method '{method}' is not known.", remedy="Use auto, importance or tempered."
        )
    readings = read_case(case, today=today)
    if outside_evidence(screen(case, research=research), research=research):
        readings = replace(readings, notes=(OUTSIDE_EVIDENCE, *readings.notes))
    population = load_population()
    prior = population.for_patient(case.patient)
    regimen = regimen_of(case.patient, readings.course)
    found = posterior(prior, regimen, readings.scores, seed=seed, method=method)
    draws = REPEATS * math.ceil(draws / REPEATS)
    days = _days(readings)
    futures = imagined(found, days, seed=seed, draws=draws, repeats=REPEATS)
    forecasts = {key: _forecast(key, readings, futures, regimen) for key in _scales(readings)}
    main = _main(readings)
    last = max([readings.today, *(s.day + 1.0 for s in readings.course.sessions)])
    horizon = readings.course.horizon_days
    told = sorted({d for d in (*(readings.today + w for w in CHANCE_DAYS), last, horizon)
                   if readings.today < d <= horizon})  # fmt: skip
    return Refit(
        case=case,
        readings=readings,
        main=main,
        forecasts=forecasts,
        chances=tuple(
            row for f in forecasts.values()
            for row in chance_rows(futures, regimen, f, told, REPEATS)
        ),
        relapse=relapse_of(
            futures, regimen, forecasts[main], start=min(last, horizon), end=horizon,
            repeats=REPEATS,
        ),
        next_session=_next_session(case, readings, seed),
        learned=_learned(prior, found),
        class_chances=_classes(prior, found),
        posterior=found,
        seed=seed,
        version=VERSION,
        prior_digest=str(population.made_by["digest"]),
        model_digest=str(population.made_by["model_digest"]),
        contains=CONTAINS,
    )  # fmt: skip


def _days(readings: Readings) -> Array:
    """Return the days on which courses are imagined: daily, with the recall before them."""
    horizon = readings.course.horizon_days
    whole = np.arange(-LOOK_BACK_DAYS, horizon + 0.5, 1.0)
    special = [0.04, 0.1, 0.25, 0.5, readings.today, horizon]
    return np.unique(np.round(np.concatenate([whole[whole <= horizon], special]), 4))


def _scales(readings: Readings) -> tuple[str, ...]:
    used = {s.scale for s in readings.scores} | set(readings.baseline) | {"madrs"}
    return tuple(key for key in SCALES if key in used)


def _main(readings: Readings) -> str:
    count = {key: sum(s.scale == key for s in readings.scores) for key in SCALES}
    return max(SCALES, key=lambda key: count[key])


def _forecast(key: str, readings: Readings, futures: Futures, regimen: Regimen) -> ScaleForecast:
    form = scale(key)
    days = futures.days[futures.days >= 0.0]
    totals = scores(futures, regimen, key, days, rounded=False)
    recorded = key in readings.baseline
    baseline = readings.baseline.get(key, 0.0)
    if not recorded:
        true = scores(futures, regimen, key, np.array([-0.5]), error=False)
        baseline = float(np.median(true))
    assert form.response_fraction is not None
    assert form.remission_max is not None
    return ScaleForecast(
        key=key,
        days=days,
        quantiles=np.quantile(totals, LEVELS, axis=0),
        baseline=baseline,
        baseline_recorded=recorded,
        response_line=baseline * (1.0 - form.response_fraction),
        remission_line=form.remission_max,
    )


def _next_session(case: Case, readings: Readings, seed: int) -> NextSession | None:
    """Return what to expect in the chair, None in a course without drug."""
    given = [s for s in readings.course.sessions if s.day < readings.today or s.day == 0.0]
    coming = [s for s in readings.course.sessions if s.day >= readings.today and s.day > 0.0]
    if not given and not coming:
        return None
    session = coming[0] if coming else given[-1]
    before = [s for s in given if s.day < session.day] if coming else given
    chair = chair_of(case.patient, before, case.vitals, case.scores, seed=seed)
    seen = chair.sessions([session])
    rows = [
        ("sbp_rise", "largest rise of systolic pressure", "mmHg", seen.rise_mmhg[:, 0]),
        ("dbp_rise", "rise of diastolic pressure then", "mmHg", seen.dbp_rise_mmhg[:, 0]),
        ("cadss", "strongest dissociation", "CADSS points", seen.cadss[:, 0]),
    ]
    chances = {
        "sbp_rise_40": float((seen.rise_mmhg >= SURGE_RISE_MMHG).mean()),
        "cadss_above_15": float((seen.cadss > MARKED_CADSS).mean()),
    }
    if seen.peak_mmhg is not None:
        peak = seen.peak_mmhg[:, 0]
        rows.insert(1, ("sbp_peak", "highest systolic pressure", "mmHg", peak))
        chances["sbp_peak_180"] = float((peak >= SURGE_PEAK_MMHG).mean())
    return NextSession(
        day=session.day,
        dose=session.dose.label,
        planned=bool(coming),
        expected=tuple(_expected(*row) for row in rows),
        chances=chances,
        watched=chair.watched,
    )


def _expected(name: str, label: str, unit: str, draws: Array) -> Expected:
    low, middle, high = np.quantile(draws, (0.1, 0.5, 0.9))
    return Expected(name=name, label=label, unit=unit, middle=float(middle), lower=float(low),
                    upper=float(high))  # fmt: skip


_THREE = (0.1, 0.5, 0.9)


def _learned(prior: People, found: Posterior) -> tuple[Learned, ...]:
    weights = (prior.weight, found.people.weight)
    rows = []
    for one in INDIVIDUALS:
        columns = (prior.of(one.name), found.people.of(one.name))
        before, after = (
            [float(q) for q in weighted_quantiles(c, w, _THREE)]
            for c, w in zip(columns, weights, strict=True)
        )
        was, now = (_spread(one.free(c), w) for c, w in zip(columns, weights, strict=True))
        rows.append(
            Learned(
                name=one.name, label=one.label, unit=one.unit, meaning=one.meaning,
                before=(before[0], before[1], before[2]), after=(after[0], after[1], after[2]),
                narrowed=1.0 - now / was if was > 0.0 else 0.0,
            )
        )  # fmt: skip
    return tuple(rows)


def _spread(values: Array, weight: Array) -> float:
    mean = weight @ values
    return float(np.sqrt(weight @ (values - mean) ** 2))


def _classes(prior: People, found: Posterior) -> dict[str, tuple[float, float]]:
    def share(people: People, k: int) -> float:
        return float(people.weight @ (people.class_of == k))

    return {name: (share(prior, k), share(found.people, k)) for k, name in enumerate(CLASSES)}
