"""How the cost grows: with patients, with the length of the course, with sessions.

A population is taken in chunks: patients are drawn, posed, integrated and summed up, and
only the sums are kept. Every measurement has a process of its own.
"""

import time
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
from ketacourse.trials.executor import DaskExecutor, Executor, ProcessExecutor, SerialExecutor
from ketacourse.trials.run import run_trial
from ketacourse.trials.trial_read import parse_trial

CHUNK = 8192
FEW = 1024
"""Patients below which a chunk is not split further between processes."""
TOLERANCE = 1e-3
PILOTS = 256
"""Patients on whom the steps are chosen, once per course."""
LENGTHS = (Design(4, 2), Design(4, 12), Design(4, 52))
SESSIONS = (Design(1, 12), Design(6, 12), Design(24, 12))
VISIT_DAYS = (3, 7, 10, 14, 17, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84)

Stages = dict[str, float]


def chosen_nodes(design: Design) -> Array:
    """Return steps for a course (h)."""
    return accurate_nodes(Workload(design, PILOTS).problem, TOLERANCE, OUTPUTS, sparing=True)


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


def _ranges(count: int) -> list[tuple[int, int]]:
    return [(first, min(CHUNK, count - first)) for first in range(0, count, CHUNK)]


def whole_population(count: int, cores: int, repeats: int) -> dict[str, Any]:
    """Return what a population costs: seconds, stages (s), steps and peak memory."""
    design = Design()
    start = time.perf_counter()
    nodes = chosen_nodes(design)
    choosing = time.perf_counter() - start
    if cores == 1:
        chunk_sums(design, nodes, 0, 16)
        best = min((_serial(design, nodes, count) for _ in range(repeats)), key=lambda r: r[0])
        seconds, stages = best
    else:
        seconds, stages = _parallel(design, nodes, count, cores, repeats)
    return {"patients": count, "cores": cores, "seconds": seconds, "choosing": choosing,
            "stages": stages, "steps": len(nodes) - 1, "peak_bytes": peak_bytes()}  # fmt: skip


def _serial(design: Design, nodes: Array, count: int) -> tuple[float, Stages]:
    start = time.perf_counter()
    total, stages = None, dict.fromkeys(("draw", "pose", "solve", "sum"), 0.0)
    for first, size in _ranges(count):
        sums, took = chunk_sums(design, nodes, first, size)
        total = sums if total is None else total + sums
        stages = {name: stages[name] + took[name] for name in stages}
    return time.perf_counter() - start, stages


def _parallel(
    design: Design, nodes: Array, count: int, cores: int, repeats: int
) -> tuple[float, Stages]:
    """Run chunks in worker processes that are up and warm before the clock starts."""
    ranges = _ranges(count)
    if len(ranges) < 4 * cores:
        size = max(-(-count // (2 * cores)), min(FEW, -(-count // cores)))
        ranges = [(a, min(size, count - a)) for a in range(0, count, size)]
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        list(pool.map(_warm, [(design, nodes)] * (4 * cores)))
        best: tuple[float, Stages] = (np.inf, {})
        for _ in range(repeats):
            start = time.perf_counter()
            stages = dict.fromkeys(("draw", "pose", "solve", "sum"), 0.0)
            total: Array | float = 0.0
            jobs = [(design, nodes, first, size) for first, size in ranges]
            for sums, took in pool.map(_job, jobs):
                total = total + sums
                stages = {name: stages[name] + took[name] for name in stages}
            seconds = time.perf_counter() - start
            best = min(best, (seconds, stages), key=lambda r: r[0])
    return best


def _warm(job: tuple[Design, Array]) -> None:
    chunk_sums(*job, 0, 64)


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


def measure_growth(store: Store, tell: Tell, *, quick: bool) -> None:
    """Measure the growth with patients, length and sessions."""
    most = {1: 4, 2: 4} if quick else {1: 5, 2: 6}
    for cores in (1, 2):
        for power in range(2, most[cores] + 1):
            case, count = f"patients-{cores}-1e{power}", 10**power
            if store.get(case) is None:
                tell(f"growth: {count:,} patients, {cores} core(s)")
                repeats = 5 if power <= 3 else (3 if power == 4 else (2 if power == 5 else 1))
                found, peak = alone(whole_population, count, cores, repeats, cores=cores, tree=True)
                store.put(case, {**found, "peak_tree_bytes": peak})
    count, repeats = (1024, 2) if quick else (4096, 3)
    for name, designs in (("length", LENGTHS), ("sessions", SESSIONS)):
        if store.get(name) is None:
            tell(f"growth: {name}")
            store.put(name, {"rows": [alone(one_course, d, count, repeats) for d in designs]})


def measure_trials(store: Store, tell: Tell, *, quick: bool) -> None:
    """Measure trials on every executor, and the largest one."""
    count, rounds = (4096, 1) if quick else (100_000, 2)
    kinds = (("serial", 1), ("processes", 1), ("processes", 2), ("dask", 2))
    if store.get("executors") is None:
        rows = []
        for number in range(rounds):
            for who, workers in kinds:
                tell(f"trials: {count:,} patients, {who} {workers}, round {number + 1}")
                try:
                    found, peak = alone(one_trial, count, who, workers, cores=workers, tree=True)
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
