"""Records that belong together: a crash leaves all of them or none, since no row holds only some."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.unit.adapters.journal.records import DAY, NOON, contents, expected, numbered, record
from tradewright.adapters.journal import FileJournal, backlog, journal, verify, writer
from tradewright.adapters.journal.reader import Walk
from tradewright.model.chain import Head
from tradewright.model.errors import ContractError
from tradewright.ports import MemoryJournal


def test_no_row_parts_what_belongs_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "BATCH_BYTES_MAX", 100)
    gate = threading.Event()

    def hold(name: str, /) -> None:
        if name == "before-commit":
            assert gate.wait(10)

    groups = [(1, 1), (2, 4), (5, 5), (6, 25), (26, 27), (28, 30)]
    with FileJournal(tmp_path, crash=hold) as opened:
        for first, last in groups:
            assert opened.append_all([record(number) for number in range(first, last + 1)], NOON) == last
        gate.set()
    assert contents(tmp_path) == numbered(1, 30)
    assert verify(tmp_path) == Head(30, expected(30))
    ends = {first + len(frames) - 1 for first, frames in Walk(tmp_path)}
    assert len(ends) > 1, "one row would prove nothing"
    assert ends <= {last for _, last in groups}


def test_together_or_one_by_one_is_the_same_chain(tmp_path: Path) -> None:
    memory = MemoryJournal()
    assert memory.append_all([record(number) for number in range(1, 8)], NOON) == 7
    with FileJournal(tmp_path) as opened:
        for number in range(1, 8):
            opened.append(record(number), NOON + DAY)
        assert opened.head == memory.head == Head(7, expected(7))


def test_one_record_too_large_refuses_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "RECORD_BYTES_MAX", 40)
    with FileJournal(tmp_path) as opened:
        with pytest.raises(ContractError, match="41 bytes; 40 is the most"):
            opened.append_all([b"x" * 40, b"y" * 41], NOON)
        assert opened.head.sequence == 0


def test_what_nobody_waits_for_shares_a_commit_and_whoever_waits_has_his_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "LINGER_SECONDS", 600.0)
    with FileJournal(tmp_path) as opened:
        for number in range(1, 6):
            opened.append(record(number), NOON)
        assert opened.wait(3, timeout=60), "nobody else had to wait for his"
        assert opened.durable == 5
        opened.append(record(6), NOON)
        opened.append_all([record(7), b"x" * backlog.LINGER_BYTES_MAX], NOON)
        until = time.monotonic() + 60
        while opened.durable < 8:
            assert time.monotonic() < until, "much of it is not kept waiting"
            time.sleep(0.01)
        opened.append(record(9), NOON)
    assert [first + len(frames) - 1 for first, frames in Walk(tmp_path)] == [5, 8, 9]


def test_what_nobody_waits_for_is_durable_soon(tmp_path: Path) -> None:
    with FileJournal(tmp_path) as opened:
        opened.append(record(1), NOON)
        until = time.monotonic() + 60
        while opened.durable < 1:
            assert time.monotonic() < until
            time.sleep(0.001)
