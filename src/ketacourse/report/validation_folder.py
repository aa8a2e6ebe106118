"""The output folder of a validation: made, taken up again, or refused."""

from pathlib import Path

from ketacourse.course.validation_parts import FOLDER
from ketacourse.errors import OutputError

PAGE, NUMBERS, ROWS = "report.html", "report.json", "rows.csv"
FINISHED = (PAGE, NUMBERS, ROWS)


def open_folder(path: Path, *, force: bool) -> None:
    """Make a folder ready, or take up a run that was stopped in it.

    Parameters
    ----------
    force
        Replace the report of an earlier run; parts that still hold are used, and files of
        other origin are kept.

    Raises
    ------
    OutputError
        If something else is in the way; nothing was changed.
    """
    try:
        for step in (path, *path.parents):
            if step.exists() and not step.is_dir():
                raise OutputError(
                    f"A file is in the way of the output folder: '{step}'.",
                    remedy="Move it, or choose another folder.",
                )
        entries = {e.name for e in path.iterdir()} if path.is_dir() else set()
        stopped = FOLDER in entries and not entries & set(FINISHED)
        if entries and not stopped and not force:
            raise OutputError(
                f"The output folder '{path}' already holds files.",
                remedy="Choose another folder, or add --force to replace an earlier report.",
            )
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise OutputError(
            f"The output folder '{path}' cannot be written: {error}.",
            remedy="Check its rights and its name, or choose another folder.",
        ) from None
