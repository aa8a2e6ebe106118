"""The compiled kernel against its NumPy twin, and who shares a lane with whom."""

import numpy as np
import pytest

from ketacourse.engine import run as run_module
from ketacourse.engine.accuracy import accurate_nodes, scale_of
from ketacourse.engine.grid import base_nodes, bisected, build_grid
from ketacourse.engine.layout import QUANTITIES
from ketacourse.engine.run import run
from ketacourse.engine.scheme import run_scheme
from ketacourse.engine.solve import solve
from ketacourse.engine.vector_maths import LANES
from ketacourse.errors import InputError

TIMES_H = np.linspace(0, 240, 81)


def difference(values, plain):
    """Return the largest difference, as a share of a quantity's range or of 1% of its size.

    1e-11 of 0.01 is the rounding left where numbers near 1 are subtracted.
    """
    size = np.maximum(np.abs(plain).max(axis=1, keepdims=True), 1.0)
    return np.max(np.abs(values - plain) / np.maximum(scale_of(plain), 0.01 * size))


@pytest.fixture
def many(chain_rows, on_course, infusions):
    """Give patients who differ in everything, two doses and a partial attendance."""
    rows = chain_rows(draws=40)
    problem = on_course(infusions(0, 3), rows, TIMES_H)
    problem.attendance[0] = np.linspace(0, 1, problem.patients)
    return problem


def test_the_kernel_equals_its_numpy_twin(case, bench):
    problem = bench(case).problem
    grid = build_grid(problem.schedule, base_nodes(problem.schedule))
    compiled = run(problem, grid, QUANTITIES)
    plain, _ = run_scheme(problem, grid, QUANTITIES)
    assert difference(compiled, plain) < 3e-11


def test_the_kernel_equals_its_twin_for_many_patients(many):
    grid = build_grid(many.schedule, base_nodes(many.schedule))
    plain, _ = run_scheme(many, grid, QUANTITIES)
    assert difference(run(many, grid, QUANTITIES), plain) < 1e-11


def test_without_a_compiler_the_numbers_are_the_same(bench, monkeypatch):
    problem = bench("ten-second push").problem
    compiled = solve(problem, tolerance=0.02)
    monkeypatch.setattr(run_module, "has_compiler", lambda: False)
    plain = solve(problem, tolerance=0.02)
    assert plain.steps == compiled.steps
    assert difference(compiled.values, plain.values) < 1e-11


@pytest.mark.parametrize("patients", [1, LANES - 1, LANES, LANES + 1, 1000])
def test_a_patient_is_bitwise_the_same_alone_and_in_any_batch(many, patients):
    grid = build_grid(many.schedule, accurate_nodes(many, 1e-3))
    alone = run(many.subset(np.array([7])), grid, QUANTITIES)[0]
    members = np.arange(patients) % many.patients
    members[-1] = 7
    together = run(many.subset(members), grid, QUANTITIES)
    assert (together[-1] == alone).all()


def test_a_patient_is_bitwise_the_same_in_another_order(many):
    grid = build_grid(many.schedule, accurate_nodes(many, 1e-3))
    order = np.random.default_rng(1).permutation(many.patients)
    shuffled = run(many.subset(order), grid, QUANTITIES)
    assert (shuffled == run(many, grid, QUANTITIES)[order]).all()


def test_asking_for_one_quantity_gives_the_same_numbers(many):
    grid = build_grid(many.schedule, base_nodes(many.schedule))
    everything = run(many, grid, QUANTITIES)[:, :, QUANTITIES.index("madrs")]
    assert (run(many, grid, ("madrs",))[:, :, 0] == everything).all()


def test_the_error_falls_with_the_third_power_of_the_step(chain_rows, on_course, infusions):
    problem = on_course(infusions(0), chain_rows("disinhibition"), TIMES_H)
    nodes = bisected(bisected(base_nodes(problem.schedule)))
    runs = []
    for _ in range(3):
        runs.append(run(problem, build_grid(problem.schedule, nodes), ("spines_mature",))[0])
        nodes = bisected(nodes)
    coarse, fine = (np.abs(a - b).max() for a, b in zip(runs, runs[1:], strict=False))
    assert 2.5 < np.log2(coarse / fine) < 4.0


def test_a_run_leaves_nothing_behind_for_the_next(bench, many):
    push = bench("ten-second push").problem
    first = solve(many, tolerance=0.02).values
    kept = first.copy()
    between = solve(push, tolerance=0.02).values
    assert np.array_equal(first, kept)
    assert np.array_equal(solve(many, tolerance=0.02).values, kept)
    assert np.array_equal(solve(push, tolerance=0.02).values, between)


def test_a_parameter_that_is_not_finite_is_named_with_its_patient(chain_rows, on_course, infusions):
    rows = chain_rows(draws=3)
    name = "mood.rate"
    rows[name] = rows[name].copy()
    rows[name][2] = np.nan
    with pytest.raises(InputError, match=f"'{name}' of patient 2 is nan"):
        on_course(infusions(0), rows, TIMES_H)
