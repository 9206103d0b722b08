"""Syncs that the platform asks for: uploaded whole, with what it wants in them, cancelled, cut off, and begun anew."""

import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import zstandard
from harness.uplinks import Between


def _rows(file: str, query: str) -> list[Any]:
    data = Path(file).read_bytes()
    assert data[:5] == b"C1ZF\0"
    plain = Path(file).with_suffix(".db")
    with plain.open("wb") as to:
        zstandard.ZstdDecompressor().copy_stream(io.BytesIO(data[5:]), to)
    db = sqlite3.connect(plain)
    try:
        return db.execute(query).fetchall()
    finally:
        db.close()


def test_a_sync_is_uploaded_whole_and_finished(between: Between) -> None:
    with between.served() as server:
        id = between.platform.offer("sync_full", {})
        task = between.platform.wait(id, timeout=60)
        server.end()
    assert task["finishes"][0]["success"] == {}
    (upload,) = task["uploads"]
    assert upload["state"] == "complete"
    truth = between.team.truth()
    kinds = dict(_rows(upload["file"], "SELECT resource_type_id, count(*) FROM v1_resources GROUP BY 1"))
    assert kinds["user"] == len(truth["users"])
    assert kinds["group"] == len(truth["groups"])
    members = sum(len(group["members"]) for group in truth["groups"])
    assert _rows(upload["file"], "SELECT count(*) FROM v1_grants WHERE resource_type_id = 'group'") == [(members,)]
    assert len(task["heartbeats"]) >= 1


OPTIONS: tuple[tuple[dict[str, Any], str, bool], ...] = (
    ({"skip_grants": True}, "full", False),
    ({"skip_entitlements_and_grants": True}, "resources_only", False),
    ({"sync_resource_type_ids": ["group"]}, "full", True),
    ({"storage_engine": "pebble"}, "full", True),
)


def test_the_options_of_a_sync(between: Between) -> None:
    with between.served():
        for options, type, has_grants in OPTIONS:
            task = between.platform.wait(between.platform.offer("sync_full", options), timeout=60)
            file = task["uploads"][0]["file"]
            assert _rows(file, "SELECT sync_type FROM v1_sync_runs") == [(type,)], options
            assert bool(_rows(file, "SELECT count(*) FROM v1_grants")[0][0]) == has_grants, options


def _targeted(*ids: str) -> dict[str, Any]:
    resources = [dict(zip(("resource_type", "resource"), id.split(":", 1), strict=True)) for id in ids]
    return {"targeted_sync_resources": [{"id": each} for each in resources]}


def test_a_resource_that_is_asked_for_and_is_not_there_is_told_in_place_of_a_file_without_it(between: Between) -> None:
    group = between.team.truth()["groups"][0]["group_id"]
    with between.served():
        task = between.platform.wait(between.platform.offer("sync_full", _targeted(f"group:{group}")), timeout=60)
        (upload,) = task["uploads"]
        assert _rows(upload["file"], "SELECT sync_type FROM v1_sync_runs") == [("partial",)]
        for asked in ((f"group:{group}", "group:g:gone"), ("user:dbmid:nobody",)):
            task = between.platform.wait(between.platform.offer("sync_full", _targeted(*asked)), timeout=60)
            told = task["finishes"][-1]
            assert (told["status"]["code"], task["uploads"]) == (5, []), asked
            assert f"the application does not have {asked[-1]}: nothing was uploaded" in told["status"]["message"]


def test_a_sync_that_is_cancelled_stops(between: Between) -> None:
    between.team.settings(latency_ms=500)
    with between.served() as server:
        id = between.platform.offer("sync_full", {})
        between.platform.wait_for(lambda: between.platform.task(id), lambda one: len(one["heartbeats"]) >= 1)
        between.platform.cancel(id)
        task = between.platform.wait_for(lambda: between.platform.task(id), lambda one: bool(one["finishes"]))
        assert task["finishes"][0]["status"]["code"] == 1
        assert not task["uploads"]
        between.team.settings(latency_ms=0)
        assert between.carried_out("sync_full", {})["success"] == {}
        server.end()


def test_one_that_is_cancelled_before_it_begins_is_dropped_without_a_word(between: Between) -> None:
    with between.served() as server:
        id = between.platform.offer("sync_full", {}, cancelled=True)
        server.logged("a task ended", task=id, result="none")
        assert between.carried_out("action_list_schemas", {})["success"]
        assert not between.platform.task(id)["finishes"]


def test_a_snapshot_that_is_not_complete_fails_its_task_unless_that_is_allowed(between: Between) -> None:
    with between.served() as server:
        assert between.carried_out("sync_full", {})["success"] == {}
        server.end()
    short = {"JACKFIELD_CONNECTIONS__DROPBOX__RETRY_DEADLINE": "1"}
    for route in ("team/groups/members/list", "team/groups/get_info"):
        between.team.fault("server_error", route=route)
    between.platform.restarted()
    with between.served(**short) as server:
        told = between.carried_out("sync_full", {})
        assert told["status"]["code"] == 9
        assert "not complete" in told["status"]["message"]
        server.end()
    between.platform.restarted()
    with between.served(**short, JACKFIELD_SERVICES__C1__UPLOAD_INCOMPLETE="true"):
        task = between.platform.wait(between.platform.offer("sync_full", {}), timeout=60)
    assert task["finishes"][0]["success"] == {}
    assert task["uploads"][0]["state"] == "complete"


@pytest.mark.parametrize("code", ["UNAVAILABLE", "DROP"])
def test_an_upload_that_breaks_is_begun_anew(between: Between, code: str) -> None:
    between.platform.drop_upload(10_000, code=code, times=2)
    with between.served():
        task = between.platform.wait(between.platform.offer("sync_full", {}), timeout=60)
    assert task["finishes"][0]["success"] == {}
    assert [each["state"] for each in task["uploads"]].count("complete") == 1
    assert len(task["uploads"]) == 3


def test_an_upload_that_never_works_fails_the_task(between: Between) -> None:
    between.platform.drop_upload(10_000, code="UNAVAILABLE", times=9)
    with between.served():
        told = between.carried_out("sync_full", {})
    assert told["status"]["code"] == 14
