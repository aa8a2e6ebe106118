"""What became of planned sessions, in the case file and in the course."""

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from ketacourse.errors import CaseError, InputError
from ketacourse.therapy.case import parse_case
from ketacourse.therapy.treated import Treated

EXAMPLE = Path(str(files("ketacourse"))) / "examples" / "mid_course_with_scores.toml"


def parsed(extra: str):
    return parse_case(tomllib.loads(EXAMPLE.read_text(encoding="utf-8") + extra))


def days(case) -> list[float]:
    return [s.day for s in case.course_as_given.sessions]


def test_sessions_without_a_record_stay_as_planned():
    assert days(parsed("")) == [0.0, 2.0, 4.0, 7.0, 9.0, 11.0]


def test_a_missed_session_is_taken_out():
    assert 2.0 not in days(parsed('\n[[treated]]\nday = 2\nhappened = "missed"\n'))


def test_another_dose_on_another_day_replaces_the_planned_one():
    case = parsed('\n[[treated]]\nday = 4\ngiven_day = 5\ndose = "0.4 mg/kg"\n')
    (changed,) = [s for s in case.course_as_given.sessions if s.day == 5.0]
    assert changed.dose.amount_mg_per_kg == 0.4
    assert changed.dose.duration_h == pytest.approx(40 / 60)


def test_a_session_that_was_not_planned_needs_its_dose():
    added = parsed('\n[[treated]]\nday = 3\ndose = "0.5 mg/kg"\nroute = "im"\n')
    assert 3.0 in days(added)
    with pytest.raises(CaseError, match=r"treated\[1\].*no dose is given"):
        parsed("\n[[treated]]\nday = 3\n")


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ('day = 3\nhappened = "missed"', "could be missed"),
        ('day = 2\nduration = "40 min"', "without a dose"),
        ('day = 2\nhappened = "missed"\ndose = "0.5 mg/kg"', "yet something was given"),
        ('day = 2\ndose = "9 mg/kg"', r"9 mg/kg"),
        ('day = 2\nhappened = "late"', r"treated\[1\].happened"),
        ("day = 2\n[[treated]]\nday = 2", "told twice"),
    ],
)
def test_a_record_that_contradicts_itself_or_the_plan_is_refused(extra, message):
    with pytest.raises(CaseError, match=message):
        parsed(f"\n[[treated]]\n{extra}\n")


def test_what_happened_is_one_of_the_known_words():
    with pytest.raises(InputError, match="given, missed"):
        Treated(day=0.0, happened="held")
