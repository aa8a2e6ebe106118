"""The rule book: every clinical rule as data, read from ``rulebook/*.toml``.

The loader refuses what cannot be stood behind: an unknown field, comparison or unit, a
missing source, an impossible order, an unverified rule that is on by default.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

from ketacourse.errors import EvidenceError, UnitError
from ketacourse.evidence.catalogue import Source, load_catalogue
from ketacourse.evidence.rule import (
    CHECKS,
    MUSTS,
    NOT_COMPUTABLE,
    OFF_BECAUSE,
    ONE_LIMIT,
    PHASES,
    SEVERITIES,
    TOPICS,
    TWO_LIMITS,
    FieldSpec,
    Must,
    Requirement,
    Rule,
    Scope,
)
from ketacourse.quantity import conversion_factor

FIELDS_FILE = "fields.toml"
FAMILIES = {
    "conditions": "condition", "medications": "medication", "checks": "done",
    "check_results": "choice",
}  # fmt: skip
FITTING: dict[str, set[Must]] = {
    "number": {*ONE_LIMIT, *TWO_LIMITS, "one_of"}, "choice": {"one_of"},
    "condition": {"absent"}, "medication": {"not_taken"}, "done": {"done"},
}  # fmt: skip
RULE_KEYS = {f.name for f in fields(Rule)} - {"code"}
SEXES = ("", "female", "male")
SESSIONS = ("all", "first", "later")
NEEDED = ("topic", "title", "statement", "check", "severity", "source", "verified", "enabled")


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules, the fields they read, and their sources, by name."""

    rules: Mapping[str, Rule]
    fields: Mapping[str, FieldSpec]
    sources: Mapping[str, Source]

    def rule(self, code: str) -> Rule:
        """Return one rule, or say that there is none."""
        if code in self.rules:
            return self.rules[code]
        raise EvidenceError(
            f"There is no rule '{code}'.", remedy="Codes look like CON-001; see the rule list."
        )

    def field(self, name: str) -> FieldSpec:
        """Return what is known of a field; a code of a family stands for itself."""
        spec = field_spec(name, self.fields)
        if spec is None:
            raise EvidenceError(f"No rule may read the field '{name}'.", remedy="Declare it.")
        return spec

    def search(self, text: str) -> tuple[Rule, ...]:
        """Return the rules whose code, title, statement, topic or source holds every word."""
        words = text.lower().split()
        return tuple(
            r
            for r in self.rules.values()
            if all(
                w in f"{r.code} {r.topic} {r.title} {r.statement} {r.source} {r.note}".lower()
                for w in words
            )
        )


@cache
def load_rules() -> RuleBook:
    """Return the rule book that ships with the package."""
    root = files("ketacourse.evidence").joinpath("rulebook")
    tables = {
        entry.name: tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(root.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".toml")
    }
    fields_table = tables.pop(FIELDS_FILE)
    return build_rules(tables, fields_table, load_catalogue().sources)


def build_rules(
    tables: Mapping[str, Mapping[str, Any]],
    fields_table: Mapping[str, Any],
    sources: Mapping[str, Source],
) -> RuleBook:
    """Build a rule book from parsed TOML.

    Parameters
    ----------
    tables
        File name to rule code to the rule's entries.
    fields_table
        Group to field to what is known of it.
    sources
        Source key to source.

    Raises
    ------
    EvidenceError
        With file, rule code and what is wrong.
    """
    specs = dict(_field_specs(fields_table))
    rules: dict[str, Rule] = {}
    for file_name, table in tables.items():
        for code, entries in table.items():
            where = f"{file_name}: '{code}'"
            if code in rules:
                raise EvidenceError(f"{where} is given twice.", remedy="Keep one.")
            rules[code] = _rule(where, code, entries, specs, sources)
    for spec in specs.values():
        for code in spec.max_age.values():
            if code not in rules:
                raise EvidenceError(f"Field '{spec.name}' ages by the unknown rule '{code}'.")
    return RuleBook(rules, specs, sources)


def field_spec(name: str, specs: Mapping[str, FieldSpec]) -> FieldSpec | None:
    """Return the declaration of a field, or None if no rule may read it."""
    if name in specs:
        return specs[name]
    family, _, code = name.partition(".")
    if family not in FAMILIES or not code:
        return None
    kind: Any = FAMILIES[family]
    return FieldSpec(name=name, label=code.replace("_", " "), kind=kind)


def _field_specs(table: Mapping[str, Any]) -> Iterator[tuple[str, FieldSpec]]:
    for group, members in table.items():
        for short, entries in members.items():
            name = f"{group}.{short}"
            try:
                spec = FieldSpec(name=name, **entries)
            except TypeError as error:
                raise EvidenceError(f"Field '{name}': {error}.") from None
            _check_unit(f"Field '{name}'", spec.unit, needed=spec.kind == "number")
            yield name, spec


def _rule(
    where: str,
    code: str,
    entries: Mapping[str, Any],
    specs: Mapping[str, FieldSpec],
    sources: Mapping[str, Source],
) -> Rule:
    if not isinstance(entries, Mapping):
        raise EvidenceError(f"{where} is not a table.", remedy=f"Write [{code}] with its entries.")
    unknown = sorted(set(entries) - RULE_KEYS)
    if unknown:
        raise EvidenceError(f"{where} has unknown entries {unknown}.")
    for needed in NEEDED:
        if needed not in entries or entries[needed] == "":
            raise EvidenceError(f"{where} lacks '{needed}'.", remedy="State it.")
    rest = dict(entries)
    require = tuple(_requirement(where, r, specs) for r in rest.pop("require", ()))
    scope = _scope(where, rest.pop("scope", {}))
    also = tuple(rest.pop("also", ()))
    rule = Rule(code=code, require=require, scope=scope, also=also, **rest)
    _check_words(where, rule)
    _check_kind(where, rule, specs)
    _check_source(where, rule, sources)
    _check_switch(where, rule)
    return rule


