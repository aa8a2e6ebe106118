"""What was aimed at, and whether it was reached."""

from typing import Any

Results = dict[str, dict[str, Any]]

SPEED = (("0.001", "1e-3", 20_000.0, 150.0), ("1e-05", "1e-5", 5_000.0, 60.0))
MILLION = 1_000_000


def rows_of_targets(results: Results) -> list[list[str]]:
    """Return what, target, measured, and met or missed; what was not measured is left out."""
    rows = [*_speed(results), *_floor(results), *_million(results), *_linear(results),
            *_executors(results)]  # fmt: skip
    return [[what, aim, got, "met" if met else "**missed**"] for what, aim, got, met in rows]


Row = tuple[str, str, str, bool]


def _speed(results: Results) -> list[Row]:
    engines = results.get("speed", {}).get("engines", [])
    rows: list[Row] = []
    for target, words, rate, ratio in SPEED:
        found = {e["key"]: e["targets"][target] for e in engines if e["targets"].get(target)}
        own = found.pop("ketacourse", None)
        if own is None:
            continue
        rows.append((f"patients per second and core at {words}", f"at least {rate:,.0f}",
                     f"{own['rate']:,.0f}", own["rate"] >= rate))  # fmt: skip
        if found:
            key, fastest = max(found.items(), key=lambda item: item[1]["rate"])
            times = own["rate"] / fastest["rate"]
            rows.append((f"times the fastest general simulator at {words} ({key})",
                         f"at least {ratio:.0f}", f"{times:.0f}", times >= ratio))  # fmt: skip
    return rows


def _floor(results: Results) -> list[Row]:
    times = results.get("floor", {}).get("times_floor")
    if times is None:
        return []
    return [("machine code over its arithmetic floor", "at most 3", f"{times:.1f}", times <= 3.0)]


def _million(results: Results) -> list[Row]:
    rows: list[Row] = []
    for case, what in (("patients-2-1e6", "courses, summed up"), ("trial-largest", "whole trial")):
        found = results.get(case)
        if found is None or found["patients"] != MILLION:
            continue
        seconds, peak = found["seconds"], found["peak_tree_bytes"] / 1e9
        rows.append((f"a million patients on two cores: {what}", "under 60 s", f"{seconds:.0f} s",
                     seconds < 60.0))  # fmt: skip
        rows.append((f"memory of that: {what}", "under 2 GB", f"{peak:.2f} GB", peak < 2.0))
    return rows


def _linear(results: Results) -> list[Row]:
    rows: list[Row] = []
    for cores in (1, 2):
        found = [v for k, v in results.items() if k.startswith(f"patients-{cores}-")]
        each = [
            v["processes"] * v["seconds"] / v["patients"] for v in found if v["patients"] >= 1000
        ]
        if len(each) > 1:
            spread = max(each) / min(each) - 1.0
            rows.append((f"core time per patient from 1,000 patients up, {cores} core(s)",
                         "within 10 %", f"{100 * spread:.1f} %", spread <= 0.10))  # fmt: skip
    return rows


def _executors(results: Results) -> list[Row]:
    runs = results.get("executors", {}).get("rows", [])
    seconds: dict[tuple[str, int], float] = {}
    for r in runs:
        key = (r["who"], r["workers"])
        seconds[key] = min(r["seconds"], seconds.get(key, float("inf")))
    if ("serial", 1) not in seconds:
        return []
    count = f"{runs[0]['patients']:,}"
    same = len({r["digest"] for r in runs}) == 1
    names = ", ".join(sorted({r["who"] for r in runs} - {"beside"}))
    rows: list[Row] = [
        (f"digests of {names}", "identical", "identical" if same else "differ", same)
    ]
    serial = {1: seconds["serial", 1], 2: seconds.get(("beside", 2), seconds["serial", 1])}
    for workers, alone in serial.items():
        if ("processes", workers) in seconds:
            over = workers * seconds["processes", workers] / alone - 1.0
            rows.append((f"overhead of the process executor, {workers} worker(s), {count} patients",
                         "under 10 %", f"{100 * over:.0f} %", over < 0.10))  # fmt: skip
    return rows
