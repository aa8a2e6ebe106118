"""Modes against the exact solution, over all models, routes and random parameters."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacourse.errors import SolverError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model.pk import modes as modes_module
from ketacourse.model.pk.compartments import Transfer, assemble
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.effect_site import with_effect_site
from ketacourse.model.pk.linear import Inflow, LinearSystem, solve_linear
from ketacourse.model.pk.models import MODELS, pk_model, pk_parameters
from ketacourse.model.pk.modes import modes, solve_modes
from ketacourse.model.pk.routes import PlainDose

CATALOGUE = load_catalogue()
TIMES = np.array([0.0, 1 / 360, 0.1, 0.5, 2 / 3, 1.0, 3.0, 8.0, 24.0, 72.0])
CHAINED = {"simons": 1e-6}
"""Tolerance of models with equal rates in series when other rates come close at random."""
PAIRS = [(name, route) for name, model in MODELS.items() for route in model.routes]


def assert_same_curves(system: LinearSystem, inflows: list[Inflow], tolerance: float) -> None:
    exact = solve_linear(system, inflows, TIMES)
    found = solve_modes(modes(system), inflows, TIMES)
    exact = exact if exact.ndim == 3 else exact[np.newaxis]
    scale = np.abs(exact).max(axis=1, keepdims=True)
    assert (np.abs(found - exact) <= tolerance * scale).all()


def dose_by(name: str, route: str) -> PlainDose:
    drug = "ketamine" if "r" in MODELS[name].enantiomers else "esketamine"
    return PlainDose(drug=drug, route=route, amount_mg=40.0, duration_h=10 / 3600)


@pytest.mark.parametrize(("name", "route"), PAIRS)
def test_modes_agree_with_the_exact_solution_for_every_model_and_route(name, route):
    dose = dose_by(name, route)
    system = pk_model(name, catalogue=CATALOGUE, routes=[route], drugs=[dose.drug], weight_kg=80.0)
    inflows = inflows_of(
        [(0.0, dose), (0.4, dose)], model=name, catalogue=CATALOGUE, weight_kg=80.0
    )
    assert_same_curves(system, list(inflows), 1e-8)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(pair=st.sampled_from(PAIRS), seed=st.integers(0, 2**32 - 1), spread=st.floats(0.0, 0.8))
def test_modes_agree_with_the_exact_solution_for_random_parameters(pair, seed, spread):
    name, route = pair
    generator = np.random.default_rng(seed)
    dose = dose_by(name, route)
    parameters = {
        n: CATALOGUE.value(n, unit) * np.exp(spread * generator.standard_normal(3))
        for n, unit in pk_parameters(name, [route]).items()
        if unit in ("L", "L/h", "1/h") and "delay" not in n
    }
    system = pk_model(
        name, catalogue=CATALOGUE, routes=[route], drugs=[dose.drug],
        weight_kg=np.array([50.0, 70.0, 120.0]), parameters=parameters,
    )  # fmt: skip
    inflows = inflows_of(
        [(0.0, dose)], model=name, catalogue=CATALOGUE, weight_kg=70.0, parameters=parameters
    )
    assert_same_curves(system, list(inflows), CHAINED.get(name, 1e-8))


def test_modes_carry_effect_sites():
    system = pk_model(catalogue=CATALOGUE, routes=["iv_infusion"], weight_kg=70.0)
    weights = {"s_ketamine": 1.0, "r_ketamine": 0.25}
    driven = with_effect_site(system, {"pain": weights}, ke0_per_h=np.array([8.0, 20.0]))
    assert_same_curves(driven, [Inflow("s_ketamine.iv", 0.0, 2 / 3, 70.0)], 1e-9)


def in_series(*rates: float) -> LinearSystem:
    names = [f"stage_{i}" for i in range(len(rates))]
    targets = [*names[1:], None]
    return assemble(
        transfers=[
            Transfer(source=s, target=t, rate=k)
            for s, t, k in zip(names, targets, rates, strict=True)
        ],
        channels={"in": names[0]},
        outputs={"last": {names[-1]: 1.0}},
    )


def test_flip_flop_with_equal_rates_follows_its_limit():
    found = solve_modes(modes(in_series(3.0, 3.0)), [Inflow("in", 0.0, 0.0, 1.0)], TIMES)
    np.testing.assert_allclose(found[0, :, 0], 3.0 * TIMES * np.exp(-3.0 * TIMES), atol=1e-8)


def test_nearly_equal_rates_are_treated_as_equal():
    rates = (3.0, 3.0 * (1.0 + 1e-9))
    found = solve_modes(modes(in_series(*rates)), [Inflow("in", 0.0, 0.0, 1.0)], TIMES)
    np.testing.assert_allclose(found[0, :, 0], 3.0 * TIMES * np.exp(-3.0 * TIMES), atol=1e-8)


def test_four_equal_stages_stay_close_to_their_limit():
    found = solve_modes(modes(in_series(6.0, 6.0, 6.0, 6.0)), [Inflow("in", 0.0, 0.0, 1.0)], TIMES)
    limit = (6.0 * TIMES) ** 3 / 6.0 * np.exp(-6.0 * TIMES)
    np.testing.assert_allclose(found[0, :, 0], limit, atol=1e-5)


def test_equal_rates_side_by_side_are_left_alone():
    system = assemble(
        transfers=[
            Transfer(source="a", target=None, rate=2.0),
            Transfer(source="b", target=None, rate=2.0),
        ],
        channels={"a": "a", "b": "b"},
        outputs={"a": {"a": 1.0}, "b": {"b": 1.0}},
    )
    assert modes(system).rates.tolist() == [[2.0, 2.0]]


def test_rates_are_those_of_the_matrix():
    system = pk_model(catalogue=CATALOGUE, routes=["im"], weight_kg=70.0)
    expected = np.sort(-np.linalg.eigvals(system.rates).real)
    np.testing.assert_allclose(np.sort(modes(system).rates[0]), expected, rtol=1e-5)


def test_many_passes_give_the_same_as_one_patient_at_a_time():
    generator = np.random.default_rng(3)
    clearance = 90.0 * np.exp(0.2 * generator.standard_normal(4100))
    system = pk_model(
        catalogue=CATALOGUE, routes=["iv_infusion"], weight_kg=70.0,
        parameters={"pk_kamp.cl": clearance},
    )  # fmt: skip
    alone = pk_model(
        catalogue=CATALOGUE, routes=["iv_infusion"], weight_kg=70.0,
        parameters={"pk_kamp.cl": clearance[4099]},
    )  # fmt: skip
    np.testing.assert_allclose(modes(system).rates[4099], modes(alone).rates[0], rtol=1e-12)


def test_compartment_without_exit_is_refused():
    system = in_series(3.0, 0.0)
    with pytest.raises(SolverError, match="Patient 0: drug never leaves the block of 'stage_1'"):
        modes(system)


def test_circle_of_compartments_is_refused():
    around = [("a", "b"), ("b", "c"), ("c", "a")]
    system = assemble(
        transfers=[
            *(Transfer(source=s, target=t, rate=5.0) for s, t in around),
            Transfer(source="a", target=None, rate=0.1),
        ],
        channels={"in": "a"},
        outputs={"a": {"a": 1.0}},
    )
    with pytest.raises(SolverError, match="rates are complex"):
        modes(system)


def test_an_enantiomer_has_the_same_modes_beside_the_other_as_alone():
    weight = np.array([50.0, 70.0, 120.0])
    alone, both = (
        pk_model(catalogue=CATALOGUE, routes=["iv_infusion"], drugs=[drug], weight_kg=weight)
        for drug in ("esketamine", "ketamine")
    )
    shared = [s for s in alone.states if s.startswith("s_")]
    rates = [
        modes(system).rates[:, [system.states.index(s) for s in shared]] for system in (alone, both)
    ]
    assert np.array_equal(*rates)


def test_patients_of_several_passes_have_the_modes_they_have_alone(monkeypatch):
    weight = np.linspace(45.0, 130.0, 11)
    system = pk_model(catalogue=CATALOGUE, routes=["im"], weight_kg=weight)
    whole = modes(system)
    monkeypatch.setattr(modes_module, "PATIENTS_AT_ONCE", 4)
    parts = modes(system)
    assert np.array_equal(parts.weights, whole.weights)
    assert np.array_equal(parts.forcing, whole.forcing)
