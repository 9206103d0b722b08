"""SIGTERM in the middle of everything that the uplink may be at: it ends within ten seconds, and the next start goes on."""

import time
from collections.abc import Generator
from pathlib import Path

import pytest
from harness.platforms import fresh
from harness.spawned import spawn
from harness.uplinks import NAME, Between, deleting, granting, inviting
from platform_stand_in.launch import Platform

from jackfield.state import open_state
from jackfield.state.home import Home

TEAM = ("--members", "24", "--groups", "5")
pytestmark = pytest.mark.long


@pytest.fixture
def between(tmp_path: Path, stand_in: Platform) -> Generator[Between]:
    with fresh(stand_in) as anew, spawn(*TEAM) as team:
        anew.settings(lease=2.0)
        yield Between(tmp_path, anew, team)


def _undecided(between: Between) -> int:
    with open_state(Home(folder=between.folder / "home").database) as state:
        return len(state.changes(NAME, undecided=True))


def _finished(between: Between, id: str) -> str:
    """Start anew, and wait for the end of the task; what the platform was told."""
    between.platform.repair()
    between.platform.restarted()
    with between.served() as server:
        task = between.platform.wait_for(
            lambda: between.platform.task(id), lambda one: one["state"] == "finished", timeout=90
        )
        assert server.end() < 10
    last = task["finishes"][-1]
    return "success" if "success" in last else last["status"]["message"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_during_a_change(between: Between, when: str) -> None:
    now = between.now()
    group = next(
        each for each in now.groups.values() if each["management_type"] == "user_managed" and now.outside(each)
    )
    user = now.outside(group)[0]
    between.team.reset_effects()
    hold = between.team.hold("team/groups/members/add", when)
    with between.served() as server:
        id = between.platform.offer("grant", granting(group, user))
        between.team.wait_held(hold, timeout=60)
        assert server.end() < 10
    between.team.release(hold)
    between.team.clear_holds()
    assert _finished(between, id) == "success"
    assert user["team_member_id"] in between.now().groups[group["group_id"]]["members"]
    assert between.team.effects()["applied"]["team/groups/members/add"] == 1
    assert _undecided(between) == 0


def test_what_was_begun_is_not_refused_where_changes_are_no_longer_enabled(between: Between) -> None:
    now = between.now()
    group = next(
        each for each in now.groups.values() if each["management_type"] == "user_managed" and now.outside(each)
    )
    hold = between.team.hold("team/groups/members/add", "before")
    with between.served() as server:
        id = between.platform.offer("grant", granting(group, now.outside(group)[0]))
        between.team.wait_held(hold, timeout=60)
        server.process.kill()
        server.process.wait(10)
    between.team.release(hold)
    between.team.clear_holds()
    between.platform.restarted()
    # The Go connector never lets a grant be tried again; what is not known yet is to be asked for again.
    between.platform.settings(allowed=["non-retryable"])
    with between.served(BATON_PROVISIONING="false") as server:
        told = between.platform.wait(id, timeout=60)["finishes"][-1]
        assert (told["status"]["code"], told["error"].get("non_retryable", False)) == (14, False)
        assert server.end() < 10


def test_during_a_job(between: Between) -> None:
    between.team.settings(async_jobs=True, job_seconds=20.0)
    user = next(each for each in between.team.truth()["users"] if each["status"] == "active" and not each["roles"])
    with between.served() as server:
        id = between.platform.offer("delete_resource", deleting(user))
        _until(lambda: between.team.effects()["total_calls"] >= 1)
        time.sleep(1.0)
        assert server.end() < 10
    between.team.advance(60)
    assert _finished(between, id) == "success"
    assert user["email"] not in [each["email"] for each in between.team.truth()["users"]]
    assert _undecided(between) == 0


def test_during_an_upload(between: Between) -> None:
    between.platform.fail("UploadAsset", None, after_bytes=1000, delay=30.0)
    with between.served() as server:
        id = between.platform.offer("sync_full", {})
        _until(lambda: bool(between.platform.calls("UploadAsset")))
        time.sleep(0.3)
        assert server.end() < 10
    assert not between.platform.task(id)["finishes"]
    assert _finished(between, id) == "success"
    left = [file for file in (between.folder / "home" / "services").rglob("*") if file.is_file()]
    assert left == []


def test_while_the_platform_is_away(between: Between) -> None:
    between.platform.fail("GetTask", "UNAVAILABLE", times=1000)
    with between.served() as server:
        server.logged("no task could be asked for")
        assert server.end() < 10


def test_while_nothing_goes_on(between: Between) -> None:
    with between.served() as server:
        assert between.carried_out("create_account", inviting("a.b@team.example"))["success"]
        assert server.end() < 10
        assert server.process.returncode == 0


def _until(there: object) -> None:
    end = time.monotonic() + 60
    while not there():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)
