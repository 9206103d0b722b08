"""Bringing the operational database to its newest form, by Alembic.

Imported only where there is something to do: Alembic and SQLAlchemy take a second to import.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, StaticPool, create_engine, event, func, select


def migrate(file: Path, to: str = "head") -> None:
    """Run the migrations that the database at *file* lacks, in one transaction."""
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as db:
            _upgrade(db, to)
    finally:
        engine.dispose()


def _upgrade(db: Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = db
    command.upgrade(config, to)


def migrate_postgres(db: Any, lock: int, to: str = "head") -> None:
    """Run the migrations that the database behind the open connection *db* lacks, in one transaction.

    Hosts that do so at once wait for each other by the number *lock*.
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: db, poolclass=StaticPool)
    autocommit = db.autocommit
    db.autocommit = False
    try:
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(lock)))
            _upgrade(connection, to)
    finally:
        db.autocommit = autocommit


def _leave_transactions_to_us(raw: Any, _: object) -> None:
    # By itself the driver opens no transaction for what changes tables: one that is killed would leave half a step.
    raw.isolation_level = None


def _begin(db: Connection) -> None:
    db.exec_driver_sql("BEGIN IMMEDIATE")
