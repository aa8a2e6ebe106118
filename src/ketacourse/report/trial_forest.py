"""A forest plot: one difference per row with its interval, and where no difference lies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from ketacourse.report.chart import Drawing, svg_element, text_width
from ketacourse.report.scale import Axis, tick_text, value_axis
from ketacourse.report.trial_look import cut
from ketacourse.report.trial_numbers import decimal

_TOP, _FOOT = 46.0, 42.0
_WIDE, _NARROW = 860.0, 350.0
_SIDE, _WIDE_SIDE = 15, 40  # letters of a name that fit below the axis
_RATIOS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One row: a heading where ``words`` is empty, otherwise a difference.

    ``whole`` marks the difference of all patients; ``patients`` is shown where there is room.
    """

    label: str
    value: float = float("nan")
    lower: float = float("nan")
    upper: float = float("nan")
    words: str = ""
    patients: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """What a forest plot shows.

    ``below`` and ``above`` name who does better where the effect is below and above none; that
    is at 0, or at 1 for a ``ratio``, which is drawn on a logarithmic axis.
    """

    title: str
    unit: str
    rows: tuple[ForestRow, ...]
    below: str
    above: str
    patients: str = ""
    ratio: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where the columns stand (px); a narrow drawing has labels above the intervals."""

    width: float
    left: float
    right: float
    row: float
    heading: float
    drop: float
    stacked: bool

    def height(self, row: ForestRow) -> float:
        """Return the height of a row (px)."""
        return self.row if row.words else self.heading


def draw_forest(forest: Forest, *, wide: bool, beside: Sequence[Forest] = ()) -> Drawing:
    """Return a forest plot as one SVG element, in columns or for a narrow screen.

    ``beside`` are plots that shall have the same axis.
    """
    layout = _wide(forest) if wide else _NARROW_LAYOUT
    rows = [row for each in (forest, *beside) for row in each.rows]
    axis = _axis(forest, [v for r in rows for v in (r.value, r.lower, r.upper)])
    tops = list(accumulate((layout.height(row) for row in forest.rows), initial=_TOP))
    foot = tops.pop()
    body = [_head(forest, layout), _grid(axis, layout, foot, _null(forest))]
    body.extend(_row(row, axis, layout, y) for row, y in zip(forest.rows, tops, strict=True))
    body.append(_directions(forest, axis, layout, foot))
    told = "; ".join(f"{row.label} {row.words}" for row in forest.rows if row.words)
    description = (
        f"{forest.title} ({forest.unit}). Better below {_null(forest):g}: {forest.below}; "
        f"above it: {forest.above}. "
        f"{told}."
    )
    return svg_element(layout.width, foot + _FOOT, description, "".join(body))


_NARROW_LAYOUT = _Layout(
    width=_NARROW,
    left=10.0,
    right=_NARROW - 10.0,
    row=32.0,
    heading=20.0,
    drop=22.0,
    stacked=True,
)


def _wide(forest: Forest) -> _Layout:
    left = max([text_width(row.label) for row in forest.rows], default=0.0) + 40.0
    return _Layout(
        width=_WIDE,
        left=min(left, 330.0),
        right=_WIDE - 300.0,
        row=22.0,
        heading=22.0,
        drop=12.0,
        stacked=False,
    )


def _axis(forest: Forest, values: Sequence[float]) -> Axis:
    ends = [v for v in values if math.isfinite(v)]
    if forest.ratio:
        return _ratio_axis(forest.unit, [v for v in ends if v > 0.0])
    low, high = min([0.0, *ends]), max([0.0, *ends])
    margin = 0.04 * (high - low)
    return value_axis(forest.unit, low - margin * (low < 0.0), high + margin * (high > 0.0), most=6)


def _ratio_axis(label: str, ends: list[float]) -> Axis:
    """Return a logarithmic axis around 1, cut at ratios that no trial can tell apart."""
    low = max(min([0.8, *ends]) / 1.1, _RATIOS[0])
    high = min(max([1.25, *ends]) * 1.1, _RATIOS[-1])
    ticks = tuple((v, tick_text(v)) for v in _RATIOS if low <= v <= high)
    return Axis(label=label, lower=low, upper=high, ticks=ticks, log=True)


def _head(forest: Forest, layout: _Layout) -> str:
    text = (
        f'<text class="title" x="2" y="14">{escape(forest.title)}</text>'
        f'<text class="small" x="2" y="31">{escape(forest.unit)}</text>'
    )
    if not layout.stacked:
        text += (
            f'<text class="small" x="{layout.right + 22:g}" y="31">effect (interval)</text>'
            f'<text class="small" x="{_WIDE - 2:g}" y="31" text-anchor="end">'
            f"{escape(forest.patients)}</text>"
        )
    return text


def _place(axis: Axis, layout: _Layout, value: float) -> float:
    return layout.left + float(axis.fraction(value)) * (layout.right - layout.left)


def _null(forest: Forest) -> float:
    """Return where no difference lies."""
    return 1.0 if forest.ratio else 0.0


def _grid(axis: Axis, layout: _Layout, foot: float, null: float) -> str:
    parts = []
    for value, text in axis.ticks:
        x = _place(axis, layout, value)
        kind = "axis" if abs(value - null) < 1e-9 else "grid"
        parts.append(
            f'<path class="{kind}" d="M{x:.1f} {_TOP:g}V{foot:g}"/>'
            f'<text class="small" x="{x:.1f}" y="{foot + 15:g}" text-anchor="middle">{text}</text>'
        )
    return "".join(parts)


def _row(row: ForestRow, axis: Axis, layout: _Layout, y: float) -> str:
    base = y + (12.0 if layout.stacked else layout.drop + 4.0)
    indent = 2.0 if row.whole or not row.words else 14.0
    kind = "halo" if row.words else "small halo"
    parts = [f'<text class="{kind}" x="{indent:g}" y="{base:g}">{escape(row.label)}</text>']
    if row.words:
        at = (layout.width - 2.0, "end") if layout.stacked else (layout.right + 22.0, "start")
        parts.append(
            f'<text class="small halo" x="{at[0]:g}" y="{base:g}" text-anchor="{at[1]}">'
            f"{escape(row.words)}</text>"
        )
    if row.patients and not layout.stacked:
        parts.append(
            f'<text class="small" x="{_WIDE - 2:g}" y="{base:g}" text-anchor="end">'
            f"{escape(row.patients)}</text>"
        )
    if math.isfinite(row.value):
        parts.append(_interval(row, axis, layout, y + layout.drop))
    return "".join(parts)


def _interval(row: ForestRow, axis: Axis, layout: _Layout, y: float) -> str:
    x = _place(axis, layout, row.value)
    text = ""
    if math.isfinite(row.lower) and math.isfinite(row.upper):
        low, high = _place(axis, layout, row.lower), _place(axis, layout, row.upper)
        text = f'<path class="s-blue" stroke-width="1.8" d="M{low:.1f} {y:g}H{high:.1f}"/>'
    if row.whole:
        return (
            f'{text}<path class="f-vermillion" d="M{x - 7:.1f} {y:g}l7 -6l7 6l-7 6Z">'
            f"<title>{decimal(row.value)}</title></path>"
        )
    return f'{text}<rect class="f-blue" x="{x - 4:.1f}" y="{y - 4:g}" width="8" height="8"/>'


def _directions(forest: Forest, axis: Axis, layout: _Layout, foot: float) -> str:
    zero = _place(axis, layout, _null(forest))
    most = _SIDE if layout.stacked else _WIDE_SIDE
    left = f"← better: {cut(forest.below, most)}"
    right = f"better: {cut(forest.above, most)} →"
    y = foot + 32.0
    if layout.stacked:
        return (
            f'<text class="small" x="2" y="{y:g}">{escape(left)}</text>'
            f'<text class="small" x="{layout.width - 2:g}" y="{y:g}" text-anchor="end">'
            f"{escape(right)}</text>"
        )
    left_end = max(zero - 8.0, text_width(left) + 4.0)
    right_start = max(min(zero + 8.0, layout.width - text_width(right)), left_end + 14.0)
    return (
        f'<text class="small" x="{left_end:.1f}" y="{y:g}" text-anchor="end">{escape(left)}</text>'
        f'<text class="small" x="{right_start:.1f}" y="{y:g}">{escape(right)}</text>'
    )
