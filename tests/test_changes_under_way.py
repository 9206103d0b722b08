"""Changes through the command line while something happens to them: the team drifts from a plan, tokens lapse, reads lag."""

import json
from pathlib import Path
from typing import Any

import pytest
from harness.cli import NAME
from harness.staging import Stage, entitlement, role, told

ADD, ROLES = "team/groups/members/add", "team/members/set_admin_permissions_v2"


class TestPlans:
    def plan(self, stage: Stage, *rows: dict[str, Any]) -> Path:
        """A plan of these changes, in a file."""
        asked, file = stage.site.folder / "asked.jsonl", stage.site.folder / "made.plan"
        asked.write_text("".join(json.dumps(row) + "\n" for row in rows))
        ended = stage.site.run("plan", NAME, str(asked), "-o", str(file))
        assert ended.code == 0, ended
        assert stage.effects() == {"calls": 0}
        return file

    def test_a_change_that_waits_for_another_stands_on_what_was_planned_too(self, stage: Stage) -> None:
        """One role goes so that another may come; meanwhile somebody gave a third one."""
        now = stage.now()
        held, meant, given = (now.roles[name] for name in ("User management", "Support", "Billing"))
        who = now.people(role=held)[0]["team_member_id"]
        file = self.plan(
            stage,
            {"kind": "revoke", "entitlement": role(held), "principal": f"user:{who}"},
            {"kind": "grant", "entitlement": role(meant), "principal": f"user:{who}", "replace": True},
        )
        stage.control.change({"do": "set_role", "user": who, "role": given})
        rows = stage.make("apply", str(file), code=14)["changes"]
        assert [(row["outcome"], row["tag"]) for row in rows] == [("already", None), ("refused", "drifted")]
        assert stage.now().users[who]["roles"] == [given]
        assert stage.effects() == {"calls": 0}

    def test_a_change_that_waits_for_another_is_made_where_nothing_has_drifted(self, stage: Stage) -> None:
        now = stage.now()
        held, meant = (now.roles[name] for name in ("User management", "Support"))
        who = now.people(role=held)[0]["team_member_id"]
        file = self.plan(
            stage,
            {"kind": "revoke", "entitlement": role(held), "principal": f"user:{who}"},
            {"kind": "grant", "entitlement": role(meant), "principal": f"user:{who}", "replace": True},
        )
        assert stage.make("apply", str(file))["outcomes"] == {"changed": 2}
        assert stage.now().users[who]["roles"] == [meant]

    def test_a_name_that_somebody_else_has_changed_is_not_overwritten(self, stage: Stage) -> None:
        who = stage.now().people()[0]["team_member_id"]
        file = self.plan(
            stage,
            {"kind": "action", "name": "set_profile", "account": f"user:{who}", "arguments": {"given_name": "Zoë"}},
        )
        stage.control.change({"do": "rename_member", "user": who, "given": "Ann", "surname": "Other"})
        (row,) = stage.make("apply", str(file), code=14)["changes"]
        assert (row["outcome"], row["tag"]) == ("refused", "drifted")
        assert stage.now().users[who]["display_name"] == "Ann Other"
        assert stage.effects() == {"calls": 0}

    def test_a_plan_that_is_applied_twice_changes_nothing_the_second_time(self, stage: Stage) -> None:
        group = stage.now().group("company_managed")
        who = [one["team_member_id"] for one in stage.now().outside(group)[:2]]
        file = self.plan(
            stage, *({"entitlement": entitlement(group, "member"), "principal": f"user:{id}"} for id in who)
        )
        assert stage.make("apply", str(file))["outcomes"] == {"changed": len(who)}
        calls = stage.effects()
        assert calls == {"calls": 1, "group_additions": len(who)}
        stage.control.change({"do": "group_remove", "user": who[0], "group": group["group_id"]})
        before = stage.control.requests()["total"]
        again = stage.make("apply", str(file), code=14)
        assert [told(one) for one in again["changes"]] == [("refused", "drifted", None), ("already", None, "read")]
        assert stage.control.requests()["total"] - before <= 4, (
            "the token, whose account it is, and a read of the people and of the group"
        )
        assert stage.effects() == calls
        assert stage.now().access(group["group_id"], who[0]) is None, "what was taken back meanwhile was given again"

    def test_who_was_invited_anew_under_another_id_is_not_who_was_to_be_deleted(self, stage: Stage) -> None:
        who = stage.now().people(role=None)[0]
        email = who["email"]
        file = self.plan(stage, {"kind": "delete_account", "account": email})
        stage.control.change({"do": "leave", "user": who["team_member_id"], "keep_account": True})
        (new, *_) = stage.control.change({"do": "invite", "email": email, "given": "Anew", "surname": "Invited"})
        (one,) = stage.make("apply", str(file), code=14)["changes"]
        assert told(one) == ("refused", "drifted", None)
        assert f"{email} (user:{who['team_member_id']}), who is not there any more" in one["reason"]
        assert f"user:{new}" in one["reason"]
        assert stage.effects() == {"calls": 0}

    def test_a_wiped_device_stands_in_the_outcome_and_in_the_journal(self, stage: Stage) -> None:
        who = stage.now().people(role=None)
        made = stage.make("account", "disable", NAME, who[0]["email"])
        assert (made["effects"], "wipes devices" in made["title"]) == (["wipes devices"], True)
        assert "wipes devices" in stage.site.run("changes", "show", made["change"]).out
        made = stage.make("account", "disable", NAME, who[1]["email"], "wipe_data=false")
        assert "effects" not in made
        made = stage.make("account", "delete", NAME, who[2]["email"], "wipe_data=true", "permanently_delete_files=true")
        assert made["effects"] == ["wipes devices", "deletes the files for good"]


