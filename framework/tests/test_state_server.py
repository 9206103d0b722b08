"""The state in PostgreSQL: its schema is SQLite's, what is asked of it has the same answers, and what is wrong is said."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from harness.postgres import PASSWORD, READER, ROLE, Server
from sqlalchemy import StaticPool, create_engine

from jackfield.cli.app import App
from jackfield.errors import BadConfig, BadStorage, JackfieldError, StateUnavailable
from jackfield.state import DatabaseAddress, open_state, parse_address
from jackfield.state.journal_filter import JournalFilter
from jackfield.state.migrate import migrate_postgres
from jackfield.state.postgres import connect
from jackfield.state.schema import HEAD
from jackfield.state.tables import metadata
from jackfield_contracts import JournalEntry, JournalStatus, Outcome, OutcomeKind, ResourceId, TargetState

from .making import ENTRY
from .test_state import RUN

REFUSED = Outcome(outcome=OutcomeKind.REFUSED, tag="no")
START = datetime(2030, 1, 1, tzinfo=UTC)


def form(db: psycopg.Connection[Any]) -> set[tuple[Any, ...]]:
    """Tables, columns, keys and indexes as the server has them."""
    columns = db.execute(
        "SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default, character_maximum_length"
        " FROM information_schema.columns WHERE table_schema = 'public'"
    ).fetchall()
    return {*columns, *db.execute("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'").fetchall()}


def empty(address: DatabaseAddress) -> None:
    with connect(address) as db:
        db.execute("DROP SCHEMA public CASCADE")
        db.execute("CREATE SCHEMA public")


class TestSchema:
    def test_a_new_database_is_what_the_migrations_lead_to(self, database: DatabaseAddress) -> None:
        with open_state(database), connect(database) as db:
            made = form(db)
        empty(database)
        with connect(database) as db:
            migrate_postgres(db, 1)
            assert form(db) == made

    def test_it_has_the_columns_and_keys_that_a_file_has(self, database: DatabaseAddress, tmp_path: Path) -> None:
        kinds = {
            "TEXT": "text",
            "FLOAT": "double precision",
            "BIGINT": "bigint",
            "INTEGER": "integer",
            "BOOLEAN": "boolean",
        }
        with open_state(tmp_path / "state.db"), closing(sqlite3.connect(tmp_path / "state.db")) as file:
            tables = [row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            of_file = {
                (table, name, kinds.get(kind, "text"), needed)
                for table in tables
                for _, name, kind, needed, _, _ in file.execute(f"PRAGMA table_info({table})")
                if table != "alembic_version"
            }
        with open_state(database), connect(database) as db:
            of_server = {
                (table, name, kind, int(nullable == "NO"))
                for table, name, kind, nullable, *_ in (row for row in form(db) if len(row) > 2)
                if table != "alembic_version"
            }
        assert of_server == of_file

    def test_the_tables_of_the_code_are_those_of_the_database(self, database: DatabaseAddress) -> None:
        with open_state(database), connect(database) as raw:
            raw.autocommit = False
            engine = create_engine("postgresql+psycopg://", creator=lambda: raw, poolclass=StaticPool)
            with engine.connect() as db:
                context = MigrationContext.configure(db, opts={"compare_type": True})
                assert compare_metadata(context, metadata) == []

    def test_an_older_one_is_brought_to_the_newest_form_with_what_is_in_it(self, database: DatabaseAddress) -> None:
        with connect(database) as db:
            migrate_postgres(db, 1, "0003")
            db.execute("INSERT INTO plans VALUES ('p', 'acme', 'digest', '2030')")
        with open_state(database) as state:
            assert state.plan_digest("p") == "digest"
            assert state.history("acme") == []
        with connect(database) as db:
            assert db.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)

    def test_one_of_a_newer_jackfield_is_refused_and_left_as_it_is(self, database: DatabaseAddress) -> None:
        with open_state(database), connect(database) as db:
            db.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(BadConfig, match=r"newer jackfield \(schema 9999\)"), open_state(database):
            raise AssertionError

    def test_tables_of_another_program_are_left_alone(self, database: DatabaseAddress) -> None:
        with connect(database) as db:
            db.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
            db.execute("INSERT INTO alembic_version VALUES ('ab12cd34')")
        with pytest.raises(BadConfig, match="another program") as refused, open_state(database):
            raise AssertionError
        assert "search_path" in str(refused.value)
        with_schema = msgspec.structs.replace(
            database, url=parse_address(f"{database.url.reveal()}&options=-csearch_path%3Dours", path="x").url
        )
        with connect(database) as db:
            db.execute("CREATE SCHEMA ours")
        with open_state(with_schema) as state:
            assert state.connections() == []


WRITE = """
import os, sys
from jackfield.state import Run, RunStatus, open_state, parse_address
print("ready", flush=True)
sys.stdin.read()
address = parse_address(os.environ["ADDRESS"], path="x")
for number in range(3):
    with open_state(address) as state:
        state.save(Run(run=f"{sys.argv[1]}-{number}", connection="acme", connector="x", connector_version="1",
                       status=RunStatus.RUNNING, started="2030"))
