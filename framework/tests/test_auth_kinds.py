"""Credentials of each kind: how they are sent, that they show nowhere, and that tokens are got once for all calls."""

import asyncio
import base64
import logging
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.config import Secret
from jackfield.errors import BadCredentials, JackfieldError
from jackfield.http import ApiKey, Authorizer, Basic, Bearer, ClientCredentials, JsonApi, OAuthClient, RefreshingToken

from .facade import Log
from .loopback import HandClock, Handler, asynchronous, session, web_server

SECRET = "s3cret/of+the=app"


async def sent(auth: Authorizer, path: str = "/x?a=1") -> web.Request:
    """The request as the application gets it."""
    seen: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response()

    async with web_server(handler) as url, session() as http:
        await http.request("GET", url + path, auth=auth)
    return seen[0]


@asynchronous
async def test_each_kind_is_sent_where_it_belongs() -> None:
    secret = Secret(SECRET)
    assert (await sent(Bearer(secret))).headers["Authorization"] == f"Bearer {SECRET}"
    basic = (await sent(Basic("Ä b", Secret("p:ß")))).headers["Authorization"]
    assert base64.b64decode(basic.removeprefix("Basic ")).decode() == "Ä b:p:ß"
    assert (await sent(ApiKey(secret=secret, header="X-Api-Key"))).headers["X-Api-Key"] == SECRET
    assert (await sent(ApiKey(secret=secret, header="Authorization", prefix="SSWS "))).headers[
        "Authorization"
    ] == f"SSWS {SECRET}"
    for path, before in (("/x?a=1", {"a": "1"}), ("/x", {}), ("/x?", {}), ("/x#part", {})):
        request = await sent(ApiKey(secret=secret, parameter="key"), path)
        assert dict(request.query) == {**before, "key": SECRET}


