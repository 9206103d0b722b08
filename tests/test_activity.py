"""Sign-ins of a Dropbox team over HTTP: by the sync, by ``jackfield events``, and whatever the log does."""

import json
import re
import signal
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from harness.besides import Beside, simulator_beside
from harness.cli import Site

from jackfield.activity import SignIns, read_sign_ins
from jackfield_contracts import ResourceId
from jackfield_dropbox_simulator.options import ServiceOptions, TeamOptions

DAY = 86_400.0


class Team(Site):
    """A simulated team whose log goes back 100 days, and a folder from which its activity is read."""

    def __init__(self, folder: Path, control: Beside) -> None:
        super().__init__(folder, control, activity=True)
        self.control = control
        self.sign_in(self.people()[0], ago=100 * DAY)

    def people(self) -> list[str]:
        return [each["team_member_id"] for each in self.control.truth()["users"] if each["status"] == "active"]

    def sign_in(self, user: str, *, do: str = "sign_in", **more: object) -> None:
        self.control.change({"do": do, "user": user, **more})

    def events(self, *words: str) -> list[dict[str, Any]]:
        return self.run("events", "acme", "--output", "json", *words).json["events"]

    def known(self) -> SignIns:
        found = read_sign_ins(self.home, "acme")
        assert found is not None
        return found

    def calls(self) -> int:
        routes = self.control.requests()["per_route"]
        return sum(number for route, number in routes.items() if route.startswith("team_log"))


@pytest.fixture
def team(tmp_path: Path) -> Generator[Team]:
    with simulator_beside(TeamOptions(members=14, groups=3)) as control:
        yield Team(tmp_path, control)


def test_a_sync_reads_sign_ins_and_events_lists_them(team: Team) -> None:
    ann, bob, *_ = team.people()
    team.sign_in(ann, ago=3 * DAY)
    team.sign_in(bob, ago=2 * DAY, do="sign_in_failed")
    assert team.run("sync", "acme").code == 0
    assert team.calls() == 1
    found = team.events("--stored")
    assert [(each["kind"], each["principal"]["id"]) for each in found] == [
        ("sign_in_failed", bob),
        ("sign_in", ann),
    ]
    assert team.calls() == 1
    known = team.known()
    assert known.last[ResourceId(type="user", id=ann)].timestamp() == pytest.approx(time.time() - 3 * DAY, abs=60)
    told = team.run("events", "acme", "--stored")
    assert "all is known from" in told.err
    assert "sign in failed" in told.out
    assert team.run("events", "acme", "--stored", "--principal", "nobody@x.org").code == 5


def test_an_administrator_who_acts_as_somebody_has_not_signed_them_in(team: Team) -> None:
    boss, ann, *_ = team.people()
    team.sign_in(ann, do="sign_in_as", by=boss)
    team.sign_in(boss, by=boss)
    found = team.events()
    assert {(each["kind"], each["principal"]["id"]) for each in found} == {("sign_in", boss), ("other", ann)}
    known = team.known()
    assert ResourceId(type="user", id=ann) not in known.last


def test_what_comes_late_counts_and_the_window_ends_before_it(team: Team) -> None:
    ann = team.people()[1]
    team.sign_in(ann, ago=60, delay=20 * 3600)
    team.events()
    known = team.known()
    assert known.known_until.timestamp() <= time.time() - DAY
    assert ResourceId(type="user", id=ann) not in known.last
    team.control.advance(21 * 3600)
    team.events()
    known = team.known()
    assert ResourceId(type="user", id=ann) in known.last


@pytest.mark.parametrize(
    "switch",
    [
        {"event_ids": "account_only"},
        {"event_ids": "email_only"},
        {"event_ids": "none"},
        {"events_order": "shuffled"},
        {"events_repeated": "each_page"},
        {"lost_cursor": "reset"},
        {"lost_cursor": "bad_cursor"},
    ],
    ids=lambda switch: "-".join(*switch.items()),
)
def test_the_log_may_say_it_otherwise(team: Team, switch: dict[str, str]) -> None:
    team.control.behave(**switch)
    team.control.settings(page_cap=4)
    present = team.people()
    for number, user in enumerate(present):
        team.sign_in(user, ago=(number + 2) * DAY)
    team.run("sync", "acme")
    if "lost_cursor" in switch:
        team.control.forget_cursors()
    for number, user in enumerate(present):
        team.sign_in(user, ago=(number + 1) * 3600)
    found = team.events()
    known = team.known()
    assert len({each["id"] for each in found}) == len(found) == 2 * len(present)
    if switch == {"event_ids": "none"}:
        # Anybody may be meant: nothing is known before the last of them.
        assert known.last == {}
        assert known.known_from.timestamp() > time.time() - 2 * DAY
        return
    assert {id.id for id in known.last} == set(present)
    assert known.known_from.timestamp() == pytest.approx(time.time() - 100 * DAY, abs=60)


