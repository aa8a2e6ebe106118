"""The answers of a trial at a glance, before any figure."""

from collections.abc import Iterable, Iterator

from ketacourse.report.trial_assumptions import band_contains
from ketacourse.report.trial_look import cut
from ketacourse.report.trial_numbers import (
    difference_unit,
    difference_words,
    estimate_words,
    p_words,
    whole,
)
from ketacourse.report.trial_power import curve_of, enough_words
from ketacourse.report.trial_tables import safety_reading
from ketacourse.report.wording import listing
from ketacourse.trials.estimates import EndpointEstimate
from ketacourse.trials.results import TrialResult

_MOST_ENDPOINTS, _MOST_GROUPS, _MOST_CONTRASTS = 3, 6, 4


def glance_lines(result: TrialResult) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what a reader who reads nothing else should see: a name and its sentences."""
    return tuple((name, tuple(sentences)) for name, sentences in _lines(result))


def _lines(result: TrialResult) -> Iterator[tuple[str, Iterable[str]]]:
    yield "Simulated", [_simulated(result)]
    for found in result.endpoints[:_MOST_ENDPOINTS]:
        yield found.endpoint.name, _endpoint(found, pooled=result.trial.replicates > 1)
    yield "Safety", [safety_reading(result)]
    power = _power(result)
    if power:
        yield "Power", power
    yield "Bands", [f"The bands contain {band_contains(result.trial)}."]


def _simulated(result: TrialResult) -> str:
    trial = result.trial
    arms = [f"{whole(arm.patients)} in {cut(arm.name, 40)}" for arm in result.arms]
    shown = arms if len(arms) <= _MOST_GROUPS else [*arms[:_MOST_GROUPS], "the rest in the tables"]
    text = f"{listing(shown)}"
    if trial.replicates > 1:
        text += f", over {whole(trial.replicates)} replicates put together"
    return f"{text}. Nobody was treated."


def _endpoint(found: EndpointEstimate, *, pooled: bool) -> Iterator[str]:
    """Yield results and comparisons; a p value only where it is that of one trial."""
    groups = [
        f"{cut(g.group, 40)} {estimate_words(found.endpoint, g.estimate)}"
        for g in found.groups[:_MOST_GROUPS]
        if g.estimate.n
    ]
    yield f"{'; '.join(groups)}." if groups else "Nobody counts."
    for contrast in found.contrasts[:_MOST_CONTRASTS]:
        told = difference_words(found.endpoint, contrast.comparison)
        unit = difference_unit(found.endpoint)
        p = "" if pooled else f", p {p_words(contrast.comparison.p)}"
        yield f"{contrast.name}: {_effect(told, unit)}{p}."


def _effect(told: str, unit: str) -> str:
    return f"hazard ratio {told}" if unit == "hazard ratio" else f"{told} {unit}"


def _power(result: TrialResult) -> list[str]:
    for found in result.endpoints:
        parts = [
            enough_words(c.name, curve_of(result.trial, c)) for c in found.contrasts if c.power
        ]
        if parts:
            return [f"{found.endpoint.name}:", *(f"{part}." for part in parts[:_MOST_CONTRASTS])]
    return []
