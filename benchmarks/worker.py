"""A process of its own for each measurement, so that none disturbs another.

An engine lives in one process, on one core; it is built once and asked to run again and
again. Memory is the process's own peak, which is why nothing else may live there.
"""

import contextlib
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.engines import Settings, build
from benchmarks.workload import Array, Design, Workload

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}
POLL_SECONDS = 0.1


class Answer(NamedTuple):
    """What a process answers: a value, or what went wrong."""

    value: Any
    error: str = ""


def peak_bytes() -> int:
    """Return the peak resident memory of this process."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def stay_on(cores: int) -> None:
    """Keep this process and its children on the first cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, allowed[-cores:])


def alone(function: Callable[..., Any], *arguments: Any, cores: int = 1, tree: bool = False) -> Any:
    """Return what a function returns, run in a fresh process; it must be importable.

    With ``tree`` the answer is a pair: the value, and the peak memory of the process with
    all its children together (bytes), sampled.
    """
    here, there = get_context("spawn").Pipe()
    child = get_context("spawn").Process(
        target=_call, args=(there, function, arguments, cores), daemon=False
    )
    with _one_thread():
        child.start()
    there.close()
    watch = _Watch(child.pid) if tree else None
    try:
        answer = _received(here)
    finally:
        child.join()
        peak = watch.stop() if watch else 0
    if answer.error:
        raise RuntimeError(answer.error)
    return (answer.value, peak) if tree else answer.value


def _call(pipe: Connection, function: Callable[..., Any], arguments: Any, cores: int) -> None:
    stay_on(cores)
    try:
        pipe.send(Answer(function(*arguments)))
    except Exception as error:  # noqa: BLE001 - told to the parent
        pipe.send(Answer(None, f"{type(error).__name__}: {error}"))


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _received(pipe: Connection) -> Answer:
    try:
        answer = pipe.recv()
    except EOFError:
        return Answer(None, "The process ended before it answered.")
    return answer if isinstance(answer, Answer) else Answer(answer)


class _Watch:
    """Samples the memory of a process and its children."""

    def __init__(self, pid: int | None) -> None:
        import psutil

        self._process = psutil.Process(pid)
        self._gone = psutil.Error
        self._peak = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            with contextlib.suppress(self._gone):
                family = [self._process, *self._process.children(recursive=True)]
                self._peak = max(self._peak, sum(_resident(p, self._gone) for p in family))

    def stop(self) -> int:
        self._stopped.set()
        self._thread.join()
        return self._peak


def _resident(process: Any, gone: type[Exception]) -> int:
    try:
        return int(process.memory_info().rss)
    except gone:
        return 0


class EngineProcess:
    """An engine in a process of its own.

    Attributes
    ----------
    ready_seconds
        From the start of the process until the engine was built, patients drawn included.
    """

    def __init__(self, key: str, design: Design, count: int) -> None:
        self.key = key
        start = time.perf_counter()
        self._pipe, there = get_context("spawn").Pipe()
        self._child = get_context("spawn").Process(
            target=_serve, args=(there, key, design, count), daemon=True
        )
        with _one_thread():
            self._child.start()
        there.close()
        self._wait()
        self.ready_seconds = time.perf_counter() - start

    def _wait(self) -> Any:
        answer = _received(self._pipe)
        if answer.error:
            raise RuntimeError(f"{self.key}: {answer.error}")
        return answer.value

    def _ask(self, *question: Any) -> Any:
        self._pipe.send(question)
        return self._wait()

    def run(self, count: int, settings: Settings) -> tuple[float, Array]:
        """Return the seconds one run took and its outputs."""
        seconds, values = self._ask("run", count, settings)
        return seconds, values

    def seconds(self, count: int, settings: Settings, times: int = 1) -> float:
        """Return the seconds a run took, the mean of several; outputs stay in the process."""
        return float(self._ask("time", times, count, settings)) / times

    def call(self, name: str, *arguments: Any) -> Any:
        """Return what a function of the engine's module-level `Peer` returns."""
        return self._ask("call", name, *arguments)

    def peak_bytes(self) -> int:
        """Return the peak memory of the process so far."""
        return int(self._ask("peak"))

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._pipe.send(("end",))
        self._child.join(10.0)
        if self._child.is_alive():
            self._child.kill()
            self._child.join()


def _serve(pipe: Connection, key: str, design: Design, count: int) -> None:
    stay_on(1)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - not a file
        for stream in (1, 2):  # solvers tell of every failed step
            os.dup2(nowhere.fileno(), stream)
    try:
        engine = build(key, Workload(design, count))
    except Exception as error:  # noqa: BLE001 - told to the parent
        pipe.send(Answer(None, f"{type(error).__name__}: {error}"))
        return
    pipe.send(Answer(None))
    while True:
        try:
            what, *arguments = pipe.recv()
        except EOFError:
            return
        if what == "end":
            return
        pipe.send(_answer(engine, what, arguments))


def _answer(engine: Any, what: str, arguments: list[Any]) -> Answer:
    try:
        if what == "peak":
            return Answer(peak_bytes())
        if what == "call":
            return Answer(getattr(engine, arguments[0])(*arguments[1:]))
        if what == "time":
            times, *arguments = arguments
            start = time.perf_counter()
            for _ in range(times):
                engine.run(*arguments)
            return Answer(time.perf_counter() - start)
        start = time.perf_counter()
        values = engine.run(*arguments)
        return Answer((time.perf_counter() - start, np.asarray(values)))
    except Exception as error:  # noqa: BLE001 - told to the parent
        return Answer(None, f"{type(error).__name__}: {error}")
