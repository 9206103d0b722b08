"""Making changes on an application in memory, and what became of them."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from jackfield.changes.apply import apply_plan
from jackfield.changes.plan import make_plan
from jackfield.changes.session import Session
from jackfield_contracts import (
    Change,
    JournalEntry,
)

from .office_connector import Site

ENTRY = msgspec.convert(
    {
        "id": "x.1",
        "connection": "acme",
        "connector": "writable",
        "change": {
            "kind": "grant",
            "entitlement": {"resource": {"type": "group", "id": "g2"}, "slug": "member"},
            "principal": {"type": "user", "id": "u1"},
        },
        "title": "grant Sales member (group:g2/member) to Ann <ann@example.com>",
        "status": "settled",
        "intended": "2026-03-01T08:00:00.000000+00:00",
        "settled": "2026-03-01T08:00:01.000000+00:00",
        "before": {"exists": True, "account": {"type": "user", "id": "u1"}},
        "outcome": {"outcome": "changed", "confirmed_by": "read"},
        "actor": "tester",
        "reason": "because",
    },
    JournalEntry,
)
"""A change that was made, as the journal has it."""


def make(site: Site, *changes: Change, **options: object) -> tuple[JournalEntry, ...]:
    async def work() -> tuple[JournalEntry, ...]:
        async with site.open(**options) as session:
            return await apply_plan(session, await make_plan(session, changes))

    return asyncio.run(work())


def within(site: Site, work: Callable[[Session], Awaitable[object]], **options: object) -> object:
    async def run() -> object:
        async with site.open(**options) as session:
            return await work(session)

    return asyncio.run(run())


def told(entries: tuple[JournalEntry, ...]) -> list[tuple[str, str | None]]:
    return [(entry.outcome.outcome.value, entry.outcome.tag) for entry in entries if entry.outcome]


def one(entries: tuple[JournalEntry, ...]) -> tuple[str, str | None]:
    (only,) = told(entries)
    return only
