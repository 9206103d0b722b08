"""Each fault does what the catalogue says, where and when it is ordered, and then it is over."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

import pytest

from jackfield_dropbox_simulator.faults.kinds import catalogue
from jackfield_dropbox_simulator.launch import ControlError

from .support import Client

_LIST = "team/members/list_v2"
_NEXT = "team/members/list/continue_v2"


@pytest.fixture
def faulty(client: Client) -> Client:
    """A signed-in client that the oracle does not judge: faults break the contract on purpose."""
    client.sign_in()
    client.judged = False
    client.control.reset_requests()
    return client


def _group_counts(client: Client) -> dict[str, int | None]:
    return {row["group_id"]: row.get("member_count") for row in client.ok("team/groups/list", {})["groups"]}


@pytest.mark.parametrize(
    ("kind", "status", "header", "kind_of_body"),
    [
        ("rate_limited", 429, "7", "application/json"),
        ("rate_limited_json", 429, None, "application/json"),
        ("rate_limited_bare", 429, None, "text/plain; charset=utf-8"),
        ("server_error", 500, None, "text/html; charset=utf-8"),
        ("unavailable", 503, None, "text/plain; charset=utf-8"),
    ],
)
def test_passing_troubles_answer_once(
    faulty: Client, kind: str, status: int, header: str | None, kind_of_body: str
) -> None:
    params = {"retry_after": 7} if kind in ("rate_limited", "rate_limited_json") else {}
    faulty.control.fault(kind, times=1, **params)
    answer = faulty.call(_LIST, {})
    assert (answer.status, answer.headers.get("Retry-After")) == (status, header)
    assert answer.headers["Content-Type"] == kind_of_body
    if params:
        assert answer.json["error"] == {"reason": {".tag": "too_many_requests"}, "retry_after": 7}
    assert (answer.body == b"") == (kind == "rate_limited_bare")
    assert faulty.call(_LIST, {}).status == 200


def test_troubles_of_tokens(faulty: Client) -> None:
    faulty.control.fault("unauthorized", times=1)
    assert faulty.call(_LIST, {}).tag == "invalid_access_token"
    faulty.control.fault("missing_scope", times=1)
    assert faulty.call(_LIST, {}).json["error"] == {".tag": "missing_scope", "required_scope": "members.read"}
    faulty.control.fault("missing_scope", times=1, scope="files.read")
    assert faulty.call(_LIST, {}).json["error"]["required_scope"] == "files.read"
    faulty.control.fault("expired_token", times=1)
    assert faulty.call(_LIST, {}).tag == "expired_access_token"
    assert faulty.call(_LIST, {}).tag == "expired_access_token"
    faulty.sign_in()
    assert faulty.call(_LIST, {}).status == 200
    faulty.control.fault("revoked_refresh")
    answer = faulty.try_sign_in()
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("kind", ["drop", "drop_after", "truncated", "invalid_body", "huge_body", "hang"])
def test_broken_answers(faulty: Client, kind: str) -> None:
    faulty.control.fault(kind, times=1, **({"bytes": 3_000_000} if kind == "huge_body" else {}))
    if kind == "drop":
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            faulty.call(_LIST, {})
    elif kind == "drop_after":
        with pytest.raises(http.client.IncompleteRead) as broken:
            faulty.call(_LIST, {})
        assert broken.value.partial.startswith(b'{"members":[')
    elif kind == "hang":
        connection = http.client.HTTPConnection(faulty.base_url.removeprefix("http://"), timeout=0.3)
        connection.request("POST", f"/2/{_LIST}", b"{}")
        with pytest.raises(TimeoutError):
            connection.getresponse()
        connection.close()
    else:
        answer = faulty.call(_LIST, {})
        assert (answer.status, int(answer.headers["Content-Length"])) == (200, len(answer.body))
        if kind == "huge_body":
            assert len(answer.body) == 3_000_000
            assert len(answer.json["members"]) == 50
        else:
            with pytest.raises(json.JSONDecodeError):
                answer.json  # noqa: B018
    assert len(faulty.ok(_LIST, {})["members"]) == 50


def test_slow_answers_overlap_with_others(faulty: Client) -> None:
    faulty.control.fault("slow", times=1, ms=200)
    started = time.monotonic()
    faulty.ok(_LIST, {})
    assert time.monotonic() - started >= 0.2


def test_an_empty_page_does_not_end_the_listing(faulty: Client) -> None:
    for at in range(3):
        faulty.control.reset_requests()
        faulty.control.fault("empty_page", at=at, times=1)
        pages = list(faulty.pages("members", {"limit": 20}))
        assert pages[at] == []
        assert sum(map(len, pages)) == 50


@pytest.mark.parametrize(("kind", "cursors"), [("repeated_cursor", 1), ("cycling_cursors", 2), ("endless_empty", 6)])
def test_listings_that_never_end(faulty: Client, kind: str, cursors: int) -> None:
    faulty.control.fault(kind)
    page = faulty.ok(_LIST, {"limit": 5})
    seen = [page["cursor"]]
    for _ in range(5):
        page = faulty.ok(_NEXT, {"cursor": seen[-1]})
        seen.append(page["cursor"])
        assert page["has_more"]
        assert bool(page["members"]) == (kind != "endless_empty")
    assert len(set(seen)) == cursors
    assert kind != "cycling_cursors" or seen[0] == seen[2] != seen[1]
    faulty.control.clear_faults()
    rest = faulty.ok(_NEXT, {"cursor": page["cursor"]})
    assert len(rest["members"]) == 5


def test_a_cursor_can_be_reset(faulty: Client) -> None:
    faulty.control.fault("cursor_reset", times=1)
    cursor = faulty.ok(_LIST, {"limit": 5})["cursor"]
    assert faulty.call(_NEXT, {"cursor": cursor}).tag == "invalid_cursor"
    assert faulty.ok(_NEXT, {"cursor": cursor})["members"]


def test_duplicate_rows_repeat_what_was_there(faulty: Client) -> None:
    faulty.control.fault("duplicate_rows")
    rows = [row["profile"]["team_member_id"] for row in faulty.rows("members", {"limit": 20})]
    assert (len(rows), len(set(rows))) == (53, 50)
    group = faulty.control.truth()["groups"][0]["group_id"]
    [item] = faulty.ok("team/groups/get_info", {".tag": "group_ids", "group_ids": [group]})
    assert len(item["members"]) == item["member_count"] + 1


def test_short_listings_keep_their_counts(faulty: Client) -> None:
    group = faulty.control.truth()["groups"][0]
    selector = {".tag": "group_id", "group_id": group["group_id"]}
    count = len(group["members"])
    faulty.control.fault("short_listing", omit=2, group_id=group["group_id"])
    assert len(faulty.rows("groups/members", {"group": selector})) == count - 2
    [item] = faulty.ok("team/groups/get_info", {".tag": "group_ids", "group_ids": [group["group_id"]]})
    assert (len(item["members"]), item["member_count"]) == (count - 2, count)
    assert len(faulty.rows("members", {})) == 50
    faulty.control.fault("short_listing", times=1, omit=3)
    assert len(faulty.rows("members", {})) == 47


def test_counts_can_be_wrong_or_absent(faulty: Client) -> None:
    truth = {group["group_id"]: len(group["members"]) for group in faulty.control.truth()["groups"]}
    chosen = next(iter(truth))
    faulty.control.fault("wrong_count", times=1, delta=3, group_id=chosen)
    assert _group_counts(faulty) == truth | {chosen: truth[chosen] + 3}
    faulty.control.fault("wrong_count", delta=2)
    [item] = faulty.ok("team/groups/get_info", {".tag": "group_ids", "group_ids": [chosen]})
    assert (_group_counts(faulty)[chosen], item["member_count"]) == (truth[chosen] + 2, truth[chosen])
    faulty.control.clear_faults()
    faulty.control.fault("wrong_count", delta=2, everywhere=True, times=1)
    [item] = faulty.ok("team/groups/get_info", {".tag": "group_ids", "group_ids": [chosen]})
    assert item["member_count"] == truth[chosen] + 2
    faulty.control.fault("absent_count", times=1, group_id=chosen)
    assert _group_counts(faulty) == truth | {chosen: None}
    right = faulty.ok("team/get_info")
    faulty.control.fault("wrong_totals", delta=-4)
    assert faulty.ok("team/get_info")["num_used_licenses"] == right["num_used_licenses"] - 4


def test_unknown_tags_come_in_open_and_closed_unions(faulty: Client) -> None:
    faulty.control.fault("unknown_tags", every=2, unions=["status"], times=1)
    tags = [row["profile"]["status"][".tag"] for row in faulty.ok(_LIST, {})["members"]]
    assert tags.count("unheard_of_status") == 25
    faulty.control.fault("unknown_tags", every=1)
    assert {row["group_management_type"][".tag"] for row in faulty.ok("team/groups/list", {})["groups"]} == {
        "unheard_of_group_management_type"
    }


def test_big_limits_can_fail(faulty: Client) -> None:
    faulty.control.fault("big_limit_fails", limit=10)
    assert faulty.call(_LIST, {}).status == 500
    assert len(faulty.rows("members", {"limit": 10})) == 50
    faulty.control.clear_faults()
    faulty.control.settings(big_page_limit=20)
    assert [faulty.call(_LIST, {"limit": limit}).status for limit in (21, 20)] == [500, 200]


def test_faults_fire_where_and_when_they_are_ordered(faulty: Client) -> None:
    def statuses(number: int, route: str = "team/get_info") -> list[int]:
        argument = None if route == "team/get_info" else {}
        return [faulty.call(route, argument).status for _ in range(number)]

    faulty.control.fault("server_error", at=1, times=2)
    assert statuses(4) == [200, 500, 500, 200]
    faulty.control.fault("unavailable", at=0, times=1)
    assert statuses(1) == [200], "the request with that index is over"
    faulty.control.fault("unavailable", route="team/groups/list", times=1)
    assert statuses(2) == [200, 200]
    assert statuses(2, "team/groups/list") == [503, 200]
    faulty.control.fault("unavailable", at=12, route="team/groups/list", times=1)
    assert statuses(2, "team/groups/list") == [200, 200]
    assert statuses(2) == [200, 200]
    assert statuses(3, "team/groups/list") == [503, 200, 200]
    faulty.control.fault("server_error")
    assert statuses(3) == [500, 500, 500]
    assert [fault["fired"] for fault in faulty.control.faults()] == [2, 0, 1, 1, 3]
    faulty.control.clear_faults()
    assert statuses(1) == [200]
    entry = faulty.control.requests()["requests"][1]
    assert (entry["index"], entry["status"], entry["faults"]) == (1, 500, ["server_error"])


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "unheard_of"},
        {"kind": "server_error", "bytes": 1},
        {"kind": "server_error", "at": "soon"},
        {"kind": "server_error", "times": 0},
        {"kind": "cursor_reset", "route": _LIST},
    ],
)
def test_orders_that_make_no_sense_are_refused(faulty: Client, order: dict[str, Any]) -> None:
    with pytest.raises(ControlError):
        faulty.control.send("POST", "faults", order)


def test_the_catalogue_is_told(faulty: Client) -> None:
    told = {kind["kind"]: kind for kind in faulty.control.fault_kinds()}
    assert set(told) == set(catalogue())
    for kind in told.values():
        assert kind["about"]
        assert kind["routes"]
        assert kind["transient"] == (kind["recovers"] and not kind["lasting_only"])
    assert "oauth2/token" in told["server_error"]["routes"]
    assert "oauth2/token" not in told["unauthorized"]["routes"]
    assert told["cursor_reset"]["routes"] == [
        route for route in told["slow"]["routes"] if route.startswith("team/") and "/continue" in route
    ]
