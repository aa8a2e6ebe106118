"""Shares stay shares, amounts stay positive, scores stay on their scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SHARES = (
    "block_interneuron", "block_pyramidal", "block_trapped", "exposure_memory", "ampa_strength",
    "plasticity_window", "coping", "adaptation", "wanting", "expectancy", "care", "antidepressant",
    "fast_effect", "structural_effect", "placebo_effect", "sedation", "nausea",
)  # fmt: skip
NEVER_NEGATIVE = (
    "il6", "il1b", "crp", "kynurenine_balance", "glutamate", "ampa_throughput",
    "eef2_phosphorylation", "bdnf_pool", "bdnf_release", "trkb", "mtorc1", "synaptic_protein",
    "spines_new", "spines_mature", "spines_persistent", "exposure", "suicidal_ideation",
    "sbp_rise", "dbp_rise", "hr_rise", "cadss", "opponent",
)  # fmt: skip
SLACK = 1e-3  # of each quantity's range: the accuracy of the run

COURSES = st.builds(
    lambda mg, gap, doses: (mg, [gap * i for i in range(doses)]),
    st.floats(0.0, 4.0),
    st.floats(0.05, 7.0),
    st.integers(1, 4),
)


@pytest.fixture(scope="module")
def runs(anyone, follow, infusions):
    """Return a function that runs one course for many kinds of people."""

    def run(course, **patient):
        mg, days = course
        plan = infusions(*days, mg_per_kg=mg, horizon_days=days[-1] + 3)
        return follow(plan, anyone(**patient))

    return run


def slack(curve):
    return SLACK * np.ptp(curve, axis=1, keepdims=True) + 1e-9


@settings(max_examples=8, deadline=None, derandomize=True)
@given(course=COURSES, met=st.floats(0, 1), crp=st.floats(0.1, 300))
def test_everything_stays_where_it_has_a_meaning(runs, course, met, crp):
    run = runs(course, met_share=met, crp=crp, il6=1.5 * (crp / 1.5) ** 0.6)
    for name in SHARES:
        curve = run.of(name)
        assert ((curve >= -slack(curve)) & (curve <= 1.0 + slack(curve))).all(), name
    for name in NEVER_NEGATIVE:
        curve = run.of(name)
        assert (curve >= -slack(curve)).all(), name


@settings(max_examples=6, deadline=None, derandomize=True)
@given(course=COURSES, baseline=st.floats(1, 60), stress=st.floats(0, 0.01))
def test_madrs_stays_on_its_scale(runs, course, baseline, stress):
    curve = runs(course, baseline=baseline, stress=stress).of("madrs")
    assert ((curve >= 0.0) & (curve <= 60.0 + slack(curve))).all()


def test_cadss_stays_on_its_scale(runs):
    assert runs((4.0, [0.0])).of("cadss").max() <= 92.0


def test_encoding_is_impaired_or_unchanged_never_better(runs):
    assert runs((1.0, [0.0, 3.0])).of("encoding").max() <= 0.0
