"""The shipped prior of the course model: possible patients, projected from the full chain.

``evidence/course_population/people.csv.gz`` holds one row per possible patient, with what a
clinic may know of it; ``people.json`` says what it was made from, how the parameters depend
on what is known, and how far the course model strays from the chain.
"""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import EvidenceError
from ketacourse.forecast.parameters import NAMES, to_free, to_natural
from ketacourse.forecast.people import People
from ketacourse.population.prognosis import decades_beyond, early_step
from ketacourse.therapy.patient import Patient

Array = NDArray[np.float64]

FOLDER, TABLE, ABOUT = "course_population", "people.csv.gz", "people.json"
COVARIATES = ("bipolar", "met_share", "log_crp", "beyond_55", "early_step", "female", "bmi")
"""What a clinic may know of a patient beside scores, as the chain reads it: decades beyond 55
years, and 1 where fewer than two antidepressants have failed."""
_MET = {"val/val": 0.0, "val/met": 0.5, "met/met": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Possible patients before any score is seen.

    Attributes
    ----------
    people
        Individual parameters of N possible patients.
    covariates
        What a clinic could know of each, in the order of `COVARIATES`, shape (N, K).
    slopes
        Change of each parameter on the free scale per unit of each covariate, (K, P).
    misfit_sd, misfit_days
        Spread (MADRS points) and correlation time (days) of what the course model cannot
        follow of the chain.
    made_by
        Seed, version, digest and figures of the projection.
    """

    people: People
    covariates: Array
    slopes: Array
    misfit_sd: float
    misfit_days: float
    made_by: Mapping[str, Any]

    def for_patient(self, patient: Patient) -> People:
        """Return the possible patients moved to what is known of this one.

        What is not known stays as different as it is among people.
        """
        known = covariates_of(patient)
        moved = np.zeros_like(self.covariates)
        for name, value in known.items():
            k = COVARIATES.index(name)
            moved[:, k] = value - self.covariates[:, k]
        if not known:
            return self.people
        free = to_free(self.people.values) + moved @ self.slopes
        return People(
            values=to_natural(free),
            class_of=self.people.class_of,
            log_weight=self.people.log_weight,
        )


def covariates_of(patient: Patient) -> dict[str, float]:
    """Return what is known of a patient, by name of the covariate."""
    found = {
        "bipolar": float(patient.diagnosis == "bipolar_depression"),
        "beyond_55": float(decades_beyond(patient.age_years)),
        "female": float(patient.sex == "female"),
    }
    if patient.bdnf_genotype in _MET:
        found["met_share"] = _MET[patient.bdnf_genotype]
    if patient.crp_mg_per_l is not None:
        found["log_crp"] = float(np.log(max(patient.crp_mg_per_l, 0.01)))
    if patient.bmi is not None:
        found["bmi"] = patient.bmi
    failed = patient.failed_antidepressants
    if failed is not None or patient.diagnosis == "trd":
        found["early_step"] = float(early_step(failed, diagnosis=patient.diagnosis))
    return found


@cache
def load_population() -> Population:
    """Return the possible patients that ship with the package.

    Raises
    ------
    EvidenceError
        If they do not fit this version of the course model.
    """
    folder = files("ketacourse.evidence").joinpath(FOLDER)
    about = json.loads(folder.joinpath(ABOUT).read_text(encoding="utf-8"))
    return _parsed(gzip.decompress(folder.joinpath(TABLE).read_bytes()).decode(), about)


def read_population(folder: Path) -> Population:
    """Return possible patients from a folder written by `write_population`."""
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return _parsed(gzip.decompress((folder / TABLE).read_bytes()).decode(), about)


def _parsed(text: str, about: Mapping[str, Any]) -> Population:
    header, _, rows = text.partition("\n")
    expected = ["class", *COVARIATES, *NAMES]
    if header.split(",") != expected:
        raise EvidenceError(
            "The possible patients do not fit the course model: other columns.",
            remedy="Make them again: python -m ketacourse.forecast.project --out DIR.",
        )
    table = np.loadtxt(StringIO(rows), delimiter=",", ndmin=2)
    edge = 1 + len(COVARIATES)
    return Population(
        people=People(
            values=np.ascontiguousarray(table[:, edge:]),
            class_of=table[:, 0].astype(np.int8),
            log_weight=np.zeros(len(table)),
        ),
        covariates=np.ascontiguousarray(table[:, 1:edge]),
        slopes=np.array([[about["slopes"][c][n] for n in NAMES] for c in COVARIATES]),
        misfit_sd=float(about["misfit_sd"]),
        misfit_days=float(about["misfit_days"]),
        made_by=about,
    )


def write_population(folder: Path, population: Population) -> None:
    """Write possible patients, the same bytes for the same values."""
    rows = np.column_stack(
        [population.people.class_of, population.covariates, population.people.values]
    )
    lines = [",".join(["class", *COVARIATES, *NAMES])]
    lines += [",".join(f"{v:.4g}" for v in row) for row in rows]
    content = ("\n".join(lines) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TABLE).write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
    about = {
        **population.made_by,
        "misfit_sd": round(population.misfit_sd, 4),
        "misfit_days": round(population.misfit_days, 3),
        "slopes": {
            c: {n: round(float(population.slopes[i, j]), 6) for j, n in enumerate(NAMES)}
            for i, c in enumerate(COVARIATES)
        },
    }
    (folder / ABOUT).write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", "utf-8")
