"""The calibrated posterior that ships with the package: joint draws per mechanism variant.

``calibration/posterior.csv`` holds one row per draw in the catalogue's units, the row
``mode`` of a variant being its most probable point; ``calibration/posterior.json`` says
which data, seed and version made it, and the weight of each variant. The catalogue keeps
the priors; what was not calibrated stays at them.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from csv import reader
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import EvidenceError
from ketacourse.evidence.catalogue import Parameter, load_catalogue
from ketacourse.evidence.variants import BASE

Array = NDArray[np.float64]

SOURCE = "ketacourse_calibration"
FOLDER = "calibration"
MODE = "mode"


BESIDE_CALIBRATION = (
    "pk_", "brain.", "safety.", "adaptation.", "learning.", "inflammation.", "mood.coping_gain",
    "mood.benzodiazepine_block", "mood.suicidality_gain",
    "patient.bipolar_decay", "patient.il6_crp_exponent", "plasticity.met_deficit",
    "plasticity.inflammation_on_pool", "plasticity.plasma_gain",
)  # fmt: skip
"""Beginnings of the names that are drawn from their prior although a calibration ships.

They are what the fitted rows do not touch: side effects, therapy, inflammation, genotype, other
medication. A calibration is conditional on the typical values of all other rates between drug and
mood; to draw those anew beside its own draws would count what is not known of them twice.
"""


def beside_calibration(name: str) -> bool:
    """Return whether a parameter is drawn from its prior although a calibration ships."""
    return name.startswith(BESIDE_CALIBRATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """Joint draws of the calibrated parameters, in the catalogue's units.

    Attributes
    ----------
    names
        The calibrated parameters.
    modes
        Most probable values by variant, shape (n_names,).
    draws
        Joint draws by variant, shape (n_draws, n_names).
    weights
        Weight of each variant; they add up to one.
    made_by
        Data digest, seed, version and settings of the calibration.
    """

    names: tuple[str, ...]
    modes: Mapping[str, Array]
    draws: Mapping[str, Array]
    weights: Mapping[str, float]
    made_by: Mapping[str, Any]

    def typical(self, variant: str) -> dict[str, float]:
        """Return the most probable values of one variant by name."""
        return dict(zip(self.names, (float(v) for v in self.modes[variant]), strict=True))

    def drawn(self, variant: str, draw: int) -> dict[str, float]:
        """Return one joint draw of a variant by name; draws repeat after the last."""
        rows = self.draws[variant]
        return dict(zip(self.names, (float(v) for v in rows[draw % len(rows)]), strict=True))


_SET_ASIDE: list[bool] = []
"""Not empty while the shipped posterior is set aside."""


def set_aside() -> None:
    """Let this process run as if nothing had been calibrated, to its end.

    For processes that estimate anew: what ships must not reach the next estimate.
    """
    _SET_ASIDE.append(True)


@contextmanager
def without_posterior() -> Iterator[None]:
    """Run a block as if nothing had been calibrated."""
    _SET_ASIDE.append(True)
    try:
        yield
    finally:
        _SET_ASIDE.pop()


def load_posterior() -> Posterior | None:
    """Return the shipped posterior; None when the package was not calibrated or it is set aside."""
    return None if _SET_ASIDE else _shipped()


@cache
def _shipped() -> Posterior | None:
    folder = files("ketacourse.evidence").joinpath(FOLDER)
    table = folder.joinpath("posterior.csv")
    if not table.is_file():
        return None
    made_by = json.loads(folder.joinpath("posterior.json").read_text(encoding="utf-8"))
    lines = list(reader(table.read_text(encoding="utf-8").splitlines()))
    names = tuple(lines[0][2:])
    known = load_catalogue().parameters
    missing = [n for n in names if n not in known]
    if missing:
        raise EvidenceError(f"The posterior names {missing}, which the catalogue lacks.")
    modes: dict[str, Array] = {}
    draws: dict[str, list[Array]] = {}
    for variant, draw, *values in lines[1:]:
        row = np.array([float(v) for v in values])
        if draw == MODE:
            modes[variant] = row
        else:
            draws.setdefault(variant, []).append(row)
    return Posterior(
        names=names,
        modes=modes,
        draws={k: np.array(v) for k, v in draws.items()},
        weights=made_by["weights"],
        made_by=made_by,
    )


def calibrated(variant: str) -> dict[str, float]:
    """Return the calibrated typical values of a variant in catalogue units, or nothing."""
    posterior = load_posterior()
    return {} if posterior is None or variant not in posterior.modes else posterior.typical(variant)


def value_in_force(name: str, unit: str, variant: str = BASE) -> float:
    """Return a number as calibrated, else its typical value from the catalogue."""
    return as_calibrated(load_catalogue().parameter(name), variant).value_in(unit)


def as_calibrated(parameter: Parameter, variant: str) -> Parameter:
    """Return a catalogue parameter as the calibration of a variant left it."""
    posterior = load_posterior()
    if posterior is None or parameter.name not in posterior.names or variant not in posterior.modes:
        return parameter
    column = posterior.names.index(parameter.name)
    low, high = np.percentile(posterior.draws[variant][:, column], [5.0, 95.0])
    typical = float(posterior.modes[variant][column])
    prior = f"Prior {parameter.typical:g} ({parameter.lower:g} to {parameter.upper:g})"
    return replace(
        parameter,
        typical=typical,
        lower=min(float(low), typical),
        upper=max(float(high), typical),
        grade="calibrated",
        source=SOURCE,
        note=f"{prior}, {parameter.grade}, {parameter.source}. {parameter.note}".strip(),
    )
