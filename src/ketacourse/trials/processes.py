"""Tasks done by several processes of this machine, of which any may be killed at any time.

The driver talks to each worker on a line of its own and starts no thread. The standard library's
pool of processes gives up all workers with the first that is lost, and Python 3.11 may then wait
for ever: a worker that was just being started is never told to end, and a task that was just
being handed in is never answered.
"""

import os
import pickle
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any

from ketacourse.errors import InputError, KetacourseError
from ketacourse.trials.executor import Work, WorkersLostError
from ketacourse.trials.task import Task

_LOADED = "ketacourse.trials.worker"
MOST_LOSSES = 3
"""Losses in a row, per worker, without one task being finished, after which a run is given up."""


class ProcessExecutor:
    """Does tasks in several processes of this machine.

    Where that is safe (`may_be_copied`), workers are copies of this process, ready at once.
    Otherwise they come from a server that has the package imported, or are started afresh; until
    the first is ready this process works itself. A worker that is killed is replaced, and what it
    was doing is done again; the others do not notice.
    """

    def __init__(self, workers: int, *, start_method: str | None = None) -> None:
        """Make ready to start ``workers`` processes.

        Raises
        ------
        InputError
            If there is no worker.
        """
        if workers < 1:
            raise InputError(f"workers is {workers}.", remedy="Give at least 1.")
        self.workers = workers
        self._start_method = start_method
        _warm_up(self.context())

    def context(self) -> BaseContext:
        """Return how workers are started from this process as it is now."""
        if self._start_method is not None:
            return get_context(self._start_method)
        if may_be_copied():
            return get_context("fork")
        return get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")

    def run(self, work: Work, tasks: Sequence[Task]) -> Iterator[Task]:
        """Yield each task when it is done.

        Raises
        ------
        WorkersLostError
            If workers are killed again and again.
        """
        todo = deque(tasks)
        crew: list[_Worker] = []

        def hire() -> bool:
            context = self.context()  # what is safe may change while a run goes on
            _warm_up(context)
            crew.append(_Worker(context, work))
            return context.get_start_method() == "fork"

        try:
            copied = [hire() for _ in range(min(self.workers, len(todo)))]
            waits = len(crew) > 1 and not all(copied)
            while waits and len(todo) > len(crew) and not _that_spoke(crew, seconds=0.0):
                yield work(todo.popleft())
            yield from _shared_out(todo, crew, hire)
        finally:
            for worker in crew:
                worker.end()


def _shared_out(
    todo: deque[Task], crew: list["_Worker"], hire: Callable[[], object]
) -> Iterator[Task]:
    """Yield each task when the crew has done it, and replace who is lost."""
    most = MOST_LOSSES * len(crew)
    losses = 0
    while todo or any(worker.task for worker in crew):
        for worker in _that_spoke(crew):
            task = worker.task
            if worker.answers():
                if todo:
                    worker.give(todo.popleft())
                if task is not None:
                    losses = 0
                    yield task
                continue
            crew.remove(worker)
            worker.end()
            if task is not None:
                todo.append(task)  # last, so that a task that kills its workers keeps no other up
            losses += 1
            if losses >= most:
                raise _given_up(len(todo) + sum(other.task is not None for other in crew))
            if todo:
                hire()


def _given_up(left: int) -> WorkersLostError:
    return WorkersLostError(
        f"Workers are killed again and again; chunks left: {left}.",
        remedy="Use fewer workers if memory is short, and run the same command again: "
        "it goes on from here.",
    )


class _Worker:
    """A process that does one task after another, as seen by the driver.

    It says once that it is ready and is told what is done with a task; after each task it says
    that it is done, or why not. It has at most one task, so that the driver knows what is lost
    with it.
    """

    def __init__(self, context: BaseContext, work: Work) -> None:
        """Start the process; one that is lost meanwhile shows where its answer is awaited."""
        maker: Any = context
        self.task: Task | None = None
        self._work: Work | None = work
        self.line, far_end = maker.Pipe()
        self._process = maker.Process(target=_serve, args=(far_end,), daemon=True)
        try:
            with suppress(EOFError, ConnectionError):
                self._process.start()
        finally:
            far_end.close()  # or a worker that is gone could not be told from a silent one

    def give(self, task: Task) -> None:
        """Hand over a task; should the worker be gone, that shows where its answer is awaited."""
        self.task = task
        self._tell(task)

    def _tell(self, what: Work | Task) -> None:
        with suppress(OSError):
            self.line.send(what)

    def answers(self) -> bool:
        """Take in what the worker said, and return whether it is still there.

        Raises
        ------
        Exception
            What the worker met at its task.
        """
        self.task = None
        try:
            problem = self.line.recv()
        except (EOFError, OSError):
            return False
        if problem is not None:
            raise problem
        if self._work is not None:
            # Not with the start: what does not fit into a pipe would wait for a reader that may
            # be gone before it reads.
            self._tell(self._work)
            self._work = None
        return True

    def end(self) -> None:
        """End the process; what it was writing lies aside, and nobody takes it for whole."""
        if self._process.pid is not None:
            if self._process.is_alive():
                self._process.kill()
            self._process.join()
        self._process.close()
        self.line.close()


def _that_spoke(crew: Sequence[_Worker], *, seconds: float | None = None) -> list[_Worker]:
    """Return who said something or is gone, after waiting for at least one of them."""
    found = wait([worker.line for worker in crew], seconds)
    return [worker for worker in crew if worker.line in found]


def may_be_copied() -> bool:
    """Return whether a copy of this process would find all that it needs.

    Not with other threads, which a copy lacks; not once the library that writes tables was loaded,
    which keeps threads of its own; and not where Python warns of it (3.12 and later count the idle
    threads of linear algebra too).
    """
    alone = threading.active_count() == 1 and "duckdb" not in sys.modules
    return sys.platform == "linux" and sys.version_info < (3, 12) and alone


def _serve(line: Connection) -> None:
    """Do what is asked for on the line, in a process of its own, until it is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver is told, and ends its workers
    # A copy would have the driver's way of taking this one: as an error of what it is doing, after
    # which it would go on.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):  # the driver is gone
        line.send(None)
        work = line.recv()
        while True:
            line.send(_problem_at(work, line.recv()))


def _problem_at(work: Work, task: Task) -> Exception | None:
    """Do a task, and return what went wrong, as something that can be sent."""
    try:
        work(task)
    except Exception as error:  # noqa: BLE001 - raised by the driver
        told = "".join(traceback.format_exception(error))
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        except Exception:  # noqa: BLE001 - whatever the reason
            return RuntimeError(told)
        if not isinstance(error, KetacourseError):
            error.add_note(f"In a worker:\n{told}")
        return error
    return None


def _end_with_parent() -> None:
    """End this worker when the driver is gone: nobody would take its results."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _warm_up(context: BaseContext) -> None:
    """Load what workers need: here, or in the fork server while this process goes on."""
    method = context.get_start_method()
    if method == "fork":
        import_module(_LOADED)
    elif method == "forkserver":
        from multiprocessing import forkserver

        context.set_forkserver_preload([_LOADED])
        with suppress(OSError):
            forkserver.ensure_running()
