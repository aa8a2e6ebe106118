"""Charts as plain SVG: bands, lines with their names beside them, thresholds, events.

A :class:`Chart` says what to show; :func:`draw` turns it into one ``<svg>`` element
without script, reference or fixed colour: colours come from the classes of ``theme.py``,
so that the same drawing serves a light page, a dark page and print. Same chart, same
bytes. (A plotting library would spend about a second of start-up and drawing on some
thirty small charts, fix their colours, and outline or repeat what a class says once.)
"""

from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.result import FloatArray
from ketacourse.report.scale import Axis
from ketacourse.report.spacing import apart

Tone = Literal["blue", "vermillion", "green", "purple", "orange", "sky", "ink", "muted"]
Dash = Literal["", "7 4", "2 3", "9 3 2 3"]

_TOP, _BOTTOM, _LEAST_LEFT, _RIGHT = 42.0, 40.0, 28.0, 12.0
_STRIP = 13.0  # height of one row of events under the axis (px)
_ROW = 15.0  # height of one row of numbers below the axis (px)
_LETTER = 6.5  # mean width of a letter at 11.5 px (px)
_LINE_GAP = 13.5  # least distance between two labels (px)
_TOLERANCE = 0.2  # a point nearer than this to its neighbours' chord is left out (px)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One finished SVG element (safe markup) and what it shows, in words."""

    markup: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A curve; its label stands at its right end or, given ``label_x``, above that x.

    The label of a ``minor`` curve stands close to the end and others stand beyond it.
    """

    x: FloatArray
    y: FloatArray
    tone: Tone = "blue"
    label: str = ""
    dash: Dash = ""
    width: float = 2.0
    opacity: float = 1.0
    label_x: float | None = None
    minor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The area between two curves."""

    x: FloatArray
    lower: FloatArray
    upper: FloatArray
    tone: Tone = "blue"
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A horizontal line with its name on it."""

    y: float
    label: str
    tone: Tone = "muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A shaded stretch of time, such as the infusion."""

    start: float
    end: float
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Moments marked along the time axis, such as sessions."""

    x: tuple[float, ...]
    tone: Tone
    shape: Literal["triangle", "circle"]
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """Observed values."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    label: str
    tone: Tone = "ink"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Numbers in a row below the axis, such as patients at risk: a name, and texts at x."""

    label: str
    values: tuple[tuple[float, str], ...] = ()
    tone: Tone = "ink"


Mark = Line | Band | Threshold | Span | Events | Dots


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What one chart shows; ``description`` is its alternative text, ``rows`` stand below."""

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    description: str
    width: float = 350.0
    height: float = 240.0
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """The plot area in pixels, and the way from values to pixels."""

    chart: Chart
    left: float
    top: float
    right: float
    bottom: float
    strip: float
    near: float

    def x(self, values: FloatArray | float) -> FloatArray:
        return self.left + self.chart.x.fraction(values) * (self.right - self.left)

    def y(self, values: FloatArray | float) -> FloatArray:
        return self.bottom - self.chart.y.fraction(values) * (self.bottom - self.top)


def draw(chart: Chart) -> Drawing:
    """Return the chart as one SVG element, with its description for screen readers."""
    frame = _frame(chart)
    order = (Span, Band, Threshold, Line, Events, Dots)
    marks = sorted(chart.marks, key=lambda mark: order.index(type(mark)))
    body = [_grid(frame)]
    body.extend(_mark(mark, frame) for mark in marks if not isinstance(mark, Events))
    events = [mark for mark in marks if isinstance(mark, Events)]
    body.extend(_events(mark, row, frame) for row, mark in enumerate(events))
    body.extend(_threshold_name(mark, frame) for mark in marks if isinstance(mark, Threshold))
    body.extend((_axes(frame), _end_labels(frame), _rows(frame)))
    return svg_element(chart.width, chart.height, chart.description, "".join(body))


def svg_element(width: float, height: float, description: str, body: str) -> Drawing:
    """Return an SVG element that screen readers announce as one image."""
    markup = (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="{escape(description)}" viewBox="0 0 {width:g} {height:g}">{body}</svg>'
    )
    return Drawing(markup=markup, description=description)


def text_width(text: str) -> float:
    """Return about how wide a label is (px)."""
    return _LETTER * len(text)


def thin(x: FloatArray, y: FloatArray, tolerance: float = _TOLERANCE) -> NDArray[np.intp]:
    """Return the indices of the points that a polyline needs to look the same.

    Every second point that lies within ``tolerance`` (px) of the chord between its
    neighbours is dropped, until nothing more goes or eight rounds have passed.
    """
    keep = np.arange(x.size)
    for turn in range(8):
        inner = np.arange(1 + turn % 2, keep.size - 1, 2)
        if inner.size == 0:
            break
        before, here, after = keep[inner - 1], keep[inner], keep[inner + 1]
        run = x[after] - x[before]
        part = np.where(run > 0.0, (x[here] - x[before]) / np.where(run > 0.0, run, 1.0), 0.5)
        chord = y[before] + part * (y[after] - y[before])
        keep = np.delete(keep, inner[np.abs(y[here] - chord) < tolerance])
    return keep


