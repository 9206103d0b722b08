"""The SCIM connector under the conformance kit, with ``scim2-server``, a server by others, as the application.

``jackfield connectors check scim`` runs it on what is installed. Needs the extra ``server``.
"""

import random
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from jackfield_contracts import (
    CreateAccount,
    DeleteAccount,
    Email,
    EntitlementId,
    GrantAccess,
    GrantId,
    ResourceId,
    RunAction,
)
from jackfield_scim import wire
from jackfield_testkit import ConnectorSuite, Samples, Truth, Variant

if TYPE_CHECKING:
    from jackfield_scim.testserver import Server

ROLES = {"admin": "Administrator", "reader": "Reader"}
_PEOPLE = 10
_IN_NO_GROUP = 7
"""Those whom no group names: a listing alone shows them."""

_ANOTHER_PATCH = {
    "patch": "yes", "patch_capitals": True, "patch_form": "value", "send_member_type": False, "totals": "ignored",
    "page_size": 4, "paging": "index", "members_listed": True, "lookup_by": ["userName", "emails.value"],
    "media_type": "application/json", "put_without_etag": True, "active_if_absent": True,
}  # fmt: skip
"""Settings that providers need whose PATCH is their own."""


_TEXTUAL = {"text_booleans": True, "groups": False, "deletes": False, "filters": "no", "totals": "ignored"}


