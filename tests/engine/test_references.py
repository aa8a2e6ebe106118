"""The kernel against two solvers that share its equations and none of its numerics."""

import numpy as np
import pytest

from ketacourse.engine.accuracy import accurate_nodes
from ketacourse.engine.grid import bisected, build_grid
from ketacourse.engine.layout import QUANTITIES
from ketacourse.engine.run import run
from ketacourse.engine.solve import DEFAULT_TOLERANCE, FINE_TOLERANCE, solve


@pytest.mark.parametrize("solver", ["scipy", "roadrunner"])
@pytest.mark.parametrize("tolerance", [DEFAULT_TOLERANCE, FINE_TOLERANCE])
def test_every_quantity_is_within_the_tolerance(case, tolerance, solver, bench, truth, worst_error):
    found = solve(bench(case).problem, tolerance=tolerance)
    error, quantity = worst_error(found.values[0], truth(case, solver))
    assert error <= tolerance, quantity


def test_the_two_references_agree_far_better_than_the_fine_tolerance(case, truth, worst_error):
    error, quantity = worst_error(truth(case, "scipy"), truth(case, "roadrunner"))
    # without drug the solver's own noise of 1e-11 is all there is to compare
    assert error <= (1e-5 if case == "no drug" else 1e-7), quantity


def test_a_patient_on_whom_the_steps_were_not_chosen_is_within_the_tolerance_too(
    chain_rows, on_course, infusions, worst_error
):
    problem = on_course(infusions(0, 3), chain_rows(draws=300), np.linspace(0, 168, 200))
    nodes = accurate_nodes(problem, FINE_TOLERANCE)
    finer = bisected(bisected(nodes))
    chosen = run(problem, build_grid(problem.schedule, nodes), QUANTITIES)
    truth = run(problem, build_grid(problem.schedule, finer), QUANTITIES)
    errors = [worst_error(*pair)[0] for pair in zip(chosen, truth, strict=True)]
    assert max(errors) <= FINE_TOLERANCE
