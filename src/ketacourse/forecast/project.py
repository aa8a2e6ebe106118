"""From the full chain to the shipped prior of the course model.

Run as ``python -m ketacourse.forecast.project --out DIR``; takes about a minute.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.recorded import record_chain
from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.evidence.posterior import load_posterior
from ketacourse.forecast.parameters import COLUMN, NAMES, individual, to_free
from ketacourse.forecast.people import People
from ketacourse.forecast.population_file import COVARIATES, Population, write_population
from ketacourse.forecast.project_chain import DAYS, DESIGNS, Progress, chain_truth
from ketacourse.forecast.project_fit import FITTED, fitted
from ketacourse.population.uncertainty import draw_belief, stream
from ketacourse.version import VERSION

Array = NDArray[np.float64]

DEFAULT_PEOPLE = 6400
DEFAULT_SEED = 20
OWN = {"fluctuation": "point", "fluctuation_time": "d", "recall": "1"}
"""What the chain says nothing about, drawn from the catalogue for every person."""
DRIFT = "drift"
"""What the chain knows in the middle, as the natural course; people differ about it as the
catalogue says."""
FIRST_COMPARED = 1
"""Position in `DAYS` from which misfit is counted: the first hours are another matter."""


def project(*, people: int, seed: int, progress: Progress) -> Population:
    """Return possible patients of the course model, projected from the full chain.

    Parameters
    ----------
    people
        About how many.
    seed
        Seed of beliefs, patients and what the chain does not know.
    """
    truth = chain_truth(people, seed=seed, progress=progress)
    values, left = fitted(truth, progress=progress)
    catalogue = load_catalogue()
    for name, unit in OWN.items():
        parameter = catalogue.parameter(f"course_model.{name}")
        drawn = draw_belief(parameter, count=len(values), seed=seed, unit=unit)
        bounds = individual(name)
        values[:, COLUMN[name]] = np.clip(drawn, bounds.lower, bounds.upper)
    values[:, COLUMN[DRIFT]] = _drift(values[:, COLUMN[DRIFT]], catalogue, seed)
    covariates = np.stack([truth.covariates[name] for name in COVARIATES], axis=1)
    # Out of the order of mechanisms, so that every n-th person is a fair sample.
    order = stream(seed, "course population").permutation(len(values))
    values, covariates, class_of = values[order], covariates[order], truth.class_of[order]
    spread, days = misfit(left)
    each = np.sqrt((left**2).mean(axis=(1, 2)))
    posterior = load_posterior()
    digest = hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]
    return Population(
        people=People(values=values, class_of=class_of, log_weight=np.zeros(len(values))),
        covariates=covariates,
        slopes=dependence(values, covariates),
        misfit_sd=spread,
        misfit_days=days,
        made_by={
            "seed": seed,
            "people": len(values),
            "version": VERSION,
            "digest": digest,
            "model_digest": f"{record_chain().digest}-{catalogue.digest}",
            "calibrated": posterior is not None,
            "designs": list(DESIGNS),
            "fitted": list(FITTED),
            "rms_points": round(float(np.sqrt((left**2).mean())), 3),
            "rms_points_of_90_percent": round(float(np.percentile(each, 90.0)), 3),
        },
    )


def _drift(natural: Array, catalogue: Catalogue, seed: int) -> Array:
    """Return the drift of every person about what the chain's natural course gives."""
    parameter, bounds = catalogue.parameter(f"course_model.{DRIFT}"), individual(DRIFT)
    drawn = draw_belief(parameter, count=len(natural), seed=seed, unit="1")
    apart = drawn - catalogue.value(f"course_model.{DRIFT}", "1")
    return np.asarray(np.clip(natural + apart, bounds.lower, bounds.upper))


def dependence(values: Array, covariates: Array) -> Array:
    """Return slopes of the parameters (free scale) on the covariates, (K, P).

    What the chain does not know, such as the swings of the illness, depends on nothing.
    """
    centred = covariates - covariates.mean(axis=0)
    free = to_free(values)
    slopes = np.linalg.lstsq(centred, free - free.mean(axis=0), rcond=None)[0]
    for name in (*OWN, "baseline"):
        slopes[:, COLUMN[name]] = 0.0
    return np.asarray(slopes)


def misfit(left: Array) -> tuple[float, float]:
    """Return spread (points) and correlation time (days) of what the fit leaves."""
    days, rest = DAYS[FIRST_COMPARED:], left[:, :, FIRST_COMPARED:]
    spread = float(np.sqrt((rest**2).mean()))
    gap = np.abs(days[:, None] - days[None, :])
    products = np.einsum("ndt,ndu->tu", rest, rest) / (rest.shape[0] * rest.shape[1])
    apart = (gap > 0.0) & (gap < 40.0)
    share = np.clip(products[apart] / spread**2, 1e-3, 1.0)
    times = np.geomspace(0.5, 60.0, 60)
    worse = [float(((share - np.exp(-gap[apart] / t)) ** 2).sum()) for t in times]
    return spread, float(times[int(np.argmin(worse))])


def main(arguments: list[str] | None = None) -> int:
    """Write the possible patients into a folder."""
    parser = argparse.ArgumentParser(prog="python -m ketacourse.forecast.project")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=DEFAULT_PEOPLE)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    given = parser.parse_args(arguments)

    def tell(step: str, share: float) -> None:
        sys.stderr.write(f"\r{step}: {share:4.0%} ")
        sys.stderr.flush()

    found = project(people=given.people, seed=given.seed, progress=tell)
    write_population(given.out, found)
    about = found.made_by
    sys.stderr.write(
        f"\n{about['people']} people of {len(NAMES)} parameters; the course model strays "
        f"{about['rms_points']} points from the chain (9 in 10: below "
        f"{about['rms_points_of_90_percent']}), over {found.misfit_days:.1f} days.\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
