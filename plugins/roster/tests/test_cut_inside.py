"""An export cut off inside its last cell: a name that the listings lack may be the half of one that is asked for."""

from pathlib import Path

import pytest

from .support import Folder

USERS = {"file": "users.csv", "id": "Id", "login": "Mail", "groups": "Groups", "split": "|"}
GROUPS = {"file": "groups.csv", "id": "Id"}
MEMBERS = {"file": "members.csv", "of": "group", "to": "Group", "member": "Who"}


def outcomes(folder: Folder) -> list[str]:
    changes = folder.run("changes", "list", "--output", "json").json["changes"]
    return [each["outcome"] for each in reversed(changes)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(
        tmp_path, users=USERS, groups=GROUPS, memberships=[MEMBERS], work_list=str(tmp_path / "work" / "erp.csv")
    )
    folder.write("groups.csv", "Id", "design", "sales", "staff")
    folder.write("users.csv", "Id,Mail,Groups", "7,cy@x.org,staff", "1001,bob@x.org,", "1002,ann@x.org,design|sales")
    folder.write("members.csv", "Group,Who", "staff,1002", "staff,1001")
    assert folder.run("sync", "erp").code == 0
    return folder


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize(
    ("file", "of", "left"),
    [
        pytest.param("users.csv", "group:sales/member ann@x.org", "|sal", id="the group of a person"),
        pytest.param("members.csv", "group:staff/member bob@x.org", ",10", id="the person of a membership"),
        pytest.param("members.csv", "group:staff/member bob@x.org", ",100", id="another half of it"),
    ],
)
def test_a_name_cut_in_half_settles_nothing(folder: Folder, file: str, of: str, left: str, end: str) -> None:
    what, who = of.split()
    assert folder.run("revoke", "erp", what, who, "--yes").code == 10
    path = folder.exports / file
    text = path.read_text()
    path.write_text(text[: text.rindex(left) + len(left)] + end)
    assert folder.run("sync", "erp").code == 8
    recovered = folder.run("changes", "recover", "erp")
    assert (recovered.code, outcomes(folder)) == (10, ["pending"])
    why = "which the export does not list: one of them may have been cut off" if end else "the last line and has no end"
    assert why in recovered.err
    # Nor is the opposite asked for of a person, as if it were gone.
    assert folder.run("grant", "erp", what, who).code == 5
    assert len(folder.list.read_text().splitlines()) == 2
    path.write_text(text.replace("|sales", "").replace("staff,1001\n", ""))
    for name in ("users.csv", "members.csv"):
        folder.age(name)
    assert folder.run("changes", "recover", "erp").code == 0
    assert outcomes(folder)[0] == "changed"


def test_what_can_not_be_told_of_one_leaves_the_others(folder: Folder) -> None:
    assert folder.run("revoke", "erp", "group:staff/member", "bob@x.org", "--yes").code == 10
    assert folder.run("revoke", "erp", "group:staff/member", "cy@x.org", "--yes").code == 10
    folder.write("users.csv", "Id,Mail,Groups", "7,cy@x.org,", "1001,bob@x.org,", "1002,ann@x.org,design|sales")
    folder.write("members.csv", "Group,Who", "staff,1002", ",1001")
    recovered = folder.run("changes", "recover", "erp")
    assert (recovered.code, outcomes(folder)) == (10, ["pending", "changed"])
    assert "a row that can't be understood may be about it (at members.csv:3" in recovered.err
    assert folder.run("grant", "erp", "group:design/member", "cy@x.org").code == 10
    assert folder.run("revoke", "erp", "group:sales/member", "ann@x.org", "--yes").code == 10


def test_half_a_name_that_is_another_ones_is_believed_neither_there_nor_gone(folder: Folder) -> None:
    folder.write("members.csv", "Group,Who", "staff,1002", "sales,1001")
    folder.write("users.csv", "Id,Mail,Groups", "100,cy@x.org,", "1001,bob@x.org,", "1002,ann@x.org,design")
    assert folder.run("sync", "erp").code == 0
    assert folder.run("grant", "erp", "group:sales/member", "cy@x.org").code == 10
    folder.put("members.csv", b"Group,Who\nstaff,1002\nsales,100")
    folder.age("users.csv")
    synced = folder.run("sync", "erp")
    assert (synced.code, outcomes(folder)) == (8, ["pending"])
    assert "it is the last line and has no end, so that it may be cut off" in synced.out
    assert folder.run("changes", "recover", "erp").code == 10
    assert folder.run("revoke", "erp", "group:sales/member", "bob@x.org", "--yes").code == 75
    folder.values["memberships"] = [MEMBERS | {"last_line_end": False}]
    assert folder.run("sync", "erp").code == 0
    assert outcomes(folder)[0] == "changed"


@pytest.mark.parametrize("who", ["cy@x.org", "ann@x.org"])
def test_an_account_is_not_gone_while_memberships_name_people_that_are_not_listed(folder: Folder, who: str) -> None:
    assert folder.run("account", "delete", "erp", who, "--yes").code == 10
    folder.write("users.csv", "Id,Mail,Groups", "1001,bob@x.org,")
    folder.age("members.csv")
    recovered = folder.run("changes", "recover", "erp")
    assert (recovered.code, outcomes(folder)) == (10, ["pending"])
    assert "memberships name user:1002, which the list of users lacks" in recovered.err


def test_an_account_that_stands_there_twice_is_not_told_by_the_first(tmp_path: Path) -> None:
    users = {**USERS, "status": "State", "statuses": {"in": "enabled", "out": "deleted"}}
    folder = Folder(tmp_path, users=users, work_list=str(tmp_path / "work" / "erp.csv"))
    rows = ("1,ann@x.org,,in", "2,bob@x.org,,in", "3,cy@x.org,,in")
    folder.write("users.csv", "Id,Mail,Groups,State", *rows)
    assert folder.run("sync", "erp").code == 0
    assert folder.run("account", "delete", "erp", "bob@x.org", "--yes").code == 10
    folder.write("users.csv", "Id,Mail,Groups,State", rows[0], "2,bob@x.org,,out", *rows[1:])
    recovered = folder.run("changes", "recover", "erp")
    assert (recovered.code, outcomes(folder)) == (10, ["pending"])
    assert "user:2 stands there a second time" in recovered.err
