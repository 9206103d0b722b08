"""The grants of a snapshot as rows of a ``.c1z`` file: a hundred thousand of them in about a second."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec
from google.protobuf.struct_pb2 import Struct

from jackfield_c1.c1z.database import insert
from jackfield_c1.c1z.names import MOST_ID_BYTES, entitlement_id, grant_id, text_of_time
from jackfield_c1.c1z.traits import packed
from jackfield_c1.c1z.types import Types
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import ResourceId

_GRANTS = """SELECT resource_type, resource_id, slug, principal_type, principal_id, data, carried_from, carried_taken
FROM grants ORDER BY resource_type, resource_id, slug, principal_type, principal_id"""


class _Data(msgspec.Struct):
    immutable: str | None = None
    inherited_by: tuple[str, ...] = ()


class _Shared(msgspec.Struct):
    """What many grants have alike: their annotations, and whose holders inherit them."""

    annotations: list[object]
    inherited_by: tuple[str, ...]
    at: str


def write_grants(
    snapshot: sqlite3.Connection,
    db: sqlite3.Connection,
    sync_id: str,
    at: str,
    has: Callable[[ResourceId], bool],
    types: Types,
    named: Callable[[ResourceId, str, str], None],
) -> int:
    """Write the grants on every resource that the file *has*; how many could not be written, since an id is too long.

    *named* is told each entitlement that is held.
    """
    writing = _Grants(sync_id, at, has, types.people, named)
    db.executemany(insert("v1_grants"), writing.rows(snapshot))
    return writing.left_out


class _Grants:
    def __init__(
        self,
        sync_id: str,
        at: str,
        has: Callable[[ResourceId], bool],
        people: tuple[str, ...],
        named: Callable[[ResourceId, str, str], None],
    ) -> None:
        self.left_out = 0
        self._sync_id = sync_id
        self._at = at
        self._has = has
        self._people = people
        self._named = named
        self._shared: dict[tuple[str | None, str | None], _Shared] = {}

    def rows(self, snapshot: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
        """The rows, in the order of entitlements and principals."""
        key, wanted, external = None, False, ""
        grant, principal = pb.Grant(), pb.ResourceId()
        for type, id, slug, who_type, who, data, run, taken in snapshot.execute(_GRANTS):
            if (type, id, slug) != key:
                key = type, id, slug
                on = ResourceId(type=type, id=id)
                wanted = self._has(on)
                if wanted and len(id.encode()) <= MOST_ID_BYTES:
                    external = entitlement_id(type, id, slug)
                    self._named(on, slug, external)
                    grant = pb.Grant()
                    grant.entitlement.id = external
                    grant.entitlement.slug = slug
                    grant.entitlement.resource.id.resource_type = type
                    grant.entitlement.resource.id.resource = id
                    principal = grant.principal.id
            if not wanted:
                continue
            if len(id.encode()) > MOST_ID_BYTES or len(who.encode()) > MOST_ID_BYTES:
                self.left_out += 1
                continue
            shared = self._shared.get((data, taken)) or self._share(data, run, taken)
            grant.id = grant_id(external, who_type, who)
            principal.resource_type = who_type
            principal.resource = who
            del grant.annotations[:]
            if shared.annotations:
                grant.annotations.extend(shared.annotations)  # pyright: ignore[reportArgumentType]
            expansion = self._expansion(who_type, who, shared.inherited_by) if shared.inherited_by else None
            yield (
                type,
                id,
                external,
                who_type,
                who,
                grant.id,
                expansion,
                int(expansion is not None),
                grant.SerializeToString(deterministic=True),
                self._sync_id,
                shared.at,
            )

    def _expansion(self, type: str, id: str, slugs: tuple[str, ...]) -> bytes:
        ids = [entitlement_id(type, id, slug) for slug in slugs]
        message = pb.GrantExpandable(entitlement_ids=ids, resource_type_ids=self._people)
        return message.SerializeToString(deterministic=True)

    def _share(self, data: str | None, run: str | None, taken: str | None) -> _Shared:
        if len(self._shared) > 10_000:
            self._shared.clear()
        one = msgspec.json.decode(data, type=_Data) if data else _Data()
        annotations: list[object] = []
        if one.immutable is not None:
            annotations.append(packed(pb.GrantImmutable(metadata=_struct({"reason": one.immutable}))))
        at = self._at
        if run is not None and taken is not None:
            told = {"carried_from": run, "carried_taken": taken}
            annotations.append(packed(pb.GrantMetadata(metadata=_struct(told))))
            at = text_of_time(datetime.fromisoformat(taken))
        made = self._shared[data, taken] = _Shared(annotations=annotations, inherited_by=one.inherited_by, at=at)
        return made


def _struct(values: dict[str, str]) -> Struct:
    made = Struct()
    made.update(values)
    return made
