"""The stored values of a journal, so that a test can change one of them, bit by bit, and put it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

Value = int | bytes
HEADER = ("format", "day", "first", "previous", "seal")
ROW = ("first", "last", "payload", "hash")


class Field(NamedTuple):
    """One stored value: its segment's file, table, row key (rowid) and column."""

    path: Path
    table: str
    key: int
    column: str


def fields(path: Path) -> list[Field]:
    """Every value a segment's file holds."""
    with _open(path) as connection:
        rows = [key for (key,) in connection.execute("SELECT first FROM batch ORDER BY first")]
    header = [Field(path, "header", 1, column) for column in HEADER]
    return header + [Field(path, "batch", key, column) for key in rows for column in ROW]


def flips(value: Value) -> Iterator[Value]:
    """The value with each of its bits flipped; an integer has 64, in two's complement."""
    if isinstance(value, int):
        for bit in range(64):
            yield int.from_bytes((value ^ (1 << bit)).to_bytes(9, "little", signed=True)[:8], "little", signed=True)
        return
    for bit in range(8 * len(value)):
        changed = bytearray(value)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


@contextmanager
def changing(field: Field) -> Iterator[Changer]:
    """A way to change the field, which is put back at the end."""
    with _open(field.path) as connection:
        changer = Changer(connection, field)
        try:
            yield changer
        finally:
            changer.set(changer.original)


class Changer:
    def __init__(self, connection: apsw.Connection, field: Field) -> None:
        self._connection = connection
        self._field = field
        self._key = field.key
        column = f"CAST({field.column} AS BLOB)" if field.column == "day" else field.column
        sql = f"SELECT {column} FROM {field.table} WHERE rowid = ?"
        self.original: Value = connection.execute(sql, (field.key,)).fetchone()[0]

    def set(self, value: Value) -> bool:
        """Stores another value; False if the table can not hold it (two rows of one number)."""
        column = self._field.column
        new = "CAST(? AS TEXT)" if column == "day" else "?"
        try:
            sql = f"UPDATE {self._field.table} SET {column} = {new} WHERE rowid = ?"
            self._connection.execute(sql, (value, self._key))
        except apsw.ConstraintError:
            return False
        if self._field.table == "batch" and column == "first":
            assert isinstance(value, int)
            self._key = value
        return True


@contextmanager
def _open(path: Path) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection
    finally:
        connection.close()