def _frame(chart: Chart) -> _Frame:
    ends = [m for m in chart.marks if isinstance(m, Line | Band) and _at_end(m)]
    near = max((text_width(m.label) + 6.0 for m in ends if _minor(m)), default=0.0)
    far = max((text_width(m.label) + 13.0 for m in ends if not _minor(m)), default=0.0)
    names = [text for _, text in chart.y.ticks] + [row.label for row in chart.rows if row.values]
    names_width = max((text_width(text) for text in names), default=0.0)
    strip = _STRIP * sum(1 for m in chart.marks if isinstance(m, Events))
    return _Frame(
        chart=chart,
        left=max(_LEAST_LEFT, names_width + 12.0),
        top=_TOP,
        right=chart.width - max(near + far, _RIGHT),
        bottom=chart.height - _BOTTOM - strip - _ROW * len(chart.rows),
        strip=strip,
        near=near,
    )


def _at_end(mark: Line | Band) -> bool:
    return bool(mark.label) and (isinstance(mark, Band) or mark.label_x is None)


def _minor(mark: Line | Band) -> bool:
    return isinstance(mark, Line) and mark.minor


def _text(x: float, y: float, text: str, *, anchor: str = "start", kind: str = "") -> str:
    shown = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{shown}>{escape(text)}</text>'


def _grid(frame: _Frame) -> str:
    return "".join(
        f'<path class="grid" d="M{frame.left:.1f} {frame.y(v):.1f}H{frame.right:.1f}"/>'
        for v, _ in frame.chart.y.ticks
        if frame.chart.y.lower <= v <= frame.chart.y.upper
    )


def _axes(frame: _Frame) -> str:
    chart = frame.chart
    parts = [_text(2.0, 14.0, chart.title, kind="title")]
    parts.append(_text(2.0, 31.0, chart.y.label, kind="small"))
    for value, text in chart.y.ticks:
        if chart.y.lower <= value <= chart.y.upper:
            y = float(frame.y(value))
            parts.append(_text(frame.left - 6.0, y + 4.0, text, anchor="end", kind="small"))
    parts.append(f'<path class="axis" d="M{frame.left:.1f} {frame.bottom:.1f}H{frame.right:.1f}"/>')
    foot = frame.bottom + frame.strip
    for value, text in chart.x.ticks:
        x = float(frame.x(value))
        parts.append(f'<path class="axis" d="M{x:.1f} {frame.bottom:.1f}v4"/>')
        parts.append(_text(x, foot + 16.0, text, anchor="middle", kind="small"))
    centre = (frame.left + frame.right) / 2.0
    parts.append(_text(centre, foot + 32.0, chart.x.label, anchor="middle", kind="small"))
    return "".join(parts)


def _rows(frame: _Frame) -> str:
    parts = []
    for k, row in enumerate(frame.chart.rows):
        y = frame.bottom + frame.strip + _BOTTOM + _ROW * (k + 1) - 4.0
        parts.append(_text(2.0, y, row.label, kind=f"small t-{row.tone}"))
        for value, text in row.values:
            parts.append(_text(float(frame.x(value)), y, text, anchor="middle", kind="small"))
    return "".join(parts)


def _path(x: FloatArray, y: FloatArray) -> str:
    kept = thin(x, y)
    return "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x[kept], y[kept], strict=True))


def _mark(mark: Mark, frame: _Frame) -> str:
    if isinstance(mark, Line):
        return _line(mark, frame)
    if isinstance(mark, Band):
        x = frame.x(mark.x)
        outline = f"M{_path(x, frame.y(mark.upper))}"
        under = _path(x, frame.y(mark.lower)).split("L")
        return f'<path class="b-{mark.tone}" d="{outline}L{"L".join(reversed(under))}Z"/>'
    if isinstance(mark, Threshold):
        return _threshold(mark, frame)
    if isinstance(mark, Span):
        return _span(mark, frame)
    return _dots(mark, frame) if isinstance(mark, Dots) else ""


