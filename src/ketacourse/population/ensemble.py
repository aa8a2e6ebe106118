"""Rows of parameters: typical and drawn, for every mechanism variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.posterior import Posterior, beside_calibration, load_posterior
from ketacourse.evidence.variants import BASE, Variant
from ketacourse.model import chain
from ketacourse.population.uncertainty import draw_belief, draw_between_patients
from ketacourse.quantity import conversion_factor

Array = NDArray[np.float64]

EXTRA_UNITS: dict[str, str] = {
    "placebo.expectancy_open": "1",
    "placebo.expectancy_saline": "1",
    "placebo.expectancy_crossover": "1",
    "placebo.expectancy_midazolam": "1",
    "placebo.expectancy_spray": "1",
    "placebo.expectancy_anaesthesia": "1",
    "placebo.unaware_time": "h",
    "mood.anaesthesia_block": "1",
    "placebo.care_clinic": "1",
    "placebo.care_trial": "1",
    "placebo.antidepressant_share": "1",
    "patient.il6_crp_exponent": "1",
    "patient.bipolar_decay": "1",
    "patient.medication_decay": "1",
    "patient.age_odds": "1",
    "patient.early_step_odds": "1",
    "patient.natural_course": "1",
    "patient.natural_course_resistant": "1",
}
"""Parameters that decide a patient's constants, with the unit they are wanted in."""

CHAIN_UNITS: dict[str, str] = {
    f"{stage}.{name}": unit
    for stage, units in chain.STAGE_UNITS.items()
    for name, unit in units.items()
    if f"{stage}.{name}" not in chain.REFERENCES
}
"""Catalogue parameters of the chain, with the unit its equations expect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """N rows of parameters.

    Attributes
    ----------
    values
        Parameter name to shape (N,).
    pharmacokinetics
        The same for the pharmacokinetic model.
    variant
        Key of each row's variant.
    typical
        True for the rows with typical values, one per variant, shape (N,).
    """

    values: Mapping[str, Array]
    pharmacokinetics: Mapping[str, Array]
    variant: tuple[str, ...]
    typical: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Return the number of rows."""
        return len(self.variant)

    def row(self, variant: str = BASE) -> int:
        """Return the row with typical values of one variant."""
        return next(i for i, key in enumerate(self.variant) if key == variant and self.typical[i])


def build_ensemble(
    variants: Sequence[Variant],
    *,
    draws: int,
    seed: int,
    catalogue: Catalogue,
    pk_units: Mapping[str, str],
) -> Ensemble:
    """Return one typical row per variant, then ``draws`` rows shared among them.

    Draw ``i`` uses the same random numbers in every variant. Drawn rows vary in what
    is believed of every parameter, in the patient's own pharmacokinetics, and in what
    else is known to differ between people (``bsv_cv``: blood pressure, dissociation).

    Parameters
    ----------
    pk_units
        Parameters of the pharmacokinetic model with the unit each is wanted in.
    """
    keys = [v.key for v in variants]
    variant = (*keys, *_dealt(keys, draws))
    typical = np.arange(len(variant)) < len(keys)
    seen = dict.fromkeys(keys, -1)
    draw_of_row = np.zeros(len(variant), dtype=np.intp)
    for row in range(len(keys), len(variant)):
        seen[variant[row]] += 1
        draw_of_row[row] = seen[variant[row]]
    count = int(draw_of_row.max()) + 1

    posterior = load_posterior()
    values = {}
    for name, unit in {**CHAIN_UNITS, **EXTRA_UNITS}.items():
        parameter = catalogue.parameter(name)
        middle = parameter.value_in(unit)
        drawn = np.full(count, middle)
        if posterior is None or beside_calibration(name):
            drawn = draw_belief(parameter, count=count, seed=seed, unit=unit)
        drawn = (drawn * draw_between_patients(parameter, count=count, seed=seed))[draw_of_row]
        factor = conversion_factor(parameter.unit, unit)
        centre = np.array([_centre(v, variants, name, unit, catalogue) for v in variant])
        if posterior is not None and name in posterior.names:
            column = posterior.names.index(name)
            ratio = centre / middle
            centre = factor * ratio * np.array([posterior.modes[v][column] for v in variant])
            middle = 1.0
            own = _posterior_draws(posterior, column, variant, draw_of_row)
            drawn = factor * ratio / centre * own
        moved = np.clip(
            _moved(drawn, middle, centre), parameter.minimum * factor, parameter.maximum * factor
        )
        values[name] = np.where(typical, centre, moved)
    body = {}
    for name, unit in pk_units.items():
        parameter = catalogue.parameter(name)
        middle = parameter.value_in(unit or "dimensionless")
        drawn = _pk_draw(name, count=count, seed=seed, unit=unit, catalogue=catalogue)
        body[name] = np.where(typical, middle, drawn[draw_of_row])
    return Ensemble(values=values, pharmacokinetics=body, variant=variant, typical=typical)


def _posterior_draws(
    posterior: Posterior, column: int, variant: Sequence[str], draw_of_row: NDArray[np.intp]
) -> Array:
    """Return the calibrated draws of one parameter, one per row, in its catalogue unit."""
    return np.array(
        [
            posterior.draws[v][i % len(posterior.draws[v]), column]
            for v, i in zip(variant, draw_of_row, strict=True)
        ]
    )


def _dealt(keys: Sequence[str], draws: int) -> list[str]:
    """Return which variant each draw belongs to: in turn, in proportion to the weights."""
    posterior = load_posterior()
    weights = [1.0 if posterior is None else posterior.weights.get(k, 0.0) for k in keys]
    total = sum(weights) or 1.0
    owed = np.zeros(len(keys))
    dealt = []
    for _ in range(draws):
        owed += np.array(weights) / total if sum(weights) else 1.0 / len(keys)
        chosen = int(np.argmax(owed))
        owed[chosen] -= 1.0
        dealt.append(keys[chosen])
    return dealt


def _pk_draw(name: str, *, count: int, seed: int, unit: str, catalogue: Catalogue) -> Array:
    """Return draws of one pharmacokinetic value: the person where spread is known, else belief.

    The published spread between subjects already holds what separates one person from
    the typical one; adding the disagreement between sources would count it twice.
    Times at which drug enters are shared by all rows and stay typical.
    """
    parameter = catalogue.parameter(name)
    unit = unit or "dimensionless"
    if "duration" in name or unit == "g/mol":
        return np.full(count, parameter.value_in(unit))
    if parameter.bsv_cv > 0.0:
        factors = draw_between_patients(parameter, count=count, seed=seed)
        return np.asarray(parameter.value_in(unit) * factors)
    return draw_belief(parameter, count=count, seed=seed, unit=unit)


def _centre(
    key: str, variants: Sequence[Variant], name: str, unit: str, catalogue: Catalogue
) -> float:
    parameter = catalogue.parameter(name)
    overrides = next(v.overrides for v in variants if v.key == key)
    if name in overrides:
        return overrides[name] * conversion_factor(parameter.unit, unit)
    return parameter.value_in(unit)


def _moved(drawn: Array, middle: float, centre: Array) -> Array:
    """Return draws moved to another centre: in proportion, or kept at it from zero."""
    if middle == 0.0:
        return np.where(centre == 0.0, drawn, centre)
    return np.asarray(drawn * centre / middle)
