"""What each instrument is worth now, and the conversion of money between currencies: views with an age, never
bookings."""

from __future__ import annotations

from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, Quote, QuoteBar, Trade
from tradewright.model.order import TRAILING_STOP, Order

TEN = 10
#: A quote without a successor for as long gives way to a trade, ns; to a bar sooner.
SILENCE_NS = 86_400_000_000_000
MILLION = 1_000_000


class Mark:
    """The newest prices of one instrument in price counts (0 = never seen) and when they were known (ns UTC).

    time_quote: of bid and ask; time_last: of the last price, each of its own, so that a feed that falls silent is seen
    to age beside one that goes on. A quote that was silent for a bar and as long before it, or for a day beside trades,
    is given up: bid and ask are 0 until the next.
    one: price counts per 1.0, an int in both builds (Cython's integer power is a float).
    """

    __slots__ = ("instrument", "one", "bid", "ask", "last", "time_quote", "time_last")

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.one = TEN**instrument.price_scale
        self.bid = 0
        self.ask = 0
        self.last = 0
        self.time_quote = 0
        self.time_last = 0

    def price(self) -> int:
        """The mark price: the mid (rounded down) where both sides are known, else the last; 0 = unknown."""
        if self.bid > 0 and self.ask > 0:
            return (self.bid + self.ask) // 2
        return self.last

    def reference(self, side: int) -> int:
        """The price an order of `side` would meet: ask for a buy, bid for a sale, else the last; 0 = unknown."""
        if side > 0 and self.ask > 0:
            return self.ask
        if side < 0 and self.bid > 0:
            return self.bid
        return self.last

    def dearest(self, order: Order) -> int:
        """The highest price an order could fill at as the market stands: a bound for its value. A buy never pays more
        than its limit, a sale gets the market where that is above its limit; a stop on the wrong side of the market
        goes at once, at the market. 0 = unknown."""
        reference = self.reference(order.side)
        if order.side > 0:
            if order.limit_units > 0:
                return order.limit_units
            if order.type == TRAILING_STOP and reference > 0:
                return reference + order.trail_units + -(-reference * order.trail_ppm // MILLION)
            return order.stop_units if order.stop_units > reference else reference
        met = reference
        if order.stop_units > 0 and (reference == 0 or order.stop_units < reference):
            met = order.stop_units
        return order.limit_units if order.limit_units > met else met

    def reference_time(self, side: int) -> int:
        """When `reference(side)` was known, ns UTC; 0 = never."""
        if (self.ask if side > 0 else self.bid) > 0:
            return self.time_quote
        return self.time_last

    def time(self) -> int:
        """When `price` was known, ns UTC; 0 = never."""
        return self.time_quote if self.bid > 0 and self.ask > 0 else self.time_last

    def row(self) -> tuple[int, int, int, int, int]:
        return (self.bid, self.ask, self.last, self.time_quote, self.time_last)


class Marks:
    """The marks of all listed instruments, by index."""

    __slots__ = ("marks",)

    def __init__(self) -> None:
        self.marks: list[Mark] = []

    def list_instrument(self, instrument: Instrument) -> None:
        """Add the instrument whose index is the next one."""
        assert instrument.index == len(self.marks), "instruments are listed in the order of their index"
        self.marks.append(Mark(instrument))

    def apply(self, event: Event) -> None:
        """Take the prices of a market event. A price at or below zero, a crossed quote and what is older than what is
        known already are not taken."""
        if isinstance(event, Bar):
            bar: Bar = event
            self._last(bar.instrument, bar.close_units, bar.time, 2 * bar.time_open - bar.time)
            if isinstance(event, QuoteBar):
                sides: QuoteBar = event
                self._quote(sides.instrument, sides.bid_close_units, sides.ask_close_units, sides.time)
        elif isinstance(event, Quote):
            quote: Quote = event
            self._quote(quote.instrument, quote.bid_units, quote.ask_units, quote.time)
        elif isinstance(event, Trade):
            trade: Trade = event
            self._last(trade.instrument, trade.price_units, trade.time, trade.time - SILENCE_NS)
        elif isinstance(event, Depth) and event.bids and event.asks:
            self._quote(event.instrument, event.bids[0][0], event.asks[0][0], event.time)

    def _last(self, instrument: Instrument, price: int, time: int, since: int) -> None:
        """A last price; a quote from before `since` is given up."""
        mark = self.marks[instrument.index]
        if price > 0 and time >= mark.time_last:
            mark.last = price
            mark.time_last = time
            if mark.time_quote < since:
                mark.bid = mark.ask = 0

    def _quote(self, instrument: Instrument, bid: int, ask: int, time: int) -> None:
        mark = self.marks[instrument.index]
        if 0 < bid <= ask and time >= mark.time_quote:
            mark.bid = bid
            mark.ask = ask
            mark.time_quote = time

    def convert(self, amount: int, source: str, target: str) -> int | None:
        """Money of `source` as money of `target` at the mark prices, directly or over one currency; None = no rate."""
        if source == target or amount == 0:
            return amount
        route = self._route(source, target)
        if not route:
            return None
        for mark in route:
            amount = exchanged(mark, amount, source)
            source = self._other_side(mark.instrument, source)
        return amount

    def rate_time(self, source: str, target: str) -> int:
        """When the oldest of the prices was known that `convert` uses between the two, ns UTC; 0 = there is no rate."""
        return min([mark.time() for mark in self._route(source, target)], default=0)

    def _route(self, source: str, target: str) -> list[Mark]:
        """The pairs over which the one becomes the other, one or two; [] = there is no rate."""
        direct = self._pair(source, target)
        if direct is not None:
            return [direct]
        for mark in self.marks:
            via = self._other_side(mark.instrument, source)
            if via and via != target:
                first, second = self._pair(source, via), self._pair(via, target)
                if first is not None and second is not None:
                    return [first, second]
        return []

    def _other_side(self, instrument: Instrument, currency: str) -> str:
        if instrument.asset_class == "equity":
            return ""
        if instrument.base == currency:
            return instrument.quote
        return instrument.base if instrument.quote == currency else ""

    def _pair(self, source: str, target: str) -> Mark | None:
        """The listed pair of the two, either way round; the first with a price decides."""
        for mark in self.marks:
            instrument = mark.instrument
            if instrument.asset_class == "equity" or mark.price() <= 0:
                continue
            if instrument.base == source and instrument.quote == target:
                return mark
            if instrument.base == target and instrument.quote == source:
                return mark
        return None

    def row(self) -> list[tuple[int, int, int, int, int]]:
        return [mark.row() for mark in self.marks]


def exchanged(mark: Mark, amount: int, source: str) -> int:
    """Money of `source` as money of the other side of a pair that has a price, rounded down."""
    if mark.instrument.base == source:
        return int(amount * mark.price() // mark.one)
    return int(amount * mark.one // mark.price())
