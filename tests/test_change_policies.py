"""Policy plugins that are installed: one that is enabled is asked and told, one that is not never runs."""

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from harness.cli import NAME, Ended, Site
from harness.plugins import installer
from harness.rosters import Roster
from harness.spawned import spawn

from jackfield.hookspecs import POLICIES_GROUP
from jackfield.state import open_state
from jackfield_dropbox_simulator.launch import Spawned

CODE = """
import json
from pathlib import Path
from jackfield.hookspecs import PolicyType, hookimpl

HERE = Path(__file__).parent
with (HERE / "imported").open("a") as file:
    file.write("once\\n")

class Guard:
    @hookimpl
    def before_change(self, proposed):
        if "privileged" in proposed.change.kinds:
            return f"nobody is given {proposed.change.change.entitlement} without a ticket (asked for: {proposed.reason})"

class Fails:
    @hookimpl
    def before_change(self, proposed):
        raise RuntimeError("the policy server is away")

class Babbles:
    @hookimpl
    def before_change(self, proposed):
        return False

class Watch:
    @hookimpl
    def after_change(self, entry):
        told = {"change": entry.id, "outcome": entry.outcome.outcome.value, "tag": entry.outcome.tag, "why": entry.reason}
        with (HERE / "told").open("a") as file:
            file.write(json.dumps(told) + "\\n")

class Breaks:
    @hookimpl
    def after_change(self, entry):
        raise RuntimeError("the disk is full")

guard = PolicyType(name="no-privileges", open=Guard)
fails = PolicyType(name="away", open=Fails)
babbles = PolicyType(name="babbles", open=Babbles)
watch = PolicyType(name="watch", open=Watch)
breaks = PolicyType(name="breaks", open=Breaks)
"""
POINTS = {"no-privileges": "guard", "away": "fails", "babbles": "babbles", "watch": "watch", "breaks": "breaks"}


class Stage:
    """A simulated team, a folder to change it from, and a distribution with policies beside the others."""

    def __init__(self, folder: Path, simulator: Spawned) -> None:
        self.plugins = folder / "plugins"
        self.simulator = simulator
        self.site = Site(folder / "site", simulator, provisioning=True)
        points = {name: f"policies_for_test:{attribute}" for name, attribute in POINTS.items()}
        installer()(
            self.plugins, "policies-for-test", points={POLICIES_GROUP: points}, modules={"policies_for_test": CODE}
        )

    def enable(self, *names: str) -> None:
        """Enable these policies in the configuration."""
        file = self.site.folder / "jackfield.toml"
        file.write_text(f"policies = {json.dumps(names)}\n{file.read_text()}")

    def grant_role(self, *more: str) -> Ended:
        """Grant a privileged role to a member who has none."""
        now = self.now()
        role, who = now.roles["Support"], now.people()[0]
        self.who = who["team_member_id"]
        return self.site.run(
            "grant",
            NAME,
            f"role:{role}/member",
            f"user:{self.who}",
            "--yes",
            "--output",
            "json",
            "--reason",
            "T-1",
            *more,
        )

    def grant_group(self) -> Ended:
        """Grant a membership, which is no privilege."""
        group = self.now().group("company_managed")
        who = self.now().outside(group)[0]["team_member_id"]
        return self.site.run("grant", NAME, f"group:{group['group_id']}/member", f"user:{who}", "--output", "json")

    def now(self) -> Roster:
        """The team as it is."""
        return Roster(self.simulator.truth())

    def calls(self) -> int:
        """Calls of writing routes so far."""
        return self.simulator.effects()["total_calls"]

    def imported(self) -> int:
        """In how many processes the policies' module was imported."""
        file = self.plugins / "imported"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def told(self) -> list[dict[str, Any]]:
        """What the watching policy was told."""
        file = self.plugins / "told"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Stage]:
    with spawn("--members", "14", "--groups", "5") as simulator:
        stage = Stage(tmp_path, simulator)
        paths = [str(stage.plugins), *filter(None, [os.environ.get("PYTHONPATH")])]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
        yield stage


