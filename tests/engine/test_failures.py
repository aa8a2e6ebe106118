"""What cannot be integrated ends in an error that names patient, time and state."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.engine import accuracy
from ketacourse.engine import run as run_module
from ketacourse.engine.grid import base_nodes
from ketacourse.engine.solve import solve
from ketacourse.errors import InputError, OutOfRangeError, SolverError

TIMES_H = np.linspace(0, 48, 13)


@pytest.fixture
def posed(chain_rows, on_course, infusions):
    """Return a function that poses three patients, the middle one with a changed value."""

    def pose(**changed):
        rows = chain_rows("disinhibition", draws=2)
        for name, value in changed.items():
            stage, _, short = name.partition("_")
            key = f"{stage}.{short}"
            rows[key] = np.array([rows[key][0], value, rows[key][2]])
        return on_course(infusions(0, horizon_days=2), rows, TIMES_H)

    return pose


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_parameter_that_is_no_number_is_named_with_its_patient(posed, value):
    with pytest.raises(InputError, match=r"'mood\.rate' of patient 1 is (nan|-?inf)"):
        posed(mood_rate=value)


def test_a_missing_and_an_unknown_parameter_are_named(chain_rows, on_course, infusions):
    rows = chain_rows("disinhibition")
    rows["mood.colour"] = rows.pop("mood.rate")
    with pytest.raises(InputError, match=r"missing: \['mood\.rate'\]; unknown: \['mood\.colour'\]"):
        on_course(infusions(0), rows, TIMES_H)


@pytest.mark.parametrize("compiler", [True, False])
def test_a_state_that_overflows_is_named_with_patient_and_time(posed, monkeypatch, compiler):
    monkeypatch.setattr(run_module, "has_compiler", lambda: compiler)
    problem = posed(plasticity_release_gain=1e308, plasticity_release_rate=40.0)
    with pytest.raises(SolverError, match=r"Patient 1: 'bdnf_release' is inf at 0\.\d+ h"):
        solve(problem, nodes_h=base_nodes(problem.schedule))


def test_an_overflow_that_nobody_asked_to_see_is_an_error_too(posed):
    problem = posed(plasticity_release_gain=1e308, plasticity_release_rate=40.0)
    with pytest.raises(SolverError, match="Patient 1: 'bdnf_release'"):
        solve(problem, nodes_h=base_nodes(problem.schedule), quantities=("block_interneuron",))


def test_an_overflow_without_a_compiler_that_nobody_asked_to_see(posed, monkeypatch):
    monkeypatch.setattr(run_module, "has_compiler", lambda: False)
    problem = posed(plasticity_release_gain=1e308, plasticity_release_rate=40.0)
    with pytest.raises(SolverError, match="Patient 1: 'bdnf_release'"):
        solve(problem, nodes_h=base_nodes(problem.schedule), quantities=("block_interneuron",))


def test_a_patient_keeps_his_number_when_the_steps_are_chosen_on_a_few(
    chain_rows, on_course, infusions
):
    rows = chain_rows("disinhibition", draws=99)
    rows["plasticity.release_gain"] = np.where(np.arange(100) == 99, 1e308, 0.5)
    rows["plasticity.release_rate"] = np.full(100, 40.0)
    with pytest.raises(SolverError, match="Patient 99: 'bdnf_release'"):
        solve(on_course(infusions(0, horizon_days=2), rows, TIMES_H))


def test_drug_that_is_no_number_never_becomes_a_number(posed):
    problem = posed()
    problem.amounts[:, 2] = np.nan
    with pytest.raises(SolverError, match="Patient 2: 'block_interneuron' is nan"):
        solve(problem, nodes_h=base_nodes(problem.schedule))


def test_a_tolerance_out_of_reach_is_an_error_with_quantity_and_place(posed, monkeypatch):
    monkeypatch.setattr(accuracy, "MOST_NODES", 5000)
    with pytest.raises(SolverError, match=r"'\w+' at [\d.]+ h did not reach the accuracy 1e-15"):
        solve(posed(), tolerance=1e-15)


@pytest.mark.parametrize("tolerance", [0.0, -1e-3, 1.0, np.nan])
def test_a_tolerance_that_makes_no_sense_is_refused(posed, tolerance):
    with pytest.raises(OutOfRangeError, match="The tolerance is"):
        solve(posed(), tolerance=tolerance)


def test_an_unknown_quantity_is_refused_with_the_known_ones(posed):
    with pytest.raises(InputError, match=r"Unknown quantities \['happiness'\].*madrs"):
        solve(posed(), quantities=("madrs", "happiness"))


def test_steps_that_miss_an_edge_are_refused(posed):
    problem = posed()
    with pytest.raises(ValueError, match="not a node"):
        solve(problem, nodes_h=np.array([0.0, 24.0, 48.0]))


def test_two_times_that_are_one_are_refused(posed):
    problem = posed()
    schedule = replace(problem.schedule, times_h=np.array([1.0, 1.0 + 5e-10]))
    with pytest.raises(OutOfRangeError, match="closer than 1e-09 h"):
        solve(replace(problem, schedule=schedule))
