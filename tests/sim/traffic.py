"""Seeded traffic through an exchange: every kind of data, order and request, in any mixture, and its digest.

python -m tests.sim.traffic SEED EVENTS     prints the digest
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from hashlib import blake2b
from typing import TypeVar

from tradewright.model.command import Approved, Cancel, Command, Query, Replace, Submit
from tradewright.model.event import ACCEPTED, FILL_PRICE
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Bar, Depth, MarketEvent, Quote, QuoteBar, Trade
from tradewright.model.order import FLAGS, ORDER_TYPES, TIMES_IN_FORCE, Order
from tradewright.model.report import Report
from tradewright.model.rng import Rng
from tradewright.sim.exchange import Exchange
from tradewright.sim.models import Models

T = TypeVar("T")
MINUTE = 60 * 10**9
#: Tuesday 2026-11-17 14:30 UTC, the open in New York.
BEGIN = 1_794_925_800 * 10**9
FEES = ("none", "per_share:0.005:min=1", "bps:10:in=received", "maker_taker:-0.5:2.5:in=BNB@600", "bps:3:max=2")
SLIPPAGES = ("none", "ticks:1", "bps:2", "volume_share:0.1", "sqrt:0.05")
LATENCIES = ("none", "none", "constant:20000", "lognormal:5000:1")
PARTIALS = ("none", "volume:1%", "random:0.4")
FILLS = ("next_open", "next_close:nearest", "this_close:ohlc", "touch:olhc:through", "next_open:p=0.4")
QUEUES = ("none", "front", "trades", "power:2", "log")


class Traffic:
    """Two accounts, three instruments with bars, quotes or depth, and a customer who does everything at random."""

    def __init__(self, seed: int) -> None:
        self.rng = Rng(seed).split("traffic")
        self.models = Models(*(self.pick(texts) for texts in (FEES, SLIPPAGES, LATENCIES, PARTIALS, FILLS, QUEUES)))
        self.exchange = Exchange(self.models, Rng(seed))
        self.exchange.open_account("net", "netting", {"USD": 10**24})
        self.exchange.open_account("hedge", "hedging", {"USD": 10**24}, shorts=seed % 2 == 0)
        calendar = self.pick(("always", "us-equity"))
        self.instruments = [
            Instrument(symbol, "sim", "crypto", symbol, "USD", 2, 0, calendar=calendar, rules=OrderRules(tick=1 + k))
            for k, symbol in enumerate(("AAA", "BBB", "CCC"))
        ]
        self.prices = [10_000, 20_000, 5_000]
        self.time = BEGIN
        self.ids: list[str] = []
        self.orders: dict[str, Order] = {}

    def pick(self, choices: tuple[T, ...]) -> T:
        return choices[self.rng.below(len(choices))]

    def near(self, k: int, spread: int = 60) -> int:
        """A price on the tick near instrument k's."""
        tick = self.instruments[k].rules.tick
        return (self.prices[k] + self.rng.below(2 * spread + 1) - spread) // tick * tick

    def event(self) -> MarketEvent:
        """What happens next; bars for AAA, quotes, depth and trades for the others."""
        k = self.rng.below(3)
        instrument = self.instruments[k]
        if self.rng.below(60) == 0:
            self.time += 7 * 60 * MINUTE
        self.prices[k] = max(self.near(k), 1_000)
        size = self.rng.below(20)
        if k == 0:
            prices = [self.near(0, 40) for _ in range(4)]
            high, low = max(prices), min(prices)
            begin, self.time = self.time, self.time + MINUTE
            if self.rng.below(4) == 0:
                bid = (prices[0], high, low, prices[3])
                return QuoteBar(self.time, instrument, begin, *bid, *(price + 2 for price in bid))
            return Bar(self.time, instrument, begin, prices[0], high, low, prices[3], self.rng.below(5_000))
        self.time += self.rng.below(MINUTE)
        bid, ask = self.near(k, 10), self.near(k, 10) + 10
        if self.rng.below(3) == 0:
            return Trade(self.time, instrument, self.near(k), 1 + size, self.rng.below(3) - 1)
        if k == 1:
            return Quote(self.time, instrument, bid, ask, size, self.rng.below(20))
        levels = range(1 + self.rng.below(4))
        bids = tuple((bid - 4 * level, 1 + self.rng.below(20)) for level in levels)
        return Depth(self.time, instrument, bids, tuple((ask + 4 * level, 1 + self.rng.below(20)) for level in levels))

    def command(self) -> Command:
        """What the customer wants next."""
        what = self.rng.below(10)
        if what < 6 or not self.ids:
            return Submit(self.time, Approved(self.order()))
        id = self.ids[max(0, len(self.ids) - 1 - self.rng.below(12))]
        if what == 6:
            return Cancel(self.time, id)
        if what == 7:
            return Query(self.time, id)
        k = self.rng.below(3)
        return Replace(self.time, id, 1 + self.rng.below(60), self.near(k), self.near(k))

    def order(self) -> Order:
        k = self.rng.below(3)
        earlier = self.ids[-1 - self.rng.below(3)] if len(self.ids) > 3 else ""
        id = f"o{len(self.ids)}"
        self.ids.append(id)
        self.orders[id] = Order(
            id,
            self.pick(("net", "hedge")),
            "traffic",
            self.instruments[k],
            self.pick((1, -1)),
            self.pick(tuple(ORDER_TYPES)),
            1 + self.rng.below(50),
            self.near(k),
            self.near(k),
            trail_units=1 + self.rng.below(60),
            time_in_force=self.pick((1, 1, 1, 2, 2, 2, 2, 2, 2, *TIMES_IN_FORCE)),
            flags=self.pick((0, 0, 0, 0, 0, 0, *FLAGS)),
            lot=earlier if self.rng.below(6) == 0 else "",
            parent=earlier if self.rng.below(4) == 0 else "",
            group=f"g{self.rng.below(4)}" if self.rng.below(4) == 0 else "",
            size_ppm=1 if self.rng.below(8) == 0 else 0,
        )
        return self.orders[id]

    def reports(self, events: int) -> Iterator[Report]:
        """Runs so many events, with commands between them and in answer to reports."""
        for _ in range(events):
            self.exchange.run(self.event())
            yield from self.drawn()
            self.exchange.due(self.time)
            yield from self.drawn()
            for _ in range(self.rng.below(3)):
                self.exchange.execute(self.command())

    def drawn(self) -> Iterator[Report]:
        """The reports of the running call; the exchange may be another one by the next draw."""
        while (report := next(self.exchange, None)) is not None:
            yield report
            self.react(report)

    def react(self, report: Report) -> None:
        if report.kind == FILL_PRICE:
            self.exchange.execute(Replace(self.time, report.order_id, self.rng.below(30), 0, 0))
        elif report.kind != ACCEPTED and self.rng.below(8) == 0:
            self.exchange.execute(self.command())


def digest(seed: int, events: int) -> str:
    """A hash over every report of this traffic and over the books at its end."""
    traffic = Traffic(seed)
    hash = blake2b(digest_size=16)
    for report in traffic.reports(events):
        hash.update(repr(report.row()).encode())
    exchange = traffic.exchange
    for account in ("net", "hedge"):
        books = (
            exchange.balances(account),
            exchange.positions(account),
            exchange.lots(account),
            exchange.fees(account),
        )
        hash.update(repr(books).encode())
    return hash.hexdigest()


if __name__ == "__main__":
    print(digest(int(sys.argv[1]), int(sys.argv[2])))
