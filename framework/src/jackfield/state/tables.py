"""The tables of the operational database, as the newest migration leaves them."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeEngine

metadata = MetaData()


def text(size: int) -> TypeEngine[str]:
    """A text that nobody expects to be longer than *size*; PostgreSQL would hold it to that, and order it by a language."""
    return String(size).with_variant(Text(collation="C"), "postgresql")


runs = Table(
    "runs",
    metadata,
    Column("run", text(40), primary_key=True),
    Column("connection", text(80), nullable=False),
    Column("connector", text(80), nullable=False),
    Column("connector_version", text(40), nullable=False),
    Column("status", text(20), nullable=False),
    Column("started", text(40), nullable=False),
    Column("finished", text(40)),
    Column("published", text(40)),
    Column("complete", Boolean, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("rereads", Integer, nullable=False),
    Column("counts", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("tenant", text(200)),
    Column("base", text(40)),
    Column("snapshot", Text),
    Column("sha256", text(64)),
    Column("reason", Text),
    Column("seconds", Float, nullable=False),
    Column("failure", text(40)),
    Index("runs_by_connection", "connection", "started"),
)

changes = Table(
    "changes",
    metadata,
    Column("id", text(80), primary_key=True),
    Column("connection", text(80), nullable=False),
    Column("status", text(20), nullable=False),
    Column("plan", text(80)),
    Column("intended", text(40), nullable=False),
    Column("entry", Text, nullable=False),
    Index("changes_by_connection", "connection", "intended"),
    Index("changes_by_status", "status"),
)

plans = Table(
    "plans",
    metadata,
    Column("id", text(80), primary_key=True),
    Column("connection", text(80), nullable=False),
    Column("digest", text(80), nullable=False),
    Column("created", text(40), nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("connection", text(80), primary_key=True),
    Column("purpose", text(20), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("since", text(40), nullable=False),
    Column("expires", Float, nullable=False),
    Column("token", BigInteger, nullable=False),
)
