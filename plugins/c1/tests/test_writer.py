"""What is written is what the format asks for, by the eyes of SQLite, Zstandard and protobuf."""

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from google.protobuf import descriptor_pool, message_factory, unknown_fields
from snapshot_files import TAKEN, holds, user

from jackfield_c1.c1z import Subset
from jackfield_c1.c1z.database import GRANT_INDEXES, INDEXES, TABLES, UNIQUE_GRANTS
from jackfield_c1.c1z.names import entitlement_id, grant_id, ksuid, text_of_time
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import (
    Resource,
    ResourceId,
    Verdict,
)

from .c1zfiles import TEAM, decoded, opened, written


@pytest.fixture
def team(tmp_path: Path) -> sqlite3.Connection:
    """The database of a small team."""
    return opened(written(tmp_path, TEAM)[0])


# --- A.1 the container -------------------------------------------------------------------------------------------------


def test_the_container_is_five_bytes_and_one_frame_that_any_reader_takes(tmp_path: Path) -> None:
    file, _ = written(tmp_path, TEAM)
    content = file.read_bytes()
    assert content[:5] == b"C1ZF\0"
    frame = zstandard.get_frame_parameters(content[5:])
    assert frame.has_checksum
    assert frame.window_size <= 1 << 27
    raw = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompress(content[5:])
    assert frame.content_size == len(raw), "the size stands in the header, and nothing follows the frame"


def test_the_database_is_plain(team: sqlite3.Connection) -> None:
    pragmas = ("page_size", "encoding", "user_version", "application_id", "auto_vacuum")
    found = {name: team.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas}
    assert found == {"page_size": 4096, "encoding": "UTF-8", "user_version": 0, "application_id": 0, "auto_vacuum": 0}
    assert team.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert team.serialize()[18:20] == b"\x01\x01", "no WAL is left to be checkpointed"


# --- A.2 tables and indexes --------------------------------------------------------------------------------------------


def test_every_table_has_its_columns(team: sqlite3.Connection) -> None:
    for table, columns in TABLES.items():
        declared = [column.split()[0] for column in columns.split(", ")]
        assert [row[1] for row in team.execute(f"PRAGMA table_info({table})")] == declared


