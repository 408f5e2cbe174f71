"""Where things are, for tests: the project's root, its sources, the list of compiled modules, the shared data."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
PACKAGE = SRC / "tradewright"


def shared_folder() -> Path:
    """The shared data: $TRADEWRIGHT_SHARED, else beside the project. It may be missing."""
    return Path(os.environ.get("TRADEWRIGHT_SHARED") or ROOT.parent / "shared")


def python_files(folder: Path = PACKAGE) -> list[Path]:
    """Every Python file in `folder`, in a fixed order."""
    return sorted(folder.rglob("*.py"))


def compiled_modules(named: str = "COMPILED") -> list[str]:
    """The list COMPILED, or another, in setup.py, read without running it."""
    for node in ast.parse((ROOT / "setup.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == named:
            return list(ast.literal_eval(node.value))
    raise AssertionError(f"setup.py has no list {named}")


def build_of(module: str) -> str:
    """Which build of `module` an import would find: "compiled" or "pure"."""
    spec = find_spec(module)
    assert spec is not None and spec.origin is not None, f"{module} is on the list COMPILED but can not be found"
    return "pure" if spec.origin.endswith(".py") else "compiled"


#: Of tests that take the pure build minutes and see little of it: the compiled one runs them every time.
COMPILED_ALONE = pytest.mark.long if build_of("tradewright.trader.trader") == "pure" else pytest.mark.timeout(600)


def compiled_alone(items: list[pytest.Item], folder: Path, but: str = "", only: Collection[str] | None = None) -> None:
    """Marks what a folder's conftest collects so, but for files whose names begin with `but`; or those `only`."""
    # Each file is asked about once: there are many tests in it, and a dozen folders that ask.
    marked = {
        path
        for path in {item.path for item in items}
        if path.is_relative_to(folder)
        and not (but and path.stem.startswith(but))
        and (only is None or path.stem in only)
    }
    for item in items:
        if item.path in marked:
            item.add_marker(COMPILED_ALONE)
