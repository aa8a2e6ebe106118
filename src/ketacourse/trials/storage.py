"""Where the results of a trial lie, and how they get there without ever being half there.

::

    DIR/trial.json                   the trial, its digest and the versions
    DIR/chunks/NAME.json             counts of one chunk, and the files it wrote
    DIR/arms/arm=ARM/NAME.parquet    rows of one chunk of one arm
    DIR/summary.json, summary.parquet
    DIR/trial.html                   the report

A file is written under another name, flushed, and renamed. The counts of a chunk are
written last: where they are, and the files they name have the stated fingerprint, the chunk
is whole.
"""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError, OutputError
from ketacourse.trials.design import Trial
from ketacourse.trials.rows import ArmRows, Column, Frame, columns_of, rows_from

TRIAL, SUMMARY, TABLE = "trial.json", "summary.json", "summary.parquet"
CHUNKS, ARMS = "chunks", "arms"
REPORTS = ("trial.html",)
"""Files that the report adds; they belong to the results."""

_LEAST_FREE_BYTES = 1_000_000
_FULL = (errno.ENOSPC, errno.EDQUOT)


def arm_folder(trial: Trial, arm: int) -> str:
    """Return the folder of an arm, relative to the results.

    Examples
    --------
    >>> from types import SimpleNamespace as Some
    >>> arm_folder(Some(arms=(Some(name="0.5 mg/kg, IV"),)), 0)
    'arms/arm=1-0.5-mg-kg-IV'
    """
    words = re.sub(r"[^A-Za-z0-9.]+", "-", trial.arms[arm].name).strip("-.")
    return f"{ARMS}/arm={arm + 1}-{words[:40]}"


def write_text(path: Path, text: str) -> None:
    """Write a text whole or not at all.

    Raises
    ------
    OutputError
        If the disk is full or the place cannot be written.
    """
    write_whole(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Any) -> None:
    """Let ``write(path)`` make a file under another name, and rename it.

    Raises
    ------
    OutputError
        If the disk is full or the place cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(aside)
        with aside.open("r+b") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    except Exception as error:
        problem = explained(error, path)
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        if problem is None:
            raise
        raise problem from error
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def explained(error: BaseException, path: Path) -> OutputError | None:
    """Return what to tell of a failure to write, or None where it is no such failure."""
    # DuckDB has its own error for a full disk, without a number: ask the disk.
    if (isinstance(error, OSError) and error.errno in _FULL) or _is_full(path.parent):
        return OutputError(
            f"The disk of '{path.parent}' is full.",
            remedy="Free some space and run the same command again: it goes on from here.",
        )
    if isinstance(error, OSError):
        reason = os.strerror(error.errno) if error.errno else str(error)
        return OutputError(
            f"'{path}' cannot be written: {reason}.",
            remedy="Check the rights of the folder, or choose another one.",
        )
    return None


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE_BYTES
    except OSError:
        return False


def file_digest(path: Path) -> str:
    """Return the fingerprint of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Rows


def write_rows(rows: ArmRows, frame: Frame, path: Path, about: Mapping[str, str]) -> None:
    """Write the rows of an arm as Parquet, with units and labels in the metadata.

    The same rows give the same bytes.
    """
    columns = columns_of(rows, frame)
    write_whole(path, lambda aside: write_columns(columns, aside, about))


def ready_to_write() -> None:
    """Load what writes tables, if that has not happened; it takes a moment."""
    import_module("duckdb")


def write_columns(columns: Mapping[str, Column], path: Path, about: Mapping[str, str]) -> None:
    """Write named columns to a Parquet file."""
    import duckdb

    metadata = {
        **about,
        "units": json.dumps({name: c.unit for name, c in columns.items()}),
        "labels": json.dumps({name: c.label for name, c in columns.items()}),
    }
    pairs = ", ".join(f"{key}: {_quoted(value)}" for key, value in metadata.items())
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register(
            "found", {n: np.ascontiguousarray(c.values) for n, c in columns.items()}
        )
        connection.execute(
            f"COPY (SELECT * FROM found) TO {_quoted(str(path))} "  # noqa: S608 - quoted by us
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{pairs}}})"
        )


def read_rows(path: Path, frame: Frame) -> ArmRows:
    """Read rows that were stored.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    import duckdb

    try:
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            found: Mapping[str, NDArray[Any]] = connection.execute(
                "SELECT * FROM read_parquet($path)", {"path": str(path)}
            ).fetchnumpy()
    except duckdb.Error as error:
        raise InputError(
            f"'{path}' cannot be read: {str(error).splitlines()[0]}",
            remedy="Run 'ketacourse trial' with the same trial again: it makes what is missing.",
        ) from None
    return rows_from(found, frame)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
