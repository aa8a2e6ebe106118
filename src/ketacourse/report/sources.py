"""The links, numbers and sources behind a run, as rows of a table."""

import math
from dataclasses import dataclass
from typing import Protocol

from ketacourse.course.result import Simulation
from ketacourse.evidence.catalogue import Parameter, Source
from ketacourse.report.wording import plain


class Evidence(Protocol):
    """A run that knows the numbers it used, and their sources in the order of the list."""

    @property
    def parameters_used(self) -> tuple[Parameter, ...]:
        """Return every number that the run used."""

    @property
    def sources_used(self) -> tuple[Source, ...]:
        """Return their sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A source as it is cited in a table: its number in the list, and its key."""

    number: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One link of the chain."""

    name: str
    grade: str
    statement: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """One number the run used."""

    name: str
    label: str
    value: str
    unit: str
    interval: str
    grade: str
    note: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One source, with an address only where it is a web address."""

    number: int
    key: str
    citation: str
    design: str
    population: str
    size: str
    link: str
    place: str
    read: bool


def references(run: Evidence, keys: tuple[str, ...]) -> tuple[Reference, ...]:
    """Return the numbers under which sources stand in the run's list; others are left out."""
    numbers = {source.key: k + 1 for k, source in enumerate(run.sources_used)}
    return tuple(Reference(number=numbers[key], key=key) for key in keys if key in numbers)


def link_rows(simulation: Simulation) -> tuple[LinkRow, ...]:
    """Return the links in the order of the chain."""
    return tuple(
        LinkRow(
            name=f"{link.source} → {link.target}", grade=link.grade, statement=link.statement,
            references=references(simulation, link.source_keys),
        )
        for link in simulation.links
    )  # fmt: skip


def number_rows(run: Evidence) -> tuple[NumberRow, ...]:
    """Return the numbers the run used, by name."""
    ordered = sorted(run.parameters_used, key=lambda p: p.name)
    return tuple(
        NumberRow(
            name=p.name, label=p.label, value=_exact(p.typical), unit=p.unit,
            interval=_interval(p), grade=p.grade, note=p.note,
            references=references(run, (p.source,)),
        )
        for p in ordered
    )  # fmt: skip


def _interval(parameter: Parameter) -> str:
    if parameter.lower == parameter.upper:
        return "fixed"
    return f"{_exact(parameter.lower)} to {_exact(parameter.upper)}"


def _exact(value: float) -> str:
    return plain(value, 4).replace("-", "−", 1) if math.isfinite(value) else "none"


def source_rows(run: Evidence) -> tuple[SourceRow, ...]:
    """Return the sources in the order of their numbers."""
    return tuple(_source(k + 1, source) for k, source in enumerate(run.sources_used))


def _source(number: int, source: Source) -> SourceRow:
    web = source.link.startswith(("https://", "http://"))
    return SourceRow(
        number=number, key=source.key, citation=source.citation, design=source.design,
        population=source.population, size="" if source.n is None else f"n = {source.n}",
        link=source.link if web else "", place="" if web else source.link, read=source.read,
    )  # fmt: skip
