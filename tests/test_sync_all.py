"""``jackfield sync --all``: side by side over HTTP, one line each, the worst exit code, and an end of all by one signal."""

import json
import signal
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
from harness.besides import Beside, simulator_beside
from harness.cli import Site

from jackfield.cli.exits import of_syncs
from jackfield.state import open_state
from jackfield_dropbox_simulator.options import TeamOptions

NAMES = ("alpha", "beta", "gamma")


class Three(Site):
    """Three teams, each with a simulator of its own."""

    def __init__(self, folder: Path, teams: dict[str, Beside]) -> None:
        self.teams = teams
        super().__init__(folder, teams["alpha"])

    def configure(self, **settings: object) -> None:
        """Write a connection for each team; *settings* are other values of beta's keys."""
        lines: list[str] = []
        for name, team in self.teams.items():
            keys = {key: getattr(team, key) for key in ("app_key", "app_secret", "refresh_token", "base_url")}
            own = {"connector": "dropbox", **keys} | (settings if name == "beta" else {})
            lines += [f"[connections.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in own.items())]
        (self.folder / "jackfield.toml").write_text("\n".join(lines) + "\n")

    def last(self, name: str) -> str:
        with open_state(self.home.database) as state:
            return state.history(name)[0].status.value


@pytest.fixture
def three(tmp_path: Path) -> Generator[Three]:
    with ExitStack() as stack:
        sizes = zip(NAMES, (12, 20, 30), strict=True)
        teams = {
            name: stack.enter_context(simulator_beside(TeamOptions(members=members, groups=3, seed=members)))
            for name, members in sizes
        }
        yield Three(tmp_path / "site", teams)


def test_all_are_synced_and_each_has_its_line(three: Three) -> None:
    ran = three.run("sync", "--all")
    assert (ran.code, [line.split(":")[0] for line in ran.out.splitlines()]) == (0, list(NAMES)), ran.err
    assert all("complete; " in line for line in ran.out.splitlines())
    for name in NAMES:
        counted = three.run("stats", name, "--output", "json").json["figures"]
        users = next(each["rows"] for each in counted if each["of"] == "user")
        assert users == len(three.teams[name].truth()["users"])


def test_one_that_fails_stops_no_other_and_the_worst_code_is_given(three: Three) -> None:
    three.configure(refresh_token="another")
    three.teams["gamma"].behave(broken_member="no_status")
    ran = three.run("sync", "--all", "--output", "json")
    codes = {each["connection"]: each["exit_code"] for each in ran.json["connections"]}
    assert (ran.code, codes) == (3, {"alpha": 0, "beta": 3, "gamma": 8})
    told = three.run("sync", "--all").out.splitlines()
    assert told[1].startswith("beta: FAILED (3): ")
    assert "NOT COMPLETE" in told[2]
    overview = three.run("connections", "--output", "json").json["connections"]
    assert [each["sign_in_needed"] for each in overview] == [False, True, False]


def test_a_wrong_key_of_one_is_told_of_that_one(three: Three) -> None:
    three.configure(concurrency=0)
    ran = three.run("sync", "--all", "--output", "json")
    assert (ran.code, [each["exit_code"] for each in ran.json["connections"]]) == (2, [0, 2, 0])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_and_the_next_goes_on(three: Three, number: signal.Signals, code: int) -> None:
    holds = {name: team.hold("team/groups/get_info") for name, team in three.teams.items()}
    begun = three.start("sync", "--all")
    for name, hold in holds.items():
        three.teams[name].wait_held(hold, timeout=30)
    begun.process.send_signal(number)
    ended = begun.end()
    assert ended.code == code, ended.err
    assert [three.last(name) for name in NAMES] == ["interrupted"] * 3
    for team in three.teams.values():
        team.clear_holds()
        team.reset_requests()
    assert three.run("sync", "--all").code == 0
    assert [three.last(name) for name in NAMES] == ["published"] * 3
    # What was read before the signal is not asked for again.
    for team in three.teams.values():
        assert "team/groups/list" not in team.requests()["per_route"]


@pytest.mark.parametrize("words", [(), ("alpha", "--all"), ("--all", "--accept", "x")])
def test_it_takes_one_connection_or_all(three: Three, words: tuple[str, ...]) -> None:
    assert three.run("sync", *words).code == 2


def test_what_needs_a_person_is_worse_than_what_may_pass() -> None:
    assert of_syncs([0, 8, 9]) == 9
    assert of_syncs([75, 9, 8]) == 75
    assert of_syncs([3, 75, 2]) == 2
    assert of_syncs([]) == 0
