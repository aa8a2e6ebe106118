"""``ketacourse screen``: the rules of selection and safety for one case."""

import json
from typing import Any

import click

from ketacourse.cli.cases import read_case
from ketacourse.cli.screening import screened, screening_options
from ketacourse.errors import BlockedError
from ketacourse.evidence.rule import PHASES


@click.command("screen")
@click.argument("case")
@click.option(
    "--phase",
    type=click.Choice(PHASES),
    default="plan",
    show_default=True,
    help="Step that is being decided.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@screening_options
@click.pass_context
def command(context: click.Context, /, *, case: str, as_json: bool, **options: Any) -> None:
    """Check CASE against the rules of selection and safety.

    CASE is a case file, or example:NAME. Ends with exit code 3 when a rule blocks.
    """
    screening = screened(read_case(case), **options)
    if as_json:
        click.echo(json.dumps(screening.as_dict(), indent=1, ensure_ascii=False))
    else:
        click.echo(screening.text())
    if screening.blocked:
        context.exit(BlockedError.exit_code)
