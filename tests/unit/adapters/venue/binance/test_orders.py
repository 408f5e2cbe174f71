"""Placing, filling, cancelling, asking: the plain life of orders at the simulated venue."""

from __future__ import annotations

import pytest

from tests.unit.adapters.venue.binance.stage import BTC, BUY, DOLLAR, LIMIT, ONE, SELL, Stage, play
from tradewright.core.life_cycle import SUBMITTED
from tradewright.core.orders import OrderState
from tradewright.model.event import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    EXPIRED,
    FILLED,
    NOT_FOUND,
    REJECTED,
    TRIGGERED,
)
from tradewright.model.numbers import money_of
from tradewright.model.order import IOC, STOP
from tradewright.sim.wire import faults
from tradewright.sim.wire.binance import demo_private_pem
from tradewright.sim.wire.faults import Fault
from tradewright.sim.wire.trouble import LATE_FILL


def test_an_order_is_accepted_filled_in_parts_and_cancelled() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        assert stage.status(id) == "ACCEPTED"
        stage.trade("90.00", "0.4", -1)
        await stage.wait(1)
        assert stage.status(id) == "PARTIALLY_FILLED"
        assert stage.ledger.filled(id) == ONE * 4 // 10
        stage.ledger.cancel(id)
        await stage.wait(1)
        assert stage.status(id) == "PARTIALLY_FILLED"
        assert stage.ledger.kinds(id) == [ACCEPTED, FILLED, CANCELLED]
        stage.check()

    play(program)


@pytest.mark.parametrize("private_pem", ["", demo_private_pem()], ids=["hmac", "ed25519"])
def test_a_taker_hears_its_fills_once_though_answer_and_stream_tell_them(private_pem: str) -> None:
    async def program(stage: Stage) -> None:
        id = stage.take(BUY, 2 * ONE)
        await stage.wait(1)
        assert stage.status(id) == "FILLED"
        assert len(stage.ledger.fills(id)) == 1
        fill = stage.ledger.fills(id)[0]
        assert (fill.price_units, fill.size_units, fill.maker) == (101 * DOLLAR, 2 * ONE, False)
        assert (fill.fee, fill.fee_currency) == (money_of("0.002", "fee"), "BTC")
        stage.check()

    play(program, private_pem=private_pem)


def test_a_snapshot_shows_balances_positions_and_orders() -> None:
    async def program(stage: Stage) -> None:
        taken, resting = stage.take(BUY), stage.buy()
        await stage.wait(1)
        before = stage.clock()
        snapshot = await stage.client.snapshot()
        assert before == snapshot.asked < snapshot.time == stage.clock()
        assert dict(snapshot.balances)["USDT"] == money_of("99899", "usdt")
        assert "BTC" not in dict(snapshot.balances)
        assert sorted(snapshot.positions) == [("BTCUSDT", 299_900, 0), ("ETHBTC", 2_000_000, 0)]
        assert snapshot.orders == [(resting, 0)]
        assert stage.status(taken) == "FILLED"

    play(program)


def test_what_the_venue_refuses_is_rejected_with_its_code_and_words() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(quantity=ONE * 4000)
        other = stage.order(SELL, LIMIT, 1, 1)
        stage.ledger.submit(other)
        await stage.wait(1)
        (report,) = stage.ledger.reports(id, REJECTED)
        assert (report.code, report.text) == ("-2010", "Account has insufficient balance for requested action.")
        (report,) = stage.ledger.reports(other.id, REJECTED)
        assert (report.code, report.text) == ("-1013", "Filter failure: PERCENT_PRICE_BY_SIDE")

    play(program)


def test_what_is_left_of_an_ioc_order_expires() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(7 * ONE, 101 * DOLLAR, time_in_force=IOC)
        await stage.wait(1)
        assert stage.ledger.filled(id) == 5 * ONE
        assert stage.ledger.kinds(id).count(EXPIRED) == 1
        stage.check()

    play(program)


