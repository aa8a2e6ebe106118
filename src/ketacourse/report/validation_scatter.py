"""Predicted against published values, and a histogram of where published values lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ketacourse.report.chart import Drawing, Tone, svg_element
from ketacourse.report.scale import Axis

_WIDTH, _HEIGHT = 420.0, 420.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 46.0, 42.0, 14.0, 44.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One row: published ``x``, predicted ``y`` with its interval, and whether it holds x."""

    x: float
    y: float
    low: float
    high: float
    inside: bool
    tone: Tone
    name: str


def draw_scatter(
    title: str, unit: str, spots: Sequence[Spot], axis: Axis, key: Sequence[tuple[Tone, str]]
) -> Drawing:
    """Return predicted against published values with their 90% intervals.

    Rows whose interval misses the published value have a ring, so that they stand out
    without colour.
    """

    def x(value: float) -> float:
        return _LEFT + float(axis.fraction(value)) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - float(axis.fraction(value)) * (_HEIGHT - _TOP - _BOTTOM)

    foot = _HEIGHT - _BOTTOM
    parts = [
        f'<text class="title" x="2" y="14">{escape(title)}</text>'
        f'<text class="small" x="2" y="31">predicted {escape(unit)}</text>'
        f'<text class="small" x="{(_LEFT + _WIDTH - _RIGHT) / 2:g}" y="{_HEIGHT - 8:g}" '
        f'text-anchor="middle">published {escape(unit)}</text>'
    ]
    for value, text in axis.ticks:
        parts.append(
            f'<path class="grid" d="M{x(value):.1f} {_TOP:g}V{foot:g}M{_LEFT:g} {y(value):.1f}'
            f'H{_WIDTH - _RIGHT:g}"/>'
            f'<text class="small" x="{x(value):.1f}" y="{foot + 16:g}" text-anchor="middle">{text}'
            f'</text><text class="small" x="{_LEFT - 6:g}" y="{y(value) + 4:.1f}" '
            f'text-anchor="end">{text}</text>'
        )
    ends = axis.lower, axis.upper
    parts.append(
        f'<path class="axis" d="M{x(ends[0]):.1f} {y(ends[0]):.1f}L{x(ends[1]):.1f} '
        f'{y(ends[1]):.1f}"/>'
    )
    parts.extend(
        f'<path class="s-{s.tone}" stroke-width="1" stroke-opacity=".45" '
        f'd="M{x(s.x):.1f} {y(s.low):.1f}V{y(s.high):.1f}"/>'
        for s in spots
    )
    for s in spots:
        ring = "" if s.inside else (
            f'<circle class="s-ink" stroke-width="1.4" cx="{x(s.x):.1f}" cy="{y(s.y):.1f}" r="6"/>'
        )  # fmt: skip
        parts.append(
            f'<circle class="f-{s.tone}" fill-opacity=".85" cx="{x(s.x):.1f}" cy="{y(s.y):.1f}" '
            f'r="3.4"><title>{escape(s.name)}</title></circle>{ring}'
        )
    for k, (tone, text) in enumerate(key):
        at = _TOP + 14.0 + 16.0 * k
        parts.append(
            f'<circle class="f-{tone}" cx="{_LEFT + 12:g}" cy="{at - 4:g}" r="4"/>'
            f'<text class="halo" x="{_LEFT + 21:g}" y="{at:g}">{escape(text)}</text>'
        )
    outside = sum(not s.inside for s in spots)
    told = f"{len(spots)} rows, {outside} with an interval that misses the published value."
    return svg_element(_WIDTH, _HEIGHT, f"{title}: predicted against published {unit}. {told}",
                       "".join(parts))  # fmt: skip


def draw_histogram(
    title: str, counts: Sequence[float], expected: tuple[float, float], about: str
) -> Drawing:
    """Return counts by tenths, with the band in which each should lie by chance alone."""
    top = max(*counts, expected[1]) * 1.12
    width, height = _WIDTH, 260.0
    foot = height - _BOTTOM

    def y(value: float) -> float:
        return foot - value / top * (foot - _TOP)

    step = (width - _LEFT - _RIGHT) / len(counts)
    low, high = expected
    parts = [
        f'<text class="title" x="2" y="14">{escape(title)}</text>'
        f'<text class="small" x="2" y="31">rows</text>',
        f'<rect class="b-green" x="{_LEFT:g}" y="{y(high):.1f}" '
        f'width="{width - _LEFT - _RIGHT:g}" height="{y(low) - y(high):.1f}"/>',
    ]
    for k, count in enumerate(counts):
        left = _LEFT + k * step
        parts.append(
            f'<rect class="f-blue" fill-opacity=".8" x="{left + 2:.1f}" y="{y(count):.1f}" '
            f'width="{step - 4:.1f}" height="{foot - y(count):.1f}"/>'
            f'<text class="small" x="{left + step / 2:.1f}" y="{y(count) - 3:.1f}" '
            f'text-anchor="middle">{count:g}</text>'
        )
    for value, text in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
        at = _LEFT + value * (width - _LEFT - _RIGHT)
        parts.append(
            f'<text class="small" x="{at:.1f}" y="{foot + 16:g}" text-anchor="middle">{text}</text>'
        )
    parts.append(
        f'<path class="axis" d="M{_LEFT:g} {foot:g}H{width - _RIGHT:g}"/>'
        f'<text class="small" x="{(_LEFT + width - _RIGHT) / 2:g}" y="{height - 8:g}" '
        f'text-anchor="middle">share of predictions below the published value</text>'
    )
    numbers = ", ".join(f"{c:g}" for c in counts)
    return svg_element(width, height, f"{title}: {numbers}. {about}", "".join(parts))
