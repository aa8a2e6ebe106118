"""What is said of one row of a table: a number with its interval, or why there is none."""

import math
from dataclasses import dataclass

from ketacourse.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The prediction of one row.

    Parameters
    ----------
    predicted, low, high
        Predicted value and ends of its 90% interval, in the unit of the row; None where
        the row is not predicted.
    status
        ``predicted``, ``not_supported: why`` or ``error: line N, column: why``.
    assumptions
        What the row did not say and was assumed, for the summary.
    """

    status: str
    predicted: float | None = None
    low: float | None = None
    high: float | None = None
    assumptions: tuple[str, ...] = ()

    def cells(self) -> tuple[str, str, str, str]:
        """Return the four cells that are added to the row."""
        return (_shown(self.predicted), _shown(self.low), _shown(self.high), self.status)


def predicted(
    value: float, low: float, high: float, *, assumptions: tuple[str, ...] = ()
) -> Prediction:
    """Return a prediction whose interval holds the value, or say that there is none."""
    if not (math.isfinite(value) and not math.isnan(low) and not math.isnan(high)):
        return not_supported("the model gives no finite value")
    return Prediction(
        status="predicted",
        predicted=value,
        low=min(low, value),
        high=max(high, value),
        assumptions=assumptions,
    )


def not_supported(why: str) -> Prediction:
    """Return a row that the model cannot predict."""
    return Prediction(status=f"not_supported: {why.rstrip('.')}")


def faulty(line: int, column: str, why: str) -> Prediction:
    """Return a row that cannot be read."""
    return Prediction(status=f"error: line {line}, {column}: {why.rstrip('.')}")


class UnsupportedRowError(InputError):
    """A row asks for something that the model does not have."""


class RowFaultError(InputError):
    """A cell of a row cannot be read."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(f"{column}: {why}")
        self.column = column
        self.why = why


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value + 0.0:.6g}"  # adding zero turns -0 into 0
