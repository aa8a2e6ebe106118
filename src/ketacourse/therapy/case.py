"""The case: one patient, the planned course, and what was observed so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ketacourse.errors import CaseError, Fault, InputError
from ketacourse.therapy import case_course_rules, case_rules
from ketacourse.therapy.case_build import (
    build_course,
    build_patient,
    build_scores,
    build_treated,
    build_vitals,
)
from ketacourse.therapy.case_faults import faults_of
from ketacourse.therapy.case_file import (
    CaseFile,
    CourseTable,
    PatientTable,
    ScoreTable,
    TreatedTable,
    VitalsTable,
    case_schema,
)
from ketacourse.therapy.case_read import read_toml
from ketacourse.therapy.course import Course
from ketacourse.therapy.links import convert
from ketacourse.therapy.patient import Patient
from ketacourse.therapy.scales import scale
from ketacourse.therapy.score import Score
from ketacourse.therapy.treated import Treated, as_given
from ketacourse.therapy.vitals import VitalSigns

__all__ = ["Case", "Score", "case_schema", "load_case", "parse_case"]

DEPRESSION_SCALES = ("madrs", "hamd17", "qids_sr16", "phq9")
"""Scales from which another may be computed, the first recorded one is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One patient's course as planned and as observed.

    Parameters
    ----------
    patient
        Who is treated.
    baseline
        Scale key to total before the first dose (points).
    course
        What is planned.
    scores
        Observed totals, by day.
    vitals
        Observed vital signs, by day.
    title
        What to call the case in a report.
    treated
        What became of sessions, by day; those without a record count as planned.
    """

    patient: Patient
    baseline: Mapping[str, float] = field(default_factory=dict)
    course: Course
    scores: tuple[Score, ...] = ()
    vitals: tuple[VitalSigns, ...] = ()
    title: str = ""
    treated: tuple[Treated, ...] = ()

    def __post_init__(self) -> None:
        for key, total in self.baseline.items():
            scale(key).check(total)
        for score in self.scores:
            if score.day > self.course.horizon_days:
                raise InputError(
                    f"The {scale(score.scale).label} score of day {score.day:g} lies after the "
                    f"course's horizon of {self.course.horizon_days:g} days.",
                    remedy="Correct the day, or set a longer horizon.",
                )
        object.__setattr__(self, "baseline", dict(self.baseline))

    @property
    def course_as_given(self) -> Course:
        """Return the course with what became of its sessions, the rest as planned."""
        return as_given(self.course, self.treated)

    def starting_total(self, key: str) -> float:
        """Return the total before the first dose (points), 0 where none was recorded.

        The baseline, else the newest score on or before day 0.
        """
        if key in self.baseline:
            return float(self.baseline[key])
        before = [s for s in self.scores if s.scale == key and s.day <= 0.0]
        return float(max(before, key=lambda s: s.day).total) if before else 0.0

    def baseline_on(self, key: str) -> float:
        """Return the baseline total (points) on one scale, converted where it must be.

        Raises
        ------
        InputError
            If neither this scale nor a depression scale linked to it was recorded.
        """
        for recorded in (key, *DEPRESSION_SCALES):
            if recorded in self.baseline:
                return convert(self.baseline[recorded], recorded, key)
        raise InputError(
            f"No baseline total leads to {scale(key).label}.",
            remedy=f"Add {key} = ... to [baseline], or one of {', '.join(DEPRESSION_SCALES)}.",
        )


def load_case(path: Path) -> Case:
    """Read one case file.

    Parameters
    ----------
    path
        A TOML file laid out as ``case_schema`` states.

    Raises
    ------
    CaseError
        With every fault found, each with its place, value, problem and remedy.
    InputError
        If the file cannot be read, or is not TOML.
    """
    return parse_case(read_toml(path), where=str(path), title=path.stem)


def parse_case(content: Mapping[str, Any], *, where: str = "", title: str = "") -> Case:
    """Build a case from the tables of a parsed file.

    Parameters
    ----------
    content
        Tables as the TOML parser returns them.
    where
        What to call the file in an error.
    title
        Title of the case when the file gives none.

    Raises
    ------
    CaseError
        With every fault found.
    """
    try:
        read = CaseFile.model_validate(content)
    except ValidationError as error:
        parts = _sound_parts(content, error)
        faults = (*faults_of(error, CaseFile), *_rule_faults(parts))
        raise CaseError(faults, where=where) from None
    faults = tuple(_rule_faults(_Parts.of(read)))
    if faults:
        raise CaseError(faults, where=where)
    vitals = sorted((build_vitals(v) for v in read.vitals), key=lambda v: v.day)
    course = build_course(read.course)
    return Case(
        patient=build_patient(read.patient),
        baseline={key: float(total) for key, total in read.baseline.items()},
        course=course,
        scores=build_scores(read.scores),
        vitals=tuple(vitals),
        title=read.title or title,
        treated=build_treated(read.treated, course),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The parts of a file that could be read, so that all faults are told at once."""

    patient: PatientTable | None = None
    baseline: Mapping[str, int] = field(default_factory=dict)
    course: CourseTable | None = None
    scores: Sequence[ScoreTable] = ()
    vitals: Sequence[VitalsTable] = ()
    treated: Sequence[TreatedTable] = ()

    @classmethod
    def of(cls, read: CaseFile) -> "_Parts":
        """Return all parts of a file without faults of form."""
        return cls(
            patient=read.patient,
            baseline=read.baseline,
            course=read.course,
            scores=read.scores,
            vitals=read.vitals,
            treated=read.treated,
        )


def _sound_parts(content: Mapping[str, Any], error: ValidationError) -> _Parts:
    broken = {details["loc"][0] for details in error.errors() if details["loc"]}
    read: dict[str, Any] = {}
    for part in fields(_Parts):
        if part.name in content and part.name not in broken:
            form: Any = CaseFile.model_fields[part.name].annotation
            read[part.name] = TypeAdapter(form).validate_python(content[part.name])
    return _Parts(**read)


def _rule_faults(parts: _Parts) -> Iterator[Fault]:
    course = parts.course
    horizon = None if course is None else case_course_rules.horizon_of(course)
    age_years = None if parts.patient is None else parts.patient.age
    if parts.patient is not None:
        yield from case_rules.patient_faults(parts.patient)
    yield from case_rules.baseline_faults(parts.baseline)
    if course is not None:
        weight_kg = None if parts.patient is None else parts.patient.weight
        faults = tuple(case_course_rules.course_faults(course, weight_kg))
        yield from faults
        if parts.treated and not faults:
            yield from case_rules.treated_faults(parts.treated, build_course(course))
    yield from case_rules.score_faults(parts.scores, age_years=age_years, horizon=horizon)
    yield from case_rules.vitals_faults(parts.vitals, ("vitals",), horizon=horizon)
