"""A matrix of shares: one square per cell, its side growing with the share."""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from ketacourse.report.chart import Drawing, svg_element

_LEFT, _TOP, _ROW, _COLUMN = 190.0, 62.0, 26.0, 106.0


def draw_matrix(
    title: str, rows: Sequence[str], columns: Sequence[str], values: NDArray[np.float64]
) -> Drawing:
    """Return shares (0 to 1) by row and column, shape (n_rows, n_columns), as one SVG element."""
    width = _LEFT + _COLUMN * len(columns) + 10.0
    height = _TOP + _ROW * len(rows) + 8.0
    parts = [f'<text class="title" x="2" y="14">{escape(title)}</text>']
    for j, name in enumerate(columns):
        x = _LEFT + _COLUMN * (j + 0.5)
        for k, line in enumerate(_lines(name)):
            parts.append(
                f'<text class="small" x="{x:g}" y="{38 + 14 * k:g}" text-anchor="middle">'
                f"{escape(line)}</text>"
            )
    for i, name in enumerate(rows):
        y = _TOP + _ROW * (i + 0.5)
        parts.append(
            f'<path class="grid" d="M2 {y + _ROW / 2:g}H{width:g}"/>'
            f'<text x="2" y="{y + 4:g}">{escape(name)}</text>'
        )
        for j in range(len(columns)):
            share = float(min(values[i, j], 1.0))
            x, side = _LEFT + _COLUMN * (j + 0.3), 20.0 * share**0.5
            if share >= 0.005:
                parts.append(
                    f'<rect class="f-blue" fill-opacity="{0.35 + 0.65 * share:.2f}" '
                    f'x="{x - side / 2:.1f}" y="{y - side / 2:.1f}" width="{side:.1f}" '
                    f'height="{side:.1f}"/>'
                )
            parts.append(
                f'<text class="small" x="{x + 16:g}" y="{y + 4:g}">{100 * share:.0f}%</text>'
            )
    told = "; ".join(
        f"{columns[j]}: {rows[int(np.argmax(values[:, j]))]} most" for j in range(len(columns))
    )
    return svg_element(width, height, f"{title}. {told}.", "".join(parts))


def _lines(name: str) -> list[str]:
    """Return a name in lines of up to some 16 letters."""
    lines: list[str] = [""]
    for word in name.split():
        if len(lines[-1]) + len(word) > 16 and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines[:4]
