"""The locks of hosts that share a database; where locks are files it stays empty."""

import sqlalchemy as sa
from alembic import op

from jackfield.state.tables import text

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of leases."""
    op.create_table(
        "leases",
        sa.Column("connection", text(80), primary_key=True),
        sa.Column("purpose", text(20), primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("since", text(40), nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
    )
