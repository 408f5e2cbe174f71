"""What the synthetic market prints: consistent, in order, only while open, and the same for the same arguments."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import islice, pairwise, takewhile

import pytest

from tradewright.model.calendar import calendar
from tradewright.model.errors import InputError
from tradewright.model.event import BAR, DEPTH, QUOTE, TRADE
from tradewright.model.instrument import Instrument
from tradewright.model.market import Bar, Depth, Quote, Trade
from tradewright.model.zone import HOUR_NS, MINUTE_NS
from tradewright.sim.market import Listing, Market, universe

STEP_NS = 5 * 10**9
LEVELS = 4


def ns(moment: str) -> int:
    return int(datetime.fromisoformat(f"{moment}+00:00").timestamp()) * 10**9


THURSDAY, SATURDAY = ns("2024-11-28 22:00"), ns("2024-11-30 06:00")


def until(market: Market, end: int) -> list[Bar | Quote | Trade | Depth]:
    return list(takewhile(lambda event: event.time < end, market.events()))


def rows(events: Iterable[Bar | Quote | Trade | Depth]) -> list[tuple[object, ...]]:
    return [(event.symbol, *event.row()) for event in events]


@pytest.fixture(scope="module")
def events() -> list[Bar | Quote | Trade | Depth]:
    """Thanksgiving evening to Saturday morning: an early close, a week-end's begin, and crypto through all of it."""
    return until(Market(11, THURSDAY, step_ms=5_000, depth_levels=LEVELS, depth_every=3), SATURDAY)


def test_events_come_in_time_order_on_the_grid_of_the_step(events: list[Quote]) -> None:
    assert all(before.time <= after.time for before, after in pairwise(events))
    assert all(event.time % STEP_NS == 0 for event in events)
    assert {event.kind for event in events} == {BAR, QUOTE, TRADE, DEPTH}


def test_every_instrument_quotes_at_each_open_instant_and_prints_nothing_else(events: list[Quote]) -> None:
    printed = Counter((event.symbol, event.time) for event in events if event.kind == QUOTE)
    assert set(printed.values()) == {1}
    for listing in universe():
        market = calendar(listing.instrument.calendar)
        symbol = listing.instrument.symbol
        open_instants = {time for time in range(THURSDAY, SATURDAY, STEP_NS) if market.is_open(time)}
        assert {time for name, time in printed if name == symbol} == open_instants
        for event in events:
            if event.symbol == symbol and event.kind != QUOTE:
                # A bar is known at its end, which may be the close.
                assert market.is_open(event.time - 1 if event.kind == BAR else event.time)


def test_shares_stop_at_the_early_close_and_crypto_goes_on(events: list[Quote]) -> None:
    last = {event.symbol: event.time for event in events}
    assert last["ACME"] == ns("2024-11-29 18:00")  # the bar of the last minute before 13:00 New York
    assert last["EURUSD"] == ns("2024-11-29 22:00")
    assert last["BTCUSD"] == SATURDAY - STEP_NS


def test_quotes_are_never_crossed_and_keep_the_rules_of_their_instrument(events: list[Quote]) -> None:
    for quote in events:
        if quote.kind == QUOTE:
            rules = quote.instrument.rules
            assert 0 < quote.bid_units < quote.ask_units
            assert quote.bid_units % rules.tick == quote.ask_units % rules.tick == 0
            for size in (quote.bid_size_units, quote.ask_size_units):
                assert size >= max(rules.step, rules.size_min)
                assert size % rules.step == 0


def test_prices_start_where_they_are_listed(events: list[Quote]) -> None:
    first = {event.symbol: event for event in reversed(events) if event.kind == QUOTE}
    for listing in universe():
        quote = first[listing.instrument.symbol]
        assert abs(quote.bid_units / listing.price_units - 1.0) < 0.05


def test_trades_happen_at_the_quote_and_take_no_more_than_it_shows(events: list[Trade]) -> None:
    quotes: dict[str, Quote] = {}
    sides: Counter[int] = Counter()
    for event in events:
        if event.kind == QUOTE:
            quotes[event.symbol] = event
        elif event.kind == TRADE:
            quote = quotes[event.symbol]
            buyer = event.aggressor > 0
            assert event.time == quote.time
            assert event.price_units == (quote.ask_units if buyer else quote.bid_units)
            assert 0 < event.size_units <= (quote.ask_size_units if buyer else quote.bid_size_units)
            assert event.size_units % event.instrument.rules.step == 0
            sides[event.aggressor] += 1
    assert set(sides) == {1, -1}
    assert 0.9 < sides[1] / sides[-1] < 1.1


