"""Options side by side: what each gains over the plan, with its interval, and what it takes.

One row per option in the order of the ranking. The dot is the expected gain in relief
days, the bar holds 80% of the possible futures, and the shaded strip is where differences do not
matter; the triangles beside the name are the sessions still to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ketacourse.course.advice import Estimate
from ketacourse.report.chart import Drawing, svg_element, text_width
from ketacourse.report.scale import Axis, value_axis

_TOP, _FOOT = 50.0, 44.0
_WIDE, _NARROW = 900.0, 350.0
_SPACE = 9.0  # width of one session's triangle (px)
_MOST_DRAWN = 10  # sessions drawn as triangles; more are a number


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """One option: its place and name, sessions to come, gain over the plan; None is the plan."""

    rank: int
    label: str
    sessions: int
    gain: Estimate | None
    words: str
    suggested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    width: float
    left: float
    right: float
    row: float
    drop: float
    stacked: bool


def draw_options(rows: Sequence[OptionRow], *, indifference: float, wide: bool) -> Drawing:
    """Return the options as one SVG element, in columns or for a narrow screen."""
    layout = _wide(rows) if wide else _NARROW_LAYOUT
    gains = [r.gain for r in rows if r.gain is not None]
    ends = [v for g in gains for v in (g.lower, g.upper)]
    low, high = min([-indifference, *ends]), max([indifference, *ends])
    margin = 0.04 * (high - low)
    unit = "relief days gained over the plan, in twelve weeks"
    axis = value_axis(unit, low - margin, high + margin, most=7 if wide else 5)
    foot = _TOP + layout.row * len(rows)
    body = [_strip(axis, layout, foot, indifference), _grid(axis, layout, foot)]
    body.append(_head(layout))
    body.extend(_row(r, axis, layout, _TOP + layout.row * k) for k, r in enumerate(rows))
    body.append(_directions(axis, layout, foot))
    told = "; ".join(f"{r.rank}. {r.label}: {r.sessions} sessions, {r.words}" for r in rows)
    return svg_element(layout.width, foot + _FOOT, f"Options compared. {told}.", "".join(body))


_NARROW_LAYOUT = _Layout(
    width=_NARROW, left=10.0, right=_NARROW - 10.0, row=44.0, drop=32.0, stacked=True
)


def _wide(rows: Sequence[OptionRow]) -> _Layout:
    names = max(text_width(_name(r)) for r in rows) + 18.0
    most = max(min(r.sessions, _MOST_DRAWN) for r in rows)
    left = min(names, 360.0) + max(_SPACE * most, 58.0) + 24.0
    return _Layout(width=_WIDE, left=left, right=_WIDE - 132.0, row=25.0, drop=13.0, stacked=False)


def _name(row: OptionRow) -> str:
    return f"{row.rank}. {row.label}"


def _place(axis: Axis, layout: _Layout, value: float) -> float:
    return layout.left + float(axis.fraction(value)) * (layout.right - layout.left)


def _head(layout: _Layout) -> str:
    parts = ['<text class="title" x="2" y="14">What each option gains, and what it takes</text>']
    if not layout.stacked:
        at = layout.left - 20.0
        parts.append(
            f'<text class="small" x="2" y="36">option, best balance first</text>'
            f'<text class="small" x="{at:g}" y="36" text-anchor="end">sessions to come</text>'
            f'<text class="small" x="{_WIDE - 2:g}" y="36" text-anchor="end">'
            "expected (80%)</text>"
        )
    else:
        parts.append('<text class="small" x="2" y="31">▲ one session to come</text>')
    return "".join(parts)


def _strip(axis: Axis, layout: _Layout, foot: float, indifference: float) -> str:
    low, high = (_place(axis, layout, v) for v in (-indifference, indifference))
    return (
        f'<rect class="span" x="{low:.1f}" y="{_TOP - 6:g}" width="{max(high - low, 1.0):.1f}" '
        f'height="{foot - _TOP + 6:g}"><title>differences that do not matter</title></rect>'
    )


def _grid(axis: Axis, layout: _Layout, foot: float) -> str:
    parts = []
    for value, text in axis.ticks:
        x = _place(axis, layout, value)
        kind = "axis" if abs(value) < 1e-9 else "grid"
        parts.append(
            f'<path class="{kind}" d="M{x:.1f} {_TOP - 6:g}V{foot:g}"/>'
            f'<text class="small" x="{x:.1f}" y="{foot + 15:g}" text-anchor="middle">{text}</text>'
        )
    return "".join(parts)


def _row(row: OptionRow, axis: Axis, layout: _Layout, y: float) -> str:
    base = y + (12.0 if layout.stacked else layout.drop + 4.0)
    kind = "title" if row.suggested else "halo"
    parts = [f'<text class="{kind}" x="2" y="{base:g}">{escape(_name(row))}</text>']
    if layout.stacked:
        parts.append(_sessions(row, 2.0, base + 14.0, anchor="start"))
    else:
        parts.append(_sessions(row, layout.left - 20.0, base, anchor="end"))
        parts.append(
            f'<text class="small" x="{_WIDE - 2:g}" y="{base:g}" text-anchor="end">'
            f"{escape(row.words)}</text>"
        )
    return "".join(parts) + _gain(row, axis, layout, y + layout.drop)


def _sessions(row: OptionRow, x: float, y: float, *, anchor: str) -> str:
    if row.sessions == 0 or row.sessions > _MOST_DRAWN:
        text = "none" if row.sessions == 0 else f"{row.sessions} sessions"
        return f'<text class="small" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{text}</text>'
    start = x - _SPACE * row.sessions if anchor == "end" else x
    shapes = "".join(
        f"M{start + _SPACE * k + 1:.1f} {y:.1f}l3.5 -8l3.5 8Z" for k in range(row.sessions)
    )
    return f'<path class="f-ink" d="{shapes}"><title>{row.sessions} sessions</title></path>'


def _gain(row: OptionRow, axis: Axis, layout: _Layout, y: float) -> str:
    tone = "vermillion" if row.suggested else "blue"
    if row.gain is None:
        x = _place(axis, layout, 0.0)
        return (
            f'<path class="f-{tone}" d="M{x - 7:.1f} {y:g}l7 -6l7 6l-7 6Z">'
            "<title>the plan</title></path>"
        )
    low, high, x = (
        _place(axis, layout, v) for v in (row.gain.lower, row.gain.upper, row.gain.mean)
    )
    return (
        f'<path class="s-{tone}" stroke-width="2.2" d="M{low:.1f} {y:g}H{high:.1f}"/>'
        f'<circle class="f-{tone}" cx="{x:.1f}" cy="{y:g}" r="4.5"/>'
    )


def _directions(axis: Axis, layout: _Layout, foot: float) -> str:
    y = foot + 33.0
    if layout.stacked:
        return (
            f'<text class="small" x="2" y="{y:g}">← fewer relief days</text>'
            f'<text class="small" x="{layout.width - 2:g}" y="{y:g}" text-anchor="end">'
            "more →</text>"
        )
    zero = _place(axis, layout, 0.0)
    left = "← fewer relief days than the plan"
    right = "more relief days than the plan →"
    end = max(zero - 10.0, text_width(left) + 4.0)
    start = min(max(zero + 10.0, end + 20.0), layout.width - text_width(right))
    return (
        f'<text class="small" x="{end:.1f}" y="{y:g}" text-anchor="end">{left}</text>'
        f'<text class="small" x="{start:.1f}" y="{y:g}">{right}</text>'
    )
