"""Orders through the real client at a simulated Alpaca: placed, filled, cancelled, changed, asked for."""

from __future__ import annotations

import asyncio

from tests.unit.adapters.venue.alpaca.stage import BUY, GTC, LIMIT, MARKET, MONDAY, SECOND, SELL, Stage, play
from tradewright.adapters.venue.alpaca import Options
from tradewright.adapters.venue.alpaca.teller import KEPT_MAX
from tradewright.core.life_cycle import ENDED_CANCELLED, WORKING
from tradewright.core.orders import OrderState
from tradewright.model.command import Query
from tradewright.model.event import ACCEPTED, CANCELLED, EXPIRED, FILLED, NOT_FOUND, REPLACED
from tradewright.model.order import EXTENDED_HOURS, TRAILING_STOP
from tradewright.model.report import FOUND


def test_an_order_is_accepted_filled_and_named() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, MARKET, "2")
        ledger.submit(order)
        await stage.until(lambda: ledger.states[order.id].filled == 2 * 10**9)
        assert ledger.reports(order)[0] == (ACCEPTED, "")
        [fill] = ledger.fills(order)
        wire = stage.account.orders[ledger.venue_id(order.id)]
        assert (fill.price_units, fill.trade_id) == (1000100, f"{wire.id}:2")
        assert wire.terms.client_order_id == order.id

    play(act).agree()


def test_a_resting_order_is_cancelled() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "90")
        ledger.submit(order)
        await stage.until(lambda: ledger.states[order.id].stage == WORKING)
        ledger.cancel(order)
        await stage.settled(2)
        assert ledger.states[order.id].stage == ENDED_CANCELLED
        assert ledger.reports(order) == [(ACCEPTED, ""), (CANCELLED, "")]

    play(act).agree()


def test_a_cancel_in_the_same_moment_as_its_submit_waits_for_the_answer() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "90")
        ledger.submit(order)
        ledger.cancel(order)
        await stage.settled(2)
        assert ledger.states[order.id].stage == ENDED_CANCELLED

    play(act).agree()


def test_a_query_finds_the_order_and_one_that_is_not_there_is_not_found() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "90")
        ledger.submit(order)
        await stage.until(lambda: ledger.states[order.id].stage == WORKING)
        ledger.execute(Query(stage.clock(), order.id))
        ghost = ledger.order_of("ACME", BUY, LIMIT, "2", "90")
        ledger.states[ghost.id] = OrderState(ghost, 2)
        ledger.execute(Query(stage.clock(), ghost.id))
        await asyncio.sleep(2)
        assert ledger.reports(order)[-1] == (ACCEPTED, FOUND)
        assert ledger.reports(ghost) == [(NOT_FOUND, "")]

    play(act)


def test_the_snapshot_shows_cash_positions_and_what_works() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        bought, resting = (
            ledger.order_of("ACME", BUY, MARKET, "2"),
            ledger.order_of("BTCUSD", BUY, LIMIT, "0.5", "40000", tif=2),
        )
        ledger.submit(bought, resting)
        await stage.until(lambda: ledger.states[bought.id].filled > 0)
        seen = await stage.venue.snapshot()
        assert seen.balances == [("USD", (100_000 * 100 - 2 * 10001) * 10**16)]
        assert seen.positions == [("ACME", 2 * 10**9, 1000100)]
        assert seen.orders == [(resting.id, 0)]
        assert seen.asked < seen.time

    play(act)


def test_a_change_keeps_one_order_and_its_total() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "10", "95")
        ledger.submit(order)
        await stage.until(lambda: ledger.states[order.id].stage == WORKING)
        ledger.replace(order, "12", "96")
        await stage.settled(3)
        state = ledger.states[order.id]
        assert (state.order.quantity, state.order.limit_units, state.stage) == (12 * 10**9, 960000, WORKING)
        assert CANCELLED not in [kind for kind, _ in ledger.reports(order)]
        newest = stage.account.orders[state.venue_id]
        assert newest.terms.client_order_id == f"{order.id}_1"
        stage.quote("ACME", "94", "95.5")
        await stage.until(lambda: state.filled == 12 * 10**9)

    play(act).agree()


