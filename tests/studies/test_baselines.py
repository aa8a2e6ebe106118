"""The baselines predict what they are named for."""

import numpy as np
import pytest

pytest.importorskip("statsmodels")

from studies.baselines import last_value, mixed_model, towards_mean

DAYS = np.array([0.0, 1.0, 3.0, 7.0, 14.0, 28.0])


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(1)
    own = 6.0 * rng.standard_normal((400, 1))
    return 30.0 - 2.0 * np.log1p(DAYS) + own + 2.0 * rng.standard_normal((400, DAYS.size))


@pytest.fixture(scope="module")
def mixed(scores):
    return mixed_model(scores[:150], DAYS)


def test_the_last_value_is_carried_forward(scores):
    guess = last_value(scores[:200]).predict(scores[200:], 3)
    assert (guess.mean == scores[200:, 2]).all()


def test_few_scores_are_drawn_more_towards_the_mean_than_many(scores):
    model = towards_mean(scores[:200])
    high = np.repeat(model.mean[None] + 10.0, 1, axis=0)
    early = model.predict(high, 1).mean[0] - model.mean[1]
    late = model.predict(high, 5).mean[0] - model.mean[5]
    assert 0.0 < early < late < 10.0


def test_the_mixed_model_recovers_how_patients_differ(scores, mixed):
    assert mixed.fixed == pytest.approx(scores[:150].mean(axis=0), abs=0.2)
    assert mixed.covariance[0, 0] == pytest.approx(36.0, rel=0.35)
    assert mixed.residual == pytest.approx(4.0, rel=0.3)


def test_where_patients_differ_steadily_the_mixed_model_beats_the_last_value(scores, mixed):
    test = scores[200:]
    error = {
        name: np.abs(model.predict(test, 5).mean - test[:, 5]).mean()
        for name, model in {"mixed": mixed, "last": last_value(scores[:200])}.items()
    }
    assert error["mixed"] < error["last"]


def test_the_stated_spread_is_the_spread_of_the_errors(scores, mixed):
    guess = mixed.predict(scores[200:], 5)
    left = (scores[200:, 5] - guess.mean) / guess.sd
    assert left.std() == pytest.approx(1.0, abs=0.15)
