"""An export that was cut off shows nothing by what is missing in it: no change is settled by it, and none is *already*."""

import json
from pathlib import Path

import pytest

from .support import Folder

USERS = {"file": "users.csv", "id": "Id", "login": "Mail", "groups": "Groups", "split": "|"}
HEADING = "Id,Mail,Groups"
ROWS = [f"{n},u{n}@x.org,g{n % 3}" for n in range(1, 41)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path, users=USERS, work_list=str(tmp_path / "work" / "erp.csv"))
    folder.write("users.csv", HEADING, *ROWS)
    assert folder.run("sync", "erp").code == 0
    assert folder.run("account", "delete", "erp", "user:33", "--yes").code == 10
    assert folder.run("revoke", "erp", "group:g1/member", "user:31", "--yes").code == 10
    return folder


def outcomes(folder: Folder) -> list[str]:
    changes = folder.run("changes", "list", "--output", "json").json["changes"]
    return [each["outcome"] for each in reversed(changes)]


def states(folder: Folder) -> list[str]:
    return [line.split(",")[0] for line in folder.list.read_text(encoding="utf-8-sig").splitlines()[1:]]


@pytest.mark.parametrize("left", [0, 1, 20, 30])
def test_nothing_is_settled_by_what_is_missing(folder: Folder, left: int) -> None:
    folder.write("users.csv", HEADING, *ROWS[:left])
    assert folder.run("sync", "erp").code == 9
    recovered = folder.run("changes", "recover", "erp")
    assert recovered.code != 0
    assert "it may have been cut off" in recovered.err
    assert outcomes(folder) == ["pending", "pending"]
    for command in (("account", "delete", "erp", "user:36"), ("revoke", "erp", "group:g1/member", "user:34")):
        ended = folder.run(*command, "--yes", "--output", "json")
        assert (ended.code, ended.json["outcome"]) not in ((0, "already"), (0, "changed"))
    assert set(states(folder)) == {"open"}


@pytest.mark.parametrize("left", [20, 31])
def test_what_is_there_is_believed_all_the_same(folder: Folder, left: int) -> None:
    folder.write("users.csv", HEADING, *ROWS[:left])
    ended = folder.run("grant", "erp", "group:g1/member", "u1@x.org", "--yes", "--output", "json")
    assert ended.json["outcome"] in ("already", "failed")
    folder.write("users.csv", HEADING, *ROWS[:32], *ROWS[33:])
    assert folder.run("sync", "erp").code == 0
    assert outcomes(folder)[0] == "changed", "whoever is missing in a whole export is gone"
    assert json.loads(folder.run("changes", "list", "--output", "json").out)["total"] >= 2


def test_so_many_that_are_gone_are_accepted_by_a_person(folder: Folder) -> None:
    folder.write("users.csv", HEADING, *ROWS[:20])
    held = folder.run("sync", "erp", "--output", "json")
    assert folder.run("sync", "erp", "--accept", held.json["run"]).code == 0
    assert folder.run("changes", "recover", "erp").code == 0
    assert outcomes(folder) == ["changed", "changed"]


@pytest.mark.parametrize("people", [1, 3, 9])
def test_an_export_without_anybody_is_no_empty_application(tmp_path: Path, people: int) -> None:
    folder = Folder(tmp_path, users=USERS, work_list=str(tmp_path / "work" / "erp.csv"))
    folder.write("users.csv", HEADING, *ROWS[:people])
    assert folder.run("sync", "erp").code == 0
    assert folder.run("account", "delete", "erp", "user:1", "--yes").code == 10
    folder.write("users.csv", HEADING)
    synced = folder.run("sync", "erp")
    assert synced.code == 8
    assert "users.csv has no row: look whether the export was cut off" in synced.out
    for _ in range(2):
        assert folder.run("changes", "recover", "erp").code == 10
        folder.run("sync", "erp")
    assert outcomes(folder) == ["pending"]


def test_a_key_that_was_given_another_name_takes_no_membership_away(tmp_path: Path) -> None:
    users = {"file": "users.jsonl", "id": "id", "login": "mail", "groups": "groups"}
    folder = Folder(tmp_path, users=users, work_list=str(tmp_path / "work" / "erp.csv"))
    rows = [{"id": str(n), "mail": f"u{n}@x.org", "groups": ["g1"] if n < 4 else []} for n in range(6)]
    folder.write("users.jsonl", *map(json.dumps, rows))
    assert folder.run("sync", "erp").code == 0
    assert folder.run("revoke", "erp", "group:g1/member", "user:1", "--yes").code == 10
    folder.write("users.jsonl", *(json.dumps(row).replace("groups", "teams") for row in rows))
    synced = folder.run("sync", "erp")
    assert synced.code == 8
    assert "no row of users.jsonl has the key 'groups' (users.groups), so that nothing is known of it" in synced.out
    recovered = folder.run("changes", "recover", "erp")
    assert (recovered.code, outcomes(folder)) == (10, ["pending"])
    assert "has the key 'groups'" in recovered.err
    folder.write("users.jsonl", *(json.dumps(row | {"groups": []}) for row in rows))
    assert folder.run("changes", "recover", "erp").code == 10, "as many are gone as may have been cut off"
    folder.write("users.jsonl", *(json.dumps(row | {"groups": ["g1"] if row["id"] == "2" else []}) for row in rows))
    assert folder.run("changes", "recover", "erp").code == 0
    assert outcomes(folder) == ["changed"]
