"""The tables of the operational database, as the newest migration leaves them."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("connection", String(80), nullable=False),
    Column("connector", String(80), nullable=False),
    Column("connector_version", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("started", String(40), nullable=False),
    Column("finished", String(40)),
    Column("published", String(40)),
    Column("complete", Boolean, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("rereads", Integer, nullable=False),
    Column("counts", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("tenant", String(200)),
    Column("base", String(40)),
    Column("snapshot", Text),
    Column("sha256", String(64)),
    Column("reason", Text),
    Column("seconds", Float, nullable=False),
    Column("failure", String(40)),
    Index("runs_by_connection", "connection", "started"),
)

changes = Table(
    "changes",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("connection", String(80), nullable=False),
    Column("status", String(20), nullable=False),
    Column("plan", String(80)),
    Column("intended", String(40), nullable=False),
    Column("entry", Text, nullable=False),
    Index("changes_by_connection", "connection", "intended"),
    Index("changes_by_status", "status"),
)

plans = Table(
    "plans",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("connection", String(80), nullable=False),
    Column("digest", String(80), nullable=False),
    Column("created", String(40), nullable=False),
)
