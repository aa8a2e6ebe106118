"""Concentrations and side effects: published beside predicted, and the figures of the margins."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from ketacourse.course.calibrate_effects import (
    LeftOut,
    calibrate_effects,
    effect_data,
    left_out_rows,
    middle_of,
    safety_cells,
)
from ketacourse.course.concentrations import (
    ConcentrationComparison,
    compare_concentrations,
)
from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.posterior import load_posterior
from ketacourse.infer.rows import Kind, compared
from ketacourse.population.uncertainty import Z90
from ketacourse.trials.replicate_prediction import (
    Prediction,
    RowFaultError,
    UnsupportedRowError,
    faulty,
    not_supported,
)
from ketacourse.trials.replicate_safety import predict_safety
from ketacourse.trials.replicate_safety_rows import SafetyQuery, safety_query

INFUSION: Mapping[str, str] = {
    "n": "200", "population": "TRD", "route": "IV", "dose_mg_per_kg": "0.5", "infusion_min": "40",
    "time_min": "", "unit": "", "notes": "", "supported": "", "reason": "",
}  # fmt: skip
NASAL: Mapping[str, str] = {
    **INFUSION, "population": "TRD <65 y", "route": "IN esketamine", "dose_mg_per_kg": "",
    "infusion_min": "",
}  # fmt: skip
FIGURES: Mapping[str, tuple[Mapping[str, str], str, str]] = {
    "pressure": (INFUSION, "SBP_peak_change_mean", "mmHg"),
    "pressure_tail": (NASAL, "pct_SBP_rise_ge_40", "percent_of_patients"),
    "cadss": (INFUSION, "CADSS_peak_mean", "points"),
    "cadss_present": (NASAL, "pct_CADSS_gt4", "percent_of_patients"),
}
"""The row that each margin on side effects asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRow:
    """One published side effect beside its prediction; ``observed`` is None for words."""

    row_id: str
    source: str
    population: str
    quantity: str
    unit: str
    text: str
    observed: float | None
    seen: bool
    prediction: Prediction

    @property
    def scored(self) -> bool:
        """Return whether the row was read, is a number, and has a prediction."""
        told = self.observed is not None and self.prediction.predicted is not None
        return told and self.seen

    @property
    def inside(self) -> bool:
        """Return whether the published value lies in the 90% interval."""
        p = self.prediction
        if self.observed is None or p.low is None or p.high is None:
            return False
        return p.low <= self.observed <= p.high


def safety_rows(
    *, catalogue: Catalogue, patients: int, draws: int
) -> tuple[tuple[SafetyRow, ...], dict[str, float]]:
    """Return every published side effect with its prediction, and the figures of the margins.

    Rows that served the calibration are predicted from the other studies: the prediction and its
    interval are moved by what the row's own study had taught.
    """
    cells = safety_cells()
    asked: list[SafetyQuery] = []
    places: list[int] = []
    found: dict[int, Prediction] = {}
    for i, row in enumerate(cells):
        try:
            asked.append(safety_query(row))
            places.append(i)
        except UnsupportedRowError as reason:
            found[i] = not_supported(str(reason))
        except RowFaultError as fault:
            found[i] = faulty(i + 2, fault.column, fault.why)
    wanted = [
        safety_query({**base, "quantity": quantity, "unit": unit})
        for base, quantity, unit in FIGURES.values()
    ]
    got = predict_safety(
        [*asked, *wanted], catalogue=catalogue, patients=patients, draws=draws, seed=1
    )
    found |= dict(zip(places, got[: len(places)], strict=True))
    check_effects_table(catalogue)
    left_out = left_out_rows(calibrate_effects())
    for i, row in enumerate(cells):
        if row["row_id"] in left_out:
            found[i] = moved_prediction(found[i], left_out[row["row_id"]])
    figures = {
        name: math.nan if p.predicted is None else p.predicted
        for name, p in zip(FIGURES, got[len(places) :], strict=True)
    }
    return tuple(_row(row, found[i]) for i, row in enumerate(cells)), figures


def safety_causes(rows: Sequence[SafetyRow]) -> dict[str, str]:
    """Return how the published side effects were predicted, by the name of the margin."""

    def told(words: tuple[str, ...], *, share: bool) -> str:
        alike = [
            r
            for r in rows
            if r.scored
            and r.unit.startswith("percent") == share
            and any(w in r.quantity.upper() for w in words)
        ]
        higher = sum((r.prediction.predicted or 0.0) > (r.observed or 0.0) for r in alike)
        return (
            f"Of {len(alike)} published numbers of this kind {higher} are predicted higher than "
            f"published; {sum(r.inside for r in alike)} lie in their interval."
        )

    return {
        "pressure": told(("SBP", "DBP"), share=False),
        "pressure_tail": told(("SBP", "DBP", "HYPERT"), share=True),
        "cadss": told(("CADSS",), share=False),
        "cadss_present": told(("CADSS",), share=True),
    }


def check_effects_table(catalogue: Catalogue) -> None:
    """Raise unless the shipped side effects were estimated from the shipped table.

    Raises
    ------
    InputError
        If they were not.
    """
    posterior = load_posterior()
    made_from = None if posterior is None else posterior.made_by.get("side_effects", {}).get("data")
    digest = effect_data(catalogue).digest
    if made_from != digest:
        raise InputError(
            f"Side effects were calibrated on another table ({made_from}, now {digest}).",
            remedy="Run 'ketacourse calibrate --only side-effects' and ship its files.",
        )


