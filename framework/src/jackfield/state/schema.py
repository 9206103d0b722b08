"""The tables of a new database, as all migrations together leave them; a test holds the two to each other.

Promises one schema in SQLite and in PostgreSQL, where texts are as long as they are and compared byte by byte.
"""

import re

HEAD = "0005"
"""The newest migration; a test holds it to the migration files."""

_VERSION = f"""
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('{HEAD}')
"""
_TABLES = """
CREATE TABLE runs (
    run VARCHAR(40) NOT NULL, connection VARCHAR(80) NOT NULL, connector VARCHAR(80) NOT NULL,
    connector_version VARCHAR(40) NOT NULL, status VARCHAR(20) NOT NULL, started VARCHAR(40) NOT NULL,
    finished VARCHAR(40), published VARCHAR(40), complete BOOLEAN NOT NULL, requests INTEGER NOT NULL,
    rereads INTEGER NOT NULL, counts TEXT NOT NULL, scopes TEXT NOT NULL, tenant VARCHAR(200), base VARCHAR(40),
    snapshot TEXT, sha256 VARCHAR(64), reason TEXT, seconds FLOAT NOT NULL,
    failure VARCHAR(40), PRIMARY KEY (run));
CREATE INDEX runs_by_connection ON runs (connection, started);
CREATE TABLE changes (
    id VARCHAR(80) NOT NULL, connection VARCHAR(80) NOT NULL, status VARCHAR(20) NOT NULL, plan VARCHAR(80),
    intended VARCHAR(40) NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (id));
CREATE INDEX changes_by_connection ON changes (connection, intended);
CREATE INDEX changes_by_status ON changes (status);
CREATE TABLE plans (
    id VARCHAR(80) NOT NULL, connection VARCHAR(80) NOT NULL, digest VARCHAR(80) NOT NULL,
    created VARCHAR(40) NOT NULL, PRIMARY KEY (id));
CREATE TABLE leases (
    connection VARCHAR(80) NOT NULL, purpose VARCHAR(20) NOT NULL, holder TEXT NOT NULL, since VARCHAR(40) NOT NULL,
    expires FLOAT NOT NULL, token BIGINT NOT NULL, PRIMARY KEY (connection, purpose))
"""
_SHORT = re.compile(r"VARCHAR\(\d+\)")

NEW = (*_VERSION.split(";"), *_TABLES.split(";"))
"""The statements that make a database in SQLite, which binds no text to a length."""


def new_in_postgres() -> tuple[str, ...]:
    """The statements that make a database in PostgreSQL."""
    return (*_VERSION.split(";"), *_SHORT.sub('TEXT COLLATE "C"', _TABLES).split(";"))
