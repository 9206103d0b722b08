"""The routes that add, remove and change members keep Dropbox's rules."""

from __future__ import annotations

from typing import Any

import pytest

from .changing import (
    ADD,
    NOBODY,
    RECOVER,
    REMOVE,
    SET_PROFILE,
    SET_ROLES,
    SUSPEND,
    UNSUSPEND,
    WELCOME,
    by_email,
    by_id,
    invite,
    invited,
    people,
    true,
)
from .support import Client

_WEEK = 7 * 86_400


def _item_tag(client: Client, email: str, **more: Any) -> str:
    [item] = invite(client, email, **more).json["complete"]
    assert item[".tag"] == "success" or item[item[".tag"]] == email
    return item[".tag"]


def test_an_invitation_answers_with_the_whole_profile(client: Client) -> None:
    role = client.control.truth()["roles"][1]["role_id"]
    given: dict[str, Any] = {"member_given_name": "New", "member_surname": "Comer", "member_external_id": "n:1"}
    answer = invite(client, "new@team.example", **given, role_ids=[role], member_persistent_id="p:1").json
    [item] = answer["complete"]
    assert (answer[".tag"], item[".tag"], item["profile"]["status"]) == ("complete", "success", {".tag": "invited"})
    assert [one["role_id"] for one in item["roles"]] == [role]
    user = true(client, item["profile"]["team_member_id"])
    assert (user["email"], user["display_name"], user["external_id"]) == ("new@team.example", "New Comer", "n:1")
    assert item["profile"]["groups"] == list(user["groups"])
    [found] = client.ok("team/members/get_info_v2", {"members": [by_email("NEW@team.example")]})["members_info"]
    assert found["profile"] == item["profile"]
    assert (invite(client, "quiet@team.example", send_welcome_email=False).status) == 200
    effects = client.control.effects()
    assert effects["invitations"] == {"new@team.example": 1, "quiet@team.example": 1}
    assert effects["welcome_mails"] == {"new@team.example": 1}


def test_what_is_wrong_with_one_person_leaves_the_others_invited(client: Client) -> None:
    known = client.control.truth()["users"][0]["email"]
    emails = ["one@team.example", known.upper() if "'" not in known else known, "one@team.example", "two@team.example"]
    items = client.ok(ADD, {"new_members": [{"member_email": email} for email in emails]})["complete"]
    assert [item[".tag"] for item in items] == ["success", "user_already_on_team", "user_already_on_team", "success"]
    assert client.control.effects()["invitations"] == {"one@team.example": 1, "two@team.example": 1}


def test_people_who_cannot_be_invited(client: Client) -> None:
    invited(client, "first@team.example", member_external_id="e:1", member_persistent_id="p:1")
    assert _item_tag(client, "a@team.example", member_external_id="e:1") == "duplicate_external_member_id"
    assert _item_tag(client, "a@team.example", member_persistent_id="p:1") == "duplicate_member_persistent_id"
    assert _item_tag(client, "a@team.example", role_ids=["pid_dbtmr:none"]) == "user_creation_failed"
    client.control.settings(persistent_ids=False)
    assert _item_tag(client, "a@team.example", member_persistent_id="p:2") == "persistent_id_disabled"
    client.control.settings(licensed=client.control.truth()["team"]["used_licenses"] + 1)
    assert _item_tag(client, "a@team.example") == "success"
    assert _item_tag(client, "b@team.example") == "team_license_limit"
    client.control.settings(licensed=1000)
    leaver = people(client)[-1]
    email = true(client, leaver)["email"]
    client.ok(REMOVE, {"user": by_id(leaver), "wipe_data": False})
    assert _item_tag(client, email) == "user_already_on_team"
    client.control.advance(_WEEK)
    assert _item_tag(client, email) == "success"


def test_a_removed_member_can_be_recovered_for_seven_days(client: Client) -> None:
    user, other = people(client)[-2:]
    before = true(client, user)
    for one in (user, other):
        assert client.ok(REMOVE, {"user": by_id(one)}) == {".tag": "complete"}
    assert client.call(REMOVE, {"user": by_id(user)}).tag == "user_not_in_team"
    assert true(client, user)["is_recoverable"]
    client.control.advance(_WEEK - 60)
    assert client.ok(RECOVER, {"user": by_email(before["email"])}) is None
    assert true(client, user) == before
    client.control.advance(60)
    assert client.call(RECOVER, {"user": by_id(other)}).tag == "user_unrecoverable"
    assert client.call(RECOVER, {"user": by_email(true(client, other)["email"])}).tag == "user_not_found"
    assert not true(client, other)["is_recoverable"]
    assert client.call(RECOVER, {"user": by_id(user)}).tag == "user_unrecoverable"
    effects = client.control.effects()
    assert (effects["removals"], effects["recoveries"]) == ({user: 1, other: 1}, {user: 1})
    assert effects["wipes"] == {user: 1, other: 1}


