"""Arms whose patients were chosen by an earlier course: what they did then weighs them.

Follow-up studies often take in only people who responded before, or who responded, kept it under
further doses and relapsed while these went on. Such an arm is the same cohort, each patient
weighted by the chance of that history in an open course with the same dose. Some relapse whatever
is done, and say nothing of how they answer: as many as under continued antidepressants.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model.pk.models import STANDARD
from ketacourse.population.beliefs import Member
from ketacourse.trials.replicate_arm import Latent, simulate_arm
from ketacourse.trials.replicate_relapse import JUDGED_AFTER_DAYS, acute_phase
from ketacourse.trials.replicate_scales import instrument
from ketacourse.trials.replicate_statistics import response_chance
from ketacourse.trials.replicate_trial_rows import ArmDesign, ArmRow

Array = NDArray[np.float64]

JUDGED_ON = "madrs"
"""Scale on which the earlier course is taken to have been judged (assumed)."""
WEEK_DAYS, WEEKLY_UNTIL_DAYS = 7.0, 112.0
"""Days between the doses after the acute phase of those who relapsed later, and the day to which
they had them and still responded: as in the trial that withdrew esketamine after 16 weeks."""
SELDOM_DAYS, RELAPSED_AFTER_DOSES = 14.0, 6
"""Days between their later doses, and how many of these they had when they relapsed (assumed)."""
LEAST_CHANCE = 1e-6
"""Chance of the earlier course that every patient is left, so that weights exist."""


def follow_arm(
    design: ArmDesign,
    times_days: Sequence[float],
    members: Sequence[Member],
    *,
    patients: int,
    seed: int,
    pk_model: str = STANDARD,
) -> Latent:
    """Simulate an arm as `simulate_arm` does, and weigh its patients by who was taken in."""
    latent = simulate_arm(
        design, times_days, members, patients=patients, seed=seed, pk_model=pk_model
    )
    if not design.earlier_course or not design.session_days:
        return latent
    chance = _history(design, members, patients=patients, seed=seed, pk_model=pk_model)
    chance = np.maximum(chance, LEAST_CHANCE)
    return replace(latent, weights=chance / chance.mean(axis=1, keepdims=True))


def _history(
    design: ArmDesign, members: Sequence[Member], *, patients: int, seed: int, pk_model: str
) -> Array:
    """Return each patient's chance of the earlier course, (n_members, n_patients).

    A response that was kept is one rating at the end of the weekly doses; a relapse is one rating
    without response later on.
    """
    acute = acute_phase(design.session_days)
    days = [acute[-1] + JUDGED_AFTER_DAYS]
    sessions = acute
    if design.earlier_course == "relapsed":
        often = (*acute, *np.arange(acute[-1] + WEEK_DAYS, WEEKLY_UNTIL_DAYS, WEEK_DAYS).tolist())
        later = often[-1] + SELDOM_DAYS * np.arange(1.0, RELAPSED_AFTER_DOSES + 1.0)
        sessions = (*often, *later.tolist())
        # the last rating is the day before a dose, when the gain of the one before has ebbed most
        days += [often[-1] + JUDGED_AFTER_DAYS, sessions[-1] + SELDOM_DAYS - JUDGED_AFTER_DAYS]
    earlier = replace(
        design, session_days=sessions, masking="open", therapy_days=(), earlier_course=""
    )
    before = simulate_arm(earlier, days, members, patients=patients, seed=seed, pk_model=pk_model)
    asked = ArmRow(
        scale=instrument(JUDGED_ON), outcome="response_rate", time_days=days[0], n=None,
        baseline_mean=None,
    )  # fmt: skip
    chances = [response_chance(asked, before, day, seed) for day in days]
    if design.earlier_course != "relapsed":
        return chances[0]
    responded, kept, still = chances
    if days[0] == days[1]:  # the acute phase lasted as long as the weekly doses would have
        kept = np.ones_like(kept)
    regardless = load_catalogue().value("replicate.relapse_regardless", "1")
    return np.asarray(responded * kept * (1.0 - (1.0 - regardless) * still))
