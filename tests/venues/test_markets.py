"""What a venue lists and what its market says, in exact counts."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.roster import VENUES
from tests.venues.stand import SECOND_NS, Stand, play
from tradewright.model.errors import InputError
from tradewright.model.market import Quote, Trade
from tradewright.model.numbers import round_up
from tradewright.model.order import BUY, LIMIT, Order

MINUTE_NS = 60 * SECOND_NS


def sized(stand: Stand, size: int, more: int = 0) -> Order:
    """A bid below the market of so many counts, its price off by `more` counts."""
    order = stand.order(BUY, LIMIT, limit=-5)
    order.quantity, order.limit_units = size, order.limit_units + more
    stand.book.submit(order)
    return order


@pytest.mark.parametrize("venue", VENUES)
def test_an_instrument_comes_with_the_increments_and_the_minimum_that_the_venue_keeps(venue: str) -> None:
    async def act(stand: Stand) -> None:
        instrument, rules = stand.instrument, stand.instrument.rules
        assert (instrument.symbol, instrument.venue) == (stand.ground.symbol, stand.terms.venue)
        worth = stand.price(-5) * instrument.money_factor
        least = round_up(max(rules.size_min, -(-rules.notional_min // worth), 1), rules.step)
        taken = [sized(stand, least), sized(stand, least + rules.step, rules.tick)]
        refused = [sized(stand, least - rules.step)] if least > rules.step else []
        refused += [sized(stand, least + rules.step // 2)] if rules.step > 1 else []
        refused += [sized(stand, least, rules.tick // 2)] if rules.tick > 1 else []
        await stand.settled()
        assert [stand.book.states[order.id].status for order in taken] == ["ACCEPTED", "ACCEPTED"]
        assert [stand.book.states[order.id].status for order in refused] == ["REJECTED"] * len(refused)
        assert refused and all(stand.book.reports(order.id)[-1].code for order in refused)
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_symbol_that_is_not_traded_there_is_an_input_error(venue: str) -> None:
    async def act(stand: Stand) -> None:
        for symbols in (["NOSUCH"], [stand.ground.symbol, "NOSUCH"]):
            with pytest.raises(InputError):
                await stand.client.instruments(symbols)
        assert [one.symbol for one in await stand.client.instruments([stand.ground.symbol])] == [stand.ground.symbol]

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", [venue for venue, kind in VENUES.items() if kind.limits.network])
def test_quotes_and_trades_of_what_is_watched_are_told_exactly(venue: str) -> None:
    async def act(stand: Stand) -> None:
        stand.move(1)
        await asyncio.sleep(3)
        assert stand.book.market == []
        stand.client.watch([stand.instrument])
        await asyncio.sleep(3)
        stand.book.market.clear()
        for place, lots in ((3, 7), (-2, 5)):
            stand.move(place, lots)
            await asyncio.sleep(3)
        quotes = [event for event in stand.book.market if isinstance(event, Quote)]
        sizes = [stand.size(lots) if stand.limits.quote_sizes else 0 for lots in (7, 5)]
        assert [(one.bid_units, one.ask_units) for one in quotes] == [
            (stand.price(place - 1), stand.price(place + 1)) for place in (3, -2)
        ]
        assert [(one.bid_size_units, one.ask_size_units) for one in quotes] == [(size, size) for size in sizes]
        trades = [event for event in stand.book.market if isinstance(event, Trade)]
        if stand.limits.trades:
            assert [one.price_units for one in trades] == [stand.price(3), stand.price(-2)]
            assert all(one.size_units > 0 for one in trades)
        else:
            assert trades == []
        assert all(event.instrument is stand.instrument for event in stand.book.market)
        assert not stand.book.broken

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_bars_are_closed_and_in_order_and_those_that_were_asked_for(venue: str) -> None:
    async def act(stand: Stand) -> None:
        begun = stand.clock() + MINUTE_NS - stand.clock() % MINUTE_NS
        for second in range(0, 300, 20):
            await asyncio.sleep((begun + second * SECOND_NS - stand.clock()) / SECOND_NS)
            stand.move(second // 20)
        if not stand.limits.bars:
            with pytest.raises(InputError):
                await stand.client.bars(stand.instrument, 60, begun, begun + 5 * MINUTE_NS)
            return
        bars = await stand.client.bars(stand.instrument, 60, begun, begun + 9 * MINUTE_NS)
        assert [bar.time_open for bar in bars] == [begun + minute * MINUTE_NS for minute in range(4)]
        for minute, bar in enumerate(bars):
            assert bar.time == bar.time_open + MINUTE_NS and bar.instrument is stand.instrument
            # Prints stand in the middle of the quotes, MT5's bars are of bids.
            middle = [stand.price(3 * minute + step - (not stand.limits.trades)) for step in range(3)]
            assert (bar.open_units, bar.close_units) == (middle[0], middle[2])
            assert (bar.low_units, bar.high_units) == (min(middle), max(middle))
        part = await stand.client.bars(stand.instrument, 60, begun + MINUTE_NS, begun + 3 * MINUTE_NS)
        assert [bar.row() for bar in part] == [bar.row() for bar in bars[1:3]]

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_period_that_the_venue_does_not_have_is_an_input_error(venue: str) -> None:
    async def act(stand: Stand) -> None:
        missing = next(seconds for seconds in range(7, 10_000, 10) if seconds not in stand.limits.bars)
        with pytest.raises(InputError):
            await stand.client.bars(stand.instrument, missing, 0, stand.clock())
        for seconds in stand.limits.bars:
            await stand.client.bars(stand.instrument, seconds, stand.clock() - 2 * seconds * SECOND_NS, stand.clock())

    play(VENUES[venue], act)
