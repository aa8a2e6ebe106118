r"""How patients differ from the typical one, and sessions of one patient from each other.

Positive quantities differ by a factor :math:`e^{\eta}`; shares by their odds, under a cap
:math:`c` that they never reach:

.. math::

    g_i = c\,\mathrm{logit}^{-1}\left(\mathrm{logit}\frac{g}{c} + \ln m_k + \eta_i\right)

where :math:`m_k` is the odds of the patient's response class relative to the partial
one. Either way the typical value is the median of the class it belongs to. Deviations
may be correlated: :math:`\eta = L z` with the Cholesky factor of the correlations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.population.distribution import checked_shares
from ketacourse.population.streams import normals, uniforms

Array = NDArray[np.float64]
Correlations = Mapping[tuple[str, str], float]

CLASSES = ("weak", "partial", "full")
"""Response classes, by position in `Cohort.response_class`."""

UNITS: dict[str, str] = {
    "variability.weak_share": "1",
    "variability.full_among_rest": "1",
    "variability.weak_odds": "1",
    "variability.full_odds": "1",
    "variability.gain": "1",
    "variability.gain_cap": "1",
    "variability.durability": "1",
    "variability.durability_of_gain": "1",
    "variability.fast_decay": "1",
    "variability.onset": "1",
    "variability.placebo": "1",
    "variability.antidepressant": "1",
    "variability.learning": "1",
    "variability.kpuu": "1",
    "variability.free_fraction": "1",
    "variability.session_exposure": "1",
    "variability.pressure_session_share": "1",
    "variability.dissociation_session_share": "1",
    "variability.pressure_reading": "mmHg",
    "variability.pressure_reading_age": "1",
    "variability.pressure_spread": "1",
    "variability.dissociation_spread": "1",
}
"""Catalogue parameters of this module, with the unit each is wanted in."""

DEVIATIONS = (
    "gain", "durability", "fast_decay", "onset", "placebo", "antidepressant", "learning",
    "kpuu", "free_fraction", "pressure", "dissociation",
)  # fmt: skip
"""Deviations of a patient beside those of the pharmacokinetics."""


def variability_values(
    catalogue: Catalogue, belief: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the value of every parameter of this module: believed, else typical."""
    believed = belief or {}
    return {
        name: float(believed[name]) if name in believed else catalogue.value(name, unit)
        for name, unit in UNITS.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseClasses:
    """A mixture of three kinds of patients.

    Parameters
    ----------
    shares
        Share of each of `CLASSES`; they add up to one.
    odds
        Odds of benefit of each class relative to the partial responders.
    """

    shares: Mapping[str, float]
    odds: Mapping[str, float]

    def __post_init__(self) -> None:
        checked_shares("classes", self.shares, CLASSES)
        for name in CLASSES:
            if name not in self.shares or not 0.0 < self.odds.get(name, 0.0) < np.inf:
                raise InputError(
                    f"The class '{name}' has the share {self.shares.get(name)} and the odds "
                    f"{self.odds.get(name)}.",
                    remedy=f"Give a share and positive odds for each of {', '.join(CLASSES)}.",
                )

    def draw(self, *, seed: int, first: int, count: int) -> NDArray[np.int8]:
        """Return the class of each patient by position in `CLASSES`, shape (count,)."""
        u = uniforms(seed, "class", first, count)[:, 0]
        edges = np.cumsum([self.shares[name] for name in CLASSES])[:-1]
        return np.searchsorted(edges, u, side="right").astype(np.int8)

    def log_odds(self, classes: NDArray[np.int8]) -> Array:
        """Return the log odds by which each patient's class differs, shape (N,)."""
        return np.asarray(np.log([self.odds[name] for name in CLASSES])[classes])


def response_classes(
    values: Mapping[str, float], shares: Mapping[str, float] | None = None
) -> ResponseClasses:
    """Return the mixture that parameter values state, with other shares if given."""
    weak = values["variability.weak_share"]
    full = (1.0 - weak) * values["variability.full_among_rest"]
    return ResponseClasses(
        shares=shares or {"weak": weak, "partial": 1.0 - weak - full, "full": full},
        odds={
            "weak": values["variability.weak_odds"],
            "partial": 1.0,
            "full": values["variability.full_odds"],
        },
    )


def draw_deviations(
    names: Sequence[str], correlations: Correlations, *, seed: int, first: int, count: int
) -> dict[str, Array]:
    """Return standard normal deviations by name, each of shape (count,).

    Each name has its own stream; those that are correlated are mixed, the earlier name
    keeping its own numbers.

    Raises
    ------
    InputError
        If a correlation names no deviation, is impossible, or together they are.
    """
    drawn = {name: normals(seed, f"deviation:{name}", first, count)[:, 0] for name in names}
    mixed = [name for name in names if any(name in pair for pair in correlations)]
    if mixed:
        factor = correlation_factor(mixed, _checked(names, correlations))
        together = factor @ np.stack([drawn[name] for name in mixed])
        drawn |= dict(zip(mixed, together, strict=True))
    return drawn


def correlation_factor(names: Sequence[str], correlations: Correlations) -> Array:
    """Return the lower Cholesky factor of the correlations among names, shape (k, k).

    Raises
    ------
    InputError
        If the matrix is not positive definite.
    """
    matrix = np.eye(len(names))
    for (first, second), value in correlations.items():
        i, j = names.index(first), names.index(second)
        matrix[i, j] = matrix[j, i] = value
    smallest = float(np.linalg.eigvalsh(matrix)[0])
    if not smallest > 0.0:
        raise InputError(
            f"The correlations among {', '.join(names)} are not positive definite "
            f"(smallest eigenvalue {smallest:.3g}).",
            remedy="Bring them nearer to zero; no patients could vary in this way.",
        )
    return np.asarray(np.linalg.cholesky(matrix))


def _checked(names: Sequence[str], correlations: Correlations) -> Correlations:
    for (first, second), value in correlations.items():
        for name in (first, second):
            if name not in names:
                raise InputError(
                    f"A correlation names the deviation '{name}', which does not exist.",
                    remedy=f"Use {', '.join(names)}.",
                )
        if first == second or not -1.0 < value < 1.0:
            raise InputError(
                f"The correlation of '{first}' and '{second}' is {value}.",
                remedy="Give two different deviations and a number between -1 and 1.",
            )
    return correlations


TINY = float(np.finfo(np.float64).tiny)
LARGEST_SHARE = 0.99
"""Part of the cap that a drawn typical share may reach before people differ."""


def spread_share(share: float | Array, log_odds: float | Array, *, cap: float = 1.0) -> Array:
    """Return shares moved by log odds under a cap; one that is not above zero stays.

    Raises
    ------
    OutOfRangeError
        If the share is not below the cap.

    Examples
    --------
    >>> float(spread_share(0.25, 0.0, cap=0.95))
    0.25
    """
    whole = np.asarray(share, dtype=np.float64)
    if not (whole < cap).all():
        raise OutOfRangeError(
            f"A share of {float(whole.max()):g} is not below its cap of {cap:g}.",
            remedy="Lower the share or raise the cap.",
        )
    part = np.maximum(whole, TINY) / cap
    moved = cap * expit(np.log(part) - np.log1p(-part) + log_odds)
    return np.asarray(np.where(whole > 0.0, moved, whole))


def log_spread(cv: float) -> float:
    """Return the standard deviation of the logarithm for a coefficient of variation."""
    return float(np.sqrt(np.log1p(cv**2)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFactors:
    """How each session of each patient differs, each of shape (n_sessions, N).

    Attributes
    ----------
    exposure
        Factor on the amount that enters the body; median 1.
    pressure, dissociation
        Factors on the rise of blood pressure and pulse, and on the dissociation score;
        mean 1.
    """

    exposure: Array
    pressure: Array
    dissociation: Array


def draw_session_factors(
    sessions: int,
    *,
    seed: int,
    first: int,
    count: int,
    catalogue: Catalogue,
    belief: Mapping[str, float] | None = None,
    spread: float = 1.0,
) -> SessionFactors:
    """Draw what separates the sessions of a patient.

    Session ``k`` of a patient has the same factors however many sessions there are.

    Parameters
    ----------
    sessions
        Number of sessions, 0 or more.
    spread
        Multiplies every standard deviation; 0 makes all sessions alike.
    """
    if sessions < 0:
        raise InputError(f"The number of sessions is {sessions}.", remedy="Give 0 or more.")
    values = variability_values(catalogue, belief)
    spreads = {
        "exposure": values["variability.session_exposure"],
        "pressure": effect_spreads("pressure", values, catalogue)[1],
        "dissociation": effect_spreads("dissociation", values, catalogue)[1],
    }
    found = {name: np.ones((sessions, count)) for name in spreads}
    for name, sd in spreads.items():
        for k in range(sessions):
            eta = spread * sd * normals(seed, f"session:{name}:{k}", first, count)[:, 0]
            found[name][k] = np.exp(eta) if name == "exposure" else mean_one(eta, spread * sd)
    return SessionFactors(**found)


def mean_one(eta: Array, sd: float) -> Array:
    """Return log-normal factors with mean 1, from normal deviations of known spread."""
    return np.asarray(np.exp(eta - 0.5 * sd**2))


TOTAL_SPREAD = {"pressure": "safety.sbp_max", "dissociation": "safety.cadss_max"}
"""Whose ``bsv_cv`` is the whole spread of an effect over patients and sessions."""


def deviation_spreads(values: Mapping[str, float], catalogue: Catalogue) -> dict[str, float]:
    """Return the standard deviation of each of `DEVIATIONS` between patients."""
    own = {name: values.get(f"variability.{name}", 0.0) for name in DEVIATIONS}
    return own | {effect: effect_spreads(effect, values, catalogue)[0] for effect in TOTAL_SPREAD}


READING_AGE_YEARS = 45.0
"""Age at which the error of a reading of pressure is as stated (years)."""


def reading_error(age_years: Array, values: Mapping[str, float]) -> Array:
    """Return the error of a pressure rise as read (SD, mmHg), which grows with age, shape (N,)."""
    decades = np.maximum(np.asarray(age_years, dtype=np.float64) - READING_AGE_YEARS, 0.0) / 10.0
    growth = np.exp(values["variability.pressure_reading_age"] * decades)
    return np.asarray(values["variability.pressure_reading"] * growth)


def effect_spreads(
    effect: str, values: Mapping[str, float], catalogue: Catalogue
) -> tuple[float, float]:
    """Return the log SD of an effect in the chair between patients, and between sessions."""
    stated = log_spread(catalogue.parameter(TOTAL_SPREAD[effect]).bsv_cv)
    whole = stated * values[f"variability.{effect}_spread"]
    share = values[f"variability.{effect}_session_share"]
    return whole * float(np.sqrt(1.0 - share)), whole * float(np.sqrt(share))
