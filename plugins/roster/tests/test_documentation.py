"""The worked example of the documentation does what it says, with the commands that stand there."""

import re
import shlex
from pathlib import Path

import pytest

from .support import Folder

PAGE = Path(__file__).parents[3] / "docs" / "roster.md"


def blocks(kind: str) -> list[str]:
    """The code blocks of a kind, without the indentation of the list that they stand in."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```{kind}\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in body.splitlines()) for indent, body in found]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    (shown,) = (block for block in blocks("") if block.startswith("users-"))
    beside, json_lines = shown.split("\n\n")
    rows = beside.splitlines()
    at = rows[0].index("groups.csv")
    folder.write(rows[0][:at].strip(), *(row[:at].strip() for row in rows[1:]))
    folder.write(rows[0][at:].strip(), *(row[at:].strip() for row in rows[1:]))
    name, *lines = json_lines.splitlines()
    folder.write(name, *lines)
    (folder.folder / "jackfield.toml").write_text(blocks("toml")[0].replace("[connections.erp]", QUIET, 1))
    return folder


QUIET = "[connections.erp]\nquiet_seconds = 0"


def test_the_example_works(folder: Folder) -> None:
    commands = [shlex.split(line)[2:] for block in blocks("console") for line in block.splitlines()]
    assert [command[0] for command in commands] == ["check", "sync", "access", "who", "grant", "changes"]
    told = [folder.command(*command) for command in commands]
    assert [each.code for each in told] == [0, 0, 0, 0, 10, 0], told
    assert "users: users-2026-11-24.csv" in told[0].out
    assert "complete: every part was seen whole" in told[1].out
    assert re.search(r"approve .*through Design \(member\) › All staff \(member\)", told[2].out)
    assert re.search(r"Ann Alder .*through Design", told[3].out)
    assert "grant,role:admin/member" in folder.list.read_text()
    folder.write("users-2026-11-25.csv", *(folder.exports / "users-2026-11-24.csv").read_text().splitlines())
    folder.write("rights.jsonl", '{"right":"admin","holder":1001,"is":"person"}')
    assert "settled now: changed: grant admin" in folder.command("sync", "erp").err


def test_every_diagnostic_stands_in_the_table() -> None:
    source = "".join(
        file.read_text(encoding="utf-8") for file in (PAGE.parents[1] / "plugins/roster/src").rglob("*.py")
    )
    page = PAGE.read_text(encoding="utf-8")
    for why in re.findall(r'BrokenRowError\(\s*f?"([^"{]{9,})', source):
        assert why.strip(" :'").removeprefix("it names no {") in page, why
