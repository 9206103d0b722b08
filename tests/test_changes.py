"""Changes through the command line against a simulated team: what is told is what is true of the team afterwards."""

import asyncio
from pathlib import Path

import pytest
from harness.cli import JACKFIELD, NAME
from harness.simulators import simulating
from harness.staging import Stage, entitlement, open_group, role, told

from jackfield_dropbox_simulator.options import TeamOptions

ADD, REMOVE = "team/groups/members/add", "team/groups/members/remove"
ROLES, INVITE = "team/members/set_admin_permissions_v2", "team/members/add_v2"


@pytest.mark.parametrize("output", ["table", "json"])
def test_where_nothing_can_be_told_of_what_was_made_the_way_to_it_is(stage: Stage, output: str) -> None:
    group = open_group(stage)
    who = stage.now().outside(group)[0]
    command = ("grant", NAME, entitlement(group, "member"), who["email"], "--yes", "--output", output)
    ended = stage.site.start(*command, program=("sh", "-c", 'exec "$0" "$@" >/dev/full', JACKFIELD)).end()
    assert ended.code == 12
    assert f"`jackfield changes list --connection {NAME}` shows what became of each" in ended.err
    assert stage.now().access(group["group_id"], who["team_member_id"]) == "member"


class TestGroups:
    def test_owner_granted_to_a_plain_member_makes_an_owner(self, stage: Stage) -> None:
        group = stage.now().group()
        member = stage.now().inside(group, "member")[0]
        made = stage.make("grant", NAME, entitlement(group, "owner"), member["email"])
        assert told(made) == ("changed", None, "read")
        assert made["state"]["held"] == [entitlement(group, "owner")]
        assert stage.now().access(group["group_id"], member["team_member_id"]) == "owner"
        assert stage.effects() == {"calls": 1, "access_changes": 1}

    def test_owner_revoked_leaves_a_member(self, stage: Stage) -> None:
        group = stage.now().group()
        owner = stage.now().inside(group, "owner")[0]
        made = stage.make("revoke", NAME, entitlement(group, "owner"), owner["email"])
        assert told(made) == ("changed", None, "read")
        assert made["state"]["held"] == [entitlement(group, "member")]
        assert stage.now().access(group["group_id"], owner["team_member_id"]) == "member"
        assert stage.effects() == {"calls": 1, "access_changes": 1}

    def test_membership_of_an_owner_is_not_revoked_and_the_ownership_is_named(self, stage: Stage) -> None:
        group = stage.now().group()
        owner = stage.now().inside(group, "owner")[0]
        made = stage.make("revoke", NAME, entitlement(group, "member"), owner["email"], code=5)
        assert made["outcome"] == "refused"
        assert entitlement(group, "owner") in made["reason"]
        assert stage.now().access(group["group_id"], owner["team_member_id"]) == "owner"
        assert stage.effects() == {"calls": 0}

    def test_member_granted_to_an_owner_is_already(self, stage: Stage) -> None:
        group = stage.now().group()
        owner = stage.now().inside(group, "owner")[0]
        made = stage.make("grant", NAME, entitlement(group, "member"), owner["email"])
        assert told(made) == ("already", None, "read")
        assert stage.now().access(group["group_id"], owner["team_member_id"]) == "owner"
        assert stage.effects() == {"calls": 0}

    def test_member_added_to_a_system_managed_group_is_refused(self, tmp_path: Path) -> None:
        """Dropbox holds everybody in that group; somebody who is missing for a while can't be added by hand."""

        async def run() -> None:
            async with simulating(TeamOptions(members=14, groups=5)) as inside:
                stage = Stage(tmp_path, inside)
                everyone = stage.now().group("system_managed")
                who = next(iter(everyone["members"]))
                team = inside.service.team
                team.drop(team.group_by_id[everyone["group_id"]], team.by_id[who])
                made = await asyncio.to_thread(
                    stage.make, "grant", NAME, entitlement(everyone, "member"), f"user:{who}", code=5
                )
                assert told(made) == ("refused", "immutable", None)
                assert stage.now().access(everyone["group_id"], who) is None
                assert stage.effects() == {"calls": 0}
                stage.settled()

        asyncio.run(run())

    def test_what_dropbox_says_of_a_system_managed_group_is_the_outcome(self, stage: Stage) -> None:
        """The group was another one when it was read."""
        group = stage.now().group()
        who = stage.now().inside(group, "member")[0]
        stage.control.change({"do": "group_remove", "user": who["team_member_id"], "group": group["group_id"]})
        stage.control.force(ADD, "system_managed_group_disallowed")
        made = stage.make("grant", NAME, entitlement(group, "member"), who["email"], code=5)
        assert told(made) == ("refused", "system_managed_group_disallowed", None)
        assert stage.now().access(group["group_id"], who["team_member_id"]) is None
        assert stage.effects() == {"calls": 1}

    def test_member_revoked_from_a_system_managed_group_is_refused(self, stage: Stage) -> None:
        everyone = stage.now().group("system_managed")
        who = stage.now().people()[0]
        made = stage.make("revoke", NAME, entitlement(everyone, "member"), who["email"], code=5)
        assert told(made) == ("refused", "immutable", None)
        assert stage.now().access(everyone["group_id"], who["team_member_id"]) == "member"
        assert stage.effects() == {"calls": 0}

    def test_a_company_managed_group_takes_members_and_no_owners(self, stage: Stage) -> None:
        group = stage.now().group("company_managed")
        who = stage.now().outside(group)[0]
        refused = stage.make("grant", NAME, entitlement(group, "owner"), who["email"], code=5)
        assert refused["outcome"] == "refused"
        assert stage.effects() == {"calls": 0}
        assert told(stage.make("grant", NAME, entitlement(group, "member"), who["email"])) == ("changed", None, "read")
        assert stage.now().access(group["group_id"], who["team_member_id"]) == "member"
        assert stage.effects() == {"calls": 1, "group_additions": 1}


