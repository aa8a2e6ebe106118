"""Figures beside the margins that were fixed before them, and where a miss comes from."""

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from ketacourse.course.validation_predictive import Predicted
from ketacourse.course.validation_rows import RATES, TestRow
from ketacourse.course.validation_safety import Agreement, ratio_of_all, substance_of
from ketacourse.errors import InputError

Outcome = Literal["met", "missed", "not_supported"]

NAMED = 4
"""Studies named as the source of a miss."""
NOTHING_ALIKE = "No published row of the tables asks this directly."
NOTES = "causes.toml"
"""Beside the margins: what is known of the cause of a miss, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What a figure must reach, written down beforehand."""

    name: str
    what: str
    measure: str
    reason: str
    at_least: float | None
    at_most: float | None

    @property
    def text(self) -> str:
        """Return the margin in words."""
        text = f"{self.at_least:g} to {self.at_most:g}" if None not in self.ends else ""
        if self.at_least is None:
            text = f"at most {self.at_most:g}"
        if self.at_most is None:
            text = f"at least {self.at_least:g}"
        return text.replace("-", "−")

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """Return both bounds."""
        return self.at_least, self.at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One figure beside its margin; ``cause`` says where a miss comes from."""

    margin: Margin
    value: float
    cause: str = ""

    @property
    def outcome(self) -> Outcome:
        """Return whether the figure lies inside its margin, or could not be had."""
        if not math.isfinite(self.value):
            return "not_supported"
        low = -math.inf if self.margin.at_least is None else self.margin.at_least
        high = math.inf if self.margin.at_most is None else self.margin.at_most
        return "met" if low <= self.value <= high else "missed"


def read_margins(path: Path) -> tuple[Margin, ...]:
    """Return the margins of a validation in the order of their file.

    Raises
    ------
    InputError
        If the file cannot be read, or a margin lacks its reason or both bounds.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"The margins in '{path}' cannot be read: {error}.",
            remedy="Give the file of margins with --margins.",
        ) from None
    return tuple(_margin(path, name, fields) for name, fields in table.items())


def _margin(path: Path, name: str, fields: object) -> Margin:
    where = f"'{path}', margin '{name}'"
    if not isinstance(fields, Mapping):
        raise InputError(f"{where} is no table.", remedy="Write it as [name] with its fields.")
    for key in ("what", "measure", "reason"):
        if not isinstance(fields.get(key), str) or not fields[key].strip():
            raise InputError(f"{where} lacks '{key}'.", remedy="State it.")
    unknown = set(fields) - {"what", "measure", "reason", "at_least", "at_most"}
    if unknown:
        raise InputError(f"{where} has the unknown field '{min(unknown)}'.", remedy="Remove it.")
    ends = [fields.get(key) for key in ("at_least", "at_most")]
    if all(end is None for end in ends):
        raise InputError(f"{where} has no bound.", remedy="Give at_least, at_most, or both.")
    if any(end is not None and not isinstance(end, int | float) for end in ends):
        raise InputError(f"{where} has a bound that is no number.", remedy="Give a number.")
    low, high = (None if end is None else float(end) for end in ends)
    if low is not None and high is not None and not low <= high:
        raise InputError(f"{where} runs downwards ({low:g} to {high:g}).", remedy="Swap them.")
    return Margin(
        name=name, what=fields["what"], measure=fields["measure"], reason=fields["reason"],
        at_least=low, at_most=high,
    )  # fmt: skip


def verdicts(
    margins: Sequence[Margin], figures: Mapping[str, float], causes: Mapping[str, str]
) -> tuple[Verdict, ...]:
    """Return every margin with its figure; one without a figure is not supported."""
    found = []
    for margin in margins:
        v = Verdict(margin=margin, value=float(figures.get(margin.name, math.nan)))
        if v.outcome == "not_supported":
            why = "The figure was not computed in this run."
            if margin.name in figures:
                why = "The model gives no value for it."
            v = replace(v, cause=why)
        elif v.outcome == "missed":
            cause = f"{_distance(v)} {causes.get(margin.name, NOTHING_ALIKE)}"
            v = replace(v, cause=cause.replace(" -", " −").strip())
        found.append(v)
    return tuple(found)


