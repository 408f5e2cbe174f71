"""A tick of fifty symbols through six strategies, the core's rules and its books: one quote and one bar of each symbol,
and all reports that come of them. Prints one line of JSON, times in milliseconds.

The strategies are the four that signal and two classics, one instance of each for each symbol. The time is that of the
trader's steps alone; `all` has the simulated exchange in it. The compiled build ends with 1 where the steps are beyond
AIMS.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from typing import Any

import msgspec

from tradewright.app.build import build
from tradewright.backtest.strategy_source import specification
from tradewright.core.limits import limits_from
from tradewright.core.setup import Setup
from tradewright.model.account import Account
from tradewright.model.command import Command
from tradewright.model.control import CashMoved, Started
from tradewright.model.event import SUBMIT, Event
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, MarketEvent, Quote
from tradewright.model.numbers import money_of
from tradewright.model.rng import Rng
from tradewright.sim.exchange import Exchange
from tradewright.sim.models import Models
from tradewright.sim.sequencer import Sequencer
from tradewright.trader import Trader

SYMBOLS = 50
STRATEGIES = ("liquidity", "smart_money", "volume", "microstructure", "sma_cross", "rsi_reversion")
LIMITS = {
    "maxOrderValue": 10**6, "maxPositionSizePercent": 10, "maxOpenPositions": 40, "maxDailyLossPercent": 50,
    "priceCollarPercent": 5, "maxPriceAgeSeconds": 120, "maxTotalExposurePercent": 300, "maxLeverage": 4,
}  # fmt: skip
MINUTE = 60 * 10**9
BEGIN = 1_767_623_400 * 10**9
#: Ticks until every indicator is ready and most strategies have traded.
WARM = 100
#: Milliseconds for the trader's steps of a tick.
AIMS = {"p50": 5, "p99": 10}


class Clocked:
    """A trader whose steps are timed; orders: how many it sent."""

    def __init__(self, trader: Trader) -> None:
        self.trader = trader
        self.taken = 0
        self.orders = 0

    def step(self, event: Event) -> list[Command]:
        began = time.perf_counter_ns()
        commands = self.trader.step(event).commands
        self.taken += time.perf_counter_ns() - began
        for command in commands:
            self.orders += command.kind == SUBMIT
        return commands


def main(ticks: int) -> None:
    names = {ref: specification(ref, "main", (), {})[1] for ref in STRATEGIES}
    clocked = Clocked(Trader(lambda spec: names[spec.ref]))
    exchange = Exchange(Models(fee="bps:2"), Rng(1))
    cash = money_of("10000000", "cash")
    exchange.open_account("main", "netting", {"USD": cash}, borrows=True)
    sequencer = Sequencer(clocked.step, exchange)
    symbols = tuple(f"S{number:02d}" for number in range(SYMBOLS))
    listed = [Instrument(symbol, "paper", "equity", symbol, "USD", 2, 0) for symbol in symbols]
    account = Account("main", "main", "paper", kind="margin", leverage=2)
    specs = [specification(ref, "main", symbols, {"percent": 2.0})[0] for ref in STRATEGIES]
    setup = Setup(listed, [(account, limits_from(LIMITS).row())], specs, {})
    sequencer.feed(Started(BEGIN, 1, msgspec.json.decode(msgspec.json.encode(setup.row()), type=list)))
    sequencer.feed(CashMoved(BEGIN, "main", "USD", cash, "deposit"))
    instruments = clocked.trader.engine.instruments
    rng, prices = Rng(2), [10_000] * SYMBOLS
    steps: list[float] = []
    whole: list[float] = []
    gc.freeze()
    for number in range(1, WARM + ticks + 1):
        events = [event for instrument in instruments for event in moved(rng, prices, instrument, number)]
        clocked.taken, began = 0, time.perf_counter_ns()
        for event in events:
            sequencer.feed(event)
        if number > WARM:
            steps.append(clocked.taken / 1e6)
            whole.append((time.perf_counter_ns() - began) / 1e6)
    if clocked.orders < ticks:
        raise SystemExit(f"{clocked.orders} orders in {ticks} ticks: the strategies do not trade")
    found: dict[str, Any] = {
        "ticks": ticks,
        "symbols": SYMBOLS,
        "strategies": len(STRATEGIES),
        "orders": clocked.orders,
    }
    for name, taken in (("steps", steps), ("all", whole)):
        cuts = statistics.quantiles(taken, n=100)
        found[name] = {"p50": round(cuts[49], 3), "p99": round(cuts[98], 3)}
    print(json.dumps(found))
    missed = [
        f"{name} {found['steps'][name]} ms, aim {aim}" for name, aim in AIMS.items() if found["steps"][name] > aim
    ]
    if missed and build()["mode"] == "compiled":
        raise SystemExit(f"MISSED: {', '.join(missed)}")


def moved(rng: Rng, prices: list[int], instrument: Instrument, number: int) -> list[MarketEvent]:
    """The next minute of a symbol: its bar, and the quote it ends with."""
    at, now = instrument.index, BEGIN + number * MINUTE
    open_ = prices[at]
    close = max(2_000, open_ + rng.below(61) - 30)
    high, low = max(open_, close) + rng.below(15), min(open_, close) - rng.below(15)
    prices[at] = close
    bar = Bar(now, instrument, now - MINUTE, open_, high, low, close, 500 + rng.below(3_000))
    return [bar, Quote(now, instrument, close - 1, close + 1, 100 + rng.below(900), 100 + rng.below(900))]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
