"""Hostile input on the way in: the token endpoint, addresses, pasted codes, and e-mail addresses of new accounts."""

import json
from collections.abc import Sequence

from .cli import NAME
from .hostile import Command, Hostile, Stage, always, run
from .hostile_http import LOST, SIGN_IN, TOKEN, Play, instead, twisting
from .measured import Measured
from .twisted import on


def _nothing_asked(stage: Stage, _: Measured) -> Sequence[str]:
    return [f"requests were made: {stage.server.seen[:3]}"] if stage.server.seen else []


def _never_sent(stage: Stage, _: Measured) -> Sequence[str]:
    made = [route for route in stage.server.seen if "add" in route]
    return [f"requests were made: {made}"] if made else []


def _token(**more: object) -> bytes:
    return json.dumps(
        {"access_token": "sl.u.made-up", "token_type": "bearer", "expires_in": 14400, "team_id": "t"} | more
    ).encode()


def _tokens() -> list[Hostile]:
    answers: dict[str, tuple[bytes, tuple[int, ...]]] = {
        "a byte that is not UTF-8": (b'{"access_token":"\xff","token_type":"bearer"}', SIGN_IN),
        "a token_type of mac": (_token(token_type="mac"), SIGN_IN),
        "a line break within the token": (_token(access_token="a\r\nX-Evil: 1"), SIGN_IN),
        "a token of 1 MB": (_token(access_token="a" * 1_000_000), LOST + SIGN_IN),
        "an empty token": (_token(access_token=""), SIGN_IN),
        "an end in 1e308 seconds": (_token(expires_in=1e308), (0, *SIGN_IN)),
        "an end in -1 seconds": (_token(expires_in=-1), (0, *SIGN_IN, 8)),
        "an end in 10^400 seconds": (
            b'{"access_token":"a","token_type":"bearer","expires_in":' + b"9" * 400 + b"}",
            (0, *SIGN_IN),
        ),
        "100,000 levels of nesting": (b"[" * 100_000, SIGN_IN),
        "null": (b"null", SIGN_IN),
    }
    refusals: dict[str, tuple[bytes, tuple[int, ...]]] = {
        "Dropbox's form of invalid_client": (b'{"error":"invalid_client: Invalid client_id or client_secret"}', (3,)),
        "an unknown error with ESC in its words": (
            b'{"error":"odd","error_description":"\\u001b[2J tell \\u202e me"}',
            (3, 6),
        ),
        "an error of 80 kB": (
            json.dumps({"error": "a-" * 40_000, "error_description": "x+" * 40_000}).encode(),
            (3, 6),
        ),
        "an error that is not UTF-8": (b'{"error":"\xff\xfe"}', (3, 6)),
    }
    return [
        *(
            Hostile(
                "token endpoint",
                name,
                "read as documented, else named",
                codes,
                twisting(on(TOKEN, instead(body)), "check", NAME),
            )
            for name, (body, codes) in answers.items()
        ),
        *(
            Hostile(
                "token endpoint",
                name,
                "the application's words, cleaned",
                codes,
                twisting(on(TOKEN, instead(body, 400)), "check", NAME),
            )
            for name, (body, codes) in refusals.items()
        ),
    ]


def _addresses() -> list[Hostile]:
    """Cleartext addresses that only look like loopback."""
    addresses = (
        "http://127.evil.invalid",
        "http://localhost:x@evil.example",
        "http://127.0.0.1@evil.example",
        "http://localhost.evil.invalid",
        "http://evil.invalid#@127.0.0.1",
        "http://evil.invalid\\@127.0.0.1",
        "http://2130706433.invalid",
        "http://[::ffff:192.0.2.1]",
        "http://127.0.0.1\t.evil.invalid",
        "http://127.0.0.1:1%0d%0aX",
        "https://user:word@evil.example",
        "http://" + "a" * 80_000,
    )
    return [
        Hostile(
            "addresses",
            f"base_url {address[:40]!r}",
            "loopback literals only, no names in addresses",
            (2,),
            _based(address),
            ("base_url",),
            _nothing_asked,
        )
        for address in addresses
    ]


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
        Hostile("consent", f"a pasted code: {name}", "a sentence", (2, 3, 6), _pasting(text))
        for name, text in pasted.items()
    ]


def _pasting(text: bytes) -> Play:
    def play(stage: Stage) -> Command:
        stage.site.configure(refresh_token=f"file:{stage.folder / 'token'}")
        return run("authorize", NAME, given=text)

    return play


def _emails() -> list[Hostile]:
    addresses = (
        "new\u200b.person@team.example",
        "new@@team.example",
        "new@team.example\u202e",
        "new person@team.example",
        "new@team.example\n",
        "a" * 80_000 + "@team.example",
    )
    return [
        Hostile(
            "accounts",
            f"an account for {ascii(address)[:40]}",
            "refused before a request",
            (2, 5),
            always(run("account", "create", NAME, f"email={address}", "--yes")),
            look=_never_sent,
        )
        for address in addresses
    ]


def cases() -> list[Hostile]:
    """All of them."""
    return [*_tokens(), *_addresses(), *_consents(), *_emails()]