def _distance(v: Verdict) -> str:
    """Return by how much a figure misses its margin."""
    low, high = v.margin.at_least, v.margin.at_most
    if high is not None and v.value > high:
        return f"{v.value - high:.2g} above the margin."
    assert low is not None  # it was missed at one of the two ends
    return f"{low - v.value:.2g} below the margin."


def read_notes(path: Path) -> dict[str, str]:
    """Return what is written about the causes of misses, beside the margins; nothing if none."""
    notes = path.with_name(NOTES)
    if not notes.is_file():
        return {}
    try:
        table = tomllib.loads(notes.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"'{notes}' cannot be read: {error}.", remedy="Mend or remove it."
        ) from None
    return {name: str(text) for name, text in table.items()}


def row_causes(
    rows: Sequence[TestRow],
    found: Sequence[Predicted | None],
    expected: tuple[float, float, float] = (math.nan, math.nan, math.nan),
) -> dict[str, str]:
    """Return which studies the errors out of sample come from, by the name of the margin.

    Parameters
    ----------
    expected
        The error of rates that the predictions themselves expect, with its 90% interval; see
        `ketacourse.course.validation_checks.expected_error`.
    """
    judged = [(r, p) for r, p in zip(rows, found, strict=True) if p is not None]
    points = [(r, p) for r, p in judged if r.kind == "points"]
    rates = [(r, p) for r, p in judged if r.outcome in RATES]
    outside = [(r, p) for r, p in judged if not p.inside]
    scores = _by_study(points, "points", square=True)
    causes = {
        "scores": scores,
        "scores_two_exponentials": scores,
        "rates": " ".join(
            [*_as_predicted(expected), _by_study(rates, "percentage points", square=False)]
        ),
    }
    if judged:
        names = _counts([r.study for r, _ in outside])
        better = sum(p.z > 0 for _, p in outside)
        causes["coverage"] = (
            f"{len(outside)} of {len(judged)} rows lie outside"
            + (f": {names}; {better} of them better than predicted." if outside else
               ": the intervals are wider than the rows need.")
        )  # fmt: skip
    return causes


def _as_predicted(expected: tuple[float, float, float]) -> list[str]:
    middle, low, high = expected
    if not math.isfinite(middle):
        return []
    return [
        "If published rates scattered about their predictions as the intervals say, the figure "
        f"would be {middle:.1f} ({low:.1f} to {high:.1f})."
    ]


def _drug(r: TestRow) -> bool:
    return r.control == "drug"


def _awake(r: TestRow) -> bool:
    return r.masking != "anaesthesia"


def _near(r: TestRow, low: float, high: float) -> bool:
    return r.time_days is not None and low <= r.time_days <= high


ALIKE: Mapping[str, Callable[[TestRow], bool]] = {
    "onset": lambda r: _drug(r) and r.kind == "points" and _near(r, 0.0, 0.2),
    "fall_at_24h": lambda r: _drug(r) and r.kind == "points" and _near(r, 0.8, 1.5),
    "response_at_24h": lambda r: (
        _drug(r) and r.outcome == "response_rate" and _near(r, 0.8, 1.5) and r.sessions == 1
    ),
    "remission_at_24h": lambda r: (
        _drug(r) and r.outcome == "remission_rate" and _near(r, 0.8, 1.5) and r.sessions == 1
    ),
    "advantage_at_day_7": lambda r: _awake(r) and r.kind == "points" and _near(r, 5.0, 8.5),
    "advantage_at_day_14": lambda r: _awake(r) and r.kind == "points" and _near(r, 10.0, 15.0),
    "control_crossover": lambda r: r.control.endswith("saline_crossover"),
    "control_spray": lambda r: r.control.endswith("placebo_spray"),
    "control_midazolam": lambda r: r.control.startswith("midazolam"),
    "control_anaesthesia": lambda r: r.control == "saline, anaesthesia",
    "six_doses": lambda r: (
        _drug(r) and r.outcome == "response_rate" and r.sessions >= 6 and r.setting == "trial"
    ),
    "clinic": lambda r: r.setting == "clinic" and r.outcome == "response_rate",
    "relapse_single": lambda r: (
        r.outcome in ("relapse_free", "median_time_to_relapse_days") and r.sessions == 1
    ),
    "relapse_six": lambda r: r.outcome == "median_time_to_relapse_days" and r.sessions > 1,
    "relapse_tail": lambda r: r.outcome == "relapse_free" and r.sessions > 1,
}
"""Published rows that are most like the figure of a margin."""


