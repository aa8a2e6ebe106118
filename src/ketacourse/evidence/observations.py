"""The published observations that come with the package, read and checked.

Five tables in ``observations/*.csv``. A table is refused with the line and the column
when a word is not one of the allowed ones, a rate lies outside 0 to 100, a number is not
a number, a unit or a source is unknown, two columns contradict each other, or a row
stands twice.
"""

import csv
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any, Literal, get_args, overload

from ketacourse.errors import EvidenceError
from ketacourse.evidence.cells import (
    Reader,
    count,
    days,
    needed,
    number,
    one_of,
    reading,
    unit,
    words,
    yes_no_or_nothing,
    yes_or_no,
)
from ketacourse.evidence.observation import (
    CONTROLS,
    DIAGNOSES,
    DRUGS,
    EARLIER_COURSES,
    GRADES,
    MASKINGS,
    METRICS,
    OUTCOMES,
    ROUTES,
    SETTINGS,
    BindingObservation,
    Contrast,
    Kind,
    MechanismObservation,
    Observation,
    SafetyObservation,
    TrialObservation,
)
from ketacourse.evidence.source import shipped_sources

KINDS: tuple[Kind, ...] = get_args(Kind)


def _inferred(text: str) -> tuple[str, ...]:
    names = tuple(text.split())
    unknown = [n for n in names if n not in TrialObservation.__slots__]
    if unknown:
        raise ValueError(f"there is no column {', '.join(unknown)}")
    return names


_KEY = needed(words)
_SUPPORT: dict[str, Reader] = {"seen": yes_or_no, "supported": yes_or_no, "reason": words}
_END: dict[str, Reader] = {"source": _KEY, "notes": words}

READERS: dict[Kind, tuple[type[Any], dict[str, Reader]]] = {
    "trials": (
        TrialObservation,
        {
            "row_id": _KEY,
            "study_id": _KEY,
            "diagnosis": needed(one_of(*DIAGNOSES)),
            "n": count,
            "drug": needed(one_of(*DRUGS)),
            "route": one_of(*ROUTES),
            "dose_mg_per_kg": number(above=0.0),
            "dose_mg": number(above=0.0),
            "duration_min": number(at_least=0.0),
            "session_days": days,
            "masking": needed(one_of(*MASKINGS)),
            "control": one_of(*CONTROLS),
            "new_oral_antidepressant": yes_or_no,
            "setting": needed(one_of(*SETTINGS)),
            "therapy_days": days,
            "scale": _KEY,
            "baseline_mean": number(above=0.0),
            "baseline_sd": number(above=0.0),
            "age_mean": number(above=0.0),
            "background_medication": yes_no_or_nothing,
            "resistant_percent": number(at_least=0.0),
            "earlier_course": one_of(*EARLIER_COURSES),
            "time_days": number(at_least=0.0),
            "judged_day": number(at_least=0.0),
            "rated_days": days,
            "outcome": needed(one_of(*OUTCOMES)),
            "value": needed(number()),
            "spread": reading,
            "spread_type": one_of("SD", "SE", "IQR", "CI95"),
            **_SUPPORT,
            "inferred": _inferred,
            **_END,
        },
    ),
    "contrasts": (
        Contrast,
        {
            "row_id": _KEY,
            "study_id": _KEY,
            "contrast": _KEY,
            "metric": needed(one_of(*METRICS)),
            "value": needed(reading),
            "ci_low": number(),
            "ci_high": number(),
            "time_days": number(at_least=0.0),
            **_SUPPORT,
            **_END,
        },
    ),
    "safety": (
        SafetyObservation,
        {
            "row_id": _KEY,
            "source_id": _KEY,
            "n": count,
            "population": _KEY,
            "route": _KEY,
            "dose_mg_per_kg": reading,
            "infusion_min": reading,
            "quantity": _KEY,
            "time_min": reading,
            "value": needed(reading),
            "unit": needed(unit),
            "spread": reading,
            "spread_type": one_of("SD", "CI95", "p", "control"),
            **_SUPPORT,
            **_END,
        },
    ),
    "mechanism": (
        MechanismObservation,
        {
            "row_id": _KEY,
            "source_id": _KEY,
            "species": _KEY,
            "link": _KEY,
            "quantity": _KEY,
            "value": needed(reading),
            "unit": unit,
            "time_h": reading,
            "spread": reading,
            "n": reading,
            "grade": needed(one_of(*GRADES)),
            "seen": yes_or_no,
            **_END,
        },
    ),
    "receptor_binding": (
        BindingObservation,
        {
            "row_id": _KEY,
            "source_id": _KEY,
            "ligand": _KEY,
            "target": _KEY,
            "measure": needed(one_of("Ki", "IC50", "occupancy")),
            "value": needed(reading),
            "unit": unit,
            "spread": reading,
            "assay": words,
            "species": _KEY,
            "seen": yes_or_no,
            **_END,
        },
    ),
}
"""Kind of table to its row type and its columns in order, each with its reader."""


