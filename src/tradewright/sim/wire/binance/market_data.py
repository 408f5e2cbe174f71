"""What one symbol's market says: its book, its trades, its candles and the figures made of them.

Each event of the tape updates it once. Where the tape shows no depth, a quote is the whole book. Bars count only where
it has shown no trade of the symbol: one is then played at its end as four trades (open, both extremes, close; the
nearer extreme first) of a quarter of its volume. A market without quotes shows one level on each side, a tick from the
last trade and ten times its size. A trade is its own aggregate. The venue's own clients do not move the market: their
fills take ids of its sequence, and neither they nor their orders appear in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from tradewright.model.event import BAR, DEPTH, QUOTE, QUOTE_BAR, TRADE
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar, Trade
from tradewright.sim.wire.binance.candles import Candle, Candles
from tradewright.sim.wire.binance.figures import DAY_NS, MINUTE_NS, WORTH, Time, money_text, text
from tradewright.sim.wire.binance.rules import AVERAGE_MINUTES, BIPS, Rules
from tradewright.sim.wire.binance.shown_book import ShownBook

TRADES_KEPT = 10_000
#: So many levels of a side can be taken between two changes of the book.
LEVELS_MATCHED = 100
#: A quote that does not say its size shows so many steps.
UNKNOWN_STEPS = 10_000
_SHOWN_TIMES = 10


@dataclass(frozen=True, slots=True)
class Print:
    """A trade of the market; maker: the buyer rested."""

    id: int
    price: int
    quantity: int
    time: int
    maker: bool

    def row(self) -> dict[str, object]:
        return {
            "id": self.id, "price": text(self.price), "qty": text(self.quantity),
            "quoteQty": money_text(self.price * self.quantity * WORTH), "time": Time(self.time),
            "isBuyerMaker": self.maker, "isBestMatch": True,
        }  # fmt: skip

    def aggregate(self) -> dict[str, object]:
        return {
            "a": self.id, "p": text(self.price), "q": text(self.quantity), "f": self.id, "l": self.id,
            "T": Time(self.time), "m": self.maker, "M": True,
        }  # fmt: skip

    def event(self, symbol: str, clock: int) -> dict[str, object]:
        return {
            "e": "trade", "E": Time(clock), "s": symbol, "t": self.id, "p": text(self.price),
            "q": text(self.quantity), "T": Time(self.time), "m": self.maker, "M": True,
        }  # fmt: skip

    def aggregate_event(self, symbol: str, clock: int) -> dict[str, object]:
        return {"e": "aggTrade", "E": Time(clock), "s": symbol, **self.aggregate()}


class SymbolMarket:
    """One symbol. last: price of the last trade, 0 = none; next_trade: the id it will have. reference: the
    reference price, 0 = none. skew: of the venue's clock against the tape's, ns."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.book = ShownBook()
        self.candles = Candles()
        self.prints: deque[Print] = deque(maxlen=TRADES_KEPT)
        self.last = 0
        self.next_trade = 1
        self.reference = 0
        self.skew = 0
        self.has_trades = False
        self.has_quotes = False
        self.has_depth = False

    def played(self, event: MarketEvent) -> Iterator[tuple[MarketEvent, Print | None]]:
        """Takes an event in; gives the ticks it is for the exchange, the book as shown or a trade with its print."""
        if event.kind == TRADE:
            self.has_trades = True
            yield from self._printed(event)  # type: ignore[arg-type]
        elif event.kind == BAR and not self.has_trades:
            yield from self._bar(event)  # type: ignore[arg-type]
        elif event.kind in (QUOTE, QUOTE_BAR, DEPTH):
            self.has_quotes = True
            if self._show(event):
                yield self._shown(event), None

    def _bar(self, bar: Bar) -> Iterator[tuple[MarketEvent, Print | None]]:
        instrument, step = bar.instrument, bar.instrument.rules.step
        down_first = bar.open_units - bar.low_units <= bar.high_units - bar.open_units
        middle = (bar.low_units, bar.high_units) if down_first else (bar.high_units, bar.low_units)
        size = max(bar.volume_units // 4 // step * step, step)
        before = bar.open_units
        for price in (bar.open_units, *middle, bar.close_units):
            yield from self._printed(Trade(bar.time, instrument, price, size, 1 if price >= before else -1))
            before = price

    def _printed(self, trade: Trade) -> Iterator[tuple[MarketEvent, Print | None]]:
        price, size = self.rules.price_ratio, self.rules.size_ratio
        if not self.has_quotes:
            tick = trade.instrument.rules.tick * price
            at, shown = trade.price_units * price, trade.size_units * size * _SHOWN_TIMES
            self.book.replace([(max(at - tick, tick), shown)], [(at + tick, shown)])
            yield self._shown(trade), None
        yield (
            trade,
            self._print(trade.price_units * price, trade.size_units * size, trade.time + self.skew, trade.aggressor),
        )

    def _show(self, event: MarketEvent) -> bool:
        """Takes new prices in; False: they are crossed, and nothing happens."""
        price, size = self.rules.price_ratio, self.rules.size_ratio
        if event.kind == DEPTH:
            depth: Depth = event  # type: ignore[assignment]
            self.has_depth = True
            if depth.bids and depth.asks and depth.bids[0][0] >= depth.asks[0][0]:
                return False
            self.book.replace(
                [(at * price, much * size) for at, much in depth.bids],
                [(at * price, much * size) for at, much in depth.asks],
            )
            return True
        if event.kind == QUOTE:
            quote: Quote = event  # type: ignore[assignment]
            bid, ask, sizes = quote.bid_units, quote.ask_units, (quote.bid_size_units, quote.ask_size_units)
        else:
            bar: QuoteBar = event  # type: ignore[assignment]
            bid, ask, sizes = bar.bid_close_units, bar.ask_close_units, (bar.bid_size_units, bar.ask_size_units)
        if bid >= ask > 0:
            return False
        unknown = event.instrument.rules.step * UNKNOWN_STEPS
        best_bid = (bid * price, (sizes[0] or unknown) * size)
        best_ask = (ask * price, (sizes[1] or unknown) * size)
        if self.has_depth:
            self.book.quote(*best_bid, *best_ask)
        else:
            self.book.replace([best_bid] if bid else [], [best_ask] if ask else [])
        return True

    def _shown(self, event: MarketEvent) -> Depth:
        """The book as it is shown, as a snapshot for the exchange."""
        price, size = self.rules.price_ratio, self.rules.size_ratio
        bids, asks = (
            tuple((at // price, much // size) for at, much in self.book.best(side, LEVELS_MATCHED)) for side in (1, -1)
        )
        return Depth(event.time, event.instrument, bids, asks)

    def _print(self, price: int, quantity: int, time: int, aggressor: int) -> Print:
        print_ = Print(self.take_id(), price, quantity, time, aggressor < 0)
        self.prints.append(print_)
        self.last = price
        self.candles.add(print_.id, time, price, quantity, aggressor >= 0)
        return print_

    def take_id(self) -> int:
        """The next trade's id, which is then used up."""
        self.next_trade += 1
        return self.next_trade - 1

    # Figures

    def best(self, side: int) -> tuple[int, int]:
        """Best price and size of a side; zeros if it is empty."""
        levels = self.book.best(side)
        return levels[0] if levels else (0, 0)

    def price(self) -> int:
        """The last trade's price; before any, the best bid; 0 if nothing is known."""
        return self.last or self.best(1)[0] or self.best(-1)[0]

    def window(self, clock: int, length: int) -> Candle | None:
        """The last `length` ns as one candle, from whole minutes; None before any trade."""
        rows = self.candles.until("1m", clock)
        recent = [row for row in rows if row.ends > clock - length]
        if not recent:
            return None
        whole = Candle(recent[0].opens, recent[-1].ends, recent[0].open)
        for row in recent:
            whole.join(row)
        return whole

    def average(self, clock: int) -> int:
        """Volume-weighted price of the last minutes; the last price where nothing traded."""
        whole = self.window(clock, AVERAGE_MINUTES * MINUTE_NS)
        if whole is None or not whole.volume:
            return self.price()
        return whole.worth // WORTH // whole.volume

    def ticker(self, clock: int) -> dict[str, object]:
        """The figures of 24 hours, by the names of REST."""
        whole = self.window(clock, DAY_NS) or Candle(clock - DAY_NS, clock, self.price())
        bid, ask = self.best(1), self.best(-1)
        change = whole.close - whole.open
        weighted = whole.worth // WORTH // whole.volume if whole.volume else whole.close
        last = self.prints[-1] if self.prints else None
        return {
            "symbol": self.rules.symbol, "priceChange": text(change), "priceChangePercent": percent(change, whole.open),
            "weightedAvgPrice": text(weighted), "prevClosePrice": text(whole.open), "lastPrice": text(whole.close),
            "lastQty": text(last.quantity if last else 0), "bidPrice": text(bid[0]), "bidQty": text(bid[1]),
            "askPrice": text(ask[0]), "askQty": text(ask[1]), "openPrice": text(whole.open),
            "highPrice": text(whole.high), "lowPrice": text(whole.low), "volume": text(whole.volume),
            "quoteVolume": money_text(whole.worth), "openTime": Time(max(clock - DAY_NS, 0)), "closeTime": Time(clock),
            "firstId": whole.first, "lastId": whole.last, "count": whole.trades,
        }  # fmt: skip

    def book_ticker(self) -> dict[str, object]:
        bid, ask = self.best(1), self.best(-1)
        return {
            "symbol": self.rules.symbol, "bidPrice": text(bid[0]), "bidQty": text(bid[1]),
            "askPrice": text(ask[0]), "askQty": text(ask[1]),
        }  # fmt: skip

    def average_row(self, clock: int) -> dict[str, object]:
        last = self.prints[-1].time if self.prints else clock
        return {"mins": AVERAGE_MINUTES, "price": text(self.average(clock)), "closeTime": Time(last)}


def percent(change: int, of: int) -> str:
    """A change as a percentage with three decimals, rounded towards zero."""
    share = abs(change) * 100 * 1000 // of if of else 0
    return f"{'-' if change < 0 else ''}{share // 1000}.{share % 1000:03d}"


def within_band(price: int, reference: int, band: int) -> bool:
    """Whether a price lies within `band` 1/10000 of the reference."""
    return abs(price - reference) * BIPS <= band * reference
