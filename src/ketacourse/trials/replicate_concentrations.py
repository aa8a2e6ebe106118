"""Predicted concentrations, peaks, times, exposures and clearances of published studies.

The prediction is that of a typical subject. Its interval joins, on the log scale, what is
believed of the parameters, what separates studies, and how much means of n subjects vary.
All rows of one regimen come from one run of the linear system.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.rules import load_rules
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.linear import Inflow
from ketacourse.model.pk.models import BASE_MODEL, STANDARD, pk_model, pk_parameters, serving
from ketacourse.model.pk.modes import Modes, modes, solve_modes
from ketacourse.model.pk.molar import molar_mass, substance_of
from ketacourse.model.pk.routes import DoseLike, PlainDose, Route, part_of
from ketacourse.model.pk.variability import SHARED_IN_TIME, pk_variability
from ketacourse.population.uncertainty import draw_belief, stream
from ketacourse.trials.replicate_concentration_rows import ConcentrationQuery
from ketacourse.trials.replicate_interval import log_interval
from ketacourse.trials.replicate_prediction import Prediction, not_supported, predicted
from ketacourse.trials.replicate_regimen import Regimen

Array = NDArray[np.float64]

GRID_H = 1.0 / 60.0
"""Step of the grid on which a peak is looked for (h)."""
AFTER_LAST_H = 12.0
"""Time after the last step within which a peak is looked for (h)."""
COARSE_H = 0.1
"""Step of that grid where it only serves the width of an interval (h)."""
TAIL_H = (6.0, 12.0)
"""Times after the last step between which the half-life is read (h)."""
VEIN: Route = "iv_infusion"
"""Route with which bioavailability compares."""
NEEDLE = ("iv_infusion", "iv_bolus", "im", "sc")
HIGHEST_DOSE_RULE = "EXT-002"
"""Rule above whose dose nothing is simulated."""
SUBJECTS = 200
"""Subjects behind the spread of a single value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """One regimen in N bodies: row 0 is typical, then belief, then subjects."""

    modes: Modes
    inflows: tuple[Inflow, ...]
    dose_umol: Array
    end_h: float
    weight_kg: float


def predict_concentrations(
    queries: Sequence[ConcentrationQuery],
    *,
    model: str = STANDARD,
    catalogue: Catalogue,
    draws: int,
    seed: int,
) -> list[Prediction]:
    """Return the prediction of each query, in order.

    Parameters
    ----------
    model
        Name of the pharmacokinetic model.
    draws
        Draws of what is believed of the parameters.
    seed
        Seed of the random streams.
    """
    groups: dict[tuple[Regimen, str, str], list[int]] = {}
    for position, query in enumerate(queries):
        key = (query.regimen, _half(query), serving_model(query, model))
        groups.setdefault(key, []).append(position)
    found: dict[int, Prediction] = {}
    for (regimen, half, served), positions in groups.items():
        if too_much := _above_range(regimen):
            found |= {p: not_supported(too_much) for p in positions}
            continue
        try:
            bodies = _bodies(served, regimen, catalogue=catalogue, draws=draws, seed=seed)
            batch = _batch(served, regimen, half, bodies, catalogue)
        except InputError as error:
            found |= {p: not_supported(error.problem) for p in positions}
            continue
        for position in positions:
            found[position] = _predict(queries[position], batch, draws, catalogue)
    return [found[position] for position in range(len(queries))]


def _above_range(regimen: Regimen) -> str:
    """Return why a dose by needle is above what may be simulated, or nothing."""
    (limit,) = load_rules().rule(HIGHEST_DOSE_RULE).require
    whole = sum(amount for _, amount in regimen.steps)
    per_kg = whole if regimen.dose_unit == "mg/kg" else whole / regimen.weight_kg
    assert limit.value is not None  # a numeric rule always has its limit
    if regimen.route in NEEDLE and per_kg > limit.value:
        return f"a dose of {per_kg:.3g} mg/kg is above {limit.value:g} mg/kg"
    return ""


def serving_model(query: ConcentrationQuery, model: str) -> str:
    """Return the name of the model that answers a query (see `models.serving`).

    Only the base model has hydroxynorketamine for every route.
    """
    if model == STANDARD and "hydroxynorketamine" in query.output:
        return BASE_MODEL
    return serving(model, [query.regimen])


