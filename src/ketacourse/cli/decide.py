"""``ketacourse decide``: weigh what may be done next for one patient."""

import json
from pathlib import Path
from typing import Any

import click

from ketacourse.cli.cases import read_case
from ketacourse.cli.overrides import today as date_of_today
from ketacourse.cli.progress import progress_line
from ketacourse.cli.screening import screened, screening_options
from ketacourse.course.decide import DEFAULT_DRAWS, case_digest, decide
from ketacourse.course.decide_record import Choice, as_dict, read_record, with_choice
from ketacourse.course.decide_result import Decision
from ketacourse.course.decide_text import text
from ketacourse.course.preferences import Preferences, load_preferences
from ketacourse.errors import BlockedError, InputError, OutputError
from ketacourse.guardrails.settings import ClinicSettings, load_settings
from ketacourse.report.decision_page import write_decision
from ketacourse.report.output import fresh_directory
from ketacourse.therapy.case import Case
from ketacourse.trials.storage import write_text


@click.command("decide")
@click.argument("case")
@click.option("--out", "-o", type=Path, metavar="DIR", help="Folder of table, JSON and report.")
@click.option("--force", is_flag=True, help="Replace earlier results, or a stored record.")
@click.option(
    "--preferences",
    type=Path,
    metavar="FILE",
    help="What counts how much, as TOML; assumptions of this project otherwise.",
)
@click.option(
    "--today",
    type=float,
    metavar="DAY",
    help="Day from which is decided; the newest record's unless given.",
)
@click.option(
    "--draws",
    type=int,
    default=DEFAULT_DRAWS,
    show_default=True,
    metavar="N",
    help="Possible futures that are compared.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    metavar="N",
    help="Seed of the random streams.",
)
@click.option("--record", type=Path, metavar="FILE", help="Store the suggestion whole, as JSON.")
@click.option(
    "--chosen",
    metavar="KEY",
    help="What was chosen, or 'other'; goes into the record, with --reason and --by.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the decision as JSON.")
@screening_options
@click.pass_context
def command(
    context: click.Context, /, *, case: str, out: Path | None, force: bool,
    preferences: Path | None, today: float | None, draws: int, seed: int, record: Path | None,
    chosen: str | None, as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Weigh what may be done next for CASE: each option with benefit, cost and interval.

    CASE is a case file, or example:NAME. Rules come before every forecast. Ends with exit code
    3, and forecasts nothing, when screening blocks.
    """
    choice, rest = _choice(chosen, options)
    if choice is not None and record is None:
        raise InputError("--chosen has no record to go into.", remedy="Add --record FILE.")
    if choice is not None and record is not None and record.exists():
        _add_choice(record, choice, case=read_case(case), force=force)
        return
    if record is not None and record.exists() and not force:
        raise OutputError(
            f"The record '{record}' exists.",
            remedy="Add a choice with --chosen, choose another name, or add --force.",
        )
    loaded = read_case(case)
    wanted = Preferences() if preferences is None else load_preferences(preferences)
    with progress_line() as progress:
        decision = decide(
            loaded, preferences=wanted, settings=_settings(rest), today=today, seed=seed,
            draws=draws, screening=screened(loaded, **rest), progress=progress,
        )  # fmt: skip
    _tell(decision, as_json=as_json)
    if out is not None and not decision.blocked:
        with fresh_directory(out, force=force) as folder:
            write_decision(decision, folder, choice=choice)
        click.echo(f"Report: {out / 'report.html'}", err=as_json)
    if record is not None:
        write_text(record, _json(as_dict(decision, choice=choice)))
        click.echo(f"Record: {record}", err=as_json)
    if decision.blocked:
        context.exit(BlockedError.exit_code)


def _settings(options: dict[str, Any]) -> ClinicSettings:
    path = options["settings"]
    return ClinicSettings() if path is None else load_settings(path)


def _choice(chosen: str | None, options: dict[str, Any]) -> tuple[Choice | None, dict[str, Any]]:
    """Return the human choice, and the options of screening without its reason.

    Reasons are given in order: one for each override, then the one of the choice.
    """
    if chosen is None:
        return None, options
    reasons = options["reasons"]
    if len(reasons) != len(options["codes"]) + 1:
        raise InputError(
            f"Reasons given: {len(reasons)}, needed: {len(options['codes']) + 1}.",
            remedy="Give one --reason for each --override, then one for --chosen.",
        )
    choice = Choice(
        key=chosen, reason=reasons[-1], by=options["by"], on=options["on"] or date_of_today()
    )
    return choice, {**options, "reasons": reasons[:-1]}


def _add_choice(path: Path, choice: Choice, *, case: Case, force: bool) -> None:
    """Write what was chosen into a stored record of this case; nothing else in it changes."""
    stored = read_record(path)
    made = stored.get("provenance")  # absent where screening blocked
    if made is not None and made.get("case_digest") != case_digest(case):
        raise InputError(
            f"The record '{path}' was made from another case, or from this one before it changed.",
            remedy="Name the case it was made from, or decide again into a new record.",
        )
    found = with_choice(stored, choice, force=force)
    write_text(path, _json(found))
    click.echo(f"Chosen: {choice.key}. Record: {path}")


def _tell(decision: Decision, *, as_json: bool) -> None:
    click.echo(_json(as_dict(decision)) if as_json else text(decision), nl=not as_json)


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
