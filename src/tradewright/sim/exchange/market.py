"""What the exchange knows of one instrument: the last prices, what is shown, the session, and who trades it.

Precedence: depth > quotes > trades > quote bars > bars. Where finer data of an instrument was seen, coarser data does
not move its prices (trades still fill resting limit orders), until the finer has fallen silent: for a whole bar and as
long before it, or, beside ticks, for a day. A price of 0 on one side of a quote, or an empty side
of a book, is no price; crossed quotes (bid above ask) are not traded on.
"""

from __future__ import annotations

from tradewright.model.calendar import Calendar, calendar
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, Quote, QuoteBar, Trade
from tradewright.model.numbers import SIZE_MAX
from tradewright.sim.exchange.book import Account, Book
from tradewright.sim.exchange.vocabulary import (
    FOREVER,
    FROM_BARS,
    FROM_DEPTH,
    FROM_QUOTE_BARS,
    FROM_QUOTES,
    FROM_TRADES,
    NO_DATA,
)

_DAY_NS = 86_400_000_000_000


class Market:
    """One instrument. bid, ask: last prices (counts); the sizes shown there, 0 = not known.

    source: the finest data that is not silent. start, time: begin and end of its last event, ns; before: start of the
    one before it. opens, closes: the session that covers or follows `start`. trading: the last event lies in a session.
    first, last: it is the session's first, its last. working: number of orders; wake: when the first of them expires.
    """

    __slots__ = (
        "instrument", "books", "working", "wake", "source", "bid", "ask", "bid_size", "ask_size", "bids", "asks",
        "start", "time", "before", "opens", "closes", "since", "trading", "first", "last", "day_from", "day_until",
        "always", "_calendar",
    )  # fmt: skip

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.books: list[Book] = []
        self.working = 0
        self.wake = FOREVER
        self.source = NO_DATA
        self.bid = self.ask = 0
        self.bid_size = self.ask_size = 0
        self.bids: tuple[tuple[int, int], ...] = ()
        self.asks: tuple[tuple[int, int], ...] = ()
        self.start = self.time = self.before = -FOREVER
        self.opens = self.since = -FOREVER
        self.closes = -FOREVER
        self.trading = self.first = self.last = False
        self.day_from = self.day_until = -FOREVER
        self.always = instrument.calendar == "always"
        self._calendar: Calendar = calendar(instrument.calendar)

    def book_of(self, account: Account) -> Book:
        """The account's book in this instrument, opened at the first call."""
        for book in self.books:
            if book.account is account:
                return book
        book = Book(account, self.instrument.symbol)
        book.bid = book.bid_to = self.bid
        book.ask = book.ask_to = self.ask
        self.books.append(book)
        return book

    def see_bar(self, bar: Bar) -> bool:
        """Takes the last prices of a trade bar; False: finer data rules, it moves nothing."""
        if self._ruled(FROM_BARS, 2 * bar.time_open - bar.time):
            return False
        self.source = FROM_BARS
        self.before = self.start
        self.start = bar.time_open
        self.time = bar.time
        self.bid = self.ask = bar.close_units
        return True

    def see_quote_bar(self, bar: QuoteBar) -> bool:
        """Takes the last prices of a quote bar; False: finer data rules."""
        if self._ruled(FROM_QUOTE_BARS, 2 * bar.time_open - bar.time):
            return False
        self.source = FROM_QUOTE_BARS
        self.before = self.start
        self.start = bar.time_open
        self.time = bar.time
        self.bid = bar.bid_close_units
        self.ask = bar.ask_close_units
        return True

    def see_quote(self, quote: Quote) -> bool:
        """Takes a quote; False: depth rules, or it is crossed."""
        if self._ruled(FROM_QUOTES, quote.time - _DAY_NS) or (
            quote.bid_units > quote.ask_units and quote.ask_units != 0
        ):
            return False
        self._tick(FROM_QUOTES, quote.time)
        self.bid = quote.bid_units
        self.ask = quote.ask_units
        self.bid_size = quote.bid_size_units
        self.ask_size = quote.ask_size_units
        return True

    def see_depth(self, depth: Depth) -> bool:
        """Takes a snapshot of the book; False: it is crossed."""
        if depth.bids and depth.asks and depth.bids[0][0] > depth.asks[0][0]:
            return False
        self._tick(FROM_DEPTH, depth.time)
        self.bids = depth.bids
        self.asks = depth.asks
        self.bid, self.bid_size = depth.bids[0] if depth.bids else (0, 0)
        self.ask, self.ask_size = depth.asks[0] if depth.asks else (0, 0)
        return True

    def see_trade(self, trade: Trade) -> bool:
        """Takes a trade's price where nothing finer is known; False: only resting limit orders care."""
        if self._ruled(FROM_TRADES, trade.time - _DAY_NS):
            return False
        self._tick(FROM_TRADES, trade.time)
        self.bid = self.ask = trade.price_units
        return True

    def _ruled(self, source: int, since: int) -> bool:
        """Whether finer data than `source` rules the prices: seen, and not before `since`."""
        return self.source > source and self.time >= since

    def _tick(self, source: int, time: int) -> None:
        self.source = source
        self.before = self.start
        self.start = self.time = time

    def place_in_session(self, start: int, end: int) -> None:
        """Says whether the data of [start, end] lies in a session, and whether it is the session's first or last."""
        if self.always:
            self.trading = True
            return
        if start >= self.closes or start < self.since:
            self.since = start
            known = self._calendar
            self.opens = known.last_open(start) if known.is_open(start) else known.next_open(start)
            self.closes = known.next_close(self.opens)
        self.trading = self.opens < end or self.opens <= start
        self.first = self.trading and self.before < self.opens
        self.last = self.trading and end >= self.closes

    def day_end(self, time: int) -> int:
        """When a DAY order accepted at `time` expires: its session's close, at the latest as the trading day turns."""
        if self.always:
            return (time // _DAY_NS + 1) * _DAY_NS
        if not self.day_from <= time < self.day_until:
            known = self._calendar
            opens = time if known.is_open(time) else known.next_open(time)
            self.day_from = time
            self.day_until = min(known.next_close(opens), known.session_start(known.session_day(opens) + 1))
        return self.day_until

    def shown(self, side: int, bound: int, bounded: bool, taken: int) -> int:
        """Size an order on `side` finds on the other side, less `taken`: the quote's, or of all levels at `bound` or
        better. SIZE_MAX: the quote does not say."""
        if self.source < FROM_DEPTH:
            size = self.ask_size if side > 0 else self.bid_size
            return SIZE_MAX if size == 0 else max(size - taken, 0)
        total = 0
        for price, size in self.asks if side > 0 else self.bids:
            if bounded and side * price > side * bound:
                break
            total += size
        return max(total - taken, 0)

    def displayed(self, side: int, price: int) -> int:
        """Size shown at `price` on the order's own side; 0: nothing is there; -1: further away than is shown."""
        if self.source == FROM_QUOTES:
            best, size = (self.bid, self.bid_size) if side > 0 else (self.ask, self.ask_size)
            if best == 0 or side * price > side * best:
                return 0
            return size if price == best and size > 0 else -1
        if self.source < FROM_QUOTES:
            return -1
        for level, size in self.bids if side > 0 else self.asks:
            if level == price:
                return size
            if side * level < side * price:
                return 0
        return -1
