"""The figures of the results, as SVG files that are the same for the same numbers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("svg")
from matplotlib import pyplot as plt

BLUE, RED, GREEN, GREY = "#0072b2", "#c04f00", "#007f5c", "#59636e"
BASELINES = {"last value": RED, "towards mean": GREEN, "mixed model": GREY}


def draw_all(found: Mapping[str, Any], folder: Path) -> None:
    """Draw what there are results for."""
    mpl.rcParams.update({
        "svg.hashsalt": "ketacourse", "font.size": 9, "axes.spines.top": False,
        "axes.spines.right": False,
    })  # fmt: skip
    if "prequential" in found:
        _prequential(found["prequential"]["truths"], folder / "prequential.svg")
        _relapse(found["prequential"]["truths"], folder / "relapse.svg")
    if "ranks" in found:
        _ranks(found["ranks"], folder / "ranks.svg")
    if "advice" in found:
        _advice(found["advice"]["truths"], folder / "advice.svg")


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)


def _prequential(truths: Mapping[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(2, len(truths), figsize=(3.2 * len(truths), 5.4), sharey="row")
    for column, (name, own) in enumerate(truths.items()):
        top, below = axes[0][column], axes[1][column]
        known = sorted(int(k) for k in own["mae_by_scores_known"])
        for key, tone in {"mae": BLUE, **BASELINES}.items():
            line = [own["mae_by_scores_known"][str(k)][key] for k in known]
            label = "forecast" if key == "mae" else key
            top.plot(known, line, color=tone, lw=2.2 if key == "mae" else 1.2, label=label)
        top.set_title(name.replace("_", " "), fontsize=9)
        top.set_xlabel("scores known")
        bars = {"all": own["coverage"]["0.8"], **own["coverage_80_by_third"]}
        for k, (label, c) in enumerate(bars.items()):
            below.plot([k, k], [c["lower"], c["upper"]], color=BLUE, lw=2)
            below.plot(k, c["value"], "o", color=BLUE)
            below.text(k, 0.52, label, ha="center", color=GREY)
        low, high = (0.76, 0.84) if name.startswith("full") else (0.7, 0.9)
        below.axhspan(low, high, color="#d5dae0", zorder=0)
        below.axhline(0.8, color=GREY, lw=0.8, ls=":")
        below.set_ylim(0.5, 1.0)
        below.set_xticks([])
    axes[0][0].set_ylabel("error of the next MADRS (points)")
    axes[1][0].set_ylabel("share inside the 80% interval")
    axes[0][0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    _save(figure, path)


def _relapse(truths: Mapping[str, Any], path: Path) -> None:
    shown = {n: o["relapse"] for n, o in truths.items() if "relapse" in o}
    figure, axes = plt.subplots(1, max(len(shown), 1), figsize=(3.0 * max(len(shown), 1), 3.0))
    for axis, (name, own) in zip(np.atleast_1d(axes), shown.items(), strict=False):
        rows = np.array(own["deciles"])
        axis.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":")
        axis.plot(rows[:, 0], rows[:, 1], "o-", color=BLUE, lw=1)
        axis.set_title(name.replace("_", " "), fontsize=9)
        axis.set_xlabel("stated chance of relapse")
        axis.set_xlim(0, 1)
        axis.set_ylim(-0.02, 1.02)
    np.atleast_1d(axes)[0].set_ylabel("share that relapsed")
    figure.tight_layout()
    _save(figure, path)


def _ranks(result: Mapping[str, Any], path: Path) -> None:
    names = list(result["parameters"])
    rows = -(-len(names) // 6)
    figure, axes = plt.subplots(rows, 6, figsize=(11, 1.7 * rows), sharey=True)
    expected = result["replicates"] / result["bins"]
    spread = np.sqrt(expected * (1.0 - 1.0 / result["bins"]))
    for axis, name in zip(axes.ravel(), names, strict=False):
        own = result["parameters"][name]
        axis.axhspan(expected - 2.58 * spread, expected + 2.58 * spread, color="#e6e9ed")
        tone = BLUE if own["p"] > 0.01 else RED
        axis.bar(range(result["bins"]), own["counts"], width=1.0, color=tone)
        axis.set_title(f"{name.replace('_', ' ')}, p {own['p']:.2f}", fontsize=8)
        axis.set_xticks([])
    for axis in axes.ravel()[len(names) :]:
        axis.axis("off")
    figure.tight_layout()
    _save(figure, path)


def _advice(truths: Mapping[str, Any], path: Path) -> None:
    figure, axis = plt.subplots(figsize=(6.4, 4.0))
    for (name, own), tone in zip(truths.items(), (BLUE, RED, GREEN, GREY), strict=False):
        x = [own["sessions"][arm] for arm in ("fixed", "advised")]
        y = [own["symptom_free_days"][arm] for arm in ("fixed", "advised")]
        axis.annotate(
            "", (x[1], y[1]), (x[0], y[0]), arrowprops={"arrowstyle": "->", "color": tone}
        )
        axis.plot(x[0], y[0], "o", mfc="white", color=tone)
        axis.plot(x[1], y[1], "o", color=tone)
        axis.text(x[1] + 0.03, y[1] + 0.4, name.replace("_", " "), color=tone)
    axis.set_xlabel("sessions in sixteen weeks")
    axis.set_ylabel("symptom-free days in sixteen weeks")
    axis.set_title("open: fixed protocol, filled: advised", fontsize=9)
    axis.margins(0.2)
    _save(figure, path)
