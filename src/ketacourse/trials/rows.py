"""What is known of each patient of an arm at the end: one row per patient.

The same object is summarised while a trial runs and rebuilt from storage afterwards, so that
endpoints computed from either agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacourse.trials.covariate_columns import CATEGORIES, NUMBERS
from ketacourse.trials.design import Visit

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

UNSEEN = -1
"""A score that was not rated, a session that did not take place."""
SHAM, DRUG, MISSED = 0, 1, 2
"""What took place in a session, beside `UNSEEN`: not planned for this patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the columns of an arm stand for.

    Attributes
    ----------
    visits
        Ratings, the first on day 0.
    session_days
        Days of all sessions that may take place.
    """

    visits: tuple[Visit, ...]
    session_days: tuple[float, ...]

    @property
    def visit_days(self) -> tuple[float, ...]:
        """Return the days of the visits."""
        return tuple(v.day for v in self.visits)

    @property
    def scales(self) -> tuple[str, ...]:
        """Return every scale that is rated, in the order of first use."""
        return tuple(dict.fromkeys(s for v in self.visits for s in v.scales))

    def position(self, day: float) -> int:
        """Return the position of the visit on a day."""
        return int(np.argmin(np.abs(np.array(self.visit_days) - day)))

    def rated(self, scale: str) -> Int64:
        """Return the positions of the visits at which a scale is rated."""
        return np.array([i for i, v in enumerate(self.visits) if scale in v.scales], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRows:
    """N patients of one arm.

    Attributes
    ----------
    patient
        Number of the patient, which is the same in every arm that treats them, (N,).
    trial
        Number of the replicate, (N,).
    period
        Period in which a patient of a crossover received this arm, from 0, (N,).
    branch
        Branch to which a patient was re-randomised, -1 for none, (N,).
    scores
        Scale to rated totals (points), (N, n_visits), -1 where not rated.
    latent
        True MADRS without the error of rating (points), (N, n_visits); after a drop-out,
        what it would have been had the patient stayed.
    session
        What took place, (N, n_sessions): `SHAM`, `DRUG`, `MISSED` or `UNSEEN`.
    dose_mg
        Dose given (mg), (N, n_sessions).
    sbp_peak, sbp_rise
        Highest systolic pressure and its rise in each session (mmHg), -1 without one.
    cadss
        Highest dissociation score in each session (points), -1 without one.
    nausea
        Whether nausea occurred, 0 or 1, -1 without a session.
    last_visit
        Position of the last visit before drop-out, (N,).
    dropped
        Whether the patient dropped out, (N,).
    rescue_visit
        Position of the visit at which rescue began, -1 for none, (N,).
    numbers, categories
        Covariates of `covariate_columns`: values, and positions of categories, (N,) each.
    """

    patient: Int64
    trial: Int64
    period: Int8
    branch: Int8
    scores: Mapping[str, Int16]
    latent: Float32
    session: Int8
    dose_mg: Float32
    sbp_peak: Int16
    sbp_rise: Int16
    cadss: Int16
    nausea: Int8
    last_visit: Int16
    dropped: Mask
    rescue_visit: Int16
    numbers: Mapping[str, Float32]
    categories: Mapping[str, Int8]

    @property
    def size(self) -> int:
        """Return the number of patients."""
        return int(self.patient.size)

    def of(self, mask: Mask | Int64) -> "ArmRows":
        """Return some of the patients."""
        found: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            found[field.name] = (
                {name: part[mask] for name, part in value.items()}
                if isinstance(value, Mapping)
                else value[mask]
            )
        return ArmRows(**found)


def joined(parts: list[ArmRows]) -> ArmRows:
    """Return the patients of several parts, ordered by their number."""
    whole: dict[str, Any] = {}
    for field in fields(ArmRows):
        values = [getattr(part, field.name) for part in parts]
        whole[field.name] = (
            {name: np.concatenate([v[name] for v in values]) for name in values[0]}
            if isinstance(values[0], Mapping)
            else np.concatenate(values)
        )
    rows = ArmRows(**whole)
    return rows.of(np.argsort(rows.patient, kind="stable"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the stored rows: values, unit, and what it holds."""

    values: NDArray[np.generic]
    unit: str
    label: str


