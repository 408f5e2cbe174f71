"""Finds each place where the order of a set becomes visible: it differs from run to run.

A set is known by its literal, by a call or an operator that makes one, and by a name, attribute, function or container
annotated or assigned as one. What is asked of it may not depend on order: `in`, `len`, `sorted`, `min`, `max`, `any`,
`all` and other sets. With `key=` even `sorted` shows the order, where keys are equal.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

SET_TYPES = frozenset({"set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"})
SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference"})
SET_OPERATORS = (ast.BitOr, ast.BitAnd, ast.BitXor, ast.Sub)
ORDERED_CALLS = frozenset(
    "list tuple iter enumerate zip map filter reversed sum str repr deque array fromiter fromkeys join extend".split()
)
UNORDERED_CALLS = frozenset("sorted min max any all len set frozenset".split())
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def breaches(tree: ast.Module) -> list[tuple[int, str]]:
    """Each such place in `tree`, as its line and the set's own text."""
    finder = _Finder(tree)
    finder.visit(tree)
    return finder.found


def _called(node: ast.AST) -> str:
    """The last name of what `node` calls, or "" if it is no call of a name."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""


def _key(node: ast.AST) -> str:
    """What an expression is known by: `x`, `.attribute`, `function()`, and `…[]` for an item of a container."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return f".{name}"
        case ast.Subscript(value=container):
            return f"{_key(container)}[]"
        case ast.Call(func=ast.Attribute(value=container, attr="get" | "setdefault" | "pop"), args=[_, *_]):
            return f"{_key(container)}[]"
    return f"{_called(node)}()"


def _annotated(key: str, annotation: ast.expr | None) -> Iterator[str]:
    """`key`, or the key of its items, if `annotation` says that it is a set."""
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in SET_TYPES:
            yield key
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name)) if name in SET_TYPES:
            yield key
        case ast.Subscript(slice=ast.Tuple(elts=[*_, item]) | item):
            yield from _annotated(f"{key}[]", item)
        case ast.BinOp(left=left, right=right):
            yield from _annotated(key, left)
            yield from _annotated(key, right)


class _Finder(ast.NodeVisitor):
    def __init__(self, tree: ast.Module) -> None:
        self.found: list[tuple[int, str]] = []
        self.harmless: list[ast.AST] = []
        # Attributes and functions are known in the whole file, names in their own function.
        self.known: frozenset[str] = frozenset()
        self.known = frozenset(key for key in self.declared(tree) if key[0] == "." or "()" in key)

    def declared(self, scope: ast.AST) -> Iterator[str]:
        """The key of each set that is declared anywhere in `scope`."""
        for node in ast.walk(scope):
            match node:
                case ast.arg(arg=name, annotation=annotation):
                    yield from _annotated(name, annotation)
                case ast.AnnAssign(target=target, annotation=annotation):
                    yield from _annotated(_key(target), annotation)
                case ast.Assign(targets=targets, value=value) if self.is_set(value):
                    yield from map(_key, targets)
                case ast.Assign(targets=targets, value=ast.Call(args=[ast.Name(id="set")])):  # defaultdict(set)
                    yield from (f"{_key(target)}[]" for target in targets)
                case ast.ClassDef(body=body):
                    for field in body:
                        if isinstance(field, ast.AnnAssign):
                            yield from _annotated(f".{_key(field.target)}", field.annotation)
                case ast.FunctionDef(name=name, returns=returns) | ast.AsyncFunctionDef(name=name, returns=returns):
                    yield from _annotated(f"{name}()", returns)
                    if any(_key(decorator).endswith("property") for decorator in node.decorator_list):
                        yield from _annotated(f".{name}", returns)

    def is_set(self, node: ast.AST) -> bool:
        match node:
            case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
                return True
            case ast.BinOp(left=left, op=operator, right=right) if isinstance(operator, SET_OPERATORS):
                return any(self.is_set(side) or _called(side) == "keys" for side in (left, right))
            case ast.IfExp(body=left, orelse=right):
                return self.is_set(left) or self.is_set(right)
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in SET_METHODS:
                return self.is_set(owner)
        return _key(node) in self.known

    def visit_Module(self, node: ast.Module) -> None:
        self.visit_scope(node, [part for part in node.body if not isinstance(part, (*FUNCTIONS, ast.ClassDef))])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.visit_scope(node, [node])

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_scope(node, [node])

    def visit_scope(self, scope: ast.AST, parts: list[ast.stmt]) -> None:
        """Visits `scope` knowing also the sets that its `parts` declare."""
        outside = self.known
        self.known = outside | {key for part in parts for key in self.declared(part)}
        self.generic_visit(scope)
        self.known = outside

    def generic_visit(self, node: ast.AST) -> None:
        keyed = isinstance(node, ast.Call) and any(keyword.arg == "key" for keyword in node.keywords)
        if isinstance(node, ast.Call) and _called(node) in UNORDERED_CALLS and not keyed:
            self.harmless += node.args
        for shown in self.shown(node, keyed):
            if self.is_set(shown):
                self.found.append((node.lineno, f"shows the order of a set: {ast.unparse(shown)}"))
        super().generic_visit(node)

    def shown(self, node: ast.AST, keyed: bool) -> Iterator[ast.AST]:
        """The parts of `node` whose order it makes visible."""
        match node:
            case ast.For(iter=value) | ast.AsyncFor(iter=value) | ast.YieldFrom(value=value):
                yield value
            case ast.Starred(value=value) | ast.FormattedValue(value=value):
                yield value
            case ast.Assign(targets=[ast.Tuple() | ast.List()], value=value):
                yield value
            case ast.AugAssign(op=ast.Add(), value=value):
                yield value
            case ast.ListComp() | ast.GeneratorExp() | ast.DictComp() if node not in self.harmless:
                yield from (generator.iter for generator in node.generators)
            case ast.Call(func=ast.Attribute(value=owner, attr="pop"), args=[]):
                yield owner
            case ast.Call(args=arguments) if _called(node) in ORDERED_CALLS or keyed:
                yield from arguments
