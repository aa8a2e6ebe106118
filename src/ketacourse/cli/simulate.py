"""``ketacourse simulate``: run the model over a planned course and write its report."""

from pathlib import Path
from typing import Any

import click

from ketacourse.cli.cases import read_case
from ketacourse.cli.overrides import blocking_codes
from ketacourse.cli.progress import progress_line
from ketacourse.cli.screening import screened, screening_options
from ketacourse.course.screen import Screening
from ketacourse.course.simulate import DEFAULT_DRAWS, simulate
from ketacourse.errors import BlockedError
from ketacourse.evidence.listing import list_parameters
from ketacourse.report.output import fresh_directory
from ketacourse.report.page import write_report


@click.command("simulate")
@click.argument("case")
@click.option("--out", "-o", type=Path, required=True, metavar="DIR", help="Folder of the results.")
@click.option("--force", is_flag=True, help="Replace the results of an earlier run.")
@click.option(
    "--draws",
    type=int,
    default=DEFAULT_DRAWS,
    show_default=True,
    metavar="N",
    help="Parameter draws behind the bands.",
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
    "--variant",
    "variants",
    multiple=True,
    metavar="KEY",
    help="Mechanism to run; may be given again; all unless given.",
)
@click.option("--fine", is_flag=True, help="Use the fine grid: slower, errors below 1e-5.")
@click.option(
    "--research",
    is_flag=True,
    help="Run outside the evidence or in spite of a block; every page says so.",
)
@click.option("--pdf", is_flag=True, help="Write the report as PDF too (needs the extra 'pdf').")
@click.option("--numbers", is_flag=True, help="Print every number the run used, with its source.")
@screening_options
def command(
    *, case: str, out: Path, force: bool, draws: int, seed: int, pk_model: str,
    variants: tuple[str, ...], fine: bool, research: bool, pdf: bool, numbers: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Simulate the course of CASE and write the report into a folder.

    CASE is a case file, or example:NAME ('ketacourse examples' lists them). Ends with exit
    code 3, and writes nothing, when screening blocks the case.
    """
    loaded = read_case(case)
    screening = screened(loaded, research=research, **options)
    if screening.blocked and not research:
        raise _blocked(screening)
    with fresh_directory(out, force=force) as folder, progress_line() as progress:
        simulation = simulate(
            loaded, pk_model=pk_model, variants=variants, draws=draws, seed=seed,
            research=research, fine=fine, screening=screening, progress=progress,
        )  # fmt: skip
        write_report(simulation, folder, pdf=pdf)
    if numbers:
        click.echo(list_parameters(simulation.parameters_used, title="Numbers used").text())
    click.echo(screening.summary)
    if simulation.research:
        click.echo("Research run: outside the evidence, or in spite of a block. Not for a patient.")
    click.echo(f"Report: {out / 'report.html'}")


def _blocked(screening: Screening) -> BlockedError:
    lines = [f"  {f.code}: {f.statement}" for f in screening.findings if f.severity == "blocked"]
    return BlockedError(
        f"Screening blocks this course ({', '.join(blocking_codes(screening))}); nothing was "
        "simulated.\n" + "\n".join(lines) + "\n",
        remedy="'ketacourse screen CASE' shows every finding and what to do.",
    )
