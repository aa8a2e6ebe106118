"""The parts of a page: sections with figures, each with its reading, caption and table."""

from dataclasses import dataclass

from ketacourse.course.result import LINK_GRADES, LinkGrade, Series, Simulation
from ketacourse.report.chart import Chart as Chart
from ketacourse.report.chart import Drawing, draw
from ketacourse.report.view import DataTable
from ketacourse.report.wording import listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: what it says, the drawings, what they contain, and the numbers behind.

    Drawings hold safe markup; everything else is text and is escaped by the page. A
    ``wide`` figure may bring a second set of drawings for ``narrow`` screens.
    ``grades`` pairs each grade with the curves that have it.
    """

    key: str
    reading: str
    drawings: tuple[Drawing, ...]
    caption: str
    grades: tuple[tuple[LinkGrade, str], ...]
    table: DataTable
    wide: bool = False
    narrow: tuple[Drawing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of the page."""

    key: str
    title: str
    intro: str
    figures: tuple[Figure, ...] = ()


def figure(
    key: str,
    reading: str,
    charts: list[Chart],
    caption: str,
    series: list[Series],
    table: DataTable,
    *,
    narrow: list[Chart] | None = None,
    more: tuple[Drawing, ...] = (),
) -> Figure:
    """Return a figure with its charts drawn and the grades of its series collected.

    ``narrow`` holds the same charts for narrow screens and makes the figure a wide one;
    ``more`` are further drawings to stand beside the charts.
    """
    return Figure(
        key=key,
        reading=reading,
        drawings=(*(draw(chart) for chart in charts), *more),
        caption=caption,
        grades=grades_of(series),
        table=table,
        wide=narrow is not None,
        narrow=tuple(draw(chart) for chart in narrow or ()),
    )


def grades_of(series: list[Series]) -> tuple[tuple[LinkGrade, str], ...]:
    """Return each grade with the curves that have it, strongest first."""
    return tuple(
        (grade, listing([item.label for item in series if item.grade == grade]))
        for grade in LINK_GRADES
        if any(item.grade == grade for item in series)
    )


def band_caption(simulation: Simulation, series: list[Series]) -> str:
    """Return what the shaded bands contain, or that there are none."""
    notes = " ".join(dict.fromkeys(item.note for item in series if item.note))
    if any(item.lower is not None for item in series):
        said = f"Line: typical patient. Band, 5th to 95th percentile: {simulation.band_contains}."
    else:
        said = "Line: typical patient. No band was computed."
    return f"{said} {notes}".strip()
