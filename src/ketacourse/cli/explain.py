"""``ketacourse explain``: the mechanism for one patient."""

import json

import click

from ketacourse.cli.cases import read_case
from ketacourse.course.explain import explain


@click.command("explain")
@click.argument("case")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
def command(*, case: str, as_json: bool) -> None:
    """Explain the mechanism for the patient of CASE, link by link.

    CASE is a case file, or example:NAME. Each link carries its evidence grade and sources.
    """
    explanation = explain(read_case(case))
    if as_json:
        click.echo(json.dumps(explanation.as_dict(), indent=1, ensure_ascii=False))
    else:
        click.echo(explanation.text())
