"""Pages: resumed at any cursor they yield the same rest; another file in the place of the first is noticed."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jackfield.errors import BadConfig, CursorExpired, JackfieldError, NotFound, Transient
from jackfield_contracts import AccessState, CheckReport, Grant, Page, Resource, ResourceId, Severity, StateQuery
from jackfield_roster.plugin import Roster
from jackfield_roster.reading import reader as reading

from .support import Folder, Shelf, Told, read, read_all

COUNT = 2300


def rows() -> list[list[str]]:
    groups = ("g0", "g1", "g2")
    return [["Id", "Name", "Groups"], *([str(n), f"Person {n}", groups[n % 3]] for n in range(COUNT))]


@pytest.fixture(params=["csv", "jsonl", "xlsx"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Folder:
    name = f"users.{request.param}"
    folder = Folder(tmp_path, users={"file": name, "id": "Id", "name": "Name", "groups": "Groups"})
    write(folder, rows())
    return folder


def write(folder: Folder, table: list[list[str]]) -> None:
    name = folder.values["users"]["file"]
    if name.endswith("xlsx"):
        folder.book(name, {"All": table})
    elif name.endswith("jsonl"):
        import json

        folder.write(name, *(json.dumps(dict(zip(table[0], row, strict=True))) for row in table[1:]))
    else:
        folder.write(name, *(",".join(row) for row in table))


def within(folder: Folder, work: Callable[[Roster], Awaitable[None]]) -> None:
    async def run() -> None:
        async with folder.open() as roster:
            await work(roster)

    asyncio.run(run())


def test_resumed_at_any_cursor_by_another_process_it_yields_the_same_rest(folder: Folder) -> None:
    shelf, whole = Shelf(), list[Page]()

    async def first(roster: Roster) -> None:
        for family in ("users", "groups", "group_members"):
            whole.extend((await read(roster, family, shelf)).pages)

    within(folder, first)
    assert len(whole) == 3 + 1 + 3
    for page in whole:
        assert len(page.items) <= 2000
    for family, pages in (("users", whole[:3]), ("group_members", whole[4:])):
        for number, page in enumerate(pages[:-1]):
            # What was stored before, and nothing of what comes after.
            stored = Shelf()
            for each in pages[: number + 1] if family == "users" else whole[:4]:
                stored.store(each)

            async def again(
                roster: Roster, page: Page = page, stored: Shelf = stored, family: str = family, number: int = number
            ) -> None:
                rest = await read(roster, family, stored, page.next)
                assert rest.pages == (whole[:3] if family == "users" else whole[4:])[number + 1 :]

            within(folder, again)
    people = [item.id.id for page in whole[:3] for item in page.items if isinstance(item, Resource)]
    assert people == [str(number) for number in range(COUNT)]
    held = [item for page in whole[4:] for item in page.items if isinstance(item, Grant)]
    assert len(held) == COUNT


def test_another_file_between_two_pages_ends_the_cursor(folder: Folder) -> None:
    async def work(roster: Roster) -> None:
        page = await roster.read_page("users", None, Shelf())
        table = rows()
        table[-1][1] = "Another"
        write(folder, table)
        os.utime(folder.exports / folder.values["users"]["file"])
        with pytest.raises(CursorExpired):
            await roster.read_page("users", page.next, Shelf())

    within(folder, work)


def test_a_newer_file_that_fits_the_pattern_ends_the_cursor(tmp_path: Path) -> None:
    folder = Folder(tmp_path, users={"file": "users-*.csv", "id": "Id"})
    folder.write("users-1.csv", "Id", *map(str, range(1500)))
    folder.age("users-1.csv", hours=1)

    async def work(roster: Roster) -> None:
        page = await roster.read_page("users", None, Shelf())
        folder.write("users-2.csv", "Id", "new")
        with pytest.raises(CursorExpired, match=r"users-2\.csv is another export"):
            await roster.read_page("users", page.next, Shelf())
        assert (await read(roster, "users")).ids == ["new"]

    within(folder, work)


def test_a_file_that_changes_while_a_page_is_read_gives_no_page(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(roster: Roster) -> None:
        await roster.read_page("users", None, Shelf())  # a workbook is unpacked by now
        looked = reading.look

        def look(at: Path, name: str) -> object:
            found = looked(at, name)
            os.utime(at / name, (1, 1))  # between looking and the end of reading
            return found

        monkeypatch.setattr(reading, "look", look)
        with pytest.raises(CursorExpired, match="is another file than before"):
            await roster.read_page("users", None, Shelf())

    within(folder, work)


@pytest.mark.parametrize("write_on", [False, True])
def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path, write_on: bool) -> None:
    folder = Folder(tmp_path, quiet_seconds=5.0)
    folder.write("users.csv", "Id,Name", "1,Ann")

    async def work(roster: Roster) -> None:
        if not write_on:
            sleep = folder.clock.sleep

            async def quiet(seconds: float) -> None:
                await sleep(seconds)
                folder.age("users.csv", seconds=6)

            folder.clock.sleep = quiet  # type: ignore[method-assign]
            assert (await read(roster, "users")).ids == ["1"]
        else:
            with pytest.raises(Transient, match=r"users\.csv is being written"):
                await read(roster, "users")
        (slept,) = folder.clock.slept
        assert 4 < slept <= 5

    within(folder, work)


@pytest.mark.parametrize("gone", ["file", "folder"])
def test_a_missing_file_is_no_empty_listing(tmp_path: Path, gone: str) -> None:
    folder = Folder(tmp_path)
    if gone == "folder":
        folder.exports.rmdir()

    async def work(roster: Roster) -> None:
        with pytest.raises(NotFound, match=r"there is no file 'users\.csv'"):
            await roster.read_page("users", None, Shelf())

    within(folder, work)


def test_memberships_are_kept_where_the_listing_of_users_is_missing(tmp_path: Path) -> None:
    """Else a missing file of users would empty all groups too."""
    mapping = {"file": "m.csv", "of": "group", "to": "G", "member": "U"}
    folder = Folder(tmp_path, memberships=[mapping])
    folder.write("m.csv", "G,U", "g1,1", "g1,2")

    async def work(roster: Roster) -> None:
        shelf = Shelf()
        await read(roster, "groups", shelf)
        members = await read(roster, "group_members", shelf)
        assert len(members.items) == 2
        assert members.incomplete == {}

    within(folder, work)


def test_groups_that_no_file_lists_are_those_that_memberships_name(tmp_path: Path) -> None:
    mapping = {"file": "m.csv", "of": "role", "to": "R", "member": "G", "members": "group"}
    folder = Folder(tmp_path, memberships=[mapping], privileged=["admin"])
    folder.values["users"]["groups"] = "Groups"
    folder.write("users.csv", "Id,Name,Groups", "1,Ann,g1;g2", "2,Bob, g2 ;;")
    folder.write("m.csv", "R,G", "admin,g1", "audit,g3")

    async def work(roster: Roster) -> None:
        told = await read_all(roster)
        assert told["groups"].ids == ["g1", "g2", "g3"]
        assert told["roles"].ids == ["admin", "audit"]
        assert [note for each in told.values() for note in each.notes] == []
        assert len(told["group_members"].items) == 3
        (of_admin, _) = (item for item in told["role_members"].items if isinstance(item, Grant))
        assert (str(of_admin.principal), of_admin.inherited_by) == ("group:g1", ("member",))

    within(folder, work)


@pytest.mark.parametrize(
    ("change", "path", "told"),
    [
        ({"users": {"file": "users.csv", "id": "Id", "status": "Status"}}, "users.status", "has no column 'Status'"),
        ({"users": {"file": "users.csv", "id": "Twice"}}, "users.id", "has more than one column 'Twice'"),
        ({"users": {"file": "users.csv", "id": "Id", "profile": {"x": "Y"}}}, "users.profile.x", "no column 'Y'"),
        ({"memberships": [{"file": "users.csv", "of": "group", "to": "Id", "member": "M"}]}, "memberships[0].member",
         "has no column 'M'"),
    ],
)  # fmt: skip
def test_a_column_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, change: dict[str, object], path: str, told: str
) -> None:
    folder = Folder(tmp_path, **change)
    folder.write("users.csv", "Id,Name,State,Twice,Twice", "1,Ann,active,,")

    async def work(roster: Roster) -> None:
        with pytest.raises(BadConfig, match=told.replace("(", r"\(")) as raised:
            await read_all(roster)
        assert raised.value.path == path
        assert raised.value.hint == "Its columns: Id, Name, State, Twice, Twice."

    within(folder, work)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"users": {"file": "../users.csv", "id": "Id"}}, "users.file"),
        ({"users": {"file": "/etc/passwd", "id": "Id"}}, "users.file"),
        ({"users": {"file": "users.xls", "id": "Id"}}, "users.file"),
        ({"users": {"file": "u.csv", "id": "Id", "encoding": "utf-7-of-sorts"}}, "users.encoding"),
        ({"users": {"file": "u.csv", "id": "Id", "encoding": "rot13"}}, "users.encoding"),
        ({"users": {"file": "u.csv", "id": "Id", "delimiter": '"'}}, "users.delimiter"),
        ({"users": {"file": "u.csv", "id": "Id", "delimiter": ";;"}}, "connections.erp.users.delimiter"),
        ({"users": {"file": "u.csv", "id": "Id", "statuses": {"x": "gone"}}}, "connections.erp.users.statuses[...]"),
        ({"users": {"file": "u.csv", "id": "Id", "statuses": {"x": "enabled", "X": "deleted"}}}, "users.statuses"),
        ({"users": {"file": "u.csv", "id": "Id", "mail": "M"}}, "connections.erp.users.mail"),
        ({"users": {"file": "u.csv"}}, "connections.erp.users.id"),
        ({"work_list": "list.xlsx"}, "work_list"),
    ],
)
def test_a_wrong_configuration_is_told_with_its_path(tmp_path: Path, change: dict[str, object], path: str) -> None:
    folder = Folder(tmp_path, **change)
    with pytest.raises(BadConfig) as raised:
        within(folder, lambda roster: asyncio.sleep(0))
    assert raised.value.path == path


def test_the_application_tells_the_date_of_each_export_and_which_is_old(tmp_path: Path) -> None:
    folder = Folder(tmp_path, max_age_hours=24.0, application_name="ERP", groups={"file": "g.csv", "id": "Id"})
    folder.write("users.csv", "Id,Name", "1,Ann")
    folder.age("users.csv", hours=30)

    async def work(roster: Roster) -> None:
        told = await read(roster, "application")
        (app,) = told.items
        assert isinstance(app, Resource)
        assert (app.id.id, app.display_name, list(app.profile)) == ("erp", "ERP", ["users exported"])
        ((place, summary),) = told.places
        assert place == "users.csv"
        assert summary.startswith("the export of users is older than 24 hours: it is of 2")
        tenant = told.pages[0].tenant
        assert tenant is not None
        assert tenant.id == "erp"

    within(folder, work)


def test_errors_are_those_of_the_host(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("users.csv", "Id,Name", "1,Ann")
    (folder.exports / "users.csv").unlink()
    (folder.exports / "users.csv").symlink_to("users.csv")

    async def work(roster: Roster) -> None:
        with pytest.raises(JackfieldError):
            await read(roster, "users")

    within(folder, work)


def test_json_lines_may_leave_out_a_key_where_it_is_empty(tmp_path: Path) -> None:
    users = {"file": "users.jsonl", "id": "id", "name": "name", "groups": "groups"}
    memberships = [{"file": "in.jsonl", "of": "role", "to": "role", "member": "who", "member_type": "kind"}]
    folder = Folder(tmp_path, users=users, memberships=memberships)
    folder.write("users.jsonl", *(f'{{"id":{n}}}' for n in range(4500)), '{"id":"last","name":"L","groups":"g1"}')
    folder.write("in.jsonl", '{"role":"admin","who":"last","kind":"user"}')

    async def run() -> tuple[dict[str, Told], AccessState, CheckReport]:
        async with folder.open() as roster:
            query = StateQuery(principals=(ResourceId.parse("user:last"),), resources=(ResourceId.parse("group:g1"),))
            return await read_all(roster), await roster.read_state(query), await roster.check()

    told, found, report = asyncio.run(run())
    assert [str(each.principal) for each in told["group_members"].items if isinstance(each, Grant)] == ["user:last"]
    assert [note for each in told.values() for note in each.notes] == []
    assert [str(each) for each in found.held] == ["group:g1/member#user:last"]
    assert [note.severity for note in report.diagnostics] == [Severity.INFO, Severity.INFO]


@pytest.mark.parametrize("count", [1, 1000, 2500])
def test_a_key_that_no_row_of_json_lines_has_is_told_once(tmp_path: Path, count: int) -> None:
    users = {"file": "users.jsonl", "id": "id", "name": "name", "groups": "groups"}
    memberships = [{"file": "in.jsonl", "of": "role", "to": "role", "member": "who", "member_type": "kind"}]
    folder = Folder(tmp_path, users=users, memberships=memberships)
    folder.write("users.jsonl", *(f'{{"id":{n},"name":""}}' for n in range(count)))
    folder.put("in.jsonl", b"")

    async def run() -> list[tuple[str | None, str]]:
        async with folder.open() as roster:
            return [place for each in (await read_all(roster)).values() for place in each.places]

    assert asyncio.run(run()) == [("users.groups", "no row of users.jsonl has the key 'groups'")]
