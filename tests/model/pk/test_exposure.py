"""Exact exposure: dose over clearance, and the area of a fine grid."""

import numpy as np
import pytest

from ketacourse.errors import SolverError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model.pk.compartments import Transfer, assemble
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.exposure import exposure
from ketacourse.model.pk.linear import Inflow, solve_linear
from ketacourse.model.pk.models import pk_model
from ketacourse.model.pk.routes import PlainDose

CATALOGUE = load_catalogue()
DOSE = PlainDose(drug="ketamine", route="oral", amount_mg=40.0)


def test_exposure_in_the_vein_is_dose_over_clearance():
    system = pk_model(catalogue=CATALOGUE, routes=["iv_infusion"], weight_kg=70.0)
    found = exposure(system, [Inflow("s_ketamine.iv", 0.0, 2 / 3, 90.0)])
    assert found[system.output_index("s_ketamine")] == pytest.approx(1.0, rel=1e-12)


def test_sampling_vein_has_the_exposure_of_the_artery():
    system = pk_model(catalogue=CATALOGUE, routes=["iv_infusion"], weight_kg=70.0)
    found = exposure(system, [Inflow("r_ketamine.iv", 0.0, 2 / 3, 90.0)])
    artery, vein = (system.output_index(f"r_ketamine{end}") for end in ("", "_venous"))
    assert found[vein] == pytest.approx(found[artery], rel=1e-12)


@pytest.mark.parametrize("until_h", [0.2, 4.0])
def test_exposure_in_a_window_is_the_area_of_a_fine_grid(until_h):
    system = pk_model(catalogue=CATALOGUE, routes=["oral"], weight_kg=70.0)
    inflows = inflows_of([(0.1, DOSE)], catalogue=CATALOGUE, weight_kg=70.0)
    times = np.linspace(0.0, until_h, 4001)
    curve = solve_linear(system, inflows, times)
    area = ((curve[1:] + curve[:-1]) / 2.0).sum(axis=0) * (times[1] - times[0])
    np.testing.assert_allclose(exposure(system, inflows, until_h=until_h), area, rtol=1e-4)


def test_exposure_before_the_dose_is_zero():
    system = pk_model(catalogue=CATALOGUE, routes=["oral"], weight_kg=70.0)
    inflows = inflows_of([(1.0, DOSE)], catalogue=CATALOGUE, weight_kg=70.0)
    assert not exposure(system, inflows, until_h=0.5).any()


def test_compartment_without_exit_has_no_finite_exposure():
    system = assemble(
        transfers=[Transfer(source="a", target="b", rate=1.0)],
        channels={"a": "a"},
        outputs={"b": {"b": 1.0}},
    )
    with pytest.raises(SolverError, match="exposure is infinite"):
        exposure(system, [Inflow("a", 0.0, 0.0, 1.0)])
