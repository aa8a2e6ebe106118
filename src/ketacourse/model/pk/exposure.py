r"""Exposure (area under the concentration curve), exact for a linear system.

Integrating the state equation gives

.. math::

    \int_0^t x \, ds = K^{-1} \bigl( x(t) - B g(t) \bigr)

with ``g(t)`` the amounts given up to ``t``; at infinity nothing is left in the body.
"""

from collections.abc import Sequence

import numpy as np

from ketacourse.errors import SolverError
from ketacourse.model.pk.linear import (
    FloatArray,
    Inflow,
    LinearSystem,
    checked_patients,
    solve_linear,
    with_amounts,
)


def exposure(
    system: LinearSystem, inflows: Sequence[Inflow], *, until_h: float | None = None
) -> FloatArray:
    """Return the area under each output's curve (umol*h/L).

    Parameters
    ----------
    system, inflows
        As for `ketacourse.model.pk.linear.solve_linear`.
    until_h
        End of the window (h), which starts before the first inflow; None means infinity.

    Returns
    -------
    ndarray
        Shape ``(n_out,)`` for one patient or ``(N, n_out)`` for N.
    """
    n_patients = checked_patients(system, inflows)
    lead = () if n_patients is None else (n_patients,)
    given = np.zeros((*lead, len(system.channels)))
    for inflow in inflows:
        part = 1.0
        if until_h is not None:
            since = max(until_h - inflow.start_h, 0.0)
            part = (
                min(since / inflow.duration_h, 1.0)
                if inflow.duration_h
                else float(until_h >= inflow.start_h)
            )
        given[..., system.channel_index(inflow.channel)] += part * np.asarray(inflow.amount_umol)
    left = np.zeros((*lead, len(system.states)))
    if until_h is not None:
        left = solve_linear(with_amounts(system), inflows, [until_h])[..., 0, :]
    try:
        areas = np.linalg.solve(system.rates, (left - given @ system.inflow.T)[..., np.newaxis])
    except np.linalg.LinAlgError:
        raise SolverError(
            "The exposure is infinite: drug never leaves a compartment.",
            remedy="Give every compartment a positive rate of exchange or elimination.",
        ) from None
    return np.asarray((system.observe @ areas)[..., 0], dtype=np.float64)
