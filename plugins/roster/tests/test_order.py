"""What an export shows was so before it was asked for, unless the export was written since: the dates of the files decide."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from .support import JACKFIELD, Folder

USERS = {"file": "users*.csv", "id": "Id", "login": "Mail", "groups": "Groups", "split": "|"}
GROUPS = {"file": "groups.csv", "id": "Id", "members": "Members", "split": "|"}
HEADING = "Id,Mail,Groups"
ROWS = ("1,ann@x.org,g1", "2,bob@x.org,", "3,cy@x.org,g1|g2")
WITHOUT = (*ROWS[:2], "3,cy@x.org,g1")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path, users=USERS, groups=GROUPS, work_list=str(tmp_path / "work" / "erp.csv"))
    folder.write("groups.csv", "Id,Members", "g1,", "g2,")
    folder.write("users-b.csv", HEADING, *ROWS)
    for name in ("groups.csv", "users-b.csv"):
        folder.age(name, hours=1)
    assert folder.run("sync", "erp").code == 0
    return folder


def outcomes(folder: Folder) -> list[str]:
    changes = folder.run("changes", "list", "--output", "json").json["changes"]
    return [each["outcome"] for each in reversed(changes)]


def states(folder: Folder) -> list[str]:
    return [line.split(",")[0] for line in folder.list.read_text(encoding="utf-8-sig").splitlines()[1:]]


def test_after_a_kill_an_export_of_before_the_request_is_no_work_of_ours(folder: Folder) -> None:
    lock = folder.list.with_name(f".{folder.list.name}.lock")
    lock.parent.mkdir(exist_ok=True)
    lock.touch()
    folder.run("changes", "list")  # the configuration is written
    command = [JACKFIELD, "--home", str(folder.folder / "home"), "account", "delete", "erp", "cy@x.org", "--yes"]
    with subprocess.Popen(["flock", str(lock), "sleep", "60"]) as holder:
        try:
            with subprocess.Popen(command, cwd=folder.folder, stderr=subprocess.DEVNULL) as process:
                until = time.monotonic() + 30
                while outcomes(folder) != ["undecided"] and time.monotonic() < until:
                    time.sleep(0.1)
                process.send_signal(signal.SIGKILL)
        finally:
            holder.kill()
    folder.write("users-z.csv", HEADING, *ROWS[:2])
    folder.age("users-z.csv", minutes=30)
    folder.run("changes", "recover", "erp")
    assert outcomes(folder) == ["already"]


def test_the_date_of_another_file_is_not_that_of_the_one_that_shows_it(folder: Folder) -> None:
    folder.write("users-a.csv", HEADING, *WITHOUT)
    folder.age("users-a.csv", days=2)
    assert folder.run("revoke", "erp", "group:g2/member", "user:3", "--yes").code == 10
    (folder.exports / "users-b.csv").unlink()
    folder.write("groups.csv", "Id,Members", "g1,", "g2,")
    folder.run("changes", "recover", "erp")
    assert outcomes(folder) == ["pending"]
    # Nor is its line taken for done, nor anything asked for that an export of then would be held against.
    assert folder.run("grant", "erp", "group:g1/member", "user:2").code == 75
    assert states(folder) == ["open"]
    folder.write("users-c.csv", HEADING, *WITHOUT)
    assert folder.run("changes", "recover", "erp").code in (0, 10)
    assert outcomes(folder)[0] == "changed"


def test_a_sync_is_no_witness_of_what_it_has_just_published(folder: Folder) -> None:
    assert folder.run("account", "delete", "erp", "user:3", "--yes").code == 10
    folder.write("users-z.csv", HEADING)
    folder.run("sync", "erp")
    assert outcomes(folder) == ["pending"]


def test_a_date_that_has_not_come_shows_nothing(folder: Folder) -> None:
    assert folder.run("revoke", "erp", "group:g2/member", "user:3", "--yes").code == 10
    folder.write("users-z.csv", HEADING, *WITHOUT)
    folder.age("users-z.csv", hours=-3)
    folder.run("sync", "erp")
    assert folder.run("changes", "recover", "erp").code == 10
    assert outcomes(folder) == ["pending"]
    folder.age("users-z.csv")
    folder.age("groups.csv")
    assert folder.run("changes", "recover", "erp").code == 0
    assert outcomes(folder) == ["changed"]


def test_somebody_who_was_there_is_no_new_account(folder: Folder) -> None:
    assert folder.run("account", "create", "erp", "login=dee@x.org").code == 10
    folder.write("users-z.csv", HEADING, ROWS[0].replace("ann@", "dee@"), *ROWS[1:])
    folder.run("changes", "recover", "erp")
    (change,) = folder.run("changes", "list", "--output", "json").json["changes"]
    assert change["outcome"] == "already"
    assert "user:1 was there before this was asked for, and has this login now" in change["reason"]
    assert folder.run("account", "create", "erp", "login=eve@x.org").code == 10
    folder.write("users-z.csv", HEADING, *ROWS, "9,eve@x.org,")
    assert folder.run("changes", "recover", "erp").code == 0
    assert outcomes(folder)[1] == "changed"


@pytest.mark.parametrize("login", ["dee@x.org ", " dee@x.org", "dee "])
def test_an_address_that_no_export_could_have_is_not_asked_for(folder: Folder, login: str) -> None:
    ended = folder.run("account", "create", "erp", f"login={login}")
    assert (ended.code, outcomes(folder)) == (2, [])
    assert f"login has white space at an end: {login!r}" in ended.err
