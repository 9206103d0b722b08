"""An interrupted sync is carried on, or begun afresh where its rows may no longer fit."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness import syncs
from harness.benches import bench
from harness.pictures import assert_same, of_file, of_truth
from harness.simulators import Inside, simulating
from harness.syncs import Bench, snapshot_of

from jackfield.clock import SystemClock
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import RunStatus
from jackfield.sync import SyncResult, publish
from jackfield_dropbox_simulator.options import SCOPES, TeamOptions

TEAM = TeamOptions(members=1100, groups=1010, seed=31)


class LaterClock(SystemClock):
    """The machine's clock, put forward."""

    ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def _interrupted(workshop: Bench, simulator: Inside) -> str:
    """A sync that was cancelled while its members were listed; gives its run."""
    simulator.fault("hang", route="team/members/list/continue_v2", times=1)
    task = asyncio.create_task(workshop.sync(simulator))
    while not any(one["fired"] for one in simulator.faults()):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (run,) = [run for run in workshop.state.history("acme") if run.status is not RunStatus.PUBLISHED]
    assert run.status is RunStatus.INTERRUPTED
    assert "stopped" in (run.reason or "")
    assert workshop.home.partial("acme").exists()
    simulator.clear_faults()
    simulator.reset_requests()
    return run.run


def _truth(result: SyncResult, simulator: Inside) -> None:
    assert result.run.status is RunStatus.PUBLISHED, result
    assert result.run.complete
    assert_same(of_file(snapshot_of(result.run)), of_truth(simulator.truth()), "after the interruption")


def test_goes_on_where_it_was() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                run = await _interrupted(workshop, simulator)
                result = await workshop.sync(simulator)
                routes = [one["route"] for one in simulator.requests()["requests"]]
                _truth(result, simulator)
                assert result.run.run == run
                assert sorted(routes) == ["oauth2/token", "team/members/list/continue_v2"]
                assert [one.status for one in workshop.state.history("acme")] == [RunStatus.PUBLISHED]

    asyncio.run(run())


@pytest.mark.parametrize("changed", [{"include_removed": True}, {"refresh_token": "another"}, {"later": 61}], ids=str)
def test_begins_afresh(changed: dict[str, Any]) -> None:
    async def run() -> None:
        clock = LaterClock()
        with bench(clock=clock) as workshop:
            async with simulating(TEAM) as simulator:
                run = await _interrupted(workshop, simulator)
                clock.ahead = timedelta(minutes=changed.get("later", 0))
                settings = {key: value for key, value in changed.items() if key == "include_removed"}
                if "refresh_token" in changed:
                    simulator.refresh_token = _another_token(simulator)
                result = await workshop.sync(simulator, **settings)
                assert result.run.run != run
                assert {one.run: one.status for one in workshop.state.history("acme")} == {
                    run: RunStatus.INTERRUPTED,
                    result.run.run: RunStatus.PUBLISHED,
                }
                assert not workshop.home.partial("acme").exists()
                expected = of_truth(simulator.truth(), include_removed="include_removed" in changed)
                assert_same(of_file(snapshot_of(result.run)), expected, f"afresh, {changed}")

    asyncio.run(run())


def _another_token(simulator: Inside) -> str:
    """A further refresh token of the same team, as a second consent gives it."""
    tokens = simulator.service.tokens
    code = tokens.consent(scopes=SCOPES, redirect_uri="", offline=True)
    client = {"client_id": simulator.app_key, "secret": simulator.app_secret}
    return tokens.exchange(code=code, redirect_uri="", verifier="", lifetime=60.0, **client).refresh_token


def test_another_token_in_the_same_file_begins_afresh(tmp_path: Path) -> None:
    """What the configuration refers to counts, not the reference."""

    async def run() -> None:
        token = tmp_path / "token"
        with bench() as workshop:
            async with simulating(TEAM) as simulator:
                token.write_text(simulator.refresh_token)
                simulator.refresh_token = f"file:{token}"
                run = await _interrupted(workshop, simulator)
                token.write_text(_another_token(simulator))
                result = await workshop.sync(simulator)
                assert result.run.run != run
                _truth(result, simulator)

    asyncio.run(run())


def test_less_than_an_hour_is_not_too_late() -> None:
    async def run() -> None:
        clock = LaterClock()
        with bench(clock=clock) as workshop:
            async with simulating(TEAM) as simulator:
                run = await _interrupted(workshop, simulator)
                clock.ahead = timedelta(minutes=59)
                result = await workshop.sync(simulator)
                _truth(result, simulator)
                assert result.run.run == run
                began, ended = (datetime.fromisoformat(one or "") for one in (result.run.started, result.run.finished))
                assert ended - began > timedelta(minutes=58)
                assert 0 < result.run.seconds < 600, "the pause is no work"

    asyncio.run(run())


class StoppedError(BaseException):
    """Stands for a kill at one instruction."""


