"""The forecast as tables and as one JSON file."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

from ketacourse.course.refit_result import LEVELS, Refit
from ketacourse.guardrails.finding import Finding
from ketacourse.report.forecast_words import DISCLAIMER
from ketacourse.report.summary import as_data

FORECAST, RELAPSE, WHOLE = "forecast.csv", "relapse.csv", "refit.json"
FORMAT = 1
"""Raised whenever a field of the file changes its meaning."""


def write_tables(refit: Refit, directory: Path, *, findings: tuple[Finding, ...] = ()) -> None:
    """Write ``forecast.csv``, ``relapse.csv`` and ``refit.json`` into a folder."""
    (directory / FORECAST).write_text(forecast_csv(refit), encoding="utf-8")
    (directory / RELAPSE).write_text(relapse_csv(refit), encoding="utf-8")
    text = json.dumps(as_dict(refit, findings=findings), indent=1, ensure_ascii=False,
                      allow_nan=False)  # fmt: skip
    (directory / WHOLE).write_text(text + "\n", encoding="utf-8")


def forecast_csv(refit: Refit) -> str:
    """Return the forecast of every scale: quantiles, and chances of response and remission."""
    names = [f"q{100.0 * level:g}" for level in LEVELS]
    rows = []
    for key, about in refit.forecasts.items():
        chances: dict[float, dict[str, float]] = {}
        for c in refit.chances:
            if c.scale == key:
                chances.setdefault(c.day, {}).setdefault(c.outcome, c.probability)
        for k, day in enumerate(about.days):
            told = chances.get(float(day), {})
            rows.append(
                {
                    "scale": key, "day": f"{day:g}",
                    **{n: f"{q:.2f}" for n, q in zip(names, about.quantiles[:, k], strict=True)},
                    "probability_response": _share(told.get("response")),
                    "probability_remission": _share(told.get("remission")),
                }
            )  # fmt: skip
    header = ["scale", "day", *names, "probability_response", "probability_remission"]
    return _csv(header, rows)


def relapse_csv(refit: Refit) -> str:
    """Return the chance of no relapse week by week, with the rule."""
    relapse = refit.relapse
    rows = [
        {
            "day": f"{day:g}", "scale": relapse.scale, "not_relapsed": _share(float(held)),
            "lower": _share(float(low)), "upper": _share(float(high)), "rule": relapse.rule,
        }
        for day, held, low, high in zip(
            relapse.days, relapse.held, relapse.lower, relapse.upper, strict=True
        )
    ]  # fmt: skip
    return _csv(["day", "scale", "not_relapsed", "lower", "upper", "rule"], rows)


def as_dict(refit: Refit, *, findings: tuple[Finding, ...] = ()) -> dict[str, Any]:
    """Return the forecast as plain data; a number that does not exist is null."""
    relapse = refit.relapse
    return {
        "format": FORMAT,
        "program": "ketacourse",
        "version": refit.version,
        "model_digest": refit.model_digest,
        "prior_digest": refit.prior_digest,
        "seed": refit.seed,
        "disclaimer": list(DISCLAIMER),
        "today": refit.today,
        "contains": refit.contains,
        "notes": list(refit.readings.notes),
        "method": as_data(refit.diagnostics),
        "surprise": as_data(refit.surprise),
        "main_scale": refit.main,
        "scales": {
            key: {
                "baseline": f.baseline, "baseline_recorded": f.baseline_recorded,
                "response_line": f.response_line, "remission_line": f.remission_line,
            }
            for key, f in refit.forecasts.items()
        },
        "chances": as_data(refit.chances),
        "relapse": {
            "rule": relapse.rule, "start": relapse.start, "responding": relapse.responding,
            "median_day": relapse.median_day,
            "days": [float(d) for d in relapse.days],
            "not_relapsed": [_number(h) for h in relapse.held],
        },
        "next_session": as_data(refit.next_session),
        "learned": as_data(refit.learned),
        "class_chances": as_data(refit.class_chances),
        "scores": as_data(refit.readings.scores),
        "sessions": as_data(refit.readings.course.sessions),
        "findings": as_data(findings),
        "case": as_data(refit.case),
    }  # fmt: skip


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 4)


def _share(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.4f}"


def _csv(header: list[str], rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
