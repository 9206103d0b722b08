"""Whoever asks for JSON gets one object, also where the command fails."""

import errno
import json
import shlex
import sqlite3
from pathlib import Path

import click
import pytest

from jackfield.cli.examples import EXAMPLES
from jackfield.cli.main import cli
from jackfield.state import State

from .imaginary import TOKEN, Line
from .writable import WritableLine


def _prints_json(words: list[str]) -> bool:
    command: click.Command = cli
    context = click.Context(cli)
    for word in words:
        if not isinstance(command, click.Group):
            break
        found = command.get_command(context, word)
        if found is None:
            break
        command = found
    return any(
        parameter.name == "output" and isinstance(parameter.type, click.Choice) and "json" in parameter.type.choices
        for parameter in command.params
    )


def _examples() -> list[str]:
    lines = [
        line for each in EXAMPLES.values() for line in each if "|" not in line and ">" not in line and "&&" not in line
    ]
    return sorted({line for line in lines if "--output" not in line and _prints_json(shlex.split(line)[1:])})


@pytest.mark.parametrize("example", _examples())
def test_every_command_that_fails_prints_one_object(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Line(tmp_path, monkeypatch, capsys)
    line.config.write_text("not = [valid")
    ran = line.run(*shlex.split(example)[1:], "--output", "json")
    assert "Traceback" not in ran.err
    if ran.code == 0 or "Usage:" in ran.err:
        return  # it reads no configuration, or the example is of a terminal
    told = json.loads(ran.out)
    if "error" in told:
        assert (told["exit_code"], bool(told["error"]["summary"])) == (ran.code, True)
    else:
        assert (told["outcome"], bool(told["reason"])) in {("failed", True), ("refused", True)}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (sqlite3.OperationalError("database or disk is full"), "disk is full"),
        (OSError(errno.ENOSPC, "No space left on device"), "no room is left"),
        (RuntimeError(f"nobody foresaw {TOKEN}"), "RuntimeError"),
    ],
    ids=["sqlite", "system", "unexpected"],
)
@pytest.mark.parametrize("words", [("grant", "acme", "group:g1/member", "user:u2"), ("syncs", "acme")])
def test_whatever_ends_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    error: Exception,
    said: str,
) -> None:
    line = WritableLine(tmp_path, monkeypatch, capsys)

    def fail(*_: object, **__: object) -> None:
        raise error

    for name in ("changes", "history"):
        monkeypatch.setattr(State, name, fail)
    if words[0] == "syncs":  # which makes no state of its own
        line.home.mkdir()
        (line.home / "state.db").touch()
    ran = line.run(*words, "--output", "json")
    assert ran.code in (12, 70), ran.err
    told = json.loads(ran.out)
    text = told["reason"] if words[0] == "grant" else told["error"]["summary"]
    assert said in text
    assert TOKEN not in ran.out + ran.err


def test_what_was_printed_already_is_followed_by_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Line(tmp_path, monkeypatch, capsys)
    line.published()
    assert line.run("stats", "acme", "--output", "json").json()["connection"] == "acme"
    ran = line.run("stats", "acme", "--output", "table", "--run", "none-such")
    assert (ran.code, ran.out) == (5, "")
