"""A read that says itself that a scope is not whole: sealed partial in its words, whatever the counts say."""

import asyncio
from pathlib import Path

import pytest

from jackfield.clock import SystemClock
from jackfield.errors import PluginBug
from jackfield.snapshots.file import create_partial
from jackfield.snapshots.reads import Read, add_read, add_scope, assign
from jackfield.snapshots.verdicts import verdict
from jackfield.snapshots.writer import SnapshotWriter
from jackfield_contracts import Diagnostic, Page, Scope, Severity, Verdict

from .imaginary import Line

pytestmark = pytest.mark.usefixtures("partials_closed")

SCOPE = Scope(name="user", family="users")
WHY = "1 row of users.csv can't be understood: line 3"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, monkeypatch, capsys)


class Written:
    """A partial snapshot with one scope, and its verdict."""

    def __init__(self, folder: Path) -> None:
        self.writer = SnapshotWriter(create_partial(folder / "p.sqlite"), SystemClock())

    async def begin(self, *, reread: bool = False) -> Read:
        async with self.writer.transaction():
            read = add_read(self.writer.db, "users", reread=reread)
            if reread:
                assign(self.writer.db, ["user"], read)
            else:
                add_scope(self.writer.db, SCOPE, read=read.key)
        return read

    async def page(self, read: Read, why: str | None, *, last: bool = True) -> None:
        page = Page(incomplete={"user": why} if why else {}, next=None if last else f"after {why}")
        await self.writer.store(read, page, feeding={}, next_hash=1, requests=1)

    @property
    def seal(self) -> tuple[Verdict, str | None]:
        (state,) = self.writer.scope_states()
        seal = verdict(state)
        return seal.seal, seal.reason


def test_a_later_page_has_the_last_word(tmp_path: Path) -> None:
    async def run() -> None:
        written = Written(tmp_path)
        read = await written.begin()
        await written.page(read, "1 row", last=False)
        await written.page(read, "2 rows", last=False)
        await written.page(read, None)
        assert written.seal == (Verdict.PARTIAL, "2 rows")

    asyncio.run(run())


def test_a_read_that_begins_again_takes_it_back(tmp_path: Path) -> None:
    async def run() -> None:
        written = Written(tmp_path)
        read = await written.begin()
        await written.page(read, "1 row", last=False)
        await written.writer.restart_read(read)
        await written.page(read, None)
        assert written.seal[0] is Verdict.UNRECONCILED

    asyncio.run(run())


@pytest.mark.parametrize(("second", "seal"), [(None, Verdict.UNRECONCILED), ("2 rows", Verdict.PARTIAL)])
def test_a_second_read_that_replaces_the_first_speaks_for_itself(
    tmp_path: Path, second: str | None, seal: Verdict
) -> None:
    async def run() -> None:
        written = Written(tmp_path)
        await written.page(await written.begin(), "1 row")
        await written.page(await written.begin(reread=True), second)
        assert written.seal[0] is seal

    asyncio.run(run())


def test_only_a_declared_scope_can_be_incomplete(tmp_path: Path) -> None:
    async def run() -> None:
        written = Written(tmp_path)
        read = await written.begin()
        page = Page(incomplete={"usr": "1 row"})
        with pytest.raises(PluginBug, match="'usr', which was never declared"):
            await written.writer.store(read, page, feeding={}, next_hash=1, requests=1)

    asyncio.run(run())


def test_what_is_incomplete_keeps_the_rows_of_the_last_snapshot_though_the_counts_agree(line: Line) -> None:
    line.published()
    del line.world.users["u20"]
    line.world.incomplete = {"user": WHY}
    ran = line.run("sync", "acme", "--output", "json")
    assert ran.code == 8
    (scope,) = ran.json()["scopes"]
    assert (scope["scope"], scope["seal"], scope["reason"]) == ("user", "partial", WHY)
    assert ran.json()["counts"]["resources"]["user"] == 20


def test_the_place_of_a_diagnostic_is_kept_and_told(line: Line) -> None:
    row = Diagnostic(code="broken_row", severity=Severity.WARNING, summary="a cell is empty", hint="Fill it.")
    places = ("users.csv:3, column id", "users.csv:9, column id")
    line.world.notes = tuple(
        Diagnostic(code=row.code, severity=row.severity, summary=row.summary, hint=row.hint, path=place)
        for place in places
    )
    told = line.run("sync", "acme").out
    for place in places:
        assert f"warning: a cell is empty (at {place}) Fill it.\n" in told
    notes = line.run("stats", "acme", "--output", "json").json()["notes"]
    assert [(note["path"], note["times"]) for note in notes] == [(place, 1) for place in places]
