"""Who does the work: this process, several processes, or a Dask cluster.

All three have one face: tasks in, finished tasks out, in any order. Tasks leave their
results in the output folder, so that nothing but names travels, and nothing that is
finished can be lost.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import wait as wait_for
from multiprocessing.context import BaseContext
from typing import Any, Protocol

from ketacourse.errors import InputError, KetacourseError
from ketacourse.trials.task import Task
from ketacourse.version import VERSION

Work = Callable[[Task], Task]
"""What is done with a task; it must be possible to pickle it."""

_LOADED = "ketacourse.trials.worker"
MOST_LOSSES = 3
"""Times in a row that all workers may be lost without one task being finished."""
DASK_SECONDS = 10.0
"""How long a Dask scheduler is given to answer (s)."""


class Executor(Protocol):
    """Runs tasks."""

    def run(self, work: Work, tasks: Sequence[Task]) -> Iterator[Task]:
        """Yield each task when it is done."""
        ...


class WorkersLostError(KetacourseError):
    """Workers are killed again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialExecutor:
    """Does one task after another in this process."""

    def run(self, work: Work, tasks: Sequence[Task]) -> Iterator[Task]:
        """Yield each task when it is done."""
        for task in tasks:
            yield work(task)


class ProcessExecutor:
    """Does tasks in several processes of this machine.

    Where that is safe (`may_be_copied`), workers are copies of this process, ready at once.
    Otherwise they come from a server that has the package imported, or are started afresh; until
    the first is ready this process works itself. A worker that is killed is replaced, and what it
    was doing is done again.
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
        left = {task.name: task for task in tasks}
        losses = 0
        while left and losses < MOST_LOSSES:
            before = len(left)
            for task in self._until_lost(work, list(left.values())):
                del left[task.name]
                yield task
            losses = 0 if len(left) < before else losses + 1
        if left:
            raise WorkersLostError(
                f"Workers are killed again and again; {len(left)} chunks are left.",
                remedy="Use fewer workers if memory is short, and run the same command again: "
                "it goes on from here.",
            )

    def _until_lost(self, work: Work, tasks: list[Task]) -> Iterator[Task]:
        """Yield tasks as they are done, until all are or a worker is lost."""
        context = self.context()
        _warm_up(context)
        pool = ProcessPoolExecutor(
            min(self.workers, len(tasks)),
            mp_context=context,
            initializer=_begin,
            initargs=(work,),
        )
        try:
            left = list(tasks)
            waits = self.workers > 1 and context.get_start_method() != "fork"
            ready = pool.submit(_is_ready)
            while waits and len(left) > self.workers and not ready.done():
                yield work(left.pop(0))
            pending = {pool.submit(_do, task) for task in left}
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BrokenProcessPool:
            return
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def may_be_copied() -> bool:
    """Return whether a copy of this process would find all that it needs.

    Not with other threads, which a copy lacks; not once the library that writes tables was loaded,
    which keeps threads of its own; and not where Python warns of it (3.12 and later count the idle
    threads of linear algebra too).
    """
    alone = threading.active_count() == 1 and "duckdb" not in sys.modules
    return sys.platform == "linux" and sys.version_info < (3, 12) and alone


_WORK: list[Work] = []
"""What this worker process does."""


def _begin(work: Work) -> None:
    _WORK[:] = [work]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver is told, and ends its workers
    # A copy would have the driver's way of taking this one: as an error of what it is doing, after
    # which it would go on, and whoever ends it would wait for ever.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the driver is gone: nobody would take its results."""
    parent = parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _do(task: Task) -> Task:
    return _WORK[0](task)


def _is_ready() -> bool:
    """Return at once: who can answer can work."""
    return True


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


class DaskExecutor:
    """Does tasks on a Dask cluster: a local one, or the one at an address.

    Workers must see the output folder under the same name, and have the same version of
    this package.
    """

    def __init__(
        self, *, workers: int = 2, address: str | None = None, seconds: float | None = None
    ) -> None:
        """Choose the cluster; it is reached for when tasks are run.

        Raises
        ------
        InputError
            If Dask is not installed, or there is no worker.
        """
        if workers < 1:
            raise InputError(f"workers is {workers}.", remedy="Give at least 1.")
        if find_spec("distributed") is None:
            raise InputError(
                "Dask.distributed is not installed.",
                remedy="Install it: pip install 'ketacourse[distributed]'.",
            )
        self.workers, self.address = workers, address
        self.seconds = DASK_SECONDS if seconds is None else seconds

    def check(self) -> None:
        """Raise unless the scheduler at the address answers and has workers that fit.

        Raises
        ------
        InputError
            If nobody answers there, it has no workers, or they lack this version.
        """
        if self.address is None:
            return
        with self._client() as client:
            try:
                client.wait_for_workers(1, timeout=self.seconds)
            except TimeoutError:
                raise InputError(
                    f"The Dask scheduler at '{self.address}' has no workers.",
                    remedy="Start workers, and run the same command again.",
                ) from None
            found = client.run(_version, on_error="return")
        for worker, version in found.items():
            if version != VERSION:
                raise InputError(
                    f"The Dask worker {worker} has no ketacourse {VERSION} ({version}).",
                    remedy="Install the same version on every worker.",
                )

    def run(self, work: Work, tasks: Sequence[Task]) -> Iterator[Task]:
        """Yield each task when it is done.

        Raises
        ------
        InputError
            If no scheduler answers at the address.
        WorkersLostError
            If workers are killed again and again.
        """
        distributed: Any = import_module("distributed")

        if not tasks:
            return
        with self._cluster() as client:
            sent = client.scatter(work, broadcast=True, hash=False)
            futures = [
                client.submit(_do_sent, sent, task, key=f"chunk-{task.name}", pure=False)
                for task in tasks
            ]
            try:
                for future in distributed.as_completed(futures):
                    yield future.result()
            except distributed.KilledWorker:
                raise WorkersLostError(
                    "Dask workers are killed again and again.",
                    remedy="Give them more memory, and run the same command again: it goes on "
                    "from here.",
                ) from None
            finally:
                client.cancel(futures)

    def _cluster(self) -> Any:
        if self.address is not None:
            return self._client()
        distributed: Any = import_module("distributed")
        cluster = distributed.LocalCluster(
            n_workers=self.workers, threads_per_worker=1, processes=True, dashboard_address=None
        )
        return _Closing(distributed.Client(cluster), cluster)

    def _client(self) -> Any:
        distributed: Any = import_module("distributed")
        try:
            return distributed.Client(self.address, timeout=self.seconds)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(
                f"No Dask scheduler answers at '{self.address}' ({type(error).__name__}).",
                remedy="Check the address, for example tcp://host:8786, and that it is running.",
            ) from None


class _Closing:
    """A client that closes its own cluster."""

    def __init__(self, client: Any, cluster: Any) -> None:
        self.client, self.cluster = client, cluster

    def __enter__(self) -> Any:
        return self.client

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.cluster.close()


def _version() -> str:
    return VERSION


def _do_sent(work: Work, task: Task) -> Task:
    return work(task)
