"""A sample of the sweep ``kills``; two syncs at once; a sync that is asked to stop."""

import signal
import time
from pathlib import Path

import pytest
from harness.cli import Site
from harness.partials import stored_in
from harness.pictures import assert_same, of_file, of_truth
from harness.spawned import spawn

from jackfield_dropbox_simulator.launch import Spawned
from tests.sweeps.kills import TEAM, Yard

SMALL = ("--members", "1300", "--groups", "40", "--latency", "50", "--seed", "12")


def _until_asked(simulator: Spawned, route: str) -> None:
    until = time.monotonic() + 60
    while not any(fault["fired"] and fault["route"] == route for fault in simulator.faults()):
        assert time.monotonic() < until, f"{route} was not asked for"
        time.sleep(0.02)


def _until_all_else_is_stored(site: Site, simulator: Spawned) -> None:
    """Wait until no other request is under way, and nothing more has come into the partial snapshot for a second."""
    until = time.monotonic() + 60
    pages, since = 0, time.monotonic()
    while time.monotonic() - since < 1.0:
        assert time.monotonic() < until
        stored = stored_in(site.home.partial("acme")).pages.total()
        if stored != pages or simulator.requests()["in_flight"] != 1:
            pages, since = stored, time.monotonic()
        time.sleep(0.05)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_and_run_again(tmp_path: Path, seed: int) -> None:
    with spawn(*TEAM) as simulator:
        yard = Yard(tmp_path / "site", simulator, seed)
        for at in (0.4, 0.6, 0.8):
            yard.kill(at=at)
        yard.kill(late=True)


def test_killed_between_two_pages(tmp_path: Path) -> None:
    """The rerun asks for the page that was in flight, and for nothing that was stored."""
    route = "team/members/list/continue_v2"
    with spawn(*SMALL) as simulator:
        site = Site(tmp_path, simulator)
        simulator.fault("hang", route=route, times=1)
        process = site.start("sync", "acme", "--output", "json")
        _until_asked(simulator, route)
        _until_all_else_is_stored(site, simulator)
        process.kill()
        simulator.reset_requests()
        ended = site.sync()
        assert ended.code == 0
        routes = sorted(one["route"] for one in simulator.requests()["requests"])
        assert routes == ["oauth2/token", route]
        assert_same(of_file(Path(ended.json["snapshot"])), of_truth(simulator.truth()), "rerun")
        (run,) = site.history()
        assert run.run == ended.json["run"]


def test_a_killed_run_is_shown_as_interrupted(tmp_path: Path) -> None:
    route = "team/members/list/continue_v2"
    with spawn(*SMALL) as simulator:
        site = Site(tmp_path, simulator)
        simulator.fault("hang", route=route, times=1)
        process = site.start("sync", "acme", "--output", "json")
        _until_asked(simulator, route)
        assert '"running"' in site.run("syncs", "acme", "--output", "json").out
        process.kill()
        assert '"interrupted"' in site.run("syncs", "acme", "--output", "json").out


def test_two_at_once(tmp_path: Path) -> None:
    route = "team/members/list_v2"
    with spawn(*SMALL) as simulator:
        site = Site(tmp_path, simulator)
        hold = simulator.hold(route)
        first = site.start("sync", "acme", "--output", "json")
        simulator.wait_held(hold)
        second = site.sync()
        simulator.release(hold)
        ended = first.end()
        assert ended.code == 0
        assert second.code == 13
        assert second.json["error"]["code"] == "busy"
        assert f"process {first.process.pid}" in second.err
        assert ended.json["run"] in second.err
        assert [run.run for run in site.history()] == [ended.json["run"]]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_asked_to_stop(tmp_path: Path, number: signal.Signals, code: int) -> None:
    route = "team/members/list/continue_v2"
    with spawn(*SMALL) as simulator:
        site = Site(tmp_path, simulator)
        simulator.fault("hang", route=route, times=1)
        process = site.start("sync", "acme", "--output", "json")
        _until_asked(simulator, route)
        time.sleep(0.5)
        process.process.send_signal(number)
        ended = process.end(20)
        assert ended.code == code
        assert "Traceback" not in ended.err
        assert not ended.out
        (run,) = site.history()
        assert run.status.value == "interrupted"
        again = site.sync()
        assert again.code == 0
        assert again.json["run"] == run.run
        assert_same(of_file(Path(again.json["snapshot"])), of_truth(simulator.truth()), "after the stop")
