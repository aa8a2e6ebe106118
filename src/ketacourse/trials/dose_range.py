"""Doses outside the range that the evidence on mood covers.

The limits are those of the rule book, the same that guard the course of one patient: mood is
predicted from 0.1 to 1.0 mg/kg intravenous equivalent, and for nasal esketamine within the
doses of its label; nothing is simulated above 2 mg/kg.
"""

from collections.abc import Iterator, Sequence

from ketacourse.errors import Fault
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.rules import load_rules
from ketacourse.population.batch import REFERENCE_WEIGHT_KG
from ketacourse.population.equivalents import iv_equivalents
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession

SLACK = 1e-6
MOOD, HIGHEST, NASAL = "EXT-001", "EXT-002", "EXT-003"


def dose_range_faults(
    doses: Sequence[tuple[str, Dose]], *, research: bool, catalogue: Catalogue
) -> Iterator[Fault]:
    """Yield the doses outside the evidence, each with its place in the file.

    Parameters
    ----------
    doses
        Place in the file, and dose.
    research
        Whether mood may be extrapolated.
    """
    if not doses:
        return
    course = Course(
        sessions=tuple(DrugSession(day=float(i), dose=d) for i, (_, d) in enumerate(doses)),
        horizon_days=float(len(doses)) + 1.0,
    )
    values = iv_equivalents(course, weight_kg=REFERENCE_WEIGHT_KG, catalogue=catalogue)
    highest = _limits(HIGHEST)[0]
    for (place, dose), value in zip(doses, values, strict=True):
        equal = f"equals {value:.2g} mg/kg intravenous ketamine"
        if not value <= highest + SLACK:
            yield Fault(
                path=place,
                value=dose.label,
                problem=f"This dose {equal}, above {highest:g} mg/kg.",
                remedy="Nothing is simulated there; lower the dose.",
            )
        elif not research:
            yield from _mood_faults(place, dose, float(value), equal)


def _mood_faults(place: str, dose: Dose, value: float, equal: str) -> Iterator[Fault]:
    nasal = dose.drug == "esketamine" and dose.route == "intranasal"
    low, high = _limits(NASAL if nasal else MOOD)
    shown, unit = (value, "mg/kg") if not nasal else (dose.total_mg(REFERENCE_WEIGHT_KG), "mg")
    if not low - SLACK <= shown <= high + SLACK:
        said = f"is {shown:g} mg" if nasal else equal
        yield Fault(
            path=place,
            value=dose.label,
            problem=f"This dose {said}, outside the {low:g} to {high:g} {unit} at which mood "
            "was studied.",
            remedy="Choose a dose inside, or set research = true: every result will say so.",
        )


def _limits(code: str) -> tuple[float, float]:
    (requirement,) = load_rules().rule(code).require
    assert requirement.value is not None  # a numeric rule always has its limit
    upper = requirement.value if requirement.upper is None else requirement.upper
    return requirement.value, upper