def test_a_cancel_of_what_has_filled_tells_the_fill_and_then_the_refusal() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.site.trouble.silent = True
        stage.trade("89.00", "1", -1)
        stage.ledger.cancel(id)
        await stage.wait(1)
        assert stage.ledger.kinds(id) == [ACCEPTED, FILLED, CANCEL_REJECTED]
        assert stage.status(id) == "FILLED"
        (report,) = stage.ledger.reports(id, CANCEL_REJECTED)
        assert (report.code, report.text) == ("-2011", "Unknown order sent.")

    play(program)


def test_a_look_up_tells_what_stands_and_that_an_order_is_not_there() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.ledger.query(id)
        await stage.wait(1)
        found = stage.ledger.reports(id, ACCEPTED)[-1]
        assert (found.code, found.text, found.filled_units) == ("FOUND", "1", 0)
        never = stage.order()
        stage.ledger.states[never.id] = OrderState(never, SUBMITTED)
        await stage.wait(10)
        stage.ledger.query(never.id)
        await stage.wait(1)
        assert stage.ledger.kinds(never.id) == [NOT_FOUND]

    play(program)


def test_a_look_up_of_what_had_ended_finds_a_late_fill() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.ledger.cancel(id)
        await stage.wait(1)
        stage.site.trouble.silent = True
        assert stage.site.inject(LATE_FILL, stage.clock())
        stage.ledger.query(id)
        await stage.wait(1)
        assert stage.status(id) == "FILLED"
        stage.check()

    play(program)


def test_more_fills_than_one_answer_holds_are_all_told() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(6_000)
        await stage.wait(1)
        stage.site.trouble.silent = True
        for _ in range(1_005):
            stage.trade("90.00", "0.00001", -1)
        stage.ledger.query(id)
        await stage.wait(2)
        assert len(stage.ledger.fills(id)) == 1_005
        stage.check()

    play(program)


def test_an_order_of_the_same_name_from_an_earlier_journal_is_another_order() -> None:
    async def program(stage: Stage) -> None:
        old = stage.take(BUY)
        await stage.wait(120)
        stage.number = 0
        await stage.stop()
        stage.client = stage.new_client()
        stage.ledger.states.clear()
        await stage.start(up=False)
        await stage.wait(1)
        id = stage.buy()
        assert id == old
        await stage.wait(20)
        assert (stage.status(id), stage.ledger.filled(id)) == ("NOT_FOUND", 0)

    play(program, [Fault(faults.LOSE_REQUEST, "POST /api/v3/order", after=1)])


def test_instruments_carry_the_venues_filters() -> None:
    async def program(stage: Stage) -> None:
        (btc,) = await stage.client.instruments(["BTCUSDT"])
        assert (btc.symbol, btc.base, btc.quote, btc.price_scale, btc.size_scale) == ("BTCUSDT", "BTC", "USDT", 8, 8)
        rules = btc.rules
        assert (rules.tick, rules.step, rules.size_min) == (10**6, 1000, 1000)
        assert rules.size_max == 120 * 10**8
        assert rules.notional_min == money_of("5", "notional")
        assert rules.band_ppm == 800_000
        assert rules.tradable and not rules.shortable
        assert btc.row()[0] == BTC.symbol

    play(program)


def test_a_stop_that_filled_while_nobody_heard_was_triggered_first() -> None:
    async def program(stage: Stage) -> None:
        stop = stage.order(SELL, STOP, ONE, stop_units=97 * DOLLAR)
        stage.ledger.submit(stop)
        await stage.wait(1)
        stage.site.trouble.silent = True
        stage.market("96.00", "98.00")
        stage.trade("96.50", "0.00001")
        stage.market("96.00", "98.00")
        await stage.wait(1)
        assert stage.ledger.kinds(stop.id) == [ACCEPTED]
        stage.ledger.query(stop.id)
        await stage.wait(2)
        told = stage.ledger.kinds(stop.id)
        assert told.index(TRIGGERED) < told.index(FILLED), told
        assert stage.status(stop.id) == "FILLED"
        stage.check()

    play(program)
