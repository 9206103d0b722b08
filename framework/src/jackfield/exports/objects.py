"""Rows as plain objects for JSON: one form for exports, lists and differences.

Promises that the keys of one kind and type come in one order. Facts of the trait always stand there, null where unknown;
what most rows lack stands there only where they have it.
"""

from typing import Any

import msgspec

from jackfield.snapshots.diff import Changed
from jackfield.snapshots.reader import Snapshot
from jackfield.snapshots.records import Carried, EntitlementRow, GrantRow, ResourceRow

Object = dict[str, Any]


def carried_object(carried: Carried | None) -> Object | None:
    """The origin of a row that was carried forward."""
    return {"run": carried.run, "taken": carried.taken} if carried else None


def snapshot_object(snapshot: Snapshot) -> Object:
    """What a snapshot says of itself, with the seals of the scopes that were not seen whole."""
    header, counts = snapshot.header, snapshot.counts()
    made: Object = {
        "kind": "snapshot",
        "connection": header.connection,
        "run": header.run,
        "complete": header.complete,
        "connector": header.connector,
        "connector_version": header.connector_version,
        "contracts_version": header.contracts_version,
        "host_version": header.host_version,
        "tenant": header.tenant,
        "tenant_name": header.tenant_name,
        "started": header.started,
        "taken": header.taken or None,
        "base": header.base,
        "requests": header.requests,
        "rereads": header.rereads,
        "counts": {"resources": counts.resources, "entitlements": counts.entitlements, "grants": counts.grants},
        "carried": counts.carried,
        "scopes": snapshot.seals(not_whole=True),
    }
    if header.imported_from is not None:
        made["imported"] = {
            "from": header.imported_from,
            "format": header.imported_format,
            "sha256": header.imported_sha256,
            "at": header.imported_at,
        }
    return made


def resource_object(row: ResourceRow) -> Object:
    """A resource; the facts of its trait stand beside its own."""
    one = row.resource
    made: Object = {"kind": "resource", "type": one.id.type, "id": one.id.id, "display_name": one.display_name}
    if one.trait is not None:
        made["trait"] = one.trait.__struct_config__.tag
        made |= _whole(one.trait)
    put(made, "description", one.description)
    put(made, "parent", one.parent)
    put(made, "profile", one.profile)
    put(made, "link", one.link)
    put(made, "created", one.created)
    made["scope"] = one.scope
    put(made, "carried", carried_object(row.carried))
    return made


def entitlement_object(row: EntitlementRow) -> Object:
    """An entitlement."""
    one = row.entitlement
    made: Object = {
        "kind": "entitlement",
        "resource": one.id.resource,
        "slug": one.id.slug,
        "display_name": one.display_name,
        "purpose": one.purpose,
        "grantable_to": one.grantable_to,
        "privileged": one.privileged,
        "exclusive": one.exclusive,
        "immutable": one.immutable,
    }
    put(made, "leaves", one.leaves)
    put(made, "description", one.description)
    made["scope"] = one.scope
    put(made, "carried", carried_object(row.carried))
    return made


def grant_object(row: GrantRow) -> Object:
    """A grant."""
    one = row.grant
    made: Object = {"kind": "grant", "entitlement": one.entitlement, "principal": one.principal}
    put(made, "immutable", one.immutable)
    put(made, "inherited_by", one.inherited_by)
    made["scope"] = one.scope
    put(made, "carried", carried_object(row.carried))
    return made


def row_object(row: ResourceRow | EntitlementRow | GrantRow) -> Object:
    """A row of any kind."""
    if isinstance(row, ResourceRow):
        return resource_object(row)
    if isinstance(row, EntitlementRow):
        return entitlement_object(row)
    return grant_object(row)


def change_object(one: Changed) -> Object:
    """One difference; of a row that changed, ``before`` holds the older values of what is another now."""
    made = row_object(one.row)
    if one.before is not None:
        before = row_object(one.before)
        keys = [key for key in (*made, *(key for key in before if key not in made)) if key not in ("scope", "carried")]
        made["before"] = {key: before.get(key) for key in keys if before.get(key) != made.get(key)}
    return made


def put(into: Object, key: str, value: object) -> None:
    """Set *key* to *value*, unless that is nothing."""
    if value is not None and value not in ("", (), {}):
        into[key] = value


def _whole(value: msgspec.Struct) -> Object:
    """All fields of a Struct, those that have their default too."""
    return {field: _plain(getattr(value, field)) for field in value.__struct_fields__}


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return _whole(value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value
