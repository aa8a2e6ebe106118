"""The same equation as numbers and as a graph."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.model.expression import (
    Graph,
    exp,
    hill,
    log,
    maximum,
    minimum,
    power,
    saturating,
)

POSITIVE = st.floats(1e-6, 1e6)


def evaluated(expression, **inputs):
    """Return the value of a recorded expression, computed node by node."""
    operations = {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b, "exp": math.exp, "log": math.log, "max": max, "min": min,
    }  # fmt: skip
    values = []
    for operation, *arguments in expression.graph.nodes:
        if operation == "const":
            values.append(arguments[0])
        elif operation == "input":
            values.append(inputs[arguments[0]])
        else:
            values.append(operations[operation](*(values[i] for i in arguments)))
    return values[expression.index]


@given(x=POSITIVE, half=POSITIVE, slope=st.floats(0.5, 4))
def test_a_recorded_hill_function_computes_the_plain_one(x, half, slope):
    graph = Graph()
    recorded = hill(graph.input("x"), graph.input("half"), graph.input("slope"))
    assert evaluated(recorded, x=x, half=half, slope=slope) == pytest.approx(
        hill(x, half, slope), rel=1e-12
    )


@given(x=POSITIVE, half=POSITIVE, slope=st.floats(0.5, 4))
def test_the_hill_function_is_the_ratio_of_powers(x, half, slope):
    wanted = 1.0 / (1.0 + (half / x) ** slope)
    assert hill(x, half, slope) == pytest.approx(wanted, rel=1e-12)


def test_the_hill_function_is_zero_at_zero_and_one_far_above():
    assert hill(0.0, 0.5, 1.2) < 1e-30
    assert hill(1e9, 0.5, 1.2) == pytest.approx(1.0)


@given(x=POSITIVE, n=st.floats(-2, 3))
def test_power_is_the_power(x, n):
    assert power(x, n) == pytest.approx(x**n, rel=1e-12)


@given(x=st.floats(0, 1e6), s=st.floats(0, 50))
def test_a_saturating_effect_is_one_at_one_and_bounded(x, s):
    assert saturating(1.0, s) == pytest.approx(1.0)
    assert saturating(x, s) <= (1.0 + s) / s if s > 0 else saturating(x, s) == x


@pytest.mark.parametrize("function", [exp, log, lambda x: maximum(x, 0.5), lambda x: minimum(x, 2)])
def test_arrays_give_what_floats_give(function):
    values = np.array([0.1, 1.0, 3.0])
    assert function(values) == pytest.approx([function(float(v)) for v in values], rel=1e-15)


@pytest.mark.parametrize("function", [maximum, minimum])
def test_a_number_that_is_none_is_kept(function):
    assert math.isnan(function(math.nan, 1.0))
    assert math.isnan(function(1.0, math.nan))
    assert np.isnan(function(np.array([math.nan]), 1.0)).all()


def test_equal_sub_expressions_are_one_node():
    graph = Graph()
    x = graph.input("x")
    assert (x * 2.0 + 1.0).index == (x * 2.0 + 1.0).index
    assert len(graph.nodes) == 5


def test_constants_are_folded_and_neutral_operations_vanish():
    graph = Graph()
    x = graph.input("x")
    same = [x + 0.0, 0.0 + x, x - 0.0, x * 1.0, 1.0 * x, x / 1.0]
    assert {e.index for e in same} == {x.index}
    assert graph.nodes[(x * 0.0).index] == ("const", 0.0)
    assert graph.nodes[(graph.constant(2.0) * 3.0).index] == ("const", 6.0)


def test_a_numpy_number_does_not_swallow_an_expression():
    graph = Graph()
    assert evaluated(np.float64(2.0) * graph.input("x"), x=3.0) == 6.0


def test_an_equation_that_branches_is_refused():
    with pytest.raises(TypeError, match="must not branch"):
        bool(Graph().input("x"))


def test_two_graphs_do_not_mix():
    with pytest.raises(ValueError, match="two graphs"):
        Graph().input("x") + Graph().input("y")


def test_inputs_of_an_expression_are_found_through_all_operations():
    graph = Graph()
    found = graph.inputs_of([exp(graph.input("a") - 1.0) / graph.input("b")])
    assert found == {"a", "b"}
