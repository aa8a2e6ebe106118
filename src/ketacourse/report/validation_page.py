"""The report of a validation: a page that stands alone, the numbers, and every row."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ketacourse.course.validation import Validation
from ketacourse.course.validation_rows import published_rows
from ketacourse.report.section import Figure, Section
from ketacourse.report.shown import number
from ketacourse.report.template import style, template
from ketacourse.report.trial_look import TONES
from ketacourse.report.typeset import standalone
from ketacourse.report.validation_folder import NUMBERS, PAGE, ROWS
from ketacourse.report.validation_margin_chart import SIGN, WORD, draw_margins, shown
from ketacourse.report.validation_other_sections import (
    concentrations_section,
    pooled_section,
    safety_section,
)
from ketacourse.report.validation_parameters_sections import (
    identified_section,
    sensitivity_section,
)
from ketacourse.report.validation_trials_section import (
    coverage_section,
    errors_section,
    predicted_section,
    replicated_section,
    residuals_section,
)
from ketacourse.report.validation_words import interval_words, margin_words, plain
from ketacourse.report.view import DataTable
from ketacourse.trials.storage import write_text
from ketacourse.version import VERSION

DOCS_PAGE, FIGURES = "report.md", "figures"
SHORT = {
    "errors": "Errors", "predicted": "Intervals", "coverage": "Coverage", "residuals": "Residuals",
    "replicated": "Own data", "identified": "Parameters", "sensitivity": "Sensitivity",
    "concentrations": "Concentrations", "safety": "Side effects", "pooled": "Pooled",
}  # fmt: skip
"""Sections in a word, for the summary."""
FIELDS = (
    "row_id", "study", "left_out_with", "outcome", "scale", "time_days", "arm", "n", "published",
    "predicted", "pi90_low", "pi90_high", "inside", "pit", "mean_of_others", "two_exponentials",
    "status",
)  # fmt: skip


def write_validation(found: Validation, folder: Path) -> Path:
    """Write the page, the numbers and every row into a folder, and return the page."""
    write_text(folder / ROWS, rows_text(found))
    write_text(folder / NUMBERS, json.dumps(as_dict(found), indent=1, allow_nan=False) + "\n")
    write_text(folder / PAGE, render_validation(found))
    return folder / PAGE


def write_docs(found: Validation, folder: Path) -> Path:
    """Write the page for the documentation with its figures, and the report beside it."""
    sections = sections_of(found)
    write_validation(found, folder)
    figures = {"margins": draw_margins(found.verdicts, wide=True).markup}
    for section in sections:
        for figure in section.figures:
            for k, drawing in enumerate(figure.drawings):
                figures[_file(figure, k)] = drawing.markup
    for name, markup in figures.items():
        write_text(folder / FIGURES / f"{name}.svg", on_paper(standalone(markup)) + "\n")
    write_text(folder / DOCS_PAGE, docs_text(found, sections))
    return folder / DOCS_PAGE


def on_paper(svg: str) -> str:
    """Return a chart on a white ground, so that it can be read on a dark page too."""
    at = svg.index("</style>") + len("</style>")
    return f'{svg[:at]}<rect width="100%" height="100%" fill="#ffffff"/>{svg[at:]}'


def _file(figure: Figure, k: int) -> str:
    return figure.key if k == 0 else f"{figure.key}-{k + 1}"


def sections_of(found: Validation) -> tuple[Section, ...]:
    """Return the sections in the order of the page."""
    return (
        errors_section(found),
        predicted_section(found),
        coverage_section(found),
        residuals_section(found),
        replicated_section(found),
        identified_section(found),
        sensitivity_section(found),
        concentrations_section(found),
        safety_section(found),
        pooled_section(found),
    )


def render_validation(found: Validation) -> str:
    """Return the report as one HTML document."""
    text: str = template("validation.html.j2").render(
        found=found,
        headline=margin_words(found),
        verdicts=found.verdicts,
        word=WORD,
        sign=SIGN,
        shown=shown,
        margins=(draw_margins(found.verdicts, wide=True), draw_margins(found.verdicts, wide=False)),
        sections=sections_of(found),
        left_out=left_out_table(found),
        facts=facts(found),
        intervals=interval_words(),
        research_mark="",
        short=SHORT,
        style=Markup(style()),  # noqa: S704 - our own file
        tones=TONES,
        svg=Markup,
        plain=plain,
    )
    return text


def left_out_table(found: Validation) -> DataTable:
    """Return the rows of the trial table that did not enter, with their reasons."""
    return DataTable(header=("row", "why it did not enter"), rows=found.left_out)


def facts(found: Validation) -> tuple[tuple[str, str], ...]:
    """Return what the report was made from."""
    made, tau = found.made_by, found.between
    studies = len({r.study for r in found.rows})
    samples = len({r.sample for r in found.rows})
    effort = found.effort
    return (
        ("Program", f"ketacourse {VERSION}"),
        ("Posterior", f"data {made.get('data')}, equations {made.get('equations')}, seed "
         f"{made.get('seed')}, version {made.get('version')}"),
        ("Rows", f"{len(found.rows)} of {studies} studies ({samples} samples left out one after "
         f"another); {len(found.left_out)} rows did not enter"),
        ("Weights of the variants",
         ", ".join(f"{plain(k)} {w:.2f}" for k, w in found.weights.items())),
        ("Spread between studies",
         f"{tau['points']:.1f} points; {tau['rate']:.2f} log odds; {tau['days']:.2f} log days"),
        ("Leaving out", "the estimation without a sample starts one linear step from the whole "
         f"fit and is corrected on simulated predictions ({effort.rounds} rounds); its objective "
         "fell by " + ", ".join(f"{plain(k)} {number(v)}" for k, v in found.refit_gain.items())
         + " on average"),
        ("Effort", f"{effort.patients} virtual patients per arm, {effort.draws} joint draws, "
         f"{effort.points} points of sensitivity"
         + ("; a quick look, rough" if found.quick else "")),
    )  # fmt: skip


def rows_text(found: Validation) -> str:
    """Return every row of the shipped trial table, predicted or not, as comma-separated values."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    by_id = {
        r.row_id: (r, p, k) for k, (r, p) in enumerate(zip(found.rows, found.held_out, strict=True))
    }
    why = dict(found.left_out)
    for cells in published_rows():
        key = cells["row_id"]
        if key not in by_id:
            writer.writerow(
                {
                    "row_id": key, "study": cells["study_id"], "outcome": cells["outcome"],
                    "scale": cells["scale"], "time_days": cells["time_days"], "n": cells["n"],
                    "published": cells["value"], "status": f"not_supported: {why.get(key, '')}",
                }
            )  # fmt: skip
            continue
        row, p, k = by_id[key]
        told = {
            "row_id": key, "study": row.study,
            "left_out_with": row.sample if row.sample != row.study else "",
            "outcome": row.outcome, "scale": row.scale, "time_days": row.time_days,
            "arm": f"{row.drug} {row.dose} {row.route} {row.control} {row.masking}".strip(),
            "n": row.n, "published": f"{row.value:g}",
            "mean_of_others": f"{found.ways[1].predicted[k]:.5g}",
            "two_exponentials": f"{found.ways[2].predicted[k]:.5g}",
            "status": "predicted" if p else "not_supported: the model gives no value",
        }  # fmt: skip
        if p is not None:
            told |= {
                "predicted": f"{p.centre:.5g}", "pi90_low": f"{p.low:.5g}",
                "pi90_high": f"{p.high:.5g}", "inside": "yes" if p.inside else "no",
                "pit": f"{p.pit:.4g}",
            }  # fmt: skip
        writer.writerow(told)
    return out.getvalue()


