"""Results on disk, one small JSON file per case; what is there is not measured again."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ketacourse

Tell = Callable[[str], None]
"""Told what is being done."""


def code_digest() -> str:
    """Return a digest of the package and of these benchmarks: other code, other results."""
    folders = (Path(ketacourse.__file__).parent, Path(__file__).parent)
    paths = [p for f in folders for kind in ("*.py", "*.toml") for p in sorted(f.rglob(kind))]
    paths = [p for p in paths if p.name not in ("page.py", "plot.py", "__main__.py")]
    text = hashlib.sha256()
    for path in paths:
        text.update(path.read_bytes())
    return text.hexdigest()[:16]


def in_short(error: Exception) -> str:
    """Return the first line of a message; what follows tells of the machine, not of the engine."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300].rstrip(".")


class Store:
    """A folder of results of one extent (quick or full) and one state of the code.

    Parameters
    ----------
    again
        Measure everything anew.
    """

    def __init__(self, folder: Path, *, quick: bool, again: bool = False) -> None:
        self.folder = folder
        self.key = {"code": code_digest(), "quick": quick}
        self.again = again
        self.fresh: set[str] = set()

    def get(self, case: str) -> dict[str, Any] | None:
        """Return the result of a case, if it was measured with this code and extent."""
        path = self.folder / f"{case}.json"
        if not path.is_file() or (self.again and case not in self.fresh):
            return None
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found["data"] if found["key"] == self.key else None

    def put(self, case: str, data: dict[str, Any]) -> dict[str, Any]:
        """Store a result whole, and return it as it will be read."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{case}.json"
        aside = path.with_suffix(".tmp")
        text = json.dumps({"key": self.key, "data": rounded(data)}, indent=1)
        aside.write_text(text + "\n", encoding="utf-8")
        aside.replace(path)
        self.fresh.add(case)
        loaded: dict[str, Any] = json.loads(text)["data"]
        return loaded


def load(folder: Path) -> dict[str, dict[str, Any]]:
    """Return every result in a folder by case, whatever code made it."""
    paths = sorted(folder.glob("*.json"))
    return {p.stem: json.loads(p.read_text(encoding="utf-8"))["data"] for p in paths}


def rounded(value: Any) -> Any:
    """Return plain data with numbers to five digits."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
