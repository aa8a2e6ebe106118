"""What happens when: the drug given, the visits, the therapy, the times to report."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import OutOfRangeError
from ketacourse.model.pk.linear import Inflow

Array = NDArray[np.float64]


EDGE_H = 1e-9
"""An edge and a time closer than this are one (h)."""
SHORTEST_H = 1e-6
"""Shortest stretch of time that is not an instant (h)."""


class Span(NamedTuple):
    """A stretch of time during which an input is on (h)."""

    start_h: float
    end_h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The outside of a run, shared by all its patients; amounts may differ.

    Attributes
    ----------
    start_h, end_h
        First and last time of the run (h from the first dose).
    inflows
        Drug entering: channel, start, duration and amount (umol, scalar or (N,)).
    visits, therapy
        Spans in which the inputs ``visit`` and ``therapy`` are 1; where spans of one
        input overlap it stays 1.
    times_h
        Strictly increasing times to report, within the run (h).
    """

    start_h: float
    end_h: float
    inflows: tuple[Inflow, ...] = ()
    visits: tuple[Span, ...] = ()
    therapy: tuple[Span, ...] = ()
    times_h: Array

    def __post_init__(self) -> None:
        """Refuse what cannot happen within the run."""
        times = np.ascontiguousarray(self.times_h, dtype=float)
        object.__setattr__(self, "times_h", times)
        if not (np.isfinite(self.start_h) and self.start_h < self.end_h < np.inf):
            raise OutOfRangeError(
                f"The run goes from {self.start_h} h to {self.end_h} h.",
                remedy="Give a finite start and a later end.",
            )
        ordered = times.ndim == 1 and times.size > 0 and bool(np.all(np.diff(times) > 0))
        if not (ordered and times[0] >= self.start_h and times[-1] <= self.end_h):
            raise OutOfRangeError(
                "The times to report are not increasing within the run.",
                remedy=f"Give increasing times from {self.start_h} to {self.end_h} h.",
            )
        for name, spans in (("visit", self.visits), ("therapy", self.therapy)):
            _check_spans(name, spans, self.start_h)
        for inflow in self.inflows:
            _check_inflow(inflow, self.start_h)

    def event_row(self, name: str, time_h: float) -> int:
        """Return the row of attendance that holds for an input just after a time, or -1."""
        return int(self.event_rows(name, np.array([time_h]))[0])

    def event_rows(self, name: str, times_h: Array) -> NDArray[np.int64]:
        """Return the rows of attendance that hold for an input just after each time, or -1.

        Rows count visits first, then therapy. Where spans overlap the last one to
        start holds.
        """
        spans = self.visits if name == "visit" else self.therapy
        if not spans:
            return np.full(len(times_h), -1, dtype=np.int64)
        offset = 0 if name == "visit" else len(self.visits)
        starts, ends = np.array(spans).T
        now = times_h[:, None] + EDGE_H
        begun = np.where((starts <= now) & (now < ends), starts, -np.inf)
        last = np.asarray(begun.argmax(axis=1), dtype=np.int64)
        return np.where(np.isneginf(begun.max(axis=1)), -1, offset + last)

    @property
    def events(self) -> int:
        """Return the number of visits and therapy sessions together."""
        return len(self.visits) + len(self.therapy)

    def edges(self) -> Array:
        """Return all times at which an input changes abruptly (h, sorted, unique)."""
        edges = {self.start_h, self.end_h}
        for inflow in self.inflows:
            edges |= {inflow.start_h, inflow.start_h + inflow.duration_h}
        for span in (*self.visits, *self.therapy):
            edges |= {span.start_h, span.end_h}
        return np.array(sorted(e for e in edges if self.start_h <= e <= self.end_h))


def _check_inflow(inflow: Inflow, start_h: float) -> None:
    amount = np.asarray(inflow.amount_umol)
    possible = bool(np.isfinite(amount).all() and (amount >= 0).all())
    if not (possible and inflow.start_h >= start_h):
        raise OutOfRangeError(
            f"The inflow at {inflow.start_h} h into {inflow.channel} is not possible "
            f"(amount {inflow.amount_umol} umol).",
            remedy="Give a finite amount >= 0 within the run.",
        )
    if not (inflow.duration_h == 0 or SHORTEST_H <= inflow.duration_h < np.inf):
        raise OutOfRangeError(
            f"The inflow at {inflow.start_h} h into {inflow.channel} lasts {inflow.duration_h} h.",
            remedy=f"Give 0 for a push, or at least {SHORTEST_H:g} h.",
        )


def _check_spans(name: str, spans: tuple[Span, ...], start_h: float) -> None:
    for span in spans:
        if not (span.start_h >= start_h and SHORTEST_H <= span.end_h - span.start_h < np.inf):
            raise OutOfRangeError(
                f"The {name} from {span.start_h} to {span.end_h} h is not possible.",
                remedy="Give an end after the start, within the run.",
            )
