"""One dose: which drug, by which route, how much, over what time."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.therapy.bounds import Bounds

Drug = Literal["ketamine", "esketamine", "arketamine"]
Route = Literal["iv_infusion", "iv_bolus", "im", "sc", "intranasal", "oral", "sublingual"]

DRUGS: tuple[Drug, ...] = get_args(Drug)
ROUTES: tuple[Route, ...] = get_args(Route)

ROUTE_LABELS: dict[Route, str] = {
    "iv_infusion": "intravenous infusion",
    "iv_bolus": "intravenous bolus",
    "im": "intramuscular",
    "sc": "subcutaneous",
    "intranasal": "intranasal",
    "oral": "oral",
    "sublingual": "sublingual",
}

_ABOVE_LABEL = "more exceeds the anaesthetic doses of the product label"
_ABOVE_USE = "more exceeds every published dose by this route"


def _per_kg(route: Route, maximum: float, reason: str) -> Bounds:
    label = f"The {ROUTE_LABELS[route]} dose"
    return Bounds(label=label, minimum=0.0, maximum=maximum, unit="mg/kg", reason=reason)


def _absolute(route: Route, maximum: float, reason: str) -> Bounds:
    label = f"The {ROUTE_LABELS[route]} dose"
    return Bounds(label=label, minimum=0.0, maximum=maximum, unit="mg", reason=reason)


def _lasting(route: Route, minimum: float, maximum: float, reason: str) -> Bounds:
    label = f"The time of the {ROUTE_LABELS[route]} dose"
    return Bounds(label=label, minimum=minimum, maximum=maximum, unit="h", reason=reason)


AMOUNT_PER_KG: dict[Route, Bounds] = {
    "iv_infusion": _per_kg("iv_infusion", 4.5, _ABOVE_LABEL),
    "iv_bolus": _per_kg("iv_bolus", 4.5, _ABOVE_LABEL),
    "im": _per_kg("im", 13.0, _ABOVE_LABEL),
    "sc": _per_kg("sc", 13.0, _ABOVE_LABEL),
    "intranasal": _per_kg("intranasal", 10.0, _ABOVE_USE),
    "oral": _per_kg("oral", 15.0, _ABOVE_USE),
    "sublingual": _per_kg("sublingual", 15.0, _ABOVE_USE),
}
"""Bounds on the dose per kilogram (mg/kg); a slip of unit lies outside."""

AMOUNT_MG: dict[Route, Bounds] = {
    route: _absolute(route, bounds.maximum * 150.0, bounds.reason)
    for route, bounds in AMOUNT_PER_KG.items()
}
"""Bounds on the whole dose (mg): the bound per kilogram at 150 kg."""

DURATION_H: dict[Route, Bounds] = {
    "iv_infusion": _lasting("iv_infusion", 1 / 60, 100.0, "the longest published infusion is 96 h"),
    "iv_bolus": _lasting("iv_bolus", 0.0, 0.25, "a longer push is an infusion"),
    "im": _lasting("im", 0.0, 0.25, "an injection takes minutes at most"),
    "sc": _lasting("sc", 0.0, 24.0, "a subcutaneous pump runs a day at most"),
    "intranasal": _lasting("intranasal", 0.0, 1.0, "sprays are given within minutes"),
    "oral": _lasting("oral", 0.0, 1.0, "swallowing takes minutes at most"),
    "sublingual": _lasting("sublingual", 0.0, 1.0, "a tablet is held for minutes"),
}
"""Bounds on the time over which a dose is given (h)."""

SMALLEST_DOSE_MG_PER_KG = 0.01
"""A tenth of the smallest dose tried in depression (0.1 mg/kg); less is a slip of unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One dose of ketamine or of one of its enantiomers.

    Parameters
    ----------
    drug
        Racemic ketamine or one enantiomer.
    route
        How it enters the body.
    amount_mg
        Whole dose (mg), or None when it is given per kilogram.
    amount_mg_per_kg
        Dose per kilogram of body weight (mg/kg), or None when it is given as a whole.
        Zero stands for a session without drug.
    duration_h
        Infusion or push time (h); 0 means instantaneous.

    Examples
    --------
    >>> dose = Dose(drug="ketamine", route="iv_infusion", amount_mg_per_kg=0.5, duration_h=2 / 3)
    >>> dose.total_mg(80.0)
    40.0
    """

    drug: Drug = "ketamine"
    route: Route
    amount_mg: float | None = None
    amount_mg_per_kg: float | None = None
    duration_h: float = 0.0

    def __post_init__(self) -> None:
        if self.drug not in DRUGS:
            raise InputError(
                f"The drug '{self.drug}' is not known.", remedy=f"Use one of {', '.join(DRUGS)}."
            )
        if self.route not in ROUTES:
            raise InputError(
                f"The route '{self.route}' is not known.", remedy=f"Use one of {', '.join(ROUTES)}."
            )
        if (self.amount_mg is None) == (self.amount_mg_per_kg is None):
            raise InputError(
                "A dose needs exactly one of amount_mg and amount_mg_per_kg.",
                remedy="Give the whole dose in mg or the dose per kilogram in mg/kg.",
            )
        if self.amount_mg is not None:
            AMOUNT_MG[self.route].check(self.amount_mg)
        if self.amount_mg_per_kg is not None:
            AMOUNT_PER_KG[self.route].check(self.amount_mg_per_kg)
        DURATION_H[self.route].check(self.duration_h)

    def total_mg(self, weight_kg: float) -> float:
        """Return the whole dose (mg) for a body weight (kg)."""
        _check_weight(weight_kg)
        if self.amount_mg is not None:
            return self.amount_mg
        assert self.amount_mg_per_kg is not None  # the constructor allows exactly one
        return self.amount_mg_per_kg * weight_kg

    def total_mg_per_kg(self, weight_kg: float) -> float:
        """Return the dose per kilogram (mg/kg) for a body weight (kg)."""
        _check_weight(weight_kg)
        if self.amount_mg_per_kg is not None:
            return self.amount_mg_per_kg
        assert self.amount_mg is not None  # the constructor allows exactly one
        return self.amount_mg / weight_kg

    @property
    def label(self) -> str:
        """Return the dose in words, such as ``84 mg esketamine, intranasal``."""
        amount = (
            f"{self.amount_mg:g} mg"
            if self.amount_mg is not None
            else f"{self.amount_mg_per_kg:g} mg/kg"
        )
        over = f" over {_shown_time(self.duration_h)}" if self.duration_h > 0.0 else ""
        return f"{amount} {self.drug}, {ROUTE_LABELS[self.route]}{over}"


def _shown_time(hours: float) -> str:
    if hours < 1 / 60:
        return f"{hours * 3600:.3g} s"
    if hours < 2.0:
        return f"{hours * 60:.3g} min"
    return f"{hours:.3g} h"


def _check_weight(weight_kg: float) -> None:
    if not (math.isfinite(weight_kg) and weight_kg > 0.0):
        raise OutOfRangeError(
            f"Weight is {weight_kg:g} kg.", remedy="Give a positive body weight in kg."
        )
