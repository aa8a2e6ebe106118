"""Whether one value keeps one requirement. Everything that is not clearly kept is broken."""

from collections.abc import Callable

from ketacourse.evidence.rule import Must, Requirement
from ketacourse.guardrails.patient_facts import NOT_TAKEN

TOLERANCE = 1e-9
"""Relative slack on a limit, so that 0.5 mg/kg over 30 min counts as 1 mg/kg/h."""


_KEEPS: dict[Must, Callable[[float, float, float], bool]] = {
    "at_most": lambda value, _low, high: value <= high,
    "below": lambda value, low, _high: value < low,
    "at_least": lambda value, low, _high: value >= low,
    "above": lambda value, _low, high: value > high,
    "between": lambda value, low, high: low <= value <= high,
    "outside": lambda value, low, high: value < low or value > high,
}
"""Comparison to whether a value keeps it; the two limits already hold the slack."""


def is_kept(requirement: Requirement, value: float | str) -> bool:
    """Return whether a value keeps a requirement.

    Comparisons ask whether the limit is kept, never whether it is broken: a value that is
    not a number, or a word where a number is needed, keeps nothing.

    Parameters
    ----------
    requirement
        What must hold.
    value
        A number in the unit of the requirement, or a word.

    Examples
    --------
    >>> limit = Requirement(field="f", must="at_most", value=140.0, unit="mmHg")
    >>> is_kept(limit, 140.0), is_kept(limit, 141.0), is_kept(limit, float("nan"))
    (True, False, False)
    """
    if isinstance(value, str):
        return _word_is_kept(requirement, value)
    return _number_is_kept(requirement, value)


def _word_is_kept(requirement: Requirement, value: str) -> bool:
    said = value.strip().casefold()
    match requirement.must:
        case "absent" | "done":
            return said == requirement.must
        case "not_taken":
            return said == NOT_TAKEN
        case "one_of":
            return said in {v.casefold() for v in requirement.values if isinstance(v, str)}
        case _:
            return False


def _number_is_kept(requirement: Requirement, value: float) -> bool:
    if requirement.must == "one_of":
        return any(
            abs(value - v) <= _slack(v) for v in requirement.values if not isinstance(v, str)
        )
    keeps = _KEEPS.get(requirement.must)
    if keeps is None or requirement.value is None:
        return False
    upper = requirement.value if requirement.upper is None else requirement.upper
    return keeps(value, requirement.value - _slack(requirement.value), upper + _slack(upper))


def _slack(limit: float) -> float:
    return TOLERANCE * max(1.0, abs(limit))
