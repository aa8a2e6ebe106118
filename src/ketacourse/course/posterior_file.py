"""Write what a calibration found as the posterior that ships with the package.

Mood and side effects are estimated apart; a row of the table joins one draw of each. Those of
side effects are the same for every mechanism.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ketacourse.course.calibrate import SEED, Calibration
from ketacourse.course.calibrate_effects import FREE_EFFECTS, EffectCalibration
from ketacourse.course.pooled import pooled_rows
from ketacourse.engine.recorded import record_chain
from ketacourse.evidence.posterior import MODE, Posterior
from ketacourse.infer.free import FreeParameter, natural_values
from ketacourse.population.uncertainty import stream
from ketacourse.version import VERSION

DRAWS = 60
"""Joint draws kept per variant."""
WIDEST = 2.5
"""A draw further from the mode than this (standard deviations of the whole) is drawn again."""

Rows = Mapping[str, Sequence[Sequence[float]]]
"""By variant: the mode, then the draws."""


def write_posterior(
    calibration: Calibration,
    effects: EffectCalibration,
    folder: Path,
    *,
    patients: int,
    draws: int = DRAWS,
) -> None:
    """Write ``posterior.csv`` and ``posterior.json``; the same calibration gives the same bytes.

    Parameters
    ----------
    patients
        Virtual patients per arm that the calibration used.
    """
    rows = {
        key: _natural(calibration.parameters, [e.mode, *_draws(e.mode, e.covariance, key, draws)])
        for key, e in calibration.estimates.items()
    }
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
        "steps": {k: e.iterations for k, e in calibration.estimates.items()},
    }
    _write(folder, [p.name for p in calibration.parameters], rows, effects, made_by)


def write_with_effects(posterior: Posterior, effects: EffectCalibration, folder: Path) -> None:
    """Write a posterior anew with another estimate of side effects; mood stays as it is."""
    kept = [i for i, name in enumerate(posterior.names) if name not in FREE_EFFECTS]
    rows = {
        key: [posterior.modes[key][kept], *posterior.draws[key][:, kept]] for key in posterior.modes
    }
    _write(folder, [posterior.names[i] for i in kept], rows, effects, dict(posterior.made_by))


def _write(
    folder: Path,
    names: Sequence[str],
    rows: Rows,
    effects: EffectCalibration,
    made_by: dict[str, Any],
) -> None:
    e = effects.found
    drawn = max(len(points) for points in rows.values()) - 1
    beside = _natural(
        effects.parameters, [e.mode, *_draws(e.mode, e.covariance, "side effects", drawn)]
    )
    lines = [",".join(["variant", "draw", *names, *(p.name for p in effects.parameters)])]
    for key, points in rows.items():
        for number, (mood, effect) in enumerate(zip(points, beside, strict=True)):
            label = MODE if number == 0 else str(number)
            lines.append(",".join([key, label, *(f"{v:.6g}" for v in (*mood, *effect))]))
    made_by["side_effects"] = {
        "data": effects.data.digest,
        "rows": len(effects.data.rows),
        "between_studies": {k: round(effects.data.tau[k], 4) for k in ("rate", "days")},
        "misfit": round(e.misfit, 1),
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


def _natural(
    parameters: Sequence[FreeParameter], points: Sequence[np.ndarray]
) -> list[list[float]]:
    """Return rows of natural values in the order of the parameters."""
    found = [natural_values(parameters, point) for point in points]
    return [[values[p.name] for p in parameters] for values in found]


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