def alike_causes(rows: Sequence[TestRow], found: Sequence[Predicted | None]) -> dict[str, str]:
    """Return how the published rows most like each figure of the shape were predicted.

    A figure that misses while its rows are predicted well says that table and margin pull
    apart; one that misses with them says that the model is off.
    """
    judged = [(r, p) for r, p in zip(rows, found, strict=True) if p is not None]
    return {name: _told_alike([x for x in judged if same(x[0])]) for name, same in ALIKE.items()}


def _told_alike(judged: list[tuple[TestRow, Predicted]]) -> str:
    if not judged:
        return "No published row of this kind was left to compare with."
    studies = len({r.sample for r, _ in judged})
    inside = sum(p.inside for _, p in judged)
    better = float(np.mean([p.z for _, p in judged]))
    lean = "as predicted" if abs(better) < 0.5 else "better" if better > 0 else "worse"
    than = "" if lean == "as predicted" else " than predicted"
    return (
        f"Published rows of this kind ({len(judged)} of {studies} "
        f"{'study' if studies == 1 else 'studies'}, each predicted from the others): {inside} "
        f"inside their interval; patients did {lean}{than} (mean deviate {better:+.1f})."
    )


def _by_study(judged: list[tuple[TestRow, Predicted]], unit: str, *, square: bool) -> str:
    if not judged:
        return ""
    studies = dict.fromkeys(r.study for r, _ in judged)
    gaps = {s: np.array([r.value - p.centre for r, p in judged if r.study == s]) for s in studies}
    weight = {s: float(np.sum(g**2) if square else np.sum(np.abs(g))) for s, g in gaps.items()}
    total = sum(weight.values())
    worst = sorted(weight, key=lambda s: -weight[s])[:NAMED]
    told = "; ".join(
        f"{s} {weight[s] / total:.0%} (mean published less predicted {gaps[s].mean():+.1f} {unit}, "
        f"{len(gaps[s])} rows)"
        for s in worst
    )
    return f"Share of the error by study: {told}."


def _counts(names: Sequence[str]) -> str:
    unique = dict.fromkeys(names)
    ordered = sorted(unique, key=lambda n: -names.count(n))
    return ", ".join(f"{n} {names.count(n)}" for n in ordered)


def concentration_causes(groups: Sequence[Agreement]) -> dict[str, str]:
    """Return which analytes and routes the concentrations miss, by the name of the margin."""
    off = [g for g in groups if not g.agrees and not g.contested]
    wide = [g for g in groups if g.twofold < 0.9]

    def told(g: Agreement) -> str:
        use = "test" if g.test else "in sample"
        return f"{g.analyte}, {g.route.replace('_', ' ')} ({use}): {g.ratio:.2f}, n {g.n}"

    def of_all(substance: str, route: str) -> str:
        ratio, n = ratio_of_all(groups, substance, route)
        return f"{substance}, {route.replace('_', ' ')}: {ratio:.2f}, n {n}"

    ways = dict.fromkeys((substance_of(g.analyte), g.route) for g in off)
    outside = (
        f"Outside: {'; '.join(told(g) for g in off)}. All rows of that substance and route "
        f"together: {'; '.join(of_all(*way) for way in ways)}."
    )
    return {
        "concentrations_ratio": outside if off else "",
        "concentrations_twofold": "Groups with fewer than 90% within two-fold: "
        + "; ".join(f"{told(g)}, {g.twofold:.0%} within" for g in wide)
        + "."
        if wide
        else "",
    }
