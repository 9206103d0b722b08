"""Connectors that print, that nobody asked for, and that were installed badly: real processes of the command line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from . import tinyconnector
from .installing import install

JACKFIELD = str(Path(sys.executable).with_name("jackfield"))

NOISE = """
import atexit, ctypes, logging, os, subprocess, sys

def noise(where):
    print("NOISE printed", where)
    sys.stdout.write(f"NOISE written {where}\\n")
    sys.stdout.buffer.write(f"NOISE bytes {where}\\n".encode())
    sys.__stdout__.write(f"NOISE kept {where}\\n")
    os.write(1, f"NOISE raw {where}\\n".encode())
    subprocess.run(["echo", "NOISE child", where])
    ctypes.CDLL(None).printf(f"NOISE libc {where}\\n".encode())
    ctypes.CDLL(None).fflush(None)

noise("import")
atexit.register(noise, "exit")
logging.basicConfig(stream=sys.stdout)
"""

FIELD = '    file: Annotated[str, Meta(description="File with the names.")]'
CALLS = {
    FIELD: '\n\n    def __post_init__(self):\n        noise("config")',
    "        self._file = Path(config.file)": '\n        noise("init")',
    "        names = json.loads(self._file.read_text())": '\n        noise("page")',
    "    yield Tiny(config)": '\n    noise("close")',
    "    async def check(self):": '\n        noise("check")',
    "    def resource_types(self):": '\n        noise("types")',
}
WAYS = ("printed", "written", "bytes", "kept", "raw", "child", "libc")


class Desk:
    """A folder with a configuration and plugins in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.site.mkdir()
        (folder / "names.json").write_text(json.dumps(tinyconnector_names()))
        keys = f'connector = "tiny"\nfile = {json.dumps(str(folder / "names.json"))}\n'
        (folder / "jackfield.toml").write_text(f"[connections.acme]\n{keys}")

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JACKFIELD_")}
        environ = {**kept, "JACKFIELD_HOME": str(self.folder / "home"), "PYTHONPATH": str(self.site), **variables}
        done = subprocess.run(
            [JACKFIELD, *words], cwd=self.folder, env=environ, capture_output=True, text=True, timeout=60
        )
        if not variables:
            assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--output", "json")
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout)


def tinyconnector_names() -> list[str]:
    return ["ann", "bob", "cy", "di", "eve"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    tinyconnector.installed(made.site)
    return made


@pytest.fixture
def noisy(desk: Desk) -> Desk:
    """The connector prints when imported, whenever it is called, and at exit."""
    plugin = desk.site / tinyconnector.PACKAGE / "plugin.py"
    text = plugin.read_text()
    for line, more in CALLS.items():
        assert text.count(line) == 1
        text = text.replace(line, line + more)
    plugin.write_text(f"{NOISE}\n{text}")
    return desk


class TestNoise:
    def test_it_stays_out_of_every_result(self, noisy: Desk):
        heard: set[str] = set()
        for words in (
            ("connectors", "list"),
            ("connectors", "show", "tiny"),
            ("check", "acme"),
            ("sync", "acme"),
            ("stats", "acme"),
            ("resources", "acme"),
            ("action", "list", "acme"),
            ("syncs", "acme"),
        ):
            done = noisy.run(*words, "--output", "json")
            assert done.returncode == 0, (words, done.stderr)
            json.loads(done.stdout)
            assert "NOISE" not in done.stdout
            heard |= set(re.findall(r"NOISE (\w+ \w+)", done.stderr))
        places = ("import", "exit", "config", "init", "page", "close", "check", "types")
        assert heard == {f"{way} {place}" for way in WAYS for place in places}

    @pytest.mark.parametrize("output", ["table", "csv"])
    def test_nor_is_it_in_what_people_and_spreadsheets_get(self, noisy: Desk, output: str):
        for words in (("connectors", "list"), ("check", "acme")):
            done = noisy.run(*words, "--output", output)
            assert (done.returncode, "NOISE" in done.stdout, "NOISE" in done.stderr) == (0, False, True)

    def test_nor_in_what_the_conformance_suite_tells(self, noisy: Desk):
        (noisy.site / tinyconnector.PACKAGE / "conformance.py").write_text(NOISE + tinyconnector.CONFORMANCE)
        done = noisy.run("connectors", "check", "tiny", "--seeds", "1", "--output", "json")
        assert json.loads(done.stdout)["connector"] == "tiny"

    def test_nor_where_a_plugin_file_prints_it(self, noisy: Desk):
        file = noisy.folder / "mine.py"
        file.write_text((noisy.site / tinyconnector.PACKAGE / "plugin.py").read_text())
        done = noisy.run("sync", "acme", "--plugin", "mine.py", "--output", "json")
        assert (json.loads(done.stdout)["status"], "NOISE raw page" in done.stderr) == ("published", True)

    def test_an_import_that_ends_badly_leaves_the_output_as_it_was(self, noisy: Desk):
        plugin = noisy.site / tinyconnector.PACKAGE / "plugin.py"
        plugin.write_text(f"{NOISE}\nraise SystemExit(0)\n")
        (failure,) = noisy.json("connectors", "list")["failures"]
        assert "fails to import: SystemExit: 0" in failure["reason"]


WATCH = """
import atexit, json, os, sys
seen = set()

class Watch:
    def find_spec(self, name, path=None, target=None):
        seen.add(name)

sys.meta_path.insert(0, Watch())
if "TOLD" in os.environ:
    atexit.register(lambda: open(os.environ["TOLD"], "w").write(json.dumps(sorted(seen))))
"""
"""Tells which modules a process has imported, or tried to."""

IMPORTS = {
    ("--help",): set[str](),
    ("connectors", "--help"): set(),
    ("stats", "acme"): set(),
    ("resources", "acme"): set(),
    ("entitlements", "acme"): set(),
    ("grants", "acme"): set(),
    ("access", "acme", "user:ann"): set(),
    ("syncs", "acme"): set(),
    ("diff", "acme"): set(),
    ("verify",): set(),
    ("export", "acme", "--format", "jsonl", "-o", "-"): set(),
    ("changes", "list"): set(),
    ("sync", "acme"): {"tinyconnector"},
    ("check", "acme"): {"tinyconnector"},
    ("action", "list", "acme"): {"tinyconnector"},
    ("plan", "acme", "--grant", "group:g/member", "user:ann"): {"tinyconnector"},
    ("authorize", "acme"): {"tinyconnector"},
    ("connectors", "show", "tiny"): {"tinyconnector"},
    ("connectors", "show", "dropbox"): {"jackfield_dropbox"},
    ("connectors", "show", "nothing"): set(),
    ("connectors", "list"): {"tinyconnector", "jackfield_dropbox", "jackfield_roster", "jackfield_scim", "broken"},
}


def test_a_command_imports_the_connectors_that_it_needs_and_no_other(desk: Desk):
    install(
        desk.site,
        "jackfield-broken",
        points={"jackfield.connectors.v1": {"broken": "broken:connector"}},
        modules={"broken": "raise RuntimeError('imported')"},
    )
    (desk.site / "sitecustomize.py").write_text(WATCH)
    for _ in range(2):
        assert desk.run("sync", "acme").returncode == 0
    plugins = {"tinyconnector", "jackfield_dropbox", "jackfield_roster", "jackfield_scim", "broken"}
    told = desk.folder / "imported.json"
    for words, wanted in IMPORTS.items():
        desk.run(*words, TOLD=str(told))
        modules = set(json.loads(told.read_text()))
        assert "jackfield.cli.main" in modules
        assert {name.partition(".")[0] for name in modules} & plugins == wanted, words
        told.unlink()


def test_a_connector_that_is_not_asked_for_can_neither_hinder_nor_delay(desk: Desk):
    install(
        desk.site,
        "jackfield-slow",
        points={"jackfield.connectors.v1": {"slow": "slow:connector"}},
        modules={"slow": "import time\ntime.sleep(600)"},
    )
    assert desk.run("sync", "acme").stderr == ""


def leftover(site: Path, name: str, version: str = "0.9") -> Path:
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "RECORD").touch()
    return folder


