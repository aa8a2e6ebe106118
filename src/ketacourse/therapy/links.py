"""Published links between rating scales, for single scores and for whole courses.

A link is a monotone line through published pairs of totals; outside them it stays at the
end of its range. Scales without a direct link are reached through others, the fewest first.
"""

import itertools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import EvidenceError, InputError
from ketacourse.therapy.scales import scale

LinkGrade = Literal["strong", "moderate", "weak", "contested"]
LINK_GRADES = ("strong", "moderate", "weak", "contested")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleLink:
    """One published link between two scales.

    Parameters
    ----------
    key
        Name of the link.
    from_scale, to_scale
        The two scales; a link works in both directions.
    points
        Pairs of totals (points), rising on both scales.
    published
        Those of the pairs that were read in the source.
    method, source, grade, note
        How the link was made, by whom, how far it can be trusted for one person.
    residual_sd
        Scale to the spread of one person's score around the link (points); empty where no
        source allows it.
    default
        Whether conversion uses it; others are published alternatives.
    """

    key: str
    from_scale: str
    to_scale: str
    points: tuple[tuple[float, float], ...]
    published: tuple[tuple[float, float], ...]
    method: str
    source: str
    grade: LinkGrade
    note: str
    residual_sd: Mapping[str, float] = field(default_factory=dict)
    default: bool = True

    def __post_init__(self) -> None:
        for side in (0, 1):
            values = [pair[side] for pair in self.points]
            if any(not low < high for low, high in itertools.pairwise(values)):
                raise EvidenceError(
                    f"Link '{self.key}' does not rise on both scales.", remedy="Order its points."
                )
        for low, high in self.points:
            scale(self.from_scale).check(low)
            scale(self.to_scale).check(high)
        if self.grade not in LINK_GRADES:
            raise EvidenceError(f"Link '{self.key}' has the unknown grade '{self.grade}'.")

    def joins(self, one: str, other: str) -> bool:
        """Return whether the link joins two scales, in either direction."""
        return {one, other} == {self.from_scale, self.to_scale}

    def apply(self, totals: Floats, *, to_scale: str) -> Floats:
        """Return totals (points, any shape) on ``to_scale``, given on the other scale."""
        first, second = zip(*self.points, strict=True)
        known, wanted = (first, second) if to_scale == self.to_scale else (second, first)
        return np.asarray(np.interp(totals, known, wanted), dtype=np.float64)


@cache
def load_links() -> Mapping[str, ScaleLink]:
    """Return every link that ships with the package, by key."""
    text = files("ketacourse.evidence").joinpath("scale_links.toml").read_text(encoding="utf-8")
    return {key: _build(key, fields) for key, fields in tomllib.loads(text).items()}


def _build(key: str, fields: Mapping[str, Any]) -> ScaleLink:
    published = tuple((float(a), float(b)) for a, b in fields["published"])
    ends = tuple((float(a), float(b)) for a, b in fields["ends"])
    return ScaleLink(
        key=key,
        from_scale=fields["from"],
        to_scale=fields["to"],
        points=tuple(sorted((*published, *ends))),
        published=published,
        method=fields["method"],
        source=fields["source"],
        grade=fields["grade"],
        note=fields["note"],
        residual_sd=dict(fields.get("residual_sd", {})),
        default=bool(fields["default"]),
    )


@cache
def links_between(from_scale: str, to_scale: str) -> tuple[ScaleLink, ...]:
    """Return the links that lead from one scale to another, in order.

    Raises
    ------
    InputError
        If either scale is unknown, or no published links join them.

    Examples
    --------
    >>> [link.key for link in links_between("madrs", "gad7")]
    ['phq9_madrs', 'phq9_gad7']
    """
    scale(from_scale)
    scale(to_scale)
    links = [link for link in load_links().values() if link.default]
    routes: dict[str, tuple[ScaleLink, ...]] = {from_scale: ()}
    frontier = [from_scale]
    while frontier and to_scale not in routes:
        here = frontier.pop(0)
        for link in links:
            if here not in (link.from_scale, link.to_scale):
                continue
            there = link.to_scale if here == link.from_scale else link.from_scale
            if there not in routes:
                routes[there] = (*routes[here], link)
                frontier.append(there)
    if to_scale not in routes:
        raise InputError(
            f"No published link leads from {scale(from_scale).label} to {scale(to_scale).label}.",
            remedy=f"Enter totals on {scale(to_scale).label} itself.",
        )
    return routes[to_scale]


@overload
def convert(value: float, from_scale: str, to_scale: str) -> float: ...


@overload
def convert(value: Floats, from_scale: str, to_scale: str) -> Floats: ...


def convert(value: float | Floats, from_scale: str, to_scale: str) -> float | Floats:
    """Return a total on another scale, by the published links.

    Parameters
    ----------
    value
        Total or totals (points, any shape) on ``from_scale``.
    from_scale, to_scale
        Keys of the scales, such as ``madrs`` and ``phq9``.

    Raises
    ------
    InputError
        If a scale is unknown or no link leads there.
    OutOfRangeError
        If a total lies outside its scale or is not a number.

    Examples
    --------
    >>> convert(20.0, "hamd17", "madrs")
    26.0
    """
    totals = np.asarray(value, dtype=np.float64)
    for edge in (np.min(totals), np.max(totals)) if totals.size else ():
        scale(from_scale).check(float(edge))
    here = from_scale
    for link in links_between(from_scale, to_scale):
        here = link.to_scale if here == link.from_scale else link.from_scale
        totals = link.apply(totals, to_scale=here)
    return totals if isinstance(value, np.ndarray) else float(totals)


def link_notes(from_scale: str, to_scale: str) -> tuple[str, ...]:
    """Return one line per link used, with method, grade and what is disputed."""
    return tuple(
        f"{scale(link.from_scale).label} to {scale(link.to_scale).label}: {link.method}, "
        f"{link.grade}. {link.note}"
        for link in links_between(from_scale, to_scale)
    )
