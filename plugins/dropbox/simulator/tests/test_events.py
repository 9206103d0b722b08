"""The event log: what the SDK takes for an event, and what a connector has to bear."""

from __future__ import annotations

from typing import Any

import pytest

from jackfield_dropbox_simulator.options import ServiceOptions

from .support import Client, running


def _log(client: Client, number: int) -> list[str]:
    users = [each["team_member_id"] for each in client.control.truth()["users"] if each["status"] == "active"]
    kinds = ("sign_in", "sign_in_failed", "sign_out", "sign_in_as", "add_to_group")
    for each in range(number):
        do = kinds[each % len(kinds)]
        by = users[1] if do == "sign_in_as" else ""
        client.control.change({"do": do, "user": users[0], "ago": 3600.0 * each, "by": by})
    return users


def _events(client: Client, **arg: Any) -> list[list[Any]]:
    page = client.ok("team_log/get_events", arg)
    pages = [page["events"]]
    while page["has_more"]:
        page = client.ok("team_log/get_events/continue", {"cursor": page["cursor"]})
        pages.append(page["events"])
    return pages


@pytest.mark.parametrize("ids", ["all", "account_only", "email_only", "none"])
def test_every_event_is_one_by_the_sdk_and_pages_hold_each_once(ids: str) -> None:
    with running(ServiceOptions(page_cap=3), members=8) as client:
        client.control.behave(event_ids=ids)
        _log(client, 10)
        pages = _events(client, limit=1000)
        assert [len(page) for page in pages] == [3, 3, 3, 1]
        assert [len(page) for page in _events(client, category={".tag": "logins"})] == [3, 3, 2]


def test_a_start_leaves_out_what_was_before() -> None:
    with running(members=8) as client:
        _log(client, 5)
        assert _events(client, time={"start_time": "2999-01-01T00:00:00Z"}) == [[]]


def test_what_comes_late_comes_behind_the_last_cursor() -> None:
    with running(members=8) as client:
        user = _log(client, 1)[0]
        client.control.change({"do": "sign_in", "user": user, "delay": 3600})
        page = client.ok("team_log/get_events", {})
        assert (len(page["events"]), page["has_more"]) == (1, False)
        client.control.advance(3601)
        assert len(client.ok("team_log/get_events/continue", {"cursor": page["cursor"]})["events"]) == 1


@pytest.mark.parametrize("tag", ["reset", "bad_cursor"])
def test_a_cursor_can_be_lost(tag: str) -> None:
    with running(members=8) as client:
        client.control.behave(lost_cursor=tag)
        cursor = client.ok("team_log/get_events", {})["cursor"]
        client.control.forget_cursors()
        assert client.call("team_log/get_events/continue", {"cursor": cursor}).tag == tag


def test_an_empty_page_may_have_a_next_one_and_events_may_come_again() -> None:
    with running(ServiceOptions(page_cap=3, blank_page=True), members=8) as client:
        _log(client, 6)
        assert [len(page) for page in _events(client)] == [3, 0, 3]
        client.control.settings(blank_page=False)
        client.control.behave(events_repeated="each_page")
        assert [len(page) for page in _events(client)] == [3, 4]


def test_it_needs_its_scope() -> None:
    with running(ServiceOptions(scopes=("members.read",)), members=8) as client:
        answer = client.call("team_log/get_events", {})
        assert (answer.status, answer.tag) == (401, "missing_scope")