def test_depth_begins_with_the_quote_and_falls_away_from_it(events: list[Depth]) -> None:
    quotes: dict[str, Quote] = {}
    books = 0
    for event in events:
        if event.kind == QUOTE:
            quotes[event.symbol] = event
        elif event.kind == DEPTH:
            quote, books = quotes[event.symbol], books + 1
            assert (event.time, event.time % (3 * STEP_NS)) == (quote.time, 0)
            assert event.bids[0] == (quote.bid_units, quote.bid_size_units)
            assert event.asks[0] == (quote.ask_units, quote.ask_size_units)
            assert len(event.bids) == len(event.asks) == LEVELS
            assert all(better > worse > 0 for (better, _), (worse, _) in pairwise(event.bids))
            assert all(better < worse for (better, _), (worse, _) in pairwise(event.asks))
            for price, size in (*event.bids, *event.asks):
                assert price % event.instrument.rules.tick == 0
                assert size > 0
                assert size % event.instrument.rules.step == 0
    assert books == sum(event.kind == QUOTE and event.time % (3 * STEP_NS) == 0 for event in events)


def test_bars_are_exactly_the_trades_of_their_minute(events: list[Trade]) -> None:
    trades: dict[tuple[str, int], list[Trade]] = {}
    bars: dict[tuple[str, int], Bar] = {}
    for event in events:
        if event.kind == TRADE:
            minute = event.time - event.time % MINUTE_NS
            assert (event.symbol, minute) not in bars, "a bar comes after the last trade of its minute"
            trades.setdefault((event.symbol, minute), []).append(event)
        elif event.kind == BAR:
            assert event.time == event.time_open + MINUTE_NS
            bars[event.symbol, event.time_open] = event
    assert {key for key in trades if key[1] + MINUTE_NS < SATURDAY} == set(bars)
    for key, bar in bars.items():
        prices = [trade.price_units for trade in trades[key]]
        assert (bar.open_units, bar.close_units) == (prices[0], prices[-1])
        assert (bar.high_units, bar.low_units) == (max(prices), min(prices))
        assert bar.volume_units == sum(trade.size_units for trade in trades[key])


def test_bars_lie_within_the_quotes_of_their_minute(events: list[Quote]) -> None:
    bids: dict[tuple[str, int], int] = {}
    asks: dict[tuple[str, int], int] = {}
    for event in events:
        key = (event.symbol, event.time - event.time % MINUTE_NS)
        if event.kind == QUOTE:
            bids[key] = min(bids.get(key, event.bid_units), event.bid_units)
            asks[key] = max(asks.get(key, event.ask_units), event.ask_units)
    for bar in events:
        if bar.kind == BAR:
            key = (bar.symbol, bar.time_open)
            assert bids[key] <= bar.low_units <= bar.high_units <= asks[key]


def test_a_bar_is_printed_before_what_follows_it(events: list[Quote]) -> None:
    latest: dict[str, int] = {}
    for event in events:
        if event.kind == BAR:
            assert latest[event.symbol] < event.time
        latest[event.symbol] = event.time


def test_a_closed_universe_is_passed_over_in_one_step() -> None:
    shares = [listing for listing in universe() if listing.instrument.asset_class == "equity"]
    friday, monday = ns("2025-03-07 20:59"), ns("2025-03-10 13:30")
    times = sorted({event.time for event in until(Market(1, friday, shares, step_ms=60_000), monday + MINUTE_NS)})
    assert times == [friday, friday + MINUTE_NS, monday]


def test_a_start_while_closed_begins_at_the_next_open() -> None:
    shares = [listing for listing in universe() if listing.instrument.asset_class == "equity"]
    market = Market(1, ns("2024-07-04 03:00"), shares)
    assert next(market.events()).time == ns("2024-07-05 13:30")


def test_a_start_off_the_grid_waits_for_the_next_instant() -> None:
    first = next(Market(1, THURSDAY + 1, step_ms=250).events())
    assert first.time == THURSDAY + 250 * 10**6


