"""The engine of this package, through its public face.

Steps are chosen once for each tolerance, on the whole batch, and kept: by default as few as
`ketacourse.engine.solve.MANY` patients and more get, because that is whom the rate matters
for; what fewer patients get is measured beside it.
"""

import statistics
import time
from typing import Any

import numpy as np

from benchmarks.engines import Settings
from benchmarks.workload import OUTPUTS, Array, Workload
from ketacourse.engine.accuracy import accurate_nodes
from ketacourse.engine.solve import solve


class Peer:
    """Integrates the whole batch at once."""

    def __init__(self, work: Workload) -> None:
        self.problem = work.problem
        self.nodes: dict[tuple[float, bool], Array] = {}
        self.choosing: dict[tuple[float, bool], float] = {}

    def nodes_for(self, tolerance: float, *, sparing: bool = True) -> Array:
        """Return the steps for a tolerance (h)."""
        key = (tolerance, sparing)
        if key not in self.nodes:
            start = time.perf_counter()
            self.nodes[key] = accurate_nodes(self.problem, tolerance, OUTPUTS, sparing=sparing)
            self.choosing[key] = time.perf_counter() - start
        return self.nodes[key]

    def run(self, count: int, settings: Settings, *, sparing: bool = True) -> Array:
        """Return the outputs of the first patients."""
        problem = self.problem
        if count < problem.patients:
            problem = problem.subset(np.arange(count))
        nodes = self.nodes_for(settings.rtol, sparing=sparing)
        return solve(problem, tolerance=settings.rtol, quantities=OUTPUTS, nodes_h=nodes).values

    def steps(self, tolerance: float, rounds: int) -> dict[str, Any]:
        """Return steps, seconds to choose them, and patients per second, for few and many."""
        settings = Settings(tolerance)
        took: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(rounds + 1):
            for sparing, seconds in took.items():
                start = time.perf_counter()
                self.run(self.problem.patients, settings, sparing=sparing)
                seconds.append(time.perf_counter() - start)
        return {
            name: {
                "steps": len(self.nodes[tolerance, sparing]) - 1,
                "choosing": self.choosing[tolerance, sparing],
                "rate": self.problem.patients / statistics.median(took[sparing][1:]),
            }
            for name, sparing in (("many", True), ("few", False))
        }
