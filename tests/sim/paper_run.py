"""A customer of a paper venue who trades by the number of the bar, so that a run cut short compares with a whole one.

python -m tests.sim.paper_run BOOK BARS     prints each report as it is heard, flushed
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tests.sim.venue import MINUTE, share, short
from tradewright.model.command import Approved, Cancel, Command, Submit
from tradewright.model.market import Bar
from tradewright.model.order import BUY, LIMIT, MARKET, REDUCE_ONLY, SELL, STOP, TRAILING_STOP, Order
from tradewright.model.report import Report
from tradewright.model.rng import Rng
from tradewright.ports import CrashPoint, no_crash
from tradewright.sim.models import Models
from tradewright.sim.paper import PaperVenue

INSTRUMENT = share()
MODELS = {"fee": "per_share:0.01:min=1", "partial": "volume:10%", "fill": "next_open:adverse"}


def bars(count: int) -> list[Bar]:
    """A seeded walk around 100.00."""
    rng, price, walk = Rng(11), 10_000, []
    for index in range(count):
        prices = [price + rng.below(81) - 40 for _ in range(4)]
        begin, volume = index * MINUTE, 50 + rng.below(900)
        walk.append(Bar(begin + MINUTE, INSTRUMENT, begin, prices[0], max(prices), min(prices), prices[3], volume))
        price = prices[3]
    return walk


def wishes(index: int, bar: Bar) -> list[Order]:
    """What the customer orders after this bar: every third one a bracket, now and then a trailing stop."""
    price, instrument = bar.close_units, bar.instrument

    def order(name: str, side: int, type: int, quantity: int, **terms: object) -> Order:
        return Order(f"{name}{index}", "main", "s", instrument, side, type, quantity, **terms)  # type: ignore[arg-type]

    if index % 3 == 0:
        exits = {"parent": f"entry{index}", "group": f"g{index}"}
        return [
            order("entry", BUY, LIMIT, 60, limit_units=price - 5),
            order("target", SELL, LIMIT, 60, limit_units=price + 30, **exits),
            order("stop", SELL, STOP, 60, stop_units=price - 40, **exits),
        ]
    if index % 3 == 1:
        return [order("trail", SELL, TRAILING_STOP, 20, trail_units=25, flags=REDUCE_ONLY)]
    return [order("market", (BUY, SELL)[index % 2], MARKET, 30)]


def trade(path: Path, count: int, hear: Callable[[Report], None], crash: CrashPoint = no_crash) -> PaperVenue:
    """Feeds all bars from the first, whatever the venue has had, and orders what it does not know yet."""
    venue = PaperVenue(path, Models(**MODELS), Rng(5), [INSTRUMENT], crash)
    venue.open_account("main", "netting", {"USD": 10**23})
    for index, bar in enumerate(bars(count)):
        for report in venue.run(bar):
            hear(report)
        commands: list[Command] = [
            Submit(bar.time, Approved(order)) for order in wishes(index, bar) if venue.order(order.id) is None
        ]
        old = venue.order(f"entry{index - 6}")
        if old is not None and old.status == 1:
            commands.append(Cancel(bar.time, old.order.id))
        for command in commands:
            venue.execute(command)
            for report in venue.due(bar.time):
                hear(report)
    return venue


if __name__ == "__main__":
    trade(Path(sys.argv[1]), int(sys.argv[2]), lambda report: print(*short(report), flush=True))
