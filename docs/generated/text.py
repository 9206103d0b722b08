"""Docstrings and values as Markdown."""

import inspect
import re
from collections.abc import Iterable, Sequence


def doc(thing: object) -> str:
    """The docstring of *thing* as Markdown: its paragraphs, lines joined."""
    return "\n\n".join(_line(paragraph) for paragraph in (inspect.getdoc(thing) or "").split("\n\n"))


def first(thing: object) -> str:
    """The first paragraph of a docstring, on one line."""
    return doc(thing).split("\n\n")[0]


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _line(paragraph: str) -> str:
    return re.sub(r"(?<!\\)\*$", "\\*", paragraph.replace("\n", " ").replace("``", "`"))