class Backend:
    """The server as the kit sees it; ``truth`` is what its storage has, told by no request."""

    page_size = 3
    most_requests = 20
    permissions = ("read /Users", "write /Users", "read /Groups", "write /Groups")
    counts = ("totalResults",)

    def __init__(
        self, server: "Server", held: ExitStack, absent: str = "unknown", *, sparing: bool = False, groups: bool = True
    ) -> None:
        self.server = server
        self.absent = absent
        self.sparing = sparing
        self.has_groups = groups
        self._held = held
        self._secret = 0
        self.users = [server.add(user(number)) for number in range(_PEOPLE)]
        # Changed after it was made, and of two addresses neither is the main one.
        self.server.give(self.users[5], {"emails": [{"value": "one@example.com"}, {"value": "two@example.com"}]})
        plain = [{"value": id, "type": "User"} for id in self.users[:-_IN_NO_GROUP]]
        self.groups = [server.add(group("Everyone", plain)), server.add(group("Sales", plain[:2]))]
        nested = {"value": self.groups[1], "type": "Group"}
        self.groups += [server.add(group("All of them", [nested])), server.add(group("Nobody", []))]

    def truth(self) -> Truth:
        """What a sync has to show: members who are gone are not there, though the server goes on naming them."""
        users, groups = self.server.every("User"), self.server.every("Group") if self.has_groups else []
        there = {each["id"] for each in (*users, *groups)}
        named = [(at["id"], one) for at in groups for one in at.get("members") or () if one["value"] in there]
        teams = {each["id"] for each in groups}
        members = [member(at, "group" if one["value"] in teams else "user", one["value"]) for at, one in named]
        roles = [has_role(role["value"], each["id"]) for each in users for role in each.get("roles") or ()]
        everybody = [ResourceId(type="user", id=each["id"]) for each in users]
        listed = [*everybody, *(ResourceId(type="group", id=each["id"]) for each in groups)]
        return Truth(
            resources=frozenset([*listed, *(each.entitlement.resource for each in roles)]),
            grants=frozenset([*members, *roles]),
            facts={
                **{
                    id: facts(each, self.absent, texts=not self.has_groups)
                    for id, each in zip(everybody, users, strict=True)
                },
                **{
                    ResourceId(type="group", id=each["id"]): {
                        "display_name": each["displayName"],
                        "created": datetime.fromisoformat(each["meta"]["created"]),
                        "member_count": None if self.sparing else len(each.get("members") or ()) or None,
                    }
                    for each in groups
                },
                **{each.entitlement.resource: {"display_name": ROLES[each.entitlement.resource.id]} for each in roles},
            },
        )

    def effects(self) -> Mapping[str, int]:
        """What was made, and how often."""
        return dict(self.server.storage.made)

    def allow(self, permissions: Collection[str] | None) -> None:
        """Leave the token these rights only, or give it all again."""
        self.server.service.rights = None if permissions is None else frozenset(permissions)

    def drift(self, seed: int) -> None:
        """Somebody comes, somebody goes, and a group appears."""
        self.server.remove(random.Random(seed).choice([each["id"] for each in self.server.every("User")]))  # noqa: S311
        member = {"value": self.server.add(user(100 + seed)), "type": "User"}
        self.server.add(group(f"Drifted {seed}", [member]))

    def whole(self) -> Mapping[str, object]:
        """All that the storage has, but its own books."""
        found = [*self.server.every("User"), *self.server.every("Group")]
        return {each["id"]: {name: value for name, value in each.items() if name != "meta"} for each in found}

    def invite(self, name: str, login: str) -> ResourceId | None:
        """Let somebody be there, unless somebody has that user name, in whatever capitals."""
        if login.casefold() in (each["userName"].casefold() for each in self.server.every("User")):
            return None
        one = {"schemas": [wire.CORE_USER], "userName": login, "displayName": name, "active": True}
        return ResourceId(type="user", id=self.server.add(one))

    def give_address(self, person: ResourceId, address: str) -> bool:
        """Somebody gets one more address; two may have one."""
        self.server.give(person.id, {"emails": [{"value": address}]})
        return True

    def make_group(self, name: str) -> ResourceId | None:
        """Let a group be there."""
        return ResourceId(type="group", id=self.server.add(group(name, [])))

    def remove(self, person: ResourceId) -> None:
        """Take somebody away, out of all groups as well."""
        self.server.remove(person.id, from_groups=True)

    def another(self) -> "tuple[Backend, Mapping[str, Any]]":
        """Another server, with somebody less, and a connection to it."""
        from jackfield_scim.testserver import serve

        other = Backend(self._held.enter_context(serve()), self._held)
        other.remove(ResourceId(type="user", id=other.users[0]))
        return other, connection_to(other)

    def expire(self) -> None:
        """Let the access tokens lapse."""
        self.server.expire()

    def forget_cursors(self) -> None:
        """Let all cursors lapse: the server knows them by a secret."""
        self._secret += 1
        self.server.service.know_cursors_by(f"secret {self._secret}")

    def _enter(self, server: "AbstractContextManager[Server]") -> "Server":
        return self._held.enter_context(server)

    def variants(self) -> Mapping[str, Variant]:
        """Servers of other kinds, and other ways to speak with one."""
        from jackfield_scim.testserver import by_cursor, serve

        sparing = Backend(self._enter(serve(by_cursor(), sparing=True)), self._held, sparing=True)
        other = Backend(self._enter(serve()), self._held, "enabled")
        textual = Backend(self._enter(serve(textual=True)), self._held, groups=False)
        found: dict[str, Variant] = {}
        for name, backend, settings in (
            ("cursors and PUT", sparing, {"patch": "no"}),
            ("another PATCH", other, _ANOTHER_PATCH),
            ("truths as texts, no groups, totals of a page", textual, _TEXTUAL),
        ):
            url, token = backend.server.url, backend.server.token
            config = {"url": url, "token": token, "page_size": backend.page_size, **settings}
            found[name] = Variant(backend=backend, config=config, samples=samples_on(backend))
        return found


def connection_to(backend: Backend) -> Mapping[str, Any]:
    """The keys of a connection to the server of *backend*, as an OAuth client; the variants have a token."""
    from jackfield_scim.testserver import CLIENT, CLIENT_SECRET

    return {
        "url": backend.server.url,
        "token_url": backend.server.token_url,
        "client_id": CLIENT,
        "client_secret": CLIENT_SECRET,
        "page_size": backend.page_size,
    }


class TestScim(ConnectorSuite):
    """All rules of the kit."""

    connector = "scim"

    @pytest.fixture
    def backend(self) -> Iterator[Backend]:
        """A fresh server."""
        pytest.importorskip("scim2_server", reason="it takes the extra server: pip install 'jackfield-scim[server]'")
        from jackfield_scim.testserver import serve

        with ExitStack() as held:
            yield Backend(held.enter_context(serve()), held)

    @pytest.fixture
    def config(self, backend: Backend) -> Mapping[str, Any]:
        """The keys of a connection to it."""
        return connection_to(backend)

    @pytest.fixture
    def samples(self, backend: Backend) -> Samples:
        """Changes of each kind."""
        return samples_on(backend)


