"""Access tokens for a refresh token: when they are renewed, how often, and what a refusal means."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from jackfield.clock import Clock, SystemClock
from jackfield.config import Secret
from jackfield.errors import BadCredentials, JackfieldError, RateLimited, RemoteContract, Transient
from jackfield.http import OAuthClient, RefreshingToken, Response, Session
from jackfield.http.auth import request_token

from .loopback import HandClock, asynchronous, session, web_server

SECRET, REFRESH = "app-s3cret", "r3fresh"


class Application:
    """An application with a token address and one protected route."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.calls = 0
        self.lifetime: Any = 3600
        self.good: set[str] = set()
        self.on_token: Callable[[], web.Response | None] = lambda: None
        self.token_takes = 0.0
        self.extra: dict[str, Any] = {}

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/oauth2/token":
            assert request.content_type == "application/x-www-form-urlencoded"
            self.forms.append({key: values[0] for key, values in parse_qs(await request.text()).items()})
            await asyncio.sleep(self.token_takes)
            if (refused := self.on_token()) is not None:
                return refused
            token = f"access-{len(self.forms)}"
            self.good = {token}
            return web.json_response({"access_token": token, "expires_in": self.lifetime, **self.extra})
        self.calls += 1
        given = request.headers["Authorization"].removeprefix("Bearer ")
        return web.Response(text=given) if given in self.good else web.Response(status=401)


@asynccontextmanager
async def signed_in(
    application: Application, clock: Clock | None = None, *, secret: bool = True, concurrency: int = 64
) -> AsyncGenerator[tuple[Session, RefreshingToken, str]]:
    clock = clock or SystemClock()
    async with web_server(application.answer) as url, session(clock, concurrency=concurrency) as http:  # type: ignore[arg-type]
        token = RefreshingToken(
            http=http,
            client=client_of(url, secret=secret),
            refresh_token=Secret(REFRESH),
            clock=clock,
            lapsed=lambda answer: answer.status == 401,
        )
        yield http, token, url


def client_of(url: str, *, secret: bool = True) -> OAuthClient:
    return OAuthClient(
        authorize_url=f"{url}/authorize",
        token_url=f"{url}/oauth2/token",
        client_id="app",
        client_secret=Secret(SECRET) if secret else None,
    )


def refusal(status: int, body: Any) -> web.Response:
    text = body if isinstance(body, str) else json.dumps(body)
    return web.Response(status=status, text=text, headers={"X-Request-Id": "r-9"})


@asynchronous
async def test_a_client_with_a_secret_sends_it_and_one_with_pkce_sends_none() -> None:
    for secret in (True, False):
        application = Application()
        async with signed_in(application, secret=secret) as (http, token, url):
            answer = await http.request("GET", f"{url}/data", auth=token)
        assert answer.body == b"access-1"
        (form,) = application.forms
        expected = {"grant_type": "refresh_token", "refresh_token": REFRESH, "client_id": "app"}
        assert form == (expected | {"client_secret": SECRET} if secret else expected)


@pytest.mark.parametrize(("lifetime", "ahead"), [(14400, 300), (1000, 100), (10, 1), ("600", 60), (None, 300)])
def test_a_token_is_refreshed_min_of_300_s_and_a_tenth_of_its_life_ahead_of_its_end(lifetime: Any, ahead: int) -> None:
    @asynchronous
    async def run() -> None:
        application, clock = Application(), HandClock()
        application.lifetime = lifetime
        life = int(lifetime or 3600)
        async with signed_in(application, clock) as (http, token, url):
            await http.request("GET", f"{url}/data", auth=token)
            await clock.go(life - ahead - 0.1)
            assert (await http.request("GET", f"{url}/data", auth=token)).body == b"access-1"
            await clock.go(0.2)
            assert (await http.request("GET", f"{url}/data", auth=token)).body == b"access-2"
        assert len(application.forms) == 2

    run()


