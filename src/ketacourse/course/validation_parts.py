"""Parts of a validation that were computed already: kept beside the report, found again.

A part is a set of named arrays. Its digest covers everything it was computed from: the
files of the package (equations, numbers, tables, posterior) and its own settings. A part
whose digest is another is computed anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ketacourse.trials.storage import write_whole

Part = Mapping[str, NDArray[np.float64]]
FOLDER = "parts"
SUFFIXES = (".py", ".toml", ".csv", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStore:
    """Where the parts of one validation lie; without a folder nothing is kept."""

    folder: Path | None = None

    def get(self, name: str, settings: str, make: Callable[[], Part]) -> Part:
        """Return a part, computed now or found from an earlier run.

        Parameters
        ----------
        name
            Name of the part, and of its file.
        settings
            What it depends on beside the package, in words.
        """
        wanted = sha256(f"{package_digest()}:{name}:{settings}".encode()).hexdigest()
        path = None if self.folder is None else self.folder / f"{name}.npz"
        if path is not None and (found := _read(path, wanted)) is not None:
            return found
        made = {key: np.asarray(value, dtype=float) for key, value in make().items()}
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, lambda target: _write(target, wanted, made))
        return made


def _write(path: Path, digest: str, part: Part) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, __digest__=np.array(digest), **dict(part))  # type: ignore[arg-type]  # the names of the arrays


def _read(path: Path, wanted: str) -> Part | None:
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            if str(stored["__digest__"]) != wanted:
                return None
            return {key: stored[key] for key in stored.files if key != "__digest__"}
    except (OSError, ValueError, KeyError, BadZipFile, EOFError):
        return None


@cache
def package_digest() -> str:
    """Return what identifies the installed package: its code, numbers and tables."""
    total = sha256()
    for path, entry in sorted(_entries(files("ketacourse"), ""), key=lambda found: found[0]):
        total.update(path.encode())
        total.update(entry.read_bytes())
    return total.hexdigest()[:16]


def _entries(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        inner = f"{path}/{entry.name}"
        if entry.is_dir():
            # What draws a report changes no number.
            if entry.name not in ("__pycache__", "report", "cli", "interop"):
                found += _entries(entry, inner)
        elif entry.name.endswith(SUFFIXES):
            found.append((inner, entry))
    return found