def samples_on(backend: Backend) -> Samples:
    """Changes of each kind."""
    users, sales, nobody = backend.users, backend.groups[1], backend.groups[3]
    deletion = DeleteAccount(account=ResourceId(type="user", id=users[6]))
    in_groups = (
        *(GrantAccess(entitlement=of(sales), principal=ResourceId(type="user", id=id)) for id in users[3:5]),
        GrantAccess(entitlement=of(nobody), principal=ResourceId(type="group", id=sales)),
    )
    return Samples(
        grants=(
            *(in_groups if backend.has_groups else ()),
            GrantAccess(entitlement=has_role("admin", "").entitlement, principal=ResourceId(type="user", id=users[5])),
        ),
        refused=(
            RunAction(name="set_profile", arguments={"user_id": users[0], "user_name": "person1@example.com"}),
            *(() if backend.has_groups else (deletion,)),
        ),
        accounts=(
            CreateAccount(
                arguments={
                    "user_name": "new@example.com",
                    "email": "new@example.com",
                    "surname": "Ö'Néw",
                    "department": "Söles",
                }
            ),
        ),
        deletions=(deletion,) if backend.has_groups else (),
        actions=(
            RunAction(name="disable_user", arguments={"user_id": users[4]}),
            RunAction(name="enable_user", arguments={"user_id": users[2]}),
            RunAction(name="set_profile", arguments={"user_id": users[1], "surname": "Doe", "email": "d@example.com"}),
        ),
        nobody=ResourceId(type="user", id="nobody"),
    )


def user(number: int) -> dict[str, Any]:
    """A person; the third one's account is disabled, of the eighth nothing tells it, and some have a role."""
    address = f"person{number}@example.com"
    return {
        "schemas": [wire.CORE_USER, wire.ENTERPRISE],
        "userName": address,
        "externalId": f"x{number}",
        "displayName": f"Person {number}",
        "name": {"givenName": "Person", "familyName": str(number)},
        "emails": [{"value": f"other{number}@example.com"}, {"value": address, "primary": True}],
        "active": {2: False, 7: None}.get(number, True),
        "roles": [
            {"value": role, "display": ROLES[role]} for role in ["admin" if number == 0 else "reader"] if number < 4
        ],
        wire.ENTERPRISE: {"department": "Sales"},
    }


def group(name: str, members: list[dict[str, str]]) -> dict[str, Any]:
    """A group."""
    return {"schemas": [wire.CORE_GROUP], "displayName": name, "members": members}


def facts(each: Mapping[str, Any], absent: str, *, texts: bool) -> dict[str, Any]:
    """What a sync has to show of a user; *absent* is the status of whom nothing tells it, *texts*: truths are such."""
    name: Mapping[str, Any] = each.get("name") or {}
    enterprise: Mapping[str, Any] = each.get(wire.ENTERPRISE) or {}
    emails = [Email(address=one["value"], primary=one.get("primary", False)) for one in each.get("emails") or ()]
    return {
        "login": each["userName"],
        "status": absent if (active := each.get("active")) is None else "enabled" if active else "disabled",
        "status_raw": "" if active is None else str(active) if texts else str(active).lower(),
        "display_name": each.get("displayName") or name.get("familyName") or each["userName"],
        "given_name": name.get("givenName"),
        "surname": name.get("familyName"),
        "emails": tuple(emails),
        "external_ids": {"externalId": each["externalId"]} if each.get("externalId") else {},
        "created": datetime.fromisoformat(each["meta"]["created"]),
        "department": enterprise.get("department"),
    }


def of(group: str) -> EntitlementId:
    """Membership of a group."""
    return EntitlementId(resource=ResourceId(type="group", id=group), slug="member")


def member(group: str, type: str, id: str) -> GrantId:
    """Somebody is in a group."""
    return GrantId(entitlement=of(group), principal=ResourceId(type=type, id=id))


def has_role(role: str, user: str) -> GrantId:
    """Somebody has a role."""
    held = EntitlementId(resource=ResourceId(type="role", id=role), slug="member")
    return GrantId(entitlement=held, principal=ResourceId(type="user", id=user or "-"))
