"""Requests and answers of writes that get lost, calls that are held, and reads that lag behind."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
from typing import Any

import pytest

from jackfield_dropbox_simulator.faults.kinds import catalogue
from jackfield_dropbox_simulator.launch import ControlError

from .changing import (
    ADD,
    GROUPS_ADD,
    GROUPS_REMOVE,
    RECOVER,
    REMOVE,
    SET_ACCESS,
    SET_PROFILE,
    SUSPEND,
    UNSUSPEND,
    WRITES,
    argument,
    by_email,
    by_id,
    group,
    group_by_id,
    invite,
    people,
    true,
)
from .support import Client, running

_EITHER = [(kind, when) for kind, known in catalogue().items() if known.applies(SUSPEND) for when in known.when]
_PARAMS: dict[str, dict[str, Any]] = {"slow": {"ms": 500}, "huge_body": {"bytes": 100_000}}
# These neither lose the request nor the answer.
_HARMLESS = {"huge_body"}


@pytest.mark.parametrize(("kind", "when"), _EITHER)
def test_a_lost_request_changes_nothing_and_a_lost_answer_hides_a_change(client: Client, kind: str, when: str) -> None:
    user = people(client)[-1]
    client.sign_in()
    client.judged, client.timeout = False, 0.2
    client.control.fault(kind, when=when, times=1, route=SUSPEND, **_PARAMS.get(kind, {}))
    heard = False
    try:
        answer = client.call(SUSPEND, {"user": by_id(user)})
        heard = answer.status == 200 and answer.json is None
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        pass
    assert heard == (kind in _HARMLESS)
    assert true(client, user)["status"] == ("suspended" if when == "after" else "active")
    effects = client.control.effects()
    assert (effects["total_calls"], effects["wipes"]) == (1, {user: 1} if when == "after" else {})


def test_faults_on_both_sides_are_told(client: Client) -> None:
    told = {kind["kind"]: kind["when"] for kind in client.control.fault_kinds()}
    both = {kind for kind, when in told.items() if when == ["before", "after"]}
    assert {"drop", "hang", "slow", "server_error", "unavailable", "rate_limited"} <= both
    assert told["truncated"] == told["drop_after"] == ["after"]
    with pytest.raises(ControlError, match="after"):
        client.control.fault("truncated", when="before")


def test_a_limit_on_writes_says_so(client: Client) -> None:
    client.control.fault("rate_limited", times=1, route=SUSPEND, retry_after=3, reason="too_many_write_operations")
    answer = client.call(SUSPEND, {"user": by_id(people(client)[-1])})
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert answer.json["error"]["reason"] == {".tag": "too_many_write_operations"}


def test_a_dry_run_can_be_shown_to_write_nothing(client: Client) -> None:
    client.rows("members", {})
    client.call("team/members/add/job_status/get_v2", {"async_job_id": "probe"})
    client.control.change({"do": "join", "email": "joined@team.example"})
    assert client.control.effects()["total_calls"] == 0
    client.call(SUSPEND, {})
    invite(client, "a@team.example")
    effects = client.control.effects()
    assert (effects["total_calls"], effects["calls"], effects["applied"]) == (2, {SUSPEND: 1, ADD: 1}, {ADD: 1})
    client.control.reset_effects()
    effects = client.control.effects()
    assert (effects["total_calls"], effects["invitations"]) == (0, {})


class _Caller(threading.Thread):
    """A call that may take long."""

    def __init__(self, client: Client, route: str, asked: Any) -> None:
        super().__init__(daemon=True)
        client.sign_in()
        self._work = lambda: client.call(route, asked)
        self.status = 0
        self.start()

    def run(self) -> None:
        try:
            self.status = self._work().status
        except (OSError, http.client.HTTPException):
            self.status = -1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("apply", [True, False])
def test_a_held_call_goes_on_or_is_lost(client: Client, when: str, apply: bool) -> None:
    user = people(client)[-1]
    hold = client.control.hold(SUSPEND, when)
    caller = _Caller(client, SUSPEND, {"user": by_id(user)})
    assert client.control.wait_held(hold)["held_route"] == SUSPEND
    assert true(client, user)["status"] == ("active" if when == "before" else "suspended")
    # Others are not held up.
    client.ok("team/get_info")
    client.ok(UNSUSPEND if when == "after" else SUSPEND, {"user": by_id(user)})
    client.ok(SUSPEND if when == "after" else UNSUSPEND, {"user": by_id(user)})
    client.control.release(hold, apply=apply)
    caller.join(5)
    assert caller.status == (200 if apply else -1)
    assert true(client, user)["status"] == ("suspended" if when == "after" or apply else "active")


_KILLED = """
import sys, urllib.request
base, token, route, body = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request(f"{base}/2/{route}", body.encode(), headers))
"""


@pytest.mark.parametrize(("when", "late"), [("before", False), ("before", True), ("after", False)])
def test_a_client_killed_at_the_boundary(client: Client, when: str, late: bool) -> None:
    user = people(client)[-1]
    hold = client.control.hold(when=when)
    body = json.dumps({"user": by_id(user), "wipe_data": False})
    command = [sys.executable, "-c", _KILLED, client.base_url, client.sign_in(), REMOVE, body]
    with subprocess.Popen(command) as process:
        client.control.wait_held(hold)
        process.kill()
    client.control.wait_gone(hold)
    assert true(client, user)["status"] == ("removed" if when == "after" else "active")
    if late:
        # The request was on its way when its client died: it is carried out behind the back of the next one.
        client.control.release(hold)
        client.ok("team/get_info")
    assert true(client, user)["status"] == ("active" if when == "before" and not late else "removed")
    assert client.control.effects()["removals"] == ({} if when == "before" and not late else {user: 1})


def test_a_hold_lets_some_calls_pass(client: Client) -> None:
    hold = client.control.hold(ADD, "after", skip=2)
    for number in range(2):
        assert invite(client, f"n{number}@team.example").status == 200
    caller = _Caller(client, ADD, {"new_members": [{"member_email": "held@team.example"}]})
    client.control.wait_held(hold)
    client.control.clear_holds()
    caller.join(5)
    assert (caller.status, client.control.holds()) == (-1, [])
    assert "held@team.example" in client.control.effects()["invitations"]


def test_holds_that_make_no_sense_are_refused(client: Client) -> None:
    hold = client.control.hold(ADD)
    for method, name, body in (
        ("POST", "holds", {"route": "team/none"}),
        ("POST", "holds", {"skip": -1}),
        ("POST", "holds", {"when": "during"}),
        ("POST", "release", {"id": hold}),
        ("POST", "release", {"id": 99}),
        ("POST", "clock", {"advance": -1}),
    ):
        with pytest.raises(ControlError):
            client.control.send(method, name, body)


def test_a_server_that_ends_does_not_wait_for_held_calls() -> None:
    with running(members=10) as client:
        hold = client.control.hold(ADD)
        caller = _Caller(client, ADD, {"new_members": []})
        client.control.wait_held(hold)
    caller.join(5)
    assert caller.status == -1


def _shown(client: Client) -> dict[str, Any]:
    """All that the reading routes show."""
    groups = client.rows("groups", {})
    selector = {".tag": "group_ids", "group_ids": [one["group_id"] for one in groups]}
    members = client.rows("members", {"include_removed": True, "limit": 20})
    users = [by_id(one["profile"]["team_member_id"]) for one in members]
    return {
        "members": members,
        "groups": groups,
        "info": client.ok("team/groups/get_info", selector),
        "listed": [client.rows("groups/members", {"group": group_by_id(one["group_id"])}) for one in groups],
        "users": client.ok("team/members/get_info_v2", {"members": users}),
        "new": client.ok("team/members/get_info_v2", {"members": [by_email("lag@team.example")]}),
    }


def test_reads_lag_behind_writes(client: Client) -> None:
    held = group(client)
    user = next(user for user in people(client) if user not in held["members"])
    inside = next(user for user, access in held["members"].items() if access == "member")
    [removed] = client.control.change({"do": "leave", "user": people(client)[-1]})
    client.control.settings(read_lag=600)
    writes: list[tuple[str, Any]] = [
        (ADD, {"new_members": [{"member_email": "lag@team.example"}]}),
        (GROUPS_ADD, argument(client, GROUPS_ADD, user, held["group_id"])),
        (SET_ACCESS, argument(client, SET_ACCESS, user, held["group_id"])),
        (GROUPS_REMOVE, argument(client, GROUPS_REMOVE, inside, held["group_id"])),
        (SET_PROFILE, {"user": by_id(user), "new_email": "moved@team.example", "new_external_id": "moved"}),
        (SUSPEND, {"user": by_id(user)}),
        (REMOVE, {"user": by_id(inside)}),
        (RECOVER, {"user": by_id(removed)}),
        (REMOVE, {"user": by_email("lag@team.example")}),
    ]
    before = _shown(client)
    for route, asked in writes:
        client.ok(route, asked)
        client.control.advance(540)  # a minute is left for a machine that is busy
        assert _shown(client) == before, route
        client.control.advance(60)
        after = _shown(client)
        client.control.settings(read_lag=0)
        assert _shown(client) == after != before, route
        client.control.settings(read_lag=600)
        before = after


def test_each_write_comes_into_sight_in_its_turn(client: Client) -> None:
    client.control.settings(read_lag=600)
    first, second = people(client)[-2:]
    seen: list[list[str]] = []

    def look() -> None:
        items = client.ok("team/members/get_info_v2", {"members": [by_id(first), by_id(second)]})["members_info"]
        seen.append([item["profile"]["status"][".tag"] for item in items])

    client.ok(SUSPEND, {"user": by_id(first)})
    client.control.advance(360)
    client.ok(SUSPEND, {"user": by_id(second)})
    look()
    client.control.advance(240)
    look()
    client.control.advance(360)
    look()
    assert seen == [["active", "active"], ["suspended", "active"], ["suspended", "suspended"]]


def test_every_write_route_is_counted(client: Client) -> None:
    assert {name for name, route in client.simulator.service.routes.items() if route.writes} == set(WRITES)
