"""Rules of the house that one file's text can break: nothing unfinished, nothing swallowed, no endless function."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

LINES_MAX = 70
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
UNMEASURED = re.compile(r"pragma:\s*no\s*(cover|branch)")
BROAD = {"Exception", "BaseException"}
#: How many arguments a decimal's method has where it is told its context.
_WITH_CONTEXT = {"quantize": 2, "scaleb": 2, "normalize": 1}

Breach = tuple[int, str]


def breaches(source: str) -> list[Breach]:
    """Every breach in `source`, as its line and what it is."""
    return sorted([*_comments(source), *_syntax(ast.parse(source))])


def long_functions(source: str) -> dict[str, int]:
    """Functions of more than LINES_MAX lines, from `def` to the last: name and lines."""
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    return {name: lines for name, lines in lengths.items() if lines > LINES_MAX}


def _comments(source: str) -> Iterator[Breach]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING) and (mark := UNFINISHED.search(token.string)):
            yield token.start[0], f"unfinished: {mark[0]}"
        if token.type == tokenize.COMMENT and UNMEASURED.search(token.string):
            yield token.start[0], "hides itself from the coverage gate"


def _syntax(tree: ast.Module) -> Iterator[Breach]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="NotImplementedError"):
                yield node.lineno, "a stub: NotImplementedError"
            case ast.ExceptHandler(type=caught, body=body) if _is_broad(caught) and all(map(_does_nothing, body)):
                yield node.lineno, "swallows every exception"
            case ast.Call(func=ast.Attribute(attr=name), args=args, keywords=also) if name in _WITH_CONTEXT:
                if len(args) + len(also) < _WITH_CONTEXT[name]:
                    yield node.lineno, f"rounds by whatever decimal context the thread has: {name}"
            case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=args):
                if any(map(_is_broad, args)):
                    yield node.lineno, "swallows every exception"


def _is_broad(caught: ast.expr | None) -> bool:
    match caught:
        case None:
            return True
        case ast.Tuple(elts=parts):
            return any(map(_is_broad, parts))
        case ast.Name(id=name):
            return name in BROAD
    return False


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass | ast.Continue) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
