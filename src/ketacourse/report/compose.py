"""The content of the report, before it becomes HTML or PDF."""

from dataclasses import dataclass

from ketacourse.course.result import Simulation
from ketacourse.report.brain_section import brain_sections
from ketacourse.report.chain_diagram import draw_chain
from ketacourse.report.chair_section import chair_section
from ketacourse.report.chart import Drawing
from ketacourse.report.glance import Glance, glance
from ketacourse.report.mood_section import mood_section, scales_section
from ketacourse.report.plasma_section import plasma_section
from ketacourse.report.section import Section
from ketacourse.report.timeline import plan_section


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the report shows, figures drawn."""

    simulation: Simulation
    glance: Glance
    sections: tuple[Section, ...]
    chain: Drawing


def compose(simulation: Simulation) -> Page:
    """Return the content of the report, figures drawn."""
    return Page(
        simulation=simulation,
        glance=glance(simulation),
        sections=(
            plan_section(simulation),
            mood_section(simulation),
            chair_section(simulation),
            plasma_section(simulation),
            *brain_sections(simulation),
            scales_section(simulation),
        ),
        chain=draw_chain(simulation.links),
    )
