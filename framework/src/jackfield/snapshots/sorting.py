"""The order of names: whatever their case, and letters with marks beside those without.

Promises one order wherever names are sorted for people, on every machine, without a library; identifiers are sorted as they are.
"""

import re
from unicodedata import normalize

_LETTERS = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
"""Letters of Latin alphabets that Unicode does not take apart, beside those that people look for them at."""

_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff]+")
"""Marks of letters as they stand where letters are taken apart."""


def name_key(name: str) -> str:
    """What *name* is sorted by: *Émile* beside *Emile*, and always on the same side of it."""
    folded = name.casefold()
    if folded.isascii():
        return folded
    plain = _MARKS.sub("", normalize("NFKD", folded))
    if not plain.isascii():
        plain = plain.translate(_LETTERS)
    # Less than whatever can be seen, so that a name that goes on comes later.
    return f"{plain}\x01{folded}"
