"""A connector for Acme: its users, its groups and who is in them, read and changed over REST."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from msgspec import Meta, Struct

import jackfield_contracts as c
from jackfield.errors import NotFound
from jackfield.hookspecs import ConnectorConfig, ConnectorType, Context, Reads, Secret, family, hookimpl
from jackfield.http import Bearer, ByLink, ByPage, JsonApi


class Config(ConnectorConfig, frozen=True, kw_only=True):
    url: Annotated[str, Meta(description="Where Acme is, such as https://acme.example.")]
    token: Annotated[Secret, Meta(description="An access token, from the page Integrations in Acme.")]


class User(Struct):
    id: str
    name: str
    email: str
    active: bool

    def state(self, asked: str | None = None) -> c.AccountState:
        status = c.AccountStatus.ENABLED if self.active else c.AccountStatus.DISABLED
        id = c.ResourceId(type="user", id=self.id)
        return c.AccountState(account=id, asked=asked, status=status, login=self.email)

    def row(self) -> c.Resource:
        state = self.state()
        trait = c.UserTrait(status=state.status, login=self.email)
        return c.Resource(id=state.account, scope="user", display_name=self.name, trait=trait)


class Group(Struct):
    id: str
    name: str
    members: int


HOOKS = tuple(
    c.Capability(name=hook, description=f"{hook} in Acme", hook=hook) for hook in ("read_page", "grant", "revoke")
)
TYPES = tuple(c.ResourceType(name=k.value, display_name=k.name, trait=k) for k in (c.TraitKind.USER, c.TraitKind.GROUP))
NUMBERED, LINKED = ByPage(items="data", total="total"), ByLink(total_header="X-Total-Count")
MEMBER = "groups/{}/members/{}"


def member(group: c.ResourceId) -> c.Entitlement:
    id = c.EntitlementId(resource=group, slug="member")
    return c.Entitlement(id=id, scope="group", display_name="Member", grantable_to=("user",))


class Acme(Reads):
    def __init__(self, api: JsonApi) -> None:
        self.api = api

    @hookimpl
    async def check(self) -> c.CheckReport:
        able = tuple(c.CapabilityStatus(capability=each.name, available=True) for each in HOOKS)
        return c.CheckReport(tenant=await self.api.get("me", type=c.Tenant), capabilities=able)

    @hookimpl
    def resource_types(self) -> tuple[c.ResourceType, ...]:
        return TYPES

    @family("users", scopes=(c.Scope(name="user", family="users", rows=c.RowKind.RESOURCES, lists="user"),))
    async def users(self, cursor: str | None) -> c.Page:
        page = await NUMBERED.read(self.api, "users", type=User, cursor=cursor)
        return c.Page(items=tuple(user.row() for user in page.items), next=page.next, expected=page.count("user"))

    @family("groups", scopes=(c.Scope(name="group", family="groups", rows=c.RowKind.RESOURCES, lists="group"),))
    async def groups(self, cursor: str | None) -> c.Page:
        page = await LINKED.read(self.api, "groups", type=Group, cursor=cursor)
        rows, opens = list[c.Item](), list[c.Scope]()
        for group in page.items:
            id = c.ResourceId(type="group", id=group.id)
            rows += [c.Resource(id=id, scope="group", display_name=group.name, trait=c.GroupTrait()), member(id)]
            opens.append(c.Scope(name=f"{id}/*", family="members", expected=group.members, resource=id))
        return c.Page(items=tuple(rows), opens=tuple(opens), next=page.next, expected=page.count("group"))

    @family("members", follows=("users", "groups"))
    async def members(self, scopes: tuple[c.Scope, ...], cursor: str | None) -> c.Page:
        held = member(scopes[0].resource).id
        try:
            page = await LINKED.read(self.api, "groups/{}/members", held.resource.id, type=User, cursor=cursor)
        except NotFound:
            return c.Page(vanished=(held.resource,))
        rows = [c.Grant(entitlement=held, principal=user.state().account, scope=scopes[0].name) for user in page.items]
        return c.Page(items=tuple(rows), next=page.next)

    @hookimpl
    async def read_state(self, query: c.StateQuery) -> c.AccessState:
        api = self.api.traced()
        asked = [*((None, p.id) for p in query.principals if p.type == "user"), *((n, n) for n in query.names)]
        found = [(name, id, await api.find("users/{}", id, type=User)) for name, id in asked]
        people = [user.state(name) for name, id, user in found if user and id in (user.id, user.email)]
        groups = [g for g in query.resources if g.type == "group" and await api.find("groups/{}", g.id, type=Group)]
        grants = [c.GrantId(entitlement=member(g).id, principal=of.account) for g in groups for of in people]
        held = [g for g in grants if await api.find(MEMBER, g.entitlement.resource.id, g.principal.id, type=User)]
        offers = tuple(map(member, groups))
        return c.AccessState(accounts=(*people,), entitlements=offers, held=(*held,), request_ids=api.request_ids)

    @hookimpl
    async def grant(self, changes: tuple[c.GrantAccess, ...]) -> tuple[c.Outcome, ...]:
        return tuple([await self.put("PUT", each, "already_member") for each in changes])

    @hookimpl
    async def revoke(self, changes: tuple[c.RevokeAccess, ...]) -> tuple[c.Outcome, ...]:
        return tuple([await self.put("DELETE", each, "not_a_member") for each in changes])

    async def put(self, method: str, on: c.GrantAccess | c.RevokeAccess, so: str) -> c.Outcome:
        if on.entitlement.slug != "member":
            return c.Outcome(outcome=c.OutcomeKind.REFUSED, tag="not_found", reason="A group of Acme has members only.")
        return await self.api.change(method, MEMBER, on.entitlement.resource.id, on.principal.id, already=(so,))


@asynccontextmanager
async def opened(config: Config, context: Context) -> AsyncGenerator[Acme]:
    yield Acme(JsonApi(context.http, config.url, Bearer(config.token), tag="error.code"))


connector = ConnectorType(
    name="acme", display_name="Acme", config=Config, open=opened, capabilities=HOOKS, resource_types=TYPES
)
