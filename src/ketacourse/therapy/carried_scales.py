"""Rating scales that no published link joins to mood, and to which its change is carried over.

The percent change on such a scale is taken as a share of the percent change of the MADRS, the
*carry-over* of its family. Which scales these are is data (``evidence/carried_scales.toml``); the
carry-overs are parameters of the stage ``carry_over``.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ketacourse.errors import EvidenceError


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedScale:
    """One scale that follows mood in percent only.

    Parameters
    ----------
    key, label
        Name in files, and as it is shown.
    family
        Scales that share one carry-over, the parameter ``carry_over.<family>``.
    spelling
        Its names in small letters and digits, as a regular expression.
    maximum
        Highest total (points).
    response_fraction
        Fall that trials usually call a response; None where none is usual.
    """

    key: str
    label: str
    family: str
    spelling: str
    maximum: int
    response_fraction: float | None = None

    def __post_init__(self) -> None:
        fraction = self.response_fraction
        if not self.maximum > 0 or not (fraction is None or 0.0 < fraction < 1.0):
            raise EvidenceError(
                f"Carried scale '{self.key}' has an impossible maximum or response fraction.",
                remedy="Give points above 0, and a share between 0 and 1.",
            )

    @property
    def parameter(self) -> str:
        """Return the name of its carry-over in the catalogue."""
        return f"carry_over.{self.family}"


@cache
def load_carried_scales() -> Mapping[str, CarriedScale]:
    """Return every carried scale that ships with the package, by key."""
    text = files("ketacourse.evidence").joinpath("carried_scales.toml").read_text(encoding="utf-8")
    return {key: build_carried_scale(key, entry) for key, entry in tomllib.loads(text).items()}


def build_carried_scale(key: str, entry: Mapping[str, Any]) -> CarriedScale:
    """Build one carried scale from its parsed TOML table.

    Raises
    ------
    EvidenceError
        On an unknown, missing or impossible field.
    """
    try:
        return CarriedScale(key=key, **entry)
    except TypeError as error:
        raise EvidenceError(
            f"Carried scale '{key}': {error}.", remedy="Correct its fields."
        ) from None


def carried_scale(plain: str) -> CarriedScale | None:
    """Return the carried scale of a name in small letters and digits, None where there is none.

    Examples
    --------
    >>> carried_scale("bdiii").label, carried_scale("cgi") is None
    ('BDI', True)
    """
    found = (s for s in load_carried_scales().values() if re.fullmatch(s.spelling, plain))
    return next(found, None)
