"""A JSON API: addresses, answers and what refusals mean. Nothing but a known success counts as one."""

from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.config import Secret
from jackfield.errors import JackfieldError, NotFound, Refused, RemoteContract
from jackfield.http import Bearer, JsonApi, Response, decode_json, decoder_of
from jackfield_contracts import OutcomeKind

from .loopback import asynchronous, session, web_server
from .rest_answers import PRIVATE, User, raised, says


@given(ids=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8), min_size=2, max_size=2))
@settings(max_examples=40, deadline=None)
def test_ids_of_any_text_arrive_in_their_place_of_the_path(ids: list[str]) -> None:
    @asynchronous
    async def run() -> None:
        seen: list[str] = []

        async def handler(request: web.Request) -> web.Response:
            seen.append(request.raw_path)
            return web.json_response({"id": "x"})

        async with web_server(handler) as url, session() as http:
            api = JsonApi(http, f"{url}/api/v2/")
            if "." in ids or ".." in ids:
                with pytest.raises(Refused) as refused:
                    await api.get("groups/{}/members/{}", *ids, type=User)
                assert refused.value.tag == "bad_id"
                return
            await api.get(
                "/groups/{}/members/{}", *ids, type=User, params={"p": "&=ä +", "none": None, "flag": True, "n": (1, 2)}
            )
        path, _, query = seen[0].partition("?")
        from urllib.parse import parse_qsl, unquote

        assert [unquote(part, errors="strict") for part in path.split("/")] == [
            "",
            "api",
            "v2",
            "groups",
            ids[0],
            "members",
            ids[1],
        ]
        assert parse_qsl(query) == [("p", "&=ä +"), ("flag", "true"), ("n", "1"), ("n", "2")]

    run()


def test_a_path_and_its_ids_must_fit() -> None:
    api = JsonApi(None, "https://api.example")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="places for 1 ids"):
        api.address("groups/{}", "a", "b")
    with pytest.raises(Refused):
        api.address("groups/{}/members", "")


@asynchronous
async def test_json_is_sent_and_answers_are_decoded() -> None:
    seen: list[Any] = []

    async def handler(request: web.Request) -> web.Response:
        body = await request.read()
        seen.append((request.method, request.headers.get("Content-Type"), request.headers["X-Version"], body))
        return web.json_response({"id": "u1", "more": 1}, status=201 if request.method == "POST" else 200)

    async with web_server(handler) as url, session() as http:
        api = JsonApi(http, url, headers={"X-Version": "7"})
        assert await api.send("POST", "users", json={"name": "ä"}, type=User) == User("u1")
        assert await api.get("users/{}", "u1", type=User) == User("u1")
        assert await api.send("DELETE", "users/{}", "u1") is None
        assert await api.send("PUT", "users/{}", "u1", json=None) is None
    assert seen == [
        ("POST", "application/json", "7", '{"name":"ä"}'.encode()),
        ("GET", None, "7", b""),
        ("DELETE", None, "7", b""),
        ("PUT", "application/json", "7", b"null"),
    ]


@pytest.mark.parametrize("status", [202, 203, 205, 206, 207, 226, 301, 302, 303, 307])
def test_what_is_not_known_as_success_is_none(status: int) -> None:
    @asynchronous
    async def run() -> None:
        assert type(await raised(says(status, {"id": "u1"}))) is RemoteContract

    run()


def test_what_the_application_only_promises_is_begun() -> None:
    @asynchronous
    async def run() -> None:
        for status in (200, 201, 202):
            async with web_server(says(status, {"id": "o-5"})) as url, session() as http:
                api = JsonApi(http, url, Bearer(Secret("t0ken"))).traced()
                assert await api.begin("DELETE", "users/{}", "u1", type=User) == User(id="o-5")
                assert api.request_ids == ("r-1",)
        for status, error in ((204, RemoteContract), (203, RemoteContract), (409, Refused)):
            async with web_server(says(status, {"id": "o-5"})) as url, session() as http:
                with pytest.raises(error):
                    await JsonApi(http, url).begin("DELETE", "users/{}", "u1", type=User)

    run()


def test_what_is_only_promised_may_be_at_an_address() -> None:
    @asynchronous
    async def run() -> None:
        for location, at in (
            ("/jobs/7?a=b", "/jobs/7?a=b"),
            ("jobs/7", "/users/jobs/7"),
            ("", None),
            ("https://x.org/", None),
        ):
            async with web_server(says(202, "", Location=location)) as url, session() as http:
                api = JsonApi(http, url)
                if at is not None:
                    assert await api.begin_at("DELETE", "users/{}", "u1") == at
                    continue
                with pytest.raises(RemoteContract) as error:
                    await api.begin_at("DELETE", "users/{}", "u1")
                assert error.value.route == "users/{}"

    run()


