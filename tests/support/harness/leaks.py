"""Whether texts are in a file in any form: as they are, in other letters, encoded for JSON, addresses or base64.

What has eight signs or more is looked for anywhere; what is shorter is looked for as a word, since a stretch of random
letters holds many of those.
"""

import re
import unicodedata
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from json import dumps
from urllib.parse import quote, quote_plus

_ANYWHERE = 8
_WORD = 4


def found_in(content: str, texts: Iterable[str]) -> dict[str, str]:
    """Of *texts* those that *content* holds, each with the form in which it does."""
    forms = {form: text for text in texts if len(text) >= _WORD for form in _forms(text)}
    plain = content.casefold()
    found = {forms[form]: form for form in _words(plain) if form in forms}
    begins: dict[str, list[str]] = {}
    for form in forms:
        if len(form) >= _ANYWHERE:
            begins.setdefault(form[:_ANYWHERE], []).append(form)
    for at in range(len(plain) - _ANYWHERE + 1):
        for form in begins.get(plain[at : at + _ANYWHERE], ()):
            if plain.startswith(form, at):
                found[forms[form]] = form
    return found


def _words(plain: str) -> Iterator[str]:
    yield from set(re.findall(r"\w+", plain))
    yield from set(re.findall(r'"((?:[^"\\]|\\.)*)"', plain))


def _forms(text: str) -> Iterator[str]:
    for form in {text, *(unicodedata.normalize(kind, text) for kind in ("NFC", "NFD", "NFKC"))}:
        yield form.casefold()
        for each in (quote(form, safe=""), quote(form), quote_plus(form), dumps(form)[1:-1], ascii(form)[1:-1]):
            yield each.casefold()
        # A stretch of base64 depends on where it begins; what is at its ends is of what lies around it, too.
        for shift in range(3):
            data = bytes(shift) + form.encode()
            for encode in (b64encode, urlsafe_b64encode):
                stable = encode(data).decode().rstrip("=")[(0, 2, 3)[shift] : -2]
                if len(stable) >= _ANYWHERE:
                    yield stable.casefold()
        yield form.encode().hex()
