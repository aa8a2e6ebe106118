"""Making the options: one change of the plan each, by rule and by where the patient stands."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ketacourse.course.options import Kind, Option, Standing
from ketacourse.errors import InputError
from ketacourse.therapy.bounds import HORIZON_DAYS
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession, TherapySession

FEWEST_BEFORE_STOP = 4
"""Sessions before benefit is judged: many late improvers get there by the fourth (SCH-010)."""
ADDED_SESSIONS = 2
BOOSTER_DAYS = (14.0, 28.0, 42.0)
"""Days after the last dose of the series at which one more is considered."""
WAIT_DAYS = 7.0
"""How long the next dose is put off to measure first (days): one week, the recall of MADRS."""
STEPS_MG_PER_KG = (0.25, 0.5, 0.75, 1.0)
"""Doses of the ladder (mg/kg): inside the range that was tried, one step at a time."""
ADDED_THERAPY = 4
THERAPY_H = 1.0
THERAPY_AFTER_DAYS = 1.0
"""Therapy is put on the day after a dose, inside the window it is thought to open."""
MOST_SESSIONS = 24
"""Sessions beyond which none is added (the longest course that is offered)."""


def options_for(standing: Standing) -> tuple[Option, ...]:
    """Return what may be done next; the first is to continue as planned.

    Raises
    ------
    InputError
        If there is no dose at all, given or planned, from which an option could be made.
    """
    if not standing.course.sessions:
        raise InputError(
            "course.sessions: the course has no drug session.",
            remedy="Plan at least one; screening comes before the first.",
        )
    found = [_continue(standing)]
    for make in (_stop, _wait, _space, _add, _boosters, _dose, _route, _therapy):
        found.extend(make(standing))
    return tuple(found)


def _option(
    standing: Standing, key: str, kind: Kind, label: str, why: str, *,
    future: tuple[DrugSession, ...], therapy: tuple[TherapySession, ...] | None = None,
) -> Option:  # fmt: skip
    """Return an option: what was given, and then the given future, up to the horizon."""
    course = standing.course
    end = standing.today + standing.horizon_days
    coming = course.therapy if therapy is None else therapy
    horizon = min(max(end, course.horizon_days), HORIZON_DAYS.maximum)
    whole = replace(
        course, sessions=(*standing.given, *(s for s in future if s.day <= horizon)),
        therapy=tuple(t for t in coming if t.day <= horizon), horizon_days=horizon,
    )  # fmt: skip
    return Option(key=key, kind=kind, label=label, why=why, course=whole)


def _continue(standing: Standing) -> Option:
    planned = standing.planned
    label = (
        f"Continue as planned: {_sessions(len(planned), 'more')}"
        if planned
        else "Continue as planned: no further session"
    )
    why = "the plan of the case, against which the others are compared"
    return _option(standing, "continue", "continue", label, why, future=planned)


def _stop(standing: Standing) -> Iterator[Option]:
    if not standing.planned or len(standing.given) < FEWEST_BEFORE_STOP:
        return
    if standing.improvement is None:
        return  # benefit that was not measured cannot be judged
    n, left = len(standing.given), len(standing.planned)
    if standing.lacks_benefit:
        label = f"Stop after {n} sessions for lack of benefit"
        why = "too little was gained by the fourth session (SCH-008)"
    else:
        label = f"End the series after {n} sessions"
        why = "benefit may be judged from the fourth session on (SCH-008, SCH-010)"
    yield _option(standing, "stop", "stop", label, why, future=())
    if left >= 2:
        dose = standing.planned[-1].dose
        for after in BOOSTER_DAYS[:2]:
            day = max(standing.given[-1].day + after, standing.next_free_day)
            yield _option(
                standing, f"stop_booster_{after:g}", "booster",
                f"End the series, one booster on day {day:g}",
                "fewer doses, and one before the effect is expected to wear off (MNT-004, MNT-006)",
                future=(DrugSession(day=day, dose=dose, note="booster"),),
            )  # fmt: skip


def _wait(standing: Standing) -> Iterator[Option]:
    if not standing.planned or not standing.given:
        return
    moved = _moved(standing, [s.day + WAIT_DAYS for s in standing.planned])
    yield _option(
        standing, "wait", "wait", f"Wait {WAIT_DAYS:g} days, measure, then go on",
        "a further score is taken before the next dose", future=moved,
    )  # fmt: skip


def _moved(standing: Standing, days: Sequence[float]) -> tuple[DrugSession, ...]:
    """Return the planned doses on other days, those beyond the look ahead left out."""
    latest = standing.today + standing.horizon_days
    pairs = zip(standing.planned, days, strict=True)
    return tuple(replace(s, day=day) for s, day in pairs if day <= max(latest, s.day))


def _space(standing: Standing) -> Iterator[Option]:
    planned = standing.planned
    if len(planned) < 2 or not standing.given:
        return
    first = planned[0].day
    spaced = _moved(standing, [first + 2.0 * (s.day - first) for s in planned])
    yield _option(
        standing, "space_out", "space", "Space the remaining sessions out, twice the interval",
        "the lowest frequency that holds (MNT-006)", future=spaced,
    )  # fmt: skip


def _add(standing: Standing) -> Iterator[Option]:
    count = len(standing.course.sessions) + ADDED_SESSIONS
    if count > MOST_SESSIONS or not standing.given:
        return
    gap, last = standing.gap_days, standing.course.sessions[-1]
    start = max(last.day, standing.next_free_day - gap)
    more = tuple(
        DrugSession(day=start + gap * (k + 1), dose=last.dose, note="added")
        for k in range(ADDED_SESSIONS)
    )
    yield _option(
        standing, "add_sessions", "add", f"Add {_sessions(ADDED_SESSIONS)}, {gap:g} days apart",
        "series of different length were tried (SCH-005, SCH-006, SCH-017)",
        future=(*standing.planned, *more),
    )  # fmt: skip


def _boosters(standing: Standing) -> Iterator[Option]:
    if len(standing.course.sessions) < FEWEST_BEFORE_STOP or not standing.given:
        return
    if len(standing.course.sessions) + 1 > MOST_SESSIONS:
        return
    last = standing.course.sessions[-1]
    days = {last.day + after for after in BOOSTER_DAYS}
    if not standing.planned and standing.next_free_day >= last.day + 7.0:
        days.add(standing.next_free_day)
    for day in sorted(d for d in days if standing.next_free_day <= d):
        if day > standing.today + standing.horizon_days - 7.0:
            continue  # what it brings would lie beyond the horizon
        yield _option(
            standing, f"booster_{day:g}", "booster", f"One booster on day {day:g}",
            "one dose before the effect is expected to wear off (MNT-004)",
            future=(*standing.planned, DrugSession(day=day, dose=last.dose, note="booster")),
        )  # fmt: skip


def _dose(standing: Standing) -> Iterator[Option]:
    planned = standing.planned
    if not planned or not standing.given or planned[0].dose.drug != "ketamine":
        return
    if standing.improvement is None:  # nobody knows whether the dose is too low or enough
        return
    now = planned[0].dose.amount_mg_per_kg
    if now is None or not 0.0 < now <= STEPS_MG_PER_KG[-1]:
        return
    higher = [s for s in STEPS_MG_PER_KG if s > now + 1e-9][:1]
    lower = [s for s in STEPS_MG_PER_KG if s < now - 1e-9][-1:]
    if standing.responded:
        steps = [(s, "dose_down", "the lowest dose that works (DOS-025)") for s in lower]
    else:
        steps = [
            (s, "dose_up", "one step up where less than half improved (DOS-005)") for s in higher
        ]
    for step, key, why in steps:
        changed = tuple(replace(s, dose=_at(s.dose, step)) for s in planned)
        yield _option(
            standing, key, "dose", f"Change the dose from {now:g} to {step:g} mg/kg", why,
            future=changed,
        )  # fmt: skip


def _at(dose: Dose, mg_per_kg: float) -> Dose:
    return replace(dose, amount_mg=None, amount_mg_per_kg=mg_per_kg)


def _route(standing: Standing) -> Iterator[Option]:
    planned = standing.planned
    if not planned or not standing.given:
        return
    dose = planned[0].dose
    if dose.drug != "ketamine" or dose.amount_mg_per_kg is None:
        return
    if dose.route == "iv_infusion":
        other = Dose(route="im", amount_mg_per_kg=dose.amount_mg_per_kg)
        words = f"intramuscular, {dose.amount_mg_per_kg:g} mg/kg"
    elif dose.route in ("im", "sc"):
        other = Dose(
            route="iv_infusion", amount_mg_per_kg=dose.amount_mg_per_kg, duration_h=40 / 60
        )
        words = f"intravenous, {dose.amount_mg_per_kg:g} mg/kg over 40 min"
    else:
        return
    yield _option(
        standing, "change_route", "route", f"Change the route: {words}",
        "both routes were tried at this dose (DOS-004)",
        future=tuple(replace(s, dose=other) for s in planned),
    )  # fmt: skip


def _therapy(standing: Standing) -> Iterator[Option]:
    course, planned = standing.course, standing.planned
    past = tuple(t for t in course.therapy if t.day < standing.today)
    coming = tuple(t for t in course.therapy if t.day >= standing.today)
    anchors = [s.day for s in (*standing.given, *planned)]
    if coming and planned:
        moved = tuple(replace(t, day=_after_dose(t.day, anchors, standing.today)) for t in coming)
        if any(abs(a.day - b.day) > 0.5 for a, b in zip(moved, coming, strict=True)):
            yield _option(
                standing, "move_therapy", "therapy", "Move therapy to the day after a dose",
                "therapy may hold best soon after a dose (weak evidence)", future=planned,
                therapy=(*past, *moved),
            )  # fmt: skip
    if len(coming) < ADDED_THERAPY:
        start = (planned[0].day if planned else standing.today) + THERAPY_AFTER_DAYS
        kind = course.therapy[-1].kind if course.therapy else "cbt"
        more = tuple(
            TherapySession(day=start + 7.0 * k, duration_h=THERAPY_H, kind=kind)
            for k in range(ADDED_THERAPY)
        )
        yield _option(
            standing, "add_therapy", "therapy", f"Add {ADDED_THERAPY} weekly therapy sessions",
            "therapy after a response may help it last (MNT-010)", future=planned,
            therapy=(*course.therapy, *more),
        )  # fmt: skip


def _after_dose(day: float, doses: list[float], today: float) -> float:
    """Return the day after the dose that is nearest to a therapy session, not before today."""
    nearest = min(doses, key=lambda dose: abs(dose + THERAPY_AFTER_DAYS - day))
    return max(nearest + THERAPY_AFTER_DAYS, today)


def _sessions(count: int, word: str = "") -> str:
    noun = "session" if count == 1 else "sessions"
    return " ".join(part for part in (str(count), word, noun) if part)
