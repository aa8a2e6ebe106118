"""``ketacourse refit``: forecast the course of one patient from the patient's own scores."""

from pathlib import Path
from typing import Any

import click

from ketacourse.cli.cases import read_case
from ketacourse.cli.progress import progress_line
from ketacourse.cli.screening import screened, screening_options
from ketacourse.course.refit import refit
from ketacourse.report.forecast_page import write_forecast
from ketacourse.report.forecast_words import outcome_sentences
from ketacourse.report.output import fresh_directory


@click.command("refit")
@click.argument("case")
@click.option("--out", "-o", type=Path, required=True, metavar="DIR", help="Folder of the results.")
@click.option("--force", is_flag=True, help="Replace the results of an earlier run.")
@click.option(
    "--today",
    type=float,
    metavar="DAY",
    help="Day up to which everything is known; the newest record's unless given.",
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
    "--research", is_flag=True, help="Forecast doses outside the evidence; the result says so."
)
@screening_options
def command(
    *, case: str, out: Path, force: bool, today: float | None, seed: int, research: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Forecast the course of CASE from its own scores, and write the report into a folder.

    CASE is a case file, or example:NAME. Sessions count as planned unless [[treated]] says
    otherwise. What screening finds stands on top of the report; it does not stop a forecast.
    """
    loaded = read_case(case)
    screening = screened(loaded, research=research, **options)
    with fresh_directory(out, force=force) as folder, progress_line() as progress:
        progress("refit", 0.1)
        found = refit(loaded, today=today, seed=seed, research=research)
        progress("write the report", 0.9)
        write_forecast(found, folder, findings=screening.findings)
    for name, text in outcome_sentences(found):
        click.echo(f"{name}: {text}")
    for note in found.readings.notes:
        click.echo(f"Note: {note}")
    if screening.blocked:
        click.echo(f"Screening: {screening.summary}")
    click.echo(f"Report: {out / 'report.html'}")