class TestRoles:
    def test_a_role_granted_to_a_suspended_user_is_refused(self, stage: Stage) -> None:
        suspended = stage.now().people("suspended")[0]
        made = stage.make("grant", NAME, role(stage.now().roles["Support"]), suspended["email"], code=5)
        assert told(made) == ("refused", "cannot_set_permissions", None)
        assert stage.now().users[suspended["team_member_id"]]["roles"] == []
        assert stage.effects() == {"calls": 1}

    def test_the_role_of_the_last_admin_stays(self, stage: Stage) -> None:
        admin_role = stage.now().admin_role
        last, *others = stage.now().people(role=admin_role)
        stage.control.change(
            *({"do": "set_role", "user": one["team_member_id"], "role": None} for one in others)  # type: ignore[arg-type]
        )
        made = stage.make("revoke", NAME, role(admin_role), last["email"], code=5)
        assert told(made) == ("refused", "last_admin", None)
        assert made["state"]["held"] == [role(admin_role)]
        assert stage.now().users[last["team_member_id"]]["roles"] == [admin_role]
        assert stage.effects() == {"calls": 1}

    def test_one_of_two_admins_may_lose_the_role(self, stage: Stage) -> None:
        admin_role = stage.now().admin_role
        _, other = stage.now().people(role=admin_role)
        made = stage.make("revoke", NAME, role(admin_role), other["email"])
        assert told(made) == ("changed", None, "read")
        assert stage.now().users[other["team_member_id"]]["roles"] == []
        assert stage.effects() == {"calls": 1, "role_changes": 1}

    def test_a_role_that_is_not_the_one_held_changes_nothing_and_says_so(self, stage: Stage) -> None:
        held, asked = stage.now().roles["User management"], stage.now().roles["Support"]
        holder = stage.now().people(role=held)[0]
        made = stage.make("revoke", NAME, role(asked), holder["email"])
        assert told(made) == ("already", None, "read")
        assert role(held) in made["reason"]
        assert "not held" in made["reason"]
        assert stage.now().users[holder["team_member_id"]]["roles"] == [held]
        assert stage.effects() == {"calls": 0}

    def test_a_role_is_granted_over_another_only_if_that_is_meant(self, stage: Stage) -> None:
        held, asked = stage.now().roles["User management"], stage.now().roles["Support"]
        holder = stage.now().people(role=held)[0]
        refused = stage.make("grant", NAME, role(asked), holder["email"], code=5)
        assert told(refused) == ("refused", "needs_replace", None)
        assert role(held) in refused["reason"]
        assert stage.effects() == {"calls": 0}
        assert told(stage.make("grant", NAME, role(asked), holder["email"], "--replace")) == ("changed", None, "read")
        assert stage.now().users[holder["team_member_id"]]["roles"] == [asked]
        assert stage.effects() == {"calls": 1, "role_changes": 1}


