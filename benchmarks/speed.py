"""Patients per second of every engine at equal accuracy, in interleaved rounds.

Each round runs every engine for about the same time at each accuracy, so that whatever else
the machine does falls on all alike; medians are compared. Every engine has one core and its own
process.
"""

import statistics
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.accuracy import REFERENCE, TARGETS, Tuned, kernel_settings, tune
from benchmarks.engines import ENGINES, KERNEL, Known, Settings, install_command, known, versions
from benchmarks.store import Store, Tell, in_short
from benchmarks.worker import EngineProcess
from benchmarks.workload import Array, Design

TOGETHER = (KERNEL, "diffrax")
"""Engines that take all patients at once."""
REFERENCES = ("numbalsoda", "scipy_numba", "scipy")
"""Who makes the reference: the first that is installed."""


class Extent:
    """How much is measured."""

    def __init__(self, *, quick: bool) -> None:
        self.checked = 8 if quick else 24
        self.kernel_patients = 2048 if quick else 8192
        self.rounds = 2 if quick else 5
        self.seconds = 0.4 if quick else 1.5
        self.engines = (
            tuple(e for e in ENGINES if e.key in (KERNEL, "numbalsoda", "roadrunner", "scipy"))
            if quick
            else ENGINES
        )


class Running:
    """Processes of engines, each started when it is first needed and kept."""

    def __init__(self, design: Design, extent: Extent, tell: Tell) -> None:
        self.design, self.extent, self.tell = design, extent, tell
        self.processes: dict[str, EngineProcess] = {}

    def __getitem__(self, key: str) -> EngineProcess:
        if key not in self.processes:
            self.tell(f"speed: building {known(key).label}")
            count = self.extent.kernel_patients if key == KERNEL else self.extent.checked
            self.processes[key] = EngineProcess(key, self.design, count)
        return self.processes[key]

    def close(self) -> None:
        """End all processes."""
        for process in self.processes.values():
            process.close()


def measure(store: Store, extent: Extent, tell: Tell) -> None:
    """Tune every engine, run the rounds, and store both."""
    if store.get("speed") is not None:
        return
    here = [e for e in extent.engines if all(versions(e).values())]
    absent = [e for e in extent.engines if e not in here]
    running = Running(Design(), extent, tell)
    try:
        truth = None
        tuned: dict[str, dict[str, Any]] = {}
        for engine in here:
            name = f"tuned-{engine.key}"
            data = store.get(name)
            if data is None:
                truth = reference(running, extent) if truth is None else truth
                data = store.put(name, _tuned(engine, running, truth, tuned))
            tuned[engine.key] = data
        ready = [e for e in here if "failed" not in tuned[e.key]]
        store.put("speed", {
            "engines": _rounds(ready, tuned, running, extent),
            "steps": {f"{t:g}": running[KERNEL].call("steps", t, extent.rounds) for t in TARGETS},
            "failed": [{"label": e.label, "why": tuned[e.key]["failed"]}
                       for e in here if e not in ready],
            "missing": [{"label": e.label, "install": install_command(e)} for e in absent],
            "checked": extent.checked, "rounds": extent.rounds,
        })  # fmt: skip
    finally:
        running.close()


def reference(running: Running, extent: Extent) -> Array:
    """Return the outputs of the checked patients at tolerance 1e-10."""
    key = next(k for k in REFERENCES if all(versions(known(k)).values()))
    running.tell(f"speed: reference for {extent.checked} patients")
    return running[key].run(extent.checked, REFERENCE)[1]


def _tuned(engine: Known, running: Running, truth: Array, others: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of one engine for every target."""
    if engine.alike in others:
        return {**others[engine.alike], "alike": engine.alike}
    try:
        process = running[engine.key]
        running.tell(f"speed: tuning {engine.label}")
        found = {}
        for target in TARGETS:
            best = _best(engine, process, truth, target)
            found[f"{target:g}"] = None if best is None else best.data
    except RuntimeError as error:
        return {"failed": in_short(error)}
    return {"targets": found}


def _best(engine: Known, process: EngineProcess, truth: Array, target: float) -> Tuned | None:
    count = len(truth)

    def run(settings: Settings) -> tuple[float, Array]:
        return process.run(count, settings)

    run(Settings(1e-2))  # compiled and warm
    if engine.key == KERNEL:
        return kernel_settings(run, truth, target)
    return tune(run, truth, target, engine)


def _rounds(
    engines: list[Known], tuned: dict[str, Any], running: Running, extent: Extent
) -> list[dict[str, Any]]:
    """Run the rounds and return, per engine, what it took."""
    jobs = list(_jobs(engines, tuned, running, extent))
    rates: dict[tuple[str, str], list[float]] = {(j.key, j.target): [] for j in jobs}
    for number in range(extent.rounds):
        running.tell(f"speed: round {number + 1} of {extent.rounds}")
        for job in jobs:
            seconds = running[job.key].seconds(job.count, job.settings, job.times)
            rates[job.key, job.target].append(job.count / seconds)
    return [_engine_data(e, tuned[e.key], rates, jobs, running[e.key]) for e in engines]


class Job(NamedTuple):
    """What an engine is asked in each round: some patients, run once or several times.

    Each engine works for about the same time, so that what the processor does in the first
    moments after a change of process weighs alike.
    """

    key: str
    target: str
    count: int
    settings: Settings
    times: int


def _jobs(
    engines: list[Known], tuned: dict[str, Any], running: Running, extent: Extent
) -> Iterator[Job]:
    """Yield what is run in each round, once warm."""
    for engine in engines:
        for target, data in tuned[engine.key]["targets"].items():
            if data is None:
                continue
            settings = Settings(**data["settings"])
            process = running[engine.key]
            most = extent.kernel_patients if engine.key == KERNEL else extent.checked
            count = most
            if engine.key not in TOGETHER:
                few = min(4, most)
                process.seconds(1, settings)
                count = _count(process.seconds(few, settings) / few, extent)
            seconds = process.seconds(count, settings)
            times = max(1, round(extent.seconds / seconds))
            yield Job(engine.key, target, count, settings, times)


def _count(seconds: float, extent: Extent) -> int:
    return int(np.clip(extent.seconds / seconds, 2, extent.checked))


def _engine_data(
    engine: Known, tuned: dict[str, Any], rates: dict[tuple[str, str], list[float]],
    jobs: list[Job], process: EngineProcess,
) -> dict[str, Any]:  # fmt: skip
    targets: dict[str, Any] = {}
    for target, data in tuned["targets"].items():
        given = rates.get((engine.key, target))
        if not given:
            targets[target] = None
            continue
        count = next(j.count for j in jobs if (j.key, j.target) == (engine.key, target))
        targets[target] = {
            "rate": statistics.median(given), "low": min(given), "high": max(given),
            "patients": count, "error": data["error"], "settings": data["settings"],
        }  # fmt: skip
    return {
        "key": engine.key, "label": engine.label, "what": engine.what,
        "versions": versions(engine), "targets": targets,
        "ready_seconds": process.ready_seconds, "peak_bytes": process.peak_bytes(),
    }  # fmt: skip
