"""Foreign text made visible: on one line, and without a character that nobody sees or that a terminal obeys.

Promises that only the text itself decides, by the categories of Unicode; hides which characters those are.
"""

import re
import unicodedata

_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
"""Controls, formats (zero width, directions), halves of surrogate pairs, private use, separators of lines."""

_DRAWN_AS_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef\u2800]"
)
"""Letters and marks that are drawn as nothing all the same (Default_Ignorable_Code_Point, and the blank of Braille)."""

_JOINER = "\u200d"
_STYLES = "\ufe0e\ufe0f"
_SYMBOLS = ("So", "Sk")
_KEYCAPS = "0123456789#*"

_IN_JSON = re.compile(
    rb"\x7f|\xc2[\x80-\x9f\xad]|\xd8[\x80-\x85\x9c]|\xdb\x9d|\xe2\x80[\x8b\x8c\x8e\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]"
    rb"|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]"
)
"""In UTF-8: what is hidden and stands in the first plane, but for the joiner of emoji."""


def visible(text: str) -> str:
    """*text* with every character that is not seen, or that would drive a terminal, shown as an escape.

    The joiners and styles within emoji stay: without them one sign falls apart into several.
    """
    if text.isprintable() and (text.isascii() or _DRAWN_AS_NOTHING.search(text) is None):
        return text
    return "".join(
        one.encode("unicode_escape").decode("ascii") if _is_hidden(text, at) else one for at, one in enumerate(text)
    )


def has_visible(text: str) -> bool:
    """Whether anything in *text* is seen: a letter, a digit or a sign."""
    return any(
        unicodedata.category(one)[0] not in "ZCM" and _DRAWN_AS_NOTHING.match(one) is None
        for one in text
        if not one.isspace()
    )


def one_line(text: str, most: int = 200) -> str:
    """The beginning of *text*, at most *most* characters of it, visible and with each run of white space as one space."""
    # What white space leaves out of a text that is mostly white space is not worth reading on for.
    shown = " ".join(text[: 4 * most].split())
    return visible(shown[:most]) + ("…" if len(shown) > most or len(text) > 4 * most else "")


def visible_json(encoded: bytes) -> bytes:
    """The same JSON, with characters that drive a terminal or are not seen written as JSON's own escapes."""
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded
    return _IN_JSON.sub(lambda found: b"\\u%04x" % ord(found.group().decode()), encoded)


def _is_hidden(text: str, at: int) -> bool:
    one = text[at]
    if " " <= one <= "~":
        return False
    if one == _JOINER:
        return not (_is_symbol(text, at - 1) and _is_symbol(text, at + 1))
    if one in _STYLES:
        return not (at and (_is_symbol(text, at - 1) or text[at - 1] in _KEYCAPS))
    return unicodedata.category(one) in _HIDDEN or _DRAWN_AS_NOTHING.match(one) is not None


def _is_symbol(text: str, at: int) -> bool:
    """Whether a symbol, with the style that may follow it, stands at *at*."""
    if at > 0 and text[at] in _STYLES:
        at -= 1
    return 0 <= at < len(text) and unicodedata.category(text[at]) in (*_SYMBOLS, "Sm", "Po")
