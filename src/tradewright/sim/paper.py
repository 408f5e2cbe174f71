"""The paper venue: the simulated exchange with a durable book of its own, as a real venue has one.

The book is a log of what the venue took (commands) and what it said (reports), in order, each with the number of the
market event it belongs to. A report is durable before anybody hears it; a command is durable with the first report on
it, so one that was never answered never arrived. The exchange is deterministic, so the log and the same market bring it
back exactly: after a restart the market is played again, what the log already holds is checked and kept silent, and
where the log ends the venue goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import msgspec

from tradewright.model.codec import Decoder, encode
from tradewright.model.command import Approved, Cancel, Command, Query, Replace, Submit
from tradewright.model.errors import InputError, VenueError
from tradewright.model.event import ACCEPTED, CANCEL, FILLED, REPLACE, SUBMIT
from tradewright.model.instrument import Instrument
from tradewright.model.market import MarketEvent
from tradewright.model.order import Order
from tradewright.model.report import Fill, Report
from tradewright.model.rng import Rng
from tradewright.ports import CrashPoint, no_crash
from tradewright.sim.exchange import Exchange
from tradewright.sim.models import Models

BEFORE_EXECUTE = "paper-before-execute"
AFTER_EXECUTE = "paper-after-execute"
BEFORE_COMMIT = "paper-before-commit"
AFTER_COMMIT = "paper-after-commit"
AFTER_REPORT = "paper-after-report"
DURING_CATCH_UP = "paper-during-catch-up"
PAPER_CRASH_POINTS = (BEFORE_EXECUTE, AFTER_EXECUTE, BEFORE_COMMIT, AFTER_COMMIT, AFTER_REPORT, DURING_CATCH_UP)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS account(name TEXT PRIMARY KEY, mode TEXT NOT NULL, balances BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS entry(
    seq INTEGER PRIMARY KEY, event INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL, row BLOB NOT NULL
);
"""


REPORT, COMMAND, INNER = "report", "command", "inner command"


class Entry(NamedTuple):
    """One line of the book. event: number of market events taken before or during it. kind: REPORT, or a command that
    came between two calls of the venue (COMMAND) or while the reports of one were drawn (INNER)."""

    event: int
    time: int
    kind: str
    row: bytes


