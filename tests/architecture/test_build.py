"""The tests know which build they test, and that it was made from the files they stand beside."""

from __future__ import annotations

import os
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.project import PACKAGE, ROOT, SRC, build_of, compiled_modules

#: CPython's bit of a type whose objects the cycle collector walks.
HAVE_GC = 1 << 14
SHADOWS = (".so", ".pyd", ".c", ".cpp")


def test_every_listed_module_is_of_the_expected_build() -> None:
    builds = {module: build_of(module) for module in compiled_modules()}
    expected = os.environ.get("TRADEWRIGHT_EXPECT_BUILD") or builds[compiled_modules()[0]]
    assert {module for module, build in builds.items() if build != expected} == set()
    for module in builds:
        assert str(import_module(module).__file__).endswith(".py") == (expected == "pure"), module
    tested = ROOT / "build/tested" / expected
    tested.parent.mkdir(parents=True, exist_ok=True)
    tested.touch()  # scripts/test asks for it


def test_the_installed_package_is_the_one_in_src() -> None:
    spec = find_spec("tradewright")
    assert spec is not None and spec.origin is not None
    installed = Path(spec.origin).parent
    stale = [
        str(file.relative_to(SRC))
        for file in sorted(PACKAGE.rglob("*"))
        if file.is_file() and file.suffix != ".pyc"
        if not (twin := installed / file.relative_to(PACKAGE)).exists() or twin.read_bytes() != file.read_bytes()
    ]
    assert stale == [], "what is tested was made from other files: run `make .venv`"


def test_sources_hold_nothing_that_was_built() -> None:
    assert [str(file.relative_to(SRC)) for file in SRC.rglob("*") if file.suffix in SHADOWS] == []


def test_a_pxd_stands_beside_a_compiled_module_and_nowhere_else() -> None:
    compiled = {SRC / f"{module.replace('.', '/')}.py" for module in compiled_modules()}
    assert {file for file in compiled if not file.exists()} == set()
    augmented = {file.with_suffix(".py") for file in PACKAGE.rglob("*.pxd") if file.stem != "__init__"}
    assert augmented - compiled == set()


@pytest.mark.parametrize("module", sorted(compiled_modules("VALUES")))
def test_the_cycle_collector_knows_compiled_values_not_at_all(module: str) -> None:
    declared = re.findall(r"^cdef class (\w+)", (SRC / f"{module.replace('.', '/')}.pxd").read_text(), re.MULTILINE)
    known = {name for name in declared if getattr(import_module(module), name).__flags__ & HAVE_GC}
    assert known == (set() if build_of(module) == "compiled" else set(declared)) and declared


@pytest.mark.parametrize("module", compiled_modules())
def test_packages_of_compiled_modules_can_be_cimported(module: str) -> None:
    package = SRC / module.rpartition(".")[0].replace(".", "/")
    assert (package / "__init__.pxd").exists()
