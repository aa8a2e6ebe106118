"""The rule book holds every rule, and its loader refuses what nobody can stand behind."""

import tomllib
from typing import Any

import pytest

from ketacourse.errors import EvidenceError
from ketacourse.evidence.rule import OFF_WORDS
from ketacourse.evidence.rules import RuleBook, build_rules
from ketacourse.evidence.source import Source

ROWS = {
    "ELG": 22, "CON": 21, "INT": 18, "MON": 38, "DIS": 12, "DOS": 25, "SCH": 17, "MNT": 12,
    "CNS": 14,
}  # fmt: skip
"""Number of collected rules by kind; codes run from 001."""

FIELDS = {
    "vitals": {
        "sbp": {"label": "systolic pressure", "kind": "number", "unit": "mmHg"},
        "weight": {"label": "weight", "kind": "number", "unit": "kg"},
    },
    "patient": {"genotype": {"label": "genotype", "kind": "choice"}},
}
SOURCES = {
    "label": Source(
        key="label", citation="L", url="https://example.org", design="d", population="p"
    ),
    "memory": Source(
        key="memory", citation="M", page="docs/a.md", design="d", population="p", read=False
    ),
}
GOOD = """
topic = "monitoring"
title = "Pressure"
statement = "At most 140 mmHg."
check = "number"
require = [{ field = "vitals.sbp", must = "at_most", value = 140, unit = "mmHg" }]
severity = "caution"
source = "label"
verified = true
enabled = true
"""


def built(changes: str = "", without: str = "") -> RuleBook:
    kept = [line for line in GOOD.strip().splitlines() if line.split(" =")[0] != without]
    changed = {line.split(" =")[0] for line in changes.strip().splitlines()}
    kept = [line for line in kept if line.split(" =")[0] not in changed]
    rule: dict[str, Any] = tomllib.loads("\n".join([*kept, changes]))
    return build_rules({"a.toml": {"A-001": rule}}, FIELDS, SOURCES)


def test_every_collected_rule_is_in_the_book(book: RuleBook) -> None:
    expected = {f"{kind}-{i:03d}" for kind, n in ROWS.items() for i in range(1, n + 1)}
    assert len(expected) == 179
    assert expected <= set(book.rules)


def test_rules_of_the_project_itself_cannot_be_switched_off(book: RuleBook) -> None:
    own = [r for code, r in book.rules.items() if code.split("-")[0] not in ROWS]
    assert {r.topic for r in own} == {"extrapolation", "freshness", "suicide_risk", "record"}
    assert all(rule.always_on and rule.enabled for rule in own)


def test_what_is_unverified_is_off_unless_it_guards_the_project(book: RuleBook) -> None:
    on_unverified = {r.code for r in book.rules.values() if r.enabled and not r.verified}
    assert {c for c in on_unverified if c.split("-")[0] in ROWS} == {"MON-025", "INT-018"}
    assert all(book.rule(code).always_on for code in on_unverified)


def test_a_rule_that_is_off_says_that_it_is_a_setting_and_why(book: RuleBook) -> None:
    off = [rule for rule in book.rules.values() if not rule.enabled]
    assert {rule.off_because for rule in off} == set(OFF_WORDS)
    assert all(rule.status.startswith("off: clinic setting (") for rule in off)
    assert all(rule.needs_confirmation for rule in off)


def test_an_absolute_contraindication_blocks_and_cannot_be_overridden(book: RuleBook) -> None:
    absolute = [book.rule(f"CON-{i:03d}") for i in range(1, 9)]
    assert all(rule.absolute for rule in absolute)
    relative = [book.rule(f"CON-{i:03d}") for i in range(9, 22)]
    assert all(rule.severity == "blocked" and rule.overridable for rule in relative)


def test_the_source_of_every_rule_resolves(book: RuleBook) -> None:
    for rule in book.rules.values():
        assert all(book.sources[key].link for key in (rule.source, *rule.also)), rule.code


def test_rules_are_found_by_words(book: RuleBook) -> None:
    assert [r.code for r in book.search("aneurysm artery")] == ["CON-001"]
    assert book.search("no such words") == ()


def test_an_unknown_code_or_field_is_said(book: RuleBook) -> None:
    with pytest.raises(EvidenceError, match="There is no rule 'XXX-001'"):
        book.rule("XXX-001")
    with pytest.raises(EvidenceError, match="No rule may read the field 'vitals.mood'"):
        book.field("vitals.mood")


