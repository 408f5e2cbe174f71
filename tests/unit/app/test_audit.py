"""The audit log: what it has of each change, refusal, key and start, what is wrong with one that was touched, and that
nothing waits for it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from hashlib import sha256
from itertools import chain, product
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import tradewright
from tests.e2e.service import serving, variables
from tests.e2e.test_serve import free_port
from tests.project import COMPILED_ALONE
from tests.unit.app.listening import listening
from tests.unit.app.standing_api import BOTH, Client, FullDisk, asked
from tradewright.app import audit
from tradewright.app.api.keys import KeyRing
from tradewright.app.api.witness import LINES_AT_ONCE
from tradewright.app.audit import FILE, SEGMENTS, AuditLog, Head, lines_of, verified
from tradewright.model.errors import InputError, JournalFull, UsageError


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def rows(folder: Path, what: str = "") -> list[dict[str, Any]]:
    """The lines of a log, in order."""
    found = [json.loads(line) for line in (folder / FILE).read_text().splitlines()]
    return [row for row in found if what in ("", row["what"])]


def written(folder: Path, count: int) -> list[bytes]:
    """A log of so many lines by two writers in turn."""
    writers = AuditLog(folder), AuditLog(folder)
    for number in range(count):
        assert writers[number % 2].note("request", who="ann", status=200, code="", record=number + 7)
    return (folder / FILE).read_bytes().splitlines(keepends=True)


# ── the chain ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_line_has_its_number_and_the_hash_of_the_one_before(tmp_path: Path) -> None:
    lines = written(tmp_path, 5)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert [row["n"] for row in rows(tmp_path)] == [1, 2, 3, 4, 5]
    before = "0" * 64
    for line in lines:
        row = json.loads(line)
        assert row["before"] == before
        before = row["hash"]
        assert sha256(line.replace(f',"hash":"{before}"'.encode(), b"").rstrip(b"\n")).hexdigest() == before
    assert verified(tmp_path) == (Head(5, before), "", 0)
    assert "code" not in rows(tmp_path)[0], "what there is not is left out"


def test_every_bit_that_is_turned_is_found_in_its_line(tmp_path: Path) -> None:
    whole = b"".join(written(tmp_path, 3))
    for place in range(len(whole)):
        bad = bytearray(whole)
        bad[place] ^= 1 << place % 8
        (tmp_path / FILE).write_bytes(bad)
        found, number = verified(tmp_path), whole[:place].count(b"\n") + 1
        if place == len(whole) - 1:
            assert found.torn, "the end of the last line is how one that was not finished looks"
        else:
            assert (found.head.number, found.wrong.startswith(f"line {number} ")) == (number - 1, True), (place, found)


TOUCHED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "the first is removed": (lambda lines: lines[1:], "line 1 "),
    "one is removed": (lambda lines: lines[:2] + lines[3:], "line 3 "),
    "two have changed places": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], "line 2 "),
    "one stands twice": (lambda lines: [*lines[:2], *lines[1:]], "line 3 "),
    "an empty one comes in": (lambda lines: [*lines[:2], b"\n", *lines[2:]], "line 3 "),
    "one of another log comes in": (lambda lines: [*lines[:4], lines[0]], "line 5 "),
    "one that is no line": (lambda lines: [*lines[:4], b"x" * 40_000], "line 5 "),
}


@pytest.mark.parametrize(("touch", "named"), TOUCHED.values(), ids=TOUCHED)
def test_what_was_touched_is_named_by_its_first_line(
    touch: Callable[[list[bytes]], list[bytes]], named: str, tmp_path: Path
) -> None:
    lines = written(tmp_path, 5)
    (tmp_path / FILE).write_bytes(b"".join(touch(lines)))
    assert verified(tmp_path).wrong.startswith(named), verified(tmp_path)
    AuditLog(tmp_path).note("request", who="ann")
    assert verified(tmp_path).wrong.startswith(named), "what is written behind it hides nothing"


def test_a_removed_end_is_seen_by_a_head_that_was_kept(tmp_path: Path) -> None:
    lines = written(tmp_path, 5)
    head = str(verified(tmp_path).head)
    third = f"3:{json.loads(lines[2])['hash']}"
    assert verified(tmp_path, head).wrong == verified(tmp_path, third).wrong == ""
    (tmp_path / FILE).write_bytes(b"".join(lines[:4]))
    assert verified(tmp_path).wrong == "", "the chain alone can not know"
    assert "ends with line 4, and line 5 was kept" in verified(tmp_path, head).wrong
    AuditLog(tmp_path).note("request", who="eve")
    assert "line 5 is another one" in verified(tmp_path, head).wrong
    assert verified(tmp_path, third).wrong == ""
    for wrong in ("5", "x:y", "5:abc"):
        with pytest.raises(UsageError, match="NUMBER:HASH"):
            verified(tmp_path, wrong)
    with pytest.raises(InputError, match="is not there"):
        verified(tmp_path / "none")


def test_a_torn_end_is_told_apart_and_mended_with_a_line_that_says_so(tmp_path: Path) -> None:
    lines = written(tmp_path, 3)
    for cut in range(1, len(lines[2])):
        (tmp_path / FILE).write_bytes(b"".join(lines[:2]) + lines[2][:cut])
        assert verified(tmp_path)[1:] == ("", cut), cut
    AuditLog(tmp_path).take_up()
    mended = rows(tmp_path, "mended")[0]
    assert (mended["n"], mended["bytes"], mended["cut"]) == (3, cut, sha256(lines[2][:cut]).hexdigest())
    assert verified(tmp_path)[1:] == ("", 0)


# ── who can not write ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_finds_no_room_waits_and_is_written_when_there_is_some(tmp_path: Path) -> None:
    said: list[str] = []
    log = AuditLog(tmp_path, say=said.append)
    log.note("request", who="ann")
    (tmp_path / FILE).rename(tmp_path / "kept")
    (tmp_path / FILE).symlink_to("/dev/full")
    assert not log.note("request", who="bob") and not log.note("request", who="eve")
    assert len(said) == 1 and "No space left on device" in said[0]
    (tmp_path / FILE).unlink()
    (tmp_path / "kept").rename(tmp_path / FILE)
    log.write()
    assert [row["who"] for row in rows(tmp_path)] == ["ann", "bob", "eve"]
    assert verified(tmp_path)[1:] == ("", 0)
    assert len(said) == 2 and "is written again" in said[1]


def test_what_is_cut_while_it_is_written_is_told_with_the_head_that_was(tmp_path: Path) -> None:
    said: list[str] = []
    log = AuditLog(tmp_path, say=said.append)
    for _ in range(4):
        log.note("request", who="ann")
    head, lines = str(log.head), (tmp_path / FILE).read_bytes().splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join(lines[:2]))
    log.note("request", who="bob")
    assert [(row["what"], row.get("kept")) for row in rows(tmp_path)[2:]] == [("cut", head), ("request", None)]
    assert len(said) == 1 and head in said[0]
    assert verified(tmp_path).wrong == "" and verified(tmp_path, head).wrong.startswith("line 4 ")


def test_nobody_waits_for_another_who_holds_the_file(tmp_path: Path) -> None:
    log, patient = AuditLog(tmp_path), AuditLog(tmp_path, 0.2)
    log.note("request", who="ann")
    with (tmp_path / FILE).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        began = time.monotonic()
        assert not log.note("request", who="bob")
        assert time.monotonic() - began < 0.15
        assert not patient.note("request", who="eve")
        assert time.monotonic() - began >= 0.2
    assert log.note("request", who="carl") and patient.note("request", who="dora")
    assert [row["who"] for row in rows(tmp_path)] == ["ann", "bob", "carl", "eve", "dora"]
    assert verified(tmp_path)[1:] == ("", 0)


WRITER = """
import sys
from pathlib import Path
from tradewright.app.audit import AuditLog
log = AuditLog(Path(sys.argv[1]), 5.0)
while log.note('request', who=sys.argv[2]):
    print(log.head, flush=True)
