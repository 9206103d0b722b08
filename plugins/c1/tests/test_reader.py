"""A file of version 1 is read whatever wrote it, and what is damaged, hostile or not whole is told as that."""

import io
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from jackfield.clock import SystemClock
from jackfield.errors import BadConfig
from jackfield_c1.c1z import container
from jackfield_c1.c1z.reader import read_c1z
from jackfield_c1.importer import IMPORTER
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import AccountStatus, Entitlement, Grant, Page, Resource, UserTrait

from .c1zfiles import SYNC, database, packed, run


class Of:
    """What an importer is called with."""

    connection = "acme"
    name = "file.c1z"
    options: dict[str, str] = {}  # noqa: RUF012
    clock = SystemClock()

    def __init__(self, content: bytes) -> None:
        self.file = io.BytesIO(content)


def pages(content: bytes) -> list[Page]:
    return list(read_c1z(Of(content)))


def rows(content: bytes) -> tuple[list[Resource], list[Entitlement], list[Grant]]:
    items = [item for page in pages(content) for item in page.items]
    return (
        [one for one in items if isinstance(one, Resource)],
        [one for one in items if isinstance(one, Entitlement)],
        [one for one in items if isinstance(one, Grant)],
    )


def incomplete(content: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for page in pages(content):
        found |= page.incomplete
    return found


def annotated(*messages: Message) -> list[Packed]:
    made: list[Packed] = []
    for message in messages:
        made.append(Packed())
        made[-1].Pack(message)
    return made


def resource(type: str, id: str, *notes: Message, sync: str = SYNC, **more: Any) -> dict[str, object]:
    message = pb.Resource(
        id=pb.ResourceId(resource_type=type, resource=id),
        display_name=id.title(),
        annotations=annotated(*notes),
        **more,
    )
    return {
        "resource_type_id": type, "external_id": f"{type}:{id}", "data": message.SerializeToString(), "sync_id": sync,
        "discovered_at": "2026-11-20 10:00:00",
    }  # fmt: skip


def entitlement(type: str, id: str, slug: str, *, external_id: str | None = None, **more: Any) -> dict[str, object]:
    name = external_id or f"{type}:{id}:{slug}"
    on = pb.Resource(id=pb.ResourceId(resource_type=type, resource=id))
    message = pb.Entitlement(id=name, resource=on, slug=slug, display_name=slug.title(), **more)
    return {
        "resource_type_id": type, "resource_id": id, "external_id": name, "data": message.SerializeToString(),
        "sync_id": SYNC, "discovered_at": "2026-11-20 10:00:00",
    }  # fmt: skip


def grant(
    on: tuple[str, str], entitlement_id: str, who: tuple[str, str], *, slim: bool = False, notes: Iterable[Message] = ()
) -> dict[str, object]:
    message = pb.Grant(id=f"{entitlement_id}:{who[0]}:{who[1]}", annotations=annotated(*notes))
    if not slim:
        message.entitlement.id = entitlement_id
        message.entitlement.resource.id.resource_type, message.entitlement.resource.id.resource = on
        message.principal.id.resource_type, message.principal.id.resource = who
    return {
        "resource_type_id": on[0], "resource_id": on[1], "entitlement_id": entitlement_id,
        "principal_resource_type_id": who[0], "principal_resource_id": who[1], "external_id": message.id,
        "data": message.SerializeToString(), "sync_id": SYNC, "discovered_at": "2026-11-20 10:00:00",
    }  # fmt: skip


def user(id: str, **more: Any) -> dict[str, object]:
    return resource("user", id, pb.UserTrait(login=f"{id}@example.com", **more))


TEAM = {
    "v1_sync_runs": [run()],
    "v1_resource_types": [
        {"external_id": name, "data": b"", "sync_id": SYNC, "discovered_at": "2026-11-20 10:00:00"}
        for name in ("user", "group")
    ],
    "v1_resources": [user("ann"), resource("group", "g1", pb.GroupTrait())],
    "v1_entitlements": [entitlement("group", "g1", "member", purpose=1)],
    "v1_grants": [grant(("group", "g1"), "group:g1:member", ("user", "ann"))],
}


# --- what is taken for granted of nobody -------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
@pytest.mark.parametrize("wal", [False, True])
def test_any_page_size_and_the_mark_of_a_wal(page_size: int, wal: bool) -> None:
    resources, entitlements, grants = rows(packed(database(TEAM, page_size=page_size, wal=wal)))
    assert [str(one.id) for one in resources] == ["user:ann", "group:g1"]
    assert [str(one.id) for one in entitlements] == ["group:g1/member"]
    assert [f"{one.entitlement}#{one.principal}" for one in grants] == ["group:g1/member#user:ann"]


@pytest.mark.parametrize("how", [{"write_content_size": False}, {"write_checksum": True}, {"level": 19}, {"level": -5}])
def test_any_way_to_compress(how: dict[str, Any]) -> None:
    assert len(rows(packed(database(TEAM), **how))[0]) == 2


def test_several_frames_and_one_to_be_skipped() -> None:
    raw = database(TEAM)
    pack = zstandard.ZstdCompressor().compress
    skipped = (0x184D2A53).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"abc"
    assert len(rows(b"C1ZF\0" + pack(raw[:5000]) + skipped + pack(raw[5000:]))[0]) == 2


@pytest.mark.parametrize("table", ["v1_resource_types", "v1_resources", "v1_entitlements", "v1_grants"])
def test_a_table_may_be_missing(table: str) -> None:
    kept = {name: given for name, given in TEAM.items() if name != table}
    found = rows(packed(database(kept, without=(table,))))
    expected = [2, 1, 1]
    if table != "v1_resource_types":
        expected[("v1_resources", "v1_entitlements", "v1_grants").index(table)] = 0
    assert [len(each) for each in found] == expected


def test_slim_grants_are_read_from_their_columns() -> None:
    slim = {**TEAM, "v1_grants": [grant(("group", "g1"), "group:g1:member", ("user", "ann"), slim=True)]}
    assert str(rows(packed(database(slim)))[2][0].principal) == "user:ann"


def test_expansion_in_the_message_of_an_older_file() -> None:
    outer = entitlement("group", "all", "member")
    expands = pb.GrantExpandable(entitlement_ids=["group:g1:member"])
    nested = grant(("group", "all"), "group:all:member", ("group", "g1"), notes=[expands])
    team = {**TEAM, "v1_resources": [*TEAM["v1_resources"], resource("group", "all")]}
    content = packed(database({**team, "v1_entitlements": [*TEAM["v1_entitlements"], outer], "v1_grants": [nested]}))
    assert rows(content)[2][0].inherited_by == ("member",)
    assert incomplete(content) == {}


def test_what_is_inherited_through_others_is_not_whole() -> None:
    expands = pb.GrantExpandable(entitlement_ids=["group:elsewhere:member"])
    odd = grant(("group", "g1"), "group:g1:member", ("user", "ann"), notes=[expands])
    content = packed(database({**TEAM, "v1_grants": [odd]}))
    assert "inherited" in incomplete(content)["group/*"]
    expands = pb.GrantExpandable(entitlement_ids=["group:g1:member"], shallow=True)
    shallow = grant(("group", "g1"), "group:g1:member", ("group", "g1"), notes=[expands])
    assert "direct members only" in incomplete(packed(database({**TEAM, "v1_grants": [shallow]})))["group/*"]


# --- which sync --------------------------------------------------------------------------------------------------------


def test_the_newest_finished_full_sync_is_read() -> None:
    runs = [
        run(SYNC, ended="2026-11-20 10:00:00"),
        run("1" * 27, ended="2026-11-19 10:00:00"),
        run("3" * 27, ended="2026-11-21 10:00:00", kind="partial"),
        run("4" * 27, ended=None),
    ]
    others = [resource("user", f"other{each}", sync=each * 27) for each in "134"]
    content = packed(database({**TEAM, "v1_sync_runs": runs, "v1_resources": [*TEAM["v1_resources"], *others]}))
    assert [one.id.id for one in rows(content)[0]] == ["ann", "g1"]
    assert incomplete(content) == {}
    assert {key: value for page in pages(content) for key, value in page.as_of.items()} == {
        "sync": "2026-11-20T10:00:00+00:00"
    }


@pytest.mark.parametrize(
    ("given", "scopes", "reason"),
    [
        (run(ended=None), {"user", "user/*", "group", "group/*"}, "not finished"),
        (run(kind="partial"), {"user", "user/*", "group", "group/*"}, "a part of a sync: partial"),
        (run(kind="resources_only"), {"user/*", "group/*"}, "without entitlements and grants"),
        (run(token='{"should_skip_grants":true}'), {"user/*", "group/*"}, "without grants"),
        (run(token="{broken"), set(), ""),
    ],
)
def test_what_was_left_out_is_unknown(given: dict[str, object], scopes: set[str], reason: str) -> None:
    found = incomplete(packed(database({**TEAM, "v1_sync_runs": [given]})))
    assert set(found) == scopes
    assert all(reason in each for each in found.values())


# --- what others say, and we say otherwise -----------------------------------------------------------------------------


def test_status_and_profile_are_read_from_their_old_places() -> None:
    profile = Struct()
    profile.update({"first_name": "Ann", "floor": 3})
    old = resource(
        "user", "ann", pb.UserTrait(status=pb.UserTrait.Status(status=2, details="suspended"), profile=profile)
    )
    (ann,) = rows(packed(database({"v1_sync_runs": [run()], "v1_resources": [old]})))[0]
    assert isinstance(ann.trait, UserTrait)
    assert (ann.trait.status, ann.trait.status_raw, ann.trait.given_name) == (
        AccountStatus.DISABLED,
        "suspended",
        "Ann",
    )
    assert ann.profile == {"first_name": "Ann", "floor": 3}


def test_names_that_ours_can_not_be_are_made_such() -> None:
    given = {
        "v1_sync_runs": [run()],
        "v1_resources": [resource("orgRole", "r1"), resource("org_role", "r2"), resource("Org Role", "r3")],
        "v1_entitlements": [
            entitlement("orgRole", "r1", "Has It"),
            entitlement("orgRole", "r1", "", external_id="orgRole:r1:has-it"),
        ],
        "v1_grants": [
            grant(("orgRole", "r1"), "orgRole:r1:has-it", ("Org Role", "r3")),
            grant(("orgRole", "r1"), "orgRole:r1:unlisted", ("org_role", "r2")),
        ],
    }
    resources, entitlements, grants = rows(packed(database(given)))
    first, second, third = (one.id.type for one in resources)
    assert (first, second) == ("org-role", "org_role")
    assert third.startswith("org-role-")
    assert entitlements[0].id.slug == "has-it"
    assert entitlements[1].id.slug.startswith("has-it-")
    assert [str(one.principal) for one in grants] == [f"{third}:r3", "org_role:r2"]
    assert grants[0].entitlement == entitlements[1].id
    assert grants[1].entitlement.slug == "unlisted"
    notes = [note.summary for page in pages(packed(database(given))) for note in page.diagnostics]
    assert "the type 'orgRole' is called 'org-role' here" in notes


# --- damaged and hostile -----------------------------------------------------------------------------------------------


def test_a_file_of_version_3_is_known_and_the_way_around_it_told() -> None:
    with pytest.raises(BadConfig, match="version 3") as raised:
        pages(b"C1Z3\0" + bytes(100))
    assert "--storage-engine sqlite" in (raised.value.hint or "")
    assert IMPORTER.recognises(b"C1Z3\0")
    assert IMPORTER.recognises(b"C1ZF\0")
    assert not IMPORTER.recognises(b"SQLite")


WHOLE = packed(database(TEAM))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no .c1z file"),
        (b"C1ZF", "no .c1z file"),
        (b"C1ZF\0", "holds no sync"),
        (b"SQLite format 3\0", "no .c1z file"),
        (b"C1ZF\0garbage", "damaged"),
        (WHOLE[:-1], "cut off"),
        (WHOLE[:40], "cut off"),
        (WHOLE + b"more", "damaged"),
        (packed(b"no database at all" * 500), "damaged"),
        (packed(database(TEAM)[:9000]), "damaged"),
        (packed(database({"v1_sync_runs": []})), "holds no sync"),
        (packed(database({}, without=("v1_sync_runs",))), "holds no sync"),
    ],
    ids=range(12),
)
def test_what_is_no_file_of_version_1_is_told_by_its_name(content: bytes, told: str) -> None:
    with pytest.raises(BadConfig, match=told) as raised:
        pages(content)
    assert raised.value.path == "file.c1z"