@asynchronous
async def test_fifty_calls_without_a_token_make_one_refresh() -> None:
    application = Application()
    application.token_takes = 0.05
    async with signed_in(application) as (http, token, url):
        answers = await asyncio.gather(*(http.request("GET", f"{url}/data", auth=token) for _ in range(50)))
    assert {answer.body for answer in answers} == {b"access-1"}
    assert len(application.forms) == 1


@pytest.mark.parametrize("concurrency", [1, 3, 64])
def test_fifty_calls_on_an_expired_token_make_one_refresh(concurrency: int) -> None:
    @asynchronous
    async def run() -> None:
        application = Application()
        application.token_takes = 0.05
        async with signed_in(application, concurrency=concurrency) as (http, token, url):
            await http.request("GET", f"{url}/data", auth=token)
            application.good = set()  # the application ends it early
            answers = await asyncio.gather(*(http.request("GET", f"{url}/data", auth=token) for _ in range(50)))
        assert {answer.body for answer in answers} == {b"access-2"}
        assert len(application.forms) == 2
        assert application.calls <= 1 + 50 + 50

    run()


@asynchronous
async def test_an_application_that_gives_the_same_token_again_is_asked_once_too() -> None:
    application = Application()
    application.token_takes = 0.05
    application.extra = {"access_token": "same"}
    async with signed_in(application) as (http, token, url):
        answers = await asyncio.gather(*(http.request("GET", f"{url}/data", auth=token) for _ in range(20)))
    assert {answer.status for answer in answers} == {401}, "sent once more, then given as it is"
    assert len(application.forms) == 2
    assert application.calls == 40


@asynchronous
async def test_a_refresh_that_fails_is_the_failure_of_all_who_wait_for_it() -> None:
    application = Application()
    application.token_takes = 0.05
    application.on_token = lambda: refusal(500, "")
    async with signed_in(application) as (http, token, url):
        calls = [http.request("GET", f"{url}/data", auth=token) for _ in range(20)]
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(failure) for failure in failures} == {Transient}
        assert len({id(failure) for failure in failures}) == 20, "each call may add to its error where it happened"
        assert len(application.forms) == 1
        application.on_token = lambda: None
        assert (await http.request("GET", f"{url}/data", auth=token)).status == 200, "the next call tries again"


@pytest.mark.parametrize("refused", [(500, ""), (429, ""), (200, "<html>gateway</html>"), (302, "")])
def test_a_refresh_ahead_that_fails_is_survived_while_the_old_token_is_good(refused: tuple[int, str]) -> None:
    @asynchronous
    async def run() -> None:
        application, clock = Application(), HandClock()
        application.lifetime = 1000
        async with signed_in(application, clock) as (http, token, url):
            assert (await token.headers())["Authorization"] == "Bearer access-1"
            application.on_token = lambda: refusal(*refused)
            await clock.go(901)
            for _ in range(20):
                assert (await token.headers())["Authorization"] == "Bearer access-1"
            assert len(application.forms) == 2, "it is not tried again at each call"
            await clock.go(50)
            assert (await token.headers())["Authorization"] == "Bearer access-1"
            assert len(application.forms) == 3
            await clock.go(50)
            with pytest.raises((Transient, RateLimited, RemoteContract)):
                await token.headers()
            await clock.go(10)
            application.on_token = lambda: None
            assert (await token.headers())["Authorization"] == "Bearer access-5"
            assert (await http.request("GET", f"{url}/data", auth=token)).body == b"access-5"

    run()


@asynchronous
async def test_nobody_waits_for_a_refresh_while_the_old_token_is_good() -> None:
    application, clock = Application(), HandClock()
    application.lifetime = 1000
    async with signed_in(application, clock) as (_, token, _url):
        await token.headers()
        await clock.go(950)
        application.token_takes = 30.0
        refreshing = asyncio.create_task(token.headers())
        await asyncio.sleep(0.1)
        assert (await token.headers())["Authorization"] == "Bearer access-1"
        refreshing.cancel()


