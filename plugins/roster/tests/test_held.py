"""The brake counts by identity: rows that go while as many others come are a loss, and no exchange."""

from pathlib import Path

import pytest

from .support import Folder

USERS = {"file": "users.csv", "id": "ID", "name": "Name"}


def _people(ids: list[str]) -> list[str]:
    return ["ID,Name", *(f"{id},Name {number}" for number, id in enumerate(ids))]


def _synced(folder: Folder) -> tuple[int, dict[str, object], str]:
    ran = folder.run("sync", "erp", "--output", "json")
    return ran.code, ran.json, ran.err


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, users=USERS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([f"{n:04}" for n in range(100)], [str(n) for n in range(100)], id="leading zeros lost"),
        pytest.param([f"a{n}" for n in range(100)], [f"b{n}" for n in range(100)], id="renumbered"),
        pytest.param([f"a{n}" for n in range(40)], [f"a{n}" for n in range(1, 400, 2)], id="half go, many others come"),
    ],
)
def test_ids_that_change_are_held(folder: Folder, before: list[str], after: list[str]) -> None:
    folder.write("users.csv", *_people(before))
    assert _synced(folder)[0] == 0
    folder.write("users.csv", *_people(after))
    code, told, err = _synced(folder)
    gone, came = len(set(before) - set(after)), len(set(after) - set(before))
    assert (code, told["status"]) == (9, "held")
    assert f"user: {gone} of {len(before)} are gone, {came} others came" in err
    accepted = folder.run("sync", "erp", "--accept", str(told["run"]))
    assert accepted.code == 0


def test_other_names_under_the_same_ids_are_no_loss(folder: Folder) -> None:
    folder.write("users.csv", "ID,Name", *(f"{n},Name {n}" for n in range(100)))
    assert _synced(folder)[0] == 0
    folder.write("users.csv", "ID,Name", *(f"{n},Another {n}" for n in range(100)))
    assert _synced(folder)[0] == 0


@pytest.mark.parametrize(("gone", "code"), [(9, 0), (10, 9)])
def test_ten_rows_and_a_fifth(folder: Folder, gone: int, code: int) -> None:
    folder.write("users.csv", *_people([f"a{n}" for n in range(40)]))
    assert _synced(folder)[0] == 0
    folder.write("users.csv", *_people([f"{'b' if n < gone else 'a'}{n}" for n in range(40)]))
    assert _synced(folder)[0] == code


def test_memberships_that_move_to_other_people_are_held(tmp_path: Path) -> None:
    held = {"file": "held.csv", "of": "group", "to": "Group", "member": "ID"}
    folder = Folder(tmp_path, users=USERS, memberships=[held])
    folder.write("users.csv", *_people([f"a{n}" for n in range(100)]))
    folder.write("held.csv", "Group,ID", *(f"g,a{n}" for n in range(50)))
    assert _synced(folder)[0] == 0
    folder.write("held.csv", "Group,ID", *(f"g,a{n}" for n in range(50, 100)))
    code, told, err = _synced(folder)
    assert (code, told["status"]) == (9, "held")
    assert "grants group/member: 50 of 50 are gone, 50 others came" in err
