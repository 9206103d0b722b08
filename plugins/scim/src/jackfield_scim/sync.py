"""The reads that make a sync: users with their roles and entitlements, and groups with their members."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import msgspec

from jackfield.errors import RemoteContract
from jackfield.hookspecs import Reads, SyncView, family
from jackfield_contracts import Diagnostic, EntitlementId, Item, Page, Resource, ResourceId, Scope, Severity
from jackfield_scim import api as routes
from jackfield_scim import listing, model, wire
from jackfield_scim.api import Api
from jackfield_scim.config import MembersBy

MOST_CURSOR_BYTES: Final = 4096
"""What the host stores of a cursor."""

_NOT_TOLD: Final = "the provider does not tell who is in a group (members_by)"
_MOST_REMEMBERED: Final = 60
"""Roles and entitlements of which a cursor remembers that they were given; more of them come again, which does no harm."""


class ScimReads(Reads):
    """``users`` and ``groups`` are one listing each; ``members`` reads single groups whose listing does not tell all."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @family(
        "users",
        scopes=(model.USERS, *(each.listed for each in model.KINDS), *(each.held for each in model.KINDS)),
        description="users, and the roles and entitlements that they have",
    )
    async def users(self, cursor: str | None) -> Page:
        """A page of users; one request, and one for what the provider can do."""
        at = listing.position(cursor)
        part = await listing.read(self._api, routes.USERS, at)
        given = list(at.known if at is not None else ())
        collected = self._people([wire.attributes(wire.lowered(each)) for each in part.items], given)
        incomplete = collected.incomplete(*(scope for kind in model.KINDS for scope in (kind.listed, kind.held)))
        return Page(
            items=tuple(collected.items),
            next=_following(part, given),
            expected=part.expected(model.USERS.name),
            incomplete={**incomplete, **({model.USERS.name: part.short} if part.short else {})},
            diagnostics=tuple(collected.notes("users")),
        )

    @family(model.PEOPLE, follows=("users",), description="single users that groups name and the listing lacks")
    async def people(self, cursor: str) -> Page:
        """Users by their ids, each a request: whom the provider does not know is gone."""
        collected = self._people(await self._by_id(routes.USERS, cursor), [])
        return Page(
            items=tuple(collected.items),
            incomplete=collected.incomplete(),
            diagnostics=tuple(collected.notes("users")),
        )

    async def _by_id(self, endpoint: str, cursor: str) -> list[wire.Attributes]:
        ids = msgspec.json.decode(cursor, type=list[str])
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._api.find(endpoint, id)) for id in ids]
        return [found.seen for each in asked if (found := each.result()) is not None]

    def _people(self, listed: Iterable[wire.Attributes | None], given: list[str]) -> "_Collected":
        """The rows of users; *given* are names of roles that the listing gave before, and grows by those that it gives."""
        collected = _Collected(model.USERS.name)
        known = set(given)
        for seen in listed:
            found = model.person(seen, self._api.config) if seen is not None else None
            if seen is None or found is None:
                collected.broken()
                continue
            if not collected.add(found.resource):
                continue
            collected.odd(found.odd)
            for kind in model.KINDS:
                self._held(collected, seen, kind, found.resource.id, known, given)
        return collected

    def _held(
        self,
        collected: "_Collected",
        seen: wire.Attributes,
        kind: model.Kind,
        who: ResourceId,
        known: set[str],
        given: list[str],
    ) -> None:
        values, broken = model.held(seen, kind, self._api.config)
        if broken:
            collected.lacks(kind.held.name, f"{kind.attribute} of some users can't be understood")
            collected.lacks(kind.listed.name, f"{kind.attribute} of some users can't be understood")
        for value, display in values.items():
            name = blake2b(f"{kind.type}:{value}".encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
            rows = model.thing(kind, value, display)
            if name not in known:
                known.add(name)
                given.append(name)
                collected.items += rows
            collected.items.append(model.grant(rows[1].id, who, kind.held.name))

    @family("groups", scopes=(model.GROUPS,), description="groups, and their members as far as the listing tells")
    async def groups(self, cursor: str | None) -> Page:
        """A page of groups, each with the scope of its members; one request, and one for what the provider can do."""
        at = listing.position(cursor)
        part = await listing.read(self._api, routes.GROUPS, at)
        collected, opens = self._groups([wire.attributes(wire.lowered(each)) for each in part.items], "groups")
        return Page(
            items=tuple(collected.items),
            next=_following(part, ()),
            opens=tuple(opens),
            expected=part.expected(model.GROUPS.name),
            incomplete={**collected.incomplete(), **({model.GROUPS.name: part.short} if part.short else {})},
            diagnostics=tuple(collected.notes("groups")),
        )

    @family(model.NAMED_GROUPS, follows=("groups",), description="single groups that groups name and the listing lacks")
    async def named_groups(self, cursor: str) -> Page:
        """Groups by their ids, each a request: those that the provider does not know are gone."""
        collected, opens = self._groups(await self._by_id(routes.GROUPS, cursor), "members")
        return Page(items=tuple(collected.items), opens=tuple(opens), diagnostics=tuple(collected.notes("groups")))

    def _groups(self, listed: Iterable[wire.Attributes | None], feeds: str) -> tuple["_Collected", list[Scope]]:
        """The rows of groups, and the scopes of their members, which the family *feeds* gives if that is this listing."""
        collected = _Collected(model.GROUPS.name)
        opens: list[Scope] = []
        for seen in listed:
            found = model.group(seen) if seen is not None else None
            if seen is None or found is None:
                collected.broken()
                continue
            resource, offered, odd = found
            if not collected.add(resource, offered):
                continue
            collected.odd(odd)
            alone = Scope(name=f"{resource.id}/*", family="members", resource=resource.id)
            opens.append(self._members(collected, seen, alone, offered.id) if feeds == "groups" else alone)
        return collected, opens

    def _members(self, collected: "_Collected", seen: wire.Attributes, alone: Scope, offered: EntitlementId) -> Scope:
        """The scope of a group's members, fed by this listing if that tells them all, else by the group *alone*."""
        if self._api.config.members_by is MembersBy.FILTER:
            collected.lacks(alone.name, _NOT_TOLD)
            return msgspec.structs.replace(alone, family="groups")
        found = model.members(seen, self._api.config)
        if found is None and self._api.config.members_listed:
            found = model.Members()
        if found is None or found.untyped:
            return alone
        collected.items += [model.grant(offered, each, alone.name) for each in found.typed]
        if found.reason is not None:
            collected.lacks(alone.name, found.reason)
        return msgspec.structs.replace(alone, family="groups", fallback="members")

    @family("members", follows=("users", "groups"), description="the members of one group that its listing leaves open")
    async def members(self, scopes: tuple[Scope, ...], view: SyncView) -> Page:
        """The members of one group; what they are, where they don't say it, the users and groups of this sync tell."""
        (scope,) = scopes
        group = scope.resource
        if group is None:
            raise RemoteContract("the members of a group need the group")
        seen = await self._api.find(routes.GROUPS, group.id)
        if seen is None:
            return Page(vanished=(group,))
        if self._api.config.members_by is MembersBy.FILTER:
            return Page(incomplete={scope.name: _NOT_TOLD})
        found = model.members(seen.seen, self._api.config) or model.Members()
        resolved = typed(found, view)
        offered = model.offered(group, model.GROUPS.name).id
        return Page(
            items=tuple(model.grant(offered, each, scope.name) for each in resolved.typed),
            incomplete={scope.name: reason} if (reason := resolved.reason) else {},
        )


def typed(found: model.Members, view: SyncView) -> model.Members:
    """*found* with types for those that the sync knows as one thing only; others can't be understood."""
    users = view.stored("user", found.untyped)
    groups = view.stored("group", found.untyped)
    known = [
        ResourceId(type="user" if id in users else "group", id=id)
        for id in found.untyped
        if (id in users) != (id in groups)
    ]
    return model.Members(typed=(*found.typed, *known), broken=found.broken + len(found.untyped) - len(known))


class _Collected:
    """The rows of a page, each once, and what is to be told of it."""

    def __init__(self, scope: str) -> None:
        self.items: list[Item] = []
        self._scope = scope
        self._ids: set[ResourceId] = set()
        self._broken = 0
        self._lacks: dict[str, str] = {}
        self._odd: Counter[str] = Counter()

    def add(self, resource: Resource, *rows: Item) -> bool:
        """Take the rows of a resource, unless the page gave it before."""
        if resource.id in self._ids:
            return False
        self._ids.add(resource.id)
        self.items += (resource, *rows)
        return True

    def broken(self) -> None:
        """Count a row that can't be understood."""
        self._broken += 1

    def odd(self, names: Iterable[str]) -> None:
        """Count attributes that can't be understood."""
        self._odd.update(names)

    def lacks(self, scope: str, reason: str) -> None:
        """Say of a scope why it is not whole."""
        self._lacks[scope] = reason

    def incomplete(self, *beside: Scope) -> dict[str, str]:
        """What is not whole, and why: broken rows concern the listing and the scopes *beside* it."""
        if not self._broken:
            return self._lacks
        why = f"{self._broken} of the listing can't be understood: they have no id"
        return {**self._lacks, self._scope: why, **{each.name: why for each in beside}}

    def notes(self, what: str) -> Iterable[Diagnostic]:
        """What is unknown of some rows, by attribute."""
        for name, number in sorted(self._odd.items()):
            yield Diagnostic(
                code="unforeseen_value",
                severity=Severity.WARNING,
                summary=f"{name} of {number} {what} is of a form that is not understood, and is shown as unknown",
                hint="docs/administrators/scim.md says which settings are for providers that write values in their own way.",
            )


def _following(part: listing.Part, known: Iterable[str]) -> str | None:
    if part.next is None:
        return None
    text = msgspec.structs.replace(part.next, known=tuple(known)[:_MOST_REMEMBERED]).text()
    return text if len(text.encode()) <= MOST_CURSOR_BYTES else part.next.text()
