"""What the numbers of a trial contain, and what they rest on without being measured."""

from ketacourse.evidence.catalogue import Catalogue, Parameter, load_catalogue
from ketacourse.evidence.variants import BASE, variant
from ketacourse.population.covariate_spec import PRESETS
from ketacourse.trials.design import Trial

STAGES = ("variability", "adherence", "measurement", "covariates")
"""Stages of the catalogue that say who the patients are and how they differ."""


def population_numbers(trial: Trial, catalogue: Catalogue) -> tuple[Parameter, ...]:
    """Return the catalogue entries behind a trial's patients, in the order of the catalogue.

    What the trial file states instead is not left out: the entry is what it replaced.
    """
    stages = (*STAGES, preset_of(trial))
    return tuple(p for p in catalogue.parameters.values() if p.stage in stages)


def preset_of(trial: Trial) -> str:
    """Return the name of the ready-made population that the trial started from."""
    table = trial.content.get("population") or {}
    return str(table.get("preset") or PRESETS[0])


def band_contains(trial: Trial) -> str:
    """Return what makes the patients of a band differ, in words."""
    between = "differences between patients and between sessions of one patient"
    if trial.population.spread == 0.0:
        between = "covariates, response classes and differences between sessions of one patient"
    if many_worlds(trial):
        return (
            f"{between}, missed sessions, the error of rating, and the doubt about mechanism and "
            "typical values; not what makes one study differ from another"
        )
    return (
        f"{between}, missed sessions, and the error of rating; not the doubt about the typical "
        "values of the model, nor what makes one study differ from another"
    )


def many_worlds(trial: Trial) -> bool:
    """Return whether replicates differ in what is believed of the mechanism."""
    return trial.uncertainty == "ensemble" and trial.replicates > 1


def assumptions(trial: Trial) -> tuple[str, ...]:
    """Return what a trial takes for granted, in sentences."""
    found = [_mechanism(trial), _spread(trial), _classes(trial), _adherence(trial)]
    found.append(
        "What patients expect depends on the masking and on what is given; under a mask that "
        "holds, the control improves as well, and the difference between arms shrinks."
    )
    if any(arm.masking == "anaesthesia" for arm in trial.arms):
        found.append(
            "Under anaesthesia expectancy lasts for months, and the drug loses about a third of "
            "its effect; both are contested and rest on one trial and on other uses of it."
        )
    if trial.subgroups:
        found.append(
            "Subgroups differ only where the model links the covariate to benefit or harm; where "
            "it does not, what a subgroup shows is chance."
        )
    if trial.paired:
        found.append(
            "The arms treat the same virtual patients, so differences between arms vary less "
            "than in a trial of different patients."
        )
    if trial.replicates > 1:
        found.append(
            f"Results pool {trial.replicates} replicates of the trial. Their intervals say how "
            "exactly the simulation knows its own average, every patient taken as independent; a "
            "single trial is less certain, as the power shows"
            + (", and so is the truth, which is one of the worlds." if many_worlds(trial) else ".")
        )
    return tuple(found)


def _mechanism(trial: Trial) -> str:
    chosen = variant(trial.variant or BASE)
    if not many_worlds(trial):
        return (
            f"One mechanism is simulated ({chosen.label}), with every typical value at its best "
            "estimate: bands and intervals hold how people, ratings and chance differ, not what "
            "is uncertain about the model (repeat the trial to see that)."
        )
    which = "their typical values" if trial.variant else "mechanism and typical values"
    return (
        f"The first replicate uses the typical values of one mechanism ({chosen.label}); each "
        f"further one draws {which} from what is believed of them. Bands and power hold the "
        "uncertainty of the model beside people, ratings and chance."
    )


def _spread(trial: Trial) -> str:
    entries = [p for p in load_catalogue().parameters.values() if p.stage == "variability"]
    assumed = sum(p.grade == "assumed" for p in entries)
    text = (
        f"Of the {len(entries)} numbers that say how patients and sessions differ, {assumed} are "
        "assumed; the others are read or derived from published groups."
    )
    if trial.population.spread != 1.0:
        text += f" This trial multiplies the spread by {trial.population.spread:g}."
    return text


def _classes(trial: Trial) -> str:
    catalogue = load_catalogue()
    given = trial.population.classes
    if given is None:
        weak = catalogue.value("variability.weak_share", "1")
        full = (1.0 - weak) * catalogue.value("variability.full_among_rest", "1")
        given = {"weak": weak, "partial": 1.0 - weak - full, "full": full}
        whence = "derived from one clinic's courses"
    else:
        whence = "as the trial file states"
    shares = ", ".join(f"{share:.0%} {name}" for name, share in given.items())
    return f"Patients are a mixture of responders ({shares}), {whence}."


def _adherence(trial: Trial) -> str:
    rule = trial.adherence
    if not rule.missed_share > 0.0 and not rule.dropout_per_week > 0.0:
        return "Everybody comes to every session and nobody leaves."
    return (
        f"A typical patient misses {rule.missed_share:.0%} of the sessions after the first. "
        f"Leaving is {rule.dropout_without_benefit:g} times as likely without any benefit as "
        f"with full benefit, and {rule.dropout_with_burden:g} times with strong dissociation. "
        "These factors are assumed unless the trial file states them."
    )
