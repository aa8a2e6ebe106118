"""The report of a decision: one page that stands alone, a table, and the whole as JSON."""

import csv
import io
import json
from pathlib import Path

from markupsafe import Markup

from ketacourse.course.advice import Verdict
from ketacourse.course.decide_record import Choice, as_dict, rows
from ketacourse.course.decide_result import Decision, Weighed
from ketacourse.course.decide_text import ORDER_WORDS
from ketacourse.course.decide_words import days_words, percent
from ketacourse.evidence.catalogue import Source, load_catalogue
from ketacourse.guardrails.finding import Finding
from ketacourse.report.decision_chart import OptionRow, draw_options
from ketacourse.report.disclaimer import URGENT
from ketacourse.report.findings import FindingRow, rows_of
from ketacourse.report.section import Figure
from ketacourse.report.sources import source_rows
from ketacourse.report.template import style, template
from ketacourse.report.view import DataTable
from ketacourse.report.wording import patient_lines, plan_lines
from ketacourse.therapy.scales import scale
from ketacourse.version import VERSION

SHORT_WORDS: dict[Verdict, str] = {
    "better": "better", "worse": "worse", "same": "no difference", "open": "no clear difference",
}  # fmt: skip

PAGE, TABLE, WHOLE = "report.html", "options.csv", "decision.json"

DECISION_DISCLAIMER = (
    "This weighs what may be done next for one patient, for licensed professionals. It is research "
    "and decision support, not a medical device, and it doses nobody.",
    "It rests on a forecast: this patient's own scores, read through a model of how courses of "
    "ketamine go. A single person can do better or worse than every interval shown.",
    "The rules on safety come first, and no forecast outvotes them. What screening blocks is "
    "listed apart and never ranked. Dissociation is a side effect here, never an aim.",
    "What counts how much is stated below and is a matter of preference, not of fact. The "
    "prescriber and the patient decide.",
)


