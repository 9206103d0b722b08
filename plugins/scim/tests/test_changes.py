"""Changes of a real server's resources: only what was asked for, by PATCH in each form and by PUT, and as the server says."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jackfield_contracts import (
    AccessState,
    AccountStatus,
    Change,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    Outcome,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    RunAction,
    StateQuery,
)
from jackfield_scim.testserver import Server
from jackfield_testkit.bench import Bench

from .support import USER, Answered, Ask, Asked, Proxy, bench, judged, made, proxy, users_of, whole

CHANGED, REFUSED, ALREADY, FAILED = OutcomeKind.CHANGED, OutcomeKind.REFUSED, OutcomeKind.ALREADY, OutcomeKind.FAILED
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
def between(server: Server) -> Iterator[Proxy]:
    with proxy(server.url) as between:
        yield between
        for asked in between.asked:
            judged(asked)


@pytest.fixture
def at(between: Proxy, tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, between.url) as found:
        yield found


def user(id: str) -> ResourceId:
    return ResourceId(type="user", id=id)


def member(group: str) -> EntitlementId:
    return EntitlementId(resource=ResourceId(type="group", id=group), slug="member")


def has(kind: str, value: str) -> EntitlementId:
    return EntitlementId(resource=ResourceId(type=kind, id=value), slug="member" if kind == "role" else "assigned")


def grant(entitlement: EntitlementId, principal: ResourceId) -> GrantAccess:
    return GrantAccess(entitlement=entitlement, principal=principal)


def kinds(outcomes: list[Outcome]) -> list[OutcomeKind]:
    return [each.outcome for each in outcomes]


def rich(server: Server) -> str:
    """A user with all that a change might take along."""
    return server.add(
        {
            "schemas": [USER, ENTERPRISE],
            "userName": "rich",
            "externalId": "E-1",
            "displayName": "Rich",
            "name": {"givenName": "R", "familyName": "Ich", "middleName": "M"},
            "nickName": "Richie",
            "active": True,
            "emails": [
                {"value": "second@x.org", "type": "home", "display": "second"},
                {"value": "first@x.org", "type": "work", "primary": True},
            ],
            "phoneNumbers": [{"value": "+1 23", "type": "work"}],
            "roles": [{"value": "reader", "display": "Reader", "type": "plain"}],
            "entitlements": [{"value": "seat", "type": "big"}],
            "x509Certificates": [{"value": "MIIB"}],
            ENTERPRISE: {
                "department": "Sales",
                "costCenter": "47",
                "manager": {"value": "26", "$ref": "https://example.com/v2/Users/26"},
            },
        }
    )


WAYS = {
    "patch": {},
    "patch in capitals, without a path": {
        "patch_capitals": True,
        "patch_form": "value",
        "patch_operations": "operations",
    },
    "put": {"patch": "no"},
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_goes_or_comes_beside_what_was_asked_for(server: Server, between: Proxy, at: Bench, way: str):
    at.values |= WAYS[way]
    id = rich(server)
    others = users_of(server, 3)
    server.add(
        {"schemas": [USER], "userName": "boss", "roles": [{"value": "admin"}], "entitlements": [{"value": "box"}]}
    )
    members = [{"value": each, "type": "User"} for each in others]
    group = server.add({"schemas": [GROUP], "displayName": "Some", "externalId": "G", "members": members})
    inner = server.add({"schemas": [GROUP], "displayName": "Inner"})
    people, groups = whole(server), whole(server, "Group")
    in_group, me = groups[group]["members"], people[id]

    def profile(**given: str) -> RunAction:
        return RunAction(name="set_profile", arguments={"user_id": id, **given})

    changes: list[tuple[Change, Callable[[], object]]] = [
        (grant(member(group), user(id)), lambda: in_group.append({"value": id, "type": "User"})),
        (
            grant(member(group), ResourceId(type="group", id=inner)),
            lambda: in_group.append({"value": inner, "type": "Group"}),
        ),
        (RevokeAccess(entitlement=member(group), principal=user(others[1])), lambda: in_group.pop(1)),
        (grant(has("role", "admin"), user(id)), lambda: me["roles"].append({"value": "admin"})),
        (RevokeAccess(entitlement=has("role", "reader"), principal=user(id)), lambda: me["roles"].pop(0)),
        (grant(has("entitlement", "box"), user(id)), lambda: me["entitlements"].append({"value": "box"})),
        (RunAction(name="disable_user", arguments={"user_id": id}), lambda: me.update(active=False)),
        (RunAction(name="enable_user", arguments={"user_id": id}), lambda: me.update(active=True)),
        (
            profile(surname="New", title="Dr", department="IT"),
            lambda: (
                me["name"].update(familyName="New"),
                me.update(title="Dr"),
                me[ENTERPRISE].update(department="IT"),
            ),
        ),
        (profile(email="new@x.org"), lambda: me["emails"][1].update(value="new@x.org")),
        (profile(title=""), lambda: me.pop("title")),
    ]
    for change, does in changes:
        assert kinds(made(at, change)) == [CHANGED], change
        does()
        assert (whole(server), whole(server, "Group")) == (people, groups), change
    methods = {each.method for each in between.asked} - {"GET"}
    assert methods == ({"PUT"} if way == "put" else {"PATCH"})
    assert kinds(made(at, changes[0][0], changes[2][0], changes[3][0])) == [ALREADY] * 3


def test_many_members_take_one_request_and_a_bad_one_spoils_nobody(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 20)
    group = server.add({"schemas": [GROUP], "displayName": "Some"})
    assert kinds(made(at, *(grant(member(group), user(id)) for id in ids[:10]))) == [CHANGED] * 10
    assert len([each for each in between.asked if each.method == "PATCH"]) == 1

    def twist(asked: Asked, ask: Ask) -> Answered:
        if asked.method == "PATCH" and ids[12] in str(asked.body):
            return Answered(400, {"schemas": [ERROR], "status": "400", "scimType": "invalidValue"}, {})
        return ask(asked)

    between.twist = twist
    outcomes = made(at, *(grant(member(group), user(id)) for id in ids[10:]))
    assert kinds(outcomes) == [CHANGED, CHANGED, REFUSED, *[CHANGED] * 7]
    assert outcomes[2].tag == "invalidValue"


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(
    ("status", "word", "outcome"),
    [
        (400, "mutability", REFUSED),
        (400, "invalidValue", REFUSED),
        (400, "noTarget", REFUSED),
        (400, "tooMany", REFUSED),
        (400, "ofTomorrow", FAILED),
        (400, None, REFUSED),
        (404, None, REFUSED),
        (409, "uniqueness", REFUSED),
        (409, None, REFUSED),
        (412, None, FAILED),
        (403, None, FAILED),
        (405, None, FAILED),
        (501, None, FAILED),
    ],
)
def test_a_refusal_is_told_by_its_word(
    server: Server, between: Proxy, at: Bench, method: str, status: int, word: str | None, outcome: OutcomeKind
):
    at.values["patch"] = "yes" if method == "PATCH" else "no"
    (id,) = users_of(server, 1)
    group = server.add({"schemas": [GROUP], "displayName": "Some"})
    error = {"schemas": [ERROR], "status": str(status), "scimType": word, "detail": "Mitglied ist schon vorhanden"}

    def twist(asked: Asked, ask: Ask) -> Answered:
        return Answered(status, error, {}) if asked.method == method else ask(asked)

    between.twist = twist
    (told,) = made(at, grant(member(group), user(id)))
    assert told.outcome is outcome
    if status not in (403, 405, 501):
        assert told.tag == (word or f"http_{status}")
    assert whole(server, "Group")[group].get("members", []) == []


def test_a_put_that_somebody_else_was_faster_than_is_tried_on_what_is_there_now(
    server: Server, between: Proxy, at: Bench
):
    at.values["patch"] = "no"
    ids = users_of(server, 3)
    group = server.add({"schemas": [GROUP], "displayName": "Some", "members": [{"value": ids[0], "type": "User"}]})
    meddled: list[int] = []

    def twist(asked: Asked, ask: Ask) -> Answered:
        if asked.method == "PUT" and not meddled:
            meddled.append(1)
            patch = {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "add", "path": "members", "value": [{"value": ids[1], "type": "User"}]}],
            }
            headers = {name: value for name, value in asked.headers.items() if name.lower() != "if-match"}
            assert ask(Asked("PATCH", asked.path, {}, patch, headers)).status == 204
        return ask(asked)

    between.twist = twist
    assert kinds(made(at, GrantAccess(entitlement=member(group), principal=user(ids[2])))) == [CHANGED]
    assert [each["value"] for each in whole(server, "Group")[group]["members"]] == ids
    puts = [each for each in between.asked if each.method == "PUT"]
    assert all("if-match" in each.headers for each in puts)
    assert len(puts) == 2


def test_without_an_etag_a_put_is_made_only_where_that_is_allowed(server: Server, between: Proxy, at: Bench):
    at.values["patch"] = "no"
    (id,) = users_of(server, 1)
    group = server.add({"schemas": [GROUP], "displayName": "Some"})

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        body = answer.body
        if isinstance(body, dict) and "meta" in body:
            body = {**body, "meta": {name: value for name, value in body["meta"].items() if name != "version"}}
        return Answered(answer.status, body, {"Content-Type": "application/scim+json"})

    between.twist = twist
    (told,) = made(at, grant(member(group), user(id)))
    assert (told.outcome, told.tag) == (REFUSED, "no_etag")
    at.values["put_without_etag"] = True
    assert kinds(made(at, grant(member(group), user(id)))) == [CHANGED]


def test_a_removal_that_takes_everybody_is_told(server: Server, between: Proxy, at: Bench):
    at.values["patch_removal"] = "value"
    ids = users_of(server, 3)
    members = [{"value": each, "type": "User"} for each in ids]
    group = server.add({"schemas": [GROUP], "displayName": "Some", "members": members})

    def twist(asked: Asked, ask: Ask) -> Answered:
        if asked.method == "PATCH":
            (operation,) = asked.body["Operations"]
            body = {**asked.body, "Operations": [{"op": operation["op"], "path": operation["path"]}]}
            return ask(asked._replace(body=body))
        return ask(asked)

    between.twist = twist
    (told,) = made(at, RevokeAccess(entitlement=member(group), principal=user(ids[0])))
    assert (told.outcome, told.tag) == (FAILED, "took_others")
    between.asked.clear()


@pytest.mark.parametrize("adds", [True, False])
@pytest.mark.parametrize("kind", ["group", "role"])
def test_what_a_provider_takes_along_is_told_in_every_form(
    server: Server, between: Proxy, at: Bench, kind: str, *, adds: bool
):
    """A provider that makes more of a request than it says: an addition replaces, a filter is passed over."""
    ids = users_of(server, 3)
    group = server.add(
        {"schemas": [GROUP], "displayName": "Some", "members": [{"value": each, "type": "User"} for each in ids[:2]]}
    )
    server.give(ids[0], {"roles": [{"value": "writer"}, {"value": "reader"}]})
    server.give(ids[2], {"roles": [{"value": "other"}]})

    def twist(asked: Asked, ask: Ask) -> Answered:
        if asked.method == "PATCH":
            (operation,) = asked.body["Operations"]
            worse = (
                {**operation, "op": "replace"}
                if adds
                else {"op": "remove", "path": operation["path"].partition("[")[0]}
            )
            return ask(asked._replace(body={**asked.body, "Operations": [worse]}))
        return ask(asked)

    between.twist = twist
    if kind == "group":
        change = (
            grant(member(group), user(ids[2]))
            if adds
            else RevokeAccess(entitlement=member(group), principal=user(ids[0]))
        )
    elif adds:
        change = grant(has("role", "other"), user(ids[0]))
    else:
        change = RevokeAccess(entitlement=has("role", "writer"), principal=user(ids[0]))
    (told,) = made(at, change)
    assert (told.outcome, told.tag) == (FAILED, "took_others")
    between.asked.clear()


def test_an_account_that_is_made_disabled_is_told_as_that(server: Server, between: Proxy, at: Bench):
    def twist(asked: Asked, ask: Ask) -> Answered:
        if asked.method == "POST" and asked.body.get("userName"):
            return ask(asked._replace(body={**asked.body, "active": False}))
        return ask(asked)

    between.twist = twist
    (told,) = made(at, CreateAccount(arguments={"user_name": "new@x.org"}))
    assert (told.outcome, "shows the account, which is disabled" in (told.reason or "")) == (
        OutcomeKind.UNVERIFIED,
        True,
    )


def test_a_membership_of_somebody_who_was_deleted_can_be_taken_away(server: Server, between: Proxy, at: Bench):
    """The server leaves whom it deletes in groups."""
    ids = users_of(server, 2)
    members = [{"value": each, "type": "User"} for each in ids]
    group = server.add({"schemas": [GROUP], "displayName": "Some", "members": members})
    assert kinds(made(at, DeleteAccount(account=user(ids[0])))) == [CHANGED]
    assert [each["value"] for each in members_of(server, group)] == ids
    state = asyncio.run(_read(at, ids[0], group))
    assert [str(each.principal) for each in state.held] == [f"user:{ids[0]}"]
    assert kinds(made(at, RevokeAccess(entitlement=member(group), principal=user(ids[0])))) == [CHANGED]
    assert [each["value"] for each in members_of(server, group)] == ids[1:]
    assert kinds(made(at, RevokeAccess(entitlement=member(group), principal=user(ids[0])))) == [ALREADY]


async def _read(at: Bench, id: str, group: str) -> AccessState:
    async with at.open() as connection:
        query = StateQuery(principals=(user(id),), resources=(ResourceId(type="group", id=group),))
        return await connection.read_state(query)


def members_of(server: Server, group: str) -> list[dict[str, str]]:
    (found,) = [each for each in server.every("Group") if each["id"] == group]
    return found.get("members") or []


def _roles(server: Server, id: str) -> list[str]:
    (user,) = [each for each in server.every("User") if each["id"] == id]
    return [each["value"] for each in user["roles"]]


def test_what_a_filter_may_take_along_is_not_asked_for(server: Server, at: Bench):
    """The server compares without regard to capitals, as SCIM has it unless a schema says otherwise."""
    (id,) = users_of(server, 1)
    server.give(id, {"roles": [{"value": "Editor"}, {"value": "editor"}, {"value": "reader"}]})
    (told,) = made(at, RevokeAccess(entitlement=has("role", "Editor"), principal=user(id)))
    assert (told.outcome, told.tag) == (REFUSED, "alike")
    assert _roles(server, id) == ["Editor", "editor", "reader"]
    at.values["patch"] = "no"
    assert kinds(made(at, RevokeAccess(entitlement=has("role", "Editor"), principal=user(id)))) == [CHANGED]
    assert _roles(server, id) == ["editor", "reader"]


def test_an_account_is_made_with_all_that_was_given(server: Server, at: Bench):
    arguments = {
        "user_name": "o'new\"@x.org",
        "email": "new@x.org",
        "display_name": "Жанна Néw",
        "given_name": "Жанна",
        "surname": "Néw",
        "external_id": "E/9",
        "title": "Dr",
        "user_type": "Contractor",
        "department": "R&D",
        "employee_number": "007",
    }
    (told,) = made(at, CreateAccount(arguments=arguments))
    assert told.outcome is CHANGED
    assert told.account is not None
    (found,) = whole(server).values()
    assert found.pop("id") == told.account.id
    assert found == {
        "schemas": [USER, ENTERPRISE],
        "userName": "o'new\"@x.org",
        "externalId": "E/9",
        "displayName": "Жанна Néw",
        "name": {"givenName": "Жанна", "familyName": "Néw"},
        "title": "Dr",
        "userType": "Contractor",
        "active": True,
        "emails": [{"value": "new@x.org", "type": "work", "primary": True}],
        ENTERPRISE: {"department": "R&D", "employeeNumber": "007"},
    }


def test_a_user_name_that_is_taken_meanwhile_names_who_has_it(server: Server, between: Proxy, at: Bench):
    hidden = [True]

    def twist(asked: Asked, ask: Ask) -> Answered:
        if asked.method == "POST":
            hidden.append(bool(server.add({"schemas": [USER], "userName": "taken", "active": True})))
        return ask(asked)

    between.twist = twist
    (told,) = made(at, CreateAccount(arguments={"user_name": "TAKEN"}))
    assert told.outcome is ALREADY
    assert told.account is not None
    assert told.account.id in whole(server)


def test_deleting(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 2)
    assert kinds(made(at, DeleteAccount(account=user(ids[0])))) == [CHANGED]
    assert set(whole(server)) == {ids[1]}
    assert kinds(made(at, DeleteAccount(account=user(ids[0])))) == [ALREADY]

    def twist(asked: Asked, ask: Ask) -> Answered:
        error = {"schemas": [ERROR], "status": "409", "detail": "deleted already"}
        return Answered(409, error, {}) if asked.method == "DELETE" else ask(asked)

    between.twist = twist
    assert kinds(made(at, DeleteAccount(account=user(ids[1])))) == [REFUSED]


def test_a_deletion_that_would_only_disable_is_refused(server: Server, between: Proxy, at: Bench):
    (id,) = users_of(server, 1)
    at.values["deletes"] = False
    (told,) = made(at, DeleteAccount(account=user(id)))
    assert (told.outcome, told.tag) == (REFUSED, "only_disables")
    assert {each.method for each in between.asked} == {"GET"}


def test_truths_as_texts_where_that_is_set(server: Server, between: Proxy, at: Bench):
    id = rich(server)

    def twist(asked: Asked, ask: Ask) -> Answered:
        """Let the server speak as providers do that write truths as texts."""
        sent = asked.body
        if asked.method == "PATCH":
            assert sent["Operations"][0]["value"] in ("True", "False")
            sent = {
                **sent,
                "Operations": [{**sent["Operations"][0], "value": sent["Operations"][0]["value"] == "True"}],
            }
        answer = ask(asked._replace(body=sent))
        if isinstance(answer.body, dict) and "active" in answer.body:
            emails = [{**each, "primary": str(each.get("primary", False))} for each in answer.body["emails"]]
            return answer._replace(body={**answer.body, "active": str(answer.body["active"]), "emails": emails})
        return answer

    async def status() -> AccountStatus:
        async with at.open() as connection:
            state = await connection.read_state(StateQuery(principals=(user(id),)))
        return state.accounts[0].status

    between.twist = twist
    assert asyncio.run(status()) is AccountStatus.UNKNOWN
    at.values["text_booleans"] = True
    assert asyncio.run(status()) is AccountStatus.ENABLED
    assert kinds(made(at, RunAction(name="disable_user", arguments={"user_id": id}))) == [CHANGED]
    assert whole(server)[id]["active"] is False
    between.asked.clear()
