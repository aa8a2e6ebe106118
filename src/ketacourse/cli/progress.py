"""Progress on a terminal, for work that takes longer than a second; silence elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str, float], None]
"""What a long computation calls: the step it is at, and the share done (0 to 1)."""

QUIET_SECONDS = 1.0


@contextmanager
def progress_line() -> Iterator[Report]:
    """Yield a function that draws a progress bar on standard error, if one is wanted."""
    if not sys.stderr.isatty():
        yield lambda _step, _share: None
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    task = bar.add_task("", total=1.0)
    started = time.monotonic()

    def report(step: str, share: float) -> None:
        bar.update(task, completed=share, description=step)
        if not bar.live.is_started and time.monotonic() - started > QUIET_SECONDS:
            bar.start()

    try:
        yield report
    finally:
        bar.stop()
