"""The paper venue: the simulated exchange with a durable book of its own, as a real venue has one.

What it says is durable before anybody hears it, and after a kill it remembers every order, open or ended, every fill,
balances, positions and how far it had followed the market — even inside a bar, whose rest is then played. Commands that
were on their way, and reports that were said and not heard, are not its to keep: the engine looks them up.

A market event without consequences touches no disk. So a venue that is opened again knows the market as of its last
consequence; an event it has seen by then is recognised and not traded on twice, whether the feed repeats itself from
the start or goes on. Marks of trailing stops are kept as they move; places in a queue as of the last consequence, which
is never too good. The book is one SQLite file: `row` holds the last state of each thing, `fill` every execution.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw
import msgspec

from tradewright.model.command import Command, Submit
from tradewright.model.errors import InputError
from tradewright.model.instrument import Instrument
from tradewright.model.market import MarketEvent
from tradewright.model.order import TRAILING_STOP
from tradewright.model.report import Fill, Report
from tradewright.model.rng import Rng
from tradewright.ports import CrashPoint, no_crash
from tradewright.sim.exchange import Exchange, SimulatedVenue
from tradewright.sim.exchange.state import (
    KINDS,
    ORDER_FIELDS,
    Row,
    account_row,
    book_row,
    exchange_row,
    fill_row,
    instrument_row,
    market_row,
    order_row,
)
from tradewright.sim.exchange.vocabulary import REFUSED, WORKING
from tradewright.sim.exchange.working import Working
from tradewright.sim.models import Models

BEFORE_EXECUTE = "paper-before-execute"
AFTER_EXECUTE = "paper-after-execute"
BEFORE_COMMIT = "paper-before-commit"
AFTER_COMMIT = "paper-after-commit"
AFTER_REPORT = "paper-after-report"
DURING_OPENING = "paper-during-opening"
PAPER_CRASH_POINTS = (BEFORE_EXECUTE, AFTER_EXECUTE, BEFORE_COMMIT, AFTER_COMMIT, AFTER_REPORT, DURING_OPENING)

FORMAT = 2
_CURSOR = "cursor"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS row(kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, UNIQUE(kind, key));
CREATE TABLE IF NOT EXISTS fill(number INTEGER PRIMARY KEY, value BLOB NOT NULL);
"""
_KEEP = "INSERT INTO row VALUES (?, ?, ?) ON CONFLICT(kind, key) DO UPDATE SET value = excluded.value"


