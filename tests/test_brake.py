"""A loss larger than the brake allows is held; another team is refused."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest
from harness.benches import bench
from harness.cli import Site
from harness.pictures import assert_same, of_file, of_truth
from harness.spawned import spawn

from jackfield_dropbox_simulator.launch import Control
from tests.sweeps.brake import LOSSES, Loss, lose, meet_another


@pytest.mark.parametrize("loss", [LOSSES[0], LOSSES[3], LOSSES[4], LOSSES[5], LOSSES[6]], ids=str)
def test_loss(loss: Loss) -> None:
    with bench() as workshop:
        told = asyncio.run(lose(loss, workshop, "acme"))
    assert told.startswith("held: it would lose more than 20%") == loss.held


@pytest.mark.parametrize("informed", [(True, True), (True, False), (False, True), (False, False)])
def test_another_team_is_never_published(informed: tuple[bool, bool]) -> None:
    with bench() as workshop:
        told = asyncio.run(meet_another(workshop, "acme", informed=informed))
    assert ("reaches" in told) == all(informed)


def test_the_same_people_under_another_team_id_are_refused(tmp_path: Path) -> None:
    with spawn("--members", "30", "--groups", "4") as simulator:
        site = Site(tmp_path, simulator)
        assert site.sync().code == 0
        simulator.settings(team_id="dbtid:another")
        ended = site.sync()
    assert ended.code == 2
    assert "dbtid:another" in ended.err
    assert "Traceback" not in ended.err
    assert [run.status.value for run in site.history()] == ["failed", "published"]


def test_a_third_of_the_team_leaves(tmp_path: Path) -> None:
    with spawn("--members", "60", "--groups", "6") as simulator:
        site = Site(tmp_path, simulator)
        assert site.sync().code == 0
        simulator.change({"do": "remove_percent", "percent": 30})
        held = site.sync()
        assert held.code == 9
        assert held.json["status"] == "held"
        assert f"--accept {held.json['run']}" in held.err
        assert "it would lose more than 20%" in held.err
        file = Path(held.json["snapshot"])
        assert sha256(file.read_bytes()).hexdigest() == held.json["sha256"]
        simulator.reset_requests()
        accepted = site.sync("--accept", held.json["run"])
        assert accepted.code == 0
        assert accepted.json["status"] == "published"
        assert accepted.json["sha256"] == held.json["sha256"] == sha256(file.read_bytes()).hexdigest()
        assert simulator.requests()["total"] == 0
        assert_same(of_file(file), of_truth(simulator.truth()), "accepted")
        again = site.sync("--accept", held.json["run"])
        assert again.code == 5, again


def test_what_our_own_changes_took_away_is_no_loss(tmp_path: Path) -> None:
    """45 of 200 memberships go by our changes: published. 35 of the other 155 go by somebody else's hand: held."""
    with spawn("--members", "60", "--groups", "5", "--memberships", "200") as simulator:
        site = Site(tmp_path, simulator, provisioning=True)
        assert site.sync().code == 0
        emails = {each["team_member_id"]: each["email"] for each in simulator.truth()["users"]}
        pairs = _memberships(simulator)
        rows = "".join(f"revoke,group:{group}/member,{emails[who]}\n" for group, who in pairs[:45])
        (tmp_path / "leave.csv").write_text(f"kind,entitlement,principal\n{rows}")
        assert site.run("plan", "acme", str(tmp_path / "leave.csv"), "-o", str(tmp_path / "leave.plan")).code == 0
        assert site.run("apply", str(tmp_path / "leave.plan"), "--yes").code == 0
        published = site.sync()
        assert published.code == 0, published
        simulator.change(*({"do": "group_remove", "user": who, "group": group} for group, who in pairs[45:80]))
        held = site.sync()
    assert held.code == 9, held
    assert ": 35 of " in held.err


def _memberships(simulator: Control) -> list[tuple[str, str]]:
    """Who is a member, not an owner, of which group that the team manages itself."""
    groups = [each for each in simulator.truth()["groups"] if each["management_type"] == "user_managed"]
    return sorted(
        (group["group_id"], who) for group in groups for who, access in group["members"].items() if access == "member"
    )


def test_what_a_change_ends_beside_is_no_loss(tmp_path: Path) -> None:
    """Whoever owns most groups is disabled by us, and can own none: the next sync is not held for it."""
    with spawn("--members", "40", "--groups", "30", "--memberships", "200", "--shape", "user_managed") as simulator:
        owned: dict[str, list[str]] = {}
        truth = simulator.truth()
        plain = {one["team_member_id"]: one for one in truth["users"] if one["status"] == "active" and not one["roles"]}
        for group in truth["groups"]:
            for who, access in group["members"].items():
                if access == "owner" and who in plain:
                    owned.setdefault(who, []).append(group["group_id"])
        who = max(sorted(plain), key=lambda one: len(owned.get(one, ())))
        for group in [each for each in truth["groups"] if each["management_type"] == "user_managed"][:20]:
            do = "set_access" if who in group["members"] else "group_add"
            simulator.change({"do": do, "user": who, "group": group["group_id"], "access": "owner"})
        site = Site(tmp_path, simulator, provisioning=True)
        assert site.sync().code == 0
        email = plain[who]["email"]
        made = site.run("account", "disable", "acme", email, "wipe_data=false", "--yes")
        assert made.code == 0, made
        synced = site.sync()
    assert synced.code == 0, synced