@overload
def load_observations(kind: Literal["trials"]) -> tuple[TrialObservation, ...]: ...
@overload
def load_observations(kind: Literal["contrasts"]) -> tuple[Contrast, ...]: ...
@overload
def load_observations(kind: Literal["safety"]) -> tuple[SafetyObservation, ...]: ...
@overload
def load_observations(kind: Literal["mechanism"]) -> tuple[MechanismObservation, ...]: ...
@overload
def load_observations(kind: Literal["receptor_binding"]) -> tuple[BindingObservation, ...]: ...
@overload
def load_observations(kind: Kind) -> tuple[Observation, ...]: ...
@cache
def load_observations(kind: Kind) -> tuple[Any, ...]:
    """Return one shipped table, row by row, in its own order.

    Examples
    --------
    >>> load_observations("receptor_binding")[0].value.number
    0.3
    """
    entry = files("ketacourse.evidence").joinpath("observations", f"{kind}.csv")
    return read_observations(
        entry.read_text(encoding="utf-8"), kind=kind, name=f"{kind}.csv", sources=shipped_sources()
    )


def read_observations(
    text: str, *, kind: Kind, name: str, sources: Collection[str]
) -> tuple[Any, ...]:
    """Read and check one table.

    Parameters
    ----------
    text
        The table as comma-separated values with one line of column names.
    kind
        Kind of table, which fixes its columns.
    name
        File name to print with a fault.
    sources
        Keys of the known sources.

    Raises
    ------
    EvidenceError
        At the first fault, with line, column, value and remedy.
    """
    row_type, readers = READERS[kind]
    rows: list[Any] = []
    names: dict[str, int] = {}
    contents: dict[tuple[str, ...], int] = {}
    for line, cells in _lines(text, name=name, columns=tuple(readers)):
        where = f"{name}, line {line}"
        row = row_type(**_values(where, cells, readers))
        for column, problem in row.clashes():
            raise _fault(where, column, problem, cells[column])
        if row.source not in sources:
            raise _fault(where, "source", "there is no such source", row.source)
        _refuse_twice(where, "row_id", names, row.row_id, line)
        content = tuple(v for k, v in cells.items() if k != "row_id")
        _refuse_twice(where, "row_id", contents, content, line)
        rows.append(row)
    return tuple(rows)


def _lines(
    text: str, *, name: str, columns: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]]]:
    table = csv.reader(StringIO(text))
    header = tuple(next(table, ()))
    if header != columns:
        missing = [c for c in columns if c not in header]
        unknown = [c for c in header if c not in columns]
        raise EvidenceError(
            f"{name}, line 1: the columns are not as expected (missing {missing}, "
            f"unknown {unknown}).",
            remedy=f"Give, in this order: {', '.join(columns)}.",
        )
    for cells in table:
        if len(cells) != len(columns):
            raise EvidenceError(
                f"{name}, line {table.line_num}: {len(cells)} cells for {len(columns)} columns.",
                remedy="Put text that holds a comma in quotes.",
            )
        yield table.line_num, dict(zip(columns, cells, strict=True))


def _values(where: str, cells: dict[str, str], readers: dict[str, Reader]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column, read in readers.items():
        try:
            values[column] = read(cells[column].strip())
        except ValueError as error:
            raise _fault(where, column, str(error), cells[column]) from None
    return values


def _fault(where: str, column: str, problem: str, given: str) -> EvidenceError:
    return EvidenceError(
        f"{where}, column '{column}': {problem} (given: '{given}').", remedy="Correct the row."
    )


def _refuse_twice(where: str, column: str, known: dict[Any, int], key: Any, line: int) -> None:
    if key in known:
        raise EvidenceError(
            f"{where}, column '{column}': the row repeats line {known[key]}.", remedy="Keep one."
        )
    known[key] = line
