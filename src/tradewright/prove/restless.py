"""A strategy without sense, for proofs: it places, changes and cancels orders of every kind, and is never done."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradewright.model.market import Quote
from tradewright.model.numbers import shifted
from tradewright.model.order import BUY
from tradewright.signal.strategy import Strategy

WORD = 2**64
#: Parts of a price: how far away a resting order, a stop and a target may be.
NEAR, FAR = 1, 12
#: One that turns does so once in so many of its acts.
TURNS = 8


class Restless(Strategy):
    """seed: of its own numbers; pace: it acts on one quote in so many; lots: the largest order, in minimums; shy: half
    of its orders at once or never ask for what nobody offers, and expire; turns: it goes short as well, and turns what
    it holds round; parts: of a price, in which it
    counts how far away its orders are; way: the side it goes for now; word: the last number."""

    seed: int = 1
    pace: int = 6
    lots: int = 5
    shy: bool = False
    turns: bool = False
    parts: int = 1_000
    way: int = BUY
    word: int = 0

    def on_quote(self, quote: Quote) -> None:
        if quote.bid_units and quote.ask_units and self._draw(self.pace) == 0:
            self._act(quote)

    def _draw(self, below: int) -> int:
        """The next of its numbers."""
        self.word = ((self.word or self.seed) * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % WORD
        return (self.word >> 33) % below

    def _act(self, quote: Quote) -> None:
        if self.turns and self._draw(TURNS) == 0:
            self._turn(quote)
            return
        what = self._draw(13)
        if what <= 1:
            self._open(self._size(quote), **self._bracket(quote))
        elif what == 2:
            self._open(self._size(quote))
        elif what <= 4:
            self._open(self._size(quote), limit=self._away(quote, -self.way))
        elif what == 5:
            price = self._near(quote, -self.way if self.shy and self._draw(2) else self.way)
            self._open(self._size(quote), limit=self._price(quote, price), tif="ioc")
        elif what == 6:
            self._open(self._size(quote), stop=self._away(quote, self.way))
        elif what <= 8:
            self.close()
        elif what == 9:
            self.close(self._size(quote), limit=self._away(quote, 1 if self.long else -1))
        elif what <= 11:
            self._meddle(quote, what == 10)
        else:
            self.cancel_all()

    def _turn(self, quote: Quote) -> None:
        """Go for the other side: by one order through zero, or by a close and an opening, as a signal is followed."""
        self.way = -self.way
        held, size = Decimal(str(self.size)), self._size(quote)
        if self._draw(2):
            self.close(side="short" if self.way == BUY else "long")
        elif held * self.way < 0:
            size += abs(held)
        if self._draw(4):
            self._open(size, **self._bracket(quote))
        else:
            self._open(size)

    def _open(self, size: Decimal, **terms: Any) -> None:
        """An opening of the side it goes for."""
        if self.way == BUY:
            self.buy(size, **terms)
        else:
            self.sell(size, **terms)

    def _bracket(self, quote: Quote) -> dict[str, Decimal]:
        """A stop and a target for an opening."""
        return {"stop_loss": self._away(quote, -self.way), "take_profit": self._away(quote, self.way)}

    def _meddle(self, quote: Quote, modify: bool) -> None:
        """Change or cancel one of its orders."""
        working = self.open_orders
        if not working:
            return
        order_id = working[self._draw(len(working))]
        if modify:
            self.modify(order_id, size=self._size(quote))
        else:
            self.cancel(order_id)

    def _size(self, quote: Quote) -> Decimal:
        """Of the smallest order the venue takes, and up to `lots` times as much."""
        instrument, rules = quote.instrument, quote.instrument.rules
        least = -(-rules.notional_min // max(1, quote.bid_units * instrument.money_factor)) * 11 // 10
        units = max(rules.size_min, rules.step, least) * (1 + self._draw(self.lots))
        units += -units % rules.step
        return shifted(Decimal(units), -instrument.size_scale)

    def _away(self, quote: Quote, side: int) -> Decimal:
        """A price above (side 1) or below the market."""
        away = side * (NEAR + self._draw(FAR))
        return self._price(quote, quote.bid_units * (self.parts + away) // self.parts)

    def _near(self, quote: Quote, side: int) -> int:
        """The price that an order of a side would meet."""
        return quote.ask_units if side == BUY else quote.bid_units

    def _price(self, quote: Quote, units: int) -> Decimal:
        tick = quote.instrument.rules.tick
        # A venue may make the tick so coarse that nothing but one of it is left.
        return shifted(Decimal(max(units - units % tick, tick)), -quote.instrument.price_scale)