def typical_value(query: ConcentrationQuery, *, model: str, catalogue: Catalogue) -> float:
    """Return the prediction for a typical subject, in the unit of the row.

    Raises
    ------
    InputError
        If the model lacks the drug, the route or the output.
    """
    served = serving_model(query, model)
    batch = _batch(served, query.regimen, _half(query), {}, catalogue)
    return float(_values(query, batch, catalogue, step_h=GRID_H)[0])


def _predict(
    query: ConcentrationQuery, batch: _Batch, draws: int, catalogue: Catalogue
) -> Prediction:
    try:
        typical = _values(query, _rows(batch, slice(0, 1)), catalogue, step_h=GRID_H)[0]
        many = _values(query, _rows(batch, slice(1, None)), catalogue, step_h=COARSE_H)
    except InputError as error:
        return not_supported(error.problem)
    if not typical > 0.0:
        return not_supported("the model predicts none of it")
    subjects = np.log(np.maximum(many[draws:], 1e-300))
    n = query.n or catalogue.value("replicate.arm_size", "1")
    residual = _residual(query, catalogue)
    sampling = (float(np.var(subjects)) + residual**2) / n
    # Belief is about typical bodies; only its spread and shape count, about the prediction.
    log_sd = math.sqrt(sampling + _between(query, catalogue) ** 2)
    low, high = log_interval(float(typical), many[:draws], log_sd=log_sd)
    assumed = query.assumptions if query.n else (*query.assumptions, f"{n:g} subjects")
    return predicted(float(typical), low, high, assumptions=assumed)


def _between(query: ConcentrationQuery, catalogue: Catalogue) -> float:
    """Return what separates studies (log SD)."""
    times = query.metric in ("tmax", "half_life")
    name = "replicate.time_between" if times else "replicate.concentration_between"
    variance = catalogue.value(name, "1") ** 2
    if not query.regimen.weight_stated and not times:
        variance += catalogue.value("replicate.weight_between", "1") ** 2
    if query.metric == "conc" and query.time_h is not None:
        late_h = max(query.time_h - catalogue.value("replicate.tail_start", "h"), 0.0)
        variance += (catalogue.value("replicate.tail_growth", "1/h") * late_h) ** 2
    return math.sqrt(variance)


def _residual(query: ConcentrationQuery, catalogue: Catalogue) -> float:
    if query.metric not in ("conc", "cmax"):
        return 0.0
    return catalogue.value(f"pk_residual.{substance_of(query.output)}", "1")


def _half(query: ConcentrationQuery) -> str:
    """Return the enantiomer to which a dose by needle can be reduced, or empty."""
    return query.isomer or query.output


def _bodies(
    model: str, regimen: Regimen, *, catalogue: Catalogue, draws: int, seed: int
) -> dict[str, Array]:
    """Return parameters of the typical body, of the draws and of the subjects."""
    units = pk_parameters(model, (regimen.route,))
    people = pk_variability(model, catalogue=catalogue, routes=(regimen.route,))
    random = stream(seed, f"replicate:subjects:{model}:{regimen.route}")
    eta = random.multivariate_normal(
        np.zeros(len(people.names)), people.omega, size=SUBJECTS, method="cholesky"
    )
    subjects = people.parameters(eta)
    found = {}
    for name, unit in units.items():
        typical = catalogue.value(name, unit)
        if name.endswith(SHARED_IN_TIME):
            continue
        belief = draw_belief(catalogue.parameter(name), count=draws, seed=seed, unit=unit)
        others = subjects.get(name, np.full(SUBJECTS, typical))
        found[name] = np.concatenate([[typical], belief, others])
    return found


