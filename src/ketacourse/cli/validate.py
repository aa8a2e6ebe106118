"""``ketacourse validate``: the model beside everything published, and fixed margins."""

from pathlib import Path

import click

from ketacourse.cli.progress import progress_line
from ketacourse.course.validation import validate
from ketacourse.errors import KetacourseError
from ketacourse.report.validation_folder import open_folder
from ketacourse.report.validation_page import write_docs, write_validation


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
@click.option("--force", is_flag=True, help="Replace the report of an earlier run.")
@click.option("--docs", type=Path, metavar="DIR", help="Also write the documentation's page.")
@click.option("--quick", is_flag=True, help="Compute less: a look in some two minutes.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    metavar="N",
    help="Processes to share the work among.",
)
def command(
    *, out: Path, margins: Path, force: bool, docs: Path | None, quick: bool, workers: int
) -> None:
    """Compare the model with everything published, beside margins fixed beforehand.

    Each study is predicted from a fit to the others. Works on the posterior that ships with
    the package. Failures are part of the report. A run that was stopped goes on where it was
    when the same command is given again.
    """
    open_folder(out, force=force)
    try:
        with progress_line() as progress:
            found = validate(margins, quick=quick, workers=workers, out=out, told=progress)
    except KeyboardInterrupt:
        raise KetacourseError(
            "The validation was stopped.",
            remedy=f"What is finished is kept in '{out}': the same command goes on from there.",
        ) from None
    page = write_validation(found, out)
    click.echo(
        f"{found.count('met')} of {len(found.verdicts)} figures meet their margin, "
        f"{found.count('missed')} miss it, {found.count('not_supported')} could not be computed."
    )
    for verdict in found.verdicts:
        if verdict.outcome == "missed":
            click.echo(
                f"  missed: {verdict.margin.name} {verdict.value:.3g} ({verdict.margin.text})"
            )
    click.echo(f"Rows: {out / 'rows.csv'}")
    click.echo(f"Numbers: {out / 'report.json'}")
    if docs is not None:
        click.echo(f"Documentation: {write_docs(found, docs)}")
    click.echo(f"Report: {page}")
