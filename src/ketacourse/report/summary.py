"""The run in one JSON file: inputs, key figures with intervals, findings, numbers, sources."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from ketacourse.course.result import Simulation
from ketacourse.report.disclaimer import DISCLAIMER, RESEARCH_MARK
from ketacourse.report.key_figures import goals, key_figures

FORMAT = 1
"""Raised whenever a field of the file changes its meaning."""


def write_summary(simulation: Simulation, path: Path) -> None:
    """Write the summary; keys are in a fixed order and no number is NaN or infinite."""
    text = json.dumps(summary(simulation), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def summary(simulation: Simulation) -> dict[str, Any]:
    """Return the run as plain data."""
    return {
        "format": FORMAT,
        "program": "ketacourse",
        "version": simulation.version,
        "model_digest": simulation.model_digest,
        "seed": simulation.seed,
        "draws": simulation.draws,
        "research": simulation.research,
        "research_mark": RESEARCH_MARK if simulation.research else "",
        "disclaimer": list(DISCLAIMER),
        "band_contains": simulation.band_contains,
        "variants": dict(simulation.variants),
        "case": as_data(simulation.case),
        "key_figures": as_data(key_figures(simulation)),
        "goals": as_data(goals(simulation)),
        "outcomes": as_data(simulation.outcomes),
        "milestones": as_data(simulation.milestones),
        "findings": as_data(simulation.findings),
        "links": as_data(simulation.links),
        "series": {
            name: {"label": s.label, "unit": s.unit, "stage": s.stage, "grade": s.grade}
            for name, s in simulation.series.items()
        },
        "numbers": as_data(simulation.parameters_used),
        "sources": [{**as_data(source), "link": source.link} for source in simulation.sources_used],
    }


def as_data(value: object) -> Any:
    """Return dataclasses, tuples and mappings as dicts and lists; a missing bound as null.

    Examples
    --------
    >>> as_data((1.0, math.inf, {"a": None}))
    [1.0, None, {'a': None}]
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_data(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return None  # an open bound; NaN is left to be refused
    return value
