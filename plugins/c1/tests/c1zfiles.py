"""Files of tests: snapshots written as ``.c1z``, opened by others' means, and databases made into such files."""

import io
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import zstandard
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from snapshot_files import build_snapshot, group, holds, offers, user

from jackfield.clock import SystemClock
from jackfield.exports.opened import OpenExport
from jackfield.snapshots.reader import read_snapshot
from jackfield_c1.c1z import Subset, Written, write_c1z
from jackfield_contracts import AccountStatus, Item, ResourceType, Verdict

SYNC = "2" * 27


M = TypeVar("M", bound=Message)

TEAM = (
    user("ann", "Ann Smith"),
    user("bob", status=AccountStatus.DISABLED),
    group("design"),
    group("all"),
    offers("group:design/member"),
    offers("group:design/owner", "Owner", privileged=True),
    offers("group:all/member"),
    holds("user:ann", "group:design/owner"),
    holds("user:bob", "group:design/member"),
    holds("group:design", "group:all/member", inherited_by=("member", "owner")),
)


def written(
    folder: Path,
    items: Iterable[Item],
    *,
    subset: Subset | None = None,
    types: Iterable[ResourceType] = (),
    name: str = "made",
    **how: Any,
) -> tuple[Path, Written]:
    """A snapshot of *items*, and the file that is written of it."""
    snapshot = build_snapshot(folder / f"{name}.sqlite", items, **how)
    return as_c1z(snapshot, folder / f"{name}.c1z", subset=subset, types=types)


def as_c1z(
    snapshot: Path, to: Path, *, subset: Subset | None = None, types: Iterable[ResourceType] = ()
) -> tuple[Path, Written]:
    """The snapshot file as a ``.c1z`` file."""
    with read_snapshot(snapshot) as opened, to.open("wb") as stream:
        export = OpenExport("acme", opened, clock=SystemClock(), host_version="1.0", file_sha256="ab" * 32)
        return to, write_c1z(export, stream, subset=subset, types=types)


def opened(file: Path) -> sqlite3.Connection:
    """The database inside, by SQLite and Zstandard alone."""
    content = file.read_bytes()
    assert content[:5] == b"C1ZF\x00"
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(content[5:])) as stream:
        raw = stream.read()
    db = sqlite3.connect(":memory:")
    db.deserialize(raw)
    return db


def packed(database: bytes, **how: Any) -> bytes:
    """A file of version 1 around *database*."""
    return b"C1ZF\x00" + zstandard.ZstdCompressor(**how).compress(database)


OLD_TABLES = {
    "v1_resource_types": "external_id text, data blob, sync_id text, discovered_at datetime",
    "v1_resources": (
        "resource_type_id text, external_id text, parent_resource_type_id text, parent_resource_id text, data blob,"
        " sync_id text, discovered_at datetime"
    ),
    "v1_entitlements": (
        "resource_type_id text, resource_id text, external_id text, data blob, sync_id text, discovered_at datetime"
    ),
    "v1_grants": (
        "resource_type_id text, resource_id text, entitlement_id text, principal_resource_type_id text,"
        " principal_resource_id text, external_id text, data blob, sync_id text, discovered_at datetime"
    ),
    "v1_sync_runs": (
        "sync_id text, started_at datetime, ended_at datetime, sync_token text, sync_type text not null default 'full',"
        " parent_sync_id text not null default '', stats text"
    ),
}
"""As older programs make them: without the newer columns, and without any index."""


def database(
    rows: Mapping[str, Iterable[Mapping[str, object]]],
    *,
    without: Iterable[str] = (),
    page_size: int = 4096,
    wal: bool = False,
) -> bytes:
    """A database as another program would leave it; *rows* by table."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"PRAGMA page_size = {page_size}")
        for table, columns in OLD_TABLES.items():
            if table not in without:
                db.execute(f"create table {table} (id integer primary key, {columns})")
        for table, given in rows.items():
            for row in given:
                names = ", ".join(row)
                db.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(row))})", tuple(row.values()))
        db.commit()
        made = bytearray(db.serialize())
    if wal:
        made[18:20] = b"\x02\x02"
    return bytes(made)


def run(
    sync: str = SYNC, *, ended: str | None = "2026-11-20 10:00:00.5", kind: str = "full", token: str = ""
) -> dict[str, object]:
    """A row of v1_sync_runs."""
    return {
        "sync_id": sync,
        "started_at": "2026-11-20 09:59:00",
        "ended_at": ended,
        "sync_token": token,
        "sync_type": kind,
    }


def decoded(asset: bytes) -> dict[str, Any]:
    """A JSON object."""
    return msgspec.json.decode(asset, type=dict[str, Any])


__all__ = ["SYNC", "Verdict", "as_c1z", "database", "decoded", "opened", "packed", "run", "written"]


def one(db: sqlite3.Connection, table: str, message: M, id: str) -> M:
    row = db.execute(f"SELECT data FROM {table} WHERE external_id = ?", (id,)).fetchone()
    assert row is not None, id
    message.ParseFromString(row[0])
    return message


def annotation(annotations: list[Packed], message: M) -> M:
    """The annotation of the kind of *message*; matched by its full name, as others do."""
    name = message.DESCRIPTOR.full_name
    found = [each for each in annotations if each.type_url == f"type.googleapis.com/{name}"]
    assert len(found) == 1, name
    message.ParseFromString(found[0].value)
    return message