def _requirement(
    where: str, entries: Mapping[str, Any], specs: Mapping[str, FieldSpec]
) -> Requirement:
    try:
        req = Requirement(**{**entries, "values": tuple(entries.get("values", ()))})
    except TypeError as error:
        raise EvidenceError(f"{where}, require: {error}.") from None
    spec = field_spec(req.field, specs)
    if spec is None:
        raise EvidenceError(
            f"{where} reads the unknown field '{req.field}'.",
            remedy=f"Declare it in {FIELDS_FILE}.",
        )
    if req.must not in MUSTS or req.must not in FITTING[spec.kind]:
        raise EvidenceError(
            f"{where} has the comparison '{req.must}', which does not fit '{req.field}'.",
            remedy=f"Use one of {sorted(FITTING[spec.kind])}.",
        )
    _check_limits(where, req)
    _check_unit(where, req.unit, needed=spec.kind == "number", like=spec.unit)
    return req


def _check_limits(where: str, req: Requirement) -> None:
    needs_value = req.must in (*ONE_LIMIT, *TWO_LIMITS)
    needs_upper = req.must in TWO_LIMITS
    if (req.value is not None) != needs_value or (req.upper is not None) != needs_upper:
        raise EvidenceError(f"{where}: '{req.must}' has the wrong limits.", remedy="Correct them.")
    if bool(req.values) != (req.must == "one_of"):
        raise EvidenceError(
            f"{where}: '{req.must}' has the wrong 'values'.", remedy="Correct them."
        )
    for limit in (req.value, req.upper):
        if limit is not None and not math.isfinite(limit):
            raise EvidenceError(f"{where} has the limit {limit}.", remedy="Give a finite number.")
    if req.value is not None and req.upper is not None and not req.value < req.upper:
        raise EvidenceError(
            f"{where} has an impossible order: {req.value} to {req.upper}.",
            remedy="Give value < upper.",
        )


def _check_unit(where: str, unit: str, *, needed: bool, like: str = "") -> None:
    if bool(unit) != needed:
        raise EvidenceError(f"{where}: unit '{unit}'.", remedy="Numbers have one, others none.")
    if needed:
        try:
            conversion_factor(unit, like or unit)
        except UnitError as error:
            raise EvidenceError(f"{where}: {error}") from None


def _scope(where: str, entries: Mapping[str, Any]) -> Scope:
    lists: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in entries.items()}
    try:
        scope = Scope(**lists)
    except TypeError as error:
        raise EvidenceError(f"{where}, scope: {error}.") from None
    if scope.sex not in SEXES or scope.sessions not in SESSIONS:
        raise EvidenceError(
            f"{where} has the scope '{scope.sex}', '{scope.sessions}'.",
            remedy=f"Use sex of {SEXES} and sessions of {SESSIONS}.",
        )
    return scope


def _check_words(where: str, rule: Rule) -> None:
    for name, word, known in (
        ("topic", rule.topic, TOPICS),
        ("check", rule.check, CHECKS),
        ("severity", rule.severity, SEVERITIES),
        ("phase", rule.phase, PHASES),
        ("combine", rule.combine, ("all", "any")),
        ("off_because", rule.off_because, (None, *OFF_BECAUSE)),
    ):
        if word not in known:
            raise EvidenceError(f"{where} has the unknown {name} '{word}'.")


def _check_kind(where: str, rule: Rule, specs: Mapping[str, FieldSpec]) -> None:
    kinds = {spec.kind for r in rule.require if (spec := field_spec(r.field, specs))}
    expected = "mixed" if len(kinds) > 1 else next(iter(kinds), "")
    if (rule.check in NOT_COMPUTABLE) != (not kinds) or (kinds and rule.check != expected):
        raise EvidenceError(
            f"{where} says check = '{rule.check}' but its fields are {sorted(kinds)}.",
            remedy=f"Say '{expected}'." if expected else "Add 'require'.",
        )


def _check_source(where: str, rule: Rule, sources: Mapping[str, Source]) -> None:
    for key in (rule.source, *rule.also):
        if key not in sources:
            raise EvidenceError(
                f"{where} names the source '{key}', which does not exist.",
                remedy="Add it to one of the files in sources/.",
            )
    if rule.verified and not sources[rule.source].read:
        raise EvidenceError(f"{where} is verified, but its source '{rule.source}' was not read.")


def _check_switch(where: str, rule: Rule) -> None:
    if rule.enabled and not (rule.verified or rule.always_on):
        raise EvidenceError(
            f"{where} is unverified and on by default.", remedy="Switch it off: clinics decide."
        )
    if rule.enabled == (rule.off_because is not None):
        raise EvidenceError(f"{where}: a rule that is off says why, one that is on does not.")
    if rule.always_on and not (rule.enabled and rule.note):
        raise EvidenceError(f"{where} is always on but does not say why.", remedy="Add a note.")
    if rule.overridable and rule.severity != "blocked":
        raise EvidenceError(f"{where} is overridable but does not block.")
