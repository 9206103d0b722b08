"""Which addresses are called: https, and http where the parsed host is this machine. Tried as somebody who wants past it."""

import pytest

from jackfield.clock import SystemClock
from jackfield.config import Secret
from jackfield.errors import BadConfig
from jackfield.http import Bearer, JsonApi, OAuthClient, checked_address
from jackfield.http.auth import request_token
from jackfield.http.consent import begin_consent

from .loopback import asynchronous, session

SAFE = [
    *("https://api.example.org", "https://api.example.org:8443/v1", "HTTPS://API.EXAMPLE.ORG", "https://münchen.example/"),
    *("http://localhost", "http://LOCALHOST:8787/", "http://127.0.0.1:8787/v1", "http://127.9.8.7", "http://[::1]:80/"),
]
IN_THE_CLEAR = [
    *("http://example.org", "http://127.evil.invalid", "http://127.0.0.1.evil.example", "http://localhost.evil.example"),
    *("http://localhost./", "http://127.1/", "http://2130706433/", "http://0177.0.0.1/", "http://0x7f.0.0.1/", "http://0/"),
    *("http://127.0.0.1./", "http://[::ffff:127.0.0.1]/", "http://[::]/", "http://0.0.0.0/", "http://10.0.0.1/"),
    *("http://127.0.0.256/", "http://128.0.0.1/", "http://[::2]/", "http://localhos\u0074.x/", "http://ⓛocalhost/"),
]
NO_ADDRESS = [
    *("", " ", "nonsense", "ftp://h/", "file:///etc/passwd", "http://", "http:///x", "https://[::1", "https://h:port"),
    *(" http://localhost", "http://localhost\n.evil.example/", "http://local\thost/", "http://127.0.0.1\\.evil.example/"),
    *("http://localhost\\@evil.example/", "http://localhost%2eevil.example/", "http://[::1%25eth0]/", "http://::1/"),
    *("https://h/\u200bx", "https://h/\x1b[2J", "https://h h/", "http:/localhost/", "http:localhost", "//localhost/x"),
    *("https://h/" + "x" * 20_000, "javascript:alert(1)//http://localhost", "https://\ud800/"),
]
NAMED = [
    *("http://localhost:x@evil.example", "http://localhost@evil.example/", "https://user:p4ss@api.example.org/"),
    *("http://127.0.0.1:80@evil.example/", "https://@h/", "https://p4ss@h"),
]
UNSAFE = [*IN_THE_CLEAR, *NO_ADDRESS, *NAMED]


@pytest.mark.parametrize("url", SAFE)
def test_an_address_that_is_safe_stays_as_it_is(url: str):
    assert checked_address(url) == url
    assert JsonApi(None, url, Bearer(Secret("t")))  # type: ignore[arg-type]


@pytest.mark.parametrize("url", UNSAFE)
def test_one_that_is_not_is_refused_and_not_shown(url: str):
    for check in (lambda: checked_address(url, "url"), lambda: JsonApi(None, url)):  # type: ignore[arg-type]
        with pytest.raises(BadConfig) as refused:
            check()
        assert "p4ss" not in str(refused.value)
        assert "evil" not in str(refused.value)
    assert checked_path(url) == "url"


def checked_path(url: str) -> str | None:
    with pytest.raises(BadConfig) as refused:
        checked_address(url, "url")
    return refused.value.path


class Asked(Exception):
    pass


class Credentials:
    async def headers(self) -> dict[str, str]:
        raise Asked

    async def renew(self, used: object, response: object) -> bool:
        raise Asked


@pytest.mark.parametrize("url", UNSAFE)
def test_no_request_and_no_credentials_go_there_whoever_asks(url: str):
    client = OAuthClient(token_url=url, authorize_url=url, client_id="c", client_secret=Secret("s3cret"))

    @asynchronous
    async def run() -> None:
        async with session(SystemClock()) as http:
            with pytest.raises(BadConfig):
                await http.request("GET", url, auth=Credentials())
            with pytest.raises(BadConfig):
                await request_token(http, client, {"grant_type": "refresh_token", "refresh_token": "r"})
            assert http.sent == 0

    run()
    with pytest.raises(BadConfig):
        _ = begin_consent(client).address