def test_a_good_rule_is_read() -> None:
    rule = built().rule("A-001")
    assert rule.computable
    assert rule.status == "on"
    assert rule.require[0].threshold == "at most 140"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ('surprise = "x"', r"unknown entries \['surprise'\]"),
        ('topic = "gossip"', "unknown topic 'gossip'"),
        ('severity = "fatal"', "unknown severity 'fatal'"),
        ('phase = "someday"', "unknown phase 'someday'"),
        ('combine = "most"', "unknown combine 'most'"),
        ('check = "guess"', "unknown check 'guess'"),
        ('check = "condition"', r"check = 'condition' but its fields are \['number'\]"),
        ('check = "by_hand"', r"check = 'by_hand' but its fields are \['number'\]"),
        ("require = []", "Add 'require'"),
        ('source = "nowhere"', "the source 'nowhere', which does not exist"),
        ('also = ["nowhere"]', "the source 'nowhere', which does not exist"),
        ('source = "memory"', "is verified, but its source 'memory' was not read"),
        ("verified = false", "is unverified and on by default"),
        ("enabled = false", "a rule that is off says why"),
        ('off_because = "memory"', "one that is on does not"),
        ("always_on = true", "always on but does not say why"),
        ("overridable = true", "overridable but does not block"),
        ('scope = { sex = "other" }', "has the scope 'other'"),
        ('scope = { colour = "red" }', "unexpected keyword argument 'colour'"),
    ],
)
def test_a_doubtful_rule_is_refused(change: str, problem: str) -> None:
    with pytest.raises(EvidenceError, match=problem):
        built(change)


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ('field = "vitals.mood", must = "at_most", value = 1, unit = "mmHg"', "unknown field"),
        ('field = "unknown.code", must = "absent"', "unknown field 'unknown.code'"),
        ('field = "vitals.sbp", must = "around", value = 1, unit = "mmHg"', "comparison 'around'"),
        ('field = "vitals.sbp", must = "absent", unit = "mmHg"', "does not fit 'vitals.sbp'"),
        ('field = "vitals.sbp", must = "at_most", unit = "mmHg"', "wrong limits"),
        ('field = "vitals.sbp", must = "at_most", value = 1, upper = 2, unit = "mmHg"', "limits"),
        ('field = "vitals.sbp", must = "between", value = 9, upper = 2, unit = "mmHg"', "order"),
        ('field = "vitals.sbp", must = "at_most", value = nan, unit = "mmHg"', "the limit nan"),
        ('field = "vitals.sbp", must = "one_of", unit = "mmHg"', "the wrong 'values'"),
        ('field = "vitals.sbp", must = "at_most", value = 1', "Numbers have one"),
        ('field = "vitals.sbp", must = "at_most", value = 1, unit = "mmHgg"', "not known"),
        ('field = "vitals.sbp", must = "at_most", value = 1, unit = "kg"', "cannot be expressed"),
        ('field = "conditions.x", must = "absent", unit = "kg"', "Numbers have one, others none"),
        ('field = "vitals.sbp", must = "at_most", limit = 1', "unexpected keyword"),
    ],
)
def test_a_doubtful_requirement_is_refused(requirement: str, problem: str) -> None:
    with pytest.raises(EvidenceError, match=problem):
        built(f"require = [{{ {requirement} }}]")


@pytest.mark.parametrize("needed", ["topic", "title", "source", "verified", "enabled"])
def test_a_rule_without_a_needed_entry_is_refused(needed: str) -> None:
    with pytest.raises(EvidenceError, match=f"lacks '{needed}'"):
        built(without=needed)


def test_a_code_given_twice_is_refused() -> None:
    rule = tomllib.loads(GOOD)
    with pytest.raises(EvidenceError, match="b.toml: 'A-001' is given twice"):
        build_rules({"a.toml": {"A-001": rule}, "b.toml": {"A-001": rule}}, FIELDS, SOURCES)


def test_a_rule_that_is_no_table_is_refused() -> None:
    with pytest.raises(EvidenceError, match="is not a table"):
        build_rules({"a.toml": {"A-001": "soon"}}, FIELDS, SOURCES)


def test_a_field_that_ages_by_an_unknown_rule_is_refused() -> None:
    ageing = {"vitals": {"sbp": {**FIELDS["vitals"]["sbp"], "max_age": {"plan": "Z-9"}}}}
    with pytest.raises(EvidenceError, match="ages by the unknown rule 'Z-9'"):
        build_rules({"a.toml": {"A-001": tomllib.loads(GOOD)}}, ageing, SOURCES)


def test_a_field_without_a_unit_is_refused() -> None:
    bare = {"vitals": {"sbp": {"label": "pressure", "kind": "number"}}}
    with pytest.raises(EvidenceError, match=r"Field 'vitals\.sbp': unit ''"):
        build_rules({}, bare, SOURCES)
    with pytest.raises(EvidenceError, match="unexpected keyword"):
        build_rules({}, {"vitals": {"sbp": {"colour": "red"}}}, SOURCES)
