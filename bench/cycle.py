"""A trading cycle of a hundred users, each with an ensemble over fifty symbols of its own paper account.

    python bench/cycle.py [--users 100] [--symbols 50] [--cycles 80] [--folder DIR]

Between two cycles each symbol has a bar and a quote, which the members of all ensembles hear. Then the cycle's timer
comes: every ensemble votes on every symbol, what is voted is judged, journaled and durable, and the orders leave for
their accounts' exchanges, whose books are durable too. Measured is from the timer until all of them are filled and
booked. Eighty cycles are an hour of the market's time: `rss_mb` is what the process holds before the first of them and
after each quarter, `kb_an_order` what has come in the last half for each order of it. Prints one line of JSON, times in
seconds; ends with an error where a cycle takes longer than AIM.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from wire import Heard

from tradewright.adapters.journal import EmergencyFile, FileJournal
from tradewright.app import collector
from tradewright.app.connected import ConnectedEngine
from tradewright.app.live import LiveEngine
from tradewright.backtest.strategy_source import Specified, specifications
from tradewright.core.limits import limits_from
from tradewright.core.setup import Setup
from tradewright.model.account import Account
from tradewright.model.control import CYCLE, CashMoved, Started, Timer
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, MarketEvent, Quote
from tradewright.model.numbers import money_of
from tradewright.model.rng import Rng
from tradewright.signal.ensemble import Ensemble
from tradewright.signal.indicators import SMA
from tradewright.signal.strategy import Strategy
from tradewright.sim.models import Models
from tradewright.sim.paper import PaperVenue
from tradewright.sim.paper_account import PaperAccount
from tradewright.trader import Outcome, Trader

AIM = 2.0
BEGIN, CYCLE_SECONDS, SECOND = 1_767_623_400 * 10**9, 45, 10**9
LIMITS = {
    "maxOrderValue": 10**6, "maxPositionSizePercent": 10, "maxOpenPositions": 40, "maxDailyLossPercent": 50,
    "priceCollarPercent": 5, "maxPriceAgeSeconds": 120, "maxTotalExposurePercent": 300, "maxLeverage": 4,
}  # fmt: skip
#: Cycles until every member has said something.
WARM = 12
CASH = "10000000"
#: A timer behind what was delivered.
MARKER = "settled"


class Side(Strategy):
    """Speaks for the side of its average on which a bar closes."""

    length: int = 10
    mean: SMA

    def setup(self) -> None:
        self.mean = self.sma(self.length)

    def on_bar(self, bar: Bar) -> None:
        if self.mean.ready:
            self.signal("BUY" if bar.close > self.mean.value else "SELL", 0.8, "where it closed")


class Council(Ensemble):
    members: dict[str, Any] = {
        "near": {"ref": ":Side", "parameters": {"length": 4}},
        "far": {"ref": ":Side", "parameters": {"length": 10}},
    }
    strategy_weight_balance: float = 0.0
    threshold: float = 0.6
    decide_on: str = "cycle"
    cycle_seconds: int = CYCLE_SECONDS
    #: Little enough for what a quote shows.
    percent: float = 0.05


class Told(Heard):
    """markers: how many of those timers are durable."""

    markers = 0

    def __call__(self, event: Event, outcome: Outcome) -> None:
        super().__call__(event, outcome)
        self.markers += isinstance(event, Timer) and event.name == MARKER


class Floor:
    """The service's engine with its accounts at exchanges in this process, on a clock of its own."""

    def __init__(self, folder: Path, users: int, symbols: int) -> None:
        self.now = BEGIN
        self.heard = Told()
        listed = [
            Instrument(f"S{at:02}", "paper", "equity", f"S{at:02}", "USD", 2, 0, index=at) for at in range(symbols)
        ]
        names = tuple(one.symbol for one in listed)
        accounts = [Account(f"u{at}", f"U{at}", "paper", kind="margin", leverage=2) for at in range(users)]
        found: list[Specified] = []
        for one in accounts:
            found += specifications(f"{__file__}:Council", one.name, names, {}, f"council-{one.name}")
        kinds = {spec.ref: kind for spec, kind in found}
        self.live = LiveEngine(
            Trader(lambda spec: kinds[spec.ref]), FileJournal(folder / "journal"), EmergencyFile(folder / "journal"),
            self.heard,
        )  # fmt: skip
        self.connected = ConnectedEngine(self.live, lambda: self.now)
        self.papers = [PaperVenue(folder / f"{one.name}.db", Models(), Rng(1), listed) for one in accounts]
        cash = money_of(CASH, "cash")
        for one, paper in zip(accounts, self.papers, strict=True):
            paper.open_account(one.name, one.mode, {"USD": cash})
            self.connected.join(PaperAccount(one.name, paper, lambda: self.now, self.connected.deliver))
        limits = limits_from(LIMITS).row()
        setup = Setup(listed, [(one, limits) for one in accounts], [spec for spec, _ in found], {})
        row = msgspec.json.decode(msgspec.json.encode(setup.row()), type=list[Any])
        self.connected.step(Started(BEGIN, 1, row))
        for one in accounts:
            self.connected.step(CashMoved(BEGIN, one.name, "USD", cash, "initial balance"))

    def run(self) -> None:
        self.running = asyncio.ensure_future(self.connected.run())

    async def end(self) -> None:
        self.running.cancel()
        await asyncio.wait([self.running])
        self.live.close()
        for paper in self.papers:
            paper.close()

    async def settled(self) -> None:
        """All that was delivered is decided, and what was ordered is filled and durable."""
        before = self.heard.markers
        self.connected.deliver(Timer(self.now, MARKER))
        while self.heard.markers == before or self._working():
            await asyncio.sleep(0)
            self.live.tell()
            if self.running.done():
                self.running.result()

    def _working(self) -> bool:
        engine = self.connected.engine
        return any(engine.orders[id].is_open() for id in engine.holds.holds) or self.live.untold


