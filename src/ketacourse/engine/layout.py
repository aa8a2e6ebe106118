"""Where things lie: the kernel's arguments, its tables of steps, and its work space.

Every array is laid out block by block, with the patients of a block side by side in a
lane, so that one vector instruction serves them all.
"""

from ketacourse.engine.recorded import RecordedChain
from ketacourse.model import brain, chain

QUANTITIES = chain.STATE_NAMES + chain.OUTPUT_NAMES
"""What a run can report, in the order of the kernel's columns."""

STEP_INTS = (
    "restart", "row", "active_from", "active_to", "push_from", "push_to",
    "slot", "fresh", *(f"{name}_row" for name in chain.INPUTS),
)  # fmt: skip
"""Columns of the table of steps: flags, report row (or -1), ranges into the list of
inflows, slot of the step's coefficients, whether they must be computed anew, and the row
of attendance of each input that is on (or -1)."""

SLOT_FLOATS = ("h", "ratio", "bend")
"""Columns of the table of slots and of steps: step size (h), previous over present size,
and the weight of curvature, 0 after an edge."""

ARGUMENTS = (
    "first", "last", "steps", "slots", "modes", "channels", "inflows", "events", "rows",
    "n_columns", "first_output", "slot_floats", "step_floats", "step_ints", "active_ints",
    "active_floats", "columns", "parameters", "rates", "weights", "forcing", "amounts",
    "attendance", "work", "out", "check",
)  # fmt: skip
INTEGERS = frozenset(ARGUMENTS[:11])
INTEGER_ARRAYS = frozenset({"step_ints", "active_ints", "columns"})

ROLES = 6
"""Lanes of one state: value, gain, loss, and the same one node earlier."""
WEIGHTS = 4
"""Coefficients of a state with constant loss: decay, and weights of new, present and old gain."""
MODE_WEIGHTS = 2
"""Coefficients of a mode: what is kept over the step, and what a unit of inflow leaves."""


class Layout:
    """Positions in the work space, counted in lanes.

    In order: states, drivers, inputs, sub-expressions of parameters alone, outputs,
    modes, and the coefficients of every slot.
    """

    def __init__(self, recorded: RecordedChain) -> None:
        self.static = _static_nodes(recorded)
        self.constant = [s.name for s in recorded.states if s.constant_loss]
        self.drivers = ROLES * len(recorded.states)
        self.inputs = self.drivers + len(brain.DRIVERS)
        self.statics = self.inputs + len(chain.INPUTS)
        self.outputs = self.statics + len(self.static)
        self.modes = self.outputs + len(recorded.outputs)

    def slot_lanes(self, modes: int) -> int:
        """Return the lanes of one slot of coefficients."""
        return WEIGHTS * len(self.constant) + MODE_WEIGHTS * modes

    def lanes(self, modes: int, slots: int) -> int:
        """Return the size of the work space."""
        return self.modes + modes + slots * self.slot_lanes(modes)

    def column(self, name: str) -> int:
        """Return the lane from which a quantity is reported."""
        position = QUANTITIES.index(name)
        states = len(chain.STATE_NAMES)
        return ROLES * position if position < states else self.outputs + position - states


def _static_nodes(recorded: RecordedChain) -> dict[int, int]:
    """Return the operations on parameters alone that other operations need, numbered."""
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
    for index, (operation, *arguments) in enumerate(nodes):
        if operation not in ("const", "input") and not fixed[index]:
            needed |= set(arguments)
    chosen = [i for i in sorted(needed) if fixed[i] and nodes[i][0] not in ("const", "input")]
    return {index: position for position, index in enumerate(chosen)}
