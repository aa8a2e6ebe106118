"""Colours of the report: one colour-blind-safe palette, in a light and a dark setting.

The hues are those of Okabe and Ito. Lines and areas use them as published or, where
they would be too faint on the page, a darker or lighter shade of the same hue. Colour
never carries meaning alone: lines are labelled, and dashed where they cross.
"""

from collections.abc import Mapping

TONES = ("blue", "vermillion", "green", "purple", "orange", "sky", "ink", "muted")

LIGHT: Mapping[str, str] = {
    "paper": "#ffffff",
    "panel": "#f6f7f9",
    "ink": "#1b1f24",
    "muted": "#59636e",
    "rule": "#d5dae0",
    "grid": "#e6e9ed",
    "blue": "#0072b2",
    "vermillion": "#c04f00",
    "green": "#007f5c",
    "purple": "#a8437f",
    "orange": "#9a6100",
    "sky": "#2677ac",
    "alert": "#fff1e6",
    "alert-edge": "#c04f00",
}

DARK: Mapping[str, str] = {
    "paper": "#14171b",
    "panel": "#1c2026",
    "ink": "#e8eaed",
    "muted": "#a6adb7",
    "rule": "#3a414b",
    "grid": "#2a3038",
    "blue": "#6db6ec",
    "vermillion": "#ff9457",
    "green": "#3fc79d",
    "purple": "#e39ac5",
    "orange": "#f0b13c",
    "sky": "#8fd0f5",
    "alert": "#3a2415",
    "alert-edge": "#ff9457",
}

GRADE_TONE: Mapping[str, str] = {
    "strong": "blue",
    "moderate": "green",
    "weak": "orange",
    "contested": "vermillion",
}

GRADE_MEANING: Mapping[str, str] = {
    "strong": "replicated or pooled results in people",
    "moderate": "consistent, but from animals only or from small studies",
    "weak": "single, small, uncontrolled or indirect results",
    "contested": "good studies disagree",
}


def css_variables(colours: Mapping[str, str]) -> str:
    """Return the colours as CSS custom properties.

    Examples
    --------
    >>> css_variables({"ink": "#000000"})
    '--ink:#000000;'
    """
    return "".join(f"--{name}:{value};" for name, value in colours.items())


def chart_rules() -> str:
    """Return the CSS classes that the charts use, in terms of the custom properties."""
    rules = [
        ".chart text{fill:var(--ink);font:11.5px system-ui,'Segoe UI','DejaVu Sans',Arial,"
        "sans-serif}",
        ".chart .title{font-weight:600;font-size:13px}",
        ".chart .small{fill:var(--muted);font-size:11px}",
        ".chart .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3px;"
        "stroke-linejoin:round}",
        ".chart .axis{stroke:var(--muted);stroke-width:1;fill:none}",
        ".chart .grid{stroke:var(--grid);stroke-width:1;fill:none}",
        ".chart .span{fill:var(--grid)}",
        ".chart .box{fill:var(--panel);stroke:var(--rule)}",
        ".chart .node{fill:var(--paper);stroke:var(--muted);stroke-width:1.2}",
        ".chart .letter{fill:var(--paper)}",
        ".chart .lead{stroke:var(--muted);stroke-width:.6;fill:none}",
    ]
    for tone in TONES:
        rules.append(f".chart .s-{tone}{{stroke:var(--{tone});fill:none}}")
        rules.append(f".chart .f-{tone}{{fill:var(--{tone})}}")
        rules.append(f".chart .b-{tone}{{fill:var(--{tone});fill-opacity:.2}}")
        rules.append(f".chart text.t-{tone}{{fill:var(--{tone})}}")
    return "\n".join(rules)


def resolve_variables(css: str, colours: Mapping[str, str]) -> str:
    """Return ``css`` with every custom property replaced by its colour.

    For renderers that know classes but not custom properties.

    Examples
    --------
    >>> resolve_variables("a{fill:var(--ink)}", {"ink": "#000000"})
    'a{fill:#000000}'
    """
    for name, value in colours.items():
        css = css.replace(f"var(--{name})", value)
    return css
