"""Tables of the reference pages, made from the package so that they cannot go stale."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from ketacourse.cli.main import SUMMARIES, ketacourse
from ketacourse.evidence.catalogue import Catalogue, Source, load_catalogue
from ketacourse.evidence.listing import STAGES
from ketacourse.evidence.rules import load_rules
from ketacourse.therapy.case import case_schema
from ketacourse.therapy.checks import CHECKS
from ketacourse.therapy.conditions import CONDITIONS
from ketacourse.therapy.medications import CLASSES
from ketacourse.therapy.protocol import load_protocols
from ketacourse.therapy.scales import load_scales
from ketacourse.trials.trial_file import trial_schema


def substitutions() -> dict[str, str]:
    """Return the name of each placeholder in the pages and what stands in for it."""
    catalogue = load_catalogue()
    return {
        "command_line": command_line(),
        "case_fields": case_fields(case_schema()),
        "checks": codes(CHECKS),
        "conditions": codes(CONDITIONS),
        "medication_classes": codes(CLASSES),
        "parameters": parameters(catalogue),
        "protocols": protocols(),
        "rules": rules(),
        "scales": scales(),
        "sources": sources(catalogue),
        "trial_fields": case_fields(trial_schema()),
    }


def command_line() -> str:
    """Return the help text of every command."""
    blocks = []
    for name in SUMMARIES:
        context = click.Context(ketacourse, info_name="ketacourse")
        command = ketacourse.get_command(context, name)
        if command is None:
            continue
        shown = command.get_help(click.Context(command, info_name=name, parent=context))
        blocks.append(f"## {name}\n\n```text\n{shown}\n```")
    return "\n\n".join(blocks)


def case_fields(schema: Mapping[str, Any]) -> str:
    """Return one row per field of the case file, or of the trial file."""
    rows = [
        (f"`{path}`", kind, "yes" if needed else "", meaning)
        for path, kind, needed, meaning in _fields(schema, schema, "")
    ]
    return _table(("Field", "Type", "Needed", "Meaning"), rows)


def codes(meanings: Mapping[str, str]) -> str:
    """Return one row per code that a case file may mention."""
    rows = [(f"`{code}`", meaning) for code, meaning in meanings.items()]
    return _table(("Code", "Meaning"), rows)


def protocols() -> str:
    """Return one row per named protocol."""
    rows = [
        (
            f"`{name}`", entry.label, " ".join(f"{s.day:g}" for s in entry.sessions),
            entry.grade, _source_link(entry.source), entry.note,
        )
        for name, entry in load_protocols().items()
    ]  # fmt: skip
    return _table(("Name", "What is given", "Days", "Grade", "Source", "Note"), rows)


def rules() -> str:
    """Return every rule of screening, one table per topic."""
    topics: dict[str, list[tuple[str, ...]]] = {}
    for rule in load_rules().rules.values():
        effect = rule.severity + (", overridable" if rule.overridable else "")
        remarks = ("" if rule.verified else "not verified; ") + (
            "a clinician confirms it" if rule.needs_confirmation else ""
        )
        topics.setdefault(rule.topic, []).append(
            (
                rule.code,
                f"{rule.title}. {rule.statement}",
                effect,
                rule.status,
                remarks,
                _source_link(rule.source),
            )
        )
    heads = ("Code", "Rule", "Effect", "On or off", "Remarks", "Source")
    return "\n\n".join(
        f"## {topic.replace('_', ' ').capitalize()}\n\n{_table(heads, rows)}"
        for topic, rows in topics.items()
    )


def scales() -> str:
    """Return one row per rating scale, with its rules and licence."""
    rows = [
        (
            f"`{key}`", entry.label, f"{entry.minimum} to {entry.maximum}",
            "; ".join(f"{b.label} {b.minimum:g} to {b.maximum:g}" for b in entry.bands),
            "" if entry.response_fraction is None else f"fall of {entry.response_fraction:.0%}",
            "" if entry.remission_max is None else f"at most {entry.remission_max:g}",
            entry.licence, _source_link(entry.source),
        )
        for key, entry in load_scales().items()
    ]  # fmt: skip
    heads = ("Key", "Scale", "Total", "Bands", "Response", "Remission", "Licence", "Source")
    return _table(heads, rows)


def parameters(catalogue: Catalogue) -> str:
    """Return every parameter of the catalogue, one table per stage."""
    stages: dict[str, list[tuple[str, ...]]] = {}
    for entry in catalogue.parameters.values():
        stage, _, short = entry.name.partition(".")
        spread = "" if entry.lower == entry.upper else f"{entry.lower:.4g} to {entry.upper:.4g}"
        stages.setdefault(stage, []).append(
            (
                f"`{short}`", entry.label, f"{entry.typical:.4g}", spread, f"`{entry.unit}`",
                entry.grade, _source_link(entry.source),
            )
        )  # fmt: skip
    heads = ("Name", "Meaning", "Typical", "90 % range", "Unit", "Grade", "Source")
    return "\n\n".join(
        f"## {stage}: {STAGES[stage]}\n\n{_table(heads, rows)}"
        if stage in STAGES
        else f"## {stage}\n\n{_table(heads, rows)}"
        for stage, rows in sorted(stages.items())
    )


def sources(catalogue: Catalogue) -> str:
    """Return every source with its citation and where it resolves."""
    return "\n\n".join(
        f"(source-{_anchor(key)})=\n**{key}**. {_cell(source.citation)} {_where(source)} "
        f"{_cell(source.design)}; {_cell(source.population)}"
        f"{'' if source.n is None else f'; n = {source.n}'}."
        f"{'' if source.read else ' **Not read: from memory or a second-hand copy.**'}"
        for key, source in sorted(catalogue.sources.items())
    )


def _source_link(key: str) -> str:
    return f"[{key}](#source-{_anchor(key)})"


def _where(source: Source) -> str:
    link = source.link
    return f"<{link}>." if link.startswith("http") else f"`{link}`."


def _fields(
    schema: Mapping[str, Any], node: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, str, bool, str]]:
    needed = set(node.get("required", ()))
    for name, field in node.get("properties", {}).items():
        inner, is_list = _resolve(schema, field)
        path = f"{prefix}{name}{'[]' if is_list else ''}"
        if inner.get("properties"):
            yield from _fields(schema, inner, f"{path}.")
        else:
            meaning = field.get("description") or inner.get("description", "")
            yield path, _kind(inner), name in needed, meaning


def _resolve(schema: Mapping[str, Any], field: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Follow references and lists to what a field holds in the end."""
    is_list = False
    for _ in range(8):
        if "$ref" in field:
            field = schema["$defs"][field["$ref"].rpartition("/")[2]]
        elif field.get("type") == "array" and "items" in field:
            field, is_list = field["items"], True
        elif "anyOf" in field:
            choices = [choice for choice in field["anyOf"] if choice.get("type") != "null"]
            if len(choices) != 1:
                break
            field = choices[0]
        else:
            break
    return field, is_list


def _kind(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return " or ".join(f"`{choice}`" for choice in field["enum"])
    if "anyOf" in field:
        return " or ".join(_kind(choice) for choice in field["anyOf"])
    if field.get("examples"):
        return f"text such as `{field['examples'][0]}`"
    return {"object": "table", "string": "text", "number": "number", "integer": "whole number"}.get(
        str(field.get("type", "any")), str(field.get("type", "any"))
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("{{", "{ {")


def _anchor(key: str) -> str:
    return key.lower().replace("_", "-")
