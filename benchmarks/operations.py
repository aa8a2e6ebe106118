"""Count what the kernel really executes: every block of its code gets a counter.

The package compiles its kernel from LLVM's text. Here the optimised text gets one counter
per basic block before it becomes machine code; a run then tells how often each block was
entered, and the text how many vector operations of each kind it holds.
"""

import ctypes
import os
import re
import tempfile
from collections import Counter
from typing import Any

from benchmarks.workload import OUTPUTS, Design, Workload

KINDS = {
    "fadd": "add", "fsub": "add", "fneg": "add", "fmul": "multiply", "fdiv": "divide",
    "load": "load", "store": "store", "select": "select", "fcmp": "select",
    "shl": "exponent set", "lshr": "exponent taken",
}  # fmt: skip
_LABEL = re.compile(r"^([\w.$\"-]+):")
_NAMES = "fadd|fsub|fneg|fmul|fdiv|load|store|select|fcmp|shl|lshr|call"
_OPERATION = re.compile(rf"^\s+(?:%[\w.\"-]+ = )?(?:tail )?({_NAMES})\b(.*)$")
_VECTOR = re.compile(r"<(\d+) x (?:double|i64)>")


class Counted:
    """LLVM text with counters, and what each block holds (per lane of one patient).

    Attributes
    ----------
    blocks
        For each counter, operations by kind, counted per vector of ``lanes`` patients.
    """

    def __init__(self, text: str) -> None:
        self.blocks: list[Counter[str]] = []
        lines = ["@bench_counts = global [COUNTERS x i64] zeroinitializer"]
        inside = waiting = False
        for line in text.splitlines():
            if line.startswith("define "):
                inside, waiting = True, True
                lines.append(line)
                continue
            if line.startswith("}"):
                inside = False
            if inside and _LABEL.match(line):
                waiting = True
                lines.append(line)
                continue
            if inside and waiting and line.strip() and " phi " not in line:
                lines += self._counter()
                waiting = False
            if inside and not waiting:
                self._count(line)
            lines.append(line)
        head = [k for k, line in enumerate(lines) if line.startswith("target ")]
        lines.insert(head[-1] + 1 if head else 1, lines.pop(0))
        self.text = "\n".join(lines).replace("COUNTERS", str(len(self.blocks)))

    def _counter(self) -> list[str]:
        number = len(self.blocks)
        self.blocks.append(Counter())
        at = f"getelementptr ([COUNTERS x i64], ptr @bench_counts, i64 0, i64 {number})"
        return [
            f"  %bench.a{number} = load i64, ptr {at}",
            f"  %bench.b{number} = add i64 %bench.a{number}, 1",
            f"  store i64 %bench.b{number}, ptr {at}",
        ]

    def _count(self, line: str) -> None:
        found = _OPERATION.match(line)
        vector = _VECTOR.search(line)
        if not (found and vector):
            return
        name, rest = found.groups()
        kind = _called(rest) if name == "call" else KINDS[name]
        for part in kind.split("+"):
            if part:
                self.blocks[-1][part] += int(vector[1])


def _called(rest: str) -> str:
    if ".fma." in rest or ".fmuladd." in rest:
        return "add+multiply"
    if any(f".{name}." in rest for name in ("maxnum", "minnum", "maximum", "minimum")):
        return "select"
    return ""


def count(tolerance: float, nodes: Any, patients: int) -> dict[str, Any]:
    """Return operations per patient by kind, counted in a run of the real kernel.

    To be called in a process of its own: it replaces the package's compiler.
    """
    from ketacourse.engine import machine_code

    made: list[Counted] = []

    def compiled(assembly: str, machine: Any) -> bytes:
        from llvmlite import binding

        module = binding.parse_assembly(assembly)
        tuning = binding.create_pipeline_tuning_options(speed_level=2)
        builder = binding.create_pass_builder(machine, tuning)
        builder.getModulePassManager().run(module, builder)
        made.append(Counted(str(module)))
        again = binding.parse_assembly(made[-1].text)
        again.verify()
        return bytes(machine.emit_object(again))

    machine_code._compiled = compiled  # noqa: SLF001 - the point of this module
    with tempfile.TemporaryDirectory() as folder:
        os.environ[machine_code.CACHE_VARIABLE] = folder
        return _counted(tolerance, nodes, patients, machine_code, made)


def _counted(
    tolerance: float, nodes: Any, patients: int, machine_code: Any, made: list[Counted]
) -> dict[str, Any]:
    from ketacourse.engine.solve import solve

    work = Workload(Design(), patients)
    problem = work.problem
    machine_code.kernel()
    engine = machine_code._KEEP[-1]  # noqa: SLF001
    size = len(made[-1].blocks)
    counts = (ctypes.c_int64 * size).from_address(engine.get_global_value_address("bench_counts"))
    before = list(counts)
    solve(problem, tolerance=tolerance, quantities=OUTPUTS, nodes_h=nodes)
    entered = [after - b for after, b in zip(counts, before, strict=True)]
    total: Counter[str] = Counter()
    for times, block in zip(entered, made[-1].blocks, strict=True):
        for kind, number in block.items():
            total[kind] += times * number
    found = {kind: number / patients for kind, number in sorted(total.items())}
    # a logarithm takes an exponent out and sets it; an exponential only sets one
    taken, put = found.pop("exponent taken", 0.0), found.pop("exponent set", 0.0)
    return {**found, "log": taken, "exp": max(put - taken, 0.0)}
