"""What a virtual population is: who is drawn, and how they differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.model.pk.models import STANDARD
from ketacourse.population.covariate_spec import CovariateSpec, covariate_preset
from ketacourse.population.covariates import Covariates
from ketacourse.population.distribution import checked_shares
from ketacourse.population.variability import CLASSES, Correlations


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationSpec:
    """A virtual population.

    Parameters
    ----------
    covariates
        Distributions to draw patients from.
    table
        Patients read from a table, instead of drawn; patient ``i`` is row ``i``, and the
        rows are gone through again when more patients are asked for than there are.
    classes
        Shares of weak, partial and full responders; None takes the catalogue's.
    correlations
        Correlations between deviations of patients, beside those of the
        pharmacokinetics: pairs of `variability.DEVIATIONS` or of pharmacokinetic names.
    spread
        Multiplies the standard deviation of every deviation; 0 leaves covariates and
        classes as the only differences.
    pk_model
        Name of the pharmacokinetic model.
    """

    covariates: CovariateSpec
    table: Covariates | None = None
    classes: Mapping[str, float] | None = None
    correlations: Correlations = field(default_factory=dict)
    spread: float = 1.0
    pk_model: str = STANDARD

    def __post_init__(self) -> None:
        if self.classes is not None:
            checked_shares("classes", self.classes, CLASSES)
        if not 0.0 <= self.spread < float("inf"):
            raise OutOfRangeError(
                f"'spread' is {self.spread}.", remedy="Give 0 or more; 1 is the published spread."
            )
        if self.table is not None and self.table.size < 1:
            raise InputError("The table has no patients.", remedy="Give at least one row.")


def population_preset(name: str) -> PopulationSpec:
    """Return one of the ready-made populations of `covariate_spec.PRESETS`.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    return PopulationSpec(covariates=covariate_preset(name))
