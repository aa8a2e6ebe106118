r"""Variability between subjects, as a covariance on the log scale.

A parameter of subject i is ``typical * exp(eta_i)``; the coefficient of variation CV of
the catalogue is that of the log-normal, so the variance of eta is
:math:`\omega^2 = \ln(1 + CV^2)`.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model.pk.models import BASE_MODEL, pk_parameters
from ketacourse.model.pk.routes import ROUTES, Route

FloatArray = NDArray[np.float64]

CORRELATIONS = (
    ("pk_kamp.size", "pk_kamp.cl", "pk_variability.cor_v1_cl"),
    ("pk_fanta.v1", "pk_fanta.cl", "pk_variability.cor_v1_cl"),
    ("pk_otto.v_nk", "pk_otto.cl_nk", "pk_variability.cor_v_cl_nk"),
)
"""Pairs of parameters that vary together, and the name of their correlation."""

SHARED_IN_TIME = ("_duration", ".duration")
"""Endings of parameters that all subjects share: they set the edges of an inflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PkVariability:
    """Which parameters of a model vary between subjects, and how.

    Parameters
    ----------
    names
        Catalogue names, in the order of the matrix.
    typical
        Typical values in the units of `pk_parameters`, shape ``(k,)``.
    omega
        Covariance of the deviations on the log scale, shape ``(k, k)``.
    """

    names: tuple[str, ...]
    typical: FloatArray
    omega: FloatArray

    def parameters(self, eta: FloatArray) -> dict[str, FloatArray]:
        """Return individual values by name from deviations of shape ``(N, k)``."""
        if eta.ndim != 2 or eta.shape[1] != len(self.names):
            raise InputError(
                f"The deviations have shape {eta.shape}.",
                remedy=f"Give one column for each of the {len(self.names)} parameters.",
            )
        values = self.typical * np.exp(eta)
        return {name: values[:, i] for i, name in enumerate(self.names)}


def pk_variability(
    name: str = BASE_MODEL, *, catalogue: Catalogue, routes: Collection[Route] = ROUTES
) -> PkVariability:
    """Return the between-subject variability of one model for some routes.

    R- and S-ketamine share their deviation, as do R- and S-norketamine: their clearances
    are tied by ratios that do not vary.
    """
    units = pk_parameters(name, routes)
    names = tuple(
        n for n in units if catalogue.parameter(n).bsv_cv > 0.0 and not n.endswith(SHARED_IN_TIME)
    )
    deviation = np.array([np.sqrt(np.log1p(catalogue.parameter(n).bsv_cv ** 2)) for n in names])
    correlation = np.eye(len(names))
    for first, second, parameter in CORRELATIONS:
        if first in names and second in names:
            i, j = names.index(first), names.index(second)
            correlation[i, j] = correlation[j, i] = catalogue.value(parameter, "1")
    return PkVariability(
        names=names,
        typical=np.array([catalogue.value(n, units[n]) for n in names]),
        omega=correlation * np.outer(deviation, deviation),
    )
