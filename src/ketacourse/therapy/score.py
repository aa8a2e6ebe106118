"""One observed score of the patient."""

from dataclasses import dataclass

from ketacourse.errors import InputError
from ketacourse.therapy.bounds import COURSE_DAY
from ketacourse.therapy.scales import scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A total on one scale on one day.

    Parameters
    ----------
    day
        When it was taken (days from the first dose; negative before it).
    scale
        Key of the scale, such as ``madrs``.
    total
        Sum over the items (points).
    """

    day: float
    scale: str
    total: int

    def __post_init__(self) -> None:
        COURSE_DAY.check(self.day)
        if isinstance(self.total, bool) or not isinstance(self.total, int):
            raise InputError(
                f"The {scale(self.scale).label} total {self.total!r} is not a whole number.",
                remedy="Give the sum over the items.",
            )
        scale(self.scale).check(self.total)
