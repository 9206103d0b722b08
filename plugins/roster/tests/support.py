"""A folder of exports with its connection, opened in this process or used by real commands."""

import json
import os
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import openpyxl
from harness import forking
from harness.forking import JACKFIELD

from jackfield.clock import SystemClock
from jackfield.config.load import convert
from jackfield.hookspecs import Context
from jackfield.log import NoLog
from jackfield_contracts import Diagnostic, Item, Page, Resource, ResourceId
from jackfield_roster.config import RosterConfig
from jackfield_roster.plugin import Roster, connector

USERS = {"file": "users.csv", "id": "Id", "name": "Name"}


class Clock(SystemClock):
    """The machine's clock, except that nobody has to wait."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Ran(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


class Folder:
    """Exports below ``exports``, a work list below ``work``, and the configuration of them."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.folder = folder
        self.exports, self.work = folder / "exports", folder / "work"
        self.exports.mkdir()
        self.work.mkdir()
        self.clock = Clock()
        self.values: dict[str, Any] = {
            "application": "erp",
            "folder": str(self.exports),
            "quiet_seconds": 0.0,
            "users": dict(USERS),
            **config,
        }

    @property
    def list(self) -> Path:
        """The work list, once ``values`` name it."""
        return self.work / "erp.csv"

    def write(self, name: str, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
        """Write an export of these lines."""
        return self.put(name, "".join(line + end for line in lines).encode(encoding))

    def put(self, name: str, content: bytes) -> Path:
        """Put an export in the place of another at once, as a careful program does."""
        made = self.folder / "made"
        made.write_bytes(content)
        return made.rename(self.exports / name)

    def book(self, name: str, sheets: Mapping[str, Iterable[Iterable[object]]]) -> Path:
        """Write a workbook."""
        book = openpyxl.Workbook()
        book.remove(cast("Any", book.active))
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
        file = self.exports / name
        book.save(file)
        return file

    def age(self, name: str, **ago: float) -> None:
        """Make an export as old as *ago* says."""
        then = (datetime.now(UTC) - timedelta(**ago)).timestamp()
        os.utime(self.exports / name, (then, then))

    @property
    def config(self) -> RosterConfig:
        return convert(self.values, RosterConfig, "connections.erp")

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Roster]:
        context = Context(connection="erp", http=cast("Any", None), clock=self.clock, log=NoLog())
        async with connector.open(self.config, context) as opened:
            yield cast("Roster", opened)

    def run(self, *arguments: str) -> Ran:
        """Run a real ``jackfield``, with changes enabled."""
        lines = _toml("connections.erp", {"connector": "roster", "provisioning": True, **self.values})
        (self.folder / "jackfield.toml").write_text("\n".join(lines), encoding="utf-8")
        return self.command(*arguments)

    def command(self, *arguments: str) -> Ran:
        """Run it with the configuration that lies there."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("JACKFIELD")}
        command = [JACKFIELD, "--home", str(self.folder / "home"), *arguments]
        done = forking.run(command, folder=self.folder, environment=environment)
        return Ran(done.returncode, done.stdout, done.stderr)


def _toml(name: str, table: Mapping[str, Any]) -> list[str]:
    lines, below = [f"[{name}]"], list[str]()
    for key, value in table.items():
        if isinstance(value, dict):
            below += _toml(f"{name}.{key}", cast("dict[str, Any]", value))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for each in cast("list[dict[str, Any]]", value):
                below += _toml(f"{name}.{key}", each)
                below[below.index(f"[{name}.{key}]")] = f"[[{name}.{key}]]"
        else:
            lines.append(f"{json.dumps(key)} = {json.dumps(value)}")
    return [*lines, *below]


class Shelf:
    """What a sync has stored; ``lag`` pages are not there yet when the next one is read."""

    def __init__(self, lag: int = 0) -> None:
        self._lag = lag
        self._waiting: list[Page] = []
        self.resources: dict[ResourceId, Resource] = {}

    def stored(self, type: str, ids: Iterable[str]) -> Mapping[str, Resource]:
        wanted = (ResourceId(type=type, id=id) for id in ids)
        return {id.id: found for id in wanted if (found := self.resources.get(id))}

    def store(self, page: Page) -> None:
        self._waiting.append(page)
        while len(self._waiting) > self._lag:
            self._keep(self._waiting.pop(0))

    def flush(self) -> None:
        while self._waiting:
            self._keep(self._waiting.pop(0))

    def _keep(self, page: Page) -> None:
        self.resources |= {item.id: item for item in page.items if isinstance(item, Resource)}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a family gave: its pages, put together."""

    pages: list[Page]

    @property
    def items(self) -> list[Item]:
        return [item for page in self.pages for item in page.items]

    @property
    def ids(self) -> list[str]:
        return [item.id.id for item in self.items if isinstance(item, Resource)]

    @property
    def notes(self) -> list[Diagnostic]:
        return [note for page in self.pages for note in page.diagnostics]

    @property
    def places(self) -> list[tuple[str | None, str]]:
        return [(note.path, note.summary) for note in self.notes]

    @property
    def incomplete(self) -> dict[str, str]:
        return {name: why for page in self.pages for name, why in page.incomplete.items()}


async def read(roster: Roster, family: str, shelf: Shelf | None = None, cursor: str | None = None) -> Told:
    """Read a family to its end."""
    shelf = shelf if shelf is not None else Shelf()
    pages: list[Page] = []
    while True:
        page = await roster.read_page(family, cursor, shelf)
        pages.append(page)
        shelf.store(page)
        cursor = page.next
        if cursor is None:
            shelf.flush()
            return Told(pages=pages)


async def read_all(roster: Roster) -> dict[str, Told]:
    """Read all families in the order in which they follow each other."""
    shelf = Shelf()
    return {family.name: await read(roster, family.name, shelf) for family in roster.families()}
