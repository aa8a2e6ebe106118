"""From the counts of a trial to estimates, comparisons, curves and power."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ketacourse.trials.design import Contrast, Endpoint, Trial
from ketacourse.trials.endpoint_tally import levels, sizes_of
from ketacourse.trials.gather import Gathered
from ketacourse.trials.outcomes import PERCENT, frames_of, survival_axis
from ketacourse.trials.rows import Int64
from ketacourse.trials.statistics import (
    NOTHING,
    Array,
    Comparison,
    Estimate,
    mean_of,
    paired,
    paired_p,
    proportions,
    proportions_p,
    share_of,
    welch,
    welch_p,
)
from ketacourse.trials.survival import SurvivalCurve, kaplan_meier, log_rank


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupEstimate:
    """The estimate of one group, or of one contrast, at one level of a subgroup."""

    subgroup: str
    level: str
    estimate: Estimate | None = None
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEstimate:
    """What an endpoint came to in one group.

    ``estimate`` is a mean, a share, a share without relapse, or the median time (NaN where
    it was not reached); ``curve`` belongs to the time to an event.
    """

    group: str
    estimate: Estimate
    curve: SurvivalCurve | None = None
    subgroups: tuple[SubgroupEstimate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPoint:
    """Share of trials of one size whose test is significant.

    ``patients`` is the number per arm, 0 for each arm's own.
    """

    patients: int
    trials: int
    power: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastEstimate:
    """A comparison of groups, by subgroup, and the power to see it.

    ``effect`` says what is compared: a ``difference``, or a ``hazard ratio``; ``paired``
    whether within patients.
    """

    name: str
    arms: tuple[str, ...]
    against: tuple[str, ...]
    effect: str
    paired: bool
    comparison: Comparison
    subgroups: tuple[SubgroupEstimate, ...] = ()
    power: tuple[PowerPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointEstimate:
    """What a trial says on one endpoint."""

    endpoint: Endpoint
    unit: str
    groups: tuple[GroupEstimate, ...]
    contrasts: tuple[ContrastEstimate, ...]
    axis_days: tuple[float, ...] = field(default=())


def endpoint_estimates(trial: Trial, counts: Gathered) -> tuple[EndpointEstimate, ...]:
    """Return what a trial says on each of its endpoints."""
    return tuple(
        _endpoint(trial, counts, number, endpoint)
        for number, endpoint in enumerate(trial.endpoints)
    )


def _endpoint(trial: Trial, counts: Gathered, number: int, endpoint: Endpoint) -> EndpointEstimate:
    axis = survival_axis(endpoint, tuple(frames_of(trial)))
    about = _About(trial=trial, endpoint=endpoint, axis=axis)
    own = {n.partition(":")[2]: v for n, v in counts.pooled.items() if n.startswith(f"{number}:")}
    groups = tuple(
        GroupEstimate(
            group=group,
            estimate=about.estimate(own[group]),
            curve=about.curve(own[group]) if endpoint.measure == "survival" else None,
            subgroups=tuple(
                SubgroupEstimate(
                    subgroup=name, level=level, estimate=about.estimate(own[f"{group}:{key}"])
                )
                for name, level, key in _levels(trial)
            ),
        )
        for group in trial.groups_of(endpoint)
    )
    trials = {
        n.partition(":")[2]: v for n, v in counts.trials.items() if n.startswith(f"{number}:")
    }
    return EndpointEstimate(
        endpoint=endpoint,
        unit=endpoint.unit,
        groups=groups,
        contrasts=tuple(_contrast(about, c, own, trials) for c in trial.contrasts_of(endpoint)),
        axis_days=axis if endpoint.measure == "survival" else (),
    )


def _levels(trial: Trial) -> list[tuple[str, str, str]]:
    """Return subgroup, level and key of every level."""
    return [
        (subgroup.name, level, f"{index}:{position}")
        for index, subgroup in enumerate(trial.subgroups)
        for position, level in enumerate(levels(subgroup))
    ]


def _contrast(
    about: "_About",
    contrast: Contrast,
    own: Mapping[str, Int64],
    trials: Mapping[str, Int64],
) -> ContrastEstimate:
    def pooled(groups: tuple[str, ...], suffix: str = "") -> Int64:
        return np.asarray(sum(own[f"{g}{suffix}"] for g in groups), dtype=np.int64)

    pair = f"paired:{contrast.name}"
    within = pair in own
    both = pooled(contrast.arms), pooled(contrast.against)
    found = about.paired(own[pair]) if within else about.compare(*both)
    subgroups = tuple(
        SubgroupEstimate(
            subgroup=name,
            level=level,
            comparison=about.compare(
                pooled(contrast.arms, f":{key}"), pooled(contrast.against, f":{key}")
            ),
        )
        for name, level, key in _levels(about.trial)
    )
    return ContrastEstimate(
        name=contrast.name,
        arms=contrast.arms,
        against=contrast.against,
        effect="hazard ratio" if about.endpoint.measure == "survival" else "difference",
        paired=within,
        comparison=found,
        subgroups=subgroups,
        power=tuple(
            about.power(contrast, size, trials, pair if within else None)
            for size in sizes_of(about.trial)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """How the sums of one endpoint are read."""

    trial: Trial
    endpoint: Endpoint
    axis: tuple[float, ...]

    @property
    def parts(self) -> float:
        """Return how many parts the counted unit has."""
        return float(PERCENT) if self.endpoint.kind == "percent_change" else 1.0

    def scaled(self, sums: Int64) -> Array:
        """Return n, sum and sum of squares in the unit of the endpoint; (..., 3)."""
        return np.asarray(sums / np.array([1.0, self.parts, self.parts**2]))

    def curve(self, sums: Int64) -> SurvivalCurve:
        """Return the Kaplan-Meier estimate of a group."""
        events, censored = sums.reshape(2, -1)
        return kaplan_meier(list(self.axis), events, censored)

    def estimate(self, sums: Int64) -> Estimate:
        """Return the estimate of a group."""
        if self.endpoint.measure == "continuous":
            n, total, squares = self.scaled(sums)
            return mean_of(int(n), float(total), float(squares))
        if self.endpoint.measure == "binary":
            return share_of(int(sums[0]), int(sums[1]))
        curve, n = self.curve(sums), int(sums.sum())
        if self.endpoint.kind == "time_to_relapse":
            ends = [np.nan if x is None else x for x in curve.median]
            return Estimate(value=ends[0], lower=ends[1], upper=ends[2], n=n)
        value, lower, upper = curve.at(self.axis[-1])
        value, lower, upper = (np.nan,) * 3 if n == 0 else (value, lower, upper)
        return Estimate(value=value, lower=lower, upper=upper, n=n)

    def compare(self, first: Int64, second: Int64) -> Comparison:
        """Compare two groups of different patients."""
        if self.endpoint.measure == "continuous":
            return welch(self.scaled(first), self.scaled(second))
        if self.endpoint.measure == "binary":
            return proportions(first, second)
        events = np.stack([s.reshape(2, -1)[0] for s in (first, second)])
        censored = np.stack([s.reshape(2, -1)[1] for s in (first, second)])
        if min(first.sum(), second.sum()) < 1:
            return NOTHING
        found = log_rank(events, censored)
        return Comparison(
            difference=found.ratio,
            lower=found.lower,
            upper=found.upper,
            statistic=found.z,
            p=found.p,
        )

    def paired(self, sums: Int64) -> Comparison:
        """Compare within patients."""
        return paired(self.scaled(sums))

    def power(
        self, contrast: Contrast, size: int, trials: Mapping[str, Int64], pair: str | None
    ) -> PowerPoint:
        """Return the share of trials of one size that are significant."""
        if pair is not None:
            p = paired_p(trials[f"{pair}:{size}"].astype(np.float64))
        else:
            first, second = (
                _sum_of([trials[f"{g}:{size}"] for g in groups])
                for groups in (contrast.arms, contrast.against)
            )
            length = min(len(first), len(second))
            p = self._p_values(first[:length], second[:length])
        significant = int(np.count_nonzero(p < self.trial.alpha))
        return PowerPoint(patients=size, trials=p.size, power=share_of(p.size, significant))

    def _p_values(self, first: Int64, second: Int64) -> Array:
        if self.endpoint.measure == "continuous":
            return welch_p(first.astype(np.float64), second.astype(np.float64))
        if self.endpoint.measure == "binary":
            return proportions_p(first.astype(np.float64), second.astype(np.float64))
        return np.array([self.compare(a, b).p for a, b in zip(first, second, strict=True)])


def _sum_of(parts: list[Int64]) -> Int64:
    length = min(len(part) for part in parts)
    return np.asarray(sum(part[:length] for part in parts), dtype=np.int64)
