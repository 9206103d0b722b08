"""What Dropbox refuses, the simulator refuses; what the SDK sends, it takes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from harness.sdk import encode, routes

from .support import Client, running

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dropbox.async_ as sdk_async
    import dropbox.team as sdk

_EMAIL = {".tag": "email", "email": "a@b.example"}
_GROUP = {".tag": "group_id", "group_id": "g:1"}
_NEW = {"member_email": "a@b.example"}
_ROLE = "pid_dbtmr:x"


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """One team for all tests of this file: none of them changes it."""
    with running() as client:
        yield client


def _writes_sent_by_the_sdk() -> list[tuple[str, Any]]:
    nobody = sdk.UserSelectorArg.email("a@b.example")
    group = sdk.GroupSelector.group_id("g:1")
    owner = sdk.MemberAccess(nobody, sdk.GroupAccessType.owner)
    newcomer = sdk.MemberAddV2Arg(
        member_email="sdk@b.example",
        member_given_name="S",
        member_surname="DK",
        member_external_id="x",
        send_welcome_email=False,
        role_ids=["pid_dbtmr:none"],
        is_directory_restricted=True,
    )
    return [
        ("team/members/add_v2", sdk.MembersAddV2Arg([newcomer], force_async=False)),
        ("team/members/remove", sdk.MembersRemoveArg(nobody, wipe_data=False, transfer_dest_id=nobody)),
        ("team/members/recover", sdk.MembersRecoverArg(nobody)),
        ("team/members/suspend", sdk.MembersDeactivateArg(nobody, wipe_data=False)),
        ("team/members/unsuspend", sdk.MembersUnsuspendArg(nobody)),
        ("team/members/set_admin_permissions_v2", sdk.MembersSetPermissions2Arg(nobody, new_roles=[])),
        ("team/members/set_profile_v2", sdk.MembersSetProfileArg(nobody, new_surname="New")),
        ("team/members/send_welcome_email", nobody),
        ("team/groups/members/add", sdk.GroupMembersAddArg(group, [owner], return_members=False)),
        ("team/groups/members/remove", sdk.GroupMembersRemoveArg(group, [nobody])),
        (
            "team/groups/members/set_access_type",
            sdk.GroupMembersSetAccessTypeArg(group, nobody, sdk.GroupAccessType.member, return_members=False),
        ),
    ]


def _sent_by_the_sdk() -> list[tuple[str, Any]]:
    user = sdk.UserSelectorArg.email("a@b.example")
    return [
        ("team/get_info", None),
        ("team/token/get_authenticated_admin", None),
        ("team/features/get_values", sdk.FeaturesGetValuesBatchArg([sdk.Feature.upload_api_rate_limit])),
        ("team/members/list_v2", sdk.MembersListArg(limit=5, include_removed=True)),
        ("team/members/list_v2", sdk.MembersListArg()),
        ("team/members/list/continue_v2", sdk.MembersListContinueArg("AAx")),
        ("team/members/get_info_v2", sdk.MembersGetInfoV2Arg([user, sdk.UserSelectorArg.external_id("x")])),
        ("team/members/get_available_team_member_roles", None),
        ("team/groups/list", sdk.GroupsListArg(limit=1000)),
        ("team/groups/list/continue", sdk.GroupsListContinueArg("AAx")),
        ("team/groups/get_info", sdk.GroupsSelector.group_ids(["g:1"])),
        ("team/groups/get_info", sdk.GroupsSelector.group_external_ids([])),
        ("team/groups/members/list", sdk.GroupsMembersListArg(sdk.GroupSelector.group_id("g:1"))),
        ("team/groups/members/list/continue", sdk.GroupsMembersListContinueArg("AAx")),
        ("team/members/add/job_status/get_v2", sdk_async.PollArg("x")),
        ("team/members/remove/job_status/get", sdk_async.PollArg("x")),
        ("team/groups/job_status/get", sdk_async.PollArg("x")),
        *_writes_sent_by_the_sdk(),
    ]


@pytest.mark.parametrize(("route", "argument"), _sent_by_the_sdk())
def test_what_the_sdk_sends_is_taken(shared: Client, route: str, argument: Any) -> None:
    assert shared.send(route, encode(routes()[route].arg_type, argument)).status in (200, 409)


def test_every_route_is_one_of_dropbox(shared: Client) -> None:
    served = shared.simulator.service.routes
    assert set(served) <= set(routes())
    assert {route for route, _ in _sent_by_the_sdk()} <= set(served)


@pytest.mark.parametrize(
    ("route", "argument", "says"),
    [
        ("team/get_info", {}, "request body: expected null, got value"),
        ("team/groups/members/list", None, "expected object, got null"),
        ("team/members/list_v2", [], "expected object, got list"),
        ("team/members/list_v2", {"limit": 0}, "limit: expected integer in the range [1, 1000], got 0"),
        ("team/members/list_v2", {"limit": 1001}, "limit: expected integer in the range [1, 1000], got 1001"),
        ("team/members/list_v2", {"limit": True}, "limit: expected integer, got boolean"),
        ("team/members/list_v2", {"limit": 1.5}, "limit: expected integer, got number"),
        ("team/members/list_v2", {"limit": None}, "limit: expected integer, got null"),
        ("team/members/list_v2", {"include_removed": "yes"}, "include_removed: expected boolean, got string"),
        ("team/members/list_v2", {"cursor": "x"}, "unknown field 'cursor'"),
        ("team/members/list/continue_v2", {}, "missing required field 'cursor'"),
        ("team/members/list/continue_v2", {"cursor": 1}, "cursor: expected string, got number"),
        ("team/members/get_info_v2", {"members": _EMAIL}, "members: expected list, got object"),
        ("team/members/get_info_v2", {"members": ["email"]}, "members[0]: tag 'email' expects a value"),
        ("team/members/get_info_v2", {"members": [{"email": "a@b.example"}]}, "members[0]: missing '.tag' key"),
        ("team/members/get_info_v2", {"members": [{".tag": "phone"}]}, "members[0]: unknown tag 'phone'"),
        ("team/members/get_info_v2", {"members": [{**_EMAIL, "email": "a b"}]}, "did not match pattern"),
        ("team/members/get_info_v2", {"members": [{**_EMAIL, "x": 1}]}, "members[0]: unknown field 'x'"),
        ("team/members/get_info_v2", {"members": [{".tag": "external_id", "external_id": "x" * 65}]}, "at most 64"),
        ("team/groups/get_info", {".tag": "group_ids", "group_id": []}, "missing required field 'group_ids'"),
        ("team/groups/get_info", "group_ids", "tag 'group_ids' expects a value"),
        ("team/groups/members/list", {"group": _GROUP, "limit": -1}, "limit: expected integer in the range"),
        ("team/groups/members/list", {"limit": 5}, "missing required field 'group'"),
        ("team/groups/job_status/get", {"async_job_id": ""}, "async_job_id: string must be at least 1 characters"),
        ("team/members/add_v2", {"new_members": [{}]}, "new_members[0]: missing required field 'member_email'"),
        ("team/members/add_v2", {"new_members": [{"member_email": "a@b"}]}, "did not match pattern"),
        ("team/members/add_v2", {"new_members": [{**_NEW, "member_surname": "a/b"}]}, "did not match pattern"),
        ("team/members/add_v2", {"new_members": [{**_NEW, "member_given_name": "x" * 51}]}, "at most 50 characters"),
        ("team/members/add_v2", {"new_members": [{**_NEW, "role": "member_only"}]}, "unknown field 'role'"),
        ("team/members/add_v2", {"new_members": [{**_NEW, "role_ids": ["team"]}]}, "did not match pattern"),
        (
            "team/members/add_v2",
            {"new_members": [_NEW] * 21},
            "new_members: list must contain at most 20 items, got 21",
        ),
        ("team/members/remove", {"user": _EMAIL, "wipe_data": "no"}, "wipe_data: expected boolean, got string"),
        ("team/members/recover", _EMAIL, "unknown field '.tag'"),
        ("team/members/suspend", {"wipe_data": False}, "missing required field 'user'"),
        ("team/members/set_admin_permissions_v2", {"user": _EMAIL, "new_roles": [_ROLE] * 2}, "at most 1 items, got 2"),
        ("team/members/set_profile_v2", {"user": _EMAIL, "new_email": ""}, "did not match pattern"),
        ("team/members/set_profile_v2", {"user": _EMAIL, "new_external_id": "x" * 65}, "at most 64 characters"),
        ("team/members/send_welcome_email", {"user": _EMAIL}, "missing '.tag' key"),
        ("team/groups/members/add", {"group": _GROUP, "members": [_EMAIL]}, "members[0]: unknown field '.tag'"),
        ("team/groups/members/remove", {"group": _GROUP, "members": []}, "unknown field 'members'"),
        (
            "team/groups/members/set_access_type",
            {"group": _GROUP, "user": _EMAIL, "access_type": "manager"},
            "access_type: unknown tag 'manager'",
        ),
        ("team/features/get_values", {"features": ["unheard_of"]}, "features[0]: unknown tag 'unheard_of'"),
    ],
)
def test_arguments_that_do_not_fit_are_400_with_the_place(shared: Client, route: str, argument: Any, says: str) -> None:
    answer = shared.call(route, argument)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert answer.text.startswith(f'Error in call to API function "{route}": request body: ')
    assert says in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"nul", b"\xff\xfe", b'{"limit":1}}'])
def test_a_body_that_is_not_json_is_400(shared: Client, body: bytes) -> None:
    answer = shared.send("team/members/list_v2", body)
    assert (answer.status, "could not decode input as JSON" in answer.text) == (400, True)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_400(shared: Client, kind: str) -> None:
    answer = shared.send("team/get_info", b"null", {"Content-Type": kind})
    assert (answer.status, 'Bad HTTP "Content-Type" header' in answer.text) == (400, True)


def test_null_stands_for_an_argument_without_required_fields(shared: Client) -> None:
    assert shared.call("team/members/list_v2", None).status == 200


def test_json_with_a_charset_is_taken(shared: Client) -> None:
    assert shared.send("team/get_info", b"null", {"Content-Type": "application/json; charset=utf-8"}).status == 200


def test_unknown_routes_and_methods_are_400(shared: Client) -> None:
    assert shared.call("team/members/list_v3", {}).text == 'Unknown API function: "team/members/list_v3"'
    answer = shared.http("GET", "/2/team/get_info", headers={"Authorization": f"Bearer {shared.sign_in()}"})
    assert (answer.status, "Bad HTTP method" in answer.text) == (400, True)


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer "])
def test_a_missing_or_malformed_token_is_400(shared: Client, header: str) -> None:
    answer = shared.send("team/get_info", b"null", {"Authorization": header})
    assert (answer.status, '"Authorization"' in answer.text) == (400, True)


def test_an_unknown_token_is_401(shared: Client) -> None:
    answer = shared.send("team/get_info", b"null", {"Authorization": "Bearer sl.nobody"})
    assert (answer.status, answer.tag) == (401, "invalid_access_token")
    assert answer.json["error_summary"].startswith("invalid_access_token/")


def test_every_answer_has_a_request_id_of_its_own(shared: Client) -> None:
    answers = [shared.call("team/get_info"), shared.call("team/get_info", {}), shared.call("team/none")]
    ids = [answer.headers["X-Dropbox-Request-Id"] for answer in answers]
    assert len(set(ids)) == 3
    assert all(len(bytes.fromhex(found)) == 16 for found in ids)


def test_cursors_are_opaque_and_belong_to_one_listing(shared: Client) -> None:
    members = shared.ok("team/members/list_v2", {"limit": 1})["cursor"]
    groups = shared.ok("team/groups/list", {"limit": 1})["cursor"]
    assert members != shared.ok("team/members/list_v2", {"limit": 1})["cursor"]
    changed = members[:-3] + ("AAA" if members[-3:] != "AAA" else "BBB")
    for cursor in (groups, changed, members[1:], "", "AA", "AAA", "ünknown", json.dumps({"after": 1})):
        assert shared.call("team/members/list/continue_v2", {"cursor": cursor}).tag == "invalid_cursor"
    assert shared.call("team/groups/list/continue", {"cursor": members}).tag == "invalid_cursor"
    assert shared.call("team/groups/members/list/continue", {"cursor": groups}).tag == "invalid_cursor"


def test_groups_that_are_unknown_are_refused(shared: Client) -> None:
    assert shared.call("team/groups/members/list", {"group": _GROUP}).tag == "group_not_found"
