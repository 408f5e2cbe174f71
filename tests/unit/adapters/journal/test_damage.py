"""Whatever is not what was written is found before a record of it is used, and named."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.unit.adapters.journal.records import contents, expected, numbered, write
from tests.unit.adapters.journal.stored import Field, changing, fields, flips
from tradewright.adapters.journal import FileJournal, hash_at, read, verify
from tradewright.adapters.journal.batch import Batch
from tradewright.adapters.journal.segment import Segment, SegmentReader, SegmentWriter, segments
from tradewright.model.chain import START, Head
from tradewright.model.errors import JournalDamaged, JournalError, JournalTruncated
from tradewright.ports import no_crash


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sqlite"))


def find_every_flip(field: Field, rows: dict[int, int]) -> int:
    """Flips each bit of a stored value; each must be found and named. Returns how many were."""
    found = 0
    with changing(field) as changer:
        for value in flips(changer.original):
            if not changer.set(value):
                continue
            with pytest.raises(JournalDamaged) as caught:
                verify(field.path.parent)
            text = str(caught.value)
            assert text.startswith(f"{field.path.name}, ")
            assert f"field {field.column}:" in text
            if field.table == "header":
                assert "header, " in text
            else:
                # The row as it was, or, where its own first number changed, as it is now.
                now = value if field.column == "first" else field.key
                assert f"row {field.key}–" in text or f"row {now}–{rows[field.key]}," in text, text
            found += 1
    return found


def ends(path: Path) -> dict[int, int]:
    """First and last number of each row of a segment."""
    with sqlite3.connect(path) as connection:
        found = dict(connection.execute("SELECT first, last FROM batch").fetchall())
    connection.close()
    return found


def test_every_flipped_bit_of_a_small_journal_is_found_and_named(tmp_path: Path) -> None:
    write(tmp_path, [1, 2], day=0)
    write(tmp_path, [1, 1, 1], day=1)
    found = 0
    first, second = files(tmp_path)
    chosen = [*fields(second), *(field for field in fields(first) if field.table == "header" or field.key == 2)]
    for field in chosen:
        found += find_every_flip(field, ends(field.path))
    assert found > 2_500
    assert verify(tmp_path) == Head(6, expected(6))  # and every one was put back


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_flipped_bit_of_a_thousand_records_is_found_and_named(tmp_path: Path) -> None:
    for day in range(4):
        write(tmp_path, [10] * 25, day)
    bits = 0
    before = START
    for place in segments(tmp_path):
        with SegmentReader(place, newest=False) as reader:
            rows = list(reader.since(0)[1])
        for row in rows:
            bits += _flip_in_memory(row, before, place.name)
            before = Head(row.last, row.hash)
        known = {row.first: row.last for row in rows}
        for field in fields(place.path):
            if field.table == "header" or field.column in ("first", "last"):
                bits += find_every_flip(field, known)
    assert before == Head(1000, expected(1000))
    assert bits > 240_000  # 164,000 of payload, 25,600 of hash, and the keys and headers


def _flip_in_memory(row: Batch, before: Head, name: str) -> int:
    """Payload and hash, by the very function that reading calls for each row it was given."""
    row.frames_after(before, name)
    bits = 0
    for column in ("payload", "hash"):
        for value in flips(getattr(row, column)):
            with pytest.raises(JournalDamaged) as caught:
                row._replace(**{column: value}).frames_after(before, name)
            assert str(caught.value).startswith(f"{name}, row {row.first}–{row.last}, field {column}:")
            bits += 1
    return bits


def flip_file(path: Path, bit: int) -> None:
    with open(path, "r+b") as file:
        file.seek(bit // 8)
        byte = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


def flipped_is_found(folder: Path, path: Path, bit: int) -> bool:
    """Flips one bit of a file: reading refuses and says where (True), or every record is still right (False)."""
    flip_file(path, bit)
    try:
        seen: str | list[tuple[int, bytes]] = contents(folder)
    except JournalError as error:
        seen = str(error)
    flip_file(path, bit)
    if isinstance(seen, str):
        assert path.name in seen or "before its anchor" in seen
        return True
    assert seen == numbered(1, 12)
    return False


def test_a_flipped_bit_anywhere_in_a_file_never_changes_a_record(tmp_path: Path) -> None:
    write(tmp_path, [3, 3], day=0)
    write(tmp_path, [3, 3], day=1)
    pick = random.Random(7)
    found = 0
    for path in (*files(tmp_path), tmp_path / "anchor"):
        for bit in pick.sample(range(8 * path.stat().st_size), 400):
            found += flipped_is_found(tmp_path, path, bit)
    assert found > 400  # all of the anchor's, and those that hit a used byte of a segment
    assert contents(tmp_path) == numbered(1, 12)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_flipped_bit_of_any_file_changes_a_record(tmp_path: Path) -> None:
    write(tmp_path, [3, 3], day=0)
    write(tmp_path, [3, 3], day=1)
    found = sum(
        flipped_is_found(tmp_path, path, bit)
        for path in (*files(tmp_path), tmp_path / "anchor")
        for bit in range(8 * path.stat().st_size)
    )
    assert found > 5_000
    assert contents(tmp_path) == numbered(1, 12)


def test_every_flipped_bit_of_the_anchor_is_found(tmp_path: Path) -> None:
    write(tmp_path, [3])
    anchor = tmp_path / "anchor"
    for bit in range(8 * anchor.stat().st_size):
        flip_file(anchor, bit)
        with pytest.raises(JournalDamaged, match=r"^anchor"):
            verify(tmp_path)
        flip_file(anchor, bit)
    assert verify(tmp_path).sequence == 3


def test_a_damaged_journal_is_not_opened_for_writing_and_not_changed(tmp_path: Path) -> None:
    write(tmp_path, [3, 3])
    (path,) = files(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE batch SET payload = x'00' WHERE first = 4")
    connection.close()
    before = path.read_bytes()
    for _ in range(2):  # the lock was given back
        with pytest.raises(JournalDamaged, match=r"row 4–6, field payload"):
            FileJournal(tmp_path)
    assert path.read_bytes() == before


def test_a_batch_before_the_start_is_not_hashed_again_but_its_links_are(tmp_path: Path) -> None:
    for day in range(3):
        write(tmp_path, [3, 3], day)
    first, second, _ = files(tmp_path)
    with changing(Field(first, "batch", 4, "payload")) as changer:
        changer.set(bytes(8))
        assert verify(tmp_path, start=8).sequence == 18
        with pytest.raises(JournalDamaged, match="row 4–6, field payload"):
            verify(tmp_path)
    for column, value in (("hash", bytes(32)), ("last", 5)):
        with changing(Field(first, "batch", 4, column)) as changer:
            changer.set(value)  # type: ignore[arg-type]
            with pytest.raises(JournalDamaged, match=f"{first.name}, row 4–., field {column}: {second.name} follows"):
                verify(tmp_path, start=14)


def test_a_missing_segment_is_named(tmp_path: Path) -> None:
    for day in range(3):
        write(tmp_path, [3, 3], day)
    oldest, middle, newest = files(tmp_path)
    for path, kind, why in (
        (oldest, JournalTruncated, "records from 1 are gone"),
        (middle, JournalDamaged, f"row 4–6, field last: {newest.name} follows record 12"),
        (newest, JournalTruncated, "ends at record 12, before its anchor 18"),
    ):
        path.rename(path.with_suffix(".gone"))
        with pytest.raises(kind, match=why):
            verify(tmp_path)
        path.with_suffix(".gone").rename(path)
    assert verify(tmp_path).sequence == 18


def test_rows_gone_from_the_end_of_a_segment_are_missed_by_the_next_one(tmp_path: Path) -> None:
    for day in range(2):
        write(tmp_path, [3], day)
    for path in files(tmp_path):
        with sqlite3.connect(path) as connection:
            connection.execute("DELETE FROM batch")
        connection.close()
    for start in (1, 5):
        with pytest.raises(JournalDamaged, match=r"which shows no row, field last: .* follows record 3"):
            verify(tmp_path, start)


def test_an_empty_segment_keeps_its_place_in_the_chain(tmp_path: Path) -> None:
    write(tmp_path, [3], day=0)
    place = segments(tmp_path)[0]._replace(first=4)
    for day in (1, 2):  # a crash after the segment was made and before its first commit, twice
        SegmentWriter.create(place._replace(day=place.day + day), expected(3), no_crash).close()
    assert verify(tmp_path) == Head(3, expected(3))
    assert [hash_at(tmp_path, number) for number in (2, 3, 4)] == [expected(2), expected(3), None]
    write(tmp_path, [2], day=2)
    assert verify(tmp_path) == Head(5, expected(5))
    assert contents(tmp_path) == numbered(1, 5)
    assert [hash_at(tmp_path, number) for number in (3, 4)] == [expected(3), expected(4)]


def test_a_foreign_segment_of_the_right_number_is_found(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        with FileJournal(folder) as journal:
            journal.append(b"one of " + folder.name.encode(), 0)
        write(folder, [2], day=1)
    shutil.copy(files(theirs)[1], files(ours)[1])
    with pytest.raises(JournalDamaged, match=f"field hash: {files(ours)[1].name} follows another chain"):
        verify(ours)


def test_a_first_segment_that_claims_a_past_is_found(tmp_path: Path) -> None:
    write(tmp_path, [])
    SegmentWriter.create(Segment(tmp_path, 1, 1), bytes(32), no_crash).close()
    with pytest.raises(JournalDamaged, match=r"the journal, field hash: .* follows another chain"):
        verify(tmp_path)


def test_a_segment_without_its_header_is_named(tmp_path: Path) -> None:
    write(tmp_path, [2])
    (path,) = files(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM header")
    connection.close()
    with pytest.raises(JournalDamaged, match=f"{path.name}, header: it is not one row"):
        verify(tmp_path)


@pytest.mark.parametrize("name", ["snapshots", "2024-10-04-1.sqlite", "2024-13-01-00000000000000000001.sqlite-old"])
def test_other_files_in_the_folder_are_let_be(tmp_path: Path, name: str) -> None:
    write(tmp_path, [2])
    (tmp_path / name).write_bytes(b"something else")
    assert verify(tmp_path).sequence == 2


def test_an_impossible_date_in_a_name_is_no_segment(tmp_path: Path) -> None:
    write(tmp_path, [2])
    (path,) = files(tmp_path)
    path.rename(tmp_path / "2024-13-45-00000000000000000001.sqlite")
    with pytest.raises(JournalTruncated):
        verify(tmp_path)


@pytest.mark.parametrize("junk", [b"", b"not a database at all, but long enough to be looked at" * 100])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, junk: bytes) -> None:
    write(tmp_path, [2])
    (path,) = files(tmp_path)
    path.write_bytes(junk)
    with pytest.raises(JournalDamaged, match=path.name):
        verify(tmp_path)


def test_a_value_of_another_type_is_named(tmp_path: Path) -> None:
    write(tmp_path, [2, 2])
    (path,) = files(tmp_path)
    data = path.read_bytes()
    with sqlite3.connect(path) as connection:  # the schema without STRICT, as a rotten schema might be
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '')")
    connection.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE batch SET hash = 'text' WHERE first = 3")
    connection.close()
    assert path.read_bytes() != data
    with pytest.raises(JournalDamaged, match=f"{path.name}, row 3–4, field hash: it is not of type bytes"):
        verify(tmp_path)


def test_a_journal_that_ends_before_its_anchor_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [3, 3])
    (path,) = files(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM batch WHERE first = 4")
    connection.close()
    for open_ in (verify, FileJournal, lambda folder: list(read(folder))):
        with pytest.raises(JournalTruncated, match="ends at record 3, before its anchor 6"):
            open_(tmp_path)


def test_a_journal_rewritten_up_to_its_anchor_is_refused(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    write(old, [4])
    with FileJournal(new) as journal:
        for number in range(6):
            journal.append(b"another %d" % number, 0)
    shutil.copy(old / "anchor", new / "anchor")
    with pytest.raises(JournalDamaged, match="anchor, field hash: record 4 has another hash"):
        verify(new)


def test_a_journal_without_its_anchor_is_refused(tmp_path: Path) -> None:
    write(tmp_path, [4])
    (tmp_path / "anchor").unlink()
    for open_ in (verify, FileJournal):
        with pytest.raises(JournalTruncated, match="anchor is missing"):
            open_(tmp_path)


def test_an_anchor_of_a_later_version_is_not_guessed_at(tmp_path: Path) -> None:
    from tradewright.adapters.journal import anchor

    write(tmp_path, [4])
    stored = json.loads((tmp_path / "anchor").read_text())
    stored["format"] = 2
    stored["seal"] = anchor._seal(2, stored["first"], stored["seq"], stored["hash"])
    (tmp_path / "anchor").write_text(json.dumps(stored))
    with pytest.raises(JournalDamaged, match="anchor, field format: 2 is not 1"):
        verify(tmp_path)


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_segment_that_is_gone_when_it_is_opened_is_named(tmp_path: Path, suffix: str) -> None:
    place = Segment(tmp_path, 0, 1)
    if suffix:
        place.wal.write_bytes(b"its WAL is still there")
    with pytest.raises(JournalError, match=f"{place.name} can not be opened"):
        SegmentReader(place, newest=True)


def read_without_rights(folder: Path) -> str:
    """What a process that may only read says of the journal: its head, and why it can not be opened for writing."""
    code = (
        "import os, sys, pathlib\n"
        "from tradewright.adapters.journal import FileJournal, verify\n"
        "from tradewright.model.errors import JournalError, JournalFull\n"
        "if os.geteuid() == 0: os.setuid(65534)  # root may write everywhere\n"
        "try: print(verify(pathlib.Path(sys.argv[1])).sequence)\n"
        "except JournalError as error: print(error)\n"
        "try: FileJournal(pathlib.Path(sys.argv[1]))\n"
        "except JournalFull as error: print(error)\n"
    )
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    found = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=60)
    folder.chmod(0o755)
    return found.stdout


def test_a_journal_on_a_read_only_folder_can_be_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, [3], day=0)
        write(folder, [3], day=1)
        assert read_without_rights(folder) == "6\nlock can not be written: Permission denied\n"


def test_a_killed_journal_on_a_read_only_folder_is_not_read_without_its_wal() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, [3])
        (path,) = files(folder)
        path.with_name(path.name + "-wal").write_bytes(b"not moved into the file yet")
        said = read_without_rights(folder)
        assert said.startswith(f"{path.name} can not be opened"), said