@given(secret=st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_a_key_of_any_text_arrives_whole_as_a_parameter(secret: str) -> None:
    @asynchronous
    async def run() -> None:
        assert (await sent(ApiKey(secret=Secret(secret), parameter="k e&y"))).query["k e&y"] == secret

    run()


def test_credentials_that_can_not_be_written_are_refused_when_they_are_made() -> None:
    with pytest.raises(ValueError, match="colon"):
        Basic("a:b", Secret("c"))
    for where in ({}, {"header": "X-Key", "parameter": "key"}):
        with pytest.raises(ValueError, match="one of them"):
            ApiKey(secret=Secret(SECRET), **where)


def kinds() -> list[Authorizer]:
    secret = Secret(SECRET)
    return [
        Bearer(secret),
        Basic("me", secret),
        ApiKey(secret=secret, header="X-Key", prefix="Token "),
        ApiKey(secret=secret, parameter="key"),
    ]


def telling(words: list[str]) -> list[str]:
    """*words* that tell the secret, in any of the forms in which it is sent."""
    forms = (SECRET, "s3cret%2Fof%2Bthe%3Dapp", "s3cret", base64.b64encode(f"me:{SECRET}".encode()).decode())
    return [word for word in words if any(form in word for form in forms)]


@pytest.mark.parametrize("auth", kinds(), ids=lambda auth: type(auth).__name__)
def test_no_log_no_route_no_error_and_no_repr_shows_a_secret(
    auth: Authorizer, caplog: pytest.LogCaptureFixture
) -> None:
    @asynchronous
    async def run() -> None:
        async def echo(request: web.Request) -> web.Response:
            heard = f"{request.path_qs} {dict(request.headers)}"
            body = {"error": SECRET, heard: heard, "id": heard}
            return web.json_response(body, status=int(request.path.rpartition("/")[2]), headers={"X-Request-Id": "r-1"})

        log, told = Log(), [repr(auth), str(auth), f"{auth}"]
        async with web_server(echo) as url, session() as http:
            http._log = log  # pyright: ignore[reportPrivateUsage]
            for status in (200, 202, 302, 400, 401, 403, 404, 409, 418, 429, 500, 503):
                api = JsonApi(http, url, auth, tag="error")
                with pytest.raises(JackfieldError) as refused:
                    await api.get("echo/{}", str(status), type=int)
                error = refused.value
                told += [http.mask.text(f"{error} {error.detail} {vars(error)}")]
                http.limiter._paused_until = 0.0  # pyright: ignore[reportPrivateUsage]
            for address in ("http://127.0.0.1:1/none", "http://[::bad/x", "ftp://127.0.0.1/x"):
                with pytest.raises(JackfieldError) as refused:
                    await http.request("GET", address, auth=auth)
                told += [str(refused.value), repr(refused.value.__context__)]
            assert http.mask.text(f"{SECRET}") == "***"
            if auth == ApiKey(secret=Secret(SECRET), parameter="key"):
                assert http.mask.text("s3cret%2Fof%2Bthe%3Dapp") == "***"
        assert log.lines
        assert telling([*told, *map(str, log.lines)]) == []

    with caplog.at_level(logging.DEBUG):
        run()
    assert any(record.name == "httpx" for record in caplog.records), "the library does log addresses"
    assert telling([record.getMessage() for record in caplog.records]) == []


class Application:
    """A token address for client credentials, and one protected route."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.headers: list[str | None] = []
        self.good: set[str] = set()
        self.refuses: web.Response | None = None

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/token":
            self.forms.append({key: values[0] for key, values in parse_qs(await request.text()).items()})
            self.headers.append(request.headers.get("Authorization"))
            await asyncio.sleep(0.02)
            if self.refuses is not None:
                return self.refuses
            token = f"access-{len(self.forms)}"
            self.good = {token}
            return web.json_response({"access_token": token, "expires_in": 1000})
        given = request.headers["Authorization"].removeprefix("Bearer ")
        return web.Response(text=given) if given in self.good else web.Response(status=401)


def client(url: str, **options: Any) -> OAuthClient:
    return OAuthClient(token_url=f"{url}/token", client_id="the:app+1", client_secret=Secret(SECRET), **options)


@pytest.mark.parametrize("basic", [False, True])
def test_client_credentials_are_sent_in_the_form_or_as_basic(basic: bool) -> None:
    @asynchronous
    async def run() -> None:
        application = Application()
        async with web_server(application.answer) as url, session() as http:  # type: ignore[arg-type]
            token = ClientCredentials(
                http=http,
                client=client(url, basic=basic, scopes=("users.read", "groups.read")),
                clock=HandClock(),
                parameters={"audience": "https://api.example"},
            )
            assert (await http.request("GET", f"{url}/data", auth=token)).body == b"access-1"
        (form,), (header,) = application.forms, application.headers
        asked = {
            "grant_type": "client_credentials",
            "scope": "users.read groups.read",
            "audience": "https://api.example",
        }
        if basic:
            assert form == asked
            user, _, password = base64.b64decode((header or "").removeprefix("Basic ")).decode().partition(":")
            assert (unquote_plus(user), unquote_plus(password)) == ("the:app+1", SECRET)
        else:
            assert form == {**asked, "client_id": "the:app+1", "client_secret": SECRET}
            assert header is None

    run()


@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_fifty_calls_on_an_expired_token_make_one_token_request(concurrency: int) -> None:
    @asynchronous
    async def run() -> None:
        application, clock = Application(), HandClock()
        async with web_server(application.answer) as url, session(clock, concurrency=concurrency) as http:  # type: ignore[arg-type]
            token = ClientCredentials(http=http, client=client(url), clock=clock)
            await http.request("GET", f"{url}/data", auth=token)
            for ends in (lambda: application.good.clear(), None):
                before = len(application.forms)
                if ends is not None:
                    ends()  # the application ends it early
                else:
                    await clock.go(1001)
                answers = await asyncio.gather(*(http.request("GET", f"{url}/data", auth=token) for _ in range(50)))
                assert {answer.body for answer in answers} == {f"access-{before + 1}".encode()}
                assert len(application.forms) == before + 1

    run()


@asynchronous
async def test_a_token_is_renewed_a_tenth_of_its_life_ahead_of_its_end() -> None:
    application, clock = Application(), HandClock()
    async with web_server(application.answer) as url, session(clock) as http:  # type: ignore[arg-type]
        token = ClientCredentials(http=http, client=client(url), clock=clock)
        for seconds, expected in ((0, 1), (899, 1), (2, 2)):
            await clock.go(seconds)
            assert (await token.headers())["Authorization"] == f"Bearer access-{expected}"


@asynchronous
async def test_a_client_that_is_not_accepted_is_said_and_not_asked_about_again() -> None:
    application = Application()
    async with web_server(application.answer) as url, session() as http:  # type: ignore[arg-type]
        token = ClientCredentials(http=http, client=client(url, basic=True), clock=HandClock())
        for _ in range(2):
            application.refuses = web.json_response(
                {"error": "invalid_client", "error_description": SECRET}, status=401
            )
            with pytest.raises(BadCredentials) as refused:
                await http.request("GET", f"{url}/data", auth=token)
            assert telling([str(refused.value), repr(token), str(vars(token))]) == []
        assert len(application.forms) == 1
        assert http.mask.text((application.headers[0] or "").removeprefix("Basic ")) == "***"


@asynchronous
async def test_a_token_that_the_application_refuses_for_good_is_bad_credentials() -> None:
    async def handler(request: web.Request) -> web.Response:
        if request.path == "/token":
            return web.json_response({"access_token": "never-good"})
        return web.Response(status=401)

    handle: Handler = handler
    async with web_server(handle) as url, session() as http:
        clock = HandClock()
        for auth in (
            ClientCredentials(http=http, client=client(url), clock=clock),
            RefreshingToken(http=http, client=client(url), clock=clock, refresh_token=Secret("r3fresh")),
        ):
            with pytest.raises(BadCredentials):
                await JsonApi(http, url, auth).get("data", type=int)
