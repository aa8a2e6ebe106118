"""Configuration of the documentation: built offline, with tables made from the package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import tables

from ketacourse.version import VERSION

project = "ketacourse"
author = "the ketacourse authors"
copyright = "the ketacourse authors, Apache-2.0"  # noqa: A001 - the name Sphinx reads
version = release = VERSION

extensions = ["myst_parser", "mathml"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "amsmath", "substitution"]
myst_heading_anchors = 3
myst_substitutions = tables.substitutions()
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"ketacourse {VERSION}"
html_show_sphinx = False
html_show_sourcelink = html_copy_source = False
html_math_renderer = "mathml"  # the usual one is fetched from another host
