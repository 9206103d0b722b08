"""Both connectors as wheels in an environment without a source tree: side by side, and one of them broken."""

import json
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from harness.clean import ROOT, build_wheels, environment_of, make_environment
from harness.distributions import stem_of, wheel_faults

from jackfield_dropbox_simulator.launch import Spawned, spawn

DISTRIBUTIONS = ("contracts", "framework", "plugins/dropbox", "plugins/roster")


class Ran(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


class Host:
    """An environment with both connectors, and a configuration with a connection of each."""

    def __init__(self, folder: Path, team: Spawned) -> None:
        self.folder = folder
        self.bin = make_environment(folder / "environment", build_wheels(folder / "wheels", DISTRIBUTIONS))
        self.environ = environment_of(self.bin, folder)
        credentials = "".join(f'{key} = "{getattr(team, key)}"\n' for key in ("app_key", "app_secret", "refresh_token"))
        (folder / "jackfield.toml").write_text(
            f'[connections.team]\nconnector = "dropbox"\nbase_url = "{team.base_url}"\nprovisioning = true\n{credentials}'
            f'[connections.erp]\nconnector = "roster"\napplication = "erp"\nfolder = "{folder}"\nprovisioning = true\n'
            f'work_list = "{folder / "work.csv"}"\n'
            '[connections.erp.users]\nfile = "users.csv"\nid = "Id"\nname = "Name"\nlogin = "Mail"\nroles = "Roles"\n'
        )
        (folder / "users.csv").write_text("Id,Name,Mail,Roles\n1,Ann,ann@x.org,buyer\n2,Bob,bob@x.org,\n")

    def run(self, *words: str) -> Ran:
        command = [str(self.bin / "jackfield"), *words]
        done = subprocess.run(command, cwd=self.folder, env=self.environ, capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def python(self, code: str) -> str:
        done = subprocess.run([self.bin / "python", "-c", code], env=self.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def file(self, module: str) -> Path:
        """Where the environment has a file of a package."""
        base = str(self.folder / "environment")
        return Path(sysconfig.get_path("purelib", vars={"base": base, "platbase": base})) / module


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with spawn("--members", "30", "--groups", "4", "--seed", "5") as team:
        yield Host(tmp_path_factory.mktemp("host"), team)


def test_nothing_comes_from_a_source_tree(host: Host) -> None:
    names = ("jackfield", "jackfield_contracts", "jackfield_dropbox", "jackfield_roster")
    told = host.python(f"import {', '.join(names)}\nprint(*({', '.join(f'{each}.__file__' for each in names)},))")
    assert str(ROOT) not in told
    assert len(told.split()) == len(names)


def test_nothing_is_wrong_with_the_wheels(host: Host) -> None:
    for each in DISTRIBUTIONS:
        assert wheel_faults(host.folder / "wheels" / f"{stem_of(each)}-py3-none-any.whl", each) == []


def test_both_are_found_and_used_side_by_side(host: Host) -> None:
    listed = host.run("connectors", "list", "--output", "json").json
    assert [one["name"] for one in listed["connectors"]] == ["dropbox", "roster"]
    assert listed["failures"] == []
    for connection, users in (("team", 30), ("erp", 2)):
        assert host.run("check", connection).code == 0
        synced = host.run("sync", connection, "--output", "json")
        assert synced.code == 0, synced.err
        assert (synced.json["complete"], synced.json["counts"]["resources"]["user"]) == (True, users)
    granted = host.run("grant", "erp", "role:buyer/member", "bob@x.org", "--yes", "--wait", "0", "--output", "json")
    assert (granted.code, granted.json["outcome"]) == (10, "pending")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("jackfield_roster/plugin.py", "raise RuntimeError('broken on purpose')\n"),
        ("jackfield_roster/plugin.py", "def connector(:\n"),
        ("jackfield_roster/model.py", "import a_package_that_is_not_there\n"),
    ],
    ids=["raises", "no Python", "needs what is not installed"],
)
def test_a_broken_one_is_named_and_the_other_works(host: Host, file: str, text: str) -> None:
    assert host.run("sync", "erp").code == 0
    at = host.file(file)
    whole = at.read_text()
    at.write_text(text + whole)
    try:
        listed = host.run("connectors", "list", "--output", "json").json
        assert [one["name"] for one in listed["connectors"]] == ["dropbox"]
        (failure,) = listed["failures"]
        assert failure["name"] == "roster"
        assert host.run("sync", "team").code == 0
        broken = host.run("sync", "erp")
        assert broken.code == 2, broken
        assert "jackfield-roster 0.1.0) can't be used: it fails to import: " in broken.err
        assert host.run("syncs", "erp", "--output", "json").json["syncs"], "what was synced before can be read"
    finally:
        at.write_text(whole)
    assert host.run("sync", "erp").code == 0
