"""Discovery, with real distributions in a folder of their own and a real process that looks for them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jackfield.errors import BadConfig
from jackfield.hookspecs import API, CONNECTORS_GROUP, POLICIES_GROUP
from jackfield.host.discovery import Discovery, Failure, discover_connectors, discover_policies

from .installing import install, write_points

LOOK = """
import json
from jackfield.host.discovery import discover_connectors
found = discover_connectors()
print(json.dumps({
    "found": {name: [each.distribution, each.version] for name, each in found.found.items()},
    "failures": [[each.name, each.distribution, each.version, each.reason] for each in found.failures],
    "traces": {each.name: each.trace for each in found.failures},
}))
"""

GOOD = """
from contextlib import asynccontextmanager
from jackfield.hookspecs import API, ConnectorConfig, ConnectorType

class Config(ConnectorConfig, frozen=True, kw_only=True):
    key: str

@asynccontextmanager
async def open(config, context):
    yield object()

def make(name, **changes):
    whole = dict(name=name, display_name=name, config=Config, open=open, capabilities=())
    return ConnectorType(**{**whole, **changes})
"""

BROKEN: dict[str, tuple[str, str]] = {
    "raises": ("raise RuntimeError('no such library here')", "fails to import: RuntimeError: no such library here"),
    "asserts": ("assert False, 'wrong machine'", "fails to import: AssertionError: wrong machine"),
    "exits": ("raise SystemExit(3)", "fails to import: SystemExit: 3"),
    "cancels": ("import asyncio; raise asyncio.CancelledError", "fails to import: CancelledError"),
    "syntax": ("def broken(:", "fails to import: SyntaxError"),
    "missing": ("", "fails to import: AttributeError"),
    "wrong-type": ("connector = 'dropbox'", "is a str, not a ConnectorType"),
    "newer-minor": (f"connector = make('newer-minor', api=({API[0]}, {API[1] + 1}))", "upgrade jackfield"),
    "newer-major": (f"connector = make('newer-major', api=({API[0] + 1}, 0))", "upgrade jackfield"),
    "older-major": (f"connector = make('older-major', api=({API[0] - 1}, 9))", "upgrade the plugin"),
    "no-api": ("connector = make('no-api', api='1.0')", "its api is '1.0'"),
    "half-api": ("connector = make('half-api', api=(1,))", "its api is (1,)"),
    "reserved": (
        (
            "class Taken(ConnectorConfig, frozen=True, kw_only=True):\n    read_only: bool = False\n"
            "connector = make('reserved', config=Taken)"
        ),
        "declares keys of the host: read_only",
    ),
    "no-config": ("connector = make('no-config', config=dict)", "is not a ConnectorConfig"),
    "odd-config": (
        (
            "class Odd(ConnectorConfig, frozen=True, kw_only=True):\n    key: 'NotDefinedAnywhere'\n"
            "connector = make('odd-config', config=Odd)"
        ),
        "can't be read from a file: NameError",
    ),
    "no-open": ("connector = make('no-open', open=None)", "its open can't be called"),
    "token-key": ("connector = make('token-key', token_key='token')", "token_key 'token' is no key"),
    "other-name": ("connector = make('another')", "calls itself 'another'"),
    "Bad_Name": ("connector = make('Bad_Name')", "is no plain name"),
}


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process finds among all of these broken plugins and the installed Dropbox connector."""
    site = tmp_path_factory.mktemp("site")
    (site / "good_kit.py").write_text(GOOD)
    for name, (code, _) in BROKEN.items():
        module = f"broken_{name.replace('-', '_').lower()}"
        points = {CONNECTORS_GROUP: {name: f"{module}:connector"}}
        whole = f"from good_kit import *\nfrom good_kit import make\n{code}\n" if name != "syntax" else code
        install(site, f"plugin-{name}", version="2.1", points=points, modules={module: whole})
    points = {CONNECTORS_GROUP: {"dropbox": "impostor:connector"}}
    install(
        site, "aaa-dropbox", version="9", points=points, modules={"impostor": f"{GOOD}\nconnector = make('dropbox')"}
    )
    points = {CONNECTORS_GROUP: {"fine": "fine_plugin:connector"}}
    install(
        site,
        "plugin-fine",
        points=points,
        modules={"fine_plugin": f"{GOOD}\nconnector = make('fine', token_key='key')"},
    )
    install(site, "plugin-unparsable", raw_points=f"[{CONNECTORS_GROUP}]\nthis is no entry point\n")
    install(site, "plugin-malformed", raw_points=f"[{CONNECTORS_GROUP}]\nmalformed = no module; at all\n")
    install(
        site,
        "plugin-anonymous",
        points={CONNECTORS_GROUP: {"anonymous": "nothing_here:connector"}},
        metadata=False,
    )
    return look(site)