def test_recovering_takes_a_licence(client: Client) -> None:
    user = people(client)[-1]
    client.ok(REMOVE, {"user": by_id(user), "wipe_data": False})
    client.control.settings(licensed=client.control.truth()["team"]["used_licenses"])
    assert client.call(RECOVER, {"user": by_id(user)}).tag == "team_license_limit"
    assert client.control.effects()["wipes"] == {}


@pytest.mark.parametrize(
    ("terms", "tag"),
    [
        ({"keep_account": True, "wipe_data": False}, "user_not_in_team"),
        ({"permanently_delete_files": True}, "user_unrecoverable"),
        ({"transfer_dest_id": "heir", "transfer_admin_id": "admin"}, "user_unrecoverable"),
        ({"keep_account": True, "wipe_data": False, "retain_team_shares": True}, "user_not_in_team"),
    ],
)
def test_some_removals_are_for_good(client: Client, terms: dict[str, Any], tag: str) -> None:
    user, heir = people(client)[-2:]
    ids = {"heir": by_id(heir), "admin": by_id(client.control.truth()["team"]["authoriser"])}
    client.ok(REMOVE, {"user": by_id(user)} | {name: ids.get(value, value) for name, value in terms.items()})
    assert client.call(RECOVER, {"user": by_id(user)}).tag == tag
    assert true(client, user)["is_disconnected"] == (tag == "user_not_in_team")


def test_an_invitation_is_cancelled_not_recovered(client: Client) -> None:
    user = invited(client, "oops@team.example")
    assert client.call(REMOVE, {"user": by_id(user), "keep_account": True, "wipe_data": False}).tag == (
        "cannot_keep_invited_user_account"
    )
    client.ok(REMOVE, {"user": by_id(user), "wipe_data": False})
    assert client.call(RECOVER, {"user": by_id(user)}).tag == "user_unrecoverable"
    assert invited(client, "oops@team.example") != user
    assert client.control.effects()["invitations"] == {"oops@team.example": 2}


_KEEP = {"keep_account": True, "wipe_data": False}


@pytest.mark.parametrize(
    ("terms", "tag"),
    [
        ({"user": NOBODY}, "user_not_found"),
        ({"keep_account": True}, "cannot_keep_account_and_delete_data"),
        ({**_KEEP, "permanently_delete_files": True}, "cannot_keep_account_and_permanently_delete"),
        ({**_KEEP, "transfer_dest_id": "heir", "transfer_admin_id": "admin"}, "cannot_keep_account_and_transfer"),
        ({"retain_team_shares": True}, "cannot_retain_shares_when_data_wiped"),
        ({"retain_team_shares": True, "wipe_data": False}, "cannot_retain_shares_when_no_account_kept"),
        ({**_KEEP, "retain_team_shares": True}, "cannot_retain_shares_when_team_external_sharing_off"),
        (
            {"permanently_delete_files": True, "transfer_dest_id": "heir", "transfer_admin_id": "admin"},
            "cannot_permanently_delete_and_transfer",
        ),
        ({"transfer_dest_id": "heir"}, "unspecified_transfer_admin_id"),
        ({"transfer_dest_id": NOBODY, "transfer_admin_id": "admin"}, "transfer_dest_user_not_found"),
        ({"transfer_dest_id": "heir", "transfer_admin_id": NOBODY}, "transfer_admin_user_not_found"),
        ({"transfer_dest_id": "user", "transfer_admin_id": "admin"}, "removed_and_transfer_dest_should_differ"),
        ({"transfer_dest_id": "heir", "transfer_admin_id": "user"}, "removed_and_transfer_admin_should_differ"),
        ({"transfer_dest_id": "gone", "transfer_admin_id": "admin"}, "transfer_dest_user_not_in_team"),
        ({"transfer_dest_id": "heir", "transfer_admin_id": "gone"}, "transfer_admin_user_not_in_team"),
        ({"transfer_dest_id": "heir", "transfer_admin_id": "heir"}, "transfer_admin_is_not_admin"),
        ({"transfer_dest_id": "invited", "transfer_admin_id": "admin"}, "recipient_not_verified"),
    ],
)
def test_terms_of_removal_that_do_not_fit(client: Client, terms: dict[str, Any], tag: str) -> None:
    user, heir, gone = people(client)[-3:]
    client.control.settings(external_sharing=False)
    client.control.change({"do": "leave", "user": gone})
    ids = {"user": user, "heir": heir, "gone": gone, "invited": people(client, "invited")[0]}
    ids["admin"] = client.control.truth()["team"]["authoriser"]
    given = {name: by_id(ids[value]) if isinstance(value, str) else value for name, value in terms.items()}
    assert client.call(REMOVE, {"user": by_id(user)} | given).tag == tag
    assert true(client, user)["status"] == "active"
    assert client.control.effects()["removals"] == {}


