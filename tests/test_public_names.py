"""The public face is small, lazy and complete."""

import pytest

import ketacourse
from ketacourse.cli.main import SUMMARIES


def test_the_face_offers_these_names_and_no_others():
    assert dir(ketacourse) == sorted(
        [
            "load_case",
            "screen",
            "simulate",
            "refit",
            "decide",
            "explain",
            "load_trial",
            "trial",
            "replicate",
            "calibrate",
            "validate",
            "evidence",
            "schema",
            "__version__",
        ]
    )


@pytest.mark.parametrize("name", ketacourse.__all__)
def test_a_public_name_resolves_and_is_documented(name):
    assert getattr(ketacourse, name).__doc__


@pytest.mark.parametrize("name", sorted(set(SUMMARIES) - {"examples"}))
def test_every_command_is_also_a_function(name):
    assert callable(getattr(ketacourse, name))


def test_a_name_that_does_not_exist_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'dose_patient'"):
        ketacourse.dose_patient  # noqa: B018


def test_importing_the_package_loads_no_library(python):
    program = "import sys, ketacourse; print(sorted({'numpy', 'pydantic'} & set(sys.modules)))"
    assert python("-c", program).stdout.strip() == "[]"