def test_a_window_beyond_what_is_granted_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, write_content_size=False)
    raw = database(TEAM)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(BadConfig, match="window"):
        pages(b"C1ZF\0" + packer.compress(raw) + packer.flush())


@pytest.mark.parametrize("told", [True, False])
def test_more_than_is_granted_is_refused_before_the_disk_is_full(tmp_path: Path, told: bool) -> None:
    bomb = packed(bytes(1 << 24), write_content_size=told)
    to = tmp_path / "db"
    with pytest.raises(BadConfig, match="too large"):
        container.unpack(io.BytesIO(bomb), "file.c1z", to, most=1 << 21)
    assert to.stat().st_size <= 1 << 22
    assert to.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "statement",
    [
        "create view v1_assets as select 1 as external_id, 2 as data, 3 as sync_id",
        "create trigger t after insert on v1_resources begin select 1; end",
        "create virtual table f using fts5(a)",
        "drop table v1_resources; create view v1_resources as select * from v1_grants",
        "alter table v1_grants add column entitlement_idx text; alter table v1_resources drop column data",
        "drop table v1_grants; create table v1_grants (id integer primary key, a text)",
    ],
)
def test_a_database_that_is_none_of_plain_tables_is_refused(statement: str) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(database(TEAM))
        db.executescript(statement)
        content = packed(db.serialize())
    with pytest.raises(BadConfig):
        pages(content)