def test_every_index_is_there_under_its_name(team: sqlite3.Connection) -> None:
    names = {row[0] for row in team.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")}
    asked = {re.search(r"index (\w+)", each).group(1) for each in (*INDEXES, *GRANT_INDEXES, UNIQUE_GRANTS)}  # type: ignore[union-attr]
    assert names == asked
    assert len(names) == 16
    unique = {row[1] for table in TABLES for row in team.execute(f"PRAGMA index_list({table})") if row[2]}
    assert unique == {
        "idx_resource_types_external_sync_v1", "idx_resources_parent_resource_id_v1", "idx_entitlements_external_sync_v1",
        "idx_grants_external_sync_v1", "idx_assets_external_sync_v1", "idx_session_store_sync_key_v1",
        "idx_sync_runs_sync_id_v1",
    }  # fmt: skip


def test_columns_say_what_the_messages_say(team: sqlite3.Connection) -> None:
    for type, external, parent_type, parent, data in team.execute(
        "SELECT resource_type_id, external_id, parent_resource_type_id, parent_resource_id, data FROM v1_resources"
    ):
        message = pb.Resource.FromString(data)
        assert (type, external) == (message.id.resource_type, f"{message.id.resource_type}:{message.id.resource}")
        assert (parent_type, parent) == (None, None)
    for type, id, external, data in team.execute(
        "SELECT resource_type_id, resource_id, external_id, data FROM v1_entitlements"
    ):
        entitlement = pb.Entitlement.FromString(data)
        assert (type, id) == (entitlement.resource.id.resource_type, entitlement.resource.id.resource)
        assert external == entitlement.id == f"{type}:{id}:{entitlement.slug}"
    for row in team.execute(
        "SELECT resource_type_id, resource_id, entitlement_id, principal_resource_type_id, principal_resource_id,"
        " external_id, data FROM v1_grants"
    ):
        grant = pb.Grant.FromString(row[6])
        on, who = grant.entitlement.resource.id, grant.principal.id
        assert row[:5] == (on.resource_type, on.resource, grant.entitlement.id, who.resource_type, who.resource)
        assert row[5] == grant.id == f"{grant.entitlement.id}:{who.resource_type}:{who.resource}"


def test_a_parent_stands_in_its_columns(tmp_path: Path) -> None:
    child = Resource(
        id=ResourceId(type="folder", id="f1"), scope="folder", display_name="F", parent=ResourceId(type="app", id="a")
    )
    db = opened(written(tmp_path, (child,))[0])
    row = db.execute(
        "SELECT parent_resource_type_id, parent_resource_id, data FROM v1_resources WHERE resource_type_id = 'folder'"
    ).fetchone()
    assert row[:2] == ("app", "a")
    assert pb.Resource.FromString(row[2]).parent_resource_id == pb.ResourceId(resource_type="app", resource="a")
    assert db.execute("SELECT 1 FROM v1_resources WHERE external_id = 'app:a'").fetchone(), "what is named is there"
    assert db.execute("SELECT 1 FROM v1_resource_types WHERE external_id = 'app'").fetchone()


def test_messages_are_those_of_the_pool_and_hold_nothing_else(team: sqlite3.Connection) -> None:
    pool = descriptor_pool.Default()
    tables = {
        "v1_resource_types": "ResourceType",
        "v1_resources": "Resource",
        "v1_entitlements": "Entitlement",
        "v1_grants": "Grant",
    }
    for table, name in tables.items():
        kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"c1.connector.v2.{name}"))
        for (data,) in team.execute(f"SELECT data FROM {table}"):
            message = kind.FromString(data)
            assert len(unknown_fields.UnknownFieldSet(message)) == 0
            assert message.SerializeToString(deterministic=True) == data
            for each in getattr(message, "annotations", ()):
                assert each.type_url.startswith("type.googleapis.com/c1.connector.v2.")
                pool.FindMessageTypeByName(each.type_url.rpartition("/")[2])


def test_ids_are_joined_without_escapes_and_hashed_where_they_are_too_long() -> None:
    assert entitlement_id("group", "dbmid:000398", "member") == "group:dbmid:000398:member"
    assert grant_id("group:g1:member", "user", "u1") == "group:g1:member:user:u1"
    long = entitlement_id("group", "é" * 510, "member")
    assert long.startswith("group:sha256-")
    assert len(grant_id("x" * 1000, "user", "y" * 100).encode()) <= 1024
    assert grant_id("x" * 1000, "user", "y" * 100) != grant_id("x" * 1000, "user", "z" * 100)


def test_grants_whose_joined_parts_are_alike_keep_ids_of_their_own(tmp_path: Path) -> None:
    items = (
        holds("user:u:m:user:v", "g:a/m"),
        holds("user:v", "g:a:m:user:u/m"),
    )
    db = opened(written(tmp_path, items)[0])
    ids = [row[0] for row in db.execute("SELECT external_id FROM v1_grants")]
    assert len(set(ids)) == 2
    assert all(each.startswith("bid:g:") for each in ids)
    for external, data in db.execute("SELECT external_id, data FROM v1_grants"):
        assert pb.Grant.FromString(data).id == external


# --- A.3 the sync ------------------------------------------------------------------------------------------------------