def test_only_a_team_admin_may_let_accounts_be_kept(client: Client) -> None:
    user = people(client)[-1]
    client.control.change({"do": "set_role", "user": client.control.truth()["team"]["authoriser"], "role": None})
    assert client.call(REMOVE, {"user": by_id(user), **_KEEP}).tag == "cannot_keep_account"


def test_the_last_team_admin_stays(client: Client) -> None:
    team = client.control.truth()["team"]
    admins = [user for user in people(client, role=True) if true(client, user)["roles"] == [team["admin_role"]]]
    assert client.ok(SET_ROLES, {"user": by_id(admins[1]), "new_roles": []})["roles"] == []
    other = client.control.truth()["roles"][1]["role_id"]
    for new in ([], [other]):
        assert client.call(SET_ROLES, {"user": by_id(admins[0]), "new_roles": new}).tag == "last_admin"
    assert client.call(SUSPEND, {"user": by_id(admins[0])}).tag == "suspend_last_admin"
    assert client.call(REMOVE, {"user": by_id(admins[0])}).tag == "remove_last_admin"
    client.ok(SET_ROLES, {"user": by_id(admins[1]), "new_roles": [team["admin_role"]]})
    assert client.ok(SUSPEND, {"user": by_id(admins[0]), "wipe_data": False}) is None
    assert true(client, admins[0])["roles"] == []


def test_roles_are_replaced(client: Client) -> None:
    user = people(client)[-1]
    first, second = [role["role_id"] for role in client.control.truth()["roles"]][1:3]
    for role in (first, second):
        answer = client.ok(SET_ROLES, {"user": by_id(user), "new_roles": [role]})
        assert answer["team_member_id"] == user
        assert [one["role_id"] for one in answer["roles"]] == [role] == true(client, user)["roles"]
    assert client.ok(SET_ROLES, {"user": by_id(user)})["roles"], "left out, nothing changes"
    assert client.call(SET_ROLES, {"user": by_id(user), "new_roles": ["pid_dbtmr:none"]}).tag == "role_not_found"
    for refused in (people(client, "suspended")[0], people(client, "invited")[0]):
        argument = {"user": by_id(refused), "new_roles": [first]}
        assert client.call(SET_ROLES, argument).tag == "cannot_set_permissions"
    client.ok(REMOVE, {"user": by_id(user)})
    assert client.call(SET_ROLES, {"user": by_id(user), "new_roles": []}).tag == "user_not_in_team"
    assert client.call(SET_ROLES, {"user": NOBODY, "new_roles": []}).tag == "user_not_found"


def test_suspending_and_its_opposite(client: Client) -> None:
    owner = next(
        user["team_member_id"]
        for user in client.control.truth()["users"]
        if "owner" in user["groups"].values() and not user["roles"]
    )
    groups = true(client, owner)["groups"]
    assert client.ok(SUSPEND, {"user": by_id(owner)}) is None
    assert true(client, owner)["groups"] == dict.fromkeys(groups, "member")
    invitee = people(client, "invited")[0]
    for user in (owner, invitee):
        assert client.call(SUSPEND, {"user": by_id(user)}).tag == "suspend_inactive_user"
    client.control.settings(licensed=client.control.truth()["team"]["used_licenses"] - 1)
    assert client.call(UNSUSPEND, {"user": by_id(owner)}).tag == "team_license_limit"
    client.control.settings(licensed=1000)
    assert client.ok(UNSUSPEND, {"user": by_id(owner)}) is None
    for user in (owner, invitee):
        assert client.call(UNSUSPEND, {"user": by_id(user)}).tag == "unsuspend_non_suspended_member"
    client.ok(SUSPEND, {"user": by_id(owner), "wipe_data": False})
    client.ok(REMOVE, {"user": by_id(owner), "wipe_data": False})
    for route in (SUSPEND, UNSUSPEND):
        assert client.call(route, {"user": by_id(owner)}).tag == "user_not_in_team"
        assert client.call(route, {"user": NOBODY}).tag == "user_not_found"
    effects = client.control.effects()
    assert (effects["wipes"], effects["suspensions"], effects["unsuspensions"]) == ({owner: 1}, {owner: 2}, {owner: 1})


