"""What a row of a table of trials asks: an arm, and a statistic of it.

Rows of one arm share one design; what a row does not say and was assumed is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ketacourse.errors import InputError
from ketacourse.evidence.observation import (
    CONTROLS,
    DIAGNOSES,
    DRUGS,
    EARLIER_COURSES,
    MASKINGS,
    OUTCOMES,
    ROUTES,
    SETTINGS,
)
from ketacourse.population.expectancy import Control
from ketacourse.therapy.course import Course, Masking
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession, TherapySession
from ketacourse.trials.replicate_carried import carried_words
from ketacourse.trials.replicate_cells import count_in, days_in, number_in, word_in
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError
from ketacourse.trials.replicate_regimen import checked_dose
from ketacourse.trials.replicate_response import highest_in_remission, stated_fall
from ketacourse.trials.replicate_scales import Instrument, instrument

Cells = Mapping[str, str]

USUAL_INFUSION_MIN = 40.0
LONGEST_PUSH_MIN = 15.0
THERAPY_H = 1.0
"""Length of a session of psychotherapy (h, assumed)."""
LONGEST_FOLLOW_UP_DAYS = 730.0
MEDIAN_FOLLOW_UP_DAYS = 365.0
"""Follow-up from which a median time to relapse is read (days after the last dose)."""

SHAM = Dose(drug="ketamine", route="iv_infusion", amount_mg_per_kg=0.5, duration_h=40.0 / 60.0)
"""Dose whose place a sham takes; its amount is multiplied by zero."""

CONTROL_OF: dict[str, Control] = {
    "saline_parallel": "saline",
    "saline_crossover": "saline",
    "active_placebo": "midazolam",
    "placebo_spray": "placebo_spray",
    "anaesthesia": "saline",
}
"""What a control arm that does not say received, by its masking (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmDesign:
    """How the patients of an arm were treated.

    Parameters
    ----------
    dose
        Dose of each session; None where a sham is given instead.
    control
        What is given instead of the drug, ``none`` in an arm with drug.
    baseline
        Mean and SD of the rated MADRS before treatment (points); None is the default of
        the population.
    age_mean
        Mean age (years); None is the default of the population.
    medicated
        Whether antidepressants were taken throughout; None where nobody says.
    resistant_percent
        Patients in whom at least two antidepressants had failed (percent); None is the default
        of the population.
    earlier_course
        What people had to have done in an earlier course to be taken in: ``responded``, or
        ``relapsed`` under further doses after a response; empty where nothing was asked.
    """

    diagnosis: str
    dose: Dose | None
    session_days: tuple[float, ...]
    masking: Masking
    control: Control
    new_oral_antidepressant: bool
    setting: str
    therapy_days: tuple[float, ...]
    baseline: tuple[float | None, float | None]
    age_mean: float | None = None
    medicated: bool | None = None
    resistant_percent: float | None = None
    earlier_course: str = ""

    def course(self, horizon_days: float) -> Course:
        """Return the course, sham sessions included."""
        dose = self.dose or SHAM
        latest = max((*self.session_days, *self.therapy_days), default=0.0)
        return Course(
            sessions=tuple(DrugSession(day=d, dose=dose) for d in self.session_days),
            therapy=tuple(TherapySession(day=d, duration_h=THERAPY_H) for d in self.therapy_days),
            horizon_days=max(horizon_days, latest, 1.0),
            masking=self.masking,
            setting="clinic" if self.setting == "clinic" else "trial",
            new_oral_antidepressant=self.new_oral_antidepressant,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRow:
    """One statistic of an arm.

    Parameters
    ----------
    time_days
        Days from the first dose; None only for the median time to relapse.
    baseline_mean
        Published mean before treatment, in points of the row's own scale.
    remaining
        Share of the baseline that a responder may keep.
    remission_max
        Highest total in remission.
    judged_day
        Day, from the first dose, on which responders were judged whose relapse is asked for;
        None is the day after the last dose of the acute phase, or of all.
    rated_days
        Days, from the first dose, of the ratings of which any one counts for a rate, as where
        people are treated until they remit or the time to response is told; empty where the
        rating on ``time_days`` alone counts.
    """

    scale: Instrument
    outcome: str
    time_days: float | None
    n: int | None
    baseline_mean: float | None
    remaining: float = 0.5
    remission_max: int | None = None
    judged_day: float | None = None
    rated_days: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialQuery:
    """The arm and the statistic of one row, and what was assumed."""

    design: ArmDesign
    row: ArmRow
    assumptions: tuple[str, ...] = ()


def trial_query(cells: Cells) -> TrialQuery:
    """Return what a row asks.

    Raises
    ------
    RowFaultError
        If a cell cannot be read, or two contradict each other.
    UnsupportedRowError
        If no output of the model corresponds to the row.
    """
    if cells.get("supported", "") == "no":
        raise UnsupportedRowError(cells.get("reason", "") or "the table says so")
    assumed: list[str] = []
    row = _row(cells, assumed)
    if row.baseline_mean is None and row.scale.kind == "linked":
        assumed.append("the baseline of the default population")
    dose = _dose(cells, assumed)
    masking, control = _masking(cells, dose, assumed)
    days = days_in(cells, "session_days")
    if days and days[0] != 0.0:
        raise RowFaultError("session_days", f"the first session is on day {days[0]:g}, not day 0")
    if not days and dose is not None:
        raise UnsupportedRowError("the days of the sessions are not stated")
    if dose is None and control == "none":
        raise UnsupportedRowError("what the arm received is not stated")
    design = ArmDesign(
        diagnosis=_diagnosis(cells),
        dose=dose,
        session_days=days,
        masking=masking,
        control=control,
        new_oral_antidepressant=_yes(cells, "new_oral_antidepressant"),
        setting=word_in(cells, "setting", SETTINGS, default="trial"),
        therapy_days=days_in(cells, "therapy_days"),
        baseline=_baseline(cells, row),
        age_mean=_age(cells),
        medicated=_medicated(cells),
        resistant_percent=number_in(cells, "resistant_percent", at_least=0.0, at_most=100.0),
        earlier_course=word_in(cells, "earlier_course", EARLIER_COURSES, default=""),
    )
    _check_days(design, row)
    if dose is None and design.earlier_course:
        raise UnsupportedRowError("the drug of the earlier course is not stated in a control arm")
    return TrialQuery(design=design, row=row, assumptions=tuple(assumed))


def _medicated(cells: Cells) -> bool | None:
    if not cells.get("background_medication", ""):
        return None
    return _yes(cells, "background_medication")


def _age(cells: Cells) -> float | None:
    age = number_in(cells, "age_mean", above=0.0)
    if age is not None and not AGES_YEARS[0] <= age <= AGES_YEARS[1]:
        raise UnsupportedRowError(
            f"the patients are {age:g} years old; the evidence is from adults of "
            f"{AGES_YEARS[0]:g} to {AGES_YEARS[1]:g}"
        )
    return age


AGES_YEARS = (18.0, 85.0)
"""Mean ages that the model speaks for (years)."""


def _row(cells: Cells, assumed: list[str]) -> ArmRow:
    found = instrument(cells["scale"])
    outcome = cells["outcome"].lower()
    if outcome not in OUTCOMES:
        raise UnsupportedRowError(f"the model does not give the outcome '{cells['outcome']}'")
    time = number_in(cells, "time_days", at_least=0.0)
    rated = _rated_days(cells, outcome, time, found)
    if rated and time is None:
        time = rated[-1]
    if time is None and outcome != "median_time_to_relapse_days":
        raise UnsupportedRowError("no fixed time is stated")
    if time is not None and time > LONGEST_FOLLOW_UP_DAYS:
        raise UnsupportedRowError("nothing is forecast beyond two years")
    mean = number_in(cells, "baseline_mean", above=0.0)
    if found.kind != "linked" and outcome in ("change", "score") and mean is None:
        raise UnsupportedRowError(
            f"only percent change carries over to '{found.name}', and its baseline is not stated"
        )
    if found.carried is not None:
        _check_carried(found, outcome, mean)
        assumed.append(carried_words(found.carried))
    notes = cells.get("notes", "")
    return ArmRow(
        scale=found,
        outcome=outcome,
        time_days=time,
        n=count_in(cells, "n"),
        baseline_mean=mean,
        remaining=_remaining(found, outcome, notes, assumed),
        remission_max=(
            highest_in_remission(notes, found, mean) if outcome == "remission_rate" else None
        ),
        judged_day=_judged_day(cells, outcome, time),
        rated_days=rated,
    )


def _judged_day(cells: Cells, outcome: str, time: float | None) -> float | None:
    """Return the day on which the responders of a row on relapse were judged, if it is stated."""
    day = number_in(cells, "judged_day", at_least=1.0, at_most=LONGEST_FOLLOW_UP_DAYS)
    if day is None or outcome not in ("relapse_free", "median_time_to_relapse_days"):
        return None
    if time is not None and day >= time:
        raise RowFaultError(
            "judged_day", f"responders of day {day:g} are asked for on day {time:g}"
        )
    return day


def _rated_days(
    cells: Cells, outcome: str, time: float | None, found: Instrument
) -> tuple[float, ...]:
    """Return the days of the ratings of which any one counts for a rate, if they are stated."""
    days = days_in(cells, "rated_days")
    if not days or outcome not in ("response_rate", "remission_rate"):
        return ()
    if found.carried is not None:
        raise UnsupportedRowError(f"single ratings on '{found.name}' are not known")
    if days[0] == 0.0:
        raise RowFaultError("rated_days", "nobody has responded before the first dose")
    if time is not None and days[-1] > time:
        raise RowFaultError("rated_days", f"day {days[-1]:g} is after day {time:g} of the rate")
    return days


def _check_carried(found: Instrument, outcome: str, mean: float | None) -> None:
    """Refuse what is not carried over, and a baseline beyond the scale."""
    if outcome in ("relapse_free", "median_time_to_relapse_days"):
        raise UnsupportedRowError(f"how long a response on '{found.name}' lasts is not known")
    if mean is not None and mean > found.maximum:
        raise RowFaultError(
            "baseline_mean", f"{mean:g} is above the {found.maximum:g} of the {found.name}"
        )


def _remaining(found: Instrument, outcome: str, notes: str, assumed: list[str]) -> float:
    """Return the share of the baseline that a responder may keep."""
    fall = stated_fall(notes)
    if fall is None:
        fall = found.usual_fall
        if outcome == "response_rate" and found.carried is not None:
            if fall is None:
                raise UnsupportedRowError(
                    f"'{found.name}' has no usual rule of response, and the notes state none"
                )
            assumed.append(f"response as a fall of {100.0 * fall:g}% on the {found.carried.label}")
    return 1.0 - (0.5 if fall is None else fall)


def _dose(cells: Cells, assumed: list[str]) -> Dose | None:
    drug = cells["drug"].lower()
    if not drug:
        raise RowFaultError("drug", "the cell is empty")
    if drug not in DRUGS:
        raise UnsupportedRowError(f"no model of the drug '{cells['drug']}'")
    per_kg = number_in(cells, "dose_mg_per_kg", at_least=0.0)
    whole = number_in(cells, "dose_mg", at_least=0.0)
    route = word_in(cells, "route", ROUTES, default="")
    minutes = number_in(cells, "duration_min", at_least=0.0)
    if drug == "none":
        return None
    if not route:
        raise UnsupportedRowError("the route is not stated, or two are pooled")
    if per_kg == 0.0 or whole == 0.0:
        raise RowFaultError("dose_mg", f"a dose of 0 of {drug}: an arm without drug is 'none'")
    checked_dose(per_kg, whole)
    if per_kg is None and whole is None:
        raise UnsupportedRowError("dose not stated")
    if route == "iv_infusion" and not minutes:
        minutes = USUAL_INFUSION_MIN
        assumed.append("infusions of 40 min")
    if route == "iv_bolus" and minutes and minutes > LONGEST_PUSH_MIN:
        route = "iv_infusion"
    try:
        return Dose(
            drug=drug,  # type: ignore[arg-type]  # one of the drugs, none excluded
            route=route,  # type: ignore[arg-type]  # one of the routes
            amount_mg=None if per_kg is not None else whole,
            amount_mg_per_kg=per_kg,
            duration_h=(minutes or 0.0) / 60.0,
        )
    except InputError as error:
        column = "duration_min" if "time" in error.problem else "dose_mg_per_kg"
        raise RowFaultError(column, error.problem) from None


def _masking(cells: Cells, dose: Dose | None, assumed: list[str]) -> tuple[Masking, Control]:
    masking: Masking = word_in(cells, "masking", MASKINGS, default="open")  # type: ignore[assignment]
    if not cells["masking"]:
        assumed.append("open treatment")
    control = word_in(cells, "control", CONTROLS, default="")
    if dose is not None:  # a column that names the comparator changes nothing here
        return masking, "none"
    if control:
        return masking, control  # type: ignore[return-value]  # one of the controls
    if masking in CONTROL_OF:
        assumed.append(f"{CONTROL_OF[masking]} as the control")
        return masking, CONTROL_OF[masking]
    return masking, "none"


def _diagnosis(cells: Cells) -> str:
    text = cells["diagnosis"].lower()
    if not text:
        raise RowFaultError("diagnosis", "the cell is empty")
    if text not in DIAGNOSES:
        raise UnsupportedRowError(f"no population with the diagnosis '{cells['diagnosis']}'")
    return text


def _yes(cells: Cells, column: str) -> bool:
    return word_in(cells, column, ("yes", "no"), default="no") == "yes"


def _baseline(cells: Cells, row: ArmRow) -> tuple[float | None, float | None]:
    sd = number_in(cells, "baseline_sd", above=0.0)
    if sd is not None and row.scale.kind in ("linked", "carried") and sd > row.scale.maximum / 2.0:
        raise RowFaultError(
            "baseline_sd", f"totals of 0 to {row.scale.maximum:g} cannot spread by {sd:g}"
        )
    if row.baseline_mean is None or row.scale.kind != "linked":
        return None, None
    try:
        mean, spread = row.scale.madrs_of(row.baseline_mean, sd)
    except InputError as error:
        raise RowFaultError("baseline_mean", error.problem) from None
    return round(mean, 6), None if spread is None else round(spread, 6)


def _check_days(design: ArmDesign, row: ArmRow) -> None:
    latest = max((*design.session_days, *design.therapy_days), default=0.0)
    if latest > LONGEST_FOLLOW_UP_DAYS:
        raise UnsupportedRowError("nothing is forecast beyond two years")
    if row.judged_day is not None and row.judged_day >= latest + MEDIAN_FOLLOW_UP_DAYS:
        raise RowFaultError(
            "judged_day", f"{row.judged_day:g} is more than a year after the last dose"
        )
    rated_first = row.outcome == "relapse_free" and row.time_days is not None
    if rated_first and row.time_days <= 1.0:  # type: ignore[operator]  # not None, as said above
        raise UnsupportedRowError("a relapse needs a response first, judged a day after the dose")
