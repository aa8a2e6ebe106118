"""Trials as they are collected, with schedule and control in words, put into the schema.

Only what the words say is used; a schedule that is not fixed, or not understood, is
refused. What is filled in is named among the assumptions.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ketacourse.trials import replicate_regimen as regimen
from ketacourse.trials.replicate_cells import number_in
from ketacourse.trials.replicate_prediction import UnsupportedRowError
from ketacourse.trials.replicate_safety_rows import LABEL_MG
from ketacourse.trials.replicate_trial_rows import TrialQuery, trial_query

Cells = Mapping[str, str]

DIAGNOSES: tuple[tuple[str, str], ...] = (
    (r"bipolar|^bd", "bipolar_depression"), (r"trd|resistant|refractory", "trd"),
    (r"mdd|major dep|unipolar|mixed|depress", "mdd"), (r"ptsd", "ptsd"),
    (r"social|^sad$", "social_anxiety"), (r"gad|general\w* anx", "gad"),
    (r"ocd|obsess", "ocd"),
)  # fmt: skip
CONTROLS: tuple[tuple[str, tuple[str, str]], ...] = (
    (r"midazolam|lorazepam|remifentanil|fentanyl|diphenhydramine", ("midazolam", "active_placebo")),
    (r"spray", ("placebo_spray", "placebo_spray")),
    (r"saline|placebo|tablet|sham", ("saline", "saline_parallel")),
)
"""What an arm got instead of the drug, with the masking it stands for."""
WEEK: Mapping[int, tuple[float, ...]] = {
    1: (0.0,), 2: (0.0, 3.0), 3: (0.0, 2.0, 4.0), 4: (0.0, 1.0, 3.0, 5.0),
    5: (0.0, 1.0, 2.0, 3.0, 4.0), 6: (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), 7: tuple(map(float, range(7))),
}  # fmt: skip
"""Days of the sessions of one week by their number (assumed)."""
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "ten": 10, "twelve": 12, "once": 1, "twice": 2, "thrice": 3,
}  # fmt: skip
WEEKLY_FOR_DAYS = 28.0
"""Days of weekly sessions in a maintenance phase that is not laid down (assumed)."""


OTHER_LAYOUT = ("resistant_percent", "earlier_course", "judged_day", "rated_days")
"""Columns of the layout without words that this one does not have: here they mean nothing."""


def published_trial_query(cells: Cells) -> TrialQuery:
    """Return what a row of a collected table asks; see `trial_query`."""
    if cells.get("supported", "") == "no":
        raise UnsupportedRowError(cells.get("reason", "") or "the table says so")
    assumed: list[str] = []
    text = f"{cells['schedule']}; {cells['concomitant_therapy']}".lower()
    drug, control, masking = _given(cells["drug"].lower(), text)
    _refuse_changes(control, text, cells.get("notes", "").lower())
    time_days = _time_days(cells)
    schema = {
        **{column: text for column, text in cells.items() if column not in OTHER_LAYOUT},
        "diagnosis": _diagnosis(cells["population"], assumed),
        "drug": drug,
        "control": control,
        "masking": masking,
        "route": _route(cells["route"], drug),
        "duration_min": cells["infusion_min"],
        "session_days": ";".join(f"{d:g}" for d in session_days(cells["schedule"], time_days)),
        "new_oral_antidepressant": "yes" if re.search(r"\bnew(?:ly)?\b", text) else "no",
        "setting": _setting(cells),
        "therapy_days": ";".join(f"{d:g}" for d in _therapy_days(text)),
        "time_days": "" if time_days is None else f"{time_days:g}",
        "age_mean": _age(cells, text, assumed),
        "background_medication": _medicated(text),
        **_dose(cells, drug, assumed),
    }
    query = trial_query(schema)
    return replace(query, assumptions=(*query.assumptions, *assumed))


def _medicated(text: str) -> str:
    """Return whether patients took antidepressants throughout: yes, no, or nothing said.

    Examples
    --------
    >>> _medicated("antidepressant washout"), _medicated("stable antidepressant"), _medicated("")
    ('no', 'yes', '')
    """
    if re.search(r"drug[- ]free|wash(?:ed)?[- ]?out|unmedicated|no (?:other )?medication", text):
        return "no"
    usual = (
        r"\b(?:stable|usual|oral antidepressant|add-on|adjunctive|lithium|medicated|continued)\b"
    )
    return "yes" if re.search(usual, text) else ""


def _age(cells: Cells, text: str, assumed: list[str]) -> str:
    """Return the mean age: as stated, or what stands for those above an age."""
    if cells.get("mean_age", "").strip():
        return cells["mean_age"].strip()
    if re.search(r"age\s*(?:>=?|\u2265|of|over|above)\s*6[05]|elderly|older adults", text):
        assumed.append(f"a mean age of {OLD_YEARS} years")
        return str(OLD_YEARS)
    return ""


OLD_YEARS = 70
"""Mean age of patients of whom only a least age is stated (years, assumed)."""


def _given(drug: str, text: str) -> tuple[str, str, str]:
    """Return drug, control and masking of an arm."""
    asleep = "anaesthesia" if re.search(r"an(?:a)?esthesia", text) else ""
    for pattern, (control, usual) in CONTROLS:
        if re.search(pattern, drug):
            crossed = usual == "saline_parallel" and "crossover" in text
            return "none", control, asleep or ("saline_crossover" if crossed else usual)
    if drug in ("ect", "electroconvulsive therapy"):
        raise UnsupportedRowError("electroconvulsive therapy is not a drug course")
    return str(regimen.drug_of(drug)), "", asleep or "open"


def _refuse_changes(control: str, text: str, notes: str) -> None:
    """Refuse arms whose treatment changes on the way, and groups made by their outcome."""
    if control and re.search(r"withdrawal|then randomised|open esketamine|\(responders\)", text):
        raise UnsupportedRowError("the treatment changes within the course")
    if re.search(r"growth[- ]mixture|latent class", notes):
        raise UnsupportedRowError("mean of a latent class, not of an arm")


def _diagnosis(text: str, assumed: list[str]) -> str:
    for pattern, name in DIAGNOSES:
        if re.search(pattern, text.strip().lower()):
            if text.strip().lower() == "mixed":
                assumed.append("a mixed sample counts as unipolar depression")
            return name
    raise UnsupportedRowError(f"no population '{text}'")


def _route(text: str, drug: str) -> str:
    try:
        return str(regimen.route_of(text))
    except UnsupportedRowError:
        if drug == "none":
            return ""
        raise


def _setting(cells: Cells) -> str:
    """Return the setting: a clinic where a mixed sample is treated as usual, or says so."""
    said = f"{cells['population']}; {cells.get('citation', '')}; {cells.get('notes', '')}".lower()
    usual = re.match(r"usual\s*(?:$|\()", cells["concomitant_therapy"].strip().lower())
    mixed = cells["population"].strip().lower() == "mixed" and usual
    real = re.search(r"real[- ]world|retrospective|chart review|community clinic", said)
    return "clinic" if mixed or real else "trial"


def _dose(cells: Cells, drug: str, assumed: list[str]) -> dict[str, str]:
    if drug == "none":  # what stands there is the dose of the control
        return {"dose_mg_per_kg": "", "dose_mg": ""}
    stated = any(number_in(cells, c) is not None for c in ("dose_mg_per_kg", "dose_mg"))
    if not stated and drug == "esketamine" and _route(cells["route"], drug) == "intranasal":
        assumed.append(f"{LABEL_MG:g} mg of nasal esketamine, the middle of 56 and 84 mg")
        return {"dose_mg": f"{LABEL_MG:g}"}
    return {}


def _time_days(cells: Cells) -> float | None:
    days = number_in(cells, "time_days", at_least=0.0)
    if days is not None:
        return days
    hours = number_in(cells, "time_h", at_least=0.0)
    return None if hours is None else hours / 24.0


def session_days(schedule: str, until_days: float | None) -> tuple[float, ...]:
    """Return the days of the sessions that a schedule states.

    Parameters
    ----------
    schedule
        In words, such as ``3/week x 2 wk (6)``.
    until_days
        Day of the outcome, to which a maintenance phase is continued.

    Examples
    --------
    >>> session_days("2/week x 2 wk (4)", 14.0)
    (0.0, 3.0, 7.0, 10.0)
    >>> session_days("2 infusions, 0 and 24 h", 3.0), session_days("single (crossover)", 1.0)
    ((0.0, 1.0), (0.0,))
    """
    plain = schedule.strip().lower()
    for word, number in NUMBERS.items():
        plain = re.sub(rf"\b{word}\b", str(number), plain)
    if re.search(r"variable|ascending|median|every 2-3|escalat", plain):
        raise UnsupportedRowError("the schedule is not fixed")
    if re.match(r"single|1 (?:infusion|dose|session|injection)\b", plain):
        return (0.0,)
    if re.search(r"0 and 24 h", plain):
        return (0.0, 1.0)
    if found := re.search(r"daily (?:x|for) (\d+)", plain):
        return tuple(float(d) for d in range(int(found[1])))
    if found := re.search(r"(\d+)[- ]?(?:wk|weeks?) open", plain):
        return _until(_repeated(2, weeks=4), int(found[1]) * 7.0 - 7.0, fortnightly=False)
    return _regular(plain, until_days)


def _regular(plain: str, until_days: float | None) -> tuple[float, ...]:
    """Return the days of a schedule of so many sessions a week."""
    weekly = re.search(r"(\d)\s*(?:/|x? ?per |x? a |times (?:a|per) )\s*(?:week|wk)", plain)
    each = int(weekly[1]) if weekly else 1 if re.search(r"\bweekly\b", plain) else 2
    weeks = re.search(r"(?:x|for|over)\s*(\d+)\s*(?:wk|weeks?)", plain)
    total = re.search(
        r"\((\d+)\)|up to (\d+)|(\d+)(?:-(\d+))?\s*(?:infusions|sessions|doses|injections)", plain
    )
    if each not in WEEK or (weeks is None and total is None):
        raise UnsupportedRowError(f"the schedule '{plain}' is not understood")
    days = _repeated(each, weeks=int(weeks[1]) if weeks else 60)
    if total:
        low = float(total[1] or total[2] or total[3])
        middle = (low + float(total[4])) / 2.0 if total[4] else low
        days = days[: math.ceil(middle)]
    if re.search(r"maintenance", plain) and until_days is not None:
        days = _until(days, until_days, fortnightly=True)
    return days


def _repeated(each: int, *, weeks: int) -> tuple[float, ...]:
    return tuple(7.0 * week + day for week in range(weeks) for day in WEEK[each])


def _until(days: tuple[float, ...], until: float, *, fortnightly: bool) -> tuple[float, ...]:
    """Return the days continued weekly, and later every other week, to a day."""
    found = list(days)
    change = 7.0 * math.ceil((days[-1] + 1.0) / 7.0) + WEEKLY_FOR_DAYS
    while True:
        step = 14.0 if fortnightly and found[-1] >= change - 7.0 else 7.0
        following = 7.0 * math.floor(found[-1] / 7.0) + step
        if following > until:
            return tuple(found)
        found.append(following)


def _therapy_days(text: str) -> tuple[float, ...]:
    """Return days of psychotherapy, evenly over the time stated."""
    found = re.search(
        r"(?:cbt|psychotherapy|behaviou?ral therapy|therapy)[^;]*?(\d+)\s*sessions?\s*over\s*"
        r"(\d+)\s*(?:wk|weeks?)",
        text,
    )
    if not found or re.search(r"before cbt", text):
        return ()
    return tuple(np.linspace(1.0, 7.0 * int(found[2]), int(found[1])).round(2).tolist())
