"""What a table is, whoever holds it: columns with their kinds, a key, and whether rows are only ever added.

A kind says what a value is in Python and that nothing of it may be lost: `text` a str, `exact` a Decimal of any size,
`whole` an int of 64 bits, `flag` a bool, `moment` ns UTC in whole microseconds.
"""

from __future__ import annotations

import re
from typing import NamedTuple

KINDS = ("text", "exact", "whole", "flag", "moment")
_COLUMN = re.compile(r"(\w+) (\w+)(?:\((\d+)\))?(\?)?(?:=(\w+))?(?: in ([\w|]+))?")


class Column(NamedTuple):
    """length: letters at most, 0 = no bound. default: where a row is written by others, "" = none. words: the only
    ones, none = any."""

    name: str
    kind: str
    length: int = 0
    optional: bool = False
    default: str = ""
    words: tuple[str, ...] = ()


class Table(NamedTuple):
    """key: columns by which a row is known. appended: rows are added and never changed; else the newest of a key
    stands. unique: what else no two rows share. indexes: by name. parent: a column, and the table whose key it is."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    appended: bool = False
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    parent: tuple[str, str] | None = None


def columns_of(text: str) -> tuple[Column, ...]:
    """Columns from a list of `name kind(length)?=default in word|word`, with commas between; ? = it may be missing."""
    found = []
    for part in text.split(","):
        match = _COLUMN.fullmatch(" ".join(part.split()))
        assert match is not None and match[2] in KINDS, f"{part!r} is no column"
        name, kind, length, optional, default, words = match.groups(default="")
        found.append(
            Column(name, kind, int(length or 0), bool(optional), default, tuple(words.split("|")) * bool(words))
        )
    return tuple(found)
