"""Help ends with examples that can be parsed, and shells complete what can be typed, silently."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from jackfield.cli.app import App
from jackfield.cli.base import _COMPLETED, Command
from jackfield.cli.completion import COMPLETED
from jackfield.cli.examples import EXAMPLES
from jackfield.cli.main import cli, main
from jackfield.state import RunStatus, open_state

from .imaginary import TOKEN, Line

JACKFIELD = str(Path(sys.executable).with_name("jackfield"))


def commands(command: click.Command = cli, name: str = "") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield name, command
        return
    ctx = click.Context(command)
    for each in command.list_commands(ctx):
        found = command.get_command(ctx, each)
        assert found is not None
        yield from commands(found, f"{name} {each}".strip())


NAMES = dict(commands())


def examples_of(name: str) -> tuple[str, ...]:
    """The examples of a command, which one of a plugin brings itself."""
    found = NAMES[name]
    own = found.examples if isinstance(found, Command) else ()
    return own or tuple(EXAMPLES[name])


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_command_has_examples_that_can_be_parsed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), "--help"]) == 0
    told = capsys.readouterr().out
    assert "Examples:" in told
    for example in examples_of(name):
        assert example in told
        program, *words = shlex.split(example)
        assert (program, words[: len(name.split())]) == ("jackfield", name.split())
        with NAMES[name].make_context(name, words[len(name.split()) :], obj=App({})) as ctx:
            assert ctx.params is not None


def test_there_are_no_examples_of_what_is_not_there() -> None:
    brought = {name for name, command in NAMES.items() if isinstance(command, Command) and command.examples}
    assert set(EXAMPLES) == set(NAMES) - brought


def test_the_names_that_are_completed_are_those_that_can_be() -> None:
    assert set(COMPLETED) == _COMPLETED


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_command_prints_what_a_shell_needs(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    told, _ = capsys.readouterr()
    environ = {**os.environ, "_JACKFIELD_COMPLETE": f"{shell}_source"}
    assert told == subprocess.run([JACKFIELD], env=environ, capture_output=True, text=True, check=True).stdout
    if program := shutil.which(shell):
        syntax = subprocess.run([program, "-n"], input=told, capture_output=True, text=True)
        assert (syntax.returncode, syntax.stderr) == (0, "")


def test_of_another_shell_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    line = Line(tmp_path, monkeypatch, capsys)
    line.published()
    return line


def completed(line: Line, typed: str, shell: str = "bash") -> list[str]:
    """What a shell is offered for what was *typed*."""
    words = typed.split(" ")
    environ = {"_JACKFIELD_COMPLETE": f"{shell}_complete", "COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    for name, value in environ.items():
        line._patch.setenv(name, value)
    ran = line.run()
    line._patch.delenv("_JACKFIELD_COMPLETE")
    assert ran.err == ""
    assert TOKEN not in ran.out
    return ran.out.split()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("jackfield conn", ["plain,connectors", "plain,connections"]),
        ("jackfield sync a", ["plain,acme"]),
        ("jackfield stats acme --run @l", ["plain,@latest", "plain,@latest~1"]),
        ("jackfield access acme u19", ["plain,u19", "plain,u19@example.com"]),
        ("jackfield who acme gr", ["plain,group:g1", "plain,group:g2"]),
        ("jackfield who acme Eng", ["plain,Engineering"]),
        ("jackfield access nobody u", []),
    ],
)
def test_a_shell_is_offered_what_can_be_typed(line: Line, typed: str, offered: list[str]) -> None:
    assert sorted(completed(line, typed)) == sorted(offered)


def test_runs_are_offered_by_their_beginning_and_to_accept_only_those_that_are_held(line: Line) -> None:
    with open_state(line.home / "state.db") as state:
        (run,) = state.published("acme", 1)
        state.save(msgspec.structs.replace(run, run="29990101T000000Z-aaaaaa", status=RunStatus.HELD))
    assert completed(line, "jackfield stats acme --run 2999") == ["plain,29990101T000000Z-aaaaaa"]
    assert f"plain,{run.run}" in completed(line, "jackfield stats acme --run 2")
    assert completed(line, "jackfield sync acme --accept ") == ["plain,29990101T000000Z-aaaaaa"]


def test_it_says_nothing_where_there_is_nothing(line: Line) -> None:
    line.config.write_text("not = [valid")
    assert completed(line, "jackfield sync a") == []
    shutil.rmtree(line.home)
    assert completed(line, "jackfield access acme u") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    done = subprocess.run(
        [JACKFIELD], env={**os.environ, "_JACKFIELD_COMPLETE": f"{shell}_source"}, capture_output=True, text=True
    )
    assert (done.returncode, "jackfield" in done.stdout) == (0, True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash on this machine")
def test_bash_completes_the_name_of_a_connection(line: Line) -> None:
    script = f"""
    eval "$({JACKFIELD} completion bash)"
    COMP_WORDS=(jackfield sync ac); COMP_CWORD=2
    _jackfield_completion {JACKFIELD}
    echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=line.folder)
    assert done.stdout.split() == ["acme"], done.stderr
