"""Covariates from the user's own table, CSV or Parquet, checked cell by cell.

A cell that is empty, not a number or out of bounds is never replaced by a guess. What
the table has no column for is drawn from the stated distributions.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError
from ketacourse.population.covariate_spec import (
    ANCESTRIES,
    DIAGNOSES,
    LOWEST_BASELINE,
    MADRS_MAXIMUM,
    CovariateSpec,
    covariate_preset,
)
from ketacourse.population.covariates import (
    CYP2B6,
    MET_SHARE,
    Covariates,
    draw_covariates,
)
from ketacourse.therapy.bounds import (
    AGE_YEARS,
    CRP_MG_PER_L,
    DBP_MMHG,
    FAILED_ANTIDEPRESSANTS,
    HEIGHT_CM,
    SBP_MMHG,
    WEIGHT_KG,
    Bounds,
)

Table = Mapping[str, Sequence[Any]]

BASELINE_MADRS = Bounds(
    label="The baseline", minimum=LOWEST_BASELINE, maximum=MADRS_MAXIMUM, unit="points",
    reason="change is read as a share of it",
)  # fmt: skip
NUMBERS: dict[str, Bounds] = {
    "age_years": AGE_YEARS,
    "weight_kg": WEIGHT_KG,
    "baseline_madrs": BASELINE_MADRS,
    "height_cm": HEIGHT_CM,
    "failed_antidepressants": FAILED_ANTIDEPRESSANTS,
    "crp_mg_per_l": CRP_MG_PER_L,
    "sbp_mmhg": SBP_MMHG,
    "dbp_mmhg": DBP_MMHG,
}
"""Columns of numbers, with what they may hold."""
WORDS: dict[str, tuple[str, ...]] = {
    "sex": ("female", "male"),
    "diagnosis": DIAGNOSES,
    "ancestry": ANCESTRIES,
    "bdnf_genotype": tuple(MET_SHARE),
    "cyp2b6_genotype": CYP2B6,
    "hypertension": ("true", "false"),
}
"""Columns of words, with the words they may hold."""
WHOLE = ("failed_antidepressants",)
"""Columns of whole numbers."""
REQUIRED = ("identifier", "age_years", "sex", "weight_kg", "baseline_madrs")
"""Columns a table must have."""
KNOWN = ("identifier", *NUMBERS, *WORDS)


def read_covariates(path: Path, *, spec: CovariateSpec | None = None, seed: int = 1) -> Covariates:
    """Read patients from a table; its row ``i`` is patient ``i``.

    Parameters
    ----------
    path
        A ``.csv`` or ``.parquet`` file with the columns of `REQUIRED` and any of `KNOWN`.
    spec, seed
        Distributions and seed for columns the table does not have; the population of a
        clinic by default.

    Raises
    ------
    InputError
        If the file cannot be read, or a column or a cell is wrong; the message names
        file, row and column.
    """
    table = _read(path)
    _check_columns(path, tuple(table))
    rows = len(table["identifier"])
    if rows == 0:
        raise InputError(f"{path} has no patients.", remedy="Give one row per patient.")
    given: dict[str, NDArray[Any]] = {"identifier": _identifiers(path, table["identifier"])}
    for name, bounds in NUMBERS.items():
        if name in table:
            given[name] = _numbers(path, name, table[name], bounds)
    for name, choices in WORDS.items():
        if name in table:
            given[name] = _words(path, name, table[name], choices)
    if "hypertension" in given:
        given["hypertension"] = given["hypertension"] == "true"
    if "failed_antidepressants" in given:
        given["failed_antidepressants"] = given["failed_antidepressants"].astype(np.int64)
    spec = spec or covariate_preset("clinic")
    return draw_covariates(spec, seed=seed, first=0, count=rows, given=given)


def _read(path: Path) -> Table:
    if not path.is_file():
        raise InputError(f"There is no file {path}.", remedy="Give a .csv or .parquet file.")
    readers: dict[str, Callable[[Path], Table]] = {".csv": _read_csv, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers:
        raise InputError(
            f"{path} is of the kind '{path.suffix}'.", remedy="Give a .csv or .parquet file."
        )
    return readers[path.suffix.lower()](path)


def _read_csv(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is no CSV file: {error}.", remedy="Save it as UTF-8.") from None
    if not rows:
        raise InputError(f"{path} is empty.", remedy="Give a header and one row per patient.")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) != len(header):
        raise InputError(f"{path} names a column twice.", remedy="Keep one.")
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise InputError(
                f"{path}, row {number}: {len(row)} cells under {len(header)} columns.",
                remedy="Give one cell per column.",
            )
    return {name: [row[i].strip() for row in rows[1:]] for i, name in enumerate(header)}


def _read_parquet(path: Path) -> Table:
    import duckdb

    try:
        with duckdb.connect() as connection:
            found = connection.execute("SELECT * FROM read_parquet([?])", [str(path)])
            names = [column[0] for column in found.description or ()]
            rows = found.fetchall()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} is no Parquet file: {reason}", remedy="Save it anew.") from None
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _check_columns(path: Path, columns: tuple[str, ...]) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise InputError(
            f"{path} has no column '{missing[0]}'.",
            remedy=f"Give the columns {', '.join(REQUIRED)}.",
        )
    for name in columns:
        if name not in KNOWN:
            close = get_close_matches(name, KNOWN, n=1)
            hint = f"Did you mean '{close[0]}'? " if close else ""
            raise InputError(
                f"{path} has the unknown column '{name}'.",
                remedy=f"{hint}Use {', '.join(KNOWN)}.",
            )


def _identifiers(path: Path, cells: Sequence[Any]) -> NDArray[np.str_]:
    seen: dict[str, int] = {}
    for row, cell in enumerate(cells, start=1):
        text = "" if cell is None else str(cell)
        if not text:
            raise _fault(path, row, "identifier", "is empty", "Name every patient.")
        if text in seen:
            raise _fault(
                path, row, "identifier", f"'{text}' stands in row {seen[text]} too",
                "Give each patient once.",
            )  # fmt: skip
        seen[text] = row
    return np.array(list(seen))


def _numbers(path: Path, column: str, cells: Sequence[Any], bounds: Bounds) -> NDArray[np.float64]:
    values = np.empty(len(cells))
    for row, cell in enumerate(cells, start=1):
        try:
            value = float(cell)
        except (TypeError, ValueError):
            shown = "is empty" if cell in (None, "") else f"is {cell!r}"
            raise _fault(path, row, column, shown, f"Give {bounds.interval}.") from None
        if not bounds.holds(value):
            raise _fault(path, row, column, f"is {value:g} {bounds.unit}".strip(), bounds.remedy)
        if column in WHOLE and value != int(value):
            raise _fault(path, row, column, f"is {value:g}", "Give a whole number.")
        values[row - 1] = value
    return values


def _words(
    path: Path, column: str, cells: Sequence[Any], choices: tuple[str, ...]
) -> NDArray[np.str_]:
    words = ["" if cell is None else str(cell) for cell in cells]
    if column == "hypertension":
        words = [word.lower() for word in words]
    for row, word in enumerate(words, start=1):
        if word not in choices:
            shown = f"is '{word}'" if word else "is empty"
            raise _fault(path, row, column, shown, f"Use {', '.join(choices)}.")
    return np.array(words)


def _fault(path: Path, row: int, column: str, problem: str, remedy: str) -> InputError:
    return InputError(f"{path}, row {row}, column '{column}': {problem}.", remedy=remedy)
