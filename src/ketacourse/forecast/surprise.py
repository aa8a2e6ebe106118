"""Does this patient look like anybody the model knows? A test before any trust.

Scores of some possible patients are drawn, and the log probability of each set under the
other patients is computed; where the real scores rank among them is the probability that
scores as unusual as these arise if the model holds. The ranking is exact whatever the
number of patients.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from ketacourse.forecast.course_model import SEVERITY_MAXIMUM
from ketacourse.forecast.likelihood import Noise, group_log_likelihood, groups_of
from ketacourse.forecast.measurement import Seen
from ketacourse.forecast.people import People, systematic
from ketacourse.therapy.scales import scale

Array = NDArray[np.float64]

REPLICATES = 300
SURPRISING = 0.01
"""Probability below which the forecast widens."""
FAR = 2.5
"""Spreads from what was expected at which a score is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprise:
    """How unusual the scores are.

    Attributes
    ----------
    probability
        Probability of scores as unusual as these before any was seen; 1 without scores.
    text
        What that means, in words.
    """

    probability: float
    text: str

    @property
    def is_surprising(self) -> bool:
        """Return whether the scores fit nobody the model knows well."""
        return self.probability < SURPRISING


def surprise_of(
    people: People, expected: Array, seen: Seen, noise: Noise, random: np.random.Generator
) -> Surprise:
    """Return how unusual the scores are among possible patients.

    Parameters
    ----------
    people
        Possible patients before any score.
    expected
        What each score is expected to be for each of them, (N, n).
    """
    if not seen.size:
        return Surprise(probability=1.0, text="No score was given, so nothing can surprise.")
    pick = systematic(people.weight, min(REPLICATES, people.size), float(random.random()))
    few, middle = people.taken(pick), expected[pick]
    drawn = _drawn(few, middle, seen, noise, random)
    everything = np.concatenate([seen.value[None, :], drawn])
    each = np.empty((len(everything), few.size))
    for group in groups_of(few, seen, noise):
        left = everything[:, None, :] - middle[group.index]
        each[:, group.index] = group_log_likelihood(group, left, noise)
    rows = np.arange(few.size)
    each[rows + 1, rows] = -np.inf  # nobody vouches for his own scores
    each[0, random.integers(few.size)] = -np.inf
    likely = logsumexp(each, axis=1)
    rank = int(np.count_nonzero(likely[1:] <= likely[0]))
    probability = (1.0 + rank) / (1.0 + few.size)
    return Surprise(probability=probability, text=_words(probability, seen, everything))


def _drawn(
    few: People, middle: Array, seen: Seen, noise: Noise, random: np.random.Generator
) -> Array:
    """Return one set of scores for each person (MADRS points), shape (J, n)."""
    found = middle.copy()
    n = seen.size
    for group in groups_of(few, seen, noise):
        plain = random.standard_normal((group.index.size, n))
        scaled = plain * np.sqrt(1.0 + group.spread[:, None] ** 2 * group.eigen)
        # residuals with covariance turned^-1 (1 + s^2 D) turned^-T
        found[group.index] += np.linalg.solve(group.turned, scaled.T).T
    wild = random.random(len(found)) < min(n * noise.wild_share, 0.5)
    which = random.integers(n, size=len(found))
    error = noise.wild_sd * random.standard_normal(len(found))
    found[np.flatnonzero(wild), which[wild]] += error[wild]
    return np.clip(found, 0.0, SEVERITY_MAXIMUM)


def _words(probability: float, seen: Seen, everything: Array) -> str:
    if probability >= SURPRISING:
        return (
            "The scores lie within what the model expects of patients: "
            f"{probability:.0%} of its patients have scores at least as unusual."
        )
    drawn = everything[1:]
    far = (seen.value - drawn.mean(axis=0)) / drawn.std(axis=0)
    named = [
        f"{scale(seen.scores[i].scale).label} {seen.scores[i].total} on day "
        f"{seen.scores[i].day:g} ({'higher' if far[i] > 0 else 'lower'} than expected)"
        for i in np.argsort(-np.abs(far))[:3]
        if abs(far[i]) > FAR
    ]
    what = ": " + "; ".join(named) if named else "; no single score, but their sequence"
    return (
        f"This patient does not look like anybody the model knows: fewer than 1 in 100 of its "
        f"patients have scores this unusual{what}. The forecast was widened; check the "
        "entries, and look for what the model does not know, such as an event in the "
        "patient's life, a new medicine or a change of rater."
    )
