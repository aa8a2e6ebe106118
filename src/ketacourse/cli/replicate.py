"""``ketacourse replicate``: predict every row of a table of published results."""

from pathlib import Path

import click

from ketacourse.cli.progress import progress_line
from ketacourse.trials.replicate import replicate
from ketacourse.trials.replicate_output import check_output, write_output
from ketacourse.trials.replicate_trials import DEFAULT_DRAWS, DEFAULT_PATIENTS


@click.command("replicate")
@click.argument("table", type=Path)
@click.option("--out", "-o", type=Path, required=True, metavar="FILE", help="File to write.")
@click.option("--force", is_flag=True, help="Replace an earlier file.")
@click.option(
    "--draws",
    type=int,
    default=DEFAULT_DRAWS,
    show_default=True,
    metavar="N",
    help="Joint draws of what is believed, behind the intervals.",
)
@click.option(
    "--patients",
    type=int,
    default=DEFAULT_PATIENTS,
    show_default=True,
    metavar="N",
    help="Virtual patients per arm.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    metavar="N",
    help="Seed of the random streams.",
)
@click.option(
    "--pk-model",
    default="standard",
    show_default=True,
    metavar="NAME",
    help="Published pharmacokinetic model.",
)
@click.option(
    "--research", is_flag=True, help="Predict mood for doses outside the range of the evidence."
)
def command(
    *, table: Path, out: Path, force: bool, draws: int, patients: int, seed: int, pk_model: str,
    research: bool,
) -> None:  # fmt: skip
    """Predict every row of TABLE, with 90% intervals, and write the table anew.

    TABLE is a CSV of trials, of concentrations or of side effects, recognised by its columns.
    Every row comes back, with 'predicted', 'pi90_low', 'pi90_high' and 'status'.
    """
    check_output(out, table=table, force=force)
    with progress_line() as progress:
        found = replicate(
            table, seed=seed, draws=draws, patients=patients, pk_model=pk_model,
            research=research, progress=progress,
        )  # fmt: skip
    check_output(out, table=table, force=force)  # it may have appeared during the run
    write_output(out, found.text())
    click.echo(found.summary(), err=True)
    if research:
        click.echo("Research run: mood outside the evidence is extrapolated.", err=True)
    click.echo(f"Written: {out}", err=True)
