"""Rules over several fields of a case file: medicines, baseline, scores, vital signs."""

from collections.abc import Iterator, Mapping, Sequence

from ketacourse.errors import Fault
from ketacourse.therapy.case_build import build_treated
from ketacourse.therapy.case_faults import path_text, refused, shown
from ketacourse.therapy.case_file import PatientTable, ScoreTable, TreatedTable, VitalsTable
from ketacourse.therapy.course import Course
from ketacourse.therapy.medications import classes_of
from ketacourse.therapy.scales import scale
from ketacourse.therapy.treated import as_given

DAYS_PER_YEAR = 365.25


def patient_faults(patient: PatientTable) -> Iterator[Fault]:
    """Yield what is wrong between the fields of the patient."""
    for index, medicine in enumerate(patient.medications):
        if medicine.classes is None:
            path = path_text(("patient", "medications", index, "name"))
            yield from refused(classes_of, medicine.name, path=path, value=medicine.name)
    names = [m.name.strip().lower() for m in patient.medications]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Fault(
                path=path_text(("patient", "medications", index, "name")),
                value=shown(name),
                problem="This medicine is listed twice.",
                remedy="Keep one entry.",
            )
    if patient.vitals is not None:
        yield from vitals_faults([patient.vitals], ("patient", "vitals"), horizon=None)


def baseline_faults(baseline: Mapping[str, int]) -> Iterator[Fault]:
    """Yield baseline totals that lie outside their scale."""
    for key, total in baseline.items():
        place = path_text(("baseline", key))
        yield from refused(scale(key).check, total, path=place, value=total)


def score_faults(
    scores: Sequence[ScoreTable], *, age_years: float | None, horizon: float | None
) -> Iterator[Fault]:
    """Yield scores outside their scale, of impossible days, or given twice."""
    seen: set[tuple[float, str]] = set()
    for index, score in enumerate(scores):
        place = ("scores", index)
        total_path = path_text((*place, "total"))
        yield from refused(
            scale(score.scale).check, score.total, path=total_path, value=score.total
        )
        yield from _observed_day_faults(score.day, (*place, "day"), age_years, horizon)
        if (score.day, score.scale) in seen:
            yield Fault(
                path=path_text(place),
                value=shown(score.total),
                problem=f"{scale(score.scale).label} on day {score.day:g} is given twice.",
                remedy="Keep one total per scale and day.",
            )
        seen.add((score.day, score.scale))


def vitals_faults(
    tables: Sequence[VitalsTable], place: tuple[str | int, ...], *, horizon: float | None
) -> Iterator[Fault]:
    """Yield readings that contradict each other, are empty, or are of impossible days."""
    numbered = len(place) == 1
    for index, table in enumerate(tables):
        here = (*place, index) if numbered else place
        readings = (table.sbp, table.dbp, table.heart_rate, table.spo2, table.respiratory_rate)
        if all(reading is None for reading in readings):
            yield Fault(
                path=path_text(here),
                value="",
                problem="No reading is given.",
                remedy='Add one, for example sbp = "128 mmHg".',
            )
        if table.sbp is not None and table.dbp is not None and not table.dbp < table.sbp:
            yield Fault(
                path=path_text((*here, "dbp")),
                value=f"{table.dbp:g} mmHg",
                problem=f"Diastolic pressure is not below systolic, {table.sbp:g} mmHg.",
                remedy="Check whether the two readings were exchanged.",
            )
        yield from _observed_day_faults(table.day, (*here, "day"), None, horizon)


def treated_faults(tables: Sequence[TreatedTable], course: Course) -> Iterator[Fault]:
    """Yield records of sessions that contradict themselves, the plan or each other."""
    seen: set[float] = set()
    for index, table in enumerate(tables):
        place = path_text(("treated", index))
        if table.day in seen:
            yield Fault(
                path=place,
                value=shown(table.day),
                problem=f"What became of the session of day {table.day:g} is told twice.",
                remedy="Keep one entry per session.",
            )
        seen.add(table.day)
        if table.dose is None and (table.drug or table.route or table.duration is not None):
            yield Fault(
                path=f"{place}.dose",
                value="",
                problem="Drug, route or duration is given without a dose.",
                remedy='Add what was given, for example dose = "0.4 mg/kg".',
            )
            continue
        yield from refused(
            lambda one: as_given(course, build_treated([one], course)), table, path=place,
            value=table.day,
        )  # fmt: skip


def _observed_day_faults(
    day: float, place: tuple[str | int, ...], age_years: float | None, horizon: float | None
) -> Iterator[Fault]:
    if age_years is not None and day < -age_years * DAYS_PER_YEAR:
        yield Fault(
            path=path_text(place),
            value=shown(day),
            problem=f"Day {day:g} lies before the patient's birth.",
            remedy=f"Give a day after {-age_years * DAYS_PER_YEAR:.0f}, or correct the age.",
        )
    if horizon is not None and day > horizon:
        yield Fault(
            path=path_text(place),
            value=shown(day),
            problem=f"Day {day:g} lies after the course's horizon of {horizon:g} days.",
            remedy="Correct the day, or set a longer horizon.",
        )