def _line(mark: Line, frame: _Frame) -> str:
    x, y = frame.x(mark.x), frame.y(mark.y)
    dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
    faint = f' stroke-opacity="{mark.opacity:g}"' if mark.opacity < 1.0 else ""
    drawn = (
        f'<path class="s-{mark.tone}" stroke-width="{mark.width:g}"{dash}{faint} '
        f'stroke-linejoin="round" d="M{_path(x, y)}"/>'
    )
    if mark.label and mark.label_x is not None:
        at = float(frame.x(mark.label_x))
        height = float(np.interp(mark.label_x, mark.x, y))
        at = min(at, frame.right - text_width(mark.label) + 8.0)
        drawn += _text(at + 4.0, height - 5.0, mark.label, kind=f"halo t-{mark.tone}")
    return drawn


def _threshold(mark: Threshold, frame: _Frame) -> str:
    y = float(frame.y(mark.y))
    return (
        f'<path class="s-{mark.tone}" stroke-width="1.2" stroke-dasharray="2 3" '
        f'd="M{frame.left:.1f} {y:.1f}H{frame.right:.1f}"/>'
    )


def _threshold_name(mark: Threshold, frame: _Frame) -> str:
    y = float(frame.y(mark.y)) - 4.0
    kind = f"small halo t-{mark.tone}"
    return _text(frame.right - 2.0, y, mark.label, anchor="end", kind=kind)


def _span(mark: Span, frame: _Frame) -> str:
    start, end = float(frame.x(mark.start)), float(frame.x(mark.end))
    width = max(end - start, 1.5)
    label = _text(start + 2.0, frame.top + 10.0, mark.label, kind="small") if mark.label else ""
    return (
        f'<rect class="span" x="{start:.1f}" y="{frame.top:.1f}" width="{width:.1f}" '
        f'height="{frame.bottom - frame.top:.1f}"/>{label}'
    )


def _events(mark: Events, row: int, frame: _Frame) -> str:
    middle = frame.bottom + _STRIP * (row + 0.5) + 3.0
    parts = []
    for value in mark.x:
        x = float(frame.x(value))
        if mark.shape == "triangle":
            parts.append(f"M{x - 4:.1f} {middle + 4:.1f}L{x:.1f} {middle - 4:.1f}l4 8Z")
        else:
            parts.append(f"M{x - 3.5:.1f} {middle:.1f}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0Z")
    return (
        f'<path class="f-{mark.tone}" d="{"".join(parts)}"><title>{escape(mark.label)}</title>'
        "</path>"
    )


def _dots(mark: Dots, frame: _Frame) -> str:
    shapes = "".join(
        f'<circle class="f-{mark.tone}" cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="4">'
        f"<title>{escape(mark.label)}: {y:g}</title></circle>"
        for x, y in zip(mark.x, mark.y, strict=True)
    )
    if not mark.x:
        return ""
    x, y = float(frame.x(mark.x[-1])), float(frame.y(mark.y[-1]))
    at_edge = x + 7.0 + text_width(mark.label) > frame.right
    x, anchor = (x - 7.0, "end") if at_edge else (x + 7.0, "start")
    return shapes + _text(x, y + 13.0, mark.label, anchor=anchor, kind=f"halo t-{mark.tone}")


def _end_labels(frame: _Frame) -> str:
    named = [m for m in frame.chart.marks if isinstance(m, Line | Band) and _at_end(m)]
    near = [m for m in named if _minor(m)]
    far = [m for m in named if not _minor(m)]
    return _label_column(near, frame, 4.0) + _label_column(far, frame, frame.near + 11.0)


def _label_column(marks: list[Line | Band], frame: _Frame, offset: float) -> str:
    ends = [float(frame.y(_end(mark))) for mark in marks]
    placed = spread(ends, frame.top + 4.0, frame.bottom - 2.0)
    parts = []
    for mark, y, at in zip(marks, ends, placed, strict=True):
        if abs(at - y) > 3.0 or (frame.near and not _minor(mark)):
            start, stop = frame.right + 1.0, frame.right + offset - 2.0
            parts.append(f'<path class="lead" d="M{start:.1f} {y:.1f}L{stop:.1f} {at:.1f}"/>')
        x = frame.right + offset
        parts.append(_text(x, at + 4.0, mark.label, kind=f"halo t-{mark.tone}"))
    return "".join(parts)


def _end(mark: Line | Band) -> float:
    if isinstance(mark, Line):
        return float(mark.y[-1])
    return float(mark.lower[-1] + mark.upper[-1]) / 2.0


def spread(heights: list[float], top: float, bottom: float) -> list[float]:
    """Return the heights moved apart so that labels at them do not overlap (px).

    Examples
    --------
    >>> spread([100.0, 100.0], 0.0, 200.0)
    [93.25, 106.75]
    """
    order = sorted(range(len(heights)), key=lambda k: heights[k])
    gaps = [_LINE_GAP] * (len(heights) - 1)
    placed = apart([heights[k] for k in order], gaps, top, bottom)
    by_index = dict(zip(order, placed, strict=True))
    return [by_index[k] for k in range(len(heights))]
