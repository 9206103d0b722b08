"""Addresses that can be nobody's are refused before the application is asked anything, wherever people name an account."""

from pathlib import Path

import pytest

from jackfield.changes.addresses import address_problem

from .writable import WritableLine

NOBODYS = [
    *("ann@@example.com", "ann@x@example.com", "@example.com", "ann@", "ann @example.com", "ann@exam\u00a0ple.com"),
    *("ann\u200b@example.com", "ann@exam\u061cple.com", "\ufeffann@example.com", "ann\u202e@example.com"),
    *("ann@example.com\u200d", "an\u0000n@example.com".replace("\0", "\x07"), "ann@example.com\u2028", "ann\xad@a.b"),
]


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("address", NOBODYS)
@pytest.mark.parametrize(
    "command",
    [
        ("grant", "acme", "group:g2/owner", "{}"),
        ("revoke", "acme", "group:g1/member", "{}", "--yes"),
        ("account", "create", "acme", "email={}"),
        ("account", "delete", "acme", "{}", "--yes"),
        ("account", "disable", "acme", "{}", "--yes"),
    ],
    ids=" ".join,
)
def test_no_command_asks_by_one(line: WritableLine, command: tuple[str, ...], address: str):
    ran = line.run(*(word.replace("{}", address) for word in command))
    assert ran.code == 2
    assert "address" in ran.err
    assert all(row.isprintable() for row in ran.err.splitlines())
    assert (line.app.reads, line.app.writes) == ([], [])


def test_nor_does_a_file_of_requests(line: WritableLine):
    file = line.folder / "requests.csv"
    rows = "".join(f"grant,group:g2/owner,{address}\n" for address in NOBODYS if "\u2028" not in address)
    file.write_text(f"kind,entitlement,principal\n{rows}", encoding="utf-8")
    ran = line.run("plan", "acme", str(file))
    assert ran.code == 2
    assert "ann@@example.com" in ran.err
    assert "holds a character that nobody sees" in ran.err
    assert line.app.reads == []


@pytest.mark.parametrize(
    "text", ["ann@example.com", "ann", "Ann Lee", "", "جوان\u200cمرد", "münchen@exämple.de", "o'x+1@b"]
)
def test_what_may_be_one_or_is_none_is_no_problem(text: str):
    assert address_problem(text) is None
