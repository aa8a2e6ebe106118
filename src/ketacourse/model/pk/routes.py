"""Drugs and routes as the pharmacokinetic models know them.

The names are those of `ketacourse.therapy.dose`; the two sides meet by structure, so
that neither imports the other.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

Drug = Literal["ketamine", "esketamine", "arketamine"]
Route = Literal["iv_infusion", "iv_bolus", "im", "sc", "intranasal", "oral", "sublingual"]
Enantiomer = Literal["s", "r"]

ROUTES: tuple[Route, ...] = (
    "iv_infusion",
    "iv_bolus",
    "im",
    "sc",
    "intranasal",
    "oral",
    "sublingual",
)

SHARES: dict[Drug, dict[Enantiomer, float]] = {
    "ketamine": {"s": 0.5, "r": 0.5},
    "esketamine": {"s": 1.0},
    "arketamine": {"r": 1.0},
}
"""Share of each enantiomer in a drug; the racemate is 1:1."""


class DoseLike(Protocol):
    """What a dose must tell: drug, route, amount (mg or mg/kg) and time given (h)."""

    @property
    def drug(self) -> Drug:
        """Racemate or enantiomer."""

    @property
    def route(self) -> Route:
        """How it enters the body."""

    @property
    def amount_mg(self) -> float | None:
        """Whole dose (mg), or None."""

    @property
    def amount_mg_per_kg(self) -> float | None:
        """Dose per body weight (mg/kg), or None."""

    @property
    def duration_h(self) -> float:
        """Infusion or push time (h)."""


def enantiomers_of(drugs: Collection[Drug]) -> tuple[Enantiomer, ...]:
    """Return the enantiomers in some drugs, S first.

    Examples
    --------
    >>> enantiomers_of(["ketamine"])
    ('s', 'r')
    """
    found = {e for drug in drugs for e in SHARES[drug]}
    order: tuple[Enantiomer, ...] = ("s", "r")
    return tuple(e for e in order if e in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainDose:
    """A dose in the plainest form that satisfies `DoseLike`."""

    drug: Drug
    route: Route
    amount_mg: float | None = None
    amount_mg_per_kg: float | None = None
    duration_h: float = 0.0


def part_of(dose: DoseLike, output: str) -> DoseLike:
    """Return the part of a dose that an output depends on.

    Given by needle, a racemate is the sum of its halves, so a model that holds only one
    enantiomer can predict it from its half. By nose or mouth the bioavailability belongs
    to the whole drug, and the dose is returned as it is.

    Parameters
    ----------
    dose
        Any dose.
    output
        Output of interest, such as ``"s_norketamine"``, or two joined by ``/``.
    """
    needle = dose.route in ("iv_infusion", "iv_bolus", "im", "sc")
    owners = {piece[0] for piece in output.split("/") if piece.startswith(("s_", "r_"))}
    if dose.drug != "ketamine" or not needle or len(owners) != 1:
        return dose
    half: dict[str, Drug] = {"s": "esketamine", "r": "arketamine"}
    mg, per_kg = dose.amount_mg, dose.amount_mg_per_kg
    return PlainDose(
        drug=half[owners.pop()],
        route=dose.route,
        amount_mg=None if mg is None else mg / 2.0,
        amount_mg_per_kg=None if per_kg is None else per_kg / 2.0,
        duration_h=dose.duration_h,
    )
