"""The output folder of a trial: made, taken up again, or refused."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ketacourse.engine.recorded import record_chain
from ketacourse.errors import InputError, OutputError
from ketacourse.trials.design import Trial
from ketacourse.trials.storage import (
    ARMS,
    CHUNKS,
    REPORTS,
    SUMMARY,
    TABLE,
    TRIAL,
    explained,
    file_digest,
    write_text,
)
from ketacourse.trials.task import Task, Trajectories
from ketacourse.version import VERSION

FORMAT = 1
"""Raised whenever a file of the folder changes its meaning."""
OURS = (TRIAL, SUMMARY, TABLE, CHUNKS, ARMS, *REPORTS)
"""Everything a trial may write into its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a folder says of the trial in it."""

    content: Mapping[str, Any]
    digest: str
    trajectories: Trajectories
    chunk_patients: int
    version: str


def trial_record(trial: Trial, *, trajectories: Trajectories, chunk_patients: int) -> str:
    """Return what is written about a trial before it is run."""
    record = {
        "format": FORMAT,
        "program": "ketacourse",
        "version": VERSION,
        "model_digest": record_chain().digest,
        "digest": trial.digest,
        "trajectories": trajectories,
        "chunk_patients": chunk_patients,
        "research": trial.research,
        "trial": trial.content,
    }
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def open_folder(
    path: Path,
    trial: Trial,
    *,
    trajectories: Trajectories,
    chunk_patients: int,
    force: bool = False,
) -> None:
    """Make the folder of a trial ready, or take up a run that was stopped.

    Parameters
    ----------
    force
        Remove the results of another trial that are in the way; other files are kept.

    Raises
    ------
    OutputError
        If the folder holds another trial or anything else; nothing was changed.
    """
    record = trial_record(trial, trajectories=trajectories, chunk_patients=chunk_patients)
    try:
        for step in (path, *path.parents):
            if step.exists() and not step.is_dir():
                raise OutputError(
                    f"A file is in the way of the output folder: '{step}'.",
                    remedy="Move it, or choose another folder.",
                )
        if path.is_dir() and any(path.iterdir()):
            if (path / TRIAL).is_file() and _same(path / TRIAL, record):
                return
            if not force or not _replaceable(path):
                raise _occupied(path)
            _remove_ours(path)
        path.mkdir(parents=True, exist_ok=True)
        write_text(path / TRIAL, record)
    except OSError as error:
        problem = explained(error, path / TRIAL)
        raise problem or error from error


def read_folder(path: Path) -> Stored:
    """Return what a folder says of its trial.

    Raises
    ------
    InputError
        If the folder holds no trial, or one of another format.
    """
    try:
        record = json.loads((path / TRIAL).read_text(encoding="utf-8"))
        found = Stored(
            content=record["trial"],
            digest=record["digest"],
            trajectories=record["trajectories"],
            chunk_patients=record["chunk_patients"],
            version=record["version"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"'{path}' holds no results of a trial.",
            remedy="Give a folder that 'ketacourse trial TRIAL --out FOLDER' wrote.",
        ) from None
    if record["format"] != FORMAT:
        raise InputError(
            f"The results in '{path}' have format {record['format']}, not {FORMAT}.",
            remedy=f"Read them with version {found.version}, or run the trial again.",
        )
    return found


def chunk_path(folder: Path, task: Task) -> Path:
    """Return where the counts of a chunk lie."""
    return folder / CHUNKS / f"{task.name}.json"


def read_chunk(folder: Path, task: Task) -> Mapping[str, Any] | None:
    """Return the counts of a chunk, or None where it is missing or not whole."""
    try:
        record: Mapping[str, Any] = json.loads(chunk_path(folder, task).read_text(encoding="utf-8"))
        whole = all(
            file_digest(folder / name) == digest for name, digest in record["files"].items()
        )
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    return record if whole else None


def sweep(path: Path) -> None:
    """Remove files that a killed worker left half written."""
    for folder in (path, path / CHUNKS, *(path / ARMS).glob("arm=*")):
        for left in folder.glob(".*.tmp"):
            left.unlink(missing_ok=True)


def _same(path: Path, record: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == record
    except (OSError, UnicodeDecodeError):
        return False


def _occupied(path: Path) -> OutputError:
    try:
        other = read_folder(path)
    except InputError:
        return OutputError(
            f"The output folder '{path}' already holds files, and no trial.",
            remedy="Choose another folder, or a new one below it.",
        )
    title = str(other.content.get("title", "")) or "another trial"
    return OutputError(
        f"The output folder '{path}' holds another specification: '{title}' "
        f"(digest {other.digest[:12]}, version {other.version}).",
        remedy="Choose another folder, or add --force to replace it.",
    )


def _replaceable(path: Path) -> bool:
    """Return whether what lies in the way was written by a trial, or bears no such name."""
    try:
        read_folder(path)
    except InputError:
        return not any((path / name).exists() for name in OURS)
    return True


def _remove_ours(path: Path) -> None:
    for name in OURS:
        entry = path / name
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
