"""Bringing the operational database to its newest form, by Alembic.

Imported only where there is something to do: Alembic and SQLAlchemy take a second to import.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event


def migrate(file: Path, to: str = "head") -> None:
    """Run the migrations that the database at *file* lacks, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as db:
            config.attributes["connection"] = db
            command.upgrade(config, to)
    finally:
        engine.dispose()


def _leave_transactions_to_us(raw: Any, _: object) -> None:
    # By itself the driver opens no transaction for what changes tables: one that is killed would leave half a step.
    raw.isolation_level = None


def _begin(db: Connection) -> None:
    db.exec_driver_sql("BEGIN IMMEDIATE")
