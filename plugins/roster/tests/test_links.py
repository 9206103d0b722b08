"""Only regular files below the folder of the exports are opened."""

import asyncio
import os
from pathlib import Path

import pytest

from jackfield.errors import JackfieldError, NotFound, RemoteContract
from jackfield_roster.reading import found

from .support import Folder, read

OUT = "it is a link that leads out of"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "users.csv").write_text("TOP,SECRET\n1,2\n")
    return Folder(tmp_path)


def ids(folder: Folder) -> list[str]:
    async def run() -> list[str]:
        async with folder.open() as roster:
            return (await read(roster, "users")).ids

    return asyncio.run(run())


@pytest.mark.parametrize("file", ["users.csv", "users*", "*/users.csv", "in/users.csv", "in/deep/users.csv"])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_out_of_the_folder_is_not_followed(folder: Folder, file: str, absolute: bool) -> None:
    folder.values["users"]["file"] = file
    outside = folder.folder / "outside"
    if "/" in file:
        target = outside if absolute else Path("../outside")
        (folder.exports / "in").symlink_to(target)
        if "deep" in file:
            (folder.exports / "in").unlink()
            (folder.exports / "in").mkdir()
            (folder.exports / "in" / "deep").symlink_to(outside if absolute else Path("../../outside"))
    else:
        (folder.exports / "users.csv").symlink_to(outside / "users.csv" if absolute else "../outside/users.csv")
    with pytest.raises(RemoteContract, match=OUT) as raised:
        ids(folder)
    assert "SECRET" not in str(raised.value)


def test_nor_by_way_of_another_link(folder: Folder) -> None:
    (folder.exports / "a").symlink_to("b")
    (folder.exports / "b").symlink_to("../outside/users.csv")
    (folder.exports / "users.csv").symlink_to("a")
    with pytest.raises(RemoteContract, match=OUT):
        ids(folder)


def test_a_link_within_the_folder_is_followed(folder: Folder) -> None:
    folder.write("users-1.csv", "Id,Name", "1,Ann")
    (folder.exports / "users.csv").symlink_to("users-1.csv")
    assert ids(folder) == ["1"]


def test_the_folder_itself_may_be_a_link(folder: Folder) -> None:
    folder.write("users.csv", "Id,Name", "1,Ann")
    (folder.folder / "linked").symlink_to(folder.exports)
    folder.values["folder"] = str(folder.folder / "linked")
    assert ids(folder) == ["1"]


def test_a_link_that_comes_between_looking_and_opening_is_not_followed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("users.csv", "Id,Name", "1,Ann")
    below = found._below  # pyright: ignore[reportPrivateUsage] - the moment between the two

    def late(at: Path, name: str) -> object:
        where = below(at, name)
        (folder.exports / "users.csv").unlink()
        (folder.exports / "users.csv").symlink_to("../outside/users.csv")
        return where

    monkeypatch.setattr(found, "_below", late)
    with pytest.raises(JackfieldError) as raised:
        ids(folder)
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("pattern", ["users.csv", "users*"])
def test_a_pipe_is_no_file_and_nobody_waits_for_it(folder: Folder, pattern: str) -> None:
    folder.values["users"]["file"] = pattern
    os.mkfifo(folder.exports / "users.csv")
    with pytest.raises(RemoteContract, match=r"users\.csv is no file but a pipe"):
        ids(folder)


def test_a_folder_is_no_file(folder: Folder) -> None:
    (folder.exports / "users.csv").mkdir()
    with pytest.raises(RemoteContract, match=r"users\.csv is no file but a folder"):
        ids(folder)
    folder.values["users"]["file"] = "users*"
    with pytest.raises(NotFound, match="no file fits"):
        ids(folder)


@pytest.mark.parametrize("name", [b"users-\x1b[2J.csv", b"users-\xff.csv"])
def test_a_name_that_can_not_be_shown_is_told_with_escapes(folder: Folder, name: bytes) -> None:
    folder.values["users"]["file"] = "users*"
    Path(os.fsdecode(os.fsencode(folder.exports) + b"/" + name)).write_text("Id,Name\n1,Ann\n")
    with pytest.raises(RemoteContract, match="can't be shown as it is: rename the file") as raised:
        ids(folder)
    assert raised.value.summary.isprintable()