def _batch(
    model: str,
    regimen: Regimen,
    half: str,
    parameters: Mapping[str, Array],
    catalogue: Catalogue,
) -> _Batch:
    doses = _doses(regimen, half)
    system = pk_model(
        model,
        catalogue=catalogue,
        routes=tuple(dict.fromkeys((doses[0][1].route, VEIN))),
        drugs=[doses[0][1].drug],
        weight_kg=regimen.weight_kg,
        age_years=regimen.age_years,
        modifiers=regimen.modifiers(),
        parameters=parameters,
    )
    inflows = inflows_of(
        doses, model=model, catalogue=catalogue, weight_kg=regimen.weight_kg,
        parameters=parameters,
    )  # fmt: skip
    whole = sum(amount for _, amount in regimen.steps)
    mg = whole * (regimen.weight_kg if regimen.dose_unit == "mg/kg" else 1.0)
    return _Batch(
        modes=modes(system),
        inflows=inflows,
        dose_umol=np.array(mg * 1000.0 / molar_mass("ketamine", catalogue)),
        end_h=max(i.start_h + i.duration_h for i in inflows),
        weight_kg=regimen.weight_kg,
    )


def _doses(regimen: Regimen, half: str) -> list[tuple[float, DoseLike]]:
    start_h = 0.0
    doses: list[tuple[float, DoseLike]] = []
    for duration_h, amount in regimen.steps:
        per_kg = regimen.dose_unit == "mg/kg"
        dose = PlainDose(
            drug=regimen.drug,
            route=regimen.route,
            amount_mg=None if per_kg else amount,
            amount_mg_per_kg=amount if per_kg else None,
            duration_h=duration_h,
        )
        doses.append((start_h, part_of(dose, f"{half}_" if len(half) == 1 else half)))
        start_h += duration_h
    return doses


def _rows(batch: _Batch, rows: slice) -> _Batch:
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


def _values(
    query: ConcentrationQuery, batch: _Batch, catalogue: Catalogue, *, step_h: float
) -> Array:
    """Return the quantity in the unit of the row, shape (N,)."""
    above, _, below = query.output.partition("/")
    batch = _of_isomer(batch, query.isomer)
    value = _metric(query, batch, above, step_h)
    if below:
        return value / _metric(query, batch, below, step_h) * query.share * query.factor
    if query.metric in ("tmax", "half_life"):
        return value * query.factor
    if query.metric in ("clearance", "bioavailability"):
        per_kg = batch.weight_kg if query.unit == "mass" else 1.0
        return value / per_kg * query.factor
    mass = molar_mass(above, catalogue) if query.unit == "mass" else 1.0
    return value * mass * query.share * query.factor


def _of_isomer(batch: _Batch, isomer: str) -> _Batch:
    """Return the batch with only the inflows of one enantiomer, where one is asked for."""
    if not isomer:
        return batch
    kept = tuple(i for i in batch.inflows if i.channel.startswith(f"{isomer}_"))
    return replace(batch, inflows=kept)


def _metric(query: ConcentrationQuery, batch: _Batch, output: str, step_h: float) -> Array:
    found = _only(batch.modes, output)
    if query.metric in ("auc", "auc_ratio"):
        return _area(found, batch.inflows, query.time_h)
    if query.metric == "conc":
        return _course(found, batch, np.array([query.time_h]))[:, 0]
    if query.metric in ("clearance", "bioavailability"):
        return _clearance(query, batch, found)
    if query.metric == "half_life":
        early, late = _course(found, batch, batch.end_h + np.array(TAIL_H)).T
        return np.asarray(math.log(2.0) * (TAIL_H[1] - TAIL_H[0]) / np.log(early / late))
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


def _course(found: Modes, batch: _Batch, times_h: Array) -> Array:
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


def _clearance(query: ConcentrationQuery, batch: _Batch, found: Modes) -> Array:
    """Return dose over exposure (L/h), or exposure relative to a dose into the vein."""
    area = _area(found, batch.inflows, None)
    both = query.output.startswith("ketamine") and query.regimen.drug == "ketamine"
    dose = batch.dose_umol * (1.0 if both or query.regimen.drug != "ketamine" else 0.5)
    if query.metric == "clearance":
        return np.asarray(dose / area)
    vein = [
        Inflow(f"{e}_ketamine.iv", 0.0, 0.0, dose / (2.0 if both else 1.0))
        for e in ("s", "r")
        if f"{e}_ketamine.iv" in found.channels and query.isomer in ("", e)
    ]
    if not vein:
        raise InputError("The model has no vein to compare with.", remedy="Ask for the exposure.")
    return np.asarray(area / _area(found, vein, None))