@pytest.mark.parametrize(("step_ms", "a_minute"), [(100, 600), (1_000, 60), (60_000, 1)])
def test_the_step_sets_how_many_quotes_a_minute_has(step_ms: int, a_minute: int) -> None:
    crypto = [listing for listing in universe() if listing.instrument.symbol == "BTCUSD"]
    events = until(Market(1, THURSDAY, crypto, step_ms=step_ms), THURSDAY + 3 * MINUTE_NS)
    assert sum(event.kind == QUOTE for event in events) == 3 * a_minute


def test_no_depth_is_printed_when_none_is_asked_for() -> None:
    assert {event.kind for event in until(Market(1, THURSDAY, depth_every=0), THURSDAY + HOUR_NS // 4)} == {
        BAR,
        QUOTE,
        TRADE,
    }


def test_another_symbol_in_the_universe_changes_nothing_for_the_rest() -> None:
    everything = universe()
    some = [everything[3], everything[0]]
    names = {listing.instrument.symbol for listing in some}
    start = ns("2024-06-05 13:25")
    alone = rows(until(Market(5, start, some), start + HOUR_NS // 4))
    among = rows(event for event in until(Market(5, start), start + HOUR_NS // 4) if event.symbol in names)
    for name in names:
        assert [row for row in alone if row[0] == name] == [row for row in among if row[0] == name]


def test_another_seed_gives_another_market() -> None:
    one, same, other = (rows(islice(Market(seed, THURSDAY).events(), 500)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


HASH_OF_A_DAY = """
from hashlib import sha256
from itertools import islice
from tradewright.sim.market import Market
digest = sha256()
for event in islice(Market(3, 1717588800 * 10**9).events(), 40_000):
    digest.update(repr((event.symbol, event.row())).encode())
print(digest.hexdigest())
"""


def test_the_market_is_the_same_in_another_process_whatever_its_hash_seed() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", HASH_OF_A_DAY],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64


@pytest.mark.parametrize("step_ms", [0, -1, 7, 90_000])
def test_a_step_that_does_not_divide_a_minute_is_refused(step_ms: int) -> None:
    with pytest.raises(InputError, match="must divide a minute"):
        Market(1, THURSDAY, step_ms=step_ms)


@pytest.mark.parametrize(("levels", "every"), [(0, 1), (21, 1), (5, -1)])
def test_a_depth_out_of_bounds_is_refused(levels: int, every: int) -> None:
    with pytest.raises(InputError, match="levels are 1 to 20"):
        Market(1, THURSDAY, depth_levels=levels, depth_every=every)


def test_a_universe_is_neither_empty_nor_twofold() -> None:
    for listings in ([], [universe()[0], universe()[0]]):
        with pytest.raises(InputError, match="at least one symbol, and each once"):
            Market(1, THURSDAY, listings)


def future() -> Instrument:
    return Instrument("ES", "paper", "future", "ES", "USD", price_scale=2, size_scale=0)


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        (Listing(future(), 500_000, 1), "no profile for asset class 'future'"),
        (universe()[0]._replace(price_units=99_900), "at least 1000 ticks"),
        (universe()[0]._replace(lot_units=0), "not a multiple of step"),
        (universe()[0]._replace(lot_units=10**6 + 1), "not a multiple of step"),
        (universe()[0]._replace(volatility=0.0), "volatility factor"),
        (universe()[0]._replace(volatility=11.0), "volatility factor"),
    ],
)
def test_a_listing_that_could_not_be_printed_is_refused(listing: Listing, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Market(1, THURSDAY, [listing])


def test_past_the_calendars_the_market_ends_with_an_error_that_names_the_table() -> None:
    market = Market(1, ns("2035-12-27 00:00"), universe()[:1], step_ms=60_000)
    with pytest.raises(InputError, match=r"us-equity.*scripts/calendars.py"):
        until(market, ns("2036-01-01 00:00"))


def test_the_default_universe_is_eight_symbols_of_four_classes() -> None:
    instruments = [listing.instrument for listing in universe("elsewhere")]
    assert len({instrument.symbol for instrument in instruments}) == 8
    assert {instrument.asset_class for instrument in instruments} == {"equity", "crypto", "forex", "metal"}
    assert {instrument.venue for instrument in instruments} == {"elsewhere"}
    assert {instrument.quote for instrument in instruments} == {"USD", "JPY"}
