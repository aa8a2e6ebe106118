"""The expensive parts of a validation: what they need, and how they are kept."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.calibrate import FREE, Calibration, fit_data, shipped_calibration
from ketacourse.course.sensitivity import sensitivity_part
from ketacourse.course.shape import shape
from ketacourse.course.validate import Refit, beliefs_of, predict_held_out, refit_without
from ketacourse.course.validation_parts import Part, PartStore
from ketacourse.course.validation_predictive import arm_statistics
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import Posterior, load_posterior
from ketacourse.infer.estimate import Estimate
from ketacourse.infer.free import free_parameters
from ketacourse.population.typical import belief_units

Array = NDArray[np.float64]
Told = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is computed.

    Parameters
    ----------
    patients
        Virtual patients per arm.
    draws
        Joint draws of what is believed, behind each interval.
    rounds
        Simulations of all rows per refit; see `refit_without`.
    points
        Base points of the sensitivity indices, a power of two.
    """

    patients: int = 160
    draws: int = 40
    rounds: int = 5
    points: int = 128
    shape_patients: int = 1000
    safety_patients: int = 300

    @property
    def words(self) -> str:
        """Return what parts depend on."""
        return (
            f"{self.patients} {self.draws} {self.rounds} {self.points} "
            f"{self.shape_patients} {self.safety_patients}"
        )


QUICK = Effort(patients=60, draws=15, rounds=2, points=16, shape_patients=200, safety_patients=100)
"""A look in about two minutes; its figures are rough."""


@contextmanager
def worker_pool(workers: int) -> Iterator[Executor | None]:
    """Yield processes to share the work among, or None for one."""
    if workers < 2:
        yield None
        return
    # Each worker is one thread; libraries that start more would only be in the way.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The expensive parts of a validation, each kept when it is done."""

    effort: Effort
    store: PartStore
    pool: Executor | None
    workers: int
    told: Told

    def calibration(self) -> Calibration:
        """Return the calibration behind the shipped posterior, with its derivatives."""
        kept: dict[str, Calibration] = {}

        def make() -> Part:
            found = shipped_calibration(
                patients=self.effort.patients, workers=self.workers, told=self._scaled(0.0, 0.2)
            )
            kept["made"] = found
            return _packed(found)

        part = self.store.get("fit", self.effort.words, make)
        return kept["made"] if "made" in kept else _unpacked(part)

    def refit(self, calibration: Calibration, variant: str) -> Refit:
        """Return the estimates of one variant without each sample."""
        keys = list(calibration.estimates)
        start = 0.2 + 0.35 * keys.index(variant) / len(keys)

        def make() -> Part:
            found = refit_without(
                calibration, variant, catalogue=load_catalogue(), patients=self.effort.patients,
                rounds=self.effort.rounds, executor=self.pool,
                told=self._scaled(start, 0.35 / len(keys)),
            )  # fmt: skip
            return {name: getattr(found, name) for name in Refit.__slots__}

        part = self.store.get(f"refit-{variant}", self.effort.words, make)
        return Refit(**{name: np.asarray(part[name]) for name in Refit.__slots__})

    def held_out(self, calibration: Calibration, refits: Mapping[str, Refit]) -> Part:
        """Return every row under the beliefs of a fit without its sample."""
        return self.store.get(
            "held-out",
            self.effort.words,
            lambda: predict_held_out(
                calibration, refits, draws=self.effort.draws, patients=self.effort.patients,
                catalogue=load_catalogue(), units=belief_units(), executor=self.pool,
                told=self._scaled(0.55, 0.1),
            ),
        )  # fmt: skip

    def own(self, calibration: Calibration, posterior: Posterior) -> Part:
        """Return every row under the shipped posterior, which has seen it."""

        def make() -> Part:
            self.told("the fit against its own data", 0.65)
            belief = beliefs_of(
                posterior, draws=self.effort.draws, catalogue=load_catalogue(),
                units=belief_units(),
            )  # fmt: skip
            got = arm_statistics(
                calibration.data.arms, belief, patients=self.effort.patients, executor=self.pool
            )
            ordered = [got[i] for i in range(len(calibration.data.rows))]
            return {name: np.array([g[name] for g in ordered]) for name in ordered[0]}

        return self.store.get("own", self.effort.words, make)

    def shape(self) -> dict[str, float]:
        """Return the figures of the shape of a course."""

        def make() -> Part:
            self.told("the shape of a course", 0.7)
            found = shape(patients=self.effort.shape_patients)
            return {name: np.array(value) for name, value in found.items()}

        part = self.store.get("shape", self.effort.words, make)
        return {name: float(value) for name, value in part.items()}

    def sensitivity(self) -> Part:
        """Return the outputs behind the sensitivity indices."""
        return self.store.get(
            "sensitivity",
            self.effort.words,
            lambda: sensitivity_part(
                points=self.effort.points, patients=max(self.effort.patients // 2, 30),
                executor=self.pool, told=self._scaled(0.75, 0.15),
            ),
        )  # fmt: skip

    def _scaled(self, start: float, width: float) -> Told:
        return lambda step, share: self.told(step, start + width * min(share, 1.0))


def _packed(found: Calibration) -> Part:
    part: dict[str, Array] = {}
    for key, e in found.estimates.items():
        for name in ("mode", "covariance", "predicted", "jacobian", "objective", "misfit"):
            part[f"{key}:{name}"] = np.asarray(getattr(e, name), dtype=float)
    return part


def _unpacked(part: Part) -> Calibration:
    """Return a calibration from its stored estimates and the shipped table."""
    posterior, catalogue = load_posterior(), load_catalogue()
    assert posterior is not None  # the part was made from it
    data = replace(fit_data(catalogue), tau=dict(posterior.made_by["between_studies"]))
    variants = dict.fromkeys(key.partition(":")[0] for key in part)
    return Calibration(
        parameters=free_parameters(FREE, catalogue=catalogue, overrides={}),
        estimates={
            v: Estimate(
                mode=part[f"{v}:mode"],
                covariance=part[f"{v}:covariance"],
                predicted=part[f"{v}:predicted"],
                jacobian=part[f"{v}:jacobian"],
                objective=float(part[f"{v}:objective"]),
                misfit=float(part[f"{v}:misfit"]),
                iterations=0,
            )
            for v in variants
        },
        data=data,
    )
