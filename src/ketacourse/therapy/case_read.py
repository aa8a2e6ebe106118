"""From a path to the tables of a TOML file, or to an error that says what to do."""

import stat
import tomllib
from pathlib import Path
from typing import Any

from ketacourse.errors import InputError

LARGEST_FILE = 1024 * 1024
"""Largest file that is read (bytes), a case or a trial; a real one has a few thousand."""
EXAMPLES = "Start from an example: 'ketacourse examples' lists them, with --trials those of trials."


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises
    ------
    InputError
        If there is no such file, it cannot be read, is empty, larger than 1 MiB, not
        UTF-8 or not TOML.
    """
    text = _text(path)
    if not text.strip():
        raise InputError(f"The file '{path}' is empty.", remedy=EXAMPLES)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"The file '{path}' is not TOML: {error}.",
            remedy="Correct that line; texts and quantities stand in quotes.",
        ) from None
    except (ValueError, RecursionError):
        # Numbers with thousands of digits and tables nested without end.
        raise InputError(
            f"The file '{path}' is not TOML that can be read: a number is too long or tables "
            "are nested too deeply.",
            remedy=EXAMPLES,
        ) from None


def _text(path: Path) -> str:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(
                f"'{path}' is a directory.", remedy="Give the file itself, a .toml file."
            )
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"'{path}' is not a regular file.", remedy="Give a .toml file.")
        if status.st_size > LARGEST_FILE:
            raise InputError(
                f"The file '{path}' has {status.st_size / LARGEST_FILE:.1f} MiB.",
                remedy="A file has at most 1 MiB; is this the right one?",
            )
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            f"There is no file '{path}'.", remedy="Check the path and the spelling."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        raise InputError(
            f"The file '{path}' cannot be read: {reason}.", remedy="Check its permissions."
        ) from None
    try:
        # A byte-order mark, as some editors write, is not part of the text.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The file '{path}' is not UTF-8 text (byte {error.start}).",
            remedy="Save it as UTF-8.",
        ) from None
