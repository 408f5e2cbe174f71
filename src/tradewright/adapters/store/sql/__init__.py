"""The tables in a database: PostgreSQL, in the schema `trading`, or a file of SQLite, where the names begin with
`trading_`. Migrations make them and bring them up to date; they are part of the package.

Nothing is rounded: exact numbers are NUMERIC without a bound, and text in SQLite; moments are whole microseconds.

Needs the extra `database` (SQLAlchemy, Alembic), for PostgreSQL the extra `postgres` (psycopg too).
"""

from tradewright.adapters.store.sql.store import SqlStore

__all__ = ["SqlStore"]
