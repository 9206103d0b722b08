"""OpenGraph: the snapshot as the nodes and edges that graph tools such as BloodHound take.

Promises ids that stay from one export to the next and that differ in more than the case of letters, and documents that are
written as they are read, with at most so many edges each.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, BinaryIO
from uuid import NAMESPACE_URL, uuid5

import msgspec

from jackfield.errors import BadConfig
from jackfield.exports.facts import EntitlementFacts, GrantFacts
from jackfield.exports.firstseen import FirstSeen
from jackfield.exports.lines import Making, access_blocks
from jackfield.exports.opened import OpenExport, of_host
from jackfield.hookspecs import Export, ExporterType, ExportOption, SnapshotFacts
from jackfield.snapshots.principals import PrincipalFacts, email_of, external_id_of
from jackfield_contracts import GroupTrait, Resource, ResourceId, UserTrait

SOURCE = "Jackfield"
MOST_EDGES = 1_000_000
"""Edges of one file, where nothing else is said; standard output has all of them in one document."""
_LACKING = "SELECT type, id FROM node WHERE key NOT IN (SELECT key FROM resource_row) ORDER BY type, id"
_FURTHER = ".{number}.json"
_encode = msgspec.json.Encoder().encode


def write(export: Export, to: BinaryIO) -> int:
    """Write the graph; how many edges."""
    host = of_host(export)
    most = _number(host.options.get("edges", ""))
    ids = Ids(host.snapshot, host.connection)
    document = _Document(to)
    for node in _nodes(host, ids):
        document.node(node)
    edges, here, files = 0, 0, 1
    for block in _edges(host, ids):
        for edge in block:
            if most and here == most:
                files += 1
                other = host.beside(_FURTHER.format(number=files))
                if other is None:
                    raise BadConfig(
                        "the graph can't be cut into files on standard output",
                        path="--option edges",
                        hint="Name a file.",
                    )
                document.close()
                document, here = _Document(other), 0
            document.edge(edge)
            here += 1
            edges += 1
    document.close()
    return edges


class Ids:
    """The ids of nodes and the names of kinds."""

    def __init__(self, facts: SnapshotFacts, connection: str) -> None:
        self._root = f"jackfield:{facts.connector}:{facts.tenant or connection}:"
        self._prefix = kind_text(facts.connector.capitalize())

    def node(self, id: ResourceId) -> str:
        """The id of a node: made of the application's own, which may differ from others in the case of letters only."""
        return str(uuid5(NAMESPACE_URL, f"{self._root}{id}")).upper()

    def kind(self, name: str) -> str:
        """The kind of the nodes of a type, or of the edges of an entitlement."""
        return f"{self._prefix}_{kind_text(name.capitalize())}"


def kind_text(text: str) -> str:
    """*text* as a kind may be written, which has letters, digits and ``_`` only; two slugs never become one kind."""
    return re.sub(r"[^A-Za-z0-9]", lambda found: {"-": "_", "_": "_U", ".": "_D"}.get(found.group(), "_X"), text)


class _Document:
    """One document, written as it goes."""

    def __init__(self, to: BinaryIO) -> None:
        self._to = to
        self._block = bytearray(b'{"metadata":' + _encode({"source_kind": SOURCE}) + b',"graph":{"nodes":[')
        self._between = b"\n"
        self._in_edges = False

    def node(self, content: bytes) -> None:
        """Add one node; all come before the edges."""
        self._add(content)

    def edge(self, content: bytes) -> None:
        """Add one edge."""
        if not self._in_edges:
            self._begin_edges()
        self._add(content)

    def close(self) -> None:
        """Write what is left."""
        if not self._in_edges:
            self._begin_edges()
        self._to.write(self._block + b"\n]}}\n")

    def _begin_edges(self) -> None:
        self._block += b'\n],"edges":['
        self._between = b"\n"
        self._in_edges = True

    def _add(self, content: bytes) -> None:
        self._block += self._between + content
        self._between = b",\n"
        if len(self._block) > 262_144:
            self._to.write(self._block)
            self._block.clear()


