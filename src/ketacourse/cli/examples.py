"""``ketacourse examples``: the cases that come with the package."""

import click

from ketacourse.cli.cases import PREFIX, example_file, example_files
from ketacourse.therapy.case import load_case


@click.command("examples")
@click.option("--show", metavar="NAME", help="Print one example as a file to start from.")
def command(*, show: str | None) -> None:
    """List the example cases; all are invented."""
    if show is not None:
        click.echo(example_file(show).read_text(encoding="utf-8"), nl=False)
        return
    known = example_files()
    width = max((len(name) for name in known), default=0)
    for name, path in known.items():
        click.echo(f"{PREFIX}{name:<{width}}  {load_case(path).title}")
