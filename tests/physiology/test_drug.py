"""What the drug does at the receptor and to glutamate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model import glutamate, receptors
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession

BLOCK = ("block_interneuron", "block_pyramidal", "block_trapped")
DOSES = st.floats(0.05, 2.0)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(doses=st.tuples(DOSES, DOSES))
def test_a_higher_dose_never_lowers_block(anyone, follow, infusions, doses):
    low, high = (
        follow(infusions(0, mg_per_kg=mg, horizon_days=3), anyone()) for mg in sorted(doses)
    )
    for name in BLOCK:
        slack = 2e-3 * np.ptp(high.of(name), axis=1, keepdims=True)
        assert (high.of(name) >= low.of(name) - slack).all(), name


def test_a_slower_infusion_of_the_same_dose_blocks_less_at_its_peak(anyone, follow):
    def peak(hours):
        dose = Dose(route="iv_infusion", amount_mg_per_kg=0.5, duration_h=hours)
        course = Course(sessions=(DrugSession(day=0.0, dose=dose),), horizon_days=2)
        return follow(course, anyone()).of("block_interneuron").max(axis=1)

    assert (peak(40 / 60) > peak(2.0)).all()


def steady_glutamate(rows, drug):
    """Return glutamate when the drug stays at one unbound concentration (umol/L)."""
    p = {stage: _stage(rows, stage) for stage in ("receptors", "glutamate")}
    block = receptors.interneuron_occupancy(drug, p["receptors"])
    pyramidal = receptors.pyramidal_block(drug, p["receptors"])
    flow = glutamate.glutamate(
        block_interneuron=block,
        block_pyramidal=pyramidal.gain / pyramidal.loss,
        p=p["glutamate"],
    )
    return float((flow.gain / flow.loss)[0])


def _stage(rows, stage):
    class Parameters:
        def __getattr__(self, name):
            return rows[f"{stage}.{name}"]

    return Parameters()


def test_glutamate_over_sustained_concentration_is_an_inverted_u(chain_rows):
    rows = chain_rows("disinhibition")
    levels = [steady_glutamate(rows, np.array([d])) for d in np.logspace(-2, 2, 41)]
    top = int(np.argmax(levels))
    assert levels[top] > 1.2
    assert 0 < top < 40
    assert (np.diff(levels[: top + 1]) > 0).all()
    assert (np.diff(levels[top:]) < 0).all()
    assert levels[-1] < 1.0


def test_the_reference_session_raises_glutamate_and_hours_at_high_level_lower_it(
    chain_rows, follow, infusions
):
    rows = chain_rows("disinhibition")
    reference = follow(infusions(0, horizon_days=1), rows).of("glutamate")
    dose = Dose(route="iv_infusion", amount_mg_per_kg=4.5, duration_h=1.0)
    sessions = tuple(DrugSession(day=i / 24.0, dose=dose) for i in range(6))
    sustained = follow(Course(sessions=sessions, horizon_days=1), rows).of("glutamate")
    assert reference.max() > 1.2
    assert reference.min() > 0.9
    assert sustained.min() < 0.8


def test_exposure_is_the_dose_over_clearance(chain_rows, follow, infusions):
    catalogue = load_catalogue()
    cl_s = catalogue.value("pk_kamp.cl", "L/h")
    ratio = catalogue.value("pk_kamp.cl_r_to_s", "1")
    umol = 0.5 * 70.0 / catalogue.value("pk_molar.ketamine", "g/mol") * 1000.0
    wanted = umol / 2.0 / cl_s + umol / 2.0 / (cl_s * ratio)
    run = follow(infusions(0, horizon_days=21), chain_rows("disinhibition"), tolerance=1e-7)
    assert run.of("exposure")[0, -1] == pytest.approx(wanted, rel=1e-6)


def test_swallowed_drug_is_less_exposure_than_injected(chain_rows, follow):
    def exposure(route):
        dose = Dose(route=route, amount_mg_per_kg=0.5)
        course = Course(sessions=(DrugSession(day=0.0, dose=dose),), horizon_days=4)
        return follow(course, chain_rows("disinhibition")).of("exposure")[0, -1]

    assert exposure("oral") < exposure("sublingual") < exposure("im") <= exposure("iv_bolus")
