"""What a connector makes of an application that gives fewer a page than it is asked for."""

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from jackfield_testkit.bench import Bench, differences
from jackfield_testkit.bodies import decoded
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.wire import Sent, Wire

_LENGTH = re.compile(r"count|limit|size|max|top|take|rows|per_?page|first", re.IGNORECASE)


async def takes_no_short_page_for_the_last(bench: Bench) -> None:
    """Where the application gives half as many a page as it is asked for, all is shown as before.

    Applications have limits of their own, and change them: neither the end of a listing nor the place of the next page
    follows from the number that was asked for.
    """
    plain = Wire()
    known = await bench.sync(plain)
    if not known.complete:
        raise NotApplicable("an undisturbed sync is not complete, which another check tells")
    lists = {sent.url: _longest(decoded(given)) for sent, given in plain.answered}
    tried = False
    for name, number in _lengths(plain):
        wire = Wire(change=lambda sent, name=name, number=number: _with(sent, name, number // 2))
        shown = await bench.sync(wire)
        fewer = [
            sent
            for sent, given in wire.answered
            if _given(sent).get(name) == number and _longest(decoded(given)) == number // 2 < lists.get(sent.url, 0)
        ]
        if not fewer:
            continue  # it is no length of a page
        tried = True
        step = f"of the {number} that {fewer[0]} asks for by {name} the application gives {number // 2}"
        if wrong := differences(shown, bench.truth()):
            raise Finding(wrong[0], step, "jackfield sync")
        if not shown.complete:
            raise Finding(f"the sync is not complete: {shown}", step, "jackfield sync")
    if not tried:
        raise NotApplicable("no request of a listing says how many it wants, or no page is full")


def _lengths(wire: Wire) -> list[tuple[str, int]]:
    """Names and values of what may be the length of a page: a number that is the same in all requests of a route."""
    found: dict[tuple[str, str], set[int]] = {}
    for sent in wire.sent:
        for name, value in _given(sent).items():
            if _LENGTH.search(name):
                found.setdefault((sent.route, name), set()).add(value)
    return sorted({(name, min(values)) for (_, name), values in found.items() if len(values) == 1 and min(values) > 1})


def _given(sent: Sent) -> Mapping[str, int]:
    """The whole numbers that a request gives by name, in its address or at the top of its body."""
    query = {name: int(value) for name, value in parse_qsl(urlsplit(sent.url).query) if value.isdecimal()}
    return query | {name: value for name, value in _body(sent).items() if type(value) is int}


def _body(sent: Sent) -> dict[str, Any]:
    try:
        read: Any = msgspec.json.decode(sent.body or b"")
    except msgspec.DecodeError:
        return {}
    return cast("dict[str, Any]", read) if isinstance(read, dict) else {}


def _with(sent: Sent, name: str, number: int) -> Sent:
    """*sent* with another *number* under *name*, where it has one."""
    if name not in _given(sent):
        return sent
    parts = urlsplit(sent.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([(key, str(number) if key == name else value) for key, value in pairs])
    url = parts._replace(query=query).geturl() if name in dict(pairs) else sent.url
    body = _body(sent)
    if name not in body:
        return msgspec.structs.replace(sent, url=url)
    return msgspec.structs.replace(sent, url=url, body=msgspec.json.encode({**body, name: number}))


def _longest(value: Any) -> int:
    """The length of the longest list in a document."""
    if isinstance(value, dict):
        return max(map(_longest, cast("dict[str, Any]", value).values()), default=0)
    if isinstance(value, list):
        every = cast("list[Any]", value)
        return len(every)
    return 0
