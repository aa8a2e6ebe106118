"""Rows with a dot, an interval and a zone where the dot should lie."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ketacourse.report.chart import Drawing, Tone, svg_element, text_width
from ketacourse.report.scale import Axis, value_axis
from ketacourse.report.trial_look import cut

_TOP, _FOOT = 44.0, 26.0
_WIDE, _NARROW = 860.0, 350.0
_LETTERS, _NARROW_LETTERS = 46, 34


@dataclass(frozen=True, slots=True, kw_only=True)
class DotLine:
    """One row: a heading where ``value`` is None; otherwise a dot, and what stands beside it.

    ``second`` is a hollow mark for comparison, such as a published value.
    """

    label: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    second: float | None = None
    words: str = ""
    tone: Tone = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class DotChart:
    """What the rows show; ``zone`` is shaded, ``null`` is a line."""

    title: str
    unit: str
    rows: tuple[DotLine, ...]
    axis: Axis
    zone: tuple[float, float] | None = None
    null: float | None = None
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    width: float
    left: float
    right: float
    row: float
    drop: float
    stacked: bool

    def x(self, axis: Axis, value: float) -> float:
        return self.left + float(axis.fraction(value)) * (self.right - self.left)


def axis_of(label: str, rows: Sequence[DotLine], *extra: float) -> Axis:
    """Return an axis that holds every finite number of some rows."""
    values = [
        v
        for r in rows
        for v in (r.value, r.low, r.high, r.second)
        if v is not None and math.isfinite(v)
    ]
    ends = [*values, *extra]
    return value_axis(label, min(ends), max(ends), most=6)


def draw_rows(chart: DotChart, *, wide: bool) -> Drawing:
    """Return the rows as one SVG element, labels beside the dots or, if narrow, above them."""
    place = _place(chart, wide=wide)
    tops, y = [], _TOP
    for row in chart.rows:
        tops.append(y)
        y += place.row if row.value is not None else 22.0
    body = [
        f'<text class="title" x="2" y="14">{escape(chart.title)}</text>'
        f'<text class="small" x="2" y="31">{escape(chart.unit)}</text>',
        _ground(chart, place, y),
    ]
    body += [_row(chart, row, place, top) for row, top in zip(chart.rows, tops, strict=True)]
    told = "; ".join(f"{r.label} {r.words}" for r in chart.rows if r.value is not None)
    return svg_element(
        place.width,
        y + _FOOT,
        f"{chart.title} ({chart.unit}). {chart.about} {told}.",
        "".join(body),
    )


def _place(chart: DotChart, *, wide: bool) -> _Place:
    if not wide:
        return _Place(
            width=_NARROW, left=10.0, right=_NARROW - 12.0, row=32.0, drop=22.0, stacked=True
        )
    names = [text_width(cut(r.label, _LETTERS)) for r in chart.rows if r.value is not None]
    words = max((text_width(r.words) for r in chart.rows), default=0.0)
    return _Place(
        width=_WIDE, left=min(max(names, default=60.0) + 22.0, 320.0),
        right=_WIDE - min(words + 20.0, 330.0), row=21.0, drop=11.0, stacked=False,
    )  # fmt: skip


def _ground(chart: DotChart, place: _Place, foot: float) -> str:
    parts = []
    if chart.zone is not None:
        a, b = (place.x(chart.axis, v) for v in chart.zone)
        parts.append(
            f'<rect class="b-green" x="{a:.1f}" y="{_TOP:g}" width="{max(b - a, 1.0):.1f}" '
            f'height="{foot - _TOP:.1f}"/>'
        )
    for value, text in chart.axis.ticks:
        if not chart.axis.lower <= value <= chart.axis.upper:
            continue
        x = place.x(chart.axis, value)
        parts.append(
            f'<path class="grid" d="M{x:.1f} {_TOP:g}V{foot:g}"/>'
            f'<text class="small" x="{x:.1f}" y="{foot + 16:g}" text-anchor="middle">{text}</text>'
        )
    if chart.null is not None:
        x = place.x(chart.axis, chart.null)
        parts.append(f'<path class="axis" d="M{x:.1f} {_TOP:g}V{foot:g}"/>')
    return "".join(parts)


def _row(chart: DotChart, row: DotLine, place: _Place, top: float) -> str:
    if row.value is None:
        return f'<text class="small" x="2" y="{top + 15:g}">{escape(row.label)}</text>'
    y = top + place.drop
    base = top + 12.0 if place.stacked else y + 4.0
    label = escape(cut(row.label, _NARROW_LETTERS if place.stacked else _LETTERS))
    parts = [f'<text class="halo" x="{2 if place.stacked else 12}" y="{base:g}">{label}</text>']
    if row.words:
        at, anchor = (place.width - 2.0, "end") if place.stacked else (place.right + 14.0, "start")
        parts.append(
            f'<text class="small halo" x="{at:g}" y="{base:g}" text-anchor="{anchor}">'
            f"{escape(row.words)}</text>"
        )
    if row.low is not None and row.high is not None:
        a, b = place.x(chart.axis, row.low), place.x(chart.axis, row.high)
        parts.append(f'<path class="s-{row.tone}" stroke-width="1.8" d="M{a:.1f} {y:g}H{b:.1f}"/>')
    if math.isfinite(row.value):
        x = place.x(chart.axis, row.value)
        parts.append(f'<circle class="f-{row.tone}" cx="{x:.1f}" cy="{y:g}" r="4"/>')
    if row.second is not None and math.isfinite(row.second):
        x = place.x(chart.axis, row.second)
        parts.append(
            f'<path class="s-ink" stroke-width="1.8" d="M{x - 4:.1f} {y - 4:g}l8 8m0 -8l-8 8"/>'
        )
    return "".join(parts)
