"""FIFO lots as live truth: what each strategy owns, what it made, and the cash of each account.

A book is one (account, strategy, instrument). Its lots and matches are a pure function of the *set* of its fills: they
are matched in the order of the venue's clock, and a fill that arrives late is put in its place and the fills behind it
are matched again. So neither the order of arrival nor a duplicate can change what the ledger says.

Cash = what came in + Σ signed notional of fills − Σ fees, per currency, to the last unit. A fee in the base currency
reduces the quantity that a buy brings in, rounded up to a size count; what was taken too much is cash in that currency
(dust). A sale, and a buy that only reduces, brings in nothing it could come from: there it is cash. So no fee can open
a position or turn it, in whatever order the fills arrive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewright.model.instrument import Instrument
from tradewright.model.lot import Lot, Match, lot_of, match_of
from tradewright.model.numbers import MONEY_MAX, MONEY_SCALE, SIZE_MAX, multiply_checked
from tradewright.model.order import ENTRY, REDUCE_ONLY, Order
from tradewright.model.report import Fill

if TYPE_CHECKING:
    from tradewright.core.holds import Hold

#: Fills a book keeps to be able to match again; older ones are settled. A later arrival than that many fills of one
#: book is matched at the oldest place kept. Twice this is where settling starts, so that it costs O(1) per fill.
WINDOW = 128
TEN = 10


class BookedFill:
    """A fill as its book sees it. size: counts after a base-currency fee. closing: it may only close (hedging).

    key: its place among the fills of its book; both sides of a trade with ourselves carry the same trade id.
    """

    __slots__ = ("key", "side", "size", "price_units", "time", "order_id", "trade_id", "closing", "lot")

    def __init__(
        self, time: int, order_id: str, trade_id: str, side: int, size: int, price_units: int, closing: bool, lot: str
    ) -> None:
        self.begin(time, order_id, trade_id, side, size, price_units, closing, lot)

    def begin(
        self, time: int, order_id: str, trade_id: str, side: int, size: int, price_units: int, closing: bool, lot: str
    ) -> None:
        self.key = (time, len(trade_id), trade_id, order_id)
        self.side = side
        self.size = size
        self.price_units = price_units
        self.time = time
        self.order_id = order_id
        self.trade_id = trade_id
        self.closing = closing
        self.lot = lot

    def row(self) -> tuple[object, ...]:
        return (
            self.side, self.size, self.price_units, self.time, self.order_id, self.trade_id, self.closing, self.lot,
        )  # fmt: skip


class Position:
    """One account's holding in one instrument, over all strategies, and the working orders that may change it.

    net, long_size, short_size: size counts. buying, selling: size counts of working opening orders. opening: how many
    of them (the slot they hold). exiting: size counts of working exits, each counted; leaving: those of them that go at
    the market: their margin is as good as free.
    """

    __slots__ = (
        "account",
        "instrument",
        "net",
        "long_size",
        "short_size",
        "buying",
        "selling",
        "opening",
        "exiting",
        "leaving",
    )

    def __init__(self, account: str, instrument: Instrument) -> None:
        self.account = account
        self.instrument = instrument
        self.net = 0
        self.long_size = 0
        self.short_size = 0
        self.buying = 0
        self.selling = 0
        self.opening = 0
        self.exiting = 0
        self.leaving = 0

    def used(self) -> bool:
        """Whether it holds or awaits anything; one that was only looked at, or is flat and idle, is no state."""
        return bool(self.long_size or self.short_size or self.opening or self.exiting or self.buying or self.selling)

    def size_of(self, side: int) -> int:
        """Size counts held on one side."""
        return self.long_size if side > 0 else self.short_size

    def row(self) -> tuple[object, ...]:
        return (
            self.account, self.instrument.index, self.net, self.long_size, self.short_size,
            self.buying, self.selling, self.opening, self.exiting, self.leaving,
        )  # fmt: skip


class Book:
    """Lots of one strategy in one instrument of one account.

    net, long_size, short_size: size counts (net = long_size − short_size = Σ side × size of lots). realised: money in
    the quote currency, Σ pnl of matches, before fees. fees: money per currency, fees in the base currency included.
    exits: holds of open exits by order id; buying, selling, opening: as of the position, of its own orders; all kept by
    `core.holds`. matches: those of the window. position: the account's, of which it is a part. trading: the run that is
    on has the strategy in this instrument, so it may open here at any time. day_result, week_result: its `result` when
    the day and the week began, None = it could not be known. trades: opening orders of the day that filled or still
    may; last_trade: when the newest was decided, ns UTC, 0 = never; realised_before: what was realised before the day.
    buffer: marketBufferPercent of its orders under the limits that are set now, kept by `core.gate`;
    at_limit: orderType, the same way: openings that say no price are limited at the one they would meet.
    """

    __slots__ = (
        "account", "strategy", "instrument", "hedging", "lots", "net", "long_size", "short_size", "realised",
        "fees", "exits", "opening", "window", "settled_lots", "settled_realised", "matches", "position", "trading",
        "buying", "selling", "trades", "last_trade", "realised_before", "day_result", "week_result", "buffer",
        "at_limit",
    )  # fmt: skip

    def __init__(self, position: Position, strategy: str, instrument: Instrument, hedging: bool) -> None:
        self.position = position
        self.account = position.account
        self.strategy = strategy
        self.instrument = instrument
        self.hedging = hedging
        self.lots: list[Lot] = []
        self.net = 0
        self.long_size = 0
        self.short_size = 0
        self.realised = 0
        self.fees: dict[str, int] = {}
        self.exits: dict[str, Hold] = {}
        self.opening = 0
        self.trading = False
        self.window: list[BookedFill] = []
        self.buying = 0
        self.selling = 0
        self.day_result: int | None = 0
        self.week_result: int | None = 0
        self.trades = 0
        self.last_trade = 0
        self.realised_before = 0
        self.buffer: int | None = None
        self.at_limit = False
        self.settled_lots: list[tuple[object, ...]] = []
        self.settled_realised = 0
        self.matches: list[Match] = []

    def add(self, booked: BookedFill, matches: list[Match]) -> None:
        """Book one fill; the matches it makes are appended to `matches`.

        When it came late, the matches that it undoes are appended as their reversals before the new ones. Raises
        OverflowError for a position past SIZE_MAX, and then the book is as it was.
        """
        window = self.window
        at = len(window)
        while at > 0 and window[at - 1].key > booked.key:
            at -= 1
        in_order = at == len(window)
        window.insert(at, booked)
        try:
            if in_order:
                before = len(self.matches)
                self._match(booked)
                if len(self.matches) > before:
                    matches.extend(self.matches[before:])
            else:
                self._match_again(matches)
        except OverflowError:
            del window[at]
            self._fold(window)
            raise
        if len(window) >= 2 * WINDOW:
            self._settle()

    def _match(self, booked: BookedFill) -> None:
        """Close the oldest opposite lots (or the named ones) first, then open what is left."""
        left = booked.size
        if self.hedging:
            if booked.closing:
                left = self._close(booked, left, booked.lot)
        elif self.net != 0 and (self.net > 0) != (booked.side > 0):
            left = self._close(booked, left, "")
        if left:
            if left > SIZE_MAX - (self.long_size if booked.side > 0 else self.short_size):
                raise OverflowError(f"{self.instrument.symbol}: {left} counts more than {self.net} are out of range")
            self.lots.append(
                lot_of(booked.order_id, booked.trade_id, booked.side, left, booked.price_units, booked.time)
            )
            if booked.side > 0:
                self.long_size += left
            else:
                self.short_size += left
        self.net = self.long_size - self.short_size

    def _close(self, booked: BookedFill, left: int, named: str) -> int:
        """Match `left` against lots of the other side, FIFO, only those of order `named` if given; what is left."""
        at = 0
        lots = self.lots
        while left and at < len(lots):
            lot = lots[at]
            if lot.side == booked.side or (named and lot.order_id != named):
                at += 1
                continue
            size = left if left < lot.size else lot.size
            match = match_of(
                self.account, self.strategy, self.instrument, lot, size,
                booked.order_id, booked.trade_id, booked.price_units, booked.time,
            )  # fmt: skip
            self.matches.append(match)
            self.realised += match.pnl
            left -= size
            lot.size -= size
            if lot.side > 0:
                self.long_size -= size
            else:
                self.short_size -= size
            if lot.size == 0:
                del lots[at]
        return left

    def _match_again(self, changes: list[Match]) -> None:
        """Match the window anew, in the order of the venue's clock; `changes` gets what differs from before."""
        before = {match.id: match for match in self.matches}
        self._fold(self.window)
        after = {match.id: match for match in self.matches}
        for id, match in before.items():
            kept = after.get(id)
            if kept is None or kept.size != match.size:
                changes.append(match.reversal())
        for id, match in after.items():
            known = before.get(id)
            if known is None or known.size != match.size:
                changes.append(match)

    def _fold(self, window: list[BookedFill]) -> None:
        """Lots, realised P&L and matches from the settled base and `window` alone."""
        self.lots = [lot_from(row) for row in self.settled_lots]
        self.long_size = sum([lot.size for lot in self.lots if lot.side > 0])
        self.short_size = sum([lot.size for lot in self.lots if lot.side < 0])
        self.net = self.long_size - self.short_size
        self.realised = self.settled_realised
        self.matches = []
        for booked in window:
            self._match(booked)

    def refold(self) -> None:
        """Lots, P&L and matches anew from the settled base and the window: what a snapshot restores."""
        self._fold(self.window)

    def _settle(self) -> None:
        """Fold the older half of the window into the settled base."""
        self._fold(self.window[:-WINDOW])
        self.settled_lots = [lot.row() for lot in self.lots]
        self.settled_realised = self.realised
        self.window = self.window[-WINDOW:]
        self._fold(self.window)

    def closable(self, side: int, lot: str) -> int:
        """Size counts that an order of `side` may close: opposite lots (of order `lot` if named)."""
        if lot:
            return sum([held.size for held in self.lots if held.order_id == lot and held.side != side])
        if self.hedging:
            return self.short_size if side > 0 else self.long_size
        if self.net == 0 or (self.net > 0) == (side > 0):
            return 0
        return abs(self.net)

    def grown(self, side: int, size: int, closing: bool) -> int:
        """Size counts that a fill adds to the side it trades on, beyond what it closes."""
        if self.hedging:
            return size - min(size, self.closable(side, "")) if closing else size
        after = self.net + side * size
        held = self.long_size if side > 0 else self.short_size
        return max(0, side * after - held)

    @property
    def exiting(self) -> int:
        """Size counts of working exits, each counted; what a further exit finds is `core.holds.left`."""
        return sum([hold.remaining for hold in self.exits.values()])

    def cost(self) -> int:
        """Σ side × price × size of the open lots, as money in the quote currency."""
        total = 0
        for lot in self.lots:
            total += lot.side * lot.price_units * (lot.size * self.instrument.money_factor)
        return total

    def new_day(self, price: int, week: bool) -> None:
        """A day began (or a week too) with that mark price: what is counted by day starts anew."""
        self.trades = 0
        self.realised_before = self.realised
        self.day_result = self.result(price)
        if week:
            self.week_result = self.day_result

    def result(self, price: int) -> int | None:
        """P&L of all time at that mark price, open lots included, less fees in the quote currency; money in the quote
        currency, None when lots are open and no price is known."""
        paid = self.fees.get(self.instrument.quote, 0)
        if not self.lots:
            return self.realised - paid
        if price <= 0:
            return None
        open_result: int = price * (self.net * self.instrument.money_factor) - self.cost()
        return int(self.realised - paid + open_result)

    def used(self) -> bool:
        """Whether anything ever happened in it: a book that was only looked at is no state."""
        return bool(self.window or self.settled_lots or self.settled_realised or self.exiting or self.last_trade)

    def average_units(self) -> float | None:
        """Average entry price of the open lots in price counts, for display; None when flat."""
        size = sum(lot.size for lot in self.lots)
        return sum(lot.size * lot.price_units for lot in self.lots) / size if size else None

    def counts(self) -> bool:
        """Whether its strategy holds or may come to hold something here. A function of records alone: who only looked,
        or was part of an earlier run and has left, does not count."""
        return bool(self.trading or self.lots or self.exits or self.opening)

    def row(self) -> tuple[object, ...]:
        return (
            self.account, self.strategy, self.instrument.index, self.hedging, [lot.row() for lot in self.lots],
            self.realised, sorted(self.fees.items()), [booked.row() for booked in self.window],
            self.settled_lots, self.settled_realised, self.day_result, self.week_result,
            self.trades, self.last_trade, self.realised_before,
        )  # fmt: skip


