"""A trial of the advice in virtual patients: the fixed protocol, or the suggestion as it stands.

Every patient goes through both arms with the same illness, the same luck and the same rater.

*Fixed*: 0.5 mg/kg over 40 min six times in two weeks; after a response, one booster whenever
MADRS is 20 or more at two visits in a row (the rule MNT-008), and again only after another
response.

*Advised*: the same plan to begin with. From the fourth session on, at every visit, the options
that the clinic's rules allow are weighed from this patient's own scores, and the one that stands
first is carried out to the letter: options, rules, weights and order are those of ``decide``.
Therapy and route are left out: the truths do not know them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.advice import burdens, first_of
from ketacourse.course.decide_options import options_for
from ketacourse.course.decide_outlook import MARKED_CADSS
from ketacourse.course.decide_outlook import SURGE_PEAK_MMHG as SURGE_PEAK
from ketacourse.course.decide_outlook import SURGE_RISE_MMHG as SURGE_RISE
from ketacourse.course.decide_rules import MORE_OF_THE_SAME
from ketacourse.course.decide_weigh import EQUAL_DAYS
from ketacourse.course.options import EARLY_BENEFIT, Option, Standing
from ketacourse.course.preferences import Preferences
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.forecast.drive import strength_of
from ketacourse.forecast.likelihood import noise_of
from ketacourse.forecast.population_file import load_population
from ketacourse.forecast.regimen import Regimen
from ketacourse.forecast.vitals import chair_of
from ketacourse.population.measurement import Rating, observe
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession
from ketacourse.therapy.vitals import VitalSigns
from studies.advice_belief import Shared, believe, expected_net, shared_people
from studies.chain import ChainPatients
from studies.patients import BEFORE, RATERS, TYPICAL, truth_of
from studies.truths import Truth

Array = NDArray[np.float64]

SERIES = (0.0, 2.0, 4.0, 7.0, 9.0, 11.0)
FOLLOWED_DAYS = 112.0
VISITS = (BEFORE, 1.0, 3.9, 6.9, 8.0, 10.9, *(float(d) for d in range(14, 112, 7)))
FIRST_DECISION = 8.0
RELAPSE_TOTAL = 20
PEOPLE = 2400
LEFT_OUT = ("route", "therapy")
DAY_GRID = np.arange(0.0, FOLLOWED_DAYS + 0.5, 1.0)
REST = VitalSigns(day=-1.0, sbp_mmhg=122.0, dbp_mmhg=78.0)
"""Pressure at rest of the patient whose risk in the chair stands for everybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A chunk of patients of one truth, through both arms."""

    truth: str
    chunk: int
    size: int
    seed: int
    session_cost: float = Preferences().session
    part_day: float = Preferences().part_day

    @property
    def name(self) -> str:
        """Return a name for the file of its results."""
        return f"advice.{self.truth}.{self.size}.{self.seed}.{self.session_cost:g}.{self.chunk}"


def tasks(
    patients: int, *, truth: str, seed: int, size: int = 500, session_cost: float | None = None
) -> list[Task]:
    """Return the chunks of ``patients`` of one truth."""
    cost = Preferences().session if session_cost is None else session_cost
    chunks = -(-patients // size)
    return [
        Task(truth=truth, chunk=k, size=min(size, patients), seed=seed, session_cost=cost)
        for k in range(chunks)
    ]


@dataclass(slots=True)
class Arm:
    """What happens to N patients in one arm.

    Attributes
    ----------
    plan
        Course of each patient, changed as it goes.
    totals
        Scores at the visits so far, (N, visits).
    """

    plan: list[Course]
    totals: NDArray[np.float64]


def run(task: Task) -> dict[str, Any]:
    """Run one chunk of patients through both arms."""
    seed = task.seed * 1000 + task.chunk
    truth = truth_of(task.truth, task.size, seed=seed)
    wanted = replace(Preferences(), session=task.session_cost, part_day=task.part_day)
    shipped = load_population()
    shared = shared_people(shipped.people, noise_of(shipped.misfit_sd, shipped.misfit_days), PEOPLE)
    arms = {"fixed": _fixed(truth, seed), "advised": _advised(truth, shared, wanted, seed)}
    return {
        "task": asdict(task),
        "arms": {name: _outcomes(truth, arm, seed) for name, arm in arms.items()},
    }


def planned(days: tuple[float, ...]) -> Course:
    """Return a course of reference doses."""
    dose = Dose(route="iv_infusion", amount_mg_per_kg=0.5, duration_h=40.0 / 60.0)
    return Course(
        sessions=tuple(DrugSession(day=d, dose=dose) for d in days), horizon_days=FOLLOWED_DAYS
    )


def _fixed(truth: Truth, seed: int) -> Arm:
    arm = Arm(plan=[planned(SERIES)] * truth.size, totals=np.zeros((truth.size, 0)))
    armed = np.zeros(truth.size, dtype=bool)  # responded since the last booster
    for visit, day in enumerate(VISITS):
        _rate(truth, arm, visit, day, seed)
        half = 0.5 * arm.totals[:, 0]
        armed |= (arm.totals[:, -1] <= half) & (day > 0.0)
        if day <= SERIES[-1] or day >= FOLLOWED_DAYS - 7.0:
            continue
        twice = (arm.totals[:, -2:] >= RELAPSE_TOTAL).all(axis=1)
        for i in np.flatnonzero(armed & twice):
            more = replace(arm.plan[i].sessions[0], day=day + 0.5)
            arm.plan[i] = replace(arm.plan[i], sessions=(*arm.plan[i].sessions, more))
            armed[i] = False
    return arm


def _advised(truth: Truth, shared: Shared, wanted: Preferences, seed: int) -> Arm:
    arm = Arm(plan=[planned(SERIES)] * truth.size, totals=np.zeros((truth.size, 0)))
    for visit, day in enumerate(VISITS):
        _rate(truth, arm, visit, day, seed)
        if day < FIRST_DECISION or day >= FOLLOWED_DAYS - 7.0:
            continue
        groups: dict[Course, list[int]] = defaultdict(list)
        for i, course in enumerate(arm.plan):
            groups[course].append(i)
        for course, members in groups.items():
            _decide(arm, course, np.array(members), visit, day, shared, wanted, seed)
    return arm


def _decide(
    arm: Arm, course: Course, members: NDArray[np.intp], visit: int, day: float,
    shared: Shared, wanted: Preferences, seed: int,
) -> None:  # fmt: skip
    """Let the patients who share a course follow what stands first for each of them."""
    totals = arm.totals[members]
    today = day + 0.25  # the decision falls after the rating and before the next dose
    past = tuple(s for s in course.sessions if s.day < today)
    believed = believe(
        shared, _regimen(past), np.array(VISITS[: visit + 1]), totals, seed=seed + visit
    )
    gone = 1.0 - totals[:, -1] / np.maximum(totals[:, 0], 1.0)
    review = _review(totals)
    for responded in (False, True):
        for lacking in (False, True):
            here = ((gone >= 0.5) == responded) & (review == lacking)
            if here.any():
                _follow(arm, course, members, here, believed, today, shared, wanted,
                        responded=responded, lacking=lacking)  # fmt: skip


def _follow(
    arm: Arm, course: Course, members: NDArray[np.intp], here: NDArray[np.bool_],
    believed: Any, today: float, shared: Shared, wanted: Preferences, *,
    responded: bool, lacking: bool,
) -> None:  # fmt: skip
    improvement = 0.6 if responded else 0.1 if lacking else 0.3
    standing = Standing(course=course, today=today, improvement=improvement)
    options = [o for o in options_for(standing) if o.kind not in LEFT_OUT]
    allowed = [o for o in options if _rules_allow(o, today, lacking=lacking)]
    if not allowed:
        return
    some = _taken(believed, here)
    coming = [_coming(o, today) for o in allowed]
    net = expected_net(
        shared, some, [_regimen(o.course.sessions) for o in allowed],
        [_cost(c, wanted) for c in coming], today=today, since_score=0.25, wanted=wanted,
    )  # fmt: skip
    burden = burdens([len(c) for c in coming], list(range(len(allowed))))
    first = first_of(net, burden, indifference=EQUAL_DAYS)
    for i, k in zip(members[here], first, strict=True):
        kept = tuple(s for s in allowed[k].course.sessions if s.day < FOLLOWED_DAYS)
        arm.plan[i] = replace(course, sessions=kept)


def _rules_allow(option: Option, today: float, *, lacking: bool) -> bool:
    gives = bool(option.future(today))
    return not (lacking and gives and option.kind in MORE_OF_THE_SAME)


def _review(totals: Array) -> NDArray[np.bool_]:
    """Return for whom the review of benefit is due: too little gained after the fourth dose."""
    after = VISITS.index(8.0)
    gone = 1.0 - totals[:, after] / np.maximum(totals[:, 0], 1.0)
    return np.asarray(gone < EARLY_BENEFIT)


def _coming(option: Option, today: float) -> tuple[DrugSession, ...]:
    return tuple(s for s in option.future(today) if s.day <= today + 84.0)


def _cost(coming: tuple[DrugSession, ...], wanted: Preferences) -> float:
    cost = 0.0
    for session in coming:
        assert session.dose.amount_mg_per_kg is not None
        surge, marked = _risk(session.dose.amount_mg_per_kg)
        cost += wanted.session + wanted.surge * surge + wanted.dissociation * marked
        cost += wanted.exposure * _amount(session.dose)
    return cost


@cache
def _risk(mg_per_kg: float) -> tuple[float, float]:
    """Return the chance of a surge and of marked dissociation at a dose, before any was seen."""
    who = replace(TYPICAL, vitals=REST)
    dose = Dose(route="iv_infusion", amount_mg_per_kg=mg_per_kg, duration_h=40.0 / 60.0)
    seen = chair_of(who, (), (REST,), ()).sessions([DrugSession(day=21.0, dose=dose)])
    assert seen.peak_mmhg is not None
    surge = (seen.rise_mmhg >= SURGE_RISE) | (seen.peak_mmhg >= SURGE_PEAK)
    return float(surge.mean()), float((seen.cadss > MARKED_CADSS).mean())


def _taken(believed: Any, here: NDArray[np.bool_]) -> Any:
    return replace(
        believed,
        **{
            name: getattr(believed, name)[here]
            for name in ("picked", "baseline", "swing", "swing_sd", "stray", "effective")
        },
    )


@cache
def _strength(mg_per_kg: float) -> float:
    dose = Dose(route="iv_infusion", amount_mg_per_kg=mg_per_kg, duration_h=40.0 / 60.0)
    return strength_of(TYPICAL, dose)


def _amount(dose: Dose) -> float:
    assert dose.amount_mg_per_kg is not None
    return dose.amount_mg_per_kg / 0.5


def _regimen(sessions: tuple[DrugSession, ...]) -> Regimen:
    per_kg = [s.dose.amount_mg_per_kg or 0.0 for s in sessions]
    return Regimen(
        days=np.array([s.day for s in sessions]),
        strength=np.array([_strength(a) for a in per_kg]),
    )


def _slots(arm: Arm, until: float) -> tuple[Array, Array]:
    """Return the days on which anybody got a dose, and what each patient got on each."""
    days = sorted({s.day for plan in arm.plan for s in plan.sessions if s.day < until})
    column = {d: k for k, d in enumerate(days)}
    amount = np.zeros((len(arm.plan), len(days)))
    for i, plan in enumerate(arm.plan):
        for s in plan.sessions:
            if s.day < until:
                amount[i, column[s.day]] = _amount(s.dose)
    return np.array(days), amount


def _rate(truth: Truth, arm: Arm, visit: int, day: float, seed: int) -> None:
    """Add the score of one visit: what was true then, with the error of that visit."""
    slots, amount = _slots(arm, max(day, 0.01))
    true = truth.severity(slots, amount, np.array([day]))[:, 0]
    leaning = load_catalogue().value("course_model.madrs_bias", "point")
    how = Rating(raters=RATERS, rater_sd=leaning)
    total = observe(true, key="madrs", visit=visit, seed=seed, first=0, rating=how)
    arm.totals = np.column_stack([arm.totals, total.astype(float)])


def _outcomes(truth: Truth, arm: Arm, seed: int) -> Mapping[str, list[float]]:
    """Return what each patient got out of the arm, and what it took."""
    slots, amount = _slots(arm, FOLLOWED_DAYS)
    if isinstance(truth, ChainPatients):
        true, rise, _ = truth.seen(slots, amount, DAY_GRID)
        rest = truth.sbp_rest
    else:
        true = truth.severity(slots, amount, DAY_GRID)
        rise, rest = _pressure(truth.size, slots, amount, seed)
    base = truth.baseline[:, None]
    top = np.maximum(base, 11.0)
    relief = np.clip((top - true) / (top - 10.0), 0.0, 1.0)
    surge = ((rise >= SURGE_RISE) | (rest[:, None] + rise >= SURGE_PEAK)) & (amount > 0.0)
    weeks = {f"held_{w}": _held(true, base, 14.0 + 7.0 * w) for w in (4, 8, 12)}
    return {
        "symptom_free_days": [float(v) for v in (true <= 10.0).sum(axis=1)],
        "relief_days": [float(v) for v in relief.sum(axis=1)],
        "response_days": [float(v) for v in (true <= 0.5 * base).sum(axis=1)],
        "sessions": [float(v) for v in (amount > 0.0).sum(axis=1)],
        "drug": [float(v) for v in 0.5 * amount.sum(axis=1)],
        "surges": [float(v) for v in surge.sum(axis=1)],
        **{name: [float(v) for v in values] for name, values in weeks.items()},
    }


def _held(true: Array, base: Array, day: float) -> NDArray[np.bool_]:
    week = (day - 7.0 < DAY_GRID) & (day >= DAY_GRID)
    return np.asarray(true[:, week].mean(axis=1) <= 0.5 * base[:, 0])


def _pressure(size: int, slots: Array, amount: Array, seed: int) -> tuple[Array, Array]:
    """Return rises of pressure for truths that have none: 16 (SD 11) mmHg, partly personal."""
    rng = np.random.default_rng([seed, 61])
    person = np.exp(0.45 * rng.standard_normal((size, 1)) - 0.1)
    # A patient's luck belongs to the order of the session, so that both arms share it.
    luck = np.exp(0.45 * rng.standard_normal((size, 400)) - 0.1)
    order = np.clip(np.cumsum(amount > 0.0, axis=1) - 1, 0, 399).astype(np.intp)
    del slots
    rise = 16.0 * np.sqrt(amount) * person * np.take_along_axis(luck, order, axis=1)
    return rise, np.full(size, 122.0) + 10.0 * rng.standard_normal(size)


WORSE_DAYS = 1.0
"""Loss of symptom-free days in sixteen weeks up to which an arm is not worse (days)."""
FEWER_SESSIONS = 0.15
EQUAL_SESSIONS = 0.02


def summary(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return both arms of one truth, their difference, and whether the aim was reached."""
    measures = list(parts[0]["arms"]["fixed"])
    found: dict[str, Any] = {}
    for name in measures:
        fixed, advised = (
            np.concatenate([p["arms"][arm][name] for p in parts]) for arm in ("fixed", "advised")
        )
        gap = advised - fixed
        half = 1.96 * float(gap.std(ddof=1)) / np.sqrt(gap.size)
        mean = float(gap.mean())
        found[name] = {
            "fixed": float(fixed.mean()), "advised": float(advised.mean()), "difference": mean,
            "lower": mean - half, "upper": mean + half,
        }  # fmt: skip
        found["patients"] = int(gap.size)
    days, sessions, surges = (found[k] for k in ("symptom_free_days", "sessions", "surges"))
    change = sessions["difference"] / sessions["fixed"]
    fewer = days["lower"] >= -WORSE_DAYS and change <= -FEWER_SESSIONS
    better = days["lower"] > 0.0 and change <= EQUAL_SESSIONS
    found["reached"] = bool((fewer or better) and surges["difference"] <= 0.0)
    return found
