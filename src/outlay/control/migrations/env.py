"""What Alembic runs to migrate: takes the connection, and with it the transaction, from `upgrade.py`."""

from alembic import context

from outlay.control.schema import SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SCHEMA,
    render_as_batch=True,  # SQLite can't alter a column; Alembic copies the table instead
    transactional_ddl=True,
)
context.run_migrations()
