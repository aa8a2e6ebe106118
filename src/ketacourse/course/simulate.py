"""The simulate step: from a case to the course it may take, with its uncertainty."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.course import plan
from ketacourse.course.chances import chances_of
from ketacourse.course.milestones import milestones_of
from ketacourse.course.result import Link, Series, Simulation
from ketacourse.course.screen import Screening, outside_evidence, screen
from ketacourse.course.series import CHAIN, LINKED_SCALES, MOLAR_MASS, PLASMA, About
from ketacourse.engine.problem import Problem
from ketacourse.engine.recorded import record_chain
from ketacourse.engine.solve import DEFAULT_TOLERANCE, FINE_TOLERANCE, solve
from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue, Parameter, load_catalogue
from ketacourse.evidence.links import load_links
from ketacourse.evidence.posterior import as_calibrated
from ketacourse.evidence.variants import Variant, load_variants, variant
from ketacourse.model.chain import REFERENCES
from ketacourse.model.pk.linear import restrict
from ketacourse.model.pk.models import MODELS, STANDARD, pk_parameters, serving
from ketacourse.model.pk.modes import modes, solve_modes
from ketacourse.population.batch import Body, drug_system, pose_course, with_references
from ketacourse.population.ensemble import CHAIN_UNITS, EXTRA_UNITS, Ensemble, build_ensemble
from ketacourse.population.persons import as_persons
from ketacourse.population.variability import UNITS as VARIABILITY_UNITS
from ketacourse.therapy.case import Case
from ketacourse.therapy.links import convert
from ketacourse.therapy.scales import scale
from ketacourse.version import VERSION

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]

BAND_CONTAINS = (
    "uncertainty of parameters, disagreement between mechanism variants, and how much people of "
    "these characteristics differ; not rating error, nor ups and downs of the illness"
)
SINGLE_VARIANT_BAND = (
    "uncertainty of parameters within one mechanism variant, and how much people of these "
    "characteristics differ; not rating error, nor ups and downs of the illness"
)
DEFAULT_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A solved ensemble: the rows of the ensemble and, last, the masked control."""

    case: Case
    catalogue: Catalogue
    ensemble: Ensemble
    parameters: Mapping[str, Array]
    body: Body
    times_h: Array
    problem: Problem
    chain: Mapping[str, Array]


def simulate(
    case: Case,
    *,
    pk_model: str = STANDARD,
    variants: tuple[str, ...] = (),
    draws: int = DEFAULT_DRAWS,
    seed: int = 1,
    research: bool = False,
    fine: bool = False,
    screening: Screening | None = None,
    progress: Progress | None = None,
) -> Simulation:
    """Simulate the course of one case.

    Parameters
    ----------
    case
        The patient and the planned course.
    pk_model
        Name of the pharmacokinetic model.
    variants
        Keys of the mechanism variants to run; all by default.
    draws
        Parameter draws behind the bands, shared among the variants.
    seed
        Seed of the random streams: same seed, same result.
    research
        Allow courses outside the range the evidence covers; the result is marked.
    fine
        Integrate to 1e-5 of each output's range instead of 1e-3.
    screening
        Findings of the screen step, run here when absent.
    progress
        Called with the name of a step and the share done (0 to 1).

    Raises
    ------
    InputError
        If an option makes no sense, or the course is outside the evidence.
    SolverError
        If the integration fails.
    """
    tell = progress or _silent
    if not 10 <= draws <= 100_000:
        raise InputError(f"draws is {draws}.", remedy="Give 10 to 100000 parameter draws.")
    chosen = tuple(variant(k) for k in variants) or tuple(load_variants().values())
    catalogue = load_catalogue()
    pk_model = serving(pk_model, [s.dose for s in case.course.sessions])
    screening = screen(case, research=research) if screening is None else screening
    outside = outside_evidence(screening, research=research)
    tell("draw parameters", 0.05)
    run = _solved(case, chosen, pk_model, draws, seed, fine, catalogue, tell)
    tell("collect results", 0.8)
    series = {**_plasma_series(run), **_chain_series(run, chosen), **_scale_series(run, chosen)}
    used = _parameters_used(run, chosen, pk_model)
    links = tuple(
        Link(
            source=k.source, target=k.target, grade=k.grade, statement=k.statement,
            source_keys=k.source_keys,
        )
        for k in load_links()
    )  # fmt: skip
    keys = dict.fromkeys(
        [p.source for p in used]
        + [s for k in links for s in k.source_keys]
        + list(plan.sources_of_tables(case, tuple(LINKED_SCALES)))
        + [f.source for f in screening.findings]
    )
    tell("done", 1.0)
    return Simulation(
        case=case,
        times_h=run.times_h,
        series=series,
        milestones=milestones_of(case, run.times_h, series),
        findings=screening.findings,
        links=links,
        parameters_used=used,
        sources_used=tuple(catalogue.sources[k] for k in keys if k in catalogue.sources),
        research=research or outside,
        seed=seed,
        draws=draws,
        model_digest=f"{record_chain().digest}-{catalogue.digest}",
        version=VERSION,
        variants={v.key: v.label for v in chosen},
        band_contains=BAND_CONTAINS if len(chosen) > 1 else SINGLE_VARIANT_BAND,
        outcomes=chances_of(
            case, run.times_h, run.chain["madrs"][: run.ensemble.size][~run.ensemble.typical]
        ),
    )


