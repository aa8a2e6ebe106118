"""libRoadRunner: the SBML export of the first patient, given the values of each patient.

Amounts stand in the document as numbers of the first patient. The drug's part is linear,
so another patient's amounts are put into the weights with which it acts. Doses and visits
are SBML events on the clock, which CVODE finds as roots: none can be stepped over.

libRoadRunner also looks for roots at every maximum and minimum, and comes to rest on the
kink where a score leaves the end of its scale. It is therefore given smooth ones.
"""

from dataclasses import replace
from typing import Any

import libsbml
import numpy as np
import roadrunner

from benchmarks.engines import Settings
from benchmarks.equations import Equations
from benchmarks.workload import OUTPUTS, Array, Workload
from ketacourse.interop.sbml import sbml_of
from ketacourse.model import brain, chain
from ketacourse.model.expression import SMALLEST
from ketacourse.model.pk.linear import LinearSystem

MOST_STEPS = 20_000
ROUNDING = 1e-9
"""Half width over which a maximum is rounded; its error is half of that at most."""


class Peer:
    """One compiled model; between patients it is reset and all its values are set."""

    def __init__(self, work: Workload) -> None:
        self.equations = Equations(work)
        self.schedule = work.problem.schedule
        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_ERROR)
        self.runner = roadrunner.RoadRunner(self._document())
        self.runner.timeCourseSelections = list(OUTPUTS)
        integrator = self.runner.integrator
        integrator.stiff = True
        integrator.variable_step_size = False
        integrator.maximum_num_steps = MOST_STEPS
        self.times = list(self.schedule.times_h - self.schedule.start_h)
        self.index, self.values = self._values()

    def _document(self) -> str:
        whole, work = self.equations.system, self.equations.work
        system = LinearSystem(
            states=whole.states, channels=whole.channels, inflow=whole.inflow,
            rates=self.equations.rates[0], outputs=whole.outputs,
            observe=np.broadcast_to(whole.observe, (work.count, *whole.observe.shape[-2:]))[0],
            observers=whole.observers,
        )  # fmt: skip
        inflows = tuple(
            i._replace(amount_umol=float(np.broadcast_to(i.amount_umol, work.count)[0]))
            for i in self.schedule.inflows
        )
        parameters = {n: float(v[0]) for n, v in work.parameters.items()}
        return smoothed(
            sbml_of(
                system=system,
                schedule=replace(self.schedule, inflows=inflows),
                parameters=parameters,
            )
        )

    def _values(self) -> tuple[list[int], Array]:
        """Return which values are set, and to what for each patient, (N, n_values)."""
        of = self.equations
        given = np.stack([np.broadcast_to(i.amount_umol, of.work.count)
                          for i in self.schedule.inflows])  # fmt: skip
        ratio = given / given[:, :1]
        if not np.allclose(ratio, ratio[0]):
            raise ValueError("The amounts of a patient do not all differ by the same factor.")
        values = {name.replace(".", "_"): v for name, v in of.work.parameters.items()}
        names = [s.replace(".", "_") for s in of.system.states]
        for i, j in of.rate_entries:
            values[f"k_{names[i]}_from_{names[j]}"] = of.rates[:, i, j]
        for i, j in of.observe_entries:
            values[f"w_{brain.DRIVERS[i]}_{names[j]}"] = of.observe[:, i, j] * ratio[0]
        names += chain.STATE_NAMES
        values |= {name: of.initial[:, k] for k, name in enumerate(names)}
        ids = self.runner.model.getGlobalParameterIds()
        position = {name: k for k, name in enumerate(ids)}
        table = [np.broadcast_to(v, of.work.count) for v in values.values()]
        return [position[name] for name in values], np.stack(table, axis=1)

    def run(self, count: int, settings: Settings) -> Array:
        """Return the outputs of the first patients."""
        runner = self.runner
        runner.integrator.relative_tolerance = settings.rtol
        runner.integrator.absolute_tolerance = settings.atol
        found = np.empty((count, len(self.times), len(OUTPUTS)))
        for patient in range(count):
            runner.reset(roadrunner.SelectionRecord.ALL)
            runner.model.setGlobalParameterValues(self.index, self.values[patient])
            found[patient] = np.asarray(runner.simulate(times=self.times))
        return found


def smoothed(sbml: str) -> str:
    """Return a document with maxima and minima made smooth."""
    document = libsbml.readSBMLFromString(sbml)
    model = document.getModel()
    for position in range(model.getNumRules()):
        _smooth(model.getRule(position).getMath())
    return str(libsbml.writeSBMLToString(document))


def _smooth(node: Any) -> None:
    for position in range(node.getNumChildren()):
        _smooth(node.getChild(position))
    kind = node.getType()
    if kind not in (libsbml.AST_FUNCTION_MAX, libsbml.AST_FUNCTION_MIN):
        return
    x, y = (libsbml.formulaToL3String(node.getChild(k)) for k in (0, 1))
    if node.getChild(1).isNumber() and node.getChild(1).getValue() == SMALLEST:
        text = f"sqrt(({x})^2 + {SMALLEST**2!r})"
    else:
        sign = "+" if kind == libsbml.AST_FUNCTION_MAX else "-"
        text = f"(({x}) + ({y}) {sign} sqrt((({x}) - ({y}))^2 + {ROUNDING**2!r})) / 2"
    while node.getNumChildren():
        node.removeChild(0)
    node.setType(libsbml.AST_PLUS)
    node.addChild(libsbml.parseL3Formula(text))
