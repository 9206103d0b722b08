"""Every format, read back by a reader of others', is the snapshot."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet
import pytest
from bhopengraph.OpenGraph import OpenGraph
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openpyxl.utils.escape import unescape
from snapshot_files import app, build_snapshot, group, holds, offers, user

from jackfield.activity import SignIns
from jackfield.clock import SystemClock
from jackfield.errors import BadConfig
from jackfield.exports.formats import csvfile, opengraph, parquet, workbook
from jackfield.exports.opened import OpenExport
from jackfield.hookspecs import AccessLine, ExporterType
from jackfield.snapshots.reader import read_snapshot
from jackfield_contracts import (
    AccountStatus,
    Item,
    ResourceId,
    Verdict,
)

# The modules of that package are hidden by the classes in them.
NODE: dict[str, Any] = import_module("bhopengraph.Node").NODE_SCHEMA
EDGE: dict[str, Any] = import_module("bhopengraph.Edge").EDGE_SCHEMA
AT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
KNOWN = SignIns(known_from=AT, known_until=AT, last={ResourceId(type="user", id="u1"): AT})
ITEMS = (
    user("u1", "Ann", login="ann"),
    user("u2", "Bob", status=AccountStatus.DISABLED),
    group("g1", "Sales"),
    group("g2", "All"),
    app("a1"),
    offers("group:g1/member"),
    offers("group:g2/member", privileged=True),
    holds("user:u1", "group:g1/member", immutable="=by law"),
    holds("user:u2", "group:g2/member"),
    holds("group:g1", "group:g2/member", inherited_by=("member",)),
    holds("user:gone", "group:g2/member"),
)


class Written:
    """What one exporter wrote of a snapshot, and what the snapshot has."""

    def __init__(self, folder: Path, exporter: ExporterType, items: Sequence[Item], **options: str) -> None:
        file = folder / "s.sqlite"
        file.unlink(missing_ok=True)
        build_snapshot(file, items, seals={"group:g2/*": Verdict.PARTIAL}, carried={"group:g1/*": "run-0"})
        self.others: dict[str, io.BytesIO] = {}
        stream = io.BytesIO()
        with read_snapshot(file) as snapshot:
            export = OpenExport(
                "acme",
                snapshot,
                clock=SystemClock(),
                host_version="1",
                options=options,
                sign_ins=KNOWN,
                beside=lambda suffix: self.others.setdefault(suffix, io.BytesIO()),
            )
            self.rows = exporter.write(export, stream)
            self.lines: list[AccessLine] = list(export.access())
            self.grants = {(str(one.entitlement), str(one.principal)) for one in export.grants()}
            self.resources = {str(one.id): one for one in export.resources()}
        self.content = stream.getvalue()

    def expected(self) -> list[tuple[Any, ...]]:
        """The lines as every table has them."""
        return [
            (f"{one.resource}/{one.slug}", str(one.principal), one.principal_name, one.resource_name, one.login, one.email,
             one.status, one.privileged, one.direct, one.first_seen, one.last_sign_in)
            for one in self.lines
        ]  # fmt: skip


def sheets(content: bytes) -> dict[str, list[dict[str, Any]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    found: dict[str, list[dict[str, Any]]] = {}
    for sheet in book.worksheets:
        rows = list(sheet.iter_rows(values_only=True))
        names = [str(name) for name in rows[0]]
        found[sheet.title] = [dict(zip(names, row, strict=True)) for row in rows[1:]]
    return found


class TestWorkbook:
    def read(self, written: Written) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for name, found in sheets(written.content).items():
            if name.startswith("Access"):
                rows += [
                    (row["entitlement"], row["principal"], row["principal_name"], row["resource_name"],
                     row["principal_login"], row["principal_email"], row["principal_status"], row["privileged"],
                     row["path"].startswith("direct"), _utc(row["first_seen"]), _utc(row["last_sign_in"]))
                    for row in found
                ]  # fmt: skip
        return rows

    def test_it_has_the_lines_of_the_snapshot_with_real_dates(self, tmp_path: Path):
        written = Written(tmp_path, workbook.EXPORTER, ITEMS)
        assert self.read(written) == written.expected()
        assert written.rows == 5
        found = sheets(written.content)
        assert list(found) == ["About", "People", "Access", "Entitlements", "Not complete"]
        assert [row["principal"] for row in found["People"]] == ["user:u1", "user:u2"]
        assert found["People"][0]["last_sign_in"] == AT.replace(tzinfo=None)
        assert found["Access"][0]["immutable"] == "=by law"
        assert [row["scope"] for row in found["Not complete"]] == ["group:g2/*"]
        assert {row["entitlement"] for row in found["Entitlements"]} == {"group:g1/member", "group:g2/member"}

    def test_headings_stay_and_are_filters(self, tmp_path: Path):
        book = openpyxl.load_workbook(io.BytesIO(Written(tmp_path, workbook.EXPORTER, ITEMS).content))
        sheet = book["Access"]
        assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:S6")
        assert sheet.column_dimensions["A"].width > 20
        (choice,) = sheet.data_validations.dataValidation
        assert (choice.formula1, str(choice.sqref)) == ('"keep,revoke"', "R2:R6")
        about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
        assert (about["connection"], about["run"], about["complete"]) == ("acme", "run-1", False)
        assert about["taken"] == datetime(2026, 11, 23, 10)  # noqa: DTZ001 - a workbook knows no zones

    def test_what_no_sheet_can_hold_goes_on_in_the_next(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(workbook, "MOST_ROWS", 3)
        written = Written(tmp_path, workbook.EXPORTER, ITEMS)
        found = sheets(written.content)
        assert [len(found[name]) for name in ("Access", "Access 2", "Access 3")] == [2, 2, 1]
        assert self.read(written) == written.expected()

    @pytest.mark.parametrize("fails", [False, True])
    def test_nothing_is_left_of_the_rows_that_waited(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
    ):
        waiting = tmp_path / "waiting"
        waiting.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(waiting))
        if fails:
            monkeypatch.setattr(workbook, "_entitlements", lambda host: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                Written(tmp_path, workbook.EXPORTER, ITEMS)
        else:
            Written(tmp_path, workbook.EXPORTER, ITEMS)
        assert list(waiting.iterdir()) == []

    def test_text_that_is_too_long_is_cut_and_shows_it(self):
        assert workbook.cell_text("x" * 40_000) == "x" * 32_766 + "…"

    def test_a_sheet_saved_as_csv_goes_back_into_a_plan(self, tmp_path: Path):
        from jackfield.changes.request_files import read_requests

        rows = sheets(Written(tmp_path, workbook.EXPORTER, ITEMS).content)["Access"]
        with (tmp_path / "saved.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, [*rows[0]])
            table.writeheader()
            table.writerows({**row, "decision": "revoke" if row["path"] == "direct" else None} for row in rows)
        assert len(read_requests(tmp_path / "saved.csv")) == 4


class TestParquet:
    NAMES = (
        *("entitlement", "principal", "principal_name", "resource_name", "principal_login", "principal_email"),
        *("principal_status", "privileged", "direct", "first_seen", "last_sign_in"),
    )

    @pytest.mark.parametrize("at_once", [1, 2, 100_000])
    def test_arrow_and_duckdb_read_the_lines_of_the_snapshot(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
    ):
        monkeypatch.setattr(parquet, "ROW_GROUP", at_once)
        written = Written(tmp_path, parquet.EXPORTER, ITEMS)
        file = tmp_path / "out.parquet"
        file.write_bytes(written.content)
        table = pyarrow.parquet.read_table(file)
        assert [tuple(row[name] for name in self.NAMES) for row in table.to_pylist()] == written.expected()
        with duckdb.connect() as db:
            found = db.execute(
                "SELECT entitlement, principal, privileged, direct, epoch(first_seen), len(paths) FROM read_parquet(?)",
                [str(file)],
            ).fetchall()
        assert found == [
            (f"{one.resource}/{one.slug}", str(one.principal), one.privileged, one.direct,
             one.first_seen and one.first_seen.timestamp(), len(one.paths))
            for one in written.lines
        ]  # fmt: skip

    def test_columns_have_types_and_the_file_says_what_it_is_of(self, tmp_path: Path):
        written = Written(tmp_path, parquet.EXPORTER, ITEMS)
        schema = pyarrow.parquet.read_schema(io.BytesIO(written.content))
        assert str(schema.field("privileged").type) == "bool"
        assert str(schema.field("first_seen").type) == "timestamp[us, tz=UTC]"
        assert str(schema.field("principal_status").type).startswith("dictionary<values=string")
        about = json.loads(schema.metadata[b"jackfield"])
        assert (about["connection"], about["complete"], about["not_complete"][0]["scope"]) == (
            "acme",
            False,
            "group:g2/*",
        )

    def test_a_snapshot_without_grants_is_a_table_without_rows(self, tmp_path: Path):
        written = Written(tmp_path, parquet.EXPORTER, ITEMS[:2])
        assert pyarrow.parquet.read_table(io.BytesIO(written.content)).num_rows == written.rows == 0


class TestOpenGraph:
    def read(self, *contents: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        nodes: list[dict[str, Any]] = []
        edges: list[dict[str, Any]] = []
        for content in contents:
            document = json.loads(content)
            nodes += document["graph"]["nodes"]
            edges += document["graph"]["edges"]
        for one, schema in (
            *((node, NODE) for node in nodes),
            *((edge, EDGE) for edge in edges),
        ):
            Draft202012Validator(schema).validate(one)
        return nodes, edges

    def test_its_nodes_and_edges_are_those_of_the_snapshot(self, tmp_path: Path):
        written = Written(tmp_path, opengraph.EXPORTER, ITEMS)
        graph = OpenGraph()
        assert graph.import_from_json(written.content.decode())
        assert [each for each in graph.validate_graph()[1] if "is isolated" not in each] == []
        nodes, edges = self.read(written.content)
        named = {node["id"]: node["properties"]["resource"] for node in nodes}
        assert set(named.values()) == {*written.resources, "user:gone"}
        found = {(edge["properties"]["entitlement"], named[edge["start"]["value"]]) for edge in edges}
        assert found == written.grants
        assert {edge["properties"]["entitlement"].rpartition("/")[0] for edge in edges} == {
            named[edge["end"]["value"]] for edge in edges
        }
        assert {edge["kind"] for edge in edges} == {"Imaginary_Member"}
        (lacking,) = (node for node in nodes if not node["properties"]["in_snapshot"])
        assert lacking["properties"]["resource"] == "user:gone"

    def test_ids_stay_and_differ_where_only_the_case_differs(self, tmp_path: Path):
        items = (user("AB"), user("ab"))
        first, _ = self.read(Written(tmp_path, opengraph.EXPORTER, items).content)
        again, _ = self.read(Written(tmp_path, opengraph.EXPORTER, (*items, user("x"))).content)
        ids = {node["properties"]["resource"]: node["id"] for node in again}
        assert {node["properties"]["resource"]: node["id"] for node in first}.items() <= ids.items()
        assert len({id.upper() for id in ids.values()}) == 3

    def test_it_is_cut_into_documents(self, tmp_path: Path):
        written = Written(tmp_path, opengraph.EXPORTER, ITEMS, edges="2")
        assert list(written.others) == [".2.json"]
        contents = (written.content, written.others[".2.json"].getvalue())
        assert [len(self.read(one)[1]) for one in contents] == [2, 2]
        assert len(self.read(*contents)[0]) == 6
        for wrong in ("0", "many", "-1"):
            with pytest.raises(BadConfig, match="is no number of edges"):
                Written(tmp_path, opengraph.EXPORTER, ITEMS, edges=wrong)

    def test_two_entitlements_never_have_one_kind(self):
        slugs = ["a-b", "a_b", "a.b", "ab", "a--b", "a_-b", "a-_b", "a-u", "a_u"]
        kinds = {opengraph.kind_text(slug) for slug in slugs}
        assert len(kinds) == len(slugs)
        assert all(kind.replace("_", "").isalnum() and kind.isascii() for kind in kinds)


NASTY = st.text(
    st.one_of(
        st.sampled_from("=+-@\t\r\n\"',;|\\%/#\x00\x1b\x9b\u202e￾＝😀Ж字 <&>_x0"),
        st.characters(codec="utf-8"),
    ),
    min_size=1,
    max_size=12,
)


def nasty(ids: list[str], name: str) -> list[Item]:
    people, of = [user(one, name, login=name, emails=(name,)) for one in ids[1:]], group(ids[0], name)
    return [*people, of, offers(f"{of.id}/member", name), *(holds(str(each.id), f"{of.id}/member") for each in people)]


@given(st.lists(NASTY, min_size=2, max_size=3, unique=True), NASTY)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_names_every_format_has_them(tmp_path: Path, ids: list[str], name: str):
    items = nasty(ids, name)
    written = Written(tmp_path, parquet.EXPORTER, items)
    rows = pyarrow.parquet.read_table(io.BytesIO(written.content)).to_pylist()
    assert [(row["principal_id"], row["principal_login"]) for row in rows] == [
        (one.principal.id, name) for one in written.lines
    ]
    graph = json.loads(Written(tmp_path, opengraph.EXPORTER, items).content)["graph"]
    assert {node["properties"]["name"] for node in graph["nodes"]} == {name}
    assert len(graph["edges"]) == len(written.grants)
    table = Written(tmp_path, csvfile.EXPORTER, items).content.decode()
    assert len(list(csv.reader(io.StringIO(table, newline="")))) == len(written.lines) + 1
    assert all(len(row) == 28 for row in csv.reader(io.StringIO(table, newline="")))
    found = sheets(Written(tmp_path, workbook.EXPORTER, items).content)["Access"]
    assert [unescape(row["principal_name"] or "") for row in found] == [
        unescape(workbook.cell_text(name)) for _ in written.lines
    ]


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
