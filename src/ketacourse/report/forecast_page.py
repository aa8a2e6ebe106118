"""The report of a forecast: one page that stands alone, beside its tables."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from ketacourse.course.refit_result import Refit
from ketacourse.evidence.catalogue import Parameter, Source, load_catalogue
from ketacourse.guardrails.finding import Finding
from ketacourse.report.chart import draw
from ketacourse.report.disclaimer import URGENT
from ketacourse.report.findings import rows_of
from ketacourse.report.forecast_chart import (
    NARROW,
    SMALL,
    WIDE,
    fan_chart,
    relapse_chart,
    session_key,
)
from ketacourse.report.forecast_files import write_tables
from ketacourse.report.forecast_tables import (
    chair_rows,
    chance_table,
    forecast_table,
    learned_table,
    relapse_table,
    score_table,
    session_table,
    watched_table,
)
from ketacourse.report.forecast_words import (
    DISCLAIMER,
    headline,
    learned_words,
    outcome_sentences,
    relapse_sentence,
)
from ketacourse.report.section import Figure
from ketacourse.report.sources import number_rows, source_rows
from ketacourse.report.template import style, template
from ketacourse.report.wording import patient_lines, plan_lines
from ketacourse.therapy.links import link_notes
from ketacourse.therapy.scales import scale

PAGE = "report.html"
STAGES = ("course_model.", "learning.coping_time", "learning.acquisition", "placebo.",
          "safety.sbp_max", "safety.cadss_max", "safety.cadss_adaptation")  # fmt: skip
"""Beginnings of the catalogue names that the forecast reads beside the possible patients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The catalogue entries behind a forecast, and their sources."""

    parameters_used: tuple[Parameter, ...]
    sources_used: tuple[Source, ...]


def write_forecast(refit: Refit, directory: Path, *, findings: tuple[Finding, ...] = ()) -> Path:
    """Write ``report.html``, ``forecast.csv``, ``relapse.csv`` and ``refit.json`` into a folder.

    Parameters
    ----------
    findings
        What screening found; what is urgent or stops the course stands on top.

    Returns
    -------
    Path
        The page to open.
    """
    target = directory / PAGE
    target.write_text(render_forecast(refit, findings=findings), encoding="utf-8")
    write_tables(refit, directory, findings=findings)
    return target


def render_forecast(refit: Refit, *, findings: tuple[Finding, ...] = ()) -> str:
    """Return the report as one HTML document."""
    numbers = _numbers(refit, findings)
    shown = rows_of(findings, numbers)
    text: str = template("forecast.html.j2").render(
        refit=refit,
        title=refit.case.title or refit.case.patient.identifier,
        patient=patient_lines(refit.case),
        plan=plan_lines(refit.readings.course, refit.case.patient.weight_kg),
        alerts=[
            f"{row.word}: {row.title or row.code} ({row.code}). {row.statement}"
            for row in shown if row.stops
        ],
        urgent=URGENT,
        disclaimer=DISCLAIMER,
        main=main_figure(refit),
        others=other_figures(refit),
        relapse=relapse_figure(refit),
        glance=outcome_sentences(refit)[1:],
        chances=chance_table(refit),
        session=session_table(refit),
        chair=chair_rows(refit),
        watched=watched_table(refit),
        learned=learned_table(refit),
        learned_words=learned_words(refit),
        scores=score_table(refit),
        links=[n for key in refit.forecasts if key != "madrs" for n in link_notes("madrs", key)],
        numbers=number_rows(numbers),
        sources=source_rows(numbers),
        research_mark="",
        style=Markup(style()),  # noqa: S704 - our own file
        svg=Markup,
    )  # fmt: skip
    return text


def main_figure(refit: Refit) -> Figure:
    """Return the figure that is read at a glance."""
    about = refit.forecasts[refit.main]
    reading = headline(refit)
    return Figure(
        key="forecast",
        reading=reading,
        drawings=(draw(fan_chart(refit, about, size=WIDE, reading=reading)),),
        narrow=(draw(fan_chart(refit, about, size=NARROW, reading=reading)),),
        caption=(
            "Dots: scores. Line: middle of what is expected. Bands, from dark to light: 50, 80 "
            f"and 95% of what may be measured. They contain {refit.contains}. "
            f"{session_key(refit)}"
        ),
        grades=(),
        table=forecast_table(refit, about),
        wide=True,
    )


def other_figures(refit: Refit) -> tuple[Figure, ...]:
    """Return a smaller figure for every other scale."""
    found = []
    for key, about in refit.forecasts.items():
        if key == refit.main:
            continue
        label = scale(key).label
        own = any(s.scale == key for s in refit.readings.scores)
        how = "" if own else ", by the published link to the scales that were measured"
        back = scale(key).recall_days or 0.0
        recall = (
            f" It asks about {back:g} days, so it follows a change late."
            if scale(key).rater == "self" else ""
        )  # fmt: skip
        reading = f"{label}{how}.{recall}"
        found.append(
            Figure(
                key=f"forecast-{key}", reading=reading,
                drawings=(draw(fan_chart(refit, about, size=SMALL, reading=reading)),),
                caption="As above.", grades=(), table=forecast_table(refit, about),
            )
        )  # fmt: skip
    return tuple(found)


def relapse_figure(refit: Refit) -> Figure | None:
    """Return how long a response holds, None where nothing can be said."""
    relapse = refit.relapse
    if np.isnan(relapse.held[0]) or relapse.days.size < 2:
        return None
    reading = relapse_sentence(relapse)
    return Figure(
        key="relapse",
        reading=reading,
        drawings=(draw(relapse_chart(relapse, size=SMALL, reading=reading)),),
        caption=(
            "Band: central 80% of the chances that patients who all fit the scores have. How "
            "long a response lasts differs widely between people and is learned only with time."
        ),
        grades=(),
        table=relapse_table(refit),
    )


def _numbers(refit: Refit, findings: tuple[Finding, ...]) -> Numbers:
    del refit
    catalogue = load_catalogue()
    used = tuple(p for n, p in catalogue.parameters.items() if n.startswith(STAGES))
    keys = dict.fromkeys([*(p.source for p in used), *(f.source for f in findings)])
    return Numbers(
        parameters_used=used,
        sources_used=tuple(catalogue.sources[k] for k in keys if k in catalogue.sources),
    )
