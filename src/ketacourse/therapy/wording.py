"""The wording of the questionnaires that are free to use, item by item."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ketacourse.errors import InputError
from ketacourse.therapy.scales import load_scales, scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: its text and its LOINC code."""

    text: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: its text, its points and its LOINC code."""

    text: str
    points: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """A questionnaire as it is put to the patient; the total is the sum of the points."""

    scale: str
    question: str
    panel: str
    items: tuple[Item, ...]
    answers: tuple[Answer, ...]


@cache
def questionnaire(key: str) -> Questionnaire:
    """Return the wording of one scale.

    Raises
    ------
    InputError
        If the scale is unknown or its wording does not ship.
    """
    label = scale(key).label
    file = files("ketacourse.evidence").joinpath("scales_wording", f"{key}.toml")
    if not file.is_file():
        others = [s.key for s in load_scales().values() if s.wording_shipped]
        raise InputError(
            f"The wording of {label} does not ship with the package.",
            remedy=f"Enter totals from your own form; wording ships for {', '.join(others)}.",
        )
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return Questionnaire(
        scale=key,
        question=table["question"],
        panel=table["panel"],
        items=tuple(Item(**item) for item in table["items"]),
        answers=tuple(Answer(**answer) for answer in table["answers"]),
    )
