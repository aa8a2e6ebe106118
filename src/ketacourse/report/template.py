"""The templates of the pages, and the one style sheet that they share."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ketacourse.report.theme import DARK, LIGHT, chart_rules, css_variables


def template(name: str) -> Any:
    """Return a template of ``templates/``; what it shows is escaped, and nothing may lack."""
    return _environment().get_template(name)


@cache
def style() -> str:
    """Return the style sheet, its colours filled in."""
    assert _environment().loader is not None
    text = _environment().loader.get_source(_environment(), "report.css")[0]  # type: ignore[union-attr]
    return (
        text.replace("/* light */", css_variables(LIGHT))
        .replace("/* dark */", css_variables(DARK))
        .replace("/* charts */", chart_rules())
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ketacourse.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
