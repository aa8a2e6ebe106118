"""How the cost grows: with patients, with the length of the course, with sessions.

A population is taken in chunks: patients are drawn, posed, integrated and summed up, and
only the sums are kept. Every measurement has a process of its own.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.store import Store, Tell
from benchmarks.worker import alone, peak_bytes
from benchmarks.workload import OUTPUTS, Array, Design, Workload
from ketacourse.engine.accuracy import accurate_nodes
from ketacourse.engine.solve import solve
from ketacourse.trials.executor import DaskExecutor, Executor, SerialExecutor
from ketacourse.trials.processes import ProcessExecutor
from ketacourse.trials.run import run_trial
from ketacourse.trials.trial_read import parse_trial

CHUNK = 8192
WORTH = 2048
"""Patients for whom a further process is worth while."""
TOLERANCE = 1e-3
ROUNDS = 3
"""Times that every size is measured, in turns."""
PILOTS = 256
"""Patients on whom the steps are chosen, once per course."""
LENGTHS = (Design(4, 2), Design(4, 12), Design(4, 52))
SESSIONS = (Design(1, 12), Design(6, 12), Design(24, 12))
VISIT_DAYS = (3, 7, 10, 14, 17, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84)

Stages = dict[str, float]


def chosen_nodes(design: Design) -> Array:
    """Return steps for a course (h)."""
    return accurate_nodes(Workload(design, PILOTS).problem, TOLERANCE, OUTPUTS)


def chunk_sums(design: Design, nodes: Array, first: int, count: int) -> tuple[Array, Stages]:
    """Return sums and sums of squares of a chunk, (2, n_times, n_outputs), and its stages."""
    ticks = [time.perf_counter()]
    work = Workload(design, count, first=first)
    ticks.append(time.perf_counter())
    problem = work.problem
    ticks.append(time.perf_counter())
    values = solve(problem, tolerance=TOLERANCE, quantities=OUTPUTS, nodes_h=nodes).values
    ticks.append(time.perf_counter())
    sums = np.stack([values.sum(axis=0), np.einsum("ntq,ntq->tq", values, values)])
    ticks.append(time.perf_counter())
    took = np.diff(ticks)
    return sums, dict(zip(("draw", "pose", "solve", "sum"), took.tolist(), strict=True))


def _ranges(count: int, processes: int) -> list[tuple[int, int]]:
    """Return first and size of equal chunks, as many for each process."""
    turns = -(-count // (processes * CHUNK))
    size = -(-count // (processes * turns))
    return [(first, min(size, count - first)) for first in range(0, count, size)]


def whole_population(count: int, cores: int, repeats: int) -> dict[str, Any]:
    """Return what a population costs: seconds, stages (s), steps and peak memory."""
    design = Design()
    start = time.perf_counter()
    nodes = chosen_nodes(design)
    choosing = time.perf_counter() - start
    processes = max(1, min(cores, count // WORTH))
    runs = _serial if processes == 1 else _parallel
    found = sorted(runs(design, nodes, count, processes, repeats), key=lambda run: run[0])
    seconds, stages = found[(len(found) - 1) // 2]
    return {"patients": count, "cores": cores, "processes": processes, "seconds": seconds,
            "choosing": choosing, "stages": stages, "steps": len(nodes) - 1,
            "peak_bytes": peak_bytes()}  # fmt: skip


def _serial(
    design: Design, nodes: Array, count: int, processes: int, repeats: int
) -> list[tuple[float, Stages]]:
    """Return seconds and stages of runs in this process, which is warm."""
    chunk_sums(design, nodes, 0, min(count, CHUNK))
    jobs = [(design, nodes, first, size) for first, size in _ranges(count, processes)]
    return [_summed(map(_job, jobs)) for _ in range(repeats)]


def _parallel(
    design: Design, nodes: Array, count: int, processes: int, repeats: int
) -> list[tuple[float, Stages]]:
    """Return seconds and stages of runs in processes that are up and warm."""
    jobs = [(design, nodes, first, size) for first, size in _ranges(count, processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(_job, [(design, nodes, 0, CHUNK)] * (4 * processes)))
        return [_summed(pool.map(_job, jobs)) for _ in range(repeats)]


def _summed(chunks: Iterator[tuple[Array, Stages]]) -> tuple[float, Stages]:
    """Return the seconds until all chunks are summed up, and their stages together."""
    start = time.perf_counter()
    total: Array | float = 0.0
    stages = dict.fromkeys(("draw", "pose", "solve", "sum"), 0.0)
    for sums, took in chunks:
        total = total + sums
        stages = {name: stages[name] + took[name] for name in stages}
    return time.perf_counter() - start, stages


def _job(job: tuple[Design, Array, int, int]) -> tuple[Array, Stages]:
    return chunk_sums(*job)


def one_course(design: Design, count: int, repeats: int) -> dict[str, Any]:
    """Return what a course costs per patient, integration and posing (s)."""
    nodes = chosen_nodes(design)
    took = [chunk_sums(design, nodes, 0, count)[1] for _ in range(repeats)]
    best = {name: min(t[name] for t in took) for name in took[0]}
    return {**asdict(design), "patients": count, "stages": best, "steps": len(nodes) - 1,
            "times": len(design.times_h)}  # fmt: skip


def trial_of(patients: int) -> Any:
    """Return a trial: one arm, the course of the page, rated fifteen times."""
    sessions = [
        {"day": d, "drug": "ketamine", "route": "iv_infusion", "dose": "0.5 mg/kg",
         "duration": "40 min"}
        for d in Design().session_days
    ]  # fmt: skip
    content = {
        "title": "Benchmark", "patients": patients, "seed": 20,
        "population": {"preset": "trd_trial"},
        "visits": [{"days": list(VISIT_DAYS), "scales": ["madrs"]}],
        "arms": [{"name": "six infusions", "sessions": sessions}],
        "endpoints": [{"name": "Change on day 84", "kind": "change", "day": 84}],
    }  # fmt: skip
    return parse_trial(content, where="benchmarks")


def one_trial(patients: int, who: str, workers: int) -> dict[str, Any]:
    """Return what a trial costs (counts only are stored), and the digest of its result."""
    trial = trial_of(patients)
    executor: Executor = SerialExecutor()
    if who == "processes":
        executor = ProcessExecutor(workers)
    elif who == "dask":
        executor = DaskExecutor(workers=workers)
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        result = run_trial(trial, Path(folder), executor=executor, trajectories="none")
        seconds = time.perf_counter() - start
    return {"patients": patients, "who": who, "workers": workers, "seconds": seconds,
            "digest": result.digest}  # fmt: skip


def beside_another(patients: int) -> dict[str, Any]:
    """Return what a trial in one process costs while the other core runs one like it.

    Two cores of a machine that others share do not give twice what one gives; what an executor
    costs beyond that is told against this.
    """
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(one_trial, [patients] * 2, ["serial"] * 2, [1] * 2))
    seconds = [run["seconds"] for run in found]
    return {**found[0], "who": "beside", "workers": 2, "seconds": sum(seconds) / len(seconds)}


def measure_growth(store: Store, tell: Tell, *, quick: bool) -> None:
    """Measure the growth with patients, length and sessions."""
    most = {1: 4, 2: 4} if quick else {1: 5, 2: 6}
    sizes = [(cores, power) for cores in (1, 2) for power in range(2, most[cores] + 1)]
    cases = {size: f"patients-{size[0]}-1e{size[1]}" for size in sizes}
    if any(store.get(case) is None for case in cases.values()):
        # In rounds, so that whatever else the machine does falls on all sizes alike.
        runs: dict[tuple[int, int], list[dict[str, Any]]] = {size: [] for size in sizes}
        rounds = 1 if quick else ROUNDS
        for number in range(rounds):
            for cores, power in sizes:
                count = 10**power
                tell(f"growth: {count:,} patients, {cores} core(s), round {number + 1}")
                repeats = {2: 15, 3: 15, 4: 7, 5: 2}.get(power, 1)
                found, peak = alone(whole_population, count, cores, repeats, cores=cores, tree=True)
                runs[cores, power].append({**found, "peak_tree_bytes": peak})
        for size, case in cases.items():
            # What disturbs only adds: the quietest round says what the work itself costs.
            store.put(case, min(runs[size], key=lambda run: float(run["seconds"])))
    count, repeats = (1024, 2) if quick else (4096, 3)
    for name, designs in (("length", LENGTHS), ("sessions", SESSIONS)):
        if store.get(name) is None:
            tell(f"growth: {name}")
            store.put(name, {"rows": [alone(one_course, d, count, repeats) for d in designs]})


def measure_trials(store: Store, tell: Tell, *, quick: bool) -> None:
    """Measure trials on every executor, and the largest one."""
    count, rounds = (4096, 1) if quick else (100_000, ROUNDS)
    kinds = (("serial", 1), ("processes", 1), ("beside", 2), ("processes", 2), ("dask", 2))
    if store.get("executors") is None:
        rows = []
        for number in range(rounds):
            for who, workers in kinds:
                tell(f"trials: {count:,} patients, {who} {workers}, round {number + 1}")
                try:
                    asked: tuple[Any, ...] = (one_trial, count, who, workers)
                    if who == "beside":
                        asked = (beside_another, count)
                    found, peak = alone(*asked, cores=workers, tree=True)
                except RuntimeError as error:
                    tell(f"trials: {who} left out ({error})")
                    continue
                rows.append({**found, "peak_tree_bytes": peak})
        store.put("executors", {"rows": rows})
    count = 16_384 if quick else 1_000_000
    if store.get("trial-largest") is None:
        tell(f"trials: {count:,} patients, two processes")
        found, peak = alone(one_trial, count, "processes", 2, cores=2, tree=True)
        store.put("trial-largest", {**found, "peak_tree_bytes": peak})
