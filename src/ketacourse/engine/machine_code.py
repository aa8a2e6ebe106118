"""Compile the kernel for this machine, and keep the machine code between runs.

The code is stored in the user's cache folder under a name that changes with the
equations, the generator, the processor and the compiler. A stored file that does not
match its checksum is ignored and made anew; a folder that cannot be written is no error.
"""

import ctypes
import hashlib
import os
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ketacourse.engine.lanes import build_module
from ketacourse.engine.layout import ARGUMENTS, INTEGERS, Layout
from ketacourse.engine.recorded import record_chain

CACHE_VARIABLE = "KETACOURSE_CACHE_DIR"
"""Environment variable that names another cache folder."""

_GENERATOR = (
    "emitter.py", "interpolation.py", "lane_moments.py", "lanes.py", "layout.py", "machine_code.py",
    "recorded.py", "scheme.py", "vector_maths.py",
)  # fmt: skip
_KEEP: list[Any] = []  # engines own the machine code; losing one would free it


@cache
def kernel() -> tuple[Any, Layout]:
    """Return the compiled function and its layout."""
    from llvmlite import binding

    recorded = record_chain()
    layout = Layout(recorded)
    machine = _target_machine()
    stored = _cache_folder() / f"kernel-{_digest(recorded.digest)}.o"
    code = _read(stored)
    if code is None:
        code = _compiled(str(build_module(recorded, layout)), machine)
        _write(stored, code)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _KEEP.append(engine)
    types = [ctypes.c_int64 if name in INTEGERS else ctypes.c_void_p for name in ARGUMENTS]
    return ctypes.CFUNCTYPE(None, *types)(engine.get_function_address("run")), layout


def _target_machine() -> Any:
    """Return a new target machine: an engine owns the one it was made with."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


def _compiled(assembly: str, machine: Any) -> bytes:
    from llvmlite import binding

    module = binding.parse_assembly(assembly)
    module.verify()
    tuning = binding.create_pipeline_tuning_options(speed_level=2)
    builder = binding.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def _digest(equations: str) -> str:
    import llvmlite
    from llvmlite import binding

    parts = [equations, llvmlite.__version__, binding.get_host_cpu_name()]
    parts.append(binding.get_host_cpu_features().flatten())
    folder = files("ketacourse.engine")
    parts += [folder.joinpath(name).read_text(encoding="utf-8") for name in _GENERATOR]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _cache_folder() -> Path:
    import platformdirs

    chosen = os.environ.get(CACHE_VARIABLE)
    return (
        Path(chosen) if chosen else Path(platformdirs.user_cache_dir("ketacourse", appauthor=False))
    )


def _read(path: Path) -> bytes | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    checksum, code = content[:32], content[32:]
    return code if hashlib.sha256(code).digest() == checksum else None


def _write(path: Path, code: bytes) -> None:
    """Store the code; two processes doing so at once leave one whole file."""
    aside = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(hashlib.sha256(code).digest() + code)
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
