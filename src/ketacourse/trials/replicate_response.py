"""What counts as response and remission: what the notes of a row say, else the scale's rule."""

import re

from ketacourse.trials.replicate_prediction import UnsupportedRowError
from ketacourse.trials.replicate_scales import Instrument, plain_name

CUT_OFF = re.compile(
    r"remi(?:ssion|tters?|tted)\b[^;]{0,60}?"
    r"(?:(?P<below>\bbelow|\bunder|less than|<(?!=))\s*(?P<first>\d+)"
    r"|(?:<=|\u2264|at most|maximum of)\s*(?P<second>\d+)"
    r"|\b(?P<third>\d+)\s+or\s+(?:less|lower|below|fewer))(?![\d.]*\s*%)",
    re.IGNORECASE,
)
"""What the notes of a row say about remission: ``MADRS of 12 or less``, ``PHQ-9 below 5``."""

LEAST = r"(?:at least\s*|>=?\s*|\u2265\s*|more than\s*)"
FALL = r"(?:fall|reduction|decrease|improvement|drop|decline)"
FRACTION = re.compile(
    rf"\brespon(?:se|ders?)\b[^;]{{0,60}}?"
    rf"(?:{FALL} (?:of|by) {LEAST}?(?P<first>\d+)\s*%"
    rf"|(?:{LEAST}|\bas an? )(?P<second>\d+)\s*%(?:\s*or (?:more|greater))?\s*{FALL}"
    rf"|\b(?:as|is) (?:an? )?{LEAST}(?P<third>\d+)\s*%)",
    re.IGNORECASE,
)
"""What the notes say about response: ``a fall of 35% or more``, ``at least 30% reduction``."""
FALLS_PERCENT = (10.0, 90.0)


def stated_fall(notes: str) -> float | None:
    """Return the fall (share of baseline) that notes call a response, or None.

    Examples
    --------
    >>> stated_fall("response is a fall of 35% or more; drug-free")
    0.35
    >>> stated_fall("responders had at least 30% reduction on the CAPS-5")
    0.3
    >>> stated_fall("response in 12 of 20 (60%)") is None
    True
    """
    found = FRACTION.search(notes)
    if found is None:
        return None
    fall = float(next(part for part in found.groups() if part))
    low, high = FALLS_PERCENT
    return fall / 100.0 if low <= fall <= high else None


def highest_in_remission(notes: str, found: Instrument, mean: float | None) -> int:
    """Return the highest total in remission.

    Parameters
    ----------
    mean
        Published mean before treatment, in points of the row's own scale.

    Raises
    ------
    UnsupportedRowError
        If there is no rule, or it is one on a scale of which only percent is known.
    """
    stated = stated_cut_off(notes)
    if found.kind == "ideation":
        if mean is None or stated is None:
            raise UnsupportedRowError(
                "no published link to points of suicidal ideation; only percent change carries over"
            )
        return stated
    if found.kind == "proportional":
        version = f"'{found.name}'"
        if plain_name(found.name).startswith(("hamd", "hdrs")):
            version = "this version of the HAM-D"
        raise UnsupportedRowError(
            f"no published link to {version}; only percent change carries over"
        )
    if found.kind == "carried":
        if mean is None or stated is None or not stated < mean:
            raise UnsupportedRowError(
                f"remission on '{found.name}' needs a baseline and a lower cut-off in the notes"
            )
        return stated
    if stated is not None and stated <= found.maximum / 2.0:
        return stated
    limit = found.remission_max
    if limit is None:
        raise UnsupportedRowError(f"'{found.name}' has no rule of remission")
    return limit


def stated_cut_off(notes: str) -> int | None:
    """Return the highest total in remission that notes state, or None.

    Examples
    --------
    >>> stated_cut_off("remission is MADRS of 12 or less; flexible dose")
    12
    >>> stated_cut_off("remission is PHQ-9 below 5")
    4
    """
    stated = CUT_OFF.search(notes)
    if stated is None:
        return None
    number = stated["first"] or stated["second"] or stated["third"]
    return int(number) - (1 if stated["below"] else 0)
