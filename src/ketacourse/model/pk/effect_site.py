r"""First-order effect sites, each driven by a weighted sum of concentrations.

.. math::

    \dot E_d = k_{e0} \left( \sum_i w_{di} C_i - E_d \right)

An effect site holds no drug; it follows the plasma with the half-life ln 2 / ke0.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.model.pk.compartments import Quantity
from ketacourse.model.pk.linear import FloatArray, LinearSystem, side_by_side


def with_effect_site(
    system: LinearSystem,
    drivers: Mapping[str, Mapping[str, Quantity]],
    *,
    ke0_per_h: Quantity | Mapping[str, Quantity],
    alone: bool = False,
) -> LinearSystem:
    """Return the system with one effect site, and one output ``driver.<name>``, per driver.

    Parameters
    ----------
    system
        System whose outputs drive the effect sites.
    drivers
        Driver name to the weight (dimensionless) of each existing output; weights are
        numbers or one per patient, shape ``(N,)``.
    ke0_per_h
        Rate constant (1/h): one for all drivers, or one per driver name; each a number
        or one per patient.
    alone
        Whether the drivers are the only outputs.
    """
    rates_of = {d: _ke0(ke0_per_h, d) for d in drivers}
    shares = [w for weights in drivers.values() for w in weights.values()]
    lead = np.broadcast_shapes(
        system.rates.shape[:-2],
        system.observe.shape[:-2],
        *(np.shape(q) for q in (*rates_of.values(), *shares)),
    )
    n, k = len(system.states), len(drivers)
    rates = side_by_side(lead, n + k, n + k)
    rates[..., :n, :n] = system.rates
    outputs = () if alone else system.outputs
    observe = side_by_side(() if alone else lead, len(outputs) + k, n + k)
    if outputs:
        observe[..., : len(outputs), :n] = system.observe
    for i, (driver, weights) in enumerate(drivers.items()):
        ke0 = rates_of[driver]
        rates[..., n + i, :n] = np.asarray(ke0)[..., np.newaxis] * _drive(system, weights, lead)
        rates[..., n + i, n + i] = -np.asarray(ke0)
        observe[..., len(outputs) + i, n + i] = 1.0
    names = tuple(f"driver.{d}" for d in drivers)
    return replace(
        system,
        states=(*system.states, *names),
        rates=rates,
        inflow=np.vstack([system.inflow, np.zeros((k, len(system.channels)))]),
        outputs=(*outputs, *names),
        observe=observe,
        observers=(*system.observers, *names),
    )


def _drive(
    system: LinearSystem, weights: Mapping[str, Quantity], lead: tuple[int, ...]
) -> FloatArray:
    drive = side_by_side(lead, len(system.states))
    for output, weight in weights.items():
        drive += (
            np.asarray(weight)[..., np.newaxis]
            * system.observe[..., system.output_index(output), :]
        )
    return drive


def _ke0(given: Quantity | Mapping[str, Quantity], driver: str) -> Quantity:
    if isinstance(given, Mapping):
        if driver not in given:
            raise InputError(
                f"The driver '{driver}' has no ke0.", remedy="Give one rate constant per driver."
            )
        value = given[driver]
    else:
        value = given
    if not (np.isfinite(value) & (np.asarray(value) > 0.0)).all():
        raise OutOfRangeError(
            f"ke0 of the driver '{driver}' is not a positive number.",
            remedy="Give it in 1/h, for example 20 for a half-life of about 2 min.",
        )
    return value
