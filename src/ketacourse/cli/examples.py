"""``ketacourse examples``: the cases and trials that come with the package."""

import tomllib
from pathlib import Path

import click

from ketacourse.cli.cases import PREFIX, example_file, example_files
from ketacourse.therapy.case import load_case
from ketacourse.trials.examples import trial_examples


@click.command("examples")
@click.option("--show", metavar="NAME", help="Print one example as a file to start from.")
@click.option("--trials", is_flag=True, help="The example trials instead of the cases.")
def command(*, show: str | None, trials: bool) -> None:
    """List the example cases, or the example trials; all are invented."""
    own = trial_examples()
    if show is not None:
        name = show.removeprefix(PREFIX)
        path = own[name] if name in own else example_file(show)
        click.echo(path.read_text(encoding="utf-8"), nl=False)
        return
    known = own if trials else example_files()
    width = max((len(name) for name in known), default=0)
    for name, path in known.items():
        title = _trial_title(path) if trials else load_case(path).title
        click.echo(f"{PREFIX}{name:<{width}}  {title}")


def _trial_title(path: Path) -> str:
    return str(tomllib.loads(path.read_text(encoding="utf-8")).get("title", ""))
