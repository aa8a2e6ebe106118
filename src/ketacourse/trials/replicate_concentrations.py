"""Predicted concentrations, peaks, times, exposures and clearances of published studies.

The prediction is that of a typical subject. Its interval joins, on the log scale, what is
believed of the parameters, what separates studies, and how much means of n subjects vary.
All rows of one regimen come from one run of the linear system.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.rules import load_rules
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.models import BASE_MODEL, STANDARD, pk_model, pk_parameters, serving
from ketacourse.model.pk.modes import modes
from ketacourse.model.pk.molar import molar_mass, substance_of
from ketacourse.model.pk.routes import DoseLike, PlainDose, Route, part_of
from ketacourse.model.pk.variability import SHARED_IN_TIME, pk_variability
from ketacourse.population.uncertainty import draw_belief, stream
from ketacourse.trials.replicate_ancestry import of_ancestry
from ketacourse.trials.replicate_concentration_rows import ConcentrationQuery
from ketacourse.trials.replicate_concentration_values import GRID_H, Batch, rows_of, values
from ketacourse.trials.replicate_interval import log_interval
from ketacourse.trials.replicate_prediction import Prediction, not_supported, predicted
from ketacourse.trials.replicate_regimen import Regimen

Array = NDArray[np.float64]

COARSE_H = 0.1
"""Step of that grid where it only serves the width of an interval (h)."""
VEIN: Route = "iv_infusion"
"""Route with which bioavailability compares."""
NEEDLE = ("iv_infusion", "iv_bolus", "im", "sc")
HIGHEST_DOSE_RULE = "EXT-002"
"""Rule above whose dose nothing is simulated."""
BETWEEN = {
    "tmax": "replicate.time_between",
    "half_life": "replicate.half_life_between",
    "residence": "replicate.half_life_between",
    "steady_volume": "replicate.half_life_between",
    "terminal_volume": "replicate.half_life_between",
}
"""Spread between studies of what is no concentration and no exposure."""
SUBJECTS = 200
"""Subjects behind the spread of a single value."""


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
    typical = {
        n: np.array(catalogue.value(n, u))
        for n, u in pk_parameters(served, (query.regimen.route,)).items()
    }
    body = of_ancestry(typical, query.regimen.ancestry, catalogue)
    batch = _batch(served, query.regimen, _half(query), body, catalogue)
    return float(values(query, batch, catalogue, step_h=GRID_H)[0])


def _predict(
    query: ConcentrationQuery, batch: Batch, draws: int, catalogue: Catalogue
) -> Prediction:
    try:
        typical = values(query, rows_of(batch, slice(0, 1)), catalogue, step_h=GRID_H)[0]
        many = values(query, rows_of(batch, slice(1, None)), catalogue, step_h=COARSE_H)
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
    variance = catalogue.value(BETWEEN.get(query.metric, "replicate.concentration_between"), "1")
    variance = variance**2
    if not query.regimen.weight_stated and query.metric not in BETWEEN:
        variance += catalogue.value("replicate.weight_between", "1") ** 2
    if query.regimen.route == "iv_bolus" and query.metric == "cmax":
        variance += catalogue.value("replicate.push_peak_between", "1") ** 2
    if query.metric == "conc" and query.time_h is not None:
        late_h = max(query.time_h - catalogue.value("replicate.tail_start", "h"), 0.0)
        variance += (catalogue.value("replicate.tail_growth", "1/h") * late_h) ** 2
    return math.sqrt(variance)


def _residual(query: ConcentrationQuery, catalogue: Catalogue) -> float:
    if query.metric not in ("conc", "cmax"):
        return 0.0
    return math.hypot(
        *(
            catalogue.value(f"pk_residual.{substance_of(piece)}", "1")
            for piece in query.output.split("/")
        )
    )


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
    return of_ancestry(found, regimen.ancestry, catalogue)


def _batch(
    model: str,
    regimen: Regimen,
    half: str,
    parameters: Mapping[str, Array],
    catalogue: Catalogue,
) -> Batch:
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
    return Batch(
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