class PaperVenue:
    """An Exchange whose book survives. Draw all reports of one call before the next, as with the exchange itself.

    path: its SQLite file, made if missing. instruments: by index, as orders name them.
    """

    def __init__(
        self,
        path: Path,
        models: Models,
        rng: Rng,
        instruments: Sequence[Instrument],
        crash: CrashPoint = no_crash,
    ) -> None:
        self.exchange = Exchange(models, rng)
        self.crash = crash
        self.instruments = list(instruments)
        self.events = 0
        self._untold: list[Entry] = []
        self._inside = False
        self._connection = open_book(path)
        self._log = _entries(self._connection)
        self._at = 0
        for name, mode, balances in self._connection.execute("SELECT name, mode, balances FROM account"):
            self.exchange.open_account(name, mode, msgspec.json.decode(balances))

    def open_account(self, name: str, mode: str, balances: dict[str, int]) -> None:
        """Open an account once; a later start finds it as it was opened. Raises InputError for another mode."""
        known = self._connection.execute("SELECT mode FROM account WHERE name = ?", (name,)).fetchone()
        if known is not None:
            if known[0] != mode:
                raise InputError(f"paper account {name} was opened as {known[0]}, not {mode}")
            return
        self.exchange.open_account(name, mode, balances)
        with self._connection:
            self._connection.execute(
                "INSERT INTO account VALUES (?, ?, ?)", (name, mode, msgspec.json.encode(balances))
            )

    @property
    def caught_up(self) -> bool:
        """Whether everything the book remembers has happened again."""
        return self._at == len(self._log)

    # ── as a venue ─────────────────────────────────────────────────────────────────────────────────────────────────

    def execute(self, command: Command) -> None:
        """Takes a command; it counts once the first report on it is durable."""
        self.crash(BEFORE_EXECUTE)
        self._untold.append(Entry(self.events, command.time, INNER if self._inside else COMMAND, command_row(command)))
        self.exchange.execute(command)
        self.crash(AFTER_EXECUTE)

    def run(self, event: MarketEvent) -> Iterator[Report]:
        """The reports of one market event that the book does not hold yet; each durable before it is given."""
        self.events += 1
        yield from self._draw(self.exchange.run(event))
        while not self.caught_up and self._log[self._at].event == self.events:
            yield from self._repeat_calls()

    def due(self, time: int) -> Iterator[Report]:
        """The reports of what has happened by `time` without a market event."""
        yield from self._draw(self.exchange.due(time))

    def _draw(self, reports: Iterable[Report]) -> Iterator[Report]:
        self._inside = True
        for report in reports:
            if not self._told_before(report):
                yield self._keep(report)
        self._inside = False

    def _keep(self, report: Report) -> Report:
        """Make a report durable, with the commands that came before it."""
        self.crash(BEFORE_COMMIT)
        rows = [*self._untold, Entry(self.events, report.time, REPORT, encode(report))]
        with self._connection:
            self._connection.executemany("INSERT INTO entry(event, time, kind, row) VALUES (?, ?, ?, ?)", rows)
        self._untold.clear()
        self.crash(AFTER_COMMIT)
        return report

    # ── catching up ────────────────────────────────────────────────────────────────────────────────────────────────

    def _told_before(self, report: Report) -> bool:
        """Whether the book holds this report next; if so it is checked, and what was commanded behind it is repeated.

        Raises VenueError when the market played again is not the one the book was written on.
        """
        if self.caught_up:
            return False
        self.crash(DURING_CATCH_UP)
        entry = self._log[self._at]
        if entry.kind != REPORT or entry.row != encode(report):
            raise VenueError(
                f"paper book, entry {self._at + 1}: it holds {entry.row[:160]!r}, the market played again gives "
                f"{encode(report)[:160]!r}; the data or the program changed, so this book can not be continued"
            )
        self._at += 1
        self._repeat_commands(INNER)
        return True

    def _repeat_commands(self, kind: str) -> None:
        while not self.caught_up:
            entry = self._log[self._at]
            if entry.kind != kind or entry.event != self.events:
                return
            self._at += 1
            self.exchange.execute(command_from(entry.row, self.instruments))

    def _repeat_calls(self) -> Iterator[Report]:
        """Commands given between two market events, and the answers to them."""
        self._repeat_commands(COMMAND)
        if self.caught_up or self._log[self._at].event != self.events:
            return
        before = self._at
        yield from self._draw(self.exchange.due(self._log[self._at].time))
        if self._at == before:
            raise VenueError(f"paper book, entry {self._at + 1}: it can not be repeated; the program changed")

    def prelude(self) -> None:
        """Repeat what happened before the first market event."""
        while not self.caught_up and self._log[self._at].event == 0:
            for _ in self._repeat_calls():
                raise VenueError("paper book: something new happened before the first market event")

    # ── what it knows ──────────────────────────────────────────────────────────────────────────────────────────────

    def balances(self, account: str) -> dict[str, int]:
        """Money per currency of an account."""
        return self.exchange.balances(account)

    def positions(self, account: str) -> dict[str, int]:
        """Signed net size counts per symbol."""
        return self.exchange.positions(account)

    def close(self) -> None:
        """Release the file; everything said is durable already."""
        self._connection.close()


def open_book(path: Path) -> apsw.Connection:
    """The book's SQLite file, made if missing; every commit reaches the disk."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_SCHEMA)
    return connection


def _entries(connection: apsw.Connection) -> list[Entry]:
    return [Entry(*row) for row in connection.execute("SELECT event, time, kind, row FROM entry ORDER BY seq")]


def command_row(command: Command) -> bytes:
    """A command with all it says; a submit with its order's terms."""
    if isinstance(command, Submit):
        return msgspec.json.encode((command.kind, command.time, command.order.row()))
    return encode(command)


def command_from(row: bytes, instruments: list[Instrument]) -> Command:
    """The inverse of `command_row`."""
    kind, time, *rest = msgspec.json.decode(row)
    if kind == SUBMIT:
        terms: list[Any] = rest[0]
        return Submit(time, Approved(Order(terms[0], terms[1], terms[2], instruments[terms[3]], *terms[4:])))
    if kind == CANCEL:
        return Cancel(time, rest[0])
    if kind == REPLACE:
        return Replace(time, *rest)
    return Query(time, rest[0])


class Remembered(NamedTuple):
    """What a book file says, without an engine or an exchange: order ids accepted, fills, and commands received."""

    accepted: list[str]
    fills: list[Fill]
    submitted: list[str]


def read_book(path: Path) -> Remembered:
    """Read a venue's book as a judge would: straight from its file."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    accepted: list[str] = []
    fills: dict[str, Fill] = {}
    submitted: list[str] = []
    decoder = Decoder([], _unknown)
    for entry in _entries(connection):
        row = msgspec.json.decode(entry.row)
        if entry.kind != REPORT:
            if row[0] == SUBMIT:
                submitted.append(row[2][0])
            continue
        if row[0] == ACCEPTED and row[2] not in accepted:
            accepted.append(row[2])
        elif row[0] == FILLED:
            fill = decoder.decode(entry.row)
            if isinstance(fill, Fill):
                fills.setdefault(fill.trade_id, fill)
    connection.close()
    return Remembered(accepted, list(fills.values()), submitted)


def _unknown(order_id: str) -> Order:
    raise KeyError(order_id)