def test_profiles_change(client: Client) -> None:
    user = people(client)[-1]
    new = {"new_email": "renamed@team.example", "new_given_name": "Re", "new_surname": "Named"}
    more = {"new_external_id": "ext:new", "new_persistent_id": "pid:new", "new_is_directory_restricted": True}
    profile = client.ok(SET_PROFILE, {"user": by_id(user)} | new | more)["member_info"]["profile"]
    assert (profile["email"], profile["name"]["display_name"]) == ("renamed@team.example", "Re Named")
    assert (profile["external_id"], profile["persistent_id"]) == ("ext:new", "pid:new")
    assert profile["is_directory_restricted"]
    cleared = client.ok(SET_PROFILE, {"user": by_email("renamed@team.example"), "new_external_id": ""})
    assert "external_id" not in cleared["member_info"]["profile"]
    assert client.control.effects()["profile_changes"] == {user: 2}


def test_profiles_that_cannot_change(client: Client) -> None:
    user, other, gone, left = people(client)[-4:]
    client.control.change({"do": "leave", "user": gone}, {"do": "leave", "user": left, "keep_account": True})
    client.ok(SET_PROFILE, {"user": by_id(other), "new_external_id": "taken", "new_persistent_id": "taken"})

    def tag(user: str, **new: Any) -> str:
        return client.call(SET_PROFILE, {"user": by_id(user), **new}).tag

    assert client.call(SET_PROFILE, {"user": NOBODY, "new_surname": "x"}).tag == "user_not_found"
    assert tag(user) == "no_new_data_specified"
    selector = {".tag": "external_id", "external_id": "taken"}
    unsafe = client.call(SET_PROFILE, {"user": selector, "new_external_id": "x"}).tag
    assert unsafe == "external_id_and_new_external_id_unsafe"
    assert tag(user, new_email=true(client, other)["email"]) == "email_reserved_for_other_user"
    assert tag(user, new_email=true(client, gone)["email"]) == "email_reserved_for_other_user"
    assert tag(user, new_external_id="taken") == "external_id_used_by_other_user"
    assert tag(user, new_persistent_id="taken") == "persistent_id_used_by_other_user"
    assert tag(user, new_persistent_id="") == "param_cannot_be_empty"
    assert tag(gone, new_surname="x") == "set_profile_disallowed"
    assert tag(left, new_surname="x") == "user_not_in_team"
    client.control.settings(persistent_ids=False, directory_restriction=False)
    assert tag(user, new_persistent_id="x") == "persistent_id_disabled"
    assert tag(user, new_is_directory_restricted=True) == "directory_restricted_off"


def test_only_who_is_invited_gets_another_welcome_mail(client: Client) -> None:
    user, gone = people(client)[-2:]
    invited(client, "wel@team.example")
    client.control.change({"do": "leave", "user": gone})
    for selector in (by_email("wel@team.example"), by_id(user)):
        assert client.ok(WELCOME, selector) is None
    assert client.call(WELCOME, by_id(gone)).tag == "user_not_in_team"
    assert client.call(WELCOME, NOBODY).tag == "user_not_found"
    assert client.control.effects()["welcome_mails"] == {"wel@team.example": 2}


@pytest.mark.parametrize(
    ("route", "scope"),
    [(ADD, "members.write"), (REMOVE, "members.delete"), (RECOVER, "members.delete"), (SUSPEND, "members.write")],
)
def test_scopes_are_asked_for(client: Client, route: str, scope: str) -> None:
    client.control.settings(scopes=["members.read"])
    answer = client.call(route, {})
    assert (answer.status, answer.json["error"]) == (401, {".tag": "missing_scope", "required_scope": scope})