@pytest.mark.parametrize(
    ("table", "row", "scope"),
    [
        ("v1_resources", {**user("bad"), "data": b"\xff\xff"}, "user"),
        ("v1_resources", {**user("bad"), "data": b"\x1a\x02\xff\xfe"}, "user"),
        ("v1_resources", {**user("bad"), "data": "text"}, "user"),
        ("v1_resources", {**user("bad"), "data": b""}, "user"),
        ("v1_entitlements", {**entitlement("group", "g1", "odd"), "data": b"\xff"}, "group"),
        ("v1_grants", {**grant(("group", "g1"), "group:g1:member", ("user", "bob")), "data": b"\xff"}, "group/*"),
        (
            "v1_grants",
            {**grant(("group", "g1"), "group:g1:member", ("user", "bob")), "principal_resource_id": ""},
            "unknown",
        ),
    ],
)
def test_a_row_that_can_not_be_understood_makes_its_part_incomplete(
    table: str, row: dict[str, object], scope: str
) -> None:
    content = packed(database({**TEAM, table: [*TEAM[table], row]}))
    assert [len(each) for each in rows(content)] == [2, 1, 1]
    assert "can't be understood" in incomplete(content)[scope]


def test_any_byte_may_be_another() -> None:
    """Whatever is changed in the database is an error that names the file, or rows: never anything else."""
    raw = database(TEAM)
    for at in range(0, len(raw), 53):
        spoilt = bytearray(raw)
        spoilt[at] ^= 0xA5
        try:
            pages(packed(bytes(spoilt)))
        except BadConfig as error:
            assert error.path == "file.c1z"


