"""The reads that make a sync: users with their roles and entitlements, and groups with their members."""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

import msgspec

from jackfield.errors import NotFound, RemoteContract
from jackfield.hookspecs import Reads, SyncView, family
from jackfield_contracts import Diagnostic, EntitlementId, Item, Page, Resource, ResourceId, Scope, Severity
from jackfield_scim import api as routes
from jackfield_scim import listing, model, wire
from jackfield_scim.api import Api

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
        collected = _Collected(model.USERS.name)
        known = set(at.known if at is not None else ())
        given: list[str] = list(at.known if at is not None else ())
        for raw in part.items:
            seen = wire.attributes(wire.lowered(raw))
            found = model.person(seen, self._api.config) if seen is not None else None
            if seen is None or found is None:
                collected.broken()
                continue
            if not collected.add(found.resource):
                continue
            collected.odd(found.odd)
            for kind in model.KINDS:
                self._held(collected, seen, kind, found.resource.id, known, given)
        incomplete = dict(collected.incomplete(*(scope for kind in model.KINDS for scope in (kind.listed, kind.held))))
        return Page(
            items=tuple(collected.items),
            next=_following(part, given),
            expected=part.expected(model.USERS.name),
            incomplete={**incomplete, **({model.USERS.name: part.short} if part.short else {})},
            diagnostics=tuple(collected.notes("users")),
        )

    def _held(
        self,
        collected: "_Collected",
        seen: wire.Attributes,
        kind: model.Kind,
        who: ResourceId,
        known: set[str],
        given: list[str],
    ) -> None:
        values, broken = model.held(seen, kind)
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
        collected = _Collected(model.GROUPS.name)
        opens: list[Scope] = []
        for raw in part.items:
            seen = wire.attributes(wire.lowered(raw))
            found = model.group(seen) if seen is not None else None
            if seen is None or found is None:
                collected.broken()
                continue
            resource, offered, odd = found
            if not collected.add(resource, offered):
                continue
            collected.odd(odd)
            opens.append(self._members(collected, seen, resource.id, offered.id))
        return Page(
            items=tuple(collected.items),
            next=_following(part, ()),
            opens=tuple(opens),
            expected=part.expected(model.GROUPS.name),
            incomplete={**collected.incomplete(), **({model.GROUPS.name: part.short} if part.short else {})},
            diagnostics=tuple(collected.notes("groups")),
        )

    def _members(
        self, collected: "_Collected", seen: wire.Attributes, group: ResourceId, offered: EntitlementId
    ) -> Scope:
        """The scope of a group's members, fed by this listing if that tells them all, else by the group alone."""
        name = f"{group}/*"
        found = model.members(seen, self._api.config)
        if found is None and self._api.config.members_listed:
            found = model.Members()
        if found is None or found.untyped:
            return Scope(name=name, family="members", resource=group)
        collected.items += [model.grant(offered, each, name) for each in found.typed]
        if found.reason is not None:
            collected.lacks(name, found.reason)
        return Scope(name=name, family="groups", fallback="members", resource=group)

    @family("members", follows=("users", "groups"), description="the members of one group that its listing leaves open")
    async def members(self, scopes: tuple[Scope, ...], view: SyncView) -> Page:
        """The members of one group; what they are, where they don't say it, the users and groups of this sync tell."""
        (scope,) = scopes
        group = scope.resource
        if group is None:
            raise RemoteContract("the members of a group need the group")
        try:
            seen = await self._api.find(routes.GROUPS, group.id)
        except NotFound:
            seen = None
        if seen is None:
            return Page(vanished=(group,))
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

    def incomplete(self, *beside: Scope) -> Mapping[str, str]:
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
    return msgspec.structs.replace(part.next, known=tuple(known)[:_MOST_REMEMBERED]).text()
