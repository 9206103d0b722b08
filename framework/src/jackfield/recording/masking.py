"""What of a request and its answer goes into a recording: names and words that are harmless, and replacements of all else.

Promises that what is not known to be harmless is replaced or left out, wherever it stands: in addresses, forms, headers,
names of fields, and JSON inside of texts. Hides how each of them is taken apart.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import SplitResult, parse_qsl, quote, unquote, unquote_plus, urlencode, urlsplit, urlunsplit

import msgspec

from jackfield.http.harmless import STANDARD, Harmless
from jackfield.recording.exchange import Body
from jackfield.recording.forms import Forms

_DEEPEST = 64
_MEDIA = frozenset(
    [
        *("application/json", "application/scim+json", "application/problem+json", "application/hal+json"),
        *("application/vnd.api+json", "application/x-www-form-urlencoded", "application/octet-stream"),
        *("text/plain", "text/html", "text/javascript", "text/csv", "text/xml", "application/xml"),
    ]
)
_FORM = "application/x-www-form-urlencoded"
_LINK = re.compile(r"<([^<>]{0,4096})>([^,<]{0,200})")
_RELATION = re.compile(r"""rel\s*=\s*"?(next|prev|previous|first|last|self)"?(?=[\s;,]|$)""", re.IGNORECASE)
_REQUEST_ID = "x-request-id"
_SECONDS = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)
_COUNTED = re.compile(r"(x-)?rate-?limit-(limit|remaining|reset|reset-after|retry-after|used|requests|policy|interval)")
_ETAG = re.compile(r'(W/)?"([^"]{1,512})"')
_COUNT = re.compile(r"[0-9]{1,15}", re.ASCII)
_SCHEMES = ("http://", "https://")
_SECRET = re.compile(r"passw|passphrase|passcode|secret|(?:^|[^a-z])(?:pin|otp|pwd)(?:$|[^a-z])", re.IGNORECASE)
_EXPRESSION = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z0-9_$:.-]+|[\s()\[\],]')
_LONGEST_EXPRESSION = 65_536


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request goes: the address taken apart, with what is not harmless replaced.

    ``prefix`` is what stands before the route; both are encoded as in an address.
    """

    host: str
    prefix: str
    path: str
    query: tuple[tuple[str, str], ...]


