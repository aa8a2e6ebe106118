"""The prequential test: every next score is predicted from the scores before it, then looked at.

For each truth and design, patients are followed at the same visits. From the second score on,
the forecast (as shipped: prior, likelihood, fallback) predicts the next total, and so do three
baselines fitted on other patients of the same truth. Only patients of the truth called
``full_chain`` resemble those the prior was made from.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.refit import DRAWS as COURSES
from ketacourse.forecast.future import imagined, scores
from ketacourse.forecast.likelihood import noise_of
from ketacourse.forecast.population_file import load_population
from ketacourse.forecast.posterior import posterior
from ketacourse.forecast.regimen import regimen_of
from studies.baselines import last_value, mixed_model, towards_mean
from studies.metrics import (
    brier,
    calibration_slope,
    covered,
    crps_of_draws,
    crps_of_normal,
    ratio_interval,
    share,
)
from studies.patients import DESIGNS, Followed, follow, truth_of

Array = NDArray[np.float64]

FIRST_CUT = 2
"""Scores known at the first prediction: the baseline and one more."""
CUTS_EACH = 3
"""Predictions per patient, at visits drawn for each."""
DRAWS = 1000
TRAINED_ON = 400
"""Other patients that the baselines are fitted on, per truth and design."""
OTHERS = 500_000
"""Added to a seed for patients who have nothing to do with those that are tested."""
RELAPSE_AFTER = 14.0
RELAPSE_TOTAL = 20
"""MADRS total that, twice in a row after a response, is called a relapse (MNT-008)."""
FEWEST_EACH = 10
"""Courses with and without a relapse below which nothing is said of their calibration."""
BASELINES = ("last value", "towards mean", "mixed model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A chunk of patients of one truth on one design."""

    truth: str
    design: str
    first: int
    count: int
    size: int
    seed: int
    key: str = "madrs"
    relapse_only: bool = False

    @property
    def name(self) -> str:
        """Return a name for the file of its results."""
        design = self.design.replace(" ", "-")
        what = "relapse" if self.relapse_only else self.key
        return f"{self.truth}.{design}.{what}.{self.size}.{self.seed}.{self.first}"


