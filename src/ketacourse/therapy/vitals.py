"""Vital signs, with the day and the moment at which they were taken."""

from dataclasses import dataclass
from typing import Literal, get_args

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.therapy.bounds import (
    COURSE_DAY,
    DBP_MMHG,
    HEART_RATE_BPM,
    RESPIRATORY_RATE,
    SBP_MMHG,
    SPO2_PERCENT,
)

Moment = Literal["rest", "pre_dose", "in_session", "discharge"]
MOMENTS: tuple[Moment, ...] = get_args(Moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSigns:
    """One set of readings; None where nothing was read.

    Parameters
    ----------
    day
        When they were taken (days from the first dose; negative before it).
    sbp_mmhg, dbp_mmhg
        Systolic and diastolic arterial pressure (mmHg).
    heart_rate_bpm
        Heart rate (beats per minute).
    spo2_percent
        Oxygen saturation by pulse oximetry (%).
    respiratory_rate
        Breaths per minute (1/min).
    moment
        At rest, before a dose, during a session or at discharge.
    """

    day: float
    sbp_mmhg: float | None = None
    dbp_mmhg: float | None = None
    heart_rate_bpm: float | None = None
    spo2_percent: float | None = None
    respiratory_rate: float | None = None
    moment: Moment = "rest"

    def __post_init__(self) -> None:
        COURSE_DAY.check(self.day)
        if self.moment not in MOMENTS:
            raise InputError(
                f"The moment '{self.moment}' is not known.",
                remedy=f"Use one of {', '.join(MOMENTS)}.",
            )
        for bounds, value in (
            (SBP_MMHG, self.sbp_mmhg),
            (DBP_MMHG, self.dbp_mmhg),
            (HEART_RATE_BPM, self.heart_rate_bpm),
            (SPO2_PERCENT, self.spo2_percent),
            (RESPIRATORY_RATE, self.respiratory_rate),
        ):
            if value is not None:
                bounds.check(value)
        if self.sbp_mmhg is not None and self.dbp_mmhg is not None:
            _check_pulse_pressure(self.sbp_mmhg, self.dbp_mmhg)


def _check_pulse_pressure(sbp_mmhg: float, dbp_mmhg: float) -> None:
    if not dbp_mmhg < sbp_mmhg:
        raise OutOfRangeError(
            f"Diastolic pressure {dbp_mmhg:g} mmHg is not below systolic {sbp_mmhg:g} mmHg.",
            remedy="Check whether the two readings were exchanged.",
        )
