"""A demo that ends dead at a named place, as a power cut to the process would end it: nothing flushed, nothing closed.

    python -m tradewright.prove.crash --point live-after-durable --hit 7 -- --home run --data bars.csv
    python -m tradewright.prove.crash -- --home run --data bars.csv    # to its end; says how often each point was met
    python -m tradewright.prove.crash --points                         # their names

Behind `--` stand the demo's own arguments. Exit code 137 at the point, else the demo's. `--full N` lets the disk be
full for the journal from its N-th write on: the way to the emergency file. SIGKILL and `os._exit` keep what the kernel
was given; power loss is the business of the journal's own proofs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import apsw

from tradewright.adapters.journal import CRASH_POINTS
from tradewright.adapters.journal.points import AFTER_SEGMENT_DELETE, BEFORE_SEGMENT_DELETE
from tradewright.app.demo import ACCOUNT, CASH, DemoOptions, chosen_strategies
from tradewright.app.home import JOURNAL
from tradewright.app.limits_file import scopes_of
from tradewright.app.live import LIVE_CRASH_POINTS
from tradewright.app.summary import play
from tradewright.model.errors import TradewrightError
from tradewright.sim.paper import PAPER_CRASH_POINTS

#: A demo keeps all its days, so it never comes by here; the journal's own proofs do.
NOT_MET = (BEFORE_SEGMENT_DELETE, AFTER_SEGMENT_DELETE)
#: Every place where a stop leaves another state behind.
POINTS = tuple(name for name in CRASH_POINTS if name not in NOT_MET) + LIVE_CRASH_POINTS + PAPER_CRASH_POINTS
#: The exit code of a process that a SIGKILL ended, as a shell reports it.
DEAD = 137
#: SQLite's own file layer, by its name: "" would be the one that is made the default here.
SYSTEM = apsw.vfs_names()[0]


class Stop:
    """A CrashPoint that counts what it meets and ends the process at the `hit`-th meeting of `point`."""

    def __init__(self, point: str = "", hit: int = 0) -> None:
        self.point = point
        self.hit = hit
        self.hits: Counter[str] = Counter()
        self._turn = Lock()

    def __call__(self, name: str, /) -> None:
        with self._turn:  # points are met by the engine, the journal's writer and the snapshots' thread
            self.hits[name] += 1
            if name == self.point and self.hits[name] == self.hit:
                os._exit(DEAD)


class _File(apsw.VFSFile):
    def __init__(self, disk: FullDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__(SYSTEM, name, flags)
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._counted = Path(path).parent.name == JOURNAL

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._counted:
            self._disk.writes += 1
            if self._disk.writes >= self._disk.full_at:
                raise apsw.FullError("database or disk is full")
        super().xWrite(data, offset)


class FullDisk(apsw.VFS):
    """The system's file layer, full for the journal from its `full_at`-th write on; the venue has a disk of its own."""

    def __init__(self, full_at: int) -> None:
        super().__init__("full", SYSTEM, makedefault=True)
        self.full_at = full_at
        self.writes = 0

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)


def demo_options(arguments: Sequence[str]) -> DemoOptions:
    """The demo's arguments, as `tradewright demo` takes them; a proof names its home itself, and checkpoints often."""
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("strategies", nargs="*")
    parser.add_argument("--data", type=Path, nargs="+", default=[])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--checkpoint-pages", type=int, default=40)
    parser.add_argument("--cash", default=CASH)
    parser.add_argument("--currency", default="USD")
    parser.add_argument("--limits", type=Path)
    parser.add_argument("--sizer", default="")
    parser.add_argument("--exit", action="append", default=[])
    parser.add_argument("--shadow", action="store_true")
    given = parser.parse_args(arguments)
    return DemoOptions(
        folder=given.home, seconds=given.seconds, seed=given.seed, files=given.data,
        strategies=chosen_strategies(given.strategies, {}), checkpoint_pages=given.checkpoint_pages,
        cash=given.cash, currency=given.currency, scopes=scopes_of(given.limits, ACCOUNT), sizer=given.sizer,
        exits=dict(text.split("=") for text in given.exit), shadow={} if given.shadow else None,
    )  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Run a demo with a stop in it; returns its exit code. Prints the summary and the hits as one JSON object if it
    gets to its end."""
    parser = argparse.ArgumentParser(prog="python -m tradewright.prove.crash")
    parser.add_argument("--point", choices=POINTS, default="", metavar="NAME", help="where to end")
    parser.add_argument("--hit", type=int, default=1, metavar="N", help="at which meeting of that point")
    parser.add_argument("--points", action="store_true", help="print the names of all points")
    parser.add_argument("--full", type=int, default=0, metavar="N", help="the journal's N-th write finds a full disk")
    parser.add_argument("demo", nargs="*", help="the demo's arguments, behind --")
    given = parser.parse_args(arguments)
    if given.points:
        print("\n".join(POINTS))
        return 0
    disk = FullDisk(given.full) if given.full else None
    stop = Stop(given.point, given.hit)
    try:
        summary = play(demo_options(given.demo), quiet=True, crash=stop)
    except TradewrightError as error:
        print(json.dumps({"error": str(error), "hits": stop.hits}))
        return 1
    finally:
        if disk is not None:
            disk.unregister()
    print(json.dumps({**summary.row(), "hits": stop.hits}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
