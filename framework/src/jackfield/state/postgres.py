"""The state in a PostgreSQL database that several hosts share. Imported only where the address of one is given.

Promises that each write is one transaction, which checks first that what is locked here was not taken over; and that a
connection that broke, such as by a restart of the server, is made anew once. No message shows the password.
"""

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from jackfield.errors import BadConfig, BadStorage, JackfieldError, StateUnavailable
from jackfield.state.address import DatabaseAddress
from jackfield.state.leases import PostgresLeases
from jackfield.state.schema import HEAD, new_in_postgres
from jackfield.state.sql import Guard, Row, Statements

try:
    import psycopg
    from psycopg import errors as raised
    from psycopg.conninfo import conninfo_to_dict
except ImportError as error:
    raise BadConfig(
        "the driver of PostgreSQL is not installed", hint="Run `pip install 'jackfield[postgres]'`."
    ) from error

T = TypeVar("T")
Db = psycopg.Connection[Row]

_OPTIONS = {
    "application_name": "jackfield",
    "client_encoding": "utf8",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
"""Unless the address says otherwise: a server that went away without a word is noticed before the locks end."""
# A host that was stopped in the middle of a transaction keeps nobody waiting longer than this.
_SETTINGS = (
    "SET idle_in_transaction_session_timeout = '10s'",
    "SET lock_timeout = '15s'",
    "SET statement_timeout = '60s'",
    "SET default_transaction_isolation = 'read committed'",
)
_LOCK_OF_SCHEMA = 7_305_821_904_112
"""The number under which hosts that start at once wait for each other."""
_OURS = re.compile(r"\d{4}")
_LATER = (
    "Nothing that was recorded is lost. Run it again when the server answers; `jackfield changes recover` settles what is"
    " undecided."
)
_REFUSED = re.compile(
    r"password authentication failed|no password supplied|no pg_hba\.conf entry|authentication failed for user"
    r"|role \"[^\"]*\" does not exist|is not permitted to log in|permission denied for database"
)
_MISSING = re.compile(r"database \"([^\"]*)\" does not exist")
_NOT_NOW = ("08", "40", "53", "55", "57", "58", "25P03")
"""Classes of SQLSTATE that pass: the connection, conflicts, resources, locks, the operator, the system."""


class _Statements:
    """Statements on one connection, whose placeholders and texts are other ones than SQLite's."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def one(self, query: str, values: Sequence[object] = ()) -> Row | None:
        return self._db.execute(_ours(query), _texts(values)).fetchone()

    def do(self, statement: str, values: Sequence[object] = ()) -> None:
        self._db.execute(_ours(statement), _texts(values))

    def do_each(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with self._db.cursor() as cursor:
            cursor.executemany(_ours(statement), [_texts(row) for row in rows])


class Postgres:
    """A database of a server."""

    every = None
    page = 500

    def __init__(self, address: DatabaseAddress) -> None:
        self.address = address
        self._db = connect(address)
        self.leases = PostgresLeases(address, self.tried, partial(connect, address))

    def close(self) -> None:
        """Close the connection; what is locked must have been let go."""
        self._db.close()

    def one(self, query: str, values: Sequence[object] = ()) -> Row | None:
        """The first row of what is read, None if there is none."""
        return self.tried(lambda db: _Statements(db).one(query, values))

    def each(self, query: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """The rows of what is read, all at once."""
        return iter(self.tried(lambda db: db.execute(_ours(query), _texts(values)).fetchall()))

    def write(self, work: Callable[[Statements], T], guards: Sequence[Guard] = ()) -> T:
        """Let *work* write in one transaction, in which what is locked here can't be taken over."""

        def once(db: Db) -> T:
            with db.transaction():
                self.leases.demand_all(db, guards)
                return work(_Statements(db))

        return self.tried(once)

    def tried(self, work: Callable[[Db], T]) -> T:
        """What *work* gives on the connection; once more on a new one where it broke.

        What is written is the same the second time, so that it does no harm if the first was taken to the end.
        """
        try:
            try:
                return work(self._db)
            except psycopg.Error:
                if not (self._db.closed or self._db.broken):
                    raise
            with suppress(psycopg.Error):  # a connection that is broken is as good as closed
                self._db.close()
            self._db = connect(self.address)
            return work(self._db)
        except psycopg.Error as error:
            raise failure(error, self.address) from None

    def text_at(self, column: str, *path: str) -> str:
        """The expression of the text at a place of a JSON column."""
        return f"({_json(column)} #>> '{{{','.join(path)}}}')"

    def texts_at(self, column: str, *path: str) -> str:
        """A table of the texts of a JSON array."""
        return f"json_array_elements_text({_json(column)} #> '{{{','.join(path)}}}') AS each(value)"


@contextmanager
def open_postgres(address: DatabaseAddress) -> Generator[Postgres]:
    """The database at *address*, brought to its newest form.

    Raises StateUnavailable where it can't be asked now, BadConfig where it is not there, refuses the sign-in or is of a
    newer Jackfield, BadStorage where the role may not make what is missing.
    """
    shared = Postgres(address)
    try:
        shared.tried(lambda db: _prepare(db, address))
        yield shared
    finally:
        shared.leases.close()
        shared.close()


def connect(address: DatabaseAddress) -> Db:
    """A new connection, in which each statement is a transaction unless several are put into one."""
    try:
        given = conninfo_to_dict(address.url.reveal())
    except psycopg.Error:
        # Its message may show a part of the address.
        raise BadConfig(
            f"the address of the database {address.shown} can't be read",
            hint="Write special characters of the password as %40 and the like.",
        ) from None
    options: dict[str, Any] = {**_OPTIONS, **given}
    try:
        db = psycopg.connect(autocommit=True, prepare_threshold=None, **options)
    except psycopg.Error as error:
        raise _no_connection(error, address) from None
    try:
        for setting in _SETTINGS:
            db.execute(setting)
    except psycopg.Error as error:
        db.close()
        raise failure(error, address) from None
    return db


def failure(error: psycopg.Error, address: DatabaseAddress) -> JackfieldError:
    """What an error of the database means, and what to do about it."""
    state, said = error.sqlstate or "", _said(error, address)
    if isinstance(error, raised.InsufficientPrivilege | raised.ReadOnlySqlTransaction):
        return BadStorage(
            f"the database {address.shown} may not be written: {said}",
            hint="Use a role that may make and write its tables, and a server that is no read-only copy.",
        )
    if state.startswith(_NOT_NOW) or (
        not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    ):
        return StateUnavailable(f"the database {address.shown} can't be asked now: {said}", hint=_LATER)
    return BadStorage(f"the database {address.shown} refused a statement ({state or type(error).__name__}): {said}")


def _no_connection(error: psycopg.Error, address: DatabaseAddress) -> JackfieldError:
    said = _said(error, address)
    if (missing := _MISSING.search(said)) is not None:
        return BadConfig(
            f"the server of {address.shown} has no database {missing[1]!r}",
            hint="Make it (`createdb`), or name another in --database.",
        )
    if (refused := _REFUSED.search(said)) is not None:
        return BadConfig(
            f"the server of {address.shown} refuses the sign-in: {said[refused.start() :]}",
            hint="Look at user and password in --database or $JACKFIELD_DATABASE, and at the server's pg_hba.conf.",
        )
    return StateUnavailable(f"the database {address.shown} can't be reached: {said}", hint=_LATER)


def _said(error: psycopg.Error, address: DatabaseAddress) -> str:
    text = (error.diag.message_primary or str(error) or type(error).__name__).strip().splitlines()[0]
    password = address.password
    return text.replace(password.reveal(), "***") if password else text


def _prepare(db: Db, address: DatabaseAddress) -> None:
    version = _version(db, address)
    if version is None:
        with db.transaction():
            # Another host may have been first.
            db.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK_OF_SCHEMA,))
            version = _version(db, address)
            if version is None:
                for statement in new_in_postgres():
                    db.execute(_ours(statement))
                version = HEAD
    if version > HEAD:
        raise BadConfig(
            f"the database {address.shown} was written by a newer jackfield (schema {version})",
            hint="Upgrade jackfield.",
        )
    if version != HEAD:
        from jackfield.state.migrate import migrate_postgres

        migrate_postgres(db, _LOCK_OF_SCHEMA)


