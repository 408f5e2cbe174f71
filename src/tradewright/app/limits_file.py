"""A file of limits: YAML with a block of limits by scope and a block of the execution filter.

limits: scope → limits by name; beside them may stand the currency of money (`currency: EUR`) and a pack of limits that
they stand over (`pack: us-margin-2026`).
executionFilter: as `core.filter` reads it, for the owner whose accounts trade.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from tradewright.core.exposure import parts_of
from tradewright.core.filter import filter_limits
from tradewright.core.limits import Limits, limits_from
from tradewright.core.packs import PACK, with_pack
from tradewright.model.errors import InputError

BLOCKS = ("limits", "executionFilter")
#: What a scope's block takes beside its limits.
CURRENCY = "currency"
BESIDE = (CURRENCY, PACK)


class _Loader(yaml.SafeLoader):
    """YAML as JSON has it: a clock like 09:30 is text and not a number to the base of sixty."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A key that is there twice is a mistake: which one holds nobody sees."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for at, key in enumerate(keys):
            if key in keys[:at]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is there twice", node.value[at][0].start_mark
                )
        return super().construct_mapping(node, deep)


_INTEGER = "tag:yaml.org,2002:int"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, re.compile(r"[-+]?[0-9]+$") if tag == _INTEGER else pattern) for tag, pattern in resolvers]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def scopes_of(file: Path | None, owner: str) -> dict[str, Limits]:
    """The limits of a file by scope. Raises InputError for what is not one, naming file and key."""
    if file is None:
        return {}
    read = read_file(file)
    try:
        return bound(read, owner)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def read_file(file: Path) -> Any:
    """A file of YAML, or of JSON where its name ends so. Raises InputError for one that is neither."""
    try:
        if file.suffix == ".json":
            return json.loads(file.read_bytes(), object_pairs_hook=_once_each, parse_constant=_no_number)
        return yaml.load(file.read_text(), _Loader)
    # Dates and numbers that are none raise ValueError.
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"{file}: it can not be read: {' '.join(str(error).split())}") from error


def value_of(text: str) -> Any:
    """The value of one limit as a person writes it behind its name: a list or a mapping as YAML has it (`[a, b]`), else
    the text itself. Raises InputError."""
    if not text.startswith(("[", "{")):
        return text
    try:
        return yaml.load(text, _Loader)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"{text!r} can not be read: {' '.join(str(error).split())}") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, under the same rule as a mapping of YAML."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} is there twice")
        found[key] = value
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def bound(read: Any, owner: str) -> dict[str, Limits]:
    """What was read, as limits by scope."""
    if not isinstance(read, dict) or not set(read) <= set(BLOCKS):
        raise InputError(f"a file of limits has the blocks {' and '.join(BLOCKS)}")
    scopes = filter_limits(owner, read.get("executionFilter") or {})
    for scope, block in (read.get("limits") or {}).items():
        if not isinstance(block, dict):
            raise InputError(f"limits of {scope}: {block!r} is not a mapping")
        if "session" in parts_of(scope):
            raise InputError(f"limits of {scope}: they are its user's settings; state those of its account")
        currency = str(block.get(CURRENCY, ""))
        values = {name: value for name, value in with_pack(block).items() if name not in BESIDE}
        under = scopes.get(scope)
        found = limits_from(values).values
        scopes[scope] = Limits({**({} if under is None else under.values), **found}, 1, currency)
    return scopes
