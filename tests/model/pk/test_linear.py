"""The exact solution against closed forms, and against what every linear system obeys."""

import numpy as np
import pytest

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.model.pk.compartments import Transfer, assemble, exchange
from ketacourse.model.pk.linear import (
    Inflow,
    LinearSystem,
    restrict,
    solve_linear,
    with_amounts,
    with_elimination_sink,
)

TIMES = np.array([0.0, 0.01, 0.1, 0.5, 2 / 3, 1.0, 2.0, 5.0, 12.0, 48.0])
V, CL = 25.0, 90.0


def one_compartment() -> LinearSystem:
    return assemble(
        transfers=[Transfer(source="blood", target=None, rate=CL / V)],
        channels={"iv": "blood"},
        outputs={"blood": {"blood": 1.0 / V}},
    )


def three_compartments() -> LinearSystem:
    return assemble(
        transfers=[
            *exchange("blood", "fast", q=161.0, v_inner=V, v_outer=56.0),
            *exchange("blood", "slow", q=79.0, v_inner=V, v_outer=157.0),
            Transfer(source="blood", target=None, rate=CL / V),
        ],
        channels={"iv": "blood"},
        outputs={"blood": {"blood": 1.0 / V}},
    )


def two_compartments() -> LinearSystem:
    return assemble(
        transfers=[
            *exchange("blood", "tissue", q=161.0, v_inner=V, v_outer=56.0),
            Transfer(source="blood", target=None, rate=CL / V),
        ],
        channels={"iv": "blood"},
        outputs={"blood": {"blood": 1.0 / V}},
    )