def test_there_is_one_finished_full_sync(team: sqlite3.Connection) -> None:
    team.row_factory = sqlite3.Row
    (run,) = team.execute("SELECT * FROM v1_sync_runs").fetchall()
    assert re.fullmatch(r"[a-zA-Z0-9]{27}", run["sync_id"])
    assert (run["sync_type"], run["parent_sync_id"], run["linked_sync_id"], run["sync_token"]) == ("full", "", "", "")
    assert (run["supports_diff"], run["grants_backfilled"]) == (1, 1)
    assert (run["started_at"], run["ended_at"]) == ("2026-11-23 09:59:58", "2026-11-23 10:00:00")
    ingest = {run[f"ingest_invariant_{name}"] for name in ("generation", "coverage", "mode")}
    assert ingest == {""}, "what was not checked is not said to be"
    assert decoded(run["stats"]) == {
        "resource_types": 2, "resources": 4, "entitlements": 3, "grants": 3, "assets": 1,
        "resources_by_resource_type": {"group": 2, "user": 2}, "entitlements_by_resource_type": {"group": 3},
        "grants_by_resource_type": {"group": 3},
    }  # fmt: skip
    for table in ("v1_resource_types", "v1_resources", "v1_entitlements", "v1_grants", "v1_assets"):
        assert {row[0] for row in team.execute(f"SELECT DISTINCT sync_id FROM {table}")} == {run["sync_id"]}
    assert team.execute("SELECT count(*) FROM v1_connector_sessions").fetchone()[0] == 0


def test_a_ksuid_is_its_time_and_its_bytes_in_base_62() -> None:
    at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    made = ksuid(at, b"seed")
    number = 0
    for digit in made:
        number = number * 62 + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".index(digit)
    assert number >> 128 == int(at.timestamp()) - 1_400_000_000
    assert len(made) == 27
    assert ksuid(at, b"seed") == made != ksuid(at, b"other")


def test_the_same_snapshot_gives_the_same_file(tmp_path: Path) -> None:
    first, _ = written(tmp_path, TEAM, name="one")
    again, _ = written(tmp_path, TEAM, name="two")
    assert first.read_bytes() == again.read_bytes()


@pytest.mark.parametrize(
    ("subset", "kind", "diff", "rows"),
    [
        (Subset(skip_entitlements_and_grants=True), "resources_only", 0, (4, 0, 0)),
        (Subset(skip_grants=True), "full", 0, (4, 3, 0)),
        (Subset(types=("user",)), "full", 1, (2, 0, 0)),
        (Subset(types=("group",)), "full", 1, (4, 3, 3)),
        (Subset(resources=(ResourceId(type="group", id="design"),)), "partial", 0, (3, 2, 2)),
    ],
)
def test_a_part_says_that_it_is_one(
    tmp_path: Path, subset: Subset, kind: str, diff: int, rows: tuple[int, int, int]
) -> None:
    file, told = written(tmp_path, TEAM, subset=subset)
    db = opened(file)
    assert db.execute("SELECT sync_type, supports_diff, parent_sync_id FROM v1_sync_runs").fetchall() == [
        (kind, diff, "")
    ]
    assert (told.resources, told.entitlements, told.grants) == rows
    tables = ("v1_resources", "v1_entitlements", "v1_grants")
    assert tuple(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables) == rows
    assert told.sync_type == kind


# --- A.4 times ---------------------------------------------------------------------------------------------------------


def test_times_are_texts_of_one_form() -> None:
    assert text_of_time(datetime(2026, 11, 23, 10, 0, 0, 500_000, UTC)) == "2026-11-23 10:00:00.5"
    assert text_of_time(datetime.fromisoformat("2026-11-23T10:00:00+02:00")) == "2026-11-23 08:00:00"


def test_what_was_carried_forward_was_discovered_when_it_was_seen(tmp_path: Path) -> None:
    items = (user("ann"), user("bob"), holds("user:ann", "group:g/member"))
    db = opened(written(tmp_path, items, carried_rows=(items[0], items[2]), seals={"user": Verdict.PARTIAL})[0])
    seen = dict(db.execute("SELECT external_id, discovered_at FROM v1_resources").fetchall())
    old = text_of_time(datetime.fromisoformat(TAKEN))
    assert (seen["user:ann"], seen["user:bob"]) == (old, "2026-11-23 10:00:00")
    assert db.execute("SELECT discovered_at FROM v1_grants").fetchall() == [(old,)]
