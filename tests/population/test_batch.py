"""From a course to a posed problem, and the reference session that sets the scale of mood."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model import chain
from ketacourse.population.batch import SMALLEST_REFERENCE, Body, with_references
from ketacourse.therapy.session import TherapySession


def test_a_dose_per_kilogram_grows_with_weight(chain_rows, on_course, infusions):
    body = Body(weight_kg=np.array([50.0, 100.0]))
    rows = chain_rows("disinhibition", "opioid_gated")
    problem = on_course(infusions(0), rows, [0.0, 1.0], body=body)
    assert problem.amounts[:, 1] == pytest.approx(2.0 * problem.amounts[:, 0])


def test_a_dose_factor_of_zero_is_a_visit_without_drug(chain_rows, on_course, infusions):
    rows = chain_rows("disinhibition", "opioid_gated")
    problem = on_course(infusions(0), rows, [0.0, 1.0], dose_factor=np.array([1.0, 0.0]))
    assert (problem.amounts[:, 1] == 0.0).all()
    assert (problem.amounts[:, 0] > 0.0).all()
    assert (problem.attendance == 1.0).all()


def test_the_run_starts_with_the_first_therapy_session_and_ends_with_the_horizon(
    chain_rows, on_course, infusions
):
    course = replace(infusions(0), therapy=(TherapySession(day=-7, duration_h=1.0),))
    schedule = on_course(course, chain_rows("disinhibition"), [0.0, 1.0]).schedule
    assert (schedule.start_h, schedule.end_h) == (-168.0, 28 * 24.0)


def test_references_are_found_for_each_row_whatever_the_patient_brings(chain_rows):
    rows = chain_rows(draws=10)
    ill = with_references(
        {
            **rows,
            "patient.met_share": np.ones(15),
            "patient.ampa_open": np.zeros(15),
            "patient.il6": np.full(15, 8.0),
        },
        catalogue=load_catalogue(),
    )
    for name in chain.REFERENCES:
        assert ill[name] == pytest.approx(rows[name], rel=2e-3)


def test_parameters_under_which_the_reference_session_does_nothing_keep_a_finite_scale(chain_rows):
    rows = dict(chain_rows("disinhibition"))
    rows["glutamate.gain_max"] = np.array([1e-6])
    found = with_references(rows, catalogue=load_catalogue())
    assert found["mood.ampa_reference"] == SMALLEST_REFERENCE