def columns_of(rows: ArmRows, frame: Frame) -> dict[str, Column]:
    """Return the rows as named columns, in the order of the file."""
    found = {
        "patient": Column(values=rows.patient, unit="1", label="number of the patient"),
        "trial": Column(values=rows.trial, unit="1", label="number of the replicate"),
        "period": Column(values=rows.period, unit="1", label="period of a crossover, from 0"),
        "branch": Column(
            values=rows.branch, unit="1", label="branch after re-randomisation, -1 for none"
        ),
        "last_visit": Column(
            values=rows.last_visit, unit="1", label="position of the last visit attended"
        ),
        "dropped": Column(values=rows.dropped, unit="1", label="whether the patient dropped out"),
        "rescue_visit": Column(
            values=rows.rescue_visit, unit="1", label="position of the visit of rescue, -1 for none"
        ),
    }
    for name, unit in NUMBERS.items():
        found[name] = Column(values=rows.numbers[name], unit=unit, label="covariate")
    for name, words in CATEGORIES.items():
        label = "covariate: " + ", ".join(f"{i} {word}" for i, word in enumerate(words))
        found[name] = Column(values=rows.categories[name], unit="1", label=label)
    for index, day in enumerate(frame.visit_days):
        for scale in frame.visits[index].scales:
            found[f"{scale}_day_{_day(day)}"] = Column(
                values=rows.scores[scale][:, index], unit="points",
                label=f"{scale} as rated on day {day:g}, -1 when not rated",
            )  # fmt: skip
        found[f"latent_madrs_day_{_day(day)}"] = Column(
            values=rows.latent[:, index], unit="points",
            label=f"MADRS without the error of rating on day {day:g}, had the patient stayed",
        )  # fmt: skip
    for index, day in enumerate(frame.session_days):
        for name, unit, label in SESSION_COLUMNS:
            found[f"{name}_session_{index + 1}"] = Column(
                values=getattr(rows, name)[:, index], unit=unit, label=f"{label}, day {day:g}"
            )
    return found


SESSION_COLUMNS = (
    ("session", "1", "0 sham, 1 drug, 2 missed, -1 not planned"),
    ("dose_mg", "mg", "dose given"),
    ("sbp_peak", "mmHg", "highest systolic pressure"),
    ("sbp_rise", "mmHg", "rise of systolic pressure"),
    ("cadss", "points", "highest dissociation score"),
    ("nausea", "1", "whether nausea occurred"),
)
"""Columns of each session: field of `ArmRows`, unit and label."""


def rows_from(columns: Mapping[str, NDArray[np.generic]], frame: Frame) -> ArmRows:
    """Return the rows that were stored as columns."""
    size = len(columns["patient"])

    def stack(names: list[str], kind: type[np.generic]) -> Any:
        parts: list[Any] = [np.asarray(columns[n], dtype=kind) for n in names]
        return np.stack(parts, axis=1) if parts else np.empty((size, 0), dtype=kind)

    scores = {}
    for scale in frame.scales:
        whole = np.full((size, len(frame.visits)), UNSEEN, dtype=np.int16)
        for index in frame.rated(scale):
            whole[:, index] = columns[f"{scale}_day_{_day(frame.visit_days[index])}"]
        scores[scale] = whole
    kinds: dict[str, type[np.generic]] = {
        "session": np.int8,
        "dose_mg": np.float32,
        "nausea": np.int8,
    }
    sessions = {
        name: stack(
            [f"{name}_session_{i + 1}" for i in range(len(frame.session_days))],
            kinds.get(name, np.int16),
        )
        for name, _, _ in SESSION_COLUMNS
    }
    latent = stack([f"latent_madrs_day_{_day(d)}" for d in frame.visit_days], np.float32)
    return ArmRows(
        patient=np.asarray(columns["patient"], dtype=np.int64),
        trial=np.asarray(columns["trial"], dtype=np.int64),
        period=np.asarray(columns["period"], dtype=np.int8),
        branch=np.asarray(columns["branch"], dtype=np.int8),
        scores=scores,
        latent=latent,
        last_visit=np.asarray(columns["last_visit"], dtype=np.int16),
        dropped=np.asarray(columns["dropped"], dtype=np.bool_),
        rescue_visit=np.asarray(columns["rescue_visit"], dtype=np.int16),
        numbers={n: np.asarray(columns[n], dtype=np.float32) for n in NUMBERS},
        categories={n: np.asarray(columns[n], dtype=np.int8) for n in CATEGORIES},
        **sessions,
    )


def _day(day: float) -> str:
    return f"{day:g}".replace(".", "_")
