"""Parquet: the access table with typed columns, for databases and data frames."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import import_module
from itertools import repeat
from typing import Any, BinaryIO

import msgspec

from jackfield.exports.about import about
from jackfield.exports.facts import EntitlementFacts, GrantFacts
from jackfield.exports.lines import Making, access_blocks
from jackfield.exports.opened import of_host, time
from jackfield.hookspecs import Export, ExporterType
from jackfield.snapshots.principals import PrincipalFacts
from jackfield_contracts import ResourceId

ROW_GROUP = 100_000
"""Rows that a row group has at least, but the last."""

_ENTITLEMENT = (
    "resource_type",
    "resource_id",
    "resource_name",
    "slug",
    "entitlement_name",
    "entitlement",
    "privileged",
)
_PRINCIPAL = (
    *("principal_type", "principal_id", "principal_name", "principal_status", "principal_login", "principal_email"),
    *("principal_external_id", "principal", "last_sign_in"),
)
_GRANT = ("immutable", "inherited_by", "scope", "seal", "carried_from", "carried_taken")
_LINE = ("direct", "paths", "first_seen")
COLUMNS = (*_ENTITLEMENT, *_PRINCIPAL, *_GRANT, *_LINE)
_TRUTHS = ("privileged", "direct")
_TIMES = ("last_sign_in", "carried_taken", "first_seen")
_LISTS = ("inherited_by", "paths")

Cells = tuple[Any, ...]


class Side:
    """One end of the lines: the cells of each that there is, and which of them each waiting line has."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.known: list[Cells] = []
        self.waiting: list[int] = []

    def add(self, cells: Cells) -> int:
        """Take in one more; its number."""
        self.known.append(cells)
        return len(self.known) - 1

    def columns(self, arrow: Any, kinds: dict[str, Any]) -> Iterator[Any]:
        """The columns of the waiting lines, which wait no more: what lines share is converted once."""
        encoded = arrow.array(self.waiting, arrow.int32()).dictionary_encode()
        self.waiting.clear()
        numbers: list[int] = encoded.dictionary.to_pylist()
        rows = [self.known[number] for number in numbers]
        for at, name in enumerate(self.names):
            kind = kinds[name]
            text = arrow.types.is_dictionary(kind)
            values = arrow.array([row[at] for row in rows], arrow.string() if text else kind)
            column = values.take(encoded.indices)
            yield column.dictionary_encode() if text else column


def write(export: Export, to: BinaryIO) -> int:
    """Write the table; how many lines."""
    arrow: Any = import_module("pyarrow")
    parquet: Any = import_module("pyarrow.parquet")
    host = of_host(export)
    last: Mapping[ResourceId, datetime] = host.sign_ins.last if host.sign_ins is not None else {}
    entitlements, principals, grants = Side(_ENTITLEMENT), Side(_PRINCIPAL), Side(_GRANT)

    def of_entitlement(one: EntitlementFacts) -> int:
        resource = one.id.resource
        names = (one.resource_name, one.id.slug, one.name)
        return entitlements.add((resource.type, resource.id, *names, str(one.id), one.privileged))

    def of_principal(one: PrincipalFacts) -> int:
        known = (one.name, one.status, one.login, one.email, one.external_id)
        return principals.add((one.id.type, one.id.id, *known, str(one.id), last.get(one.id)))

    def of_grant(one: GrantFacts) -> int:
        carried = (one.carried_from, time(one.carried_taken))
        return grants.add((one.immutable, one.inherited_by, one.scope, one.seal, *carried))

    making = Making[int, int, int](entitlement=of_entitlement, principal=of_principal, grant=of_grant)
    kinds = _kinds(arrow)
    schema = arrow.schema([(name, kinds[name]) for name in COLUMNS])
    schema = schema.with_metadata({"jackfield": msgspec.json.encode(about(host))})
    direct: list[bool] = []
    paths: list[tuple[str, ...]] = []
    seen: list[str | None] = []
    lines = 0
    with parquet.ParquetWriter(to, schema, compression="zstd") as writer:

        def flush() -> None:
            columns = [column for side in (entitlements, principals, grants) for column in side.columns(arrow, kinds)]
            first = arrow.array(seen, arrow.string()).dictionary_encode()
            times = arrow.array([time(text) for text in first.dictionary.to_pylist()], kinds["first_seen"])
            columns += [arrow.array(direct), arrow.array(paths, kinds["paths"]), times.take(first.indices)]
            batch = arrow.record_batch(columns, schema=schema)
            writer.write_batch(batch, row_group_size=len(batch))
            for waiting in (direct, paths, seen):
                waiting.clear()

        for block in access_blocks(host.opened, making, host.first_seen):
            count = len(block.principals)
            entitlements.waiting.extend(repeat(block.entitlement, count))
            principals.waiting.extend(block.principals)
            grants.waiting.extend(block.grants)
            direct.extend(repeat(block.direct, count))
            paths.extend(block.paths or repeat((), count))
            seen.extend(block.first_seen)
            lines += count
            if len(seen) >= ROW_GROUP:
                flush()
        if seen:
            flush()
    return lines


def _kinds(arrow: Any) -> dict[str, Any]:
    text = arrow.dictionary(arrow.int32(), arrow.string())
    return {
        **dict.fromkeys(COLUMNS, text),
        **dict.fromkeys(_TRUTHS, arrow.bool_()),
        **dict.fromkeys(_TIMES, arrow.timestamp("us", tz="UTC")),
        **dict.fromkeys(_LISTS, arrow.list_(arrow.string())),
    }


EXPORTER = ExporterType(
    name="parquet",
    display_name="access table with typed columns",
    suffix=".parquet",
    write=write,
    needs={"pyarrow": "jackfield[parquet]"},
)