def moved_prediction(prediction: Prediction, other: LeftOut) -> Prediction:
    """Return a prediction as it is without the row's own study.

    It moves on the scale of comparison, and each side of its interval grows by what is no longer
    known. A rate is a percentage.
    """
    middle, low, high = prediction.predicted, prediction.low, prediction.high
    if middle is None or low is None or high is None or not middle > 0.0:
        return prediction
    n, kind = other.row.n, other.row.kind
    at, below, above = (float(compared(kind, max(v, 0.0), n)) for v in (middle, low, high))
    centre, more = at + other.shift, Z90**2 * max(other.variance, 0.0)
    ends = (
        centre - math.sqrt((at - below) ** 2 + more),
        centre,
        centre + math.sqrt((above - at) ** 2 + more),
    )
    first, value, last = (_in_unit(kind, x, n) for x in ends)
    return replace(prediction, predicted=value, low=first, high=last)


def _in_unit(kind: Kind, value: float, n: int) -> float:
    """Return a value on the scale of comparison as percent, or in its own unit."""
    if kind != "rate":
        return math.exp(value)
    share = (float(expit(value)) * (n + 1.0) - 0.5) / n
    return 100.0 * min(max(share, 0.0), 1.0)


def _row(cells: Mapping[str, str], prediction: Prediction) -> SafetyRow:
    return SafetyRow(
        row_id=cells["row_id"],
        source=cells["source_id"],
        population=cells["population"],
        quantity=cells["quantity"],
        unit=cells["unit"],
        text=cells["value"],
        observed=middle_of(cells["value"]),
        seen=cells["seen"] == "yes",
        prediction=prediction,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Agreement of concentrations of one analyte, route and kind of use.

    ``test`` is True for rows that no model was made from or checked on; ``contested``
    where sources of this analyte disagree, so that no single model can meet them.
    """

    analyte: str
    route: str
    test: bool
    contested: str
    n: int
    ratio: float
    twofold: float

    @property
    def agrees(self) -> bool:
        """Return whether the geometric mean ratio lies between 0.8 and 1.25."""
        return 0.8 <= self.ratio <= 1.25


SUBSTANCES = {"hydroxynorketamine": ("hydroxynorketamine", "HNK"), "norketamine": ("norketamine",)}
"""Words in the name of an analyte by which a metabolite is known; the rest is ketamine."""


def substance_of(analyte: str) -> str:
    """Return the substance of an analyte, whatever its form.

    Examples
    --------
    >>> substance_of("S-norketamine"), substance_of("R-HNK/R-ketamine"), substance_of("ketamine")
    ('norketamine', 'hydroxynorketamine', 'ketamine')
    """
    named = (s for s, words in SUBSTANCES.items() if any(w in analyte for w in words))
    return next(named, "ketamine")


CONTESTED: Mapping[str, str] = {
    "hydroxynorketamine": "sources on hydroxynorketamine lie three-fold apart in both directions"
}
"""Substance whose sources disagree, with the reason; it is shown and not judged."""


def concentration_agreement(
    comparisons: Sequence[ConcentrationComparison],
) -> tuple[Agreement, ...]:
    """Return the agreement per analyte and route, rows in and out of sample apart.

    Concentrations, peaks and exposures are judged; times of peaks are in the table of rows.
    """
    groups: dict[tuple[str, str, bool], list[float]] = {}
    for c in comparisons:
        o = c.observation
        if c.ratio is not None and o.metric != "tmax":
            groups.setdefault((o.analyte, o.route, not c.in_sample), []).append(c.ratio)
    return tuple(
        Agreement(
            analyte=analyte,
            route=route,
            test=test,
            contested=CONTESTED.get(substance_of(analyte), ""),
            n=len(ratios),
            ratio=float(np.exp(np.mean(np.log(ratios)))),
            twofold=float(np.mean([0.5 <= r <= 2.0 for r in ratios])),
        )
        for (analyte, route, test), ratios in sorted(groups.items())
    )


def ratio_of_all(groups: Sequence[Agreement], substance: str, route: str) -> tuple[float, int]:
    """Return the geometric mean ratio of a substance by a route over all rows, and their number.

    Its forms and the rows in and out of sample are taken together.
    """
    alike = [g for g in groups if substance_of(g.analyte) == substance and g.route == route]
    n = sum(g.n for g in alike)
    return math.exp(sum(g.n * math.log(g.ratio) for g in alike) / n), n


def concentration_figures(
    comparisons: Sequence[ConcentrationComparison], groups: Sequence[Agreement]
) -> dict[str, float]:
    """Return the figures of the margins on concentrations.

    The ratio is that of the analyte and route furthest from one, contested ones left out.
    """
    ratios = [c.ratio for c in comparisons if c.ratio is not None]
    judged = [g.ratio for g in groups if not g.contested]
    return {
        "concentrations_twofold": float(np.mean([0.5 <= r <= 2.0 for r in ratios])),
        "concentrations_ratio": max(judged, key=lambda r: abs(math.log(r))),
    }


def concentrations(
    catalogue: Catalogue,
) -> tuple[tuple[ConcentrationComparison, ...], tuple[Agreement, ...]]:
    """Return every published concentration with its prediction, and the agreement."""
    comparisons = compare_concentrations(catalogue=catalogue)
    return comparisons, concentration_agreement(comparisons)
