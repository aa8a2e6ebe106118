"""Names and numbers of a validation, in words."""

from ketacourse.course.validation import Validation
from ketacourse.course.validation_rows import TestRow
from ketacourse.report.chart import Tone
from ketacourse.report.shown import number

UNIT = {"points": "points", "rate": "%", "days": "days"}
OUTCOME_TONE: dict[str, Tone] = {
    "response_rate": "blue", "remission_rate": "orange", "relapse_free": "purple",
    "score": "blue", "change": "orange", "percent_change": "purple",
}  # fmt: skip

LABELS = {
    "scores": "scores: error over mean of others",
    "scores_two_exponentials": "scores: error over two exponentials",
    "rates": "response, remission: mean error",
    "coverage": "published values inside 90% intervals",
    "concentrations_twofold": "concentrations within two-fold",
    "concentrations_ratio": "concentrations: furthest mean ratio",
    "pressure": "peak systolic rise, 0.5 mg/kg",
    "pressure_tail": "patients with a rise of 40 mmHg",
    "cadss": "peak dissociation, 0.5 mg/kg",
    "cadss_present": "patients with CADSS above 4",
    "onset": "advantage at 2 h",
    "fall_at_24h": "fall at 24 h, ketamine",
    "response_at_24h": "response at 24 h",
    "remission_at_24h": "remission at 24 h",
    "spread_at_24h": "spread of scores at 24 h",
    "advantage_at_day_7": "advantage, day 7 over 24 h",
    "advantage_at_day_14": "advantage, day 14 over 24 h",
    "control_crossover": "control: saline crossover, 24 h",
    "control_spray": "control: placebo spray, 24 h",
    "control_midazolam": "control: midazolam, 24 h",
    "control_anaesthesia": "control: under anaesthesia, 24 h",
    "six_doses": "response after six doses",
    "early_response": "of it present after dose three",
    "clinic": "response in a clinic",
    "plateau": "advantage, 1.0 over 0.5 mg/kg",
    "dose_and_duration": "day 7 over 24 h, high over low dose",
    "relapse_single": "days to relapse, one dose",
    "relapse_six": "median days to relapse, six doses",
    "relapse_tail": "still well on day 83",
    "drift": "change in twelve weeks, untreated",
}
"""Margins in a few words, for figures; the table has the whole text."""


def plain(text: str) -> str:
    """Return a key of the data as words.

    Examples
    --------
    >>> plain("iv_infusion")
    'iv infusion'
    """
    return text.replace("_", " ")


def arm_words(row: TestRow) -> str:
    """Return what the arm of a row got, and when it was rated."""
    given = f"{row.drug} {row.dose} {plain(row.route)}" if row.control == "drug" else row.control
    times = f", {row.sessions} sessions" if row.sessions > 1 else ""
    by = "by " if row.reached else ""
    day = "" if row.time_days is None else f", {by}{time_words(row.time_days)}"
    return f"{plain(given)}{times}{day}"


def time_words(days: float) -> str:
    """Return a time from the first dose in words.

    Examples
    --------
    >>> time_words(0.0833), time_words(7.0)
    ('2 h', 'day 7')
    """
    return f"{24 * days:.3g} h" if days < 1.0 else f"day {days:g}"


def value_words(row: TestRow, value: float) -> str:
    """Return a value in the unit of its row."""
    if row.kind == "rate":
        return f"{number(value, unit='%')}%"
    return f"{number(value)} {UNIT[row.kind]}"


def margin_words(found: Validation) -> str:
    """Return how many margins are met, in a sentence."""
    total = len(found.verdicts)
    text = f"{found.count('met')} of {total} figures meet the margin that was fixed beforehand"
    missed, none = found.count("missed"), found.count("not_supported")
    text += f", {missed} miss it" if missed else ""
    return text + (f", {none} could not be computed." if none else ".")


def interval_words() -> str:
    """Return what the intervals of held-out rows contain."""
    return (
        "90% intervals contain: uncertainty of the parameters (a fit without the study), the "
        "mechanism variants by weight, differences between studies, and the sampling of the "
        "published number of patients with its measurement error"
    )
