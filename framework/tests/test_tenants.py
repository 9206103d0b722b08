"""Rows of two tenants never meet in one snapshot, whenever a sync learns which one it reaches."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from jackfield.errors import BadCredentials
from jackfield.hookspecs import ConnectorType, Context, Reads, family, hookimpl
from jackfield.host.discovery import Discovery, Found
from jackfield_contracts import Item, Page, Resource, ResourceId, ResourceType, RowKind, Scope, Tenant

from .imaginary import Config, Line, World, connector
from .writable import WritableLine

ONE = Tenant(id="t1", name="One")
TWO = Tenant(id="t2", name="Two")
LAST = 3


class Pages(Reads):
    """Three pages of users, each of which tells of the tenant that it came from."""

    moving = False

    def __init__(self, world: World, asked: list[str | None]) -> None:
        self._world = world
        self._asked = asked

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        return (ResourceType(name="user", display_name="Person"),)

    @family("users", scopes=(Scope(name="user", family="users", rows=RowKind.RESOURCES, lists="user"),))
    async def users(self, cursor: str | None) -> Page:
        self._asked.append(cursor)
        if cursor == "2" and self._world.error is not None:
            raise self._world.error
        number, tenant = int(cursor or 1), TWO if cursor and self.moving else self._world.tenant
        id = ResourceId(type="user", id=f"{tenant.id}-{number}")
        items: tuple[Item, ...] = (Resource(id=id, scope="user", display_name=tenant.name),)
        return Page(items=items, tenant=tenant, next=str(number + 1) if number < LAST else None)


@pytest.fixture
def asked() -> list[str | None]:
    return []


@pytest.fixture
def line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: list[str | None]
) -> Line:
    made = Line(tmp_path, monkeypatch, capsys)
    made.world.tenant = ONE

    @asynccontextmanager
    async def open_(config: Config, context: Context) -> AsyncGenerator[Pages]:
        yield Pages(made.world, asked)

    def found() -> Found[ConnectorType]:
        plain = connector(made.world)
        return msgspec.structs.replace(plain, type=msgspec.structs.replace(plain.type, open=open_))

    monkeypatch.setattr(
        "jackfield.host.discovery.discover_connectors", lambda: Discovery(found={"imaginary": found()}, failures=())
    )
    return made


def broken_off(line: Line) -> str:
    """A sync that stored its first page and failed at the second; gives its run."""
    line.world.error = BadCredentials("the token is over")
    ran = line.run("sync", "acme", "--output", "json")
    assert (ran.code, ran.json()["status"]) == (3, "failed")
    line.world.error = None
    return str(ran.json()["run"])


def users(line: Line) -> list[str]:
    rows = line.run("resources", "acme", "--output", "json").json()["resources"]
    return [row["id"] for row in rows]


def statuses(line: Line) -> dict[str, str]:
    return {one["run"]: one["status"] for one in line.run("syncs", "acme", "--output", "json").json()["syncs"]}


def test_of_the_same_tenant_it_goes_on(line: Line, asked: list[str | None]):
    run = broken_off(line)
    asked.clear()
    assert line.run("sync", "acme", "--output", "json").json()["run"] == run
    assert asked == ["2", "3"]
    assert users(line) == ["t1-1", "t1-2", "t1-3"]


def test_of_another_tenant_it_begins_afresh(line: Line, asked: list[str | None]):
    before = broken_off(line)
    line.world.tenant = TWO
    asked.clear()
    ran = line.run("sync", "acme", "--output", "json")
    assert ran.code == 0
    assert ran.json()["run"] != before
    assert "another account" in ran.err
    assert asked[-3:] == [None, "2", "3"]
    assert users(line) == ["t2-1", "t2-2", "t2-3"]
    assert statuses(line) == {before: "failed", ran.json()["run"]: "published"}
    (told,) = [one for one in line.run("syncs", "acme", "--output", "json").json()["syncs"] if one["run"] == before]
    assert "reached t1 when this sync began" in told["reason"]
    assert "(t2)" in told["reason"]


def test_of_another_tenant_than_that_of_the_snapshots_it_is_refused(line: Line):
    published = line.published()
    broken_off(line)
    line.world.tenant = TWO
    ran = line.run("sync", "acme")
    assert ran.code == 2
    assert "its snapshots and changes are of t1" in ran.err
    assert not (line.home / "snapshots" / "acme" / "snapshot.partial").exists()
    assert line.run("stats", "acme", "--output", "json").json()["run"] == published
    assert users(line) == ["t1-1", "t1-2", "t1-3"]


def test_two_tenants_within_one_sync_are_refused_and_nothing_is_kept(line: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Pages, "moving", True)
    ran = line.run("sync", "acme")
    assert ran.code == 2
    assert "reached t1 when this sync began" in ran.err
    assert "sync again" in ran.err
    assert not (line.home / "snapshots" / "acme" / "snapshot.partial").exists()
    assert line.run("stats", "acme").code == 5


@pytest.mark.parametrize("name", ["", "t1"])
def test_an_account_without_a_name_is_told_by_its_id_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    line = WritableLine(tmp_path, monkeypatch, capsys)
    line.app.tenant = Tenant(id="t1", name=name)
    assert "  account        t1\n" in line.run("check", "acme").out
    line.published()
    assert "  account    t1\n" in line.run("connections", "acme").out
