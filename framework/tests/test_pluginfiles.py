"""Plugins out of single files: real processes of the command line, and files that are wrong in every way."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from harness import forking
from harness.forking import JACKFIELD

from jackfield.hookspecs import CONNECTORS_GROUP

from .filed import CONNECTOR, POLICY
from .installing import install


class Desk:
    """A folder with a configuration, a club and the file of its connector, and the command line run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.mine = folder / "mine.py"
        self.club = folder / "club.json"
        self.mine.write_text(CONNECTOR)
        self.club.write_text(json.dumps({"chess": ["ann", "bob"], "go": ["cid"]}))
        self.configure()

    def configure(self, **keys: object) -> None:
        lines = {"connector": "club", "file": str(self.club), "provisioning": True}
        policies = keys.pop("policies", [])
        text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in (lines | keys).items())
        (self.folder / "jackfield.toml").write_text(f"policies = {json.dumps(policies)}\n[connections.acme]\n{text}")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = forking.run([JACKFIELD, *words], folder=self.folder, environment=self.environ())
        if "debug" not in words:
            assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done

    def environ(self) -> dict[str, str]:
        own = ("JACKFIELD_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        return {**kept, "JACKFIELD_HOME": str(self.folder / "home"), "PYTHONPATH": str(self.site)}

    def started(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.folder, env=self.environ(), capture_output=True, text=True, timeout=60)

    def done(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        assert done.stderr == "", words
        return done.stdout

    def refused(self, *words: str) -> str:
        done = self.run(*words)
        assert (done.returncode, done.stdout) == (2, ""), (words, done)
        return done.stderr


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_every_command_takes_it_as_if_it_were_installed(desk: Desk):
    plugin = ("--plugin", "mine.py")
    listed = json.loads(desk.done(*plugin, "connectors", "list", "--output", "json"))["connectors"]
    (club,) = [one for one in listed if one["name"] == "club"]
    assert club["distribution"] == str(desk.mine)
    assert club["version"].startswith("unpackaged+")
    assert {"club", "dropbox"} <= {one["name"] for one in listed}
    assert "connector 'club'" in desk.done("connectors", "show", "club", *plugin)
    assert "signed in with the connector club unpackaged+" in desk.done("check", "acme", *plugin)
    assert "complete" in desk.done(*plugin, "sync", "acme")
    assert "chess" in desk.run("grants", "acme").stdout
    desk.done("grant", "acme", "group:go/member", "ann", *plugin, "--yes")
    assert json.loads(desk.club.read_text())["go"] == ["cid", "ann"]


def test_it_brings_no_suite_and_says_so(desk: Desk):
    error = desk.refused("--plugin", "mine.py", "connectors", "check", "club")
    assert "comes out of a plugin file" in error and "jackfield new NAME" in error


def test_nothing_is_left_beside_it_and_an_edit_is_seen_at_once(desk: Desk):
    def version() -> str:
        listed = json.loads(desk.done("--plugin", "mine.py", "connectors", "list", "--output", "json"))
        return next(one["version"] for one in listed["connectors"] if one["name"] == "club")

    before = version()
    there = desk.mine.stat()
    desk.mine.write_text(CONNECTOR.replace('"Club"', '"Clab"'))
    os.utime(desk.mine, ns=(there.st_atime_ns, there.st_mtime_ns))
    assert version() != before
    assert "Clab" in desk.done("--plugin", "mine.py", "connectors", "show", "club")
    assert not (desk.folder / "__pycache__").exists()


def test_without_the_option_it_is_not_there(desk: Desk):
    assert "no plugin 'club' is installed" in desk.refused("check", "acme")


def test_it_may_be_given_often_before_the_command_and_behind_it(desk: Desk):
    (desk.folder / "other.py").write_text(CONNECTOR.replace('name="club"', 'name="other-club"'))
    (desk.folder / "policy.py").write_text(POLICY)
    words = ["--plugin", "policy.py", "--plugin", "mine.py", "connectors", "list", "--plugin", "other.py"]
    listed = desk.done(*words, "--plugin", "policy.py", "--output", "json")
    assert {"club", "other-club", "dropbox"} <= {one["name"] for one in json.loads(listed)["connectors"]}


def test_a_policy_out_of_a_file_is_enabled_by_name_like_any_other(desk: Desk):
    (desk.folder / "policy.py").write_text(POLICY)
    plugins = ("--plugin", "policy.py", "--plugin", "mine.py")
    grant = ("grant", "acme", "group:go/member", "ann", "--yes")
    desk.configure(policies=["closed"])
    assert "no plugin 'closed' is installed" in desk.refused(*grant, "--plugin", "mine.py")
    vetoed = desk.run(*plugins, *grant)
    assert vetoed.returncode == 5
    assert "the club is closed" in vetoed.stdout + vetoed.stderr
    assert json.loads(desk.club.read_text())["go"] == ["cid"]
    desk.configure()
    desk.done(*plugins, *grant)


def test_it_goes_before_an_installed_one_of_its_name_and_says_so(desk: Desk):
    code = CONNECTOR.replace('"Club"', '"Installed club"')
    points = {CONNECTORS_GROUP: {"club": "installed_club:connector"}}
    install(desk.site, "jackfield-club", version="3.4", points=points, modules={"installed_club": code})
    assert "Installed club" in desk.done("connectors", "show", "club")
    done = desk.run("connectors", "show", "club", "--plugin", "mine.py")
    assert (done.returncode, "Installed club" in done.stdout) == (0, False)
    (told,) = done.stderr.splitlines()
    assert "level=warning" in told and f"is taken from {desk.mine}" in told
    assert "installed=jackfield-club" in told and "version=3.4" in told


END = len(CONNECTOR.splitlines())
START = next(number for number, line in enumerate(CONNECTOR.splitlines(), 1) if line.startswith("connector = same"))
WRONG: dict[str, tuple[str, int | None, Sequence[str]]] = {
    "raises": (f"{CONNECTOR}\nraise RuntimeError('no luck')\n", END + 2, ("fails to import: RuntimeError: no luck",)),
    "deeper": (f"{CONNECTOR}\njson.loads('[')\n", END + 2, ("fails to import: JSONDecodeError",)),
    "exits": (f"{CONNECTOR}\nraise SystemExit(0)\n", END + 2, ("fails to import: SystemExit: 0",)),
    "cancels": ("import asyncio\nraise asyncio.CancelledError\n", 2, ("fails to import: CancelledError (at",)),
    "syntax": ("x = 1\ndef broken(:\n", 2, ("fails to import: SyntaxError",)),
    "bytes": ("x = 1\n\0\n", None, ("fails to import",)),
    "missing": ("import nothing_like_it\n", 1, ("ModuleNotFoundError", "Install 'nothing_like_it'")),
    "beside": ("import club_api\n", 1, ("ModuleNotFoundError", "is imported alone", "PYTHONPATH=")),
    "empty": ("", None, ("announces nothing", "Assign a ConnectorType")),
    "hidden": (CONNECTOR.replace("connector = same =", "_connector ="), None, ("announces nothing",)),
    "text": ("connector = 'club'\n", None, ("announces nothing",)),
    "name": (CONNECTOR.replace('name="club"', 'name="Club House"'), START, ("of 'connector', its name 'Club House'",)),
    "no-name": (CONNECTOR.replace('name="club"', "name=None"), START, ("its name None is no plain name",)),
    "config": (CONNECTOR.replace("config=Config", "config=dict"), START, ("is not a ConnectorConfig",)),
    "newer": (CONNECTOR.replace('name="club"', 'name="club", api=(1, 99)'), START, ("upgrade jackfield",)),
    "reserved": (
        CONNECTOR.replace("file: str", "file: str\n    limits: str"),
        START + 1,
        ("keys of the host: limits",),
    ),
    "lacks": (CONNECTOR.replace("    open=open_club,\n", ""), START, ("TypeError: Missing required argument 'open'",)),
    "twice": (
        f"{CONNECTOR}\nfrom dataclasses import replace\nimport msgspec\nagain = msgspec.structs.replace(connector)\n",
        END + 4,
        ("of 'again', the name 'club' is already taken by",),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_it_is_told_with_file_line_and_remedy(desk: Desk, name: str):
    code, line, told = WRONG[name]
    desk.mine.write_text(code)
    (desk.folder / "club_api.py").write_text("")
    where = f"(at {desk.mine})" if line is None else f"(at {desk.mine}, line {line})"
    error = desk.refused("--plugin", "mine.py", "check", "acme")
    assert where in error
    for each in told:
        assert each in error
    assert len(error.splitlines()) == 2, "what to do stands on a line of its own"
    assert error == desk.refused("connectors", "list", "--plugin", "mine.py")


def test_the_trace_goes_to_the_log_where_that_shows_all(desk: Desk):
    desk.mine.write_text("def deep():\n    raise RuntimeError('no luck')\ndeep()\n")
    told = desk.refused("--plugin", "mine.py", "--log-level", "debug", "connectors", "list")
    assert "RuntimeError: no luck" in told and "in deep" in told
    assert told.splitlines()[-2].startswith("Error: ")


@pytest.mark.parametrize("name", ["nowhere.py", "."])
def test_a_file_that_can_not_be_read_is_told(desk: Desk, name: str):
    error = desk.refused("--plugin", name, "connectors", "list")
    assert "the plugin file can't be read" in error
    assert "takes the path of a Python file" in error


def test_a_file_beside_it_stands_for_no_module_of_the_host(desk: Desk):
    for name in ("msgspec", "json", "asyncio", "structlog", "rich"):
        (desk.folder / f"{name}.py").write_text("raise AssertionError('not this one')\n")
    assert "connector 'club'" in desk.done("--plugin", "mine.py", "connectors", "show", "club")


def test_a_file_may_have_any_name(desk: Desk):
    for name in ("json.py", "my plugin.py", "club"):
        (desk.folder / name).write_text(CONNECTOR)
        assert "connector 'club'" in desk.done("--plugin", name, "connectors", "show", "club")
