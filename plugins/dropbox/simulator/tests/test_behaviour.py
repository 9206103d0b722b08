"""The switches for what Dropbox does not document: each changes what is answered, and never what is true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jackfield_dropbox_simulator.behaviour import flips, values
from jackfield_dropbox_simulator.launch import ControlError

from .changing import ADD, GROUPS_ADD, RECOVER, REMOVE, by_email, by_id, invited, true
from .support import Client, running

GET_INFO = "team/members/get_info_v2"
GROUPS_GET_INFO = "team/groups/get_info"
# Answers that the official SDK refuses, which its documentation does not allow either.
_NOT_DOCUMENTED = {
    "profile_groups": {"absent_for_some"},
    "broken_member": set(values()["broken_member"][1:]) - {"emails_null"},
    "broken_group": set(values()["broken_group"][1:]),
    "broken_group_member": set(values()["broken_group_member"][1:]),
}


@pytest.fixture(scope="module")
def usual() -> Iterator[tuple[Client, list[Any]]]:
    """A client of a team, and all that is read as documented."""
    with running(members=30, groups=9, seed=3) as client:
        yield client, _read_all(client)


@pytest.fixture
def documented(usual: tuple[Client, list[Any]]) -> Iterator[tuple[Client, list[Any]]]:
    """The same, whatever a test before switched."""
    yield usual
    usual[0].control.behave_as_documented()
    usual[0].judged = True


@pytest.mark.parametrize("flip", flips(), ids=str)
def test_a_switch_changes_answers_and_never_the_truth(
    documented: tuple[Client, list[Any]], flip: dict[str, str]
) -> None:
    client, usually = documented
    before = client.control.truth()
    client.control.behave(**flip)
    ((name, value),) = flip.items()
    client.judged = value not in _NOT_DOCUMENTED.get(name, set())
    told = _read_all(client)
    assert client.control.truth() == before
    if name in _OF_READS:
        assert told != usually, "the switch has no effect"
    client.control.behave_as_documented()
    client.judged = True
    assert _read_all(client) == usually


_OF_READS = {
    "used_licenses",
    "member_count",
    "profile_groups",
    "groups_listed",
    "listing_order",
    "system_info",
    "system_listing",
    "role_catalogue",
    "role_listed",
    "plain_roles",
    "broken_member",
    "broken_group",
    "broken_group_member",
}


def _read_all(client: Client) -> list[Any]:
    told: list[Any] = [
        client.ok("team/get_info"),
        client.rows("members", {"limit": 7}),
        client.rows("groups", {"limit": 4}),
        client.ok("team/members/get_available_team_member_roles"),
    ]
    for group in client.control.truth()["groups"]:
        told.append(client.ok(GROUPS_GET_INFO, {".tag": "group_ids", "group_ids": [group["group_id"]]}))
        selector = {".tag": "group_id", "group_id": group["group_id"]}
        told.append(client.rows("groups/members", {"group": selector, "limit": 5}))
    return told


def test_unknown_switches_and_values_are_refused() -> None:
    with running(members=5) as client:
        with pytest.raises(ControlError, match="no switch 'colour'"):
            client.control.behave(colour="red")
        with pytest.raises(ControlError, match="member_count is one of"):
            client.control.behave(member_count="nobody")


@pytest.mark.parametrize("order", ["joined", "reversed", "shuffled"])
@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_a_listing_in_any_order_gives_everybody_once(order: str, limit: int) -> None:
    with running(members=30, groups=9) as client:
        client.control.behave(listing_order=order)
        truth = client.control.truth()
        members = [row["profile"]["team_member_id"] for row in client.rows("members", {"limit": limit})]
        groups = [row["group_id"] for row in client.rows("groups", {"limit": limit})]
        assert sorted(members) == sorted(user["team_member_id"] for user in truth["users"])
        assert sorted(groups) == sorted(group["group_id"] for group in truth["groups"])


@pytest.mark.parametrize(("listing", "route"), [("members", "team/members/list_v2"), ("groups", "team/groups/list")])
@pytest.mark.parametrize("limit", [3, 1000])
def test_a_listing_lacks_its_last_tenth_over_all_pages_once(listing: str, route: str, limit: int) -> None:
    with running(members=45, groups=25) as client:
        whole = client.rows(listing, {"limit": limit})
        client.control.fault("short_tail", route=route, times=1)
        short = client.rows(listing, {"limit": limit})
        assert short == whole[: len(whole) - -(-len(whole) // 10)]
        assert client.rows(listing, {"limit": limit}) == whole


def test_the_members_of_a_group_lack_their_last_tenth_by_both_routes() -> None:
    with running(members=45, groups=5, shape="user_managed") as client:
        client.control.fault("short_tail", route=GROUPS_GET_INFO)
        client.control.fault("short_tail", route="team/groups/members/list")
        for group in client.control.truth()["groups"]:
            (info,) = client.ok(GROUPS_GET_INFO, {".tag": "group_ids", "group_ids": [group["group_id"]]})
            selector = {".tag": "group_id", "group_id": group["group_id"]}
            listed = client.rows("groups/members", {"group": selector, "limit": 4})
            assert info["members"] == listed
            assert info["member_count"] == len(group["members"])
            assert len(listed) == len(group["members"]) * 9 // 10


def test_removed_people_may_be_unknown_to_look_ups_and_are_recovered_nevertheless() -> None:
    with running(members=12) as client:
        client.control.behave(removed_looked_up="id_not_found")
        user = next(each["team_member_id"] for each in client.control.truth()["users"] if not each["roles"])
        client.ok(REMOVE, {"user": by_id(user)})
        assert client.ok(GET_INFO, {"members": [by_id(user)]})["members_info"][0][".tag"] == "id_not_found"
        client.ok(RECOVER, {"user": by_id(user)})
        assert true(client, user)["status"] == "active"


def test_a_removed_address_may_be_invited_anew() -> None:
    with running(members=12) as client:
        client.control.behave(rehire="invites_anew")
        user = next(
            each for each in client.control.truth()["users"] if not each["roles"] and each["status"] == "active"
        )
        client.ok(REMOVE, {"user": by_id(user["team_member_id"])})
        (item,) = client.ok(ADD, {"new_members": [{"member_email": user["email"]}]})["complete"]
        assert item["profile"]["team_member_id"] != user["team_member_id"]


def test_addresses_may_mind_their_case() -> None:
    with running(members=12) as client:
        user = client.control.truth()["users"][0]
        asked = {"members": [by_email(user["email"].upper())]}
        assert client.ok(GET_INFO, asked)["members_info"][0][".tag"] == "member_info"
        client.control.behave(email_case="exact")
        assert client.ok(GET_INFO, asked)["members_info"][0][".tag"] == "id_not_found"
        assert client.ok(GET_INFO, {"members": [by_email(user["email"])]})["members_info"][0][".tag"] == "member_info"


@pytest.mark.parametrize("how", values()["added"][1:])
def test_an_invitation_is_made_and_answered_in_another_form(how: str) -> None:
    with running(members=5) as client:
        client.control.behave(added=how)
        client.judged = how == "no_roles"
        (item,) = client.ok(ADD, {"new_members": [{"member_email": "new@team.example"}]})["complete"]
        assert item[".tag"] in ("success", "unheard_of")
        assert any(user["email"] == "new@team.example" for user in client.control.truth()["users"])


@pytest.mark.parametrize("how", values()["write_answer"][1:])
def test_a_write_is_made_and_answered_in_no_documented_form(how: str) -> None:
    with running(members=5) as client:
        client.control.behave(write_answer=how)
        client.judged = False
        assert client.call(ADD, {"new_members": [{"member_email": "new@team.example"}]}).status == 200
        assert any(user["email"] == "new@team.example" for user in client.control.truth()["users"])


def test_a_batch_of_joiners_may_be_made_in_part() -> None:
    with running(members=12, groups=3, shape="user_managed") as client:
        client.control.behave(group_batch="partial")
        group = client.control.truth()["groups"][0]
        inside = next(iter(group["members"]))
        outside = invited(client, "new@team.example")
        asked = {
            "group": {".tag": "group_id", "group_id": group["group_id"]},
            "members": [{"user": by_id(user), "access_type": {".tag": "member"}} for user in (inside, outside)],
        }
        answer = client.call(GROUPS_ADD, asked)
        assert (answer.status, answer.tag) == (409, "duplicate_user")
        assert outside in client.control.truth()["groups"][0]["members"]


@pytest.mark.parametrize(("value", "status"), [("refuses_many", 400), ("fails_for_many", 500)])
def test_one_call_may_be_bounded(value: str, status: int) -> None:
    with running(members=30, groups=3) as client:
        client.control.behave(members_a_call=value, groups_a_call=value)
        client.judged = False
        ids = [user["team_member_id"] for user in client.control.truth()["users"]]
        assert client.call(GET_INFO, {"members": [by_id(id) for id in ids]}).status == status
        assert client.call(GET_INFO, {"members": [by_id(id) for id in ids[:3]]}).status == 200
        assert client.call(GROUPS_GET_INFO, {".tag": "group_ids", "group_ids": ["g:x"] * 4}).status == status