def _silent(_step: str, _share: float) -> None:
    """Show nothing."""


def _solved(
    case: Case,
    chosen: tuple[Variant, ...],
    pk_name: str,
    draws: int,
    seed: int,
    fine: bool,
    catalogue: Catalogue,
    tell: Progress,
) -> _Run:
    """Run typical patient, draws and masked control on the case's course."""
    routes = tuple(dict.fromkeys(s.dose.route for s in case.course.sessions)) or ("iv_infusion",)
    ensemble = build_ensemble(
        chosen,
        draws=draws,
        seed=seed,
        catalogue=catalogue,
        pk_units=pk_parameters(pk_name, routes),
    )
    tell("run the reference session", 0.15)
    tolerance = FINE_TOLERANCE if fine else DEFAULT_TOLERANCE
    typical = {
        **ensemble.values,
        **plan.patient_parameters(case, ensemble.values, catalogue=catalogue),
    }
    believed = {name: values for name, values in typical.items() if name not in EXTRA_UNITS}
    believed = with_references(believed, catalogue=catalogue, tolerance=tolerance)
    people = as_persons(
        ensemble.values, ~ensemble.typical, variant=chosen[0].key, seed=seed, catalogue=catalogue
    )
    own = plan.patient_parameters(case, people, catalogue=catalogue)
    references = {name: believed[name] for name in REFERENCES}
    chain_rows = {
        name: values
        for name, values in {**people, **own, **references}.items()
        if name not in EXTRA_UNITS
    }
    control = ensemble.row(chosen[0].key)
    parameters = {name: np.append(v, v[control]) for name, v in chain_rows.items()}
    pk_values = {n: np.append(v, v[control]) for n, v in ensemble.pharmacokinetics.items()}
    body = Body(
        model=pk_name,
        weight_kg=case.patient.weight_kg,
        age_years=case.patient.age_years,
        modifiers=plan.modifiers_of(case.patient),
        parameters=pk_values,
    )
    start_h = min([0.0, *(t.start_h for t in case.course.therapy)])
    times = plan.report_times(case.course, start_h=start_h)
    tell("run the course", 0.3)
    problem = pose_course(
        case.course,
        body=body,
        parameters=parameters,
        times_h=times,
        catalogue=catalogue,
        dose_factor=np.append(np.ones(ensemble.size), 0.0),
    )
    got = solve(problem, tolerance=tolerance)
    return _Run(
        case=case,
        catalogue=catalogue,
        ensemble=ensemble,
        parameters=parameters,
        body=body,
        times_h=times,
        problem=problem,
        chain={name: got.of(name) for name in CHAIN},
    )


def _series(name: str, about: About, rows: Array, run: _Run, chosen: tuple[Variant, ...]) -> Series:
    """Return the series of one quantity from all rows, shape (N + 1, n_times)."""
    drawn = rows[: run.ensemble.size][~run.ensemble.typical]
    lower, upper = np.percentile(drawn, [5.0, 95.0], axis=0)
    typical = rows[run.ensemble.row(chosen[0].key)]
    return Series(
        name=name,
        label=about.label,
        unit=about.unit,
        stage=about.stage,
        grade=about.grade,
        typical=typical,
        lower=np.minimum(lower, typical),
        upper=np.maximum(upper, typical),
        variants={v.key: rows[run.ensemble.row(v.key)] for v in chosen} if len(chosen) > 1 else {},
        control=rows[-1] if name in ("madrs", "suicidal_ideation", *LINKED_SCALES) else None,
        note=about.note,
    )


