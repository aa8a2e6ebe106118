"""The content of the report as plain data and files, for the typesetter."""

from dataclasses import asdict
from typing import Any

from ketacourse.report.chart import Drawing
from ketacourse.report.compose import Page
from ketacourse.report.disclaimer import DISCLAIMER, RESEARCH_MARK, URGENT
from ketacourse.report.findings import finding_rows
from ketacourse.report.section import Figure
from ketacourse.report.sources import link_rows, number_rows, source_rows
from ketacourse.report.theme import GRADE_TONE, LIGHT
from ketacourse.report.wording import patient_lines, plan_lines


def pdf_content(page: Page) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the data for the template, and file name to SVG markup."""
    drawings: dict[str, str] = {}

    def keep(key: str, number: int, drawing: Drawing) -> dict[str, str]:
        name = f"{key}-{number}.svg"
        drawings[name] = drawing.markup
        return {"file": name, "alt": drawing.description}

    def figure(item: Figure) -> dict[str, Any]:
        return {
            "reading": item.reading,
            "drawings": [keep(item.key, k, d) for k, d in enumerate(item.drawings)],
            "caption": item.caption,
            "grades": [{"grade": grade, "names": names} for grade, names in item.grades],
            "table": asdict(item.table),
            "wide": item.wide,
        }

    simulation = page.simulation
    content = {
        "title": simulation.case.title or simulation.case.patient.identifier,
        "research": RESEARCH_MARK if simulation.research else "",
        "patient": patient_lines(simulation.case),
        "plan": plan_lines(simulation.case.course, simulation.case.patient.weight_kg),
        "disclaimer": DISCLAIMER,
        "urgent": URGENT,
        "glance": asdict(page.glance),
        "band_contains": simulation.band_contains,
        "sections": [
            {
                "title": section.title,
                "intro": section.intro,
                "figures": [figure(item) for item in section.figures],
            }
            for section in page.sections
        ],
        "findings": [asdict(row) for row in finding_rows(simulation)],
        "chain": keep("chain", 0, page.chain),
        "links": [asdict(row) for row in link_rows(simulation)],
        "numbers": [asdict(row) for row in number_rows(simulation)],
        "sources": [asdict(row) for row in source_rows(simulation)],
        "provenance": [
            ["Program", f"ketacourse {simulation.version}"],
            ["Model digest", simulation.model_digest],
            ["Random seed", str(simulation.seed)],
            ["Parameter draws", str(simulation.draws)],
            ["Mechanisms", "; ".join(simulation.variants.values())],
            ["Bands", simulation.band_contains],
        ],
        "colours": {grade: LIGHT[tone] for grade, tone in GRADE_TONE.items()},
    }
    return content, drawings
