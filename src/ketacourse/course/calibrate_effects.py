"""Estimate how large side effects are, and how much they differ.

Pressure, dissociation, sedation and nausea follow from drug at its site alone, whatever the
account of mood, so one estimate serves every mechanism. Each published number is predicted as
``ketacourse replicate`` predicts it; means are compared as logarithms, shares as log odds.
"""

from collections.abc import Mapping, Sequence
from csv import DictReader
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.calibration_progress import Progress
from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.evidence.cells import reading
from ketacourse.evidence.posterior import without_posterior
from ketacourse.infer.estimate import Estimate, estimate, without_rows
from ketacourse.infer.free import Believed, FreeParameter, free_parameters
from ketacourse.infer.rows import FitRow, Kind, between_studies, compared, covariance
from ketacourse.population.beliefs import Member
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError
from ketacourse.trials.replicate_safety import safety_values
from ketacourse.trials.replicate_safety_rows import SafetyQuery, safety_query

Array = NDArray[np.float64]

FREE_EFFECTS = (
    "safety.sbp_max", "variability.pressure_spread", "variability.pressure_session_share",
    "variability.pressure_reading", "variability.pressure_reading_age", "safety.cadss_max",
    "variability.dissociation_spread",
    "variability.dissociation_session_share", "safety.sedation_half", "safety.nausea_max",
)  # fmt: skip
"""Quantities that published side effects can move. How dissociation wears off with
repetition is not among them: no usable row compares early and late sessions."""
SEED = 31
PATIENTS = 1000
"""Virtual patients per course: the spread of a skewed effect needs many."""
ITERATIONS = 5
"""Most steps of the search."""
PROGRAMME = "esketamine programme"
PROGRAMME_SOURCES = (
    "adverse_events", "doherty2020", "jnj_", "spravato_label", "sustain3", "transform",
)  # fmt: skip
"""Beginnings of the sources that print one and the same programme of trials: one study."""
USUAL_N = 50
"""Patients behind a number that does not say (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectData:
    """The published side effects to fit.

    Attributes
    ----------
    queries, rows
        What each row asks, and how it is compared.
    tau
        Spread between studies on each scale of comparison.
    digest
        Identifies the table.
    """

    queries: tuple[SafetyQuery, ...]
    rows: tuple[FitRow, ...]
    tau: dict[Kind, float]
    digest: str

    @property
    def observed(self) -> Array:
        """Return the published values on the scale of comparison."""
        return np.array([float(compared(r.kind, r.value, r.n)) for r in self.rows])

    @property
    def errors(self) -> Array:
        """Return the covariance of their errors."""
        return covariance(self.rows, tau=self.tau)


def safety_cells() -> tuple[Mapping[str, str], ...]:
    """Return the shipped table of side effects, one mapping per line."""
    text = files("ketacourse.evidence").joinpath("observations", "safety.csv").read_text("utf-8")
    return tuple(DictReader(text.splitlines()))


def middle_of(text: str) -> float | None:
    """Return the number that a cell holds, or the middle of its range."""
    try:
        found = reading(text)
    except ValueError:
        return None
    if found is None or found.low is None or found.high is None:
        return None
    return (found.low + found.high) / 2.0


def effect_data(catalogue: Catalogue) -> EffectData:
    """Return the shipped side effects that may enter a fit: read, numbers, with a prediction."""
    queries, rows = [], []
    for cells in safety_cells():
        value = middle_of(cells["value"])
        if cells["seen"] != "yes" or value is None or not value > 0.0:
            continue
        try:
            query = safety_query(cells)
        except (UnsupportedRowError, RowFaultError):
            continue
        if query.form not in ("share", "peak", "at") or query.effect == "plasma":
            continue
        n = (query.n or USUAL_N) * (query.course.sessions if query.per_session else 1)
        row = FitRow(
            row_id=cells["row_id"],
            study=_study(cells["source_id"]),
            arm=f"{cells['source_id']}/{cells['population']}",
            kind="rate" if query.form == "share" else "days",
            value=value if query.form != "share" else 100.0 * value / query.factor,
            n=n,
            sd_points=0.0,
            benefit=1.0,
        )
        queries.append(query)
        rows.append(row)
        if query.form != "share" and cells["spread_type"] == "SD":
            # How much patients differ was published too: without it only tails would tell.
            queries.append(replace(query, spread=True))
            # Chance moves a mean and a spread hardly together: a group of its own.
            name, arm = f"{row.row_id} SD", f"{row.arm} SD"
            rows.append(replace(row, row_id=name, arm=arm, value=float(cells["spread"])))
    text = files("ketacourse.evidence").joinpath("observations", "safety.csv").read_text("utf-8")
    return EffectData(
        queries=tuple(queries),
        rows=tuple(rows),
        tau={
            "rate": catalogue.value("replicate.event_between", "1"),
            "days": catalogue.value("replicate.effect_between", "1"),
            "points": 1.0,
        },
        digest=sha256(text.encode()).hexdigest()[:16],
    )


def _study(source: str) -> str:
    return PROGRAMME if source.startswith(PROGRAMME_SOURCES) else source


class EffectPredictor:
    """Predicts every row at many points of the free parameters."""

    def __init__(
        self, data: EffectData, parameters: Sequence[FreeParameter], catalogue: Catalogue
    ) -> None:
        self.data, self.catalogue = data, catalogue
        self.believed = Believed(parameters, catalogue)

    def __call__(self, points: Array) -> Array:
        """Return predictions on the scale of comparison, shape (k, n_rows)."""
        members = tuple(Member(belief=self.believed(p)) for p in points)
        values = safety_values(
            self.data.queries, members, catalogue=self.catalogue, patients=PATIENTS, seed=SEED
        )
        found = []
        for row, query, column in zip(self.data.rows, self.data.queries, values.T, strict=True):
            shown = 100.0 * column / query.factor if query.form == "share" else column
            found.append(compared(row.kind, shown, row.n))
        return np.array(found).T


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectCalibration:
    """The estimate, and what it was made from."""

    parameters: tuple[FreeParameter, ...]
    found: Estimate
    data: EffectData

    def without(self, study: str) -> tuple[Array, Array]:
        """Return mode and covariance as they would be without a study, to first order."""
        return without_rows(
            self.found,
            left_out=np.array([r.study == study for r in self.data.rows]),
            observed=self.data.observed,
            errors=self.data.errors,
            parameters=self.parameters,
        )


def calibrate_effects(*, keep: Path | None = None) -> EffectCalibration:
    """Estimate the free parameters of side effects.

    The spread between studies is estimated too, from what a first estimate leaves unexplained.

    Parameters
    ----------
    keep
        Folder in which finished estimates are kept, so that an interrupted run goes on.
    """
    catalogue = load_catalogue()
    data = effect_data(catalogue)
    parameters = free_parameters(FREE_EFFECTS, catalogue=catalogue, overrides={})
    kept = Progress(
        keep,
        [data.digest, [r.study for r in data.rows], FREE_EFFECTS, PATIENTS, SEED, ITERATIONS],
    )

    def search(step: str, data: EffectData, begin: Array | None) -> Estimate:
        found = kept.read(step)
        if found is None:
            with without_posterior():  # what ships must not reach the next estimate
                found = estimate(
                    EffectPredictor(data, parameters, catalogue),
                    observed=data.observed,
                    errors=data.errors,
                    parameters=parameters,
                    start=begin,
                    iterations=ITERATIONS,
                )
            kept.write(step, found)
        return found

    first = search("side-effects-first", data, None)
    tau = between_studies(data.observed - first.predicted, data.rows, start=dict(data.tau))
    data = replace(data, tau=tau)
    found = search("side-effects-again", data, first.mode)
    return EffectCalibration(parameters=tuple(parameters), found=found, data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A row as predicted from the other studies.

    Attributes
    ----------
    row
        How it is compared.
    shift
        By how much the prediction moves on the scale of comparison.
    variance
        By how much the variance of what is believed grows there.
    """

    row: FitRow
    shift: float
    variance: float


def left_out_rows(calibration: EffectCalibration) -> dict[str, LeftOut]:
    """Return each fitted row as predicted from the other studies, by its name.

    The fit without a study follows from the whole fit to first order.
    """
    found, data = calibration.found, calibration.data
    moved: dict[str, LeftOut] = {}
    for study in dict.fromkeys(r.study for r in data.rows):
        mode, covariance = calibration.without(study)
        shift = found.jacobian @ (mode - found.mode)
        grown = found.jacobian @ (covariance - found.covariance) @ found.jacobian.T
        for row, by, more in zip(data.rows, shift, np.diag(grown), strict=True):
            if row.study == study:
                moved[row.row_id] = LeftOut(row=row, shift=float(by), variance=float(more))
    return moved
