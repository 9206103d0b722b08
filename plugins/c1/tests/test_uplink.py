"""The uplink as a process, against a stand-in of the platform that others wrote from the facts of the wire alone.

Whatever breaks a rule of the wire is a violation there, and fails the test.
"""

import signal
import time
from typing import Any

import pytest
from harness.uplinks import NAME, Between, deleting, granting, inviting, revoking, running

from jackfield_contracts import OutcomeKind


def _pair(between: Between, *, inside: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """A group that the team manages itself, and somebody who is outside of it, or a member."""
    now = between.now()
    for group in now.groups.values():
        people = now.inside(group, "member") if inside else now.outside(group)
        if group["management_type"] == "user_managed" and len(people) > 1:
            return group, people[0]
    raise AssertionError("no such pair")


def test_changes_are_made_confirmed_and_told(between: Between) -> None:
    group, user = _pair(between)
    with between.served() as server:
        made = between.carried_out("grant", granting(group, user))
        assert "annotations" not in made["success"]["response"]
        assert user["team_member_id"] in between.now().groups[group["group_id"]]["members"]
        again = between.carried_out("grant", granting(group, user))
        assert "GrantAlreadyExists" in again["success"]["response"]["annotations"][0]["@type"]
        between.carried_out("revoke", revoking(group, user))
        assert user["team_member_id"] not in between.now().groups[group["group_id"]]["members"]
        gone = between.carried_out("revoke", revoking(group, user))
        assert "GrantAlreadyRevoked" in gone["success"]["response"]["annotations"][0]["@type"]
        assert server.metric("jackfield_changes_total", connection=NAME, kind="grant", outcome="changed") == 1
        assert server.metric("jackfield_changes_total", connection=NAME, kind="grant", outcome="already") == 1


def test_accounts_come_and_go(between: Between) -> None:
    _, user = _pair(between)
    with between.served():
        made = between.carried_out("create_account", inviting("ann.new@team.example"))
        result = made["success"]["response"]["success"]
        id = result["resource"]["id"]["resource"]
        assert {"ann.new@team.example": id}.items() <= {
            each["email"]: each["team_member_id"] for each in between.team.truth()["users"]
        }.items()
        there = between.carried_out("create_account", inviting("ann.new@team.example"))
        assert there["success"]["response"]["already_exists"]["resource"]["id"]["resource"] == id
        between.carried_out("delete_resource", deleting(user))
        assert user["email"] not in [each["email"] for each in between.team.truth()["users"]]
        gone = between.carried_out("delete_resource", deleting(user))
        assert "ResourceDoesNotExist" in gone["success"]["response"]["annotations"][0]["@type"]


def test_actions_are_listed_run_and_asked_about(between: Between) -> None:
    _, user = _pair(between)
    with between.served():
        listed = between.carried_out("action_list_schemas", {})["success"]["response"]["schemas"]
        assert {"enable_user", "disable_user"} <= {each["name"] for each in listed}
        one = between.carried_out("action_get_schema", {"name": "disable_user"})["success"]["response"]["schema"]
        assert "user_id" in {each["name"] for each in one["arguments"]}
        id = between.platform.offer(
            "action_invoke", running("disable_user", user_id=user["team_member_id"], wipe_data=False)
        )
        ended = between.platform.wait(id)["finishes"][0]["success"]["response"]
        assert (ended["status"], ended["id"]) == ("BATON_ACTION_STATUS_COMPLETE", id)
        stands = between.carried_out("action_status", {"name": "disable_user", "id": id})["success"]["response"]
        assert stands["status"] == "BATON_ACTION_STATUS_COMPLETE"
        back = between.carried_out("action_invoke", running("enable_user", user_id=user["email"]))
        assert back["success"]["response"]["response"]["outcome"] == "changed"
        unknown = between.carried_out("action_status", {"name": "disable_user", "id": "0" * 27})
        assert unknown["status"]["code"] == 5


def test_what_the_application_refuses_is_never_success(between: Between) -> None:
    group, user = _pair(between)
    with between.served():
        for tag in ("user_must_be_active_to_be_owner", "group_not_in_team"):
            between.team.force("team/groups/members/add", tag)
            told = between.carried_out("grant", granting(group, user))
            assert told["status"]["code"] == 9, tag
            assert "refused" in told["status"]["message"], tag
            assert told["status"]["details"][0]["reason"] == "grant_cancelled", tag
            assert told["error"]["non_retryable"], tag


def test_what_nobody_knows_is_told_as_unverified(between: Between) -> None:
    group, user = _pair(between)
    with between.served():
        # It is added, and taken out again by somebody else before it is looked at.
        hold = between.team.hold("team/groups/members/add", "after")
        id = between.platform.offer("grant", granting(group, user))
        between.team.wait_held(hold, timeout=60)
        between.team.change({"do": "group_remove", "user": user["team_member_id"], "group": group["group_id"]})
        between.team.release(hold)
        told = between.platform.wait(id, timeout=90)["finishes"][0]
    entry = between.entry(id)
    assert entry is not None
    assert entry.outcome is not None
    assert entry.outcome.outcome is OutcomeKind.UNVERIFIED
    assert told["status"]["code"] == 2
    assert "unverified" in told["status"]["message"]


def test_nothing_is_changed_unless_provisioning_is_enabled(between: Between) -> None:
    group, user = _pair(between)
    with between.served(BATON_PROVISIONING="false"):
        for kind, payload in (
            ("grant", granting(group, user)),
            ("delete_resource", deleting(user)),
            ("action_invoke", running("disable_user", user_id=user["email"])),
        ):
            told = between.carried_out(kind, payload)
            assert (told["status"]["code"], told["status"]["message"]) == (9, "provisioning is not enabled")
        assert not between.carried_out("action_list_schemas", {})["success"]["response"].get("schemas")
    assert between.team.effects()["total_calls"] == 0


def test_the_guards_of_the_host_hold(between: Between) -> None:
    group, user = _pair(between)
    guards = {
        "JACKFIELD_CONNECTIONS__DROPBOX__PROTECTED": f'["{user["email"]}"]',
        "JACKFIELD_CONNECTIONS__DROPBOX__LIMITS": '{"delete": 0}',
    }
    now = between.now()
    other = next(each for each in now.outside(group) if each["email"] != user["email"] and not each["roles"])
    with between.served(**guards):
        for kind, payload in (("grant", granting(group, user)), ("delete_resource", deleting(other))):
            told = between.carried_out(kind, payload)
            assert told["status"]["code"] == 9
            assert "refused" in told["status"]["message"]
    assert between.team.effects()["total_calls"] == 0


NOT_OFFERED = ("create_ticket_task", "rotate_credentials", "issue_credential", "compact_syncs", "event_feed")


def test_what_is_not_offered_is_finished_as_such(between: Between) -> None:
    with between.served():
        for kind in NOT_OFFERED:
            told = between.carried_out(kind, {})
            assert told["status"]["code"] == 12, kind
            assert told["error"]["non_retryable"], kind


NO_SENSE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("grant", {}),
    ("grant", {"entitlement": {"id": "x"}, "principal": {"id": {"resource_type": "user", "resource": "y"}}}),
    ("revoke", {"grant": {"id": "only"}}),
    ("delete_resource", {}),
    ("action_invoke", {"name": "disable_user", "args": {"nobody": "x"}}),
    ("action_invoke", {"name": "disable_user", "args": {"user_id": {"deep": [1]}}}),
    ("create_account", {"account_info": {"profile": {"email": 3}}}),
    ("action_invoke", {"name": "disable_user", "args": {"user_id": "x", "wipe_data": None}}),
    ("create_account", {"credential_options": {"random_password": {"length": 20}}}),
    ("list_events", {"event_feed_id": "none"}),
    ("sync_full", {"sync_resource_type_ids": ["User"]}),
    ("sync_full", {"sync_resource_type_ids": ["user", ""]}),
    ("sync_full", {"targeted_sync_resources": [{"id": {"resource_type": "team", "resource": "x"}}]}),
)


