"""What befalls a host while it serves: a full disk, a clock that jumps, a token that is rotated, a home that is taken away.

Each time: what `/ready`, `/health`, metrics and the log say, and that nothing is lost afterwards.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from harness.clocks import Clock
from harness.forking import JACKFIELD
from harness.pictures import assert_same, of_file, of_truth
from harness.serving import Server, configuration, serving
from harness.spawned import spawn

from jackfield.state import Run, RunStatus, open_state
from jackfield.state.home import Home

TEAM = ("--members", "30", "--groups", "4")
OFTEN = 'schedule = "2s"\njitter = 0.0\nlook = 1.0'
ENDED = {RunStatus.PUBLISHED, RunStatus.FAILED, RunStatus.INTERRUPTED}

pytestmark = pytest.mark.long


def _write(folder: Path, text: str) -> None:
    (folder / "jackfield.toml").write_text(text, encoding="utf-8")


def _runs(home: Path, name: str = "acme") -> list[Run]:
    with open_state(Home(folder=home).database) as state:
        return state.history(name)


def _until(there: Callable[[], bool], server: Server, patience: float = 120.0) -> None:
    end = time.monotonic() + patience
    while not there():
        assert time.monotonic() < end, "\n".join([*server.lines[-30:], server.ask("ready").text])
        time.sleep(0.2)


def _more(server: Server, number: int = 2) -> None:
    """Wait for so many more syncs that end well, and for a host that is ready."""
    before = server.count("synced")
    _until(lambda: server.count("synced") >= before + number, server)
    _until(lambda: server.ask("ready").status == 200, server)


def _unready(server: Server, what: str) -> str:
    """Wait until it is not ready for that reason; the line that says so."""
    found = list[str]()

    def there() -> bool:
        answer = server.ask("ready")
        found[:] = [each for each in answer.text.splitlines() if each.startswith(what)]
        return answer.status == 503 and bool(found)

    _until(there, server)
    assert server.ask("live").status == 200
    assert not server.health()["ready"]
    return found[0]


def _whole(home: Path, team: Any, *, status: frozenset[RunStatus] = frozenset(ENDED)) -> list[Run]:
    """The runs, of which none is left open, and of whose files the newest shows the truth."""
    runs = _runs(home)
    assert runs
    assert {run.status for run in runs} <= status, runs
    newest = next(run for run in runs if run.status is RunStatus.PUBLISHED)
    assert newest.complete
    assert_same(of_file(Home(folder=home).snapshot("acme", newest.run)), of_truth(team.truth()), "afterwards")
    return runs


def _verified(folder: Path) -> None:
    done = subprocess.run(
        [JACKFIELD, "--home", str(folder / "home"), "verify", "acme"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, (done.stdout, done.stderr)


def _waits(server: Server, clock: Clock) -> None:
    """Wait until a sync is planned for later, so that it is one that a clock which goes back would put off."""

    def there() -> bool:
        one = server.health()["connections"]["acme"]
        due = datetime.fromisoformat(one["next_sync"]).timestamp()
        return not one["syncing"] and due > time.time() + clock.hours * 3600 + 2

    _until(there, server)


_REAL = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="libfaketime is a binary for one kind of machine"
)


@_REAL
@pytest.mark.parametrize("hours", [-5.0, 5.0, -24.0 * 40, 24.0 * 40])
def test_a_clock_that_jumps_and_jumps_back_stops_no_sync(tmp_path: Path, hours: float) -> None:
    clock = Clock(tmp_path / "clock")
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, serve='schedule = "6s"\njitter = 0.0\nlook = 1.0'))
        with serving(tmp_path, environment=clock.environment) as server:
            _more(server)
            _waits(server, clock)
            clock.jump(hours)
            _more(server, 1)
            assert (server.health()["connections"]["acme"]["age_seconds"] or 0) < 3600
            team.change({"do": "remove_percent", "percent": 4})
            _more(server)
            _waits(server, clock)
            clock.jump(0)
            _more(server)
            last = server.events[-1]
            assert server.end() < 10
        assert not server.count("a sync failed"), last
        _whole(tmp_path / "home", team, status=frozenset({RunStatus.PUBLISHED, RunStatus.INTERRUPTED}))
        _verified(tmp_path)


@_REAL
def test_a_clock_that_went_back_does_not_hide_that_nothing_is_synced(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    with spawn(*TEAM) as team:
        serve = f"{OFTEN}\nstale_after = 2.0"
        _write(tmp_path, configuration({"acme": team}, serve=serve, retry_deadline=1.0))
        with serving(tmp_path, environment=clock.environment) as server:
            _more(server)
            team.fault("server_error", times=100_000)
            clock.jump(-5)
            assert "no new snapshot" in _unready(server, "stale acme")
            team.clear_faults()
            _more(server)


@pytest.fixture
def namespaces() -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
        # Without them only root could mount a disk.
        pytest.skip("this machine has no namespaces for everybody")


_ON_A_SMALL_DISK = """
mount -t tmpfs -o size=6m tmpfs "$HOME_FOLDER" || exit 77
exec "$@"
"""


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize("left", [0, 40_000, 200_000])
def test_a_disk_that_fills_up_and_has_room_again(tmp_path: Path, left: int) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    small = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _ON_A_SMALL_DISK, "sh")
    with spawn("--members", "300", "--groups", "30") as team:
        _write(tmp_path, configuration({"acme": team}, serve=OFTEN, keep_snapshots=2))
        with serving(tmp_path, environment={"HOME_FOLDER": str(home)}, before=small) as server:
            _more(server)
            disk = Path(f"/proc/{server.process.pid}/root{home}")
            before = server.count("synced")
            _fill(disk / "filler", left)
            team.change({"do": "remove_percent", "percent": 4})
            _until(lambda: server.ask("ready").status == 503, server)
            told = server.ask("ready").text.splitlines()
            assert server.ask("live").status == 200
            if left == 0:
                assert "it can't be written" in _unready(server, "store")
                assert "the schedule can't be looked at" in _unready(server, "database"), "not even a sync can be begun"
            (disk / "filler").unlink()
            _until(lambda: server.count("synced") > before, server)
            _more(server)
            # The disk is there for as long as somebody has it open.
            handle = os.open(disk, os.O_RDONLY | os.O_DIRECTORY)
            assert server.end() < 10
        # Which write meets it first, one of the queue's or one of a sync's, is open.
        assert all(each.startswith(("store:", "database:", "failing acme:")) for each in told if each != "ready"), told
        failed = [each for each in server.events if each["event"] == "a sync failed"]
        assert {each["error"] for each in failed} <= {"bad_storage"}, failed
        assert all("room" in each["reason"] or "No space" in each["reason"] for each in failed), failed
        assert not [line for line in server.lines if "Traceback" in line]
        shutil.copytree(f"/proc/self/fd/{handle}", tmp_path / "kept")
        os.close(handle)
        _whole(tmp_path / "kept", team)


def _fill(file: Path, left: int) -> None:
    """Write until so many bytes are left of the disk."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        with suppress(OSError):  # until no room is left, which is what is wanted
            while os.write(handle, b"x" * 4096):
                pass
        os.ftruncate(handle, max(os.fstat(handle).st_size - left, 0))
    finally:
        os.close(handle)


