"""Every curve of a run as one Parquet file that says its own units.

Layout (wide): one row per time. ``time_h`` and ``day`` count from the first dose; the
typical curve of a series is a column of its name; ``<name>__lower``, ``<name>__upper``,
``<name>__control``, ``<name>__variant__<key>`` and ``<name>__alternative__<label>`` stand
beside it where they exist. The file's key-value metadata holds ``layout``, ``units`` and
``labels`` (JSON, one entry per column), ``band_contains``, ``model_digest``, ``version``,
``seed``, ``draws`` and ``research``.
"""

import json
from pathlib import Path

import duckdb
import numpy as np

from ketacourse.course.result import FloatArray, Simulation

LAYOUT = (
    "wide: one row per time; <name> is the typical curve, <name>__lower and <name>__upper its "
    "interval, <name>__control a masked control, <name>__variant__<key> another mechanism, "
    "<name>__alternative__<label> another published model"
)


def write_trajectory(simulation: Simulation, path: Path) -> None:
    """Write every curve to a Parquet file; the same run gives the same bytes."""
    columns = trajectory_columns(simulation)
    metadata = _metadata(simulation)
    pairs = ", ".join(f"{key}: {_quoted(value)}" for key, value in metadata.items())
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.register("curves", {name: values for name, (values, _, _) in columns.items()})
        connection.execute(
            f"COPY (SELECT * FROM curves) TO {_quoted(str(path))} "  # noqa: S608 - quoted by us
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{pairs}}})"
        )


def trajectory_columns(simulation: Simulation) -> dict[str, tuple[FloatArray, str, str]]:
    """Return column name to values, unit and label, in the order of the file."""
    columns = {
        "time_h": (simulation.times_h, "h", "time from the first dose"),
        "day": (simulation.times_h / 24.0, "d", "time from the first dose"),
    }
    for name, series in simulation.series.items():
        for kind, values in series.curves():
            column = name if kind == "typical" else f"{name}__{kind.replace(':', '__')}"
            label = series.label if kind == "typical" else f"{series.label}, {kind}"
            columns[column] = (np.ascontiguousarray(values, dtype=float), series.unit, label)
    return columns


def _metadata(simulation: Simulation) -> dict[str, str]:
    columns = trajectory_columns(simulation)
    return {
        "layout": LAYOUT,
        "units": json.dumps({name: unit for name, (_, unit, _) in columns.items()}),
        "labels": json.dumps({name: label for name, (_, _, label) in columns.items()}),
        "band_contains": simulation.band_contains,
        "model_digest": simulation.model_digest,
        "version": simulation.version,
        "seed": str(simulation.seed),
        "draws": str(simulation.draws),
        "research": "true" if simulation.research else "false",
    }


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
