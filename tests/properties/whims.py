"""A strategy that wants something of every kind. What, follows from its state and the prices it saw, so every run of it
can be repeated; there is no sense in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradewright.model.market import Bar, Depth, Quote, Trade
from tradewright.model.report import Fill
from tradewright.signal.indicators import RSI, SMA
from tradewright.signal.strategy import Strategy

MASK = 2**64 - 1
TIMES = ("gtc", "gtc", "day", "ioc", "fok")


class Whims(Strategy):
    """calm: it acts on one event in so many. budget: of one order, in the account's currency. exact: it asks for whole
    sizes where a unit is not dearer than its budget."""

    calm: int = 1
    budget: int = 2_000
    mood: int = 1
    seen: float = 0.0
    heard: int = 0
    fast: SMA
    swing: RSI

    def setup(self) -> None:
        self.fast = self.sma(3)
        self.swing = self.rsi(4)

    def on_bar(self, bar: Bar) -> None:
        self.consider(bar.close)

    def on_quote(self, quote: Quote) -> None:
        self.consider((quote.bid + quote.ask) / 2)

    def on_trade(self, trade: Trade) -> None:
        self.consider(trade.price)

    def on_depth(self, depth: Depth) -> None:
        if self.seen:
            self.consider(self.seen)

    def on_fill(self, fill: Fill) -> None:
        self.heard += 1
        if self.heard % 5 == 0 and self.seen:
            self.consider(self.seen)

    def below(self, bound: int) -> int:
        self.mood = (self.mood * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.mood >> 33) % bound

    def consider(self, price: float) -> None:
        self.seen = price
        self.mood = (self.mood ^ int(price * 1_000_000)) & MASK
        if self.below(self.calm) == 0:
            wish = WISHES[self.below(len(WISHES))]
            wish(self, price)

    def want(self, price: float, **terms: Any) -> None:
        """An opening order, to either side: a sum of money, now and then a number of units."""
        way = self.buy if self.below(2) else self.sell
        money = self.budget // 2 + self.below(self.budget)
        if price <= money and self.below(2):
            terms["size"] = int(money / price)
        elif self.below(8) == 0:
            terms["percent"] = 1 + self.below(30)
        else:
            terms["value"] = money
        way(reason="a whim", confidence=self.below(11) / 10, **terms)

    def near(self, price: float) -> float:
        """A price up to two percent away, to either side."""
        return price * (980 + self.below(41)) / 1000


def _market(s: Whims, price: float) -> None:
    s.want(price)


def _limit(s: Whims, price: float) -> None:
    s.want(price, limit=s.near(price), tif=TIMES[s.below(5)], post_only=s.below(3) == 0)


def _stop(s: Whims, price: float) -> None:
    s.want(price, stop=s.near(price))


def _stop_limit(s: Whims, price: float) -> None:
    s.want(price, stop=s.near(price), limit=s.near(price))


def _trail(s: Whims, price: float) -> None:
    s.want(price, trail=price / 100) if s.below(2) else s.want(price, trail_percent=1 + s.below(5))


def _bracket(s: Whims, price: float) -> None:
    low, high = price * 0.98, price * 1.02
    money = s.budget // 2 + s.below(s.budget)
    if s.below(2):
        s.buy(value=money, stop_loss=low, take_profit=high)
    else:
        s.sell(value=money, stop_loss=high, take_profit=low, limit=s.near(price))


def _followed(s: Whims, price: float) -> None:
    s.want(price, trailing_percent=1 + s.below(3))


def _turn(s: Whims, price: float) -> None:
    """Through zero, where something is held."""
    money = 2 * s.budget + s.below(2 * s.budget)
    (s.sell if s.long else s.buy)(value=money, limit=s.near(price)) if s.below(3) == 0 else (
        s.sell if s.long else s.buy
    )(value=money)


def _close(s: Whims, price: float) -> None:
    if s.below(3) == 0 and s.long:
        s.close(side="long")
    else:
        s.close()


def _close_part(s: Whims, price: float) -> None:
    if abs(s.size) >= 2:
        s.close(size=int(abs(s.size) / 2))
    else:
        s.close(limit=s.near(price))


def _close_later(s: Whims, price: float) -> None:
    s.close(**({"stop": s.near(price)} if s.below(2) else {"trail_percent": 2}))


def _protect(s: Whims, price: float) -> None:
    if s.below(2):
        s.protect(stop_loss=price * (0.97 if s.long else 1.03), take_profit=price * (1.03 if s.long else 0.97))
    else:
        s.protect(trailing_percent=2)


def _cancel_all(s: Whims, price: float) -> None:
    s.cancel_all()


def _cancel_one(s: Whims, price: float) -> None:
    if s.open_orders:
        s.cancel(s.open_orders[s.below(len(s.open_orders))])


def _at_fill(s: Whims, price: float) -> None:
    s.buy(percent=5 + s.below(20), at_fill=True)


def _say(s: Whims, price: float) -> None:
    s.signal(("BUY", "SELL", "HOLD")[s.below(3)], s.below(11) / 10, ("a mood", "another mood")[s.below(2)])


def _modify(s: Whims, price: float) -> None:
    """Other terms for an order at work, whatever kind of order it is."""
    if s.open_orders:
        order_id = s.open_orders[s.below(len(s.open_orders))]
        terms: dict[str, Any] = {("limit", "stop")[s.below(2)]: s.near(price)} if s.below(3) else {}
        if s.below(2) or not terms:
            terms["size"] = max(1, int((s.budget // 2 + s.below(s.budget)) / price))
        s.modify(order_id, **terms)


def _planned(s: Whims, price: float) -> None:
    """Exits by distance and time, made when it fills."""
    terms: dict[str, Any] = {"stop_loss_percent": 1 + s.below(3)}
    if s.below(2):
        terms["take_profit_percent"] = 1 + s.below(4)
    if s.below(2):
        terms["break_even_percent"] = 1
    if s.below(3) == 0:
        terms["exit_after"] = 60 * (1 + s.below(600))
    s.want(price, **terms)


def _stepped(s: Whims, price: float) -> None:
    """A trail that is moved from here."""
    s.want(price, trailing_percent=1 + s.below(3), trail_step=price / 500)


def _sized(s: Whims, price: float) -> None:
    """A size that is found: by the risk to the stop, volatility, Kelly's fraction, or the account's sizer."""
    side, how = s.below(2), s.below(4)
    way, stop = (s.buy, price * 0.98) if side else (s.sell, price * 1.02)
    if how == 0:
        way(risk_percent=0.1 + s.below(5) / 10, stop_loss=stop, max_size=1_000)
    elif how == 1:
        way(volatility_percent=0.5, deviation=price / 100, size_hint=0.5)
    elif how == 2:
        way(kelly=0.5, win_rate=0.55, payoff=1.5, kelly_cap=3, stop_loss=stop)
    else:
        way()


def _slice(s: Whims, price: float) -> None:
    """A part of a larger order, of one of three."""
    size = max(1, int(s.budget / price))
    s.buy(size, limit=s.near(price), parent=f"parent {s.below(3)}", parent_size=3 * size)


WISHES: tuple[Callable[[Whims, float], None], ...] = (
    _market, _market, _market, _limit, _limit, _stop, _stop_limit, _trail, _bracket, _bracket, _followed, _turn, _turn,
    _close, _close_part, _close_later, _protect, _cancel_all, _cancel_one, _cancel_one, _at_fill, _say, _say,
    _modify, _modify, _planned, _planned, _stepped, _sized, _sized, _slice,
)  # fmt: skip


class Fickle(Whims):
    """Whims that raise now and then."""

    def consider(self, price: float) -> None:
        super().consider(price)
        if self.below(40) == 0:
            raise ArithmeticError("one whim too many")
