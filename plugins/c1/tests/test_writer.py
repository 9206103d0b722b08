"""What is written is what the format asks for, by the eyes of SQLite, Zstandard and protobuf."""

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
import zstandard
from google.protobuf import descriptor_pool, message_factory, unknown_fields
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from snapshot_files import TAKEN, app, group, holds, offers, user

from jackfield_c1.c1z import Subset
from jackfield_c1.c1z.database import GRANT_INDEXES, INDEXES, TABLES, UNIQUE_GRANTS
from jackfield_c1.c1z.limits import cut, is_email, is_url
from jackfield_c1.c1z.names import entitlement_id, grant_id, ksuid, text_of_time
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import (
    AccountStatus,
    AccountType,
    Email,
    Entitlement,
    EntitlementId,
    Exclusive,
    LicenseTrait,
    Resource,
    ResourceId,
    ResourceType,
    TraitKind,
    UserTrait,
    Verdict,
)

from .c1zfiles import decoded, opened, written

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


@pytest.fixture
def team(tmp_path: Path) -> sqlite3.Connection:
    """The database of a small team."""
    return opened(written(tmp_path, TEAM)[0])


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


# --- A.5 grants --------------------------------------------------------------------------------------------------------


def test_a_grant_holds_its_full_identity(team: sqlite3.Connection) -> None:
    grant = one(team, "v1_grants", pb.Grant(), "group:design:owner:user:ann")
    assert grant.entitlement.id == "group:design:owner"
    assert grant.entitlement.resource.id == pb.ResourceId(resource_type="group", resource="design")
    assert grant.principal.id == pb.ResourceId(resource_type="user", resource="ann")


def test_expansion_stands_in_its_column_and_not_in_the_message(team: sqlite3.Connection) -> None:
    rows = {
        row[0]: row[1:] for row in team.execute("SELECT external_id, expansion, needs_expansion, data FROM v1_grants")
    }
    expansion, needs, data = rows["group:all:member:group:design"]
    assert needs == 1
    told = pb.GrantExpandable.FromString(expansion)
    assert list(told.entitlement_ids) == ["group:design:member", "group:design:owner"]
    assert (told.shallow, list(told.resource_type_ids)) == (False, ["user"])
    assert list(pb.Grant.FromString(data).annotations) == []
    assert rows["group:design:owner:user:ann"][:2] == (None, 0)


def test_a_grant_that_nobody_can_change_says_so(tmp_path: Path) -> None:
    db = opened(written(tmp_path, (holds("user:ann", "group:g/member", immutable="it is the owner's"),))[0])
    grant = one(db, "v1_grants", pb.Grant(), "group:g:member:user:ann")
    told = annotation(list(grant.annotations), pb.GrantImmutable())
    assert told.metadata["reason"] == "it is the owner's"


# --- A.6 what readers need ---------------------------------------------------------------------------------------------


def test_everything_that_is_referred_to_is_there(tmp_path: Path) -> None:
    db = opened(written(tmp_path, (holds("user:ghost", "group:nowhere/member"),))[0])
    assert [row[0] for row in db.execute("SELECT external_id FROM v1_resources ORDER BY 1")] == [
        "group:nowhere", "user:ghost",
    ]  # fmt: skip
    assert one(db, "v1_entitlements", pb.Entitlement(), "group:nowhere:member").resource.id.resource == "nowhere"
    assert [row[0] for row in db.execute("SELECT external_id FROM v1_resource_types ORDER BY 1")] == ["group", "user"]


