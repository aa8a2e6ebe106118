"""Pooled estimates beside what the model predicts.

Some are prior knowledge of the calibration (`ketacourse.course.pooled`), others are only shown.
They share trials with one another and with the fit: they are no test, and no margin rests on
them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ketacourse.course.pooled import ASKED, PLAIN, SHAM, points_in
from ketacourse.course.shape import Asker, asker
from ketacourse.evidence.observation import Contrast
from ketacourse.evidence.observations import load_observations


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """One pooled estimate beside its prediction, which is None where the model has none."""

    row_id: str
    what: str
    metric: str
    value: str
    low: float | None
    high: float | None
    predicted: float | None
    fitted: bool = False

    @property
    def inside(self) -> bool | None:
        """Return whether the prediction lies in the published interval, None without one."""
        if self.predicted is None or self.low is None or self.high is None:
            return None
        return self.low <= self.predicted <= self.high


def pooled_estimates(*, patients: int) -> tuple[Pooled, ...]:
    """Return every supported estimate between arms, predicted where its design is plain."""
    ask = asker(patients)
    return tuple(
        Pooled(
            row_id=row.row_id,
            what=row.contrast,
            metric=row.metric,
            value=row.value.text,
            low=row.ci_low,
            high=row.ci_high,
            predicted=_predicted(row, ask),
            fitted=row.row_id in ASKED,
        )
        for row in load_observations("contrasts")
        if row.usable
    )


def _predicted(row: Contrast, ask: Asker) -> float | None:
    """Return what the model gives for an estimate, asked as the calibration does or as here."""
    if row.row_id in PREDICTED:
        return float(PREDICTED[row.row_id](ask))
    asked = ASKED.get(row.row_id)
    if asked is None:
        return None
    value = _arm(ask, asked.arm)
    if asked.control is not None:
        value = (value - _arm(ask, asked.control)) / points_in(row.metric)
    return value


def _arm(ask: Asker, arm: Mapping[str, str]) -> float:
    cells = {**PLAIN, **arm}
    rest = {name: cell for name, cell in cells.items() if name not in ("outcome", "time_days")}
    return float(ask(cells["outcome"], float(cells["time_days"]), **rest))


def _odds(share: float) -> float:
    kept = float(np.clip(share / 100.0, 0.005, 0.995))
    return kept / (1.0 - kept)


def _odds_ratio(outcome: str) -> Callable[[Asker], float]:
    def of(ask: Asker) -> float:
        drug = ask(outcome, 1, masking="saline_parallel")
        sham = ask(outcome, 1, masking="saline_parallel", control="saline", **SHAM)
        return _odds(drug) / _odds(sham)

    return of


def _risk_ratio(outcome: str) -> Callable[[Asker], float]:
    def of(ask: Asker) -> float:
        drug = ask(outcome, 7, masking="saline_parallel")
        sham = ask(outcome, 7, masking="saline_parallel", control="saline", **SHAM)
        return drug / max(sham, 0.5)

    return of


def _standardised(masking: str, control: str) -> Callable[[Asker], float]:
    def of(ask: Asker) -> float:
        drug = ask("change", 1, masking=masking)
        sham = ask("change", 1, masking=masking, control=control, **SHAM)
        spread = np.mean(
            [
                ask("spread", 1, masking=masking),
                ask("spread", 1, masking=masking, control=control, **SHAM),
            ]
        )
        return float((drug - sham) / spread)

    return of


PREDICTED: dict[str, Callable[[Asker], float]] = {
    "kishimoto2016_c01": _standardised("saline_parallel", "saline"),
    "xu2016_c01": _risk_ratio("response_rate"),
    "xu2016_c02": _risk_ratio("remission_rate"),
    "newport2015_c01": _odds_ratio("response_rate"),
    "newport2015_c02": _odds_ratio("remission_rate"),
    "wilkinson2019_placebo_c01": _standardised("active_placebo", "midazolam"),
    "wilkinson2019_placebo_c02": _standardised("saline_parallel", "saline"),
}
"""How estimates are asked that are plain but no prior knowledge of the calibration."""
