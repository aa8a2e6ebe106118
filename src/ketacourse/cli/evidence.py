"""``ketacourse evidence``: every number of the model, with its source."""

import json

import click

from ketacourse.cli.cases import read_case
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.listing import Answer, list_parameters, look_up


@click.command("evidence")
@click.argument("words", nargs=-1, metavar="[NAME]")
@click.option("--used-by", metavar="CASE", help="List every number that a simulation of CASE uses.")
@click.option(
    "--concentrations", is_flag=True, help="Compare predicted with published concentrations."
)
@click.option(
    "--pk-model",
    default="standard",
    show_default=True,
    metavar="NAME",
    help="Pharmacokinetic model to compare or to use.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def command(
    *, words: tuple[str, ...], used_by: str | None, concentrations: bool, pk_model: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Show and search every number of the model, with its source.

    NAME is a parameter, a stage, a grade, a source, one of the words sources, links, claims
    and observations, or words to search for; everything without it.
    """
    if sum((bool(words), used_by is not None, concentrations)) > 1:
        raise click.UsageError("Give NAME, --used-by or --concentrations, not several of them.")
    if concentrations:
        click.echo(_concentrations(pk_model), nl=False)
        return
    answer = look_up(" ".join(words)) if used_by is None else _used_by(used_by, pk_model)
    if as_json:
        click.echo(json.dumps(answer.as_dict(), indent=1, ensure_ascii=False))
    else:
        click.echo(answer.text())


def _concentrations(pk_model: str) -> str:
    from ketacourse.course.concentrations import compare_concentrations, render_comparison

    comparisons = compare_concentrations(pk_model, catalogue=load_catalogue())
    return render_comparison(comparisons, model=pk_model)


def _used_by(argument: str, pk_model: str) -> Answer:
    from ketacourse.course.simulate import simulate

    # Which numbers a run uses does not depend on how often they are drawn.
    simulation = simulate(read_case(argument), pk_model=pk_model, draws=10, research=True)
    title = f"Numbers that a simulation of {argument} uses"
    return list_parameters(simulation.parameters_used, title=title)
