"""Cells of spreadsheets: text that a spreadsheet would take for a formula is guarded, and read back as it was."""

import re

# A spreadsheet takes text that begins so for a formula, also in its full-width forms.
_FORMULA = "=+\\-@\t\r\n＝＋－＠"
_BEGINS = re.compile(rf"[\s\"]*[{_FORMULA}]")
# One that separates by another character than a comma begins a cell there, in the midst of ours. Tabs are escaped anyway.
_BEGINS_INSIDE = re.compile(rf"([;|])(?=[\s\"]*[{_FORMULA}])")
_GUARDED_INSIDE = re.compile(rf"([;|])'(?=[\s\"]*[{_FORMULA}])")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def guarded(value: str) -> str:
    """*value* as a cell that no spreadsheet takes for a formula: text that could be one gets an apostrophe in front.

    So does what a spreadsheet that separates by ``;`` or ``|`` would make a cell of. Control characters, which could drive
    a terminal, stand there as escapes.
    """
    text = value if value.isprintable() else _CONTROL.sub(_escape, value)
    if ";" in text or "|" in text:
        text = _BEGINS_INSIDE.sub(r"\1'", text)
    return f"'{text}" if _BEGINS.match(value) else text


def unguarded(cell: str) -> str:
    """What was guarded as *cell*, its apostrophes taken away. Escapes stay: an id may hold what looks like one."""
    text = cell[1:] if cell[:1] == "'" and _BEGINS.match(cell, 1) else cell
    return _GUARDED_INSIDE.sub(r"\1", text) if "'" in text else text


def _escape(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode("ascii")
