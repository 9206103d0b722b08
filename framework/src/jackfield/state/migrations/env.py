"""Runs the migrations on the connection that the host hands over."""

from alembic import context

from jackfield.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
