"""``ketacourse trial``: run a virtual trial into a folder."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import click

from ketacourse.cli.progress import progress_line
from ketacourse.errors import KetacourseError
from ketacourse.report.trial_page import write_trial_report
from ketacourse.trials.design import Trial
from ketacourse.trials.estimates import EndpointEstimate
from ketacourse.trials.examples import trial_file
from ketacourse.trials.executor import DaskExecutor, Executor, SerialExecutor
from ketacourse.trials.processes import ProcessExecutor
from ketacourse.trials.results import RESEARCH_MARK, TrialResult
from ketacourse.trials.run import Progress, run_trial
from ketacourse.trials.task import CHUNK_PATIENTS, Trajectories
from ketacourse.trials.trial_read import load_trial

WORTH_A_PROCESS = 2 * CHUNK_PATIENTS
"""Patients from which several processes finish sooner than one."""


@click.command("trial")
@click.argument("trial")
@click.option("--out", "-o", type=Path, required=True, metavar="DIR", help="Folder of the results.")
@click.option("--force", is_flag=True, help="Replace the results of another trial.")
@click.option("--patients", type=int, metavar="N", help="Patients per arm, instead of the file's.")
@click.option(
    "--replicates", type=int, metavar="R", help="Times the trial is repeated, for its power."
)
@click.option("--workers", type=int, metavar="N", help="Processes; one per processor by default.")
@click.option(
    "--executor",
    type=click.Choice(["serial", "processes", "dask"]),
    help="Who does the work; chosen by the size of the trial by default.",
)
@click.option("--address", metavar="A", help="Dask scheduler to use, such as tcp://host:8786.")
@click.option(
    "--trajectories",
    type=click.Choice(["visits", "none"]),
    default="visits",
    show_default=True,
    help="Store a row per patient with every visit, or counts only.",
)
@click.option(
    "--from",
    "source",
    type=Path,
    metavar="DIR",
    help="Do not simulate: count the patients stored in DIR for the endpoints of TRIAL.",
)
def command(
    *, trial: str, out: Path, force: bool, patients: int | None, replicates: int | None,
    workers: int | None, executor: Literal["serial", "processes", "dask"] | None,
    address: str | None, trajectories: Trajectories, source: Path | None,
) -> None:  # fmt: skip
    """Run the virtual trial of TRIAL and write its results into a folder.

    TRIAL is a trial file, or example:NAME ('ketacourse examples --trials' lists them). A run
    that was stopped goes on where it was when the same command is given again.
    """
    loaded = load_trial(trial_file(trial), patients=patients, replicates=replicates)
    doer = _executor(loaded, executor, workers, address)
    try:
        with progress_line() as report:
            result = run_trial(
                loaded, out, executor=doer, trajectories=trajectories, source=source,
                force=force, progress=_teller(report),
            )  # fmt: skip
    except KeyboardInterrupt:
        raise KetacourseError(
            "The trial was stopped.",
            remedy=f"What is finished is kept in '{out}': the same command goes on from there.",
        ) from None
    page = write_trial_report(result, out)
    click.echo(_text(result))
    if loaded.research:
        click.echo(f"{RESEARCH_MARK} Not for a patient.")
    if trajectories == "visits" and source is None:
        click.echo(f"Patients: {out / 'arms'}")
    click.echo(f"Results: {out / 'summary.json'}")
    click.echo(f"Report: {page}")


def _executor(trial: Trial, kind: str | None, workers: int | None, address: str | None) -> Executor:
    """Return who does the work: as told, or as it pays."""
    number = _processors() if workers is None else workers
    if address is not None or kind == "dask":
        if kind not in (None, "dask"):
            raise click.UsageError(f"--address needs --executor dask, not {kind}.")
        return DaskExecutor(workers=number, address=address)
    size = sum(trial.patients_of(c) * len(cell) for c, cell in enumerate(trial.cells))
    if kind is None:
        kind = "processes" if number > 1 and (workers or size >= WORTH_A_PROCESS) else "serial"
    return SerialExecutor() if kind == "serial" else ProcessExecutor(number)


def _processors() -> int:
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _teller(report: Callable[[str, float], None]) -> Callable[[Progress], None]:
    """Return what draws the progress of a trial: patients, rate and time left."""

    def tell(now: Progress) -> None:
        text = f"{now.done:,} of {now.total:,} patients"
        if now.seconds_left is not None:
            minutes, seconds = divmod(round(now.seconds_left), 60)
            text += f", {now.rate:,.0f}/s, {minutes}:{seconds:02d} left"
        report(text, now.done / now.total)

    return tell


def _text(result: TrialResult) -> str:
    """Return the result in a few lines."""
    trial = result.trial
    times = f", {trial.replicates} times" if trial.replicates > 1 else ""
    sizes = ", ".join(f"{arm.name}: {arm.patients:,}" for arm in result.arms)
    lines = [f"{trial.title} ({trial.design}{times}). Patients: {sizes}."]
    for found in result.endpoints:
        lines += _endpoint_lines(found)
    lines.append(f"Digest: {result.digest}")
    return "\n".join(lines)


def _endpoint_lines(found: EndpointEstimate) -> list[str]:
    shown = {"point": 1.0, "percent": 1.0, "day": 1.0, "1": 100.0}[found.unit]
    unit = {"point": " points", "percent": "%", "day": " days", "1": "%"}[found.unit]
    lines = [f"{found.endpoint.name}:"]
    for group in found.groups:
        e = group.estimate
        value = "not reached" if e.value != e.value else f"{e.value * shown:.1f}{unit}"
        ends = f" ({e.lower * shown:.1f} to {e.upper * shown:.1f})" if e.value == e.value else ""
        lines.append(f"  {group.group}: {value}{ends}, n {e.n:,}")
    for contrast in found.contrasts:
        c = contrast.comparison
        part = shown if contrast.effect == "difference" else 1.0
        text = f"  {contrast.name}: {contrast.effect} {c.difference * part:.2f}"
        text += f" ({c.lower * part:.2f} to {c.upper * part:.2f}), p {c.p:.2g}"
        power = [
            f"{p.power.value:.0%} with {p.patients or 'the stated'} patients per arm"
            for p in contrast.power
        ]
        lines.append(text + (f"; power {', '.join(power)}" if power else ""))
    return lines
