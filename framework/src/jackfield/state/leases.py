"""Locks of hosts that share a database, as leases: renewed by a thread, taken over when they end, told apart by a token.

Promises that a token only grows, that times are those of the database's own clock, and that what is written under a
lease is written only while its token is the newest.
"""

import socket
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, LiteralString, TypeVar

import msgspec
import psycopg

from jackfield.errors import Busy, JackfieldError, LeaseLost
from jackfield.state.address import DatabaseAddress
from jackfield.state.lock import Holder, Lock, named
from jackfield.state.sql import Guard, Row

T = TypeVar("T")
Db = psycopg.Connection[Row]

_NOW = "extract(epoch FROM clock_timestamp())::float"
_LOOK = f"SELECT token, expires > {_NOW}, holder FROM leases WHERE connection = %s AND purpose = %s"
_MAKE = (
    "INSERT INTO leases (connection, purpose, holder, since, expires, token) VALUES (%s, %s, '', '', 0, 0)"
    " ON CONFLICT DO NOTHING"
)
_TAKE = (
    f"UPDATE leases SET token = token + 1, expires = {_NOW} + %s, holder = %s, since = %s"
    " WHERE connection = %s AND purpose = %s RETURNING token"
)
_MINE = " WHERE connection = %s AND purpose = %s AND token = %s"
_RENEW = f"UPDATE leases SET expires = {_NOW} + %s{_MINE}"
_NAME = f"UPDATE leases SET holder = %s, since = %s{_MINE}"
_RELEASE = f"UPDATE leases SET expires = 0, holder = ''{_MINE}"
# Nobody takes it over before the transaction ends: that asks FOR UPDATE. A renewal, which changes no key, need not wait.
_CHECK = f"SELECT 1 FROM leases{_MINE} FOR KEY SHARE"


class _Lease:
    """A lease that is held."""

    def __init__(self, leases: "PostgresLeases", guard: Guard, token: int) -> None:
        self._leases = leases
        self.guard = guard
        self.token: int | None = token
        self.lost = False

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from all others."""
        return (*self.guard, self.token or 0)

    def name(self, holder: Holder) -> None:
        self._leases.name(self, holder)

    def demand(self) -> None:
        self._leases.renew(self)

    def demand_unless_told(self) -> None:
        if self.lost:
            raise lost(self.guard)


class PostgresLeases:
    """The leases that are held here, and those of others as the database has them."""

    def __init__(
        self, address: DatabaseAddress, tried: Callable[[Callable[[Db], Any]], Any], connect: Callable[[], Db]
    ) -> None:
        self._term = address.term
        self._tried = tried
        self._held: dict[Guard, _Lease] = {}
        self._keeper = _Keeper(address.term, connect)

    @contextmanager
    def hold(self, connection: str, what: str, *, purpose: str, holder: Holder) -> Generator[Lock]:
        """Hold *what* of a connection for as long as the block lasts; raises Busy where somebody else does."""
        guard = (connection, what)
        lease = _Lease(self, guard, self._take(guard, purpose, _here(holder)))
        self._held[guard] = lease
        self._keeper.add(lease)
        try:
            yield lease
        finally:
            self._keeper.remove(lease)
            del self._held[guard]
            # It ends by itself where the database can't be asked.
            with suppress(JackfieldError):
                self._tried(lambda db: db.execute(_RELEASE, lease.key))

    def is_held(self, connection: str, what: str) -> bool:
        """Whether somebody holds *what* of a connection."""
        row = self._tried(lambda db: db.execute(_LOOK, (connection, what)).fetchone())
        return bool(row and row[1])

    def demand_all(self, db: Db, guards: Sequence[Guard]) -> None:
        """Raise LeaseLost where one of *guards* that is held here was taken over; none is until *db* has committed."""
        for guard in guards:
            lease = self._held.get(guard)
            if lease is not None and db.execute(_CHECK, lease.key).fetchone() is None:
                lease.lost = True
                raise lost(guard)

    def name(self, lease: _Lease, holder: Holder) -> None:
        """Tell others who holds it."""
        self._demand(lease, _NAME, _encoded(_here(holder)), holder.since)

    def renew(self, lease: _Lease) -> None:
        """Hold *lease* for a whole term from now; raises LeaseLost where somebody else has taken it."""
        self._demand(lease, _RENEW, self._term)

    def close(self) -> None:
        """End the thread."""
        self._keeper.close()

    def _demand(self, lease: _Lease, statement: LiteralString, *values: object) -> None:
        if self._tried(lambda db: db.execute(statement, (*values, *lease.key)).rowcount) == 0:
            lease.lost = True
            raise lost(lease.guard)

    def _take(self, guard: Guard, purpose: str, holder: Holder) -> int:
        def take(db: Db) -> int | Row:
            row = db.execute(_LOOK, guard).fetchone()
            if row is not None and row[1]:
                return row
            with db.transaction():
                db.execute(_MAKE, guard)
                row = db.execute(f"{_LOOK} FOR UPDATE", guard).fetchone()
                if row is not None and row[1]:
                    return row
                taken = db.execute(_TAKE, (self._term, _encoded(holder), holder.since, *guard)).fetchone()
                return int(taken[0]) if taken else 0

        found = self._tried(take)
        if isinstance(found, int):
            return found
        raise Busy(
            f"another {purpose} of {guard[0]!r} is running{named(str(found[2]).encode())}",
            connection=guard[0],
            hint=f"Wait for it to end, or stop that process. What a host that died has locked is free {self._term:.0f} s later.",
        )


def lost(guard: Guard) -> LeaseLost:
    """The error of a host whose lock another host has taken over."""
    connection, what = guard
    return LeaseLost(
        f"another host has taken over the lock ({what}), which this process did not renew in time",
        connection=connection,
        hint="Nothing more was written here. `jackfield syncs` and `jackfield changes` show what the other host made of it.",
    )


class _Keeper:
    """The thread that renews what is held, on a connection of its own; it is there only while something is."""

    def __init__(self, term: float, connect: Callable[[], Db]) -> None:
        self._term = term
        self._connect = connect
        self._leases: set[_Lease] = set()
        self._changed = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, lease: _Lease) -> None:
        with self._changed:
            self._leases.add(lease)
            if self._thread is None:
                self._stop = threading.Event()
                self._thread = threading.Thread(target=self._run, args=(self._stop,), daemon=True, name="leases")
                self._thread.start()

    def remove(self, lease: _Lease) -> None:
        with self._changed:
            self._leases.discard(lease)
            if not self._leases:
                self._end()

    def close(self) -> None:
        with self._changed:
            self._end()

    def _end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(1.0)  # it may be waiting for a server that is not there
            self._thread = None

    def _run(self, stop: threading.Event) -> None:
        db: Db | None = None
        pause = self._term / 3
        while not stop.wait(pause):
            try:
                db = db or self._connect()
                self._renew(db)
                pause = self._term / 3
            except (psycopg.Error, JackfieldError):
                # Until the server answers again: whoever writes meanwhile finds out by itself.
                db = _closed(db)
                pause = min(1.0, self._term / 6)
        _closed(db)

    def _renew(self, db: Db) -> None:
        for lease in tuple(self._leases):
            if db.execute(_RENEW, (self._term, *lease.key)).rowcount == 0:
                lease.lost = True


def _closed(db: Db | None) -> None:
    if db is not None:
        with suppress(psycopg.Error):  # a connection that is broken is as good as closed
            db.close()


def _here(holder: Holder) -> Holder:
    return msgspec.structs.replace(holder, host=socket.gethostname())


def _encoded(holder: Holder) -> str:
    return msgspec.json.encode(holder).decode()
