"""What a snapshot shows of the account is what was told of it: amid the work, with fees, with what others do there."""

from __future__ import annotations

import asyncio

import pytest

from tests.venues.roster import VENUES
from tests.venues.stand import NetStand, Stand, play
from tradewright.model.control import CashMoved, OrderAdopted
from tradewright.model.event import FILLED, REJECTED
from tradewright.model.foreign import EXTERNAL
from tradewright.model.order import BUY, EXIT, GTC, LIMIT, MARKET, REDUCE_ONLY, SELL
from tradewright.sim.wire.trouble import FOREIGN_ORDER, MANUAL_CLOSE

NETWORKS = [venue for venue, kind in VENUES.items() if kind.limits.network]


@pytest.mark.parametrize("venue", VENUES)
def test_a_snapshot_amid_the_work_shows_what_was_told(venue: str) -> None:
    async def act(stand: Stand) -> None:
        opening = await stand.hold(4)
        await stand.settled()
        await stand.agree()
        closing = stand.sell(opening, MARKET, 3, tif=stand.at_market())
        await stand.filled(closing)
        await stand.settled()
        await stand.agree()
        first, second = stand.buy(LIMIT, 4, limit=-5), stand.buy(LIMIT, 2, limit=-9)
        await stand.settled()
        await stand.agree()
        await stand.part(first)
        await stand.agree()
        stand.book.cancel(second.id)
        await stand.settled()
        await stand.agree()
        assert len(stand.book.working()) == 1

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_a_snapshot_that_overtakes_an_answer_is_whole_a_moment_later(venue: str) -> None:
    async def act(stand: Stand) -> None:
        for pause in (0.0, 0.003, 0.01, 0.03):
            stand.buy(lots=1, tif=stand.at_market())
            stand.buy(LIMIT, 1, limit=-5)
            await asyncio.sleep(pause)
            shown = await stand.client.snapshot()
            assert shown.asked <= shown.time <= stand.clock()
        await stand.settled()
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_fees_are_those_of_the_venue_to_the_last_unit(venue: str) -> None:
    async def act(stand: Stand) -> None:
        opening = await stand.hold(3)
        await stand.settled()
        closing = stand.sell(opening, MARKET, 3, tif=stand.at_market())
        await stand.filled(closing)
        await stand.settled()
        fees = {fill.fee_currency: fill.fee for fill in stand.book.fills() if fill.fee}
        await stand.paid()
        moved = [event for event in stand.book.events if isinstance(event, CashMoved)]
        if stand.limits.fees_with_fills:
            assert fees and not moved
        else:
            assert not fees and all(event.amount < 0 for event in moved) and len(moved) == 2
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", VENUES)
def test_what_is_not_there_is_sold_where_the_limits_say_so(venue: str) -> None:
    async def act(stand: Stand) -> None:
        held = {symbol: size for symbol, size, _ in stand.book.start.positions}.get(stand.ground.symbol, 0)
        order = stand.order(SELL, MARKET, held // stand.size(1) + 2, tif=stand.at_market())
        stand.book.submit(order)
        await stand.settled()
        shown = {symbol: size for symbol, size, _ in (await stand.client.snapshot()).positions}
        if stand.limits.shorts:
            assert shown[stand.ground.symbol] == -stand.size(2)
        else:
            assert stand.book.kinds(order.id) == [REJECTED] and stand.book.reports(order.id)[0].code
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", [venue for venue, kind in VENUES.items() if kind.limits.reduces_only])
def test_an_order_that_may_only_reduce_never_opens(venue: str) -> None:
    async def act(stand: Stand) -> None:
        opening = await stand.hold(2)
        await stand.settled()
        held = stand.book.positions()[stand.ground.symbol]
        lots = held // stand.size(1) + 3
        for type, limit in ((MARKET, None), (LIMIT, -5)):
            order = stand.order(
                SELL, type, lots, limit, tif=stand.at_market() if type == MARKET else GTC, closes=opening,
                flags=REDUCE_ONLY, role=EXIT,
            )  # fmt: skip
            stand.book.submit(order)
            await stand.settled()
        assert stand.book.positions().get(stand.ground.symbol, 0) >= 0
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_an_order_of_somebody_else_becomes_known_once_and_its_fills_are_told(venue: str) -> None:
    async def act(stand: NetStand) -> None:
        assert stand.site.inject(FOREIGN_ORDER, stand.clock())
        stand.pump()
        await stand.until(lambda: any(isinstance(event, OrderAdopted) for event in stand.book.events))
        await stand.settled()
        (id,) = stand.book.working()
        order = stand.book.states[id].order
        assert (order.strategy, order.side, stand.book.states[id].status) == (EXTERNAL, BUY, "ACCEPTED")
        shown = await stand.client.snapshot()
        assert shown.orders == [(id, 0)] and not stand.book.broken
        below = (order.limit_units - stand.price(0)) // (stand.price(1) - stand.price(0)) - 2
        stand.move(below)
        await stand.filled(order)
        await stand.settled()
        assert stand.book.ends(id) == 0 and stand.book.kinds(id).count(FILLED) >= 1
        adopted = [event for event in stand.book.events if isinstance(event, OrderAdopted)]
        assert len(adopted) == 1
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_an_order_of_somebody_else_can_be_cancelled_here(venue: str) -> None:
    async def act(stand: NetStand) -> None:
        assert stand.site.inject(FOREIGN_ORDER, stand.clock())
        stand.pump()
        await stand.until(lambda: bool(stand.book.working()))
        await stand.settled()
        (id,) = stand.book.working()
        stand.book.cancel(id)
        await stand.settled()
        assert stand.book.states[id].status == "CANCELLED" and stand.book.ends(id) == 1
        await stand.agree()

    play(VENUES[venue], act)


@pytest.mark.parametrize("venue", NETWORKS)
def test_what_somebody_else_closes_is_told_as_their_order_and_their_fill(venue: str) -> None:
    async def act(stand: NetStand) -> None:
        opening = await stand.hold(2)
        await stand.settled()
        before = stand.book.positions()[stand.ground.symbol]
        assert stand.site.inject(MANUAL_CLOSE, stand.clock())
        stand.pump()
        await stand.until(lambda: stand.book.positions().get(stand.ground.symbol, 0) < before)
        await stand.settled()
        by_hand = [state.order for id, state in stand.book.states.items() if id != opening.id]
        assert [(order.strategy, order.side) for order in by_hand] == [(EXTERNAL, SELL)]
        await stand.agree()

    play(VENUES[venue], act)
