"""The engine of this package, through its public face."""

import numpy as np

from benchmarks.engines import Settings
from benchmarks.workload import OUTPUTS, Array, Workload
from ketacourse.engine.accuracy import accurate_nodes
from ketacourse.engine.solve import solve


class Peer:
    """Steps are chosen once per tolerance, on the whole batch, as for a large one, and kept."""

    def __init__(self, work: Workload) -> None:
        self.problem = work.problem
        self.nodes: dict[float, Array] = {}

    def nodes_for(self, tolerance: float) -> Array:
        """Return the steps for a tolerance (h)."""
        if tolerance not in self.nodes:
            self.nodes[tolerance] = accurate_nodes(self.problem, tolerance, OUTPUTS, sparing=True)
        return self.nodes[tolerance]

    def run(self, count: int, settings: Settings) -> Array:
        """Return the outputs of the first patients."""
        problem = self.problem
        if count < problem.patients:
            problem = problem.subset(np.arange(count))
        nodes = self.nodes_for(settings.rtol)
        return solve(problem, tolerance=settings.rtol, quantities=OUTPUTS, nodes_h=nodes).values
