"""What a simulated course is: curves, milestones, findings, and where the numbers came from.

One :class:`Simulation` holds everything that a report, a table or a page draws.
It is made by ``course/simulate.py`` and never changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import SolverError

if TYPE_CHECKING:  # values only: nothing here looks inside them
    from ketacourse.evidence.catalogue import Parameter, Source
    from ketacourse.guardrails.finding import Finding
    from ketacourse.therapy.case import Case

FloatArray = NDArray[np.float64]

LinkGrade = Literal["strong", "moderate", "weak", "contested"]
Stage = Literal[
    "plasma",
    "receptor",
    "glutamate",
    "plasticity",
    "learning",
    "inflammation",
    "adaptation",
    "mood",
    "safety",
]

LINK_GRADES: tuple[LinkGrade, ...] = get_args(LinkGrade)
STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One quantity over the whole course.

    Parameters
    ----------
    name
        Name of the quantity, such as ``madrs``; the key in ``Simulation.series``.
    label
        The same in words, as a reader would say it.
    unit
        Unit of every array ("1" where the quantity is relative to rest).
    stage
        Stage of the chain that produces it.
    grade
        Evidence grade of the link that drives it.
    typical
        The typical patient, typical parameters, shape (n_times,).
    lower, upper
        5th and 95th percentile over parameter draws and mechanism variants, shape
        (n_times,), or None where no ensemble was run.
    variants
        Variant key to curve with typical parameters, shape (n_times,).
    control
        The same patient in a masked control arm, shape (n_times,), or None.
    alternatives
        Label of another published model to its curve, shape (n_times,); empty where
        no other model was run.
    note
        A caveat to print beside the figure, or nothing.
    """

    name: str
    label: str
    unit: str
    stage: Stage
    grade: LinkGrade
    typical: FloatArray
    lower: FloatArray | None = None
    upper: FloatArray | None = None
    variants: Mapping[str, FloatArray] = field(default_factory=dict)
    control: FloatArray | None = None
    alternatives: Mapping[str, FloatArray] = field(default_factory=dict)
    note: str = ""

    def curves(self) -> Iterator[tuple[str, FloatArray]]:
        """Yield every curve under the column name it has in the table.

        ``typical``, ``lower``, ``upper``, ``control``, ``variant:<key>`` and
        ``alternative:<label>``, in that order, leaving out those that are absent.
        """
        yield "typical", self.typical
        for column, values in (("lower", self.lower), ("upper", self.upper)):
            if values is not None:
                yield column, values
        if self.control is not None:
            yield "control", self.control
        for key, values in self.variants.items():
            yield f"variant:{key}", values
        for label, values in self.alternatives.items():
            yield f"alternative:{label}", values


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """One sentence about one moment of the course (days from the first dose)."""

    day: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The chance of a clinical outcome at one day (fractions, 0 to 1).

    ``lower`` and ``upper`` bound the chance itself; None where they were not estimated.
    """

    name: Literal["response", "remission", "relapse"]
    scale: str
    day: float
    chance: float
    lower: float | None = None
    upper: float | None = None
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One causal link of the chain, how well it is supported, and by what."""

    source: str
    target: str
    grade: LinkGrade
    statement: str
    source_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulation:
    """A simulated course with its uncertainty, findings and provenance.

    Parameters
    ----------
    case
        The case as it was read.
    times_h
        Hours from the first dose, strictly increasing, shape (n_times,); minutes apart
        in the hours after each dose, hours apart between. Times before 0 are the
        lead-in.
    series
        Name to quantity.
    milestones, findings, links
        The course in words, what screening found, and the links of the chain.
    parameters_used, sources_used
        Every catalogue number the run used, and their sources.
    research
        True when the run left the range that evidence covers; every page says so.
    seed, draws
        Seed of the random streams; number of parameter draws behind the bands.
    model_digest, version
        Digest of equations, then of numbers; version of the package.
    variants
        Variant key to label.
    band_contains
        What the bands contain, in words.
    outcomes
        Chances of response, remission and relapse, where they were computed.

    Raises
    ------
    SolverError
        If a value is not finite, a curve has another length than ``times_h``, or
        time does not increase.
    """

    case: "Case"
    times_h: FloatArray
    series: Mapping[str, Series]
    milestones: tuple[Milestone, ...]
    findings: "tuple[Finding, ...]"
    links: tuple[Link, ...]
    parameters_used: "tuple[Parameter, ...]"
    sources_used: "tuple[Source, ...]"
    research: bool
    seed: int
    draws: int
    model_digest: str
    version: str
    variants: Mapping[str, str]
    band_contains: str
    outcomes: tuple[Outcome, ...] = ()

    def __post_init__(self) -> None:
        """Refuse times and curves that cannot be drawn honestly."""
        if self.times_h.ndim != 1 or not np.all(np.diff(self.times_h) > 0.0):
            raise SolverError(
                "The times of the simulation do not increase.",
                remedy="Sort them and drop repeats.",
            )
        for name, series in self.series.items():
            for column, values in series.curves():
                self._check_curve(name, column, values)

    def _check_curve(self, name: str, column: str, values: FloatArray) -> None:
        if values.shape != self.times_h.shape:
            raise SolverError(
                f"'{name}' ({column}) has shape {values.shape}, the times have "
                f"{self.times_h.shape}.",
                remedy="Evaluate every curve at the same times.",
            )
        finite = np.isfinite(values)
        if not finite.all():
            first = int(np.argmin(finite))
            raise SolverError(
                f"'{name}' ({column}) of patient '{self.case.patient.identifier}' is "
                f"{values[first]} at {self.times_h[first]:g} h.",
                remedy="The run failed there; nothing is drawn from it.",
            )
