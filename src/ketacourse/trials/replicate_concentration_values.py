"""Quantities read from the linear system of one regimen: peaks, exposures, half-lives, volumes.

Every quantity is computed for all bodies of a batch at once, and the exposures and mean
residence times exactly, mode by mode.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model.pk.linear import Inflow
from ketacourse.model.pk.modes import Modes, solve_modes
from ketacourse.model.pk.molar import molar_mass
from ketacourse.trials.replicate_concentration_rows import ConcentrationQuery

Array = NDArray[np.float64]

GRID_H = 1.0 / 60.0
"""Step of the grid on which a peak is looked for (h)."""
AFTER_LAST_H = 12.0
"""Time after the last step within which a peak is looked for (h)."""
TAIL_H = (8.0, 24.0)
"""Times after the last step between which the half-life is read (h): a day of samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One regimen in N bodies: row 0 is typical, then belief, then subjects."""

    modes: Modes
    inflows: tuple[Inflow, ...]
    dose_umol: Array
    end_h: float
    weight_kg: float


def rows_of(batch: Batch, rows: slice) -> Batch:
    """Return some of the bodies of a batch."""
    found = batch.modes
    if len(found.rates) == 1:
        return batch
    return replace(
        batch,
        modes=replace(
            found, rates=found.rates[rows], forcing=found.forcing[rows], weights=found.weights[rows]
        ),
        inflows=tuple(_picked(inflow, rows) for inflow in batch.inflows),
    )


def _picked(inflow: Inflow, rows: slice) -> Inflow:
    amount = np.asarray(inflow.amount_umol)
    return inflow._replace(amount_umol=amount[rows]) if amount.ndim else inflow


def values(
    query: ConcentrationQuery, batch: Batch, catalogue: Catalogue, *, step_h: float
) -> Array:
    """Return the quantity in the unit of the row, shape (N,)."""
    above, _, below = query.output.partition("/")
    batch = _of_isomer(batch, query.isomer)
    value = _metric(query, batch, above, step_h)
    if below:
        return value / _metric(query, batch, below, step_h) * query.share * query.factor
    if query.metric in ("tmax", "half_life", "residence"):
        return value * query.factor
    if query.metric in ("clearance", "bioavailability", "steady_volume", "terminal_volume"):
        per_kg = batch.weight_kg if query.unit == "mass" else 1.0
        return value / per_kg * query.factor
    mass = molar_mass(above, catalogue) if query.unit == "mass" else 1.0
    return value * mass * query.share * query.factor


def _of_isomer(batch: Batch, isomer: str) -> Batch:
    """Return the batch with only the inflows of one enantiomer, where one is asked for."""
    if not isomer:
        return batch
    kept = tuple(i for i in batch.inflows if i.channel.startswith(f"{isomer}_"))
    return replace(batch, inflows=kept)


def _metric(query: ConcentrationQuery, batch: Batch, output: str, step_h: float) -> Array:
    found = _only(batch.modes, output)
    if query.metric in ("auc", "auc_ratio"):
        return _area(found, batch.inflows, query.time_h)
    if query.metric == "conc":
        return _course(found, batch, np.array([query.time_h]))[:, 0]
    if query.metric in ("clearance", "bioavailability"):
        return _clearance(query, batch, found)
    if query.metric in ("half_life", "residence", "steady_volume", "terminal_volume"):
        return _disposition(query, batch, found)
    return _peak(query, batch, found, step_h)


def _peak(query: ConcentrationQuery, batch: Batch, found: Modes, step_h: float) -> Array:
    ends = [i.start_h + i.duration_h for i in batch.inflows]
    times = np.union1d(np.arange(0.0, batch.end_h + AFTER_LAST_H, step_h), ends)
    course = _course(found, batch, times)
    if query.metric == "cmax":
        return np.asarray(course.max(axis=1))
    return np.asarray(times[course.argmax(axis=1)])


def _only(found: Modes, output: str) -> Modes:
    if output not in found.outputs:
        raise InputError(
            f"The model has no output '{output}'.", remedy=f"It has {', '.join(found.outputs)}."
        )
    at = found.outputs.index(output)
    return replace(found, weights=found.weights[:, at : at + 1], outputs=(output,))


def _course(found: Modes, batch: Batch, times_h: Array) -> Array:
    return solve_modes(found, batch.inflows, times_h)[:, :, 0]


def _area(found: Modes, inflows: Sequence[Inflow], until_h: float | None) -> Array:
    """Return the area under one output (umol*h/L), shape (N,), exact mode by mode."""
    area = np.zeros(len(found.rates))
    for inflow in inflows:
        given = found.forcing[:, :, found.channels.index(inflow.channel)]
        given = given * np.asarray(inflow.amount_umol).reshape(-1, 1)
        part = np.ones_like(found.rates)
        if until_h is not None:
            part = _share_passed(found.rates, inflow, until_h)
        area = area + (found.weights[:, 0] * given * part / found.rates).sum(axis=1)
    return area


def _share_passed(rates: Array, inflow: Inflow, until_h: float) -> Array:
    """Return the share of each mode's whole area that lies before a time."""
    since = max(until_h - inflow.start_h, 0.0)
    if inflow.duration_h == 0.0:
        return np.asarray(-np.expm1(-rates * since))
    inside = min(since, inflow.duration_h)
    filled = -np.expm1(-rates * inside) / rates
    kept = np.exp(-rates * (since - inside))
    return np.asarray((inside - filled * kept) / inflow.duration_h)


