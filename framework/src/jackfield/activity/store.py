"""What was read of a connection's feeds: events, the last sign-in of each person, and how far each feed was read.

Promises that the events of a page and the cursor behind it are stored together or not at all, and that an event which comes
again counts once. Hides the tables.
"""

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from jackfield.errors import BadConfig, BadStorage, storing
from jackfield.files import demand_trusted, make_plain
from jackfield.files.shape import strange
from jackfield_contracts import Event, EventKind, ResourceId

VERSION = 1
_HINT = "Move the file away: what its feeds still have is then read anew."

_TABLES = f"""
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE feed (name TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (
    id TEXT PRIMARY KEY, feed TEXT NOT NULL, time TEXT NOT NULL, kind TEXT NOT NULL,
    type TEXT, principal TEXT, data TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX event_by_time ON event (time);
CREATE TABLE sign_in (type TEXT NOT NULL, id TEXT NOT NULL, last TEXT NOT NULL, PRIMARY KEY (type, id)) WITHOUT ROWID;
PRAGMA user_version = {VERSION}
"""


class FeedState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a feed was read. Times are UTC, ISO 8601.

    ``known_from`` to ``known_until`` is the time of which all is known, None before the feed was read to its end once.
    ``cursor`` is where to go on. While a pass from a time (``since``) goes on, ``oldest`` is the oldest event that it gave,
    ``met`` whether it gave one that was there already. ``unclear`` is the newest time at which somebody's activity could not be
    understood or ascribed. ``sign_ins``: it tells of sign-ins.
    """

    cursor: str | None = None
    since: str | None = None
    oldest: str | None = None
    met: bool = False
    known_from: str | None = None
    known_until: str | None = None
    unclear: str | None = None
    unread: int = 0
    reason: str = ""
    sign_ins: bool = False


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it is kept, with the account that it was ascribed to."""

    event: Event
    principal: ResourceId | None = None


