"""Which answer of a recording a request gets: by its method, its route and what it asks for.

Promises that what a request took from an answer is matched exactly, alone or in quotes in a filter, and that what it has from
elsewhere, such as a credential or what somebody typed, stands for what was typed when it was recorded. Hides how the two are
told apart.
"""

import re
from collections.abc import Iterator, Sequence
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import msgspec

from jackfield.recording import Body, Exchange

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*(")?', re.DOTALL)
"""The group is missing where nothing ends it: so it never looks through the rest of a text in vain."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a recording."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Body = Body(kind="none")

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def asked(method: str, target: str, body: bytes, content_type: str) -> Asked:
    """The request for *target*, which is a path with its query."""
    parts = urlsplit(target)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Asked(method=method, path=parts.path, query=query, body=_body(body, content_type))


def _body(content: bytes, content_type: str) -> Body:
    if not content:
        return Body(kind="none")
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/x-www-form-urlencoded":
        return Body(kind="form", form=tuple(parse_qsl(content.decode("ascii", "replace"), keep_blank_values=True)))
    try:
        return Body(kind="json", value=msgspec.json.decode(content))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Body(kind="broken" if media.endswith("json") else "other", size=len(content))


class Matcher:
    """The exchanges of a recording by what was asked; each answer is given in its turn, the last one again and again."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._routes: dict[tuple[str, str], dict[bytes, _Case]] = {}
        self._known: set[str] = set()
        for each in exchanges:
            if each.answer is not None:
                self._known.update(_texts(each.answer.body.value))
                self._known.update(each.answer.headers.values())
            whole = _whole(each.query, each.body)
            # The same route below another address is another; without what stands before it, either is meant.
            for path in dict.fromkeys((each.prefix + each.path, each.path)):
                cases = self._routes.setdefault((each.method, path), {})
                cases.setdefault(whole, _Case(each.query, each.body)).answers.append(each)

    def find(self, request: Asked) -> Exchange | None:
        """The next exchange that answers *request*, None where the recording has none."""
        cases = self._cases(request)
        best = cases.get(_whole(request.query, request.body))
        if best is None:
            fitting = [case for case in cases.values() if self._fits(case, request)]
            # What was asked for twice in other words was answered twice: the answer that was not given yet comes first.
            best = next((case for case in fitting if not case.given), None) or next(iter(fitting), None)
        return best.next() if best is not None else None

    def why(self, request: Asked) -> str:
        """In a sentence, what the recording lacks for *request*."""
        cases = self._cases(request)
        if not cases:
            return f"the recording has no {request}"
        return (
            f"the recording has {request} {len(cases)} times, each with another argument than"
            f" {msgspec.json.encode([request.query, request.body]).decode()[:2000]}"
        )

    def _cases(self, request: Asked) -> "dict[bytes, _Case]":
        return self._routes.get((request.method, request.path), {})

    def _fits(self, case: "_Case", request: Asked) -> bool:
        query, body = case.query, case.body
        if body.kind != request.body.kind:
            return False
        if body.kind == "form" and not self._same_pairs(body.form, request.body.form):
            return False
        return self._same_pairs(query, request.query) and (
            body.kind != "json" or self._same(body.value, request.body.value)
        )

    def _same_pairs(self, recorded: Sequence[Sequence[str | None]], now: Sequence[Sequence[str]]) -> bool:
        ours = sorted(recorded, key=lambda pair: pair[0] or "")
        theirs = sorted(now, key=lambda pair: pair[0])
        return len(ours) == len(theirs) and all(
            one[0] == other[0] and (one[1] is None or self._same(one[1], other[1]))
            for one, other in zip(ours, theirs, strict=True)
        )

    def _same(self, recorded: object, now: object) -> bool:
        if isinstance(recorded, str) and isinstance(now, str):
            return recorded == now or self._same_text(recorded, now)
        if isinstance(recorded, list) and isinstance(now, list):
            ours, theirs = cast("list[object]", recorded), cast("list[object]", now)
            return len(ours) == len(theirs) and (
                all(self._same(one, other) for one, other in zip(ours, theirs, strict=True))
                or self._same_set(ours, theirs)
            )
        if isinstance(recorded, dict) and isinstance(now, dict):
            mine, its = cast("dict[str, object]", recorded), cast("dict[str, object]", now)
            return mine.keys() == its.keys() and all(self._same(mine[key], its[key]) for key in mine)
        return isinstance(recorded, bool) == isinstance(now, bool) and recorded == now

    def _same_text(self, recorded: str, now: str) -> bool:
        if recorded in self._known or now in self._known:
            return False
        if '"' not in recorded:
            return True
        ours, theirs = _quoting(recorded), _quoting(now)
        return len(ours) == len(theirs) and all(
            one == other or (one[:1] == other[:1] == '"' and self._same(_unquoted(one), _unquoted(other)))
            for one, other in zip(ours, theirs, strict=True)
        )

    def _same_set(self, ours: list[object], theirs: list[object]) -> bool:
        """Whether both lists hold the same in another order: ids that are replaced are sorted otherwise."""
        encode = msgspec.json.encode
        return sorted(map(encode, ours)) == sorted(map(encode, theirs))


class _Case:
    """All that was answered to one request."""

    def __init__(self, query: Sequence[Sequence[str | None]], body: Body) -> None:
        self.query = query
        self.body = body
        self.answers: list[Exchange] = []
        self.given = 0

    def next(self) -> Exchange:
        at = min(self.given, len(self.answers) - 1)
        self.given += 1
        return self.answers[at]


def _whole(query: Sequence[Sequence[str | None]], body: Body) -> bytes:
    """What is asked for, in one form whatever the order of its fields."""
    pairs = sorted(msgspec.json.encode(pair) for pair in query)
    form = sorted(msgspec.json.encode(pair) for pair in body.form)
    return msgspec.json.encode([pairs, body.kind, form, body.value], order="sorted")


def _quoting(text: str) -> list[str]:
    """*text* in parts, each of them in quotes or not."""
    parts, at = list[str](), 0
    for found in _QUOTED.finditer(text):
        if found[1] is None:
            break
        parts += (text[at : found.start()], found[0])
        at = found.end()
    return [*parts, text[at:]]


def _unquoted(part: str) -> str:
    try:
        return msgspec.json.decode(part, type=str)
    except (msgspec.MsgspecError, ValueError):
        return part


def _texts(value: object) -> Iterator[str]:
    """Each text in a value of JSON, the names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in cast("dict[str, object]", value).items():
            yield key
            yield from _texts(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _texts(each)
