r"""Pressure and dissociation in the next session, learned from the earlier ones.

In session k the largest rise of systolic pressure and of dissociation are

.. math::

    \Delta_k = E\,h(c_k)\,e^{b}\,w_k, \qquad
    D_k = E_D\,h_D(c_k)\,(1 - \kappa U_k)\,e^{b_D}\,w_{D,k}

with the share of its largest size that the dose reaches (:math:`h`), the patient's own
level :math:`b`, adaptation :math:`U` that builds up with each dose and fades, and what
separates sessions of one patient (:math:`w`, mean 1). Possible levels are weighted by how
well they explain the sessions seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.evidence.posterior import as_calibrated
from ketacourse.evidence.variants import BASE
from ketacourse.forecast.drive import effect_of, exposure_of
from ketacourse.forecast.people import systematic
from ketacourse.population.typical import calibrated_belief
from ketacourse.population.uncertainty import draw_belief, stream
from ketacourse.population.variability import effect_spreads, mean_one, variability_values
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.patient import Patient
from ketacourse.therapy.scales import scale
from ketacourse.therapy.score import Score
from ketacourse.therapy.session import DrugSession
from ketacourse.therapy.vitals import VitalSigns

Array = NDArray[np.float64]

PEOPLE = 4000
WATCHED_DAYS = 0.25
"""A reading this long after the start of a dose belongs to its session (days)."""
REST_DAYS = 0.2
"""A reading this long before a dose is its reading at rest (days)."""
NODES = 21
"""Nodes over what separates sessions."""
FIRST_REST_SD = 11.0
"""Spread of resting pressure between people of one group (mmHg), as `covariates.sbp_sd`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was seen in one session.

    Attributes
    ----------
    day
        Start of the dose (days).
    rise_mmhg
        Largest systolic reading less that at rest, None where either lacks.
    cadss
        Largest dissociation score, None where none was taken.
    """

    day: float
    rise_mmhg: float | None
    cadss: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """What may be seen in S sessions, in M draws; rises of mmHg, peaks of mmHg, points.

    ``peak_mmhg`` is None where no pressure at rest is known.
    """

    rise_mmhg: Array
    peak_mmhg: Array | None
    dbp_rise_mmhg: Array
    cadss: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Chair:
    """What is believed of a patient in the chair: M draws of the patient's own levels.

    Attributes
    ----------
    patient, given
        Who, and the doses given so far.
    watched
        What was seen in them.
    pressure, dissociation
        Largest rise (mmHg) and score (points) at any dose, session spread left out, (M,).
    attenuation
        Largest share of dissociation that adaptation removes, (M,).
    dbp_ratio
        Diastolic rise per systolic rise, (M,).
    rest_mmhg
        Systolic pressure at rest before a session, (M,), None where none is known.
    """

    patient: Patient
    given: tuple[DrugSession, ...]
    watched: tuple[Watched, ...]
    pressure: Array
    dissociation: Array
    attenuation: Array
    dbp_ratio: Array
    rest_mmhg: Array | None
    seed: int

    def sessions(self, coming: Sequence[DrugSession]) -> Sessions:
        """Return what may be seen in sessions to come, each (M, S)."""
        catalogue = load_catalogue()
        spreads = variability_values(catalogue, calibrated_belief(BASE))
        whole = sorted((*self.given, *coming), key=lambda s: s.day)
        adapted = dict(zip((id(s) for s in whole), adaptation(self.patient, whole), strict=True))
        size = self.pressure.size
        rise, cadss = np.zeros((size, len(coming))), np.zeros((size, len(coming)))
        for k, session in enumerate(coming):
            acute = exposure_of(self.patient, session.dose).acute
            for effect, out in (("pressure", rise), ("dissociation", cadss)):
                sd = effect_spreads(effect, spreads, catalogue)[1]
                random = stream(self.seed, f"chair:{effect}:{session.day:g}")
                out[:, k] = mean_one(sd * random.standard_normal(size), sd)
            rise[:, k] *= self.pressure * effect_of(acute, "pressure")
            left = 1.0 - self.attenuation * adapted[id(session)]
            cadss[:, k] *= self.dissociation * effect_of(acute, "cadss") * left
        peak = None if self.rest_mmhg is None else self.rest_mmhg[:, None] + rise
        return Sessions(
            rise_mmhg=rise,
            peak_mmhg=peak,
            dbp_rise_mmhg=rise * self.dbp_ratio[:, None],
            cadss=np.minimum(cadss, scale("cadss").maximum),
        )


def chair_of(
    patient: Patient,
    given: Sequence[DrugSession],
    vitals: Sequence[VitalSigns],
    scores: Sequence[Score],
    *,
    seed: int = 1,
    draws: int = PEOPLE,
) -> Chair:
    """Return what is believed of a patient in the chair after the sessions so far.

    Parameters
    ----------
    given
        Doses that were given.
    vitals, scores
        All readings and scores; those of sessions are picked out.
    """
    catalogue = load_catalogue()
    spreads = variability_values(catalogue, calibrated_belief(BASE))
    given = tuple(sorted(given, key=lambda s: s.day))
    watched = watched_in(given, vitals, scores)
    random = stream(seed, "chair:people")

    def people(name: str, effect: str) -> Array:
        known = as_calibrated(catalogue.parameter(name), BASE)
        middle = draw_belief(known, count=draws, seed=seed, unit=known.unit)
        sd = effect_spreads(effect, spreads, catalogue)[0]
        return np.asarray(middle * mean_one(sd * random.standard_normal(draws), sd))

    pressure, dissociation = (
        people("safety.sbp_max", "pressure"), people("safety.cadss_max", "dissociation"),
    )  # fmt: skip
    kappa = as_calibrated(catalogue.parameter("safety.cadss_adaptation"), BASE)
    attenuation = draw_belief(kappa, count=draws, seed=seed, unit="1")
    ratio = catalogue.parameter("safety.dbp_ratio")
    adapted = adaptation(patient, given)
    pick = _fitting(
        patient, given, watched, pressure, None, "rise_mmhg", np.zeros(len(given)), random
    )
    picked = _fitting(patient, given, watched, dissociation, attenuation, "cadss", adapted, random)
    return Chair(
        patient=patient, given=given, watched=watched, pressure=pressure[pick],
        dissociation=dissociation[picked], attenuation=attenuation[picked],
        dbp_ratio=draw_belief(ratio, count=draws, seed=seed, unit="1"),
        rest_mmhg=_rest(given, patient, vitals, catalogue, random, draws), seed=seed,
    )  # fmt: skip


def adaptation(patient: Patient, doses: Sequence[DrugSession]) -> Array:
    """Return the adaptation (0 to 1) at the start of each dose, in the order of days."""
    catalogue = load_catalogue()
    build = catalogue.value("adaptation.adaptation_on", "1/h")
    days = catalogue.value("adaptation.adaptation_time", "d")
    state, last = 0.0, 0.0
    found: list[float] = []
    for session in doses:
        state *= float(np.exp(-(session.day - last) / days)) if found else 0.0
        found.append(state)
        block_h = exposure_of(patient, session.dose).block_h
        state += (1.0 - state) * -float(np.expm1(-build * block_h))
        last = session.day
    return np.array(found)


def watched_in(
    given: Sequence[DrugSession], vitals: Sequence[VitalSigns], scores: Sequence[Score]
) -> tuple[Watched, ...]:
    """Return what was seen in each session that was watched."""
    found = []
    for session in given:
        inside = [
            v for v in vitals
            if session.day <= v.day <= session.day + WATCHED_DAYS
            and v.moment in ("in_session", "discharge")
        ]  # fmt: skip
        peaks = [v.sbp_mmhg for v in inside if v.moment == "in_session" and v.sbp_mmhg]
        rest = _before(session, vitals)
        marks = [
            float(s.total) for s in scores
            if s.scale == "cadss" and session.day <= s.day <= session.day + WATCHED_DAYS
        ]  # fmt: skip
        rise = max(peaks) - rest if peaks and rest is not None else None
        if rise is not None or marks:
            found.append(
                Watched(day=session.day, rise_mmhg=rise, cadss=max(marks) if marks else None)
            )
    return tuple(found)


def _before(session: DrugSession, vitals: Sequence[VitalSigns]) -> float | None:
    near = [
        v.sbp_mmhg for v in vitals
        if v.sbp_mmhg and v.moment in ("pre_dose", "rest")
        and session.day - REST_DAYS <= v.day <= session.day + REST_DAYS / 10.0
    ]  # fmt: skip
    return near[-1] if near else None


def _rest(
    given: Sequence[DrugSession], patient: Patient, vitals: Sequence[VitalSigns],
    catalogue: Catalogue, random: np.random.Generator, draws: int,
) -> Array | None:  # fmt: skip
    """Return systolic pressure before the next session, learned from readings at rest."""
    del given
    readings = [v.sbp_mmhg for v in vitals if v.sbp_mmhg and v.moment in ("pre_dose", "rest")]
    if patient.vitals is not None and patient.vitals.sbp_mmhg:
        readings.append(patient.vitals.sbp_mmhg)
    if not readings:
        return None
    within = catalogue.value("course_model.rest_pressure", "mmHg")
    group = catalogue.value("covariates.sbp_treated", "mmHg")
    precision = len(readings) / within**2 + 1.0 / FIRST_REST_SD**2
    mean = (sum(readings) / within**2 + group / FIRST_REST_SD**2) / precision
    sd = np.sqrt(1.0 / precision + within**2)
    return np.asarray(mean + sd * random.standard_normal(draws))


def _fitting(
    patient: Patient, given: Sequence[DrugSession], watched: Sequence[Watched], level: Array,
    attenuation: Array | None, what: str, adapted: Array, random: np.random.Generator,
) -> NDArray[np.intp]:  # fmt: skip
    """Return which of the possible levels fit what was seen, drawn by their weight."""
    catalogue = load_catalogue()
    spreads = variability_values(catalogue, calibrated_belief(BASE))
    effect, acute_effect = (
        ("pressure", "pressure") if what == "rise_mmhg" else ("dissociation", "cadss")
    )
    error = (
        spreads["variability.pressure_reading"] if what == "rise_mmhg"
        else catalogue.value("measurement.cadss_error", "point")
    )  # fmt: skip
    sd = effect_spreads(effect, spreads, catalogue)[1]
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    factors = mean_one(sd * nodes, sd)
    log_weight = np.zeros(level.size)
    doses: dict[float, tuple[Dose, float]] = {
        s.day: (s.dose, u) for s, u in zip(given, adapted, strict=True)
    }
    for seen in watched:
        value = getattr(seen, what)
        if value is None:
            continue
        dose, state = doses[seen.day]
        expected = level * effect_of(exposure_of(patient, dose).acute, acute_effect)
        if attenuation is not None:
            expected = expected * (1.0 - attenuation * state)
        spread = np.sqrt(error**2 + (0.05 * abs(value)) ** 2)
        gap = (value - expected[:, None] * factors) / spread
        log_weight += logsumexp(-0.5 * gap**2 + np.log(weights), axis=1)
    weight = np.exp(log_weight - logsumexp(log_weight))
    return systematic(weight, level.size, float(random.random()))