class ActivityStore:
    """One open database. Each method that writes is one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @property
    def tenant(self) -> str | None:
        """The account of the application whose activity it is."""
        row = self._db.execute("SELECT value FROM about WHERE key = 'tenant'").fetchone()
        return row[0] if row else None

    def begin(self, tenant: str | None) -> None:
        """Take what comes for that of *tenant*; what was known of another account is forgotten."""
        if tenant is None or tenant == self.tenant:
            return
        with self._transaction():
            if self.tenant is not None:
                for table in ("feed", "event", "sign_in"):
                    self._db.execute(f"DELETE FROM {table}")
            self._db.execute("INSERT OR REPLACE INTO about VALUES ('tenant', ?)", (tenant,))

    def feed(self, name: str) -> FeedState:
        """How far the feed *name* was read."""
        row = self._db.execute("SELECT state FROM feed WHERE name = ?", (name,)).fetchone()
        return _state(row[0]) if row else FeedState()

    def feeds(self) -> dict[str, FeedState]:
        """How far each feed was read."""
        rows = self._db.execute("SELECT name, state FROM feed ORDER BY name")
        return {name: _state(state) for name, state in rows}

    def save(
        self, feed: str, state: FeedState, events: Iterable[Stored] = (), *, oldest: datetime | None = None
    ) -> None:
        """Store *events* and with them how far *feed* was read. Of what is older than *oldest* only sign-ins are kept."""
        with self._transaction():
            for each in events:
                self._add(feed, each, oldest)
            if oldest is not None:
                self._db.execute("DELETE FROM event WHERE time < ?", (text_of(oldest),))
            self._db.execute("INSERT OR REPLACE INTO feed VALUES (?, ?)", (feed, msgspec.json.encode(state).decode()))

    def _add(self, feed: str, each: Stored, oldest: datetime | None) -> None:
        event, who = each.event, each.principal
        at = text_of(moment_of(event.time))
        if oldest is None or at >= text_of(oldest):
            self._db.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " type = coalesce(type, excluded.type), principal = coalesce(principal, excluded.principal)",
                (
                    event.id,
                    feed,
                    at,
                    event.kind.value,
                    who.type if who else None,
                    who.id if who else None,
                    msgspec.json.encode(event).decode(),
                ),
            )
        if event.kind is EventKind.SIGN_IN and who is not None:
            self._db.execute(
                "INSERT INTO sign_in VALUES (?, ?, ?) ON CONFLICT (type, id) DO UPDATE SET last = max(last, excluded.last)",
                (who.type, who.id, at),
            )

    def has(self, ids: Iterable[str]) -> set[str]:
        """Those of *ids* that are stored."""
        known = (self._db.execute("SELECT id FROM event WHERE id = ?", (id,)).fetchone() for id in ids)
        return {row[0] for row in known if row}

    def unascribed(self) -> list[Event]:
        """Sign-ins of somebody who was not found yet, the oldest first."""
        rows = self._db.execute(
            "SELECT data FROM event WHERE principal IS NULL AND kind = ? ORDER BY time", (EventKind.SIGN_IN.value,)
        )
        return [_event(row[0]) for row in rows]

    def last_sign_ins(self) -> dict[ResourceId, datetime]:
        """The newest sign-in of each account."""
        rows = self._db.execute("SELECT type, id, last FROM sign_in")
        with _understood():
            return {ResourceId(type=type, id=id): moment_of(last) for type, id, last in rows}

    def events(
        self,
        *,
        principals: Iterable[ResourceId] | None = None,
        kind: EventKind | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Stored]:
        """The stored events that fit, the newest first."""
        where, values = ["1 = 1"], list[str]()
        if principals is not None:
            wanted = list(principals)
            where.append(" OR ".join(["type = ? AND principal = ?"] * len(wanted)) or "0 = 1")
            values += [text for each in wanted for text in (each.type, each.id)]
        if kind is not None:
            where.append("kind = ?")
            values.append(kind.value)
        if since is not None:
            where.append("time >= ?")
            values.append(text_of(since))
        query = f"SELECT data, type, principal FROM event WHERE {' AND '.join(f'({each})' for each in where)}"
        rows = self._db.execute(f"{query} ORDER BY time DESC, id LIMIT ?", (*values, -1 if limit is None else limit))
        for data, type, id in rows:
            who = ResourceId(type=type, id=id) if id is not None else None
            yield Stored(event=_event(data), principal=who)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


@contextmanager
def open_store(file: Path) -> Generator[ActivityStore]:
    """The database at *file*, made (mode 0600) if need be.

    Raises BadStorage if it is damaged, BadConfig if another user may write it or a newer Jackfield wrote it.
    """
    with storing(file):
        demand_trusted(file, what="the activity", hint=_HINT)
        make_plain(file)
        db = sqlite3.connect(file, isolation_level=None, timeout=10)
    try:
        with storing(file):
            _prepare(db, file)
            yield ActivityStore(db)
    finally:
        db.close()


def _prepare(db: sqlite3.Connection, file: Path) -> None:
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        foreign = strange(db)
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.DatabaseError:
        raise BadStorage(f"the activity {file} is damaged or no database", hint=_HINT, damaged=True) from None
    if foreign is not None:
        raise BadStorage(f"the activity {file} holds {foreign}, as no file of ours does", hint=_HINT, damaged=True)
    if version == VERSION and not {"about", "feed", "event", "sign_in"} <= tables:
        raise BadStorage(f"the activity {file} lacks tables of ours", hint=_HINT, damaged=True)
    if version > VERSION:
        raise BadConfig(f"{file} was written by a newer jackfield (version {version})", hint="Upgrade jackfield.")
    if version == 0:
        db.execute("PRAGMA journal_mode = WAL")
        for statement in ("BEGIN IMMEDIATE", *_TABLES.split(";"), "COMMIT"):
            db.execute(statement)
    db.execute("PRAGMA synchronous = FULL")


@contextmanager
def _understood() -> Generator[None]:
    """Raise BadStorage for what is stored and is not of the form in which it was."""
    try:
        yield
    except (msgspec.MsgspecError, ValueError, TypeError, AttributeError):
        raise BadStorage("the stored activity is damaged", hint=_HINT, damaged=True) from None


def _state(text: str) -> FeedState:
    with _understood():
        state = msgspec.json.decode(text, type=FeedState)
        for time in (state.since, state.oldest, state.known_from, state.known_until, state.unclear):
            if time is not None:
                moment_of(time)
        return state


def _event(text: str) -> Event:
    with _understood():
        event = msgspec.json.decode(text, type=Event)
        moment_of(event.time)
        return event


def text_of(time: datetime) -> str:
    """A time as it is stored, so that texts are in the order of time."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def moment_of(text: str) -> datetime:
    """The time that a text says; one that names no zone is UTC. Raises ValueError where it is none."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