def test_an_enabled_policy_vetoes_a_privileged_role_and_is_named(stage: Stage) -> None:
    stage.enable("no-privileges")
    ended = stage.grant_role()
    assert ended.code == 5, ended
    assert (ended.json["outcome"], ended.json["tag"]) == ("refused", "vetoed")
    assert "'no-privileges'" in ended.json["reason"]
    assert "without a ticket (asked for: T-1)" in ended.json["reason"]
    assert stage.now().users[stage.who]["roles"] == []
    assert stage.calls() == 0
    assert stage.imported() == 1
    with open_state(stage.site.home.database) as state:
        (entry,) = state.changes(NAME)
    assert entry.outcome is not None
    assert (entry.outcome.tag, entry.outcome.reason) == ("vetoed", ended.json["reason"])


def test_what_it_does_not_mind_is_made(stage: Stage) -> None:
    stage.enable("no-privileges")
    ended = stage.grant_group()
    assert ended.code == 0, ended
    assert ended.json["outcome"] == "changed"
    assert stage.calls() == 1


def test_the_same_policy_not_enabled_is_never_imported(stage: Stage) -> None:
    ended = stage.grant_role()
    assert ended.code == 0, ended
    assert ended.json["outcome"] == "changed"
    assert stage.now().users[stage.who]["roles"] == [stage.now().roles["Support"]]
    for command in (("changes", "list"), ("connectors", "list"), ("action", "list", NAME)):
        assert stage.site.run(*command).code == 0
    assert stage.imported() == 0


@pytest.mark.parametrize(("name", "error"), [("away", "RuntimeError"), ("babbles", "TypeError")])
def test_a_policy_that_fails_vetoes(stage: Stage, name: str, error: str) -> None:
    stage.enable(name)
    ended = stage.grant_role()
    assert ended.code == 5, ended
    assert (ended.json["outcome"], ended.json["tag"]) == ("refused", "vetoed")
    assert f"'{name}' failed ({error})" in ended.json["reason"]
    assert stage.now().users[stage.who]["roles"] == []
    assert stage.calls() == 0


def test_a_policy_is_told_of_each_outcome_the_vetoed_one_too(stage: Stage) -> None:
    stage.enable("no-privileges", "watch")
    vetoed, made = stage.grant_role(), stage.grant_group()
    assert stage.told() == [
        {"change": vetoed.json["change"], "outcome": "refused", "tag": "vetoed", "why": "T-1"},
        {"change": made.json["change"], "outcome": "changed", "tag": None, "why": None},
    ]


def test_a_policy_that_fails_afterwards_changes_nothing_and_hinders_no_other(stage: Stage) -> None:
    stage.enable("breaks", "watch")
    ended = stage.grant_role()
    assert ended.code == 0, ended
    assert (ended.json["outcome"], ended.json["confirmed_by"]) == ("changed", "read")
    assert stage.now().users[stage.who]["roles"] == [stage.now().roles["Support"]]
    assert "breaks" in ended.err
    assert [one["outcome"] for one in stage.told()] == ["changed"]
    assert stage.calls() == 1


def test_a_dry_run_tells_no_policy(stage: Stage) -> None:
    stage.enable("watch")
    ended = stage.grant_role("--dry-run")
    assert (ended.code, ended.json["outcome"]) == (0, "changed"), ended
    assert stage.told() == []
    assert stage.calls() == 0


def test_of_a_plan_only_what_is_vetoed_is_left_out(stage: Stage, tmp_path: Path) -> None:
    stage.enable("no-privileges")
    now = stage.now()
    group, role = now.group("company_managed"), now.roles["Support"]
    who, holder = now.outside(group)[0]["team_member_id"], now.people()[0]["team_member_id"]
    file, plan = tmp_path / "many.csv", tmp_path / "many.plan"
    file.write_text(
        f"entitlement,principal\nrole:{role}/member,user:{holder}\ngroup:{group['group_id']}/member,user:{who}\n"
    )
    assert stage.site.run("plan", NAME, str(file), "-o", str(plan)).code == 0
    ended = stage.site.run("apply", str(plan), "--yes", "--output", "json")
    assert ended.code == 5, ended
    assert [(one["outcome"], one["tag"]) for one in ended.json["changes"]] == [("refused", "vetoed"), ("changed", None)]
    assert stage.now().users[holder]["roles"] == []
    assert stage.now().access(group["group_id"], who) == "member"
    assert stage.calls() == 1
