"""A file that is damaged, hostile or not whole is told as that."""

import io
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard

from jackfield.errors import BadConfig
from jackfield_c1.c1z import container
from jackfield_c1.c1z.reader import read_c1z
from jackfield_c1.importer import IMPORTER

from .c1zfiles import SYNC, database, packed, run
from .c1zrows import TEAM, Of, entitlement, grant, incomplete, pages, rows, user

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
