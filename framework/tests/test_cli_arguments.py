"""Whatever is given to a command as an argument ends in a sentence: what is no text, and what is no number of anything."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from jackfield.cli.main import cli

from .writable import WritableLine

NOT_UTF_8 = "a\udcff"
"""What Python makes of a byte that is no UTF-8."""


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def _texts() -> Iterator[tuple[str, ...]]:
    """Each command with one argument or option that is a text, and the others at something harmless."""
    for path, command in _commands(cli, ()):
        needed = [each for each in command.params if isinstance(each, click.Argument) and each.required]
        for parameter in command.params:
            if not isinstance(parameter.type, click.types.StringParamType) or parameter.nargs == 2:
                continue
            words = [NOT_UTF_8 if each is parameter else "acme" for each in needed]
            if isinstance(parameter, click.Option):
                words += [parameter.opts[0], NOT_UTF_8]
            elif parameter not in needed:
                words.append(NOT_UTF_8)
            yield (*path, *words)


def _commands(group: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(group, click.Group):
        yield path, group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from _commands(command, (*path, name))


@pytest.mark.parametrize("words", [*_texts()], ids=lambda words: " ".join(words).replace(NOT_UTF_8, "…"))
def test_what_is_no_text_is_wrong_usage(line: WritableLine, words: tuple[str, ...]) -> None:
    ran = line.run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err
    assert line.app.writes == []


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5000], ids=len)
@pytest.mark.parametrize(
    "words",
    [
        *(("resources", "acme", "--limit"), ("grants", "acme", "--limit"), ("entitlements", "acme", "--limit")),
        *(("syncs", "acme", "--limit"), ("changes", "list", "--limit"), ("changes", "list", "--since")),
        ("grant", "acme", "group:g2/member", "user:u1", "--wait"),
    ],
    ids=" ".join,
)
def test_a_number_beyond_all_counting_does_no_harm(line: WritableLine, words: tuple[str, ...], number: str) -> None:
    line.published()
    ran = line.run(*words, number)
    assert ran.code in (0, 2), ran.err


@pytest.mark.parametrize("kind", ["revoke=", "privileged="])
def test_nor_do_limits_of_that_size(line: WritableLine, kind: str) -> None:
    ran = line.run("revoke", "acme", "group:g1/member", "user:u1", "--yes", "--limit", kind + "9" * 5000)
    assert (ran.code, line.app.writes) == (2, [])
