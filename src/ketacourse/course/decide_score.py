"""What one more score is worth before a decision, and which score would turn it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ketacourse.course.advice import first_of

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Scores that would put another option first (``lower`` to ``upper``, points)."""

    lower: int
    upper: int
    first: int
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreValue:
    """What one more score is expected to do.

    Attributes
    ----------
    gain
        Expected gain in net benefit from deciding with the score (symptom-free days).
    chance_of_change
        Chance that another option stands first then.
    turns
        Runs of scores with the option that each puts first, in order.
    """

    gain: float
    chance_of_change: float
    turns: tuple[Turn, ...]


def score_chances(true: Array, error_sd: float, *, minimum: int, maximum: int) -> Array:
    """Return the chance of each whole score in each draw, shape (n_scores, M).

    Parameters
    ----------
    true
        True scores on the scale, leanings of the rater included (points), shape (M,).
    error_sd
        Standard deviation of the rating error (points).
    """
    edges = np.arange(minimum, maximum) + 0.5
    below = ndtr((edges[:, None] - true[None]) / error_sd)
    ends = np.zeros((1, true.size)), np.ones((1, true.size))
    return np.asarray(np.diff(np.concatenate([ends[0], below, ends[1]]), axis=0))


def value_of_score(
    net: Array, chances: Array, burden: Array, *, minimum: int, indifference: float
) -> ScoreValue:
    """Return what one more score is worth before the decision.

    Parameters
    ----------
    net
        Net benefit of each option and draw (symptom-free days), shape (O, M).
    chances
        Chance of each score in each draw, shape (n_scores, M).
    burden
        Rank of each option by burden, shape (O,).
    minimum
        The lowest score.
    """
    marginal = chances.mean(axis=1)
    seen = marginal > 1e-9
    expected = (chances[seen] @ net.T) / (chances[seen].sum(axis=1)[:, None])
    now = net.mean(axis=1)
    first_now = int(first_of(now[None], burden, indifference=indifference)[0])
    first = first_of(expected, burden, indifference=indifference)
    share = marginal[seen] / marginal[seen].sum()
    with_score = float(share @ expected[np.arange(first.size), first])
    return ScoreValue(
        gain=max(0.0, with_score - float(now[first_now])),
        chance_of_change=float(share[first != first_now].sum()),
        turns=_turns(np.flatnonzero(seen) + minimum, first, share),
    )


def _turns(scores: NDArray[np.int64], first: NDArray[np.int64], share: Array) -> tuple[Turn, ...]:
    """Return runs of neighbouring scores that put the same option first."""
    starts = np.flatnonzero(np.concatenate([[True], first[1:] != first[:-1]]))
    ends = np.append(starts[1:], first.size)
    return tuple(
        Turn(
            lower=int(scores[a]), upper=int(scores[b - 1]), first=int(first[a]),
            chance=float(share[a:b].sum()),
        )
        for a, b in zip(starts, ends, strict=True)
    )  # fmt: skip
