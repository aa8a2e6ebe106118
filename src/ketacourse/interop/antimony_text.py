"""The recorded chain as Antimony text, every number with its unit.

Units are carried through every operation, so that whoever reads the exported model can
check the dimensions of each equation. A bare number takes the unit of what it is
added to or compared with; the logarithm of a quantity is that of its value in its unit.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ketacourse.interop.antimony_units import Unit, unit_id, unit_of
from ketacourse.model.expression import Expression, Graph

_SIGN = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
NONE = unit_of("1")


class GraphText:
    """Formulas of a graph; what is used more than once gets a name of its own.

    Parameters
    ----------
    inputs
        Name of each input in the graph to its identifier and unit.
    roots
        The expressions that will be asked for.
    """

    def __init__(
        self, graph: Graph, inputs: Mapping[str, tuple[str, Unit]], roots: Iterable[Expression]
    ) -> None:
        self.nodes = graph.nodes
        self.inputs = inputs
        self._units: dict[int, Unit | None] = {}
        self.shared = self._shared([root.index for root in roots])

    def formula(self, expression: Expression, unit: Unit = NONE) -> str:
        """Return an expression; ``unit`` is the unit of a bare number."""
        return self._text(expression.index, unit)

    def unit(self, expression: Expression) -> Unit:
        """Return the unit of an expression; a bare number has none."""
        found = self._unit(expression.index)
        return NONE if found is None else found

    def definitions(self) -> list[tuple[str, str, Unit]]:
        """Return name, formula and unit of everything shared, in the order of computation."""
        found = []
        for index in sorted(self.shared):
            unit = self._unit(index) or NONE
            found.append((f"shared_{index}", self._text(index, unit, named=False), unit))
        return found

    def _shared(self, roots: list[int]) -> set[int]:
        uses: dict[int, int] = {}
        waiting = list(roots)
        while waiting:
            index = waiting.pop()
            uses[index] = uses.get(index, 0) + 1
            operation, *arguments = self.nodes[index]
            if uses[index] > 1 or operation in ("const", "input"):
                continue
            waiting += arguments
        return {
            i
            for i, count in uses.items()
            if count > 1 and self.nodes[i][0] not in ("const", "input")
        }

    def _text(self, index: int, wanted: Unit, *, named: bool = True) -> str:
        operation, *arguments = self.nodes[index]
        if operation == "const":
            return f"({arguments[0]!r} {unit_id(wanted)})"
        if operation == "input":
            return self.inputs[arguments[0]][0]
        if named and index in self.shared:
            return f"shared_{index}"
        if operation in ("exp", "log"):
            return self._function(operation, arguments[0])
        unit = NONE if operation in ("mul", "div") else self._unit(index) or wanted
        left, right = (self._text(a, unit) for a in arguments)
        if operation in _SIGN:
            return f"({left} {_SIGN[operation]} {right})"
        return f"{operation}({left}, {right})"

    def _function(self, operation: str, argument: int) -> str:
        unit = self._unit(argument) or NONE
        text = self._text(argument, unit)
        if operation == "exp":
            return f"exp({text})"
        return f"ln({text})" if unit == NONE else f"ln({text} / (1.0 {unit_id(unit)}))"

    def _unit(self, index: int) -> Unit | None:
        if index not in self._units:
            self._units[index] = self._inferred(*self.nodes[index])
        return self._units[index]

    def _inferred(self, operation: str, *arguments: Any) -> Unit | None:
        """Return the unit of an operation, or None where only bare numbers are involved."""
        if operation == "const":
            return None
        if operation == "input":
            return self.inputs[arguments[0]][1]
        units = [self._unit(a) for a in arguments]
        if operation in ("exp", "log"):
            return NONE
        if operation in ("mul", "div"):
            left, right = (NONE if u is None else u for u in units)
            return left * right if operation == "mul" else left / right
        return next((u for u in units if u is not None), None)
