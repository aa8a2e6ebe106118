"""From a dose in mg to the inflows of the pharmacokinetic model.

The racemate is split 1:1 into its enantiomers, mg of free base become umol, and each
route's bioavailability and zero-order times apply. A nasal dose splits into what the
nose absorbs and what is swallowed; a sublingual dose likewise.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model.pk.compartments import Quantity
from ketacourse.model.pk.disposition import Values
from ketacourse.model.pk.linear import FloatArray, Inflow
from ketacourse.model.pk.models import model_of, values_for
from ketacourse.model.pk.molar import to_umol
from ketacourse.model.pk.routes import SHARES, DoseLike, Route

DEVICE_MG = 28.0
"""Content of one nasal spray device (mg esketamine base)."""


def inflows_of(
    doses: Sequence[tuple[float, DoseLike]],
    *,
    model: str = "kamp",
    catalogue: Catalogue,
    weight_kg: float | FloatArray,
    parameters: Mapping[str, FloatArray] | None = None,
) -> tuple[Inflow, ...]:
    """Return what enters which channel, and when.

    Parameters
    ----------
    doses
        Start of each dose (h) and the dose.
    model
        Name of the pharmacokinetic model; it must be the one the system was built with.
    catalogue
        Source of the typical values.
    weight_kg
        Body weight (kg), or one per patient, for doses per kilogram.
    parameters
        Values that replace typical ones, by catalogue name, shape ``(N,)`` or scalars.
    """
    routes = tuple(dict.fromkeys(dose.route for _, dose in doses))
    model_of(model, routes=routes, drugs=tuple(dict.fromkeys(dose.drug for _, dose in doses)))
    p = values_for(model, catalogue=catalogue, parameters=parameters)
    found: list[Inflow] = []
    for start_h, dose in doses:
        whole = to_umol(_amount_mg(dose, weight_kg), dose.drug, catalogue)
        for e, share in SHARES[dose.drug].items():
            for depot, fraction, duration_h in _entries(dose, model, p, weight_kg):
                amount = _plain(whole * share * fraction)
                found.append(Inflow(f"{e}_ketamine.{depot}", start_h, duration_h, amount))
    return tuple(found)


def nasal_share(amount_mg: Quantity, *, odds: Quantity, further_devices: Quantity) -> Quantity:
    """Return the share of a nasal esketamine dose that the nose absorbs (0 to 1).

    The first device of 28 mg is absorbed with the given odds; what follows with a share
    multiplied by ``further_devices`` (Perez-Ruixo 2021: 0.54, 0.4375, 0.4032 for one, two
    and three devices).

    Examples
    --------
    >>> float(nasal_share(84.0, odds=0.54 / 0.46, further_devices=0.62))
    0.4032
    """
    first = odds / (1.0 + np.asarray(odds))
    amount = np.maximum(amount_mg, 1e-9)
    weighted = np.minimum(amount, DEVICE_MG) + further_devices * np.maximum(amount - DEVICE_MG, 0.0)
    return np.asarray(first * weighted / amount)


def _entries(
    dose: DoseLike, model: str, p: Values, weight_kg: float | FloatArray
) -> Iterator[tuple[str, Quantity, float]]:
    given_h = dose.duration_h
    route: Route = dose.route
    if route in ("iv_infusion", "iv_bolus"):
        yield "iv", 1.0, given_h
    elif route in ("im", "sc"):
        yield f"{route}_depot", np.minimum(p[f"pk_{route}.f"], 1.0), given_h
    elif route == "oral":
        own = "pk_perez.oral_duration"
        yield "gut", 1.0, max(given_h, _hours(p, own if own in p else "pk_oral.duration"))
    elif route == "intranasal":
        nose, swallowed = _nose(dose, p, weight_kg)
        yield "nasal_depot", nose, given_h
        yield "swallowed", swallowed, max(given_h, _hours(p, "pk_nasal.swallowed_duration"))
    else:
        mouth, swallowed = _mouth(model, p)
        yield "mucosal_depot", mouth, _hours(p, "pk_sublingual.duration")
        yield "sublingual_swallowed", swallowed, _hours(p, "pk_sublingual.swallowed_duration")


def _nose(dose: DoseLike, p: Values, weight_kg: float | FloatArray) -> tuple[Quantity, Quantity]:
    """Return what the nose absorbs and what is swallowed; the rest runs out or is spat."""
    if dose.drug == "esketamine":
        nose = nasal_share(
            _amount_mg(dose, weight_kg),
            odds=p["pk_nasal.odds"],
            further_devices=p["pk_nasal.further_devices"],
        )
        return nose, 1.0 - nose
    odds = np.asarray(p["pk_nasal.racemate_odds"])
    nose = odds / (1.0 + odds)
    return nose, (1.0 - nose) * np.minimum(p["pk_nasal.racemate_swallowed"], 1.0)


def _mouth(model: str, p: Values) -> tuple[Quantity, Quantity]:
    if model == "simons":
        return p["pk_simons.f1"], p["pk_simons.f2"]
    mouth = np.minimum(p["pk_sublingual.f"], 1.0)
    return mouth, 1.0 - mouth


def _amount_mg(dose: DoseLike, weight_kg: float | FloatArray) -> Quantity:
    if dose.amount_mg is not None:
        return dose.amount_mg
    if dose.amount_mg_per_kg is None:
        raise InputError(
            f"The {dose.route} dose has no amount.", remedy="Give it in mg or in mg/kg."
        )
    return dose.amount_mg_per_kg * np.asarray(weight_kg, dtype=np.float64)


def _hours(p: Values, name: str) -> float:
    value = np.unique(np.asarray(p[name], dtype=np.float64))
    if value.size != 1:
        raise InputError(
            f"'{name}' differs between patients.",
            remedy="Give one value: the edges of an inflow are shared by all patients.",
        )
    return float(value[0])


def _plain(amount: Quantity) -> float | FloatArray:
    array = np.asarray(amount, dtype=np.float64)
    return float(array) if array.ndim == 0 else array
