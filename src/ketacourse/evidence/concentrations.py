"""The published concentrations that come with the package, read and checked.

One row of ``observations/concentrations.csv`` is one published value: a concentration,
a peak, its time, an exposure or a ratio of exposures, with the regimen written out step
by step and the assumptions (body weight, sampling site) beside it.
"""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

from ketacourse.errors import EvidenceError
from ketacourse.evidence.cells import (
    Reader,
    Reading,
    count,
    needed,
    number,
    one_of,
    reading,
    unit,
    words,
    yes_or_no,
)
from ketacourse.evidence.observation import DRUGS, ROUTES
from ketacourse.evidence.source import shipped_sources

METRICS = ("conc", "cmax", "tmax", "auc", "auc_ratio")
"""Concentration at a time, peak, its time, exposure to a time or to infinity, a ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentrationObservation:
    """One published concentration, peak, time of peak or exposure.

    Parameters
    ----------
    steps
        Duration (h) and amount (in ``dose_unit``) of each step of the regimen, one after
        another; duration 0 means at once.
    output
        Output of the model that corresponds, two joined by ``/`` for a ratio, or empty.
    share
        Factor from the model's output to what was printed (one enantiomer of a sum).
    time_h
        Time of a concentration, or end of the window of an exposure (h); None for a
        peak, or for an exposure to infinity.
    used_by
        Models that used or looked at this row when they were put together: it is no
        test of them.
    """

    row_id: str
    source: str
    n: int | None
    population: str
    drug: str
    route: str
    formulation: str
    dose_unit: str
    steps: tuple[tuple[float, float], ...]
    weight_kg: float
    weight_source: str
    matrix: str
    analyte: str
    output: str
    share: float
    metric: str
    time_h: float | None
    value: Reading
    unit: str
    spread: str
    spread_type: str
    seen: bool
    used_by: tuple[str, ...]
    supported: bool
    reason: str
    notes: str


def _steps(text: str) -> tuple[tuple[float, float], ...]:
    read = number(at_least=0.0)
    found: list[tuple[float, float]] = []
    for part in text.split(";"):
        minutes, colon, amount = part.partition(":")
        if not (minutes and colon and amount):
            raise ValueError(f"'{part}' is not minutes:amount")
        found.append((read(minutes.strip()) / 60.0, read(amount.strip())))
    return tuple(found)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


READERS: dict[str, Reader] = {
    "row_id": needed(words),
    "source": needed(words),
    "n": count,
    "population": needed(words),
    "drug": needed(one_of(*DRUGS)),
    "route": one_of(*ROUTES),
    "formulation": words,
    "dose_unit": needed(one_of("mg", "mg/kg")),
    "steps": needed(_steps),
    "weight_kg": needed(number(above=0.0)),
    "weight_source": needed(words),
    "matrix": needed(one_of("arterial", "venous")),
    "analyte": needed(words),
    "output": words,
    "share": needed(number(above=0.0)),
    "metric": needed(one_of(*METRICS)),
    "time_h": number(at_least=0.0),
    "value": needed(reading),
    "unit": needed(unit),
    "spread": words,
    "spread_type": words,
    "seen": yes_or_no,
    "used_by": _names,
    "supported": yes_or_no,
    "reason": words,
    "notes": words,
}
"""Columns in order, each with its reader."""


@cache
def load_concentrations() -> tuple[ConcentrationObservation, ...]:
    """Return the shipped table, row by row.

    Examples
    --------
    >>> load_concentrations()[1].value.number
    0.0711
    """
    entry = files("ketacourse.evidence").joinpath("observations", "concentrations.csv")
    text = entry.read_text(encoding="utf-8")
    return read_concentrations(text, name="concentrations.csv", sources=shipped_sources())


def read_concentrations(
    text: str, *, name: str, sources: Collection[str]
) -> tuple[ConcentrationObservation, ...]:
    """Read and check a table of concentrations.

    Raises
    ------
    EvidenceError
        At the first fault, with line, column, value and remedy.
    """
    table = csv.DictReader(StringIO(text))
    if tuple(table.fieldnames or ()) != tuple(READERS):
        raise EvidenceError(
            f"{name}, line 1: the columns are not as expected.",
            remedy=f"Give, in this order: {', '.join(READERS)}.",
        )
    rows: list[ConcentrationObservation] = []
    for cells in table:
        where = f"{name}, line {table.line_num}"
        row = ConcentrationObservation(**_values(where, cells))
        if row.source not in sources:
            raise EvidenceError(
                f"{where}, column 'source': there is no source '{row.source}'.",
                remedy="Add it to one of the files in sources/.",
            )
        if row.value.low is None:
            raise EvidenceError(
                f"{where}, column 'value': '{row.value}' is no number and no range.",
                remedy="Give a number such as 12.5 or a range such as 10-15.",
            )
        if row.supported == bool(row.reason) or (row.supported and not row.output):
            raise EvidenceError(
                f"{where}, column 'supported': a supported row names an output and no reason, "
                "any other a reason.",
                remedy="Correct the row.",
            )
        rows.append(row)
    if len({r.row_id for r in rows}) != len(rows):
        raise EvidenceError(f"{name}: a row_id stands twice.", remedy="Keep one.")
    return tuple(rows)


def _values(where: str, cells: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column, read in READERS.items():
        text = (cells[column] or "").strip()
        try:
            values[column] = read(text)
        except ValueError as error:
            raise EvidenceError(
                f"{where}, column '{column}': {error} (given: '{text}').",
                remedy="Correct the row.",
            ) from None
    return values