class PaperVenue(SimulatedVenue):
    """An Exchange whose book survives. Draw all reports of one call before the next, as with the exchange itself.

    path: its SQLite file, made if missing. instruments: with the rules of today; others come from the book.
    crash: named places where a proof may stop the process. together: who draws reports answers none of them before the
    last of their call; then one commit holds what they all say.
    """

    def __init__(
        self,
        path: Path,
        models: Models,
        rng: Rng,
        instruments: Sequence[Instrument] = (),
        crash: CrashPoint = no_crash,
    ) -> None:
        self.exchange = Exchange(models, rng)
        self.crash = crash
        self.together = False
        for instrument in instruments:
            self.exchange.list_instrument(instrument)
        self._connection = open_book(path)
        #: What the book holds of the things that may still change, so that only a difference is written.
        self._held: dict[tuple[str, str], bytes] = {}
        self._live: dict[str, None] = {}  # orders that may differ from the book
        self._moved: dict[str, None] = {}  # symbols whose market may
        self._trails: dict[str, int] = {}  # trailing stops and the mark the book holds
        self._cursor: dict[str, tuple[int, int]] = {}  # symbol: time of its last event, how many of that time
        self._behind: dict[str, int] = {}  # symbol: events of that time a repeated feed has yet to give again
        self._fills = 0
        self._covered = 0
        self._unfinished = ""
        try:
            with readable(path):
                self._remember()
        except BaseException:
            self.close()
            raise

    def _remember(self) -> None:
        self.crash(DURING_OPENING)
        stored = list(_stored(self._connection))
        for kind, key, values in stored:
            if kind == _CURSOR:
                time, count = values
                self._cursor[key] = (time, count)
                self._behind[key] = count
        self.exchange.restore(row for row in stored if row[0] != _CURSOR)
        for w in self.exchange.working_orders():
            self._live[w.order.id] = None
            if w.type == TRAILING_STOP:
                self._trails[w.order.id] = w.mark
        self._fills = len(self.exchange.history)
        event = self.exchange.running_event
        if self.exchange.phase and event is not None:
            self._unfinished = event.symbol

    def open_account(
        self,
        name: str,
        mode: str = "netting",
        balances: dict[str, int] | None = None,
        shorts: bool = True,
        borrows: bool = True,
    ) -> None:
        """Opens an account once; a later start finds it as it was left. Raises InputError for another mode."""
        known = self.exchange.accounts.get(name)
        if known is None:
            self.exchange.open_account(name, mode, balances, shorts, borrows)
            self._save()
        elif known.hedging != (mode == "hedging"):
            raise InputError(f"paper account {name} is not {mode}: it was opened in the other mode")

    # As a venue

    def execute(self, command: Command) -> None:
        """Takes a command; what it does is durable before the first report on it."""
        self.crash(BEFORE_EXECUTE)
        if isinstance(command, Submit) and command.order_id not in self.exchange.orders:
            self._live[command.order_id] = None
            self._moved[command.order.instrument.symbol] = None
            if command.order.type == TRAILING_STOP:
                self._trails[command.order_id] = 0
        self.exchange.execute(command)
        self.crash(AFTER_EXECUTE)

    def run(self, event: MarketEvent) -> Iterator[Report]:
        """The reports of one market event, none if the venue had it before; each durable before it is given."""
        if self._had(event):
            if self._unfinished == event.symbol and event.symbol not in self._behind:
                yield from self._finish()
            return
        yield from self._finish()
        self._moved[event.symbol] = None
        yield from self._draw(self.exchange.run(event))
        if self._trails:
            self._keep_marks()

    def due(self, time: int) -> Iterator[Report]:
        """The reports of all that happens by `time` without a market event."""
        yield from self._finish()
        yield from self._draw(self.exchange.due(time))

    def _draw(self, reports: Iterable[Report]) -> Iterator[Report]:
        if self.together and (reports := list(reports)):
            self._save()
            self._covered = len(reports)
        for report in reports:
            # What one action of the exchange made is saved at once; its other reports wait behind this one.
            if self._covered:
                self._covered -= 1
            else:
                self._save()
                self._covered = len(self.exchange.out)
            yield report
            self.crash(AFTER_REPORT)

    def _finish(self) -> Iterator[Report]:
        """The rest of the call in which the venue was stopped."""
        if self._unfinished or self.exchange.phase:
            self._unfinished = ""
            yield from self._draw(self.exchange)

    # The market it has seen

    @property
    def caught_up(self) -> bool:
        """Whether a feed that repeats itself has reached the place where the book was left."""
        return not self._behind

    def _had(self, event: MarketEvent) -> bool:
        """Whether the venue has seen this event, or a later one of its instrument; if not, it has now."""
        symbol = event.symbol
        time, count = self._cursor.get(symbol, (-1, 0))
        if event.time < time:
            return True
        left = self._behind.pop(symbol, 0)
        if event.time > time:
            self._cursor[symbol] = (event.time, 1)
            return False
        if left == 0:
            self._cursor[symbol] = (time, count + 1)
            return False
        if left > 1:
            self._behind[symbol] = left - 1
        return True

    # The book

    def _save(self) -> None:
        """Makes durable what has changed since the last time, as one transaction."""
        self.crash(BEFORE_COMMIT)
        changed = [(kind, key, value) for kind, key, value in self._changes() if self._held.get((kind, key)) != value]
        history = self.exchange.history
        fills = [(n, msgspec.json.encode(fill_row(n, history[n])[2])) for n in range(self._fills, len(history))]
        with self._connection:
            self._connection.executemany(_KEEP, changed)
            self._connection.executemany("INSERT INTO fill VALUES (?, ?)", fills)
        self._fills = len(history)
        self._held.update(((kind, key), value) for kind, key, value in changed)
        for order_id in [id for id in self._live if self._ended(id)]:
            del self._live[order_id]
            self._held.pop(("order", order_id), None)
            self._trails.pop(order_id, None)
        self._moved.clear()
        self.crash(AFTER_COMMIT)

    def _changes(self) -> Iterator[tuple[str, str, bytes]]:
        for row in self._rows():
            yield row[0], row[1], msgspec.json.encode(row[2])

    def _rows(self) -> Iterator[Row]:
        """Everything that may differ from the book, in the order in which it can be restored."""
        exchange = self.exchange
        orders = [exchange.orders[id] for id in self._live if id in exchange.orders]
        symbols = dict.fromkeys([*self._moved, *(w.order.instrument.symbol for w in orders)])
        markets = [exchange.markets[symbol] for symbol in symbols if symbol in exchange.markets]
        for market in markets:
            if ("instrument", market.instrument.symbol) not in self._held:
                yield instrument_row(market)
        for account in exchange.accounts.values():
            yield account_row(account)
        for market in markets:
            yield market_row(market)
            for book in market.books:
                yield book_row(book)
            if market.instrument.symbol in self._cursor:
                yield _CURSOR, market.instrument.symbol, list(self._cursor[market.instrument.symbol])
        for w in orders:
            yield order_row(w)
        yield exchange_row(exchange)

    def _ended(self, order_id: str) -> bool:
        w = self.exchange.orders.get(order_id)
        return w is not None and w.status != WORKING

    def _keep_marks(self) -> None:
        """Saves once per event in which the mark of a trailing stop moved."""
        moved = False
        for order_id, mark in self._trails.items():
            w = self.exchange.orders.get(order_id)
            if w is not None and w.mark != mark:
                self._trails[order_id] = w.mark
                moved = True
        if moved:
            self._save()

    # What it knows

    def order(self, order_id: str) -> Working | None:
        """What became of an order; ended ones are remembered for ever."""
        return self.exchange.order(order_id)

    def orders_since(self, number: int = 0) -> list[Working]:
        """The orders that arrived after the first `number`, oldest first, whatever became of them."""
        return [w for w in self.exchange.orders.values() if w.number > number]

    def fills_since(self, count: int = 0) -> list[Fill]:
        """The executions after the first `count` of this venue."""
        return self.exchange.fills(count)

    def balances(self, account: str) -> dict[str, int]:
        """Money per currency of an account."""
        return self.exchange.balances(account)

    def positions(self, account: str) -> dict[str, int]:
        """Signed net size counts per symbol."""
        return self.exchange.positions(account)

    def close(self) -> None:
        """Releases the file; everything said is durable already."""
        self._connection.close()


