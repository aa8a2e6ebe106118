"""What is known: every number with unit, range, grade and source.

``evidence`` is a package and a command, so the package can be called like the command:

>>> import ketacourse
>>> ketacourse.evidence("sources").title.endswith("sources")
True
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ketacourse.evidence.listing import Answer


class _Command(ModuleType):
    """A package that answers when it is called."""

    def __call__(self, name: str = "") -> "Answer":
        """Return what is known under a name, or everything; see ``listing.look_up``."""
        from ketacourse.evidence.listing import look_up

        return look_up(name)


sys.modules[__name__].__class__ = _Command
