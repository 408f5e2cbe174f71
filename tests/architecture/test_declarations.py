"""What a compiled class may hold is said twice, in its `__slots__` and in its .pxd: both say the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.project import SRC, compiled_modules

CLASS = re.compile(r"^cdef class (\w+)")
FIELD = re.compile(r"^    cdef (?:public |readonly )?(?:unsigned )?(?:long long|[\w.]+)(?:\[.*\])? (\w+(?:, \w+)*)$")


def source(module: str) -> Path:
    return SRC / (module.replace(".", "/") + ".py")


def declared(pxd: str) -> dict[str, list[str]]:
    """The fields of each class of a .pxd, in its order."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in pxd.splitlines():
        if match := CLASS.match(line):
            name = match[1]
            found[name] = []
        elif line and not line.startswith((" ", "@", "#")):
            name = ""
        elif name and (match := FIELD.match(line)):
            found[name] += match[1].split(", ")
    return found


def slots(python: str) -> dict[str, list[str]]:
    """The `__slots__` of each class, in their order."""
    found: dict[str, list[str]] = {}
    for node in ast.parse(python).body:
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "__slots__":
                    names = ast.literal_eval(item.value)
                    found[node.name] = [names] if isinstance(names, str) else list(names)
    return found


@pytest.mark.parametrize("module", [name for name in compiled_modules() if source(name).with_suffix(".pxd").exists()])
def test_a_compiled_class_declares_what_its_slots_name(module: str) -> None:
    classes = slots(source(module).read_text())
    for name, fields in declared(source(module).with_suffix(".pxd").read_text()).items():
        assert len(fields) == len(set(fields)), f"{name} declares a field twice"
        if name in classes:
            assert sorted(fields) == sorted(classes[name]), name


def test_a_field_that_is_missing_is_found() -> None:
    pxd = "cdef class Mark:\n    cdef public long long bid\n    cdef readonly Order order\n    cpdef price(self)\n"
    assert declared(pxd) == {"Mark": ["bid", "order"]}
    assert slots('class Mark:\n    __slots__ = ("bid", "ask")\n') == {"Mark": ["bid", "ask"]}
