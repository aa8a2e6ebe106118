"""One batch of patients to integrate: their schedule, drug and parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.schedule import Array, Schedule
from ketacourse.errors import InputError
from ketacourse.model import brain, chain
from ketacourse.model.pk.modes import Modes


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """N patients on one schedule.

    Attributes
    ----------
    schedule
        What happens when.
    modes
        Drug disposition and effect site as independent modes; its outputs include
        ``driver.<name>`` for every driver of the chain.
    drivers
        Row of each driver in ``modes.weights``, in the order of `brain.DRIVERS`.
    channels
        Index of each inflow's channel in ``modes.forcing``, shape (n_inflows,).
    amounts
        Amount of each inflow for each patient (umol), shape (n_inflows, N).
    attendance
        Share of each visit, then of each therapy session, that a patient attends (0
        to 1), shape (n_events, N).
    parameters
        Values in the order of `chain.PARAMETER_NAMES`, shape (n_parameters, N).
    numbers
        Number of each patient in the batch as it was posed, shape (N,).
    """

    schedule: Schedule
    modes: Modes
    drivers: NDArray[np.int64]
    channels: NDArray[np.int64]
    amounts: Array
    attendance: Array
    parameters: Array
    numbers: NDArray[np.int64]

    @property
    def patients(self) -> int:
        """Return the number of patients."""
        return int(self.parameters.shape[1])

    def subset(self, index: NDArray[np.int64]) -> "Problem":
        """Return the problem of some of the patients."""
        modes = self.modes
        if len(modes.rates) > 1:
            modes = replace(
                modes,
                rates=modes.rates[index],
                forcing=modes.forcing[index],
                weights=modes.weights[index],
            )
        return replace(
            self,
            modes=modes,
            amounts=self.amounts[:, index],
            attendance=self.attendance[:, index],
            parameters=self.parameters[:, index],
            numbers=self.numbers[index],
        )

    def input_now(self, name: str, time_h: float) -> Array:
        """Return an input just after a time, shape (N,)."""
        row = self.schedule.event_row(name, time_h)
        return self.attendance[row] if row >= 0 else np.zeros(self.patients)

    def parameter_map(self) -> dict[str, Array]:
        """Return each parameter by name, shape (N,)."""
        return dict(zip(chain.PARAMETER_NAMES, self.parameters, strict=True))


def pose(
    *,
    schedule: Schedule,
    modes: Modes,
    parameters: Mapping[str, float | Array],
    patients: int,
    attendance: Array | None = None,
) -> Problem:
    """Gather a problem and check it.

    Parameters
    ----------
    modes
        Modes of a system that includes the effect-site drivers.
    parameters
        Value of every parameter, a float or shape (N,), in its declared unit.
    attendance
        See `Problem`; everything is attended by default.

    Raises
    ------
    InputError
        If a parameter is missing, unknown or not finite.
    """
    missing = sorted(set(chain.PARAMETER_NAMES) - set(parameters))
    unknown = sorted(set(parameters) - set(chain.PARAMETER_NAMES))
    if missing or unknown:
        raise InputError(
            f"Parameters missing: {missing}; unknown: {unknown}.",
            remedy="Give exactly the parameters of the chain.",
        )
    table = np.empty((len(chain.PARAMETER_NAMES), patients))
    for row, name in enumerate(chain.PARAMETER_NAMES):
        table[row] = parameters[name]
    if not np.isfinite(table).all():
        row, patient = np.argwhere(~np.isfinite(table))[0]
        raise InputError(
            f"Parameter '{chain.PARAMETER_NAMES[row]}' of patient {patient} is "
            f"{table[row, patient]}.",
            remedy="Give a finite number.",
        )
    amounts = np.empty((len(schedule.inflows), patients))
    for row, inflow in enumerate(schedule.inflows):
        amounts[row] = inflow.amount_umol
    everything = np.ones((schedule.events, patients))
    return Problem(
        schedule=schedule,
        modes=modes,
        drivers=np.array([modes.outputs.index(f"driver.{d}") for d in brain.DRIVERS]),
        channels=np.array(
            [modes.channels.index(i.channel) for i in schedule.inflows], dtype=np.int64
        ),
        amounts=amounts,
        attendance=everything if attendance is None else attendance * everything,
        parameters=table,
        numbers=np.arange(patients, dtype=np.int64),
    )
