"""From possible patients and a patient's own scores to the patients that fit them.

Importance sampling over the prior comes first. Where its weights cannot be trusted (Pareto k
above 0.7, or too few people left), tempered sequential Monte Carlo takes over by itself, and
the result says so. Scores that fit nobody widen the swings of the illness and the misfit, and
the result says that too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.forecast.cloud import Cloud, cloud_of, drawn
from ketacourse.forecast.likelihood import (
    Noise,
    expected_scores,
    log_likelihood,
    noise_of,
    with_bounds,
)
from ketacourse.forecast.measurement import Seen, seen_of
from ketacourse.forecast.people import People, systematic
from ketacourse.forecast.population_file import load_population
from ketacourse.forecast.psis import effective_size, smoothed
from ketacourse.forecast.regimen import Regimen
from ketacourse.forecast.surprise import Surprise, surprise_of
from ketacourse.forecast.tempered import tempered
from ketacourse.population.uncertainty import stream
from ketacourse.therapy.score import Score

Array = NDArray[np.float64]

PEOPLE = 8000
"""People drawn from the prior for importance sampling."""
LARGEST_K = 0.7
FEWEST_EFFECTIVE = 200.0
WIDENED = 2.0
"""Factor on the swings of the illness and the misfit when scores fit nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """How the posterior was found, and whether to trust it.

    Attributes
    ----------
    method
        ``prior``, ``importance`` or ``tempered``.
    pareto_k, effective
        Of the importance sampling that was tried: shape of the tail of the weights, and
        the number of equally weighted people they are worth.
    steps, accepted, origins
        Of the tempered run: steps, share of accepted moves, first people with descendants.
    text
        The same in plain words.
    """

    method: str
    pareto_k: float
    effective: float
    steps: int = 0
    accepted: float = 0.0
    origins: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """What is believed of a patient after some scores.

    Attributes
    ----------
    people
        Possible patients with weights.
    prior
        Possible patients before any score, as given.
    regimen
        What had been given, and is to be given, when the scores were explained.
    seen
        The scores in the terms of the course model, those at an end of a scale replaced.
    noise
        What surrounds the course.
    diagnostics, surprise
        How it was found; how unusual the scores are.
    seed
        Seed of the random streams.
    """

    people: People
    prior: People
    regimen: Regimen
    seen: Seen
    noise: Noise
    diagnostics: Diagnostics
    surprise: Surprise
    seed: int


def posterior(
    prior: People,
    regimen: Regimen,
    observations: Sequence[Score],
    *,
    seed: int = 1,
    noise: Noise | None = None,
    method: str = "auto",
) -> Posterior:
    """Return what is believed of a patient after some scores.

    Parameters
    ----------
    prior
        Possible patients, such as `Population.for_patient` returns.
    regimen
        The doses and therapy sessions that were given; later ones do not matter.
    observations
        Scores on any of `measurement.SCALES`, in any order.
    noise
        What surrounds the course; that of the shipped population by default.
    method
        ``auto``, or ``importance`` or ``tempered`` to compare them.

    Raises
    ------
    InputError
        If the forecast does not read one of the scales.
    """
    if noise is None:
        shipped = load_population()
        noise = noise_of(shipped.misfit_sd, shipped.misfit_days)
    scores = sorted(observations, key=lambda s: (s.day, s.scale))
    seen = seen_of(scores)
    cloud = cloud_of(prior)
    people, expected = _drawn(cloud, regimen, seen, seed)
    surprise = surprise_of(people, expected, seen, noise, stream(seed, "forecast:surprise"))
    if surprise.is_surprising:
        noise = replace(noise, widened=WIDENED)
    found, seen, diagnostics = _inferred(
        cloud, people, expected, regimen, seen, noise, seed=seed, method=method
    )
    return Posterior(
        people=found, prior=prior, regimen=regimen, seen=seen, noise=noise,
        diagnostics=diagnostics, surprise=surprise, seed=seed,
    )  # fmt: skip


def update(current: Posterior, observation: Score | Sequence[Score]) -> Posterior:
    """Return what is believed after one more score, or several.

    The same as refitting with all scores: the order in which they came does not matter.
    """
    added = (observation,) if isinstance(observation, Score) else tuple(observation)
    return posterior(
        current.prior,
        current.regimen,
        (*current.seen.scores, *added),
        seed=current.seed,
        noise=replace(current.noise, widened=1.0),
    )


def _drawn(cloud: Cloud, regimen: Regimen, seen: Seen, seed: int) -> tuple[People, Array]:
    random = stream(seed, "forecast:prior")
    people = cloud.people(*drawn(cloud, PEOPLE, random))
    return people, expected_scores(people, regimen, seen)


def _inferred(
    cloud: Cloud, people: People, expected: Array, regimen: Regimen, seen: Seen, noise: Noise,
    *, seed: int, method: str,
) -> tuple[People, Seen, Diagnostics]:  # fmt: skip
    if not seen.size:
        told = Diagnostics(
            method="prior", pareto_k=0.0, effective=float(people.size),
            text="No score was given: this is what is expected of such a patient beforehand.",
        )  # fmt: skip
        return people, seen, told
    plain = seen
    for _ in range(2 if seen.bound.any() else 1):
        log_weight, k = smoothed(log_likelihood(people, expected, seen, noise))
        seen = with_bounds(people, np.exp(log_weight), expected, plain, noise)
    if seen.bound.any():
        log_weight, k = smoothed(log_likelihood(people, expected, seen, noise))
    effective = effective_size(log_weight)
    trusted = k <= LARGEST_K and effective >= FEWEST_EFFECTIVE
    if method == "importance" or (method == "auto" and trusted):
        told = Diagnostics(method="importance", pareto_k=k, effective=effective,
                           text=_importance_words(k, effective))  # fmt: skip
        return replace(people, log_weight=log_weight), seen, told

    def one(these: People) -> Array:
        return log_likelihood(these, expected_scores(these, regimen, seen), seen, noise)

    run = tempered(cloud, one, stream(seed, "forecast:tempered"))
    told = Diagnostics(
        method="tempered", pareto_k=k, effective=effective, steps=run.steps,
        accepted=run.accepted, origins=run.origins,
        text=(
            f"Simple weighting left too few fitting patients ({effective:.0f}; Pareto k {k:.2f}), "
            f"so they were found step by step instead (tempered sequential Monte Carlo, "
            f"{run.steps} steps, {run.accepted:.0%} of the last moves accepted)."
        ),
    )  # fmt: skip
    return run.people, seen, told


def _importance_words(k: float, effective: float) -> str:
    return (
        f"{effective:.0f} of {PEOPLE} simulated patients fit the scores about equally well "
        f"(importance sampling, Pareto k {k:.2f}; below {LARGEST_K:g} it can be relied on)."
    )


def equal_people(found: Posterior, count: int, *, repeats: int = 1) -> People:
    """Return ``count`` people of the posterior with equal weights, always the same ones.

    Each stands there ``repeats`` times, one after the other.
    """
    random = stream(found.seed, "forecast:pick")
    few = count // repeats
    pick = systematic(found.people.weight, few, float(random.random()))
    return found.people.taken(np.repeat(pick, repeats))
