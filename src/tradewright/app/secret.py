"""A secret: known by where it comes from, shown nowhere, and looked at only by who needs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tradewright.model.errors import InputError

#: `${NAME}`, or `${NAME:default}`.
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^{}]*))?\}")
MASK = "***"
#: Nobody's key is longer; what is, is another file than was meant.
BYTES_MAX = 65_536


class Secret:
    """source: as a person would name it. A text of it never holds the value."""

    __slots__ = ("source", "missing", "_value")

    def __init__(self, source: str, value: str, missing: str = "") -> None:
        self.source = source
        self.missing = missing
        self._value = value

    def reveal(self) -> str:
        """The value. Raises InputError where it is not there, saying what to do."""
        if self.missing:
            raise InputError(self.missing)
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.source})"

    __str__ = __repr__


def secret_of_variable(text: str, environment: Mapping[str, str], key: str) -> Secret:
    """From `${NAME}`. Raises InputError for anything else: a secret is nothing to be written into a file that is
    shared, copied and printed."""
    found = VARIABLE.fullmatch(text.strip())
    if found is None or found[2]:
        raise InputError(
            f"{key}: a secret does not stand in this file; write {key.rpartition('.')[2]}: ${{NAME}} and set the "
            f"variable NAME, or name a file by {key.rpartition('.')[2]}File"
        )
    name = found[1]
    value = environment.get(name, "")
    missing = "" if value else f"{key}: the variable {name} is not set; export {name}=…, or name a file by {key}File"
    return Secret(f"variable {name}", value, missing)


def secret_of_file(path: Path, key: str) -> Secret:
    """From a file; what ends its last line is no part of it. One that is not there is missed when it is needed."""
    try:
        with path.open("rb") as file:
            value = file.read(BYTES_MAX + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        return Secret(f"file {path}", "", f"{key}: {path} can not be read: {reason}")
    value = value.rstrip("\r\n")
    if not value or len(value) > BYTES_MAX:
        return Secret(
            f"file {path}", "", f"{key}: {path} holds {'nothing' if not value else 'too much to be a secret'}"
        )
    return Secret(f"file {path}", value)


def read_by_others(path: Path) -> bool:
    """Whether users besides its owner may read the file."""
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def filled_in(text: str, environment: Mapping[str, str], key: str) -> str:
    """A text with its variables. Raises InputError naming one that is not set and has no default."""

    def value(found: re.Match[str]) -> str:
        name, default = found[1], found[2]
        if name in environment:
            return environment[name]
        if default is None:
            raise InputError(f"{key}: the variable {name} is not set; export {name}=…, or write ${{{name}:default}}")
        return default

    return VARIABLE.sub(value, text)
