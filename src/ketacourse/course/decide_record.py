"""A suggestion stored whole: inputs, versions, alternatives, findings, and what people chose.

The record is written once. The human choice is added to it later, with who, when and why, and
neither is overwritten unless that is asked for.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ketacourse.course.decide_result import Decision, Excluded, Weighed
from ketacourse.errors import InputError, OutputError
from ketacourse.guardrails.settings import check_signature

FORMAT = "ketacourse decision 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen in the end.

    Parameters
    ----------
    key
        Key of the option, or ``other`` for something that was not among them.
    reason, by, on
        Why, who decided, and the date (as 2026-01-31).
    """

    key: str
    reason: str
    by: str
    on: str

    def __post_init__(self) -> None:
        check_signature("The choice", self.by, self.on, self.reason)
        if not self.on:
            raise InputError("The choice has no date.", remedy="Give on = 2026-01-31.")


def as_dict(decision: Decision, *, choice: Choice | None = None) -> dict[str, Any]:
    """Return the whole decision with plain values, ready for JSON."""
    if choice is not None:
        check_choice(choice, [w.key for w in decision.ranked])
    asked, made = decision.next_score, decision.provenance
    return {
        "format": FORMAT,
        "case": json.loads(json.dumps(asdict(decision.case), default=str)),
        "today": decision.today,
        "horizon_days": decision.horizon_days,
        "preferences": decision.preferences.as_dict(),
        "screening": decision.screening.as_dict(),
        "rules": [f.as_dict() for f in decision.rules],
        "outcome": decision.outcome,
        "suggested": decision.suggested,
        "conclusion": list(decision.conclusion),
        "options": [_weighed(w) for w in decision.ranked],
        "excluded": [_excluded(e) for e in decision.excluded],
        "next_score": None if asked is None else asdict(asked),
        "would_change": list(decision.would_change),
        "notes": list(decision.notes),
        "provenance": None if made is None else asdict(made),
        "choice": None if choice is None else asdict(choice),
    }


def check_choice(choice: Choice, keys: list[str]) -> None:
    """Raise unless the choice is one of the ranked options, or ``other``.

    Raises
    ------
    InputError
        With the keys that exist.
    """
    if choice.key not in (*keys, "other"):
        raise InputError(
            f"The choice '{choice.key}' is none of the options that screening allows.",
            remedy=f"Use {', '.join(keys)} or other.",
        )


def rows(decision: Decision) -> list[dict[str, Any]]:
    """Return one flat row per ranked option, for a table."""
    return [dict(_row(w)) for w in decision.ranked]


def read_record(path: Path) -> dict[str, Any]:
    """Return a stored record.

    Raises
    ------
    InputError
        If it cannot be read or is no record of a decision.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(
            f"The record '{path}' cannot be read: {error}.", remedy="Give a stored decision."
        ) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"'{path}' is no record of a decision.", remedy="Give a stored decision.")
    return content


def with_choice(record: Mapping[str, Any], choice: Choice, *, force: bool) -> dict[str, Any]:
    """Return a stored record with what was chosen.

    Raises
    ------
    OutputError
        If a choice stands in it already and ``force`` is not given.
    InputError
        If the choice is none of its options.
    """
    if record.get("choice") is not None and not force:
        made = record["choice"]
        raise OutputError(
            f"The record already holds the choice '{made['key']}' of {made['by']}.",
            remedy="Keep it, or add --force to replace it.",
        )
    check_choice(choice, [o["key"] for o in record["options"]])
    return {**record, "choice": asdict(choice)}


def _weighed(one: Weighed) -> dict[str, Any]:
    content = asdict(one)
    content["key"] = one.key
    content["option"] = json.loads(json.dumps(asdict(one.option), default=str))
    content["findings"] = [f.as_dict() for f in one.findings]
    return content


def _excluded(out: Excluded) -> dict[str, Any]:
    return {
        "key": out.option.key,
        "option": json.loads(json.dumps(asdict(out.option), default=str)),
        "findings": [f.as_dict() for f in out.findings],
    }


def _row(one: Weighed) -> Mapping[str, Any]:
    found: dict[str, Any] = {"rank": one.rank, "key": one.key, "label": one.option.label}
    for name in ("relief_days", "symptom_free_days", "surge", "dissociation", "net"):
        value = getattr(one, name)
        found |= {name: value.mean, f"{name}_low": value.lower, f"{name}_high": value.upper}
    for week, chance in one.held.items():
        found[f"held_week_{week}"] = chance.mean
    for name in ("sessions", "therapy_sessions", "exposure_mg_per_kg", "exposure_total_mg_per_kg"):
        found[name] = getattr(one, name)
    gained, difference = one.days_gained, one.difference
    for name, value in (
        ("days_gained", gained),
        ("net_gained", None if difference is None else difference.estimate),
    ):
        found[name] = "" if value is None else value.mean
        found[f"{name}_low"] = "" if value is None else value.lower
        found[f"{name}_high"] = "" if value is None else value.upper
    found["verdict"] = "plan" if difference is None else difference.verdict
    return found
