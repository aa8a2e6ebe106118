"""Several processes do the work; whichever is killed, only its own chunk is done again."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing import active_children
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


def mark(folder):
    """Return work that leaves a mark each time a task is done, and takes a moment for it."""

    def work(task):
        time.sleep(0.05)
        (folder / f"{task.name}-{os.getpid()}-{time.monotonic_ns()}").touch()
        return task

    return work


@copied
def test_only_the_chunk_of_a_killed_worker_is_done_again(tmp_path, numbers):
    before = {child.pid for child in active_children()}
    done = []
    for task in ProcessExecutor(2, start_method="fork").run(mark(tmp_path), numbers):
        done.append(task.name)
        if len(done) % 3 == 0:  # one after another, while the other is at work
            lost = next(child for child in active_children() if child.pid not in before)
            os.kill(lost.pid, signal.SIGKILL)
    assert sorted(done) == [task.name for task in numbers]
    times = [sum(path.name.startswith(f"{name}-") for path in tmp_path.iterdir()) for name in done]
    assert 8 <= sum(times) <= 8 + 2
    assert {child.pid for child in active_children()} <= before


@copied
def test_no_worker_outlives_a_run_that_is_broken_off(tmp_path, numbers):
    before = {child.pid for child in active_children()}
    run = ProcessExecutor(2, start_method="fork").run(mark(tmp_path), numbers)
    next(run)
    workers = [psutil.Process(c.pid) for c in active_children() if c.pid not in before]
    assert len(workers) == 2
    run.close()
    assert not any(worker.is_running() for worker in workers)


def killed_by(number):
    def work(_task):
        os.kill(os.getpid(), number)
        time.sleep(60.0)

    return work


@copied
def test_workers_that_are_killed_again_and_again_are_given_up(numbers):
    run = ProcessExecutor(2, start_method="fork").run(killed_by(signal.SIGKILL), numbers)
    with pytest.raises(WorkersLostError, match="killed again and again; 8 chunks are left"):
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
    run = ProcessExecutor(1, start_method="fork").run(killed_by(signal.SIGTERM), numbers)
    with pytest.raises(WorkersLostError):
        list(run)


class LocalError(Exception):
    """It holds what cannot be sent to another process."""

    def __init__(self, text):
        super().__init__(text)
        self.held = threading.Lock()


def failing(error):
    def work(_task):
        raise error

    return work


@copied
@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (OutputError("The disk is full.", remedy="Free some."), OutputError, "is full. Free some."),
        (ZeroDivisionError("by nothing"), ZeroDivisionError, "by nothing"),
        (LocalError("only here"), RuntimeError, "LocalError: only here"),
    ],
)
def test_what_a_worker_meets_is_raised_here(numbers, error, kind, text):
    with pytest.raises(kind, match=text):
        list(ProcessExecutor(2, start_method="fork").run(failing(error), numbers))


@copied
def test_a_defect_says_where_in_the_worker_it_was(numbers):
    with pytest.raises(ZeroDivisionError) as caught:
        list(ProcessExecutor(1, start_method="fork").run(failing(ZeroDivisionError()), numbers))
    (note,) = caught.value.__notes__
    assert note.startswith("In a worker:")
    assert "raise error" in note


def test_nothing_to_do_is_done_without_a_worker():
    assert list(ProcessExecutor(2).run(failing(ZeroDivisionError()), [])) == []