class TestAccounts:
    def test_disable_of_an_invited_user_is_refused_and_not_already(self, stage: Stage) -> None:
        invited = stage.now().people("invited")[0]
        made = stage.make("account", "disable", NAME, invited["email"], code=5)
        assert told(made) == ("refused", "wrong_status", None)
        assert "invited" in made["reason"]
        forecast = stage.make("account", "disable", NAME, invited["email"], "--dry-run", code=5)
        assert (forecast["tag"], forecast["reason"]) == (made["tag"], made["reason"])
        assert stage.now().users[invited["team_member_id"]]["status"] == "invited"
        assert stage.effects() == {"calls": 0}

    def test_disable_and_enable(self, stage: Stage) -> None:
        who = stage.now().inside(stage.now().group(), "member")[1]
        disabled = stage.make("account", "disable", NAME, who["email"], "wipe_data=false")
        assert told(disabled) == ("changed", None, "read")
        assert disabled["state"]["status"] == "disabled"
        assert stage.now().users[who["team_member_id"]]["status"] == "suspended"
        assert told(stage.make("account", "disable", NAME, who["email"])) == ("already", None, "read")
        assert told(stage.make("account", "enable", NAME, who["email"])) == ("changed", None, "read")
        assert stage.now().users[who["team_member_id"]]["status"] == "active"
        assert stage.effects() == {"calls": 2, "suspensions": 1, "unsuspensions": 1}

    def test_create_by_a_job_is_followed_to_its_end(self, stage: Stage) -> None:
        stage.control.settings(async_jobs=True, job_polls=2, job_seconds=1.0, job_effect="end")
        made = stage.make("account", "create", NAME, "email=new@team.example", "given_name=Zoë")
        assert told(made) == ("changed", None, "read")
        new = stage.now().named("new@team.example")
        assert new is not None
        assert (new["status"], made["account"]) == ("invited", f"user:{new['team_member_id']}")
        assert stage.effects() == {"calls": 1, "invitations": 1, "welcome_mails": 1}

    def test_delete_by_a_job_is_followed_to_its_end(self, stage: Stage) -> None:
        stage.control.settings(async_jobs=True, job_polls=2, job_seconds=1.0, job_effect="end")
        who = stage.now().people()[0]
        made = stage.make("account", "delete", NAME, who["email"])
        assert told(made) == ("changed", None, "read")
        assert "can be recovered until" in made["reason"]
        assert stage.now().removed[who["team_member_id"]]["is_recoverable"]
        assert stage.effects() == {"calls": 1, "removals": 1}

    @pytest.mark.parametrize("verb", ["create", "delete"])
    def test_a_job_that_fails_is_told_as_failed(self, stage: Stage, verb: str) -> None:
        stage.control.settings(async_jobs=True, job_polls=1, job_fails="It did not work.")
        who = stage.now().people()[0]
        what = "email=new@team.example" if verb == "create" else who["email"]
        made = stage.make("account", verb, NAME, what, code=75)
        assert (made["outcome"], made["retryable"]) == ("failed", True)
        assert made["reason"]
        assert stage.now().named("new@team.example") is None
        assert who["team_member_id"] in stage.now().users
        assert stage.effects() == {"calls": 1}

    def test_a_job_that_takes_longer_than_is_waited_for_is_pending_and_settled_later(self, stage: Stage) -> None:
        stage.control.settings(async_jobs=True, job_seconds=500.0, job_effect="end")
        made = stage.make("account", "create", NAME, "email=new@team.example", "--wait", "0.5", code=10)
        assert (made["outcome"], made["confirmed_by"]) == ("pending", None)
        assert stage.now().named("new@team.example") is None
        stage.control.advance(500)
        (settled,) = stage.make("changes", "recover", NAME)["changes"]
        assert (settled["change"], *told(settled)) == (made["change"], "changed", None, "read")
        assert stage.now().named("new@team.example") is not None
        assert stage.effects() == {"calls": 1, "invitations": 1, "welcome_mails": 1}

    def test_nothing_alters_an_account_while_its_deletion_goes_on(self, stage: Stage) -> None:
        stage.control.settings(async_jobs=True, job_seconds=500.0, job_effect="end")
        who = stage.now().people("active", role=None)[0]
        going = stage.make("account", "delete", NAME, who["email"], "--wait", "0.2", code=10)
        for command in (
            ("action", "run", NAME, "recover_user", f"user_id={who['team_member_id']}"),
            ("account", "disable", NAME, who["email"]),
        ):
            made = stage.make(*command, "--wait", "0.2", code=5)
            assert told(made) == ("refused", "goes_on", None)
            assert going["change"] in made["reason"]
        assert stage.effects() == {"calls": 1}
        stage.control.advance(500)
        assert stage.make("changes", "recover", NAME)["outcomes"] == {"changed": 1}

    def test_somebody_who_was_removed_is_not_disabled_nor_is_that_foretold(self, stage: Stage) -> None:
        who = stage.now().people("active", role=None)[0]
        stage.make("account", "delete", NAME, who["email"])
        for more in (("--dry-run",), ()):
            made = stage.make("account", "disable", NAME, f"user:{who['team_member_id']}", *more, code=5)
            assert (made["outcome"], made["tag"]) == ("refused", "not_found")
        assert stage.effects() == {"calls": 1, "removals": 1}

    def test_create_for_somebody_invited_is_already_and_sends_nothing(self, stage: Stage) -> None:
        invited = stage.now().people("invited", role=None)[0]
        made = stage.make("account", "create", NAME, f"email={invited['email'].upper()}")
        assert told(made) == ("already", None, "read")
        assert made["account"] == f"user:{invited['team_member_id']}"
        assert stage.effects() == {"calls": 0}

    def test_create_for_somebody_suspended_is_refused_and_names_the_way(self, stage: Stage) -> None:
        suspended = stage.now().people("suspended")[0]
        made = stage.make("account", "create", NAME, f"email={suspended['email']}", code=5)
        assert made["outcome"] == "refused"
        assert "enable" in made["reason"]
        assert made["account"] == f"user:{suspended['team_member_id']}"
        assert stage.now().users[suspended["team_member_id"]]["status"] == "suspended"
        assert "invitations" not in stage.effects()

    def test_create_for_somebody_removed_but_recoverable_is_refused_and_names_the_way(self, stage: Stage) -> None:
        gone = stage.now().people()[0]
        stage.control.change({"do": "leave", "user": gone["team_member_id"]})
        made = stage.make("account", "create", NAME, f"email={gone['email']}", code=5)
        assert told(made) == ("refused", "user_already_on_team", None)
        assert "recover_user" in made["reason"]
        assert made["account"] == f"user:{gone['team_member_id']}"
        assert stage.effects() == {"calls": 1}
        way = stage.make("action", "run", NAME, "recover_user", f"user_id={gone['team_member_id']}")
        assert told(way) == ("changed", None, "read")
        assert stage.now().users[gone["team_member_id"]]["status"] == "active"
