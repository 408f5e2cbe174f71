"""Where in a file of YAML each key stands, so that what is wrong can be found by whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml


class Places:
    """Keys go by their dotted paths. renamed: beginnings of paths as they stand in the file, where they are read as
    others."""

    def __init__(self, file: Path, text: str = "", renamed: dict[str, str] | None = None) -> None:
        self.file = file
        self._renamed = renamed or {}
        self._lines: dict[str, int] = {}
        try:
            root = yaml.compose(text, yaml.SafeLoader)
        except yaml.YAMLError:
            root = None
        if root is not None:
            self._lines = dict(_lines(root, ""))

    def at(self, path: str) -> str:
        """FILE:LINE of a key, or of what it would stand in; FILE alone where nothing of it is there."""
        for read, stands in self._renamed.items():
            if f"{path}.".startswith(f"{read}.") or not read:
                path = f"{stands}{path[len(read) :]}" if read else f"{stands}.{path}"
                break
        while path and path not in self._lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return f"{self.file}:{self._lines[path]}" if path else str(self.file)


def _lines(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    """(path, line) of everything below a node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = f"{path}.{key.value}" if path else str(key.value)
            yield name, key.start_mark.line + 1
            yield from _lines(value, name)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield f"{path}[{number}]", item.start_mark.line + 1
            yield from _lines(item, f"{path}[{number}]")
