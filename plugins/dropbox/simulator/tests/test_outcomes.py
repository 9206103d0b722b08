"""Every error tag of every route that writes can be had, those that Dropbox has not thought of yet included."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from harness.sdk import routes

from jackfield_dropbox_simulator.launch import ControlError

from .changing import (
    ADD,
    ADD_STATUS,
    GROUPS_ADD,
    GROUPS_REMOVE,
    GROUPS_STATUS,
    RECOVER,
    REMOVE,
    REMOVE_STATUS,
    STATUS,
    SUSPEND,
    WRITES,
    argument,
    by_id,
    group,
    invite,
    people,
    true,
)
from .support import Client, running

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dropbox.team as sdk


def _tags(union: Any) -> list[str]:
    return sorted(set(union._tagmap) - {"other"})


_ERRORS = [
    (route, tag) for route in (*WRITES, *STATUS) if route != ADD for tag in _tags(routes()[route].error_type.definition)
]
_ITEMS = [tag for tag in _tags(sdk.MemberAddV2Result) if tag != "success"]


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """One team for all tests that change nothing."""
    with running() as client:
        yield client


def _argument(client: Client, route: str) -> Any:
    held = group(client)
    user = next(user for user in people(client) if user not in held["members"])
    return argument(client, route, user, held["group_id"])


@pytest.mark.parametrize(("route", "tag"), _ERRORS)
def test_every_error_tag_can_be_forced(shared: Client, route: str, tag: str) -> None:
    asked = _argument(shared, route)
    before = shared.control.truth()
    shared.control.force(route, tag)
    answer = shared.call(route, asked)
    assert (answer.status, answer.tag) == (409, tag)
    assert answer.json["error_summary"].startswith(f"{tag}/")
    assert shared.control.truth() == before


def test_the_table_has_every_route() -> None:
    assert len(_ERRORS) > 75
    assert {route for route, _ in _ERRORS} | {ADD} == {*WRITES, *STATUS}


@pytest.mark.parametrize("tag", _ITEMS)
def test_every_failure_of_an_invitation_can_be_forced(shared: Client, tag: str) -> None:
    shared.control.force(ADD, tag, email="FORCED@team.example")
    emails = ["forced@team.example", f"{tag}@team.example"]
    items = shared.ok(ADD, {"new_members": [{"member_email": email} for email in emails]})["complete"]
    assert items[0] == {".tag": tag, tag: "forced@team.example"}
    assert items[1][".tag"] == "success"
    shared.control.change({"do": "leave", "email": emails[1]})


def test_lists_name_the_users_who_were_asked_for(shared: Client) -> None:
    asked = _argument(shared, GROUPS_ADD)
    user = asked["members"][0]["user"]["team_member_id"]
    for route in (GROUPS_ADD, GROUPS_REMOVE):
        shared.control.force(route, "members_not_in_team")
        assert shared.call(route, _argument(shared, route)).json["error"]["members_not_in_team"] == [user]
    shared.control.force(GROUPS_ADD, "users_not_found", value=["somebody"])
    assert shared.call(GROUPS_ADD, asked).json["error"]["users_not_found"] == ["somebody"]


@pytest.mark.parametrize("route", [*WRITES, *STATUS])
def test_tags_of_tomorrow(client: Client, route: str) -> None:
    client.judged = False
    asked = _argument(client, route)
    client.control.force(route, "unheard_of", where="error")
    answer = client.call(route, asked)
    assert (answer.status, answer.json["error"]) == (409, {".tag": "unheard_of"})
    client.control.force(route, "unheard_of", where="result", value={"a": 1})
    answer = client.call(route, asked)
    assert (answer.status, answer.json) == (200, {".tag": "unheard_of", "unheard_of": {"a": 1}})
    if route == ADD:
        client.control.force(route, "unheard_of")
        assert client.ok(route, asked)["complete"] == [{".tag": "unheard_of", "unheard_of": "fits@team.example"}]


def test_polls_can_be_forced(shared: Client) -> None:
    asked = {"async_job_id": "x"}
    for tag, answer in (("in_progress", {}), ("failed", {"failed": "The job failed."}), ("complete", {"complete": []})):
        shared.control.force(ADD_STATUS, tag)
        assert shared.ok(ADD_STATUS, asked) == {".tag": tag} | answer
    for route in (REMOVE_STATUS, GROUPS_STATUS):
        for tag in ("in_progress", "complete"):
            shared.control.force(route, tag)
            assert shared.ok(route, asked) == {".tag": tag}


def test_outcomes_come_as_often_as_they_were_ordered(client: Client) -> None:
    user = people(client)[-1]
    client.control.force(RECOVER, "user_not_in_team", times=2)
    client.control.force(RECOVER, "team_license_limit", times=None)
    tags = [client.call(RECOVER, {"user": by_id(user)}).tag for _ in range(4)]
    assert tags == ["user_not_in_team"] * 2 + ["team_license_limit"] * 2
    assert [(one["tag"], one["fired"]) for one in client.control.outcomes()] == [
        ("user_not_in_team", 2),
        ("team_license_limit", 2),
    ]
    client.control.clear_outcomes()
    assert client.call(RECOVER, {"user": by_id(user)}).tag == "user_unrecoverable"


def test_a_refusal_can_be_a_lie(client: Client) -> None:
    user = people(client)[-1]
    client.control.force(SUSPEND, "suspend_inactive_user", applied=True)
    assert client.call(SUSPEND, {"user": by_id(user)}).tag == "suspend_inactive_user"
    assert true(client, user)["status"] == "suspended"
    client.control.force(ADD, "user_creation_failed", applied=True)
    assert invite(client, "lie@team.example").json["complete"][0][".tag"] == "user_creation_failed"
    assert client.control.effects()["invitations"] == {"lie@team.example": 1}


def test_an_argument_that_does_not_fit_is_refused_first(shared: Client) -> None:
    shared.control.force(REMOVE, "user_not_in_team")
    assert shared.call(REMOVE, {}).status == 400
    assert shared.call(REMOVE, _argument(shared, REMOVE)).tag == "user_not_in_team"


@pytest.mark.parametrize(
    "order",
    [
        {"route": "team/none", "tag": "x"},
        {"route": REMOVE, "tag": "x", "times": 0},
        {"route": REMOVE, "tag": "x", "where": "item"},
        {"route": REMOVE, "tag": "x", "email": "a@b.example"},
        {"route": REMOVE},
        {"route": REMOVE, "tag": "x", "nonsense": 1},
    ],
)
def test_orders_that_make_no_sense_are_refused(shared: Client, order: dict[str, Any]) -> None:
    with pytest.raises(ControlError):
        shared.control.send("POST", "outcomes", order)
