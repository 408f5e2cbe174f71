"""From a quote to the booked fill: a strategy orders at the market on a quote, the simulated exchange fills it, and the
ledger has it when the call returns. Prints one line of JSON, times in microseconds."""

from __future__ import annotations

import json
import statistics
import sys
import time

from tradewright.backtest.recorder import Recorder
from tradewright.backtest.run import ACCOUNT
from tradewright.core.limits import limits_from
from tradewright.core.setup import Setup, StrategySpec
from tradewright.model.account import Account
from tradewright.model.control import CashMoved, Started
from tradewright.model.instrument import Instrument
from tradewright.model.market import Quote
from tradewright.model.numbers import money_of
from tradewright.model.rng import Rng
from tradewright.signal.strategy import Strategy
from tradewright.sim.exchange import Exchange
from tradewright.sim.models import Models
from tradewright.sim.sequencer import Sequencer
from tradewright.trader import Trader

SECOND = 10**9


class Taker(Strategy):
    """In and out, one order on each quote."""

    def on_quote(self, quote: Quote) -> None:
        if self.flat:
            self.buy(1)
        else:
            self.sell(1)


def main(quotes: int) -> None:
    instrument = Instrument("S", "paper", "equity", "S", "USD", 2, 0, index=0)
    account = Account(ACCOUNT, ACCOUNT, "paper", kind="margin")
    limits = limits_from({"maxOrderValue": 100_000, "maxPositionSizePercent": 50, "maxDailyLossPercent": 50})
    spec = StrategySpec("taker", "taker", ACCOUNT, ("S",), (), "", "")
    recorder = Recorder(Trader(lambda _: Taker))
    exchange = Exchange(Models(), Rng(1))
    exchange.open_account(ACCOUNT, "netting", {"USD": money_of("1000000", "cash")})
    sequencer = Sequencer(recorder.step, exchange)
    sequencer.feed(Started(0, 1, Setup([instrument], [(account, limits.row())], [spec], {}).row()))
    sequencer.feed(CashMoved(0, ACCOUNT, "USD", money_of("1000000", "cash"), "initial balance"))
    instrument = recorder.trader.engine.instruments[0]
    taken: list[int] = []
    for number in range(1, quotes + 1):
        quote = Quote(number * SECOND, instrument, 10_000 + number % 7, 10_001 + number % 7, 500, 500)
        began = time.perf_counter_ns()
        sequencer.feed(quote)
        taken.append(time.perf_counter_ns() - began)
    if len(recorder.fills) != quotes:
        raise SystemExit(f"{len(recorder.fills)} fills of {quotes} orders")
    cuts = statistics.quantiles(taken[quotes // 10 :], n=100)
    print(json.dumps({"orders": quotes, "p50": cuts[49] / 1000, "p99": cuts[98] / 1000}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
