"""The worked REST connector of the documentation: short, tested by its own tests, and of use to the command line."""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from jackfield.cli.main import main
from jackfield.host.discovery import Discovery, Found

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "rest"


def load(name: str) -> Any:
    """A module of the example under its own name, as its tests import it."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


server, example = load("acme_server"), load("acme_connector")


class TestAcme(load("test_acme").TestAcme):
    """The example's own tests, with its connector found as if it were installed."""

    @pytest.fixture(autouse=True)
    def installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Leave what an installer leaves, also for the processes that a check starts."""
        info = tmp_path / "site" / "jackfield_acme-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: jackfield-acme\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[jackfield.connectors.v1]\nacme = acme_connector:connector\n")
        for folder in (EXAMPLE, info.parent):
            monkeypatch.syspath_prepend(str(folder))
            monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)


def test_it_has_at_most_120_lines_tests_included():
    lines = [
        line
        for name in ("acme_connector", "test_acme")
        for line in (EXAMPLE / f"{name}.py").read_text(encoding="utf-8").splitlines()
    ]
    assert len([line for line in lines if line.strip()]) <= 120
    assert max(map(len, lines)) <= 120


def test_the_command_line_syncs_and_changes_through_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    found = Found(name="acme", distribution="jackfield-acme", version="1", type=example.connector)
    monkeypatch.setattr(
        "jackfield.host.discovery.discover_connectors", lambda: Discovery(found={"acme": found}, failures=())
    )
    monkeypatch.setenv("JACKFIELD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Any:
        code = main((*words, "--output", "json"))
        out, err = capsys.readouterr()
        assert server.TOKEN not in out + err
        assert code == 0, err
        return json.loads(out) if out else None

    with server.serve() as app:
        config = f'[connections.acme]\nconnector = "acme"\nurl = "{app.url}"\ntoken = "{server.TOKEN}"\nprovisioning = true\n'
        (tmp_path / "jackfield.toml").write_text(config)
        assert run("check", "acme")["tenant"]["id"] == "acme-7"
        synced = run("sync", "acme")
        assert synced["complete"] is True, synced
        assert synced["counts"] == {"resources": {"group": 3, "user": 5}, "entitlements": 3, "grants": 6}
        assert synced["requests"] == 10, "three pages of users, two of groups, three, one and one of members"
        run("grant", "acme", "group:g2/member", "p1@x.org")
        run("revoke", "acme", "group:g2/member", "user:u2", "--yes")
        assert app.members["g2"] == {"u1"}
        assert app.effects() == {"joined": 1, "left": 1}