def _version(db: Db, address: DatabaseAddress) -> str | None:
    encoding = db.execute("SHOW server_encoding").fetchone()
    if encoding is None or encoding[0] != "UTF8":
        raise BadConfig(
            f"the database {address.shown} is not in UTF-8",
            hint="Make one by `createdb --encoding=UTF8 --template=template0`.",
        )
    # By the rows of the catalogue: to_regclass may still answer by what was known before another host made the table.
    there = "SELECT 1 FROM pg_class WHERE relname = 'alembic_version' AND relkind = 'r' AND pg_table_is_visible(oid)"
    if db.execute(there).fetchone() is None:
        return None
    row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None or not _OURS.fullmatch(str(row[0])):
        raise BadConfig(
            f"the database {address.shown} has tables of another program",
            hint="Give Jackfield a database of its own, or a schema: `?options=-csearch_path%3Djackfield`.",
        )
    return str(row[0])


def _ours(statement: str) -> Any:
    return statement.replace("?", "%s")


def _texts(values: Sequence[object]) -> list[object]:
    # No text of PostgreSQL holds the character NUL.
    return [value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in values]


def _json(column: str) -> str:
    # JSON may name that character all the same, and then nothing of it could be read here.
    return rf"replace({column}, '\u0000', '\ufffd')::json"
