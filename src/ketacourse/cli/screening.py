"""Screening as ``screen`` and ``simulate`` share it: options, settings and overrides."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ketacourse.cli.overrides import read_overrides, today
from ketacourse.course.screen import Screening, screen
from ketacourse.evidence.rule import Phase
from ketacourse.guardrails.settings import ClinicSettings, load_settings
from ketacourse.therapy.case import Case

Command = Callable[..., Any]

_OPTIONS = (
    click.option("--settings", type=Path, metavar="FILE",
                 help="Decisions of the clinic about rules, as TOML."),
    click.option("--override", "codes", multiple=True, metavar="CODE",
                 help="Go on in spite of a rule that allows it; needs --reason and --by."),
    click.option("--reason", "reasons", multiple=True, metavar="TEXT",
                 help="Why; one for each --override."),
    click.option("--by", default="", metavar="NAME", help="The prescriber who overrides."),
    click.option("--on", metavar="DATE", help="Date of the decision; today unless given."),
)  # fmt: skip


def screening_options(command: Command) -> Command:
    """Give a command the options of screening."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def screened(
    case: Case, *, settings: Path | None, codes: tuple[str, ...], reasons: tuple[str, ...],
    by: str, on: str | None, research: bool = False, phase: Phase = "plan",
) -> Screening:  # fmt: skip
    """Return the screening of a case, overrides applied."""
    in_force = ClinicSettings() if settings is None else load_settings(settings)
    first = screen(case, settings=in_force, research=research, phase=phase)
    overrides = read_overrides(first, codes=codes, reasons=reasons, by=by, on=on or today())
    if not overrides:
        return first
    return screen(case, settings=in_force, research=research, phase=phase, overrides=overrides)
