"""The shape of a simulated course: the figures every simulator of ketamine should show.

Each figure is asked of a virtual trial as a reader would ask it of a published one.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

import numpy as np

from ketacourse.course.pooled import PLAIN, SHAM
from ketacourse.evidence.posterior import load_posterior
from ketacourse.evidence.variants import BASE, load_variants
from ketacourse.population.beliefs import Member
from ketacourse.trials.replicate_selected import follow_arm
from ketacourse.trials.replicate_statistics import pooled, statistic, wanted_days
from ketacourse.trials.replicate_trial_rows import trial_query

SEED = 77
SIX = "0;2;4;7;9;11"


class Asker(Protocol):
    """Answers for one statistic of an arm: the usual arm with some cells changed.

    The outcome ``spread`` is the standard deviation of the score between patients.
    """

    def __call__(self, outcome: str, day: float | None, **arm: str) -> float:
        """Return the statistic, variants pooled by weight."""


def shape(*, patients: int = 400) -> dict[str, float]:
    """Return each figure of the shape by the name of its margin.

    Parameters
    ----------
    patients
        Virtual patients per arm and variant.
    """
    ask = asker(patients)

    def gain(
        day: float, *, masking: str = "active_placebo", control: str = "midazolam", **arm: str
    ) -> float:
        # Midazolam hides the drug best in patients who are awake.
        drug = ask("change", day, masking=masking, **arm)
        return drug - ask("change", day, masking=masking, control=control, **SHAM)

    six = {"session_days": SIX, "masking": "open"}
    free = {"background_medication": "no"}  # as in the cohorts that were followed to relapse
    after_six = ask("response_rate", 12, **six)
    day_1 = gain(1)
    crossover = {"masking": "saline_crossover", "control": "saline"}  # as in most trials pooled
    nasal = {"drug": "esketamine", "route": "intranasal", "duration_min": "0",
             "dose_mg_per_kg": ""}  # fmt: skip

    def lasting(milligram: str) -> float:
        return gain(7, dose_mg=milligram, **nasal) / gain(1, dose_mg=milligram, **nasal)

    return {
        "onset": gain(2 / 24),
        "fall_at_24h": -ask("change", 1),
        "response_at_24h": ask("response_rate", 1),
        "remission_at_24h": ask("remission_rate", 1),
        "spread_at_24h": ask("spread", 1),
        "advantage_at_day_7": gain(7) / day_1,
        "advantage_at_day_14": gain(14, **crossover) / gain(1, **crossover),
        "control_crossover": -ask("change", 1, control="saline", **SHAM),
        "control_spray": -ask(
            "change", 1, masking="placebo_spray", control="placebo_spray", **SHAM
        ),
        "control_midazolam": -ask(
            "change", 1, masking="active_placebo", control="midazolam", **SHAM
        ),
        "control_anaesthesia": -ask("change", 1, masking="anaesthesia", control="saline", **SHAM),
        "six_doses": after_six,
        "early_response": ask("response_rate", 5, **six) / after_six,
        # As clinics rate: a questionnaire, when the next session would be due.
        "clinic": ask("response_rate", 17.5, session_days="0;3;7;10;14", masking="open",
                      setting="clinic", scale="phq9", baseline_mean="", baseline_sd=""),
        "plateau": gain(1, dose_mg_per_kg="1.0") / day_1,
        "dose_and_duration": lasting("84") / lasting("28"),
        "relapse_single": ask("median_time_to_relapse_days", None, **free) / np.log(2.0),
        "relapse_six": ask("median_time_to_relapse_days", None, **six, **free),
        "relapse_tail": ask("relapse_free", 94, **six, **free),
        # Under usual care: the attention of a trial is no part of it.
        "drift": ask("change", 84, session_days="", masking="open", control="saline",
                     setting="clinic", **SHAM),
    }  # fmt: skip


def asker(patients: int) -> Asker:
    """Return what answers from virtual arms under every mechanism variant, by weight."""
    posterior = load_posterior()
    weights: Mapping[str, float] = {BASE: 1.0} if posterior is None else posterior.weights
    members = tuple(Member(variant=k) for k in load_variants() if weights.get(k, 0.0) > 0.0)
    share = np.array([weights[m.variant] for m in members])
    share = share / share.sum()

    @lru_cache(maxsize=256)
    def ask_cells(cells: tuple[tuple[str, str], ...], spread: bool) -> float:
        query = trial_query(dict(cells))
        days = sorted(wanted_days(query.design, query.row))
        latent = follow_arm(query.design, days, members, patients=patients, seed=SEED)
        got = statistic(query.design, query.row, latent, seed=SEED)
        return float(share @ got.sd_one) if spread else pooled(got.values, share, got.kind)

    def ask(outcome: str, day: float | None, **arm: str) -> float:
        cells = {
            **PLAIN,
            **arm,
            "outcome": "score" if outcome == "spread" else outcome,
            "time_days": "" if day is None else f"{day:.6g}",
        }
        return ask_cells(tuple(cells.items()), outcome == "spread")

    return ask
