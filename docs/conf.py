"""How the documentation is built: Sphinx with MyST and furo, nothing of it fetched from elsewhere."""

from importlib.metadata import version as _version

project = "Jackfield"
author = "The Jackfield authors"
project_copyright = author
release = version = _version("jackfield")

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["generated"]
nitpicky = True

myst_heading_anchors = 4
myst_enable_extensions = ["deflist", "smartquotes"]
myst_links_external_new_tab = False

html_theme = "furo"
html_title = f"Jackfield {release}"
html_static_path = ["static"]
html_css_files = ["jackfield.css"]
html_show_sphinx = False
html_copy_source = False
pygments_style = "default"
pygments_dark_style = "github-dark"
