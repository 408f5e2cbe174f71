"""What a market event means for a broker's symbol: the quotes it becomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tradewright.model.event import BAR, DEPTH, QUOTE, QUOTE_BAR, TRADE
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar, Trade
from tradewright.sim.wire.mt5.symbols import Symbol

#: What moves a symbol more truly has the higher number.
FINENESS = {BAR: 1, QUOTE_BAR: 2, TRADE: 3, DEPTH: 4, QUOTE: 5}


class Move(NamedTuple):
    """Prices counts; sizes size counts, 0 = not known."""

    bid: int
    ask: int
    last: int = 0
    volume: int = 0
    bid_size: int = 0
    ask_size: int = 0


def moves(symbol: Symbol, event: MarketEvent) -> Iterator[Move]:
    """The quotes this event becomes, none if finer data rule the symbol. Depth is seen as the book in any case."""
    kind = event.kind
    if kind == DEPTH:
        depth: Depth = event  # type: ignore[assignment]
        symbol.book = (tuple(depth.bids), tuple(depth.asks))
    if FINENESS[kind] < symbol.fineness:
        return
    symbol.fineness = FINENESS[kind]
    spread = symbol.terms.spread_points * symbol.point
    if kind == QUOTE:
        quote: Quote = event  # type: ignore[assignment]
        if 0 < quote.bid_units <= quote.ask_units:
            yield Move(quote.bid_units, quote.ask_units, 0, 0, quote.bid_size_units, quote.ask_size_units)
    elif kind == DEPTH:
        bids, asks = symbol.book
        if bids and asks and bids[0][0] <= asks[0][0]:
            yield Move(bids[0][0], asks[0][0], 0, 0, bids[0][1], asks[0][1])
    elif kind == TRADE:
        trade: Trade = event  # type: ignore[assignment]
        yield Move(trade.price_units, trade.price_units + spread, trade.price_units, trade.size_units)
    elif kind == QUOTE_BAR:
        bar: QuoteBar = event  # type: ignore[assignment]
        for bid, ask in _path(
            (bar.bid_open_units, bar.ask_open_units), (bar.bid_high_units, bar.ask_high_units),
            (bar.bid_low_units, bar.ask_low_units), (bar.bid_close_units, bar.ask_close_units),
        ):  # fmt: skip
            yield Move(bid, ask)
    else:
        plain: Bar = event  # type: ignore[assignment]
        prices = [
            (price, price + spread)
            for price in (plain.open_units, plain.high_units, plain.low_units, plain.close_units)
        ]
        for number, (bid, ask) in enumerate(_path(*prices)):
            yield Move(bid, ask, bid, plain.volume_units if number == 0 else 0)


Prices = tuple[int, int]


def _path(opened: Prices, high: Prices, low: Prices, closed: Prices) -> tuple[Prices, ...]:
    """The way through a bar, by way of the nearer extreme first."""
    low_first = opened[0] - low[0] <= high[0] - opened[0]
    return (opened, low, high, closed) if low_first else (opened, high, low, closed)
