"""Invitations and removals that take a while."""

from __future__ import annotations

from typing import Any

import pytest

from .changing import ADD, ADD_STATUS, REMOVE, REMOVE_STATUS, by_id, invite, people, true
from .support import Client


def _launch(client: Client, route: str, asked: Any) -> dict[str, str]:
    launched = client.ok(route, asked)
    assert launched[".tag"] == "async_job_id"
    return {"async_job_id": launched["async_job_id"]}


def _emails(client: Client) -> set[str]:
    return {user["email"] for user in client.control.truth()["users"]}


def test_an_invitation_can_be_forced_into_a_job(client: Client) -> None:
    job = _launch(client, ADD, {"new_members": [{"member_email": "a@team.example"}], "force_async": True})
    answer = client.ok(ADD_STATUS, job)
    assert (answer[".tag"], answer["complete"][0][".tag"]) == ("complete", "success")
    assert client.ok(ADD_STATUS, job) == answer
    assert client.call(REMOVE_STATUS, job).tag == "invalid_async_job_id"
    assert client.call(ADD_STATUS, {"async_job_id": "jackfield-probe"}).tag == "invalid_async_job_id"


@pytest.mark.parametrize("effect", ["start", "end"])
def test_jobs_take_polls(client: Client, effect: str) -> None:
    client.control.settings(async_jobs=True, job_polls=2, job_effect=effect)
    user = people(client)[-1]
    adding = _launch(client, ADD, {"new_members": [{"member_email": "a@team.example"}]})
    removing = _launch(client, REMOVE, {"user": by_id(user)})
    jobs = [(ADD_STATUS, adding), (REMOVE_STATUS, removing)]
    assert [client.ok(route, job) for route, job in jobs] == [{".tag": "in_progress"}] * 2
    done = effect == "start"
    assert ("a@team.example" in _emails(client), true(client, user)["status"] == "removed") == (done, done)
    assert [client.ok(route, job) for route, job in jobs] == [{".tag": "in_progress"}] * 2
    assert client.ok(ADD_STATUS, adding)[".tag"] == "complete"
    assert client.ok(REMOVE_STATUS, removing) == {".tag": "complete"}
    assert ("a@team.example" in _emails(client), true(client, user)["status"]) == (True, "removed")
    effects = client.control.effects()
    assert (effects["invitations"], effects["removals"]) == ({"a@team.example": 1}, {user: 1})


def test_jobs_take_time_and_end_without_a_poll(client: Client) -> None:
    client.control.settings(async_jobs=True, job_seconds=30, job_effect="end")
    user = people(client)[-1]
    job = _launch(client, REMOVE, {"user": by_id(user)})
    assert client.ok(REMOVE_STATUS, job) == {".tag": "in_progress"}
    assert true(client, user)["status"] == "active"
    client.control.advance(30)
    assert true(client, user)["status"] == "removed"
    assert client.ok(REMOVE_STATUS, job) == {".tag": "complete"}


def test_jobs_fail_and_have_done_nothing(client: Client) -> None:
    client.control.settings(async_jobs=True, job_fails="No luck.")
    user, before = people(client)[-1], client.control.truth()
    job = _launch(client, ADD, {"new_members": [{"member_email": "a@team.example"}]})
    assert client.ok(ADD_STATUS, job) == {".tag": "failed", "failed": "No luck."}
    assert client.call(REMOVE_STATUS, _launch(client, REMOVE, {"user": by_id(user)})).tag == "internal_error"
    assert client.control.truth() == before
    assert client.control.effects()["applied"] == {}


def test_a_poll_can_fail_though_the_job_did_not(client: Client) -> None:
    client.control.settings(async_jobs=True)
    job = _launch(client, ADD, {"new_members": [{"member_email": "a@team.example"}]})
    client.control.force(ADD_STATUS, "internal_error")
    assert client.call(ADD_STATUS, job).tag == "internal_error"
    assert "a@team.example" in _emails(client)


def test_refusals_come_at_once(client: Client) -> None:
    client.control.settings(async_jobs=True)
    assert client.call(REMOVE, {"user": by_id(people(client)[-1]), "keep_account": True}).status == 409
    assert client.control.effects()["removals"] == {}


def test_a_removal_that_is_overtaken_fails(client: Client) -> None:
    client.control.settings(async_jobs=True, job_seconds=5, job_effect="end")
    user = people(client)[-1]
    job = _launch(client, REMOVE, {"user": by_id(user)})
    client.control.change({"do": "leave", "user": user})
    client.control.advance(5)
    assert client.call(REMOVE_STATUS, job).tag == "internal_error"
    assert client.control.effects()["removals"] == {}


def test_a_transfer_keeps_both_its_ends_busy(client: Client) -> None:
    client.control.settings(async_jobs=True, job_seconds=5, job_effect="end")
    user, heir = people(client)[-2:]
    admin = client.control.truth()["team"]["authoriser"]
    terms = {"transfer_dest_id": by_id(heir), "transfer_admin_id": by_id(admin)}
    _launch(client, REMOVE, {"user": by_id(user)} | terms)
    assert client.call(REMOVE, {"user": by_id(user)}).tag == "transfer_in_progress"
    assert client.call(REMOVE, {"user": by_id(heir)}).tag == "member_is_transfer_destination"
    client.control.advance(5)
    _launch(client, REMOVE, {"user": by_id(heir)})


def test_jobs_are_told(client: Client) -> None:
    client.control.settings(async_jobs=True, job_polls=1)
    invite(client, "a@team.example")
    [job] = client.control.send("GET", "jobs")
    assert (job["route"], job["open"]) == (ADD_STATUS, True)