# --- what speaks against the file --------------------------------------------------------------------------------------


def test_whoever_holds_something_and_is_not_in_the_file_is_missing_there() -> None:
    lost = grant(("group", "g1"), "group:g1:member", ("user", "lost"))
    content = packed(database({**TEAM, "v1_grants": [lost]}))
    assert incomplete(content) == {"user": "1 that hold something are not in the file"}


def test_a_file_that_says_more_rows_than_it_has_is_not_whole() -> None:
    more = {**run(SYNC), "stats": '{"resources": 2, "grants": 1549}'}
    told = incomplete(packed(database({**TEAM, "v1_sync_runs": [more]})))
    assert "the file's own figures say 1,549 grants" in told["user"]
    fine = {**run(SYNC), "stats": '{"resources": 2}'}
    assert incomplete(packed(database({**TEAM, "v1_sync_runs": [fine]}))) == {}


def test_a_file_without_resources_of_its_sync_is_not_whole() -> None:
    assert "no resource" in incomplete(packed(database({**TEAM, "v1_resources": []})))["group"]


def test_a_file_that_names_no_type_is_not_whole_either() -> None:
    """Such as the upload of a sync that was asked for a type that there is none of."""
    names = ("v1_resource_types", "v1_resources", "v1_entitlements", "v1_grants")
    empty: dict[str, list[dict[str, object]]] = {name: [] for name in names}
    assert "no resource" in incomplete(packed(database({**TEAM, **empty})))["resource"]
    assert (
        "a part of a sync"
        in incomplete(packed(database({**TEAM, **empty, "v1_sync_runs": [run(kind="partial")]})))["resource"]
    )


