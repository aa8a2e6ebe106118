"""Write what a calibration found as the posterior that ships with the package."""

import json
from pathlib import Path

import numpy as np

from ketacourse.course.calibrate import SEED, Calibration
from ketacourse.course.pooled import pooled_rows
from ketacourse.engine.recorded import record_chain
from ketacourse.evidence.posterior import MODE
from ketacourse.infer.free import natural_values
from ketacourse.population.uncertainty import stream
from ketacourse.version import VERSION

DRAWS = 60
"""Joint draws kept per variant."""
WIDEST = 2.5
"""A draw further from the mode than this (standard deviations of the whole) is drawn again."""


def write_posterior(
    calibration: Calibration, folder: Path, *, patients: int, draws: int = DRAWS
) -> None:
    """Write ``posterior.csv`` and ``posterior.json``; the same calibration gives the same bytes.

    Parameters
    ----------
    patients
        Virtual patients per arm that the calibration used.
    """
    names = [p.name for p in calibration.parameters]
    lines = [",".join(["variant", "draw", *names])]
    for key, found in calibration.estimates.items():
        points = [found.mode, *_draws(found.mode, found.covariance, key, draws)]
        for number, point in enumerate(points):
            values = natural_values(calibration.parameters, point)
            label = MODE if number == 0 else str(number)
            lines.append(",".join([key, label, *(f"{values[n]:.6g}" for n in names)]))
    made_by = {
        "version": VERSION,
        "equations": record_chain().digest,
        "data": calibration.data.digest,
        "rows": len(calibration.data.rows),
        "pooled_estimates": len(pooled_rows()[0]),
        "seed": SEED,
        "patients_per_arm": patients,
        "between_studies": {k: round(v, 4) for k, v in calibration.data.tau.items()},
        "weights": {k: round(v, 4) for k, v in calibration.weights.items()},
        "misfit": {k: round(e.misfit, 1) for k, e in calibration.estimates.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "posterior.csv": "\n".join(lines) + "\n",
        "posterior.json": json.dumps(made_by, indent=1) + "\n",
    }
    for name, text in texts.items():
        aside = folder / f"{name}.part"
        aside.write_text(text, encoding="utf-8")
        aside.replace(folder / name)


def _draws(mode: np.ndarray, covariance: np.ndarray, key: str, count: int) -> list[np.ndarray]:
    """Return joint normal draws about the mode, the far tails left out."""
    root = np.linalg.cholesky(covariance)
    random = stream(SEED, f"posterior:{key}")
    limit = WIDEST * np.sqrt(len(mode))
    found: list[np.ndarray] = []
    while len(found) < count:
        z = random.standard_normal(len(mode))
        if np.linalg.norm(z) <= limit and np.abs(z).max() <= WIDEST:
            found.append(mode + root @ z)
    return found