"""


def test_writers_that_are_killed_have_left_what_they_said(tmp_path: Path) -> None:
    for _ in range(3):
        begun = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), who], stdout=subprocess.PIPE, text=True)
            for who in ("ann", "bob")
        ]
        try:
            said = [[one.stdout.readline().strip() for _ in range(20)] for one in begun if one.stdout]
        finally:
            for one in begun:
                one.kill()
        for one, heads in zip(begun, said, strict=True):
            heads += one.communicate()[0].split("\n")[:-1]
            for head in (heads[0], heads[-1]):
                assert verified(tmp_path, head).wrong == ""
        AuditLog(tmp_path).take_up()
        assert verified(tmp_path)[1:] == ("", 0)
    assert {row["who"] for row in rows(tmp_path, "request")} == {"ann", "bob"}


# ── what is put away ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_chain_goes_on_in_a_new_file_and_holds_over_all_of_them(tmp_path: Path) -> None:
    said: list[str] = []
    log, other = AuditLog(tmp_path, say=said.append), AuditLog(tmp_path, say=said.append)
    heads = []
    for number in range(12):
        assert (log, other)[number % 2].note("request", who="ann")
        heads.append((log, other)[number % 2].head)
        if number % 4 == 3:
            log.take_up()
            log.put_away()
            assert (tmp_path / FILE).read_bytes() == b"" and verified(tmp_path).head == log.head
            assert other.note("request", who="bob")
    assert [path.name for path in sorted(tmp_path.glob(SEGMENTS))] == [
        "audit-000000000004.jsonl", "audit-000000000010.jsonl", "audit-000000000016.jsonl",
    ]  # fmt: skip
    assert said == [] and rows(tmp_path)[0]["behind"] == "audit-000000000016.jsonl"
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.glob("audit*"))
    assert verified(tmp_path) == (other.head, "", 0) and other.head.number == 18
    assert all(verified(tmp_path, str(head)).wrong == "" for head in heads)
    shown = tradewright("audit", "show", "--last", "9", "--home", tmp_path, "--json").row["lines"]
    assert [json.loads(line)["n"] for line in shown] == [*range(10, 19)]
    first = tmp_path / "audit-000000000004.jsonl"
    content = first.read_bytes()
    first.write_bytes(content.replace(b"ann", b"eve", 1))
    assert verified(tmp_path).wrong.startswith("line 1 was changed")
    first.write_bytes(content)
    (tmp_path / "audit-000000000010.jsonl").unlink()
    assert verified(tmp_path).wrong.startswith("line 5 is not there")


def test_who_is_stopped_while_a_file_is_put_away_has_lost_and_doubled_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, 3)
    log = AuditLog(tmp_path)
    log.take_up()

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stopped)
        with pytest.raises(KeyboardInterrupt):
            log.put_away()
    log = AuditLog(tmp_path)
    assert log.note("request", who="bob") and verified(tmp_path) == (log.head, "", 0)
    log.put_away()
    log.write()
    assert verified(tmp_path) == (log.head, "", 0) and log.head.number == 5
    assert len(list(tmp_path.glob(SEGMENTS))) == 1


def test_a_writer_that_has_opened_what_is_put_away_then_writes_in_the_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, 3)
    log, other = AuditLog(tmp_path), AuditLog(tmp_path)
    other.take_up()
    due, right = [other.put_away], fcntl.flock

    def late(file: int, how: int) -> None:
        while due:
            due.pop()()
        right(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    assert log.note("request", who="late")
    assert [row["what"] for row in rows(tmp_path)] == ["continued", "request"]
    assert verified(tmp_path) == (log.head, "", 0)


def test_a_torn_line_is_an_unfinished_end_in_the_newest_file_alone(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    for _ in range(2):
        log.note("request", who="ann")
        log.note("request", who="bob")
        log.put_away()
        log.write()
    first, second = sorted(tmp_path.glob(SEGMENTS))
    for segment, line in ((first, 2), (second, 5)):
        content = segment.read_bytes()
        for cut in (1, 100):
            segment.write_bytes(content[:-cut])
            assert verified(tmp_path)[1:] == (f"line {line} is torn, in a file that was put away whole", 0)
            command = tradewright("audit", "verify", "--home", tmp_path)
            assert (command.code, f"line {line} is torn" in command.out) == (1, True)
        segment.write_bytes(content)
    newest = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(b"")
    second.write_bytes(second.read_bytes()[:-1])
    assert verified(tmp_path).wrong.startswith("line 5 is torn"), "nor where nothing stands behind it"
    second.write_bytes(second.read_bytes() + b"\n")
    (tmp_path / FILE).write_bytes(newest[:-1])
    assert verified(tmp_path)[1:] == ("", len(newest) - 1)


Names = dict[str, int]
Kept = dict[int, bytes]


class LosingDisk:
    """What a power cut may leave of a folder: of each name what it was when the folder was last on the disk or after
    any step since, of each file what was on the disk and any part of what came behind. head: what has to be there."""

    def __init__(self, folder: Path, head: Head, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.head = folder, head
        self.whole: Kept = {path.stat().st_ino: path.read_bytes() for path in folder.iterdir()}
        self.safe = dict(self.whole)
        self.past = [self._names()]
        self.left: list[tuple[Names, Kept, Head]] = []
        right = os.fsync

        def fsync(file: int) -> None:
            self.stepped()
            right(file)
            if os.path.samestat(os.fstat(file), folder.stat()):
                self.past = [self._names()]
            else:
                self.safe[os.fstat(file).st_ino] = os.pread(file, 1 << 20, 0)

        monkeypatch.setattr(os, "fsync", fsync)
        for step in ("hardlink_to", "unlink", "rename"):
            monkeypatch.setattr(Path, step, self._stepping(getattr(Path, step)))

    def _names(self) -> Names:
        return {path.name: path.stat().st_ino for path in self.folder.iterdir()}

    def _stepping(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(path: Path, *args: Any, **named: Any) -> Any:
            done = step(path, *args, **named)
            self.stepped()
            return done

        return stepping

    def stepped(self) -> None:
        self.past.append(self._names())
        self.whole |= {path.stat().st_ino: path.read_bytes() for path in self.folder.iterdir()}
        each = [[(name, past.get(name)) for past in self.past] for name in sorted({*chain(*self.past)})]
        for names in set(product(*each)):
            held = {name: inode for name, inode in names if inode is not None}
            for part in (0.0, 0.5, 0.95, 1.0):
                state = held, {inode: self._part(inode, part) for inode in held.values()}, self.head
                if state not in self.left:
                    self.left.append(state)

    def _part(self, inode: int, part: float) -> bytes:
        whole, safe = self.whole[inode], len(self.safe.get(inode, b""))
        return whole[: safe + int(part * (len(whole) - safe))]

    def states(self, folder: Path) -> Iterator[tuple[Path, str]]:
        """Each as a folder, and the head that has to be there."""
        for number, (names, kept, head) in enumerate(self.left):
            state = folder / str(number)
            state.mkdir()
            first: dict[int, Path] = {}
            for name, inode in names.items():
                if inode in first:
                    (state / name).hardlink_to(first[inode])
                else:
                    first[inode] = state / name
                    first[inode].write_bytes(kept[inode])
            yield state, str(head)


def test_whatever_a_power_cut_leaves_of_a_file_that_is_put_away_the_chain_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    log = AuditLog(folder)
    for _ in range(2):
        for _ in range(3):
            log.note("request", who="ann")
        log.put_away()
        log.write()
    log.sync()
    with monkeypatch.context() as patched:
        disk = LosingDisk(folder, log.head, patched)
        log.note("request", who="bob")
        log.put_away()
        log.write()
        disk.stepped()
        log.note("request", who="carl")
        disk.stepped()
        log.sync()
        disk.head = log.head
        disk.stepped()
    (tmp_path / "left").mkdir()
    seen = set()
    for state, kept in disk.states(tmp_path / "left"):
        before = verified(state, kept)
        assert before.wrong == "", (before, sorted(path.name for path in state.iterdir()))
        again = AuditLog(state)
        again.take_up()
        assert again.note("request", who="dora")
        assert verified(state, kept) == (again.head, "", 0)
        assert verified(state, str(before.head)).wrong == "", "what was whole is there still"
        first = rows(state)[0]
        seen.add((len(list(state.glob(SEGMENTS))), bool(before.torn), first["what"], rows(state)[1]["what"]))
    assert {one[0] for one in seen} == {2, 3} and (3, True, "continued", "mended") in seen


def test_a_file_that_is_gone_or_empty_is_begun_behind_what_was_put_away(tmp_path: Path) -> None:
    log = AuditLog(tmp_path)
    for number in (2, 5):
        log.note("request", who="ann")
        log.note("request", who="bob")
        log.put_away()
        head = log.head
        for lose in (lambda: (tmp_path / FILE).write_bytes(b""), (tmp_path / FILE).unlink):
            lose()
            next_start = AuditLog(tmp_path)
            assert f": {number + 1} lines, head {number + 1}:" in next_start.take_up()
            (line,) = rows(tmp_path)
            assert (line["what"], line["behind"]) == ("continued", f"audit-{number:012}.jsonl")
            assert line["before"] == head.hash and verified(tmp_path, str(head)) == (next_start.head, "", 0)


def test_a_new_file_of_the_same_size_is_not_taken_for_the_one_that_was_put_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000_000_001)
    log, other = AuditLog(tmp_path), AuditLog(tmp_path)
    for _ in range(3):
        log.note("request", who="x" * 100)
    size = (tmp_path / FILE).stat().st_size
    other.take_up()
    other.put_away()
    other.note("request", who="x" * 100)
    line = len((tmp_path / FILE).read_bytes().splitlines(keepends=True)[1])
    other.note("request", who="x" * (100 + size - (tmp_path / FILE).stat().st_size - line))
    assert (tmp_path / FILE).stat().st_size == size
    assert log.note("request", who="eve")
    assert verified(tmp_path) == (log.head, "", 0) and log.head.number == 7


def test_the_loop_goes_on_while_the_disk_takes_what_is_put_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "SYNC_SECONDS", 0.01)
    monkeypatch.setattr(audit, "SEGMENT_BYTES", 500)
    written(tmp_path, 3)
    log = AuditLog(tmp_path)
    log.take_up()
    slow, begun, right = threading.Event(), threading.Event(), os.fsync

    def fsync(file: int) -> None:
        begun.set()
        assert slow.wait(20)
        right(file)

    monkeypatch.setattr(os, "fsync", fsync)

    async def program() -> None:
        running = asyncio.create_task(log.run())
        async with asyncio.timeout(20):
            while not begun.is_set():
                await asyncio.sleep(0.005)
        assert not log.note("request", who="bob"), "it waits, and nobody with it"
        running.cancel()
        await asyncio.sleep(0.05)
        assert not running.done()
        slow.set()
        await asyncio.wait([running])

    asyncio.run(program())
    assert log.note("stopped"), "whoever has ended it finds the file free"
    assert [row["what"] for row in rows(tmp_path)] == ["continued", "request", "stopped"]
    assert verified(tmp_path) == (log.head, "", 0)


def test_a_file_is_put_away_while_others_write_and_none_of_their_lines_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "SYNC_SECONDS", 0.01)
    monkeypatch.setattr(audit, "SEGMENT_BYTES", 2_000)
    log = AuditLog(tmp_path)
    begun = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), who], stdout=subprocess.PIPE, text=True)
        for who in ("ann", "bob")
    ]

    async def program() -> None:
        running = asyncio.create_task(log.run())
        async with asyncio.timeout(60):
            while len(list(tmp_path.glob(SEGMENTS))) < 5:
                log.note("request", who="eve")
                await asyncio.sleep(0.005)
        running.cancel()
        await asyncio.wait([running])

    try:
        said = [[one.stdout.readline().strip()] for one in begun if one.stdout]
        asyncio.run(program())
    finally:
        for one in begun:
            one.kill()
    for one, heads in zip(begun, said, strict=True):
        heads += one.communicate()[0].split("\n")[:-1]
        assert verified(tmp_path, heads[0]).wrong == verified(tmp_path, heads[-1]).wrong == ""
    assert {json.loads(line).get("who") for line in lines_of(tmp_path)} >= {"ann", "bob", "eve"}
    assert max(path.stat().st_size for path in tmp_path.glob(SEGMENTS)) > 2_000


# ── the command ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_ends_as_it_says(tmp_path: Path) -> None:
    lines = written(tmp_path, 3)
    good = tradewright("audit", "verify", "--home", tmp_path, "--json")
    assert (good.code, good.row["good"], good.row["lines"], good.row["torn"]) == (0, True, 3, 0)
    assert tradewright("audit", "verify", "--home", tmp_path, "--head", good.row["head"]).code == 0
    shown = tradewright("audit", "show", "--last", "2", "--home", tmp_path, "--json").row["lines"]
    assert [json.loads(line)["n"] for line in shown] == [2, 3]
    (tmp_path / FILE).write_bytes(b"".join(lines)[:-9])
    torn = tradewright("audit", "verify", "--home", tmp_path)
    assert (torn.code, "not finished" in torn.out) == (4, True)
    (tmp_path / FILE).write_bytes(lines[0] + lines[2])
    bad = tradewright("audit", "verify", "--home", tmp_path)
    assert (bad.code, "line 2 is not there" in bad.out) == (1, True)
    assert tradewright("audit", "verify", "--home", tmp_path / "none").code == 1
    assert tradewright("audit", "verify", "--home", tmp_path, "--head", "x").code == 2


def test_keys_are_made_and_revoked_with_a_line_and_none_is_made_without(tmp_path: Path) -> None:
    made = tradewright("keys", "make", "ann", "--scope", "read", "--account", "one", "--home", tmp_path, "--json").row
    tradewright("keys", "revoke", made["id"], "--home", tmp_path)
    told = [(row["what"], row["name"], row["key"], row["accounts"]) for row in rows(tmp_path)]
    assert told == [("keyMade", "ann", made["id"], "one"), ("keyRevoked", "ann", made["id"], "one")]
    assert made["key"].split("_", 2)[2] not in (tmp_path / FILE).read_text()
    (tmp_path / FILE).unlink()
    (tmp_path / FILE).symlink_to("/dev/full")
    ring = KeyRing(tmp_path)
    with pytest.raises(InputError, match="no key is made"):
        ring.make("bob", ["read"], 1)
    assert [key.name for key in KeyRing(tmp_path).keys().values()] == ["ann"]
    with pytest.raises(InputError, match="is revoked, and"):
        ring.revoke(made["id"], 1)


# ── a service ──────────────────────────────────────────────────────────────────────────────────────────────────────


@COMPILED_ALONE
def test_each_change_has_a_line_with_who_what_and_its_record(tmp_path: Path) -> None:
    home = tmp_path / "home"

    async def act(client: Client) -> None:
        key = client.make("read", "kill", name="bob")
        await client.ask("GET", "/api/v1/accounts", key=key)
        body = b'{"scope": "account:one", "reason": "odd"}'
        killed = await client.ask("POST", "/api/v1/kill", body, key)
        token = (await client.ask("POST", "/api/v1/token", {"scope": "kill"}, key)).row["accessToken"]
        again = await client.ask("POST", "/api/v1/kill", body, token)
        await client.ask("POST", "/api/v1/rearm", {"reason": "x"}, key)
        await client.ask("POST", "/api/v1/kill", {"scope": "account:none", "reason": "x"}, key)
        await client.ask("DELETE", "/api/v1/orders/none-1-1", key=client.key)
        first, exchange, second, wrong, order = rows(home, "request")
        (rearm,) = rows(home, "refused")
        assert (first["who"], first["user"], first["from"]) == ("bob", "bob", "127.0.0.1")
        assert (first["method"], first["path"], first["status"]) == ("POST", "/api/v1/kill", 200)
        assert (first["record"], second["record"]) == (killed.row["record"], again.row["record"])
        assert first["body"] == second["body"] == sha256(body).hexdigest()
        assert "token" not in first and second["token"] == exchange["made"]
        assert (rearm["status"], rearm["code"]) == (403, "FORBIDDEN")
        assert (wrong["status"], wrong["code"], "record" in wrong) == (422, "INVALID_REQUEST", False)
        assert (order["status"], order["path"]) == (404, "/api/v1/orders/{order_id}")
        assert "none-1-1" not in (home / FILE).read_text(), "what is not there may be anything"
        assert len(rows(home)) == 10, "a start, three keys, six that ask for a change: who only reads has none"

    asked(tmp_path, act)
    begun, ended = rows(home)[0], rows(home)[-1]
    assert [row["what"] for row in (begun, ended)] == ["started", "stopped"]
    assert (begun["run"], ended["why"]) == (1, "as told")
    assert verified(home)[1:] == ("", 0)


@COMPILED_ALONE
def test_refused_keys_are_told_with_whose_they_were_and_fill_no_disk(tmp_path: Path) -> None:
    home = tmp_path / "home"

    async def act(client: Client) -> None:
        revoked = client.make("read", name="bob")
        client.desk.ring.revoke(revoked.split("_")[1], time.time_ns())
        await client.ask("GET", "/api/v1/accounts", key=revoked)
        assert [(row["who"], row["code"]) for row in rows(home, "refused")] == [("bob", "UNAUTHORIZED")]
        async with listening(client, "/ws", "") as ear:
            await ear.say({"op": "authenticate", "key": "x"})
            await ear.ended()
        socket = rows(home, "refused")[1]
        assert (socket["method"], socket["path"], socket["status"]) == ("socket", "/ws", 4401)
        for at in range(3 * LINES_AT_ONCE):
            await client.ask("POST", f"/api/v1/{at}", {"x": at}, "tw_nobody")
        assert len(rows(home, "refused")) <= LINES_AT_ONCE + 2
        blind = client.make("read", name="eve")
        for _ in range(2 * LINES_AT_ONCE):
            await client.ask("POST", "/api/v1/kill", {"reason": "x"}, blind)
        told = [row for row in rows(home, "refused") if row.get("who") == "eve"]
        assert LINES_AT_ONCE <= len(told) <= LINES_AT_ONCE + 2
        assert 2 * LINES_AT_ONCE - 4 <= sum(row.get("leftOut", 0) for row in rows(home)) <= 2 * LINES_AT_ONCE + 2
        assert (await client.ask("POST", "/api/v1/kill", {"reason": "x"})).status == 200
        assert rows(home)[-1]["who"] == "ann", "who may is told at once"
        assert rows(home)[-1]["leftOut"] >= LINES_AT_ONCE - 2

    asked(tmp_path, act)


@COMPILED_ALONE
@pytest.mark.parametrize("trouble", ["no room", "held by another", "no room for the journal either"])
def test_a_kill_works_where_the_log_can_not_be_written(trouble: str, tmp_path: Path) -> None:
    home, disk = tmp_path / "home", FullDisk()

    async def act(client: Client) -> None:
        held = (home / FILE).open("rb")
        if trouble == "held by another":
            fcntl.flock(held, fcntl.LOCK_EX)
        else:
            (home / FILE).unlink()
            (home / FILE).symlink_to("/dev/full")
        disk.full = trouble == "no room for the journal either"
        async with asyncio.timeout(20):
            killed = await client.ask("POST", "/api/v1/kill", {"reason": "x"})
        assert (killed.status, killed.row["state"]) == (200, "HALTED")
        assert client.engine.states["all"] != 0
        held.close()
        if trouble != "held by another":
            (home / FILE).unlink()
        await client.until(lambda: (home / FILE).exists() and rows(home, "request"))
        assert rows(home, "request")[0]["path"] == "/api/v1/kill", "it comes later, with its own time"
        assert ("record" in rows(home, "request")[0]) != disk.full

    with pytest.raises(JournalFull) if trouble == "no room for the journal either" else nullcontext():
        asked(tmp_path, act, BOTH, disk)


@COMPILED_ALONE
def test_a_service_that_is_killed_has_a_line_of_all_it_has_answered(tmp_path: Path) -> None:
    port, home, config = free_port(), tmp_path / "home", tmp_path / "config.yaml"
    config.write_text(f"accounts: {{one: {{venue: paper, symbols: [BTCUSD], cash: 1000}}}}\nserver: {{port: {port}}}\n")
    answered = []
    for number in range(2):
        with serving(config, home, variables(tmp_path, "")) as service:
            service.hears("READY")
            service.hears("API ")
            for state in ("HALTED", "REDUCING"):
                said = tradewright("kill", "--who", f"carl{number}", "--reason", state, "--home", home, "--json").row
                answered.append((f"carl{number}", said["record"]))
            head = service.said("AUDIT")[0].rpartition(" ")[2]
            service.process.send_signal(signal.SIGKILL)
            service.process.wait()
        assert [(row["who"], row["record"]) for row in rows(home, "control")] == answered
        if number == 0:
            assert rows(home)[-1]["what"] == "control", "nobody said that it ended"
            with (home / FILE).open("ab") as file:
                file.write(b'{"n":99,"time":"20')
            assert tradewright("audit", "verify", "--home", home).code == 4
    assert [row["what"] for row in rows(home)].count("mended") == 1
    assert tradewright("audit", "verify", "--home", home, "--head", head).code == 0
    with serving(config, home, variables(tmp_path, "")) as service:
        service.hears("READY")
        assert service.end() == 0
        kept = service.said("audit log: head ")[0].rpartition(" ")[2]
    assert tradewright("audit", "verify", "--home", home, "--head", kept).code == 0
    assert os.stat(home / FILE).st_mode & 0o777 == 0o600
