"""Which of the uncertain numbers the answers depend on: Sobol indices of groups of parameters.

Every parameter is drawn from what is believed of it: a calibrated one from its posterior,
any other from its prior; the mechanism is drawn by its weight. Parameters are moved in
groups, the steps of the chain, because one by one most of them mean nothing to a reader.
Correlations that the calibration found are kept within a group and not between groups.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import sobol_indices
from scipy.stats.qmc import Sobol

from ketacourse.course.sensitivity_outputs import OUTPUTS, SEED, outputs_of
from ketacourse.course.validation_parts import Part
from ketacourse.evidence.catalogue import Catalogue, Parameter, load_catalogue
from ketacourse.evidence.posterior import Posterior, load_posterior
from ketacourse.evidence.variants import load_variants
from ketacourse.population.beliefs import BELOW_CAP, CAPPED, Member
from ketacourse.population.typical import belief_units
from ketacourse.population.uncertainty import Z90, stream
from ketacourse.quantity import conversion_factor

Array = NDArray[np.float64]
Told = Callable[[str, float], None]

GROUPS: Mapping[str, tuple[str, ...]] = {
    "pharmacokinetics": ("pk_",),
    "brain and NMDA block": ("brain.", "receptors."),
    "glutamate and AMPA": ("glutamate.",),
    "BDNF, TrkB, mTORC1": ("plasticity.",),
    "spines": ("structure.",),
    "learning": ("learning.",),
    "inflammation": ("inflammation.", "patient."),
    "mood": ("mood.",),
    "expectancy and care": ("placebo.",),
    "differences between patients": ("variability.",),
    "pressure and dissociation": ("safety.",),
    "adaptation": ("adaptation.",),
}
"""Groups of parameters by the beginning of their names."""
MECHANISM = "account of the mechanism"
EDGE = 1e-3
"""Draws keep this far from 0 and 1 in probability."""
RESAMPLES = 400
"""Resamplings of the points behind an interval."""
BATCH = 12
"""Members that are simulated together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Sobol indices of each output to each group.

    Attributes
    ----------
    groups, outputs
        Names, in the order of the arrays.
    first, total
        First-order and total indices, shape (n_outputs, n_groups); ``total_low`` and
        ``total_high`` are 90% bootstrap intervals of the total ones.
    middle, low, high
        Median and 90% interval of each output over the draws, shape (n_outputs,).
    """

    groups: tuple[str, ...]
    outputs: tuple[str, ...]
    first: Array
    total: Array
    total_low: Array
    total_high: Array
    middle: Array
    low: Array
    high: Array


def uncertain(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Return the uncertain parameters that outputs on mood and side effects may depend on."""
    names = [n for n in belief_units() if _varies(catalogue.parameter(n))]
    found = {
        group: tuple(n for n in names if n.startswith(prefixes))
        for group, prefixes in GROUPS.items()
    }
    left = set(names) - {n for group in found.values() for n in group}
    if left:
        found["other"] = tuple(sorted(left))
    return {group: members for group, members in found.items() if members}


def _varies(parameter: Parameter) -> bool:
    # Times at which drug enters are shared by all who are run together.
    shared = parameter.name.endswith(("_duration", ".duration"))
    return parameter.prior != "fixed" and parameter.lower < parameter.upper and not shared


def believed(parameter: Parameter, u: Array) -> Array:
    """Return quantiles of what is believed of a parameter, in the catalogue's unit.

    The central 90% is the catalogue's interval, each side with its own spread.
    """
    if parameter.prior == "uniform":
        return np.asarray(parameter.lower + u * (parameter.upper - parameter.lower))
    z = ndtri(u) / Z90
    if parameter.prior == "lognormal":
        below = np.log(parameter.typical / parameter.lower)
        above = np.log(parameter.upper / parameter.typical)
        values = parameter.typical * np.exp(np.where(z < 0, z * below, z * above))
    else:
        below, above = parameter.typical - parameter.lower, parameter.upper - parameter.typical
        values = parameter.typical + np.where(z < 0, z * below, z * above)
    return np.asarray(np.clip(values, parameter.minimum, parameter.maximum))


def sensitivity_part(
    *, points: int, patients: int, executor: Executor | None = None, told: Told | None = None
) -> Part:
    """Return the outputs at the points that the indices need.

    Parameters
    ----------
    points
        Base points, a power of two; each costs two runs and one more per group.
    patients
        Virtual patients per point.

    Returns
    -------
    dict
        ``a`` and ``b`` (n_outputs, points), ``ab`` (n_groups, n_outputs, points).
    """
    catalogue, posterior = load_catalogue(), load_posterior()
    groups = uncertain(catalogue)
    names = [n for members in groups.values() for n in members]
    width = len(names) + 1  # the mechanism comes last
    unit = Sobol(2 * width, seed=SEED).random(points)
    unit = EDGE + (1.0 - 2.0 * EDGE) * unit
    a, b = unit[:, :width], unit[:, width:]
    mixed = []
    for columns in _columns(groups):
        ab = a.copy()
        ab[:, columns] = b[:, columns]
        mixed.append(ab)
    every = np.concatenate([a, b, *mixed])
    members = _members(every, groups, catalogue, posterior)
    tasks = [(tuple(members[k : k + BATCH]), patients) for k in range(0, len(members), BATCH)]
    run = map if executor is None else executor.map
    values = []
    for number, got in enumerate(run(outputs_of, tasks)):
        values.append(got)
        if told is not None:
            told("sensitivity", (number + 1) / len(tasks))
    table = np.concatenate(values, axis=1).reshape(len(OUTPUTS), -1, points)
    return {"a": table[:, 0], "b": table[:, 1], "ab": np.moveaxis(table[:, 2:], 1, 0)}


