"""The client against answers that no Dropbox should give, over real HTTP."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from jackfield.clock import SystemClock
from jackfield.config import Secret
from jackfield.errors import BadConfig, JackfieldError, RemoteContract, Transient
from jackfield.host.connection import open_connection
from jackfield.host.discovery import Found
from jackfield.http import Response, SessionOptions, open_session
from jackfield.log import NoLog
from jackfield_dropbox.api import Api, refuse, retry_after
from jackfield_dropbox.config import DropboxConfig, api_url, web_url
from jackfield_dropbox.oauth import token_lapsed
from jackfield_dropbox.plugin import connector

SECRET, REFRESH, ACCESS = "abcdefgh1234567", "refresh_token_of_the_team", "access_token_of_now"


@asynccontextmanager
async def serving(answer: Callable[[web.BaseRequest], web.Response]) -> AsyncGenerator[str]:
    async def handle(request: web.BaseRequest) -> web.Response:
        if request.path == "/oauth2/token":
            return web.json_response({"access_token": ACCESS, "expires_in": 14400})
        return answer(request)

    runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, {".tag": "{}"}),
        (401, {".tag": "missing_scope", "required_scope": "{}"}),
        (403, {".tag": "{}"}),
        (409, {".tag": "{}"}),
    ],
)
@pytest.mark.parametrize("secret", [SECRET, REFRESH, ACCESS])
def test_an_echo_of_a_secret_is_in_no_error(status: int, error: Mapping[str, str], secret: str) -> None:
    def answer(_: web.BaseRequest) -> web.Response:
        told = {key: value.replace("{}", secret) for key, value in error.items()}
        headers = {"X-Dropbox-Request-Id": secret}
        return web.json_response({"error": told, "error_summary": secret}, status=status, headers=headers)

    async def run() -> JackfieldError:
        found = Found(name="dropbox", distribution="jackfield-dropbox", version="1", type=connector)
        async with serving(answer) as url:
            config = DropboxConfig(
                app_key="key", app_secret=Secret(SECRET), refresh_token=Secret(REFRESH), base_url=url
            )
            async with open_connection(
                "acme", found, config, options=SessionOptions(), clock=SystemClock(), log=NoLog()
            ) as connection:
                with pytest.raises(JackfieldError) as failed:
                    await connection.read_page("members", (), None, 0, None)  # type: ignore[arg-type]
                return failed.value

    told = asyncio.run(run())
    assert secret not in repr((str(told), vars(told), told.args))


@pytest.mark.parametrize("tag", ["Tag", "a b", "9", "a" * 65, "a-b", "<b>", "é"])
def test_a_tag_that_is_none_is_unknown(tag: str) -> None:
    for status in (401, 403, 409):
        response = Response(status=status, headers={}, body=b'{"error":{".tag":"%s"}}' % tag.encode())
        with pytest.raises(JackfieldError, match="an unknown tag") as failed:
            refuse("r", response)
        assert tag not in str(failed.value).split("(")[1]


def ask(body: bytes, call: Callable[[Api], Any]) -> Any:
    class Auth:
        async def headers(self) -> Mapping[str, str]:
            return {}

        async def renew(self, used: Mapping[str, str], response: Response) -> bool:
            return False

    async def run() -> Any:
        async with (
            serving(lambda _: web.Response(body=body, content_type="application/json")) as url,
            open_session(SessionOptions(), SystemClock()) as http,
        ):
            return await call(Api(http, url, Auth()))

    return asyncio.run(run())


@pytest.mark.parametrize("number", ["-1", "9007199254740993", "18446744073709551616", "1" * 400])
def test_a_count_that_is_none_breaks_the_contract(number: str) -> None:
    team = '{"name":"T","team_id":"t","%s":%s}'
    group = '{"group_id":"g","group_name":"G","group_management_type":{".tag":"company_managed"},"member_count":%s}'
    with pytest.raises(RemoteContract):
        ask((team % ("num_licensed_users", number)).encode(), lambda api: api.team_info())
    with pytest.raises(RemoteContract):
        ask((team % ("num_used_licenses", number)).encode(), lambda api: api.team_info())
    # A row of a listing costs itself only.
    good = group.replace('"g"', '"g2"') % 1
    listed = ask(
        f'{{"groups":[{group % number},{good}],"cursor":"c","has_more":false}}'.encode(),
        lambda api: api.groups_list(limit=1),
    )
    assert [one.group_id for one in listed.page.groups] == ["g2"]
    assert [one.number for one in listed.broken] == [1]
    info = f'[{{".tag":"group_info","group_id":"g","member_count":{number}}}]'
    with pytest.raises(RemoteContract):
        ask(info.encode(), lambda api: api.groups_get_info(("g",)))
    assert len(ask(info.encode(), lambda api: api.groups_in_full(("g",))).broken) == 1


ROLES = '{"roles":[{"role_id":"pid_dbtmr:1","name":"%s"},{"role_id":"pid_dbtmr:2","name":"Good"}]}'


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (r"a\ud800b", "a\ufffdb"),
        (r"\udc00", "\ufffd"),
        (r"\ud83d\ude00 \ud83d", "\U0001f600 \ufffd"),
        (r"\\ud800", r"\ud800"),
    ],
)
def test_half_a_surrogate_pair_costs_one_character_and_nothing_else(name: str, read: str) -> None:
    roles = ask((ROLES % name).encode(), lambda api: api.roles()).roles
    assert [role.name for role in roles] == [read, "Good"]


@pytest.mark.parametrize("id", ["", "pid", "pid@@_dbtmr:1", "xpid_dbtmr:1", "pid_dbtmr:" + 200 * "1"])
def test_a_role_id_of_another_form_than_documented_breaks_the_contract(id: str) -> None:
    with pytest.raises(RemoteContract, match="role_id"):
        ask(f'{{"roles":[{{"role_id":"{id}","name":"A"}}]}}'.encode(), lambda api: api.roles())


_OF_NOBODY = '"group_id":"g","members":[{"profile":{"team_member_id":""},"access_type":{".tag":"member"}}]'


@pytest.mark.parametrize("info", ['"group_id":""', _OF_NOBODY], ids=["group", "member"])
def test_an_empty_id_names_nobody(info: str) -> None:
    body = f'[{{".tag":"group_info",{info}}}]'.encode()
    with pytest.raises(RemoteContract):
        ask(body, lambda api: api.groups_get_info(("g",)))
    assert len(ask(body, lambda api: api.groups_in_full(("g",))).broken) == 1


@pytest.mark.parametrize("body", [r'{"roles":[{"role_id":"\ud800', "", "<html>", '{"roles": [{"role'])
def test_what_is_no_whole_json_may_work_later(body: str) -> None:
    with pytest.raises(Transient, match="no whole JSON"):
        ask(body.encode(), lambda api: api.roles())


@pytest.mark.parametrize(
    "body",
    [
        *(b'{"roles": NaN}', b'{"roles": [{"role_id": "a\xff", "name": "n"}]}', b'{"roles": [{"role_id": 1e999}]}'),
        *(b'{"roles": [{"role_id": "a\x00", "name": "n"}]}', b'{"roles":' + b"9" * 5000 + b"}", b"[]", b"7 }"),
        b'{"other": [' + b"[]," * 2_000_000 + b'[]], "roles": []}',
    ],
    ids=["NaN", "byte", "infinity", "control", "digits", "list", "end", "values"],
)
def test_what_is_whole_and_no_answer_breaks_the_contract(body: bytes) -> None:
    with pytest.raises(RemoteContract) as failed:
        ask(body, lambda api: api.roles())
    assert failed.value.route == "team/members/get_available_team_member_roles"
    for status in (400, 401, 403, 409, 500):
        with pytest.raises(JackfieldError) as failed:
            refuse("r", Response(status=status, headers={}, body=body))
        assert failed.value.exit_code != 70
        assert not token_lapsed(Response(status=status, headers={}, body=body))
        assert retry_after(Response(status=429, headers={}, body=body), SystemClock()) is None


def test_what_is_nested_too_deep_breaks_the_contract() -> None:
    with pytest.raises(RemoteContract, match="nested too deep"):
        ask(b'{"x":' + b"[" * 100_000, lambda api: api.roles())
    with pytest.raises(JackfieldError):
        refuse("r", Response(status=409, headers={}, body=b'{"x":' + b"[" * 100_000))


def test_a_mended_answer_is_held_to_the_contract() -> None:
    with pytest.raises(RemoteContract):
        ask(rb'{"roles":[{"role_id":"\ud800"}]}', lambda api: api.roles())


@pytest.mark.parametrize(
    "url",
    [
        *("", " ", "ftp://h", "http://", "https://[::1", "https://h:port", "https://u:p4ss@h", "http://u@127.0.0.1"),
        *("http://u:p4ss@127.0.0.1:80", "http://example.org"),
    ],
)
def test_an_address_that_can_not_be_called_safely_is_refused_and_not_shown(url: str) -> None:
    config = DropboxConfig(app_key="key", refresh_token=Secret("r"), base_url=url)
    for address in (api_url, web_url):
        with pytest.raises(BadConfig) as failed:
            address(config)
        assert failed.value.path == "base_url"
        assert "p4ss" not in str(failed.value)
