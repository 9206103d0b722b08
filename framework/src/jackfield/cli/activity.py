"""The activity of one connection on the command line: read on, listed, and followed."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from jackfield.activity.known import clear_from
from jackfield.activity.reading import Read
from jackfield.activity.store import ActivityStore, FeedState, Stored, moment_of, open_store
from jackfield.activity.update import update_activity
from jackfield.cli.app import App
from jackfield.cli.foreign import foreign_output
from jackfield.cli.output import Columns, note, print_listing, say
from jackfield.cli.snapshots import latest_file
from jackfield.cli.text import clean, count, moment
from jackfield.cli.view import View
from jackfield.errors import JackfieldError, NotFound, RateLimited, Transient, Unsupported
from jackfield.host.configured import Configured
from jackfield.host.connection import Connection
from jackfield.host.tenants import demand_tenant, known_tenant, match_tenant
from jackfield.snapshots.reader import Snapshot, read_snapshot
from jackfield.state import State
from jackfield_contracts import EventKind, ResourceId

TABLE = ("when", "who", "e-mail", "what", "type", "details")
CSV = ("time", "kind", "type", "principal", "name", "email", "actor", "summary", "details", "id")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which events somebody wants to see."""

    principal: str | None = None
    kind: str | None = None
    since: datetime | None = None
    limit: int | None = None