def _chain_series(run: _Run, chosen: tuple[Variant, ...]) -> dict[str, Series]:
    return {
        name: _series(name, about, run.chain[name], run, chosen) for name, about in CHAIN.items()
    }


def _scale_series(run: _Run, chosen: tuple[Variant, ...]) -> dict[str, Series]:
    """Return the linked scales; one recorded at baseline starts at what was recorded."""
    madrs = np.clip(run.chain["madrs"], 0.0, 60.0)
    found = {}
    for key, about in LINKED_SCALES.items():
        values = np.asarray(convert(madrs, "madrs", key), dtype=float)
        if key in run.case.baseline and values[0, 0] > 0:
            values = values * run.case.baseline[key] / values[:, :1]
        found[key] = _series(key, about, np.clip(values, 0.0, scale(key).maximum), run, chosen)
    return found


def _plasma_series(run: _Run) -> dict[str, Series]:
    """Return the concentration of each analyte, with the other models' typical curves."""
    found = {}
    inflows = run.problem.schedule.inflows
    rows = [run.ensemble.row(run.ensemble.variant[0]), *np.flatnonzero(~run.ensemble.typical)]
    rows = rows[: 1 + MAX_PLASMA_DRAWS]
    picked = run.problem.subset(np.array(rows))
    names = [n for n in PLASMA if n in picked.modes.outputs]
    where = [picked.modes.outputs.index(n) for n in names]
    few = replace(picked.modes, weights=picked.modes.weights[:, where, :], outputs=tuple(names))
    given = [i._replace(amount_umol=a) for i, a in zip(inflows, picked.amounts, strict=True)]
    values = solve_modes(few, given, run.times_h)
    others = _other_models(run)
    for column, name in enumerate(names):
        mass = run.catalogue.value(MOLAR_MASS[name], "g/mol")
        rows_of = np.maximum(values[:, :, column] * mass, 0.0)
        lower, upper = np.percentile(rows_of[1:], [5.0, 95.0], axis=0)
        about = PLASMA[name]
        found[name] = Series(
            name=name,
            label=about.label,
            unit=about.unit,
            stage=about.stage,
            grade=about.grade,
            typical=rows_of[0],
            lower=np.minimum(lower, rows_of[0]),
            upper=np.maximum(upper, rows_of[0]),
            alternatives={
                label: curves[name] * mass for label, curves in others.items() if name in curves
            },
            note=about.note,
        )
    return found


MAX_PLASMA_DRAWS = 100
"""Draws behind the bands of plasma concentration: enough for a 90% band of a smooth curve."""


def _other_models(run: _Run) -> dict[str, dict[str, Array]]:
    """Return typical concentrations (umol/L) of the other models that can serve the course."""
    row = np.array([run.ensemble.row(run.ensemble.variant[0])])
    parameters = {name: values[row] for name, values in run.parameters.items()}
    found: dict[str, dict[str, Array]] = {}
    for name in MODELS:
        if name == run.body.model:
            continue
        body = replace(run.body, model=name, parameters={})
        try:
            system = drug_system(run.case.course, body, parameters, catalogue=run.catalogue)
        except InputError:
            continue  # this model has no such drug or route
        wanted = tuple(n for n in ("ketamine_total", "ketamine_venous") if n in system.outputs)
        inflows = plan.inflows_for(run.case.course, body, run.catalogue)
        values = solve_modes(modes(restrict(system, wanted)), inflows, run.times_h)[0]
        label = MODELS[name].label
        found[label] = {n: np.maximum(values[:, i], 0.0) for i, n in enumerate(wanted)}
    return found


def _parameters_used(run: _Run, chosen: tuple[Variant, ...], pk_name: str) -> tuple[Parameter, ...]:
    routes = tuple(dict.fromkeys(s.dose.route for s in run.case.course.sessions))
    names = [*CHAIN_UNITS, *EXTRA_UNITS, *pk_parameters(pk_name, routes)]
    names += [n for v in chosen for n in v.overrides]
    names += plan.parameters_read(run.case)
    names += [MOLAR_MASS[n] for n in PLASMA if n in run.problem.modes.outputs]
    names += list(VARIABILITY_UNITS)
    base = chosen[0].key
    return tuple(as_calibrated(run.catalogue.parameter(n), base) for n in dict.fromkeys(names))
