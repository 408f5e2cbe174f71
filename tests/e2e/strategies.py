"""Strategies for tests, loaded the way a user's file is: by path and class name."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tradewright.model.market import Bar, Quote
from tradewright.model.report import Fill
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.patterns.structure import Structure
from tradewright.signal.strategy import Strategy


class Scripted(Strategy):
    """Does what its script says: after the n-th bar or quote it saw, and after the n-th fill of one of its orders.

    {"bar 3": [["buy", {"size": 10, "limit": "99.50"}]], "fill 1": [["protect", {"stop_loss": "98"}]]}
    In terms, "$2" stands for the id of the second order this strategy asked for.
    """

    script: dict[str, list[Any]] = {}
    asked: list[str] = []
    seen: int = 0
    filled: int = 0

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        self.act(f"bar {self.seen}")

    def on_quote(self, quote: Quote) -> None:
        self.seen += 1
        self.act(f"bar {self.seen}")

    def on_fill(self, fill: Fill) -> None:
        self.filled += 1
        self.act(f"fill {self.filled}")

    def act(self, moment: str) -> None:
        for name, terms in self.script.get(moment, ()):
            given = {key: self.order(value) for key, value in terms.items()}
            made = getattr(self, name)(**given)
            for order_id in made if isinstance(made, list) else [made]:
                if order_id:
                    self.asked.append(order_id)

    def order(self, value: Any) -> Any:
        return self.asked[int(value[1:]) - 1] if isinstance(value, str) and value.startswith("$") else value


class Rough(Strategy):
    """Wants a price between two ticks, as another source of intents may: a strategy's own prices are put on the
    tick."""

    def on_bar(self, bar: Bar) -> None:
        self.buy(1, limit=bar.close)
        self._hand.intents[-1].limit_units += 1


class Pair(Scripted):
    """The same, one instance that sees all symbols."""

    many = True


class Facing(Scripted):
    """The same, and sees the market's structure: up while a bar closes above the one before, down while below."""

    before: int = 0

    def setup(self) -> None:
        self.structure = Structure()

    def on_bar(self, bar: Bar) -> None:
        self.structure.trend = (bar.close_units > self.before) - (bar.close_units < self.before)
        self.before = bar.close_units
        super().on_bar(bar)


