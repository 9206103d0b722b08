"""The record of runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table of runs."""
    op.create_table(
        "runs",
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("connection", sa.String(80), nullable=False),
        sa.Column("connector", sa.String(80), nullable=False),
        sa.Column("connector_version", sa.String(40), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("started", sa.String(40), nullable=False),
        sa.Column("finished", sa.String(40)),
        sa.Column("published", sa.String(40)),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("rereads", sa.Integer, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("tenant", sa.String(200)),
        sa.Column("base", sa.String(40)),
        sa.Column("snapshot", sa.Text),
        sa.Column("sha256", sa.String(64)),
        sa.Column("reason", sa.Text),
        sa.Column("seconds", sa.Float, nullable=False),
    )
    op.create_index("runs_by_connection", "runs", ["connection", "started"])
