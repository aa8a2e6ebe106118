"""Predicted against observed concentrations, row by row, failures included.

No row is lost: a row that cannot be predicted says why, a recalled one is shown and not
scored. Rows that a model used, or that were looked at when it was put together, are
marked as in sample and never stand beside the others in one figure.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.concentrations import ConcentrationObservation, load_concentrations
from ketacourse.model.pk.models import STANDARD, model_of, serving
from ketacourse.trials.replicate_concentration_rows import query_of
from ketacourse.trials.replicate_concentrations import typical_value

ACCEPTED = (0.8, 1.25)
"""Geometric mean of predicted over observed that counts as agreement."""


HEADER = (
    f"{'analyte':<31}{'matrix':<10}{'route':<13}{'quantity':<20}{'rows':>5}{'GM':>7}{'2-fold':>8}"
    "  use"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentrationComparison:
    """One published value and what the model predicts for it.

    ``predicted`` is in the unit of the row; ``ratio`` is predicted over observed, and None
    where the row is not scored. ``status`` is ``predicted``, ``not_scored: why`` or
    ``not_supported: why``.
    """

    observation: ConcentrationObservation
    predicted: float | None
    ratio: float | None
    in_sample: bool
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentrationGroup:
    """Agreement over the scored rows of one analyte, matrix and route.

    ``geometric_mean`` is that of predicted over observed, ``within_twofold`` the share of
    rows between 0.5 and 2.
    """

    analyte: str
    matrix: str
    route: str
    quantity: str
    in_sample: bool
    n: int
    geometric_mean: float
    within_twofold: float

    @property
    def agrees(self) -> bool:
        """Return whether the geometric mean lies between 0.8 and 1.25."""
        return ACCEPTED[0] <= self.geometric_mean <= ACCEPTED[1]


def compare_concentrations(
    model: str = STANDARD,
    *,
    catalogue: Catalogue,
    observations: Sequence[ConcentrationObservation] | None = None,
) -> tuple[ConcentrationComparison, ...]:
    """Return the prediction of every published concentration by one model.

    Parameters
    ----------
    model
        Name of the pharmacokinetic model.
    catalogue
        Source of the typical values; the prediction is for a typical subject.
    observations
        Rows to predict; the shipped table by default.

    Raises
    ------
    InputError
        If there is no such model.
    """
    if model != STANDARD:
        model_of(model, routes=(), drugs=())
    rows = load_concentrations() if observations is None else observations
    return tuple(_compare(row, model, catalogue) for row in rows)


def agreement(comparisons: Sequence[ConcentrationComparison]) -> tuple[ConcentrationGroup, ...]:
    """Return the agreement per analyte, matrix, route and quantity, in-sample rows apart."""
    groups: dict[tuple[str, str, str, str, bool], list[float]] = {}
    for c in comparisons:
        if c.ratio is not None:
            o = c.observation
            quantity = "time of peak" if o.metric == "tmax" else "concentration"
            if o.metric == "auc_ratio":
                quantity = "ratio of exposures"
            groups.setdefault((o.analyte, o.matrix, o.route, quantity, c.in_sample), []).append(
                c.ratio
            )
    return tuple(
        ConcentrationGroup(
            analyte=analyte,
            matrix=matrix,
            route=route,
            quantity=quantity,
            in_sample=in_sample,
            n=len(ratios),
            geometric_mean=math.exp(sum(map(math.log, ratios)) / len(ratios)),
            within_twofold=sum(0.5 <= r <= 2.0 for r in ratios) / len(ratios),
        )
        for (analyte, matrix, route, quantity, in_sample), ratios in sorted(groups.items())
    )


def render_comparison(comparisons: Sequence[ConcentrationComparison], *, model: str) -> str:
    """Return the comparison as plain text: agreement first, then what fails, then why not."""
    groups = agreement(comparisons)
    counts = {
        word: sum(c.status.startswith(word) for c in comparisons)
        for word in ("predicted", "not_scored", "not_supported")
    }
    lines = [
        f"Predicted over observed concentrations, model '{model}'",
        f"{len(comparisons)} rows: {', '.join(f'{n} {word}' for word, n in counts.items())}",
        "GM: geometric mean of predicted/observed; 2-fold: share of rows within 0.5 to 2.",
        "In sample: the model used these rows or was checked on them; they are no test of it.",
        "",
        HEADER,
    ]
    lines += [
        f"{g.analyte:<31}{g.matrix:<10}{g.route:<13}{g.quantity:<20}{g.n:>5}"
        f"{g.geometric_mean:>7.2f}{g.within_twofold:>8.0%}  "
        f"{'in sample' if g.in_sample else 'test'}{'' if g.agrees else '  OUTSIDE 0.80-1.25'}"
        for g in groups
    ]
    off = sorted(
        (c for c in comparisons if c.ratio is not None and not 0.5 <= c.ratio <= 2.0),
        key=lambda c: (c.observation.metric == "tmax", c.ratio),
    )
    lines += ["", "Rows outside two-fold:"]
    lines += [f"  {_described(c)}" for c in off] or ["  none"]
    reasons = sorted({c.status for c in comparisons if c.status != "predicted"})
    lines += ["", "Rows without a score:"]
    lines += [f"  {sum(c.status == r for c in comparisons):>4}  {r}" for r in reasons]
    return "\n".join(lines) + "\n"


def _described(c: ConcentrationComparison) -> str:
    o = c.observation
    at = "" if o.time_h is None else f" at {o.time_h:g} h"
    return (
        f"{c.ratio:6.2f}  {o.row_id}: {o.analyte} {o.metric}{at}, {o.route} {o.drug}: "
        f"observed {o.value} {o.unit}, predicted {c.predicted:.3g}"
    )


def _compare(
    row: ConcentrationObservation, model: str, catalogue: Catalogue
) -> ConcentrationComparison:
    in_sample = serving(model, [row]) in row.used_by
    if not row.supported:
        return _without(row, f"not_supported: {row.reason}", in_sample)
    try:
        predicted = typical_value(query_of(row), model=model, catalogue=catalogue)
    except InputError as error:
        return _without(row, f"not_supported: {error.problem}", in_sample)
    assert row.value.low is not None  # the reader of the table ensures both
    assert row.value.high is not None
    observed = math.sqrt(row.value.low * row.value.high)
    if not row.seen:
        status = "not_scored: the value was recalled, not read"
        return ConcentrationComparison(
            observation=row, predicted=predicted, ratio=None, in_sample=in_sample, status=status
        )
    return ConcentrationComparison(
        observation=row,
        predicted=predicted,
        ratio=predicted / observed,
        in_sample=in_sample,
        status="predicted",
    )


def _without(
    row: ConcentrationObservation, status: str, in_sample: bool
) -> ConcentrationComparison:
    return ConcentrationComparison(
        observation=row, predicted=None, ratio=None, in_sample=in_sample, status=status
    )