class Restless(Strategy):
    """Tries every kind of order in turn, one each few bars, whatever the market does."""

    every: int = 3
    seen: int = 0
    fills: int = 0
    working: int = 0
    orders: list[str] = []

    def setup(self) -> None:
        self.mean = self.sma(8)
        self.range = self.atr(5)

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        self.working = len(self.open_orders)
        if self.range.ready and self.seen % self.every == 0:
            self.act(self.seen // self.every % 10, bar.close, self.range.value)

    def act(self, turn: int, price: float, far: float) -> None:
        if turn == 0:
            self.note(self.buy(percent=5, stop_loss=price - 2 * far, take_profit=price + 2 * far, reason="a bracket"))
        elif turn == 1:
            self.note(self.sell(percent=8, reason="through zero"))
        elif turn == 2:
            self.protect(stop_loss=price + 2 * far * self.sign, take_profit=price - far * self.sign, reason="a pair")
        elif turn == 3:
            self.note(self.buy(percent=6, limit=price - far / 2, tif="day", reason="a dip"))
        elif turn == 4:
            self.note(self.sell(percent=4, stop=price - far / 2, trailing=far, reason="a break"))
        elif turn == 5:
            self.note(self.buy(percent=3, stop=price + far / 4, limit=price + far / 2, reason="a stop-limit"))
        elif turn == 6:
            self.note(self.close(trail=far, reason="let it run"))
        elif turn == 7:
            self.cancel_all()
            self.note(self.buy(percent=3, limit=price + far / 8, tif="ioc"))
        elif turn == 8:
            for order_id in self.orders[-3:]:
                self.cancel(order_id)
        else:
            self.note(self.close(reason="enough"))

    @property
    def sign(self) -> int:
        return -1 if self.long else 1

    def note(self, order_id: str | None) -> None:
        if order_id:
            self.orders.append(order_id)

    def on_fill(self, fill: Fill) -> None:
        self.fills += 1
        if self.fills % 5 == 0 and not self.open_orders:
            self.protect(trailing_percent=1)


class Scalper(Strategy):
    """Quotes: buys below, sells a little higher, gives up after a while."""

    waits: int = 0

    def on_quote(self, quote: Quote) -> None:
        self.waits += 1
        if self.flat and not self.open_orders:
            self.buy(percent=2, limit=quote.bid, take_profit=quote.ask * 1.001, stop_loss=quote.bid * 0.999)
            self.waits = 0
        elif self.waits > 20:
            self.waits = 0
            self.cancel_all()
            self.close()


class Vain(Strategy):
    """Asks for what can not be: a close before it holds anything, and more of what is over."""

    seen: int = 0
    order: str = ""

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        if self.seen == 2:
            self.close(reason="to be sure")
        elif self.seen == 5:
            self.order = self.buy(1)
        elif self.seen == 8:
            self.close()
        elif self.seen > 10:
            self.cancel(self.order)
            self.protect(stop_loss=1)


class Opinionated(Strategy):
    """States a signal with every bar, and trades only by them: both ways, with confidences on either side of its
    threshold and words that change now and then."""

    length: int = 5
    threshold: float = 0.4
    percent: float = 7.0
    shorts: bool = True
    seen: int = 0

    def setup(self) -> None:
        self.mean = self.sma(self.length)

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        if not self.mean.ready:
            self.signal("HOLD", 0, "the average is not ready")
        elif self.seen % 7 < 3:
            self.signal("HOLD", 0.1, "waiting" if self.seen % 21 < 10 else "still waiting")
        else:
            away = bar.close / self.mean.value - 1
            self.signal("BUY" if away > 0 else "SELL", min(1.0, 400 * abs(away)), "away from the average")


class Turns(Strategy):
    """Enters at each so many quotes when it is flat, long and short by turns, with the exits it is told."""

    every: int = 100
    lot: int = 1
    terms: dict[str, Any] = {}
    seen: int = 0
    entries: int = 0

    def on_quote(self, quote: Quote) -> None:
        self.seen += 1
        if self.seen % self.every == 0 and self.flat:
            (self.buy if self.entries % 2 == 0 else self.sell)(self.lot, **self.terms)
            self.entries += 1


class Ranging(Turns):
    """The same, and says with each quote how far the stops are to be: the average true range of the last quotes, times
    their number, and no less than `least` counts."""

    length: int = 100
    least: int = 1
    bids: list[int] = []

    def on_quote(self, quote: Quote) -> None:
        self.bids = [*self.bids, quote.bid_units][-self.length - 1 :]
        if not self.flat:
            true = sum([abs(after - before) for before, after in pairwise(self.bids)])
            self.trail(max(self.least, true) / quote.instrument.price_one)
        super().on_quote(quote)


class Guarded(Strategy):
    """Enters every few bars with one exit plan after another; an ATR trail follows what it holds."""

    every: int = 7
    seen: int = 0

    def setup(self) -> None:
        self.range = self.atr(5)

    def on_bar(self, bar: Bar) -> None:
        self.seen += 1
        if not self.range.ready:
            return
        far = self.range.value
        if self.seen % self.every:
            if self.seen % 3 == 0:
                self.trail(1.5 * far)
            return
        turn = self.seen // self.every % 6
        if turn == 0:
            self.buy(risk_percent=1, stop_loss_percent=2, take_profit_percent=3, max_size=500)
        elif turn == 1:
            self.sell(percent=5, trailing=2 * far, trail_step=far / 4)
        elif turn == 2:
            self.buy(volatility_percent=1, deviation=far, trailing_percent=1, break_even=far, exit_after=1800)
        elif turn == 3:
            self.sell(kelly=0.5, win_rate=0.55, payoff=1.2, stop_loss=bar.close + 3 * far, break_even_percent=0.5)
        elif turn == 4:
            self.protect(trailing=2 * far, trail_step=far / 5, exit_after=3600)
        else:
            self.close(reason="enough")


class Council(Ensemble):
    """Three opinions and a classic that orders instead of stating signals; decides each 45 seconds, on either side."""

    members: dict[str, Any] = {
        "quick": {"ref": ":Opinionated", "weight": 2, "parameters": {"length": 3}},
        "slow": {"ref": ":Opinionated", "parameters": {"length": 9}},
        "classic": {"ref": "sma_cross", "parameters": {"fast": 2, "slow": 5}},
    }
    validators: dict[str, Any] = {
        "history": {"bars": 10},
        "trend": {"length": 20, "tolerance_percent": 1},
        "volatility": {"length": 5, "max_percent": 2},
        "correlation": {"length": 20, "max": 0.9},
    }
    decide_on: str = "cycle"
    threshold: float = 0.3
    percent: float = 6.0
    shorts: bool = True


class Quorum(Council):
    """The same with each bar, and a spread that must be known."""

    validators: dict[str, Any] = {"spread": {"max_percent": 0.008}}
    decide_on: str = "bar"


class Committee(Ensemble):
    """Strategies that ship with it and state signals, on hourly bars and the four hours above them."""

    members: dict[str, Any] = {
        name: {"ref": name, "parameters": {"minutes": 240}} for name in ("liquidity", "smart_money", "volume")
    }
    validators: dict[str, Any] = {"history": {"bars": 100}, "volatility": {"length": 20, "max_percent": 1}}
    threshold: float = 0.15
    max_age_seconds: int = 6 * 3_600
    percent: float = 8.0
    shorts: bool = True


class Ups(Strategy):
    """Is for it with every bar."""

    def on_bar(self, bar: Bar) -> None:
        self.signal("BUY", 0.9, "up")


class Downs(Strategy):
    """Is against it with every bar."""

    def on_bar(self, bar: Bar) -> None:
        self.signal("SELL", 0.5, "down")


class Clever(Ensemble):
    """Two opinions, of which one weighs more, behind a validator that wants six bars."""

    members: dict[str, Any] = {"up": {"ref": ":Ups", "weight": 2}, "down": {"ref": ":Downs"}}
    validators: dict[str, Any] = {"history": {"bars": 6}}
    threshold: float = 0.4
    shorts: bool = True


class Advised(Ensemble):
    """An opinion, and a service that nobody asks in a backtest."""

    members: dict[str, Any] = {"up": {"ref": ":Ups"}}
    services: dict[str, Any] = {"ml": {}}
    threshold: float = 0.4
