"""What a forecast has to beat: three predictions of the next score that know no pharmacology.

All three are fitted on other patients of the truth they are tested on, on the same visits: they
know that population better than a forecast that has never seen it. Each gives a mean and a
standard deviation of the next score.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import statsmodels.api as sm  # type: ignore[import-untyped]
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """Mean and standard deviation of a next score for N patients (points)."""

    mean: Array
    sd: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LastValue:
    """Last value carried forward; the spread is that of the other patients' next changes."""

    sd: Array

    def predict(self, scores: Array, upto: int) -> Prediction:
        """Predict visit ``upto`` from the visits before it, shape (N, T)."""
        last = scores[:, upto - 1]
        return Prediction(mean=last, sd=np.full(last.size, self.sd[upto]))


def last_value(train: Array) -> LastValue:
    """Fit the spread of changes from visit to visit on other patients, shape (N, T)."""
    spread = np.sqrt(np.mean(np.diff(train, axis=1) ** 2, axis=0))
    return LastValue(sd=np.concatenate([[np.nan], spread]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TowardsMean:
    """The population's mean at the visit, plus a shrunken share of the patient's own deviation."""

    mean: Array
    between: float
    within: float

    def predict(self, scores: Array, upto: int) -> Prediction:
        """Predict visit ``upto`` from the visits before it, shape (N, T)."""
        own = (scores[:, :upto] - self.mean[:upto]).mean(axis=1)
        kept = self.between / (self.between + self.within / upto)
        rest = self.between * (1.0 - kept) + self.within
        return Prediction(
            mean=self.mean[upto] + kept * own, sd=np.full(own.size, np.sqrt(max(rest, 0.25)))
        )


def towards_mean(train: Array) -> TowardsMean:
    """Fit means and the two variances on other patients, shape (N, T)."""
    mean = train.mean(axis=0)
    own = train - mean
    visits = train.shape[1]
    within = float(own.var(axis=1, ddof=1).mean())
    between = max(float(own.mean(axis=1).var(ddof=1)) - within / visits, 0.0)
    return TowardsMean(mean=mean, between=between, within=within)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixedModel:
    """A linear mixed model: visits as fixed effects, intercept and slope per patient."""

    fixed: Array
    design: Array
    covariance: Array
    residual: float

    def predict(self, scores: Array, upto: int) -> Prediction:
        """Predict visit ``upto`` from the visits before it (best linear unbiased), (N, T)."""
        z, g = self.design, self.covariance
        past, ahead = z[:upto], z[upto]
        inside = past @ g @ past.T + self.residual * np.eye(upto)
        gain = np.linalg.solve(inside, past @ g @ ahead)
        mean = self.fixed[upto] + (scores[:, :upto] - self.fixed[:upto]) @ gain
        left = ahead @ g @ ahead + self.residual - (ahead @ g @ past.T) @ gain
        return Prediction(mean=mean, sd=np.full(mean.size, np.sqrt(max(left, 0.25))))


def mixed_model(train: Array, days: Array) -> MixedModel:
    """Fit the mixed model on other patients with statsmodels, shape (N, T).

    The slope is on the logarithm of time, in which courses bend least.
    """
    patients, visits = train.shape
    design = np.column_stack([np.ones(visits), np.log1p(np.maximum(days, 0.0))])
    table = pd.DataFrame(
        {
            "score": train.ravel(),
            "patient": np.repeat(np.arange(patients), visits),
            "visit": np.tile(np.arange(visits), patients),
        }
    )
    fixed = pd.get_dummies(table["visit"]).to_numpy(dtype=float)
    random = design[table["visit"].to_numpy()]
    model = sm.MixedLM(
        table["score"].to_numpy(), fixed, groups=table["patient"].to_numpy(), exog_re=random
    )
    with warnings.catch_warnings():
        # A variance on its edge is a fit like any other here; the prediction is what is tested.
        warnings.simplefilter("ignore")
        found = model.fit(reml=True, method=["lbfgs"])
    return MixedModel(
        fixed=np.asarray(found.fe_params), design=design,
        covariance=np.asarray(found.cov_re), residual=float(found.scale),
    )  # fmt: skip
