"""What of a case the forecast reads, what it leaves out and says so, and what it refuses."""

from dataclasses import dataclass

from ketacourse.errors import CaseError, Fault, InputError
from ketacourse.forecast.measurement import SCALES
from ketacourse.therapy.case import Case
from ketacourse.therapy.course import Course
from ketacourse.therapy.scales import scale
from ketacourse.therapy.score import Score

BASELINE_DAY = -0.5
"""When the totals of ``[baseline]`` were taken, as no day is given (days)."""
BASELINE_WINDOW_DAYS = 28.0
"""Scores up to this long before the first dose describe this episode (days)."""
SILENT_DAYS = 21.0
"""Time without a score after which a patient may have left (days)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What the forecast reads.

    Attributes
    ----------
    today
        Day up to which the record reaches (days from the first dose).
    course
        The course with what became of its sessions in the place of the plan.
    scores
        Scores that are read, baseline included, by day.
    baseline
        Total before the first dose by scale, where one was recorded (points).
    notes
        What a reader should know of the input: left out, assumed, unusual.
    """

    today: float
    course: Course
    scores: tuple[Score, ...]
    baseline: dict[str, float]
    notes: tuple[str, ...]


def read_case(case: Case, *, today: float | None = None) -> Readings:
    """Return what the forecast reads of a case.

    Parameters
    ----------
    today
        Day up to which everything is known; the day of the last record by default.

    Raises
    ------
    CaseError
        If a record lies after today, or one day and scale has two different totals.
    InputError
        If today is not a possible day.
    """
    last = _last_record(case)
    now = last if today is None else today
    if not 0.0 <= now <= case.course.horizon_days:
        raise InputError(
            f"Today is day {now:g}; the course runs from day 0 to {case.course.horizon_days:g}.",
            remedy="Give a day of the course, or set a longer horizon.",
        )
    if any(t.happened == "given" and now - AFTER_DOSE_DAYS < t.when <= now for t in case.treated):
        now += AFTER_DOSE_DAYS  # the dose of today has been given
    faults = (*_late(case, now), *_twice(case.scores))
    if faults:
        raise CaseError(faults, where=f"'{case.title}'" if case.title else "The case")
    notes: list[str] = []
    scores = _usable(case, notes)
    baseline = _baseline(case, scores)
    _tell_silence(scores, now, notes)
    _tell_sessions(case, now, notes)
    return Readings(
        today=now, course=case.course_as_given, scores=scores, baseline=baseline,
        notes=tuple(notes),
    )  # fmt: skip


AFTER_DOSE_DAYS = 0.01
"""How long after a dose that was recorded as given "today" is, at the least (days)."""


def _last_record(case: Case) -> float:
    days = [s.day for s in case.scores] + [v.day for v in case.vitals]
    days += [t.when for t in case.treated]
    return max([0.0, *days])


def _late(case: Case, today: float) -> tuple[Fault, ...]:
    """Return the faults of records after today."""
    records = [("scores", i, s.day) for i, s in enumerate(case.scores)]
    records += [("vitals", i, v.day) for i, v in enumerate(case.vitals)]
    records += [("treated", i, t.when) for i, t in enumerate(case.treated)]
    return tuple(
        Fault(
            path=f"{table} of day {day:g}",
            value=f"{day:g}",
            problem=f"This record lies after today, day {today:g}.",
            remedy="Correct the day, or state a later today.",
        )
        for table, _, day in records
        if day > today
    )


def _twice(scores: tuple[Score, ...]) -> tuple[Fault, ...]:
    """Return the faults of one scale and day with different totals."""
    seen: dict[tuple[float, str], int] = {}
    faults = []
    for score in scores:
        key = (score.day, score.scale)
        if seen.setdefault(key, score.total) != score.total:
            faults.append(
                Fault(
                    path=f"scores of day {score.day:g}, {score.scale}",
                    value=str(score.total),
                    problem=f"The same day has {seen[key]} as well.",
                    remedy="Keep the right total, or give the hour of each as a fraction of a day.",
                )
            )
    return tuple(faults)


