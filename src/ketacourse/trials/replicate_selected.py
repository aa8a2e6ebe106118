"""Arms whose patients were chosen by an earlier course: what they did then weighs them.

Follow-up studies often take in only people who responded before, or who responded and relapsed.
Such an arm is the same cohort, each patient weighted by the chance of having been found a
responder the day after the acute phase of an earlier, open course with the same dose, and, for
the relapsed, without a response some weeks later.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ketacourse.model.pk.models import STANDARD
from ketacourse.population.beliefs import Member
from ketacourse.trials.replicate_arm import Latent, simulate_arm
from ketacourse.trials.replicate_relapse import JUDGED_AFTER_DAYS, acute_phase
from ketacourse.trials.replicate_scales import instrument
from ketacourse.trials.replicate_statistics import response_chance
from ketacourse.trials.replicate_trial_rows import ArmDesign, ArmRow

JUDGED_ON = "madrs"
"""Scale on which the earlier course is taken to have been judged (assumed)."""
RELAPSED_AFTER_DAYS = 56.0
"""Days after the last dose of the acute phase by which the relapsed have relapsed (assumed)."""
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
    earlier = replace(
        design,
        session_days=acute_phase(design.session_days),
        masking="open",
        therapy_days=(),
        earlier_course="",
    )
    last = earlier.session_days[-1]
    judged, later = last + JUDGED_AFTER_DAYS, last + RELAPSED_AFTER_DAYS
    before = simulate_arm(
        earlier, [judged, later], members, patients=patients, seed=seed, pk_model=pk_model
    )
    asked = ArmRow(
        scale=instrument(JUDGED_ON), outcome="response_rate", time_days=judged, n=None,
        baseline_mean=None,
    )  # fmt: skip
    chance = response_chance(asked, before, judged, seed)
    if design.earlier_course == "relapsed":
        chance = chance * (1.0 - response_chance(asked, before, later, seed))
    chance = np.maximum(chance, LEAST_CHANCE)
    return replace(latent, weights=chance / chance.mean(axis=1, keepdims=True))
