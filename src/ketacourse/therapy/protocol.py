"""Named courses of treatment, as published or as stated to be assumed.

Protocols are data (``evidence/protocols.toml``). A case may extend one by further
sessions and by psychotherapy.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from ketacourse.errors import EvidenceError, InputError
from ketacourse.evidence.catalogue import GRADES, Grade
from ketacourse.therapy import quantities
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession, TherapySession


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Raise the dose one step when the last dose did not bring enough improvement.

    A plan without observed scores cannot follow the rule: it stays on the first step,
    and whoever shows it must say so (``said_aloud``).

    Parameters
    ----------
    steps_mg_per_kg
        Doses in order (mg/kg); the first is where the course starts.
    scale
        Scale that decides.
    improvement_below
        Fall from baseline (fraction) under which the next dose is one step higher.
    judged_after_sessions
        Number of sessions at one step before it is judged.
    said_aloud
        What to tell the reader of a plan that shows the first step only.
    """

    steps_mg_per_kg: tuple[float, ...]
    scale: str
    improvement_below: float
    judged_after_sessions: int
    said_aloud: str

    def next_mg_per_kg(self, current_mg_per_kg: float, *, improvement: float) -> float:
        """Return the next dose (mg/kg) after an improvement (fraction of baseline).

        Examples
        --------
        >>> rule = protocol("sc_response_guided").escalation
        >>> rule.next_mg_per_kg(0.5, improvement=0.3)
        0.6
        """
        if current_mg_per_kg not in self.steps_mg_per_kg:
            steps = ", ".join(f"{s:g}" for s in self.steps_mg_per_kg)
            raise InputError(
                f"{current_mg_per_kg:g} mg/kg is not a step of the rule.",
                remedy=f"Use one of {steps} mg/kg.",
            )
        index = self.steps_mg_per_kg.index(current_mg_per_kg)
        if not improvement < self.improvement_below:
            return current_mg_per_kg
        return self.steps_mg_per_kg[min(index + 1, len(self.steps_mg_per_kg) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A named course of treatment.

    Parameters
    ----------
    name, label
        Name used in files, and name shown.
    sessions, therapy
        What is given, by day.
    horizon_days
        Follow-up that fits the protocol (days).
    escalation
        Rule that changes the dose by response, None for a fixed course.
    source, grade, note
        Where the schedule comes from, how solid it is, and what of it is assumed.
    """

    name: str
    label: str
    sessions: tuple[DrugSession, ...]
    therapy: tuple[TherapySession, ...] = ()
    horizon_days: float
    escalation: Escalation | None = None
    source: str
    grade: Grade
    note: str = ""


def protocol(name: str) -> Protocol:
    """Return one protocol by name.

    Raises
    ------
    InputError
        If there is none, with the closest names.
    """
    known = load_protocols()
    if name in known:
        return known[name]
    close = get_close_matches(name.lower(), known, n=3, cutoff=0.3) or list(known)
    raise InputError(
        f"The protocol '{name}' does not exist.",
        remedy=f"Use {' or '.join(repr(c) for c in close)}, or give the sessions themselves.",
    )


@cache
def load_protocols() -> Mapping[str, Protocol]:
    """Return every protocol that ships with the package, by name."""
    text = files("ketacourse.evidence").joinpath("protocols.toml").read_text(encoding="utf-8")
    return {name: build_protocol(name, fields) for name, fields in tomllib.loads(text).items()}


def build_protocol(name: str, fields: Mapping[str, Any]) -> Protocol:
    """Build one protocol from its parsed TOML table.

    Raises
    ------
    EvidenceError
        On a missing field or an unknown grade; InputError on an impossible dose.
    """
    try:
        sessions = tuple(s for block in fields["doses"] for s in _doses(block))
        found = Protocol(
            name=name,
            label=fields["label"],
            sessions=tuple(sorted(sessions, key=lambda s: s.day)),
            horizon_days=quantities.HORIZON.parse(fields["horizon"]),
            escalation=_escalation(fields.get("escalation")),
            source=fields["source"],
            grade=fields["grade"],
            note=fields.get("note", ""),
        )
    except KeyError as error:
        raise EvidenceError(f"Protocol '{name}' lacks {error}.", remedy="State it.") from None
    if found.grade not in GRADES:
        raise EvidenceError(f"Protocol '{name}' has the unknown grade '{found.grade}'.")
    return found


def _doses(block: Mapping[str, Any]) -> tuple[DrugSession, ...]:
    amount, unit = quantities.DOSE.split(block["dose"])
    per_kg = unit.endswith("/kg")
    dose = Dose(
        drug=block["drug"],
        route=block["route"],
        amount_mg=None if per_kg else amount,
        amount_mg_per_kg=amount if per_kg else None,
        duration_h=quantities.DURATION.parse(block.get("duration", "0 min")),
    )
    note = block.get("note", "")
    return tuple(DrugSession(day=float(day), dose=dose, note=note) for day in block["days"])


def _escalation(fields: Mapping[str, Any] | None) -> Escalation | None:
    if fields is None:
        return None
    return Escalation(
        steps_mg_per_kg=tuple(quantities.DOSE.parse(step) for step in fields["steps"]),
        scale=fields["scale"],
        improvement_below=float(fields["improvement_below"]),
        judged_after_sessions=int(fields["judged_after_sessions"]),
        said_aloud=fields["said_aloud"],
    )
