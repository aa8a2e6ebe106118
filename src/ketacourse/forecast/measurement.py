r"""Scores as they really are: linked, with error, looking back, leaning, whole and bounded.

A total :math:`y` on a scale is taken to MADRS points by the published link. It then is

.. math::

    z = (1 - \rho)\,\theta(t) + \frac{\rho}{w} \int_{t-w}^{t} \theta\,ds + b + e

with true severity :math:`\theta`, the days asked about :math:`w`, the patient's share of
looking back :math:`\rho` (0 where a clinician rates), a leaning :math:`b` that stays the
same for one patient and scale, and the error :math:`e` of one rating, rounding included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.therapy.links import convert
from ketacourse.therapy.scales import scale
from ketacourse.therapy.score import Score

Array = NDArray[np.float64]

SCALES = ("madrs", "hamd17", "qids_sr16", "phq9", "gad7")
"""Scales that the forecast reads and foretells."""
ROUNDING = 1.0 / 12.0
"""Variance of rounding to whole points."""
RECALL_NODES = 14
"""Moments at which the days asked about are looked at."""
LEAST_SLOPE = 0.5
"""Least MADRS points per point of a scale: where a link is flat, a score tells little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """How one scale sees severity.

    Attributes
    ----------
    key
        The scale.
    error_sd
        Spread of repeated ratings (points of the scale).
    bias_sd
        Spread of the leaning between patients (MADRS points).
    recall_days
        Days a self-rating asks about; 0 where a clinician rates.
    """

    key: str
    error_sd: float
    bias_sd: float
    recall_days: float


@cache
def instrument(key: str) -> Instrument:
    """Return how one scale sees severity.

    Raises
    ------
    InputError
        If the forecast does not read this scale.
    """
    if key not in SCALES:
        raise InputError(
            f"The forecast does not read {scale(key).label}.",
            remedy=f"Use one of {', '.join(scale(k).label for k in SCALES)}.",
        )
    form, catalogue = scale(key), load_catalogue()
    error = form.error_sd
    if error is None:
        error = catalogue.value(f"measurement.{key}_error", "point")
    return Instrument(
        key=key,
        error_sd=error,
        bias_sd=catalogue.value(f"course_model.{key}_bias", "point"),
        recall_days=(form.recall_days or 0.0) if form.rater == "self" else 0.0,
    )


def to_madrs(totals: Array, key: str) -> Array:
    """Return totals of a scale as MADRS points, by the published link."""
    return np.asarray(convert(np.asarray(totals, dtype=np.float64), key, "madrs"))


def from_madrs(points: Array, key: str) -> Array:
    """Return MADRS points as totals of a scale, held inside the scale."""
    return np.asarray(convert(np.clip(np.asarray(points, dtype=float), 0.0, 60.0), "madrs", key))


def slope_at(totals: Array, key: str) -> Array:
    """Return MADRS points per point of a scale about some totals."""
    form = scale(key)
    low = np.clip(totals - 1.0, form.minimum, form.maximum)
    high = np.clip(totals + 1.0, form.minimum, form.maximum)
    rise = (to_madrs(high, key) - to_madrs(low, key)) / (high - low)
    return np.asarray(np.maximum(rise, LEAST_SLOPE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Scores in the terms of the course model, in the order they were given; n of them.

    Attributes
    ----------
    scores
        The scores themselves.
    value, error_var
        Score (MADRS points) and variance of its own error, shape (n,).
    scale_of, bias_var
        Position of the scale in ``scales``; variance of its leaning, shapes (n,), (k,).
    recall_days
        Days looked back on, 0 for none, shape (n,).
    bound
        -1 where the score is the lowest its scale allows, 1 for the highest, else 0.
    nodes, now, back
        Moments at which severity is needed (days, shape (m,)), and what each counts in
        each score when it describes today and when it looks back, shapes (n, m).
    """

    scores: tuple[Score, ...]
    value: Array
    error_var: Array
    scales: tuple[str, ...]
    scale_of: NDArray[np.intp]
    bias_var: Array
    recall_days: Array
    bound: NDArray[np.int8]
    nodes: Array
    now: Array
    back: Array

    @property
    def size(self) -> int:
        """Return the number of scores."""
        return len(self.scores)

    @property
    def looks_back(self) -> bool:
        """Return whether any score looks back."""
        return bool((self.recall_days > 0.0).any())

    def weights(self, recall: float) -> Array:
        """Return what each node counts in each score for one share of looking back, (n, m)."""
        return np.asarray((1.0 - recall) * self.now + recall * self.back)

    def shared_covariance(self) -> Array:
        """Return the covariance of leaning and error, shape (n, n)."""
        same = self.scale_of[:, None] == self.scale_of[None, :]
        return np.where(same, self.bias_var[self.scale_of][:, None], 0.0) + np.diag(self.error_var)


def seen_of(scores: Sequence[Score]) -> Seen:
    """Return scores in the terms of the course model.

    Raises
    ------
    InputError
        If the forecast does not read one of the scales.
    """
    scales = tuple(dict.fromkeys(s.scale for s in scores))
    tools = [instrument(key) for key in scales]
    place = np.array([scales.index(s.scale) for s in scores], dtype=np.intp)
    totals = np.array([float(s.total) for s in scores])
    value, error_var = np.zeros(len(scores)), np.zeros(len(scores))
    bound = np.zeros(len(scores), dtype=np.int8)
    for k, tool in enumerate(tools):
        here = np.flatnonzero(place == k)
        form, own = scale(tool.key), totals[here]
        value[here] = to_madrs(own, tool.key)
        error_var[here] = slope_at(own, tool.key) ** 2 * (tool.error_sd**2 + ROUNDING)
        bound[here] = np.where(own <= form.minimum, -1, np.where(own >= form.maximum, 1, 0))
    days = np.array([s.day for s in scores])
    recall = np.array([tools[k].recall_days for k in place])
    nodes, now, back = nodes_of(days, recall)
    return Seen(
        scores=tuple(scores), value=value, error_var=error_var, scales=scales, scale_of=place,
        bias_var=np.array([t.bias_sd**2 for t in tools]), recall_days=recall, bound=bound,
        nodes=nodes, now=now, back=back,
    )  # fmt: skip


def nodes_of(days: Array, recall_days: Array) -> tuple[Array, Array, Array]:
    """Return the moments that scores depend on, and the weights of today and of looking back."""
    steps = (np.arange(RECALL_NODES) + 0.5) / RECALL_NODES
    every = [np.array([d]) if not w else np.append(d - w * steps, d)
             for d, w in zip(days, recall_days, strict=True)]  # fmt: skip
    nodes = np.unique(np.concatenate(every)) if every else np.zeros(0)
    now, back = np.zeros((days.size, nodes.size)), np.zeros((days.size, nodes.size))
    for i, moments in enumerate(every):
        at = np.searchsorted(nodes, moments)
        now[i, at[-1]] = 1.0
        if len(at) == 1:
            back[i, at] = 1.0
        else:
            back[i, at[:-1]] = 1.0 / RECALL_NODES
    return nodes, now, back
