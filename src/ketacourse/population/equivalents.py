"""Doses of any drug and route as the intravenous racemate dose of equal exposure."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model.brain import UNITS as BRAIN_UNITS
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.linear import Inflow
from ketacourse.model.pk.models import serving
from ketacourse.model.pk.modes import Modes, modes
from ketacourse.population.batch import REFERENCE_COURSE, Body, drug_system
from ketacourse.therapy.course import Course

Array = NDArray[np.float64]

REFERENCE_MG_PER_KG = 0.5


def iv_equivalents(course: Course, *, weight_kg: float, catalogue: Catalogue) -> Array:
    """Return each session as the intravenous racemate dose of equal effect-site exposure.

    Exposure is the area under the concentration at the NMDA receptor, in S-ketamine
    equivalents, norketamine included (mg/kg, one value per session).
    """
    body = Body(weight_kg=weight_kg)
    parameters = {
        f"brain.{n}": np.array([catalogue.value(f"brain.{n}", u)]) for n, u in BRAIN_UNITS.items()
    }
    unit = _areas(REFERENCE_COURSE, body, parameters, catalogue)[0] / REFERENCE_MG_PER_KG
    return np.asarray(_areas(course, body, parameters, catalogue) / unit)


def _areas(
    course: Course, body: Body, parameters: Mapping[str, Array], catalogue: Catalogue
) -> Array:
    found = modes(drug_system(course, body, parameters, catalogue=catalogue))
    areas = []
    for session in course.sessions:
        given = inflows_of(
            [(session.start_h, session.dose)],
            model=serving(body.model, [s.dose for s in course.sessions]),
            catalogue=catalogue,
            weight_kg=body.weight_kg,
            parameters=body.parameters,
        )
        areas.append(sum(_area(found, inflow) for inflow in given))
    return np.array(areas)


def _area(found: Modes, inflow: Inflow) -> float:
    row = found.outputs.index("driver.nmda")
    channel = found.channels.index(inflow.channel)
    per_umol = found.weights[0, row] * found.forcing[0, :, channel] / found.rates[0]
    return float(per_umol.sum() * inflow.amount_umol)
