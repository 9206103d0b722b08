"""Making changes on an application in memory, and what became of them."""

import asyncio
from collections.abc import Awaitable, Callable

from jackfield.changes.execute import carry_out
from jackfield.changes.options import Changing
from jackfield.changes.plan import make_plan
from jackfield_contracts import (
    Change,
    JournalEntry,
)

from .office import Site


def make(site: Site, *changes: Change, **options: object) -> tuple[JournalEntry, ...]:
    async def work() -> tuple[JournalEntry, ...]:
        async with site.open(**options) as changing:
            return await carry_out(changing, await make_plan(changing, changes))

    return asyncio.run(work())


def within(site: Site, work: Callable[[Changing], Awaitable[object]], **options: object) -> object:
    async def run() -> object:
        async with site.open(**options) as changing:
            return await work(changing)

    return asyncio.run(run())


def told(entries: tuple[JournalEntry, ...]) -> list[tuple[str, str | None]]:
    return [(entry.outcome.outcome.value, entry.outcome.tag) for entry in entries if entry.outcome]


def one(entries: tuple[JournalEntry, ...]) -> tuple[str, str | None]:
    (only,) = told(entries)
    return only