@pytest.mark.parametrize("how", ["no_time", "no_type"])
def test_an_event_that_is_not_understood_may_be_anybody_s(team: Team, how: str) -> None:
    team.control.behave(broken_event=how)
    team.sign_in(team.people()[1], ago=5 * DAY)
    ran = team.run("events", "acme")
    assert "1 event could not be understood" in ran.err
    known = team.known()
    assert known.known_from > known.known_until


def test_without_the_scope_the_sync_goes_on_and_says_so(tmp_path: Path) -> None:
    scopes = ("team_info.read", "members.read", "groups.read")
    with simulator_beside(TeamOptions(members=6), ServiceOptions(scopes=scopes)) as control:
        site = Site(tmp_path, control, activity=True)
        ran = site.run("sync", "acme")
        assert (ran.code, "activity can't be read" in ran.err, "events.read" in ran.err) == (0, True, True)
        assert site.run("events", "acme").code == 4
        report = site.run("check", "acme", "--output", "json").json
        (activity,) = [each for each in report["capabilities"] if each["capability"] == "activity"]
        assert (activity["available"], activity["missing"]) == (False, ["events.read"])
        site.configure(activity=False)
        assert site.run("events", "acme").code == 7
        assert site.run("events", "acme", "--stored").code in (0, 5)


def test_a_kill_between_pages_loses_and_doubles_nothing(team: Team) -> None:
    team.control.settings(page_cap=3)
    present = team.people()
    for number, user in enumerate(present):
        team.sign_in(user, ago=(number + 2) * DAY)
    hold = team.control.hold("team_log/get_events/continue", skip=1)
    begun = team.start("events", "acme")
    team.control.wait_held(hold, timeout=30)
    begun.kill()
    team.control.clear_holds()
    team.control.reset_requests()
    found = team.events()
    assert sorted(each["principal"]["id"] for each in found) == sorted(present)
    assert "team_log/get_events" not in team.control.requests()["per_route"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_follows_until_it_is_ended(team: Team, number: signal.Signals, code: int) -> None:
    ann = team.people()[1]
    begun = team.start("events", "acme", "--follow", "--every", "1", "--output", "json", "--log-level", "debug")
    begun.until(re.compile("route=/2/team_log/get_events/continue"))
    team.sign_in(ann)
    begun.until(re.compile("route=/2/team_log/get_events/continue"))
    begun.until(re.compile("route=/2/team_log/get_events/continue"))
    begun.process.send_signal(number)
    ended = begun.end()
    assert ended.code == code, ended.err
    told = [json.loads(line) for line in ended.out.splitlines()]
    assert [each["principal"]["id"] for each in told if each["principal"]["id"] == ann] == [ann]


def test_activity_of_another_team_is_not_mixed(team: Team, tmp_path: Path) -> None:
    assert team.run("sync", "acme").code == 0
    with simulator_beside(TeamOptions(members=6, seed=9, team_id="dbtid:other")) as other:
        team.configure(base_url=other.base_url)
        assert team.run("events", "acme").code == 2
        assert other.requests()["per_route"].get("team_log/get_events") is None


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE feed SET state = '{'",
        """UPDATE feed SET state = '{"known_until": "soon"}'""",
        "UPDATE event SET data = 'x'",
        "UPDATE sign_in SET last = 'never'",
        "DROP TABLE event",
        "CREATE TRIGGER t AFTER INSERT ON event BEGIN SELECT 1; END",
    ],
)
def test_what_was_stored_and_is_damaged_is_told(team: Team, harm: str) -> None:
    team.sign_in(team.people()[1], ago=2 * DAY)
    team.run("sync", "acme")
    file = team.home.activity("acme")
    with closing(sqlite3.connect(file)) as db:
        db.execute(harm)
        db.commit()
    listed, dormant = team.run("events", "acme", "--stored"), team.run("resources", "acme", "--dormant", "1")
    assert {listed.code, dormant.code} <= {0, 5, 12}
    assert 12 in (listed.code, dormant.code), listed.err + dormant.err
    # A snapshot is published all the same.
    assert team.run("sync", "acme").code == 0
