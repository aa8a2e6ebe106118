"""Patients of the full chain: the truth that the forecast's prior was projected from.

They are drawn anew, from other seeds than the prior, with other beliefs and other patients. Two
worlds: the chain as it is, where severity without treatment is constant, and the chain with the
ups and downs and the drift of the illness that patients are taken to have. The second is the
richer one; there, exposure also differs from session to session.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.solve import solve
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import load_posterior
from ketacourse.population.batch import Body, pose_course
from ketacourse.population.beliefs import members_of
from ketacourse.population.cohort import Cohort, arm_parameters, draw_cohort
from ketacourse.population.specification import population_preset
from ketacourse.population.uncertainty import draw_belief
from ketacourse.population.variability import draw_session_factors
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession
from studies.truths import STEP_DAYS, noise_grid, on_grid

Array = NDArray[np.float64]

PER_BELIEF = 8
"""Patients per joint draw of typical values: half as many as the prior has."""
REFERENCE = Dose(route="iv_infusion", amount_mg_per_kg=0.5, duration_h=40.0 / 60.0)
PEAKS_H = (20.0 / 60.0, 40.0 / 60.0, 1.0)
"""Times after the start of a dose at which pressure and dissociation are looked for (h)."""
LEAST_STEP_H = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChainPatients:
    """N patients of the full chain.

    Attributes
    ----------
    baseline
        True MADRS before treatment (points), shape (N,).
    sbp_rest
        Systolic pressure at rest (mmHg), shape (N,).
    swings
        Ups and downs of the illness on the grid of `truths` (points), shape (N, grid), or None.
    drift, drift_days
        Relative change of severity in the long run, shape (N,), and its time.
    """

    name: str
    body: Body
    parameters: Mapping[str, Array]
    covariates: Mapping[str, NDArray[np.generic]]
    baseline: Array
    sbp_rest: Array
    swings: Array | None
    drift: Array
    drift_days: float
    seed: int
    session_spread: float

    @property
    def size(self) -> int:
        """Return the number of patients."""
        return int(self.baseline.size)

    def severity(self, slots: Array, amount: Array, days: Array) -> Array:
        """Return true MADRS (points), shape (N, T); see `truths.Truth`."""
        return self.seen(slots, amount, days)[0]

    def seen(self, slots: Array, amount: Array, days: Array) -> tuple[Array, Array, Array]:
        """Return true MADRS (N, T), and the peaks of pressure rise and CADSS, (N, S) each."""
        order = np.unique(np.round(np.concatenate([[0.0], days * 24.0, _peaks(slots)]), 6))
        course = Course(
            sessions=tuple(DrugSession(day=float(d), dose=REFERENCE) for d in slots),
            horizon_days=max(float(slots[-1]), float(days[-1])) + 1.0,
        )
        factors = draw_session_factors(
            slots.size, seed=self.seed, first=0, count=self.size, catalogue=load_catalogue(),
            spread=self.session_spread,
        )  # fmt: skip
        problem = pose_course(
            course, body=self.body, parameters=self.parameters, times_h=order,
            catalogue=load_catalogue(), dose_factor=(amount.T * factors.exposure),
            attendance=(amount.T > 0.0).astype(float), plasma=False,
        )  # fmt: skip
        nodes = _nodes(slots, problem.schedule.edges(), order)
        run = solve(problem, quantities=("madrs", "sbp_rise", "cadss"), nodes_h=nodes)
        at = np.searchsorted(order, np.round(days * 24.0, 6) - 1e-7)
        madrs = run.of("madrs")[:, at]
        peaks = np.searchsorted(order, np.round(_peaks(slots), 6) - 1e-7).reshape(-1, len(PEAKS_H))
        rise = run.of("sbp_rise")[:, peaks].max(axis=2) * factors.pressure.T * (amount > 0)
        cadss = run.of("cadss")[:, peaks].max(axis=2) * factors.dissociation.T * (amount > 0)
        return self._ill(madrs, days), rise, np.clip(cadss, 0.0, 92.0)

    def _ill(self, madrs: Array, days: Array) -> Array:
        """Return severity with drift, and with the ups and downs of the illness."""
        slow = 1.0 + self.drift[:, None] * -np.expm1(-np.maximum(days, 0.0) / self.drift_days)
        moved = madrs * np.maximum(slow, 0.0)
        if self.swings is not None:
            moved = moved + on_grid(self.swings, days)
        return np.clip(moved, 0.0, 60.0)


def chain_patients(size: int, *, seed: int, restless: bool = True) -> ChainPatients:
    """Draw patients of the full chain.

    Parameters
    ----------
    restless
        Whether the illness also drifts and goes up and down by itself, and sessions differ.
    """
    catalogue = load_catalogue()
    count = -(-size // PER_BELIEF)
    _, members = members_of(count, seed=seed, catalogue=catalogue, posterior=load_posterior())
    cohorts = [
        draw_cohort(
            population_preset("clinic"), seed=seed, first=k * PER_BELIEF, count=PER_BELIEF,
            belief=m.belief, variant=m.variant,
        )
        for k, m in enumerate(members)
    ]  # fmt: skip
    arms = [arm_parameters(c) for c in cohorts]
    parameters = {n: np.concatenate([a[n] for a in arms])[:size] for n in arms[0]}
    own = {
        name: draw_belief(
            catalogue.parameter(f"course_model.{name}"), count=size, seed=seed, unit=unit
        )
        for name, unit in (("drift", "1"), ("fluctuation", "point"), ("fluctuation_time", "d"))
    }
    return ChainPatients(
        name="full chain" if restless else "full chain, steady illness",
        body=_body(cohorts, size), parameters=parameters, covariates=_covariates(cohorts, size),
        baseline=np.asarray(parameters["patient.baseline"]),
        sbp_rest=np.concatenate([c.covariates.sbp_mmhg for c in cohorts])[:size],
        swings=_swings(own["fluctuation"], own["fluctuation_time"], seed) if restless else None,
        drift=own["drift"] if restless else np.zeros(size),
        drift_days=catalogue.value("course_model.drift_time", "d"),
        seed=seed, session_spread=1.0 if restless else 0.0,
    )  # fmt: skip


def _swings(sd: Array, days: Array, seed: int) -> Array:
    """Return ups and downs with each patient's own size and memory, shape (N, grid)."""
    rng = np.random.default_rng([seed, 31])
    steps = noise_grid().size
    memory = np.exp(-STEP_DAYS / days)
    fresh = rng.standard_normal((sd.size, steps))
    kept = np.empty_like(fresh)
    kept[:, 0] = fresh[:, 0]
    for k in range(1, steps):
        kept[:, k] = memory * kept[:, k - 1] + np.sqrt(1.0 - memory**2) * fresh[:, k]
    return np.asarray(kept * sd[:, None])


