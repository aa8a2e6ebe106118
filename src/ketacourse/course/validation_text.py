"""The validation report as text: what meets its margin, what misses it, and why it may."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ketacourse.course.calibrate import Calibration
from ketacourse.course.concentrations import compare_concentrations
from ketacourse.course.validate import (
    HeldOut,
    errors_of,
    mean_of_others,
    two_exponentials,
)
from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import load_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One figure beside its margin."""

    name: str
    what: str
    measure: str
    value: float
    at_least: float | None
    at_most: float | None

    @property
    def met(self) -> bool:
        """Return whether the figure lies inside its margin."""
        low = -np.inf if self.at_least is None else self.at_least
        high = np.inf if self.at_most is None else self.at_most
        return bool(low <= self.value <= high)


def read_margins(path: Path) -> dict[str, dict[str, object]]:
    """Return the margins of a validation by name."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"The margins in {path} cannot be read: {error}.") from None


def trial_figures(calibration: Calibration, held_out: HeldOut) -> dict[str, float]:
    """Return the figures on rows predicted from other studies, by the name of their margin."""
    data = calibration.data
    observed = data.observed
    ours = errors_of(data.rows, observed, held_out.predicted)
    plain = errors_of(data.rows, observed, mean_of_others(data))
    curve = errors_of(data.rows, observed, two_exponentials(data))
    inside = (observed >= held_out.low) & (observed <= held_out.high)
    return {
        "scores": ours.points / plain.points,
        "scores_two_exponentials": ours.points / curve.points,
        "rates": ours.rate,
        "coverage": float(inside.mean()),
    }


def concentration_figures() -> dict[str, float]:
    """Return the share of scored concentrations within two-fold."""
    found = compare_concentrations(catalogue=load_catalogue())
    ratios = np.array([c.ratio for c in found if c.ratio is not None])
    return {"concentrations_twofold": float(np.mean((ratios >= 0.5) & (ratios <= 2.0)))}


def verdicts(
    figures: Mapping[str, float], margins: Mapping[str, Mapping[str, object]]
) -> tuple[Verdict, ...]:
    """Return each figure that has a margin, in the order of the margins."""

    def bound(name: str, key: str) -> float | None:
        value = margins[name].get(key)
        return None if value is None else float(str(value))

    return tuple(
        Verdict(
            name=name,
            what=str(margin["what"]),
            measure=str(margin["measure"]),
            value=figures[name],
            at_least=bound(name, "at_least"),
            at_most=bound(name, "at_most"),
        )
        for name, margin in margins.items()
        if name in figures
    )


def report_text(
    calibration: Calibration,
    held_out: HeldOut,
    found: Sequence[Verdict],
    *,
    not_run: Sequence[str],
) -> str:
    """Return the whole report in Markdown."""
    missed = [v for v in found if not v.met]
    lines = [
        "# Validation",
        "",
        "Written by `ketacourse validate`; the margins stand in `margins.toml` and were fixed "
        "before the first calibration.",
        "",
        f"**{len(found) - len(missed)} of {len(found)} figures meet their margin.** "
        + ("Missed: " + ", ".join(v.name for v in missed) + "." if missed else ""),
        "",
        "| Figure | Measure | Value | Margin | |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {v.what} | {v.measure} | {v.value:.3g} | {_margin(v)} "
        f"| {'met' if v.met else '**missed**'} |"
        for v in found
    ]
    if not_run:
        lines += ["", f"Margins without a figure in this report: {', '.join(not_run)}."]
    lines += _method(calibration)
    lines += _errors(calibration, held_out)
    lines += _identified(calibration)
    lines += _rows(calibration, held_out)
    return "\n".join(lines) + "\n"


def _margin(v: Verdict) -> str:
    if v.at_least is None:
        return f"at most {v.at_most:g}"
    if v.at_most is None:
        return f"at least {v.at_least:g}"
    return f"{v.at_least:g} to {v.at_most:g}"


def _method(calibration: Calibration) -> list[str]:
    data = calibration.data
    studies = len({r.study for r in data.rows})
    tau = ", ".join(f"{k} {v:.2f}" for k, v in data.tau.items())
    return [
        "",
        "## How",
        "",
        f"{len(data.rows)} rows of {studies} studies that were read in their sources entered; "
        f"{len(data.left_out)} did not (recalled values, outcomes the model does not have, arms "
        "of unknown size). Each study was predicted from a fit to the others: the fit without it "
        "follows from the whole fit by one linear step, then its arms were simulated anew. "
        "Intervals hold parameters, mechanism variants, the spread between studies and the "
        "sampling of the published number of patients.",
        "",
        f"Spread between studies (points; log odds; log days): {tau}. Weights of the variants: "
        + ", ".join(f"{k} {w:.2f}" for k, w in calibration.weights.items())
        + ".",
    ]


def _errors(calibration: Calibration, held_out: HeldOut) -> list[str]:
    data, observed = calibration.data, calibration.data.observed
    ways = {
        "this model, study left out": held_out.predicted,
        "mean of the other studies": mean_of_others(data),
        "two exponentials (rates: mean of the others)": two_exponentials(data),
        **{f"variant {k} alone": v for k, v in held_out.variants.items()},
    }
    lines = [
        "",
        "## Errors out of sample",
        "",
        "| Prediction | RMSE of scores (points) | mean absolute error of rates (points) |",
        "|---|---|---|",
    ]
    for name, predicted in ways.items():
        errors = errors_of(data.rows, observed, predicted)
        lines.append(f"| {name} | {errors.points:.2f} | {errors.rate:.1f} |")
    return lines


def _identified(calibration: Calibration) -> list[str]:
    first = next(iter(calibration.estimates))
    found = calibration.estimates[first]
    sd = np.sqrt(np.diag(found.covariance))
    lines = [
        "",
        f"## What the data moved (variant {first})",
        "",
        "A ratio near 1: the trials say nothing about the parameter and its prior stands.",
        "",
        "| Parameter | Prior | Posterior (90%) | posterior over prior spread |",
        "|---|---|---|---|",
    ]
    for p, mode, spread in zip(calibration.parameters, found.mode, sd, strict=True):
        low, high = p.natural(mode - 1.645 * spread), p.natural(mode + 1.645 * spread)
        lines.append(
            f"| `{p.name}` | {p.natural(p.mean):.3g} | {p.natural(mode):.3g} "
            f"({low:.3g} to {high:.3g}) | {spread / p.sd:.2f} |"
        )
    return lines


def _rows(calibration: Calibration, held_out: HeldOut) -> list[str]:
    lines = [
        "",
        "## Every row",
        "",
        "Rates in percent; medians in days. Rows outside their interval are marked.",
        "",
        "| Row | Observed | Predicted | 90% interval | |",
        "|---|---|---|---|---|",
    ]
    for i, row in enumerate(calibration.data.rows):
        low, middle, high = (
            _natural(row.kind, v)
            for v in (held_out.low[i], held_out.predicted[i], held_out.high[i])
        )
        observed = calibration.data.observed[i]
        outside = not held_out.low[i] <= observed <= held_out.high[i]
        lines.append(
            f"| {row.row_id} | {row.value:g} | {middle:.1f} | {low:.1f} to {high:.1f} "
            f"| {'outside' if outside else ''} |"
        )
    return lines


def _natural(kind: str, value: float) -> float:
    if kind == "rate":
        return float(100.0 / (1.0 + np.exp(-value)))
    return float(np.exp(value)) if kind == "days" else float(value)
