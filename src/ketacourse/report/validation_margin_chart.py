"""Every margin as one row: the zone it allows, and the figure, each on its own scale."""

import math
from collections.abc import Sequence
from html import escape

from ketacourse.course.validation_margins import Verdict
from ketacourse.report.chart import Drawing, Tone, svg_element
from ketacourse.report.shown import number
from ketacourse.report.trial_look import cut
from ketacourse.report.validation_words import LABELS

TONE: dict[str, Tone] = {"met": "green", "missed": "vermillion", "not_supported": "muted"}
SIGN = {"met": "✓", "missed": "✗", "not_supported": "–"}
WORD = {"met": "met", "missed": "missed", "not_supported": "not supported"}
_ZONE = (0.3, 0.7)  # where the zone of a margin lies along a row
_REACH = 2.4  # zone widths beyond which a figure is drawn at the edge


def draw_margins(found: Sequence[Verdict], *, wide: bool) -> Drawing:
    """Return the margins as one SVG element: a shaded zone per row and a mark for the figure."""
    width = 860.0 if wide else 350.0
    left, right = (262.0, 680.0) if wide else (10.0, width - 12.0)
    step, drop, top = (22.0, 11.0, 30.0) if wide else (38.0, 26.0, 30.0)
    parts = [
        '<text class="title" x="2" y="14">Every margin</text>'
        f'<text class="small" x="{width - 2:g}" y="14" text-anchor="end">'
        "shaded: what the margin allows</text>"
    ]
    for k, v in enumerate(found):
        y = top + step * k + drop
        base = y + 4.0 if wide else y - 12.0
        zone = left + _ZONE[0] * (right - left), left + _ZONE[1] * (right - left)
        tone = TONE[v.outcome]
        open_left, open_right = v.margin.at_least is None, v.margin.at_most is None
        a, b = (left if open_left else zone[0]), (right if open_right else zone[1])
        parts.append(
            f'<text class="halo" x="2" y="{base:g}">{escape(name_of(v, 44 if wide else 40))}</text>'
            f'<path class="grid" d="M{left:g} {y:g}H{right:g}"/>'
            f'<rect class="b-green" x="{a:.1f}" y="{y - 6:g}" width="{b - a:.1f}" height="12"/>'
        )
        told = f"{SIGN[v.outcome]} {shown(v.value)}  ({v.margin.text})"
        at, anchor = (right + 14.0, "start") if wide else (width - 2.0, "end")
        parts.append(
            f'<text class="{"halo" if wide else "small"} t-{tone}" x="{at:g}" y="{base:g}" '
            f'text-anchor="{anchor}">{escape(told)}</text>'
        )
        if math.isfinite(v.value):
            x = left + _position(v) * (right - left)
            parts.append(_mark(v.outcome, x, y))
    told = "; ".join(f"{v.margin.name} {WORD[v.outcome]}, {shown(v.value)}" for v in found)
    height = top + step * len(found) + (8.0 if wide else 14.0)
    return svg_element(width, height, f"Every margin with its figure: {told}.", "".join(parts))


def _mark(outcome: str, x: float, y: float) -> str:
    tone = TONE[outcome]
    if outcome == "met":
        return f'<circle class="f-{tone}" cx="{x:.1f}" cy="{y:g}" r="4.5"/>'
    return f'<path class="f-{tone}" d="M{x - 5.5:.1f} {y:g}l5.5 -5.5l5.5 5.5l-5.5 5.5Z"/>'


def _position(v: Verdict) -> float:
    """Return where a figure lies along its row (0 to 1)."""
    low, high = v.margin.at_least, v.margin.at_most
    size = abs(high if low is None else low) if low is None or high is None else high - low  # type: ignore[arg-type]  # one of them is a number
    size = size or 1.0
    near, far = _ZONE
    if low is None:
        place = far + (v.value - high) / size * (far - near)  # type: ignore[operator]
    else:
        place = near + (v.value - low) / size * (far - near)
    return min(max(place, 0.01), 0.99)


def name_of(v: Verdict, most: int) -> str:
    """Return what a figure is about, cut to what fits."""
    return cut(LABELS.get(v.margin.name, v.margin.what), most)


def shown(value: float) -> str:
    """Return a figure with sensible digits, or that there is none."""
    return number(value) if math.isfinite(value) else "none"
