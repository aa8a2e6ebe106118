"""Horizontal bars with intervals, in blocks: shares of groups at a few moments."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ketacourse.report.chart import Drawing, Tone, svg_element, text_width
from ketacourse.report.scale import Axis, value_axis
from ketacourse.report.trial_numbers import share_words
from ketacourse.trials.statistics import Estimate

WIDTH = 350.0
_TOP, _HEAD, _ROW, _BAR, _FOOT, _GAP = 42.0, 20.0, 19.0, 11.0, 36.0, 6.0
_WORDS = 86.0  # room for "48% (44–52%)" to the right of the bars (px)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: whose it is, its tone, and the share with its interval."""

    label: str
    tone: Tone
    share: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Bars under one heading, which may be empty."""

    heading: str
    bars: tuple[Bar, ...]


def draw_bars(
    title: str, unit: str, blocks: Sequence[Block], *, most: float | None = None
) -> Drawing:
    """Return blocks of bars as one SVG element.

    Parameters
    ----------
    title, unit
        What is shown, and of whom it is a share, in percent.
    most
        Largest share (0 to 1) of a set of drawings that shall have one axis.
    """
    bars = [bar for block in blocks for bar in block.bars]
    ends = [bar.share.upper for bar in bars] + [bar.share.value for bar in bars]
    top = max([v for v in ends if math.isfinite(v)], default=1.0) if most is None else most
    axis = value_axis(unit, 0.0, 100.0 * max(top, 0.01), most=4)
    left = max((text_width(bar.label) for bar in bars), default=0.0) + 8.0
    right = WIDTH - _WORDS
    y, body = _TOP, []
    for block in blocks:
        if block.heading:
            body.append(f'<text class="small" x="2" y="{y + 13:g}">{escape(block.heading)}</text>')
            y += _HEAD
        for bar in block.bars:
            body.append(_bar(bar, axis, left, right, y))
            y += _ROW
        y += _GAP
    marks = _axis(axis, left, right, y)
    head = (
        f'<text class="title" x="2" y="14">{escape(title)}</text>'
        f'<text class="small" x="2" y="31">{escape(unit)}</text>'
    )
    told = "; ".join(f"{b.heading}: {_told(b)}" if b.heading else _told(b) for b in blocks)
    return svg_element(
        WIDTH, y + _FOOT - 14.0, f"{title} ({unit}). {told}.", head + marks + "".join(body)
    )


def largest(blocks: Sequence[Block]) -> float:
    """Return the largest share, or end of an interval, of some bars (0 to 1)."""
    values = [v for b in blocks for bar in b.bars for v in (bar.share.value, bar.share.upper)]
    return max([v for v in values if math.isfinite(v)], default=1.0)


def _place(axis: Axis, left: float, right: float, share: float) -> float:
    return left + float(axis.fraction(100.0 * share)) * (right - left)


def _bar(bar: Bar, axis: Axis, left: float, right: float, y: float) -> str:
    middle = y + _ROW / 2.0
    label = (
        f'<text x="{left - 6:.1f}" y="{middle + 4:g}" text-anchor="end">{escape(bar.label)}</text>'
    )
    if not math.isfinite(bar.share.value):
        return (
            f'{label}<text class="small" x="{left + 4:.1f}" y="{middle + 4:g}">nobody seen</text>'
        )
    end = _place(axis, left, right, bar.share.value)
    low, high = (_place(axis, left, right, v) for v in (bar.share.lower, bar.share.upper))
    top, words = middle - _BAR / 2, share_words(bar.share)
    return (
        f'{label}<rect class="b-{bar.tone}" x="{left:.1f}" y="{top:g}" '
        f'width="{end - left:.1f}" height="{_BAR:g}"/>'
        f'<path class="s-{bar.tone}" stroke-width="2" d="M{end:.1f} {top:g}v{_BAR:g}"/>'
        f'<path class="s-{bar.tone}" stroke-width="1.6" d="M{low:.1f} {middle:g}H{high:.1f}'
        f'M{low:.1f} {middle - 3:g}v6M{high:.1f} {middle - 3:g}v6"/>'
        f'<text class="small" x="{right + 6:.1f}" y="{middle + 4:g}">{words}</text>'
    )


def _axis(axis: Axis, left: float, right: float, foot: float) -> str:
    parts = []
    for value, text in axis.ticks:
        x = _place(axis, left, right, value / 100.0)
        parts.append(
            f'<path class="grid" d="M{x:.1f} {_TOP:g}V{foot:g}"/>'
            f'<text class="small" x="{x:.1f}" y="{foot + 14:g}" text-anchor="middle">{text}</text>'
        )
    return "".join(parts)


def _told(block: Block) -> str:
    return ", ".join(f"{bar.label} {share_words(bar.share)}" for bar in block.bars)
