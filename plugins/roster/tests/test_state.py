"""The state by which changes are judged: what the newest exports say, and what they can't tell."""

import asyncio
from pathlib import Path

import pytest

from jackfield.errors import NotFound
from jackfield_contracts import AccessState, EntitlementId, ResourceId, StateQuery

from .support import Folder

USERS = {"file": "users.csv", "id": "Id", "login": "Mail", "status": "State", "groups": "Groups"}
ROLES = {"file": "roles.csv", "of": "role", "to": "Role", "member": "Who", "member_type": "Kind"}
HEADING = "Id,Mail,State,Groups"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path, users=USERS, memberships=[ROLES])
    folder.write("users.csv", HEADING, "1,ann@x.org,enabled,g1", "2,bob@x.org,disabled,g1;g2", "3,cy@x.org,enabled,")
    folder.write("roles.csv", "Role,Who,Kind", "admin,g1,group", "admin,3,user")
    return folder


def state(folder: Folder, principals: str = "", resources: str = "", names: tuple[str, ...] = ()) -> AccessState:
    async def run() -> AccessState:
        async with folder.open() as roster:
            return await roster.read_state(
                StateQuery(
                    principals=tuple(map(ResourceId.parse, principals.split())),
                    resources=tuple(map(ResourceId.parse, resources.split())),
                    names=names,
                )
            )

    return asyncio.run(run())


def test_accounts_entitlements_and_what_is_held(folder: Folder) -> None:
    found = state(folder, "user:1 user:2 user:9 group:g1", "group:g1 group:g2 group:g9 role:admin")
    assert [(str(each.account), each.status_raw) for each in found.accounts] == [
        ("user:1", "enabled"), ("user:2", "disabled"), ("group:g1", ""),
    ]  # fmt: skip
    assert [str(each.id) for each in found.entitlements] == ["group:g1/member", "group:g2/member", "role:admin/member"]
    assert [str(each) for each in found.held] == [
        "group:g1/member#user:1",
        "group:g1/member#user:2",
        "group:g2/member#user:2",
        "role:admin/member#group:g1",
    ]


def test_people_are_found_by_login_in_any_case(folder: Folder) -> None:
    found = state(folder, names=("BOB@x.org", "nobody@x.org"))
    assert [(each.asked, str(each.account)) for each in found.accounts] == [("BOB@x.org", "user:2")]


def test_without_a_work_list_nothing_can_be_changed_and_the_reason_is_told(folder: Folder) -> None:
    (entitlement,) = state(folder, "", "group:g1").entitlements
    assert entitlement.immutable is not None
    folder.values["work_list"] = str(folder.list)
    (entitlement,) = state(folder, "", "group:g1").entitlements
    assert entitlement.immutable is None


def test_a_missing_file_is_told(folder: Folder) -> None:
    (folder.exports / "users.csv").unlink()
    with pytest.raises(NotFound):
        state(folder, "user:1")


# A broken row beside what is asked for: whether the answer would be a guess.
CASES = [
    ("4,dd@x.org,idle,g1", "user:4", "", (), True),
    ("4,dd@x.org,idle,g1", "user:9", "", (), False),
    ("4,dd@x.org,idle,g1", "user:1", "", (), False),
    (",dd@x.org,enabled,g1", "user:9", "", (), True),
    (",dd@x.org,enabled,g1", "user:1", "", (), False),
    ("4,dd@x.org,idle,g1", "", "", ("dd@x.org",), True),
    ("4,dd@x.org,idle,g1", "", "", ("other@x.org",), False),
    ('4,"dd,idle', "", "", ("other@x.org",), True),
    ('4,"dd,idle', "user:1", "group:g1", (), False),
    ('4,"dd,idle', "user:1", "group:g2", (), True),
    (",dd@x.org,enabled,g1", "user:3", "group:g1", (), True),
    # Cells are missing, or there are too many of them: which of them stands where it should nobody knows.
    ("4,dd@x.org,enabled", "user:3", "group:g1", (), True),
    ("Dee, Dora,4,dd@x.org,enabled,", "user:4", "", (), True),
    ("Dee, Dora,4,dd@x.org,enabled,", "", "", ("dd@x.org",), True),
    ("4,dd@x.org,enabled", "user:9", "", (), True),
    ("4,dd@x.org,enabled", "user:1", "", ("ann@x.org",), False),
    # An id that stands there already.
    ("1,dd@x.org,enabled,g2", "user:1", "group:g2", (), True),
    ("1,dd@x.org,enabled,g2", "user:1", "group:g1", (), False),
    ("1,dd@x.org,enabled,g2", "user:3", "group:g2", (), False),
    ("3,dd@x.org,enabled,g1", "user:3", "group:g2", (), False),
    ("4,dd@x.org,enabled,g2", "user:4", "group:g2", (), False),
]


