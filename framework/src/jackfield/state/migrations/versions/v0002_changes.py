"""The journal of changes."""

import sqlalchemy as sa
from alembic import op

from jackfield.state.tables import text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of changes."""
    op.create_table(
        "changes",
        sa.Column("id", text(80), primary_key=True),
        sa.Column("connection", text(80), nullable=False),
        sa.Column("status", text(20), nullable=False),
        sa.Column("plan", text(80)),
        sa.Column("intended", text(40), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
    )
    op.create_index("changes_by_connection", "changes", ["connection", "intended"])
    op.create_index("changes_by_status", "changes", ["status"])
