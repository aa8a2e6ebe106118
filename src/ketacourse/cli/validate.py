"""``ketacourse validate``: predict each study from the others, beside fixed margins."""

from pathlib import Path

import click

from ketacourse.cli.progress import progress_line
from ketacourse.course.calibrate import PATIENTS
from ketacourse.course.validation import validate
from ketacourse.report.output import fresh_directory


@click.command("validate")
@click.option("--out", "-o", type=Path, required=True, metavar="DIR", help="Folder to write.")
@click.option(
    "--margins",
    type=Path,
    default=Path("docs/validation/margins.toml"),
    show_default=True,
    metavar="FILE",
    help="Margins fixed beforehand.",
)
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
def command(*, out: Path, margins: Path, force: bool, patients: int, workers: int) -> None:
    """Predict every study from the others and write what meets its margin and what misses.

    Works on the posterior that ships with the package. Failures are part of the report.
    """
    with fresh_directory(out, force=force) as folder, progress_line() as progress:
        found, text = validate(margins, patients=patients, workers=workers, told=progress)
        (folder / "report.md").write_text(text, encoding="utf-8")
    click.echo(f"{sum(v.met for v in found)} of {len(found)} figures meet their margin.")
    click.echo(f"Report: {out / 'report.md'}")
