"""A patient's random numbers depend on seed, purpose and patient, and on nothing else."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.errors import InputError
from ketacourse.population.streams import normals, uniforms
from ketacourse.population.uncertainty import stream

PATIENTS = 200


@given(width=st.integers(1, 7), cuts=st.sets(st.integers(1, PATIENTS - 1), max_size=6))
def test_a_patient_gets_the_same_numbers_however_the_population_is_cut(width, cuts):
    whole = uniforms(3, "age", 0, PATIENTS, width)
    edges = [0, *sorted(cuts), PATIENTS]
    pieces = [uniforms(3, "age", a, b - a, width) for a, b in zip(edges, edges[1:], strict=False)]
    assert np.array_equal(np.concatenate(pieces), whole)


def test_the_order_in_which_patients_are_drawn_does_not_matter():
    last, first = normals(1, "gain", 50, 10), normals(1, "gain", 0, 10)
    assert np.array_equal(np.concatenate([first, normals(1, "gain", 10, 40), last]),
                          normals(1, "gain", 0, 60))  # fmt: skip


def test_far_patients_are_reached_without_drawing_those_before():
    assert uniforms(1, "age", 10**12, 3, 5).shape == (3, 5)


@pytest.mark.parametrize("other", [(2, "age"), (1, "sex")])
def test_another_seed_or_purpose_gives_independent_numbers(other):
    one, two = normals(1, "age", 0, 20_000)[:, 0], normals(*other, 0, 20_000)[:, 0]
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.03


def test_numbers_are_strictly_between_zero_and_one_and_even():
    u = uniforms(1, "age", 0, 100_000)
    assert 0.0 < u.min() < 1e-4
    assert 1.0 - 1e-4 < u.max() < 1.0
    assert np.histogram(u, bins=10)[0] == pytest.approx(np.full(10, 10_000), rel=0.05)


def test_neighbouring_patients_are_independent():
    z = normals(1, "age", 0, 50_000)[:, 0]
    assert abs(np.corrcoef(z[:-1], z[1:])[0, 1]) < 0.02


@pytest.mark.parametrize(
    ("first", "count", "width", "problem"),
    [
        (-1, 1, 1, "The first patient is -1"),
        (0, 0, 1, "The number of patients is 0"),
        (0, 1, 0, "The width is 0"),
    ],
)
def test_an_impossible_range_of_patients_is_refused(first, count, width, problem):
    with pytest.raises(InputError, match=problem):
        uniforms(1, "age", first, count, width)


def test_the_numbers_are_those_of_the_stream_of_the_purpose():
    raw = stream(7, "age").bit_generator.random_raw(40)
    assert np.array_equal(uniforms(7, "age", 2, 10, 3).ravel(), (raw[6:36] >> 12) / 2**52 + 2**-53)


def test_threads_do_not_mix_their_streams():
    seeds = range(200)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda seed: uniforms(seed, "age", 5, 50), seeds))
    assert np.array_equal(together, [uniforms(seed, "age", 5, 50) for seed in seeds])
