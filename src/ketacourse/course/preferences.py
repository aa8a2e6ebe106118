"""What a course is worth to this patient: benefit against sessions and side effects.

Everything is counted in *symptom-free days*: a weight says how many of them one thing is worth,
or costs. The defaults are this project's own assumptions, shown with every decision and meant to
be replaced by what the patient and the team say.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ketacourse.errors import Fault, InputError, OutOfRangeError

LARGEST = 84.0
"""Largest weight (symptom-free days): the whole of the twelve weeks that are weighed."""

LABELS = {
    "symptom_free_day": "a day in remission",
    "part_day": "relief short of remission, in proportion: at its most",
    "session": "a drug session",
    "therapy_session": "a therapy session",
    "surge": "a session with a pressure surge",
    "dissociation": "a session with marked dissociation",
    "exposure": "drug equal to 0.5 mg/kg given intravenously",
    "indifference": "a difference that does not matter",
}
"""Name to what it weighs, in the order in which it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How much each thing counts (symptom-free days).

    Parameters
    ----------
    symptom_free_day
        What a day in remission is worth; the others are read against it.
    part_day
        How much relief short of remission counts: a day halfway from baseline to remission is
        worth half of this. 0 counts days in remission only.
    session, therapy_session
        What coming to a session costs: the day in the chair, the way home, the fee.
    surge
        What a session with a pressure surge costs beyond that.
    dissociation
        What a session with marked dissociation costs beyond that. Never below 0:
        dissociation is a side effect, not an aim.
    exposure
        What drug equal to one session of 0.5 mg/kg costs beyond the session itself.
    indifference
        Differences up to this size count as none (the region of practical equivalence).
    source
        Who stated the weights; empty for the defaults.
    """

    symptom_free_day: float = 1.0
    part_day: float = 1.0
    session: float = 3.0
    therapy_session: float = 0.25
    surge: float = 3.0
    dissociation: float = 0.5
    exposure: float = 0.1
    indifference: float = 2.0
    source: str = ""

    def __post_init__(self) -> None:
        for name in LABELS:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InputError(
                    f"preferences.{name} is {value!r}.", remedy="Give a number of days."
                )
            if not (math.isfinite(value) and 0.0 <= value <= LARGEST):
                raise OutOfRangeError(
                    f"preferences.{name} is {value:g} symptom-free days.",
                    remedy=f"Give 0 to {LARGEST:g}.{_why_not_negative(name)}",
                )
        if not self.symptom_free_day > 0.0:
            raise OutOfRangeError(
                "preferences.symptom_free_day is 0.", remedy="Benefit has to count for something."
            )
        if self.part_day > self.symptom_free_day:
            raise OutOfRangeError(
                f"preferences.part_day is {self.part_day:g}, more than a symptom-free day.",
                remedy=f"Give at most {self.symptom_free_day:g}.",
            )

    @property
    def changed(self) -> tuple[str, ...]:
        """Return the names of the weights that differ from the defaults."""
        default = Preferences()
        return tuple(n for n in LABELS if getattr(self, n) != getattr(default, n))

    @property
    def said_aloud(self) -> str:
        """Return in one sentence where the weights come from."""
        if not self.changed:
            return "All weights are defaults of this project (assumed), not this patient's."
        named = ", ".join(self.changed)
        rest = "" if len(self.changed) == len(LABELS) else "; the others are defaults (assumed)"
        return f"Stated{f' by {self.source}' if self.source else ''}: {named}{rest}."

    def lines(self) -> tuple[tuple[str, float, str], ...]:
        """Return each weight as what it weighs, its value and ``stated`` or ``assumed``."""
        changed = self.changed
        return tuple(
            (LABELS[n], float(getattr(self, n)), "stated" if n in changed else "assumed")
            for n in LABELS
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the weights with plain values, ready for JSON."""
        return {**asdict(self), "unit": "symptom-free days", "assumed": self._assumed()}

    def _assumed(self) -> list[str]:
        return [n for n in LABELS if n not in self.changed]


def _why_not_negative(name: str) -> str:
    return " Dissociation is never an aim." if name == "dissociation" else ""


def load_preferences(path: Path) -> Preferences:
    """Read preferences from a TOML file of the weights that differ from the defaults.

    Raises
    ------
    InputError
        If the file cannot be read, or a weight is unknown or impossible.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"The preferences '{path}' cannot be read: {error}.", remedy="Give a TOML file."
        ) from None
    return parse_preferences(content)


def parse_preferences(content: Mapping[str, Any]) -> Preferences:
    """Return the preferences of parsed TOML.

    Raises
    ------
    InputError
        On an unknown name or an impossible weight.
    """
    known = {f.name for f in fields(Preferences)}
    unknown = sorted(set(content) - known)
    if unknown:
        fault = Fault(
            path=f"preferences.{unknown[0]}", value=str(content[unknown[0]]),
            problem="There is no such weight.", remedy=f"Use {', '.join(LABELS)} or source.",
        )  # fmt: skip
        raise InputError(str(fault))
    if not isinstance(content.get("source", ""), str):
        raise InputError("preferences.source is not text.", remedy="Name who stated the weights.")
    return Preferences(**content)
