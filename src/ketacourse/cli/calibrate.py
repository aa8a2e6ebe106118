"""``ketacourse calibrate``: estimate the population parameters from the published rows."""

import shutil
from pathlib import Path

import click

from ketacourse.cli.progress import progress_line
from ketacourse.course.calibrate import PATIENTS, calibrate
from ketacourse.course.calibrate_effects import calibrate_effects
from ketacourse.course.posterior_file import write_posterior, write_with_effects
from ketacourse.errors import InputError
from ketacourse.evidence.posterior import load_posterior
from ketacourse.evidence.variants import load_variants
from ketacourse.report.output import fresh_directory


@click.command("calibrate")
@click.option("--out", "-o", type=Path, required=True, metavar="DIR", help="Folder to write.")
@click.option("--force", is_flag=True, help="Replace the results of an earlier run.")
@click.option(
    "--patients",
    type=click.IntRange(50, 5000),
    default=PATIENTS,
    show_default=True,
    metavar="N",
    help="Virtual patients per arm.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    metavar="N",
    help="Processes to share the arms among.",
)
@click.option(
    "--only",
    type=click.Choice(["side-effects"]),
    help="Estimate side effects alone (a minute) and keep the mood of the shipped posterior.",
)
def command(*, out: Path, force: bool, patients: int, workers: int, only: str | None) -> None:
    """Estimate the calibrated parameters of every mechanism variant.

    Writes posterior.csv (joint draws) and posterior.json (what made them) into a folder.
    Takes some minutes; the same table, version and seed give the same files. Finished
    variants are kept in DIR.unfinished, and an interrupted run goes on from there.
    """
    unfinished = out.with_name(f"{out.name}.unfinished")
    shipped = load_posterior()
    if only is not None and shipped is None:
        raise InputError("The package ships no posterior.", remedy="Leave out --only.")
    with fresh_directory(out, force=force) as folder, progress_line() as progress:
        progress("side effects", 0.0)
        effects = calibrate_effects(keep=unfinished)
        if only is not None and shipped is not None:
            write_with_effects(shipped, effects, folder)
            return _tell(out, unfinished)
        found = calibrate(
            list(load_variants()),
            patients=patients,
            workers=workers,
            told=progress,
            keep=unfinished,
        )
        write_posterior(found, effects, folder, patients=patients)
    return _tell(out, unfinished)


def _tell(out: Path, unfinished: Path) -> None:
    shutil.rmtree(unfinished, ignore_errors=True)
    click.echo(f"Posterior: {out / 'posterior.csv'}")
