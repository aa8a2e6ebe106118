"""Tables of published results: read whole, recognised by their columns, written back whole.

A table keeps its columns, their order and every row. Columns of the layout are read; any
other is carried through. Faults of the table as a whole are refused here; faults of one row
are told with the row.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from ketacourse.errors import InputError
from ketacourse.trials.replicate_prediction import Prediction

TableKind = Literal["trials", "concentrations", "safety"]

ADDED = ("predicted", "pi90_low", "pi90_high", "status")
"""Columns that the predictions add at the end."""

CARRIED = (
    "row_id", "source_id", "source", "citation", "doi_or_url", "nct", "value", "spread",
    "spread_type", "seen", "used_by", "inferred", "notes", "supported", "reason",
)  # fmt: skip
"""Columns that may stand in any layout and decide nothing about its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One way in which a table may be laid out.

    Parameters
    ----------
    kind
        What its rows are about.
    name
        The layout in words.
    needed
        Columns without which no row can be read; their cells may be empty.
    optional
        Columns that are read where present.
    """

    kind: TableKind
    name: str
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()


LAYOUTS = (
    Layout(
        kind="trials",
        name="trials",
        needed=(
            "row_id", "study_id", "diagnosis", "n", "drug", "route", "dose_mg_per_kg", "dose_mg",
            "duration_min", "session_days", "masking", "control", "new_oral_antidepressant",
            "setting", "therapy_days", "scale", "baseline_mean", "baseline_sd", "time_days",
            "outcome",
        ),
        optional=(
            "age_mean", "background_medication", "resistant_percent", "earlier_course",
            "judged_day", "rated_days",
        ),
    ),
    Layout(
        kind="trials",
        name="published trials",
        needed=(
            "study_id", "population", "n", "drug", "route", "dose_mg_per_kg", "dose_mg",
            "infusion_min", "schedule", "concomitant_therapy", "scale", "baseline_mean",
            "baseline_sd", "time_h", "time_days", "outcome",
        ),
        optional=("comparator", "mean_age", "pct_female", "weight_kg_if_given"),
    ),
    Layout(
        kind="concentrations",
        name="published concentrations",
        needed=(
            "n", "population", "drug", "route", "dose_mg_per_kg", "dose_mg", "infusion_min",
            "analyte", "metric", "time_h", "unit", "matrix",
        ),
    ),
    Layout(
        kind="concentrations",
        name="restated concentrations",
        needed=(
            "n", "drug", "route", "dose_unit", "steps", "weight_kg", "matrix", "analyte", "output",
            "share", "metric", "time_h", "unit",
        ),
        optional=("population", "formulation", "weight_source"),
    ),
    Layout(
        kind="safety",
        name="safety",
        needed=(
            "n", "population", "route", "dose_mg_per_kg", "infusion_min", "quantity", "time_min",
            "unit",
        ),
    ),
)  # fmt: skip
"""Every layout that is understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: where it stands, what its cells hold, what is wrong with its shape.

    ``cells`` maps the columns of the layout to stripped text; ``given`` is the row as it
    stood, one cell per column of the table.
    """

    line: int
    given: tuple[str, ...]
    cells: dict[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as it was given."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    layout: Layout
    delimiter: str
    unread: tuple[str, ...]
    """Columns that are carried through and not read."""


def read_table(path: Path) -> Table:
    """Read a table of published results.

    Raises
    ------
    InputError
        If the file cannot be read, or its columns are those of no layout.
    """
    return parse_table(_text(path), name=path.name)


def parse_table(text: str, *, name: str) -> Table:
    """Read a table from its text; see `read_table`."""
    if not text.strip():
        raise InputError(f"{name} is empty.", remedy="Give a table with one line of column names.")
    delimiter = _delimiter(text)
    try:
        lines = list(_lines(text, delimiter))
    except csv.Error as error:
        raise InputError(f"{name} is no table ({error}).", remedy="Save it as CSV.") from None
    columns = tuple(lines[0][1])
    plain = tuple(c.strip().lower() for c in columns)
    _check_header(name, columns, plain)
    layout = _layout_of(name, plain)
    read = {*layout.needed, *layout.optional, *CARRIED}
    _refuse_misspelt(name, [c for c in plain if c not in read], layout, plain)
    return Table(
        name=name,
        columns=columns,
        rows=tuple(_row(line, cells, plain, delimiter) for line, cells in lines[1:]),
        layout=layout,
        delimiter=delimiter,
        unread=tuple(c for c, p in zip(columns, plain, strict=True) if p not in read),
    )


def prediction_text(table: Table, predictions: Sequence[Prediction]) -> str:
    """Return the table with the four columns of its predictions added."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow([*table.columns, *ADDED])
    for row, prediction in zip(table.rows, predictions, strict=True):
        writer.writerow([*row.given, *prediction.cells()])
    return out.getvalue()


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"The table '{path}' cannot be read: {reason}.", remedy="Check its name and rights."
        ) from None
    if b"\0" in raw:
        raise InputError(f"'{path}' is no text file.", remedy="Save the table as CSV in UTF-8.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheets on Windows save signs such as plus-minus in this older encoding.
        return raw.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """Return the delimiter under which most column names are known."""
    known = {c for layout in LAYOUTS for c in (*layout.needed, *CARRIED)}
    first = text.lstrip().splitlines()[0]

    def hits(delimiter: str) -> int:
        return sum(c.strip().strip('"').lower() in known for c in first.split(delimiter))

    return max((",", ";", "\t"), key=hits)


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first line of each row and its cells; blank lines are none."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 1
    for cells in reader:
        if any(c.strip() for c in cells):
            yield start, cells
        start = reader.line_num + 1


def _row(line: int, cells: list[str], plain: tuple[str, ...], delimiter: str) -> Row:
    width = len(plain)
    fault = "" if len(cells) == width else f"{len(cells)} cells for {width} columns"
    if len(cells) > width:  # most often a comma in a note without quotes: nothing is lost
        cells = [*cells[: width - 1], delimiter.join(cells[width - 1 :])]
    given = (*cells, *[""] * (width - len(cells)))
    return Row(
        line=line,
        given=given,
        cells=dict(zip(plain, (c.strip() for c in given), strict=True)),
        fault=fault,
    )


def _check_header(name: str, columns: tuple[str, ...], plain: tuple[str, ...]) -> None:
    twice = sorted({c for c in plain if plain.count(c) > 1})
    if twice:
        raise InputError(
            f"{name}, line 1: the column '{twice[0]}' stands twice.", remedy="Keep one."
        )
    there = [c for c, p in zip(columns, plain, strict=True) if p in ADDED]
    if there:
        raise InputError(
            f"{name}, line 1: the table already has the column '{there[0]}'.",
            remedy="Leave out the columns of an earlier prediction.",
        )


def _layout_of(name: str, plain: tuple[str, ...]) -> Layout:
    def share(layout: Layout) -> float:
        return sum(c in plain for c in layout.needed) / len(layout.needed)

    best = max(LAYOUTS, key=share)
    missing = [c for c in best.needed if c not in plain]
    if share(best) < 0.5:
        raise InputError(
            f"{name}, line 1: the columns are those of no table that can be predicted.",
            remedy="Lay it out as trials (with 'session_days', 'scale' and 'outcome'), "
            "concentrations (with 'analyte' and 'metric') or safety (with 'quantity').",
        )
    if missing:
        close = get_close_matches(missing[0], plain, n=1)
        hint = f" Is it '{close[0]}'?" if close else ""
        raise InputError(
            f"{name}, line 1: a table of {best.name} lacks {_listed(missing)}.",
            remedy=f"Add the column; its cells may be empty.{hint}",
        )
    return best


def _refuse_misspelt(
    name: str, unknown: Sequence[str], layout: Layout, plain: Sequence[str]
) -> None:
    """Refuse a column that looks like one of the layout that is absent."""
    absent = [c for c in (*layout.optional, *CARRIED) if c not in plain]
    for column in unknown:
        close = get_close_matches(column, absent, n=1, cutoff=0.85)
        if close:
            raise InputError(
                f"{name}, line 1: the column '{column}' is not known.",
                remedy=f"Did you mean '{close[0]}'? Rename or remove it.",
            )


def _listed(names: Sequence[str]) -> str:
    quoted = [f"'{n}'" for n in names]
    noun = "column" if len(names) == 1 else "columns"
    return f"the {noun} {', '.join(quoted)}"