async def measured(folder: Path, users: int, symbols: int, cycles: int) -> dict[str, Any]:
    floor = Floor(folder, users, symbols)
    rng, prices, taken, orders = Rng(2), [10_000] * symbols, [], []
    held: list[float] = []
    # As `serve` does.
    collector.settle()
    floor.run()
    for number in range(1, WARM + cycles + 1):
        floor.now = BEGIN + number * CYCLE_SECONDS * SECOND
        for instrument in floor.connected.engine.instruments:
            for event in moved(rng, prices, instrument, floor.now):
                floor.connected.deliver(event)
        await floor.settled()
        before, began = len(floor.heard.due), time.perf_counter()
        floor.connected.deliver(Timer(floor.now, f"{CYCLE}:{CYCLE_SECONDS}"))
        await floor.settled()
        if number >= WARM and (number - WARM) % max(1, cycles // 4) == 0:
            held.append(resident())
        if number > WARM:
            taken.append(time.perf_counter() - began)
            orders.append(len(floor.heard.due) - before)
    await floor.end()
    if sum(orders) < users * cycles:
        raise SystemExit(f"{sum(orders)} orders: the users do not trade")
    return {
        "users": users, "symbols": symbols, "cycles": cycles, "orders_p50": statistics.median(orders),
        "p50": round(statistics.median(taken), 3), "max": round(max(taken), 3), "rss_mb": [round(one) for one in held],
        "kb_an_order": round(1e3 * (held[-1] - held[len(held) // 2]) / sum(orders[cycles // 2 :]), 2),
    }  # fmt: skip


def resident() -> float:
    """Megabytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def moved(rng: Rng, prices: list[int], instrument: Instrument, now: int) -> list[MarketEvent]:
    """The bar of a symbol since the last cycle, and the quote it ends with."""
    open_ = prices[instrument.index]
    close = prices[instrument.index] = max(2_000, open_ + rng.below(61) - 30)
    high, low = max(open_, close) + rng.below(15), min(open_, close) - rng.below(15)
    bar = Bar(now, instrument, now - CYCLE_SECONDS * SECOND, open_, high, low, close, 500 + rng.below(3_000))
    return [bar, Quote(now, instrument, close - 1, close + 1, 100 + rng.below(900), 100 + rng.below(900))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--cycles", type=int, default=80)
    parser.add_argument("--folder", type=Path, default=Path())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        row = asyncio.run(measured(Path(name), options.users, options.symbols, options.cycles))
    print(json.dumps(row), flush=True)
    if row["max"] > AIM:
        raise SystemExit(f"MISSED: a cycle took {row['max']} s, aim {AIM}")


if __name__ == "__main__":
    main()