def _clearance(query: ConcentrationQuery, batch: Batch, found: Modes) -> Array:
    """Return dose over exposure (L/h), or exposure relative to a dose into the vein."""
    area = _area(found, batch.inflows, None)
    both = query.output.startswith("ketamine") and query.regimen.drug == "ketamine"
    dose = batch.dose_umol * (1.0 if both or query.regimen.drug != "ketamine" else 0.5)
    if query.metric != "bioavailability":
        return np.asarray(dose / area)
    vein = [
        Inflow(f"{e}_ketamine.iv", 0.0, 0.0, dose / (2.0 if both else 1.0))
        for e in ("s", "r")
        if f"{e}_ketamine.iv" in found.channels and query.isomer in ("", e)
    ]
    if not vein:
        raise InputError("The model has no vein to compare with.", remedy="Ask for the exposure.")
    return np.asarray(area / _area(found, vein, None))


def _disposition(query: ConcentrationQuery, batch: Batch, found: Modes) -> Array:
    """Return what a whole course says of the body: half-life, residence time or volume."""
    if query.metric == "half_life":
        return np.asarray(math.log(2.0) / _slope(found, batch))
    if query.metric == "residence":
        return _residence(found, batch.inflows)
    cleared = _clearance(query, batch, found)
    if query.metric == "steady_volume":
        return cleared * _residence(found, batch.inflows)
    return cleared / _slope(found, batch)


def _slope(found: Modes, batch: Batch) -> Array:
    """Return the rate of the late decline (1/h)."""
    early, late = _course(found, batch, batch.end_h + np.array(TAIL_H)).T
    return np.asarray(np.log(early / late) / (TAIL_H[1] - TAIL_H[0]))


def _residence(found: Modes, inflows: Sequence[Inflow]) -> Array:
    """Return the mean residence time (h), without the mean time at which drug was given."""
    area, moment = np.zeros(len(found.rates)), np.zeros(len(found.rates))
    for inflow in inflows:
        given = found.forcing[:, :, found.channels.index(inflow.channel)]
        part = found.weights[:, 0] * given * np.asarray(inflow.amount_umol).reshape(-1, 1)
        area = area + (part / found.rates).sum(axis=1)
        moment = moment + (part / found.rates**2).sum(axis=1)
    return moment / area
