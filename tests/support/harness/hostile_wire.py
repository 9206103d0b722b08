"""Hostile HTTP beneath and around the answers: heads, chunks, pauses, redirects; listings that never end; odd names."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from .cli import NAME
from .hostile import Command, Hostile, Stage, run
from .hostile_http import LOST, MEMBERS, SIGN_IN, TOKEN, UNREAD, edited, instead, repeated, twisting
from .measured import Measured
from .twisted import Exchange, Raw, Twist, answer, head, on


def endless(make: Callable[[int], list[dict[str, Any]]], route: str, key: str, *, moving: bool = True) -> Twist:
    """A listing that always has more, with a new cursor each time if *moving*."""
    pages = iter(range(10**9))

    def twist(exchange: Exchange) -> Raw | None:
        if exchange.route not in (route, f"{route.removesuffix('_v2')}/continue" + ("_v2" if "_v2" in route else "")):
            return None
        number = next(pages)
        cursor = f"cursor-{number if moving else 1}"
        return answer(json.dumps({key: make(number), "cursor": cursor, "has_more": True}).encode())

    return twist


def member(number: int, **more: object) -> dict[str, Any]:
    """A member as documented."""
    name = f"person{number}"
    return {
        "profile": {
            "team_member_id": f"dbmid:{name}",
            "email": f"{name}@team.example",
            "email_verified": True,
            "status": {".tag": "active"},
            "name": {"given_name": name, "surname": name, "familiar_name": name, "display_name": name},
            "membership_type": {".tag": "full"},
            "groups": [],
            "member_folder_id": "1",
            **more,
        },
        "roles": [],
    }


def _page_of(number: int) -> list[dict[str, Any]]:
    return [member(number * 1000 + each) for each in range(1000)]


def _thousand_tags(document: Any) -> None:
    made = [
        member(each, status={".tag": f"state_{each}"}, membership_type={".tag": f"kind_{each}"}) for each in range(1000)
    ]
    document["members"] += made


def _names(document: Any) -> None:
    for number, one in enumerate(document["members"]):
        odd = "\u061c\u202e\u200b\u2066\ufeff\U000e0041\u0085\x1b[2J\x07\x9b31m\u2028"
        one["profile"]["name"]["display_name"] = f"{odd}Zoë {number}\r\nError: nothing is wrong"


def _few_warnings(_: Stage, done: Measured) -> Sequence[str]:
    lines = len(done.out.splitlines()) + len(done.err.splitlines())
    return [f"{lines} lines for 1,000 invented tags"] if lines > 60 else []


def _disk(stage: Stage, _: Measured) -> Sequence[str]:
    size = sum(file.stat().st_size for file in stage.home.rglob("*") if file.is_file())
    return [f"{size >> 20} MB lie in the home folder"] if size > 512 << 20 else []


def _shown_names(stage: Stage) -> Command:
    stage.server.restart(on(MEMBERS, edited(_names)))
    stage.measure(run("sync", NAME))
    return run("resources", NAME, "--type", "user")


def _heads() -> list[Hostile]:
    bound = "the library's limits of a head"
    escape = b"\x1b[2J\x1b]0;gone\x07 \xff"
    return [
        Hostile(
            "HTTP",
            "a header of 1 MB",
            bound,
            LOST,
            twisting(on(MEMBERS, instead(b"{}", 200, b"X-Long: " + b"a" * 1_000_000))),
        ),
        Hostile(
            "HTTP",
            "20,000 headers",
            bound,
            LOST,
            twisting(on(MEMBERS, instead(b"{}", 200, *(b"X-%d: a" % one for one in range(20_000))))),
        ),
        Hostile(
            "HTTP",
            "headers without an end",
            bound,
            LOST,
            twisting(on(MEMBERS, repeated(b"HTTP/1.1 200 OK\r\n", b"X-More: aaaaaaaaaaaaaa\r\n" * 1000, 100_000))),
        ),
        Hostile(
            "HTTP",
            "ESC in the reason phrase (log at debug level)",
            "taken out of logs",
            LOST,
            twisting(on(MEMBERS, instead(b"{}", 200, reason=escape)), "--log-level", "debug", "sync", NAME),
        ),
        Hostile(
            "HTTP",
            "ESC in the reason phrase of an error",
            "taken out of logs",
            (*LOST, 12),
            twisting(on(MEMBERS, instead(b"{}", 418, reason=escape)), "--log-level", "debug", "sync", NAME),
        ),
        Hostile(
            "HTTP",
            "ESC in headers (log at debug level)",
            "taken out of logs",
            (0, *LOST),
            twisting(
                on(MEMBERS, instead(b"{}", 200, b"X-Request-Id: \x1b[1m", b"X-A: " + escape)),
                "--log-level",
                "debug",
                "sync",
                NAME,
            ),
        ),
        Hostile(
            "HTTP",
            "a reason phrase of 60 kB",
            bound,
            LOST,
            twisting(on(MEMBERS, instead(b"{}", 200, reason=b"a" * 60_000))),
        ),
        Hostile(
            "HTTP",
            "no HTTP at all",
            "the library's parser",
            LOST,
            twisting(on(MEMBERS, lambda _: b"220 mail.example ESMTP\r\n")),
        ),
        Hostile(
            "HTTP",
            "a status of 99999",
            "the library's parser",
            LOST,
            twisting(on(MEMBERS, lambda _: b"HTTP/1.1 99999 X\r\n\r\n")),
        ),
        Hostile(
            "HTTP",
            "chunks of a negative size",
            "the library's parser",
            LOST,
            twisting(on(MEMBERS, lambda _: head(200, b"Transfer-Encoding: chunked") + b"-1\r\nabc\r\n0\r\n\r\n")),
        ),
        Hostile(
            "HTTP",
            "a chunk's size without an end",
            "request_timeout",
            LOST,
            twisting(on(MEMBERS, repeated(head(200, b"Transfer-Encoding: chunked"), b"0" * 4096, 1_000_000))),
        ),
        Hostile(
            "HTTP",
            "two lengths that differ",
            "the library's parser",
            (0, *LOST),
            twisting(on(MEMBERS, lambda one: head(200, b"Content-Length: 3", b"Content-Length: 9") + one.body)),
        ),
        Hostile(
            "HTTP",
            "a byte each 0.2 s",
            "request_timeout",
            LOST,
            twisting(on(MEMBERS, repeated(head(), b" ", 1000, pause=0.2))),
        ),
        Hostile(
            "HTTP",
            "no answer",
            "request_timeout, retry_deadline",
            LOST,
            twisting(on(MEMBERS, repeated(b"", b"", 600, pause=0.2))),
        ),
        Hostile(
            "HTTP",
            "100 Continue without an end",
            "request_timeout",
            LOST,
            twisting(on(MEMBERS, repeated(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500, 1_000_000))),
        ),
        Hostile(
            "HTTP",
            "a redirect to another host",
            "not followed",
            LOST,
            twisting(on(MEMBERS, instead(b"", 307, b"Location: http://192.0.2.1/steal"))),
        ),
        Hostile(
            "HTTP",
            "a redirect of the token endpoint",
            "not followed",
            SIGN_IN,
            twisting(on(TOKEN, instead(b"", 307, b"Location: file:///etc/passwd"))),
        ),
        *(
            Hostile(
                "HTTP",
                f"a pause of {pause!r} asked for",
                "retry_deadline",
                (8, 75),
                twisting(on(MEMBERS, instead(b"", 429, b"Retry-After: " + pause.encode()))),
            )
            for pause in (
                "1e308",
                "-1",
                "inf",
                "nan",
                "9" * 400,
                "Fri, 31 Dec 9999 23:59:59 GMT",
                "Thu, 00 Foo 0000 00:00:00",
            )
        ),
        Hostile(
            "HTTP",
            "a pause of 1e400 in the body",
            "retry_deadline",
            (8, 75),
            twisting(on(MEMBERS, instead(b'{"error":{"retry_after":1e400}}', 429))),
        ),
    ]


def _listings() -> list[Hostile]:
    growing = "rows and bytes of a snapshot"
    return [
        Hostile(
            "HTTP",
            "pages of new people without an end",
            growing,
            UNREAD,
            twisting(endless(_page_of, MEMBERS, "members"), max_snapshot_rows=20_000),
            look=_disk,
        ),
        Hostile(
            "HTTP",
            "empty pages without an end",
            "pages without rows",
            (*UNREAD, 75),
            twisting(endless(lambda _: [], MEMBERS, "members")),
        ),
        Hostile(
            "HTTP",
            "the same cursor for ever",
            "a cursor that comes again",
            (*UNREAD, 75),
            twisting(endless(lambda _: [member(1)], MEMBERS, "members", moving=False)),
        ),
        Hostile(
            "HTTP",
            "the same page for ever",
            "pages without new rows",
            (*UNREAD, 75),
            twisting(endless(lambda _: [member(1)], MEMBERS, "members")),
        ),
        Hostile(
            "HTTP",
            "a cursor of 5 MB",
            "max_answer_bytes",
            (0, *LOST),
            twisting(on(MEMBERS, edited(lambda one: one.update(cursor="a" * 5_000_000, has_more=True)))),
        ),
        Hostile(
            "HTTP",
            "1,000 invented tags",
            "distinct warnings",
            (0, *UNREAD),
            twisting(on(MEMBERS, edited(_thousand_tags))),
            look=_few_warnings,
        ),
        Hostile(
            "terminal",
            "names with bidi, zero-width and control characters, in a table",
            "shown as escapes",
            (0,),
            _shown_names,
        ),
    ]


def cases() -> list[Hostile]:
    """All of them."""
    return [*_heads(), *_listings()]
