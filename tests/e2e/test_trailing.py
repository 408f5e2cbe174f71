"""Trailing stops on real ticks against brute force: the venue's own, those moved from here, and those held here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.desk import MIDNIGHT, Desk
from tests.e2e.oracle import Terms, Tick, Trip, ranges, trips
from tradewright.backtest.data import ReadOptions, load
from tradewright.model.command import Command, Replace
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Quote
from tradewright.model.report import Fill

#: file → (ticks of it, every so many an entry, price counts of the distance, parts per million, the venue's tick).
#: The distances are a few spreads, so that few stops are reached by the spread alone.
MARKETS: dict[str, tuple[int, int, int, int, int]] = {
    "lean_oanda_xauusd_tick_20140506": (10_000, 40, 5_600, 430, 10),  # 0.56 dollars an ounce, in tenths of a cent
    "lean_oanda_eurusd_tick_20140507": (12_000, 40, 260, 150, 10),  # 2.6 pips
    "hftbt_btcusdt_usdm_l1_20240809": (10_000, 40, 600, 10, 10),  # 6 dollars
}
#: The kind whose distance the strategy says anew with each tick, and over how many it looks.
ATR, LENGTH = "by ATR", 100
#: name → (what the oracle is told, what the strategy says), of distance, ppm, price counts of 1.0, and the tick.
KINDS: dict[str, Any] = {
    "by amount": lambda d, ppm, one, tick: (Terms(d), {"trailing": d / one}),
    "by percent": lambda d, ppm, one, tick: (Terms(ppm=ppm), {"trailing_percent": ppm / 10_000}),
    "in steps": lambda d, ppm, one, tick: (
        Terms(d, step=d // 5, tick=tick), {"trailing": d / one, "trail_step": d / 5 / one},
    ),
    "in steps by percent": lambda d, ppm, one, tick: (
        Terms(ppm=ppm, step=d // 10, tick=tick), {"trailing_percent": ppm / 10_000, "trail_step": d / 10 / one},
    ),
    "break-even": lambda d, ppm, one, tick: (
        Terms(begins=ppm, step=0, tick=tick, gain=d // 2, offset=d // 10),
        {"stop_loss_percent": ppm / 10_000, "break_even": d / 2 / one, "break_even_offset": d / 10 / one},
    ),
    "all of it": lambda d, ppm, one, tick: (
        Terms(d, begins=ppm * 2, step=d // 4, tick=tick, gain=d * 2 // 5),
        {
            "stop_loss_percent": ppm / 5_000, "trailing": d / one, "trail_step": d / 4 / one,
            "break_even": d * 2 / 5 / one,
        },
    ),
    ATR: lambda d, ppm, one, tick: (
        Terms(d, step=d // 10, tick=tick), {"trailing": d / one, "trail_step": d / 10 / one},
    ),
}  # fmt: skip


def quotes(folder: Path, name: str, count: int) -> list[Quote]:
    """The first so many quotes of a file that are no crossed ones."""
    dataset = load([folder / "data" / f"{name}.parquet"], ReadOptions())
    found: Iterator[Any] = (event for event in dataset.events() if isinstance(event, Quote))
    return list(islice((quote for quote in found if quote.bid_units <= quote.ask_units), count))


class Counted(Desk):
    """A desk that notes its round trips and how often each stop was moved. number: of the tick it is at."""

    def __init__(self, *strategies: Any, **terms: Any) -> None:
        self.number = -1
        self.trips: list[Trip] = []
        super().__init__(*strategies, **terms)

    def _step(self, event: Event) -> list[Command]:
        if isinstance(event, Fill):
            order = self.engine.orders[event.order_id].order
            if order.role == "entry":
                self.trips.append(Trip(self.number, order.side, event.price_units))
            else:
                self.trips[-1].until, self.trips[-1].exit = self.number, event.price_units
        commands = super()._step(event)
        moved = [command.order_id for command in commands if isinstance(command, Replace)]
        assert len(moved) <= 1, "more than one re-post in a step"
        if moved:
            self.trips[-1].moves += 1
        return commands


def played(given: list[Quote], strategy: tuple[str, dict[str, Any]], tick: int, native: bool) -> Counted:
    """What the program made of the ticks."""
    source = given[0].instrument
    instrument = Instrument(
        source.symbol, "sim", "crypto", source.base, "USD", source.price_scale, 0, rules=OrderRules(tick=tick)
    )
    desk = Counted(strategy, instruments=[instrument], cash=10**9, native_exits=native)
    for number, quote in enumerate(given):
        desk.number = number
        time = MIDNIGHT + quote.time - given[0].time
        desk.sequencer.feed(Quote(time, desk.engine.instruments[0], quote.bid_units, quote.ask_units))
    desk.compare_books()
    return desk


@pytest.mark.parametrize("native", [True, False], ids=["at the venue", "held here"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MARKETS)
def test_a_trailing_stop_on_real_ticks_is_that_of_brute_force(name: str, kind: str, native: bool, shared: Path) -> None:
    count, every, distance, ppm, tick = MARKETS[name]
    given = quotes(shared, name, count)
    one = 10 ** given[0].instrument.price_scale
    terms, said = KINDS[kind](distance, ppm, one, tick)
    ticks: list[Tick] = [(quote.bid_units, quote.ask_units) for quote in given]
    strategy: tuple[str, dict[str, Any]] = ("Turns", {"every": every, "terms": said})
    if kind == ATR:
        terms = replace(terms, ranges=ranges(ticks, LENGTH, distance // 4))
        strategy = ("Ranging", {**strategy[1], "length": LENGTH, "least": distance // 4})
        assert len(set(terms.ranges)) > 100, "the distance moves with the market"
    expected = trips(ticks, every, terms, held=not native)
    desk = played(given, strategy, tick, native)
    made = desk.trips
    assert len(expected) >= 8
    assert [(t.at, t.side, t.entry, t.until, t.exit) for t in made] == [
        (t.at, t.side, t.entry, t.until, t.exit) for t in expected
    ]
    if native:
        assert [t.moves for t in made] == [t.moves for t in expected]
    desk.check_recovery()