class TestTheWayThere:
    @pytest.mark.parametrize("at", [ADD, "team/members/get_info_v2"])
    def test_a_token_that_expires_between_intent_and_call_is_renewed(self, stage: Stage, at: str) -> None:
        group = stage.now().group("company_managed")
        who = stage.now().outside(group)[0]
        stage.control.fault("expired_token", route=at, times=1)
        made = stage.make("grant", NAME, entitlement(group, "member"), who["email"])
        assert told(made) == ("changed", None, "read")
        assert stage.now().access(group["group_id"], who["team_member_id"]) == "member"
        assert stage.effects()["group_additions"] == 1
        assert stage.control.faults()[0]["fired"] == 1
        assert stage.control.requests()["token_refreshes"] == 2

    def test_a_token_that_can_not_be_renewed_fails_the_change_which_is_not_made(self, stage: Stage) -> None:
        group = stage.now().group("company_managed")
        who = stage.now().outside(group)[0]
        stage.control.fault("expired_token", route=ADD, times=1)
        # The first renewal is the token of the process itself.
        stage.control.fault("revoked_refresh", route="oauth2/token", at=stage.control.requests()["total"] + 5)
        made = stage.make("grant", NAME, entitlement(group, "member"), who["email"], code=3)
        assert made["outcome"] == "failed"
        assert "jackfield authorize" in made["reason"]
        assert stage.now().access(group["group_id"], who["team_member_id"]) is None
        assert "group_additions" not in stage.effects()

    def test_a_read_that_lags_three_seconds_behind_the_write_is_waited_for(self, stage: Stage) -> None:
        group = stage.now().group("company_managed")
        who = stage.now().outside(group)[0]
        stage.control.settings(read_lag=3.0)
        ended = stage.site.run("grant", NAME, entitlement(group, "member"), who["email"], "--output", "json")
        assert ended.code == 0, ended
        assert told(ended.json) == ("changed", None, "read")
        assert ended.json["state"]["held"] == [entitlement(group, "member")]
        assert ended.seconds > 3
        assert stage.effects() == {"calls": 1, "group_additions": 1}

    def test_a_read_that_does_not_show_yet_what_others_did_asks_and_finds_it_already(self, stage: Stage) -> None:
        group = stage.now().group("company_managed")
        who = stage.now().outside(group)[0]
        stage.control.settings(read_lag=3.0)
        stage.control.change(
            {"do": "group_add", "user": who["team_member_id"], "group": group["group_id"], "access": "member"}
        )
        made = stage.make("grant", NAME, entitlement(group, "member"), who["email"])
        assert told(made) == ("already", "duplicate_user", "read")
        assert stage.effects() == {"calls": 1}

    def test_a_refusal_stays_one_where_the_state_can_not_be_read_afterwards(self, stage: Stage) -> None:
        suspended = stage.now().people("suspended")[0]
        stage.site.configure(retry_deadline=1.0)
        reads = [one["route"] for one in self._usual(stage, suspended)]
        after = len(reads) - reads[::-1].index(ROLES)
        for at in range(after, after + 60):
            stage.control.fault("unavailable", at=at, times=1)
        made = stage.make("grant", NAME, role(stage.now().roles["Support"]), suspended["email"], code=5)
        assert made["outcome"] == "refused"
        assert made["tag"] == "cannot_set_permissions"

    def _usual(self, stage: Stage, suspended: dict[str, Any]) -> list[dict[str, Any]]:
        """The requests of the same command, undisturbed."""
        stage.make("grant", NAME, role(stage.now().roles["Support"]), suspended["email"], code=5)
        requests = stage.control.requests()["requests"]
        stage.control.reset_requests()
        return requests