def _columns(groups: Mapping[str, Sequence[str]]) -> list[NDArray[np.intp]]:
    ends = np.cumsum([0, *(len(members) for members in groups.values())])
    spans = [np.arange(i, j) for i, j in zip(ends[:-1], ends[1:], strict=True)]
    return [*spans, np.array([ends[-1]])]


def sensitivity_of(part: Part) -> Sensitivity:
    """Return Sobol indices from the outputs at their points."""
    groups = (*uncertain(load_catalogue()), MECHANISM)
    a, b, ab = (np.array(part[key]) for key in ("a", "b", "ab"))
    middle = np.nanmean(a, axis=1)[:, None]
    spread = np.maximum(np.nanstd(a, axis=1), 1e-12)[:, None]
    a, b, ab = ((np.nan_to_num((x - middle) / spread)) for x in (a, b, ab))
    found = sobol_indices(
        func={"f_A": a, "f_B": b, "f_AB": ab}, n=a.shape[1], rng=np.random.default_rng(SEED)
    )
    total_low, total_high = _resampled(a, ab)
    every = np.concatenate([part["a"], part["b"]], axis=1)
    low, mid, high = np.nanpercentile(every, [5.0, 50.0, 95.0], axis=1)
    return Sensitivity(
        groups=groups,
        outputs=tuple(OUTPUTS),
        first=np.clip(found.first_order, 0.0, 1.0),
        total=np.clip(found.total_order, 0.0, None),
        total_low=total_low,
        total_high=total_high,
        middle=mid,
        low=low,
        high=high,
    )


def _resampled(a: Array, ab: Array) -> tuple[Array, Array]:
    """Return 90% intervals of the total indices by resampling the points."""
    random = stream(SEED, "sensitivity:bootstrap")
    found = []
    for _ in range(RESAMPLES):
        chosen = random.integers(0, a.shape[1], a.shape[1])
        apart = ((a[:, chosen] - ab[:, :, chosen]) ** 2).mean(axis=2) / 2.0
        found.append((apart / np.maximum(a[:, chosen].var(axis=1), 1e-12)).T)
    low, high = np.percentile(np.array(found), [5.0, 95.0], axis=0)
    return low, high


def _members(
    unit: Array,
    groups: Mapping[str, Sequence[str]],
    catalogue: Catalogue,
    posterior: Posterior | None,
) -> list[Member]:
    """Return one member per point of the unit cube; its last column chooses the mechanism."""
    variants = load_variants()
    weights = {k: 1.0 if posterior is None else posterior.weights.get(k, 0.0) for k in variants}
    ends = np.cumsum(list(weights.values())) / sum(weights.values())
    keys = [
        list(variants)[int(k)] for k in np.searchsorted(ends, unit[:, -1]).clip(0, len(ends) - 1)
    ]
    units = belief_units()
    values = np.empty((len(unit), unit.shape[1] - 1))
    names = [n for members in groups.values() for n in members]
    for members, columns in zip(groups.values(), _columns(groups), strict=False):
        values[:, columns] = _group_values(unit[:, columns], members, keys, catalogue, posterior)
    found = []
    for row, key in zip(values, keys, strict=True):
        belief = {
            n: float(v) * conversion_factor(catalogue.parameter(n).unit, units[n])
            for n, v in zip(names, row, strict=True)
        }
        found.append(Member(variant=key, belief=_capped(belief, key, catalogue)))
    return found


def _group_values(
    unit: Array,
    names: Sequence[str],
    keys: Sequence[str],
    catalogue: Catalogue,
    posterior: Posterior | None,
) -> Array:
    found = np.column_stack(
        [believed(catalogue.parameter(n), u) for n, u in zip(names, unit.T, strict=True)]
    )
    if posterior is None:
        return found
    mine = [n for n in names if n in posterior.names]
    if not mine:
        return found
    here = [list(names).index(n) for n in mine]
    there = [posterior.names.index(n) for n in mine]
    z = ndtri(unit[:, here])
    for key in dict.fromkeys(keys):
        rows = np.array([k == key for k in keys])
        found[np.ix_(np.flatnonzero(rows), np.array(here))] = _posterior_values(
            posterior.modes[key][there], posterior.draws[key][:, there], z[rows]
        )
    return found


def _posterior_values(mode: Array, draws: Array, z: Array) -> Array:
    """Return normal deviates as values with the spread and correlation of some draws.

    Positive parameters keep their sign: they are spread on the logarithmic scale.
    """
    log = (draws > 0.0).all(axis=0) & (mode > 0.0)
    free = np.where(log, np.log(np.where(log, draws, 1.0)), draws)
    centre = np.where(log, np.log(np.where(log, mode, 1.0)), mode)
    spread = np.atleast_2d(np.cov(free.T)) + 1e-12 * np.eye(len(mode))
    moved = centre + z @ np.linalg.cholesky(spread).T
    values = np.where(log, np.exp(np.where(log, moved, 0.0)), moved)
    # The draws stand for the posterior: nothing beyond what they reach is believed.
    return np.asarray(np.clip(values, draws.min(axis=0), draws.max(axis=0)))


def _capped(belief: Mapping[str, float], variant: str, catalogue: Catalogue) -> dict[str, float]:
    """Return a belief in which no share of severity reaches the cap under its mechanism."""
    found, overrides = dict(belief), load_variants()[variant].overrides
    cap = catalogue.value("variability.gain_cap", "1")
    found["variability.gain_cap"] = cap
    for name in CAPPED:
        usual = catalogue.value(name, "1")
        times = max(overrides[name] / usual, 1e-9) if name in overrides and usual else 1.0
        found[name] = min(found.get(name, usual), BELOW_CAP * cap / times)
    return found
