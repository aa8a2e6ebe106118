"""The answers of a trial at a glance, before any figure."""

from collections.abc import Iterator

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

_MOST_ENDPOINTS, _MOST_GROUPS, _MOST_CONTRASTS = 5, 6, 3


def glance_lines(result: TrialResult) -> tuple[tuple[str, str], ...]:
    """Return what a reader who reads nothing else should see, as name and sentence."""
    return tuple(_lines(result))


def _lines(result: TrialResult) -> Iterator[tuple[str, str]]:
    yield "Simulated", _simulated(result)
    for found in result.endpoints[:_MOST_ENDPOINTS]:
        yield found.endpoint.name, _endpoint(found)
    if len(result.endpoints) > _MOST_ENDPOINTS:
        more = len(result.endpoints) - _MOST_ENDPOINTS
        yield "More", f"{more} more in the table of endpoints."
    yield "Safety", safety_reading(result)
    power = _power(result)
    if power:
        yield "Power", power
    yield "Bands", f"The bands contain {band_contains(result.trial)}."


def _simulated(result: TrialResult) -> str:
    trial = result.trial
    arms = [f"{whole(arm.patients)} in {cut(arm.name, 40)}" for arm in result.arms]
    shown = arms if len(arms) <= _MOST_GROUPS else [*arms[:_MOST_GROUPS], "the rest in the tables"]
    text = f"{listing(shown)}"
    if trial.replicates > 1:
        text += f", over {whole(trial.replicates)} replicates put together"
    return f"{text}. Nobody was treated."


def _endpoint(found: EndpointEstimate) -> str:
    groups = [
        f"{cut(g.group, 40)} {estimate_words(found.endpoint, g.estimate)}"
        for g in found.groups[:_MOST_GROUPS]
        if g.estimate.n
    ]
    text = f"{'; '.join(groups)}."
    for contrast in found.contrasts[:_MOST_CONTRASTS]:
        told = difference_words(found.endpoint, contrast.comparison)
        unit = difference_unit(found.endpoint)
        text += f" {contrast.name}: {_effect(told, unit)}, p {p_words(contrast.comparison.p)}."
    return text


def _effect(told: str, unit: str) -> str:
    return f"hazard ratio {told}" if unit == "hazard ratio" else f"{told} {unit}"


def _power(result: TrialResult) -> str:
    for found in result.endpoints:
        parts = [enough_words(c.name, curve_of(result.trial, c)) for c in found.contrasts if c.power]
        if parts:
            return f"{found.endpoint.name}: {'; '.join(parts)}."
    return ""
