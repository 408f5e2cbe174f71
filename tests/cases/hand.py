"""What a case has in its own hand: the market of a venue, and a strategy that does what it is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, ClassVar

from tradewright.model.market import MarketEvent, Quote
from tradewright.prove.alpaca_stand import AlpacaStand
from tradewright.prove.binance_stand import BinanceStand
from tradewright.prove.mt5_stand import Mt5Stand
from tradewright.prove.world import World
from tradewright.signal.strategy import Strategy
from tradewright.sim.market import Market
from tradewright.sim.wire.site import Tape

SECOND = 10**9

Wish = Callable[[Strategy], Any]


class HandTape(Tape):
    """A quote of every instrument each second, around the price that was set last, one or two ticks from it in turn,
    since a quote that has not changed is no news. sizes: counts shown on each side, 0 = not said, so that an order is
    filled whole; pace: seconds from quote to quote."""

    def __init__(self, market: Market) -> None:
        super().__init__(())
        self.instruments = {one.symbol: one for one in market.instruments}
        self.mids = {listing.instrument.symbol: listing.price_units for listing in market._listings}
        self.sizes = dict.fromkeys(self.mids, 0)
        self.still = False
        self.pace = 1
        self._at = market._start + SECOND

    @property
    def due(self) -> int | None:
        return self._at

    def until(self, now: int) -> Iterator[MarketEvent]:
        while self._at <= now:
            at, wide = self._at, 1 + self._at // (self.pace * SECOND) % 2
            self._at += self.pace * SECOND
            for symbol, instrument in self.instruments.items() if not self.still else ():
                tick, mid, size = instrument.rules.tick, self.mids[symbol], self.sizes[symbol]
                yield Quote(at, instrument, mid - wide * tick, mid + wide * tick, size, size)

    def price(self, symbol: str) -> Decimal:
        return Decimal(self.mids[symbol]).scaleb(-self.instruments[symbol].price_scale)

    def move(self, symbol: str, price: Decimal) -> None:
        """From the next second on the market stands there, rounded down to a tick."""
        instrument = self.instruments[symbol]
        units = int(price.scaleb(instrument.price_scale))
        self.mids[symbol] = units - units % instrument.rules.tick


class _Quiet:
    """Fills what it can, whole, in a market of the case's hand."""

    partial = "none"
    market: HandTape

    def tape(self, market: Market) -> Tape:
        self.market = HandTape(market)
        return self.market


class QuietAlpaca(_Quiet, AlpacaStand):
    pass


class QuietBinance(_Quiet, BinanceStand):
    pass


class QuietMt5(_Quiet, Mt5Stand):
    pass


class Told(Strategy):
    """Does at the next quote of its symbol what it is told."""

    #: Symbol, what, and where what came of it is put. It belongs to the case and not to the process that may die.
    wishes: ClassVar[deque[tuple[str, Wish, list[Any]]]] = deque()
    seed: int = 0

    def on_quote(self, quote: Quote) -> None:
        while self.wishes and self.wishes[0][0] == self.symbol:
            _, wish, done = self.wishes.popleft()
            done.append(wish(self))


class ToldWorld(World):
    """A world in which nothing happens but what a case wants."""

    strategy = Told
    turns = False