"""


@pytest.mark.parametrize("older", [False, True], ids=["new", "older"])
def test_hosts_that_start_at_once_share_the_database(database: DatabaseAddress, older: bool) -> None:
    if older:
        with connect(database) as db:
            migrate_postgres(db, 1, "0002")
    command = [sys.executable, "-W", "error", "-c", WRITE]
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    environment = {"ADDRESS": database.url.reveal()}
    writers = [subprocess.Popen([*command, name], env=environment, **pipes) for name in "abc"]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin
        writer.stdin.close()
    for writer in writers:
        assert writer.stdout
        assert writer.stderr
        said = writer.stderr.read()
        assert writer.wait(60) == 0, said
        writer.stdout.close()
        writer.stderr.close()
    with open_state(database) as state:
        assert len(state.history("acme")) == 9


def entry(number: int, **fields: Any) -> JournalEntry:
    """An entry of the journal; the higher the number, the later."""
    at = (START + timedelta(minutes=number // 2)).isoformat(timespec="microseconds")  # two at a time
    return msgspec.structs.replace(ENTRY, id=f"c{number:04}", intended=at, **fields)


MIXED = (
    *(entry(number) for number in range(6)),
    entry(6, connection="other", actor=None),
    entry(7, status=JournalStatus.INTENT, outcome=None, plan="p1"),
    entry(8, status=JournalStatus.INTENT, plan="p1"),
    entry(9, status=JournalStatus.PENDING, outcome=Outcome(outcome=OutcomeKind.PENDING)),
    entry(10, actor="Zoë", reason="NUL \0 and \\\\u0000", kinds=("revoke", "privileged")),
    entry(11, actor="ann", kinds=("revoke",), before=TargetState(exists=True, login="ANN@x"), outcome=REFUSED),
    entry(
        12, before=TargetState(exists=False), after=TargetState(exists=True, account=ResourceId(type="user", id="u7"))
    ),
)
FILTERS = {
    "all": JournalFilter(),
    "a connection": JournalFilter(connection="other"),
    "undecided": JournalFilter(undecided=True),
    "since": JournalFilter(since=START + timedelta(minutes=2)),
    "until": JournalFilter(until=START + timedelta(minutes=2)),
    "a plan": JournalFilter(plan="p1"),
    "an actor": JournalFilter(actor="ann"),
    "an outcome": JournalFilter(outcome=OutcomeKind.CHANGED),
    "another outcome": JournalFilter(outcome=OutcomeKind.REFUSED),
    "a kind": JournalFilter(kind="revoke"),
    "people": JournalFilter(people=(ResourceId(type="user", id="u7"), ResourceId(type="user", id="u9"))),
    "logins": JournalFilter(people=(), logins=("ann@x",)),
    "nobody": JournalFilter(people=()),
    "several": JournalFilter(connection="acme", undecided=True, kind="revoke"),
}


class TestJournal:
    def test_every_filter_finds_the_same_as_in_a_file(self, database: DatabaseAddress, tmp_path: Path) -> None:
        with open_state(database) as server, open_state(tmp_path / "state.db") as file:
            for state in (server, file):
                state.save_changes(MIXED)
            for name, wanted in FILTERS.items():
                expected = list(file.each_change(wanted))
                assert list(server.each_change(wanted)) == expected, name
                assert server.count_changes(wanted) == file.count_changes(wanted) == len(expected), name
                assert bool(expected) == (name not in ("nobody", "several")), name
            assert server.change("c0010") == MIXED[10]
            assert server.actors() == file.actors() == ["Zoë", "ann", "tester"]

    def test_a_long_journal_comes_in_parts_and_nothing_is_left_out(self, database: DatabaseAddress) -> None:
        with open_state(database) as state:
            state.save_changes(entry(number) for number in range(1203))
            ids = [each.id for each in state.each_change()]
            assert ids == [f"c{number:04}" for number in reversed(range(1203))]
            for limit in (1, 499, 500, 501, 1000, 5000):
                assert [each.id for each in state.each_change(limit=limit)] == ids[:limit]

    def test_an_entry_is_written_over_and_all_or_none_are(self, database: DatabaseAddress) -> None:
        with open_state(database) as state:
            state.save_changes([entry(1, status=JournalStatus.INTENT, outcome=None)])
            state.save_changes([entry(1)])
            assert [each.status for each in state.changes()] == [JournalStatus.SETTLED]

            def broken() -> Iterator[JournalEntry]:
                yield entry(2)
                raise LookupError

            with pytest.raises(LookupError):
                state.save_changes(broken())
            assert state.change("c0002") is None

    def test_texts_may_be_longer_than_anybody_expected(self, database: DatabaseAddress) -> None:
        with open_state(database) as state:
            state.save(msgspec.structs.replace(RUN, tenant="t" * 5000, connector_version="1" * 500, reason="NUL \0"))
            run = state.get("acme", "r1")
        assert run is not None
        assert (run.tenant, run.reason) == ("t" * 5000, "NUL \ufffd")


def refused(address: DatabaseAddress, kind: type[JackfieldError]) -> JackfieldError:
    """The error with which the state can't be opened; it does not show the password."""
    with pytest.raises(kind) as failed, open_state(address) as state:
        state.save(RUN)
    told = f"{failed.value!r} {failed.value} {failed.value.__cause__!r} {address!r}"
    assert PASSWORD not in told
    assert address.password is None or address.password.reveal() not in told
    return failed.value