def test_a_task_that_makes_no_sense_fails_and_the_next_goes_on(between: Between) -> None:
    with between.served():
        for kind, payload in NO_SENSE:
            told = between.carried_out(kind, payload)
            assert told["status"]["code"] in (5, 9, 12), (kind, payload)
            assert between.carried_out("action_list_schemas", {})["success"], (kind, payload)
            assert between.team.effects()["total_calls"] == 0, (kind, payload)


def test_a_task_that_is_delivered_twice_has_one_effect_and_one_answer(between: Between) -> None:
    group, user = _pair(between)
    with between.served():
        id = between.platform.offer("grant", granting(group, user))
        between.platform.wait(id)
        between.platform.deliver(id)
        task = between.platform.wait_for(lambda: between.platform.task(id), lambda one: len(one["finishes"]) == 2)
    first, second = (each["success"]["response"] for each in task["finishes"])
    assert first == second
    assert between.team.effects()["calls"]["team/groups/members/add"] == 1


def test_a_token_that_ends_or_is_withdrawn_is_renewed(between: Between) -> None:
    between.platform.settings(token_lifetime=12.0)
    with between.served():
        assert between.carried_out("action_list_schemas", {})["success"]
        first = len(between.platform.calls("token"))
        time.sleep(3)
        assert between.carried_out("action_list_schemas", {})["success"]
        assert len(between.platform.calls("token")) > first
        between.platform.settings(token_lifetime=3600.0, allowed=["token"])
        between.platform.expire_tokens()
        assert between.carried_out("action_list_schemas", {})["success"]


