"""The posterior as it is shipped."""

import csv

import numpy as np
import pytest

from ketacourse.course.calibrate_effects import (
    FREE_EFFECTS,
    EffectCalibration,
    effect_data,
)
from ketacourse.course.posterior_file import write_with_effects
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import load_posterior
from ketacourse.infer.estimate import Estimate
from ketacourse.infer.free import free_parameters


@pytest.fixture
def effects():
    catalogue = load_catalogue()
    parameters = tuple(free_parameters(FREE_EFFECTS, catalogue=catalogue, overrides={}))
    size = len(parameters)
    found = Estimate(
        mode=np.array([p.mean for p in parameters]), covariance=0.01 * np.eye(size),
        predicted=np.zeros(1), jacobian=np.zeros((1, size)), objective=0.0, misfit=0.0,
        iterations=0,
    )  # fmt: skip
    return EffectCalibration(parameters=parameters, found=found, data=effect_data(catalogue))


def read(folder):
    with (folder / "posterior.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_another_estimate_of_side_effects_leaves_mood_as_it_is(effects, tmp_path):
    shipped = load_posterior()
    write_with_effects(shipped, effects, tmp_path)
    rows = [r for r in read(tmp_path) if r["variant"] == "trkb_direct"]
    mood = [n for n in shipped.names if n not in FREE_EFFECTS]
    kept = [shipped.names.index(n) for n in mood]
    written = np.array([[float(r[n]) for n in mood] for r in rows])
    assert np.array_equal(written[0], shipped.modes["trkb_direct"][kept])
    assert np.array_equal(written[1:], shipped.draws["trkb_direct"][:, kept])


def test_side_effects_are_the_same_for_every_mechanism(effects, tmp_path):
    write_with_effects(load_posterior(), effects, tmp_path)
    rows = read(tmp_path)
    told = {
        tuple(r[n] for n in FREE_EFFECTS) for r in rows if r["draw"] == "7"
    }  # one draw of every mechanism
    assert len(told) == 1
    spread = {r["safety.sbp_max"] for r in rows if r["variant"] == "trkb_direct"}
    assert len(spread) > 50
