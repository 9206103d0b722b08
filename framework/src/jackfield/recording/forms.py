"""Texts and numbers in the place of others: of the same form, the same for the same, by a key that nobody keeps.

Promises that nothing of an original is in what replaces it but its form: an address stays an address, an id keeps its length
and its kinds of characters, a time its hour, a name is a name. What is replaced never depends on what came before, so
that nothing is remembered. Hides the key.
"""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from hashlib import blake2b, shake_256
from itertools import count
from string import ascii_lowercase, ascii_uppercase, digits
from unicodedata import normalize

from jackfield.recording.permute import other_number

_ADDRESS = re.compile(r"[^@\s]{1,255}@[^@\s]{1,253}")
_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE | re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_.:/=+~|,{}#%@-]+", re.ASCII)
_OWN = re.compile(r"[A-Za-z0-9]", re.ASCII)
_WORD = re.compile(r"[A-Za-z]+", re.ASCII)
_HEX = re.compile(r"(?=.*[0-9])[0-9a-f-]{8,}", re.ASCII)

_LONG_ID = 20
"""From how many letters on an id without any digit is taken for one; what is shorter is taken for a name."""

_UNGUESSABLE = 1 << 96
"""Of so many texts no two become one, by chance: a stream of the key's does."""

_LONGEST_NUMBER = 96
"""Of so many letters, each number is unguessable; how large it would be for more takes long to find out."""

_BLOCK = 52 * 7
_OLDEST, _OLD, _RECENT = _BLOCK, date(1900, 1, 1).toordinal(), date(2000, 1, 1).toordinal()
_NEAR = date(2011, 1, 1).toordinal()
"""A day alone becomes another of the same stretch: those before 1900, those before 2011, and each 52 weeks since."""

_CONSONANTS, _VOWELS = "bdfgjkpqtvwxz", "aeiouy"
_SYLLABLES = 10
_KEPT_TEXT = 200


