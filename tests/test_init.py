"""``jackfield init``: a connection from options or from answers on a terminal, and nothing written that could not be read."""

import os
import pty
import stat
import subprocess
import termios
import time
from collections.abc import Generator
from pathlib import Path

import pytest
from harness.besides import Beside, simulator_beside
from harness.cli import Site
from harness.forking import JACKFIELD

from jackfield_dropbox_simulator.options import TeamOptions

OLD = (
    '# Ours since 2024.\n[connections.old]\nconnector = "dropbox"  # the first\napp_key = "k"\nrefresh_token = "file:t"'
)


class Fresh(Site):
    """A folder without a configuration."""

    def configure(self, **settings: object) -> None:
        """Write none."""

    @property
    def config(self) -> Path:
        return self.folder / "jackfield.toml"


@pytest.fixture
def control() -> Generator[Beside]:
    with simulator_beside(TeamOptions(members=8)) as control:
        yield control


@pytest.fixture
def fresh(tmp_path: Path, control: Beside) -> Fresh:
    return Fresh(tmp_path / "site", control)


def options(control: Beside) -> list[str]:
    given = {"app_key": control.app_key, "base_url": control.base_url, "app_secret": "env:APP_SECRET"}
    pairs = [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
    return ["--connector", "dropbox", "--name", "acme", *pairs]


def test_options_are_enough_without_a_terminal(fresh: Fresh, control: Beside) -> None:
    ran = fresh.run("init", *options(control), "--set", "activity=true", "--set", 'protected=["ceo@x.org"]')
    assert ran.code == 0, ran.err
    assert "jackfield authorize acme" in ran.err
    assert stat.S_IMODE(fresh.config.stat().st_mode) == 0o600
    told = fresh.config.read_text()
    for line in ('refresh_token = "file:acme-refresh-token"', "activity = true", 'protected = ["ceo@x.org"]'):
        assert line in told
    (fresh.folder / "acme-refresh-token").write_text(control.refresh_token)
    os.environ["APP_SECRET"] = control.app_secret
    try:
        assert fresh.run("check", "acme").code == 0
        assert fresh.run("sync", "acme").code == 0
    finally:
        del os.environ["APP_SECRET"]


def test_a_file_that_is_there_keeps_what_stands_in_it(fresh: Fresh, control: Beside) -> None:
    fresh.config.write_text(OLD)
    assert fresh.run("init", *options(control)).code == 0
    told = fresh.config.read_text()
    assert told.startswith(OLD + "\n\n[connections.acme]\n")
    assert sorted(each["connection"] for each in fresh.run("connections", "--output", "json").json["connections"]) == [
        "acme",
        "old",
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["init"], "--connector is missing"),
        (["init", "--connector", "dropbox"], "--name is missing"),
        (["init", "--connector", "dropbox", "--name", "acme"], "--set app_key=VALUE"),
        (["init", "--connector", "dropbx", "--name", "acme"], "dropbx"),
        (["init", "--connector", "dropbox", "--name", "A B"], "can't name a connection"),
        (["init", "--connector", "dropbox", "--name", "old", "--set", "app_key=k"], "already"),
        (["init", "--connector", "dropbox", "--name", "a", "--set", "app_kye=k"], "Did you mean 'app_key'?"),
        (
            ["init", "--connector", "dropbox", "--name", "a", "--set", "app_key=k", "--set", "app_secret=hush"],
            "seen by others",
        ),
        (
            ["init", "--connector", "dropbox", "--name", "a", "--set", "app_key=k", "--set", "concurrency=0"],
            "concurrency",
        ),
        (["init", "--connector", "dropbox", "--name", "a", "--set", "app_key="], "app_key"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(fresh: Fresh, words: list[str], told: str) -> None:
    fresh.config.write_text(OLD)
    ran = fresh.run(*words)
    assert (ran.code, told in ran.err) == (2, True), ran.err
    assert fresh.config.read_text() == OLD
    assert [each.name for each in fresh.folder.iterdir()] == ["jackfield.toml"]


def named(control: Beside, name: str) -> list[str]:
    return ["init", *options(control), "--name", name]


def test_many_at_once_lose_none(fresh: Fresh, control: Beside) -> None:
    names = [f"c{number}" for number in range(8)]
    running = [subprocess.Popen([JACKFIELD, *named(control, name)], cwd=fresh.folder) for name in names]
    assert [each.wait() for each in running] == [0] * 8
    told = fresh.config.read_text()
    assert sorted(name for name in names if f"[connections.{name}]" in told) == names
    twice = [subprocess.Popen([JACKFIELD, *named(control, "one")], cwd=fresh.folder) for _ in range(3)]
    assert sorted(each.wait() for each in twice) == [0, 2, 2]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_one(fresh: Fresh, control: Beside, there: bool) -> None:
    target = fresh.folder / "real" / "ours.toml"
    target.parent.mkdir()
    if there:
        target.write_text(OLD)
        target.chmod(0o640)
    fresh.config.symlink_to(target)
    assert fresh.run(*named(control, "acme")).code == 0
    assert fresh.config.is_symlink()
    assert target.read_text().startswith(OLD if there else "[connections.acme]")
    assert stat.S_IMODE(target.stat().st_mode) == (0o640 if there else 0o600)


def test_lines_end_as_they_did(fresh: Fresh, control: Beside) -> None:
    before = b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode()
    fresh.config.write_bytes(before)
    assert fresh.run(*named(control, "acme")).code == 0
    content = fresh.config.read_bytes()
    assert content.startswith(before + b"\r\n\r\n[connections.acme]\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")


@pytest.mark.parametrize("before", ['connections = { a = { connector = "dropbox" } }\n', "x = 1 = 2\n", "other = 1\n"])
def test_an_error_names_the_file_that_is_there(fresh: Fresh, control: Beside, before: str) -> None:
    fresh.config.write_text(before)
    ran = fresh.run(*named(control, "acme"))
    assert ran.code == 2
    assert str(fresh.config) in ran.err
    assert fresh.config.read_text() == before


def test_a_key_without_a_value_is_told_as_such(fresh: Fresh) -> None:
    ran = fresh.run("init", "--connector", "dropbox", "--name", "a", "--set", "app_key")
    assert (ran.code, "'app_key' has no value" in ran.err, "--set app_key=VALUE" in ran.err) == (2, True, True)


def test_on_a_terminal_it_asks_and_shows_no_secret(fresh: Fresh, control: Beside) -> None:
    shown, code = answered(
        fresh,
        [
            ("Which application", "dropbox"),
            ("Name of the connection", "acme"),
            ("app_key", control.app_key),
            ("app_secret", control.app_secret),
            ("Write this into", "y"),
            ("Ask for consent now?", "n"),
        ],
    )
    assert code == 0, shown
    assert control.app_secret not in shown
    assert control.app_secret not in fresh.config.read_text()
    secret = fresh.folder / "acme-app-secret"
    assert (secret.read_text().strip(), stat.S_IMODE(secret.stat().st_mode)) == (control.app_secret, 0o600)
    assert 'app_secret = "file:acme-app-secret"' in shown


def test_on_a_terminal_no_leaves_nothing(fresh: Fresh, control: Beside) -> None:
    answers = [
        ("Which application", "dropbox"),
        ("Name of the connection", "acme"),
        ("app_key", "k"),
        ("app_secret", ""),
    ]
    _, code = answered(fresh, [*answers, ("Write this into", "n")])
    assert code == 130
    assert list(fresh.folder.iterdir()) == []


HIDDEN = "app_secret"
"""The question whose answer is not shown, and not taken before that is so."""


def answered(site: Site, answers: list[tuple[str, str]]) -> tuple[str, int]:
    """What a terminal shows while the questions that contain these words are answered so; and the exit code."""
    main, side = pty.openpty()
    command = [JACKFIELD, "--home", str(site.home.folder), "init"]
    shown, at = "", 0
    until = time.monotonic() + 60
    with subprocess.Popen(command, cwd=site.folder, stdin=side, stdout=side, stderr=side) as process:
        os.close(side)
        for question, answer in answers:
            while question not in shown[at:]:
                assert time.monotonic() < until, shown
                shown += os.read(main, 4096).decode(errors="replace")
            at = len(shown)
            while question == HIDDEN and termios.tcgetattr(main)[3] & termios.ECHO:
                assert time.monotonic() < until, "what is typed is shown"
                time.sleep(0.01)
            os.write(main, f"{answer}\n".encode())
        while True:
            try:
                shown += os.read(main, 4096).decode(errors="replace")
            except OSError:
                break
        code = process.wait()
    os.close(main)
    return shown, code