def test_profile_and_status_stand_where_old_and_new_readers_look(tmp_path: Path) -> None:
    ann = Resource(
        id=ResourceId(type="user", id="ann"),
        scope="user",
        display_name="Ann",
        created=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        profile={"floor": 3, "team": "Design", "contract": None},
        trait=UserTrait(
            status=AccountStatus.DISABLED,
            status_raw="suspended",
            account_type=AccountType.SERVICE,
            login="ann@example.com",
            emails=(Email(address="ann@example.com", primary=True), Email(address="not an address")),
            given_name="Ann",
            surname="Smith",
            last_login=datetime(2026, 1, 1, tzinfo=UTC),
        ),
    )
    db = opened(written(tmp_path, (ann,))[0])
    resource = one(db, "v1_resources", pb.Resource(), "user:ann")
    trait = annotation(list(resource.annotations), pb.UserTrait())
    for profile in (resource.profile, trait.profile):
        assert (profile["first_name"], profile["last_name"], profile["user_id"]) == ("Ann", "Smith", "ann")
        assert (profile["floor"], profile["team"], profile["contract"]) == (3, "Design", None)
    assert trait.profile == resource.profile
    assert (resource.status.status, resource.status.details) == (pb.Status.RESOURCE_STATUS_DISABLED, "suspended")
    assert (trait.status.status, trait.status.details) == (pb.UserTrait.Status.STATUS_DISABLED, "suspended")
    assert resource.created_at == trait.created_at
    assert resource.created_at.ToDatetime(UTC) == ann.created
    assert [(each.address, each.is_primary) for each in trait.emails] == [("ann@example.com", True)]
    assert (trait.login, trait.account_type) == ("ann@example.com", pb.UserTrait.ACCOUNT_TYPE_SERVICE)


@pytest.mark.parametrize(
    ("status", "number"),
    [
        (AccountStatus.ENABLED, 1),
        (AccountStatus.DISABLED, 2),
        (AccountStatus.DELETED, 3),
        (AccountStatus.PENDING, 0),
        (AccountStatus.UNKNOWN, 0),
    ],
)
def test_a_status_that_the_format_does_not_know_is_left_open(
    tmp_path: Path, status: AccountStatus, number: int
) -> None:
    resource = one(
        opened(written(tmp_path, (user("ann", status=status),))[0]), "v1_resources", pb.Resource(), "user:ann"
    )
    trait = annotation(list(resource.annotations), pb.UserTrait())
    assert (resource.status.status, trait.status.status) == (number, number)
    assert resource.status.details == status.value


def test_each_resource_of_a_type_carries_the_trait_of_the_type(tmp_path: Path) -> None:
    seat = Resource(
        id=ResourceId(type="license", id="l"), scope="license", display_name="L", trait=LicenseTrait(seats_total=9)
    )
    bare = Resource(id=ResourceId(type="user", id="bare"), scope="user", display_name="Bare")
    db = opened(
        written(tmp_path, (user("ann"), bare, group("g"), seat, app("plain"), holds("user:ghost", "group:g/m")))[0]
    )
    traits = {
        row[0]: list(pb.ResourceType.FromString(row[1]).traits)
        for row in db.execute("SELECT external_id, data FROM v1_resource_types")
    }
    assert traits == {"app": [], "group": [2], "license": [10], "user": [1]}
    for id in ("user:ann", "user:bare", "user:ghost"):
        annotation(list(one(db, "v1_resources", pb.Resource(), id).annotations), pb.UserTrait())
    assert (
        annotation(
            list(one(db, "v1_resources", pb.Resource(), "license:l").annotations), pb.LicenseProfileTrait()
        ).purchased_seats
        == 9
    )


def test_a_type_is_called_as_the_connector_calls_it(tmp_path: Path) -> None:
    types = (ResourceType(name="user", display_name="Member", trait=TraitKind.USER, description="Of the team."),)
    kind = one(
        opened(written(tmp_path, (user("ann"),), types=types)[0]), "v1_resource_types", pb.ResourceType(), "user"
    )
    assert (kind.display_name, kind.description, list(kind.traits)) == ("Member", "Of the team.", [1])


