"""JSON Lines: the snapshot first, then one object for each resource, entitlement and grant, in that order."""

from typing import BinaryIO

import msgspec

from jackfield.exports.objects import entitlement_object, grant_object, resource_object, snapshot_object
from jackfield.snapshots.reader import Snapshot

_BLOCK = 256 * 1024


def write_jsonl(snapshot: Snapshot, to: BinaryIO) -> int:
    """Write *snapshot* as JSON Lines in UTF-8; how many lines. Holds one block of them in memory."""
    encoder = msgspec.json.Encoder()
    lines = 0
    block = bytearray()

    def flush() -> None:
        to.write(block)
        block.clear()

    def put(one: object) -> None:
        nonlocal lines
        block.extend(encoder.encode(one))
        block.extend(b"\n")
        lines += 1
        if len(block) > _BLOCK:
            flush()

    put(snapshot_object(snapshot))
    for resource in snapshot.resources():
        put(resource_object(resource))
    for entitlement in snapshot.entitlements():
        put(entitlement_object(entitlement))
    for grant in snapshot.grants(names=False):
        put(grant_object(grant))
    flush()
    return lines
