"""The record of runs."""

import sqlalchemy as sa
from alembic import op

from jackfield.state.tables import text

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table of runs."""
    op.create_table(
        "runs",
        sa.Column("run", text(40), primary_key=True),
        sa.Column("connection", text(80), nullable=False),
        sa.Column("connector", text(80), nullable=False),
        sa.Column("connector_version", text(40), nullable=False),
        sa.Column("status", text(20), nullable=False),
        sa.Column("started", text(40), nullable=False),
        sa.Column("finished", text(40)),
        sa.Column("published", text(40)),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("rereads", sa.Integer, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("tenant", text(200)),
        sa.Column("base", text(40)),
        sa.Column("snapshot", sa.Text),
        sa.Column("sha256", text(64)),
        sa.Column("reason", sa.Text),
        sa.Column("seconds", sa.Float, nullable=False),
    )
    op.create_index("runs_by_connection", "runs", ["connection", "started"])