class TestWhatIsWrong:
    def test_a_wrong_password(self, postgres: Server) -> None:
        error = refused(parse_address(postgres.url("postgres", password="no@such/pw"), path="x"), BadConfig)
        assert f'password authentication failed for user "{ROLE}"' in str(error)
        assert error.exit_code == 2

    def test_no_password_and_an_unknown_role(self, postgres: Server) -> None:
        assert "refuses the sign-in" in str(
            refused(parse_address(postgres.url("postgres", password=None), path="x"), BadConfig)
        )
        assert "refuses the sign-in" in str(
            refused(parse_address(postgres.url("postgres", role="nobody"), path="x"), BadConfig)
        )

    def test_a_database_that_is_not_there(self, postgres: Server) -> None:
        error = refused(parse_address(postgres.url("nowhere"), path="x"), BadConfig)
        assert "has no database 'nowhere'" in str(error)
        assert "createdb" in str(error)

    def test_a_server_that_is_not_there(self) -> None:
        error = refused(
            parse_address(f"postgresql://u:{quote(PASSWORD, safe='')}@127.0.0.1:1/db", path="x"), StateUnavailable
        )
        assert "postgresql://127.0.0.1:1/db can't be reached" in str(error)
        assert error.exit_code == 75

    def test_a_role_that_may_only_read_can_look_and_is_refused_when_it_writes(
        self, postgres: Server, database: DatabaseAddress
    ) -> None:
        name = database.shown.rpartition("/")[2]
        reader = parse_address(postgres.url(name, role=READER), path="x")
        error = refused(reader, BadStorage)
        assert "may not be written" in str(error)
        with open_state(database) as state, postgres.admin(name) as db:
            state.save(RUN)
            db.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
        with open_state(reader) as state:
            assert state.get("acme", "r1") == RUN
        assert refused(reader, BadStorage).exit_code == 12

    def test_a_copy_that_is_read_only(self, database: DatabaseAddress) -> None:
        with open_state(database):
            pass
        url = f"{database.url.reveal()}&options=-cdefault_transaction_read_only%3Don"
        assert "no read-only copy" in str(refused(parse_address(url, path="x"), BadStorage))

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "mysql://h/db",
            "state.db",
            "postgresql://u:p%zz@h/db?sslmode",
            "postgresql://h/db?password=secret",
            "postgresql://[::1/db",
        ],
    )
    def test_what_is_no_address(self, url: str) -> None:
        with pytest.raises(BadConfig) as failed, open_state(parse_address(url, path="--database")):
            raise AssertionError
        assert "secret" not in str(failed.value)
        assert "p%zz" not in str(failed.value)

    @pytest.mark.parametrize("term", ["0", "x", "1e9", "nan"])
    def test_a_term_that_no_lock_can_have(self, term: str) -> None:
        with pytest.raises(BadConfig, match="can't last"):
            parse_address("postgresql://h/db", term=term, path="x")

    def test_the_address_may_lie_in_a_file_and_the_password_is_taken_out_of_all_that_is_told(
        self, tmp_path: Path
    ) -> None:
        file = tmp_path / "address"
        file.write_text(f"postgresql://u:{quote(PASSWORD, safe='')}@h:5/db\n")
        file.chmod(0o600)
        app = App({"JACKFIELD_DATABASE": f"file:{file}", "JACKFIELD_LEASE_SECONDS": "30"})
        assert app.database is not None
        assert (app.database.shown, app.database.term) == ("postgresql://h:5/db", 30.0)
        assert PASSWORD not in app.redactor.text(f"so: {PASSWORD}")


def test_a_connection_that_broke_is_made_anew(postgres: Server, database: DatabaseAddress) -> None:
    name = database.shown.rpartition("/")[2]
    with open_state(database) as state, postgres.admin() as db:
        for number in range(3):
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            state.save(msgspec.structs.replace(RUN, run=f"r{number}"))
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        assert len(state.history("acme")) == 3