def exponentials(*outer: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients (1/L) and rates (1/h) of a bolus, from the transfer function.

    C(s) = 1/V prod(s + k_i1) / prod(s + lambda_j): rates are the roots of the
    denominator, coefficients its residues.
    """
    back = [q / v for q, v in outer]
    numerator = np.poly([-k for k in back]) if back else np.array([1.0])
    denominator = np.polymul([1.0, (CL + sum(q for q, _ in outer)) / V], numerator)
    for (q, v), others in [(o, [x for x in back if x != o[0] / o[1]]) for o in outer]:
        denominator = np.polysub(denominator, q / V * (q / v) * np.poly([-k for k in others]))
    roots = np.roots(denominator)
    slope = np.polyder(denominator)
    return np.polyval(numerator, roots) / np.polyval(slope, roots) / V, -roots


SYSTEMS = [
    (one_compartment, ()),
    (two_compartments, ((161.0, 56.0),)),
    (three_compartments, ((161.0, 56.0), (79.0, 157.0))),
]


@pytest.mark.parametrize(("build", "outer"), SYSTEMS)
def test_bolus_follows_the_sum_of_exponentials(build, outer):
    found = solve_linear(build(), [Inflow("iv", 0.0, 0.0, 100.0)], TIMES)[:, 0]
    coefficients, rates = exponentials(*outer)
    expected = 100.0 * (coefficients * np.exp(-np.outer(TIMES, rates))).sum(axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(("build", "outer"), SYSTEMS)
def test_infusion_follows_the_sum_of_exponentials(build, outer):
    found = solve_linear(build(), [Inflow("iv", 0.0, 2 / 3, 100.0)], TIMES)[:, 0]
    coefficients, rates = exponentials(*outer)
    given = np.minimum(TIMES, 2 / 3)[:, None]
    after = TIMES[:, None] - given
    shape = (1.0 - np.exp(-rates * given)) / rates * np.exp(-rates * after)
    np.testing.assert_allclose(found, 150.0 * shape @ coefficients, rtol=1e-9)


def test_first_order_absorption_follows_the_bateman_curve():
    ka, k = 5.0, CL / V
    system = assemble(
        transfers=[
            Transfer(source="depot", target="blood", rate=ka),
            Transfer(source="blood", target=None, rate=k),
        ],
        channels={"depot": "depot"},
        outputs={"blood": {"blood": 1.0 / V}},
    )
    found = solve_linear(system, [Inflow("depot", 0.0, 0.0, 100.0)], TIMES)[:, 0]
    expected = 100.0 / V * ka / (ka - k) * (np.exp(-k * TIMES) - np.exp(-ka * TIMES))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-18)


def test_metabolite_follows_its_parent_in_closed_form():
    k, km, vm = CL / V, 0.6, 90.0
    system = assemble(
        transfers=[
            Transfer(source="parent", target="metabolite", rate=k),
            Transfer(source="metabolite", target=None, rate=km),
        ],
        channels={"iv": "parent"},
        outputs={"metabolite": {"metabolite": 1.0 / vm}},
    )
    found = solve_linear(system, [Inflow("iv", 0.0, 1.0, 100.0)], [3.0])[0, 0]
    shares = [
        (1.0 - np.exp(-rate)) / rate * np.exp(-rate * 2.0) * sign
        for rate, sign in ((km, 1), (k, -1))
    ]
    assert found == pytest.approx(100.0 / vm * k / (k - km) * sum(shares), rel=1e-9)


def test_what_is_given_is_in_the_body_or_eliminated():
    system = with_amounts(with_elimination_sink(three_compartments()))
    inflows = [Inflow("iv", 0.0, 2 / 3, 70.0), Inflow("iv", 0.5, 0.0, 30.0)]
    amounts = solve_linear(system, inflows, TIMES)
    given = 70.0 * np.minimum(TIMES / (2 / 3), 1.0) + 30.0 * (TIMES >= 0.5)
    np.testing.assert_allclose(amounts.sum(axis=1), given, rtol=1e-10, atol=1e-12)


def test_two_doses_add_up():
    first, second = Inflow("iv", 0.0, 2 / 3, 70.0), Inflow("iv", 0.3, 1.0, 30.0)
    system = three_compartments()
    both = solve_linear(system, [first, second], TIMES)
    alone = solve_linear(system, [first], TIMES) + solve_linear(system, [second], TIMES)
    np.testing.assert_allclose(both, alone, rtol=1e-12)


def test_a_later_dose_gives_the_same_curve_later():
    system = three_compartments()
    early = solve_linear(system, [Inflow("iv", 0.0, 2 / 3, 70.0)], TIMES)
    late = solve_linear(system, [Inflow("iv", 7.25, 2 / 3, 70.0)], TIMES + 7.25)
    np.testing.assert_allclose(late, early, rtol=1e-10, atol=1e-14)


def test_twice_the_dose_gives_twice_the_concentration():
    system = three_compartments()
    once = solve_linear(system, [Inflow("iv", 0.0, 2 / 3, 70.0)], TIMES)
    twice = solve_linear(system, [Inflow("iv", 0.0, 2 / 3, 140.0)], TIMES)
    np.testing.assert_allclose(twice, 2.0 * once, rtol=1e-12)


def test_ten_second_push_peaks_at_its_end_and_soon_equals_a_bolus():
    system, push_h = three_compartments(), 10 / 3600
    push = [Inflow("iv", 0.0, push_h, 100.0)]
    around = solve_linear(system, push, [0.9 * push_h, push_h, 1.1 * push_h])[:, 0]
    assert around.argmax() == 1
    later = solve_linear(system, push, [2.0])[0, 0]
    bolus = solve_linear(system, [Inflow("iv", push_h / 2, 0.0, 100.0)], [2.0])[0, 0]
    assert later == pytest.approx(bolus, rel=1e-6)


def test_overlapping_infusions_run_at_the_sum_of_their_rates():
    system = three_compartments()
    overlapping = [Inflow("iv", 0.0, 1.0, 60.0), Inflow("iv", 0.5, 1.0, 60.0)]
    steps = [
        Inflow("iv", 0.0, 0.5, 30.0),
        Inflow("iv", 0.5, 0.5, 60.0),
        Inflow("iv", 1.0, 0.5, 30.0),
    ]
    np.testing.assert_allclose(
        solve_linear(system, overlapping, TIMES), solve_linear(system, steps, TIMES), rtol=1e-12
    )


def test_zero_dose_gives_zero():
    assert not solve_linear(three_compartments(), [Inflow("iv", 0.0, 2 / 3, 0.0)], TIMES).any()
    assert not solve_linear(three_compartments(), [], TIMES).any()


def test_before_the_first_dose_there_is_nothing():
    found = solve_linear(three_compartments(), [Inflow("iv", 1.0, 0.0, 100.0)], [-1.0, 0.5, 1.0])
    assert found[:2].tolist() == [[0.0], [0.0]]
    assert found[2, 0] == pytest.approx(100.0 / V)


def test_times_may_come_in_any_order():
    inflows = [Inflow("iv", 0.0, 2 / 3, 70.0)]
    forward = solve_linear(three_compartments(), inflows, TIMES)
    np.testing.assert_array_equal(
        solve_linear(three_compartments(), inflows, TIMES[::-1]), forward[::-1]
    )


def test_one_amount_per_patient_gives_one_curve_per_patient():
    amounts = np.array([0.0, 50.0, 100.0])
    found = solve_linear(three_compartments(), [Inflow("iv", 0.0, 1.0, amounts)], TIMES)
    single = solve_linear(three_compartments(), [Inflow("iv", 0.0, 1.0, 50.0)], TIMES)
    assert found.shape == (3, TIMES.size, 1)
    np.testing.assert_allclose(found[2], 2.0 * single, rtol=1e-12)


def test_restricting_outputs_keeps_their_values_and_drops_the_rest():
    system = assemble(
        transfers=[
            Transfer(source="blood", target="metabolite", rate=3.0),
            Transfer(source="metabolite", target=None, rate=1.0),
        ],
        channels={"iv": "blood"},
        outputs={"blood": {"blood": 1.0}, "metabolite": {"metabolite": 1.0}},
    )
    inflows = [Inflow("iv", 0.0, 1.0, 10.0)]
    small = restrict(system, ["blood"])
    assert small.states == ("blood",)
    np.testing.assert_allclose(
        solve_linear(small, inflows, TIMES)[:, 0], solve_linear(system, inflows, TIMES)[:, 0]
    )


def test_unknown_channel_is_refused():
    with pytest.raises(InputError, match="no channel 'im_depot'. It has: iv"):
        solve_linear(one_compartment(), [Inflow("im_depot", 0.0, 0.0, 1.0)], TIMES)


@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf")])
def test_amount_that_is_no_amount_is_refused(amount):
    with pytest.raises(OutOfRangeError, match="given into 'iv' is not a number of at least 0"):
        solve_linear(one_compartment(), [Inflow("iv", 0.0, 0.0, amount)], TIMES)


def test_negative_duration_is_refused():
    with pytest.raises(OutOfRangeError, match=r"lasts -1.0 h"):
        solve_linear(one_compartment(), [Inflow("iv", 0.0, -1.0, 1.0)], TIMES)


def test_different_numbers_of_patients_are_refused():
    inflows = [Inflow("iv", 0.0, 1.0, np.ones(2)), Inflow("iv", 0.0, 1.0, np.ones(3))]
    with pytest.raises(InputError, match=r"different numbers of patients: \[2, 3\]"):
        solve_linear(one_compartment(), inflows, TIMES)


def test_rate_that_is_not_finite_is_refused():
    with pytest.raises(OutOfRangeError, match="rate or volume that is not finite"):
        assemble(
            transfers=[Transfer(source="blood", target=None, rate=float("nan"))],
            channels={"iv": "blood"},
            outputs={"blood": {"blood": 1.0}},
        )
