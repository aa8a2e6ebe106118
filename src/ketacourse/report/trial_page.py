"""The report of a virtual trial: one page that stands alone.

``trial.html`` needs no script and refers to no other file or host but the links to sources.
"""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from ketacourse.engine.recorded import record_chain
from ketacourse.evidence.catalogue import Parameter, Source, load_catalogue
from ketacourse.report.disclaimer import RESEARCH_MARK, TRIAL_DISCLAIMER
from ketacourse.report.section import Section
from ketacourse.report.sources import number_rows, source_rows
from ketacourse.report.template import style, template
from ketacourse.report.trial_assumptions import assumptions, band_contains, population_numbers
from ketacourse.report.trial_endpoint_words import endpoint_words
from ketacourse.report.trial_glance import glance_lines
from ketacourse.report.trial_look import TONES, looks
from ketacourse.report.trial_power import power_section
from ketacourse.report.trial_reached import reached_section
from ketacourse.report.trial_relapse import relapse_section
from ketacourse.report.trial_scores import scores_section
from ketacourse.report.trial_subgroups import subgroup_section
from ketacourse.report.trial_tables import (
    contrast_table,
    endpoint_table,
    safety_section,
    safety_table,
)
from ketacourse.report.trial_waterfall import waterfall_section
from ketacourse.report.trial_words import design_lines, group_lines
from ketacourse.trials.results import TrialResult
from ketacourse.trials.storage import write_text
from ketacourse.version import VERSION

FILE = "trial.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The catalogue entries behind the patients of a trial, and their sources."""

    parameters_used: tuple[Parameter, ...]
    sources_used: tuple[Source, ...]


def write_trial_report(result: TrialResult, directory: Path) -> Path:
    """Write ``trial.html`` into a folder and return it.

    Parameters
    ----------
    directory
        Where the page goes; an earlier one is replaced at the end, in one step.

    Raises
    ------
    OutputError
        If the disk is full or the place cannot be written.
    """
    target = directory / FILE
    write_text(target, render_trial(result))
    return target


def render_trial(result: TrialResult) -> str:
    """Return the report of a trial as one HTML document."""
    trial = result.trial
    numbers = _numbers(result)
    text: str = template("trial.html.j2").render(
        result=result,
        trial=trial,
        title=trial.title or "Virtual trial",
        research_mark=RESEARCH_MARK if trial.research else "",
        design=design_lines(trial),
        groups=[(look, group_lines(trial, name)) for name, look in looks(trial.groups).items()],
        disclaimer=TRIAL_DISCLAIMER,
        glance=glance_lines(result),
        sections=sections_of(result),
        endpoints=endpoint_table(result),
        contrasts=contrast_table(result),
        definitions=[(e.endpoint.name, endpoint_words(e.endpoint)) for e in result.endpoints],
        safety=safety_table(result),
        assumptions=assumptions(trial),
        bands=band_contains(trial),
        numbers=number_rows(numbers),
        sources=source_rows(numbers),
        version=VERSION,
        model_digest=record_chain().digest,
        style=Markup(style()),  # noqa: S704 - our own file
        tones=TONES,
        svg=Markup,
    )
    return text


def sections_of(result: TrialResult) -> tuple[Section, ...]:
    """Return the sections with figures, in the order of the page."""
    return (
        scores_section(result),
        waterfall_section(result),
        reached_section(result),
        relapse_section(result),
        subgroup_section(result),
        power_section(result),
        safety_section(result),
    )


def _numbers(result: TrialResult) -> Numbers:
    catalogue = load_catalogue()
    used = population_numbers(result.trial, catalogue)
    keys = dict.fromkeys(parameter.source for parameter in used)
    return Numbers(parameters_used=used, sources_used=tuple(catalogue.sources[k] for k in keys))
