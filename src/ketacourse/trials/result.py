"""What a trial found: the numbers of its report, by group, endpoint and comparison.

Groups are named and ordered as in ``Trial.groups``; words are made from the trial itself by
whoever shows the result. Days count from the first dose, as in ``design``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ketacourse.trials.design import Trial
from ketacourse.trials.statistics import Comparison, Estimate
from ketacourse.trials.survival import SurvivalCurve

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
"""Shares of patients at or below the quantiles that are kept of every score."""
MOST_INDIVIDUALS = 400
"""Most individual changes that are kept of a group."""

Reached = Literal["response", "remission"]
SafetyKind = Literal["sbp_rise", "sbp_peak", "cadss", "nausea", "missed", "drop_out", "rescue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreAtVisit:
    """The scores of a group at one visit.

    Attributes
    ----------
    quantiles
        Scores (points) at `QUANTILES`, of everybody who was rated.
    mean
        Mean score (points) with its interval; its ``n`` is the number rated.
    change
        Mean change from day 0 (points) with its interval.
    """

    day: float
    quantiles: tuple[float, float, float, float, float]
    mean: Estimate
    change: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCourse:
    """The scores of a group on one scale, by visit."""

    scale: str
    visits: tuple[ScoreAtVisit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAtVisit:
    """The share of a group in response or remission at one visit (0 to 1, Wilson interval)."""

    day: float
    share: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareCourse:
    """Response or remission of a group on one scale, by visit.

    ``rule`` says in words what is counted, and who counts.
    """

    kind: Reached
    scale: str
    rule: str
    visits: tuple[ShareAtVisit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """How single patients changed from day 0 to one visit.

    Attributes
    ----------
    percent_change
        Change (percent of the score on day 0; negative is better), in increasing order, at
        most `MOST_INDIVIDUALS` evenly spaced ranks, shape (k,).
    n
        Number of patients among whom the ranks were taken.
    """

    scale: str
    day: float
    percent_change: NDArray[np.float64]
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyShare:
    """How often something happened: share of patients, and share of sessions (0 to 1).

    None where it is not counted that way.
    """

    kind: SafetyKind
    patients: Estimate | None = None
    sessions: Estimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """What is known of one arm or branch. ``patients`` is their number over all replicates."""

    name: str
    patients: int
    scores: tuple[ScoreCourse, ...] = ()
    shares: tuple[ShareCourse, ...] = ()
    waterfall: Waterfall | None = None
    safety: tuple[SafetyShare, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointResult:
    """One endpoint of the trial, all replicates together.

    Attributes
    ----------
    endpoint
        Its name in ``Trial.endpoints``.
    groups
        Group to mean, share or, for a time, median, in the unit of the endpoint.
    contrasts
        Name of the contrast to the difference between its sides.
    """

    endpoint: str
    groups: Mapping[str, Estimate]
    contrasts: Mapping[str, Comparison]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelapseResult:
    """Time to relapse of those who had responded, by group, for one endpoint."""

    endpoint: str
    curves: Mapping[str, SurvivalCurve]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupEffect:
    """The difference of a contrast among some of the patients.

    Attributes
    ----------
    subgroup, level
        Name in ``Trial.subgroups``, and which part of it, in words.
    endpoint, contrast
        What is compared.
    effect
        The difference, in the unit of the endpoint.
    patients
        Number of patients on both sides.
    """

    subgroup: str
    level: str
    endpoint: str
    contrast: str
    effect: Comparison
    patients: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerAtSize:
    """Power with so many patients per arm.

    ``power`` is the share of replicates in which the test was positive (0 to 1), with its
    Monte-Carlo interval; its ``n`` is the number of replicates.
    """

    patients: int
    power: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCurve:
    """Power of one comparison, by increasing size of an arm."""

    endpoint: str
    contrast: str
    sizes: tuple[PowerAtSize, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What the numbers were made from; nothing in it depends on where or how fast.

    ``result_digest`` names the patients themselves, as ``Trial.digest`` names what was asked.
    """

    result_digest: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """Everything that the report of a trial shows.

    Attributes
    ----------
    groups
        Arms, then branches, in the order of ``Trial.groups``.
    subgroups, power
        Empty where the trial asks for none.
    band_contains
        What makes the quantiles differ, in words.
    assumptions
        What the numbers rest on without being measured, in sentences.
    """

    trial: Trial
    groups: tuple[GroupResult, ...]
    endpoints: tuple[EndpointResult, ...] = ()
    relapse: tuple[RelapseResult, ...] = ()
    subgroups: tuple[SubgroupEffect, ...] = ()
    power: tuple[PowerCurve, ...] = ()
    band_contains: str
    assumptions: tuple[str, ...]
    provenance: Provenance
