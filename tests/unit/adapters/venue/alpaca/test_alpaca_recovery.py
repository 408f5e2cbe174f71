"""What the client makes up for: connections that broke, processes that ended at any point, what others did."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.adapters.venue.alpaca.stage import BUY, GTC, LIMIT, MARKET, SECOND, SELL, Stage, play
from tradewright.adapters.venue.alpaca import Options
from tradewright.core.life_cycle import ENDED_CANCELLED, WORKING
from tradewright.core.orders import OrderState
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.control import CashMoved, LagMeasured, OrderAdopted
from tradewright.model.event import FILLED, OUTCOME_UNKNOWN
from tradewright.model.foreign import EXTERNAL, foreign_id
from tradewright.model.order import Order
from tradewright.sim.models.models import Models
from tradewright.sim.wire.alpaca import Knobs
from tradewright.sim.wire.alpaca.passage import replacement
from tradewright.sim.wire.faults import Fault

HOUR = 3600


async def resting(stage: Stage, quantity: str = "5", limit: str = "95") -> Order:
    order = stage.ledger.order_of("ACME", BUY, LIMIT, quantity, limit, tif=GTC)
    stage.ledger.submit(order)
    await stage.until(lambda: stage.ledger.states[order.id].stage == WORKING)
    return order


def test_a_break_is_told_at_once_and_up_follows_when_nothing_is_missing() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        filled, cancelled = await resting(stage), await resting(stage, limit="94")
        stage.drop()
        stage.quote("ACME", "94.8", "94.9")
        stage.quote("ACME", "99.9", "100.1")
        await stage.until(lambda: ledger.ups() == [True, False], 1)
        stage.site.desk.cancel(stage.account, stage.account.orders[ledger.venue_id(cancelled.id)], stage.clock())
        await stage.until(lambda: ledger.ups() == [True, False, True], 5)
        up = max(place for place, event in enumerate(ledger.events) if isinstance(event, ConnectionChanged))
        told = {event.order_id for event in ledger.events[:up] if event.kind == FILLED}  # type: ignore[attr-defined]
        assert told == {filled.id} and ledger.states[cancelled.id].stage == ENDED_CANCELLED

    play(act).agree()


def test_a_fill_has_one_id_whichever_channel_brings_it() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("GLOBEX", BUY, MARKET, "40")
        ledger.submit(order)
        await stage.until(lambda: ledger.filled(order.id) > 0)
        await asyncio.sleep(1)
        streamed = {fill.trade_id for fill in ledger.fills(order)}
        ledger.events.clear()
        # Another process with an empty book of its own looks the same order up.
        other = ledger.states.pop(order.id)
        ledger.states[order.id] = again = OrderState(order, 2)
        await stage.venue.close()
        stage.running.cancel()
        stage.new_client()
        await stage.start()
        await stage.until(lambda: again.filled == other.filled)
        assert {fill.trade_id for fill in ledger.fills(order)} >= streamed
        assert again.trades == other.trades

    play(act, models=Models(partial="random:0.9")).agree()


def test_executions_are_read_page_by_page() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = await resting(stage, "250")
        stage.site.trouble.silent = True
        wire = stage.account.orders[ledger.venue_id(order.id)]
        for _ in range(230):
            stage.site.desk.book(stage.account, wire, 10**9, 950000, stage.clock())
        await asyncio.sleep(15)
        assert ledger.filled(order.id) == 230 * 10**9

    play(act)


def test_thirty_days_with_a_break_each_day_leave_nothing_out() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        for day in range(30):
            order = ledger.order_of("BTCUSD", BUY, LIMIT, "0.001", "49000", tif=GTC)
            ledger.submit(order)
            await asyncio.sleep(5 * HOUR)
            stage.drop()
            stage.quote("BTCUSD", "48900", "48950")
            stage.quote("BTCUSD", "49990", "50010")
            await asyncio.sleep(19 * HOUR)
            assert ledger.filled(order.id) == 10**6, day
        ups = ledger.ups()
        assert ups == [True] + [False, True] * 30
        measured = [event for event in ledger.events if isinstance(event, LagMeasured)]
        assert len(measured) > 30 * 24 * 5

    # Seldom pings and comparisons: the days are long enough.
    play(act, options=Options(look_every=1800, idle_every=7200, silence=600, clock_every=600)).agree()


def test_a_stream_that_is_half_open_is_dropped_when_nothing_is_heard_of_it() -> None:
    async def act(stage: Stage) -> None:
        order = await resting(stage)
        await asyncio.sleep(90)
        assert stage.ledger.ups().count(False) == 1 and stage.ledger.ups()[-1]
        stage.ledger.cancel(order)
        await stage.settled(5)

    play(act, [Fault("half_open", "/stream", after=3)]).agree()


def test_the_venues_clock_is_measured_at_the_start_and_again_and_again() -> None:
    async def act(stage: Stage) -> None:
        real = stage.faulty.request

        def ahead(request, now):  # type: ignore[no-untyped-def]
            return real(request, now + 3600 * SECOND if request.path == "/v2/clock" else now)

        stage.faulty.request = ahead  # type: ignore[method-assign]
        await asyncio.sleep(301)
        measured = [event for event in stage.ledger.events if isinstance(event, LagMeasured)]
        assert len(measured) == 2 and abs(measured[0].lag_ns) < SECOND
        assert abs(measured[1].lag_ns - 3600 * SECOND) < SECOND

    play(act)


# Processes that ended


CRASHES = ["taken out", "nothing placed", "placed", "heard"]


@pytest.mark.parametrize("point", CRASHES)
def test_after_a_crash_within_a_change_a_look_up_by_our_id_alone_finds_the_newest_leg(point: str) -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = await resting(stage)
        knobs = stage.site.knobs
        knobs.ack_ns = SECOND // 4
        ledger.replace(order, "7", "94")
        seen = {
            "taken out": lambda: any(one.cancel_asked for one in stage.account.orders.values()),
            "nothing placed": lambda: any(one.status == "canceled" for one in stage.account.orders.values()),
            "placed": lambda: len(stage.account.orders) == 2,
            "heard": lambda: ledger.states[order.id].order.quantity == 7 * 10**9,
        }[point]
        await stage.until(seen, 5)
        await stage.venue.close()
        stage.running.cancel()
        state = ledger.states[order.id]
        state.venue_id = ""
        state.lose_track()
        stage.new_client()
        await stage.start()
        await asyncio.sleep(2)
        await stage.settled(10)
        if len(stage.account.orders) == 2:
            assert (state.order.quantity, state.order.limit_units, state.stage) == (7 * 10**9, 940000, WORKING)
            stage.quote("ACME", "93", "93.5")
            await stage.until(lambda: state.filled == 7 * 10**9)
        else:
            assert state.stage == ENDED_CANCELLED

    play(act).agree()


def test_a_chain_of_changes_with_fills_between_never_exceeds_its_total() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = await resting(stage, "20")
        wire = stage.account.orders
        for step in range(5):
            newest = wire[ledger.venue_id(order.id)]
            # One fill before the cancel gets there, unheard of so far, and one behind it.
            stage.site.desk.book(stage.account, newest, 10**9, 950000, stage.clock())
            ledger.replace(order, "20", f"{94 - step}")
            stage.pump()
            await stage.until(lambda one=newest: one.cancel_asked)  # type: ignore[misc]
            stage.site.desk.book(stage.account, newest, 10**9, 940000, stage.clock())
            await stage.settled(20)
        assert ledger.filled(order.id) == 10 * 10**9
        await stage.venue.close()
        stage.running.cancel()
        ledger.states[order.id].venue_id = ""
        stage.new_client()
        await stage.start()
        stage.quote("ACME", "80", "80.1")
        await stage.until(lambda: ledger.filled(order.id) == 20 * 10**9, 30)

    stage = play(act, knobs=Knobs(ack_ns=SECOND // 4))
    assert len(stage.account.orders) == 6
    stage.agree()


# What others did


def test_a_foreign_order_becomes_known_once_and_is_told_on() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        assert stage.faulty.inject("foreign_order", stage.clock())
        stage.pump()
        await asyncio.sleep(2)
        [adopted] = [event for event in ledger.events if isinstance(event, OrderAdopted)]
        [wire] = stage.account.orders.values()
        id = foreign_id("A1", wire.id)
        state = ledger.states[id]
        assert (state.order.strategy, state.stage, state.venue_id) == (EXTERNAL, WORKING, wire.id)
        assert adopted.order == list(state.order.row())
        snapshot = await stage.venue.snapshot()
        assert snapshot.orders == [(id, 0)]
        await stage.venue.close()
        stage.running.cancel()
        stage.new_client()
        await stage.start()
        ledger.cancel(id)
        await stage.settled(5)
        assert state.stage == ENDED_CANCELLED
        assert len([event for event in ledger.events if isinstance(event, OrderAdopted)]) == 1

    play(act).agree()


def test_a_manual_close_is_adopted_and_booked_though_nobody_was_listening() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        bought = ledger.order_of("ACME", BUY, MARKET, "5")
        ledger.submit(bought)
        await stage.until(lambda: ledger.filled(bought.id) > 0)
        stage.drop()
        assert stage.faulty.inject("manual_close", stage.clock())
        await asyncio.sleep(5)
        [id] = [id for id, state in ledger.states.items() if state.order.strategy == EXTERNAL]
        assert ledger.states[id].filled == 5 * 10**9 and ledger.states[id].order.side == SELL
        assert stage.account.ledger.positions == {}

    play(act).agree()


def test_what_others_did_while_the_stream_was_silent_is_found_by_its_fills() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        bought = ledger.order_of("ACME", BUY, MARKET, "5")
        ledger.submit(bought)
        await stage.until(lambda: ledger.filled(bought.id) > 0)
        stage.site.trouble.silent = True
        assert stage.faulty.inject("manual_close", stage.clock())
        await stage.until(lambda: len(ledger.states) == 2 and not stage.differences(), 65)

    play(act).agree()


def test_an_order_that_somebody_else_changed_stays_ours() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = await resting(stage)
        wire = stage.account.orders[ledger.venue_id(order.id)]
        terms = replacement(wire, {"size": 8 * 10**9, "limit": 940000})
        stage.site.desk.replace(stage.account, wire, terms, stage.clock())
        stage.pump()
        await asyncio.sleep(2)
        state = ledger.states[order.id]
        assert (state.order.quantity, state.order.limit_units) == (8 * 10**9, 940000)
        assert not [event for event in ledger.events if isinstance(event, OrderAdopted)]
        ledger.cancel(order)
        await stage.settled(5)

    play(act).agree()


def test_an_order_in_an_instrument_that_is_not_traded_here_is_counted_and_left_alone() -> None:
    async def act(stage: Stage) -> None:
        stage.ledger.instruments.pop(0)
        assert stage.faulty.inject("foreign_order", stage.clock())
        stage.pump()
        await asyncio.sleep(2)
        assert stage.errors["order of an instrument that is not traded here"] > 0
        assert not stage.ledger.states

    play(act)


def test_an_account_that_is_suspended_takes_no_openings_and_all_exits() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        bought = ledger.order_of("ACME", BUY, MARKET, "5")
        ledger.submit(bought)
        await stage.until(lambda: ledger.filled(bought.id) > 0)
        real = stage.faulty.request

        def blocked(request, now):  # type: ignore[no-untyped-def]
            answer = real(request, now)
            if request.path == "/v2/account":
                answer.body = answer.body.replace(b'"trading_blocked":false', b'"trading_blocked":true')
            return answer

        stage.faulty.request = blocked  # type: ignore[method-assign]
        await stage.venue.snapshot()
        opening = ledger.order_of("GLOBEX", BUY, MARKET, "1")
        exit = ledger.order_of("ACME", SELL, MARKET, "5", role="exit")
        ledger.submit(opening, exit)
        await stage.until(lambda: ledger.filled(exit.id) > 0)
        assert ledger.states[opening.id].code == "ACCOUNT_BLOCKED"
        stage.faulty.request = real  # type: ignore[method-assign]
        await asyncio.sleep(130)
        later = ledger.order_of("GLOBEX", BUY, MARKET, "1")
        ledger.submit(later)
        await stage.until(lambda: ledger.filled(later.id) > 0)

    play(act).agree()


def test_orders_of_a_batch_that_is_not_answered_are_each_looked_up() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        orders = [ledger.order_of("ACME", BUY, LIMIT, "1", "90") for _ in range(8)]
        ledger.submit(*orders)
        await stage.until(lambda: all((OUTCOME_UNKNOWN, "submit") in ledger.reports(order) for order in orders), 20)
        await stage.settled(30)
        assert all(ledger.states[order.id].stage == WORKING for order in orders)

    play(act, [Fault("delay_answer", "POST", times=8, seconds=8)], knobs=Knobs(ack_ns=10 * SECOND)).agree()


def test_fees_are_told_once_as_money_that_moved_and_those_of_before_are_not() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        bought = ledger.order_of("GLOBEX", BUY, MARKET, "10")
        ledger.submit(bought)
        await stage.until(lambda: ledger.filled(bought.id) > 0)
        coins = ledger.order_of("BTCUSD", BUY, MARKET, "0.1", tif=GTC)
        ledger.submit(coins)
        await asyncio.sleep(200)
        moved = [event for event in ledger.events if isinstance(event, CashMoved)]
        assert sorted((event.currency, event.amount) for event in moved) == [
            ("USD", -5001 * 10**15), ("USD", -2001 * 10**14)
        ]  # fmt: skip
        snapshot = await stage.venue.snapshot()
        spent = [-fill.price_units * fill.size_units * 10**5 for one in (bought, coins) for fill in ledger.fills(one)]
        [(currency, cash)] = snapshot.balances
        # The venue states its cash in cents.
        assert currency == "USD"
        assert abs(cash - 100_000 * 10**18 - sum(spent) - sum(event.amount for event in moved)) <= 5 * 10**15
        await stage.venue.close()
        stage.running.cancel()
        ledger.events.clear()
        stage.new_client()
        await stage.start()
        await asyncio.sleep(200)
        assert not [event for event in ledger.events if isinstance(event, CashMoved)]

    play(act, models=Models(fee="bps:10"))
