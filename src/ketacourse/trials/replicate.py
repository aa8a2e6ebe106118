"""Replay published results: a prediction with its interval for every row of a table.

Three kinds of table are recognised by their columns: trials, concentrations and side
effects. No row is lost; the published value is carried through and never read.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.model.pk.models import MODELS, STANDARD
from ketacourse.trials.replicate_concentration_rows import published_query, restated_query
from ketacourse.trials.replicate_concentrations import predict_concentrations
from ketacourse.trials.replicate_prediction import (
    Prediction,
    RowFaultError,
    UnsupportedRowError,
    faulty,
    not_supported,
)
from ketacourse.trials.replicate_published_trials import published_trial_query
from ketacourse.trials.replicate_safety import predict_safety
from ketacourse.trials.replicate_safety_rows import safety_query
from ketacourse.trials.replicate_table import Row, Table, prediction_text, read_table
from ketacourse.trials.replicate_trial_rows import trial_query
from ketacourse.trials.replicate_trials import (
    DEFAULT_DRAWS,
    DEFAULT_PATIENTS,
    predict_trials,
)

Told = Callable[[str, float], None]

PATIENTS = (20, 20_000)
DRAWS = (5, 1000)
BELIEF_DRAWS = 100
"""Least draws of what is believed of concentrations: they cost little."""


PI90_CONTAINS = {
    "trials": "uncertainty of parameters and mechanisms, the spread between studies, and the "
    "sampling of n patients with rating error",
    "concentrations": "uncertainty of parameters, the spread between studies, and the sampling of "
    "n subjects with assay error",
    "safety": "uncertainty of parameters, the spread between studies, and the sampling of n "
    "patients",
}
"""What the 90% interval of a prediction holds, by kind of table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicated:
    """A table with the prediction of each of its rows.

    Parameters
    ----------
    table
        The table as it was given.
    predictions
        One per row, in order.
    warnings
        What is odd about rows that were predicted all the same.
    """

    table: Table
    predictions: tuple[Prediction, ...]
    warnings: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the table with its predictions, as comma-separated values."""
        return prediction_text(self.table, self.predictions)

    def count(self, word: str) -> int:
        """Return how many rows have a status that begins with a word."""
        return sum(p.status.startswith(word) for p in self.predictions)

    def summary(self) -> str:
        """Return what happened to the rows, in words."""
        lines = [
            f"{self.table.name}: {len(self.predictions)} rows of {self.table.layout.name}; "
            f"{self.count('predicted')} predicted, {self.count('not_supported')} not supported, "
            f"{self.count('error')} with errors."
        ]
        reasons = Counter(
            p.status.partition(": ")[2]
            for p in self.predictions
            if p.status.startswith("not_supported")
        )
        if self.count("predicted"):
            lines.append(f"  pi90 holds: {PI90_CONTAINS[self.table.layout.kind]}.")
        lines += [f"  not supported, {n}: {why}" for why, n in reasons.most_common()]
        lines += [f"  {p.status}" for p in self.predictions if p.status.startswith("error")]
        assumed = Counter(a for p in self.predictions for a in p.assumptions)
        lines += [f"  assumed in {n} rows: {what}" for what, n in assumed.most_common()]
        lines += [f"  {warning}" for warning in self.warnings]
        if self.table.unread:
            lines.append(f"  carried through unread: {', '.join(self.table.unread)}")
        return "\n".join(lines)


def replicate(
    table: Path | str,
    *,
    seed: int = 1,
    draws: int = DEFAULT_DRAWS,
    patients: int = DEFAULT_PATIENTS,
    pk_model: str = STANDARD,
    research: bool = False,
    progress: Told | None = None,
) -> Replicated:
    """Predict every row of a table of published results.

    Parameters
    ----------
    table
        Path of a CSV table of trials, concentrations or side effects.
    seed
        Seed of the random streams: same seed and table, same result.
    draws
        Joint draws of what is believed, behind the intervals.
    patients
        Virtual patients per arm and draw.
    pk_model
        Name of the pharmacokinetic model.
    research
        Predict mood for doses outside the range that the evidence covers.
    progress
        Called with what is being done and the share done (0 to 1).

    Raises
    ------
    InputError
        If the table cannot be read as a whole, or an option makes no sense.
    """
    _check("draws", draws, DRAWS)
    _check("patients", patients, PATIENTS)
    if pk_model not in (STANDARD, *MODELS):
        raise InputError(
            f"The pharmacokinetic model '{pk_model}' is not known.",
            remedy=f"Use one of {', '.join((STANDARD, *MODELS))}.",
        )
    read = read_table(Path(table))
    asked: dict[int, Any] = {}
    found: dict[int, Prediction] = _repeated(read)
    for position, row in enumerate(read.rows):
        if position in found:
            continue
        query = _query(read, row)
        (found if isinstance(query, Prediction) else asked)[position] = query
    run = _predictor(
        read, seed=seed, draws=draws, patients=patients, pk_model=pk_model, research=research,
        progress=progress, catalogue=load_catalogue(),
    )  # fmt: skip
    found |= dict(zip(asked, run(list(asked.values())), strict=True))
    return Replicated(
        table=read,
        predictions=tuple(found[i] for i in range(len(read.rows))),
        warnings=tuple(_odd_values(read)),
    )


def _check(name: str, value: int, bounds: tuple[int, int]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise OutOfRangeError(f"{name} is {value}.", remedy=f"Give {low} to {high}.")


def _query(table: Table, row: Row) -> Any:
    """Return what a row asks, or the prediction that says why it asks nothing."""
    if row.fault:
        return faulty(row.line, "row", row.fault)
    read = {
        "trials": trial_query,
        "published trials": published_trial_query,
        "published concentrations": published_query,
        "restated concentrations": restated_query,
        "safety": safety_query,
    }[table.layout.name]
    try:
        return read(row.cells)
    except UnsupportedRowError as reason:
        return not_supported(str(reason))
    except RowFaultError as fault:
        return faulty(row.line, fault.column, fault.why)


def _predictor(
    table: Table,
    *,
    seed: int,
    draws: int,
    patients: int,
    pk_model: str,
    research: bool,
    progress: Told | None,
    catalogue: Catalogue,
) -> Callable[[list[Any]], Sequence[Prediction]]:
    """Return the function that predicts the rows of a table of this kind."""

    def run(queries: list[Any]) -> Sequence[Prediction]:
        if table.layout.kind == "concentrations":
            return predict_concentrations(
                queries, model=pk_model, catalogue=catalogue, draws=max(draws, BELIEF_DRAWS),
                seed=seed,
            )  # fmt: skip
        if table.layout.kind == "safety":
            return predict_safety(
                queries, catalogue=catalogue, patients=patients, draws=draws, seed=seed,
                pk_model=pk_model, progress=progress,
            )  # fmt: skip
        return predict_trials(
            queries, catalogue=catalogue, patients=patients, draws=draws, seed=seed,
            pk_model=pk_model, research=research, progress=progress,
        )  # fmt: skip

    return run


def _repeated(table: Table) -> dict[int, Prediction]:
    """Return the rows whose identifier stands on an earlier line."""
    lines: dict[str, int] = {}
    found = {}
    for position, row in enumerate(table.rows):
        name = row.cells.get("row_id", "")
        if name and name in lines and not row.fault:
            why = f"'{name}' stands on line {lines[name]} already"
            found[position] = faulty(row.line, "row_id", why)
        lines.setdefault(name, row.line)
    return found


def _odd_values(table: Table) -> list[str]:
    """Return rows whose published value cannot be right; they are predicted all the same."""
    found = []
    for row in table.rows:
        text = row.cells.get("value", "")
        outcome = row.cells.get("outcome", "")
        try:
            value = float(text)
        except ValueError:
            continue
        rate = outcome in ("response_rate", "remission_rate", "relapse_free")
        rate = rate or row.cells.get("unit", "").startswith("percent")
        if rate and not 0.0 <= value <= 100.0:
            found.append(
                f"line {row.line}, value: {text} is not a rate of 0 to 100 percent; "
                "it is carried through and not read"
            )
    return found