def open_book(path: Path) -> apsw.Connection:
    """The book's SQLite file, made if missing; every commit reaches the disk. Raises InputError for another format
    and for a file that is no book."""
    connection = apsw.Connection(str(path))
    try:
        with readable(path):
            _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: apsw.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    known = connection.execute("PRAGMA user_version").fetchone()[0]  # type: ignore[index]
    if known not in (0, FORMAT):
        raise InputError(f"{path}: a paper book of format {known}, not {FORMAT}; it was written by another version")
    with connection:
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {FORMAT}")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """A book that is damaged, or none, becomes an InputError that names its file."""
    try:
        yield
    except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError, msgspec.DecodeError, LookupError) as error:
        raise InputError(f"{path} is not the book of a paper exchange, or damaged: {error}") from error


def _stored(connection: apsw.Connection) -> Iterator[Row]:
    """The rows of a book, kind by kind, in the order in which they can be restored."""
    rows: dict[str, list[Row]] = {kind: [] for kind in (*KINDS, _CURSOR)}
    for kind, key, value in connection.execute("SELECT kind, key, value FROM row ORDER BY rowid"):
        rows[kind].append((kind, key, msgspec.json.decode(value)))
    for number, value in connection.execute("SELECT number, value FROM fill ORDER BY number"):
        rows["fill"].append(("fill", str(number), msgspec.json.decode(value)))
    for kind in rows:
        yield from rows[kind]


class Remembered(NamedTuple):
    """What a book says: ids of all orders that arrived and of those accepted, fills, money and positions by account."""

    submitted: list[str]
    accepted: list[str]
    fills: list[Fill]
    balances: dict[str, dict[str, int]]
    positions: dict[str, dict[str, int]]


def read_book(path: Path) -> Remembered:
    """Reads a venue's book as a judge would: straight from its file, without an exchange. Raises InputError for a file
    that is no book."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        with readable(path):
            return _remembered(connection)
    finally:
        connection.close()


def _remembered(connection: apsw.Connection) -> Remembered:
    found = Remembered([], [], [], {}, {})
    for kind, key, values in _stored(connection):
        if kind == "order":
            found.submitted.append(key)
            if values[2][ORDER_FIELDS.index("status")] != REFUSED:
                found.accepted.append(key)
        elif kind == "fill":
            found.fills.append(Fill(*values[1:]))
        elif kind == "account":
            found.balances[key] = values[3]
        elif kind == "book":
            symbol, account, _, numbers = values
            found.positions.setdefault(account, {})[symbol] = numbers[0]
    return found
