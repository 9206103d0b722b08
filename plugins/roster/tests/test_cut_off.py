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