def test_an_entitlement_has_purpose_slug_and_what_excludes_it(tmp_path: Path) -> None:
    role = Entitlement(
        id=EntitlementId.parse("role:admin/assigned"),
        scope="role",
        display_name="Admin",
        purpose="permission",
        grantable_to=("user",),
        exclusive=Exclusive(set="role", rank=7),
        immutable="by the owner only",
    )
    db = opened(written(tmp_path, (role,))[0])
    told = one(db, "v1_entitlements", pb.Entitlement(), "role:admin:assigned")
    assert (told.purpose, told.slug) == (pb.Entitlement.PURPOSE_VALUE_PERMISSION, "assigned")
    assert [each.id for each in told.grantable_to] == ["user"]
    group = annotation(list(told.annotations), pb.EntitlementExclusionGroup())
    assert (group.exclusion_group_id, group.order, group.scope_to_resource) == ("role", 7, False)
    assert annotation(list(told.annotations), pb.EntitlementImmutable()).metadata["reason"] == "by the owner only"


# --- what is not whole, and what does not fit --------------------------------------------------------------------------


def test_what_is_not_complete_is_told_in_the_file_and_beside_it(tmp_path: Path) -> None:
    items = (user("ann"), user("bob"), group("g"), holds("user:ann", "group:g/member"))
    file, told = written(
        tmp_path, items, seals={"group:g/*": Verdict.UNREADABLE}, carried_rows=(items[0], items[3]), types=()
    )
    db = opened(file)
    assert told.warnings == (
        "not complete: 1 scopes were not seen whole; what is absent there is unknown",
        "2 rows were carried forward from older snapshots",
    )
    assert "NOT COMPLETE" in one(db, "v1_resource_types", pb.ResourceType(), "group").description
    assert one(db, "v1_resource_types", pb.ResourceType(), "user").description == ""
    ann = one(db, "v1_resources", pb.Resource(), "user:ann")
    assert ann.profile["jackfield"]["carried_from"] == "run-0"
    grant = one(db, "v1_grants", pb.Grant(), "group:g:member:user:ann")
    assert annotation(list(grant.annotations), pb.GrantMetadata()).metadata["carried_from"] == "run-0"
    kind, content = db.execute(
        "SELECT content_type, data FROM v1_assets WHERE external_id = 'jackfield/snapshot'"
    ).fetchone()
    about = decoded(content)
    assert kind == "application/json"
    assert (about["run"], about["complete"], about["carried"]) == ("run-1", False, 2)
    assert [each["scope"] for each in about["not_complete"]] == ["group:g/*"]


def test_values_are_brought_within_their_limits(tmp_path: Path) -> None:
    ann = Resource(
        id=ResourceId(type="user", id="ann"),
        scope="user",
        display_name="é" * 2000,
        description="d" * 9000,
        link="http://plain.example",
        profile={"big": 1 << 60},
    )
    long = Resource(id=ResourceId(type="user", id="x" * 1025), scope="user", display_name="too long")
    items = (ann, long, holds(f"user:{'x' * 1025}", "group:g/member"), holds("user:ann", "group:g/member"))
    file, told = written(tmp_path, items)
    db = opened(file)
    resource = one(db, "v1_resources", pb.Resource(), "user:ann")
    assert len(resource.display_name.encode()) <= 1024
    assert resource.display_name.endswith("é…")
    assert len(resource.description.encode()) <= 2048
    assert list(resource.annotations) == [], "no address that is none of https"
    assert told.warnings == ("2 rows were left out: an id of theirs is longer than a .c1z file may hold",)
    assert told.grants == 1
    assert resource.profile["jackfield"]["profile"]["big"] == str(1 << 60)


def test_limits_one_by_one() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcdé", 5) == "ab…"
    assert is_url("https://example.com/x")
    assert not any(map(is_url, ("http://example.com", "https://a b", "https://" + "x" * 1020, "ftp://x")))
    assert all(map(is_email, ("a@b", "a.b+c@example.co", "a@xn--bcher-kva.example")))
    assert not any(
        map(is_email, ("a", "a@", "@b", "a b@c", "a@b..c", "a@-b.c", "ä@b.c", f"{'x' * 65}@b.c", "a@" + "b." * 130))
    )
