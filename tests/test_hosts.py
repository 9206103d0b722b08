"""Several hosts on one database: one that hangs and goes on is fenced, one that dies is followed, and nothing is made twice."""

import json
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from harness.besides import simulator_beside
from harness.cli import NAME, Ended, Site
from harness.pictures import assert_same, of_file, of_truth
from harness.postgres import Server, of_its_own
from harness.staging import TEAM, Stage, entitlement, joins, make_plan, open_group, rows_file
from harness.stopping import Stopped

from jackfield.state import DatabaseAddress, RunStatus, open_state
from jackfield_contracts import JournalStatus
from jackfield_dropbox_simulator.launch import Control
from jackfield_dropbox_simulator.options import TeamOptions
from tests.sweeps import hosts

TERM = 2.0
PAGES = TeamOptions(members=2300, groups=40)
LAST_PAGE = "answered team/members/list/continue_v2 #2"


@pytest.fixture
def shared(database: DatabaseAddress) -> DatabaseAddress:
    return msgspec.structs.replace(database, term=TERM)


@pytest.fixture(scope="module")
def own() -> Generator[Server]:
    with of_its_own() as server:
        yield server


def when_free(site: Site, *arguments: str) -> Ended:
    """Run a command on another host until the lock that it needs has been let go or has ended."""
    until = time.monotonic() + 20 * TERM
    while True:
        ended = site.run(*arguments)
        if ended.code != 13:
            return ended
        assert time.monotonic() < until
        assert "What a host that died has locked is free" in ended.err
        time.sleep(0.1)


def sync(site: Site) -> Ended:
    return when_free(site, "sync", NAME, "--output", "json")


def truth(control: Control, ended: Ended) -> None:
    assert_same(of_file(Path(ended.json["snapshot"])), of_truth(control.truth()), "the other host")


