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


@pytest.mark.parametrize(
    ("file", "of", "left"),
    [
        pytest.param("users.csv", "group:sales/member ann@x.org", "|sal", id="the group of a person"),
        pytest.param("members.csv", "group:staff/member bob@x.org", ",10", id="the person of a membership"),
        pytest.param("members.csv", "group:staff/member bob@x.org", ",100", id="another half of it"),
    ],
)
def test_a_name_cut_in_half_settles_nothing(folder: Folder, file: str, of: str, left: str) -> None:
    what, who = of.split()
    assert folder.run("revoke", "erp", what, who, "--yes").code == 10
    path = folder.exports / file
    text = path.read_text()
    path.write_text(text[: text.rindex(left) + len(left)])
    assert folder.run("sync", "erp").code == 8
    recovered = folder.run("changes", "recover", "erp")
    assert (recovered.code, outcomes(folder)) == (10, ["pending"])
    assert "which the export does not list: one of them may have been cut off" in recovered.err
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
