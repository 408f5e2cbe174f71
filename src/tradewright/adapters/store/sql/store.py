"""A Store in a database.

Each write is one transaction that begins with the place in the journal: who finds another place there than the one he
comes from changes nothing. So a record counts once, whoever was killed when, and two writers can not both go on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import event, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.schema import CreateSchema

from tradewright.adapters.store.sql.columns import SCHEMA, SQLITE, tables_of
from tradewright.model.chain import START, Head
from tradewright.model.errors import InputError, StoreError, StoreMoved
from tradewright.model.schema import BY_NAME, TABLES
from tradewright.model.table import Column, Table
from tradewright.ports import Changes, TableRow

#: Where the tables stand in the journal: one row.
PROGRESS = Table("progress", (Column("sequence", "whole"), Column("hash", "text", 64)), ("sequence",))
#: Longest wait for another connection to a file of SQLite, seconds.
BUSY_SECONDS = 5.0
#: PostgreSQL that says nothing is given up: seconds until a connection stands, ms until what was sent is acknowledged.
POSTGRES = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "application_name": "tradewright"}
#: Number of the lock under which tables are made; any that nobody else in the database uses.
MIGRATING = 7_239_155_026


class SqlStore:
    """url: sqlite:///FILE or postgresql://USER@HOST/NAME; password: of that user, where the URL has none. Making it
    brings the tables up to date. Raises InputError for a URL that is none and for tables of a newer version,
    StoreError."""

    def __init__(self, url: str, password: str = "") -> None:
        self._engine = engine_of(url, password)
        dialect = self._engine.dialect.name
        self._tables = tables_of(TABLES, dialect)
        self._progress = tables_of([PROGRESS], dialect)[PROGRESS.name]
        self._insert = sqlite.insert if dialect == SQLITE else postgresql.insert
        try:
            migrate(self._engine)
        except BaseException:
            self._engine.dispose()
            raise

    def reached(self) -> Head:
        with translated(), self._engine.connect() as connection:
            sequence, hash = connection.execute(sa.select(self._progress.c.sequence, self._progress.c.hash)).one()
        return Head(sequence, bytes.fromhex(hash))

    def write(self, changes: Changes, before: Head, after: Head) -> None:
        with translated(), self._engine.begin() as connection:
            self._move(connection, before, after)
            for name, conditions in changes.gone.items():
                table = self._tables[name]
                for condition in conditions:
                    connection.execute(
                        sa.delete(table).where(*(table.c[column] == value for column, value in condition.items()))
                    )
            # In the order of the list: what is referred to comes first.
            for table_of_model in TABLES:
                self._put(connection, table_of_model, changes.rows.get(table_of_model.name, []))

    def _move(self, connection: Connection, before: Head, after: Head) -> None:
        at = self._progress.c
        moved = connection.execute(
            sa.update(self._progress)
            .where(at.sequence == before.sequence, at.hash == before.hash.hex())
            .values(sequence=after.sequence, hash=after.hash.hex())
        )
        if moved.rowcount != 1:
            raise StoreMoved(f"the tables are not at record {before.sequence} any more: another process writes them")

    def _put(self, connection: Connection, of: Table, rows: Sequence[TableRow]) -> None:
        table, alike = self._tables[of.name], defaultdict(list)
        for row in rows:
            alike[tuple(row)].append(row)
        for names, some in alike.items():
            statement: Any = self._insert(table)
            if not of.appended:
                newer = {name: statement.excluded[name] for name in names if name not in of.key}
                statement = statement.on_conflict_do_update(index_elements=of.key, set_=newer)
            connection.execute(statement, some)

    def clear(self) -> None:
        with translated(), self._engine.begin() as connection:
            for of in reversed(TABLES):
                connection.execute(sa.delete(self._tables[of.name]))
            connection.execute(sa.update(self._progress).values(sequence=START.sequence, hash=START.hash.hex()))

    def rows(self, name: str) -> list[dict[str, Any]]:
        """All rows of a table, by its key."""
        table = self._tables[name]
        with translated(), self._engine.connect() as connection:
            found = connection.execute(sa.select(table).order_by(*(table.c[column] for column in BY_NAME[name].key)))
            return [dict(row) for row in found.mappings()]

    def close(self) -> None:
        self._engine.dispose()


def engine_of(url: str, password: str = "") -> Engine:
    """Raises InputError for what is no URL of such a database, and where its driver is not installed."""
    wanted = "write it like sqlite:///tables.db or postgresql://user@127.0.0.1:5432/name"
    try:
        made = make_url(url)
    except (exc.ArgumentError, ValueError) as error:
        raise InputError(f"this is no URL of a database; {wanted}") from error
    if made.drivername == SQLITE and made.database not in (None, "", ":memory:"):
        return _sqlite(made)
    if made.drivername in ("postgresql", "postgres") and made.database:
        made = made.set(drivername="postgresql+psycopg")
        try:
            return sa.create_engine(made.set(password=password) if password else made, connect_args=POSTGRES)
        except ModuleNotFoundError as error:
            raise InputError("PostgreSQL needs psycopg: pip install 'tradewright[postgres]'") from error
    raise InputError(f"{made.render_as_string()} is no database that the tables can be in; {wanted}")


def _sqlite(url: URL) -> Engine:
    """SQLite's driver commits before a table is made, unless it is told to leave transactions alone."""
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def connected(driver: Any, _: object) -> None:
        driver.isolation_level = None
        driver.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def migrate(engine: Engine) -> None:
    """Makes what is missing of the tables, whole or not at all. Raises InputError, StoreError."""
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with translated(), engine.begin() as connection:
        if engine.dialect.name != SQLITE:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATING)))
            connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise InputError(f"the tables were made by another version of tradewright: {error}") from error


@contextmanager
def translated() -> Iterator[None]:
    """What a driver raises, in our words."""
    try:
        yield
    except exc.DBAPIError as error:
        said = " ".join(str(error.orig).split())
        if error.connection_invalidated or isinstance(error, exc.OperationalError | exc.InterfaceError):
            raise StoreError(f"the database: {said}") from error
        if isinstance(error, exc.ProgrammingError):
            raise InputError(f"the database: {said}") from error
        raise
