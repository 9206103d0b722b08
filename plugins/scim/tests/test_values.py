"""What providers write is shown as it is; what can't be understood is unknown and told, and nothing is guessed."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jackfield_contracts import (
    AccountStatus,
    EntitlementId,
    GrantAccess,
    GrantId,
    Resource,
    ResourceId,
    RevokeAccess,
    StateQuery,
    UserTrait,
)
from jackfield_scim.testserver import Server
from jackfield_testkit.bench import Bench, Synced

from .support import Answered, Ask, Asked, Proxy, bench, users_of

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture
def at(between: Proxy, tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, between.url) as found:
        yield found


def rewritten(
    change: Callable[[dict[str, Any]], dict[str, Any]], endpoint: str = "/Users"
) -> Callable[[Asked, Ask], Answered]:
    """Answers in which each resource is as *change* makes it."""

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        if asked.method != "GET" or not asked.path.startswith(endpoint) or answer.status != 200:
            return answer
        body = answer.body
        if "Resources" in body:
            return answer._replace(body={**body, "Resources": [change(each) for each in body["Resources"]]})
        return answer._replace(body=change(body))

    return twist


def only(synced: Synced) -> tuple[Resource, UserTrait]:
    (found,) = (each for id, each in synced.resources.items() if id.type == "user")
    assert isinstance(found.trait, UserTrait)
    return found, found.trait


def told(synced: Synced) -> set[str]:
    return {each.summary.split(" of ")[0] for each in synced.diagnostics if each.code == "unforeseen_value"}


def partial(synced: Synced) -> set[str]:
    return {each.scope for each in synced.seals if not each.seal.whole}


def test_all_that_a_user_has(server: Server, at: Bench):
    id = server.add(
        {
            "schemas": [USER, ENTERPRISE],
            "userName": "Ann@x.org",
            "externalId": "E-1",
            "displayName": "Ann Ön",
            "nickName": "Annie",
            "name": {"givenName": "Ann", "familyName": "Ön"},
            "title": "Dr",
            "userType": "Employee",
            "locale": "de-CH",
            "active": True,
            "emails": [
                {"value": "home@x.org", "type": "home"},
                {"value": "ann@x.org", "type": "work", "primary": True},
            ],
            "roles": [{"value": "admin", "display": "Administrator"}],
            "entitlements": [{"value": "seat"}],
            ENTERPRISE: {"employeeNumber": "7", "department": "R&D", "costCenter": "47", "manager": {"value": "26"}},
        }
    )
    resource, trait = only(synced := asyncio.run(at.sync()))
    assert synced.complete
    assert (resource.id.id, resource.display_name, trait.login, trait.status) == (
        id,
        "Ann Ön",
        "Ann@x.org",
        AccountStatus.ENABLED,
    )
    assert [(each.address, each.primary) for each in trait.emails] == [("home@x.org", False), ("ann@x.org", True)]
    assert trait.external_ids == {"externalId": "E-1", "employeeNumber": "7"}
    assert (trait.given_name, trait.surname, trait.familiar_name) == ("Ann", "Ön", "Annie")
    assert resource.profile == {
        "title": "Dr",
        "user_type": "Employee",
        "locale": "de-CH",
        "department": "R&D",
        "cost_center": "47",
        "manager": "26",
    }
    made = server.storage.resources[0].meta.created  # type: ignore[union-attr]
    assert resource.created == made.astimezone(UTC)  # type: ignore[union-attr]
    assert synced.resources[ResourceId(type="role", id="admin")].display_name == "Administrator"
    who = ResourceId(type="user", id=id)
    assert synced.grants == {
        GrantId(entitlement=EntitlementId(resource=ResourceId(type="role", id="admin"), slug="member"), principal=who),
        GrantId(
            entitlement=EntitlementId(resource=ResourceId(type="entitlement", id="seat"), slug="assigned"),
            principal=who,
        ),
    }
    assert told(synced) == set()


def test_names_of_attributes_mind_no_case(server: Server, between: Proxy, at: Bench):
    server.add(
        {"schemas": [USER], "userName": "ann", "active": True, "emails": [{"value": "a@x.org", "primary": True}]}
    )

    def shouted(value: Any) -> Any:
        if isinstance(value, dict):
            return {name.upper(): shouted(each) for name, each in value.items()}
        return [shouted(each) for each in value] if isinstance(value, list) else value

    between.twist = lambda asked, ask: (found := ask(asked))._replace(body=shouted(found.body))
    resource, trait = only(synced := asyncio.run(at.sync()))
    assert synced.complete
    assert (trait.login, trait.status, trait.emails[0].primary) == ("ann", AccountStatus.ENABLED, True)
    assert resource.created is not None


STRANGE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a status as text": ({"active": "True"}, {"active"}),
    "a status as number": ({"active": 1}, {"active"}),
    "a status in a list": ({"active": [True]}, {"active"}),
    "a date without a zone": ({"meta": {"created": "2020-05-17T12:30:00"}}, {"meta.created"}),
    "a date of the moon": ({"meta": {"created": "yesterday"}}, {"meta.created"}),
    "a date as number": ({"meta": {"created": 1589718600}}, {"meta.created"}),
    "addresses as an object": ({"emails": {"value": "a@x.org"}}, {"emails"}),
    "addresses as texts": ({"emails": ["a@x.org"]}, {"emails"}),
    "an address as number": ({"emails": [{"value": 5}]}, {"emails"}),
    "primary as text": ({"emails": [{"value": "a@x.org", "primary": "true"}]}, {"emails.primary"}),
    "a name as text": ({"name": "Ann"}, {"name"}),
    "a login as number": ({"userName": 5}, {"userName"}),
    "an external id as number": ({"externalId": 5}, {"externalId"}),
    "an extension as list": ({ENTERPRISE: []}, {ENTERPRISE}),
    "a manager as text": ({ENTERPRISE: {"manager": "26"}}, {"manager"}),
    "a display name as list": ({"displayName": ["Ann"]}, {"displayName"}),
}


@pytest.mark.parametrize("what", STRANGE)
def test_a_value_of_another_kind_is_unknown_and_told(server: Server, between: Proxy, at: Bench, what: str):
    values, names = STRANGE[what]
    server.add({"schemas": [USER], "userName": "ann", "active": False, "displayName": "Ann"})
    between.twist = rewritten(lambda each: {**each, **values})
    resource, trait = only(synced := asyncio.run(at.sync()))
    assert told(synced) == names
    assert trait.status is (AccountStatus.UNKNOWN if "active" in values else AccountStatus.DISABLED)
    assert resource.created is None or "meta" not in values
    assert not any(each.primary for each in trait.emails)


def test_no_status_is_no_status(server: Server, at: Bench):
    server.add({"schemas": [USER], "userName": "ann"})
    assert only(asyncio.run(at.sync()))[1].status is AccountStatus.UNKNOWN
    at.values["active_if_absent"] = True
    assert only(asyncio.run(at.sync()))[1].status is AccountStatus.ENABLED


@pytest.mark.parametrize(
    "text", ["2020-05-17T12:30:00Z", "2020-05-17T14:30:00.0000000+02:00", "2020-05-17T12:30:00.000Z"]
)
def test_instants_in_any_zone(server: Server, between: Proxy, at: Bench, text: str):
    server.add({"schemas": [USER], "userName": "ann"})
    between.twist = rewritten(lambda each: {**each, "meta": {"created": text}})
    assert only(asyncio.run(at.sync()))[0].created == datetime(2020, 5, 17, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("roles", [{"value": "admin"}, ["admin"], [{"display": "Admin"}], [{"value": 5}], "admin"])
def test_roles_in_another_form_are_told_and_never_none(server: Server, between: Proxy, at: Bench, roles: Any):
    server.add({"schemas": [USER], "userName": "ann"})
    between.twist = rewritten(lambda each: {**each, "roles": roles})
    synced = asyncio.run(at.sync())
    assert (synced.complete, partial(synced)) == (False, {"role", "role/*"})


# --- members -----------------------------------------------------------------------------------------------------------


def group(server: Server, *members: str) -> str:
    given = [{"value": each, "type": "User"} for each in members]
    return server.add({"schemas": [GROUP], "displayName": "Some", "members": given})


def holders(synced: Synced) -> set[str]:
    return {str(each.principal) for each in synced.grants}


def test_groups_without_members_in_the_listing_are_asked_for_alone(server: Server, between: Proxy, at: Bench):
    ids = users_of(server, 3)
    some = group(server, *ids)
    empty = group(server)

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        if asked.path == "/Groups":
            rows = [
                {name: value for name, value in each.items() if name != "members"} for each in answer.body["Resources"]
            ]
            return answer._replace(body={**answer.body, "Resources": rows})
        return answer

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert (synced.complete, holders(synced)) == (True, {f"user:{id}" for id in ids})
    assert {each.path for each in between.asked} >= {f"/Groups/{some}", f"/Groups/{empty}"}
    at.values["members_listed"] = True
    assert holders(asyncio.run(at.sync())) == set()


@pytest.mark.parametrize("settings", [{}, {"untyped_members": "user"}])
def test_members_without_type(server: Server, between: Proxy, at: Bench, settings: dict[str, Any]):
    ids = users_of(server, 3)
    inner = group(server, *ids[:1])
    outer = server.add({"schemas": [GROUP], "displayName": "Outer", "members": [{"value": ids[1], "type": "User"}]})
    if not settings:
        server.storage._resources["Group"][outer].members.append(  # type: ignore[union-attr]
            type(server.storage._resources["Group"][outer].members[0])(value=inner, type="Group")  # type: ignore[index]
        )

    def bare(each: dict[str, Any]) -> dict[str, Any]:
        return {**each, "members": [{"value": one["value"]} for one in each.get("members", [])]}

    between.twist = rewritten(bare, "/Groups")
    at.values |= settings
    synced = asyncio.run(at.sync())
    nested = set() if settings else {f"group:{inner}"}
    assert (synced.complete, holders(synced)) == (True, {f"user:{ids[0]}", f"user:{ids[1]}", *nested})
    assert len([each for each in between.asked if each.path.startswith("/Groups/")]) == (0 if settings else 2)

    async def state() -> set[str]:
        async with at.open() as connection:
            principals = (ResourceId(type="user", id=ids[1]), ResourceId(type="group", id=inner))
            query = StateQuery(principals=principals, resources=(ResourceId(type="group", id=outer),))
            return {str(each.principal) for each in (await connection.read_state(query)).held}

    assert asyncio.run(state()) == {f"user:{ids[1]}", *nested}


@pytest.mark.parametrize(
    "members",
    [
        [{"value": "stranger"}],  # of no type, and nobody
        [{"value": "x", "type": "Robot"}],
        [{"display": "Ann"}],
        ["x"],
        {"value": "x"},
        [{"value": None}],
        [{"value": "x", "type": 5}],
    ],
)
def test_members_that_can_not_be_understood_are_told(server: Server, between: Proxy, at: Bench, members: Any):
    (id,) = users_of(server, 1)
    one, other = group(server, id), group(server, id)
    between.twist = rewritten(lambda each: {**each, "members": members} if each["id"] == one else each, "/Groups")
    synced = asyncio.run(at.sync())
    assert (synced.complete, partial(synced)) == (False, {f"group:{one}/*"})
    assert {str(each.entitlement.resource) for each in synced.grants} == {f"group:{other}"}


def test_a_user_and_a_group_of_one_id_are_two(server: Server, between: Proxy, at: Bench):
    (id,) = users_of(server, 1)
    one = group(server, id)

    def same(each: dict[str, Any]) -> dict[str, Any]:
        return {**each, "id": id, "members": [{"value": id}]} if each["id"] == one else each

    twist = rewritten(same, "/Groups")
    between.twist = lambda asked, ask: twist(
        asked._replace(path=asked.path.replace(f"Groups/{id}", f"Groups/{one}")), ask
    )
    synced = asyncio.run(at.sync())
    assert partial(synced) == {f"group:{id}/*"}
    assert synced.grants == set()


def test_what_an_inner_group_holds_its_members_inherit(server: Server, at: Bench):
    ids = users_of(server, 2)
    inner = group(server, *ids)
    server.add({"schemas": [GROUP], "displayName": "Outer", "members": [{"value": inner, "type": "Group"}]})
    synced = asyncio.run(at.sync())
    assert synced.complete
    assert holders(synced) == {f"group:{inner}", *(f"user:{id}" for id in ids)}


def test_a_provider_without_groups(server: Server, between: Proxy, at: Bench):
    users_of(server, 2)
    error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404"}
    between.twist = lambda asked, ask: Answered(404, error, {}) if asked.path == "/Groups" else ask(asked)
    assert not asyncio.run(at.sync()).complete
    at.values["groups"] = False
    synced = asyncio.run(at.sync())
    assert (synced.complete, len(synced.resources)) == (True, 2)


def test_whom_groups_name_and_no_listing_has(server: Server, between: Proxy, at: Bench):
    """A server that keeps members who are deleted, and one whose listing hides somebody."""
    ids = users_of(server, 3)
    group(server, *ids)
    inner = group(server)
    server.add({"schemas": [GROUP], "displayName": "Outer", "members": [{"value": inner, "type": "Group"}]})
    del server.storage._resources["User"][ids[0]]
    del server.storage._resources["Group"][inner]
    synced = asyncio.run(at.sync())
    assert (synced.complete, holders(synced)) == (True, {f"user:{id}" for id in ids[1:]})
    assert len([each for each in between.asked if each.path in (f"/Users/{ids[0]}", f"/Groups/{inner}")]) == 2

    def twist(asked: Asked, ask: Ask) -> Answered:
        answer = ask(asked)
        if asked.path == "/Users":
            rows = [each for each in answer.body["Resources"] if each["id"] != ids[1]]
            return answer._replace(body={**answer.body, "Resources": rows, "totalResults": 1})
        return answer

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert ResourceId(type="user", id=ids[1]) in synced.resources


def test_values_as_plain_texts_where_that_is_set(server: Server, between: Proxy, at: Bench):
    server.add({"schemas": [USER], "userName": "ann"})
    between.twist = rewritten(lambda each: {**each, "emails": ["a@x.org"], "roles": ["admin"]})
    at.values["text_values"] = True
    synced = asyncio.run(at.sync())
    assert (synced.complete, told(synced)) == (True, set())
    assert [each.address for each in only(synced)[1].emails] == ["a@x.org"]
    assert {str(each.entitlement) for each in synced.grants} == {"role:admin/member"}


def test_a_provider_that_does_not_tell_who_is_in_a_group(server: Server, between: Proxy, at: Bench):
    """It gives an empty list, and answers whether somebody is in a group."""
    ids = users_of(server, 2)
    some = group(server, ids[0])
    at.values["members_by"] = "filter"

    def twist(asked: Asked, ask: Ask) -> Answered:
        """A filter compares members by the id alone, and no group lists any."""
        query = dict(asked.query)
        if "filter" in query:
            query["filter"] = query["filter"].replace("members eq", "members.value eq")
        return rewritten(lambda each: {**each, "members": []}, "/Groups")(asked._replace(query=query), ask)

    between.twist = twist
    synced = asyncio.run(at.sync())
    assert (synced.complete, partial(synced), synced.grants) == (False, {f"group:{some}/*"}, set())
    member = EntitlementId(resource=ResourceId(type="group", id=some), slug="member")
    one, other = (ResourceId(type="user", id=id) for id in ids)
    outcomes = asyncio.run(
        at.change(
            GrantAccess(entitlement=member, principal=one),
            GrantAccess(entitlement=member, principal=other),
            RevokeAccess(entitlement=member, principal=one),
        )
    )
    assert [each.outcome.value for each in outcomes] == ["already", "changed", "changed"]
    assert [each["value"] for each in server.every("Group")[0]["members"]] == [ids[1]]