def _nodes(host: OpenExport, ids: Ids) -> Iterator[bytes]:
    for one in host.resources():
        trait = one.trait.__struct_config__.tag if one.trait is not None else "resource"
        kinds = (ids.kind(one.id.type), f"{SOURCE}_{str(trait).capitalize()}")
        yield _encode({"id": ids.node(one.id), "kinds": kinds, "properties": _properties(one)})
    for type, id in host.db.execute(_LACKING):
        lacking = ResourceId(type=type, id=id)
        properties = {"name": str(lacking), "resource": str(lacking), "in_snapshot": False}
        yield _encode(
            {"id": ids.node(lacking), "kinds": (ids.kind(type), f"{SOURCE}_Lacking"), "properties": properties}
        )


def _properties(one: Resource) -> dict[str, Any]:
    """What is known of a resource: no property is null or nested."""
    trait = one.trait
    made: dict[str, Any] = {"name": one.display_name, "displayname": one.display_name, "resource": str(one.id)}
    made |= {"description": one.description or None, "created": one.created, "in_snapshot": True}
    if isinstance(trait, UserTrait):
        addresses = [each.address for each in trait.emails]
        made |= {"login": trait.login, "email": email_of(trait), "emails": addresses or None}
        made |= {
            "status": trait.status.value,
            "external_id": external_id_of(trait),
            "account_type": trait.account_type.value,
        }
    elif isinstance(trait, GroupTrait):
        made |= {"external_id": trait.external_id, "management": trait.management}
    return _plain(made)


def _edges(host: OpenExport, ids: Ids) -> Iterator[Iterable[bytes]]:
    def of_entitlement(one: EntitlementFacts) -> tuple[bytes, bytes]:
        made = {"entitlement": str(one.id), "displayname": one.name, "privileged": one.privileged}
        end = {"end": {"value": ids.node(one.id.resource)}}
        return (
            b'{"kind":' + _encode(ids.kind(one.id.slug)) + b',"start":{"value":',
            b"}," + _encode(end)[1:-1] + b',"properties":' + _encode(_plain(made))[:-1],
        )

    def of_principal(one: PrincipalFacts) -> bytes:
        return _encode(ids.node(one.id))

    def of_grant(one: GrantFacts) -> bytes:
        made = {"scope": one.scope, "seal": one.seal, "carried_from": one.carried_from, "immutable": one.immutable}
        made |= {"inherited_by": one.inherited_by or None}
        return b"," + _encode(_plain(made))[1:] + b"}"

    making = Making[tuple[bytes, bytes], bytes, bytes](
        entitlement=of_entitlement, principal=of_principal, grant=of_grant
    )
    for block in access_blocks(host.opened, making, FirstSeen(host.db, "")):
        if block.direct:
            before, after = block.entitlement
            yield [before + who + after + grant for who, grant in zip(block.principals, block.grants, strict=True)]
    yield (
        _encode({
            "kind": f"{SOURCE}_Contains",
            "start": {"value": ids.node(one.parent)},
            "end": {"value": ids.node(one.id)},
            "properties": {},
        })
        for one in host.resources()
        if one.parent is not None
    )  # fmt: skip


def _plain(made: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in made.items()
        if value is not None
    }


def _number(text: str) -> int:
    if not text:
        return MOST_EDGES
    if not (text.isascii() and text.isdecimal() and len(text) < 10) or int(text) == 0:
        raise BadConfig(f"{text!r} is no number of edges", path="--option edges")
    return int(text)


EXPORTER = ExporterType(
    name="opengraph",
    display_name="nodes and edges for graph tools such as BloodHound",
    suffix=".json",
    write=write,
    rows="edge",
    further=_FURTHER,
    options=(
        ExportOption(name="edges", description=f"how many edges a file has at most, {MOST_EDGES:,} unless given"),
    ),
)
