"""The trials that come with the package."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from ketacourse.errors import InputError

PREFIX = "example:"


def trial_examples() -> Mapping[str, Path]:
    """Return the example trials by name."""
    folder = Path(str(files("ketacourse").joinpath("examples", "trials")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def trial_file(argument: str) -> Path:
    """Return the file that a TRIAL argument names: a path, or ``example:`` and a name.

    Raises
    ------
    InputError
        If there is no example of that name, with the closest names.
    """
    if not argument.startswith(PREFIX):
        return Path(argument)
    name, known = argument.removeprefix(PREFIX), trial_examples()
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=3, cutoff=0.4) or list(known)
    raise InputError(
        f"There is no example trial '{name}'.",
        remedy=f"Use {' or '.join(PREFIX + c for c in close)}.",
    )