class TestSyncs:
    @pytest.mark.parametrize("point", [LAST_PAGE, "sealed #1", "renaming #1"])
    def test_one_that_hangs_and_goes_on_publishes_nothing(
        self, tmp_path: Path, shared: DatabaseAddress, point: str
    ) -> None:
        with simulator_beside(PAGES) as control:
            site = Site(tmp_path, control, database=shared)
            hanging = Stopped(site, point, "sync", NAME, "--output", "json")
            before = control.requests()["total"]
            second = sync(site)
            assert second.code == 0, second
            truth(control, second)
            asked = control.requests()["total"] - before
            assert asked < 3 if point != LAST_PAGE else asked < before, "what the first had read is not read again"
            first = hanging.go_on()
            assert first.code == 13, first
            assert "another host has taken over" in first.err
            assert "Traceback" not in first.err
            runs = site.history()
            assert [run.status for run in runs] == [RunStatus.PUBLISHED, RunStatus.INTERRUPTED]
            assert runs[0].run == second.json["run"]
            assert_same(of_file(Path(second.json["snapshot"])), of_truth(control.truth()), "and after the first ended")
            assert site.run("verify", NAME).code == 0
            third = sync(site)
            assert third.code == 0, third
            history = site.history()
            assert [run.status for run in history].count(RunStatus.PUBLISHED) == 2
            assert (history[0].run, history[0].base) == (third.json["run"], second.json["run"])
            assert not [name for name in site.files() if "partial" in name or "finished" in name]

    def test_one_that_died_is_followed_and_its_pages_are_not_read_again(
        self, tmp_path: Path, shared: DatabaseAddress
    ) -> None:
        with simulator_beside(PAGES) as control:
            site = Site(tmp_path, control, database=shared)
            Stopped(site, LAST_PAGE, "sync", NAME).started.kill()
            control.reset_requests()
            ended = sync(site)
            assert ended.code == 0, ended
            truth(control, ended)
            routes = [one["route"] for one in control.requests()["requests"]]
            assert "team/members/list_v2" not in routes
            died, followed = sorted(site.history(), key=lambda run: run.status is RunStatus.PUBLISHED)
            assert (died.status, followed.run) == (RunStatus.INTERRUPTED, ended.json["run"])

    @pytest.mark.parametrize("killed", [True, False])
    def test_a_snapshot_that_was_in_its_place_and_not_recorded_is_recorded_by_the_next_host(
        self, tmp_path: Path, shared: DatabaseAddress, killed: bool
    ) -> None:
        with simulator_beside(TEAM) as control:
            site = Site(tmp_path, control, database=shared)
            hanging = Stopped(site, "renamed #1", "sync", NAME)
            if killed:
                hanging.started.kill()
            second = sync(site)
            assert second.code == 0, second
            if not killed:
                first = hanging.go_on()
                assert first.code == 13, first
            later, earlier = site.history()
            assert (later.status, earlier.status) == (RunStatus.PUBLISHED, RunStatus.PUBLISHED)
            assert (later.run, later.base) == (second.json["run"], earlier.run)
            assert site.run("verify", NAME).code == 0
            assert not [name for name in site.files() if "partial" in name or "finished" in name]

    def test_a_held_snapshot_is_published_on_another_host(self, tmp_path: Path, shared: DatabaseAddress) -> None:
        with simulator_beside(PAGES) as control:
            site = Site(tmp_path, control, database=shared)
            assert site.sync().code == 0
            control.change({"do": "remove_percent", "percent": 30})
            held = site.sync()
            assert held.code == 9, held
            assert site.run("sync", NAME, "--accept", held.json["run"]).code == 0
            assert [run.status for run in site.history()] == [RunStatus.PUBLISHED] * 2

    def test_the_password_is_in_nothing_that_is_told_or_kept(self, tmp_path: Path, shared: DatabaseAddress) -> None:
        password = shared.password
        assert password is not None
        secrets = {password.reveal(), quote(password.reveal(), safe="")}
        with simulator_beside(TEAM) as control:
            site = Site(tmp_path, control, database=shared)
            ended = [site.run("--log-level", "debug", "sync", NAME), site.run("--log-level", "debug", "connections")]
            site.environment["JACKFIELD_DATABASE"] = shared.url.reveal().replace("/jackfield_", "/no_")
            ended.append(site.run("--log-level", "debug", "sync", NAME))
            site.environment["JACKFIELD_DATABASE"] = "mysql" + shared.url.reveal()
            ended.append(site.run("--log-level", "debug", "syncs", NAME))
            assert [each.code for each in ended] == [0, 0, 2, 2]
            told = "".join(each.out + each.err for each in ended)
            kept = b"".join(file.read_bytes() for file in site.home.folder.rglob("*") if file.is_file())
        assert not [secret for secret in secrets if secret in told or secret.encode() in kept]

    def test_a_second_one_at_once_is_told_who_is_first(self, tmp_path: Path, database: DatabaseAddress) -> None:
        with simulator_beside(TEAM) as control:
            site = Site(tmp_path, control, database=msgspec.structs.replace(database, term=8.0))
            hanging = Stopped(site, "asking team/members/list_v2 #1", "sync", NAME)
            second = site.run("sync", NAME)
            assert second.code == 13
            assert f"process {hanging.started.process.pid} on " in second.err
            (listed,) = json.loads(site.run("connections", "--output", "json").out)["connections"]
            assert listed["syncing"]
            assert '"running"' in site.run("syncs", NAME, "--output", "json").out
            hanging.started.kill()
            until = time.monotonic() + 20
            while '"interrupted"' not in site.run("syncs", NAME, "--output", "json").out:
                assert time.monotonic() < until
                time.sleep(0.5)

    def test_nothing_of_the_state_lies_in_the_home(self, tmp_path: Path, shared: DatabaseAddress) -> None:
        with simulator_beside(TEAM) as control:
            site = Site(tmp_path, control, database=shared)
            ended = site.sync()
            assert ended.code == 0, ended
            files = site.files()
            assert not site.home.has_database
            assert f"snapshots/{NAME}/{ended.json['run']}.sqlite" in files
            assert not [name for name in files if name.startswith("locks/")]
            for command in (["stats", NAME], ["verify", NAME], ["syncs", NAME], ["connections"], ["changes", "list"]):
                assert site.run(*command).code == 0, command
            with closing(sqlite3.connect(ended.json["snapshot"])) as db:
                assert shared.url.reveal() not in "\n".join(db.iterdump())


@pytest.fixture
def stand(tmp_path: Path, shared: DatabaseAddress) -> Generator[Stage]:
    """A team that is changed from hosts that share a database."""
    with simulator_beside(TEAM) as control:
        stage = Stage(tmp_path, control, database=shared)
        yield stage
        stage.settled()


POINTS = (
    "saving intent #1",
    "saved intent #1",
    "asking team/groups/members/add #1",
    "answered team/groups/members/add #1",
    "saving settled #1",
    "saved settled #1",
)


