"""Who does the work: this process, several processes (`processes`), or a Dask cluster.

All three have one face: tasks in, finished tasks out, in any order. Tasks leave their
results in the output folder, so that nothing but names travels, and nothing that is
finished can be lost.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

from ketacourse.errors import InputError, KetacourseError
from ketacourse.trials.task import Task
from ketacourse.version import VERSION

Work = Callable[[Task], Task]
"""What is done with a task; it must be possible to pickle it."""

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
