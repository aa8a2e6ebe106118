"""Every exception of the package: a problem, and the remedy.

::

    KetacourseError              exit code 1
    ├── InputError               exit code 2: what was given is wrong
    │   ├── UnitError            a unit is missing, unknown or of the wrong kind
    │   ├── OutOfRangeError      a value outside its physical or stated bounds
    │   ├── CaseError            one or more faults in a case file
    │   ├── EvidenceError        the evidence catalogue refuses an entry
    │   ├── OutputError          a result cannot be written where asked
    │   └── ExtrapolationError   outside the range the evidence covers
    ├── BlockedError             exit code 3: a guardrail blocks
    └── SolverError              exit code 1: the integration failed
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial


class KetacourseError(Exception):
    """A problem in words, with its remedy."""

    exit_code = 1

    def __init__(self, problem: str, *, remedy: str = "") -> None:
        super().__init__(f"{problem} {remedy}".strip())
        self.problem = problem
        self.remedy = remedy


class InputError(KetacourseError):
    """What was given is wrong; nothing was computed or written."""

    exit_code = 2


class UnitError(InputError):
    """A unit is missing, unknown or measures the wrong kind of quantity."""


class OutOfRangeError(InputError):
    """A value lies outside its physical or stated bounds."""


class EvidenceError(InputError):
    """The evidence catalogue refuses an entry."""


class OutputError(InputError):
    """A result cannot be written where it was asked for."""


class ExtrapolationError(InputError):
    """The request lies outside the range that evidence covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a file: where, what value, what is wrong, what to do."""

    path: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        shown = f" (given: {self.value})" if self.value else ""
        return f"{self.path}{shown}: {self.problem} {self.remedy}".strip()


class CaseError(InputError):
    """One or more faults in a file, all reported together."""

    def __init__(self, faults: tuple[Fault, ...], *, where: str = "") -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        noun = "fault" if len(faults) == 1 else "faults"
        super().__init__(f"{where or 'The file'} has {len(faults)} {noun}:\n{lines}")
        self.faults = faults
        self.where = where

    def __reduce__(self) -> tuple[Callable[..., "CaseError"], tuple[tuple[Fault, ...]]]:
        """Keep the faults on the way between processes."""
        return partial(CaseError, where=self.where), (self.faults,)


class BlockedError(KetacourseError):
    """A guardrail blocks the request."""

    exit_code = 3


class SolverError(KetacourseError):
    """The integration failed; the message names patient, time and state."""
