"""What a connector builds is not looked at where it is built: what nobody could read back is refused before it is stored."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from jackfield.clock import SystemClock
from jackfield.errors import PluginBug
from jackfield.snapshots.file import create_partial
from jackfield.snapshots.reads import add_read, add_scope
from jackfield.snapshots.writer import SnapshotWriter
from jackfield_contracts import Entitlement, EntitlementId, Grant, Item, Page, Resource, ResourceId, Scope

pytestmark = pytest.mark.usefixtures("partials_closed")

SCOPE = Scope(name="all", family="all")
NOBODY, NOTHING = ResourceId(type="user", id=""), ResourceId(type="", id="7")
SOMEBODY, GROUP = ResourceId(type="user", id="7"), ResourceId(type="group", id="7")


def _entitlement(resource: ResourceId) -> Entitlement:
    return Entitlement(
        id=EntitlementId(resource=resource, slug="member"), display_name="Member", scope="all", grantable_to=("user",)
    )


def _grant(resource: ResourceId, principal: ResourceId) -> Grant:
    return Grant(entitlement=EntitlementId(resource=resource, slug="member"), principal=principal, scope="all")


@pytest.mark.parametrize(
    ("items", "opens"),
    [
        ([Resource(id=NOBODY, display_name="Nobody", scope="all")], []),
        ([Resource(id=NOTHING, display_name="Nothing", scope="all")], []),
        ([_entitlement(NOBODY)], []),
        ([_grant(GROUP, NOBODY)], []),
        ([_grant(NOBODY, SOMEBODY)], []),
        ([], [Scope(name="group/*", family="all", resource=NOBODY)]),
        ([], [Scope(name="\ud800", family="all")]),
        ([Resource(id=ResourceId(type="user", id="\ud800"), display_name="Half a letter", scope="all")], []),
        ([Resource(id=SOMEBODY, display_name="\ud800", scope="all")], []),
    ],
    ids=[
        "a resource",
        "a type",
        "an entitlement",
        "a principal",
        "what is granted",
        "a scope",
        "a scope that is no Unicode",
        "an id that is no Unicode",
        "a name that is no Unicode",
    ],
)
def test_what_could_not_be_read_back_is_a_fault_of_the_connector(
    tmp_path: Path, items: Sequence[Item], opens: Sequence[Scope]
) -> None:
    async def run() -> None:
        writer = SnapshotWriter(create_partial(tmp_path / "p.sqlite"), SystemClock())
        async with writer.transaction():
            read = add_read(writer.db, "all")
            add_scope(writer.db, SCOPE, read=read.key)
        page = Page(items=tuple(items), opens=tuple(opens))
        with pytest.raises(PluginBug):
            await writer.store(read, page, feeding={"all": read.key}, next_hash=None, requests=1)

    asyncio.run(run())
