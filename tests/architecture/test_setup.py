"""A machine that lacks something is told which Debian package brings it, before anything is changed."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from scripts import setup
from tests.project import ROOT


def test_a_machine_that_runs_these_tests_compiled_lacks_nothing() -> None:
    assert setup.missing() == []


@pytest.mark.parametrize("version", [(3, 8, 10), (3, 10, 13)])
def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    [sentence] = setup.missing()
    assert f"Python {version[0]}.{version[1]} is too old" in sentence


def test_a_missing_ensurepip_names_python3_venv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    [sentence] = setup.missing()
    assert "package python3-venv" in sentence


def test_missing_headers_name_python3_dev(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    [sentence] = setup.missing()
    assert "package python3-dev" in sentence


def test_a_missing_compiler_names_gcc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -O2")
    [sentence] = setup.missing()
    assert "no-such-compiler" in sentence
    assert "package gcc" in sentence


def test_a_pure_install_needs_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setattr(setup, "COMPILE", False)
    assert setup.missing() == []


def test_what_a_package_is_made_from_is_hashed_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("x = 1\n")
    two.write_text("y = 1\n")
    before = setup.digest([one, two])
    one.touch()
    assert setup.digest([two, one]) == before
    one.write_text("x = 2\n")
    assert setup.digest([one, two]) != before
    assert setup.digest([two]) != before


def test_the_package_is_made_from_its_sources_and_their_recipe() -> None:
    made_from = setup.sources()
    assert {ROOT / "setup.py", ROOT / "pyproject.toml", ROOT / "src/tradewright/__init__.py"} <= set(made_from)
    assert not [file for file in made_from if file.suffix in (".so", ".pyc")]