class TestChanges:
    @pytest.mark.parametrize("point", POINTS)
    def test_one_that_hangs_and_goes_on_makes_nothing_a_second_time(
        self, stand: Stage, tmp_path: Path, point: str
    ) -> None:
        now = stand.now()
        groups = [one for one in now.groups.values() if one["management_type"] == "user_managed" and now.outside(one)][
            :2
        ]
        rows = [joins(group, now.outside(group)[0]["team_member_id"]) for group in groups]
        make_plan(stand, tmp_path, rows_file(tmp_path, rows))
        plan = str(tmp_path / "the.plan")
        hanging = Stopped(stand.site, point, "apply", plan, "--yes", "--output", "json")
        second = when_free(stand.site, "apply", plan, "--yes", "--output", "json")
        assert second.code == 0, second
        first = hanging.go_on()
        if point == "saved settled #1":
            assert first.code == 0, "it had nothing more to write, and what it tells is true"
        else:
            assert first.code == 13, first
            assert "another host has taken over" in first.err + first.out
        assert stand.effects()["group_additions"] == len(rows)
        for row, group in zip(rows, groups, strict=True):
            assert stand.now().access(group["group_id"], row["principal"].partition(":")[2]) == "member"
        with open_state(stand.site.place) as state:
            assert {entry.status for entry in state.changes(NAME)} == {JournalStatus.SETTLED}

    def test_one_that_died_is_recovered_on_another_host(self, stand: Stage) -> None:
        group = open_group(stand)
        who = stand.now().outside(group)[0]["team_member_id"]
        command = ("grant", NAME, entitlement(group, "member"), f"user:{who}", "--yes", "--output", "json")
        Stopped(stand.site, "answered team/groups/members/add #1", *command).started.kill()
        ended = when_free(stand.site, "changes", "recover", "--output", "json")
        assert ended.code == 0, ended
        (change,) = ended.json["changes"]
        assert change["outcome"] == "changed"
        assert stand.effects()["group_additions"] == 1


@pytest.mark.long
def test_killed_and_stopped_at_random(postgres: Server) -> None:
    """A sample of the sweep ``hosts``."""
    seen = hosts.run(postgres, plans=6, seconds=8.0, seed=1, least=3)
    assert seen.kills + seen.stops >= 3


class TestServerGone:
    @pytest.mark.parametrize("point", ["saved intent #1", "answered team/groups/members/add #1"])
    def test_during_a_change_it_is_told_and_recovered_later(self, tmp_path: Path, own: Server, point: str) -> None:
        with own.database(term=TERM) as address, simulator_beside(TEAM) as control:
            stage = Stage(tmp_path, control, database=address)
            group = open_group(stage)
            who = stage.now().outside(group)[0]["team_member_id"]
            command = ("grant", NAME, entitlement(group, "member"), f"user:{who}", "--yes", "--output", "json")
            hanging = Stopped(stage.site, point, *command)
            own.stop()
            ended = hanging.go_on()
            assert ended.code == 75, ended
            assert "run it again" in (ended.err + ended.out).lower()
            assert "Traceback" not in ended.err
            refused = stage.site.run("changes", "recover")
            assert refused.code == 75, refused
            own.start()
            recovered = when_free(stage.site, "changes", "recover", "--output", "json")
            assert recovered.code in (0, 75), recovered
            stage.settled()
            assert when_free(stage.site, *command).code == 0
            assert stage.effects()["group_additions"] == 1
            stage.settled()

    def test_during_a_sync_it_is_told_and_the_sync_is_carried_on(self, tmp_path: Path, own: Server) -> None:
        with own.database(term=TERM) as address, simulator_beside(PAGES) as control:
            site = Site(tmp_path, control, database=address)
            hanging = Stopped(site, "sealed #1", "sync", NAME, "--output", "json")
            own.stop()
            ended = hanging.go_on()
            assert ended.code == 75, ended
            assert "can't be reached" in ended.err + ended.out
            own.start()
            control.reset_requests()
            again = sync(site)
            assert again.code == 0, again
            assert control.requests()["total"] == 0
            truth(control, again)

    def test_a_restart_during_a_sync_is_not_noticed(self, tmp_path: Path, own: Server) -> None:
        with own.database(term=TERM) as address, simulator_beside(PAGES) as control:
            site = Site(tmp_path, control, database=address)
            hanging = Stopped(site, LAST_PAGE, "sync", NAME, "--output", "json")
            own.stop()
            own.start()
            ended = hanging.go_on()
            assert ended.code == 0, ended
            truth(control, ended)
