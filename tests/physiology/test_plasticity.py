"""BDNF, spines and the window."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacourse.model.structure import spines_new

STRUCTURE = ("spines_new", "spines_mature", "spines_persistent", "structural_effect")


@settings(max_examples=5, deadline=None, derandomize=True)
@given(shares=st.tuples(st.floats(0, 1), st.floats(0, 1)), mg=st.floats(0.1, 1.0))
def test_more_met_alleles_never_release_more_nor_build_more(anyone, follow, infusions, shares, mg):
    plan = infusions(0, 3, mg_per_kg=mg, horizon_days=10)
    fewer, more = (follow(plan, anyone(met_share=share)) for share in sorted(shares))
    for name in ("bdnf_release", *STRUCTURE):
        slack = 2e-3 * np.ptp(fewer.of(name), axis=1, keepdims=True) + 1e-9
        assert (more.of(name) <= fewer.of(name) + slack).all(), name


def test_met_alleles_do_not_change_the_pool_of_bdnf(anyone, follow, infusions):
    val, met = (follow(infusions(0), anyone(met_share=share)) for share in (0.0, 1.0))
    assert np.abs(val.of("bdnf_pool") - met.of("bdnf_pool")).max() < 1e-3


def test_blocking_ampa_receptors_removes_fast_and_structural_benefit_entirely(
    chain_rows, follow, infusions
):
    rows = chain_rows("disinhibition", draws=30, ampa_open=0.0)
    run = follow(infusions(0, 3), rows)
    for name in ("fast_effect", "bdnf_release", "trkb", "mtorc1", *STRUCTURE):
        assert np.abs(run.of(name)).max() < 1e-12, name


def test_blocking_ampa_receptors_leaves_what_the_habenula_variant_rests_on(
    chain_rows, follow, infusions
):
    run = follow(infusions(0, 3), chain_rows("habenula_trapping", ampa_open=0.0))
    assert run.of("fast_effect").max() > 0.1


def test_inhibiting_mtorc1_builds_less(anyone, follow, infusions):
    free, inhibited = (follow(infusions(0), anyone(mtor_free=share)) for share in (1.0, 0.0))
    gained = free.of("spines_mature") - inhibited.of("spines_mature")
    assert gained.min() >= -1e-3 * free.of("spines_mature").max()
    assert gained[0].max() > 0.0


def test_half_the_protein_forms_less_than_half_the_spines():
    p = SimpleNamespace(
        formation=0.02, formation_threshold=0.3, new_capacity=1.0, maturation=0.02, elimination=0.02
    )
    formed = [spines_new(protein=x, p=p).gain for x in (0.0, 0.15, 0.3, 30.0)]
    assert formed[0] == 0.0
    assert formed[1] < 0.5 * formed[2]
    assert formed[2] == pytest.approx(0.5 * 0.02 * 0.3)
    assert formed[3] == pytest.approx(0.02 * 30.0, rel=0.02)


def test_twelve_doses_do_not_build_twice_what_six_do(anyone, follow, infusions):
    six = follow(infusions(*range(6), horizon_days=14), anyone())
    twelve = follow(infusions(*range(12), horizon_days=14), anyone())
    for name in ("spines_mature", "structural_effect"):
        first, all_of_them = six.of(name).max(axis=1), twelve.of(name).max(axis=1)
        assert (all_of_them - first < first).all(), name
