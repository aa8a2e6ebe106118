"""Output folders: written whole or not at all.

Results are made in a hidden sibling folder and renamed into place at the end. A folder that
holds something is refused without ``force``; with it, earlier results are replaced and
files of other origin are kept.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ketacourse.errors import KetacourseError, OutputError

RESULT_FILES = frozenset(
    {
        "report.html",
        "report.pdf",
        "summary.json",
        "trajectory.parquet",
        "decision.json",
        "options.csv",
        "forecast.csv",
        "relapse.csv",
        "refit.json",
        "posterior.csv",
        "posterior.json",
        "report.json",
        "rows.csv",
    }
)
"""Every name that a run may write: only these are replaced when an output is forced."""

_LEAST_FREE_BYTES = 1_000_000  # below this, a failed write is told as a full disk
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def fresh_directory(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a temporary folder that becomes ``path`` when the block ends well.

    Parameters
    ----------
    path
        Where the results shall lie. Missing parents are made.
    force
        Replace results of an earlier run; files that no run wrote are kept.

    Raises
    ------
    OutputError
        If something is in the way, nothing can be written there, or the disk is full. Then,
        and whenever the block fails, ``path`` is as it was before.
    """
    target = _resolve(path)
    _refuse_occupied(target, path, force=force)
    made = [step for step in target.parents if not step.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{target.name[:100]}.", dir=target.parent))
        scratch = workshop / "results"
        scratch.mkdir()
    except OSError as error:
        _remove_empty(made)
        raise _unwritable(error, path) from None
    try:
        yield scratch
        _refuse_occupied(target, path, force=force)  # it may have appeared during the run
        _swap(scratch, target, workshop / "earlier")
    except BaseException as error:
        problem = _explain(error, path, workshop)
        shutil.rmtree(workshop, ignore_errors=True)
        _remove_empty(made)
        if problem is not None:
            raise problem from error
        raise
    _keep_foreign(workshop / "earlier", target)
    shutil.rmtree(workshop, ignore_errors=True)


def _resolve(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # loops of links, NUL in the name
        raise OutputError(
            f"'{path}' is not a usable folder name ({error}).", remedy="Choose another name."
        ) from None


def _refuse_occupied(target: Path, shown: Path, *, force: bool) -> None:
    try:
        if Path.cwd().is_relative_to(target) or target == Path.home():
            raise OutputError(
                f"'{shown}' is a folder in use and cannot be replaced as a whole.",
                remedy="Name a new folder below it, for example --out report.",
            )
        for step in (target, *target.parents):
            if step.exists() and not step.is_dir():
                raise OutputError(
                    f"A file is in the way of the output folder: '{step}'.",
                    remedy="Move it, or choose another folder.",
                )
        if target.is_dir() and any(target.iterdir()) and not force:
            raise OutputError(
                f"The output folder '{shown}' already holds files.",
                remedy="Choose another folder, or add --force to replace earlier results.",
            )
    except OSError as error:
        raise _unwritable(error, shown) from None


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def _swap(scratch: Path, target: Path, earlier: Path) -> None:
    if not target.exists():
        scratch.rename(target)
        return
    target.rename(earlier)
    try:
        scratch.rename(target)
    except BaseException:
        earlier.rename(target)
        raise


def _keep_foreign(earlier: Path, target: Path) -> None:
    if not earlier.exists():
        return
    for entry in sorted(earlier.iterdir()):
        if entry.name not in RESULT_FILES and not (target / entry.name).exists():
            try:
                entry.rename(target / entry.name)
            except OSError as error:
                raise OutputError(
                    f"The results are in '{target}', but '{entry.name}' could not be moved "
                    f"back beside them ({error}).",
                    remedy=f"Take it from '{entry}'.",
                ) from None


def _explain(error: BaseException, shown: Path, folder: Path) -> OutputError | None:
    """Return what to tell the user, or None where the error speaks for itself."""
    if isinstance(error, KetacourseError) or not isinstance(error, Exception):
        return None
    # Libraries that write files have their own errors for a full disk: ask the disk.
    if (isinstance(error, OSError) and error.errno in _FULL) or _is_full(folder):
        return OutputError(
            f"The disk of '{shown}' is full; nothing was kept.",
            remedy="Free some space, or choose a folder on another disk.",
        )
    if isinstance(error, OSError) and str(folder) in str(error.filename or folder):
        return _unwritable(error, shown)
    return None


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE_BYTES
    except OSError:
        return False


def _unwritable(error: OSError, shown: Path) -> OutputError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return OutputError(
        f"The output folder '{shown}' cannot be written: {reason}.",
        remedy="Check its rights and its name, or choose another folder.",
    )
