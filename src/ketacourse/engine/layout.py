"""Where things lie: the kernel's arguments, its tables of steps, and its work space.

Every array is laid out block by block, with the patients of a block side by side in a
lane, so that one vector instruction serves them all.
"""

from ketacourse.engine.interpolation import NODES
from ketacourse.engine.recorded import RecordedChain
from ketacourse.model import brain, chain

QUANTITIES = chain.STATE_NAMES + chain.OUTPUT_NAMES
"""What a run can report, in the order of the kernel's columns."""

STEP_INTS = (
    "restart", "row", "active_from", "active_to", "push_from", "push_to",
    "size", "new_size", "pattern", "slot", "fresh", *(f"{name}_row" for name in chain.INPUTS),
)  # fmt: skip
"""Columns of the table of steps: flags, report row (or -1), ranges into the list of
inflows, place of what depends on the size alone and whether it must be computed anew, row in
the table of patterns, slot of the weights and whether they must be computed anew, and the row
of attendance of each input that is on (or -1)."""

PATTERN_FLOATS = ("h", *(f"shape_{j}{m}" for j in range(NODES) for m in range(NODES)))
"""Columns of the table of patterns (a size and the sizes before): the step (h), and the
polynomials of `engine.interpolation`, multiplied by the step."""

ARGUMENTS = (
    "first", "last", "steps", "slots", "sizes", "modes", "channels", "inflows", "events", "rows",
    "n_columns", "first_output", "pattern_floats", "size_floats", "slot_sizes", "step_ints",
    "active_ints", "active_floats", "columns", "asked", "parameters", "rates", "weights",
    "forcing", "amounts", "attendance", "work", "out", "check",
)  # fmt: skip
INTEGERS = frozenset(ARGUMENTS[:12])
INTEGER_ARRAYS = frozenset({"slot_sizes", "step_ints", "active_ints", "columns", "asked"})

SOURCES = NODES - 1
"""Nodes at which the source of a state is remembered, in a ring."""
STATE_MOMENTS = NODES + 1
"""What depends on a state and the size of a step: what is kept of it, and its moments."""
MODE_WEIGHTS = 2
"""The same of a mode: what is kept over the step, and what a unit of inflow leaves."""


class Layout:
    """Positions in the work space, counted in lanes.

    In order: values of the states, their sources, their losses at rest, the losses for which
    the slots are filled, the losses above rest, drivers, inputs,
    sub-expressions of parameters alone and reciprocals of those, outputs, modes, the weights
    of the sources in every slot, and the moments of every size.
    """

    def __init__(self, recorded: RecordedChain) -> None:
        self.states = len(recorded.states)
        self.sources = self.states
        self.losses = self.sources + SOURCES * self.states
        self.filled = self.losses + self.states
        self.excesses = self.filled + self.states
        self.drivers = self.excesses + self.states
        self.inputs = self.drivers + len(brain.DRIVERS)
        self.statics = self.inputs + len(chain.INPUTS)
        self.static, self.inverse = _static_nodes(recorded)
        self.outputs = self.statics + len(self.static) + len(self.inverse)
        self.modes = self.outputs + len(recorded.outputs)

    @property
    def slot_lanes(self) -> int:
        """Return the lanes of one slot of weights."""
        return NODES * self.states

    def lanes(self, modes: int, slots: int, sizes: int) -> int:
        """Return the size of the work space."""
        each = STATE_MOMENTS * self.states + MODE_WEIGHTS * modes
        return self.modes + modes + slots * self.slot_lanes + sizes * each

    def column(self, name: str) -> int:
        """Return the lane from which a quantity is reported."""
        position = QUANTITIES.index(name)
        return position if position < self.states else self.outputs + position - self.states


def _static_nodes(recorded: RecordedChain) -> tuple[dict[int, int], dict[int, int]]:
    """Return what depends on parameters alone and is needed by what does not, numbered.

    First the operations, then the nodes that something is divided by, whose reciprocals
    are kept.
    """
    nodes = recorded.graph.nodes
    fixed: list[bool] = []
    for operation, *arguments in nodes:
        if operation == "const":
            fixed.append(True)
        elif operation == "input":
            fixed.append(arguments[0].startswith("p."))
        else:
            fixed.append(all(fixed[i] for i in arguments))
    needed = {e.index for s in recorded.states for e in (s.gain, s.loss)}
    needed |= {e.index for e in recorded.outputs.values()}
    divisors: set[int] = set()
    for index, (operation, *arguments) in enumerate(nodes):
        if operation not in ("const", "input") and not fixed[index]:
            if operation == "div" and fixed[arguments[1]]:
                divisors.add(arguments.pop())
            needed |= set(arguments)
    chosen = [i for i in sorted(needed) if fixed[i] and nodes[i][0] not in ("const", "input")]
    static = {index: position for position, index in enumerate(chosen)}
    inverse = {index: len(static) + position for position, index in enumerate(sorted(divisors))}
    return static, inverse
