"""Myokit: the model as C, compiled against SUNDIALS, run by CVODES.

Infusions and visits are paced by protocols, at whose edges the integrator stops.
"""

from collections.abc import Sequence
from typing import Any

import myokit
import numpy as np

from benchmarks.engines import Settings
from benchmarks.equations import Equations, Writer
from benchmarks.workload import OUTPUTS, Array, Workload
from ketacourse.model import chain

PACES = (*chain.INPUTS, "infusing")


class Peer:
    """One compiled simulation; between patients it is reset and its constants are set."""

    def __init__(self, work: Workload) -> None:
        self.equations = Equations(work)
        self.schedule = work.problem.schedule
        self.inputs = self._inputs()
        model = myokit.parse_model(self._text())
        self.simulation = myokit.Simulation(model, self._protocols())
        self.constants = [f"m.{n}" for n in self._constants()]
        self.log = [f"m.{name}_out" for name in OUTPUTS]
        self.times = self.schedule.times_h

    def _inputs(self) -> Array:
        """Return the inflows of each patient while an infusion runs, (N, n_forced)."""
        return self.equations.segments[0].inputs[:, len(chain.INPUTS) :]

    def _constants(self) -> list[str]:
        n = self.equations.coefficients.shape[1]
        return [f"c{k}" for k in range(n)] + [f"a{k}" for k in range(self.inputs.shape[1])]

    def _protocols(self) -> dict[str, Any]:
        spans = {
            "visit": [(s.start_h, s.end_h) for s in self.schedule.visits],
            "therapy": [(s.start_h, s.end_h) for s in self.schedule.therapy],
            "infusing": sorted({(i.start_h, i.start_h + i.duration_h)
                                for i in self.schedule.inflows}),
        }  # fmt: skip
        found = {}
        for name, times in spans.items():
            protocol = myokit.Protocol()
            for start, end in times:
                protocol.schedule(1, start, end - start)
            found[name] = protocol
        return found

    def _text(self) -> str:
        """Return the model in Myokit's language."""
        text = _MyokitWriter(self.equations)
        head = ["t = 0 bind time", *(f"{p} = 0 bind {p}" for p in PACES)]
        head += [f"{name} = 1" for name in self._constants()]
        slopes = [f"dot({text.state(k)}) = {value}" for k, value in enumerate(text.slopes())]
        outputs = [f"{n}_out = {v}" for n, v in zip(OUTPUTS, text.outputs(), strict=True)]
        initial = [f"m.{text.state(k)} = {float(v)!r}"
                   for k, v in enumerate(self.equations.initial[0])]  # fmt: skip
        body = ["[m]", *head, *text.lines, *slopes, *outputs]
        return "\n".join(["[[model]]", *initial, "", *body]) + "\n"

    def run(self, count: int, settings: Settings) -> Array:
        """Return the outputs of the first patients."""
        simulation = self.simulation
        simulation.set_tolerance(abs_tol=settings.atol, rel_tol=settings.rtol)
        found = np.empty((count, len(self.times), len(OUTPUTS)))
        values = np.concatenate([self.equations.coefficients, self.inputs], axis=1)
        end = float(self.times[-1])
        for patient in range(count):
            simulation.set_time(self.schedule.start_h)
            simulation.set_state(self.equations.initial[patient])
            for name, value in zip(self.constants, values[patient], strict=True):
                simulation.set_constant(name, value)
            log = simulation.run(
                np.nextafter(end, np.inf) - self.schedule.start_h, log=self.log,
                log_times=self.times,
            )  # fmt: skip
            found[patient] = np.array([log[name] for name in self.log]).T
        return found


class _MyokitWriter(Writer):
    """Writes Myokit's names instead of indexed ones."""

    def state(self, position: int) -> str:
        return f"y{position}"

    def coefficient(self, position: int) -> str:
        return f"c{position}"

    def input(self, position: int) -> str:
        paced = len(chain.INPUTS)
        return chain.INPUTS[position] if position < paced else f"infusing * a{position - paced}"

    def call(self, operation: str, values: Sequence[str]) -> str:
        if operation in ("exp", "log"):
            return f"{operation}({values[0]})"
        sign = {"max": ">=", "min": "<="}[operation]
        return f"if({values[0]} {sign} {values[1]}, {values[0]}, {values[1]})"