@pytest.mark.parametrize(("row", "principals", "resources", "names", "doubtful"), CASES)
def test_where_a_broken_row_may_say_otherwise_nothing_is_said(
    folder: Folder, row: str, principals: str, resources: str, names: tuple[str, ...], doubtful: bool
) -> None:
    file = folder.exports / "users.csv"
    file.write_text(file.read_text() + row + "\n")
    found = state(folder, principals, resources, names)
    memberships = [f"{resource}#{who}" for resource in resources.split() for who in principals.split()]
    asked = {*memberships} if memberships else {*principals.split(), *names}
    unclear = {key: why for key, why in found.unreadable.items() if key in asked}
    assert bool(unclear) == doubtful
    assert all("may be about it (at users.csv:5" in why for why in unclear.values())


ROLE_CASES = [
    ("audit,1,robot", "user:1", False),
    ("admin,1,robot", "user:1", True),
    ("admin,2,robot", "user:1", False),
    ("admin,3,robot", "user:3", False),
    (",1,user", "user:1", True),
    ("admin,,user", "user:1", True),
    ("admin,1", "user:1", True),
    ("Admins, all,admin,1,user", "user:1", True),
    ("audit, all,1,user", "user:1", True),
    ("audit,1", "user:1", True),
    ("audit,1", "user:3", False),
]


@pytest.mark.parametrize(("row", "principal", "doubtful"), ROLE_CASES)
def test_and_so_with_rows_of_memberships(folder: Folder, row: str, principal: str, doubtful: bool) -> None:
    folder.values["roles"] = {"file": "all.csv", "id": "Id"}
    folder.write("all.csv", "Id", "admin", "audit")
    file = folder.exports / "roles.csv"
    file.write_text(file.read_text() + row + "\n")
    found = state(folder, principal, "role:admin")
    if doubtful:
        assert "may be about it (at roles.csv:4" in found.unreadable[f"role:admin#{principal}"]
    else:
        assert not found.unreadable
        held = found.held
        at = EntitlementId.parse("role:admin/member")
        assert [each.entitlement for each in held] == ([at] if principal == "user:3" else [])


@pytest.mark.parametrize("row", ["Audit, Berlin,audit", "audit,Auditors,of the house"])
def test_and_so_with_listings_of_groups_and_roles(folder: Folder, row: str) -> None:
    folder.values["roles"] = {"file": "all.csv", "id": "Id", "name": "Name"}
    folder.write("all.csv", "Id,Name", "admin,Admin", row)
    assert "may be about it (at all.csv:3" in state(folder, "", "role:audit").unreadable["role:audit"]
    assert [str(each.id) for each in state(folder, "", "role:admin").entitlements] == ["role:admin/member"]


def test_and_so_where_groups_list_their_members(folder: Folder) -> None:
    folder.values["groups"] = {"file": "groups.csv", "id": "Id", "members": "Who"}
    folder.write("groups.csv", "Id,Who", "g7,1", "g7,3")
    assert [str(each) for each in state(folder, "user:1", "group:g7").held] == ["group:g7/member#user:1"]
    unclear = state(folder, "user:3", "group:g7").unreadable["group:g7#user:3"]
    assert "groups.csv:3, column Id: group:g7 stands there a second time" in unclear


def test_a_row_that_can_not_be_taken_is_not_the_first_of_its_id(folder: Folder) -> None:
    folder.write("users.csv", HEADING, "1,ann@x.org,idle,", "1,ann@x.org,enabled,g2")
    assert [str(each) for each in state(folder, "user:1", "group:g2").held] == ["group:g2/member#user:1"]