@pytest.mark.parametrize(("step", "later"), [("copy_finished", 0), ("copy_finished", 61), ("digest", 0), ("remove", 0)])
@pytest.mark.parametrize("loss", [False, True])
def test_stopped_while_publishing(monkeypatch: pytest.MonkeyPatch, step: str, later: int, *, loss: bool) -> None:
    """What was sealed is published by the next sync without a request, unless it is too old by then."""

    def stop(*_: Any) -> None:
        raise StoppedError

    async def run() -> None:
        clock = LaterClock()
        with bench(clock=clock) as workshop:
            async with simulating(TeamOptions(members=60, groups=9, seed=2)) as simulator:
                assert (await workshop.sync(simulator)).run.complete
                simulator.change({"do": "remove_percent", "percent": 40 if loss else 5})
                with monkeypatch.context() as patch:
                    patch.setattr(publish, step, stop)
                    with pytest.raises(StoppedError):
                        await workshop.sync(simulator)
                stopped = workshop.state.history("acme")[0]
                simulator.reset_requests()
                simulator.change({"do": "join", "given": "Late"})
                clock.ahead = timedelta(minutes=later)
                result = await workshop.sync(simulator)
                wanted = RunStatus.HELD if loss else RunStatus.PUBLISHED
                assert result.run.status is wanted
                assert (result.run.run == stopped.run) == (not later), "which run was published"
                assert bool(simulator.requests()["total"]) == bool(later)
                left = [file.name for file in workshop.home.snapshots("acme").iterdir() if file.suffix != ".sqlite"]
                assert not left
                if later:
                    truth = of_truth(simulator.truth())
                    assert_same(of_file(snapshot_of(result.run)), truth, "made afresh")
                    assert workshop.state.get("acme", stopped.run).status is RunStatus.INTERRUPTED  # type: ignore[union-attr]

    asyncio.run(run())


@pytest.mark.parametrize("changed", ["include_removed", "refresh_token", "version"])
@pytest.mark.parametrize("step", ["copy_finished", "remove"])
def test_what_was_sealed_with_another_configuration_is_read_afresh(
    monkeypatch: pytest.MonkeyPatch, step: str, changed: str
) -> None:
    """Also where its file was in place already: the next snapshot follows that one."""

    def stop(*_: Any) -> None:
        raise StoppedError

    async def run() -> None:
        with bench() as workshop:
            async with simulating(TeamOptions(members=60, groups=9, seed=2)) as simulator:
                with monkeypatch.context() as patch:
                    patch.setattr(publish, step, stop)
                    with pytest.raises(StoppedError):
                        await workshop.sync(simulator)
                sealed = workshop.state.history("acme")[0].run
                simulator.change({"do": "join", "given": "Late"})
                settings = {"include_removed": True} if changed == "include_removed" else {}
                if changed == "refresh_token":
                    simulator.refresh_token = _another_token(simulator)
                if changed == "version":
                    monkeypatch.setattr(syncs, "version", lambda _: "another")
                    syncs.dropbox.cache_clear()
                result = await workshop.sync(simulator, **settings)
                assert result.run.run != sealed
                assert result.run.base == (sealed if step == "remove" else None)
                expected = of_truth(simulator.truth(), include_removed=changed == "include_removed")
                assert_same(of_file(snapshot_of(result.run)), expected, f"afresh, {changed}")

    try:
        asyncio.run(run())
    finally:
        syncs.dropbox.cache_clear()


def test_a_snapshot_tells_nothing_of_the_configuration() -> None:
    async def run() -> None:
        with bench() as workshop:
            async with simulating(TeamOptions(members=20, groups=2, seed=2)) as simulator:
                file = snapshot_of((await workshop.sync(simulator)).run)
                with read_snapshot(file) as snapshot:
                    (told,) = snapshot.db.execute("SELECT json_group_array(key) FROM header").fetchone()
                assert not {"made_with", "fingerprint", "salt"} & set(json.loads(told))
                assert b"made_with" not in file.read_bytes()

    asyncio.run(run())


def test_a_held_run_that_was_accepted_stays_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after the file was in place and before the partial one was gone: accepting it is not undone."""

    def stop(*_: Any) -> None:
        raise StoppedError

    async def run() -> None:
        with bench() as workshop:
            async with simulating(TeamOptions(members=60, groups=9, seed=2)) as simulator:
                assert (await workshop.sync(simulator)).run.complete
                simulator.change({"do": "remove_percent", "percent": 40})
                with monkeypatch.context() as patch:
                    patch.setattr(publish, "remove", stop)
                    with pytest.raises(StoppedError):
                        await workshop.sync(simulator)
                held = workshop.state.history("acme")[0].run
                assert workshop.accept(held).status is RunStatus.PUBLISHED
                following = (await workshop.sync(simulator)).run
                assert following.run != held
                assert following.base == held
                _truth(SyncResult(run=following), simulator)
                accepted = workshop.state.get("acme", held)
                assert accepted is not None
                assert accepted.status is RunStatus.PUBLISHED

    asyncio.run(run())
