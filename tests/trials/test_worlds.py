"""Replicates of a trial in the worlds that are believed possible."""

import numpy as np
import pytest

from ketacourse.trials.worlds import draw_patients, pilot_patients, world_of


@pytest.fixture
def repeated(make):
    return make(replicates=3)


def test_first_replicate_lives_in_the_most_believed_world(repeated):
    assert world_of(repeated, 0).belief is None
    assert world_of(repeated, 1).belief != world_of(repeated, 2).belief


def test_typical_replicates_share_one_world(make):
    trial = make(replicates=3, uncertainty="typical")
    assert world_of(trial, 2) == world_of(trial, 0)


def test_one_mechanism_alone_is_drawn_where_the_trial_names_it(make):
    trial = make(replicates=9, variant="habenula_trapping")
    assert {world_of(trial, r).variant for r in range(9)} == {"habenula_trapping"}


def test_patients_do_not_depend_on_where_a_chunk_begins(repeated):
    size = repeated.arms[0].patients
    whole = draw_patients(repeated, 0, 0, 3 * size)
    late = draw_patients(repeated, 0, size - 2, 5)
    rows = slice(size - 2, size + 3)
    for name, values in whole.values.items():
        assert np.array_equal(values[rows], late.values[name]), name
    for name, values in whole.pharmacokinetics.items():
        assert np.allclose(values[rows], late.pharmacokinetics.get(name, values[rows])), name
    assert np.array_equal(whole.response_class[rows], late.response_class)


def test_pilots_live_in_several_worlds(repeated):
    pilots = pilot_patients(repeated, 0, 30)
    assert pilots.size == 30
    assert len(set(pilots.values["mood.coping_gain"].tolist())) >= 3