class Ledger:
    """Cash of every account, its positions and its books; beside: the books by position, which knows none itself, since
    a ring of references would outlive its run."""

    __slots__ = ("cash", "books", "beside", "positions")

    def __init__(self) -> None:
        self.cash: dict[str, dict[str, int]] = {}
        self.books: dict[tuple[str, str, int], Book] = {}
        self.beside: dict[tuple[str, int], list[Book]] = {}
        self.positions: dict[tuple[str, int], Position] = {}

    def move_cash(self, account: str, currency: str, amount: int) -> None:
        """Add `amount` (money, may be negative) to the account's cash."""
        self.cash[account][currency] = self._cash_after(account, currency, amount)

    def _cash_after(self, account: str, currency: str, amount: int) -> int:
        cash = self.cash[account]
        total: int = cash.get(currency, 0) + amount
        if total > MONEY_MAX or total < -MONEY_MAX:
            raise OverflowError(f"{account}: {currency} does not fit 128-bit money")
        return total

    def book(self, account: str, strategy: str, instrument: Instrument, hedging: bool) -> Book:
        """The book, opened on first use."""
        key = (account, strategy, instrument.index)
        book = self.books.get(key)
        if book is None:
            position = self.position(account, instrument)
            book = self.books[key] = Book(position, strategy, instrument, hedging)
            self.beside.setdefault((account, instrument.index), []).append(book)
        return book

    def position(self, account: str, instrument: Instrument) -> Position:
        """The position, opened on first use."""
        key = (account, instrument.index)
        position = self.positions.get(key)
        if position is None:
            position = self.positions[key] = Position(account, instrument)
        return position

    def apply_fill(self, book: Book, order: Order, fill: Fill, matches: list[Match]) -> None:
        """Book a fill of `order`, once: lots, matches, cash and fees. Duplicates are the order table's to refuse.

        Raises OverflowError for money past 128 bits or a position past SIZE_MAX, and then nothing is booked.
        """
        instrument = order.instrument
        account = order.account
        position = book.position
        size = fill.size_units
        notional = multiply_checked(fill.price_units, size * instrument.money_factor)
        moved = -notional if order.side > 0 else notional
        paid = 0
        if fill.fee:
            paid = fill.fee
            if fill.fee_currency == instrument.base and order.side > 0 and not order.flags & REDUCE_ONLY:
                unit = TEN ** (MONEY_SCALE - instrument.size_scale) * instrument.contract
                units = max(-size, min(size, -(-paid // unit)))
                paid -= units * unit
                size -= order.side * units
            if fill.fee_currency == instrument.quote:
                moved, paid = moved - paid, 0
        after = self._cash_after(account, instrument.quote, moved)
        after_fee = self._cash_after(account, fill.fee_currency, -paid) if paid else 0
        closing = order.role != ENTRY
        if size > SIZE_MAX or book.grown(order.side, size, closing) > SIZE_MAX - position.size_of(order.side):
            raise OverflowError(f"{instrument.symbol}: {size} counts more than {position.net} are out of range")
        long_before, short_before = book.long_size, book.short_size
        booked = BookedFill.__new__(BookedFill)  # without the cost of a constructor's arguments
        booked.begin(fill.time_venue, order.id, fill.trade_id, order.side, size, fill.price_units, closing, order.lot)
        book.add(booked, matches)
        if fill.fee:
            book.fees[fill.fee_currency] = book.fees.get(fill.fee_currency, 0) + fill.fee
        cash = self.cash[account]
        cash[instrument.quote] = after
        if paid:
            cash[fill.fee_currency] = after_fee
        position.long_size += book.long_size - long_before
        position.short_size += book.short_size - short_before
        position.net = position.long_size - position.short_size

    def adjust(
        self, book: Book, side: int, size: int, price_units: int, time: int, id: str, matches: list[Match]
    ) -> None:
        """Book a change of what is held that no fill brought and no money moved for: a piece of the position taken
        over, or given to another book. Raises OverflowError as `apply_fill`, and then nothing is booked."""
        position = book.position
        if size > SIZE_MAX or book.grown(side, size, True) > SIZE_MAX - position.size_of(side):
            raise OverflowError(f"{book.instrument.symbol}: {size} counts more than {position.net} are out of range")
        long_before, short_before = book.long_size, book.short_size
        book.add(BookedFill(time, id, id, side, size, price_units, not book.hedging, ""), matches)
        position.long_size += book.long_size - long_before
        position.short_size += book.short_size - short_before
        position.net = position.long_size - position.short_size

    def row(self) -> tuple[object, ...]:
        return (
            [(account, sorted(cash.items())) for account, cash in sorted(self.cash.items())],
            [book.row() for _, book in sorted(self.books.items()) if book.used()],
            [position.row() for _, position in sorted(self.positions.items()) if position.used()],
        )  # fmt: skip


def lot_from(row: tuple[object, ...] | list[object]) -> Lot:
    """A lot from its row."""
    order_id, trade_id, side, size, size_open, price_units, time = row
    lot = Lot(str(order_id), str(trade_id), int(str(side)), int(str(size)), int(str(price_units)), int(str(time)))
    lot.size_open = int(str(size_open))
    return lot
