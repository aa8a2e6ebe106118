"""The calibrate step: population parameters from the published rows, with their uncertainty.

A handful of composite quantities that trial results can identify are moved; everything
else stays at its prior. Each mechanism variant is estimated on its own; their weights
follow from how well each fits.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from csv import DictReader
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from ketacourse.course.calibration_progress import Progress
from ketacourse.course.pooled import pooled_arms, pooled_covariance, pooled_rows, pooled_values
from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.evidence.observations import load_observations
from ketacourse.evidence.posterior import load_posterior, set_aside, without_posterior
from ketacourse.infer.estimate import Estimate, estimate
from ketacourse.infer.free import Believed, FreeParameter, free_parameters
from ketacourse.infer.rows import FitRow, Kind, between_studies, compared, covariance
from ketacourse.population.beliefs import Member
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError
from ketacourse.trials.replicate_selected import follow_arm
from ketacourse.trials.replicate_statistics import statistic, wanted_days
from ketacourse.trials.replicate_trial_rows import trial_query
from ketacourse.trials.replicate_trials import USUAL_BASELINE_POINTS, TrialArm, group_arms

Array = NDArray[np.float64]
Told = Callable[[str, float], None]

FREE = (
    "mood.fast_gain", "mood.fast_saturation", "mood.structural_gain",
    "mood.structural_saturation", "mood.rate", "glutamate.ampa_on", "glutamate.ampa_off",
    "structure.formation_threshold", "structure.mature_time", "structure.persistence",
    "structure.persistent_time",
    "structure.therapy_stabilisation", "placebo.expectancy_open",
    "placebo.expectancy_saline", "placebo.expectancy_crossover",
    "placebo.expectancy_midazolam", "placebo.expectancy_spray",
    "placebo.expectancy_anaesthesia", "placebo.expectancy_time", "placebo.unaware_time",
    "mood.anaesthesia_block", "placebo.care_clinic", "placebo.care_trial",
    "placebo.antidepressant_share", "patient.medication_decay",
    "patient.age_odds", "patient.early_step_odds", "patient.natural_course",
    "patient.natural_course_resistant", "variability.weak_share",
    "variability.weak_odds", "variability.full_odds", "variability.durability",
    "variability.durability_of_gain",
)  # fmt: skip
"""Quantities the published rows can move."""

USUAL_SD_POINTS = 10.0
"""Spread of one patient's change where the simulation gives none (MADRS points)."""
SEED = 20_260
PATIENTS = 200
RELAPSE_TIMES = 4
"""How many times more patients an arm has whose relapses are counted: a median of responders in
the tail of a wide distribution rests on few of them."""
ITERATIONS = 12
"""Most Gauss-Newton steps per variant; the search ends by itself before, as a rule after six."""
SELECTED_TIMES = 2
"""The same for an arm of people with an earlier course: many of the patients hardly count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitData:
    """The rows of the fit, grouped into arms.

    Attributes
    ----------
    arms
        Arms with their rows, and the position of each row in ``rows``.
    rows
        The published numbers.
    tau
        Spread between studies on each scale of comparison.
    digest
        Identifies the tables of trials and of pooled estimates.
    left_out
        Row and reason for each row that does not enter.
    """

    arms: tuple[tuple[TrialArm, tuple[int, ...]], ...]
    rows: tuple[FitRow, ...]
    tau: Mapping[Kind, float]
    digest: str
    left_out: tuple[tuple[str, str], ...]

    @property
    def errors(self) -> Array:
        """Return the covariance of the errors on the scale of comparison.

        Rows come first, then the pooled estimates.
        """
        rows = covariance(self.rows, tau=dict(self.tau))
        return np.asarray(block_diag(rows, pooled_covariance(self.tau)))

    @property
    def observed(self) -> Array:
        """Return the published values on the scale of comparison, pooled estimates last."""
        rows = [float(compared(r.kind, r.value, r.n)) for r in self.rows]
        return np.array(rows + [row.value for row in pooled_rows()[0]])


def fit_data(catalogue: Catalogue) -> FitData:
    """Return the shipped rows that may enter a fit, read and not recalled."""
    load_observations("trials")  # refuses a table with a faulty cell, with line and column
    text = _table("trials")
    queries, cells, left_out = [], [], []
    for row in DictReader(text.splitlines()):
        try:
            reason = _kept_out(row)
            query = None if reason else trial_query(row)
        except (UnsupportedRowError, RowFaultError) as error:
            reason, query = str(error), None
        if query is not None and query.row.scale.kind == "carried":
            # Its share of the change of mood was set from such rows: it would be used twice.
            reason, query = "carried over from mood, of which it says nothing", None
        if query is None:
            left_out.append((row["row_id"], reason))
            continue
        queries.append(query)
        cells.append(row)
    arms = group_arms(queries)
    arm_of = {p: str(number) for number, (_, positions) in enumerate(arms) for p in positions}
    rows = tuple(_fit_row(c, arm_of[i]) for i, c in enumerate(cells))
    tau: dict[Kind, float] = {
        "points": USUAL_BASELINE_POINTS * catalogue.value("replicate.change_between", "1"),
        "rate": catalogue.value("replicate.rate_between", "1"),
        "days": catalogue.value("replicate.relapse_between", "1"),
    }
    return FitData(
        arms=tuple((arm, tuple(positions)) for arm, positions in arms),
        rows=rows,
        tau=tau,
        digest=sha256((text + _table("contrasts")).encode()).hexdigest()[:16],
        left_out=tuple(left_out),
    )


def _table(name: str) -> str:
    return files("ketacourse.evidence").joinpath("observations", f"{name}.csv").read_text("utf-8")


def _kept_out(cells: Mapping[str, str]) -> str:
    if cells["seen"] != "yes":
        return "recalled, not read"
    if cells["supported"] != "yes":
        return cells["reason"] or "not supported"
    return "" if cells["n"] else "the arm's size is not stated"


def _fit_row(cells: Mapping[str, str], arm: str) -> FitRow:
    kinds: dict[str, Kind] = {
        "response_rate": "rate",
        "remission_rate": "rate",
        "relapse_free": "rate",
        "median_time_to_relapse_days": "days",
    }
    kind = kinds.get(cells["outcome"], "points")
    spread = cells["spread"] if cells["spread_type"] == "SD" else ""
    return FitRow(
        row_id=cells["row_id"],
        study=cells["study_id"],
        arm=arm,
        kind=kind,
        value=float(cells["value"]),
        n=int(float(cells["n"])),
        sd_points=float(spread) if spread else USUAL_SD_POINTS,
        benefit=-1.0 if kind == "points" else 1.0,
    )


class Predictor:
    """Predicts every row of the fit at many points of the free parameters."""

    def __init__(
        self,
        data: FitData,
        parameters: Sequence[FreeParameter],
        *,
        variant: str,
        catalogue: Catalogue,
        patients: int = PATIENTS,
        executor: Executor | None = None,
    ) -> None:
        self.data = data
        self.parameters = tuple(parameters)
        self.variant = variant
        self.patients = patients
        self.executor = executor
        self.believed = Believed(parameters, catalogue)

    def __call__(self, points: Array) -> Array:
        """Return predictions on the scale of comparison: rows, then pooled estimates, (k, n)."""
        members = tuple(Member(variant=self.variant, belief=self.believed(p)) for p in points)
        rows = self.data.rows
        pooled = [(arm, [len(rows) + p for p in where]) for arm, where in pooled_arms()]
        arms = [*self.data.arms, *pooled]
        tasks = [(arm, members, self.patients * _times(arm)) for arm, _ in arms]
        run = map if self.executor is None else self.executor.map
        found = np.full((len(points), len(rows) + len(pooled_rows()[1])), np.nan)
        for (_, positions), values in zip(arms, run(_arm_values, tasks), strict=True):
            for position, value in zip(positions, values, strict=True):
                found[:, position] = value
        of_rows = [compared(r.kind, found[:, i], r.n) for i, r in enumerate(rows)]
        return np.hstack([np.array(of_rows).T, pooled_values(found[:, len(rows) :])])


def _times(arm: TrialArm) -> int:
    if any("relapse" in row.outcome for row in arm.rows):
        return RELAPSE_TIMES
    return SELECTED_TIMES if arm.design.earlier_course else 1


def _arm_values(task: tuple[TrialArm, tuple[Member, ...], int]) -> list[Array]:
    """Return each row's statistic under every member, shape (n_members,) per row."""
    arm, members, patients = task
    days = {day for row in arm.rows for day in wanted_days(arm.design, row)}
    latent = follow_arm(arm.design, sorted(days), members, patients=patients, seed=SEED)
    values = []
    for row in arm.rows:
        try:
            values.append(statistic(arm.design, row, latent, seed=SEED).values)
        except UnsupportedRowError:
            values.append(np.full(len(members), np.nan))
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The estimates of all variants."""

    parameters: tuple[FreeParameter, ...]
    estimates: Mapping[str, Estimate]
    data: FitData

    @property
    def weights(self) -> dict[str, float]:
        """Return the weight of each variant.

        By the density of the data at the mode with the penalty of the prior, tempered to
        a third: rows of one study are not independent, and a model that fits a little
        better on these trials must not silence the others.
        """
        keys = list(self.estimates)
        objective = np.array([self.estimates[k].objective for k in keys])
        odds = np.exp(-0.5 * TEMPER * (objective - objective.min()))
        return {k: float(w) for k, w in zip(keys, odds / odds.sum(), strict=True)}


TEMPER = 1.0 / 3.0


def calibrate(
    variants: Sequence[str],
    *,
    patients: int = PATIENTS,
    iterations: int = ITERATIONS,
    workers: int = 2,
    start: Mapping[str, Array] | None = None,
    tau: Mapping[Kind, float] | None = None,
    told: Told | None = None,
    keep: Path | None = None,
) -> Calibration:
    """Estimate the free parameters for each mechanism variant.

    Parameters
    ----------
    variants
        Keys of the variants.
    patients
        Virtual patients per arm; the same in every evaluation.
    iterations
        Most Gauss-Newton steps per variant.
    workers
        Processes to share the arms among.
    start
        Free parameters to start from, by variant.
    tau
        Spread between studies; estimated on the first variant if None.
    told
        Called with what is being done and the share done.
    keep
        Folder in which finished estimates are kept, so that an interrupted run goes on.
    """
    if patients < 50:
        raise InputError(f"{patients} patients per arm are too few.", remedy="Give at least 50.")
    catalogue = load_catalogue()
    data = fit_data(catalogue)
    if tau is not None:
        data = replace(data, tau=dict(tau))
    parameters = free_parameters(FREE, catalogue=catalogue, overrides={})
    say = told or (lambda _step, _share: None)
    asked = [data.digest, data.observed, data.errors.diagonal()]
    kept = Progress(keep, [*asked, FREE, variants, patients, iterations, SEED, start, tau])
    estimates: dict[str, Estimate] = {}
    first = None if start is None else next(iter(start.values()))
    # what ships must not reach the next estimate: not here, and not in the workers
    spawn = get_context("spawn")
    pool_of = ProcessPoolExecutor(workers, mp_context=spawn, initializer=set_aside)
    with without_posterior(), pool_of as pool:
        for number, key in enumerate(variants):
            predict = Predictor(
                data,
                parameters,
                variant=key,
                catalogue=catalogue,
                patients=patients,
                executor=pool if workers > 1 else None,
            )

            def report(step: int, value: float, _point: Array, at: int = number) -> None:
                share = (at + step / max(iterations, 1)) / len(variants)
                say(f"{variants[at]}: step {step}, misfit {value:.0f}", min(share, 1.0))

            def search(
                step: str, begin: Array | None, data: FitData, predict: Predictor = predict
            ) -> Estimate:
                found = kept.read(step)
                if found is None:
                    found = estimate(
                        predict,
                        observed=data.observed,
                        errors=data.errors,
                        parameters=parameters,
                        start=begin,
                        iterations=iterations,
                        told=report,
                    )
                    kept.write(step, found)
                return found

            found = search(f"first-{key}", first if start is None else start.get(key, first), data)
            if (
                number == 0 and tau is None
            ):  # the spread between studies is judged once, on the base variant
                residuals = (data.observed - found.predicted)[: len(data.rows)]
                data = replace(
                    data, tau=between_studies(residuals, data.rows, start=dict(data.tau))
                )
                found = search(f"again-{key}", found.mode, data)
                first = found.mode
            estimates[key] = found
    return Calibration(parameters=parameters, estimates=estimates, data=data)


def shipped_calibration(
    *, patients: int = PATIENTS, workers: int = 2, told: Told | None = None
) -> Calibration:
    """Return the calibration behind the shipped posterior: its modes, evaluated anew.

    Raises
    ------
    InputError
        If the package ships no posterior, or the trial table is not the one it was made from.
    """
    posterior = load_posterior()
    if posterior is None:
        raise InputError("The package ships no posterior.", remedy="Run 'ketacourse calibrate'.")
    catalogue = load_catalogue()
    digest = fit_data(catalogue).digest
    if posterior.made_by["data"] != digest:
        raise InputError(
            f"The posterior was made from another trial table ({posterior.made_by['data']}, "
            f"now {digest}).",
            remedy="Run 'ketacourse calibrate' again.",
        )
    parameters = free_parameters(FREE, catalogue=catalogue, overrides={})
    modes = {
        key: np.array([p.free(posterior.typical(key)[p.name]) for p in parameters])
        for key in posterior.modes
    }
    return calibrate(
        list(modes),
        patients=patients,
        iterations=0,
        workers=workers,
        start=modes,
        tau=posterior.made_by["between_studies"],
        told=told,
    )
