"""Why a text may not be the id that the application gave: what a spreadsheet program makes of ids, and what nobody sees."""

import re
import unicodedata

MOST = 1024
"""Characters of an id."""

_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE][+-][0-9]{1,3}")
_DECIMALS = re.compile(r"[+-]?[0-9]+(?:\.0+|,0)")
_ROUNDED = re.compile(r"[1-9][0-9]{14}0{3,}")
_TOTAL = re.compile(
    r"(?:(?:grand |sub-?)?totals?|(?:gesamt|zwischen)?summe|insgesamt|gesamt|somme|totale|totaal)\s*:?\s*[0-9.,' ]*"
    r"|[(]?[0-9]+ (?:rows?|records?|lines?)(?: affected| selected| exported)?[)]?\.?",
    re.IGNORECASE,
)
_MOST_TOTAL = 60
_REPLACED = "\ufffd"
_EMPTY_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols without ink."""

_JOINERS = "\u200c\u200d"
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")
_JOINED = ("Lo", "Mc", "Mn", "So", "Sk")
"""Kinds of characters that a joiner shapes: emoji, and letters of scripts that join."""


def why_unsure(id: str, *, exact: bool) -> str | None:
    """Why *id* can't be taken; None if it can. ``exact`` takes whatever the file has, as long as it is text."""
    if len(id) > MOST:
        return f"it is longer than {MOST:,} characters, and no id"
    if _REPLACED in id:
        return "it has the mark U+FFFD in the place of a letter that was lost"
    if exact:
        return None
    if not (id.isascii() and id.isprintable()) and (unseen := _unseen(id)) is not None:
        return f"it has an invisible character, U+{ord(unseen):04X}"
    if id[:1] not in "0123456789+-":
        return None
    if _SCIENTIFIC.fullmatch(id):
        return f"{id} is how a spreadsheet program writes a long number, and digits of the id are lost"
    if _DECIMALS.fullmatch(id):
        return f"{id} is a number with a fraction, which a program may have made of the id"
    if _ROUNDED.fullmatch(id):
        return "its digits after the 15th are zeros, as a spreadsheet program leaves them of a long number"
    return None


def is_total(id: str) -> bool:
    """Whether what stands in the place of an id looks like a line below a table: a sum, or the number of rows."""
    return len(id) <= _MOST_TOTAL and _TOTAL.fullmatch(id) is not None


def _unseen(id: str) -> str | None:
    for at, letter in enumerate(id):
        if letter in _EMPTY_LETTERS or (unicodedata.category(letter) in _UNSEEN and not _joins(id, at)):
            return letter
    return None


def _joins(id: str, at: int) -> bool:
    beside = (id[at - 1 : at], id[at + 1 : at + 2])
    return id[at] in _JOINERS and all(each and unicodedata.category(each) in _JOINED for each in beside)
