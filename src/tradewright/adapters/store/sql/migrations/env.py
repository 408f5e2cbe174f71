"""What Alembic runs for a migration: on the connection it was handed, within the transaction that is open there."""

from __future__ import annotations

from alembic import context

from tradewright.adapters.store.sql.columns import name_of, schema_of

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    version_table=name_of("alembic_version", connection.dialect.name),
    version_table_schema=schema_of(connection.dialect.name),
)
with context.begin_transaction():
    context.run_migrations()
