"""The log-log plot of seconds against patients, one line per engine."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

Results = dict[str, dict[str, Any]]

OWN, TRIAL = "#0b6e63", "#b3541e"
PEERS = ("#30507a", "#6a4c93", "#8a6d1a", "#7a3b4a", "#4f6f52", "#5b5b5b", "#888888")
NAMED = ((60.0, "1 min"), (3600.0, "1 h"), (86_400.0, "1 day"), (604_800.0, "1 week"))
RANGE = (1.0, 1e6)
STYLE: Any = {
    "font.family": "sans-serif", "font.size": 9.5, "svg.fonttype": "none",
    "svg.hashsalt": "ketacourse", "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip


def write_plot(results: Results, path: Path) -> None:
    """Write the plot as SVG."""
    with mpl.rc_context(STYLE):
        figure = draw(results)
        path.parent.mkdir(parents=True, exist_ok=True)
        none = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(path, format="svg", metadata=none)


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure = Figure(figsize=(8.6, 5.2), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    ends = [*_peers(axes, results), *_own(axes, results)]
    axes.set_xlim(RANGE[0] * 0.8, RANGE[1] * 1.2)
    low, high = axes.get_ylim()
    for seconds, name in NAMED:
        if low < seconds < high:
            axes.axhline(seconds, color="#dddddd", lw=0.8, zorder=0)
            axes.text(RANGE[0] * 0.85, seconds, name, va="bottom", color="#777777", fontsize=8)
    axes.set_xlabel("patients")
    axes.set_ylabel("seconds")
    axes.set_title(
        "Six infusions, twelve weeks, error at most 0.1% of range", loc="left", fontsize=10.5
    )
    _name(axes, ends)
    return figure


End = tuple[float, str, str]


def _peers(axes: Any, results: Results) -> list[End]:
    found = []
    engines = results.get("speed", {}).get("engines", [])
    peers = [e for e in engines if e["key"] != "ketacourse" and e["targets"].get("0.001")]
    for engine, colour in zip(peers, PEERS, strict=False):
        data = engine["targets"]["0.001"]
        rate, count = data["rate"], data["patients"]
        ends = [count, RANGE[1]]
        axes.plot(ends, [n / rate for n in ends], color=colour, lw=1.1, ls=(0, (5, 3)))
        axes.plot([count], [count / rate], "o", color=colour, ms=5)
        found.append((RANGE[1] / rate, engine["label"], colour))
    return found


def _own(axes: Any, results: Results) -> list[End]:
    found = []
    for cores, style in ((1, "-"), (2, "--")):
        rows = [v for k, v in results.items() if k.startswith(f"patients-{cores}-")]
        rows.sort(key=lambda r: r["patients"])
        if not rows:
            continue
        x, y = [r["patients"] for r in rows], [r["seconds"] for r in rows]
        axes.plot(x, y, style, marker="o", ms=5, color=OWN, lw=2.2)
        axes.plot([x[-1], RANGE[1]], [y[-1], y[-1] * RANGE[1] / x[-1]], ":", color=OWN, lw=1.2)
        label = f"ketacourse, {cores} core{'s' if cores > 1 else ''}"
        found.append((y[-1] * RANGE[1] / x[-1], label, OWN))
    trial = results.get("trial-largest")
    if trial:
        axes.plot([trial["patients"]], [trial["seconds"]], "D", color=TRIAL, ms=6)
        if trial["patients"] > 1e5:
            found.append((trial["seconds"], "a whole trial, 2 cores", TRIAL))
    return found


def _name(axes: Any, ends: list[End]) -> None:
    """Write the names at the right ends, pushed apart where they would overlap."""
    apart, last = 1.85, 0.0
    for value, label, colour in sorted(ends):
        y = max(value, last * apart)
        last = y
        axes.annotate(
            label, (RANGE[1] * 1.2, value), xytext=(RANGE[1] * 1.45, y), color=colour,
            va="center", fontsize=9, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.6, "relpos": (0.0, 0.5)},
        )  # fmt: skip
