"""The page of the documentation, made from stored results and nothing else."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.growth import CHUNK, WORTH
from benchmarks.plot import Results, write_plot
from benchmarks.store import load
from benchmarks.targets import rows_of_targets
from ketacourse.engine.solve import MANY

PAGE, FIGURE = "performance.md", "figures/performance.svg"


def write_page(results: Path, folder: Path) -> Path:
    """Write the page and its figure into a folder; return the page."""
    found = load(results)
    write_plot(found, folder / FIGURE)
    path = folder / PAGE
    path.write_text(page_of(found), encoding="utf-8")
    return path


def page_of(results: Results) -> str:
    """Return the text of the page; a part that was not measured is left out."""
    parts: list[tuple[str, Callable[[Results], list[str]]]] = [
        ("machine", _machine), ("speed", _speed), ("patients-1-1e3", _growth),
        ("length", _length), ("executors", _executors), ("startup", _startup),
        ("floor", _floor),
    ]  # fmt: skip
    lines = [*HEAD]
    if results.get("machine", {}).get("quick"):
        lines += ["", "**These figures are from a quick run and rough.**"]
    lines += ["", "## Targets", "", *_table(TARGET_HEAD, rows_of_targets(results))]
    for case, part in parts:
        if case in results:
            lines += ["", *part(results)]
    return "\n".join([*lines, "", *TAIL]) + "\n"


HEAD = [
    "<!-- Written by python -m benchmarks; do not edit. -->",
    "# Performance",
    "",
    "How fast the engine is, beside general simulators on the same model, course, patients and",
    "outputs at equal measured accuracy; how the cost grows; and how far it is from what the",
    "machine's arithmetic allows. Everything here was measured by one command,",
    "",
    "```bash",
    "pip install -r benchmarks/requirements.txt",
    "python -m benchmarks",
    "```",
    "",
    "which takes about a quarter of an hour on two quiet cores (`--quick`: a minute or two) and",
    "goes on where it was stopped. Results lie under `benchmarks/results/`.",
    "",
    "The course: six 40-minute infusions of 0.5 mg/kg on days 0, 3, 7, 10, 14 and 17, followed",
    "to day 84; the whole chain with its pharmacokinetics; 169 output times; MADRS, rise of",
    "systolic pressure, CADSS and plasticity window; every patient drawn with own parameters,",
    "double precision.",
]
TARGET_HEAD = ("What", "Target", "Measured", "")
TAIL = [
    "## How it is measured",
    "",
    "- **Equal accuracy.** The error of an engine is the largest difference from a reference",
    "  (LSODA at 1e-10) over all checked patients, times and outputs, as a share of what that",
    "  output ranges over in that patient. Each simulator's tolerances are loosened in steps of",
    "  a quarter of a decade until the error would pass the limit, for two ratios of absolute to",
    "  relative tolerance; the faster pair is used. ketacourse is given the limit itself as its",
    "  tolerance, as a user would, even where it then does better.",
    "- **Same work.** Simulators that take equations (all but libRoadRunner) get a right-hand",
    "  side generated from the same recorded graph, with what depends on parameters alone",
    "  computed beforehand. Drug amounts are ordinary compartments to them. Setting a patient's",
    "  parameters, resetting and reading the outputs count; building and compiling do not.",
    "- **Edges.** LSODA is restarted and diffrax and Myokit stop at each edge of an infusion or",
    "  visit; libRoadRunner finds them as SBML events. libRoadRunner also looks for roots at each",
    "  maximum and minimum and stopped for good where a MADRS left the end of its scale; it is",
    "  given smooth ones, 1e-9 wide.",
    "- **Rounds.** Every engine has one core and a process of its own; each round runs all of",
    "  them for about the same time, fewer patients or the same ones again, and medians over",
    "  rounds are compared.",
    "- **What ketacourse's figure holds.** The integration of a batch by `solve` on chosen steps,",
    "  outputs included. Steps are chosen once per course, as sparingly as for many patients; what",
    "  that costs, and the rate on the steps that fewer patients get, stands below the tables.",
    "  Drawing and posing patients is in the tables of growth, on the steps for fewer.",
]  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)]


def _machine(results: Results) -> list[str]:
    m = results["machine"]
    caches = ", ".join(f"{name} {size}" for name, size in m["caches"].items())
    packages = ", ".join(f"{p} {v}" for p, v in m["packages"].items() if v)
    virtual = ", virtual machine" if m["virtual"] else ""
    return [
        "## Machine",
        "",
        f"{m['processor']} (family / model {m['family_model']}), {m['cores']} cores{virtual}; "
        f"caches {caches}; vectors {', '.join(m['vectors'])}; {m['memory_gb']} GB; {m['system']}. "
        f"Python {m['python']}, LLVM {m['llvm']}, {packages}. ketacourse {m['ketacourse']}, model "
        f"{m['model']}. Load of the machine when the run began: {m['load']}.",
    ]


def _speed(results: Results) -> list[str]:
    data = results["speed"]
    engines = data["engines"]
    lines = ["## Against general simulators", ""]
    for target, words in (("0.001", "1e-3"), ("1e-05", "1e-5")):
        own = next((e["targets"][target] for e in engines if e["key"] == "ketacourse"), None)
        have = [e for e in engines if e["targets"].get(target)]
        have.sort(key=lambda e: -e["targets"][target]["rate"])
        rows = [_speed_row(e, e["targets"][target], own) for e in have]
        rows += [[e["label"], "not reached", "", "", ""] for e in engines if e not in have]
        lines += [f"Error at most {words} of each output's range, one core:", ""]
        head = ("Engine", "patients/s (range of rounds)", "ketacourse is faster by",
                "measured error", "tolerance rel. / abs.")  # fmt: skip
        lines += [*_table(head, rows), ""]
    lines += _steps(data.get("steps", {}))
    lines += [f"- {e['label']}: not installed. `{e['install']}`" for e in data["missing"]]
    lines += [f"- {e['label']}: could not run ({e['why']})." for e in data["failed"]]
    lines += [
        "",
        f"{data['rounds']} interleaved rounds; errors over {data['checked']} patients. "
        "Dashed lines below are extended from where each simulator was measured (dot).",
        "",
        f"![Seconds against number of patients, both logarithmic. The lines of ketacourse lie two "
        f"to four orders of magnitude below those of general simulators.]({FIGURE})",
        "",
        *_table(
            ("Engine", "version", "ready after (s)", "peak memory (MB)"),
            [[f"{e['label']}: {e['what']}", _versions(e), f"{e['ready_seconds']:.1f}",
              f"{e['peak_bytes'] / 1e6:.0f}"] for e in engines],
        ),
        "",
        "Ready: from the start of the process until the model is built and, where that happens "
        "beforehand, compiled; Numba and JAX compile at the first run. ketacourse held "
        "8,192 patients with all outputs, the others a few.",
    ]  # fmt: skip
    return lines


def _steps(data: dict[str, Any]) -> list[str]:
    """Return what the steps of ketacourse cost, chosen for many patients and for few."""
    rows = []
    for target, words in (("0.001", "1e-3"), ("1e-05", "1e-5")):
        for who, label in (("many", f"{MANY:,} patients and more"), ("few", "fewer")):
            found = data.get(target, {}).get(who)
            if found:
                rows.append([words, label, str(found["steps"]), f"{found['choosing']:.2f}",
                             _figure(found["rate"])])  # fmt: skip
    head = ("Error", "steps as chosen for", "steps", "choosing (s, once)", "patients/s")
    note = "The tables above hold ketacourse's rate on the steps that many patients get:"
    return [note, "", *_table(head, rows), ""] if rows else []


def _versions(engine: dict[str, Any]) -> str:
    name, number = next(iter(engine["versions"].items()))
    return "this one" if engine["key"] == "ketacourse" else f"{name} {number}"


def _speed_row(engine: dict[str, Any], at: dict[str, Any], own: dict[str, Any] | None) -> list[str]:
    settings = at["settings"]
    ratio = f"{own['rate'] / at['rate']:,.0f}" if own and at is not own else ""
    atol = f" / {settings['rtol'] * settings['atol_share']:.1e}"
    atol = "" if engine["key"] == "ketacourse" else atol
    return [
        engine["label"],
        f"{_figure(at['rate'])} ({_figure(at['low'])}–{_figure(at['high'])})",
        ratio,
        f"{at['error']:.1e}",
        f"{settings['rtol']:.1e}{atol}",
    ]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _growth(results: Results) -> list[str]:
    rows = []
    for cores in (1, 2):
        found = [v for k, v in results.items() if k.startswith(f"patients-{cores}-")]
        for r in sorted(found, key=lambda r: r["patients"]):
            n = r["patients"]
            shares = [f"{1e6 * r['stages'][s] / n:.0f}" for s in ("draw", "pose", "solve")]
            peak = max(r["peak_bytes"], r["peak_tree_bytes"]) / 1e6
            each = 1e6 * r["processes"] * r["seconds"] / n
            rows.append([f"{n:,}", str(cores), str(r["processes"]), f"{r['seconds']:.3g}",
                         f"{n / r['seconds']:,.0f}", f"{each:.0f}", *shares,
                         f"{peak:,.0f}"])  # fmt: skip
    head = ("Patients", "cores", "processes", "seconds", "patients/s", "core time (µs each)",
            "draw (µs)", "pose (µs)", "integrate (µs)", "peak memory (MB)")  # fmt: skip
    choosing = results["patients-1-1e3"]["choosing"]
    return [
        "## Growth with patients",
        "",
        f"Patients are drawn, posed, integrated to 1e-3 and summed up in equal chunks of at most "
        f"{CHUNK:,}; only sums are kept. A further process is used where each has at least "
        f"{WORTH:,} patients. Core time is seconds times processes, per patient: what a core is "
        "busy or kept from other work. Processes are up and warm, as in a session that has run "
        "something before; their start is in the table of executors. Medians of several runs "
        "in the quietest of three rounds, all sizes in turns. Choosing the steps, once per "
        f"course, takes another {choosing:.2f} s. Memory is that of all processes together.",
        "",
        *_table(head, rows),
    ]


def _length(results: Results) -> list[str]:
    lines = ["## Growth with the course", ""]
    rows = []
    for case in ("length", "sessions"):
        for r in results.get(case, {}).get("rows", []):
            each = {k: 1e6 * v / r["patients"] for k, v in r["stages"].items()}
            rate = 1e6 / each["solve"]
            rows.append([f"{r['sessions']} in {r['weeks']} weeks", str(r["times"]),
                         str(r["steps"]), f"{each['pose']:.0f}", f"{each['solve']:.0f}",
                         f"{rate:,.0f}"])  # fmt: skip
    head = ("Infusions", "output times", "steps", "pose (µs per patient)",
            "integrate (µs)", "integrated patients/s")  # fmt: skip
    note = "One core, error 1e-3, outputs at every day and around every infusion."
    return [*lines, *_table(head, rows), "", note]


def _against_one_alone(best: dict[tuple[str, int], dict[str, Any]]) -> str:
    """Return what two workers cost beside one process that has the machine for itself."""
    if not {("serial", 1), ("processes", 2)} <= best.keys():
        return ""
    over = 2.0 * best["processes", 2]["seconds"] / best["serial", 1]["seconds"] - 1.0
    return f" Against a run in one process with the machine for itself it is {100.0 * over:.0f}%."


def _executors(results: Results) -> list[str]:
    runs: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in results["executors"]["rows"]:
        runs.setdefault((row["who"], row["workers"]), []).append(row)
    best = {k: min(v, key=lambda r: r["seconds"]) for k, v in runs.items()}
    names = {"serial": "this process", "beside": "this process, with another like it beside",
             "processes": "processes", "dask": "Dask"}  # fmt: skip
    rows = [
        [f"{names[who]}, {n}", f"{r['seconds']:.1f}", f"{r['patients'] / r['seconds']:,.0f}",
         f"{r['peak_tree_bytes'] / 1e6:,.0f}", f"`{r['digest'][:12]}`"]
        for (who, n), r in best.items()
    ]  # fmt: skip
    patients = next(iter(best.values()))["patients"]
    lines = [
        "## Trials and executors",
        "",
        f"One arm of {patients:,} patients through `run_trial`: attendance and drop-out, fifteen "
        "visits with rating error, session peaks, endpoint with intervals; counts stored. The "
        "start of workers is counted. The best of the runs of each kind, in turns. Two cores of a "
        "shared machine do not give twice what one gives: the overhead of two workers is told "
        "against a run in one process while the other core does the same."
        + _against_one_alone(best),
        "",
        *_table(("Who, workers", "seconds", "patients/s", "peak memory (MB)", "digest"), rows),
    ]
    large = results.get("trial-largest")
    if large:
        lines += [
            "",
            f"{large['patients']:,} patients with two processes: {large['seconds']:.0f} s, "
            f"{large['patients'] / large['seconds']:,.0f} patients/s, at most "
            f"{large['peak_tree_bytes'] / 1e9:.2f} GB for all processes together.",
        ]
    return lines


def _startup(results: Results) -> list[str]:
    data = results["startup"]
    stages = [s for s in data["cold"] if s != "whole"]
    rows = [
        [name, *(f"{data[name][s]:.2f}" for s in ("whole", *stages))] for name in ("cold", "warm")
    ]
    return [
        "## Start-up",
        "",
        "From starting Python to the course of one patient, in seconds; cold means that no machine "
        "code was stored yet.",
        "",
        *_table(("", "whole", *stages), rows),
    ]


def _floor(results: Results) -> list[str]:
    f = results["floor"]
    if "failed" in f:
        return ["## Distance to the arithmetic", "", f"Could not be counted: {f['failed']}"]
    o, steps = f["operations"], f["steps"]
    rows = [[name, f"{1e6 * s:.1f}", f"{100 * s / f['solve']:.0f} %"]
            for name, s in f["parts"].items()]  # fmt: skip
    waiting, around = f["actual"] - f["floor"], f["solve"] - f["actual"]
    rows += [
        ["loads, stores, latency, branches", f"{1e6 * waiting:.1f}",
         f"{100 * waiting / f['solve']:.0f} %"],
        ["arranging data, checking results (NumPy)", f"{1e6 * around:.1f}",
         f"{100 * around / f['solve']:.0f} %"],
        ["**integration of one patient**", f"**{1e6 * f['solve']:.1f}**", "100 %"],
    ]  # fmt: skip
    return [
        "## Distance to the arithmetic",
        "",
        f"The kernel's code was given counters and run: per patient and step (of {steps}) it "
        f"executes {o['add'] / steps:,.0f} additions, {o['multiply'] / steps:,.0f} "
        f"multiplications, {o['divide'] / steps:.0f} divisions, {o['select'] / steps:.0f} "
        f"comparisons and selections, {o['load'] / steps:.0f} loads and {o['store'] / steps:.0f} "
        f"stores; in them are {o['exp'] / steps:.1f} exponentials and {o['log'] / steps:.1f} "
        "logarithms, each a polynomial of a dozen multiply-adds. The floor is the time these "
        "would take at the full rates of the processor, measured with loops of independent vector "
        f"operations ({f['peak_flops'] / 1e9:.0f} Gflop/s of multiply-adds on one core).",
        "",
        *_table(("Where the time goes", "µs per patient", "share"), rows),
        "",
        f"The machine code takes **{f['times_floor']:.1f} times** its floor "
        f"({1e6 * f['floor']:.1f} µs); against the peak of multiply-adds alone, as if divisions "
        f"cost no more, {f['times_peak_floor']:.1f} times.",
    ]