def tasks(
    size: int,
    *,
    truths: tuple[str, ...],
    seed: int,
    chunk: int = 25,
    key: str = "madrs",
    relapse_only: bool = False,
) -> list[Task]:
    """Return the chunks of ``size`` patients per truth, half on each design."""
    each = max(size // len(DESIGNS), 1)
    return [
        Task(
            truth=t,
            design=d,
            first=k,
            count=min(chunk, each - k),
            size=each,
            seed=seed,
            key=key,
            relapse_only=relapse_only,
        )
        for t in truths
        for d in DESIGNS
        for k in range(0, each, chunk)
    ]


def run(task: Task) -> dict[str, Any]:
    """Predict the next scores of a chunk of patients; plain values for a file."""
    tested = _people(task.truth, task.design, task.size, task.seed, task.key)
    models = {} if task.relapse_only else _baselines(task.truth, task.design, task.seed, task.key)
    shipped = load_population()
    noise = noise_of(shipped.misfit_sd, shipped.misfit_days)
    rows: list[dict[str, Any]] = []
    relapses: list[dict[str, Any]] = []
    for i in range(task.first, min(task.first + task.count, len(tested.who))):
        cuts = () if task.relapse_only else _cuts(tested, i, task.seed)
        prior = shipped.for_patient(tested.who[i])
        regimen = regimen_of(tested.who[i], tested.course)
        after = int(np.searchsorted(tested.days, RELAPSE_AFTER))
        for cut in sorted({*cuts, after + 1}):
            found = posterior(
                prior, regimen, tested.scores(i, cut), seed=task.seed + 1000 * i + cut, noise=noise
            )
            if cut in cuts:
                rows.append(_predicted(found, regimen, tested, i, cut, models))
            if cut == after + 1:
                relapses += _relapse(found, regimen, tested, i, cut)
    return {"task": asdict(task), "rows": rows, "relapses": relapses}


@lru_cache(maxsize=4)
def _people(truth: str, design: str, size: int, seed: int, key: str) -> Followed:
    """Return the patients of a truth on a design."""
    return follow(truth_of(truth, size, seed=seed), design, seed=seed, key=key)


@lru_cache(maxsize=4)
def _baselines(truth: str, design: str, seed: int, key: str) -> Mapping[str, Any]:
    """Return the baselines, fitted on other patients of the same truth and visits."""
    others = truth_of(truth, TRAINED_ON, seed=seed + OTHERS)
    train = follow(others, design, seed=seed + OTHERS, key=key)
    totals = train.totals.astype(float)
    return {
        "last value": last_value(totals),
        "towards mean": towards_mean(totals),
        "mixed model": mixed_model(totals, train.days),
    }


def _cuts(tested: Followed, patient: int, seed: int) -> tuple[int, ...]:
    possible = np.arange(FIRST_CUT, tested.days.size)
    rng = np.random.default_rng([seed, patient, 5])
    return tuple(int(k) for k in rng.choice(possible, size=CUTS_EACH, replace=False))


def _predicted(
    found: Any, regimen: Any, tested: Followed, i: int, cut: int, models: Mapping[str, Any]
) -> dict[str, Any]:
    day = float(tested.days[cut])
    back = 14.0 if tested.key != "madrs" else 0.0
    grid = np.linspace(day - max(back, 1.0), day, 15)
    futures = imagined(found, grid, seed=1, draws=DRAWS)
    drawn = scores(futures, regimen, tested.key, np.array([day]))[:, 0]
    observed = float(tested.totals[i, cut])
    row = {
        "patient": i, "cut": cut, "day": day, "observed": observed,
        "last": float(tested.totals[i, cut - 1]), "mean": float(drawn.mean()),
        "median": float(np.median(drawn)),
        "crps": float(crps_of_draws(drawn[None], np.array([observed]))[0]),
        "baseline": float(tested.totals[i, 0]),
        "method": found.diagnostics.method, "surprise": found.surprise.probability,
    }  # fmt: skip
    for level in (0.5, 0.8, 0.95):
        inside = covered(drawn[None], np.array([observed]), level, seed=1000 * i + cut)
        row[f"in_{level:g}"] = bool(inside[0])
    half = 0.5 * tested.totals[i, 0]
    row["response_chance"] = float(np.mean(drawn <= half))
    row["response"] = bool(observed <= half)
    for name, model in models.items():
        guess = model.predict(tested.totals[i : i + 1].astype(float), cut)
        row[f"{name}: mean"] = float(guess.mean[0])
        row[f"{name}: crps"] = float(crps_of_normal(guess.mean, guess.sd, np.array([observed]))[0])
    return row


def _relapse(found: Any, regimen: Any, tested: Followed, i: int, cut: int) -> list[dict[str, Any]]:
    """Return the stated chance of relapse and whether it came, for those in response."""
    if tested.key != "madrs" or tested.totals[i, cut - 1] > 0.5 * tested.totals[i, 0]:
        return []
    days = tested.days[cut:]
    futures = imagined(found, days, seed=1, draws=COURSES)
    drawn = scores(futures, regimen, tested.key, days)
    chance = float(np.mean(_twice(drawn)))
    happened = bool(_twice(tested.totals[i, cut:][None].astype(float))[0])
    return [{"patient": i, "group": int(tested.group[i]), "chance": chance, "happened": happened}]


def _twice(totals: Array) -> NDArray[np.bool_]:
    high = totals >= RELAPSE_TOTAL
    return np.asarray((high[:, :-1] & high[:, 1:]).any(axis=1))


def summary(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of one truth from the chunks of all its patients."""
    rows = [r for p in parts for r in p["rows"]]
    who = [(p["task"]["seed"], p["task"]["design"], r["patient"]) for p in parts for r in p["rows"]]
    column = {name: np.array([r[name] for r in rows]) for name in rows[0]}
    observed = column["observed"].astype(float)
    error = np.abs(column["median"] - observed)
    squared = (column["mean"] - observed) ** 2
    found: dict[str, Any] = {
        "patients": len(set(who)),
        "predictions": len(rows),
        "mae": float(error.mean()), "rmse": float(np.sqrt(squared.mean())),
        "crps": float(column["crps"].mean()),
        "baselines": {}, "coverage": {}, "coverage_80_by_third": {},
        "methods": {m: int((column["method"] == m).sum()) for m in set(column["method"])},
        "surprising": float(np.mean(column["surprise"] < 0.01)),
        "response_brier": brier(column["response_chance"], column["response"]),
    }  # fmt: skip
    for name in BASELINES:
        guess = column[f"{name}: mean"]
        found["baselines"][name] = {
            "mae": float(np.abs(guess - observed).mean()),
            "rmse": float(np.sqrt(((guess - observed) ** 2).mean())),
            "crps": float(column[f"{name}: crps"].mean()),
        }
    for name in ("mae", "rmse", "crps"):
        best = min(b[name] for b in found["baselines"].values())
        found[f"{name}_against_best"] = found[name] / best - 1.0
    nearest = min(BASELINES, key=lambda name: found["baselines"][name]["mae"])
    others = np.abs(column[f"{nearest}: mean"] - observed)
    low, high = ratio_interval(error, others, who)
    found |= {"mae_against_best_lower": low - 1.0, "mae_against_best_upper": high - 1.0}
    for level in (0.5, 0.8, 0.95):
        found["coverage"][f"{level:g}"] = asdict(share(column[f"in_{level:g}"].astype(bool)))
    edges = np.quantile(column["last"], (1 / 3, 2 / 3))
    third = np.searchsorted(edges, column["last"], side="left")
    for k, label in enumerate(("mild", "middle", "severe")):
        inside = column["in_0.8"][third == k].astype(bool)
        found["coverage_80_by_third"][label] = asdict(share(inside))
    by_cut = {}
    for cut in sorted(set(column["cut"])):
        here = column["cut"] == cut
        by_cut[str(int(cut))] = {
            "mae": float(error[here].mean()),
            **{n: float(np.abs(column[f"{n}: mean"] - observed)[here].mean()) for n in BASELINES},
        }
    found["mae_by_scores_known"] = by_cut
    told = relapse_summary(parts)
    return found if told is None else {**found, "relapse": told}


def relapse_summary(parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return how the stated chances of relapse held; None where too few courses tell."""
    relapses = [{**r, "seed": p["task"]["seed"]} for p in parts for r in p["relapses"]]
    chance = np.array([r["chance"] for r in relapses])
    happened = np.array([r["happened"] for r in relapses], dtype=np.bool_)
    if min(happened.sum(), (~happened).sum()) < FEWEST_EACH:
        return None
    drawn_under = [(r["seed"], r["group"]) for r in relapses]
    group = np.unique(drawn_under, axis=0, return_inverse=True)[1].ravel()
    return {
        "brier": brier(chance, happened),
        "brier_of_the_mean": brier(np.full(chance.size, happened.mean()), happened),
        "stated": float(chance.mean()), "happened": float(happened.mean()),
        **asdict(calibration_slope(chance, happened, group)),
        "deciles": _deciles(chance, happened),
    }  # fmt: skip


def _deciles(chance: Array, happened: NDArray[np.bool_]) -> list[list[float]]:
    order = np.argsort(chance)
    parts = np.array_split(order, 10)
    return [[float(chance[p].mean()), float(happened[p].mean()), int(p.size)] for p in parts]