class People:
    """Names of accounts, by the latest snapshot."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot
        self._known: dict[ResourceId, tuple[str, str]] = {}

    def of(self, id: ResourceId | None) -> tuple[str, str]:
        """The name and the e-mail address; the id where the snapshot lacks it."""
        if id is None:
            return "", ""
        if id not in self._known:
            row = self._snapshot.resource(id) if self._snapshot is not None else None
            emails: tuple[Any, ...] = getattr(row.resource.trait, "emails", ()) if row else ()
            primary = next((each.address for each in emails if each.primary), emails[0].address if emails else "")
            self._known[id] = (row.resource.display_name if row else str(id)), primary
        return self._known[id]

    def find(self, text: str) -> ResourceId:
        """Who is meant by *text*; raises NotFound."""
        if self._snapshot is not None:
            return self._snapshot.find(text, users=True)
        kind, _, id = text.partition(":")
        if not id:
            raise NotFound(
                f"{text!r} can't be looked up: there is no snapshot yet", hint="Write an id, such as user:7."
            )
        return ResourceId(type=kind, id=id)


def read_on(app: App, connection: str) -> None:
    """Read the feeds on once; raises Unsupported where the connection has none."""
    with app.state() as state, foreign_output():
        configured = _configured(app, connection, state)
        app.run(_once(configured))


def listed(app: App, connection: str, asked: Asked, output: str, view: View) -> None:
    """Print what is stored; raises NotFound where nothing was read yet."""
    app.settings.connection(connection)
    if not app.home.has_activity(connection):
        raise NotFound(
            f"the activity of {connection!r} has not been read yet",
            hint=f"Read it with `jackfield events {connection}`.",
        )
    with ExitStack() as stack:
        people = People(_latest(app, connection, stack))
        store = stack.enter_context(open_store(app.home.activity(connection)))
        who = [people.find(asked.principal)] if asked.principal is not None else None
        if output != "json":
            for name, state in store.feeds().items():
                note(window(name, state))
        kind = EventKind(asked.kind) if asked.kind else None
        print_listing(
            output,
            store.events(principals=who, kind=kind, since=asked.since),
            table=Columns(TABLE, lambda one: _cells(one, people)),
            csv=Columns(CSV, lambda one: _csv(one, people)),
            document=lambda one: document(one, people),
            head={"connection": connection, "feeds": _feeds(store)},
            key="events",
            limit=asked.limit,
            view=view,
        )


async def followed(app: App, connection: str, asked: Asked, *, every: float, output: str) -> None:
    """Read on and on, and print what is new of what is *asked* for, until it is cancelled.

    What passes, such as an application that is busy, does not end it. One request each time, where nothing is new.
    """
    with app.state() as state, ExitStack() as stack:
        configured = _configured(app, connection, state)
        people = People(_latest(app, connection, stack))
        who = people.find(asked.principal) if asked.principal is not None else None
        async with _opened(configured) as (opened, tenant):
            told = output != "table"
            while True:
                reads: tuple[Read, ...] = ()
                try:
                    with foreign_output():
                        reads = await update_activity(configured, opened, tenant)
                except (Transient, RateLimited) as error:
                    note(f"not read now, and tried again in {every:g} s: {error.summary}")
                if not told:
                    for read in reads:
                        note(window(read.feed, read.state))
                told = told or bool(reads)
                for each in _wanted(reads, asked, who):
                    _print(each, people, output)
                await asyncio.sleep(every)


def _print(each: Stored, people: People, output: str) -> None:
    if output == "json":
        say(msgspec.json.encode(document(each, people)).decode())
    else:
        say("  ".join(filter(None, map(str, _cells(each, people)))))


def _wanted(reads: Iterable[Read], asked: Asked, who: ResourceId | None) -> list[Stored]:
    found = [
        each
        for read in reads
        for each in read.events
        if (asked.kind is None or each.event.kind.value == asked.kind)
        and (who is None or each.principal == who)
        and (asked.since is None or moment_of(each.event.time) >= asked.since)
    ]
    found.sort(key=lambda each: each.event.time)
    return found[-asked.limit :] if asked.limit is not None else found


async def _once(configured: Configured) -> tuple[Read, ...]:
    async with _opened(configured) as (connection, tenant):
        return await update_activity(configured, connection, tenant)


@asynccontextmanager
async def _opened(configured: Configured) -> AsyncGenerator[tuple[Connection, str | None]]:
    """The connection and the account that it reaches; raises OtherTenant where that is not the one of its snapshots."""
    async with configured.open() as connection:
        _demand_feeds(configured.name, connection)
        known = known_tenant(configured.state, configured.name)
        tenant_match = await match_tenant(connection, known=known, accepted=None, planned=None)
        demand_tenant(tenant_match, configured.name, writes=False)
        yield connection, tenant_match.id


def _demand_feeds(name: str, connection: Connection) -> None:
    if not connection.feeds():
        raise Unsupported(
            "this connection reads no activity",
            connection=name,
            hint=f"`jackfield connectors show {connection.plugin.name}` says whether the connector can, and by which key.",
        )


def _configured(app: App, connection: str, state: State) -> Configured:
    settings = app.settings.connection(connection)
    return app.configured(settings, app.plugin(settings), state)


def _latest(app: App, connection: str, stack: ExitStack) -> Snapshot | None:
    file = latest_file(app, connection)
    if not isinstance(file, Path):
        return None
    try:
        return stack.enter_context(read_snapshot(file))
    except JackfieldError:
        return None  # then ids stand in the place of names


def windows(app: App, connection: str) -> list[str]:
    """Of each feed that was read, of which time all is known, in words."""
    if not app.home.has_activity(connection):
        return []
    with open_store(app.home.activity(connection)) as store:
        return [window(name, state) for name, state in store.feeds().items()]


def window(name: str, state: FeedState) -> str:
    """Of which time all is known, in words."""
    if state.known_until is None:
        return f"{name}: not read to its end yet"
    since = clear_from(state).isoformat()
    if since > state.known_until:
        told = f"{name}: of no time all is known yet; it was read until {moment(state.known_until)}"
    else:
        told = f"{name}: all is known from {moment(since)} to {moment(state.known_until)}"
    if state.unclear is not None and state.unclear > (state.known_from or ""):
        told += f"; before, at {moment(state.unclear)}, something could not be ascribed to anybody"
    if state.unread:
        told += f"; {count(state.unread, 'event')} could not be understood: {clean(state.reason)}"
    return told


def _feeds(store: ActivityStore) -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "known_from": clear_from(state).isoformat() if state.known_until else None,
            "known_until": state.known_until,
            "unread": state.unread,
        }
        for name, state in store.feeds().items()
    ]


def document(one: Stored, people: People) -> Mapping[str, object]:
    """An event for programs."""
    name, email = people.of(one.principal)
    return {
        "id": one.event.id,
        "time": one.event.time,
        "kind": one.event.kind.value,
        "type": one.event.type,
        "principal": one.principal,
        "name": name or None,
        "email": email or None,
        "names": one.event.names,
        "actor": one.event.actor_name or None,
        "summary": one.event.summary,
        "details": one.event.details,
    }


def _cells(one: Stored, people: People) -> tuple[Any, ...]:
    name, email = people.of(one.principal)
    shown = name or (", ".join(one.event.names) if one.event.names else "unknown")
    details = "; ".join(f"{key}: {value}" for key, value in one.event.details.items())
    by = f"by {one.event.actor_name}" if one.event.actor_name else ""
    what = one.event.kind.value.replace("_", " ")
    return moment(one.event.time), shown, email, what, one.event.type, "; ".join(filter(None, (by, details)))


def _csv(one: Stored, people: People) -> tuple[Any, ...]:
    name, email = people.of(one.principal)
    event = one.event
    details = "; ".join(f"{key}={value}" for key, value in event.details.items())
    who = str(one.principal) if one.principal else ""
    return (
        event.time,
        event.kind.value,
        event.type,
        who,
        name,
        email,
        event.actor_name,
        event.summary,
        details,
        event.id,
    )
