"""Why a sync failed, as the code of its error."""

import sqlalchemy as sa
from alembic import op

from jackfield.state.tables import text

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; of syncs before, it is not known."""
    op.add_column("runs", sa.Column("failure", text(40)))
