"""All models on one dose: how far the published pharmacokinetics disagree."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.linear import FloatArray, solve_linear
from ketacourse.model.pk.models import MODELS, pk_model
from ketacourse.model.pk.routes import DoseLike, part_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One output after one dose by every model that has it.

    Parameters
    ----------
    output
        Name of the output.
    times_h
        Times after the start of the dose (h), shape ``(n_times,)``.
    courses
        Model name to concentrations (umol/L), shape ``(n_times,)``.
    missing
        Model name to the reason why it is not among them.
    """

    output: str
    times_h: FloatArray
    courses: Mapping[str, FloatArray]
    missing: Mapping[str, str]

    @property
    def fold_at_peak(self) -> float:
        """Return the highest over the lowest peak (dimensionless)."""
        peaks = [course.max() for course in self.courses.values()]
        return float(max(peaks) / min(peaks))


def disagreement(
    dose: DoseLike,
    *,
    catalogue: Catalogue,
    weight_kg: float,
    times_h: ArrayLike,
    output: str = "s_ketamine",
) -> Disagreement:
    """Return one output after one dose at time 0 by every model that can give it.

    Parameters
    ----------
    dose
        The dose; of a racemate by needle the half that the output depends on is used.
    catalogue
        Source of the typical values.
    weight_kg
        Body weight (kg).
    times_h
        Times (h).
    output
        Output to compare.
    """
    part = part_of(dose, output)
    times = np.asarray(times_h, dtype=np.float64)
    courses: dict[str, FloatArray] = {}
    missing: dict[str, str] = {}
    for name in MODELS:
        try:
            system = pk_model(
                name,
                catalogue=catalogue,
                routes=[part.route],
                drugs=[part.drug],
                weight_kg=weight_kg,
            )
            at = system.output_index(output)
        except InputError as error:
            missing[name] = error.problem
            continue
        inflows = inflows_of([(0.0, part)], model=name, catalogue=catalogue, weight_kg=weight_kg)
        courses[name] = solve_linear(system, inflows, times)[:, at]
    return Disagreement(output=output, times_h=times, courses=courses, missing=missing)
