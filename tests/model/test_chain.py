"""The chain and the catalogue fit together."""

from types import SimpleNamespace

import numpy as np
import pytest

from ketacourse.engine.recorded import record_chain
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model import chain
from ketacourse.model.flow import filling, limited, turnover
from ketacourse.population.ensemble import CHAIN_UNITS, EXTRA_UNITS


@pytest.mark.parametrize("name", [*CHAIN_UNITS, *EXTRA_UNITS])
def test_every_parameter_is_in_the_catalogue_with_a_unit_that_fits(name):
    load_catalogue().require(name, {**CHAIN_UNITS, **EXTRA_UNITS}[name])


def test_every_parameter_is_used_by_some_equation():
    recorded = record_chain()
    roots = [e for s in recorded.states for e in (s.initial, s.gain, s.loss)]
    used = recorded.graph.inputs_of([*roots, *recorded.outputs.values()])
    drug = {f"p.brain.{name}" for name in chain.STAGE_UNITS["brain"]}  # used by the effect site
    assert {f"p.{name}" for name in chain.PARAMETER_NAMES} - used == drug


def test_every_state_and_output_has_a_unit_and_a_name_of_its_own():
    names = [*chain.STATE_NAMES, *chain.OUTPUT_NAMES]
    assert len(set(names)) == len(names) == len(chain.QUANTITY_UNITS)


@pytest.mark.parametrize(
    ("flow", "rest"),
    [(turnover(2.0, 3.0), 3.0), (filling(1.0, 3.0), 0.25), (limited(2.0, 0.5, 4.0), 0.25)],
)
def test_a_flow_comes_to_rest_where_it_should(flow, rest):
    assert flow.gain / flow.loss == pytest.approx(rest)


def test_the_recorded_chain_computes_what_the_plain_equations_compute():
    recorded = record_chain()
    rng = np.random.default_rng(3)
    names = {n for op, *a in recorded.graph.nodes if op == "input" for n in a}
    inputs = {name: float(rng.uniform(0.2, 0.9)) for name in names}
    view = chain.view({n: inputs.get(f"p.{n}", 0.5) for n in chain.PARAMETER_NAMES})
    for space in ("x", "d", "u"):
        given = {n[2:]: v for n, v in inputs.items() if n.startswith(f"{space}.")}
        setattr(view, space, SimpleNamespace(**given))
    values = _evaluate(recorded.graph, inputs)
    for state, equation in zip(recorded.states, chain.STATES, strict=True):
        flow = equation.flow(view)
        assert values[state.gain.index] == pytest.approx(flow.gain, rel=1e-13), state.name
        assert values[state.loss.index] == pytest.approx(flow.loss, rel=1e-13), state.name


def _evaluate(graph, inputs):
    functions = {
        "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
        "exp": np.exp, "log": np.log, "max": np.maximum, "min": np.minimum,
    }  # fmt: skip
    values = []
    for operation, *arguments in graph.nodes:
        if operation == "const":
            values.append(arguments[0])
        elif operation == "input":
            values.append(inputs[arguments[0]])
        else:
            values.append(float(functions[operation](*(values[i] for i in arguments))))
    return values
