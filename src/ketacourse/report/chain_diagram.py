"""The chain of causes as a drawing: boxes in layers, arrows coloured and named by grade.

Layers by longest path, crossings reduced by ordering each layer around the mean
position of its neighbours (the usual layered drawing of a directed graph). A link that
runs against the order, closing a circle, is drawn but does not set the layers.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from ketacourse.course.result import Link
from ketacourse.report.chart import Drawing, svg_element, text_width
from ketacourse.report.spacing import apart
from ketacourse.report.theme import GRADE_TONE

GRADE_DASH = {"strong": "", "moderate": "9 3", "weak": "4 3", "contested": "1.5 3"}
GRADE_WIDTH = {"strong": 2.8, "moderate": 2.2, "weak": 1.8, "contested": 2.2}

GOAL = "mood"
"""Where the drawn chain ends; links that do not lead there stand in the table only."""

_LEAST_WIDTH = 860.0
_LAYER_GAP = 80.0
_BOX_HEIGHT = 36.0
_BOX_GAP = 16.0  # least distance between two boxes (px)
_MARGIN = 6.0
_LINE = 13.0  # distance of two lines of text (px)
_LONGEST_LINE = 13  # a longer name is broken at a space (letters)
_SWEEPS = 16


@dataclass(frozen=True, slots=True)
class _Layout:
    """Middle of every node, bends included (px), the layer of each, and every arrow's way."""

    layer: dict[str, int]
    place: dict[str, float]
    routes: dict[int, list[str]]
    width: float


def draw_chain(links: Sequence[Link]) -> Drawing:
    """Return the links that lead to mood as one SVG element, graded by colour, dash and letter.

    Where no link leads there, all are drawn.
    """
    drawn = leading_to(links, GOAL) or list(links)
    layout = _arrange(drawn)
    depth = max(layout.layer.values(), default=0)
    height = depth * _LAYER_GAP + _BOX_HEIGHT + 2 * _MARGIN
    parts = [_arrow(k, link, layout.routes[k], layout) for k, link in enumerate(drawn)]
    boxes = [name for name in layout.layer if not name.startswith("\0")]
    parts.extend(_box(name, layout) for name in boxes)
    told = "; ".join(f"{link.source} to {link.target}: {link.grade}" for link in drawn)
    return svg_element(layout.width, height, f"The chain of causes. {told}.", "".join(parts))


def leading_to(links: Sequence[Link], goal: str) -> list[Link]:
    """Return the links on a way to ``goal``, in their order.

    Examples
    --------
    >>> ab = Link(source="a", target="b", grade="weak", statement="")
    >>> ac = Link(source="a", target="c", grade="weak", statement="")
    >>> [link.target for link in leading_to([ab, ac], "c")]
    ['c']
    """
    reached = {goal}
    for _ in links:
        reached |= {link.source for link in links if link.target in reached}
    return [link for link in links if link.target in reached]


def layers(links: Sequence[Link]) -> dict[str, int]:
    """Return the layer of every node: one below the deepest of its causes.

    Examples
    --------
    >>> ab = Link(source="a", target="b", grade="weak", statement="")
    >>> bc = Link(source="b", target="c", grade="weak", statement="")
    >>> layers([ab, bc])
    {'a': 0, 'b': 1, 'c': 2}
    """
    names = dict.fromkeys(name for link in links for name in (link.source, link.target))
    forward = _without_circles(links)
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in forward:
            depth[target] = max(depth[target], depth[source] + 1)
    caused = {target for _, target in forward}
    for name in names:
        below = [depth[target] for source, target in forward if source == name]
        if name not in caused and below:
            depth[name] = min(below) - 1  # a first cause stands right above what it acts on
    return depth


def _without_circles(links: Sequence[Link]) -> list[tuple[str, str]]:
    reach: dict[str, set[str]] = defaultdict(set)
    kept = []
    for link in links:
        if link.source == link.target or link.source in reach[link.target]:
            continue
        kept.append((link.source, link.target))
        gained = reach[link.target] | {link.target}
        for name in list(reach):
            if name == link.source or link.source in reach[name]:
                reach[name] |= gained
        reach[link.source] |= gained
    return kept


def _arrange(links: Sequence[Link]) -> _Layout:
    layer = layers(links)
    routes: dict[int, list[str]] = {}
    for k, link in enumerate(links):
        first, last = layer[link.source], layer[link.target]
        step = 1 if last > first else -1
        bends = [f"\0{k}:{level}" for level in range(first + step, last, step)]
        for bend, level in zip(bends, range(first + step, last, step), strict=True):
            layer[bend] = level
        routes[k] = [link.source, *bends, link.target]
    rows: dict[int, list[str]] = defaultdict(list)
    for name, level in layer.items():
        rows[level].append(name)
    near: dict[str, list[str]] = defaultdict(list)
    for route in routes.values():
        for a, b in zip(route, route[1:], strict=False):
            near[a].append(b)
            near[b].append(a)
    width = max([_LEAST_WIDTH, *(_needed(row) for row in rows.values())])
    return _Layout(layer, _place(rows, near, width), routes, width)


