"""The validate step: every figure beside the margin that was fixed before it."""

from collections.abc import Callable
from pathlib import Path

from ketacourse.course.calibrate import PATIENTS, shipped_calibration
from ketacourse.course.shape import shape
from ketacourse.course.validate import leave_one_study_out
from ketacourse.course.validation_text import (
    Verdict,
    concentration_figures,
    read_margins,
    report_text,
    trial_figures,
    verdicts,
)


def validate(
    margins: Path,
    *,
    patients: int = PATIENTS,
    workers: int = 2,
    told: Callable[[str, float], None] | None = None,
) -> tuple[tuple[Verdict, ...], str]:
    """Return each figure beside its margin, and the report as Markdown.

    Works on the posterior that ships with the package.

    Parameters
    ----------
    margins
        A TOML file of margins, written before the run.
    patients
        Virtual patients per arm.
    workers
        Processes to share the arms among.
    told
        Called with what is being done and the share done.
    """
    wanted = read_margins(margins)
    calibration = shipped_calibration(patients=patients, workers=workers, told=told)
    held_out = leave_one_study_out(calibration, patients=patients, told=told)
    figures = {**trial_figures(calibration, held_out), **concentration_figures(), **shape()}
    found = verdicts(figures, wanted)
    missing = [name for name in wanted if name not in figures]
    return found, report_text(calibration, held_out, found, not_run=missing)
