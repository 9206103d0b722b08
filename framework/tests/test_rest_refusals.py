"""What refusals of a JSON API mean: by status, by tag, or in an answer that says 200."""

from typing import Any

import pytest

from jackfield.errors import (
    BadCredentials,
    JackfieldError,
    MissingPermission,
    NotFound,
    RateLimited,
    Refused,
    RemoteContract,
    Transient,
)
from jackfield.http import REFUSALS, JsonApi

from .loopback import asynchronous, session, web_server
from .rest_answers import PRIVATE, User, raised, says


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *REFUSALS.items(),
        (302, RemoteContract),
        (405, RemoteContract),
        (418, RemoteContract),
        (429, RateLimited),
        (500, Transient),
    ],
)
def test_a_status_means_one_error_that_names_route_request_and_tag(status: int, error: type[JackfieldError]) -> None:
    @asynchronous
    async def run() -> None:
        refused = await raised(says(status, {"error": {"code": "no_good", "message": PRIVATE}, PRIVATE: PRIVATE}))
        assert type(refused) is error
        assert refused.request_id == "r-1"
        if status not in (429, 500):
            assert refused.route == "users/{}"
        if isinstance(refused, (Refused, BadCredentials)):
            assert refused.tag == "no_good"
        if isinstance(refused, MissingPermission):
            assert refused.permission == "no_good"
        assert PRIVATE not in f"{refused} {refused.detail}"

    run()


@pytest.mark.parametrize(
    ("status", "tag", "error"),
    [
        (409, "team_full", MissingPermission),
        (403, "team_full", MissingPermission),
        (403, "other", Refused),
        (400, "other", RemoteContract),
    ],
)
def test_the_table_is_laid_over_and_a_tag_counts_more_than_a_status(
    status: int, tag: str, error: type[JackfieldError]
) -> None:
    @asynchronous
    async def run() -> None:
        refused = await raised(
            says(status, {"error": {"code": tag}}), refusals={403: Refused, "team_full": MissingPermission}
        )
        assert type(refused) is error

    run()
    assert REFUSALS[403] is MissingPermission


@pytest.mark.parametrize("body", [{"error": {"code": f"{PRIVATE} is not here"}}, {"error": {"code": "a" * 65}}])
def test_a_tag_that_can_not_be_one_is_not_repeated(body: Any) -> None:
    @asynchronous
    async def run() -> None:
        refused = await raised(says(409, body))
        assert isinstance(refused, Refused)
        assert refused.tag == "malformed_tag"
        assert PRIVATE not in str(refused)

    run()


@pytest.mark.parametrize(
    "body", ["", "<html>no</html>", [], {"error": "plain"}, {"error": {"code": None}}, {"error": {"code": ["a"]}}]
)
def test_a_refusal_without_a_tag_is_decided_by_its_status(body: Any) -> None:
    @asynchronous
    async def run() -> None:
        refused = await raised(says(409, body))
        assert isinstance(refused, Refused)
        assert refused.tag is None

    run()


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("body", ["", "<html>no</html>", {"message": "no route"}])
def test_absence_is_believed_of_the_application_only(status: int, body: Any) -> None:
    """A gateway and a wrong address answer 404 too; without a place for tags, the status is all that there is."""

    @asynchronous
    async def run() -> None:
        async with web_server(says(status, body)) as url, session() as http:
            with pytest.raises(RemoteContract):
                await JsonApi(http, url, tag="error.code").find("users/{}", "u1", type=User)
            assert await JsonApi(http, url).find("users/{}", "u1", type=User) is None
        async with web_server(says(status, {"error": {"code": "no_user"}})) as url, session() as http:
            assert await JsonApi(http, url, tag="error.code").find("users/{}", "u1", type=User) is None

    run()


@pytest.mark.parametrize(
    ("body", "permission"),
    [
        ({"error": {"code": "right_missing", "right": "zones:write"}}, "zones:write"),
        ({"error": {"code": "right_missing"}}, "unknown"),
        ({"error": {"code": "right_missing", "right": "t0ken and more"}}, "malformed_tag"),
    ],
)
def test_the_permission_that_is_missing_is_told(body: Any, permission: str) -> None:
    @asynchronous
    async def run() -> None:
        error = await raised(says(403, body), permission="error.right")
        assert isinstance(error, MissingPermission)
        assert error.permission == permission
        assert ("zones:write" in str(error)) == (permission == "zones:write")

    run()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"ok": False, "error": {"code": "no_such_user"}}, NotFound),
        ({"ok": False, "error": {"code": "new"}}, RemoteContract),
        ({"ok": "true"}, RemoteContract),
        ({}, RemoteContract),
        ("", RemoteContract),
    ],
)
def test_an_application_that_refuses_with_200_is_understood(body: Any, error: type[JackfieldError]) -> None:
    @asynchronous
    async def run() -> None:
        assert type(await raised(says(200, body), ok="ok", refusals={"no_such_user": NotFound})) is error
        async with web_server(says(200, {"ok": True})) as url, session() as http:
            await JsonApi(http, url, ok="ok").send("POST", "x")

    run()
