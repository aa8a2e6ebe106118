"""Where a course stands: what is past, and which session comes next."""

from ketacourse.therapy.case import Case
from ketacourse.therapy.session import DrugSession


def last_recorded_day(case: Case) -> float | None:
    """Return the day of the newest observation since the first dose, None before it (days)."""
    days = [score.day for score in case.scores] + [signs.day for signs in case.vitals]
    days += [record.when for record in case.treated]
    return max((day for day in days if day >= 0.0), default=None)


def next_session_day(case: Case) -> float:
    """Return the day of the session that is to be decided (days from the first dose).

    It is the first session that is not past. A course of which every session is past is
    looked at from its first one: nothing remains to be given.
    """
    last = last_recorded_day(case)
    days = [session.day for session in case.course_as_given.sessions] or [0.0]
    if last is None:
        return days[0]
    done = {t.when for t in case.treated if t.happened == "given"}
    return next((day for day in days if day >= last and day not in done), days[0])


def past_sessions(case: Case) -> tuple[DrugSession, ...]:
    """Return the sessions after which something was recorded, by day."""
    last = last_recorded_day(case)
    if last is None:
        return ()
    done = {t.when for t in case.treated if t.happened == "given"}
    sessions = case.course_as_given.sessions
    return tuple(session for session in sessions if session.day < last or session.day in done)


def in_words(day: float) -> str:
    """Return a day in words.

    Examples
    --------
    >>> in_words(3.0)
    'day 3'
    """
    return f"day {day:.4g}"
