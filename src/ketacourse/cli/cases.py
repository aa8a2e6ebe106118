"""The CASE argument: a path, or ``example:`` and the name of a case that comes along."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from ketacourse.errors import InputError
from ketacourse.therapy.case import Case, load_case

PREFIX = "example:"


def read_case(argument: str) -> Case:
    """Return the case that a CASE argument names.

    Raises
    ------
    InputError
        If there is no such file or example, or the file is wrong.
    """
    if not argument.startswith(PREFIX):
        return load_case(Path(argument))
    return load_case(example_file(argument))


def example_files() -> Mapping[str, Path]:
    """Return the example cases by name."""
    folder = Path(str(files("ketacourse").joinpath("examples")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def example_file(argument: str) -> Path:
    """Return the file of one example, named with or without ``example:``.

    Raises
    ------
    InputError
        If there is none of that name, with the closest names.
    """
    name = argument.removeprefix(PREFIX)
    known = example_files()
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=3, cutoff=0.4) or list(known)
    raise InputError(
        f"There is no example '{name}'.",
        remedy=f"Use {' or '.join(PREFIX + c for c in close)}; 'ketacourse examples' lists all.",
    )
