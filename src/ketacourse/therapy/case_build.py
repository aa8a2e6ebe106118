"""From the tables of a case file to the nouns of the course."""

from ketacourse.therapy.case_course_rules import days_of, horizon_of
from ketacourse.therapy.case_file import (
    CheckTable,
    CourseTable,
    MedicationTable,
    PatientTable,
    ScoreTable,
    SessionTable,
    TreatedTable,
    VitalsTable,
)
from ketacourse.therapy.checks import Check
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.medications import classes_of
from ketacourse.therapy.patient import Medication, Patient
from ketacourse.therapy.protocol import protocol
from ketacourse.therapy.score import Score
from ketacourse.therapy.session import DrugSession, TherapySession
from ketacourse.therapy.treated import Treated, planned_at
from ketacourse.therapy.vitals import VitalSigns


def build_patient(table: PatientTable) -> Patient:
    """Return the patient of a case file."""
    return Patient(
        identifier=table.identifier,
        age_years=table.age,
        sex=table.sex,
        weight_kg=table.weight,
        height_cm=table.height,
        diagnosis=table.diagnosis,
        failed_antidepressants=table.failed_antidepressants,
        bdnf_genotype=table.bdnf_genotype,
        ancestry=table.ancestry,
        cyp2b6_genotype=table.cyp2b6_genotype,
        crp_mg_per_l=table.crp,
        il6_pg_per_ml=table.il6,
        vitals=None if table.vitals is None else build_vitals(table.vitals),
        medications=tuple(_medication(m) for m in table.medications),
        conditions=table.conditions,
        checks={code: _check(check) for code, check in table.checks.items()},
    )


def build_vitals(table: VitalsTable) -> VitalSigns:
    """Return one set of vital signs."""
    return VitalSigns(
        day=table.day,
        sbp_mmhg=table.sbp,
        dbp_mmhg=table.dbp,
        heart_rate_bpm=table.heart_rate,
        spo2_percent=table.spo2,
        respiratory_rate=table.respiratory_rate,
        moment=table.moment,
    )


def build_course(table: CourseTable) -> Course:
    """Return the course: the doses of the protocol or of the file, boosters and therapy."""
    planned = () if table.protocol is None else protocol(table.protocol).sessions
    explicit = (*(table.sessions or ()), *table.boosters)
    own_therapy = () if table.protocol is None else protocol(table.protocol).therapy
    return Course(
        sessions=(*planned, *(s for entry in explicit for s in _sessions(entry))),
        therapy=(
            *own_therapy,
            *(
                TherapySession(day=day, duration_h=entry.duration, kind=entry.kind)
                for entry in table.therapy
                for day in days_of(entry)
            ),
        ),
        horizon_days=horizon_of(table),
        masking=table.masking,
        setting=table.setting,
        new_oral_antidepressant=table.new_oral_antidepressant,
        protocol=table.protocol or "",
    )


def build_scores(tables: list[ScoreTable]) -> tuple[Score, ...]:
    """Return the observed scores in the order of their days."""
    scores = (Score(day=t.day, scale=t.scale, total=t.total) for t in tables)
    return tuple(sorted(scores, key=lambda score: (score.day, score.scale)))


def build_treated(tables: list[TreatedTable], course: Course) -> tuple[Treated, ...]:
    """Return what became of the sessions, in the order of their days."""
    found = []
    for table in tables:
        planned = planned_at(course, table.day)
        dose = None
        if table.dose is not None:
            amount, unit = table.dose
            per_kg = unit.endswith("/kg")
            like = planned.dose if planned is not None else None
            drug = table.drug or (like.drug if like else "ketamine")
            route = table.route or (like.route if like else "iv_infusion")
            duration = table.duration
            if duration is None:
                duration = like.duration_h if like and like.route == route else 0.0
            dose = Dose(
                drug=drug, route=route, amount_mg=None if per_kg else amount,
                amount_mg_per_kg=amount if per_kg else None, duration_h=duration,
            )  # fmt: skip
        found.append(
            Treated(
                day=table.day, happened=table.happened, dose=dose, given_day=table.given_day,
                note=table.note,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.day))


def _sessions(table: SessionTable) -> tuple[DrugSession, ...]:
    amount, unit = table.dose
    per_kg = unit.endswith("/kg")
    dose = Dose(
        drug=table.drug,
        route=table.route,
        amount_mg=None if per_kg else amount,
        amount_mg_per_kg=amount if per_kg else None,
        duration_h=table.duration or 0.0,
    )
    return tuple(DrugSession(day=day, dose=dose, note=table.note) for day in days_of(table))


def _medication(table: MedicationTable) -> Medication:
    classes = classes_of(table.name) if table.classes is None else tuple(table.classes)
    return Medication(name=table.name, classes=classes)


def _check(table: CheckTable) -> Check:
    return Check(state=table.state, day=table.day, result=table.result)
