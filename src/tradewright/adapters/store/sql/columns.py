"""Tables of `model.table` as SQLAlchemy has them, for one of the two kinds of databases.

The first migration is built by these functions from a text of its own: what they make of a text that stood once must
not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from tradewright.model.table import Column, Table

SCHEMA = "trading"
SQLITE = "sqlite"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Words(TypeDecorator[str]):
    """Text. PostgreSQL has no letter of code 0; what a venue says may have one, and is not to hold all others up."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.String(self.length) if self.length else sa.Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")


class Exact(TypeDecorator[Decimal]):
    """A decimal of any size. SQLite would make a float of it: there it is text."""

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == SQLITE else sa.Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return format(value, "f") if value is not None and dialect.name == SQLITE else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[int]):
    """ns UTC, to the microsecond. In SQLite text of one width, so that it sorts as time does."""

    impl = sa.TIMESTAMP
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.String(27) if dialect.name == SQLITE else sa.TIMESTAMP(timezone=True))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        moment = _EPOCH + timedelta(microseconds=value // 1_000)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == SQLITE else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return (moment - _EPOCH) // _MICROSECOND * 1_000


def name_of(table: str, dialect: str) -> str:
    """What a table is called there; SQLite has no schemas."""
    return f"{SCHEMA}_{table}" if dialect == SQLITE else table


def schema_of(dialect: str) -> str | None:
    return None if dialect == SQLITE else SCHEMA


def tables_of(tables: Sequence[Table], dialect: str) -> dict[str, sa.Table]:
    """By the names of `model.schema`; none of them refers to a table that is not among them."""
    metadata = sa.MetaData(schema=schema_of(dialect))
    keys = {table.name: table.key[0] for table in tables}
    return {table.name: _table(table, dialect, metadata, keys) for table in tables}


def _table(table: Table, dialect: str, metadata: sa.MetaData, keys: dict[str, str]) -> sa.Table:
    constraints: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*table.key)]
    constraints += [sa.UniqueConstraint(*names) for names in table.unique]
    constraints += [
        sa.CheckConstraint(sa.column(column.name).in_(column.words), name=f"{table.name}_{column.name}_check")
        for column in table.columns
        if column.words
    ]
    if table.parent is not None:
        column, parent = table.parent
        place = f"{SCHEMA}." * (dialect != SQLITE) + f"{name_of(parent, dialect)}.{keys[parent]}"
        constraints.append(sa.ForeignKeyConstraint([column], [place]))
    columns = [_column(column, dialect) for column in table.columns]
    made = sa.Table(name_of(table.name, dialect), metadata, *columns, *constraints)
    for name, names in table.indexes:
        sa.Index(name, *(made.c[one] for one in names))
    return made


def _column(column: Column, dialect: str) -> sa.Column[Any]:
    kinds: dict[str, TypeEngine[Any]] = {
        "text": Words(column.length), "exact": Exact(), "whole": sa.BigInteger(), "flag": sa.Boolean(),
        "moment": Moment(),
    }  # fmt: skip
    default: Any = None
    if column.default:
        default = sa.false() if column.kind == "flag" else sa.text("'0'" if dialect == SQLITE else "0")
    return sa.Column(
        column.name, kinds[column.kind], nullable=column.optional, server_default=default, autoincrement=False
    )
