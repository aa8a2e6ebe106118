"""Plain predictions that a mechanism must beat: means of other studies, and a curve.

Both leave out the row's study and the studies that share patients with it, as the model
does. Scores and changes are carried over as a share of the baseline.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from ketacourse.course.validation_rows import RATES, TestRow
from ketacourse.infer.rows import compared

Array = NDArray[np.float64]

NEARBY = 1.6
"""Two times are alike if neither exceeds the other by more than this factor."""
USUAL_BASELINE = 31.0
"""MADRS before treatment where none is stated (points)."""
NOTHING_ALIKE = {"points": -0.35, "rate": -0.5, "days": 3.0}
"""What is said where no other study is alike: share of baseline, log odds, log days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alike:
    """A row as the benchmarks see it; ``value`` is comparable between studies."""

    row: TestRow
    family: str
    value: float

    @property
    def several(self) -> bool:
        """Return whether the course has more than two sessions."""
        return self.row.sessions > 2

    def back(self, value: float) -> float:
        """Return a comparable value in the unit of the row."""
        if self.row.kind == "rate":
            return float(100.0 / (1.0 + np.exp(-value)))
        if self.row.kind == "days":
            return float(np.exp(value))
        baseline = self.row.baseline or USUAL_BASELINE
        change = value * baseline
        return baseline + change if self.row.outcome == "score" else change


def mean_of_others(rows: Sequence[TestRow]) -> Array:
    """Return the mean of other studies' rows of the same kind, in the unit of the row.

    Rows are alike if they have the same outcome, scale, kind of control and kind of course
    (one or two sessions, or more), a similar time, and if rates were reached by it or met on it.
    Without any alike row this last, then the scale, the time, the course and the kind of control
    are let go.
    """
    known = [_alike(row) for row in rows]
    found = np.zeros(len(rows))
    for i, mine in enumerate(known):
        others = [o for o in known if o.row.sample != mine.row.sample and o.family == mine.family]
        chosen = _chosen(mine, others)
        value = np.mean([o.value for o in chosen]) if chosen else NOTHING_ALIKE[mine.row.kind]
        found[i] = mine.back(float(value))
    return found


def _alike(row: TestRow) -> _Alike:
    value = float(compared(row.kind, row.value, row.n))
    if row.kind == "points":
        baseline = row.baseline or USUAL_BASELINE
        change = row.value - baseline if row.outcome == "score" else row.value
        value = change / baseline
    family = "points" if row.kind == "points" else row.outcome
    return _Alike(row=row, family=family, value=value)


def _chosen(mine: _Alike, others: Sequence[_Alike]) -> list[_Alike]:
    a = mine.row

    def near(o: _Alike) -> bool:
        b = o.row
        if not a.time_days or not b.time_days:
            return (a.time_days or 0.0) == (b.time_days or 0.0)
        ends = sorted((a.time_days, b.time_days))
        return ends[1] / ends[0] <= NEARBY

    def arm(o: _Alike) -> bool:
        return o.row.control == a.control and (a.control != "drug" or o.several == mine.several)

    steps: tuple[Callable[[_Alike], bool], ...] = (
        lambda o: arm(o) and near(o) and o.row.scale == a.scale and o.row.reached == a.reached,
        lambda o: arm(o) and near(o) and o.row.scale == a.scale,
        lambda o: arm(o) and near(o),
        arm,
        lambda o: o.row.control == a.control,
        lambda o: (o.row.control == "drug") == (a.control == "drug"),
    )
    for same in steps:
        if chosen := [o for o in others if same(o)]:
            return chosen
    return []


def two_exponentials(rows: Sequence[TestRow]) -> Array:
    """Return a curve of two exponentials, fitted without the row's study.

    The share of severity removed is ``p + g (exp(-t/a) - exp(-t/b))`` with one constant
    ``p`` per kind of control, ``g`` zero without drug; times run from the last dose. Rows
    other than scores and changes take the mean of others.
    """
    found = mean_of_others(rows)
    known = [_alike(row) for row in rows]
    groups = sorted({r.control for r in rows})
    group = np.array([groups.index(r.control) for r in rows])
    drug = np.array([r.control == "drug" for r in rows])
    since = np.array([r.since_last_days for r in rows])
    points = np.array([r.kind == "points" for r in rows])
    value = np.array([k.value for k in known])
    start = np.concatenate([np.log([0.4, 10.0, 0.1]), np.full(len(groups), 0.1)])

    def curve(x: Array, at: NDArray[np.bool_]) -> Array:
        gain, slow, fast = np.exp(x[:3])
        shape = np.exp(-since[at] / slow) - np.exp(-since[at] / fast)
        return np.asarray(-(x[3:][group[at]] + gain * shape * drug[at]))

    for sample in dict.fromkeys(r.sample for r in rows):
        mine = np.array([r.sample == sample for r in rows])
        fit = points & ~mine
        if not (points & mine).any() or not fit.any():
            continue

        def misfit(x: Array, fit: NDArray[np.bool_] = fit) -> Array:
            return np.concatenate([(curve(x, fit) - value[fit]) / 0.12, (x - start) / 1.5])

        best = least_squares(misfit, start).x
        for i in np.flatnonzero(points & mine):
            only = np.arange(len(rows)) == i
            found[i] = known[i].back(float(curve(best, only)[0]))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Errors of one way of predicting.

    ``points`` is the root-mean-square error of scores and changes (MADRS points), ``rate``
    the mean absolute error of rates of response and remission (percentage points), each
    with the number of rows behind it. ``relapse`` is the same as ``rate`` for rows on
    relapse.
    """

    points: float
    rate: float
    relapse: float
    n_points: int
    n_rate: int
    n_relapse: int


def errors_of(rows: Sequence[TestRow], predicted: Array) -> Errors:
    """Return the errors of predictions in the units of the rows; rows without one are skipped."""
    value = np.array([r.value for r in rows])
    told = np.isfinite(predicted)
    points = np.array([r.kind == "points" for r in rows]) & told
    rate = np.array([r.outcome in RATES for r in rows]) & told
    relapse = np.array([r.outcome == "relapse_free" for r in rows]) & told
    gap = value - predicted
    return Errors(
        points=float(np.sqrt(np.mean(gap[points] ** 2))) if points.any() else float("nan"),
        rate=float(np.mean(np.abs(gap[rate]))) if rate.any() else float("nan"),
        relapse=float(np.mean(np.abs(gap[relapse]))) if relapse.any() else float("nan"),
        n_points=int(points.sum()),
        n_rate=int(rate.sum()),
        n_relapse=int(relapse.sum()),
    )
