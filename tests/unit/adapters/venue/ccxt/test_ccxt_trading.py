"""Orders by ccxt at the simulated Binance: placed, filled, changed, ended, found again, somebody else's."""

from __future__ import annotations

import pytest

from tests.unit.adapters.venue.binance.flow import agrees, flow, settle
from tests.unit.adapters.venue.binance.spoiler import Spoiler, refusal
from tests.unit.adapters.venue.binance.stage import BTC, DOLLAR, LIMIT, ONE, SELL
from tests.unit.adapters.venue.ccxt.stage import CcxtStage, play
from tradewright.model.account_snapshot import ConnectionChanged
from tradewright.model.control import LagMeasured
from tradewright.model.errors import AnswerLost
from tradewright.model.event import (
    ACCEPTED,
    CANCELLED,
    FILLED,
    NOT_FOUND,
    OUTCOME_UNKNOWN,
    REJECTED,
    REPLACED,
    TRIGGERED,
)
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.market import Quote, Trade
from tradewright.model.order import STOP, STOP_LIMIT
from tradewright.sim.wire import faults
from tradewright.sim.wire.binance import Knobs
from tradewright.sim.wire.faults import Fault

HOUR_NS = 3_600 * 10**9


def test_an_order_rests_fills_in_part_is_changed_and_ends() -> None:
    async def program(stage: CcxtStage) -> None:
        resting, taken = stage.buy(), stage.take()
        await stage.wait(3)
        assert stage.ledger.kinds(taken) == [ACCEPTED, FILLED]
        assert stage.ledger.kinds(resting) == [ACCEPTED]
        stage.trade("90.00", "0.4", -1)
        stage.market()
        await stage.wait(3)
        assert stage.ledger.filled(resting) == 40_000
        stage.ledger.replace(resting, 2 * ONE, 91 * DOLLAR)
        await stage.wait(3)
        order = stage.ledger.states[resting].order
        assert (order.quantity, order.limit_units) == (2 * ONE, 91 * DOLLAR)
        assert sorted(order.client_id for order in stage.account.open.values()) == [f"{resting}_1"]
        stage.ledger.cancel(resting)
        await stage.wait(3)
        assert stage.ledger.kinds(resting) == [ACCEPTED, FILLED, ACCEPTED, REPLACED, CANCELLED]
        assert stage.ledger.filled(resting) == 40_000
        stage.check()
        fees = [(fill.fee, fill.fee_currency, fill.maker) for id in (resting, taken) for fill in stage.ledger.fills(id)]
        assert fees == [(4 * 10**14, "BTC", True), (10**15, "BTC", False)]
        await agrees(stage)

    play(program)


def test_a_flow_of_orders_ends_in_the_venues_books() -> None:
    async def program(stage: CcxtStage) -> None:
        await flow(stage, 7)
        await settle(stage, False)
        await agrees(stage)
        assert not stage.client.errors
        told = [value for event in stage.ledger.events for value in leaves(event.row())]
        assert len(told) > 1_000 and not [value for value in told if isinstance(value, float)]

    play(program)


def leaves(value: object) -> list[object]:
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, tuple | list) else [value]


