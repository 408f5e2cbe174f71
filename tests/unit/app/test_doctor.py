"""`doctor` looks and leaves everything as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command import files
from tests.unit.app.test_restart import holder, play
from tradewright.adapters.journal.lock import FileLock, holder_of
from tradewright.app.doctor import Findings, _sqlite, examine
from tradewright.app.home import JOURNAL


def test_it_leaves_every_file_of_a_home_as_it_was(tmp_path: Path) -> None:
    """Also the lock's: its text says which engine to ask, and a doctor is none."""
    home = tmp_path / "home"
    play(home, holder(tmp_path / "mine.py"), count=5)
    lock = home / JOURNAL / "lock"
    before = files(home)
    assert examine(home).good
    assert files(home) == before
    lock.unlink()
    without = files(home)
    assert examine(home).good
    assert files(home) == without, "it makes no lock either"


def test_it_names_who_holds_a_journal_and_shuts_nobody_out(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert holder_of(lock) is None
    with FileLock(lock, "journal"):
        assert "process" in str(holder_of(lock))
    assert holder_of(lock) is None
    FileLock(lock, "journal").release()


@pytest.mark.parametrize(("version", "good"), [("3.51.2", False), ("3.51.3", True), ("3.100.0", True), ("4.0", True)])
def test_versions_are_numbers_not_texts(version: str, good: bool) -> None:
    findings = Findings()
    _sqlite(findings, version)
    assert findings.good is good
