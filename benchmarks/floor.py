"""How far the engine is from what the machine's arithmetic allows.

What the processor does per second is measured with small loops of independent vector
operations, made by the same compiler. The floor of a course is the time its counted
operations would take at those rates, with nothing else to wait for.
"""

import ctypes
import time
from typing import Any

import numpy as np

from benchmarks.growth import chosen_nodes
from benchmarks.operations import count
from benchmarks.store import Store, Tell, in_short
from benchmarks.worker import alone
from benchmarks.workload import OUTPUTS, Design, Workload
from ketacourse.engine import compiled
from ketacourse.engine.solve import solve

LANES = 8
CHAINS = 12
"""Independent vectors per loop, enough to hide the latency of an operation."""
LOOPS = 2_000_000


def _loop(operation: str) -> str:
    """Return LLVM text of a function that repeats one operation on independent vectors."""
    vector = f"<{LANES} x double>"
    start = ", ".join(f"double {1.0 + k / 16!r}" for k in range(LANES))
    small = ", ".join(["double 0.9999999"] * LANES)
    names = [f"%v{k}" for k in range(CHAINS)]
    phis = [f"  {n} = phi {vector} [ <{start}>, %entry ], [ {n}.next, %body ]" for n in names]
    made = {
        "fma": "{n}.next = call {v} @llvm.fma({v} {n}, {v} <{c}>, {v} <{c}>)",
        "add": "{n}.next = fadd {v} {n}, <{c}>",
        "divide": "{n}.next = fdiv {v} {n}, <{c}>",
        "select": "{n}.f = fcmp ogt {v} {n}, <{c}>\n  "
                  "{n}.g = select <8 x i1> {n}.f, {v} {n}, {v} <{c}>\n  "
                  "{n}.next = fadd {v} {n}.g, <{c}>",
    }[operation]  # fmt: skip
    body = ["  " + made.format(n=n, v=vector, c=small) for n in names]
    sums = [f"  %s0 = fadd {vector} {names[0]}.next, {names[1]}.next"]
    sums += [
        f"  %s{k} = fadd {vector} %s{k - 1}, {names[k + 1]}.next" for k in range(1, CHAINS - 1)
    ]
    return "\n".join([
        f"declare {vector} @llvm.fma.v{LANES}f64({vector}, {vector}, {vector})",
        "define void @run(i64 %n, ptr %out) {", "entry:", "  br label %body", "body:",
        "  %i = phi i64 [ 0, %entry ], [ %j, %body ]", *phis, *body,
        "  %j = add i64 %i, 1", "  %more = icmp slt i64 %j, %n",
        "  br i1 %more, label %body, label %end", "end:", *sums,
        f"  store {vector} %s{CHAINS - 2}, ptr %out, align 8", "  ret void", "}",
    ]).replace("@llvm.fma(", f"@llvm.fma.v{LANES}f64(")  # fmt: skip


def seconds_per_vector() -> dict[str, float]:
    """Return the time one vector operation takes at full throughput (s), by kind."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    found = {}
    for operation in ("fma", "add", "divide", "select"):
        machine = binding.Target.from_default_triple().create_target_machine(
            cpu=binding.get_host_cpu_name(), opt=3, jit=True,
            features=binding.get_host_cpu_features().flatten(),
        )  # fmt: skip
        engine = binding.create_mcjit_compiler(binding.parse_assembly(_loop(operation)), machine)
        engine.finalize_object()
        types = (None, ctypes.c_int64, ctypes.c_void_p)
        function = ctypes.CFUNCTYPE(*types)(engine.get_function_address("run"))
        out = np.empty(LANES)
        function(1000, out.ctypes.data)
        loops = LOOPS // 10 if operation == "divide" else LOOPS
        took = []
        for _ in range(7):
            start = time.perf_counter()
            function(loops, out.ctypes.data)
            took.append(time.perf_counter() - start)
        found[operation] = min(took) / loops / CHAINS
    found["select"] = max(found["select"] - found["add"], 0.0)
    return found


def solve_seconds(tolerance: float, nodes: Any, patients: int) -> tuple[float, float]:
    """Return the time of one patient's integration (s), the best of several.

    The second number is the machine code alone; the rest arranges data for it and checks
    what it returns.
    """
    problem = Workload(Design(), patients).problem
    inside: list[float] = []
    place: Any = compiled  # the kernel is reached where it is called from
    function, layout = place.kernel()

    def timed(*arguments: Any) -> None:
        start = time.perf_counter()
        function(*arguments)
        inside[-1] += time.perf_counter() - start

    place.kernel = lambda: (timed, layout)
    took = []
    for _ in range(7):
        inside.append(0.0)
        start = time.perf_counter()
        solve(problem, tolerance=tolerance, quantities=OUTPUTS, nodes_h=nodes)
        took.append(time.perf_counter() - start)
    return min(took) / patients, min(inside) / patients


def measure(store: Store, tell: Tell, *, quick: bool) -> None:
    """Measure the floor and the distance to it."""
    if store.get("floor") is not None:
        return
    tell("floor: counting operations")
    tolerance = 1e-3
    nodes = alone(chosen_nodes, Design())
    try:
        operations = alone(count, tolerance, nodes, 64)
    except RuntimeError as error:
        store.put("floor", {"failed": in_short(error)})
        return
    tell("floor: measuring the machine's arithmetic")
    unit = alone(seconds_per_vector)
    whole, actual = alone(solve_seconds, tolerance, nodes, 1024 if quick else 4096)
    found = distance(operations, unit, actual)
    store.put("floor", {**found, "solve": whole, "steps": len(nodes) - 1})


def distance(operations: dict[str, float], unit: dict[str, float], actual: float) -> dict[str, Any]:
    """Return the floor of a patient's course and what lies above it (s).

    Parameters
    ----------
    operations
        Per patient, by kind.
    unit
        Seconds per vector of `LANES` operations, by kind.
    actual
        Seconds per patient in the machine code, measured.
    """
    adds, multiplies = operations.get("add", 0.0), operations.get("multiply", 0.0)
    paired = min(adds, multiplies)
    single = max(adds, multiplies) - paired
    flops = adds + multiplies + operations.get("divide", 0.0)
    peak = 2.0 * LANES / unit["fma"]
    parts = {
        "multiply and add, in pairs": paired * unit["fma"] / LANES,
        "multiply or add, alone": single * unit["add"] / LANES,
        "divide": operations.get("divide", 0.0) * unit["divide"] / LANES,
        "compare and select": operations.get("select", 0.0) / 2.0 * unit["select"] / LANES,
    }
    floor = sum(parts.values())
    return {
        "operations": operations, "unit_seconds": unit, "peak_flops": peak, "flops": flops,
        "peak_floor": flops / peak, "parts": parts, "floor": floor, "actual": actual,
        "times_floor": actual / floor, "times_peak_floor": actual / (flops / peak),
    }  # fmt: skip