class Masker:
    """Replaces by *forms* what neither *harmless* nor the standards of signing in name."""

    def __init__(self, forms: Forms, harmless: Harmless) -> None:
        known = harmless + STANDARD
        self._forms = forms
        self._fields = frozenset(
            each.lower() for some in (known.fields, known.words, known.numbers, known.times) for each in some
        )
        self._words = _small(known.words)
        self._numbers = frozenset(each.lower() for each in known.numbers)
        self._times = frozenset(each.lower() for each in known.times)
        self._paths = sorted((_parts(each) for each in known.paths), key=len, reverse=True)
        self._prefixes = known.prefixes

    def body(self, content: bytes, content_type: str) -> Body:
        """What is kept of a body: JSON and forms part by part, of everything else that it is there."""
        if not content:
            return Body(kind="none")
        media = content_type.partition(";")[0].strip().lower()
        if media == _FORM:
            return self._form(content)
        try:
            value: object = msgspec.json.decode(content)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            # A part of JSON may hold anything, and so does any other text.
            return Body(kind="broken" if media.endswith("json") else "other", size=len(content))
        return Body(kind="json", value=self.value(value))

    def _form(self, content: bytes) -> Body:
        try:
            pairs = parse_qsl(content.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        except ValueError:
            return Body(kind="other", size=len(content))
        return Body(kind="form", form=tuple((self.name(name), self.string(value, name)) for name, value in pairs))

    def value(self, value: object, name: str = "", depth: int = 0) -> Any:
        """A value of JSON that stands in the field *name*, or in a list of it."""
        if depth > _DEEPEST:
            return None
        if isinstance(value, dict):
            table = cast("dict[str, object]", value)
            made = dict[str, Any]()
            for key, each in table.items():
                shown = self.name(key)
                # Addresses at one host in two cases become one, of which an object would hold one entry only.
                made[self._forms.words(key) if shown in made else shown] = self.value(each, key, depth + 1)
            return made
        if isinstance(value, list):
            return [self.value(each, name, depth + 1) for each in cast("list[object]", value)]
        if isinstance(value, str):
            return self.string(value, name, depth)
        if value is None or isinstance(value, bool):
            return value
        return self._number(value, name.lower())

    def _number(self, value: object, name: str) -> Any:
        if name in self._numbers:
            return value
        if isinstance(value, int):
            return self._forms.moment(value) if name in self._times else self._forms.number(value)
        return self._forms.fraction(value) if isinstance(value, float) else None

    def name(self, name: str) -> str:
        """The name of a field: itself where it is harmless, else replaced as a value is, since an object may be a table."""
        return name if self._named(name) else self.string(name, "")

    def string(self, text: str, name: str, depth: int = 0) -> str:
        """A text that stands in the field *name*."""
        words = self._words.get(name.lower(), frozenset[str]())
        if text in words or (" " in text and all(each in words for each in text.split(" "))):
            return text
        if name.lower() in self._numbers and _COUNT.fullmatch(text):
            return text
        if words and ":" in text and self._named(text):
            return text
        if _SECRET.search(name):
            # Of a password's form nothing is told either.
            return self._forms.words(text) if text.strip() else text
        if text[:1] in ("{", "[") and (inner := self._inner(text, depth)) is not None:
            return inner
        if '"' in text and (shown := self._quoting(text, words)) is not None:
            return shown
        if text.lower().startswith(_SCHEMES) and (address := self._address(text)) is not None:
            return address
        for prefix in self._prefixes:
            if text.startswith(prefix) and len(text) > len(prefix):
                return prefix + self._forms.id(text.removeprefix(prefix))
        return self._forms.text(text)

    def _inner(self, text: str, depth: int) -> str | None:
        """JSON in a text."""
        try:
            value: object = msgspec.json.decode(text)
            return msgspec.json.encode(self.value(value, "", depth + 1)).decode()
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None

    def _quoting(self, text: str, words: frozenset[str]) -> str | None:
        """An entity tag, or an expression that holds values in quotes, such as a filter; None if *text* is neither."""
        if (found := _ETAG.fullmatch(text)) is not None:
            return self._etag(found)
        if not words or len(text) > _LONGEST_EXPRESSION:
            return None
        made, at = list[str](), 0
        while at < len(text):
            if (part := _EXPRESSION.match(text, at)) is None:
                return None
            made.append(shown := part[0])
            at = part.end()
            if shown[0] == '"':
                try:
                    value = self.string(msgspec.json.decode(shown, type=str), "")
                except (msgspec.MsgspecError, ValueError):
                    return None
                made[-1] = json.dumps(value, ensure_ascii=shown.isascii())
            elif not (shown[0] in " ()[]," or shown in words or self._named(shown)):
                return None
        return "".join(made)

    def _named(self, attribute: str) -> bool:
        """Whether *attribute* is the way to a field, such as ``emails.value``, with a schema before it or not."""
        if attribute.lower() in self._fields:
            return True
        head, colon, rest = attribute.rpartition(":")
        return (not colon or head.lower() in self._fields) and all(
            each.lower() in self._fields for each in rest.split(".")
        )

    def _etag(self, found: re.Match[str]) -> str:
        return f'{found[1] or ""}"{self._forms.text(unquote_plus(found[2]))}"'

    def place(self, url: str) -> Place:
        """Where *url* leads; what can't be taken apart is all replaced."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return Place(host=self._forms.host(url), prefix="", path="/", query=())
        prefix, path = self._path(parts.path)
        query = tuple(
            (self.name(name), self.string(value, name))
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        )
        return Place(host=self._forms.host(parts.hostname or ""), prefix=prefix, path=path, query=query)

    def secret_names(self, query: str) -> tuple[str, ...]:
        """The names of the parameters of a secret *query*."""
        return tuple(self.name(name) for name, _ in parse_qsl(query, keep_blank_values=True))

    def _path(self, path: str) -> tuple[str, str]:
        """The part before the route, and the route, of a path."""
        given = path.split("/")[1:] if path.startswith("/") else path.split("/")
        for route in self._paths:
            at = len(given) - len(route)
            if at >= 0 and all(mine in ("{}", unquote(its)) for mine, its in zip(route, given[at:], strict=True)):
                shown = [mine if mine != "{}" else self._part(its) for mine, its in zip(route, given[at:], strict=True)]
                return "".join(f"/{self._part(each)}" for each in given[:at]), "/" + "/".join(shown)
        return "", "/" + "/".join(map(self._part, given))

    def _part(self, part: str) -> str:
        return quote(self.string(unquote(part), ""), safe="")

    def _address(self, text: str) -> str | None:
        """An address in a text; the place of the host says whose it is, and of names and passwords nothing is left."""
        try:
            parts: SplitResult = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            return None
        at = self.place(text)
        fragment = quote(self._forms.text(unquote(parts.fragment)))
        query = urlencode(at.query) if at.query else "" if not parts.query else quote(self._forms.text(parts.query))
        return urlunsplit((parts.scheme.lower(), self._forms.host(host), at.prefix + at.path, query, fragment))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Of headers those that tell how to read an answer, where to go on and when; all others are left out."""
        return {
            # Vendors name this one after themselves, and customers' gateways after the customer.
            _REQUEST_ID if name.lower().endswith("request-id") else name.lower(): shown
            for name, value in headers.items()
            for shown in self._header(name.lower(), value)
        }

    def _header(self, name: str, value: str) -> Iterator[str]:
        if name in ("content-type", "accept"):
            media, _, rest = value.partition(";")
            if media.strip().lower() in _MEDIA:
                charset = "; charset=utf-8" if rest.replace(" ", "").replace('"', "").lower() == "charset=utf-8" else ""
                yield media.strip().lower() + charset
        elif name == "retry-after" or _COUNTED.fullmatch(name):
            if _SECONDS.fullmatch(value.strip()):
                yield value.strip()
        elif name.endswith("request-id"):
            yield self._forms.text(value)
        elif name in ("etag", "if-match", "if-none-match") and (found := _ETAG.fullmatch(value.strip())):
            yield self._etag(found)
        elif name in ("location", "content-location"):
            yield self._link(value)
        elif name == "link" and (links := [*self._links(value)]):
            yield ", ".join(links)

    def _links(self, value: str) -> Iterator[str]:
        for found in _LINK.finditer(value):
            relation = _RELATION.search(found[2])
            yield f"<{self._link(found[1])}>" + (f'; rel="{relation[1].lower()}"' if relation else "")

    def _link(self, target: str) -> str:
        """An address, whole or without its host."""
        if target.lower().startswith(_SCHEMES):
            return self._address(target) or self._forms.words(target)
        at = self.place(target)
        return at.prefix + at.path + (f"?{urlencode(at.query)}" if at.query else "")


def _small(words: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    made: dict[str, frozenset[str]] = {}
    for name, some in words.items():
        made[name.lower()] = made.get(name.lower(), frozenset()) | some
    return made


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))
