"""The validate step as a whole: every part, beside the margins that were fixed before it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.concentrations import ConcentrationComparison
from ketacourse.course.sensitivity import Sensitivity, sensitivity_of
from ketacourse.course.validate import (
    KINDS,
    samples_of,
)
from ketacourse.course.validation_benchmarks import (
    Errors,
    errors_of,
    mean_of_others,
    two_exponentials,
)
from ketacourse.course.validation_checks import (
    Replicated,
    Residual,
    Share,
    coverage,
    expected_error,
    replicated_checks,
    residuals,
    transform_counts,
)
from ketacourse.course.validation_identify import Identified, identified
from ketacourse.course.validation_margins import (
    Verdict,
    alike_causes,
    concentration_causes,
    read_margins,
    read_notes,
    row_causes,
    verdicts,
)
from ketacourse.course.validation_parts import FOLDER, Part, PartStore, package_digest
from ketacourse.course.validation_pooled import Pooled, pooled_estimates
from ketacourse.course.validation_predictive import (
    Predicted,
    judge_rows,
)
from ketacourse.course.validation_rows import TestRow, rows_of
from ketacourse.course.validation_run import QUICK, Effort, Run, worker_pool
from ketacourse.course.validation_safety import (
    Agreement,
    SafetyRow,
    concentration_figures,
    concentrations,
    safety_causes,
    safety_rows,
)
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import load_posterior

Array = NDArray[np.float64]
Told = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way of predicting the held-out rows, its predictions and errors."""

    name: str
    predicted: Array
    errors: Errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Everything a validation found.

    Attributes
    ----------
    rows, held_out
        The published rows, and the prediction of each from the other studies.
    ways
        The model first, then the benchmarks, then each variant alone.
    weights, between
        Weights of the variants, and spread between studies by kind, of the whole fit.
    left_out
        Rows that did not enter, each with its reason.
    refit_gain
        By how much the misfit of the remaining rows fell after the linear step, per
        variant (mean over samples).
    """

    verdicts: tuple[Verdict, ...]
    rows: tuple[TestRow, ...]
    held_out: tuple[Predicted | None, ...]
    ways: tuple[Way, ...]
    coverage: tuple[Share, tuple[Share, ...], tuple[Share, ...]]
    transform: Array
    residuals: tuple[Residual, ...]
    replicated: tuple[Replicated, ...]
    identified: Mapping[str, Identified]
    sensitivity: Sensitivity
    concentrations: tuple[ConcentrationComparison, ...]
    agreement: tuple[Agreement, ...]
    safety: tuple[SafetyRow, ...]
    pooled: tuple[Pooled, ...]
    left_out: tuple[tuple[str, str], ...]
    weights: Mapping[str, float]
    between: Mapping[str, float]
    refit_gain: Mapping[str, float]
    made_by: Mapping[str, object]
    effort: Effort
    quick: bool
    package: str

    def count(self, outcome: str) -> int:
        """Return how many margins have an outcome."""
        return sum(v.outcome == outcome for v in self.verdicts)


def validate(
    margins: Path,
    *,
    effort: Effort | None = None,
    quick: bool = False,
    workers: int = 2,
    out: Path | None = None,
    told: Told | None = None,
) -> Validation:
    """Compare the shipped posterior with everything published, beside fixed margins.

    Parameters
    ----------
    margins
        A TOML file of margins, written before the run.
    quick
        Compute less: a look, not a result.
    workers
        Processes to share the work among.
    out
        Folder whose ``parts`` keep what is finished; a stopped run goes on from there.
    told
        Called with what is being done and the share of all done.

    Raises
    ------
    InputError
        If the margins cannot be read, or the package ships no posterior that fits its
        trial table.
    """
    wanted = read_margins(margins)
    notes = read_notes(margins)
    chosen = effort or (QUICK if quick else Effort())
    store = PartStore(folder=None if out is None else out / FOLDER)
    posterior = load_posterior()
    with worker_pool(workers) as pool:
        run = Run(
            effort=chosen, store=store, pool=pool, workers=workers,
            told=told or (lambda _step, _share: None),
        )  # fmt: skip
        calibration = run.calibration()
        assert posterior is not None  # without one the calibration has been refused
        refits = {key: run.refit(calibration, key) for key in calibration.estimates}
        held = run.held_out(calibration, refits)
        own = run.own(calibration, posterior)
        lasting = run.shape()
        indices = sensitivity_of(run.sensitivity())
    run.told("side effects", 0.9)
    catalogue = load_catalogue()
    side_effects, safety_figures = safety_rows(
        catalogue=catalogue, patients=chosen.safety_patients, draws=max(chosen.draws // 2, 10)
    )
    run.told("concentrations and pooled estimates", 0.97)
    comparisons, groups = concentrations(catalogue)
    pooled = pooled_estimates(patients=chosen.shape_patients // 2)
    rows = rows_of(calibration.data)
    samples = samples_of(rows)
    at = [samples.index(r.sample) for r in rows]
    between = [held["between"][k, KINDS.index(r.kind)] for k, r in zip(at, rows, strict=True)]
    judged = judge_rows(
        rows, held, weights=[held["weights"][k].tolist() for k in at], between=between
    )
    ways = _ways(rows, judged, held, list(calibration.estimates))
    shares = coverage(rows, judged)
    figures = {
        "scores": ways[0].errors.points / ways[1].errors.points,
        "scores_two_exponentials": ways[0].errors.points / ways[2].errors.points,
        "rates": ways[0].errors.rate,
        "coverage": shares[0].share,
        **concentration_figures(comparisons, groups),
        **safety_figures,
        **lasting,
    }
    causes = {
        **row_causes(rows, judged, expected_error(rows, held, judged, between)),
        **alike_causes(rows, judged),
        **concentration_causes(groups),
        **safety_causes(side_effects),
    }
    found = verdicts(wanted, figures, causes)
    return Validation(
        verdicts=tuple(_noted(v, notes) for v in found),
        rows=rows,
        held_out=judged,
        ways=ways,
        coverage=shares,
        transform=transform_counts(judged),
        residuals=residuals(rows, judged),
        replicated=replicated_checks(
            rows, dict(own), weights=list(calibration.weights.values()),
            between={k: float(v) for k, v in calibration.data.tau.items()},
        ),
        identified={
            key: identified(calibration.parameters, e) for key, e in calibration.estimates.items()
        },
        sensitivity=indices,
        concentrations=comparisons,
        agreement=groups,
        safety=side_effects,
        pooled=pooled,
        left_out=calibration.data.left_out,
        weights=calibration.weights,
        between={k: float(v) for k, v in calibration.data.tau.items()},
        refit_gain={k: float(np.mean(r.started - r.objectives)) for k, r in refits.items()},
        made_by=posterior.made_by,
        effort=chosen,
        quick=quick,
        package=package_digest(),
    )  # fmt: skip


def _noted(verdict: Verdict, notes: Mapping[str, str]) -> Verdict:
    """Return a verdict with what is written about the cause of its miss."""
    note = notes.get(verdict.margin.name, "")
    if verdict.outcome == "met" or not note:
        return verdict
    return replace(verdict, cause=f"{note} {verdict.cause}".strip())


def _ways(
    rows: tuple[TestRow, ...],
    judged: tuple[Predicted | None, ...],
    held: Part,
    variants: list[str],
) -> tuple[Way, ...]:
    centre = np.array([np.nan if p is None else p.centre for p in judged])
    listed = {
        "this model": centre,
        "mean of the other studies": mean_of_others(rows),
        "two exponentials (rates: mean of the others)": two_exponentials(rows),
    }
    for k, key in enumerate(variants):
        listed[f"variant {key.replace('_', ' ')} alone"] = held["typical"][:, k]
    return tuple(
        Way(name=name, predicted=values, errors=errors_of(rows, values))
        for name, values in listed.items()
    )
