"""The results of a trial, in memory and as files."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ketacourse.engine.recorded import record_chain
from ketacourse.trials.arm_summary import QUANTILES, ArmSummary, arm_summary
from ketacourse.trials.counts import frames_of_cell
from ketacourse.trials.design import Trial
from ketacourse.trials.estimates import EndpointEstimate, endpoint_estimates
from ketacourse.trials.folder import FORMAT
from ketacourse.trials.gather import Gathered
from ketacourse.trials.rows import Column
from ketacourse.trials.storage import SUMMARY, TABLE, write_columns, write_text, write_whole
from ketacourse.version import VERSION

RESEARCH_MARK = "Research run: doses outside the evidence, mood is extrapolated."


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """What a trial found.

    Attributes
    ----------
    trial
        The trial.
    arms, endpoints
        Every arm, and every endpoint.
    branches
        Those who were re-randomised, by branch.
    digest
        Fingerprint of all counts: the same whatever executor, order and size of chunks.
    """

    trial: Trial
    arms: tuple[ArmSummary, ...]
    branches: tuple[ArmSummary, ...]
    endpoints: tuple[EndpointEstimate, ...]
    digest: str

    def endpoint(self, name: str) -> EndpointEstimate:
        """Return one endpoint by its name."""
        return next(e for e in self.endpoints if e.endpoint.name == name)

    def arm(self, name: str) -> ArmSummary:
        """Return one arm or branch by its name."""
        return next(a for a in (*self.arms, *self.branches) if a.name == name)


def result_of(trial: Trial, counts: Gathered) -> TrialResult:
    """Return what the counts of a trial say."""
    frames = {a: f for c in range(len(trial.cells)) for a, f in frames_of_cell(trial, c).items()}
    return TrialResult(
        trial=trial,
        arms=tuple(arm_summary(trial, a, frames[a], tally) for a, tally in counts.arms.items()),
        branches=tuple(
            arm_summary(trial, a, frames[a], tally, b) for (a, b), tally in counts.branches.items()
        ),
        endpoints=endpoint_estimates(trial, counts),
        digest=counts.digest,
    )


def write_result(result: TrialResult, folder: Path) -> None:
    """Write ``summary.json`` and ``summary.parquet``; the same result gives the same bytes."""
    columns = score_columns(result)
    about = {
        "layout": "one row per arm, scale and visit",
        "trial_digest": result.trial.digest,
        "model_digest": record_chain().digest,
        "version": VERSION,
    }
    write_whole(folder / TABLE, lambda aside: write_columns(columns, aside, about))
    text = json.dumps(summary(result), indent=1, ensure_ascii=False, allow_nan=False)
    write_text(folder / SUMMARY, text + "\n")


def summary(result: TrialResult) -> dict[str, Any]:
    """Return the results as plain data; what cannot be computed is null."""
    trial = result.trial
    return {
        "format": FORMAT,
        "program": "ketacourse",
        "version": VERSION,
        "model_digest": record_chain().digest,
        "trial_digest": trial.digest,
        "digest": result.digest,
        "title": trial.title,
        "note": trial.note,
        "design": trial.design,
        "allocation": trial.allocation,
        "seed": trial.seed,
        "replicates": trial.replicates,
        "research": trial.research,
        "research_mark": RESEARCH_MARK if trial.research else "",
        "alpha": trial.alpha,
        "quantiles": list(QUANTILES),
        "arms": [as_data(arm) for arm in result.arms],
        "branches": [as_data(branch) for branch in result.branches],
        "endpoints": [as_data(endpoint) for endpoint in result.endpoints],
    }


def as_data(value: object) -> Any:
    """Return dataclasses and arrays as dicts and lists; what is not finite becomes null.

    Examples
    --------
    >>> as_data((1.0, float("nan"), np.array([2])))
    [1.0, None, [2]]
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_data(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_data(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return as_data(value.tolist())
    if isinstance(value, list | tuple):
        return [as_data(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def score_columns(result: TrialResult) -> dict[str, Column]:
    """Return the course of every scale in every arm as one table."""
    rows: list[dict[str, Any]] = []
    for arm in (*result.arms, *result.branches):
        for course in arm.scores.values():
            for i, day in enumerate(course.days):
                row = {"arm": arm.name, "scale": course.scale, "day": float(day)}
                row |= {"n": int(course.n[i]), "mean": course.mean[i], "sd": course.sd[i]}
                row |= {"change_mean": course.change_mean[i], "change_sd": course.change_sd[i]}
                for position, share in enumerate(QUANTILES):
                    row[f"p{share * 100:g}"] = course.quantiles[i, position]
                rows.append(row)
    units = {"arm": "", "scale": "", "day": "d", "n": "1"}
    return {
        name: Column(
            values=np.array([row[name] for row in rows]),
            unit=units.get(name, "points"),
            label=name.replace("_", " "),
        )
        for name in rows[0]
    }
