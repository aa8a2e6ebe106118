"""What a clinic decided about the rules: who changed which, when and why.

A change never loosens an absolute rule and never switches off a rule that blocks. Those are
overridden case by case, or not at all.
"""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from ketacourse.errors import InputError, UnitError
from ketacourse.evidence.rule import TWO_LIMITS, Requirement, Rule
from ketacourse.evidence.rules import RuleBook
from ketacourse.quantity import conversion_factor

ChangeKind = Literal["enable", "disable", "threshold"]
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """One decision of the clinic about one rule.

    Parameters
    ----------
    code
        Code of the rule.
    change
        ``enable``, ``disable`` or ``threshold``.
    by, on, reason
        Who decided, on which date (as 2026-01-31), and why.
    field
        For a threshold: which of the rule's fields it concerns, if there are several.
    value, upper, unit
        For a threshold: the new limit (or interval) and its unit.
    """

    code: str
    change: ChangeKind
    by: str
    on: str
    reason: str
    field: str = ""
    value: float | None = None
    upper: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if self.change not in CHANGE_KINDS:
            raise InputError(
                f"The change '{self.change}' of rule {self.code} is not known.",
                remedy=f"Use one of {', '.join(CHANGE_KINDS)}.",
            )
        check_signature(f"The change of rule {self.code}", self.by, self.on, self.reason)
        if not self.on:
            raise InputError(
                f"The change of rule {self.code} has no date.", remedy="Give on = 2026-01-31."
            )
        if (self.change == "threshold") != (self.value is not None):
            raise InputError(
                f"The change of rule {self.code} has the wrong value.",
                remedy="Give a value and its unit with a threshold, and only there.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSettings:
    """All decisions of one clinic; the default is none: the rules as shipped."""

    clinic: str = ""
    changes: tuple[SettingChange, ...] = ()

    def apply(self, book: RuleBook) -> RuleBook:
        """Return the rule book with the changes in force.

        Raises
        ------
        InputError
            On a change that is not allowed, or that names no rule.
        """
        rules = dict(book.rules)
        for change in self.changes:
            if change.code not in rules:
                raise InputError(
                    f"The settings change the rule '{change.code}', which does not exist.",
                    remedy="Use a code from the rule list, such as MON-011.",
                )
            rules[change.code] = _changed(rules[change.code], change)
        return RuleBook(rules, book.fields, book.sources)


def check_signature(what: str, by: str, on: str, reason: str) -> None:
    """Raise unless somebody signed with a name and a reason, and a date if any is given.

    Raises
    ------
    InputError
        Saying what is missing.
    """
    for name, text in (("by", by), ("reason", reason)):
        if not text.strip():
            raise InputError(f"{what} has no '{name}'.", remedy="State who decided, and why.")
    try:
        dt.date.fromisoformat(on or "2000-01-01")
    except ValueError:
        raise InputError(
            f"{what} has the date '{on}'.", remedy="Write it as year-month-day, 2026-01-31."
        ) from None


def load_settings(path: Path) -> ClinicSettings:
    """Read the settings of a clinic from a TOML file.

    The file holds ``clinic`` and any number of ``[[changes]]``.

    Raises
    ------
    InputError
        If it cannot be read, or holds what is not known.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"The settings '{path}' cannot be read: {error}.", remedy="Give a TOML file."
        ) from None
    return parse_settings(content)


def parse_settings(content: Mapping[str, Any]) -> ClinicSettings:
    """Return the settings of parsed TOML.

    Raises
    ------
    InputError
        On unknown or missing keys.
    """
    unknown = sorted(set(content) - {"clinic", "changes"})
    if unknown:
        raise InputError(
            f"The settings have unknown keys {unknown}.", remedy="Use clinic and [[changes]]."
        )
    return ClinicSettings(
        clinic=str(content.get("clinic", "")),
        changes=tuple(_parse_change(entry) for entry in content.get("changes", [])),
    )


def _parse_change(entry: Any) -> SettingChange:
    known = {f.name for f in fields(SettingChange)}
    needed = ("code", "change", "by", "on", "reason")
    if (
        not isinstance(entry, Mapping)
        or not set(entry) <= known
        or any(key not in entry for key in needed)
    ):
        raise InputError(
            f"A change of the settings cannot be read: {entry!r}.",
            remedy=f"Give {', '.join(needed)}, and for a threshold value and unit.",
        )
    # TOML writes a date without quotes; both spellings mean the same.
    return SettingChange(**{**entry, "on": str(entry["on"])})


def _changed(rule: Rule, change: SettingChange) -> Rule:
    if change.change == "enable":
        return replace(rule, enabled=True)
    if change.change == "disable":
        if rule.always_on or rule.severity == "blocked":
            raise InputError(
                f"The rule {rule.code} cannot be switched off.",
                remedy="Override it case by case where it allows that.",
            )
        return replace(rule, enabled=False, off_because=None)
    return _with_threshold(rule, change)


def _with_threshold(rule: Rule, change: SettingChange) -> Rule:
    places = [
        i
        for i, r in enumerate(rule.require)
        if r.value is not None and change.field in ("", r.field)
    ]
    if len(places) != 1:
        numeric = [r.field for r in rule.require if r.value is not None]
        raise InputError(
            f"The threshold of rule {rule.code} for '{change.field}' is not one limit.",
            remedy=f"Name one of its fields: {', '.join(numeric) or 'it has none'}.",
        )
    old = rule.require[places[0]]
    new = _new_limit(rule, old, change)
    if rule.absolute and not _is_tighter(old, new):
        raise InputError(
            f"The rule {rule.code} is absolute; {new.threshold} {new.unit} would loosen it.",
            remedy=f"Keep {old.threshold} {old.unit}, or choose a stricter limit.",
        )
    require = tuple(new if i == places[0] else r for i, r in enumerate(rule.require))
    return replace(rule, require=require, needs_confirmation=True)


def _new_limit(rule: Rule, old: Requirement, change: SettingChange) -> Requirement:
    try:
        factor = conversion_factor(change.unit, old.unit) if change.unit else None
    except UnitError as error:
        raise InputError(f"The threshold of rule {rule.code}: {error}") from None
    two = old.must in TWO_LIMITS
    if factor is None or change.value is None or two != (change.upper is not None):
        raise InputError(
            f"The threshold of rule {rule.code} is incomplete.",
            remedy=f"Give value{', upper' if two else ''} and unit, for example '{old.unit}'.",
        )
    upper = None if change.upper is None else change.upper * factor
    value = change.value * factor
    if not abs(value) < float("inf") or (upper is not None and not value < upper < float("inf")):
        raise InputError(
            f"The threshold of rule {rule.code} is {change.value} to {change.upper}.",
            remedy="Give finite numbers in order.",
        )
    return replace(old, value=value, upper=upper)


def _is_tighter(old: Requirement, new: Requirement) -> bool:
    """Return whether everything the new limit allows was allowed by the old one."""
    assert old.value is not None  # only limits come here
    assert new.value is not None
    match old.must:
        case "at_most" | "below":
            return new.value <= old.value
        case "at_least" | "above":
            return new.value >= old.value
        case "between":
            assert old.upper is not None
            assert new.upper is not None
            return old.value <= new.value and new.upper <= old.upper
        case _:
            return False
