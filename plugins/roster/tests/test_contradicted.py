"""Exports that tell nothing of what was asked for, or the opposite: nothing is *changed* or *already* by them."""

from pathlib import Path

import pytest

from .support import Folder

USERS = {"file": "users*.csv", "id": "Id", "login": "Mail", "name": "Name", "status": "State"}
GROUPS = {"file": "groups.csv", "id": "Id", "name": "Name"}
MEMBERS = {"file": "members.csv", "of": "group", "to": "Group", "member": "Who"}
PEOPLE = ["1,ann@x.org,Ann,active", "2,bob@x.org,Bob,active", "3,cy@x.org,Cy,active"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    users = {**USERS, "statuses": {"active": "enabled", "left": "disabled"}}
    folder = Folder(
        tmp_path, users=users, groups=GROUPS, memberships=[MEMBERS], work_list=str(tmp_path / "work" / "erp.csv")
    )
    folder.write("users.csv", "Id,Mail,Name,State", *PEOPLE)
    folder.write("groups.csv", "Id,Name", "s,Sales", "d,Design")
    members(folder, "s,2", "s,3")
    assert folder.run("sync", "erp").code == 0
    return folder


def members(folder: Folder, *rows: str) -> None:
    folder.write("members.csv", "Group,Who", *rows)


def outcomes(folder: Folder) -> list[str]:
    changes = folder.run("changes", "list", "--output", "json").json["changes"]
    return [each["outcome"] for each in reversed(changes)]


def lines(folder: Folder) -> list[str]:
    return folder.list.read_text(encoding="utf-8-sig").splitlines()[1:]


def ask(folder: Folder, *words: str) -> int:
    return folder.run(*words, "--yes").code


def test_an_export_of_before_the_request_settles_nothing(folder: Folder) -> None:
    assert ask(folder, "revoke", "erp", "group:s/member", "user:2") == 10
    members(folder, "s,3")
    folder.age("members.csv", days=7)
    assert folder.run("sync", "erp").code == 9
    assert folder.run("changes", "recover", "erp").code == 10
    assert outcomes(folder) == ["pending"]
    members(folder, "s,3")
    assert folder.run("sync", "erp").code == 0
    assert outcomes(folder) == ["changed"]


def test_nor_does_one_of_people(folder: Folder) -> None:
    assert ask(folder, "account", "delete", "erp", "user:2") == 10
    folder.write("users.csv", "Id,Mail,Name,State", PEOPLE[0], PEOPLE[2])
    folder.age("users.csv", days=7)
    members(folder, "s,3")
    assert folder.run("sync", "erp").code == 9
    assert outcomes(folder) == ["pending"]


def test_a_membership_of_a_group_that_the_listing_lacks_is_held_all_the_same(folder: Folder) -> None:
    assert ask(folder, "revoke", "erp", "group:s/member", "user:3") == 10
    folder.write("groups.csv", "Id,Name", "d,Design")
    members(folder, "s,2", "s,3")
    assert folder.run("sync", "erp").code == 8
    assert outcomes(folder) == ["pending"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("grant", "erp", "group:d/member", "user:1"), ("revoke", "erp", "group:d/member", "user:1")),
        (("revoke", "erp", "group:s/member", "user:2"), ("grant", "erp", "group:s/member", "user:2")),
        (("account", "delete", "erp", "user:2"), ("account", "create", "erp", "login=bob@x.org")),
    ],
    ids=["revoke", "grant", "create"],
)
def test_the_opposite_of_what_goes_on_is_not_already_so(
    folder: Folder, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    assert ask(folder, *first) == 10
    ended = folder.run(*second, "--yes", "--output", "json")
    assert (ended.code, ended.json["outcome"], ended.json["tag"]) == (5, "refused", "goes_on")
    foretold = folder.run(*second, "--dry-run", "--output", "json")
    assert (foretold.code, foretold.json["outcome"], foretold.json["tag"]) == (5, "refused", "goes_on")
    assert len(lines(folder)) == 1


def test_the_line_of_an_id_that_somebody_else_has_by_now_names_that_person(folder: Folder) -> None:
    assert ask(folder, "account", "delete", "erp", "user:2") == 10
    folder.write("users.csv", "Id,Mail,Name,State", PEOPLE[0], PEOPLE[2])
    members(folder, "s,3")
    assert folder.run("sync", "erp").code == 0
    folder.write("users.csv", "Id,Mail,Name,State", PEOPLE[0], "2,zoe@x.org,Zoe,active", PEOPLE[2])
    assert folder.run("sync", "erp").code == 0
    assert ask(folder, "account", "delete", "erp", "user:2") == 10
    (line,) = [each for each in lines(folder) if each.startswith("open")]
    assert "zoe@x.org" in line
    assert "bob@x.org" not in line


def test_an_account_that_is_there_and_disabled_is_not_shown(folder: Folder) -> None:
    assert ask(folder, "account", "create", "erp", "login=eve@x.org") == 10
    folder.write("users.csv", "Id,Mail,Name,State", *PEOPLE, "5,eve@x.org,Eve,left")
    assert folder.run("sync", "erp").code == 0
    assert outcomes(folder) == ["pending"]
    assert ask(folder, "revoke", "erp", "group:s/member", "user:2") == 10
    assert [each.split(",")[0] for each in lines(folder)] == ["open", "open"]


def test_an_export_of_a_day_that_has_not_come_is_told(folder: Folder) -> None:
    folder.age("users.csv", days=-3)
    checked = folder.run("check", "erp")
    assert "which has not come" in checked.out
    assert "dated 72 hours ahead" in checked.out
    assert "which has not come" in folder.run("sync", "erp").out
