"""Pooled estimates, treated apart: what meta-analyses report beside what the model predicts.

Some of them pool trials that entered the fit, and they share trials with one another. They
are shown because readers know them; they are no test, and no margin rests on them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ketacourse.course.shape import Asker, asker
from ketacourse.evidence.observations import load_observations

WEEKS = "0;3;7;10;14;17;21;24"
NASAL = {
    "drug": "esketamine", "route": "intranasal", "duration_min": "0", "dose_mg_per_kg": "",
    "dose_mg": "70", "masking": "placebo_spray",
}  # fmt: skip
SHAM = {"drug": "none", "dose_mg_per_kg": "", "dose_mg": ""}


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
        )
        for row in load_observations("contrasts")
        if row.usable
    )


def _response(day: float, masking: str, **more: str) -> Callable[[Asker], float]:
    return lambda ask: ask("response_rate", day, masking=masking, **more)


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
    plan = {"session_days": WEEKS if day > 3 else "0", "new_oral_antidepressant": "yes"}

    def of(ask: Asker) -> float:
        drug = ask("change", day, **NASAL, **plan)
        sham = ask(
            "change", day, **{**SHAM, "masking": "placebo_spray", "control": "placebo_spray"},
            route="intranasal", duration_min="0", **plan,
        )  # fmt: skip
        return drug - sham

    return of


PREDICTED: dict[str, Callable[[Asker], float]] = {
    "kishimoto2016_c01": _standardised("saline_parallel", "saline"),
    "xu2016_c01": _risk_ratio("response_rate"),
    "xu2016_c02": _risk_ratio("remission_rate"),
    "han2016_c01": _response(1, "saline_parallel"),
    "han2016_c02": _response(3, "saline_parallel"),
    "han2016_c03": _response(7, "saline_parallel"),
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
}
"""How the estimates whose design is plain are asked of the model."""
