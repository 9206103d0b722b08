"""What a server echoes: no secret of a connection leaves the façade in an error, a report or a page."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from jackfield.clock import SystemClock
from jackfield.config import ConnectorConfig, Mask, Secret
from jackfield.errors import BadConfig, JackfieldError, MissingPermission, Refused
from jackfield.hookspecs import ConnectorType, Context, OAuthClient, Reads, family, hookimpl
from jackfield.host.connection import Connection, open_connection
from jackfield.host.discovery import Found
from jackfield.http import RefreshingToken, Response, SessionOptions
from jackfield_contracts import CapabilityStatus, CheckReport, Diagnostic, Page, Severity

from .loopback import asynchronous, session, web_server

SECRET, REFRESH, NEXT, ACCESS = "app-s3cret", "r3fresh-t0ken", "n3xt-refresh-t0ken", "acc3ss-t0ken-of-now"
ALL = f"{SECRET}-{REFRESH}-{NEXT}-{ACCESS}"


class Config(ConnectorConfig, frozen=True, kw_only=True):
    url: str
    app_secret: Secret
    refresh_token: Secret
    more: tuple[dict[str, Secret], ...] = ()


async def application(request: web.Request) -> web.Response:
    if request.path == "/token":
        return web.json_response({"access_token": ACCESS, "refresh_token": NEXT, "expires_in": 3600})
    return web.Response(status=409, text=ALL, headers={"X-Some-Request-Id": ALL})


class Echoing(Reads):
    def __init__(self, config: Config, context: Context, then: Callable[[str], Any]) -> None:
        self._config, self._http, self._then = config, context.http, then
        client = OAuthClient(
            authorize_url="", token_url=f"{config.url}/token", client_id="c", client_secret=config.app_secret
        )
        self._auth = RefreshingToken(
            http=context.http,
            client=client,
            refresh_token=config.refresh_token,
            clock=context.clock,
            lapsed=lambda _: False,
        )

    async def _echo(self) -> Response:
        return await self._http.request("POST", f"{self._config.url}/echo", auth=self._auth)

    @hookimpl
    async def check(self) -> CheckReport:
        return self._then((await self._echo()).body.decode())

    @family("all")
    async def all(self) -> Page:
        return self._then((await self._echo()).body.decode())


def opened(url: str, then: Callable[[str], Any]) -> AbstractAsyncContextManager[Connection]:
    @asynccontextmanager
    async def give(config: Config, context: Context) -> AsyncGenerator[object]:
        if url == "open":
            raise then(SECRET)
        yield Echoing(config, context, then)

    return open_connection(
        "acme",
        Found(
            name="odd",
            distribution="plugin-odd",
            version="1",
            type=ConnectorType(name="odd", display_name="Odd", config=Config, open=give, capabilities=()),
        ),
        Config(url=url, app_secret=Secret(SECRET), refresh_token=Secret(REFRESH), more=({"a": Secret("d33p-secret")},)),
        options=SessionOptions(),
        clock=SystemClock(),
        log=_Silent(),
    )


class _Silent:
    def warning(self, event: str, **facts: Any) -> None: ...

    debug = info = warning


def clean(text: str) -> None:
    for secret in (SECRET, REFRESH, NEXT, ACCESS):
        assert secret not in text


def throw(error: BaseException) -> None:
    raise error


def everywhere(text: str) -> Exception:
    return Refused(f"no ({text})", tag=text, hint=text, detail=text, path=text, route=text, request_id=text)


def permission(text: str) -> Exception:
    return MissingPermission(text, permission=text)


def cut(text: str) -> Exception:
    return Refused(f"cut {text[: len(SECRET) - 1]}")


@pytest.mark.parametrize("made", [everywhere, permission, ValueError, cut])
def test_no_error_carries_a_secret_that_the_server_echoed(made: Callable[[str], Exception]) -> None:
    @asynchronous
    async def run() -> None:
        async with (
            web_server(application) as url,  # type: ignore[arg-type]
            opened(url, lambda text: throw(made(text))) as connection,
        ):
            with pytest.raises(JackfieldError) as failed:
                await connection.check()
        error = failed.value
        clean(repr((str(error), error, error.args, vars(error), error.diagnostic())))
        assert SECRET[:8] not in str(error)
        assert error.connection == "acme"

    run()


@asynchronous
async def test_neither_reports_nor_pages_carry_one() -> None:
    def told(text: str) -> tuple[Diagnostic, ...]:
        return (Diagnostic(code=text, severity=Severity.WARNING, summary=text, detail=text, hint=text),)

    def report(text: str) -> CheckReport:
        status = CapabilityStatus(capability="sync", available=False, missing=(text,), reason=text)
        return CheckReport(capabilities=(status,), diagnostics=told(text))

    async with web_server(application) as url:  # type: ignore[arg-type]
        async with opened(url, report) as connection:
            given = await connection.check()
            clean(repr(given))
            assert given.diagnostics[0].severity is Severity.WARNING
            assert given.capabilities[0].available is False
        async with opened(url, lambda text: Page(diagnostics=told(text))) as connection:
            page = await connection.read_page("all", (), None, 0, None)  # type: ignore[arg-type]
            clean(repr(page))
            assert len(page.diagnostics) == 1


@asynchronous
async def test_what_fails_while_it_opens_carries_none() -> None:
    with pytest.raises(JackfieldError) as failed:
        async with opened("open", ValueError):
            pass
    clean(str(failed.value))


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("url", "connections.acme.url"),
        ("more[0].a", "connections.acme.more[0].a"),
        ("SSL_CERT_FILE", "SSL_CERT_FILE"),
        (None, None),
    ],
)
def test_a_wrong_value_that_a_connector_finds_is_named_by_its_whole_path(path: str | None, told: str | None) -> None:
    @asynchronous
    async def run() -> None:
        with pytest.raises(BadConfig) as failed:
            async with opened("open", lambda _: BadConfig("no", path=path)):
                pass
        assert failed.value.path == told

    run()


def test_a_mask_shows_nothing_and_leaves_what_is_no_secret() -> None:
    mask = Mask()
    mask.learn({"a": [Secret(SECRET), Secret("abc")], "b": "plain"})
    assert SECRET not in repr(mask)
    assert mask.text("abc plain") == "abc plain"
    assert mask.text(json.dumps({"echo": SECRET})) == '{"echo": "***"}'


@pytest.mark.parametrize("value", ["ab c", "x" * 129, "<b>", "a/b", "é"])
def test_a_request_id_that_is_none_is_not_kept(value: str) -> None:
    async def odd(_: web.Request) -> web.Response:
        return web.Response(headers={"X-Request-Id": value})

    @asynchronous
    async def run() -> None:
        async with web_server(odd) as url, session() as http:  # type: ignore[arg-type]
            assert (await http.request("GET", url)).request_id is None

    run()


@asynchronous
async def test_the_token_of_any_authorizer_is_known() -> None:
    class Basic:
        async def headers(self) -> dict[str, str]:
            return {"authorization": f"Basic {ACCESS}"}

        async def renew(self, used: object, response: Response) -> bool:
            return False

    async with web_server(application) as url, session() as http:  # type: ignore[arg-type]
        assert (await http.request("GET", url, auth=Basic())).request_id is None
        assert http.mask.text(f"Basic {ACCESS}") == "Basic ***"


@asynchronous
async def test_a_request_id_that_holds_a_secret_is_not_even_logged() -> None:
    async with web_server(application) as url, session() as http:  # type: ignore[arg-type]
        http.conceal(Secret(ACCESS))
        assert (await http.request("GET", url)).request_id is None
        assert ACCESS not in repr(http) + repr(http.mask)
