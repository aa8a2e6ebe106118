"""``ketacourse schema``: the JSON Schema of the case file."""

import json

import click

from ketacourse.therapy.case import case_schema


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the case file.

    Editors that know JSON Schema complete and check a case file with it.
    """
    click.echo(json.dumps(case_schema(), indent=2, ensure_ascii=False))