def _needed(row: list[str]) -> float:
    return sum(_box_width(name) + _BOX_GAP for name in row)


def _place(
    rows: dict[int, list[str]], near: dict[str, list[str]], width: float
) -> dict[str, float]:
    """Return the middle of every node (px): first order the rows, then straighten the arrows."""
    place: dict[str, float] = {}
    for row in rows.values():
        even = [width * (k + 1.0) / (len(row) + 1.0) for k in range(len(row))]
        _settle(row, even, place, width)
    for sweep in range(_SWEEPS):
        for level in sorted(rows, reverse=bool(sweep % 2)):
            wish = {name: _mean(place, near[name], place[name]) for name in rows[level]}
            if sweep < _SWEEPS // 2:
                rows[level].sort(key=wish.__getitem__)
            _settle(rows[level], [wish[name] for name in rows[level]], place, width)
    return place


def _mean(place: dict[str, float], names: list[str], otherwise: float) -> float:
    return sum(place[name] for name in names) / len(names) if names else otherwise


def _settle(row: list[str], wish: list[float], place: dict[str, float], width: float) -> None:
    """Put the nodes of a row near where they wish to be, in order and without overlap."""
    half = [(_box_width(name) + _BOX_GAP) / 2.0 for name in row]
    gaps = [a + b for a, b in pairwise(half)]
    at = apart(wish, gaps, half[0], width - half[-1])
    place.update(zip(row, at, strict=True))


def _box_width(name: str) -> float:
    if name.startswith("\0"):
        return 6.0
    return max(text_width(line) for line in _lines(name)) + 14.0


def _lines(name: str) -> list[str]:
    """Return a name on one line, or broken at the space nearest to its middle."""
    spaces = [k for k, letter in enumerate(name) if letter == " "]
    if len(name) <= _LONGEST_LINE or not spaces:
        return [name]
    cut = min(spaces, key=lambda k: abs(k - len(name) / 2.0))
    return [name[:cut], name[cut + 1 :]]


def _top(name: str, layout: _Layout) -> float:
    return _MARGIN + layout.layer[name] * _LAYER_GAP


def _box(name: str, layout: _Layout) -> str:
    width, x, y = _box_width(name), layout.place[name], _top(name, layout)
    lines = _lines(name)
    first = y + _BOX_HEIGHT / 2.0 + 4.0 - _LINE * (len(lines) - 1) / 2.0
    text = "".join(
        f'<text x="{x:.1f}" y="{first + k * _LINE:.1f}" text-anchor="middle">{escape(line)}</text>'
        for k, line in enumerate(lines)
    )
    return (
        f'<rect class="node" x="{x - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{_BOX_HEIGHT:g}" rx="5"/>{text}'
    )


def _arrow(number: int, link: Link, route: list[str], layout: _Layout) -> str:
    down = layout.layer[route[-1]] > layout.layer[route[0]]
    points = [(layout.place[name], _top(name, layout) + _BOX_HEIGHT / 2.0) for name in route]
    edge = _BOX_HEIGHT / 2.0 if down else -_BOX_HEIGHT / 2.0
    points[0] = (points[0][0], points[0][1] + edge)
    points[-1] = (points[-1][0], points[-1][1] - edge - (5.0 if down else -5.0))
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        bend = (y1 - y0) / 2.0
        path += f"C{x0:.1f} {y0 + bend:.1f} {x1:.1f} {y1 - bend:.1f} {x1:.1f} {y1:.1f}"
    tone, dash = GRADE_TONE[link.grade], GRADE_DASH[link.grade]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    x, y = points[-1]
    tip = 5.0 if down else -5.0
    back = y - tip * 0.8
    head = f"M{x - 4.5:.1f} {back:.1f}L{x:.1f} {y + tip:.1f}L{x + 4.5:.1f} {back:.1f}Z"
    spot = _on_curve(points[0], points[1], 0.4 if number % 2 else 0.58)
    told = escape(f"{link.source} to {link.target}: {link.grade}. {link.statement}")
    return (
        f'<g><title>{told}</title><path class="s-{tone}" '
        f'stroke-width="{GRADE_WIDTH[link.grade]:g}"{dashed} d="{path}"/>'
        f'<path class="f-{tone}" d="{head}"/><circle class="letter" cx="{spot[0]:.1f}" '
        f'cy="{spot[1]:.1f}" r="7.5"/><text class="t-{tone}" x="{spot[0]:.1f}" '
        f'y="{spot[1] + 4:.1f}" text-anchor="middle">{link.grade[0].upper()}</text></g>'
    )


def _on_curve(
    start: tuple[float, float], end: tuple[float, float], share: float
) -> tuple[float, float]:
    """Return the point of an arrow's first bend at a share of its way (0 to 1)."""
    (x0, y0), (x1, y1) = start, end
    a, b = 1.0 - share, share
    middle = (y0 + y1) / 2.0
    x = (a**3 + 3 * a * a * b) * x0 + (3 * a * b * b + b**3) * x1
    y = a**3 * y0 + 3 * a * a * b * middle + 3 * a * b * b * middle + b**3 * y1
    return x, y
