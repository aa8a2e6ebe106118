"""The prior as a cloud: drawing from it, and moving in it, leave it as it is."""

import numpy as np
import pytest

from ketacourse.forecast.cloud import cloud_of, drawn, near_anchors
from ketacourse.forecast.parameters import COLUMN, to_free


def test_drawing_keeps_mean_and_spread(prior):
    people = cloud_of(prior).people(*drawn(cloud_of(prior), 20000, np.random.default_rng(1)))
    for name in ("baseline", "expectancy", "onset"):
        before, after = (to_free(p.values)[:, COLUMN[name]] for p in (prior, people))
        assert after.mean() == pytest.approx(before.mean(), abs=0.05 * before.std())
        assert after.std() == pytest.approx(before.std(), rel=0.05)


def test_every_regular_choice_of_drawn_people_is_like_all_of_them(prior):
    """People made together lie together; a choice of every n-th must not fall into step."""
    cloud = cloud_of(prior)
    anchor, _ = drawn(cloud, cloud.size, np.random.default_rng(2))
    free = cloud.anchors[anchor, COLUMN["fast_gain"]]
    for step in (4, 16, 64):
        apart = abs(free[::step].mean() - free.mean())
        assert apart < 4.0 * free.std() / np.sqrt(free[::step].size)


def test_a_move_to_a_near_anchor_and_back_are_equally_likely(prior):
    cloud = cloud_of(prior.taken(np.arange(30)))
    start = np.repeat(np.arange(30), 400)
    counts = np.zeros((30, 30))
    for turn in range(40):
        end = near_anchors(cloud, start, 3, np.random.default_rng(turn))
        np.add.at(counts, (start, end), 1.0)
    off = counts - np.diag(np.diag(counts))
    both = off + off.T
    seen = both > 200.0
    z = (off - off.T)[seen] / np.sqrt(both[seen])
    assert z.std() < 1.5
