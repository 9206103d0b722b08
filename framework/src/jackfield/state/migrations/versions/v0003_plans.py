"""The plans that were made here, by what was in them."""

import sqlalchemy as sa
from alembic import op

from jackfield.state.tables import text

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of plans."""
    op.create_table(
        "plans",
        sa.Column("id", text(80), primary_key=True),
        sa.Column("connection", text(80), nullable=False),
        sa.Column("digest", text(80), nullable=False),
        sa.Column("created", text(40), nullable=False),
    )