def test_stops_wait_and_say_that_they_were_triggered() -> None:
    async def program(stage: CcxtStage) -> None:
        orders = [
            stage.order(SELL, STOP, ONE // 10, stop_units=95 * DOLLAR),
            stage.order(SELL, STOP_LIMIT, ONE // 10, stop_units=95 * DOLLAR, limit_units=80 * DOLLAR),
        ]
        stage.ledger.submit(*orders)
        await stage.wait(3)
        assert [stage.status(order.id) for order in orders] == ["ACCEPTED"] * 2
        stage.trade("94.00", "0.00001", -1)
        stage.market()
        await stage.wait(3)
        for order in orders:
            assert stage.ledger.kinds(order.id)[:2] == [ACCEPTED, TRIGGERED]
            assert stage.status(order.id) == "FILLED"
        stage.check()

    play(program)


def test_what_the_venue_or_the_library_refuses_is_refused_with_its_word() -> None:
    async def program(stage: CcxtStage) -> None:
        poor, dust, fine, trailing = (
            stage.order(quantity=5_000 * ONE),
            stage.order(quantity=1),
            stage.order(price=90 * DOLLAR, time_in_force=1),
            stage.order(SELL, 5, ONE, trail_ppm=10_000),
        )
        stage.ledger.submit(poor, dust, fine, trailing)
        await stage.wait(3)
        said = [stage.ledger.reports(order.id, REJECTED)[0] for order in (poor, dust, fine, trailing)]
        assert [one.code for one in said] == ["InsufficientFunds", "BadRequest", "UNSUPPORTED", "UNSUPPORTED"]
        assert "insufficient balance" in said[0].text
        assert not stage.account.orders

    play(program)


def test_orders_of_somebody_else_are_adopted_with_their_fills_also_between_two_looks() -> None:
    async def program(stage: CcxtStage) -> None:
        stage.site.inject("foreign_order", stage.clock())
        stage.site.inject("manual_close", stage.clock())
        await stage.wait(15)
        assert len(stage.ledger.adopted) == 2
        assert sorted(stage.status(id) for id in stage.ledger.adopted) == ["ACCEPTED", "FILLED"]
        await agrees(stage)
        await stage.restart()
        await stage.wait(15)
        assert len(stage.ledger.adopted) == 2

    play(program)


def test_fills_are_told_before_the_end_also_when_both_came_between_two_looks() -> None:
    async def program(stage: CcxtStage) -> None:
        id = stage.buy()
        await stage.wait(3)
        stage.trade("90.00", "0.4", -1)
        stage.ledger.cancel(id)
        await stage.wait(3)
        assert stage.ledger.kinds(id) == [ACCEPTED, FILLED, CANCELLED]
        assert stage.ledger.filled(id) == 40_000

    play(program)


def test_a_change_never_makes_more_than_was_asked_for_whatever_fills_in_between() -> None:
    async def program(stage: CcxtStage) -> None:
        id = stage.buy()
        await stage.wait(3)
        stage.trade("90.00", "0.4", -1)
        stage.ledger.replace(id, ONE, 91 * DOLLAR)
        await stage.wait(3)
        (leg,) = stage.account.open.values()
        assert (leg.client_id, leg.terms.quantity) == (f"{id}_1", 60_000 * leg.terms.rules.size_ratio)
        stage.trade("91.00", "2", -1)
        stage.market()
        await stage.wait(3)
        assert (stage.status(id), stage.ledger.filled(id)) == ("FILLED", ONE)
        stage.check()

    play(program)


def test_a_new_leg_does_not_leave_once_the_order_is_to_be_cancelled() -> None:
    async def program(stage: CcxtStage) -> None:
        id = stage.buy()
        await stage.wait(3)
        stage.ledger.replace(id, ONE, 91 * DOLLAR)
        stage.ledger.cancel(id)
        await stage.wait(5)
        assert len(stage.calls("POST")) == 1 and len(stage.account.orders) == 1
        assert stage.status(id) == "CANCELLED"
        stage.check()

    play(program)


def test_an_order_that_was_taken_and_is_hidden_for_a_while_is_found_and_not_given_up() -> None:
    async def program(stage: CcxtStage) -> None:
        id = stage.buy()
        await stage.wait(40)
        assert stage.plan.fired[faults.HIDDEN] > 0
        assert stage.ledger.reports(id, OUTCOME_UNKNOWN) and not stage.ledger.reports(id, NOT_FOUND)
        assert stage.status(id) == "ACCEPTED"
        assert len(stage.calls("POST")) == 1
        stage.check()

    lost = Fault(faults.ERROR_AFTER, "/api/v3/order", times=1)
    play(program, [lost, Fault(faults.HIDDEN, begin=0, seconds=60, by=10)])


def test_an_exit_that_waited_for_a_limit_is_not_given_up_while_it_may_still_be_taken() -> None:
    async def program(stage: CcxtStage) -> None:
        Spoiler(stage, "POST", AnswerLost("it broke"))
        Spoiler(stage, "POST", refusal(429, -1003, "Too much", **{"retry-after": "30"}))
        exit = stage.order(SELL, LIMIT, ONE, 110 * DOLLAR, role="exit")
        stage.ledger.submit(exit)
        await stage.wait(35)
        assert stage.status(exit.id) == "UNKNOWN"
        await stage.wait(40)
        assert stage.status(exit.id) == "NOT_FOUND"

    play(program)


def test_an_order_of_the_same_name_from_long_before_is_not_taken_for_one_that_was_lost() -> None:
    async def program(stage: CcxtStage) -> None:
        id = stage.buy()
        await stage.wait(3)
        stage.ledger.cancel(id)
        await stage.wait(120)
        # Another journal's life: its numbers begin anew.
        stage.number = 0
        await stage.restart()
        stage.ledger.states.clear()
        again = stage.buy()
        assert again == id
        await stage.wait(60)
        assert stage.plan.fired[faults.LOSE_REQUEST] == 1
        assert stage.status(again) == "NOT_FOUND"

    play(program, [Fault(faults.LOSE_REQUEST, "POST /api/v3/order", after=1)])


@pytest.mark.parametrize("hours", [-1, 1])
def test_an_exchange_whose_clock_is_an_hour_off_is_understood(hours: int) -> None:
    async def program(stage: CcxtStage) -> None:
        id = stage.buy()
        await stage.wait(3)
        stage.site.knobs.skew_ns -= 2 * hours * HOUR_NS  # it jumps while we are connected
        other = stage.buy()
        await stage.wait(3)
        assert [stage.status(one) for one in (id, other)] == ["ACCEPTED"] * 2
        lags = [event.row()[3] for event in stage.ledger.events if isinstance(event, LagMeasured)]
        assert [round(int(str(lag)) / HOUR_NS) for lag in lags] == [hours, -hours]
        stage.check()

    play(program, knobs=Knobs(skew_ns=hours * HOUR_NS))


@pytest.mark.parametrize(("tradable", "ups"), [(True, [True, False, True]), (False, [True])])
def test_prices_that_stay_away_bring_the_account_down_where_the_instrument_is_traded(
    tradable: bool, ups: list[bool]
) -> None:
    async def program(stage: CcxtStage) -> None:
        gone = Instrument("BTCUSDT", "binance", "crypto", "BTC", "USDT", 2, 8, rules=OrderRules(tradable=tradable))
        stage.client.watch([gone])
        await stage.wait(3)
        stage.plan.add(Fault(faults.ERROR_BEFORE, "GET /api/v3/depth", times=0))
        await stage.wait(9)
        assert stage.ledger.ups == [True]
        await stage.wait(3)
        assert stage.ledger.ups == ups[:2]
        for event in stage.ledger.events:
            if isinstance(event, ConnectionChanged) and not event.up:
                assert "no market data for 10 s: BTCUSDT" in event.text
        stage.plan.faults.clear()
        await stage.wait(20)
        assert stage.ledger.ups == ups

    play(program)


def test_instruments_prices_and_bars_are_exact() -> None:
    async def program(stage: CcxtStage) -> None:
        (found,) = await stage.client.instruments(["BTCUSDT"])
        assert (found.symbol, found.base, found.quote) == ("BTCUSDT", "BTC", "USDT")
        assert (found.price_scale, found.size_scale) == (4, 8)
        assert (found.rules.tick, found.rules.step, found.rules.notional_min) == (100, 1_000, 5 * 10**18)
        stage.client.watch([BTC])
        await stage.wait(3)
        stage.trade("101.00", "0.00003")
        stage.market("98.00", "102.00")
        await stage.wait(3)
        told = [event.row() for event in stage.ledger.events if isinstance(event, Quote | Trade)]
        assert told, stage.client.errors
        bars = await stage.client.bars(BTC, 60, stage.clock() - 600 * 10**9, stage.clock() + 60 * 10**9)
        assert bars == []
        await stage.wait(60)
        bars = await stage.client.bars(BTC, 60, stage.clock() - 600 * 10**9, stage.clock())
        assert (bars[-1].open_units, bars[-1].high_units) == (10_000, 10_100)

    play(program)