class _Cited:
    """The sources behind the findings of a decision, in the order in which they are cited."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        known = load_catalogue().sources
        keys = dict.fromkeys(f.source for f in findings)
        self.parameters_used = ()
        self.sources_used: tuple[Source, ...] = tuple(known[k] for k in keys if k in known)


def write_decision(decision: Decision, directory: Path, *, choice: Choice | None = None) -> Path:
    """Write ``report.html``, ``options.csv`` and ``decision.json`` into a folder.

    Returns
    -------
    Path
        The page to open.
    """
    target = directory / PAGE
    target.write_text(render_decision(decision, choice=choice), encoding="utf-8")
    whole = json.dumps(as_dict(decision, choice=choice), indent=1, ensure_ascii=False)
    (directory / WHOLE).write_text(whole + "\n", encoding="utf-8")
    (directory / TABLE).write_text(options_table(decision), encoding="utf-8")
    return target


def options_table(decision: Decision) -> str:
    """Return one row per ranked option as CSV."""
    found = rows(decision)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(found[0]) if found else ["rank"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()


def render_decision(decision: Decision, *, choice: Choice | None = None) -> str:
    """Return the report as one HTML document."""
    findings = _findings(decision)
    cited = _Cited(findings)
    shown = rows_of(findings, cited)
    first = {f.code for f in decision.rules}
    text: str = template("decision.html.j2").render(
        decision=decision,
        title=decision.case.title or decision.case.patient.identifier,
        patient=patient_lines(decision.case),
        plan=plan_lines(decision.case.course, decision.case.patient.weight_kg),
        state=state_lines(decision),
        disclaimer=DECISION_DISCLAIMER,
        urgent=URGENT,
        research_mark="",
        rules=[row for row in shown if row.code in first],
        suggested=decision.weighed(decision.suggested),
        figure_of_options=_figure(decision) if decision.ranked else None,
        table=_table(decision),
        blocked=[(e.option.label, rows_of(e.findings, cited)) for e in decision.excluded],
        reasons=[(w.option.label, w.reasons) for w in decision.ranked],
        weights=decision.preferences.lines(),
        findings=shown,
        sources=source_rows(cited),
        choice=choice,
        version=VERSION,
        style=Markup(style()),  # noqa: S704 - our own file
        svg=Markup,
    )
    return text


def state_lines(decision: Decision) -> tuple[str, ...]:
    """Return where the course stands, in short sentences."""
    case, today = decision.case, decision.today
    course = case.course_as_given
    given = [s for s in course.sessions if s.day < today]
    left = [s for s in course.sessions if s.day >= today]
    lines = [f"Decided from day {today:g}: {len(given)} given, {len(left)} still planned."]
    for key in ("madrs", "phq9", "qids_sr16", "hamd17", "gad7"):
        own = [s for s in case.scores if s.scale == key and s.day <= today]
        if own:
            shown = ", ".join(f"{s.total} (day {s.day:g})" for s in own[-3:])
            start = f"{case.baseline[key]:g} before, then " if key in case.baseline else ""
            lines.append(f"{scale(key).label}: {start}{shown}.")
    return (*lines, *decision.notes)


def _findings(decision: Decision) -> tuple[Finding, ...]:
    """Return every finding that the page shows, rules first."""
    added = [f for w in decision.ranked for f in w.findings]
    blocking = [f for e in decision.excluded for f in e.findings]
    every = (*decision.rules, *decision.screening.findings, *added, *blocking)
    return tuple({(f.code, f.observed): f for f in every}.values())


def _figure(decision: Decision) -> Figure:
    margin = decision.preferences.indifference
    shown = [
        OptionRow(
            rank=w.rank, label=w.option.label, sessions=w.sessions, gain=w.days_gained,
            words="the plan" if w.days_gained is None else days_words(w.days_gained, signed=True),
            suggested=w.key == decision.suggested,
        )
        for w in decision.ranked
    ]  # fmt: skip
    return Figure(
        key="options",
        reading=_reading(decision),
        drawings=(draw_options(shown, indifference=margin, wide=True),),
        narrow=(draw_options(shown, indifference=margin, wide=False),),
        caption=(
            "Dot: expected gain in relief days over going on as planned; a day in remission "
            "counts one, a day at baseline nothing, between them in proportion. Bar: 80% of "
            "possible futures, the same futures for every option. Diamond: the plan. Shaded: "
            f"differences up to {margin:g} days, which do not matter. Triangles: sessions still "
            "to come. The order also weighs sessions and side effects, so that it need not be "
            f"that of the dots. {ORDER_WORDS}"
        ),
        grades=(),
        table=_numbers(decision),
        wide=True,
    )  # fmt: skip


def _reading(decision: Decision) -> str:
    clear = [
        w for w in decision.ranked if w.difference is not None and w.difference.verdict == "better"
    ]
    if not clear:
        return "No option is clearly better than going on as planned."
    names = ", ".join(w.option.label for w in clear[:3])
    return f"Clearly better than going on as planned, on balance: {names}."


def _table(decision: Decision) -> DataTable:
    """Return the options as a clinician compares them, one row each."""
    header = (
        "option", "relief days (80%)", "symptom-free days", "response held at 4, 8, 12 weeks",
        "sessions", "pressure surge", "marked dissociation", "drug, mg/kg (in all)",
        "on balance against the plan",
    )  # fmt: skip
    return DataTable(header=header, rows=tuple(_cells(w) for w in decision.ranked))


def _cells(one: Weighed) -> tuple[str, ...]:
    verdict = "the plan" if one.difference is None else SHORT_WORDS[one.difference.verdict]
    if one.difference is not None:
        verdict = f"{days_words(one.difference.estimate, signed=True)}: {verdict}"
    return (
        f"{one.rank}. {one.option.label}",
        days_words(one.relief_days),
        f"{one.symptom_free_days.mean:.1f}",
        ", ".join(percent(e.mean) for e in one.held.values()),
        f"{one.sessions}",
        percent(one.surge.mean),
        percent(one.dissociation.mean),
        f"{one.exposure_mg_per_kg:.1f} ({one.exposure_total_mg_per_kg:.1f})",
        verdict,
    )


def _numbers(decision: Decision) -> DataTable:
    header = (
        "option", "symptom-free days (80%)", "relief days gained", "chance better", "chance worse",
        "next systolic peak, mmHg",
    )  # fmt: skip
    cells = []
    for w in decision.ranked:
        d, peak = w.difference, w.peak_pressure_mmhg
        cells.append((
            w.option.label,
            days_words(w.symptom_free_days),
            "the plan" if w.days_gained is None else days_words(w.days_gained, signed=True),
            "" if d is None else percent(d.chance_better),
            "" if d is None else percent(d.chance_worse),
            "no session" if peak is None
            else f"{peak.mean:.0f} ({peak.lower:.0f} to {peak.upper:.0f})",
        ))  # fmt: skip
    return DataTable(header=header, rows=tuple(cells))


__all__ = ["FindingRow", "options_table", "render_decision", "write_decision"]
