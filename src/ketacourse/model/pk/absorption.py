"""From the place of administration into the blood: depots and input channels.

Only the routes that a course uses get a depot. Of swallowed drug that gut wall and liver
take up before it reaches the blood a share appears there as norketamine, later than what
passes unchanged; published norketamine parameters are apparent ones for formation in the
liver, hence no second extraction of that share.
"""

from collections.abc import Collection

import numpy as np

from ketacourse.model.pk.compartments import Quantity, Transfer
from ketacourse.model.pk.disposition import Covariates, Disposition, Values
from ketacourse.model.pk.routes import Drug, Enantiomer, Route

FORMED = "pk_oral.first_pass_to_norketamine"
"""Share of what gut wall and liver take up that arrives as norketamine; all where a model that
was fitted to swallowed drug has its own scale."""

FIRST_PASS = {"pk_oral.f_s": "1", "pk_oral.f_r": "1", FORMED: "1"}
"""What happens to swallowed drug before it reaches the blood."""

TRANSIT = "pk_oral.transit"
"""How long norketamine of the first pass takes from the gut to the blood."""

ARTERIAL = {"pk_oral.ka": "1/h", "pk_oral.duration": "h", TRANSIT: "h"}
"""Absorption of swallowed drug, estimated under an arterial disposition."""

RACEMATE = {
    "pk_nasal.racemate_odds": "1",
    "pk_nasal.racemate_swallowed": "1",
    "pk_nasal.racemate_ka": "1/h",
}
"""What the nose does with solutions of racemate."""

UNITS: dict[Route, dict[str, str]] = {
    "iv_infusion": {},
    "iv_bolus": {},
    "im": {"pk_im.f": "1", "pk_im.ka": "1/h"},
    "sc": {"pk_sc.f": "1", "pk_sc.ka": "1/h"},
    "intranasal": {
        "pk_nasal.odds": "1",
        "pk_nasal.further_devices": "1",
        **RACEMATE,
        "pk_nasal.ka": "1/h",
        "pk_nasal.swallowed_ka": "1/h",
        "pk_nasal.swallowed_duration": "h",
        **FIRST_PASS,
    },
    "oral": {**ARTERIAL, **FIRST_PASS},
    "sublingual": {
        "pk_sublingual.f": "1",
        "pk_sublingual.ka": "1/h",
        "pk_sublingual.duration": "h",
        "pk_sublingual.swallowed_ka": "1/h",
        "pk_sublingual.swallowed_duration": "h",
        FORMED: "1",
        TRANSIT: "h",
    },
}
"""Parameters of each route, with the unit each is wanted in."""


def absorption(
    p: Values,
    *,
    routes: Collection[Route],
    disposition: Disposition,
    covariates: Covariates,
    drugs: Collection[Drug],
) -> tuple[list[Transfer], dict[str, str]]:
    """Return the transfers out of the depots and the input channels of some routes.

    The nose absorbs esketamine at the rate published for its spray, other drugs at that of
    racemic solutions; in a course that holds esketamine the former serves all.

    Channels are called ``s_ketamine.iv``, ``s_ketamine.im_depot`` and so on; each maps to
    the compartment it fills.
    """
    transfers: list[Transfer] = []
    channels: dict[str, str] = {}
    nose = "pk_nasal.ka" if "esketamine" in drugs else "pk_nasal.racemate_ka"
    gut = "pk_perez.oral_ka" if "pk_perez.oral_ka" in p else "pk_oral.ka"
    for e, blood in disposition.blood.items():
        name = f"{e}_ketamine"
        if {"iv_infusion", "iv_bolus"} & set(routes):
            channels[f"{name}.iv"] = blood
        for route, depot, rate in (
            ("im", "im_depot", "pk_im.ka"),
            ("sc", "sc_depot", "pk_sc.ka"),
            ("intranasal", "nasal_depot", nose),
            ("sublingual", "mucosal_depot", "pk_sublingual.ka"),
        ):
            if route in routes:
                channels[f"{name}.{depot}"] = f"{name}_{depot}"
                transfers.append(Transfer(source=f"{name}_{depot}", target=blood, rate=p[rate]))
        # the rates of what is swallowed after a spray were estimated without the transit
        for route, depot, rate, transit in (
            ("oral", "gut", gut, p.get(TRANSIT)),
            ("intranasal", "swallowed", "pk_nasal.swallowed_ka", None),
            (
                "sublingual", "sublingual_swallowed", "pk_sublingual.swallowed_ka", p.get(TRANSIT),
            ),
        ):  # fmt: skip
            if route in routes:
                channels[f"{name}.{depot}"] = f"{name}_{depot}"
                own = route == "sublingual" or e in disposition.liver
                reaches = 0.0 if own else oral_f(e, p, covariates)
                transfers += _swallowed(
                    e,
                    f"{name}_{depot}",
                    ka=p[rate],
                    reaches=reaches,
                    formed=p.get(FORMED, 1.0),
                    transit_h=transit,
                    disposition=disposition,
                )
    return transfers, channels


def oral_f(e: Enantiomer, p: Values, covariates: Covariates) -> Quantity:
    """Return the share of a swallowed dose that reaches the blood unchanged (0 to 1).

    A modifier changes it by the ratio of its oral to its systemic effect on exposure.
    """
    return np.minimum(p[f"pk_oral.f_{e}"] * covariates.oral / covariates.systemic, 1.0)


def _swallowed(
    e: Enantiomer,
    depot: str,
    *,
    ka: Quantity,
    reaches: Quantity,
    formed: Quantity,
    transit_h: Quantity | None,
    disposition: Disposition,
) -> list[Transfer]:
    """Return the ways out of a depot of swallowed drug.

    The share ``reaches`` arrives in the blood as ketamine; of the rest the share
    ``formed`` arrives as norketamine, by way of a compartment that it leaves after
    ``transit_h`` on average, or at once. In a model with a liver, the liver decides.
    """
    if e in disposition.liver:
        passes = disposition.liver_share
        return [
            Transfer(source=depot, target=disposition.liver[e], rate=ka * passes),
            Transfer(source=depot, target=None, rate=ka * (1.0 - passes)),
        ]
    formed = (1.0 - reaches) * formed if e in disposition.first_pass else 0.0
    transfers = [Transfer(source=depot, target=None, rate=ka * (1.0 - reaches - formed))]
    if e in disposition.first_pass:
        target = disposition.first_pass[e]
        if transit_h is not None:
            transfers.append(Transfer(source=f"{depot}_liver", target=target, rate=1.0 / transit_h))
            target = f"{depot}_liver"
        transfers.append(Transfer(source=depot, target=target, rate=ka * formed))
    if np.any(np.asarray(reaches) > 0.0):
        transfers.append(Transfer(source=depot, target=disposition.blood[e], rate=ka * reaches))
    return transfers