def _body(cohorts: list[Cohort], size: int) -> Body:
    bodies = [c.body for c in cohorts]

    def joined(values: list[Array | float]) -> Array:
        return np.concatenate([np.broadcast_to(v, PER_BELIEF) for v in values])[:size]

    return replace(
        bodies[0],
        weight_kg=joined([b.weight_kg for b in bodies]),
        age_years=joined([b.age_years for b in bodies]),
        parameters={n: joined([b.parameters[n] for b in bodies]) for n in bodies[0].parameters},
    )


COVARIATES = (
    "age_years", "sex", "weight_kg", "height_cm", "diagnosis", "failed_antidepressants",
    "crp_mg_per_l", "cyp2b6_genotype",
)  # fmt: skip


def _covariates(cohorts: list[Cohort], size: int) -> dict[str, NDArray[np.generic]]:
    return {
        name: np.concatenate([np.asarray(getattr(c.covariates, name)) for c in cohorts])[:size]
        for name in COVARIATES
    }


def _peaks(slots: Array) -> Array:
    return np.concatenate([day * 24.0 + np.array(PEAKS_H) for day in slots])


def _nodes(slots: Array, edges: Array, times_h: Array) -> Array:
    """Return steps dense after each dose; a tenth of a point is more than enough here."""
    after = np.concatenate([np.linspace(0.0, 2.0, 41), np.linspace(2.25, 12.0, 40)])
    close = [day * 24.0 + after for day in slots]
    fixed = np.unique(np.concatenate([edges, times_h]))
    every = np.arange(fixed[0], fixed[-1], 2.0)
    own = np.unique(np.round(np.concatenate([every, *close]), 3))
    own = own[(own > fixed[0]) & (own < fixed[-1])]
    near = np.searchsorted(fixed, own)
    gap = np.minimum(own - fixed[near - 1], fixed[np.minimum(near, fixed.size - 1)] - own)
    return np.unique(np.concatenate([fixed, own[gap > LEAST_STEP_H]]))
