"""The journal's daily work: number, chain, store, read back, begin again."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from pathlib import Path

import apsw
import pytest

from tests.unit.adapters.journal.faulty_vfs import faulty
from tests.unit.adapters.journal.records import DAY, NOON, chain, contents, expected, numbered, record, write
from tradewright.adapters.journal import FileJournal, backlog, hash_at, read, segment, verify
from tradewright.adapters.journal.writer import BATCH_BYTES_MAX
from tradewright.model.chain import GENESIS, Head
from tradewright.model.errors import ContractError, JournalError
from tradewright.ports import Journal, MemoryJournal


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.sqlite"))


def test_what_was_appended_is_read_back_in_order_with_its_numbers(tmp_path: Path) -> None:
    write(tmp_path, [1, 2, 3, 50])
    assert contents(tmp_path) == numbered(1, 56)
    assert verify(tmp_path) == Head(56, expected(56))


def test_an_empty_journal_is_a_journal(tmp_path: Path) -> None:
    write(tmp_path, [])
    assert contents(tmp_path) == []
    assert verify(tmp_path) == Head(0, GENESIS)
    write(tmp_path, [1])
    assert contents(tmp_path) == numbered(1, 1)


def test_a_folder_without_a_journal_is_not_read_as_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="holds no journal"):
        verify(tmp_path)
    with pytest.raises(JournalError, match="nowhere"):
        verify(tmp_path / "nowhere")


@pytest.mark.parametrize("seed", range(6))
def test_the_hash_does_not_depend_on_batches_days_or_restarts(tmp_path: Path, seed: int) -> None:
    random_ = random.Random(seed)
    memory = MemoryJournal()
    for number in range(1, 121):
        memory.append(record(number), NOON)
    day = 0
    done = 0
    while done < 120:
        sizes = [min(random_.randint(1, 20), 120 - done) for _ in range(1)]
        write(tmp_path, sizes, day)
        done += sum(sizes)
        day += random_.randint(0, 2)
    assert verify(tmp_path) == memory.head == Head(120, expected(120))
    assert contents(tmp_path) == list(memory.read())


def test_numbers_go_on_without_a_gap_over_restarts_and_days(tmp_path: Path) -> None:
    for day in range(4):
        write(tmp_path, [3, 2], day)
    assert names(tmp_path) == [
        "2024-10-04-00000000000000000001.sqlite",
        "2024-10-05-00000000000000000006.sqlite",
        "2024-10-06-00000000000000000011.sqlite",
        "2024-10-07-00000000000000000016.sqlite",
    ]
    assert contents(tmp_path) == numbered(1, 20)


def test_one_backlog_over_midnight_is_split_between_two_segments(tmp_path: Path) -> None:
    with FileJournal(tmp_path) as journal:
        for number in range(1, 41):
            journal.append(record(number), NOON + (number > 25) * DAY)
    assert names(tmp_path) == ["2024-10-04-00000000000000000001.sqlite", "2024-10-05-00000000000000000026.sqlite"]
    assert contents(tmp_path) == numbered(1, 40)


def test_a_late_record_stays_in_the_newest_segment(tmp_path: Path) -> None:
    write(tmp_path, [2], day=5)
    write(tmp_path, [2], day=3)
    assert len(names(tmp_path)) == 1
    assert contents(tmp_path) == numbered(1, 4)


def test_a_late_record_does_not_date_a_new_segment(tmp_path: Path) -> None:
    gate = threading.Event()

    def hold(name: str, /) -> None:
        if name == "before-commit":
            assert gate.wait(10)

    with FileJournal(tmp_path, crash=hold) as journal:
        for number, day in enumerate((0, 5, 3, 5, 4), 1):  # all but the first are taken together
            journal.append(record(number), NOON + day * DAY)
        gate.set()
    assert names(tmp_path) == ["2024-10-04-00000000000000000001.sqlite", "2024-10-09-00000000000000000002.sqlite"]
    assert contents(tmp_path) == numbered(1, 5)


def test_a_reader_that_came_before_the_writer_sees_what_it_adds(tmp_path: Path) -> None:
    write(tmp_path, [2])
    place = segment.segments(tmp_path)[0]
    with segment.SegmentReader(place, newest=True) as reader, FileJournal(tmp_path) as journal:
        journal.wait(journal.append(record(3), NOON))
        batch = reader.last()
        assert batch is not None
        assert batch.last == 3


def test_reading_can_begin_at_every_record(tmp_path: Path) -> None:
    for day in range(3):
        write(tmp_path, [4, 1, 3], day)
    for start in range(1, 26):
        assert contents(tmp_path, start) == numbered(start, 24)
        assert verify(tmp_path, start) == Head(24, expected(24))


def test_the_hash_is_known_at_every_record_and_nowhere_else(tmp_path: Path) -> None:
    for day in range(3):
        write(tmp_path, [4, 1, 3], day)
    assert [hash_at(tmp_path, number) for number in range(25)] == [expected(number) for number in range(25)]
    assert hash_at(tmp_path, 25) is None
    assert hash_at(tmp_path, -1) is None


def test_opening_after_a_snapshot_still_knows_the_head(tmp_path: Path) -> None:
    for day in range(3):
        write(tmp_path, [4, 4], day)
    with FileJournal(tmp_path, start=20) as journal:
        assert journal.head == Head(24, expected(24))
        assert journal.durable == 24


def test_a_finished_segment_is_one_plain_file(tmp_path: Path) -> None:
    write(tmp_path, [5], day=0)
    write(tmp_path, [5], day=1)
    assert [path.name for path in tmp_path.iterdir() if "-wal" in path.name or "-shm" in path.name] == []


def test_head_runs_ahead_and_durable_follows(tmp_path: Path) -> None:
    gate = threading.Event()

    def hold(kind: str, name: str, number: int) -> int:
        if kind == "sync" and name.endswith("-wal"):
            assert gate.wait(10)
        return 0

    write(tmp_path, [2])
    gate.set()
    with faulty(hold), FileJournal(tmp_path, vfs="faulty") as journal:
        gate.clear()
        assert journal.append(record(3), NOON) == 3
        assert journal.head == Head(3, expected(3))
        assert not journal.wait(3, timeout=0.05)
        assert journal.durable == 2
        gate.set()
        assert journal.wait(3, timeout=10)
        assert journal.durable == 3


def test_records_that_come_during_a_commit_share_the_next_one(tmp_path: Path) -> None:
    gate = threading.Event()

    def hold(kind: str, name: str, number: int) -> int:
        if kind == "sync" and name.endswith("-wal"):
            assert gate.wait(10)
        return 0

    write(tmp_path, [1])
    gate.set()
    seen: list[int] = []
    with (
        faulty(hold),
        FileJournal(tmp_path, vfs="faulty", notify=lambda: seen.append(journal.durable)) as journal,
    ):
        gate.clear()
        for number in range(2, 31):
            journal.append(record(number), NOON)
        gate.set()
        assert journal.wait(30, timeout=10)
    assert seen[-1] == 30
    assert len(seen) <= 2  # the first commit took what was there when it began, the second all the rest


def test_a_full_backlog_holds_the_appender_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backlog, "BYTES_MAX", 200)
    gate = threading.Event()

    def hold(kind: str, name: str, number: int) -> int:
        if kind == "sync" and name.endswith("-wal"):
            assert gate.wait(10)
        return 0

    write(tmp_path, [1])
    gate.set()
    with faulty(hold), FileJournal(tmp_path, vfs="faulty") as journal:
        gate.clear()

        def append_all() -> None:
            for number in range(2, 61):
                journal.append(record(number), NOON)

        appender = threading.Thread(target=append_all)
        appender.start()
        appender.join(0.2)
        assert appender.is_alive()
        held_at = journal.head.sequence
        assert held_at < 30
        gate.set()
        appender.join(10)
        assert not appender.is_alive()
    assert contents(tmp_path) == numbered(1, 60)


def test_large_records_are_cut_into_rows_and_come_back_whole(tmp_path: Path) -> None:
    rows = [bytes([number]) * (BATCH_BYTES_MAX // 3) for number in range(10)] + [b"", b"z" * (1024 * 1024)]
    with FileJournal(tmp_path) as journal:
        for row in rows:
            journal.append(row, NOON)
    assert [row for _, row in read(tmp_path)] == rows
    assert verify(tmp_path).hash == chain(rows)
    place = segment.segments(tmp_path)[0]
    with segment.SegmentReader(place, newest=True) as reader:
        assert max(len(batch.payload) for batch in reader.since(0)[1]) <= BATCH_BYTES_MAX + 4


def test_an_asyncio_loop_can_be_woken(tmp_path: Path) -> None:
    async def run() -> int:
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        with FileJournal(tmp_path, notify=lambda: loop.call_soon_threadsafe(woken.set)) as journal:
            number = journal.append(record(1), NOON)
            async with asyncio.timeout(10):
                while journal.durable < number:
                    await woken.wait()
                    woken.clear()
            return journal.durable

    assert asyncio.run(run()) == 1


def test_a_live_journal_can_be_read_while_it_grows(tmp_path: Path) -> None:
    stop = threading.Event()

    def append_all() -> None:
        with FileJournal(tmp_path, checkpoint_pages=8) as journal:
            number = 0
            while not stop.is_set():
                number += 1
                journal.wait(journal.append(record(number), NOON + number // 40 * DAY))

    write(tmp_path, [])
    writer = threading.Thread(target=append_all)
    writer.start()
    try:
        seen = 0
        while seen < 400:
            found = contents(tmp_path)
            assert found == numbered(1, len(found))
            assert len(found) >= seen
            seen = len(found)
    finally:
        stop.set()
        writer.join()
    assert len(names(tmp_path)) > 5


def test_a_reader_in_the_middle_stops_neither_the_writer_nor_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "BUSY_MS", 50)
    write(tmp_path, [1])
    reader = apsw.Connection(str(next(tmp_path.glob("*.sqlite"))), flags=apsw.SQLITE_OPEN_READONLY)
    reader.execute("BEGIN")
    assert reader.execute("SELECT max(last) FROM batch").fetchall() == [(1,)]
    write(tmp_path, [1] * 100, checkpoint_pages=4)
    write(tmp_path, [1] * 100, checkpoint_pages=4)
    assert reader.execute("SELECT max(last) FROM batch").fetchall() == [(1,)]
    reader.close()
    assert contents(tmp_path) == numbered(1, 201)
    write(tmp_path, [1])
    assert verify(tmp_path) == Head(202, expected(202))


def test_the_wal_is_used_again_after_a_checkpoint(tmp_path: Path) -> None:
    largest = 0
    with FileJournal(tmp_path, checkpoint_pages=10) as journal:
        for number in range(1, 200):
            journal.wait(journal.append(record(number), NOON))
            largest = max(largest, *(path.stat().st_size for path in tmp_path.glob("*-wal")))
    assert largest < 20 * 4_200
    assert contents(tmp_path) == numbered(1, 199)


def test_the_anchor_follows_within_a_second_and_at_most_once_a_second(tmp_path: Path) -> None:
    anchor = tmp_path / "anchor"
    seen = set()
    begun = time.monotonic()
    with FileJournal(tmp_path, notify=lambda: seen.add(anchor.read_bytes())) as journal:
        clock = threading.Event()
        for number in range(1, 31):
            journal.append(record(number), NOON)
            clock.wait(0.01)
        assert len(seen) <= 2 + int(time.monotonic() - begun)  # the first and one a second, however slow this machine
        for _ in range(30):
            if b'"seq":30' in anchor.read_bytes():
                break
            clock.wait(0.05)
        assert b'"seq":30' in anchor.read_bytes()


def test_callers_mistakes_are_named(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    for moment in (-1, 2**63):
        with pytest.raises(ContractError, match="not a time"):
            journal.append(b"x", moment)
    with pytest.raises(ContractError, match="bytes"):
        journal.append(b"x" * (1024 * 1024 + 1), NOON)
    with pytest.raises(ContractError, match="never appended"):
        journal.wait(1)
    journal.close()
    with pytest.raises(ContractError, match="closed"):
        journal.append(b"x", NOON)
    assert contents(tmp_path) == []


def test_an_old_sqlite_is_refused() -> None:
    for version in ("3.51.3", "3.51.10", "3.54.1", "4.0.0", "3.51.3.1"):
        segment.check_sqlite(version)
    for version in ("3.51.2", "3.9.9", "2.99.99"):
        with pytest.raises(JournalError, match=version):
            segment.check_sqlite(version)


def test_both_journals_are_the_port(tmp_path: Path) -> None:
    with FileJournal(tmp_path) as file:
        journals: list[Journal] = [file, MemoryJournal()]
        for journal in journals:
            for number in range(1, 6):
                assert journal.append(record(number), NOON) == number
            assert journal.wait(5)
            assert journal.durable == 5
            assert journal.failure is None
            assert journal.head == Head(5, expected(5))
            journal.snapshot(journal.head, b"state")
            with pytest.raises(ContractError, match="never appended"):
                journal.wait(6)
        for journal in journals:
            journal.close()
