"""The machine in words: processor, caches, versions; no names and no places."""

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ketacourse.engine.recorded import record_chain
from ketacourse.version import VERSION

PACKAGES = ("numpy", "scipy", "llvmlite", "numba", "jax", "dask")
CACHES = ("L1d", "L2", "L3")
FLAGS = ("avx512f", "avx2", "fma")


def describe() -> dict[str, Any]:
    """Return what the results depend on."""
    fields = _lscpu()
    flags = fields.get("Flags", "").split()
    return {
        "processor": fields.get("Model name", platform.processor() or platform.machine()),
        "family_model": " / ".join(fields.get(k, "?") for k in ("CPU family", "Model")),
        "cores": os.cpu_count(),
        "caches": {c: fields.get(f"{c} cache", "?") for c in CACHES},
        "vectors": [f for f in FLAGS if f in flags],
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "virtual": fields.get("Virtualization type", ""),
        "python": platform.python_version(),
        "llvm": _llvm(),
        "packages": {p: _version(p) for p in PACKAGES},
        "ketacourse": VERSION,
        "model": record_chain().digest,
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _lscpu() -> dict[str, str]:
    try:
        told = subprocess.run(["lscpu"], capture_output=True, text=True, check=True)  # noqa: S607
    except (OSError, subprocess.CalledProcessError):
        return {}
    pairs = (line.partition(":") for line in told.stdout.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _memory_gb() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"MemTotal:\s+(\d+) kB", text)
    return round(int(found[1]) / 1024**2) if found else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _llvm() -> str | None:
    try:
        from llvmlite import binding
    except ImportError:
        return None
    return ".".join(map(str, binding.llvm_version_info))
