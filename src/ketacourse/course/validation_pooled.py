"""Pooled estimates beside what the model predicts.

Some are prior knowledge of the calibration (`ketacourse.course.pooled`), others are only shown.
They share trials with one another and with the fit: they are no test, and no margin rests on
them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ketacourse.course.pooled import ASKED, CLINIC, SHAM, spray
from ketacourse.course.shape import Asker, asker
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
            predicted=float(PREDICTED[row.row_id](ask)) if row.row_id in PREDICTED else None,
            fitted=row.row_id in ASKED,
        )
        for row in load_observations("contrasts")
        if row.usable
    )


def _response(day: float, masking: str, **more: str) -> Callable[[Asker], float]:
    return lambda ask: ask("response_rate", day, masking=masking, **more)


def _remission(day: float) -> Callable[[Asker], float]:
    return lambda ask: ask("remission_rate", day, masking="saline_parallel")


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


def _spray(day: float) -> Callable[[Asker], float]:
    def of(ask: Asker) -> float:
        drug, sham = (_without_time(spray(day, sham=sham)) for sham in (False, True))
        return ask("change", day, **drug) - ask("change", day, **sham)

    return of


def _clinic(outcome: str) -> Callable[[Asker], float]:
    return lambda ask: ask(outcome, float(CLINIC["time_days"]), **_without_time(CLINIC))


def _without_time(arm: Mapping[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in arm.items() if name != "time_days"}


PREDICTED: dict[str, Callable[[Asker], float]] = {
    "kishimoto2016_c01": _standardised("saline_parallel", "saline"),
    "xu2016_c01": _risk_ratio("response_rate"),
    "xu2016_c02": _risk_ratio("remission_rate"),
    "han2016_c01": _response(1, "saline_parallel"),
    "han2016_c02": _response(3, "saline_parallel"),
    "han2016_c03": _response(7, "saline_parallel"),
    "han2016_c04": _remission(1),
    "han2016_c05": _remission(3),
    "han2016_c06": _remission(7),
    "newport2015_c01": _odds_ratio("response_rate"),
    "newport2015_c02": _odds_ratio("remission_rate"),
    "wilkinson2019_placebo_c01": _standardised("active_placebo", "midazolam"),
    "wilkinson2019_placebo_c02": _standardised("saline_parallel", "saline"),
    "wilkinson2019_placebo_c03": _response(1, "active_placebo"),
    "wilkinson2019_placebo_c04": _response(1, "saline_parallel"),
    "wilkinson2019_placebo_c05": _response(1, "active_placebo", control="midazolam", **SHAM),
    "wilkinson2019_placebo_c06": _response(1, "saline_parallel", control="saline", **SHAM),
    "an2021_c01": _spray(0.125),
    "an2021_c02": _spray(1),
    "an2021_c03": _spray(28),
    "alnefeesi2022_c01": _clinic("response_rate"),
    "alnefeesi2022_c02": _clinic("remission_rate"),
}
"""How the estimates whose design is plain are asked of the model."""
