"""The same equations as numbers or as a graph.

Model stages are plain functions of scalars. Called with floats or arrays they
compute; called with `Expression` objects they record what they would compute. The
recorded graph is what the compiled kernel and the SBML export are generated from,
so that every equation is written once.

Equal sub-expressions are one node, constants are folded, and nodes are numbered in
the order of computation: a node's arguments always have smaller numbers.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

Number = Any
"""A float, a NumPy array of one value per patient, or an `Expression`."""

SMALLEST = 1e-30
"""Floor under logarithms and powers: keeps ``0**n`` at zero without a branch."""

_FOLD: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "exp": math.exp,
    "log": math.log,
    "max": max,
    "min": min,
}


class Graph:
    """A growing list of operations, each recorded once."""

    def __init__(self) -> None:
        self.nodes: list[tuple[Any, ...]] = []
        self._index: dict[tuple[Any, ...], int] = {}

    def input(self, name: str) -> "Expression":
        """Return the expression that stands for a named value given from outside."""
        return self._node(("input", name))

    def constant(self, value: float) -> "Expression":
        """Return the expression of a fixed number."""
        return self._node(("const", float(value)))

    def apply(self, operation: str, *arguments: Number) -> "Expression":
        """Record one operation on expressions and numbers."""
        nodes = tuple(self.as_expression(a).index for a in arguments)
        folded = self._folded(operation, nodes)
        return folded if folded is not None else self._node((operation, *nodes))

    def as_expression(self, value: Number) -> "Expression":
        """Return ``value`` as an expression of this graph."""
        if isinstance(value, Expression):
            if value.graph is not self:
                raise ValueError("Expressions of two graphs cannot be mixed.")
            return value
        return self.constant(value)

    def inputs_of(self, roots: Iterable["Expression"]) -> frozenset[str]:
        """Return the names of all inputs the given expressions depend on."""
        seen: set[int] = set()
        names: set[str] = set()
        waiting = [root.index for root in roots]
        while waiting:
            index = waiting.pop()
            if index in seen:
                continue
            seen.add(index)
            operation, *arguments = self.nodes[index]
            if operation == "input":
                names.add(arguments[0])
            elif operation != "const":
                waiting.extend(arguments)
        return frozenset(names)

    def _folded(self, operation: str, nodes: tuple[int, ...]) -> "Expression | None":
        values = [self.nodes[i][1] if self.nodes[i][0] == "const" else None for i in nodes]
        if all(v is not None for v in values):
            return self.constant(_FOLD[operation](*values))
        neutral = {
            ("add", 0, 0.0): 1, ("add", 1, 0.0): 0, ("sub", 1, 0.0): 0,
            ("mul", 0, 1.0): 1, ("mul", 1, 1.0): 0, ("div", 1, 1.0): 0,
        }  # fmt: skip
        for position, value in enumerate(values):
            keep = neutral.get((operation, position, value)) if value is not None else None
            if keep is not None:
                return Expression(self, nodes[keep])
        if operation == "mul" and 0.0 in values:
            return self.constant(0.0)
        return None

    def _node(self, key: tuple[Any, ...]) -> "Expression":
        if key not in self._index:
            self._index[key] = len(self.nodes)
            self.nodes.append(key)
        return Expression(self, self._index[key])


class Expression:
    """One node of a graph; arithmetic on it records further nodes."""

    __array_ufunc__ = None  # NumPy scalars defer to the reflected operators below
    __slots__ = ("graph", "index")

    def __init__(self, graph: Graph, index: int) -> None:
        self.graph = graph
        self.index = index

    def __add__(self, other: Number) -> "Expression":
        return self.graph.apply("add", self, other)

    def __radd__(self, other: Number) -> "Expression":
        return self.graph.apply("add", other, self)

    def __sub__(self, other: Number) -> "Expression":
        return self.graph.apply("sub", self, other)

    def __rsub__(self, other: Number) -> "Expression":
        return self.graph.apply("sub", other, self)

    def __mul__(self, other: Number) -> "Expression":
        return self.graph.apply("mul", self, other)

    def __rmul__(self, other: Number) -> "Expression":
        return self.graph.apply("mul", other, self)

    def __truediv__(self, other: Number) -> "Expression":
        return self.graph.apply("div", self, other)

    def __rtruediv__(self, other: Number) -> "Expression":
        return self.graph.apply("div", other, self)

    def __neg__(self) -> "Expression":
        return self.graph.apply("sub", 0.0, self)

    def __bool__(self) -> bool:
        raise TypeError("Model equations must not branch; use maximum or minimum.")


def _applied(operation: str, *arguments: Number) -> Expression | None:
    for argument in arguments:
        if isinstance(argument, Expression):
            return argument.graph.apply(operation, *arguments)
    return None


def exp(x: Number) -> Number:
    """Return the exponential of ``x``."""
    recorded = _applied("exp", x)
    if recorded is not None:
        return recorded
    return math.exp(x) if isinstance(x, float) else np.exp(x)


def log(x: Number) -> Number:
    """Return the natural logarithm of ``x``, with ``x`` held above zero."""
    floored = maximum(x, SMALLEST)
    recorded = _applied("log", floored)
    if recorded is not None:
        return recorded
    return math.log(floored) if isinstance(floored, float) else np.log(floored)


def maximum(a: Number, b: Number) -> Number:
    """Return the larger of two numbers (NaN is kept)."""
    recorded = _applied("max", a, b)
    if recorded is not None:
        return recorded
    if isinstance(a, float) and isinstance(b, float):
        return a if math.isnan(a) or a >= b else b
    return np.maximum(a, b)


def minimum(a: Number, b: Number) -> Number:
    """Return the smaller of two numbers (NaN is kept)."""
    recorded = _applied("min", a, b)
    if recorded is not None:
        return recorded
    if isinstance(a, float) and isinstance(b, float):
        return a if math.isnan(a) or a <= b else b
    return np.minimum(a, b)


def power(base: Number, exponent: Number) -> Number:
    """Return ``base**exponent`` for ``base >= 0``.

    Examples
    --------
    >>> round(power(4.0, 0.5), 12)
    2.0
    """
    return exp(exponent * log(base))


def hill(x: Number, half: Number, slope: Number = 1.0) -> Number:
    """Return the Hill function ``x^n / (x^n + half^n)`` for ``x >= 0``.

    Examples
    --------
    >>> hill(0.5, 0.5, 1.2)
    0.5
    """
    if isinstance(slope, float) and slope == 1.0:
        return x / (x + half)
    return 1.0 / (1.0 + exp(slope * (log(half) - log(x))))


def saturating(x: Number, strength: Number) -> Number:
    """Return ``x (1 + s) / (1 + s x)``: one at ``x = 1``, at most ``(1 + s) / s``.

    Strength 0 is proportional; a large strength makes more input prolong an effect
    (it decays from further above) without deepening it.

    Examples
    --------
    >>> saturating(1.0, 3.0)
    1.0
    """
    return x * (1.0 + strength) / (1.0 + strength * x)
