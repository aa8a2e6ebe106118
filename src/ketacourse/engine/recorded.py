"""The chain recorded as a graph, checked to be a cascade.

Inputs are named ``x.<state>``, ``d.<driver>``, ``u.<input>`` and
``p.<stage>.<parameter>``.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

from ketacourse.model import brain, chain
from ketacourse.model.expression import Expression, Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedState:
    """One state equation as expressions."""

    name: str
    initial: Expression
    gain: Expression
    loss: Expression
    constant_loss: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChain:
    """The whole chain as expressions of one graph.

    ``digest`` identifies the equations: a changed equation changes it.
    """

    graph: Graph
    states: tuple[RecordedState, ...]
    outputs: dict[str, Expression]
    digest: str


@cache
def record_chain() -> RecordedChain:
    """Record the chain once, and check that it is a cascade.

    Raises
    ------
    ValueError
        If a state's flow uses the state itself or a later one: such an equation
        cannot be integrated in one pass and is a defect of the model's code.
    """
    graph = Graph()
    view = chain.view({name: graph.input(f"p.{name}") for name in chain.PARAMETER_NAMES})
    view.d = SimpleNamespace(**{d: graph.input(f"d.{d}") for d in brain.DRIVERS})
    view.u = SimpleNamespace(**{u: graph.input(f"u.{u}") for u in chain.INPUTS})
    view.x = SimpleNamespace(**{s: graph.input(f"x.{s}") for s in chain.STATE_NAMES})
    states = []
    earlier: set[str] = set()
    for equation in chain.STATES:
        flow = equation.flow(view)
        gain, loss = graph.as_expression(flow.gain), graph.as_expression(flow.loss)
        used = graph.inputs_of((gain, loss))
        ahead = {n for n in used if n.startswith("x.")} - earlier
        if ahead:
            raise ValueError(f"The flow of '{equation.name}' uses {sorted(ahead)} out of order.")
        states.append(
            RecordedState(
                name=equation.name,
                initial=graph.as_expression(equation.initial(view)),
                gain=gain,
                loss=loss,
                constant_loss=all(n.startswith("p.") for n in graph.inputs_of((loss,))),
            )
        )
        earlier.add(f"x.{equation.name}")
    outputs = {o.name: graph.as_expression(o.value(view)) for o in chain.OUTPUTS}
    return RecordedChain(
        graph=graph, states=tuple(states), outputs=outputs, digest=_digest(graph, states, outputs)
    )


def _digest(graph: Graph, states: list[RecordedState], outputs: dict[str, Expression]) -> str:
    text = repr(
        (
            graph.nodes,
            [(s.name, s.initial.index, s.gain.index, s.loss.index) for s in states],
            [(name, e.index) for name, e in outputs.items()],
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]
