"""Several processes do the work; whichever is killed, only its own chunk is done again."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing import active_children, forkserver
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from ketacourse.errors import OutputError
from ketacourse.trials import processes
from ketacourse.trials.executor import SerialExecutor, WorkersLostError
from ketacourse.trials.processes import ProcessExecutor, may_be_copied
from ketacourse.trials.run import run_trial

METHODS = multiprocessing.get_all_start_methods()
copied = pytest.mark.skipif("fork" not in METHODS, reason="no fork")


def digest(make, folder, executor, **options):
    trial = make(patients=30)
    return run_trial(trial, folder, executor=executor, chunk_patients=8, **options).digest


@pytest.fixture
def alone(make, tmp_path):
    return digest(make, tmp_path / "alone", SerialExecutor())


@pytest.fixture
def numbers():
    return [SimpleNamespace(name=str(number)) for number in range(8)]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_give_it_however_they_are_started(make, tmp_path, method, alone):
    assert digest(make, tmp_path / "two", ProcessExecutor(2, start_method=method)) == alone


@pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info >= (3, 12), reason="here workers are never copies"
)
def test_a_process_with_other_threads_is_not_copied(monkeypatch):
    threads = []
    monkeypatch.setattr(threading, "active_count", lambda: 1 + len(threads))
    monkeypatch.delitem(sys.modules, "duckdb", raising=False)
    executor = ProcessExecutor(2)
    assert executor.context().get_start_method() == "fork"
    threads.append("another")
    assert executor.context().get_start_method() == "forkserver"


def test_a_process_that_has_written_tables_is_not_copied(monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", object())
    assert not may_be_copied()


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_worker_is_replaced(make, tmp_path, method, alone):
    before = {child.pid for child in active_children()}
    killed = []

    def kill_once(now):
        workers = [child for child in active_children() if child.pid not in before]
        if now.done and not killed and workers:
            killed.append(workers[0].pid)
            os.kill(workers[0].pid, signal.SIGKILL)

    executor = ProcessExecutor(2, start_method=method)
    assert digest(make, tmp_path / "two", executor, progress=kill_once) == alone
    assert killed


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("number", [0, 1])
def test_a_worker_that_is_killed_as_soon_as_it_starts_is_replaced(
    make, tmp_path, monkeypatch, alone, method, number
):
    started = []

    class Unlucky(processes._Worker):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            if len(started) == number:
                self._process.kill()
            started.append(self)

    monkeypatch.setattr(processes, "_Worker", Unlucky)
    assert digest(make, tmp_path / "two", ProcessExecutor(2, start_method=method)) == alone
    assert len(started) > number


@pytest.mark.skipif("forkserver" not in METHODS, reason="no fork server")
@pytest.mark.parametrize("size", [1000, 200_000])
def test_a_worker_that_is_killed_before_it_was_told_what_to_do_is_replaced(
    monkeypatch, numbers, size
):
    connect = forkserver.connect_to_new_process
    killed = []

    def connect_and_kill(descriptors):
        before = {child.pid for child in psutil.Process().children(recursive=True)}
        found = connect(descriptors)
        while not killed:
            for child in psutil.Process().children(recursive=True):
                if child.pid not in before:
                    child.kill()
                    killed.append(child.pid)
        return found

    ProcessExecutor(1, start_method="forkserver")  # the server runs
    monkeypatch.setattr(forkserver, "connect_to_new_process", connect_and_kill)
    done = list(ProcessExecutor(2, start_method="forkserver").run(Idle(b"x" * size), numbers))
    assert sorted(task.name for task in done) == [task.name for task in numbers]
    assert killed


@dataclass
class Idle:
    """Work that does nothing, but takes room on its way to a worker."""

    room: bytes

    def __call__(self, task):
        return task


@copied
def test_who_is_hired_later_is_started_as_is_safe_by_then(monkeypatch, tmp_path, numbers):
    methods = []

    class Noted(processes._Worker):
        def __init__(self, context, work):
            methods.append(context.get_start_method())
            super().__init__(context, work)

    monkeypatch.setattr(processes, "_Worker", Noted)
    monkeypatch.setattr(processes, "may_be_copied", lambda: len(methods) < 2)
    run = ProcessExecutor(2).run(Mark(tmp_path), numbers)
    next(run)
    for child in active_children():
        os.kill(child.pid, signal.SIGKILL)
    assert len(list(run)) == len(numbers) - 1
    assert methods[:2] == ["fork", "fork"]
    assert "fork" not in methods[2:]


@dataclass
class Mark:
    """Work that takes a moment, and leaves a mark when it begins."""

    folder: Path

    def __call__(self, task):
        (self.folder / f"{task.name}-{os.getpid()}-{time.monotonic_ns()}").touch()
        time.sleep(0.05)
        return task


@copied
def test_only_the_chunk_of_a_killed_worker_is_done_again(tmp_path, numbers):
    before = {child.pid for child in active_children()}
    done, spared = [], set()
    for task in ProcessExecutor(2, start_method="fork").run(Mark(tmp_path), numbers):
        now = {child.pid for child in active_children()} - before
        assert spared <= now  # who was not killed goes on
        done.append(task.name)
        spared = set()
        if len(done) in (3, 6):  # one after another, while the other is at work
            lost, *others = now
            os.kill(lost, signal.SIGKILL)
            spared = set(others)
            assert spared
    assert sorted(done) == [task.name for task in numbers]
    assert 8 <= len(list(tmp_path.iterdir())) <= 8 + 2
    assert {child.pid for child in active_children()} <= before


@copied
def test_a_chunk_that_kills_its_workers_keeps_no_other_up(numbers):
    done = []
    with pytest.raises(WorkersLostError, match=r"chunks left: 1\."):
        done.extend(
            t.name for t in ProcessExecutor(2, start_method="fork").run(Fatal("3"), numbers)
        )
    assert sorted(done) == [task.name for task in numbers if task.name != "3"]


@dataclass
class Fatal:
    """Work that kills its worker at one task."""

    name: str

    def __call__(self, task):
        if task.name == self.name:
            os.kill(os.getpid(), signal.SIGKILL)
        return task


@copied
def test_no_worker_outlives_a_run_that_is_broken_off(tmp_path, numbers):
    before = {child.pid for child in active_children()}
    run = ProcessExecutor(2, start_method="fork").run(Mark(tmp_path), numbers)
    next(run)
    workers = [psutil.Process(c.pid) for c in active_children() if c.pid not in before]
    assert len(workers) == 2
    run.close()
    assert not any(worker.is_running() for worker in workers)


@dataclass
class KilledBy:
    """Work that sends its worker a signal, and would go on for long."""

    number: int

    def __call__(self, _task):
        os.kill(os.getpid(), self.number)
        time.sleep(60.0)


@copied
def test_workers_that_are_killed_again_and_again_are_given_up(numbers):
    run = ProcessExecutor(2, start_method="fork").run(KilledBy(signal.SIGKILL), numbers)
    with pytest.raises(WorkersLostError, match="killed again and again; chunks left: 8"):
        list(run)


@pytest.fixture
def driver_that_catches_the_end():
    def catch(*_):
        raise RuntimeError("the end was caught")

    before = signal.signal(signal.SIGTERM, catch)
    yield
    signal.signal(signal.SIGTERM, before)


@copied
@pytest.mark.usefixtures("driver_that_catches_the_end")
def test_a_worker_ends_when_told_to_whatever_the_driver_does_then(numbers):
    run = ProcessExecutor(1, start_method="fork").run(KilledBy(signal.SIGTERM), numbers)
    with pytest.raises(WorkersLostError):
        list(run)


class LocalError(Exception):
    """It holds what cannot be sent to another process."""

    def __init__(self, text):
        super().__init__(text)
        self.held = threading.Lock()


@dataclass
class Failing:
    """Work that fails."""

    error: type[Exception]

    def __call__(self, _task):
        if self.error is OutputError:
            raise OutputError("The disk is full.", remedy="Free some.")
        raise self.error("by nothing")


@copied
@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (OutputError, OutputError, "is full. Free some."),
        (ZeroDivisionError, ZeroDivisionError, "by nothing"),
        (LocalError, RuntimeError, "LocalError: by nothing"),
    ],
)
def test_what_a_worker_meets_is_raised_here(numbers, error, kind, text):
    with pytest.raises(kind, match=text) as caught:
        list(ProcessExecutor(2, start_method="fork").run(Failing(error), numbers))
    assert str(caught.value).count("Traceback") <= 1


@copied
def test_a_defect_says_where_in_the_worker_it_was(numbers):
    with pytest.raises(ZeroDivisionError) as caught:
        list(ProcessExecutor(1, start_method="fork").run(Failing(ZeroDivisionError), numbers))
    (note,) = caught.value.__notes__
    assert note.startswith("In a worker:")
    assert "raise self.error" in note


def test_nothing_to_do_is_done_without_a_worker():
    assert list(ProcessExecutor(2).run(Failing(ZeroDivisionError), [])) == []
