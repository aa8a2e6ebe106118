"""``ketacourse schema``: the JSON Schema of the case file, or of the trial file."""

import json

import click

from ketacourse.therapy.case import case_schema


@click.command("schema")
@click.option("--trial", is_flag=True, help="The schema of the trial file instead.")
def command(*, trial: bool) -> None:
    """Print the JSON Schema of the case file.

    Editors that know JSON Schema complete and check a case file with it.
    """
    if trial:
        from ketacourse.trials.trial_file import trial_schema

        schema = trial_schema()
    else:
        schema = case_schema()
    click.echo(json.dumps(schema, indent=2, ensure_ascii=False))
