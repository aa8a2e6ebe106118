"""What patients bring: drawn from stated distributions, or read from a table.

Every covariate has its own random stream, so that fixing one does not change another.
Genotypes follow the allele frequencies of the patient's ancestry under Hardy-Weinberg;
weight follows from height and body mass index.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ketacourse.errors import InputError
from ketacourse.evidence.ancestry import genotype_probabilities, val66met_frequencies
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.covariate_spec import CovariateSpec as CovariateSpec
from ketacourse.population.distribution import lognormal_through, picked
from ketacourse.population.streams import uniforms
from ketacourse.therapy.bounds import CRP_MG_PER_L, FAILED_ANTIDEPRESSANTS

Array = NDArray[np.float64]
Words = NDArray[np.str_]

MET_SHARE = {"val/val": 0.0, "val/met": 0.5, "met/met": 1.0}
"""Share of Met alleles of each genotype of BDNF Val66Met."""
CYP2B6 = ("*1/*1", "*1/*6", "*6/*6")
"""Genotypes of CYP2B6 that are told apart, by the number of *6 alleles."""
AGE_BANDS_YEARS = (40.0, 60.0)
"""Ages at which the share with hypertension changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariates:
    """What N patients bring, each field of shape (N,).

    Attributes
    ----------
    identifier
        Name of each patient within the population.
    age_years, weight_kg, height_cm
        Age (years), weight (kg), height (cm).
    sex, diagnosis, ancestry, bdnf_genotype, cyp2b6_genotype
        Words, as in the case file; the diagnosis of a healthy volunteer is ``none``.
    baseline_madrs
        True MADRS total before treatment (points).
    failed_antidepressants
        Number of antidepressants that failed.
    met_share
        Share of Met alleles (0, 0.5, 1).
    crp_mg_per_l
        C-reactive protein (mg/L).
    sbp_mmhg, dbp_mmhg
        Blood pressure at rest (mmHg).
    hypertension
        Whether hypertension is known.
    """

    identifier: Words
    age_years: Array
    sex: Words
    weight_kg: Array
    height_cm: Array
    diagnosis: Words
    ancestry: Words
    baseline_madrs: Array
    failed_antidepressants: NDArray[np.int64]
    bdnf_genotype: Words
    met_share: Array
    crp_mg_per_l: Array
    sbp_mmhg: Array
    dbp_mmhg: Array
    hypertension: NDArray[np.bool_]
    cyp2b6_genotype: Words

    def __post_init__(self) -> None:
        for field in fields(self):
            column = getattr(self, field.name)
            if column.shape != (self.size,):
                raise InputError(
                    f"'{field.name}' has shape {column.shape}, but there are {self.size} patients.",
                    remedy="Give one value per patient.",
                )
            if column.dtype.kind == "f" and not np.isfinite(column).all():
                row = int(np.flatnonzero(~np.isfinite(column))[0])
                raise InputError(
                    f"'{field.name}' of patient {self.identifier[row]} is {column[row]}.",
                    remedy="Give a finite number.",
                )

    @property
    def size(self) -> int:
        """Return the number of patients."""
        return int(self.identifier.size)

    def subset(self, index: NDArray[Any]) -> "Covariates":
        """Return some of the patients, by position or by a mask."""
        return Covariates(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


def draw_covariates(
    spec: CovariateSpec,
    *,
    seed: int,
    first: int,
    count: int,
    given: Mapping[str, NDArray[Any]] | None = None,
) -> Covariates:
    """Draw patients ``first`` to ``first + count``.

    Parameters
    ----------
    given
        Covariates that are known and not drawn, by field; what depends on them follows.

    Raises
    ------
    InputError
        If there is no patient to draw.
    """

    def u(name: str) -> Array:
        return uniforms(seed, f"covariate:{name}", first, count)[:, 0]

    known = dict(given or {})

    def known_or(name: str, draw: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        if name not in known:
            known[name] = draw()
        return known[name]

    age = known_or("age_years", lambda: spec.age_years.quantile(u("age")))
    sex = known_or("sex", lambda: _sexes(spec, u("sex")))
    height = known_or("height_cm", lambda: _height(spec, sex, u("height")))
    known_or("weight_kg", lambda: spec.bmi.quantile(u("bmi")) * (height / 100.0) ** 2)
    ancestry = known_or("ancestry", lambda: picked(spec.ancestry, u("ancestry")))
    bdnf = known_or("bdnf_genotype", lambda: bdnf_genotypes(ancestry, u("bdnf")))
    known_or("cyp2b6_genotype", lambda: cyp2b6_genotypes(ancestry, u("cyp2b6")))
    hypertension = known_or(
        "hypertension", lambda: u("hypertension") < _hypertension_share(age, spec)
    )
    sbp, dbp = _pressures(spec, hypertension, u("sbp"), u("dbp"))
    known_or("sbp_mmhg", lambda: sbp)
    known_or("dbp_mmhg", lambda: dbp)
    known_or("identifier", lambda: np.arange(first, first + count).astype(np.str_))
    known_or("diagnosis", lambda: picked(spec.diagnosis, u("diagnosis")))
    known_or("baseline_madrs", lambda: spec.baseline_madrs.quantile(u("baseline")))
    known_or("failed_antidepressants", lambda: _failed(spec, u("failed")))
    known_or("crp_mg_per_l", lambda: _crp(spec, u("crp")))
    return Covariates(**known, met_share=met_shares(bdnf))


def _sexes(spec: CovariateSpec, u: Array) -> Words:
    return np.where(u < spec.female_share, "female", "male")


def _height(spec: CovariateSpec, sex: Words, u: Array) -> Array:
    female, male = spec.height_female_cm.quantile(u), spec.height_male_cm.quantile(u)
    return np.where(sex == "female", female, male)


def bdnf_genotypes(ancestry: Words, u: Array) -> Words:
    """Return Val66Met genotypes from ancestry and numbers between 0 and 1, shape (N,)."""
    kinds = {kind: val66met_frequencies(kind).met_allele for kind in np.unique(ancestry)}
    return _genotypes(ancestry, u, kinds, tuple(MET_SHARE))


def cyp2b6_genotypes(ancestry: Words, u: Array) -> Words:
    """Return CYP2B6 genotypes from ancestry and numbers between 0 and 1, shape (N,)."""
    name, catalogue = "covariates.cyp2b6_6_{}", load_catalogue()
    kinds = {k: catalogue.value(name.format(k), "1") for k in np.unique(ancestry)}
    return _genotypes(ancestry, u, kinds, CYP2B6)


def _genotypes(
    ancestry: Words, u: Array, frequency: Mapping[str, float], names: tuple[str, ...]
) -> Words:
    """Return the genotypes with none, one or two of an allele of given frequency."""
    alleles = np.zeros(u.shape, dtype=np.int64)
    for kind, share in frequency.items():
        here = ancestry == kind
        none, one, _ = genotype_probabilities(share).values()
        alleles[here] = (u[here] >= none).astype(np.int64) + (u[here] >= none + one)
    return np.asarray(np.array(names)[alleles])


def met_shares(genotypes: Words) -> Array:
    """Return the share of Met alleles of each genotype, shape (N,)."""
    kinds, position = np.unique(genotypes, return_inverse=True)
    return np.asarray(np.array([MET_SHARE[str(kind)] for kind in kinds])[position])


def _hypertension_share(age: Array, spec: CovariateSpec) -> Array:
    return np.asarray(np.array(spec.hypertension)[np.digitize(age, AGE_BANDS_YEARS)])


def _pressures(
    spec: CovariateSpec, hypertension: NDArray[np.bool_], first: Array, second: Array
) -> tuple[Array, Array]:
    rho = spec.cor_sbp_dbp
    together = ndtr(rho * ndtri(first) + np.sqrt(1.0 - rho**2) * ndtri(second))
    sbp, dbp = (
        np.where(hypertension, with_it.quantile(u), without.quantile(u))
        for (without, with_it), u in ((spec.sbp_mmhg, first), (spec.dbp_mmhg, together))
    )
    return sbp, dbp


def _crp(spec: CovariateSpec, u: Array) -> Array:
    median, spread = lognormal_through((1.0, spec.crp_above_1), (3.0, spec.crp_above_3))
    return np.asarray(np.minimum(median * np.exp(spread * ndtri(u)), CRP_MG_PER_L.maximum))


def _failed(spec: CovariateSpec, u: Array) -> NDArray[np.int64]:
    """Return numbers of failed antidepressants: the least one, and a geometric rest."""
    if spec.failed_further == 0.0:
        return np.full(u.shape, spec.failed_minimum, dtype=np.int64)
    further = np.floor(np.log(u) / np.log(spec.failed_further)).astype(np.int64)
    most = int(FAILED_ANTIDEPRESSANTS.maximum)
    return np.asarray(np.minimum(spec.failed_minimum + further, most))