def test_a_token_that_is_rotated_in_the_application_during_a_sync(tmp_path: Path) -> None:
    with spawn("--members", "3000", "--groups", "60", "--latency", "100", "--page-cap", "100") as team:
        token = tmp_path / "token"
        token.write_text(team.refresh_token)
        token.chmod(0o600)
        _write(tmp_path, configuration({"acme": team}, serve=OFTEN, refresh_token="file:token"))
        with serving(tmp_path) as server:
            server.logged("serving")
            _until(lambda: len(team.requests()["requests"]) > 12, server)
            new = _consented(team)
            team.fault("revoked_refresh", times=100_000)
            team.expire()
            server.logged("a sync failed", connection="acme", error="bad_credentials")
            assert "an administrator has to consent anew" in _unready(server, "sign-in acme")
            assert server.health()["connections"]["acme"]["needs_sign_in"]
            assert server.metric("jackfield_needs_sign_in", connection="acme") == 1
            token.write_text(new)
            team.clear_faults()
            team.settings(latency_ms=0)
            _until(lambda: server.count("synced") > 0, server)
            _until(lambda: server.ask("ready").status == 200, server)
            assert server.metric("jackfield_needs_sign_in", connection="acme") == 0
            first = server.logged("synced", connection="acme")
            assert server.end() < 10
        runs = _whole(tmp_path / "home", team)
        assert [run.status for run in runs if run.run == first["run"]] == [RunStatus.PUBLISHED]
        told = "\n".join(server.lines)
        assert new not in told
        assert team.refresh_token not in told
        _verified(tmp_path)


def _consented(team: Any) -> str:
    """What a new consent of the administrator gives: another refresh token."""
    code = team.consent(client_id=team.app_key, token_access_type="offline")
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": team.app_key,
        "client_secret": team.app_secret,
    }
    request = urllib.request.Request(f"{team.base_url}/oauth2/token", urllib.parse.urlencode(body).encode())
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.loads(answer.read())["refresh_token"]


def test_a_home_that_is_taken_away_and_brought_back(tmp_path: Path) -> None:
    home, gone = tmp_path / "home", tmp_path / "gone"
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, serve=OFTEN))
        with serving(tmp_path) as server:
            _more(server)
            home.rename(gone)
            _unready(server, "database")
            assert not home.exists() or not (home / "state.db").exists(), "nothing is begun in the place of it"
            before = {run.run for run in _runs(gone)}
            if home.exists():
                shutil.rmtree(home)
            gone.rename(home)
            _more(server)
            assert server.end() < 10
        assert before <= {run.run for run in _whole(home, team)}
        _verified(tmp_path)


def test_a_restore_is_refused_while_it_serves_and_taken_up_by_the_next_start(tmp_path: Path) -> None:
    with spawn(*TEAM) as team:
        _write(tmp_path, configuration({"acme": team}, serve=OFTEN))

        def command(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [JACKFIELD, "--home", str(tmp_path / "home"), *arguments], cwd=tmp_path, capture_output=True, text=True
            )

        with serving(tmp_path) as server:
            _more(server)
            backup = command("backup", "-o", str(tmp_path / "copy.tar.gz"))
            assert backup.returncode == 0, backup.stderr
            kept = {run.run for run in _runs(tmp_path / "home") if run.status is RunStatus.PUBLISHED}
            refused = command("restore", str(tmp_path / "copy.tar.gz"), "--force")
            assert refused.returncode == 13, (refused.stdout, refused.stderr)
            _more(server)
            assert server.end() < 10
        restored = command("restore", str(tmp_path / "copy.tar.gz"), "--force")
        assert restored.returncode == 0, (restored.stdout, restored.stderr)
        with serving(tmp_path) as server:
            _more(server)
            assert server.end() < 10
        assert {run.run for run in _whole(tmp_path / "home", team)} & kept
        _verified(tmp_path)
