"""An exchange with one account and one instrument, driven in a few words, and its reports in short form.

Prices are cents, sizes whole shares; a minute bar of index i covers minute i.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tradewright.model import event as kinds
from tradewright.model.command import Approved, Cancel, Query, Replace, Submit
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar, Trade
from tradewright.model.numbers import money_of
from tradewright.model.order import BUY, LIMIT, MARKET, SELL, Order
from tradewright.model.report import Fill, FillPrice, Replaced, Report
from tradewright.model.rng import Rng
from tradewright.sim.exchange import Exchange
from tradewright.sim.models import Models

Prices = tuple[int, int, int, int]  # open, high, low, close
MINUTE = 60 * 10**9
CENT = 10**16  # money counts
NAMES = {
    kinds.ACCEPTED: "accepted", kinds.REJECTED: "rejected", kinds.FILLED: "filled", kinds.CANCELLED: "cancelled",
    kinds.EXPIRED: "expired", kinds.REPLACED: "replaced", kinds.CANCEL_REJECTED: "cancel rejected",
    kinds.REPLACE_REJECTED: "replace rejected", kinds.TRIGGERED: "triggered", kinds.NOT_FOUND: "not found",
    kinds.FILL_PRICE: "fill price",
}  # fmt: skip


def share(calendar: str = "always", symbol: str = "ACME", **rules: int) -> Instrument:
    """A share in dollars: prices in cents, whole shares."""
    return Instrument(symbol, "sim", "equity", symbol, "USD", 2, 0, calendar=calendar, rules=OrderRules(**rules))


def short(report: Report) -> tuple[object, ...]:
    """(what, order id, and what matters: price and size, terms, or the code)."""
    name = NAMES[report.kind]
    if isinstance(report, Fill):
        return (name, report.order_id, report.price_units, report.size_units)
    if isinstance(report, Replaced):
        return (name, report.order_id, report.quantity, report.limit_units, report.stop_units)
    if isinstance(report, FillPrice):
        return (name, report.order_id, report.price_units)
    return (name, report.order_id, report.code) if report.code else (name, report.order_id)


class Venue:
    """One account "main" with 100,000 dollars at an exchange of these models; answer: what to do after each report."""

    def __init__(
        self,
        instrument: Instrument | None = None,
        mode: str = "netting",
        shorts: bool = True,
        seed: int = 1,
        borrows: bool = True,
        **models: str,
    ) -> None:
        self.instrument = share() if instrument is None else instrument
        self.exchange = Exchange(Models(**models), Rng(seed))
        self.exchange.open_account("main", mode, {"USD": money_of("100000", "cash")}, shorts, borrows)
        self.time = 0
        self.answer: Callable[[Report], None] = lambda report: None

    # Commands

    def submit(self, id: str, side: int, type: int, quantity: int, account: str = "main", **terms: object) -> None:
        instrument = terms.pop("instrument", self.instrument)
        order = Order(id, account, "test", instrument, side, type, quantity, **terms)  # type: ignore[arg-type]
        self.exchange.execute(Submit(self.time, Approved(order)))

    def buy(self, id: str, quantity: int, limit: int = 0, **terms: object) -> None:
        self.submit(id, BUY, LIMIT if limit else MARKET, quantity, limit_units=limit, **terms)

    def sell(self, id: str, quantity: int, limit: int = 0, **terms: object) -> None:
        self.submit(id, SELL, LIMIT if limit else MARKET, quantity, limit_units=limit, **terms)

    def cancel(self, id: str) -> None:
        self.exchange.execute(Cancel(self.time, id))

    def replace(self, id: str, quantity: int, limit: int = 0, stop: int = 0) -> None:
        self.exchange.execute(Replace(self.time, id, quantity, limit, stop))

    def query(self, id: str) -> None:
        self.exchange.execute(Query(self.time, id))

    # Time

    def said(self, reports: Iterable[Report]) -> list[tuple[object, ...]]:
        """Draws the reports, answering each at once, in short form and without "accepted"."""
        drawn = []
        for report in reports:
            drawn.append(short(report))
            self.answer(report)
        return [line for line in drawn if line[0] != "accepted"]

    def due(self, time: int | None = None) -> list[tuple[object, ...]]:
        self.time = self.time if time is None else time
        return self.said(self.exchange.due(self.time))

    def run(self, event: MarketEvent) -> list[tuple[object, ...]]:
        self.time = max(self.time, event.time)
        return self.said(self.exchange.run(event))

    def bar(
        self, index: int, open: int, high: int, low: int, close: int, volume: int = 1_000, minutes: int = 1
    ) -> list[tuple[object, ...]]:
        begin = index * minutes * MINUTE
        return self.run(Bar(begin + minutes * MINUTE, self.instrument, begin, open, high, low, close, volume))

    def quote_bar(self, index: int, bid: Prices, ask: Prices) -> list[tuple[object, ...]]:
        return self.run(QuoteBar((index + 1) * MINUTE, self.instrument, index * MINUTE, *bid, *ask))

    def quote(self, time: int, bid: int, ask: int, bid_size: int = 0, ask_size: int = 0) -> list[tuple[object, ...]]:
        return self.run(Quote(time, self.instrument, bid, ask, bid_size, ask_size))

    def trade(self, time: int, price: int, size: int, aggressor: int = 0) -> list[tuple[object, ...]]:
        return self.run(Trade(time, self.instrument, price, size, aggressor))

    def depth(
        self, time: int, bids: tuple[tuple[int, int], ...], asks: tuple[tuple[int, int], ...]
    ) -> list[tuple[object, ...]]:
        return self.run(Depth(time, self.instrument, bids, asks))

    # What it has

    @property
    def cash(self) -> int:
        """Change of cash since the start, in money counts."""
        return self.exchange.balances("main")["USD"] - money_of("100000", "cash")

    @property
    def position(self) -> int:
        return self.exchange.positions("main").get(self.instrument.symbol, 0)

    def fills(self) -> list[tuple[int, int]]:
        return [(fill.price_units, fill.size_units) for fill in self.exchange.fills()]