@asynchronous
async def test_the_call_that_refreshes_may_be_cancelled_and_another_takes_over() -> None:
    application = Application()
    application.token_takes = 0.2
    async with signed_in(application) as (http, token, url):
        first = asyncio.create_task(token.headers())
        others = [asyncio.create_task(token.headers()) for _ in range(5)]
        await asyncio.sleep(0.1)
        first.cancel()
        assert {headers["Authorization"] for headers in await asyncio.gather(*others)} == {"Bearer access-2"}
        assert len(application.forms) == 2
        assert http.limiter.in_flight == 0
        assert (await http.request("GET", f"{url}/data", auth=token)).status == 200


@asynchronous
async def test_a_refresh_token_that_is_no_longer_accepted_is_said_once_and_not_asked_about_again() -> None:
    application = Application()
    application.on_token = lambda: refusal(400, {"error": "invalid_grant", "error_description": REFRESH})
    async with signed_in(application) as (http, token, url):
        for _ in range(3):
            with pytest.raises(BadCredentials) as refused:
                await http.request("GET", f"{url}/data", auth=token)
            assert "invalid_grant" in str(refused.value)
            assert "jackfield authorize" in str(refused.value)
            assert refused.value.request_id == "r-9"
            assert REFRESH not in str(refused.value)
    assert len(application.forms) == 1
    assert application.calls == 0


@asynchronous
async def test_a_refresh_token_that_the_application_replaces_is_used_from_then_on() -> None:
    application, clock = Application(), HandClock()
    application.extra = {"refresh_token": "rotated"}
    async with signed_in(application, clock) as (_, token, _url):
        await token.headers()
        await clock.go(4000)
        await token.headers()
    assert [form["refresh_token"] for form in application.forms] == [REFRESH, "rotated"]


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        (400, {"error": "invalid_grant"}, BadCredentials, "invalid_grant"),
        (401, {"error": "invalid_client"}, BadCredentials, "does not accept this client"),
        (400, {"error": "unauthorized_client"}, BadCredentials, "with a client secret"),
        (400, {"error": "something_new"}, BadCredentials, "status 400: something_new"),
        (
            400,
            {"error": "invalid_client: Invalid client_id or client_secret"},
            BadCredentials,
            "this client (invalid_client",
        ),
        (400, {"error": "invalid_grant: refresh token is revoked"}, BadCredentials, "jackfield authorize"),
        (400, {"error": "server_error : later"}, Transient, "can't answer now"),
        (
            403,
            {"error": "not you", "error_description": "ask\n the \x1b[2Jowner"},
            BadCredentials,
            "not you: ask the \\x1b[2J",
        ),
        (418, {"error_description": "x" * 500}, RemoteContract, "x" * 200 + "…"),
        (400, {"error": "new", "error_description": f"{SECRET} {REFRESH}"}, BadCredentials, "new: *** ***"),
        (400, {"error": f"no {REFRESH}"}, BadCredentials, "status 400: no ***"),
        (400, {"error": "new", "error_description": ["s3cret"]}, BadCredentials, "status 400: new"),
        (200, {"access_token": "s3cret-tok", "token_type": "mac"}, RemoteContract, "of the type 'mac'"),
        (200, {"access_token": "s3cret-tok", "token_type": "\x1b[2J"}, RemoteContract, "bearer"),
        (200, {"access_token": "s3cret-tok", "token_type": 7}, RemoteContract, "no token"),
        (200, {"access_token": "s3cret-tok", "token_type": None}, RemoteContract, "no token"),
        (200, {"access_token": "s3cret-tok", "refresh_token": "s3cret\n"}, RemoteContract, "no header can carry"),
        (200, {"access_token": "s3cret-tok" * 2000}, RemoteContract, "no header can carry"),
        (400, {"error": {"code": 7}}, BadCredentials, "status 400"),
        (403, "<html>forbidden</html>", BadCredentials, "status 403"),
        (200, {"error": "invalid_grant"}, BadCredentials, "invalid_grant"),
        (400, {"error": "temporarily_unavailable"}, Transient, "temporarily_unavailable"),
        (500, {"error": "server_error"}, Transient, "500"),
        (429, "", RateLimited, "pause"),
        (302, "", RemoteContract, "status 302"),
        (404, "not here", RemoteContract, "status 404"),
        (200, "<html>sign in to the network</html>", Transient, "not a token"),
        (200, '{"access_token": "s3cret-tok', Transient, "not a token"),
        (200, "", Transient, "not a token"),
        (200, {"token": "s3cret-tok"}, RemoteContract, "no token"),
        (200, {"access_token": 7}, RemoteContract, "no token"),
        (200, ["s3cret-tok"], RemoteContract, "no token"),
        (200, {"access_token": "s3cret-tok\r\nX: y"}, RemoteContract, "no header can carry"),
        (200, {"access_token": "s3cret-tokü"}, RemoteContract, "no header can carry"),
        (200, {"access_token": ""}, RemoteContract, "no header can carry"),
    ],
)
def test_what_a_refusal_of_the_token_address_means(
    status: int, body: Any, error: type[JackfieldError], says: str
) -> None:
    @asynchronous
    async def run() -> None:
        application = Application()
        application.on_token = lambda: refusal(status, body)
        async with signed_in(application) as (http, _, url):
            with pytest.raises(error) as refused:
                await request_token(http, client_of(url), {"grant_type": "refresh_token", "refresh_token": REFRESH})
        shown = f"{refused.value} {refused.value.detail} {refused.value.__cause__}"
        assert says in shown
        assert refused.value.route
        assert refused.value.request_id == "r-9"
        assert "s3cret" not in shown
        assert REFRESH not in shown
        assert shown.isprintable()

    run()


