"""What a row of a table of side effects asks: a quantity, read from its name, of a course.

Names are those under which results are collected, such as ``SBP_peak_change_mean_mmHg`` or
``pct_CADSS_gt4``; case and signs between words do not matter.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ketacourse.errors import UnitError
from ketacourse.model.pk.routes import Drug, Route
from ketacourse.quantity import conversion_factor
from ketacourse.trials import replicate_regimen as regimen
from ketacourse.trials.replicate_cells import count_in
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError

Cells = Mapping[str, str]
Effect = Literal["sbp", "dbp", "hr", "cadss", "sedation", "nausea", "plasma"]
Form = Literal["peak", "at", "share", "time_of_peak", "onset", "return"]

ANY_CASE = re.IGNORECASE

HIGHEST = re.compile(r"peak|max|surge")
"""Words for the highest of what was read."""
LABEL_MG = 70.0
"""Nasal esketamine where no dose is stated: the middle of 56 and 84 mg (assumed)."""
LABEL_SESSIONS = 8
"""Sessions of the first four weeks of the nasal label."""
FIRST_WEEK_SESSIONS = 2
MOST_SESSIONS = 24
"""Sessions beyond which a course is not followed for its side effects."""
WIDEST_RANGE = 1.6
"""Highest over lowest dose of a range whose middle still stands for it."""
USUAL_INFUSION_MIN = 40.0

EFFECTS: tuple[tuple[str, Effect], ...] = (
    (r"plasma ?conc|plasma ?level", "plasma"),
    (r"cadss|dissociation", "cadss"),
    (r"moaa ?s?|sedation|sedated", "sedation"),
    (r"nausea", "nausea"),
    (r"\bdbp|diastolic", "dbp"),
    (r"\bsbp|systolic|\bbp\b|blood pressure|hypertens", "sbp"),
    (r"\bhr\b|heart rate|pulse", "hr"),
)
"""Pattern in the name of a quantity to the effect; the first that fits holds."""

WITHOUT_MODEL: tuple[tuple[str, str], ...] = (
    (r"^or |odds|hazard|^rr |cohen|\bd$|slope|correl|spearman|alpha|effect size|cadss ?6",
     "the model gives no such statistic"),
    (r"placebo(?! adj)", "no model of side effects on placebo"),
    (r"discharge", "readiness for discharge has no model"),
    (r"realworld|real world", "ascertainment in practice differs; the model has no such output"),
    (r"stop|discontinu|severe (?!hypert)|serious|loss of|respirat|desatur|hypox|spo2",
     "the model has no such output"),
    (r"response|remi(?:ss|tt)|relapse|suicid|efficacy", "an efficacy figure: see trials"),
    (r"\bae\b(?!.*nausea)|\bade\b|adr\b", "spontaneously reported events have no model"),
    (r"range|vs |duration|by time", "the model has no such output"),
)  # fmt: skip
"""Pattern to the reason why there is no prediction."""

LEVEL = re.compile(
    r"(sbp|systolic(?: bp)?|dbp|diastolic(?: bp)?) ?(rise|increase|change|elevation)? ?"
    r"(?:ge|gt|>=|\u2265|>|of|at least)? ?(\d{2,3})\b"
)
TWO_LEVELS = re.compile(r"\b(1\d\d|2\d\d) ?/? ?(\d{2,3})\b")
PER_SESSION = re.compile(
    r"(?:pct|percent|of|per)[ _](?:sessions?|infusions?|administrations?|treatments?|doses)\b"
)
CADSS_LEVEL = re.compile(r"cadss ?(?:total|score)? ?(gt|>|above|over|ge|>=|\u2265) ?(\d{1,2})\b")
DOSES_MG = re.compile(
    r"((?:\d+(?:\.\d+)?\s*(?:/|,|-|or|and|to)\s*)*\d+(?:\.\d+)?)\s*mg\b(?!\s*/)", ANY_CASE
)
AFTER_END = re.compile(r"(?:after|from|since) (?:the )?end of (?:the )?infusion", ANY_CASE)
COUNTED = re.compile(
    r"(\d[\d,]*)\s*(?:infusions|sessions|doses|administrations|treatments|injections)\b",
    ANY_CASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyCourse:
    """Sessions of one dose in one kind of people.

    Parameters
    ----------
    dose_unit
        ``mg`` or ``mg/kg``.
    sessions
        Number of sessions over which a patient is followed.
    population
        Name of the ready-made population.
    older
        Whether all are 65 years or older.
    """

    drug: Drug
    route: Route
    dose_unit: str
    amount: float
    duration_h: float
    sessions: int
    population: str
    older: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyQuery:
    """One quantity of a course.

    Parameters
    ----------
    levels
        What counts as an event, any one of them: ``sbp``, ``dbp`` (pressure), ``sbp_rise``,
        ``dbp_rise`` (mmHg, at least) or ``cadss`` (points, at least).
    highest
        Whether a pressure is the highest of several readings, not the true peak.
    spread
        Whether the standard deviation between patients is asked, not the mean.
    per_session
        Whether a share is of sessions, not of patients.
    time_min
        Time after the start of the dose (min).
    from_end
        Whether a time counts from the end of the dose.
    factor
        From the model's unit (mmHg, beats per minute, points, share, min, ng/mL) to that
        of the row.
    """

    course: SafetyCourse
    effect: Effect
    form: Form
    levels: tuple[tuple[str, float], ...] = ()
    highest: bool = False
    spread: bool = False
    per_session: bool = False
    time_min: float | None = None
    from_end: bool = False
    factor: float = 1.0
    n: int | None = None
    assumptions: tuple[str, ...] = ()


def safety_query(cells: Cells) -> SafetyQuery:
    """Return what a row asks.

    Raises
    ------
    RowFaultError, UnsupportedRowError
        If a cell cannot be read, or the model has no such output.
    """
    if cells.get("supported", "") == "no":
        raise UnsupportedRowError(cells.get("reason", "") or "the table says so")
    name = re.sub(r"[_\s]+", " ", cells["quantity"]).strip().lower()
    effect, form, levels = _asked(name, cells["unit"])
    n = count_in(cells, "n")
    time_min = _number(cells["time_min"])
    if form == "peak" and time_min is not None and not HIGHEST.search(name):
        form = "at"
    assumed: list[str] = []
    factor = _factor(effect, form, cells["unit"], n)
    return SafetyQuery(
        course=_course(cells, name, n, assumed),
        effect=effect,
        form=form,
        levels=levels,
        highest=form == "peak" and effect in ("sbp", "dbp") and bool(HIGHEST.search(name)),
        per_session=bool(PER_SESSION.search(f"{name} {cells['unit']}")),
        time_min=time_min,
        from_end=bool(AFTER_END.search(cells.get("notes", ""))),
        factor=factor,
        n=n,
        assumptions=tuple(assumed),
    )


def _asked(name: str, unit: str) -> tuple[Effect, Form, tuple[tuple[str, float], ...]]:
    if not name:
        raise RowFaultError("quantity", "the cell is empty")
    for pattern, why in WITHOUT_MODEL:
        if re.search(pattern, name):
            raise UnsupportedRowError(why)
    effect = next((e for pattern, e in EFFECTS if re.search(pattern, name)), None)
    if effect is None:
        raise UnsupportedRowError("the model has no such output")
    if _is_share(unit):
        return effect, "share", _levels(name, effect)
    if unit.lower() in ("min", "minutes", "minute", "h", "hours", "hour", "hr"):
        return effect, _time_form(name, effect), ()
    if effect in ("sedation", "nausea"):
        raise UnsupportedRowError(f"of {effect} the model gives shares and times only")
    return effect, "peak", ()


def _is_share(unit: str) -> bool:
    plain = unit.lower()
    return plain.startswith(("percent", "%", "pct")) or plain in ("patients", "share", "fraction")


def _levels(name: str, effect: Effect) -> tuple[tuple[str, float], ...]:
    """Return what counts as an event.

    Examples
    --------
    >>> _levels("pct rise sbp40 or dbp25 first 90min", "sbp")
    (('sbp_rise', 40.0), ('dbp_rise', 25.0))
    >>> _levels("pct cadss gt4", "cadss")
    (('cadss', 5.0),)
    """
    if effect in ("sedation", "nausea"):
        return ()
    if found := CADSS_LEVEL.search(name):
        more = found[1] in ("gt", ">", "above", "over")
        return (("cadss", float(found[2]) + (1.0 if more else 0.0)),)
    if effect == "cadss":
        raise UnsupportedRowError("spontaneously reported events have no model")
    if both := TWO_LEVELS.search(name):
        return (("sbp", float(both[1])), ("dbp", float(both[2])))
    levels = []
    for which, word, text in LEVEL.findall(name):
        kind, level = ("sbp" if which.startswith("s") else "dbp"), float(text)
        rise = bool(word) or level < (100.0 if kind == "sbp" else 60.0)
        levels.append((f"{kind}_rise" if rise else kind, level))
    if not levels and re.search(r"severe hypert|hypertensive (?:crisis|urgency)", name):
        return (("sbp", 180.0), ("dbp", 110.0))
    if not levels:
        raise UnsupportedRowError("the level that counts as an event is not stated")
    return tuple(levels)


def _time_form(name: str, effect: Effect) -> Form:
    if effect in ("nausea", "plasma"):
        raise UnsupportedRowError("the model has no such output")
    if re.search(r"onset", name):
        return "onset"
    if re.search(r"return|resol|back to|recover", name):
        return "return"
    if re.search(r"peak|max", name):
        return "time_of_peak"
    raise UnsupportedRowError("the model has no such output")


def _factor(effect: Effect, form: Form, unit: str, n: int | None) -> float:
    plain = unit.lower()
    if form == "share":
        if plain == "patients":
            if n is None:
                raise UnsupportedRowError("a count of patients needs the number treated")
            return float(n)
        return 1.0 if plain in ("share", "fraction") else 100.0
    if form in ("time_of_peak", "onset", "return"):
        return 1.0 / 60.0 if plain.startswith("h") else 1.0
    if effect == "plasma":
        try:
            return conversion_factor("ng/mL", unit)
        except UnitError:
            raise RowFaultError("unit", f"'{unit}' is no unit of concentration") from None
    wanted = {
        "sbp": ("mmhg", "mm hg"), "dbp": ("mmhg", "mm hg"), "hr": ("bpm", "beats", "1/min", "/min"),
        "cadss": ("point", "score"),
    }[effect]  # fmt: skip
    if not plain.startswith(wanted):
        raise UnsupportedRowError(f"'{unit}' is no unit of {effect}")
    return 1.0


def _number(text: str) -> float | None:
    """Return a number that stands alone, the middle of a narrow range, or None."""
    try:
        return float(text)
    except ValueError:
        pass
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:-|\u2013|to)\s*(\d+(?:\.\d+)?)", text)
    if found and 0.0 < float(found[1]) <= float(found[2]) <= WIDEST_RANGE * float(found[1]):
        return (float(found[1]) + float(found[2])) / 2.0
    return None


def _course(cells: Cells, name: str, n: int | None, assumed: list[str]) -> SafetyCourse:
    population, notes = cells["population"], cells.get("notes", "")
    regimen.refuse_others(population)
    route_text = cells["route"]
    if re.search(r"anaesthetic|anesthetic", f"{route_text} {population}", ANY_CASE):
        raise UnsupportedRowError("anaesthetic doses have no model of side effects")
    named = re.search(r"(?:es|ar)ketamine|[sr]-ketamine", f"{route_text} {population}", ANY_CASE)
    drug = regimen.drug_of(named[0]) if named else "ketamine"
    route = regimen.route_of(re.sub(r"(?:es|ar)?ketamine", "", route_text, flags=ANY_CASE).strip())
    nasal = drug == "esketamine" and route == "intranasal"
    unit, amount = _amount(cells, notes, nasal=nasal, assumed=assumed)
    minutes = _number(cells["infusion_min"])
    if route == "iv_infusion" and minutes is None:
        minutes = USUAL_INFUSION_MIN
        assumed.append("infusions of 40 min")
    return SafetyCourse(
        drug=drug,
        route=route,
        dose_unit=unit,
        amount=amount,
        duration_h=(minutes or 0.0) / 60.0,
        sessions=_sessions(f"{population}; {notes}", name, n, nasal=nasal),
        population=_population(population),
        older=bool(re.search(r"(?:>=|\u2265|over|aged)\s*65|elderly|older", population, ANY_CASE)),
    )


def _amount(cells: Cells, notes: str, *, nasal: bool, assumed: list[str]) -> tuple[str, float]:
    text = cells["dose_mg_per_kg"]
    if text:
        bound = re.fullmatch(r"(?:<=|\u2264|up to)\s*(\d+(?:\.\d+)?)", text)
        value = float(bound[1]) if bound else _number(text)
        if bound:
            assumed.append("the highest of the doses")
        if value is None:
            raise UnsupportedRowError(f"a range of doses ({text} mg/kg) pooled")
        if not value > 0.0:
            raise RowFaultError("dose_mg_per_kg", f"{text} is not above 0")
        return "mg/kg", value
    stated = DOSES_MG.search(f"{cells['route']}; {cells['population']}; {notes}")
    if stated:
        doses = [float(d) for d in re.findall(r"\d+(?:\.\d+)?", stated[1])]
        if len(doses) > 1:
            assumed.append("the mean of the doses")
        return "mg", sum(doses) / len(doses)
    if nasal:
        assumed.append(f"{LABEL_MG:g} mg of nasal esketamine, the middle of 56 and 84 mg")
        return "mg", LABEL_MG
    raise UnsupportedRowError("dose not stated")


def _sessions(text: str, name: str, n: int | None, *, nasal: bool) -> int:
    """Return over how many sessions a patient is followed."""
    if re.search(r"week ?1\b|first week", name):
        return FIRST_WEEK_SESSIONS
    if found := COUNTED.search(text):
        counted = int(found[1].replace(",", ""))
        each = counted / n if n is not None and counted > n else counted
        return max(1, min(round(each), MOST_SESSIONS))
    if re.search(r"long-term|maintenance|patient-years", text, ANY_CASE):
        return MOST_SESSIONS
    return LABEL_SESSIONS if nasal else 1


def _population(text: str) -> str:
    if re.search(r"healthy|volunteer", text, ANY_CASE):
        return "healthy_volunteers"
    if re.search(r"clinic\b|service|real[- ]world|outpatient", text, ANY_CASE):
        return "clinic"
    return "bipolar_trial" if re.search(r"^bipolar", text, ANY_CASE) else "trd_trial"
