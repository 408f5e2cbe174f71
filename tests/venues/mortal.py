"""A whole engine before a simulated venue, with its journal on a disk, whose process ends dead at a named place of that
journal: what lies in its folder then is all that the next one has, and the venue goes on."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

from tests.cases.hand import Told
from tests.cases.scene import Scene
from tradewright.adapters.journal import EmergencyFile, FileJournal, read
from tradewright.adapters.journal.points import AFTER_CHECKPOINT, BEFORE_CHECKPOINT
from tradewright.app.emergency import taken_in
from tradewright.app.home import JOURNAL
from tradewright.app.recovery import rebuild
from tradewright.model.chain import Head
from tradewright.model.errors import JournalError, JournalFull, NotSent
from tradewright.ports import HttpAnswer, HttpRequest, MemoryJournal, Socket
from tradewright.prove.crash import SYSTEM
from tradewright.prove.world import Replica, Stopped
from tradewright.trader import Trader


class Dead(JournalFull):
    """A thread beside the engine's loop has ended with its process."""


class Death:
    """A CrashPoint that ends the process at the first meeting with `point` once it is `armed`. leaves: is called there;
    behind it nobody gets past any point."""

    def __init__(self, point: str, leaves: Callable[[], None]) -> None:
        self.point = point
        self.armed = False
        self.died = threading.Event()
        self._leaves = leaves

    def __call__(self, name: str, /) -> None:
        if self.armed and name == self.point and not self.died.is_set():
            self._leaves()
            self.died.set()
        if self.died.is_set():
            raise Stopped(name) if threading.current_thread() is threading.main_thread() else Dead(name)


class DiskJournal(MemoryJournal):
    """A journal in a folder, with what of it is durable in memory for whoever looks on. The engine stands still until
    what it appends is durable, so that it is never ahead of what is looked at."""

    def __init__(self, disk: FileJournal) -> None:
        super().__init__()
        self.disk = disk
        if disk.head.sequence:
            super().append_all([record for _, record in read(disk.folder)], 0)
        assert self.head == disk.head

    @property
    def failure(self) -> JournalError | None:
        return self.disk.failure

    def append_all(self, records: Sequence[bytes], time: int) -> int:
        try:
            self.disk.wait(self.disk.append_all(records, time))
        except Dead as dead:
            raise Stopped(str(dead)) from dead
        return super().append_all(records, time)

    def snapshot(self, at: Head, state: bytes) -> None:
        self.disk.snapshot(at, state)

    def close(self) -> None:
        with suppress(JournalError, Stopped):
            self.disk.close()


class Line:
    """The network of one process: when that is dead nothing leaves any more."""

    def __init__(self, inner: Any, death: Death) -> None:
        self.inner = inner
        self.venues = inner.venues
        self._death = death

    def _stands(self) -> None:
        if self._death.died.is_set():
            raise NotSent("its process is dead")

    async def request(self, request: HttpRequest, timeout: float) -> HttpAnswer:
        self._stands()
        answer: HttpAnswer = await self.inner.request(request, timeout)
        return answer

    async def connect(self, url: str, headers: Mapping[str, str], timeout: float) -> Socket:
        self._stands()
        socket: Socket = await self.inner.connect(url, headers, timeout)
        return socket

    async def close(self) -> None:
        await self.inner.close()


class MortalScene(Scene):
    """point: where its process ends once `death` is armed. Each process has a folder of its own, in which lies what the
    one before it has left: `kept` records."""

    transport: Any

    def __init__(self, point: str, name: str, folder: Path, *others: Any) -> None:
        self.point = point
        self.root = folder
        self.number = 0
        self.death = Death(point, self._leaves)
        super().__init__(name, folder, *others)

    def place(self, number: int) -> Path:
        """The journal's folder of one of its processes."""
        return self.root / str(number) / JOURNAL

    def _leaves(self) -> None:
        # SQLite makes its index of a WAL anew, and the lock goes with whoever holds it.
        kept = shutil.ignore_patterns("*-shm", "lock")
        shutil.copytree(self.place(self.number), self.place(self.number + 1), ignore=kept)

    def _open(self) -> Any:
        if isinstance(self.journal, DiskJournal):
            if not self.death.died.is_set():
                self._leaves()
            self.journal.close()
            self.live.emergency.close()
            self._next()
        disk = self._disk()
        self.journal, self.folder = DiskJournal(disk), disk.folder
        self.kept = self.journal.head.sequence
        self.replica = Replica(self.journal)
        inner = self.transport.inner if isinstance(self.transport, Line) else self.transport
        self.transport = Line(inner, self.death)
        client = super()._open()
        self.live.emergency.close()
        self.live.emergency = EmergencyFile(disk.folder, crash=self.death)
        return client

    def _next(self) -> None:
        """Another process begins, on a disk with room. Who died at the named place does so once."""
        self.number += 1
        apsw.set_default_vfs(SYSTEM)
        if self.death.died.is_set():
            self.death = Death("", self._leaves)

    def _disk(self) -> FileJournal:
        while True:
            pages = 1 if self.death.point in (BEFORE_CHECKPOINT, AFTER_CHECKPOINT) else 1_000
            try:
                return FileJournal(self.place(self.number), crash=self.death, checkpoint_pages=pages)
            except Stopped:
                self.day.stops += 1
                self._next()

    def _recovered(self) -> Trader:
        """As a start does it: the newest snapshot, and what lies behind it."""
        trader = Trader(lambda spec: Told)
        if self.journal.head.sequence:
            rebuild(self.folder, trader, lambda passed_over: None)
        return trader

    def _begin(self) -> None:
        super()._begin()
        for line in self.live.emergency.lines():
            known = taken_in(line, self.clock())
            if known is not None:
                self.floor.deliver(known)

    def _crash(self, name: str, /) -> None:
        self.death(name)
        super()._crash(name)
