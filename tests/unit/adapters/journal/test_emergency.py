"""The emergency file: room that is there before it is needed, lines that are whole or refused."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradewright.adapters.journal import EmergencyFile, disk
from tradewright.adapters.journal.emergency import LINE_MAX, SIZE, SLOT
from tradewright.model.errors import ContractError, JournalDamaged, JournalFull


def test_lines_are_there_after_a_restart_and_gone_after_clearing(tmp_path: Path) -> None:
    file = EmergencyFile(tmp_path)
    assert file.lines() == []
    written = [b"cancel all", b'{"close":"BTC/USDT"}', bytes(range(256))[:LINE_MAX], b"\0", b"x" * LINE_MAX]
    for line in written:
        file.append(line)
    file.close()
    again = EmergencyFile(tmp_path)
    assert again.lines() == written
    again.append(b"one more")
    assert again.lines() == [*written, b"one more"]
    again.clear()
    assert again.lines() == []
    again.append(b"a new beginning")
    assert EmergencyFile(tmp_path).lines() == [b"a new beginning"]


def test_its_room_is_really_allocated_and_never_grows(tmp_path: Path) -> None:
    file = EmergencyFile(tmp_path)
    path = tmp_path / "emergency"
    before = path.stat()
    assert before.st_size == SIZE
    assert before.st_blocks * 512 >= SIZE  # zeros that were written, not a hole
    for number in range(SIZE // SLOT):
        file.append(b"line %d" % number)
    with pytest.raises(JournalFull, match="emergency is full"):
        file.append(b"one too many")
    after = path.stat()
    assert (after.st_size, after.st_blocks, after.st_ino) == (before.st_size, before.st_blocks, before.st_ino)
    assert file.lines() == [b"line %d" % number for number in range(SIZE // SLOT)]
    with pytest.raises(JournalFull):
        EmergencyFile(tmp_path).append(b"also after a restart")
    file.clear()
    for number in range(SIZE // SLOT):  # and clearing gives all of it back
        file.append(b"again %d" % number)


def test_a_line_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    file = EmergencyFile(tmp_path)
    with pytest.raises(JournalFull, match=f"{LINE_MAX} bytes at most, not {LINE_MAX + 1}"):
        file.append(b"x" * (LINE_MAX + 1))
    with pytest.raises(ContractError):
        file.append(b"")
    assert file.lines() == []


def test_every_flipped_bit_of_a_line_is_named(tmp_path: Path) -> None:
    file = EmergencyFile(tmp_path)
    for line in (b"first", b"second"):
        file.append(line)
    raw = os.open(tmp_path / "emergency", os.O_RDWR)
    whole = os.pread(raw, 2 * SLOT, 0)
    for bit in range(8 * SLOT // 2, 8 * SLOT * 3 // 2):
        os.pwrite(raw, bytes([whole[bit // 8] ^ 1 << bit % 8]), bit // 8)
        with pytest.raises(JournalDamaged, match=f"emergency, line {bit // (8 * SLOT) + 1}:"):
            file.lines()
        os.pwrite(raw, whole, 0)
    os.close(raw)
    assert file.lines() == [b"first", b"second"]


def test_another_size_is_refused(tmp_path: Path) -> None:
    EmergencyFile(tmp_path).close()
    for size in (SIZE - 1, SIZE + 1, 0):
        os.truncate(tmp_path / "emergency", size)
        with pytest.raises(JournalDamaged, match="size"):
            EmergencyFile(tmp_path)


def test_a_clearing_cut_short_keeps_whole_lines_only(tmp_path: Path) -> None:
    file = EmergencyFile(tmp_path)
    for number in range(8):
        file.append(b"line %d" % number)
    with open(tmp_path / "emergency", "r+b") as raw:  # sectors 0 and 2 were cleared, 1 and 3 not yet
        for sector in (0, 2):
            raw.seek(512 * sector)
            raw.write(bytes(512))
    again = EmergencyFile(tmp_path)
    assert again.lines() == [b"line 1", b"line 3", b"line 4", b"line 5", b"line 6", b"line 7"]
    again.append(b"line 8")
    assert again.lines()[-2:] == [b"line 7", b"line 8"]


def test_without_a_folder_there_is_no_emergency_file(tmp_path: Path) -> None:
    with pytest.raises(JournalFull):
        EmergencyFile(tmp_path / "nowhere")


def test_a_short_write_is_no_line(tmp_path: Path) -> None:
    """A limit in the middle of a slot: the kernel writes what fits and says so."""
    code = (
        "import pathlib, resource, sys\n"
        "from tradewright.adapters.journal import EmergencyFile\n"
        "from tradewright.model.errors import JournalFull\n"
        "file = EmergencyFile(pathlib.Path(sys.argv[1]))\n"
        "file.append(b'whole')\n"
        "unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, unlimited[1]))\n"
        "try: file.append(b'cut')\n"
        "except JournalFull as failure: print(failure)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)  # what measures this process must be able to write\n"
    )
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert found.stdout == "emergency: 88 of 512 bytes could be written\n", found.stderr


def test_each_line_and_each_clearing_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real sync is listened to: what was in the file when it was asked."""
    file = EmergencyFile(tmp_path)
    synced: list[list[bytes]] = []
    sync = disk.sync

    def listened(descriptor: int, path: Path) -> None:
        sync(descriptor, path)
        synced.append(file.lines())

    monkeypatch.setattr(disk, "sync", listened)
    file.append(b"first")
    file.append(b"second")
    file.clear()
    assert synced == [[b"first"], [b"first", b"second"], []]


def test_a_line_that_can_not_be_synced_ends_the_process(tmp_path: Path) -> None:
    """A pipe in place of the file: the kernel really refuses to fsync it."""
    reasons: list[str] = []
    os.mkfifo(tmp_path / "emergency.tmp")
    reader = os.open(tmp_path / "emergency.tmp", os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 2 * SIZE)
    try:
        with pytest.raises(JournalFull):
            EmergencyFile(tmp_path, fatal=reasons.append)
    finally:
        os.close(reader)
    assert reasons == ["emergency: fsync failed (Invalid argument)"]
