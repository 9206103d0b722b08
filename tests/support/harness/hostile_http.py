"""Hostile input over HTTP: what an application, or whoever stands in front of it, may send."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from .cli import NAME
from .hostile import Command, Hostile, Stage, run
from .measured import Measured
from .twisted import Exchange, Raw, Twist, answer, head, on

MEMBERS, GROUPS, INFO = "team/members/list_v2", "team/groups/list", "team/groups/get_info"
TOKEN, TEAM_INFO, ROLES = "oauth2/token", "team/get_info", "team/members/get_available_team_member_roles"
UNREAD = (6, 8)
"""An answer that is not understood: of a part, or of all of it."""
LOST = (6, 8, 75)
"""The same, where it may as well have been damaged on its way."""
SIGN_IN = (3, 6, 75)

Play = Callable[[Stage], Command]


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
    made = [member(each, status={".tag": f"state_{each}"}, membership_type={".tag": f"kind_{each}"}) for each in range(1000)]
    document["members"] += made


def _names(document: Any) -> None:
    for number, one in enumerate(document["members"]):
        odd = "\u061c\u202e\u200b\u2066\ufeff\U000e0041\u0085\x1b[2J\x07\x9b31m\u2028"
        one["profile"]["name"]["display_name"] = f"{odd}Zoë {number}\r\nError: nothing is wrong"


def _wide(times: int) -> bytes:
    return b'{"members":[' + b",".join([b"{}"] * times) + b'],"cursor":"c","has_more":false}'


def _few_warnings(_: Stage, done: Measured) -> Sequence[str]:
    lines = len(done.out.splitlines()) + len(done.err.splitlines())
    return [f"{lines} lines for 1,000 invented tags"] if lines > 60 else []


def _disk(stage: Stage, _: Measured) -> Sequence[str]:
    size = sum(file.stat().st_size for file in stage.home.rglob("*") if file.is_file())
    return [f"{size >> 20} MB lie in the home folder"] if size > 512 << 20 else []


def _nothing_asked(stage: Stage, _: Measured) -> Sequence[str]:
    return [f"requests were made: {stage.server.seen[:3]}"] if stage.server.seen else []


def _never_sent(stage: Stage, _: Measured) -> Sequence[str]:
    made = [route for route in stage.server.seen if "add" in route]
    return [f"requests were made: {made}"] if made else []


def _token(**more: object) -> bytes:
    return json.dumps(
        {"access_token": "sl.u.made-up", "token_type": "bearer", "expires_in": 14400, "team_id": "t"} | more
    ).encode()


def _shown_names(stage: Stage) -> Command:
    stage.server.restart(on(MEMBERS, edited(_names)))
    stage.measure(run("sync", NAME))
    return run("resources", NAME, "--type", "user")


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
            codes = {400: UNREAD, 401: (3, 6, 8), 409: LOST + (5, 12), 500: (8, 75)}[status]
            made.append(
                Hostile("HTTP", f"{name} in an error ({status})", "tags are read, texts are not", codes,
                        twisting(on(MEMBERS, instead(body, status))))
            )  # fmt: skip
    return made


def _bodies() -> list[Hostile]:
    within = "a row or a part, named by its route"
    bodies: dict[str, tuple[str, Twist, tuple[int, ...]]] = {
        "a byte that is not UTF-8 in a person's name": (MEMBERS, replaced(b'"display_name":"', b'"display_name":"\xff'), UNREAD),
        "a byte that is not UTF-8 in a group's name": (GROUPS, replaced(b'"group_name":"', b'"group_name":"\xc3\x28'), UNREAD),
        "a byte that is not UTF-8 in a role's name": (ROLES, replaced(b'"name":"', b'"name":"\xf5'), UNREAD),
        "a byte that is not UTF-8 in the team's name": (TEAM_INFO, replaced(b'"name":"', b'"name":"\xff'), (0, *UNREAD)),
        "UTF-16": (MEMBERS, lambda one: answer(one.body.decode().encode("utf-16")), LOST),
        "a byte order mark": (MEMBERS, lambda one: answer(b"\xef\xbb\xbf" + one.body), (0, *LOST)),
        "half a surrogate pair": (MEMBERS, replaced(b'"display_name":"', b'"display_name":"\\ud800'), (0, 8)),
        "NUL within an id": (MEMBERS, replaced(b'"team_member_id":"', b'"team_member_id":"\\u0000'), UNREAD),
        "an id of 5 MB": (MEMBERS, replaced(b'"team_member_id":"', b'"team_member_id":"' + b"a" * 5_000_000), UNREAD),
        "a name of 20 MB": (MEMBERS, replaced(b'"display_name":"', b'"display_name":"' + b"a" * 20_000_000), (0, *UNREAD)),
        "NaN as a count": (GROUPS, replaced(b'"member_count":', b'"member_count":NaN,"x":'), LOST),
        "1e999 as a count": (GROUPS, replaced(b'"member_count":', b'"member_count":1e999,"x":'), LOST),
        "a count of 5,000 digits": (GROUPS, replaced(b'"member_count":', b'"member_count":' + b"9" * 5000 + b',"x":'), LOST),
        "a count of -1": (GROUPS, replaced(b'"member_count":', b'"member_count":-1,"x":'), UNREAD),
        "100,000 levels of nesting": (MEMBERS, instead(b'{"members":' * 100_000), UNREAD + (75,)),
        "nesting within a field that nobody reads": (MEMBERS, replaced(b'"email":', b'"x":' + b"[" * 50_000 + b"]" * 50_000 + b',"email":'), UNREAD + (0,)),
        "every list is null": (MEMBERS, edited(lambda _: {"members": None, "cursor": "c", "has_more": False}), UNREAD),
        "a key twice": (MEMBERS, replaced(b'"has_more":', b'"has_more":true,"has_more":'), (0, 8)),
        "no JSON but HTML": (MEMBERS, instead(b"<html>" + b"<b>" * 10_000), LOST),
        "nothing at all": (MEMBERS, instead(b""), LOST),
        "2 million empty rows": (MEMBERS, instead(lambda: _wide(2_000_000)), UNREAD),
    }  # fmt: skip
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
        Hostile("HTTP", "an answer of 64 MB of rows", most, UNREAD, twisting(on(MEMBERS, instead(lambda: _wide(22_000_000))))),
        Hostile("HTTP", "an answer of 60 MB of numbers", most, UNREAD,
                twisting(on(MEMBERS, instead(lambda: b'{"members":[' + b"1," * 30_000_000 + b"1]}")))),
        Hostile("HTTP", "an error of 60 MB", most, (6, 8, 12, 75), twisting(on(MEMBERS, instead(lambda: b'{"error":{".tag":"' + b"a" * (60 << 20) + b'"}}', 409)))),
        Hostile("HTTP", "a token answer of 60 MB", most, SIGN_IN, twisting(on(TOKEN, instead(lambda: b'{"access_token":"' + b"a" * (60 << 20) + b'"}')))),
        Hostile("HTTP", "an answer without an end", most, UNREAD + (75,), twisting(on(MEMBERS, repeated(head(), b" " * (1 << 20), 4000)), request_timeout=15.0)),
        Hostile("HTTP", "a gzip bomb of 1 GB", most, UNREAD, twisting(on(MEMBERS, instead(lambda: bomb(1000), 200, packed)))),
        Hostile("HTTP", "a gzip bomb packed twice", most, LOST, twisting(on(MEMBERS, instead(lambda: bomb(1000, 2), 200, b"Content-Encoding: gzip, gzip")))),
        Hostile("HTTP", "gzip that is none", "a damaged answer", LOST, twisting(on(MEMBERS, instead(b"no gzip", 200, packed)))),
        Hostile("HTTP", "a coding that nobody asked for", "refused by its name", UNREAD, twisting(on(MEMBERS, instead(b"x", 200, b"Content-Encoding: br")))),
        Hostile("HTTP", "a million gzip members", most, UNREAD + (75,), twisting(on(MEMBERS, instead(lambda: gzip.compress(b"") * 1_000_000, 200, packed)))),
    ]  # fmt: skip


def _heads() -> list[Hostile]:
    bound = "the library's limits of a head"
    escape = b"\x1b[2J\x1b]0;gone\x07 \xff"
    return [
        Hostile("HTTP", "a header of 1 MB", bound, LOST, twisting(on(MEMBERS, instead(b"{}", 200, b"X-Long: " + b"a" * 1_000_000)))),
        Hostile("HTTP", "20,000 headers", bound, LOST, twisting(on(MEMBERS, instead(b"{}", 200, *(b"X-%d: a" % one for one in range(20_000)))))),
        Hostile("HTTP", "headers without an end", bound, LOST, twisting(on(MEMBERS, repeated(b"HTTP/1.1 200 OK\r\n", b"X-More: aaaaaaaaaaaaaa\r\n" * 1000, 100_000)))),
        Hostile("HTTP", "ESC in the reason phrase (log at debug level)", "taken out of logs", LOST,
                twisting(on(MEMBERS, instead(b"{}", 200, reason=escape)), "--log-level", "debug", "sync", NAME)),
        Hostile("HTTP", "ESC in the reason phrase of an error", "taken out of logs", LOST + (12,),
                twisting(on(MEMBERS, instead(b"{}", 418, reason=escape)), "--log-level", "debug", "sync", NAME)),
        Hostile("HTTP", "ESC in headers (log at debug level)", "taken out of logs", (0, *LOST),
                twisting(on(MEMBERS, instead(b"{}", 200, b"X-Request-Id: \x1b[1m", b"X-A: " + escape)), "--log-level", "debug", "sync", NAME)),
        Hostile("HTTP", "a reason phrase of 60 kB", bound, LOST, twisting(on(MEMBERS, instead(b"{}", 200, reason=b"a" * 60_000)))),
        Hostile("HTTP", "no HTTP at all", "the library's parser", LOST, twisting(on(MEMBERS, lambda _: b"220 mail.example ESMTP\r\n"))),
        Hostile("HTTP", "a status of 99999", "the library's parser", LOST, twisting(on(MEMBERS, lambda _: b"HTTP/1.1 99999 X\r\n\r\n"))),
        Hostile("HTTP", "chunks of a negative size", "the library's parser", LOST,
                twisting(on(MEMBERS, lambda _: head(200, b"Transfer-Encoding: chunked") + b"-1\r\nabc\r\n0\r\n\r\n"))),
        Hostile("HTTP", "a chunk's size without an end", "request_timeout", LOST,
                twisting(on(MEMBERS, repeated(head(200, b"Transfer-Encoding: chunked"), b"0" * 4096, 1_000_000)))),
        Hostile("HTTP", "two lengths that differ", "the library's parser", (0, *LOST),
                twisting(on(MEMBERS, lambda one: head(200, b"Content-Length: 3", b"Content-Length: 9") + one.body))),
        Hostile("HTTP", "a byte each 0.2 s", "request_timeout", LOST, twisting(on(MEMBERS, repeated(head(), b" ", 1000, pause=0.2)))),
        Hostile("HTTP", "no answer", "request_timeout, retry_deadline", LOST, twisting(on(MEMBERS, repeated(b"", b"", 600, pause=0.2)))),
        Hostile("HTTP", "100 Continue without an end", "request_timeout", LOST, twisting(on(MEMBERS, repeated(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500, 1_000_000)))),
        Hostile("HTTP", "a redirect to another host", "not followed", LOST, twisting(on(MEMBERS, instead(b"", 307, b"Location: http://192.0.2.1/steal")))),
        Hostile("HTTP", "a redirect of the token endpoint", "not followed", SIGN_IN, twisting(on(TOKEN, instead(b"", 307, b"Location: file:///etc/passwd")))),
        *(Hostile("HTTP", f"a pause of {pause!r} asked for", "retry_deadline", (8, 75),
                  twisting(on(MEMBERS, instead(b"", 429, b"Retry-After: " + pause.encode()))))
          for pause in ("1e308", "-1", "inf", "nan", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 00 Foo 0000 00:00:00")),
        Hostile("HTTP", "a pause of 1e400 in the body", "retry_deadline", (8, 75),
                twisting(on(MEMBERS, instead(b'{"error":{"retry_after":1e400}}', 429)))),
    ]  # fmt: skip


def _listings() -> list[Hostile]:
    growing = "rows and bytes of a snapshot"
    return [
        Hostile("HTTP", "pages of new people without an end", growing, UNREAD, twisting(endless(_page_of, MEMBERS, "members")), look=_disk, most=60.0),
        Hostile("HTTP", "empty pages without an end", "pages without rows", UNREAD + (75,), twisting(endless(lambda _: [], MEMBERS, "members"))),
        Hostile("HTTP", "the same cursor for ever", "a cursor that comes again", UNREAD + (75,), twisting(endless(lambda _: [member(1)], MEMBERS, "members", moving=False))),
        Hostile("HTTP", "the same page for ever", "pages without new rows", UNREAD + (75,), twisting(endless(lambda _: [member(1)], MEMBERS, "members")), most=60.0),
        Hostile("HTTP", "a cursor of 5 MB", "max_answer_bytes", (0, *LOST), twisting(on(MEMBERS, edited(lambda one: one.update(cursor="a" * 5_000_000, has_more=True))))),
        Hostile("HTTP", "1,000 invented tags", "distinct warnings", (0, *UNREAD), twisting(on(MEMBERS, edited(_thousand_tags))), look=_few_warnings),
        Hostile("terminal", "names with bidi, zero-width and control characters, in a table", "shown as escapes", (0,), _shown_names),
    ]  # fmt: skip


def _tokens() -> list[Hostile]:
    answers: dict[str, tuple[bytes, tuple[int, ...]]] = {
        "a byte that is not UTF-8": (b'{"access_token":"\xff","token_type":"bearer"}', SIGN_IN),
        "a token_type of mac": (_token(token_type="mac"), SIGN_IN),
        "a line break within the token": (_token(access_token="a\r\nX-Evil: 1"), SIGN_IN),
        "a token of 1 MB": (_token(access_token="a" * 1_000_000), LOST + SIGN_IN),
        "an empty token": (_token(access_token=""), SIGN_IN),
        "an end in 1e308 seconds": (_token(expires_in=1e308), (0, *SIGN_IN)),
        "an end in -1 seconds": (_token(expires_in=-1), (0, *SIGN_IN, 8)),
        "an end in 10^400 seconds": (b'{"access_token":"a","token_type":"bearer","expires_in":' + b"9" * 400 + b"}", (0, *SIGN_IN)),
        "100,000 levels of nesting": (b"[" * 100_000, SIGN_IN),
        "null": (b"null", SIGN_IN),
    }  # fmt: skip
    refusals: dict[str, tuple[bytes, tuple[int, ...]]] = {
        "Dropbox's form of invalid_client": (b'{"error":"invalid_client: Invalid client_id or client_secret"}', (3,)),
        "an unknown error with ESC in its words": (b'{"error":"odd","error_description":"\\u001b[2J tell \\u202e me"}', (3, 6)),
        "an error of 80 kB": (json.dumps({"error": "a-" * 40_000, "error_description": "x+" * 40_000}).encode(), (3, 6)),
        "an error that is not UTF-8": (b'{"error":"\xff\xfe"}', (3, 6)),
    }
    return [
        *(Hostile("token endpoint", name, "read as documented, else named", codes, twisting(on(TOKEN, instead(body)), "check", NAME)) for name, (body, codes) in answers.items()),
        *(Hostile("token endpoint", name, "the application's words, cleaned", codes, twisting(on(TOKEN, instead(body, 400)), "check", NAME)) for name, (body, codes) in refusals.items()),
    ]  # fmt: skip


def _addresses() -> list[Hostile]:
    """Cleartext addresses that only look like loopback."""
    addresses = (
        "http://127.evil.invalid", "http://localhost:x@evil.example", "http://127.0.0.1@evil.example", "http://localhost.evil.invalid",
        "http://evil.invalid#@127.0.0.1", "http://evil.invalid\\@127.0.0.1", "http://2130706433.invalid", "http://[::ffff:192.0.2.1]",
        "http://127.0.0.1\t.evil.invalid", "http://127.0.0.1:1%0d%0aX", "https://user:word@evil.example", "http://" + "a" * 80_000,
    )  # fmt: skip
    return [
        Hostile("addresses", f"base_url {address[:40]!r}", "loopback literals only, no names in addresses", (2,),
                _based(address), ("base_url",), _nothing_asked)
        for address in addresses
    ]  # fmt: skip


def _based(address: str) -> Play:
    def play(stage: Stage) -> Command:
        stage.site.configure(base_url=address)
        return run("check", NAME)

    return play


def _consents() -> list[Hostile]:
    pasted: dict[str, bytes] = {
        "bytes that are not UTF-8": b"\xff\xfe\xfa\n",
        "control characters": b"co\x1b[2Jde\x00\x07\n",
        "1 MB": b"a" * 1_000_000 + b"\n",
        "50 MB without a line's end": b"a" * 50_000_000,
        "nothing": b"",
    }
    return [
        Hostile("consent", f"a pasted code: {name}", "a sentence", (2, 3, 6), _pasting(text)) for name, text in pasted.items()
    ]  # fmt: skip


def _pasting(text: bytes) -> Play:
    def play(stage: Stage) -> Command:
        stage.site.configure(refresh_token=f"file:{stage.folder / 'token'}")
        return run("authorize", NAME, given=text)

    return play


def _emails() -> list[Hostile]:
    addresses = ("new\u200b.person@team.example", "new@@team.example", "new@team.example\u202e", "new person@team.example",
                 "new@team.example\n", "a" * 80_000 + "@team.example")  # fmt: skip
    return [
        Hostile("accounts", f"an account for {ascii(address)[:40]}", "refused before a request", (2, 5),
                lambda _, address=address: run("account", "create", NAME, f"email={address}", "--yes"), look=_never_sent)
        for address in addresses
    ]  # fmt: skip


def cases() -> list[Hostile]:
    """All of them."""
    parts = (_bodies, _errors, _sizes, _heads, _listings, _tokens, _addresses, _consents, _emails)
    return [case for part in parts for case in part()]