def _usable(case: Case, notes: list[str]) -> tuple[Score, ...]:
    """Return the scores that are read, each once, telling what is left out."""
    found: dict[tuple[float, str], Score] = {}
    skipped: dict[str, int] = {}
    early = 0
    for score in case.scores:
        if score.scale not in SCALES:
            skipped[score.scale] = skipped.get(score.scale, 0) + 1
        elif score.day < -BASELINE_WINDOW_DAYS:
            early += 1
        else:
            found[score.day, score.scale] = score
    for key, total in case.baseline.items():
        if key not in SCALES:
            skipped[key] = skipped.get(key, 0) + 1
        else:
            found.setdefault(
                (BASELINE_DAY, key), Score(day=BASELINE_DAY, scale=key, total=round(total))
            )
    for key, count in skipped.items():
        if key != "cadss":
            notes.append(
                f"{scale(key).label}: {count} total{'' if count == 1 else 's'} not read by the "
                "forecast of mood."
            )
    if early:
        notes.append(
            f"{early} score{'' if early == 1 else 's'} from more than {BASELINE_WINDOW_DAYS:g} "
            "days before the first dose left out: they describe another time."
        )
    kept = tuple(sorted(found.values(), key=lambda s: (s.day, s.scale)))
    _tell_few(kept, notes)
    return kept


def _tell_few(scores: tuple[Score, ...], notes: list[str]) -> None:
    after = [s for s in scores if s.day > 0.0]
    if not scores:
        notes.append(
            "No score can be read: the forecast is that of people like this patient, not of "
            "this patient."
        )
    elif not any(s.day <= 0.0 for s in scores):
        notes.append(
            "No score before the first dose: how much was gained is judged from what such "
            "patients have."
        )
    elif not after:
        notes.append("No score after the first dose: the forecast knows how ill, not how it works.")
    elif len(after) == 1:
        notes.append("Only one score after the first dose: it moves the forecast little.")
    used = list(dict.fromkeys(s.scale for s in after))
    first = {s.scale for s in scores if s.day <= 0.0}
    changed = [key for key in used if first and key not in first]
    if changed:
        labels = " and ".join(scale(key).label for key in changed)
        notes.append(
            f"{labels}: no total before the first dose, so change on it rests on the published "
            "link to the other scale and is less certain."
        )


def _baseline(case: Case, scores: tuple[Score, ...]) -> dict[str, float]:
    """Return the total before the first dose by scale: as recorded, else the last before it."""
    found = {s.scale: float(s.total) for s in scores if s.day <= 0.0}
    return {**found, **{k: float(v) for k, v in case.baseline.items() if k in SCALES}}


def _tell_silence(scores: tuple[Score, ...], today: float, notes: list[str]) -> None:
    if not scores:
        return
    silent = today - scores[-1].day
    if silent > SILENT_DAYS:
        notes.append(
            f"No score for {silent:.0f} days: whoever leaves is often worse, or well. The "
            "forecast assumes neither."
        )


def _tell_sessions(case: Case, today: float, notes: list[str]) -> None:
    missed = [t for t in case.treated if t.happened == "missed"]
    changed = [t for t in case.treated if t.dose is not None or t.given_day is not None]
    if missed:
        days = ", ".join(f"{t.day:g}" for t in missed)
        notes.append(f"Missed and not counted: the session of day {days}.")
    if changed:
        notes.append(
            f"{len(changed)} session{'' if len(changed) == 1 else 's'} given otherwise than "
            "planned: what was given counts."
        )
    told = {t.day for t in case.treated}
    past = [s for s in case.course.sessions if s.day < today and s.day not in told]
    if past:
        notes.append(
            f"{len(past)} past session{'' if len(past) == 1 else 's'} without a record "
            "counted as given as planned."
        )
