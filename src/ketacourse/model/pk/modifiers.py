"""Genes, interacting drugs, organ function and sex, as scenarios on exposure.

Each scenario carries two published or derived ratios of exposure (AUC with over AUC
without): ``systemic`` after an intravenous dose and ``oral`` after a swallowed one. The
first divides clearance; their ratio multiplies oral bioavailability, because an
inhibitor that barely matters in the vein can triple an oral exposure. Contested ones
default to no effect and carry an interval that includes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model.pk.compartments import Quantity

Bound = Literal["typical", "lower", "upper"]

SCENARIOS = (
    "cyp2b6_1_6",
    "cyp2b6_6_6",
    "ticlopidine",
    "clarithromycin",
    "grapefruit",
    "itraconazole",
    "rifampicin",
    "st_johns_wort",
    "renal_impairment",
    "hepatic_moderate",
    "female",
)
"""Scenarios the catalogue holds, as ``pk_modifier.<scenario>_systemic`` and ``_oral``."""

UNITS = {f"pk_modifier.{s}_{path}": "1" for s in SCENARIOS for path in ("systemic", "oral")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PkModifiers:
    """Scenarios that change exposure; several multiply (assumed).

    Parameters
    ----------
    scenarios
        Scenario to the value used: ``"typical"``, or ``"lower"`` and ``"upper"`` for the
        ends of its interval of exposure.

    Examples
    --------
    >>> PkModifiers(scenarios={"ticlopidine": "typical"}).scenarios["ticlopidine"]
    'typical'
    """

    scenarios: Mapping[str, Bound] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, bound in self.scenarios.items():
            if name not in SCENARIOS:
                raise InputError(
                    f"The modifier '{name}' is not known.",
                    remedy=f"Use one of {', '.join(SCENARIOS)}.",
                )
            if bound not in get_args(Bound):
                raise InputError(
                    f"The modifier '{name}' has the value '{bound}'.",
                    remedy="Use typical, lower or upper.",
                )


def modifiers_for(
    *,
    cyp2b6_genotype: str = "unknown",
    medications: tuple[str, ...] = (),
    renal_impairment: bool = False,
    hepatic_impairment: bool = False,
) -> PkModifiers:
    """Return the scenarios that apply to a patient, each at its typical value.

    Medication names that are no scenario are passed over: no effect on ketamine was
    published for them, which is not the same as no effect.
    """
    names = {"*1/*6": "cyp2b6_1_6", "*6/*6": "cyp2b6_6_6"}
    found = [names[cyp2b6_genotype]] if cyp2b6_genotype in names else []
    for medication in medications:
        name = medication.strip().lower().replace("'", "").replace(" ", "_")
        name = {"grapefruit_juice": "grapefruit", "rifampin": "rifampicin"}.get(name, name)
        if name in SCENARIOS:
            found.append(name)
    found += ["renal_impairment"] * renal_impairment + ["hepatic_moderate"] * hepatic_impairment
    return PkModifiers(scenarios=dict.fromkeys(found, "typical"))


def exposure_ratios(
    modifiers: PkModifiers, catalogue: Catalogue, overrides: Mapping[str, Quantity]
) -> tuple[Quantity, Quantity]:
    """Return systemic and oral exposure relative to no modifier (dimensionless)."""
    systemic: Quantity = 1.0
    oral: Quantity = 1.0
    for name, bound in modifiers.scenarios.items():
        systemic = systemic * _ratio(f"pk_modifier.{name}_systemic", bound, catalogue, overrides)
        oral = oral * _ratio(f"pk_modifier.{name}_oral", bound, catalogue, overrides)
    return systemic, oral


def _ratio(
    name: str, bound: Bound, catalogue: Catalogue, overrides: Mapping[str, Quantity]
) -> Quantity:
    if name in overrides:
        return overrides[name]
    return float(getattr(catalogue.parameter(name), bound))
