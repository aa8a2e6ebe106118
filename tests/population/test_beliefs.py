"""Mechanisms and draws behind a replay, with and without a calibration."""

import numpy as np
import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import Posterior
from ketacourse.population.beliefs import members_of
from ketacourse.population.cohort import draw_cohort
from ketacourse.population.specification import population_preset

# Two mechanisms of which one is three times as likely; the numbers are made up.
CALIBRATED = Posterior(
    names=("mood.fast_gain", "structure.mature_time"),
    modes={"disinhibition": np.array([0.3, 100.0]), "trkb_direct": np.array([0.28, 90.0])},
    draws={
        "disinhibition": np.array([[0.31, 101.0], [0.29, 99.0], [0.33, 120.0]]),
        "trkb_direct": np.array([[0.27, 95.0]]),
    },
    weights={"disinhibition": 0.75, "trkb_direct": 0.25},
    made_by={},
)


def members(draws: int = 8, posterior: Posterior | None = None, seed: int = 1):
    return members_of(draws, seed=seed, catalogue=load_catalogue(), posterior=posterior)


def test_without_a_calibration_every_mechanism_counts_alike():
    typical, drawn = members(draws=10)
    assert len({m.variant for m in typical}) == len(typical) == 5
    assert len({m.weight for m in typical}) == 1
    counts = [sum(d.variant == m.variant for d in drawn) for m in typical]
    assert counts == [2] * 5


def test_a_calibration_weighs_the_mechanisms():
    typical, drawn = members(posterior=CALIBRATED)
    assert {m.variant: m.weight for m in typical} == CALIBRATED.weights
    assert sum(d.variant == "disinhibition" for d in drawn) == 6


def test_calibrated_values_come_from_joint_draws_and_repeat_after_the_last():
    _, drawn = members(posterior=CALIBRATED)
    own = [d.belief for d in drawn if d.variant == "disinhibition"]
    pairs = [(b["mood.fast_gain"], b["structure.mature_time"]) for b in own]
    assert pairs[:3] == [(0.31, 101.0), (0.29, 99.0), (0.33, 120.0)]
    assert pairs[3] == pairs[0]


def test_beside_a_calibration_only_what_it_did_not_touch_is_drawn_from_priors():
    _, drawn = members(posterior=CALIBRATED)
    beside = {name for name in drawn[0].belief if name not in CALIBRATED.names}
    assert {"pk_kamp.cl", "safety.sbp_max", "mood.coping_gain"} <= beside
    assert not {n for n in beside if n.startswith(("receptors.", "glutamate.", "structure."))}


@pytest.mark.parametrize("posterior", [None, CALIBRATED], ids=["prior", "calibrated"])
def test_a_cohort_can_be_drawn_under_every_draw(posterior):
    for member in members(draws=25, posterior=posterior)[1]:
        cohort = draw_cohort(
            population_preset("trd_trial"), seed=1, first=0, count=5, belief=member.belief,
            variant=member.variant,
        )  # fmt: skip
        assert np.isfinite(cohort.values["mood.fast_gain"]).all()


def test_draws_are_those_of_their_seed():
    assert members(seed=3) == members(seed=3)
    assert members(seed=3) != members(seed=4)
