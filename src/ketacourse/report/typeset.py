"""The report as PDF, set by Typst from the same content as the page.

Text reaches the template through ``json()`` and is never markup. The template ships with
the package and fetches nothing.
"""

import json
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from ketacourse.errors import OutputError
from ketacourse.report.theme import LIGHT, chart_rules, resolve_variables


def write_pdf(content: Mapping[str, Any], drawings: Mapping[str, str], path: Path) -> None:
    """Write the document; on one machine, the same content gives the same bytes.

    Parameters
    ----------
    content
        Everything the template shows; plain data.
    drawings
        File name, as ``content`` refers to it, to SVG markup.
    path
        The file to write.

    Raises
    ------
    OutputError
        If Typst is not installed.
    """
    try:
        import typst  # heavy and optional
    except ImportError:
        raise OutputError(
            "The PDF needs Typst, which is not installed.",
            remedy="Install it with: pip install 'ketacourse[pdf]'.",
        ) from None
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, markup in drawings.items():
            root.joinpath(name).write_text(standalone(markup), encoding="utf-8")
        root.joinpath("content.json").write_text(json.dumps(content), encoding="utf-8")
        template = files("ketacourse.report").joinpath("templates", "report.typ")
        main = root / "report.typ"
        main.write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
        typst.compile(str(main), output=str(path), root=folder, timestamp=0, pdf_standards=["ua-1"])


def standalone(svg: str) -> str:
    """Return a chart with its light colours inside, for use outside the page."""
    rules = resolve_variables(chart_rules(), LIGHT).replace(".chart ", "")
    start = svg.index(">") + 1
    return f"{svg[:start]}<style>{rules}</style>{svg[start:]}"
