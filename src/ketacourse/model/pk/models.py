"""The pharmacokinetic models by name, and a system built from one of them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, Protocol

import numpy as np

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model.pk import absorption as routes_module
from ketacourse.model.pk import domino as domino_module
from ketacourse.model.pk import kamp as kamp_module
from ketacourse.model.pk import modifiers as modifiers_module
from ketacourse.model.pk import otto as otto_module
from ketacourse.model.pk import perez_ruixo as perez_module
from ketacourse.model.pk import simons as simons_module
from ketacourse.model.pk.compartments import Quantity, assemble
from ketacourse.model.pk.disposition import Covariates, Disposition, Values
from ketacourse.model.pk.linear import FloatArray, LinearSystem
from ketacourse.model.pk.modifiers import PkModifiers, exposure_ratios
from ketacourse.model.pk.routes import ROUTES, Drug, Enantiomer, Route, enantiomers_of

Build = Callable[..., Disposition]


@dataclass(frozen=True, slots=True, kw_only=True)
class PkModel:
    """One published or composite model: what it holds and what it lacks.

    ``without`` names parameters of the routes that the model has no use for, because its
    own parameters stand in their place.
    """

    name: str
    label: str
    site: Literal["arterial and venous", "arterial", "venous", "not stated"]
    enantiomers: tuple[Enantiomer, ...]
    analytes: tuple[str, ...]
    routes: tuple[Route, ...]
    caution: str
    build: Build
    units: Mapping[str, str]
    without: tuple[str, ...] = ()


RACEMATE: tuple[Drug, ...] = ("ketamine",)

BASE_MODEL = "kamp"
NASAL_MODEL = "perez_ruixo"
STANDARD = "standard"
"""The choice that takes, for each course, the model that serves it best (see `serving`)."""

MODELS: dict[str, PkModel] = {
    m.name: m
    for m in (
        PkModel(
            name="kamp",
            label="Kamp 2020 disposition, Otto 2021 norketamine, sampling delay (composite)",
            site="arterial and venous",
            enantiomers=("s", "r"),
            analytes=("ketamine", "norketamine", "hydroxynorketamine"),
            routes=ROUTES,
            caution="A composite: its parts are published, the whole is not.",
            build=kamp_module.kamp,
            units=kamp_module.UNITS,
        ),
        PkModel(
            name="fanta_otto",
            label="Fanta 2015 and Otto 2021 (S-ketamine, venous)",
            site="venous",
            enantiomers=("s", "r"),
            analytes=("ketamine", "norketamine"),
            routes=ROUTES,
            caution="R-ketamine is not in the publication; only its clearance is changed by a "
            "ratio. No hydroxynorketamine.",
            build=otto_module.fanta_otto,
            units=otto_module.UNITS,
        ),
        PkModel(
            name="perez_ruixo",
            label="Perez-Ruixo 2021 (esketamine, venous, n = 820)",
            site="venous",
            enantiomers=("s",),
            analytes=("ketamine", "norketamine"),
            routes=("iv_infusion", "iv_bolus", "im", "sc", "intranasal", "oral"),
            caution="Central volume 192 L: unfit for bolus and arterial predictions. Strong "
            "inhibitors by mouth are understated. No R, no hydroxynorketamine.",
            build=perez_module.perez_ruixo,
            units=perez_module.UNITS,
            without=(*routes_module.FIRST_PASS, *routes_module.ARTERIAL, *routes_module.RACEMATE),
        ),
        PkModel(
            name="simons",
            label="Simons 2022 (S-ketamine film and infusion, arterial)",
            site="arterial",
            enantiomers=("s",),
            analytes=("ketamine", "norketamine", "hydroxynorketamine"),
            routes=ROUTES,
            caution="The share of a film that is swallowed is printed as 116%. No R.",
            build=simons_module.simons,
            units=simons_module.UNITS,
            without=("pk_sublingual.f", routes_module.FORMED, routes_module.TRANSIT),
        ),
        PkModel(
            name="domino",
            label="Domino 1984 (racemate)",
            site="not stated",
            enantiomers=("s", "r"),
            analytes=("ketamine",),
            routes=ROUTES,
            caution="Clearance 116 L/h is an outlier. No metabolites, enantiomers alike.",
            build=domino_module.domino,
            units=domino_module.UNITS,
            without=(routes_module.FORMED, routes_module.TRANSIT),
        ),
    )
}


class Given(Protocol):
    """What decides which model serves a dose."""

    @property
    def drug(self) -> str:
        """Return the drug."""

    @property
    def route(self) -> str:
        """Return the route."""


def serving(name: str, doses: Iterable[Given]) -> str:
    """Return the name of the model that serves a course.

    Any name but `STANDARD` serves itself. The standard choice is the base model, except
    where every dose is esketamine by nose or mouth: those routes were fitted together
    with the disposition of Perez-Ruixo 2021, and under another disposition the same
    absorption gives a peak that is too early and too high.
    """
    if name != STANDARD:
        return name
    given = [(d.drug, d.route) for d in doses]
    published = given and all(d == "esketamine" and r in NASAL_ROUTES for d, r in given)
    return NASAL_MODEL if published else BASE_MODEL


NASAL_ROUTES = ("intranasal", "oral")


def pk_model(
    name: str = BASE_MODEL,
    *,
    catalogue: Catalogue,
    routes: Collection[Route],
    drugs: Collection[Drug] = RACEMATE,
    weight_kg: float | FloatArray,
    age_years: float | FloatArray = 40.0,
    modifiers: PkModifiers | None = None,
    parameters: Mapping[str, FloatArray] | None = None,
    outputs: Collection[str] | None = None,
) -> LinearSystem:
    """Return the linear system of one model for one patient or N patients.

    Parameters
    ----------
    name
        One of `MODELS`.
    catalogue
        Source of the typical values.
    routes
        Routes in use; only these get depots and channels.
    drugs
        Drugs in use; only their enantiomers get compartments.
    weight_kg, age_years
        Body weight (kg) and age (years), numbers or one per patient.
    modifiers
        Scenarios that change exposure; none by default.
    parameters
        Values that replace typical ones, by catalogue name and in the units of
        `pk_parameters`: numbers or one per patient.
    outputs
        The outputs that are needed, of those the model has; only what feeds them gets
        compartments. All by default.

    Raises
    ------
    InputError
        If the model lacks an enantiomer or a route, or a parameter is not known.
    """
    model = model_of(name, routes=routes, drugs=drugs)
    p = values_for(name, catalogue=catalogue, parameters=parameters)
    systemic, oral = exposure_ratios(modifiers or PkModifiers(), catalogue, parameters or {})
    covariates = Covariates(
        weight_kg=_positive("weight_kg", weight_kg, "kg"),
        age_years=_positive("age_years", age_years, "years"),
        systemic=systemic,
        oral=oral,
    )
    disposition = model.build(p, covariates=covariates, enantiomers=enantiomers_of(drugs))
    taken_up, channels = routes_module.absorption(
        p, routes=routes, disposition=disposition, covariates=covariates, drugs=drugs
    )
    whole = _with_sums(_with_absent(disposition.outputs, model))
    return assemble(
        transfers=[*disposition.transfers, *taken_up],
        channels=channels,
        outputs=whole if outputs is None else {n: whole[n] for n in whole if n in outputs},
        spare=outputs is not None,
    )


def model_of(name: str, *, routes: Collection[Route], drugs: Collection[Drug]) -> PkModel:
    """Return a model by name, or say why it cannot serve these routes and drugs."""
    if name not in MODELS:
        raise InputError(
            f"The pharmacokinetic model '{name}' is not known.",
            remedy=f"Use one of {', '.join((STANDARD, *MODELS))}.",
        )
    model = MODELS[name]
    for route in routes:
        if route not in model.routes:
            raise InputError(
                f"The model '{name}' has no {route} route.",
                remedy=f"It has {', '.join(model.routes)}; the base model 'kamp' has all.",
            )
    for e in enantiomers_of(drugs):
        if e not in model.enantiomers:
            raise InputError(
                f"The model '{name}' has no {e.upper()}-ketamine.",
                remedy="Give esketamine, or use the base model 'kamp'.",
            )
    return model


def pk_parameters(name: str = BASE_MODEL, routes: Collection[Route] = ROUTES) -> dict[str, str]:
    """Return the catalogue names that a model uses, with the unit each is wanted in.

    The names come in a fixed order; their sources stand in the catalogue.
    """
    return dict(_parameters_of(name, tuple(routes)))


@cache
def _parameters_of(name: str, routes: tuple[Route, ...]) -> Mapping[str, str]:
    if name == STANDARD:
        return pk_parameters(BASE_MODEL, routes) | pk_parameters(NASAL_MODEL, routes)
    model = model_of(name, routes=(), drugs=())
    units = dict(model.units)
    for route in (r for r in routes if r in model.routes):
        units |= {n: u for n, u in routes_module.UNITS[route].items() if n not in model.without}
    return units


def values_for(
    name: str, *, catalogue: Catalogue, parameters: Mapping[str, FloatArray] | None
) -> Values:
    """Return the value of every parameter of a model in the unit it is wanted in."""
    overrides = parameters or {}
    known = _known()
    for given in overrides:
        if given not in known:
            raise InputError(
                f"'{given}' is no parameter of a pharmacokinetic model.",
                remedy="Use the names that pk_parameters lists.",
            )
    units = _parameters_of(name, ROUTES)
    own = {n: _positive(n, overrides[n], unit) for n, unit in units.items() if n in overrides}
    return {**_typical_values(name, catalogue), **own}


@cache
def _known() -> frozenset[str]:
    return frozenset(n for m in MODELS for n in pk_parameters(m)) | set(modifiers_module.UNITS)


@lru_cache(maxsize=16)
def _typical_values(name: str, catalogue: Catalogue) -> Mapping[str, float]:
    return {n: catalogue.value(n, unit) for n, unit in pk_parameters(name).items()}


def _with_absent(
    outputs: dict[str, dict[str, Quantity]], model: PkModel
) -> dict[str, dict[str, Quantity]]:
    """Add the enantiomers that the model knows but nobody gives: they stay at zero."""
    whole = dict(outputs)
    for e in model.enantiomers:
        for name in outputs:
            whole.setdefault(f"{e}_{name[2:]}" if name[:2] in ("s_", "r_") else name, {})
    return whole


def _with_sums(outputs: dict[str, dict[str, Quantity]]) -> dict[str, dict[str, Quantity]]:
    """Add the sums of both enantiomers, as assays that do not tell them apart report."""
    sums = {
        "ketamine_total": ("s_ketamine", "r_ketamine"),
        "ketamine_venous": ("s_ketamine_venous", "r_ketamine_venous"),
        "norketamine_total": ("s_norketamine", "r_norketamine"),
        "norketamine_venous": ("s_norketamine_venous", "r_norketamine_venous"),
    }
    whole = dict(outputs)
    for name, parts in sums.items():
        rows = [outputs[part] for part in parts if part in outputs]
        if rows:
            whole[name] = {state: share for row in rows for state, share in row.items()}
    return whole


def _positive(name: str, value: float | FloatArray, unit: str) -> Quantity:
    array = np.asarray(value, dtype=np.float64)
    if array.ndim > 1 or not (np.isfinite(array) & (array > 0.0)).all():
        raise OutOfRangeError(
            f"'{name}' holds a value that is not a positive number ({unit}).",
            remedy="Give a positive number, or one per patient.",
        )
    return float(array) if array.ndim == 0 else array
