"""The report: one folder with a page to read, the curves, and a summary for programs.

``report.html`` stands alone: no script, no reference to any other file or host except
the links to sources.
"""

from pathlib import Path

from markupsafe import Markup

from ketacourse.course.result import Simulation
from ketacourse.report.compose import Page, compose
from ketacourse.report.disclaimer import DISCLAIMER, RESEARCH_MARK, URGENT
from ketacourse.report.findings import finding_rows
from ketacourse.report.known_section import known_rows
from ketacourse.report.pdf_content import pdf_content
from ketacourse.report.sources import link_rows, number_rows, source_rows
from ketacourse.report.summary import write_summary
from ketacourse.report.template import style, template
from ketacourse.report.theme import GRADE_MEANING, GRADE_TONE
from ketacourse.report.trajectory import write_trajectory
from ketacourse.report.typeset import write_pdf
from ketacourse.report.wording import patient_lines, plan_lines


def write_report(simulation: Simulation, directory: Path, *, pdf: bool = False) -> Path:
    """Write ``report.html``, ``trajectory.parquet`` and ``summary.json`` into a folder.

    Parameters
    ----------
    simulation
        The run to report.
    directory
        An existing folder.
    pdf
        Also write ``report.pdf``; needs the ``pdf`` extra.

    Returns
    -------
    Path
        The page to open.

    Raises
    ------
    OutputError
        If ``pdf`` is asked for and the typesetter is not installed.
    """
    page = compose(simulation)
    target = directory / "report.html"
    target.write_text(render(page), encoding="utf-8")
    write_trajectory(simulation, directory / "trajectory.parquet")
    write_summary(simulation, directory / "summary.json")
    if pdf:
        content, drawings = pdf_content(page)
        write_pdf(content, drawings, directory / "report.pdf")
    return target


def render(page: Page) -> str:
    """Return the page as one HTML document."""
    simulation = page.simulation
    text: str = template("report.html.j2").render(
        page=page,
        simulation=simulation,
        title=simulation.case.title or simulation.case.patient.identifier,
        patient=patient_lines(simulation.case),
        plan=plan_lines(simulation.case.course, simulation.case.patient.weight_kg),
        disclaimer=DISCLAIMER,
        urgent=URGENT,
        research_mark=RESEARCH_MARK if simulation.research else "",
        findings=finding_rows(simulation),
        links=link_rows(simulation),
        known=known_rows(),
        numbers=number_rows(simulation),
        sources=source_rows(simulation),
        grade_tone=GRADE_TONE,
        grade_meaning=GRADE_MEANING,
        style=Markup(style()),  # noqa: S704 - our own file
        svg=Markup,
    )
    return text
