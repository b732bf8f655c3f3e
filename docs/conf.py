"""Settings of the site: ``python -m sphinx -W --keep-going -b html docs docs/_build/html``."""

from __future__ import annotations

import os

import spatialfin

project = "spatialfin"
author = "The spatialfin developers"
copyright = "2026, The spatialfin developers"
version = release = spatialfin.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_build", "**/.ipynb_checkpoints"]
html_theme = "furo"
html_title = f"spatialfin {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]

# Every page with code is run when the site is built, and a page that fails stops the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_merge_streams = True
nb_render_markdown_format = "gfm"
# tqdm, which esda imports, asks for a widget in every notebook; the pages show none.
os.environ.setdefault("PYTHONWARNINGS", "ignore:IProgress not found")
os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "fieldlist"]
myst_heading_anchors = 3

autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
