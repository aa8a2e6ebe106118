"""The file of predictions: written aside and renamed, never over anything without leave."""

import errno
import os
import tempfile
from pathlib import Path

from ketacourse.errors import OutputError


def check_output(path: Path, *, table: Path, force: bool) -> None:
    """Refuse an output file before the work that would fill it.

    Raises
    ------
    OutputError
        If it is the table itself, a folder, exists without ``force``, or has no folder.
    """
    try:
        if path.exists() and table.exists() and path.samefile(table):
            raise OutputError(
                f"The output '{path}' is the table itself.", remedy="Choose another name."
            )
        if path.is_dir():
            raise OutputError(f"The output '{path}' is a folder.", remedy="Name a file in it.")
        if path.exists() and not force:
            raise OutputError(
                f"The output '{path}' exists.",
                remedy="Choose another name, or add --force to replace it.",
            )
        if not path.parent.is_dir():
            raise OutputError(
                f"The folder '{path.parent}' of the output does not exist.", remedy="Make it first."
            )
    except (OSError, ValueError) as error:
        raise OutputError(
            f"'{path}' is not a usable name ({error}).", remedy="Choose another."
        ) from None


def write_output(path: Path, text: str) -> None:
    """Write a file as a whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written; what was there before is as it was.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    except OSError as error:
        raise _unwritable(error, path) from None
    scratch = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(0o666 & ~_mask())
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise _unwritable(error, path) from None
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def _mask() -> int:
    """Return the mask that new files of this process get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _unwritable(error: OSError, path: Path) -> OutputError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputError(
            f"The disk of '{path}' is full; nothing was written.",
            remedy="Free some space, or choose another disk.",
        )
    return OutputError(
        f"The output '{path}' cannot be written: {error.strerror or error}.",
        remedy="Check the rights of its folder, or choose another.",
    )
