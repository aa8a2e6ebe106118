"""Simulation-based calibration: whether the posterior means what it says.

A patient is drawn from the prior, scores are drawn from that patient by the measurement that the
likelihood states (with leaning, recall, swings, misfit and, rarely, a wild score, then held
inside the scale and rounded), and the posterior is found from them as for any patient. Over many
patients, the rank of the true value among the posterior must be uniform for every individual
parameter.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacourse.forecast.future import Futures, imagined
from ketacourse.forecast.likelihood import MOST_WILD, noise_of
from ketacourse.forecast.measurement import from_madrs, instrument, nodes_of, slope_at
from ketacourse.forecast.parameters import NAMES
from ketacourse.forecast.population_file import load_population
from ketacourse.forecast.posterior import Posterior, posterior
from ketacourse.forecast.regimen import Regimen
from ketacourse.therapy.scales import scale
from ketacourse.therapy.score import Score
from studies.metrics import uniformity

Array = NDArray[np.float64]

REGIMEN = Regimen(
    days=np.array([0.0, 2.0, 4.0, 7.0, 9.0, 11.0, 35.0]),
    strength=np.array([1.0, 1.0, 1.0, 1.0, 0.6, 0.6, 1.5]),
    therapy_days=np.array([1.0, 5.0, 8.0, 12.0, 19.0]),
    therapy_hours=np.ones(5),
    new_antidepressant=True,
)
"""Doses of different strength, therapy and a new antidepressant: every parameter is at work."""
VISITS: dict[str, tuple[float, ...]] = {
    "madrs": (-0.5, 1.0, 3.9, 6.9, 14.0, 28.0, 42.0, 70.0),
    "phq9": (-0.5, 7.5, 21.0, 56.0),
}
MOST_BINS = 20
FEWEST_PER_BIN = 10
"""Ranks expected in each bin of a histogram, so that its test can be relied on."""
DRAWN_FROM = 4000
"""Patients of the prior among whom the true ones are picked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A chunk of replicates."""

    first: int
    count: int
    total: int
    seed: int

    @property
    def name(self) -> str:
        """Return a name for the file of its results."""
        return f"ranks.{self.total}.{self.seed}.{self.first}"


def tasks(total: int, *, seed: int, chunk: int = 25) -> list[Task]:
    """Return the chunks of ``total`` replicates."""
    return [
        Task(first=k, count=min(chunk, total - k), total=total, seed=seed)
        for k in range(0, total, chunk)
    ]


def run(task: Task) -> dict[str, Any]:
    """Return the rank share of each parameter in each replicate of a chunk."""
    shipped = load_population()
    noise = noise_of(shipped.misfit_sd, shipped.misfit_days)
    futures, totals = _drawn(task.total, task.seed)
    rows, methods = [], []
    for i in range(task.first, task.first + task.count):
        given = [
            Score(day=day, scale=key, total=int(totals[key][i, k]))
            for key, days in VISITS.items()
            for k, day in enumerate(days)
        ]
        found = posterior(
            shipped.people, REGIMEN, given, seed=task.seed + 7919 * (i + 1), noise=noise
        )
        rows.append(ranks(found, futures, i))
        methods.append(found.diagnostics.method)
    return {"ranks": rows, "methods": methods}


def ranks(found: Posterior, futures: Futures, i: int) -> dict[str, float]:
    """Return the share of the posterior below the true value of each parameter."""
    weight = found.people.weight
    return {
        name: float(weight @ (found.people.of(name) < futures.people.of(name)[i])) for name in NAMES
    }


@lru_cache(maxsize=1)
def _drawn(total: int, seed: int) -> tuple[Futures, dict[str, Array]]:
    """Return patients of the prior with what would be written down for them."""
    shipped = load_population()
    noise = noise_of(shipped.misfit_sd, shipped.misfit_days)
    before = posterior(shipped.people, REGIMEN, [], seed=seed + 13, noise=noise)
    nodes = [
        nodes_of(np.array(days), np.full(len(days), instrument(key).recall_days))[0]
        for key, days in VISITS.items()
    ]
    rng = np.random.default_rng([seed, 51])
    many = imagined(before, np.unique(np.concatenate(nodes)), seed=seed, draws=DRAWN_FROM)
    # The people of the prior stand in the order of the beliefs that they were drawn from: picks
    # at equal distances would favour some mechanisms, so the truths are picked at random.
    pick = np.sort(rng.choice(DRAWN_FROM, size=total, replace=False))
    futures = replace(many, people=many.people.taken(pick), swings=many.swings[pick], leaning={})
    felt = {key: _felt(futures, key, rng) for key in VISITS}
    return futures, _written(felt, noise.wild_share, noise.wild_sd, rng)


def _felt(futures: Futures, key: str, rng: np.random.Generator) -> Array:
    """Return severity as the scale sees it without error, not yet held inside it (MADRS)."""
    tool, days = instrument(key), np.array(VISITS[key])
    nodes, now, back = nodes_of(days, np.full(days.size, tool.recall_days))
    at = np.searchsorted(futures.days, nodes - 1e-9)
    true = futures.course(REGIMEN, nodes) + futures.swings[:, at]
    share = futures.people.of("recall")[:, None] if tool.recall_days > 0.0 else 0.0
    seen = (1.0 - share) * (true @ now.T) + share * (true @ back.T)
    return np.asarray(seen + tool.bias_sd * rng.standard_normal((len(seen), 1)))


def _written(
    felt: dict[str, Array], wild_share: float, wild_sd: float, rng: np.random.Generator
) -> dict[str, Array]:
    """Return whole totals with the error of each rating, and at most one wild score each.

    The error is added before a total is held inside its scale, as the likelihood has it.
    """
    people = len(next(iter(felt.values())))
    count = sum(p.shape[1] for p in felt.values())
    which = rng.integers(count, size=people)
    wild = rng.random(people) < min(count * wild_share, MOST_WILD)
    first, written = 0, {}
    for key, points in felt.items():
        form = scale(key)
        slope = slope_at(from_madrs(points, key), key)
        noisy = points + slope * instrument(key).error_sd * rng.standard_normal(points.shape)
        for k in range(points.shape[1]):
            here = wild & (which == first + k)
            noisy[here, k] += wild_sd * rng.standard_normal(int(here.sum()))
        total = from_madrs(noisy, key)
        written[key] = np.rint(np.clip(total, form.minimum, form.maximum))
        first += points.shape[1]
    return written


def summary(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the rank histogram of each parameter with the p of its flatness."""
    rows = [r for p in parts for r in p["ranks"]]
    methods = [m for p in parts for m in p["methods"]]
    bins = int(np.clip(len(rows) // FEWEST_PER_BIN, 2, MOST_BINS))
    found: dict[str, Any] = {
        "replicates": len(rows),
        "bins": bins,
        "methods": {m: methods.count(m) for m in sorted(set(methods))},
        "parameters": {},
    }
    for name in NAMES:
        counts, p = uniformity(np.array([r[name] for r in rows]), bins)
        found["parameters"][name] = {"p": p, "counts": [int(c) for c in counts]}
    found["smallest_p"] = min(v["p"] for v in found["parameters"].values())
    return found