@pytest.mark.parametrize(("sent", "told"), [("tr.7-x", "tr.7-x"), ("a b", None), ("", None)])
def test_requests_are_told_apart_by_the_header_that_is_named(sent: str, told: str | None) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response({"id": "u1"}, headers={"X-Keyring-Trace": sent})

    @asynchronous
    async def run() -> None:
        async with web_server(handler) as url, session() as http:
            api = JsonApi(http, url, request_id="X-Keyring-Trace").traced()
            await api.get("users/{}", "u1", type=User)
            assert api.request_ids == ((told,) if told else ())

    run()


@pytest.mark.parametrize("status", [201, 204])
def test_an_answer_to_a_read_has_a_body(status: int) -> None:
    @asynchronous
    async def run() -> None:
        assert type(await raised(says(status, {}), "GET")) is RemoteContract

    run()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"id": 7}, "$.id"),
        ({}, "id"),
        ({"id": "u", "status": PRIVATE}, "$.status"),
        ([PRIVATE], "object"),
        ("<html>" + PRIVATE, "JSON"),
        ('{"id": "u1', "JSON"),
        ('{"id": "\\ud800', "JSON"),
        ("[" * 100_000, "object"),
        ("", "JSON"),
    ],
)
def test_an_answer_of_another_form_is_told_with_its_place_and_a_sample_of_its_form(body: Any, place: str) -> None:
    @asynchronous
    async def run() -> None:
        async with web_server(says(200, body)) as url, session() as http:
            with pytest.raises(RemoteContract) as refused:
                await JsonApi(http, url).get("users", type=User)
        assert place in refused.value.summary
        assert (refused.value.route, refused.value.request_id) == ("users", "r-1")
        assert PRIVATE not in f"{refused.value} {refused.value.detail}"

    run()


@pytest.mark.parametrize(
    ("status", "tag", "outcome"),
    [
        (200, "", OutcomeKind.CHANGED),
        (201, "", OutcomeKind.CHANGED),
        (204, "", OutcomeKind.CHANGED),
        (409, "already_member", OutcomeKind.ALREADY),
        (409, "group_locked", OutcomeKind.REFUSED),
        (409, "", OutcomeKind.REFUSED),
        (404, "no_group", OutcomeKind.REFUSED),
        (422, "bad", OutcomeKind.REFUSED),
    ],
)
def test_a_change_has_an_outcome(status: int, tag: str, outcome: OutcomeKind) -> None:
    @asynchronous
    async def run() -> None:
        async with web_server(says(status, {"code": tag} if tag else {})) as url, session() as http:
            api = JsonApi(http, url, tag="code").traced()
            await api.change("DELETE", "x/{}", "other", already=("already_member",))
            ended = await api.change("PUT", "x/{}", "1", already=("already_member",))
            assert api.request_ids == ("r-1", "r-1")
        assert ended.outcome is outcome
        assert ended.request_ids == ("r-1",)
        if outcome is not OutcomeKind.CHANGED:
            assert ended.tag == (tag or "refused")

    run()


@pytest.mark.parametrize("status", [202, 207, 302, 400, 401, 403, 408, 429, 500, 503])
def test_a_change_that_was_not_decided_has_none(status: int) -> None:
    @asynchronous
    async def run() -> None:
        async with web_server(says(status, {"code": "already_member"})) as url, session() as http:
            with pytest.raises(JackfieldError):
                await JsonApi(http, url, tag="code").change("PUT", "x", already=("already_member",))

    run()


@asynchronous
async def test_headers_of_one_request_and_the_media_type_of_all() -> None:
    seen: list[tuple[str | None, str | None, str | None]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(tuple(request.headers.get(name) for name in ("If-Match", "Accept", "Content-Type")))  # type: ignore[arg-type]
        return web.json_response({"id": "x"})

    media = "application/scim+json"
    async with web_server(handler) as url, session() as http:
        api = JsonApi(http, url, media_type=media, headers={"If-Match": "none"})
        await api.get("users/{}", "x", type=User)
        await api.send("PUT", "users/{}", "x", json={"a": 1}, headers={"If-Match": 'W/"1"'})
        await api.change("PATCH", "users/{}", "x", json={"a": 1}, headers={"If-Match": 'W/"2"'})
    assert seen == [("none", media, None), ('W/"1"', media, media), ('W/"2"', media, media)]


@pytest.mark.parametrize(
    ("body", "error", "tag"),
    [
        ({"word": "gone", "really": True}, NotFound, "gone"),
        ({"word": "gone"}, RemoteContract, None),
        ({"word": "jane@example.com, who left", "really": True}, NotFound, "malformed_tag"),
        ("<html>", RemoteContract, None),
    ],
)
def test_a_function_may_find_the_word_of_a_refusal(body: Any, error: type[JackfieldError], tag: str | None) -> None:
    def word(response: Response) -> str | None:
        found = decode_json(response.body, decoder_of(dict[str, Any]))
        return found["word"] if found.get("really") else None

    @asynchronous
    async def run() -> None:
        async with web_server(says(404, body)) as url, session() as http:
            with pytest.raises(JackfieldError) as refused:
                await JsonApi(http, url, tag=word).get("users/{}", "x", type=User)
        assert type(refused.value) is error
        assert getattr(refused.value, "tag", None) == tag

    run()
