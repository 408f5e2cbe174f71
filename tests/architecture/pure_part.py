"""Reads a file of the pure part and finds what would let the world in: imports, builtins, clocks, random numbers.

Import rules can not see calls, so this reads names. The order of sets, the third way in, is in `set_order`.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator

from tests.architecture import set_order

#: All that the pure part may import. A list of what is allowed, so that a new driver is refused before it is known.
IMPORTS = frozenset(
    "__future__ abc array base64 binascii bisect collections contextlib copy dataclasses datetime decimal difflib enum "
    "fractions functools hashlib heapq inspect itertools keyword math msgspec numbers numpy operator re statistics "
    "string struct textwrap tradewright types typing zlib".split()
)
#: Builtins that reach outside, run text as code, or differ between two runs of one program.
BUILTINS = frozenset("open print input exec eval compile breakpoint __import__ hash id".split())
#: What may not be named, although its module may be imported.
NAMES = (
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.datetime.fromtimestamp",  # in the machine's own zone
    "datetime.date.today",
    "datetime.date.fromtimestamp",
    "numpy.random",
)

Breach = tuple[int, str]


def breaches(source: str) -> list[Breach]:
    """Every breach in `source`, as its line and what it is."""
    tree = ast.parse(source)
    scopes = symtable.symtable(source, "<source>", "exec")
    return sorted({*_imports(tree), *_names(tree), *_builtins(scopes, scopes), *set_order.breaches(tree)})


def _imported(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Each imported name: line, its name in this file, its full path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                root = name.name.partition(".")[0]
                yield node.lineno, name.asname or root, name.name if name.asname else root
                yield node.lineno, "", name.name
        elif isinstance(node, ast.ImportFrom):
            package = "tradewright" if node.level else str(node.module)
            for name in node.names:
                yield node.lineno, name.asname or name.name, f"{package}.{name.name}"


def _imports(tree: ast.Module) -> Iterator[Breach]:
    for line, _, path in _imported(tree):
        if path.partition(".")[0] not in IMPORTS:
            yield line, f"imports {path.partition('.')[0]}"


def _names(tree: ast.Module) -> Iterator[Breach]:
    """Banned paths, called or not: a stored clock is a clock."""
    origin = {name: path for _, name, path in _imported(tree) if name}
    paths = [(line, path) for line, _, path in _imported(tree)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            root, _, rest = ast.unparse(node).partition(".")
            if root in origin:
                paths.append((node.lineno, f"{origin[root]}.{rest}"))
    for line, path in paths:
        for banned in NAMES:
            if f"{path}.".startswith(f"{banned}."):
                yield line, f"names {banned}"


def _builtins(table: symtable.SymbolTable, module: symtable.SymbolTable) -> Iterator[Breach]:
    """Banned builtins by true scope: an argument or attribute that is called `id` or `open` is no breach."""
    defined = {symbol.get_name() for symbol in module.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    for symbol in table.get_symbols():
        if symbol.get_name() in BUILTINS - defined and symbol.is_referenced() and symbol.is_global():
            yield table.get_lineno(), f"uses the builtin {symbol.get_name()}"
    for child in table.get_children():
        yield from _builtins(child, module)
