"""Weighing the options that are allowed: estimates, differences, order, the next score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.advice import (
    HELD_WEEKS,
    Estimate,
    Outcome,
    burdens,
    compare,
    estimate,
    net_benefit,
    ranking,
)
from ketacourse.course.decide_result import NextScore, Weighed
from ketacourse.course.decide_score import value_of_score
from ketacourse.course.decide_words import reasons_for
from ketacourse.course.options import Option, Standing
from ketacourse.course.preferences import Preferences
from ketacourse.course.refit_outcomes import between_people
from ketacourse.guardrails.finding import Finding
from ketacourse.therapy.case import Case
from ketacourse.therapy.scales import scale

Array = NDArray[np.float64]

JUDGED_BY = ("madrs", "phq9", "qids_sr16", "hamd17")
"""Scales by which improvement is read and the next score is taken, the best first."""
WEEK = 7.0
Z80 = 1.2815515655446004
"""Standard normal quantile of the ends of a central 80% interval."""
EQUAL_DAYS = 0.25
"""Balances nearer than this are equal (days): of those, fewer sessions come first."""
LEAST_TURN = 0.01
"""Scores less likely than this are not listed among those that would turn the order."""


class Outlook(Protocol):
    """What is believed of one patient, and what may follow from an option."""

    @property
    def method(self) -> str:
        """Return how the patient's course was inferred, with diagnostics."""

    @property
    def surprise(self) -> str:
        """Return what says that the patient is unlike those the model knows."""

    @property
    def repeats(self) -> int:
        """Return how often each possible patient stands among the draws."""

    @property
    def digest(self) -> str:
        """Return the digest of the population and of the numbers behind it."""

    def outcome(self, option: Option) -> Outcome:
        """Return what an option leads to in each draw."""

    def next_peak_mmhg(self, option: Option) -> Array | None:
        """Return the systolic peak of the option's next session in each draw, if any."""

    def score_chances(self, key: str, day: float) -> Array:
        """Return the chance of each total of a scale in each draw, (n_scores, M)."""

    def given_mg_per_kg(self) -> float:
        """Return the drug given so far, as intravenous racemate (mg/kg)."""


def weigh(
    allowed: Sequence[tuple[Option, tuple[Finding, ...]]],
    outcomes: Sequence[Outcome],
    outlook: Outlook,
    wanted: Preferences,
) -> tuple[tuple[Weighed, ...], Mapping[str, Array]]:
    """Return the options in order, and the net benefit of each draw by key.

    The first of ``allowed`` is to continue as planned; the others are compared with it.
    """
    nets = [net_benefit(o, wanted) for o in outcomes]
    burden = burdens([o.sessions for o in outcomes], list(range(len(allowed))))
    order = ranking(np.array([n.mean() for n in nets]), burden, indifference=EQUAL_DAYS)
    plan = outcomes[0]
    before = outlook.given_mg_per_kg()
    drafts = []
    for rank, k in enumerate(order, start=1):
        option, added = allowed[k]
        one, peak = outcomes[k], outlook.next_peak_mmhg(option)
        is_plan = k == 0
        drafts.append(
            Weighed(
                option=option, rank=rank,
                symptom_free_days=estimate(one.symptom_free_days),
                relief_days=estimate(one.relief_days),
                held={w: _chance(one.held[w], outlook.repeats) for w in HELD_WEEKS},
                sessions=one.sessions, therapy_sessions=one.therapy_sessions,
                peak_pressure_mmhg=None if peak is None else estimate(peak),
                surge=_chance(one.any_surge, 1),
                dissociation=_chance(one.any_dissociation, 1),
                exposure_mg_per_kg=one.exposure_mg_per_kg,
                exposure_total_mg_per_kg=before + one.exposure_mg_per_kg,
                net=estimate(nets[k]),
                days_gained=None if is_plan
                else estimate(one.relief_days - plan.relief_days),
                difference=None if is_plan
                else compare(nets[k], nets[0], indifference=wanted.indifference),
                findings=added, reasons=(),
            )
        )  # fmt: skip
    base = next(w for w in drafts if w.difference is None)
    told = tuple(replace(w, reasons=reasons_for(w, base)) for w in drafts)
    return told, {allowed[k][0].key: nets[k] for k in order}


def _chance(happened: Array | NDArray[np.bool_], repeats: int) -> Estimate:
    """Return a chance and how far it differs between the patients that may be this one.

    Where each possible patient stands among the draws only once, the interval is that of the
    simulation itself (80%, Wilson).
    """
    if repeats > 1:
        mean, lower, upper = between_people(np.asarray(happened, dtype=bool), repeats)
        return Estimate(mean=mean, lower=lower, upper=upper)
    n, p = happened.size, float(happened.mean())
    middle = (p + Z80**2 / (2 * n)) / (1 + Z80**2 / n)
    half = Z80 * np.sqrt(p * (1 - p) / n + Z80**2 / (4 * n**2)) / (1 + Z80**2 / n)
    return Estimate(mean=p, lower=max(0.0, middle - half), upper=min(1.0, middle + half))


def next_score(
    case: Case,
    now: float,
    standing: Standing,
    ranked: Sequence[Weighed],
    net: Mapping[str, Array],
    outlook: Outlook,
) -> NextScore:
    """Return what one more score is worth, on the scale that this patient is followed on."""
    key = _next_scale(case)
    planned = [s.day for s in standing.planned if s.day > now]
    day = min(planned[0], now + WEEK) if planned else now + WEEK
    form = scale(key)
    labels = [w.option.label for w in ranked]
    burden = burdens([w.sessions for w in ranked], [w.rank for w in ranked])
    found = value_of_score(
        np.array([net[w.key] for w in ranked]), outlook.score_chances(key, day), burden,
        minimum=form.minimum, indifference=EQUAL_DAYS,
    )  # fmt: skip
    turns = tuple(
        (f"{t.lower}–{t.upper}" if t.upper > t.lower else f"{t.lower}", labels[t.first], t.chance)
        for t in found.turns
        if t.chance >= LEAST_TURN
    )
    return NextScore(
        scale=key, day=day, gain=found.gain, chance_of_change=found.chance_of_change, turns=turns
    )


def _next_scale(case: Case) -> str:
    """Return the scale that this patient is followed on."""
    used = [s.scale for s in case.scores if s.scale in JUDGED_BY]
    if used:
        return max(JUDGED_BY, key=lambda k: (used.count(k), -JUDGED_BY.index(k)))
    return next((k for k in JUDGED_BY if k in case.baseline), "madrs")