def test_orders_of_one_moment_are_placed_side_by_side() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        orders = [ledger.order_of("GLOBEX", BUY, MARKET, "1") for _ in range(12)]
        ledger.submit(*orders)
        begun = stage.clock()
        await stage.settled(5)
        await stage.until(lambda: all(ledger.states[order.id].filled for order in orders))
        assert stage.clock() - begun < 2 * SECOND
        assert [kind for kind, _ in ledger.reports(orders[0])].count(FILLED) == 1

    play(act).agree()


def test_a_sale_of_what_is_held_is_a_close() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        bought = ledger.order_of("ACME", BUY, MARKET, "2")
        ledger.submit(bought)
        await stage.until(lambda: ledger.states[bought.id].filled > 0)
        sold = ledger.order_of("ACME", SELL, MARKET, "2", role="exit", flags=1)
        ledger.submit(sold)
        await stage.until(lambda: ledger.states[sold.id].filled > 0)
        assert stage.account.orders[ledger.venue_id(sold.id)].terms.intent == "sell_to_close"

    assert play(act).account.ledger.positions == {}


def test_an_order_outside_of_the_session_waits_for_it_and_one_for_extended_hours_does_not() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        waits = ledger.order_of("ACME", BUY, LIMIT, "2", "101", tif=GTC)
        works = ledger.order_of("GLOBEX", BUY, LIMIT, "2", "21", flags=EXTENDED_HOURS)
        ledger.submit(waits, works)
        await stage.settled(3)
        stage.quote("ACME", "99.99", "100.01")
        stage.quote("GLOBEX", "19.99", "20.01")
        await stage.until(lambda: ledger.filled(works.id) > 0)
        assert (ledger.states[waits.id].stage, ledger.filled(waits.id)) == (WORKING, 0)
        ledger.cancel(waits)
        await stage.settled(3)
        assert ledger.states[waits.id].stage == ENDED_CANCELLED

    play(act, start=MONDAY + 6 * 3600 * SECOND).agree()


def test_a_day_order_ends_with_its_day() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        order = ledger.order_of("ACME", BUY, LIMIT, "2", "90")
        ledger.submit(order)
        await asyncio.sleep(5 * 3600 + 60)
        assert ledger.reports(order)[-1] == (EXPIRED, "")

    play(act, options=Options(look_every=600, idle_every=600)).agree()


def test_a_trailing_stop_and_a_fraction_are_worked_as_asked() -> None:
    async def act(stage: Stage) -> None:
        ledger = stage.ledger
        part = ledger.order_of("ACME", BUY, MARKET, "1.234567891")
        ledger.submit(part)
        await stage.until(lambda: ledger.filled(part.id) == 1_234_567_891)
        whole = ledger.order_of("GLOBEX", BUY, MARKET, "3")
        ledger.submit(whole)
        await stage.until(lambda: ledger.filled(whole.id) == 3 * 10**9)
        stop = ledger.order_of("GLOBEX", SELL, TRAILING_STOP, "3", trail="1", role="exit")
        ledger.submit(stop)
        await stage.settled(2)
        stage.quote("GLOBEX", "25", "25.02")
        stage.quote("GLOBEX", "23.9", "23.92")
        await stage.until(lambda: ledger.filled(stop.id) == 3 * 10**9)
        assert REPLACED not in [kind for kind, _ in ledger.reports(stop)]

    play(act).agree()


def test_what_the_engine_has_forgotten_is_forgotten_here_too() -> None:
    async def act(stage: Stage) -> None:
        ledger, teller = stage.ledger, stage.venue._teller
        for _ in range(KEPT_MAX + 10):
            order = ledger.order_of("ACME", BUY, LIMIT, "1", "90")
            ledger.states[order.id] = OrderState(order, WORKING)
            teller.track(order)
            del ledger.states[order.id]
        assert len(teller.known) <= KEPT_MAX

    play(act)
