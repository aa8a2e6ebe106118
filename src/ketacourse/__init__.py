"""Plan, simulate and follow a course of ketamine therapy.

The public face: one function per command, of the same name. Each is imported on first
use, so that importing the package costs nothing.

>>> import ketacourse
>>> ketacourse.__all__
['load_case', 'screen', 'simulate', 'refit', 'decide', 'explain', 'load_trial', 'trial',
'replicate', 'calibrate', 'validate', 'evidence', 'schema', '__version__']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ketacourse.version import VERSION

if TYPE_CHECKING:
    from ketacourse import evidence as evidence
    from ketacourse.course.calibrate import calibrate as calibrate
    from ketacourse.course.decide import decide as decide
    from ketacourse.course.explain import explain as explain
    from ketacourse.course.refit import refit as refit
    from ketacourse.course.screen import screen as screen
    from ketacourse.course.simulate import simulate as simulate
    from ketacourse.course.validation import validate as validate
    from ketacourse.therapy.case import case_schema as schema
    from ketacourse.therapy.case import load_case as load_case
    from ketacourse.trials.replicate import replicate as replicate
    from ketacourse.trials.run import run_trial as trial
    from ketacourse.trials.trial_read import load_trial as load_trial

__version__ = VERSION

__all__ = [
    "load_case",
    "screen",
    "simulate",
    "refit",
    "decide",
    "explain",
    "load_trial",
    "trial",
    "replicate",
    "calibrate",
    "validate",
    "evidence",
    "schema",
    "__version__",
]

_HOMES = {
    "load_case": ("ketacourse.therapy.case", "load_case"),
    "screen": ("ketacourse.course.screen", "screen"),
    "simulate": ("ketacourse.course.simulate", "simulate"),
    "refit": ("ketacourse.course.refit", "refit"),
    "decide": ("ketacourse.course.decide", "decide"),
    "explain": ("ketacourse.course.explain", "explain"),
    "load_trial": ("ketacourse.trials.trial_read", "load_trial"),
    "trial": ("ketacourse.trials.run", "run_trial"),
    "replicate": ("ketacourse.trials.replicate", "replicate"),
    "calibrate": ("ketacourse.course.calibrate", "calibrate"),
    "validate": ("ketacourse.course.validation", "validate"),
    "schema": ("ketacourse.therapy.case", "case_schema"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name == "evidence":
        return import_module("ketacourse.evidence")
    if name not in _HOMES:
        raise AttributeError(f"module 'ketacourse' has no attribute '{name}'")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