class Forms:
    """Replacements under *key* (16 to 64 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        # Weeks, so that a weekday stays one; into the past, so that nothing lies in the future.
        self.shift = timedelta(days=-7 * (5 + self._number("shift", "") % 150))
        self._cached: Callable[[str], str] = lru_cache(maxsize=1 << 16)(self._text)
        self._cached_id: Callable[[str], str] = lru_cache(maxsize=1 << 16)(self._id)

    def __repr__(self) -> str:
        return "Forms(***)"

    def text(self, value: str) -> str:
        """What stands for *value*, by its form; empty and white texts stay."""
        return self._cached(value) if len(value) <= _KEPT_TEXT else self._text(value)

    def _text(self, value: str) -> str:
        if not value.strip():
            return value
        if _ADDRESS.fullmatch(value):
            local, _, host = value.rpartition("@")
            return f"{self._cased(local)}@{self.host(host)}"
        if _TIME.fullmatch(value) and (moved := self._moved(value)) is not None:
            return moved
        if _HOST.fullmatch(value):
            return self.host(value)
        return self.id(value) if _opaque(value) else self.words(value)

    def host(self, name: str) -> str:
        """A host for *name*, without regard to its case; ``.example`` is nobody's (RFC 2606)."""
        return f"{self._letters('host', name.lower(), 14)}.example"

    def id(self, value: str) -> str:
        """An id of the same length, its kinds of characters (digits, small and capital letters) those of *value*.

        What is neither stays in its place. A number without leading zeros becomes what ``number`` makes of it. What has
        other signs than ids have, or more of them than letters and digits, is no id, and becomes words.
        """
        return self._cached_id(value) if len(value) <= _KEPT_TEXT else self._id(value)

    def _id(self, value: str) -> str:
        # A password's signs would stay in their places.
        if not _ID.fullmatch(value) or 2 * len(_OWN.findall(value)) < len(value):
            return self.words(value)
        if _NUMBER.fullmatch(value) and len(value) <= 4000:
            return str(self.number(int(value)))
        if value.isascii() and value.isdecimal():
            # Its zero stays, so that it is never what a number without one becomes.
            return "0" + self._same_kinds(value[1:], "zeros")
        if value != value.lower() and value == value.upper():
            # Logins and hexadecimal ids are the same in either case for many applications.
            return self._same_kinds(value.lower(), "id").upper()
        return self._same_kinds(value, "id")

    def number(self, value: int) -> int:
        """A number with as many digits; 0 to 9 stay."""
        if abs(value) < 10:
            return value
        least = 10 ** (len(str(abs(value))) - 1)
        size = 9 * least
        sign = -1 if value < 0 else 1
        if size >= _UNGUESSABLE:
            return sign * (least + self._number("number", str(value), bytes_=len(str(size)) // 2 + 8) % size)
        return sign * (least + other_number(abs(value) - least, size, self._key))

    def fraction(self, value: float) -> float:
        """A number with a fraction, as large as *value* but for its digits."""
        digits_of = self._number("fraction", repr(value)) % 9000 + 1000
        if abs(value) >= 10**15:
            return math.copysign(digits_of * 10.0 ** (math.floor(math.log10(abs(value))) - 4), value)
        return math.copysign(abs(self.number(int(value))) + digits_of / 10_000, value)

    def moment(self, value: int) -> int:
        """A time since 1970, in seconds, milliseconds, microseconds or nanoseconds by its size, shifted as all times are."""
        seconds = int(self.shift.total_seconds())
        unit = next((unit for unit in (1, 1000, 10**6, 10**9) if abs(value) < 10**11 * unit), 1)
        return value + seconds * unit

    def words(self, value: str) -> str:
        """A text of other words: one where *value* is one word, else at most four. Of its length nothing is told."""
        # The same word in the other usual normal form is the same word in that form. Of marks without end, putting them in
        # order takes their number squared.
        composed = normalize("NFC", value) if len(value) <= _KEPT_TEXT else value
        form = "NFC" if value == composed else "NFD"
        if form == "NFD" and value == normalize(form, value):
            value = composed
        case = _case(value)
        same = value.lower() if case is not None else value
        number = self._number("words", same, bytes_=12)
        syllables: list[str] = []
        for _ in range(_SYLLABLES):
            number, consonant = divmod(number, len(_CONSONANTS))
            number, vowel = divmod(number, len(_VOWELS))
            syllables.append(_CONSONANTS[consonant] + _VOWELS[vowel])
        number_of = min(4, len(value.split()))
        each = _SYLLABLES // number_of
        made = ["".join(syllables[at * each : (at + 1) * each]) for at in range(number_of - 1)]
        made.append("".join(syllables[(number_of - 1) * each :]))
        if not value.isascii():
            made[0] += "é"
        return normalize(form, " ".join((case or str.capitalize)(word) for word in made))

    def _moved(self, value: str) -> str | None:
        try:
            at = datetime.fromisoformat(value)  # whose hour is none may be anything
            day = date.fromisoformat(value[:10])
            moved = date.fromordinal(self._day(day.toordinal())) if _of_a_person(at) else day + self.shift
        except (ValueError, OverflowError):
            return None
        return moved.isoformat() + value[10:]

    def _day(self, day: int) -> int:
        """An earlier stretch's day for a day, so that a date of birth isn't where the shift of times leads back to.

        Who knows when a recording was made finds out by how much the times in it are shifted.
        """
        if day < _OLDEST:
            raise OverflowError
        if day < _OLD:
            least, size = _OLDEST, _OLD - _OLDEST
        elif day < _NEAR:
            least, size = _OLD, _NEAR - _OLD
        else:
            least, size = day - (day - _NEAR) % _BLOCK, _BLOCK
        key = blake2b(f"day {least}".encode(), key=self._key, digest_size=32).digest()
        return least + other_number(day - least, size, key) - _BLOCK

    def _cased(self, value: str) -> str:
        """Letters for *value*, the same in other cases of it but for their own."""
        letters = self._letters("local", value.lower(), 14)
        if value == value.lower():
            return letters
        if value == value.upper():
            return letters.upper()
        # Where the capitals of a mixed text stand would tell where its words begin.
        pattern = self._number("capitals", value) % ((1 << len(letters)) - 2) + 1
        return "".join(one.upper() if pattern >> at & 1 else one for at, one in enumerate(letters))

    def _same_kinds(self, value: str, what: str) -> str:
        kinds = [each for each in (digits, ascii_lowercase, ascii_uppercase) if any(one in each for one in value)]
        if _HEX.fullmatch(value):
            kinds = [digits, "abcdef"] if any(one in "abcdef" for one in value) else [digits]
        alphabet = "".join(kinds)
        own = [one for one in value if one in alphabet]
        if not own:
            return self.words(value)
        size = len(alphabet) ** min(len(own), _LONGEST_NUMBER)

        def of_all_kinds(text: str) -> bool:
            return all(any(one in each for one in text) for each in kinds)

        if size >= _UNGUESSABLE:
            tries = (self._stream(f"{what} {number}", value, alphabet, len(own)) for number in count())
            made = next(filter(of_all_kinds, tries))
        else:
            key = blake2b(f"{what} {alphabet} {len(own)}".encode(), key=self._key, digest_size=32).digest()
            at = other_number(
                _read(own, alphabet), size, key, within=lambda number: of_all_kinds(_spelt(number, alphabet, len(own)))
            )
            made = _spelt(at, alphabet, len(own))
        letters = iter(made)
        return "".join(next(letters) if one in alphabet else one for one in value)

    def _stream(self, what: str, value: str, alphabet: str, length: int) -> str:
        """Letters for a text of which there are so many that none comes for two."""
        seed = blake2b(f"{what} {value}".encode("utf-8", "surrogatepass"), key=self._key, digest_size=64).digest()
        # Two bytes for each letter, so that all of them come about as often.
        data = shake_256(seed).digest(2 * length)
        return "".join(alphabet[(data[at] << 8 | data[at + 1]) % len(alphabet)] for at in range(0, 2 * length, 2))

    def _letters(self, what: str, value: str, length: int) -> str:
        return _spelt(self._number(what, value, bytes_=16) % 26**length, ascii_lowercase, length)

    def _number(self, what: str, value: str, *, bytes_: int = 16) -> int:
        asked = f"{what}\0{value}".encode("utf-8", "surrogatepass")
        seed = blake2b(asked, key=self._key, digest_size=64).digest()
        return int.from_bytes(seed[:bytes_] if bytes_ <= 64 else shake_256(seed).digest(bytes_), "big")


def _opaque(value: str) -> bool:
    """Whether *value* has the form of an id: it has digits, or is long and no words, such as a double name."""
    if not _ID.fullmatch(value):
        return False
    return any(each.isdecimal() for each in value) or (
        len(value) >= _LONG_ID and any(_case(each) is None for each in _WORD.findall(value))
    )


def _of_a_person(at: datetime) -> bool:
    """Whether a time is a day rather, or of before any account, and so may be a date of birth."""
    return at.toordinal() < _RECENT or at.time() == time()


def _case(value: str) -> Callable[[str], str] | None:
    """How *value* is written, where that is usual: then the same word in another usual way becomes the same word."""
    if value == value.lower():
        return str.lower
    if value == value.upper() and len(value) > 1:
        return str.upper
    return str.capitalize if value == value.title() else None


def _read(text: list[str], alphabet: str) -> int:
    number = 0
    for one in text:
        number = number * len(alphabet) + alphabet.index(one)
    return number


def _spelt(number: int, alphabet: str, length: int) -> str:
    out: list[str] = []
    for _ in range(length):
        number, at = divmod(number, len(alphabet))
        out.append(alphabet[at])
    return "".join(reversed(out))
