"""How long it takes from nothing to the first patient, with and without stored code."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.store import Store, Tell
from benchmarks.worker import ONE_THREAD

PROGRAM = """
import time
ticks = [time.perf_counter()]
from benchmarks.workload import OUTPUTS, Design, Workload
from ketacourse.engine.solve import solve
from ketacourse.engine.machine_code import kernel
ticks.append(time.perf_counter())
kernel()
ticks.append(time.perf_counter())
problem = Workload(Design(), 1).problem
ticks.append(time.perf_counter())
solve(problem, quantities=OUTPUTS)
ticks.append(time.perf_counter())
print(*(b - a for a, b in zip(ticks, ticks[1:])))
"""
STAGES = ("import", "kernel", "draw and pose", "choose steps and solve")


def measure(store: Store, tell: Tell, *, quick: bool) -> None:
    """Measure cold and warm starts of one patient's course."""
    if store.get("startup") is not None:
        return
    tell("start-up: cold and warm")
    cold = [_run(None) for _ in range(1 if quick else 3)]
    with tempfile.TemporaryDirectory() as folder:
        _run(folder)
        warm = [_run(folder) for _ in range(2 if quick else 5)]
    store.put("startup", {"cold": _middle(cold), "warm": _middle(warm)})


def _run(cache: str | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as empty:
        path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
        given = {**os.environ, **ONE_THREAD, "PYTHONPATH": path}
        given["KETACOURSE_CACHE_DIR"] = cache or empty
        start = time.perf_counter()
        done = subprocess.run(  # noqa: S603 - this Python, our own text
            [sys.executable, "-c", PROGRAM], env=given, check=True, capture_output=True, text=True
        )  # fmt: skip
        whole = time.perf_counter() - start
    stages = dict(zip(STAGES, map(float, done.stdout.split()), strict=True))
    return {"whole": whole, "python": whole - sum(stages.values()), **stages}


def _middle(runs: list[dict[str, float]]) -> dict[str, Any]:
    return {name: statistics.median(r[name] for r in runs) for name in runs[0]}
