"""Snapshots: the newest whole one on the chain is used, each other is passed over with a reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.adapters.journal.records import DAY, NOON, contents, expected, numbered, record, write
from tests.unit.adapters.journal.stored import Field, changing
from tradewright.adapters.journal import FileJournal, Snapshots, anchor, snapshot, verify
from tradewright.model.chain import Head
from tradewright.model.errors import JournalDamaged, JournalFull, JournalTruncated


def state(number: int) -> bytes:
    return b"after %d\n\x00\xff" % number


def journal_with_snapshots(folder: Path, *at: int, last: int = 40) -> None:
    """Records in batches of 5, one day each 10, and a snapshot after each record named."""
    with FileJournal(folder) as journal:
        for number in range(1, last + 1):
            journal.append(record(number), NOON + (number - 1) // 10 * DAY)
            if number % 5 == 0:
                journal.wait(number)
            if number in at:
                journal.snapshot(journal.head, state(number))


def latest(folder: Path) -> tuple[int | None, list[str]]:
    """The sequence number of the snapshot that is used, and what was said of the others."""
    reasons: list[str] = []
    found = Snapshots(folder).latest(reasons.append)
    if found is None:
        return None, reasons
    assert found.state == state(found.at.sequence)
    assert found.at.hash == expected(found.at.sequence)
    return found.at.sequence, reasons


def paths(folder: Path) -> list[Path]:
    return sorted((folder / "snapshots").iterdir())


def test_the_newest_snapshot_is_used_and_three_are_kept(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 3, 7, 12, 21, 38)
    assert latest(tmp_path) == (38, [])
    assert [path.name for path in paths(tmp_path)] == [f"{number:020d}.snapshot" for number in (12, 21, 38)]


def test_the_newest_at_or_before_a_record_is_used_where_one_is_named(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 12, 21, 38)
    found = [Snapshots(tmp_path).latest(lambda why: None, before) for before in (11, 12, 37, 38)]
    assert [one and one.at.sequence for one in found] == [None, 12, 21, 38]


def test_without_a_snapshot_there_is_none(tmp_path: Path) -> None:
    write(tmp_path, [3])
    assert latest(tmp_path) == (None, [])


def test_a_snapshot_waits_until_its_record_is_durable_and_anchored(tmp_path: Path) -> None:
    with FileJournal(tmp_path) as journal:
        for number in range(1, 4):  # more than one within a second: the anchor does not follow by itself
            journal.append(record(number), NOON)
            journal.snapshot(journal.head, state(number))
            assert journal.durable == number
            stored = anchor.read_anchor(tmp_path)
            assert stored is not None
            assert stored.head == journal.head


def test_a_snapshot_of_an_earlier_record_does_not_move_the_anchor_back(tmp_path: Path) -> None:
    write(tmp_path, [3, 3])
    with FileJournal(tmp_path) as journal:
        journal.snapshot(Head(2, expected(2)), state(2))
        stored = anchor.read_anchor(tmp_path)
        assert stored is not None
        assert stored.seq == 6
    assert latest(tmp_path) == (2, [])


def test_every_flipped_bit_of_a_snapshot_gives_the_older_one_and_a_reason(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 7, 12, 21)
    newest = paths(tmp_path)[-1]
    whole = newest.read_bytes()
    raw = os.open(newest, os.O_RDWR)
    for bit in range(8 * len(whole)):
        os.pwrite(raw, bytes([whole[bit // 8] ^ 1 << bit % 8]), bit // 8)
        used, reasons = latest(tmp_path)
        assert used == 12
        assert len(reasons) == 1
        assert reasons[0].startswith(f"snapshots/{newest.name} is not used: ")
        os.pwrite(raw, whole, 0)
    os.close(raw)
    assert latest(tmp_path) == (21, [])


def test_every_truncation_of_a_snapshot_gives_the_older_one(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 7, 12)
    newest = paths(tmp_path)[-1]
    whole = newest.read_bytes()
    for size in range(len(whole)):
        newest.write_bytes(whole[:size])
        assert latest(tmp_path)[0] == 7


def test_all_damaged_means_none_with_a_reason_for_each(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 7, 12, 21)
    paths(tmp_path)[0].write_bytes(b"junk")
    paths(tmp_path)[1].rename(tmp_path / "snapshots" / f"{13:020d}.snapshot")
    paths(tmp_path)[2].unlink()
    paths(tmp_path)[0].with_name("9.snapshot").mkdir()
    used, reasons = latest(tmp_path)
    assert used is None
    assert [reason.split(" is not used: ")[1][:11] for reason in reasons] == [
        "it can not ",
        "it is not w",
        "it can not ",
    ]


def test_a_snapshot_of_a_later_version_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal_with_snapshots(tmp_path, 7)
    monkeypatch.setattr(snapshot, "FORMAT", 2)
    with FileJournal(tmp_path) as journal:
        journal.snapshot(journal.head, state(40))
    monkeypatch.undo()
    assert latest(tmp_path) == (7, [f"snapshots/{40:020d}.snapshot is not used: its format 2 is not 1"])


def test_a_snapshot_beyond_the_head_or_of_another_chain_is_passed_over(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 7)
    snapshots = Snapshots(tmp_path)
    snapshots.write(Head(41, expected(41)), state(41))
    snapshots.write(Head(30, expected(29)), state(30))
    used, reasons = latest(tmp_path)
    assert used == 7
    assert [reason.split(" is not used: ")[1] for reason in reasons] == [
        "the journal does not hold record 41",
        "record 30 has another hash in the journal",
    ]


def test_a_damaged_journal_is_not_hidden_by_an_older_snapshot(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 7, 23)
    path = sorted(tmp_path.glob("*.sqlite"))[2]
    with changing(Field(path, "batch", 21, "payload")) as changer:
        changer.set(bytes(10))
        with pytest.raises(JournalDamaged, match=r"row 21–2\d, field payload"):
            latest(tmp_path)


def test_a_snapshot_that_can_not_be_written_leaves_the_others(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 7)
    (tmp_path / "snapshots" / f"{40:020d}.snapshot.tmp").mkdir()
    with FileJournal(tmp_path / "other") as journal:
        (tmp_path / "other" / "snapshots").write_text("in the way")
        with pytest.raises(JournalFull):
            journal.snapshot(journal.head, b"")
    with pytest.raises(JournalFull, match="Is a directory"):
        Snapshots(tmp_path).write(Head(40, expected(40)), state(40))
    assert latest(tmp_path) == (7, [])


def test_whole_segments_before_the_oldest_snapshot_and_the_day_are_retired(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 15, 24, 33)  # segments 1–10, 11–20, 21–30, 31–40
    head = verify(tmp_path)
    with FileJournal(tmp_path) as journal:
        assert journal.retire(before=NOON) == []  # the first day is not before itself
        assert journal.retire(before=NOON + DAY) == ["2024-10-04-00000000000000000001.sqlite"]
        assert journal.retire(before=NOON + 30 * DAY) == []  # a snapshot at 15 still needs 16–20
        journal.snapshot(journal.head, state(40))  # 24, 33, 40 are kept
        assert journal.retire(before=NOON + 30 * DAY) == ["2024-10-05-00000000000000000011.sqlite"]
        journal.append(record(41), NOON + 9 * DAY)
    assert contents(tmp_path, 21) == numbered(21, 41)
    assert verify(tmp_path).hash == expected(41)
    assert head.hash == expected(40)
    assert latest(tmp_path)[0] == 40
    with FileJournal(tmp_path, start=41) as journal:
        assert journal.head == Head(41, expected(41))


def test_the_newest_segment_and_a_journal_without_snapshots_are_never_retired(tmp_path: Path) -> None:
    write(tmp_path, [3], day=0)
    write(tmp_path, [3], day=1)
    with FileJournal(tmp_path) as journal:
        assert journal.retire(before=NOON + 30 * DAY) == []
        journal.snapshot(journal.head, state(6))
        assert journal.retire(before=NOON + 30 * DAY) == ["2024-10-04-00000000000000000001.sqlite"]
        assert journal.retire(before=NOON + 30 * DAY) == []
    with FileJournal(tmp_path / "empty") as journal:
        assert journal.retire(before=NOON) == []


def test_a_damaged_snapshot_does_not_let_a_segment_go(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 25)
    paths(tmp_path)[0].write_bytes(b"junk")
    with FileJournal(tmp_path) as journal:
        assert journal.retire(before=NOON + 30 * DAY) == []


def test_losing_a_segment_after_retiring_is_noticed(tmp_path: Path) -> None:
    journal_with_snapshots(tmp_path, 25)
    with FileJournal(tmp_path) as journal:
        assert len(journal.retire(before=NOON + 30 * DAY)) == 2
    sorted(tmp_path.glob("*.sqlite"))[0].unlink()
    with pytest.raises(JournalTruncated, match="records from 21 are gone"):
        verify(tmp_path)
