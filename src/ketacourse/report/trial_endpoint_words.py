"""Endpoints of a trial in words: what is counted, of whom, and which way is better."""

from ketacourse.therapy.scales import scale
from ketacourse.trials.design import ADVERSE, Endpoint
from ketacourse.trials.outcomes import DISSOCIATED_ABOVE, SURGE_RISE_MMHG, SURGE_SBP_MMHG

SAFETY_WORDS = {
    "sbp_rise": f"systolic pressure up by {SURGE_RISE_MMHG} mmHg or more",
    "sbp_peak": f"systolic pressure of {SURGE_SBP_MMHG} mmHg or more",
    "cadss": f"dissociation: CADSS above {DISSOCIATED_ABOVE}",
    "nausea": "nausea",
    "missed": "missed a session",
    "drop_out": "left the trial",
    "rescue": "received rescue doses",
}

_MISSING = {
    "observed": "who is not seen is left out",
    "failure": "who is not seen has failed",
    "last": "who is not seen keeps the last score",
}


def endpoint_words(endpoint: Endpoint) -> str:
    """Return what an endpoint counts, and of whom.

    Examples
    --------
    >>> endpoint_words(Endpoint(name="r", kind="response", day=7.0, missing="failure",
    ...                         test="proportions"))
    'MADRS lower by 50% or more on day 7; who is not seen has failed.'
    """
    text = _counted(endpoint)
    scored = endpoint.kind not in (*ADVERSE, "drop_out") and endpoint.measure != "survival"
    if scored:
        text += f"; {_MISSING[endpoint.missing]}"
    if endpoint.rescued == "failure" and scored:
        text += "; who needed rescue has failed"
    if endpoint.among == "rerandomised":
        text += "; among those dealt again"
    return f"{text[0].upper()}{text[1:]}."


def _counted(endpoint: Endpoint) -> str:
    label = scale(endpoint.scale).label
    day = "" if endpoint.day is None else f"day {endpoint.day:g}"
    start = f"day {endpoint.from_day or 0.0:g}"
    by = f"lower by {_fraction(endpoint):.0%} or more"
    words = {
        "change": f"change of the {label} from day 0 to {day} (points)",
        "percent_change": f"change of the {label} from day 0 to {day} (percent)",
        "response": f"{label} {by} on {day}",
        "remission": f"{label} of {_cut_off(endpoint):g} or less on {day}",
        "sustained_response": f"{label} {by} at every visit from {start} to {day}",
        "relapse_free": f"share of those who had responded on {start} without relapse by {day}",
        "time_to_relapse": f"days from {start} to relapse, of those who had responded by then",
        "pressure_surge": f"{SAFETY_WORDS['sbp_peak']}, or {SAFETY_WORDS['sbp_rise']}, "
        "in any session",
        "dissociation": f"{SAFETY_WORDS['cadss']}, in any session",
        "nausea": "nausea in any session",
        "drop_out": "left before the last visit",
    }
    return words[endpoint.kind]


def _fraction(endpoint: Endpoint) -> float:
    return endpoint.fraction or scale(endpoint.scale).response_fraction or 0.5


def _cut_off(endpoint: Endpoint) -> float:
    limit = scale(endpoint.scale).remission_max if endpoint.cut_off is None else endpoint.cut_off
    return float("nan") if limit is None else limit


def lower_is_better(endpoint: Endpoint) -> bool:
    """Return whether a negative difference favours the first side of a contrast."""
    if endpoint.measure == "continuous":
        return scale(endpoint.scale).higher_is_worse
    return endpoint.kind in (*ADVERSE, "drop_out")
