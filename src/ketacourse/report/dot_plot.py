"""One dot per row on a common axis, with an interval where there is one."""

from dataclasses import dataclass
from html import escape

from ketacourse.report.chart import Drawing, svg_element
from ketacourse.report.scale import value_axis
from ketacourse.report.shown import number, span

_WIDTH, _TOP, _ROW, _LEFT, _RIGHT = 350.0, 44.0, 36.0, 8.0, 44.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DotRow:
    """One row: its name, its value and, where known, an interval around it."""

    label: str
    value: float
    lower: float | None = None
    upper: float | None = None


def draw_dots(title: str, unit: str, rows: list[DotRow]) -> Drawing:
    """Return the rows as one SVG element; the axis starts at zero."""
    top = max(max(row.value, row.upper or 0.0) for row in rows)
    axis = value_axis(unit, 0.0, top, most=4)
    bottom = _TOP + _ROW * len(rows)

    def place(value: float) -> float:
        return _LEFT + float(axis.fraction(value)) * (_WIDTH - _LEFT - _RIGHT)

    parts = [
        f'<text class="title" x="2" y="14">{escape(title)}</text>'
        f'<text class="small" x="2" y="31">{escape(unit)}</text>'
    ]
    parts.extend(
        f'<path class="grid" d="M{place(v):.1f} {_TOP:g}V{bottom:g}"/><text class="small" '
        f'x="{place(v):.1f}" y="{bottom + 16:g}" text-anchor="middle">{text}</text>'
        for v, text in axis.ticks
    )
    for k, row in enumerate(rows):
        y = _TOP + _ROW * k + 25.0
        label = escape(row.label)
        parts.append(f'<text class="halo" x="2" y="{y - 11:g}">{label}</text>')
        if row.lower is not None and row.upper is not None:
            parts.append(
                f'<path class="s-blue" stroke-width="2" d="M{place(row.lower):.1f} {y:g}'
                f'H{place(row.upper):.1f}"/>'
            )
        tone = "blue" if row.lower is not None else "muted"
        x = place(row.value)
        parts.append(f'<circle class="f-{tone}" cx="{x:.1f}" cy="{y:g}" r="4.5"/>')
        end = max(x, place(row.upper) if row.upper is not None else x) + 8.0
        parts.append(
            f'<text class="small" x="{end:.1f}" y="{y + 4:g}">{number(row.value, unit=unit)}</text>'
        )
    told = "; ".join(_told(row, unit) for row in rows)
    return svg_element(_WIDTH, bottom + 22.0, f"{title} ({unit}): {told}.", "".join(parts))


def _told(row: DotRow, unit: str) -> str:
    text = f"{row.label} {number(row.value, unit=unit)}"
    if row.lower is None or row.upper is None:
        return text
    low, high = (number(v, unit=unit) for v in (row.lower, row.upper))
    return f"{text} ({span(low, high)})"