def test_failures_of_the_platform_are_waited_out(between: Between) -> None:
    between.platform.fail("GetTask", "UNAVAILABLE", times=2)
    between.platform.fail("FinishTask", "UNAVAILABLE", times=1)
    with between.served() as server:
        assert between.carried_out("action_list_schemas", {})["success"]
        assert server.ask("ready").status == 200
        between.platform.go_down(600)
        between.platform.wait_for(lambda: server.ask("ready").status, lambda status: status == 503)
        assert "uplink dropbox" in server.ask("ready").text
        between.platform.go_down(0)
        assert between.carried_out("action_list_schemas", {}, timeout=90)["success"]
        assert server.ask("ready").status == 200


def test_credentials_that_are_refused_end_the_uplink_and_nothing_else(between: Between) -> None:
    between.platform.fail("token", "401", times=1000)
    with between.served() as server:
        ended = server.logged("a service ended", again=False)
        assert "refuses the client id and secret" in ended["reason"]
        assert "service c1" in server.ask("ready").text
        assert server.ask("live").status == 200
        assert server.end() < 10


def test_an_uplink_that_ended_for_good_begins_again_at_sighup(between: Between) -> None:
    between.platform.fail("token", "401", times=1000)
    with between.served() as server:
        server.logged("a service ended", again=False)
        between.platform.repair()
        server.process.send_signal(signal.SIGHUP)
        server.logged("the configuration was read anew", services=1)
        assert between.carried_out("action_list_schemas", {})["success"]
        assert "service c1" not in server.ask("ready").text
        server.process.send_signal(signal.SIGHUP)
        server.until(lambda _: server.count("the configuration was read anew") == 2)
        assert between.carried_out("action_list_schemas", {})["success"]
        assert len(between.platform.calls("Hello")) == 1, "one that runs goes on"


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("BATON_CLIENT_ID", "no-host", "services.c1.client_id"),
        ("BATON_CLIENT_SECRET", "secret-token:x:v2:AAAA", "services.c1.client_secret"),
        ("BATON_CLIENT_SECRET", "secret-token:x:v1:AAAA", "services.c1.client_secret"),
    ],
)
def test_credentials_of_another_form_are_told_with_their_place(
    between: Between, variable: str, value: str, says: str
) -> None:
    with between.served(**{variable: value}) as server:
        ended = server.logged("a service ended", again=False)
        assert says in ended["reason"]
        assert value.rpartition(":")[2] not in ended["reason"] or variable == "BATON_CLIENT_ID"


def test_without_a_client_id_it_syncs_on_schedule(between: Between) -> None:
    with between.served(BATON_CLIENT_ID="", JACKFIELD_SERVE__SCHEDULE="1s") as server:
        server.logged("serving", services=0)
        server.logged("synced", connection=NAME)
    assert not between.platform.calls()


def test_no_secret_is_logged_or_kept(between: Between) -> None:
    group, user = _pair(between)
    with between.served(BATON_LOG_LEVEL="debug", JACKFIELD_LOG_LEVEL="debug") as server:
        between.carried_out("sync_full", {})
        between.carried_out("grant", granting(group, user))
        shown = "\n".join([*server.lines, server.ask("health").text, server.ask("metrics").text])
        server.end()
    kept = [file.read_bytes() for file in between.folder.rglob("*") if file.is_file()]
    kept += [file.read_bytes() for file in between.platform.folder.rglob("*.c1z")]
    secrets = [between.platform.client_secret.rpartition(":")[2], between.team.app_secret, between.team.refresh_token]  # type: ignore[attr-defined]
    for secret in secrets:
        assert secret not in shown
        assert not [each for each in kept if secret.encode() in each]


def test_a_task_that_contradicts_itself_changes_nothing(between: Between) -> None:
    group, user = _pair(between)
    payload = granting(group, user)
    payload["entitlement"]["slug"] = "owner"
    invitation = inviting("a.b@team.example")
    invitation["account_info"]["profile"]["email"] = "c.d@team.example"
    other = {"grant": {**granting(group, user), "id": f"group:{group['group_id']}:member:user:somebody-else"}}
    with between.served():
        for kind, given in (("grant", payload), ("create_account", invitation), ("revoke", other)):
            told = between.carried_out(kind, given)
            assert told["status"]["code"] == 9
            assert "contradicts itself" in told["status"]["message"]
    assert between.team.effects()["total_calls"] == 0


def test_whose_consent_it_works_by_is_not_taken_away_by_a_task(between: Between) -> None:
    truth = between.team.truth()
    admin = next(each for each in truth["users"] if each["team_member_id"] == truth["team"]["authoriser"])
    with between.served():
        for kind, given in (
            ("delete_resource", deleting(admin)),
            ("action_invoke", running("disable_user", user_id=admin["team_member_id"], wipe_data=False)),
        ):
            told = between.carried_out(kind, given)
            assert told["status"]["code"] == 9, told
            assert "consent" in told["status"]["message"]
    assert between.team.effects()["total_calls"] == 0
