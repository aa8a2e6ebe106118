"""Numbers, times, people and plans in words, with digits a reader can use."""

from itertools import groupby

from ketacourse.therapy.case import Case
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import ROUTE_LABELS
from ketacourse.therapy.patient import DIAGNOSIS_LABELS, Patient
from ketacourse.therapy.scales import load_scales

MASKING_WORDS = {
    "open": "patient and team know what is given",
    "saline_parallel": "compared with saline, parallel groups",
    "saline_crossover": "compared with saline, crossover",
    "active_placebo": "compared with an active placebo",
    "placebo_spray": "compared with a placebo spray",
    "anaesthesia": "masked under anaesthesia",
}


def plain(value: float, digits: int) -> str:
    """Return a value with so many significant digits, whole from a thousand on.

    Examples
    --------
    >>> plain(1234.5, 3), plain(0.1, 3), plain(2.0e-7, 3), plain(0.0, 3)
    ('1234', '0.1', '2e-07', '0')
    """
    if value == 0.0:
        return "0"
    if 10.0**digits <= abs(value) < 1e7:
        return f"{value:.0f}"
    return f"{value:.{digits}g}"


def duration(hours: float) -> str:
    """Return a stretch of time in the unit people use for its length.

    Examples
    --------
    >>> duration(0.6667), duration(5.2), duration(100.0), duration(1.5)
    ('40 min', '5.2 h', '4.2 days', '90 min')
    """
    if hours < 1.0 / 60.0:
        return f"{hours * 3600.0:.0f} s"
    if hours < 2.0:
        return f"{hours * 60.0:.0f} min"
    if hours < 48.0:
        return f"{plain(hours, 2)} h"
    return f"{plain(hours / 24.0, 2 if hours < 2400.0 else 3)} days"


def listing(items: list[str]) -> str:
    """Return items as a list in a sentence.

    Examples
    --------
    >>> listing(["a"]), listing(["a", "b"]), listing(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def day_list(days: tuple[float, ...]) -> str:
    """Return days in a sentence, a long regular run in short.

    Examples
    --------
    >>> day_list((0.0,)), day_list((0.0, 3.0)), day_list((0.0, 7.0, 14.0, 21.0, 28.0, 35.0, 42.0))
    ('on day 0', 'on days 0 and 3', 'every 7 days from day 0 to day 42')
    """
    gaps = {round(b - a, 6) for a, b in zip(days, days[1:], strict=False)}
    if len(days) > 6 and len(gaps) == 1:
        return f"every {gaps.pop():g} days from day {days[0]:g} to day {days[-1]:g}"
    noun = "day" if len(days) == 1 else "days"
    return f"on {noun} {listing([f'{day:g}' for day in days])}"


def plan_lines(course: Course, weight_kg: float) -> tuple[str, ...]:
    """Return the plan in sentences: drug, therapy, circumstances."""
    lines = []
    for dose, group in groupby(course.sessions, key=lambda session: session.dose):
        days = tuple(session.day for session in group)
        amount = dose.total_mg(weight_kg)
        each = " each" if len(days) > 1 else ""
        whole = f" ({plain(amount, 3)} mg{each})" if dose.amount_mg is None else ""
        over = f" over {duration(dose.duration_h)}" if dose.duration_h > 0.0 else ""
        given = (
            f"{dose.amount_mg:g} mg" if dose.amount_mg is not None
            else f"{dose.amount_mg_per_kg:g} mg/kg"
        )  # fmt: skip
        times = f"{len(days)} × " if len(days) > 1 else ""
        route = ROUTE_LABELS[dose.route]
        lines.append(f"{times}{given} {dose.drug}{whole}, {route}{over}, {day_list(days)}.")
    if not lines:
        lines.append("No drug is planned.")
    for (kind, hours), meetings in groupby(course.therapy, key=lambda t: (t.kind, t.duration_h)):
        days = tuple(session.day for session in meetings)
        name = kind.upper() if len(kind) <= 4 else kind
        noun = "session" if len(days) == 1 else "sessions"
        lines.append(f"{len(days)} {name} {noun} of {duration(hours)}, {day_list(days)}.")
    if course.new_oral_antidepressant:
        lines.append("A new oral antidepressant is started with the course.")
    where = "in a clinic" if course.setting == "clinic" else "in a trial"
    lines.append(
        f"Given {where}; {MASKING_WORDS[course.masking]}; followed for "
        f"{course.horizon_days:g} days."
    )
    return tuple(lines)


def patient_lines(case: Case) -> tuple[str, ...]:
    """Return who the patient is, in short sentences without identifying detail."""
    patient = case.patient
    lines = [_person(patient), _baseline(case)]
    inflammation = []
    if patient.crp_mg_per_l is not None:
        inflammation.append(f"CRP {plain(patient.crp_mg_per_l, 2)} mg/L")
    if patient.il6_pg_per_ml is not None:
        inflammation.append(f"IL-6 {plain(patient.il6_pg_per_ml, 2)} pg/mL")
    if inflammation:
        lines.append(f"{listing(inflammation)}.")
    ancestry = patient.ancestry.replace("_", " ").title().replace("Unknown", "unknown")
    genotype = (
        f"unknown, averaged over allele frequencies ({ancestry} ancestry)"
        if patient.bdnf_genotype == "unknown"
        else patient.bdnf_genotype.title()
    )
    lines.append(f"BDNF Val66Met genotype {genotype}.")
    if patient.medications:
        lines.append(f"Takes {listing([m.name for m in patient.medications])}.")
    return tuple(line for line in lines if line)


def _person(patient: Patient) -> str:
    sex = {"female": "Woman", "male": "Man"}[patient.sex]
    failed = ""
    if patient.failed_antidepressants is not None:
        count = patient.failed_antidepressants
        noun = "antidepressant" if count == 1 else "antidepressants"
        failed = f"; {count} {noun} without response in this episode"
    return (
        f"{sex}, {patient.age_years:g} years, {patient.weight_kg:g} kg; "
        f"{DIAGNOSIS_LABELS[patient.diagnosis]}{failed}."
    )


def _baseline(case: Case) -> str:
    known = load_scales()
    parts = []
    for key, total in case.baseline.items():
        if key not in known:
            continue
        band = known[key].band(total)
        severity = f" ({band.label})" if band else ""
        parts.append(f"{known[key].label} {total:g}{severity}")
    return f"Before the course: {listing(parts)}." if parts else ""
