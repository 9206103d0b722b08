"""Hostile input over HTTP: what an application, or whoever stands in front of it, may send."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

from .cli import NAME
from .hostile import Command, Hostile, Play, Stage, run
from .twisted import Exchange, Raw, Twist, answer, head, on

MEMBERS, GROUPS, INFO = "team/members/list_v2", "team/groups/list", "team/groups/get_info"
TOKEN, TEAM_INFO, ROLES = "oauth2/token", "team/get_info", "team/members/get_available_team_member_roles"
UNREAD = (6, 8)
"""An answer that is not understood: of a part, or of all of it."""
LOST = (6, 8, 75)
"""The same, where it may as well have been damaged on its way."""
SIGN_IN = (3, 6, 75)


def twisting(twist: Twist, *arguments: str, given: bytes = b"", **settings: object) -> Play:
    """``sync``, or another command, while answers are twisted."""

    def play(stage: Stage) -> Command:
        if settings:
            stage.site.configure(**settings)
        stage.server.restart(twist)
        return run(*(arguments or ("sync", NAME)), given=given)

    return play


def instead(
    body: bytes | Callable[[], bytes], status: int = 200, *headers: bytes, reason: bytes | None = None
) -> Twist:
    """That answer; what is large is made when it is asked for."""
    return lambda _: answer(body if isinstance(body, bytes) else body(), status, *headers, reason=reason)


def replaced(old: bytes, new: bytes, *, times: int = 1) -> Twist:
    """The documented answer with *old* put out by *new*."""

    def twist(exchange: Exchange) -> Raw:
        assert old in exchange.body, f"{exchange.route} does not hold {old!r}"
        return answer(exchange.body.replace(old, new, times), exchange.status)

    return twist


def edited(edit: Callable[[Any], object]) -> Twist:
    """The documented answer, changed by *edit*, which gives another document or changes the one it gets."""

    def twist(exchange: Exchange) -> Raw:
        document = json.loads(exchange.body)
        made = edit(document)
        return answer(json.dumps(document if made is None else made).encode(), exchange.status)

    return twist


def streamed(make: Callable[[], AsyncGenerator[bytes]]) -> Twist:
    """An answer that is written part by part."""
    return lambda _: make()


def repeated(begin: bytes, part: bytes, times: int, end: bytes = b"", *, pause: float = 0.0) -> Twist:
    """*begin*, *part* over and over, *end*."""

    async def parts() -> AsyncGenerator[bytes]:
        yield begin
        for _ in range(times):
            yield part
            if pause:
                await asyncio.sleep(pause)
        yield end

    return streamed(parts)


def bomb(megabytes: int, layers: int = 1) -> bytes:
    """JSON of so many megabytes of blanks, packed *layers* times."""
    packer = zlib.compressobj(9, wbits=31)
    blanks = b" " * (1 << 20)
    parts = [packer.compress(b"[")] + [packer.compress(blanks) for _ in range(megabytes)]
    packed = b"".join([*parts, packer.compress(b"]"), packer.flush()])
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


def _wide(times: int) -> bytes:
    return b'{"members":[' + b",".join([b"{}"] * times) + b'],"cursor":"c","has_more":false}'


def _odd_errors() -> dict[str, bytes]:
    return {
        "a byte that is not UTF-8": b'{"error_summary":"x\xff","error":{".tag":"other\xfe"}}',
        "deep nesting": b'{"error":' * 100_000,
        "ESC and a made-up message": b'{"error_summary":"\\u001b[2J\\nError: fine","error":{".tag":"a\\u001b[1m"}}',
        "an address of 80 kB": json.dumps({"error_summary": "a+" * 40_000, "error": {".tag": "b-" * 40_000}}).encode(),
        "null": b"null",
    }


def _errors() -> list[Hostile]:
    made: list[Hostile] = []
    for name, body in _odd_errors().items():
        for status in (400, 401, 409, 500):
            codes = {400: UNREAD, 401: (3, 6, 8), 409: (*LOST, 5, 12), 500: (8, 75)}[status]
            made.append(
                Hostile(
                    "HTTP",
                    f"{name} in an error ({status})",
                    "tags are read, texts are not",
                    codes,
                    twisting(on(MEMBERS, instead(body, status))),
                )
            )
    return made


def _bodies() -> list[Hostile]:
    within = "a row or a part, named by its route"
    bodies: dict[str, tuple[str, Twist, tuple[int, ...]]] = {
        "a byte that is not UTF-8 in a person's name": (
            MEMBERS,
            replaced(b'"display_name":"', b'"display_name":"\xff'),
            UNREAD,
        ),
        "a byte that is not UTF-8 in a group's name": (
            GROUPS,
            replaced(b'"group_name":"', b'"group_name":"\xc3\x28'),
            UNREAD,
        ),
        "a byte that is not UTF-8 in a role's name": (ROLES, replaced(b'"name":"', b'"name":"\xf5'), UNREAD),
        "a byte that is not UTF-8 in the team's name": (
            TEAM_INFO,
            replaced(b'"name":"', b'"name":"\xff'),
            (0, *UNREAD),
        ),
        "UTF-16": (MEMBERS, lambda one: answer(one.body.decode().encode("utf-16")), LOST),
        "a byte order mark": (MEMBERS, lambda one: answer(b"\xef\xbb\xbf" + one.body), (0, *LOST)),
        "half a surrogate pair": (MEMBERS, replaced(b'"display_name":"', b'"display_name":"\\ud800'), (0, 8)),
        "NUL within an id": (MEMBERS, replaced(b'"team_member_id":"', b'"team_member_id":"\\u0000'), UNREAD),
        "an id of 5 MB": (MEMBERS, replaced(b'"team_member_id":"', b'"team_member_id":"' + b"a" * 5_000_000), UNREAD),
        "a name of 20 MB": (
            MEMBERS,
            replaced(b'"display_name":"', b'"display_name":"' + b"a" * 20_000_000),
            (0, *UNREAD),
        ),
        "NaN as a count": (GROUPS, replaced(b'"member_count":', b'"member_count":NaN,"x":'), LOST),
        "1e999 as a count": (GROUPS, replaced(b'"member_count":', b'"member_count":1e999,"x":'), LOST),
        "a count of 5,000 digits": (
            GROUPS,
            replaced(b'"member_count":', b'"member_count":' + b"9" * 5000 + b',"x":'),
            LOST,
        ),
        "a count of -1": (GROUPS, replaced(b'"member_count":', b'"member_count":-1,"x":'), UNREAD),
        "100,000 levels of nesting": (MEMBERS, instead(b'{"members":' * 100_000), (*UNREAD, 75)),
        "nesting within a field that nobody reads": (
            MEMBERS,
            replaced(b'"email":', b'"x":' + b"[" * 50_000 + b"]" * 50_000 + b',"email":'),
            (*UNREAD, 0),
        ),
        "every list is null": (MEMBERS, edited(lambda _: {"members": None, "cursor": "c", "has_more": False}), UNREAD),
        "a key twice": (MEMBERS, replaced(b'"has_more":', b'"has_more":true,"has_more":'), (0, 8)),
        "no JSON but HTML": (MEMBERS, instead(b"<html>" + b"<b>" * 10_000), LOST),
        "nothing at all": (MEMBERS, instead(b""), LOST),
        "2 million empty rows": (MEMBERS, instead(lambda: _wide(2_000_000)), UNREAD),
    }
    return [
        Hostile("HTTP", name, within, codes, twisting(on(route, twist)), (f"{route}|{NAME}",))
        for name, (route, twist, codes) in bodies.items()
    ]


def _sizes() -> list[Hostile]:
    most = "max_answer_bytes"

    def text(megabytes: int) -> bytes:
        return b'{"members":[],"cursor":"' + b"a" * (megabytes << 20) + b'","has_more":false}'

    packed = b"Content-Encoding: gzip"
    return [
        Hostile("HTTP", "an answer of 64 MB, one text", most, UNREAD, twisting(on(MEMBERS, instead(lambda: text(64))))),
        Hostile(
            "HTTP",
            "an answer of 64 MB of rows",
            most,
            UNREAD,
            twisting(on(MEMBERS, instead(lambda: _wide(22_000_000)))),
        ),
        Hostile(
            "HTTP",
            "an answer of 60 MB of numbers",
            most,
            UNREAD,
            twisting(on(MEMBERS, instead(lambda: b'{"members":[' + b"1," * 30_000_000 + b"1]}"))),
        ),
        Hostile(
            "HTTP",
            "an error of 60 MB",
            most,
            (6, 8, 12, 75),
            twisting(on(MEMBERS, instead(lambda: b'{"error":{".tag":"' + b"a" * (60 << 20) + b'"}}', 409))),
        ),
        Hostile(
            "HTTP",
            "a token answer of 60 MB",
            most,
            SIGN_IN,
            twisting(on(TOKEN, instead(lambda: b'{"access_token":"' + b"a" * (60 << 20) + b'"}'))),
        ),
        Hostile(
            "HTTP",
            "an answer without an end",
            most,
            (*UNREAD, 75),
            twisting(on(MEMBERS, repeated(head(), b" " * (1 << 20), 4000)), request_timeout=15.0),
        ),
        Hostile(
            "HTTP", "a gzip bomb of 1 GB", most, UNREAD, twisting(on(MEMBERS, instead(lambda: bomb(1000), 200, packed)))
        ),
        Hostile(
            "HTTP",
            "a gzip bomb packed twice",
            most,
            LOST,
            twisting(on(MEMBERS, instead(lambda: bomb(1000, 2), 200, b"Content-Encoding: gzip, gzip"))),
        ),
        Hostile(
            "HTTP",
            "gzip that is none",
            "a damaged answer",
            LOST,
            twisting(on(MEMBERS, instead(b"no gzip", 200, packed))),
        ),
        Hostile(
            "HTTP",
            "a coding that nobody asked for",
            "refused by its name",
            UNREAD,
            twisting(on(MEMBERS, instead(b"x", 200, b"Content-Encoding: br"))),
        ),
        Hostile(
            "HTTP",
            "a million gzip members",
            most,
            (*UNREAD, 75),
            twisting(on(MEMBERS, instead(lambda: gzip.compress(b"") * 1_000_000, 200, packed))),
        ),
    ]


def cases() -> list[Hostile]:
    """All of them."""
    return [*_bodies(), *_errors(), *_sizes()]