def test_a_grant_whose_columns_name_somebody_else_is_not_read() -> None:
    odd = grant(("group", "g1"), "group:g1:member", ("user", "ann")) | {"principal_resource_id": "bob"}
    told = incomplete(packed(database({**TEAM, "v1_grants": [odd]})))
    assert "can't be understood" in told["group/*"]


class Bomb(Of):
    """A file of some thousand bytes that unpacks to 8 GiB."""

    def __init__(self, **options: str) -> None:
        frame = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 27))
        super().__init__(b"C1ZF\0" + frame * 64)
        self.options = options


def test_what_unpacks_to_far_more_than_its_own_size_is_refused_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    written: list[int] = []

    def unpack(file: Any, name: str, to: Path, **bounds: Any) -> None:
        try:
            container.unpack(file, name, to, **bounds)
        finally:
            written.append(to.stat().st_size)

    monkeypatch.setattr("jackfield_c1.c1z.reader.unpack", unpack)
    with pytest.raises(BadConfig, match="200 times as large") as raised:
        list(read_c1z(Bomb()))
    assert "most_ratio" in (raised.value.hint or "")
    with pytest.raises(BadConfig, match="more than 1,000,000 bytes") as raised:
        list(read_c1z(Bomb(most_bytes="1000000", most_ratio="1000000")))
    assert "most_bytes" in (raised.value.hint or "")
    # The file has some 800 kB, of which 200 times are allowed.
    assert [size <= most for size, most in zip(written, (200_000_000, 1_000_000), strict=True)] == [True, True]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["0", "-1", "many", "1e9", "9" * 20, "¹"])
def test_a_bound_that_is_none_is_refused(text: str) -> None:
    of = Of(b"C1ZF\0")
    of.options = {"most_ratio": text}
    with pytest.raises(BadConfig, match="most_ratio"):
        list(read_c1z(of))


def test_the_bounds_are_told_as_the_options_of_the_format() -> None:
    usual = {each.name: int(each.default) for each in IMPORTER.options}
    assert usual == {"most_bytes": container.MOST_DECODED, "most_ratio": container.MOST_RATIO}