def as_dict(found: Validation) -> Mapping[str, Any]:
    """Return the numbers of a validation as plain data."""
    return {
        "program": f"ketacourse {VERSION}",
        "package": found.package,
        "posterior": dict(found.made_by),
        "quick": found.quick,
        "effort": asdict(found.effort),
        "intervals": interval_words(),
        "margins": [
            {
                **asdict(v.margin), "value": _number(v.value), "outcome": v.outcome,
                "cause": v.cause,
            }
            for v in found.verdicts
        ],
        "errors": {
            w.name: {k: _number(x) for k, x in asdict(w.errors).items()} for w in found.ways
        },
        "coverage": {
            name: [{**asdict(s), "share": s.share} for s in shares]
            for name, shares in (
                ("all", (found.coverage[0],)), ("by_outcome", found.coverage[1]),
                ("by_study", found.coverage[2]),
            )
        },
        "transform": found.transform.tolist(),
        "residuals": [{k: _number(x) for k, x in asdict(r).items()} for r in found.residuals],
        "replicated": [asdict(c) for c in found.replicated],
        "weights": dict(found.weights),
        "between_studies": dict(found.between),
        "identified": {k: asdict(v) for k, v in found.identified.items()},
        "sensitivity": {
            "groups": found.sensitivity.groups,
            "outputs": found.sensitivity.outputs,
            **{
                name: [[_number(x) for x in line] for line in getattr(found.sensitivity, name)]
                for name in ("first", "total", "total_low", "total_high")
            },
        },
        "concentrations": [asdict(g) for g in found.agreement],
        "pooled": [
            {**{k: _number(x) for k, x in asdict(p).items()}, "inside": p.inside}
            for p in found.pooled
        ],
        "left_out": [{"row_id": row, "reason": why} for row, why in found.left_out],
    }  # fmt: skip


def _number(value: Any) -> Any:
    """Return a number that JSON can hold, or None in place of one that is not finite."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value.item() if hasattr(value, "item") else value


def docs_text(found: Validation, sections: tuple[Section, ...]) -> str:
    """Return the page of the documentation, in Markdown."""
    lines = [
        "# Validation report",
        "",
        "Written by `ketacourse validate --docs`; do not edit. The margins stand in "
        "`margins.toml` and were fixed before the first calibration; what misses them is listed "
        "beside what meets them.",
        "",
        f"**{margin_words(found)}**",
        "",
        "The whole report, with every row and the numbers behind each figure: "
        f"{{download}}`{PAGE} <{PAGE}>`, {{download}}`{NUMBERS} <{NUMBERS}>`, "
        f"{{download}}`{ROWS} <{ROWS}>`.",
        "",
        f"![Every margin with its figure]({FIGURES}/margins.svg)",
        "",
        "| | Figure | Value | Margin | Why this margin | Where a miss comes from |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {WORD[v.outcome]} | {_cell(v.margin.what)}; {_cell(v.margin.measure)} | "
        f"{shown(v.value)} | {v.margin.text} | {_cell(v.margin.reason)} | {_cell(v.cause)} |"
        for v in found.verdicts
    ]
    for section in sections:
        lines += ["", f"## {section.title}", "", section.intro]
        for figure in section.figures:
            lines += ["", f"**{figure.reading}**", ""]
            lines += [
                f"![{figure.reading}]({FIGURES}/{_file(figure, k)}.svg)"
                for k in range(len(figure.drawings))
            ]
            lines += ["", figure.caption]
    lines += ["", "## How this report was made", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {_cell(text)} |" for name, text in facts(found)]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
