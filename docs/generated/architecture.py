"""The picture of the architecture, and the table of its modules: from the import contracts that ``make check`` holds.

The layers are those of ``[tool.importlinter]`` in the workspace's ``pyproject.toml``, what a module is for is the first
line of its docstring. Nothing is imported.
"""

import ast
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path

from generated.text import table

ROOT = Path(__file__).parents[2]
HOST = "jackfield"

_WIDTH, _HEIGHT, _TOP = 900, 590, 64
_OUTER, _INNER = (24, 372), (464, 412)
"""Where the two columns begin, and how wide they are."""

_STYLE = """  <style>
    .paper { fill: #ffffff; stroke: #d0d7de; }
    .lane { fill: #f6f8fa; stroke: #d0d7de; }
    .box { fill: #ffffff; stroke: #57606a; }
    .mark { fill: #ddf4ff; stroke: #0969da; }
    .zoom { stroke: #0969da; stroke-dasharray: 4 4; }
    .arrow { stroke: #57606a; stroke-width: 1.5; marker-end: url(#head); }
    .head { fill: #57606a; }
    text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
    text { fill: #1f2328; text-anchor: middle; }
    .title { font-weight: 600; font-size: 14px; }
    .code { font-family: ui-monospace, "Cascadia Mono", "Segoe UI Mono", "Liberation Mono", Menlo, monospace; font-size: 12px; }
    .small { font-size: 12px; fill: #57606a; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #161b22; stroke: #30363d; }
      .lane { fill: #1c2129; stroke: #30363d; }
      .box { fill: #161b22; stroke: #8b949e; }
      .mark { fill: #0c2d4a; stroke: #58a6ff; }
      .zoom { stroke: #58a6ff; }
      .arrow { stroke: #8b949e; }
      .head { fill: #8b949e; }
      text { fill: #e6edf3; }
      .small { fill: #9da7b3; }
    }
  </style>
  <defs>
    <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
      <path class="head" d="M0,0 L8,4 L0,8 z"/>
    </marker>
  </defs>"""


def layers(contract: str) -> list[list[str]]:
    """The layers of a contract from the highest to the lowest, each with what stands side by side in it."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (found,) = [each for each in tomllib.loads(text)["tool"]["importlinter"]["contracts"] if each["id"] == contract]
    return [[name.strip() for name in layer.split("|")] for layer in found["layers"]]


def drawing() -> str:
    """The picture: the packages, and beside them the layers of the host."""
    outer, inner = layers("distributions"), layers("framework")
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    packages, inside = ("; ".join(", ".join(layer) for layer in each) for each in (outer, inner))
    shown = f"Imports go down only. The packages, from the top: {packages}. Inside {HOST}, from the top: {inside}."
    caption = "Imports go down only, and never between boxes side by side."
    lines = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
        '  <title id="title">The architecture</title>',
        f'  <desc id="desc">{escape(shown)}</desc>',
        _STYLE,
        f'  <rect class="paper" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="10"/>',
        *_column(outer, *_OUTER, "Packages", marked=HOST),
        *_column(inner, *_INNER, f"Inside {HOST}"),
        *_zoom([HOST in layer for layer in outer].index(True), len(outer)),
        f'  <text class="small" x="{_WIDTH / 2:g}" y="{_HEIGHT - 14}">{caption}</text>',
        "</svg>",
    )
    return "\n".join(lines)


def modules() -> str:
    """A table of the host's modules from the highest layer to the lowest, and what each is for."""
    source = ROOT / "framework" / "src" / HOST
    return table(
        ("module", "what it is"),
        [(f"`{name}`", _purpose(source / name)) for layer in layers("framework") for name in layer],
    )


def contents() -> str:
    """A table of each package of the host: its modules, and what each is for."""
    source = ROOT / "framework" / "src" / HOST
    parts: list[str] = []
    for layer in layers("framework"):
        for name in layer:
            files = sorted(file for file in (source / name).rglob("*.py") if file.stem != "__init__")
            if not files:
                continue
            parts += [f"### `{name}/`", ""]
            rows = [(f"`{file.relative_to(source / name)}`", _purpose(file.with_suffix(""))) for file in files]
            parts += [table(("module", "what it is"), rows), ""]
    return "\n".join(parts).rstrip()


def _column(rows: list[list[str]], x: int, width: int, title: str, marked: str = "") -> Iterator[str]:
    """A lane with a row of boxes for each layer, and the arrow along which imports go."""
    height = _HEIGHT - _TOP - 40
    yield f'  <text class="title" x="{x + width / 2:g}" y="34">{title}</text>'
    yield f'  <rect class="lane" x="{x}" y="{_TOP - 14}" width="{width}" height="{height + 14}" rx="6"/>'
    yield f'  <path class="arrow" d="M{x + 16},{_TOP} L{x + 16},{_TOP + height - 12}"/>'
    for number, layer in enumerate(rows):
        y, tall = _place(number, len(rows))
        wide = (width - 32 - 12) / len(layer)
        for place, name in enumerate(layer):
            left = x + 32 + place * wide
            style = "mark" if name == marked else "box"
            yield f'  <rect class="{style}" x="{left:g}" y="{y:g}" width="{wide - 8:g}" height="{tall:g}" rx="5"/>'
            lines = _lines(name, int(wide / 7.5))
            for line, text in enumerate(lines):
                middle = y + tall / 2 + 4 + 16 * (line - (len(lines) - 1) / 2)
                yield f'  <text class="code" x="{left + (wide - 8) / 2:g}" y="{middle:g}">{escape(text)}</text>'


def _lines(name: str, most: int) -> list[str]:
    """A name on one line, or on two where it has more than *most* letters."""
    begin, line, end = name.rpartition("_")
    return [name] if len(name) <= most or not line else [begin + line, end]


def _place(number: int, rows: int) -> tuple[float, float]:
    """Where a row begins, and how tall its boxes are."""
    each = (_HEIGHT - _TOP - 40 - 4) / rows
    return round(_TOP + number * each, 1), round(each - (12 if rows < 6 else 10), 1)


def _zoom(number: int, rows: int) -> Iterator[str]:
    """The lines that lead from the box of the host to the lane that shows its inside."""
    y, tall = _place(number, rows)
    start, end = _OUTER[0] + _OUTER[1] - 20, _INNER[0]
    yield f'  <path class="zoom" d="M{start},{y:g} L{end},{_TOP - 14}"/>'
    yield f'  <path class="zoom" d="M{start},{y + tall:g} L{end},{_HEIGHT - 40}"/>'


def _purpose(module: Path) -> str:
    """The first line of a module's docstring."""
    file = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return told.splitlines()[0].replace("``", "`")
