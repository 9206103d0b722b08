"""JSON Lines: the snapshot first, then one object for each resource, entitlement and grant, in that order."""

from typing import Any, BinaryIO

import msgspec

from jackfield.exports import facts
from jackfield.exports.facts import GrantFacts, Kept, Shared
from jackfield.exports.objects import carried_object, entitlement_object, put, resource_object, snapshot_object
from jackfield.snapshots.reader import Snapshot
from jackfield.snapshots.records import carried_from

_BLOCK = 256 * 1024
_GRANTS_AT_ONCE = 2000


def write_jsonl(snapshot: Snapshot, to: BinaryIO) -> int:
    """Write *snapshot* as JSON Lines in UTF-8; how many lines. Holds one block of them in memory."""
    encoder = msgspec.json.Encoder()
    lines = 0
    block = bytearray()

    def flush() -> None:
        to.write(block)
        block.clear()

    def line(one: object) -> None:
        nonlocal lines
        block.extend(encoder.encode(one))
        block.extend(b"\n")
        lines += 1
        if len(block) > _BLOCK:
            flush()

    line(snapshot_object(snapshot))
    for resource in snapshot.resources():
        line(resource_object(resource))
    for entitlement in snapshot.entitlements():
        line(entitlement_object(entitlement))
    flush()
    return lines + _write_grants(snapshot, to)


def _write_grants(snapshot: Snapshot, to: BinaryIO) -> int:
    """Write the grants as ``objects.grant_object`` gives them, each part of a line encoded once; how many."""
    db, encode = snapshot.db, msgspec.json.Encoder().encode
    facts.order_principals(db)
    principals = Kept(lambda key: encode(facts.principal(db, key).id))

    def rest(one: GrantFacts) -> bytes:
        made: dict[str, Any] = {}
        put(made, "immutable", one.immutable)
        put(made, "inherited_by", one.inherited_by)
        made["scope"] = one.scope
        put(made, "carried", carried_object(carried_from(one.carried_from, one.carried_taken)))
        return b"," + encode(made)[1:] + b"\n"

    rests = Shared(db, rest)
    lines = 0
    for one in facts.entitlements(db):
        head = encode({"kind": "grant", "entitlement": one.id})[:-1] + b',"principal":'
        rows = facts.grants(db, one.key)
        while block := rows.fetchmany(_GRANTS_AT_ONCE):
            parts: list[bytes] = []
            for principal, shares in block:
                parts += (head, principals[principal], rests[shares])
            to.write(b"".join(parts))
            lines += len(block)
    return lines