@pytest.mark.parametrize("kind", ["bearer", "Bearer", "BEARER"])
def test_a_bearer_token_is_one_in_any_case_of_letters(kind: str) -> None:
    @asynchronous
    async def run() -> None:
        application = Application()
        application.extra = {"token_type": kind}
        async with signed_in(application) as (http, token, url):
            assert (await http.request("GET", f"{url}/data", auth=token)).body == b"access-1"

    run()


@pytest.mark.parametrize("lifetime", ["nan", "inf", "-inf", -1, 0, "-5"])
def test_an_end_that_is_none_is_none_and_asks_for_no_token_at_each_call(lifetime: Any) -> None:
    @asynchronous
    async def run() -> None:
        application = Application()
        application.lifetime = lifetime
        async with signed_in(application) as (http, token, url):
            for _ in range(3):
                assert (await http.request("GET", f"{url}/data", auth=token)).body == b"access-1"
        assert len(application.forms) == 1

    run()


@asynchronous
async def test_a_dropped_connection_to_the_token_address_is_transient() -> None:
    async with session() as http:
        with pytest.raises(Transient):
            await request_token(http, client_of("http://127.0.0.1:1"), {})


@asynchronous
async def test_a_call_that_lapses_again_after_one_renewal_is_given_as_it_is() -> None:
    application = Application()
    async with signed_in(application) as (http, token, url):
        await token.headers()
        application.on_token = lambda: web.json_response({"access_token": f"wrong-{len(application.forms)}"})
        application.good = set()
        assert (await http.request("GET", f"{url}/data", auth=token)).status == 401
    assert application.calls == 2


def test_nothing_of_a_client_or_a_token_shows_its_secrets() -> None:
    client = client_of("https://example.org")
    token = RefreshingToken(
        http=None,  # type: ignore[arg-type]
        client=client,
        refresh_token=Secret(REFRESH),
        clock=HandClock(),
        lapsed=lambda _: False,
    )
    for shown in (repr(client), repr(token), str(vars(token))):
        assert SECRET not in shown
        assert REFRESH not in shown


@asynchronous
async def test_an_answer_that_is_no_sign_of_a_lapsed_token_renews_nothing() -> None:
    application = Application()
    async with signed_in(application) as (_, token, _url):
        used = await token.headers()
        assert not await token.renew(used, Response(status=403, headers={}, body=b""))
        assert len(application.forms) == 1