def look(site: Path) -> dict[str, Any]:
    environ = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-W", "error", "-c", LOOK]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", BROKEN)
def test_a_plugin_that_can_not_be_used_is_named_with_distribution_version_and_reason(
    looked: dict[str, Any], name: str
) -> None:
    (failure,) = [failure for failure in looked["failures"] if failure[0] == name]
    assert failure[1:3] == [f"plugin-{name}", "2.1"]
    assert BROKEN[name][1] in failure[3]
    assert name not in looked["found"]


def test_a_malformed_entry_point_is_told_in_a_sentence(looked: dict[str, Any]) -> None:
    (failure,) = [failure for failure in looked["failures"] if failure[0] == "malformed"]
    assert failure[3] == "its entry point 'no module; at all' is malformed; it must be of the form module:object"


def test_all_others_are_found(looked: dict[str, Any]) -> None:
    assert set(looked["found"]) == {"dropbox", "roster", "scim", "fine"}
    assert looked["found"]["dropbox"][0] == "jackfield-dropbox"
    assert looked["found"]["fine"] == ["plugin-fine", "1.0"]


def test_of_two_with_one_name_the_one_named_by_convention_stays_and_the_other_is_told(looked: dict[str, Any]) -> None:
    (failure,) = [failure for failure in looked["failures"] if failure[0] == "dropbox"]
    assert failure[1:3] == ["aaa-dropbox", "9"]
    assert "already taken by jackfield-dropbox" in failure[3]


def test_a_distribution_with_a_damaged_list_of_entry_points_costs_only_its_own(looked: dict[str, Any]) -> None:
    (failure,) = [failure for failure in looked["failures"] if failure[1] == "plugin-unparsable"]
    assert "its entry points can't be read" in failure[3]


def test_a_distribution_without_metadata_is_named_as_far_as_it_is_known(looked: dict[str, Any]) -> None:
    (failure,) = [failure for failure in looked["failures"] if failure[0] == "anonymous"]
    assert failure[1] == "unknown"


def test_every_failure_is_told_once_and_an_import_that_failed_keeps_its_traceback(looked: dict[str, Any]) -> None:
    assert len(looked["failures"]) == len(BROKEN) + 4
    assert "no such library here" in looked["traces"]["raises"]
    assert looked["traces"]["wrong-type"] == ""


def test_an_entry_point_added_to_an_installed_distribution_is_seen_at_once(tmp_path: Path) -> None:
    code = f"{GOOD}\none = make('one')\ntwo = make('two')"
    points = {"one": "growing:one"}
    info = install(tmp_path, "growing", points={CONNECTORS_GROUP: points}, modules={"growing": code})
    assert "one" in look(tmp_path)["found"]
    write_points(info, {CONNECTORS_GROUP: {**points, "two": "growing:two"}})
    assert {"one", "two", "dropbox"} <= set(look(tmp_path)["found"])


def test_the_reason_reaches_whoever_asks_for_the_plugin() -> None:
    failure = Failure(name="broken", distribution="plugin-broken", version="2.1", reason="it fails to import")
    discovery: Discovery[Any] = Discovery(found=dict(discover_connectors().found), failures=(failure,))
    with pytest.raises(BadConfig) as refused:
        discovery.get("broken", path="connections.acme.connector")
    assert "'broken' (plugin-broken 2.1) can't be used: it fails to import" in str(refused.value)
    assert refused.value.path == "connections.acme.connector"
    with pytest.raises(BadConfig, match="Did you mean 'dropbox'"):
        discovery.get("dropbx", path="p")
    with pytest.raises(BadConfig, match="Installed: "):
        discovery.get("zzz", path="p")


def test_importing_a_connector_opens_nothing_and_needs_no_network() -> None:
    code = """
import socket, sys
def no(*_, **__): raise AssertionError("a socket was opened")
socket.socket.connect = no
from jackfield.host.discovery import discover_connectors
assert discover_connectors().found
assert "httpx" not in sys.modules and "aiohttp" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_policy_that_is_not_enabled_is_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "raise AssertionError('imported')"
    install(
        tmp_path, "policy-idle", points={POLICIES_GROUP: {"idle": "policy_idle:policy"}}, modules={"policy_idle": code}
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert discover_policies(()) == Discovery(found={}, failures=())
    assert discover_policies(("other",)).failures == ()
    assert "policy_idle" not in sys.modules
    (failure,) = discover_policies(("idle",)).failures
    assert "AssertionError: imported" in failure.reason
