"""How the groups of a trial are told apart: a letter, a tone and a dash each.

Tone and dash repeat at different lengths, so that neighbours differ in both and no two of
the first 24 groups look alike; the letter tells all of them apart without colour.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TypeVar

from ketacourse.report.chart import Dash, Tone

TONES: tuple[Tone, ...] = ("blue", "vermillion", "green", "purple", "orange", "ink")
DASHES: tuple[Dash, ...] = ("", "7 4", "9 3 2 3")
"""Dashes of curves; the finest dash is left to thresholds."""
T = TypeVar("T")

_FEW = 4  # a sentence can name so many groups
_ROUND = len(TONES)  # tone and dash walked together come back after so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One group: its name, and how it is drawn wherever it appears."""

    name: str
    letter: str
    tone: Tone
    dash: Dash

    @property
    def title(self) -> str:
        """Return letter and name, the name cut to what fits over a small chart."""
        return f"{self.letter} {cut(self.name, 40)}"


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Return the look of each group by name.

    Examples
    --------
    >>> [(look.letter, look.tone, look.dash) for look in looks(["ketamine", "saline"]).values()]
    [('A', 'blue', ''), ('B', 'vermillion', '7 4')]
    """
    return {
        name: Look(
            name=name,
            letter=letter(k),
            tone=TONES[k % len(TONES)],
            dash=DASHES[(k + k // _ROUND) % len(DASHES)],
        )
        for k, name in enumerate(names)
    }


def letter(position: int) -> str:
    """Return the letter of a position; after Z they go on as A2, B2.

    Examples
    --------
    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'A2')
    """
    turn, place = divmod(position, len(ascii_uppercase))
    return ascii_uppercase[place] + (str(turn + 1) if turn else "")


def labels(known: Sequence[Look], most: int) -> list[str]:
    """Return names where all are at most ``most`` letters long, otherwise the letters."""
    if all(len(look.name) <= most for look in known):
        return [look.name for look in known]
    return [look.letter for look in known]


def key(known: Sequence[Look]) -> str:
    """Return what the letters stand for, such as ``A ketamine, B saline``."""
    return ", ".join(f"{look.letter} {look.name}" for look in known)


def told(items: Mapping[str, T], of: Callable[[T], float]) -> list[tuple[str, T]]:
    """Return what a sentence names: everything if there is little, otherwise both extremes.

    Examples
    --------
    >>> told({"a": 1, "b": 2}, float)
    [('a', 1), ('b', 2)]
    >>> told(dict(zip("abcde", (3, 1, 2, 5, 4), strict=True)), float)
    [('b', 1), ('d', 5)]
    """
    found = list(items.items())
    if len(found) <= _FEW:
        return found
    found.sort(key=lambda item: of(item[1]))
    return [found[0], found[-1]]


def cut(text: str, most: int) -> str:
    """Return a text, shortened with an ellipsis where it is longer than ``most``.

    Examples
    --------
    >>> cut("ketamine", 8), cut("esketamine", 8)
    ('ketamine', 'esketam…')
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
