"""Hard bounds on what a case may state, and why each stands.

These bounds catch slips of the pen (a dose in micrograms, a weight in the wrong unit,
a decimal point lost). They are not clinical limits: those are guardrails. Nor do they
mark the range that evidence covers: that is decided where a course is simulated.
"""

from dataclasses import dataclass

from ketacourse.errors import OutOfRangeError

_LARGEST_SHOWN = 1e300
"""Whole numbers of a file may be longer than any float; they are named, not shown."""


def number_text(value: float) -> str:
    """Return a number for a message.

    Examples
    --------
    >>> number_text(0.5), number_text(10**400)
    ('0.5', 'a number of hundreds of digits')
    """
    if isinstance(value, int) and abs(value) > _LARGEST_SHOWN:
        return "a number of hundreds of digits"
    return f"{value:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A closed interval of values taken as possible, with its reason.

    The interval ends are in ``unit``, the base unit of the quantity.
    """

    label: str
    minimum: float
    maximum: float
    unit: str
    reason: str

    @property
    def interval(self) -> str:
        """Return the interval in words, for messages."""
        return f"{self.minimum:g} to {self.maximum:g} {self.unit}".strip()

    def holds(self, value: float) -> bool:
        """Return whether ``value`` is a finite number inside the interval."""
        return self.minimum <= value <= self.maximum

    def check(self, value: float) -> None:
        """Raise if ``value`` is not a finite number inside the interval.

        Raises
        ------
        OutOfRangeError
            With the value, its unit, the accepted interval and the reason for it.
        """
        if not self.holds(value):
            raise OutOfRangeError(
                f"{self.label} is {number_text(value)} {self.unit}".strip() + ".",
                remedy=self.remedy,
            )

    @property
    def remedy(self) -> str:
        """Return what to give instead, and why."""
        return f"Give {self.interval}: {self.reason}."


AGE_YEARS = Bounds(
    label="Age", minimum=1.0, maximum=120.0, unit="years",
    reason="a course is planned for a living person; screening judges minors",
)  # fmt: skip
WEIGHT_KG = Bounds(
    label="Weight", minimum=20.0, maximum=400.0, unit="kg",
    reason="body weights outside it are slips of unit or decimal point",
)  # fmt: skip
HEIGHT_CM = Bounds(
    label="Height", minimum=60.0, maximum=260.0, unit="cm",
    reason="body heights outside it are slips of unit or decimal point",
)  # fmt: skip
CRP_MG_PER_L = Bounds(
    label="CRP", minimum=0.0, maximum=600.0, unit="mg/L",
    reason="values above it are not seen even in sepsis",
)  # fmt: skip
IL6_PG_PER_ML = Bounds(
    label="IL-6", minimum=0.0, maximum=10_000.0, unit="pg/mL",
    reason="values above it belong to septic shock, not to an outpatient",
)  # fmt: skip
FAILED_ANTIDEPRESSANTS = Bounds(
    label="The number of failed antidepressants", minimum=0, maximum=40, unit="",
    reason="no more adequate trials fit into one history",
)  # fmt: skip
SBP_MMHG = Bounds(
    label="Systolic pressure", minimum=40.0, maximum=320.0, unit="mmHg",
    reason="readings outside it are artefacts",
)  # fmt: skip
DBP_MMHG = Bounds(
    label="Diastolic pressure", minimum=20.0, maximum=220.0, unit="mmHg",
    reason="readings outside it are artefacts",
)  # fmt: skip
HEART_RATE_BPM = Bounds(
    label="Heart rate", minimum=20.0, maximum=250.0, unit="bpm",
    reason="readings outside it are artefacts",
)  # fmt: skip
SPO2_PERCENT = Bounds(
    label="Oxygen saturation", minimum=40.0, maximum=100.0, unit="%",
    reason="pulse oximeters do not read below it, and 100 is full saturation",
)  # fmt: skip
RESPIRATORY_RATE = Bounds(
    label="Respiratory rate", minimum=2.0, maximum=80.0, unit="/min",
    reason="readings outside it are artefacts",
)  # fmt: skip
HORIZON_DAYS = Bounds(
    label="The horizon", minimum=1.0, maximum=730.0, unit="days",
    reason="no trial informs a forecast beyond two years",
)  # fmt: skip
THERAPY_DURATION_H = Bounds(
    label="The therapy session", minimum=0.25, maximum=8.0, unit="h",
    reason="shorter is not a session and longer is not one sitting",
)  # fmt: skip

LEAD_IN_DAYS = 730.0
"""Oldest day before the first dose at which a score or a visit still counts (days)."""

LATEST_DAY = HORIZON_DAYS.maximum
"""Latest course day that can be planned (days): the longest horizon."""

DOSE_DAY = Bounds(
    label="The day", minimum=0.0, maximum=LATEST_DAY, unit="days",
    reason="days count from the first dose",
)  # fmt: skip
COURSE_DAY = Bounds(
    label="The day", minimum=-LEAD_IN_DAYS, maximum=LATEST_DAY, unit="days",
    reason="days count from the first dose and are negative before it",
)  # fmt: skip
