"""Every error says the problem and the remedy, and knows its exit code."""

import pickle

import pytest

from ketacourse import errors
from ketacourse.errors import CaseError, Fault, KetacourseError, OutOfRangeError

CODES = {
    "KetacourseError": 1,
    "InputError": 2,
    "UnitError": 2,
    "OutOfRangeError": 2,
    "CaseError": 2,
    "EvidenceError": 2,
    "OutputError": 2,
    "ExtrapolationError": 2,
    "BlockedError": 3,
    "SolverError": 1,
}

FAULT = Fault(path="patient.weight", value="72", problem="Weight has no unit.", remedy="Write kg.")


def tree(root: type[KetacourseError]) -> set[type[KetacourseError]]:
    return {root}.union(*(tree(child) for child in root.__subclasses__()))


def test_the_tree_holds_these_errors_with_these_exit_codes() -> None:
    here = {e for e in tree(KetacourseError) if e.__module__ == errors.__name__}
    assert {error.__name__: error.exit_code for error in here} == CODES


@pytest.mark.parametrize("name", CODES)
def test_the_outline_at_the_top_names_every_error(name: str) -> None:
    assert name in (errors.__doc__ or "")


def test_a_message_is_the_problem_and_then_the_remedy() -> None:
    error = OutOfRangeError("Weight is 720 kg.", remedy="Give 20 to 400 kg.")
    assert str(error) == "Weight is 720 kg. Give 20 to 400 kg."
    assert (error.problem, error.remedy) == ("Weight is 720 kg.", "Give 20 to 400 kg.")


def test_a_fault_shows_place_value_problem_and_remedy() -> None:
    assert str(FAULT) == "patient.weight (given: 72): Weight has no unit. Write kg."


def test_a_case_error_counts_and_lists_its_faults() -> None:
    error = CaseError((FAULT, FAULT), where="case.toml")
    assert str(error).splitlines()[0] == "case.toml has 2 faults:"
    assert str(error).count("patient.weight") == 2
    assert str(CaseError((FAULT,))).startswith("The file has 1 fault:")


def test_a_case_error_keeps_its_faults_on_the_way_between_processes():
    fault = Fault(path="scores[1].total", value="70", problem="Too high.", remedy="Correct it.")
    before = CaseError((fault,), where="case.toml")
    after = pickle.loads(pickle.dumps(before))  # noqa: S301 - our own bytes
    assert str(after) == str(before)
    assert after.faults == (fault,)
