"""Reading a ``.c1z`` file of version 1, as pages of rows.

Promises that memory does not grow with the file, that a row which can't be understood makes its part of the snapshot incomplete
and is told, and that nothing outside of the newest finished sync is taken.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec
from google.protobuf.message import DecodeError

from jackfield.errors import BadConfig
from jackfield.hookspecs import Import
from jackfield_c1.c1z.container import MOST_DECODED, MOST_RATIO, unpack
from jackfield_c1.c1z.doubts import doubt_of_all, referred_and_missing
from jackfield_c1.c1z.found import FoundSync, column, has_table, open_sync
from jackfield_c1.c1z.objects import Plain, read_entitlement, read_resource, reason_in
from jackfield_c1.c1z.plainnames import Names, is_slug, is_type
from jackfield_c1.c1z.traits import parsed
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import (
    Diagnostic,
    Entitlement,
    EntitlementId,
    Grant,
    Item,
    Page,
    Resource,
    ResourceId,
    RowKind,
    Scope,
    Severity,
    Tenant,
)

_AT_ONCE = 2_000
_MOST_DIGITS = 15
_SOURCE = "sync"
_ANYTHING = "resource"
"""The scope that stands for all of a file which names no type."""
_BAD = (DecodeError, msgspec.MsgspecError, ValueError, TypeError, KeyError, OverflowError, RecursionError)

T = TypeVar("T")


def read_c1z(of: Import) -> Iterator[Page]:
    """The rows of the newest finished sync of the file; raises BadConfig where it is none of version 1, or damaged."""
    most, ratio = _number(of, "most_bytes", MOST_DECODED), _number(of, "most_ratio", MOST_RATIO)
    with TemporaryDirectory(prefix="jackfield-c1z-") as folder:
        file = Path(folder, "sync.db")
        unpack(of.file, of.name, file, most=most, ratio=ratio)
        with open_sync(file, of.name) as (db, sync):
            yield from _Reading(db, sync).pages()


def _number(of: Import, name: str, usual: int) -> int:
    text = of.options.get(name) or str(usual)
    if not (text.isascii() and text.isdecimal() and 0 < len(text) <= _MOST_DIGITS and int(text)):
        raise BadConfig(f"{name} wants a whole number above 0, not {text[:40]!r}", path="--option")
    return int(text)


class _Reading:
    """One file while it is read."""

    def __init__(self, db: sqlite3.Connection, sync: FoundSync) -> None:
        self._db = db
        self._sync = sync
        self._types = Names(is_type, "x-")
        self._opened: set[str] = set()
        self._opens: list[Scope] = []
        self._incomplete: dict[str, str] = {}
        self._unread: dict[str, int] = {}
        self._notes: list[Diagnostic] = []
        # What the next queries ask for by name stands in the copy of the file, not in memory.
        db.execute(
            "CREATE TABLE ours_entitlement (external_id TEXT PRIMARY KEY, type TEXT, id TEXT, slug TEXT) WITHOUT ROWID"
        )
        db.execute("CREATE TABLE ours_left (type TEXT, id TEXT, data TEXT, PRIMARY KEY (type, id)) WITHOUT ROWID")
        db.execute("CREATE TABLE ours_slug (type TEXT, id TEXT, slug TEXT, PRIMARY KEY (type, id, slug)) WITHOUT ROWID")

    def pages(self) -> Iterator[Page]:
        """Resources, entitlements and grants, in the order of their rows."""
        sync, ours = self._sync, self._sync.ours
        tenant = Tenant(id=ours.tenant, name=ours.tenant_name) if ours is not None and ours.tenant else None
        as_of = {_SOURCE: sync.ended.isoformat()} if sync.ended is not None and not (ours and ours.age_unknown) else {}
        for name in self._announced():
            self._scopes(name)
        yield self._page([], tenant=tenant, as_of=as_of)
        yield from self._paged(self._resources())
        yield from self._paged(self._entitlements())
        yield from self._paged(self._grants())
        yield self._end()

    def _page(self, items: list[Item], **more: Any) -> Page:
        page = Page(items=tuple(items), opens=tuple(self._opens), **more)
        self._opens.clear()
        return page

    def _paged(self, rows: Iterator[Item]) -> Iterator[Page]:
        items: list[Item] = []
        for one in rows:
            items.append(one)
            if len(items) >= _AT_ONCE:
                yield self._page(items)
                items = []
        if items or self._opens:
            yield self._page(items)

    def _announced(self) -> Iterator[str]:
        """The types of the file, those without a resource included."""
        if has_table(self._db, "v1_resource_types"):
            for (name,) in self._of_sync("v1_resource_types", "external_id"):
                if isinstance(name, str) and name:
                    yield self._types.of(name)

    def _of_sync(self, table: str, columns: str, more: str = "") -> Iterator[tuple[Any, ...]]:
        if has_table(self._db, table):
            yield from self._db.execute(
                f"SELECT {columns} FROM {table} t {more} WHERE t.sync_id = ? ORDER BY t.id", (self._sync.id,)
            )

    def _scopes(self, type: str) -> tuple[str, str]:
        """The scopes of a type: its resources with what they offer, and the grants on them."""
        own, grants = type, f"{type}/*"
        if own not in self._opened:
            self._opened.add(own)
            # Of a file of our own, the seals say whether a listing lacks somebody who holds something.
            lists = type if self._sync.ours is None else None
            self._opens += (
                Scope(name=own, family="", rows=RowKind.RESOURCES, lists=lists),
                Scope(name=grants, family="", rows=RowKind.GRANTS),
            )
        return own, grants

    def _try(self, scope: str, read: Callable[[], T]) -> T | None:
        """What *read* gives; None, and the scope is not whole, where a row can't be understood."""
        try:
            return read()
        except _BAD:
            self._unread[scope] = self._unread.get(scope, 0) + 1
            return None

    # --- resources -----------------------------------------------------------------------------------------------------

    def _resources(self) -> Iterator[Item]:
        for type, data in self._of_sync("v1_resources", "resource_type_id, data"):
            scope, _ = self._scopes(self._types.of(type if isinstance(type, str) else "unknown"))
            one = self._try(scope, lambda data=data: self._resource(data))
            if one is not None:
                yield one

    def _resource(self, data: bytes) -> Resource | None:
        message = parsed(pb.Resource(), data)
        message.id.resource_type = self._types.of(message.id.resource_type)
        if message.HasField("parent_resource_id"):
            if message.parent_resource_id.resource:
                parent = self._types.of(message.parent_resource_id.resource_type)
                message.parent_resource_id.resource_type = parent
            else:
                message.ClearField("parent_resource_id")
        scope, _ = self._scopes(message.id.resource_type)
        one, left = read_resource(message, scope)
        one = _valid(one, Resource)
        if not one.id.id:
            raise ValueError("a resource without an id")
        if isinstance(left.get("entitlements"), dict):
            told = msgspec.json.encode(left["entitlements"]).decode()
            self._db.execute("INSERT OR REPLACE INTO ours_left VALUES (?, ?, ?)", (one.id.type, one.id.id, told))
        if self._sync.ours is not None and left.get("named_only") is True:
            return None
        return one

    # --- entitlements --------------------------------------------------------------------------------------------------

    def _entitlements(self) -> Iterator[Item]:
        rows = self._of_sync("v1_entitlements", "external_id, resource_type_id, resource_id, data")
        for external_id, type, id, data in rows:
            if not (isinstance(type, str) and type and isinstance(id, str) and id and isinstance(external_id, str)):
                self._try("unknown", lambda: _fail())
                continue
            on = ResourceId(type=self._types.of(type), id=id)
            scope, _ = self._scopes(on.type)
            one = self._try(scope, lambda data=data, on=on, ext=external_id: self._entitlement(data, on, ext))
            if one is not None:
                yield one

    def _entitlement(self, data: bytes, on: ResourceId, external_id: str) -> Entitlement | None:
        message = parsed(pb.Entitlement(), data)
        ids = (message.resource.id.resource_type or on.type, message.resource.id.resource or on.id)
        word = message.slug or external_id.removeprefix(f"{ids[0]}:{ids[1]}:") or external_id
        slug = self._slug(on, word, external_id)
        for grantable in message.grantable_to:
            grantable.id = self._types.of(grantable.id) if grantable.id else ""
        id = EntitlementId(resource=on, slug=slug)
        left = self._left(on).get(slug, {})
        scope, _ = self._scopes(on.type)
        one = _valid(read_entitlement(message, id, scope, left), Entitlement)
        row = external_id, on.type, on.id, slug
        self._db.execute("INSERT OR REPLACE INTO ours_entitlement VALUES (?, ?, ?, ?)", row)
        named_only = self._sync.ours is not None and message.purpose == 0 and left == {}
        return None if named_only else one

    def _slug(self, on: ResourceId, word: str, external_id: str) -> str:
        """A slug for *word*, which no other entitlement of the resource has."""
        names = Names(is_slug, "x-")
        slug = names.of(word)
        insert = "INSERT OR IGNORE INTO ours_slug VALUES (?, ?, ?)"
        if self._db.execute(insert, (on.type, on.id, slug)).rowcount == 0:
            slug = names.apart(slug, external_id)
            self._db.execute(insert, (on.type, on.id, slug))
        return slug

    def _left(self, on: ResourceId) -> dict[str, Plain]:
        row = self._db.execute("SELECT data FROM ours_left WHERE type = ? AND id = ?", (on.type, on.id)).fetchone()
        return msgspec.json.decode(row[0], type=dict[str, Plain]) if row is not None else {}

    # --- grants --------------------------------------------------------------------------------------------------------

    def _grants(self) -> Iterator[Item]:
        expansion = column(self._db, "v1_grants", "expansion") if has_table(self._db, "v1_grants") else "NULL"
        rows = self._of_sync(
            "v1_grants",
            "t.resource_type_id, t.resource_id, t.entitlement_id, t.principal_resource_type_id, t.principal_resource_id,"
            f" {'t.' if expansion != 'NULL' else ''}{expansion}, t.data, e.type, e.id, e.slug",
            "LEFT JOIN ours_entitlement e ON e.external_id = t.entitlement_id",
        )
        for type, id, external_id, who_type, who, expands, data, known_type, known_id, slug in rows:
            texts = (type, id, external_id, who_type, who)
            if not all(isinstance(one, str) and one for one in texts):
                self._try("unknown", _fail)
                continue
            on = ResourceId(type=known_type or self._types.of(type), id=known_id or id)
            _, scope = self._scopes(on.type)
            principal = ResourceId(type=self._types.of(who_type), id=who)
            if slug is None:
                slug = self._try(scope, lambda on=on, ext=external_id, t=type: self._unlisted(on, ext, t))
                if slug is None:
                    continue
            entitlement = EntitlementId(resource=on, slug=slug)
            one = self._try(
                scope, lambda e=entitlement, p=principal, x=expands, d=data, s=scope: self._grant(e, p, x, d, s)
            )
            if one is not None:
                yield one

    def _unlisted(self, on: ResourceId, external_id: str, type: str) -> str:
        """The slug of an entitlement that a grant names and no row describes."""
        known = self._db.execute("SELECT slug FROM ours_entitlement WHERE external_id = ?", (external_id,)).fetchone()
        if known is not None:
            return known[0]
        slug = self._slug(on, external_id.removeprefix(f"{type}:{on.id}:") or external_id, external_id)
        self._db.execute("INSERT INTO ours_entitlement VALUES (?, ?, ?, ?)", (external_id, on.type, on.id, slug))
        return slug

    def _grant(
        self, entitlement: EntitlementId, principal: ResourceId, expands: bytes | None, data: bytes, scope: str
    ) -> Grant:
        message = parsed(pb.Grant(), data)
        who = message.principal.id
        if who.resource and (self._types.of(who.resource_type), who.resource) != (principal.type, principal.id):
            raise ValueError("the row says somebody else than its columns")
        immutable: str | None = None
        for one in message.annotations:
            name = one.type_url.rpartition("/")[2]
            if name == pb.GrantImmutable.DESCRIPTOR.full_name:
                immutable = reason_in(parsed(pb.GrantImmutable(), one.value).metadata)
            elif name == pb.GrantExpandable.DESCRIPTOR.full_name and expands is None:
                expands = one.value
        inherited = self._inherited_by(principal, expands, scope) if expands else ()
        return Grant(
            entitlement=entitlement, principal=principal, scope=scope, immutable=immutable, inherited_by=inherited
        )

    def _inherited_by(self, principal: ResourceId, expands: bytes, scope: str) -> tuple[str, ...]:
        slugs: list[str] = []
        told = parsed(pb.GrantExpandable(), expands)
        if told.shallow:
            self._incomplete.setdefault(
                scope, "grants in it are inherited by direct members only, which can't be told here"
            )
        for external_id in told.entitlement_ids:
            row = self._db.execute(
                "SELECT type, id, slug FROM ours_entitlement WHERE external_id = ?", (external_id,)
            ).fetchone()
            if row is not None and row[:2] == (principal.type, principal.id):
                slugs.append(row[2])
            elif row is None and external_id.startswith(f"{principal.type}:{principal.id}:"):
                slugs.append(self._unlisted(principal, external_id, principal.type))
            else:
                self._incomplete.setdefault(
                    scope, "grants in it are inherited by holders of what their principal does not offer"
                )
        return tuple(slugs)

    # --- the end -------------------------------------------------------------------------------------------------------

    def _end(self) -> Page:
        """What the file does not have whole, and what is worth telling."""
        incomplete = dict(self._incomplete)
        for scope, count in self._unread.items():
            self._opened_or_open(scope)
            what = "row can't" if count == 1 else "rows can't"
            incomplete[scope] = f"{count:,} {what} be understood"
        incomplete |= self._by_seals()
        if self._sync.why is None:
            why = doubt_of_all(self._db, self._sync.id)
            if why is not None:
                self._sync = msgspec.structs.replace(self._sync, why=why)
            else:
                for type, reason in referred_and_missing(self._db, self._sync.id):
                    own, _ = self._scopes(self._types.of(type))
                    incomplete.setdefault(own, reason)
        if self._sync.why is not None and not self._opened:
            # A file without any type says nothing of what is there: something has to be open, to be called incomplete.
            self._scopes(_ANYTHING)
        for name in sorted(self._opened):
            if self._sync.why is not None:
                incomplete[name] = incomplete[f"{name}/*"] = self._sync.why
            elif self._sync.why_grants is not None:
                incomplete.setdefault(f"{name}/*", self._sync.why_grants)
        for before, after in self._types.renamed.items():
            summary = f"the type {before!r} is called {after!r} here"
            self._notes.append(Diagnostic(code="renamed", severity=Severity.INFO, summary=summary))
        return self._page([], incomplete=incomplete, diagnostics=tuple(self._notes))

    def _opened_or_open(self, scope: str) -> None:
        self._scopes(scope.removesuffix("/*"))

    def _by_seals(self) -> dict[str, str]:
        """What the seals of our own snapshot say of the scopes here, each of which stands for all of a type."""
        found: dict[str, str] = {}
        ours = self._sync.ours
        for seal in ours.not_complete if ours is not None else ():
            kind = seal.scope.partition("/")[0].partition(":")[0]
            if kind not in self._opened:
                self._sync = msgspec.structs.replace(self._sync, why=f"{seal.scope} was not seen whole")
                continue
            scope = f"{kind}/*" if "/" in seal.scope else kind
            found.setdefault(scope, f"{seal.scope} was not seen whole: {seal.reason or seal.seal.value}")
        return found


def _valid(one: T, kind: type[T]) -> T:
    return msgspec.convert(msgspec.to_builtins(one), kind)


def _fail() -> None:
    raise ValueError("a row without ids")
