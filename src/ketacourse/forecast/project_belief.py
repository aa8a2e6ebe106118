"""What is believed of the chain when possible patients are projected: draws over mechanisms.

With a calibration, its joint draws and weights of the mechanisms count, and beside them only
what was not part of it (body, brain, side effects) is drawn from its prior; without one,
every prior and equal weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.posterior import Posterior
from ketacourse.evidence.variants import load_variants
from ketacourse.model.pk.variability import SHARED_IN_TIME
from ketacourse.population.cohort import EXPECTANCIES
from ketacourse.population.typical import belief_units
from ketacourse.population.uncertainty import draw_belief
from ketacourse.quantity import conversion_factor

CAPPED = (
    "mood.fast_gain", "mood.structural_gain", "placebo.care_clinic", "placebo.care_trial",
    "placebo.antidepressant_share", *EXPECTANCIES,
)  # fmt: skip
"""Shares of severity that patients vary under a cap."""
BELOW_CAP = 0.95
"""Share of the cap that a drawn typical value may reach."""
BESIDE_CALIBRATION = ("pk_", "brain.", "safety.", "adaptation.")
"""Beginnings of the names drawn from their prior although a calibration ships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """One mechanism with one joint draw of typical values, by catalogue name."""

    variant: str
    values: Mapping[str, float]


def beliefs(
    count: int, *, seed: int, catalogue: Catalogue, posterior: Posterior | None
) -> tuple[Belief, ...]:
    """Return joint draws, dealt to the mechanisms in proportion to their weights."""
    units, variants = belief_units(), load_variants()
    weights = dict.fromkeys(variants, 1.0 / len(variants))
    if posterior is not None:
        weights = {key: posterior.weights.get(key, 0.0) for key in variants}
    drawn = {
        name: draw_belief(catalogue.parameter(name), count=count, seed=seed, unit=unit)
        for name, unit in units.items()
        # Times at which drug enters are shared by all who are run together: they stay typical.
        if not name.endswith(SHARED_IN_TIME)
        and catalogue.parameter(name).prior != "fixed"
        and (posterior is None or name.startswith(BESIDE_CALIBRATION))
    }
    found = []
    times = dict.fromkeys(variants, 0)
    for i, key in enumerate(_dealt(weights, count)):
        values = {name: float(column[i]) for name, column in drawn.items()}
        if posterior is not None:
            for name, value in posterior.drawn(key, times[key]).items():
                values[name] = value * conversion_factor(
                    catalogue.parameter(name).unit, units[name]
                )
        times[key] += 1
        found.append(Belief(variant=key, values=_below_cap(values, key, units, catalogue)))
    return tuple(found)


def _dealt(weights: Mapping[str, float], count: int) -> list[str]:
    owed = dict.fromkeys(weights, 0.0)
    dealt = []
    for _ in range(count):
        owed = {key: owed[key] + weight for key, weight in weights.items()}
        chosen = max(owed, key=lambda key: round(owed[key], 9))
        owed[chosen] -= 1.0
        dealt.append(chosen)
    return dealt


def _below_cap(
    values: Mapping[str, float], variant: str, units: Mapping[str, str], catalogue: Catalogue
) -> dict[str, float]:
    """Return a belief in which no share reaches the cap under its mechanism."""
    cap = catalogue.value("variability.gain_cap", "1")
    overrides = load_variants()[variant].overrides
    found = {**values, "variability.gain_cap": cap}
    for name in CAPPED:
        parameter = catalogue.parameter(name)
        middle = parameter.value_in(units[name])
        ratio = 1.0
        if name in overrides and middle != 0.0:
            factor = conversion_factor(parameter.unit, units[name])
            ratio = max(overrides[name] * factor / middle, 1e-9)
        most = BELOW_CAP * cap / ratio
        if found.get(name, middle) > most:
            found[name] = most
    return found
