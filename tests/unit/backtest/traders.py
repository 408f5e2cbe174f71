"""Strategies that make a backtest busy; what they do is fixed by the prices they see."""

from __future__ import annotations

from tradewright.model.market import Bar, Quote, Trade
from tradewright.signal.strategy import Strategy


class Dice(Strategy):
    """Buys, sells or closes where the price's counts, well shaken, say so; after `rolls_max` it only watches."""

    size_each: str = "2"
    rolls_max: int = 10**9
    seen: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.roll(bar.close_units)

    def on_quote(self, quote: Quote) -> None:
        self.roll(quote.bid_units)

    def on_trade(self, trade: Trade) -> None:
        self.roll(trade.price_units)

    def roll(self, units: int) -> None:
        self.seen += 1
        if self.seen > self.rolls_max:
            return
        match (units * 2_654_435_761 + self.seen * 40_503 >> 9) % 7:
            case 0 | 1:
                self.buy(self.size_each)
            case 2:
                self.sell(self.size_each)
            case 3:
                self.close()


class Script(Strategy):
    """At the n-th bar (from 1) the n-th word: `+4` buys four, `-4` sells four, `.` does nothing."""

    words: str = ""
    bars: int = 0

    def on_bar(self, bar: Bar) -> None:
        words = self.words.split()
        if self.bars < len(words) and words[self.bars] != ".":
            word = words[self.bars]
            (self.buy if word[0] == "+" else self.sell)(word[1:])
        self.bars += 1


class Rests(Strategy):
    """Buys ten at its first bar, and asks for five more at a price at its sixth."""

    bars: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.bars += 1
        if self.bars == 1:
            self.buy(10)
        if self.bars == 6:
            self.buy(5, limit=9)


class Raises(Strategy):
    """Falls over at its third bar."""

    bars: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.bars += 1
        if self.bars == 3:
            raise ZeroDivisionError("the third bar")


class Tightens(Strategy):
    """Buys AAA, guards it at 80 and later at 90 instead."""

    many = True
    bars: int = 0
    stops: list[str] = []

    def on_bar(self, bar: Bar) -> None:
        if bar.symbol != "AAA":
            return
        self.bars += 1
        if self.bars == 1:
            self.buy(10, symbol="AAA")
        if self.bars == 3:
            self.stops = self.protect(stop_loss=80, symbol="AAA")
        if self.bars == 5:
            for stop in self.stops:
                self.cancel(stop)
            self.stops = self.protect(stop_loss=90, symbol="AAA")


class BuysAgain(Strategy):
    """Buys 500 at its first bar, and one more at its bar number `at` + 1."""

    at: int = 1
    bars: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.bars += 1
        if self.bars == 1:
            self.buy(500)
        if self.bars == self.at + 1:
            self.buy(1)


class BuysAll(Strategy):
    """At its second bar, with all of its equity, counted when it fills."""

    bars: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.bars += 1
        if self.bars == 2:
            self.buy(percent=100, at_fill=True)


class RestsBeside(Strategy):
    """Buys at its first bar, and asks for five more far below."""

    count: int = 1

    def on_bar(self, bar: Bar) -> None:
        if not self.size_of(bar.symbol):
            self.buy(self.count)
            self.buy(5, limit=40)