class TestDamaged:
    @pytest.mark.parametrize("version", ["0.1", "0.9", "1.0.1", "99"])
    def test_a_leftover_folder_is_named_and_hides_no_plugin(self, desk: Desk, version: str):
        folder = leftover(desk.site, "jackfield-tiny", version)
        found = desk.json("connectors", "list")
        assert "tiny" in {one["name"] for one in found["connectors"]}
        (failure,) = found["failures"]
        assert (failure["distribution"], failure["version"]) == ("jackfield-tiny", version)
        assert str(folder) in failure["reason"]
        assert "it has no METADATA" in failure["reason"]
        for output in ("table", "csv"):
            assert str(folder) in desk.run("connectors", "list", "--output", output).stdout
        done = desk.run("sync", "acme", "--output", "json")
        assert done.returncode == 0
        assert "1 plugin can't be used; `jackfield connectors list` says why" in done.stderr

    def test_also_in_another_folder_of_the_path(self, desk: Desk, tmp_path: Path):
        leftover(tmp_path / "before", "jackfield-tiny")
        path = f"{tmp_path / 'before'}{os.pathsep}{desk.site}"
        done = desk.run("connectors", "list", "--output", "json", PYTHONPATH=path)
        found = json.loads(done.stdout)
        assert "tiny" in {one["name"] for one in found["connectors"]}
        assert [one["distribution"] for one in found["failures"]] == ["jackfield-tiny"]

    def test_where_nothing_else_is_left_of_it_that_is_told_to_whoever_wants_it(self, desk: Desk):
        (info,) = desk.site.glob("jackfield_tiny-*.dist-info")
        for file in info.iterdir():
            file.unlink()
        (failure,) = desk.json("connectors", "list")["failures"]
        assert failure["distribution"] == "jackfield-tiny"
        done = desk.run("sync", "acme")
        assert done.returncode == 2
        assert "no plugin 'tiny' is installed" in done.stderr
        assert "`jackfield connectors list` says which plugins are damaged" in done.stderr

    def test_a_plugin_of_any_name_is_told_where_something_is_left_of_it(self, desk: Desk):
        (info,) = desk.site.glob("jackfield_tiny-*.dist-info")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Acme.Governance\nVersion: 1.0\n")
        info.rename(desk.site / "acme_governance-1.0.dist-info")
        leftover(desk.site, "acme-governance")
        leftover(desk.site, "something-else")
        found = desk.json("connectors", "list")
        assert [one["distribution"] for one in found["failures"]] == ["acme-governance"]
        assert "tiny" in {one["name"] for one in found["connectors"]}

    def test_a_whole_one_that_stands_before_another_still_hides_it(self, desk: Desk, tmp_path: Path):
        """A newer version that no longer has the connector is what is installed, and no damage."""
        install(tmp_path / "before", "jackfield-tiny", version="2.0")
        path = f"{tmp_path / 'before'}{os.pathsep}{desk.site}"
        found = json.loads(desk.run("connectors", "list", "--output", "json", PYTHONPATH=path).stdout)
        assert "tiny" not in {one["name"] for one in found["connectors"]}
        assert found["failures"] == []
