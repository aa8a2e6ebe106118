"""Rows of parameters: typical first, then draws shared among the variants."""

import numpy as np
import pytest

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.variants import load_variants
from ketacourse.model.pk.models import pk_parameters
from ketacourse.population.ensemble import CHAIN_UNITS, EXTRA_UNITS, build_ensemble


@pytest.fixture(autouse=True)
def uncalibrated(monkeypatch):
    """Leave the shipped calibration out: priors and equal weights."""
    monkeypatch.setattr("ketacourse.population.ensemble.load_posterior", lambda: None)


def ensemble(*variants, draws=20, seed=1):
    chosen = [load_variants()[v] for v in variants or load_variants()]
    units = pk_parameters("kamp", ("iv_infusion", "sublingual"))
    return build_ensemble(
        chosen, draws=draws, seed=seed, catalogue=load_catalogue(), pk_units=units
    )


def test_typical_rows_hold_the_catalogue_with_the_overrides_of_their_variant():
    rows = ensemble()
    catalogue, base = load_catalogue(), rows.row("disinhibition")
    for name, unit in {**CHAIN_UNITS, **EXTRA_UNITS}.items():
        assert rows.values[name][base] == pytest.approx(catalogue.value(name, unit))
    assert rows.values["mood.ampa_share"][rows.row("habenula_trapping")] == 0.0
    assert rows.values["plasticity.trkb_direct"][rows.row("trkb_direct")] == 3.0


def test_draws_are_shared_equally_among_variants():
    rows = ensemble(draws=20)
    assert rows.size == 25
    drawn = [v for v, typical in zip(rows.variant, rows.typical, strict=True) if not typical]
    assert {drawn.count(v) for v in load_variants()} == {4}


def test_a_draw_uses_the_same_numbers_in_every_variant():
    rows = ensemble(draws=20)
    drawn = rows.values["receptors.kd"][5:].reshape(4, 5)
    assert (drawn == drawn[:, :1]).all()
    assert len(np.unique(drawn[:, 0])) == 4


def test_a_draw_moves_with_the_centre_of_its_variant():
    rows = ensemble("disinhibition", "trkb_direct", draws=40)
    gain = rows.values["mood.fast_gain"][2:].reshape(-1, 2)
    typical = rows.values["mood.fast_gain"][:2]
    assert gain[:, 1] / gain[:, 0] == pytest.approx(typical[1] / typical[0])


def test_a_share_never_leaves_its_bounds_in_any_variant():
    rows = ensemble(draws=4000)
    for name in CHAIN_UNITS | EXTRA_UNITS:
        parameter = load_catalogue().parameter(name)
        factor = parameter.value_in({**CHAIN_UNITS, **EXTRA_UNITS}[name])
        factor = factor / parameter.typical if parameter.typical else 1.0
        values = rows.values[name]
        assert values.min() >= parameter.minimum * factor - 1e-12, name
        assert values.max() <= parameter.maximum * factor + 1e-12, name


def test_the_same_seed_gives_the_same_rows_and_more_draws_keep_them():
    few, many, other = ensemble(draws=10), ensemble(draws=30), ensemble(draws=10, seed=2)
    for name, values in few.values.items():
        assert (many.values[name][:15] == values).all(), name
    assert (other.values["receptors.kd"][5:] != few.values["receptors.kd"][5:]).all()


def test_times_at_which_drug_enters_do_not_vary():
    rows = ensemble(draws=20)
    durations = [n for n in rows.pharmacokinetics if "duration" in n]
    assert durations
    for name in durations:
        assert np.ptp(rows.pharmacokinetics[name]) == 0.0


def test_pharmacokinetics_vary_between_people():
    clearance = ensemble(draws=200).pharmacokinetics["pk_kamp.cl"]
    assert len(np.unique(clearance[5:])) == 40
    assert np.unique(clearance[:5]).size == 1
