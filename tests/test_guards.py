"""Guards of changes over the command line, on a simulated team: who is protected, and whose consent the token is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.cli import NAME, Site
from harness.spawned import spawn

from jackfield_dropbox_simulator.launch import Spawned

WARNING = "the connection has its credentials by this person's consent"


@pytest.fixture(scope="module")
def team() -> Iterator[Spawned]:
    with spawn("--members", "30", "--groups", "4", "--seed", "1") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def person(team: Spawned, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Somebody with a second address, as a snapshot shows them."""
    site = Site(tmp_path_factory.mktemp("person"), team)
    assert site.sync().code == 0
    rows = site.run("resources", NAME, "--type", "user", "--status", "enabled", "--output", "json").json["resources"]
    return next(one for one in rows if len(one["emails"]) > 1)


@pytest.mark.parametrize("synced", [True, False], ids=["with a snapshot", "without one"])
@pytest.mark.parametrize("letters", [str, str.upper])
def test_a_secondary_address_protects_the_person(
    team: Spawned, person: dict[str, Any], tmp_path: Path, letters: type[str], synced: bool
) -> None:
    alias = next(each["address"] for each in person["emails"] if not each.get("primary"))
    site = Site(tmp_path, team, provisioning=True, protected=[letters(alias)])
    if synced:
        assert site.sync().code == 0
    who, login = f"user:{person['id']}", person["login"]
    team.reset_effects()
    for command in (
        ("account", "delete", NAME, who),
        ("account", "disable", NAME, who),
        ("account", "disable", NAME, login),
        ("action", "run", NAME, "set_profile", f"user_id={login}", "given_name=Other"),
    ):
        ended = site.run(*command, "--yes", "--output", "json")
        assert (ended.code, ended.json["tag"]) == (5, "protected"), ended.err
    assert team.effects()["total_calls"] == 0
    if synced:
        assert "the protected " not in site.run("check", NAME).out


def test_check_names_an_entry_that_means_nobody(team: Spawned, tmp_path: Path) -> None:
    site = Site(tmp_path, team, provisioning=True, protected=["nobody@nowhere.example", "HR-0"])
    for _ in range(2):
        out = site.run("check", NAME).out
        assert "'nobody@nowhere.example' means nobody" in out
        assert "'hr-0' means nobody" in out
        assert site.sync().code == 0


def test_the_administrator_behind_the_token_is_warned_of(team: Spawned, tmp_path: Path) -> None:
    site = Site(tmp_path, team, provisioning=True)
    admin = json.loads(site.run("check", NAME, "--output", "json").out)["authorized_by"]
    email = admin.partition("<")[2].rstrip(">") or admin
    others = [one["email"] for one in team.truth()["users"] if one["status"] == "active" and one["email"] != email]
    for verb in ("delete", "disable"):
        assert WARNING in site.run("account", verb, NAME, email, "--dry-run").out
        assert WARNING not in site.run("account", verb, NAME, others[0], "--dry-run").out


def test_another_address_counts_as_privileged(team: Spawned, tmp_path: Path) -> None:
    """Whoever reads what is sent there can sign in as the person."""
    site = Site(tmp_path, team, provisioning=True, **{"limits.privileged": 1})
    first, second = [one["email"] for one in team.truth()["users"] if one["status"] == "active"][-2:]
    for number, (who, codes) in enumerate(((first, (0,)), (second, (5, 5)))):
        command = ("action", "run", NAME, "set_profile", f"user_id={who}", f"email=other{number}@team.example")
        asked = site.run(*command)
        assert "would change" in asked.out or asked.code != 0, "nobody was asked"
        for more, code in zip((("--yes",), ("--yes", "--dry-run")), codes, strict=False):
            assert site.run(*command, *more).code == code
    there = {one["email"] for one in team.truth()["users"]}
    assert "other0@team.example" in there
    assert second in there
