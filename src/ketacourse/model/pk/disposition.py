"""What every disposition model hands on: compartments, outputs and points of entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ketacourse.model.pk.compartments import Quantity, Transfer
from ketacourse.model.pk.routes import Enantiomer

Values = Mapping[str, Quantity]
"""Parameter name to its value in the unit the model declares for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """Distribution, metabolism and elimination, before any route is attached.

    Parameters
    ----------
    transfers
        Passages between the compartments.
    outputs
        Output name to the concentration (umol/L) per amount (umol) in each compartment.
    blood
        Compartment into which drug that reaches the circulation enters.
    first_pass
        Compartment that receives the metabolite formed before the circulation is
        reached; missing where a model has no metabolite.
    liver
        Compartment through which swallowed drug passes, in models that have one.
    liver_share
        Share of swallowed drug that reaches it (dimensionless).
    """

    transfers: tuple[Transfer, ...]
    outputs: dict[str, dict[str, Quantity]]
    blood: Mapping[Enantiomer, str]
    first_pass: Mapping[Enantiomer, str] = field(default_factory=dict)
    liver: Mapping[Enantiomer, str] = field(default_factory=dict)
    liver_share: Quantity = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariates:
    """What is known of the patient or of N patients when a model is built.

    ``weight_kg`` and ``age_years`` are numbers or one per patient; ``systemic`` is the
    exposure (AUC) after an intravenous dose and ``oral`` that after an oral dose,
    relative to no modifier (dimensionless).
    """

    weight_kg: Quantity
    age_years: Quantity
    systemic: Quantity = 1.0
    oral: Quantity = 1.0
