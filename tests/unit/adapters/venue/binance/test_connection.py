"""Connections that break, are renewed, or are refused; what was missed; orders of somebody else; clocks and limits."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.adapters.venue.binance.stage import (
    BTC,
    BUY,
    DOLLAR,
    HOST,
    LIMIT,
    ONE,
    SECOND_NS,
    SELL,
    START,
    Stage,
    play,
)
from tradewright.adapters.venue.binance.events import UserEvent
from tradewright.model.account_snapshot import PositionMoved
from tradewright.model.control import CashMoved, LagMeasured
from tradewright.model.errors import InputError
from tradewright.model.event import ACCEPTED, CANCELLED, FILLED, REJECTED
from tradewright.model.foreign import EXTERNAL
from tradewright.model.numbers import money_of
from tradewright.sim.wire import faults
from tradewright.sim.wire.binance import Knobs
from tradewright.sim.wire.binance.limits import Limit, LimitsOf
from tradewright.sim.wire.faults import Fault
from tradewright.sim.wire.message import ABORTED
from tradewright.sim.wire.trouble import FOREIGN_ORDER, LATE_FILL, MANUAL_CLOSE

MINUTE_NS, DAY = 60 * SECOND_NS, 86_400


def break_off(stage: Stage) -> None:
    """Every connection ends without a word."""
    for connection in stage.faulty.open:
        connection.inner.close(ABORTED)
        connection.inner.end()  # type: ignore[attr-defined]
    stage.settle()


def test_what_happened_while_the_line_was_broken_is_told_before_it_is_up() -> None:
    async def program(stage: Stage) -> None:
        filled, cancelled, resting = stage.buy(), stage.buy(price=80 * DOLLAR), stage.buy(price=70 * DOLLAR)
        await stage.wait(1)
        break_off(stage)
        await stage.wait(0.1)
        assert stage.ledger.ups == [True, False]
        stage.trade("89.00", "1", -1)
        theirs = next(order for order in stage.account.orders.values() if order.client_id == cancelled)
        stage.site.venue.desk.end(theirs, "CANCELED")
        stage.site.inject(FOREIGN_ORDER, stage.clock())
        stage.site.inject(MANUAL_CLOSE, stage.clock())
        await stage.wait(5)
        assert stage.ledger.ups == [True, False, True]
        up = max(at for at, event in enumerate(stage.ledger.events) if event.kind == 47)
        told = {id: [event.kind for event in stage.ledger.events[:up] if getattr(event, "order_id", "") == id]
                for id in stage.ledger.states}  # fmt: skip
        assert told[filled] == [ACCEPTED, FILLED]
        assert told[cancelled] == [ACCEPTED, CANCELLED]
        assert told[resting] == [ACCEPTED]
        assert sorted(told[id][-1] for id in stage.ledger.adopted) == sorted([ACCEPTED, FILLED])
        assert all(stage.ledger.states[id].order.strategy == EXTERNAL for id in stage.ledger.adopted)
        stage.check()

    play(program)


def test_a_break_while_the_last_one_is_made_up_for_is_made_up_for_too() -> None:
    async def program(stage: Stage) -> None:
        recovery = stage.client._recovery
        recovery.lost()
        running = asyncio.create_task(recovery.recover())
        await stage.wait(0.01)
        recovery.lost()
        await running
        assert recovery._since > 0
        await recovery.recover()
        assert recovery._since == 0

    play(program)


def test_orders_of_somebody_else_are_known_once_and_followed_by_the_next_process_too() -> None:
    async def program(stage: Stage) -> None:
        stage.site.inject(FOREIGN_ORDER, stage.clock())
        stage.settle()
        await stage.wait(1)
        (id,) = stage.ledger.adopted
        await stage.restart()
        await stage.wait(2)
        assert stage.ledger.adopted == [id]
        stage.ledger.query(id)
        await stage.wait(1)
        assert stage.ledger.reports(id, ACCEPTED)[-1].code == "FOUND"
        stage.ledger.cancel(id)
        await stage.wait(1)
        assert stage.status(id) == "CANCELLED"
        stage.site.inject(MANUAL_CLOSE, stage.clock())
        stage.settle()
        await stage.wait(1)
        assert len(stage.ledger.adopted) == 2
        assert stage.status(stage.ledger.adopted[1]) == "FILLED"

    play(program)


def test_an_order_in_an_instrument_that_the_engine_has_not_is_counted_and_ignored() -> None:
    async def program(stage: Stage) -> None:
        del stage.ledger.instruments["BTCUSDT"]
        stage.site.inject(FOREIGN_ORDER, stage.clock())
        stage.settle()
        await stage.wait(1)
        assert not stage.ledger.adopted
        assert stage.client.errors["unknown_symbol"] >= 1
        assert (await stage.client.snapshot()).orders == []

    play(program, filters=None)


@pytest.mark.parametrize("days", [3, pytest.param(30, marks=pytest.mark.long)])
def test_days_of_renewals_lose_nothing_and_are_never_down(days: int) -> None:
    async def program(stage: Stage) -> None:
        ids = []
        for _ in range(days * 8):
            ids.append(stage.buy(ONE // 10))
            await stage.wait(DAY / 8 - 5)
            stage.market()
            stage.trade("89.50", "1", -1)
            await stage.wait(5)
            assert stage.status(ids[-1]) == "FILLED"
        assert stage.ledger.ups == [True]
        assert len(stage.witness.connects) == 1 + days * 24 // 23
        assert not stage.client.errors
        stage.check()

    play(program)


def test_a_connection_whose_end_is_announced_early_is_renewed_at_once() -> None:
    async def program(stage: Stage) -> None:
        await stage.wait(3000)
        assert len(stage.witness.connects) == 2
        assert stage.ledger.ups == [True]

    play(program, knobs=Knobs(life_ns=2400 * SECOND_NS, warning_ns=600 * SECOND_NS))


@pytest.mark.parametrize("skew", [-3600, -4, 4, 3600])
def test_a_venue_whose_clock_is_elsewhere_is_understood(skew: int) -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        assert stage.status(id) == "ACCEPTED"
        stage.site.knobs.skew_ns -= skew * SECOND_NS * 2  # it jumps while we are connected
        other = stage.buy()
        await stage.wait(1)
        assert stage.status(other) == "ACCEPTED"
        assert len(stage.calls("POST")) == 3
        lags = [event for event in stage.ledger.events if isinstance(event, LagMeasured)]
        assert [round(lag.row()[3] / SECOND_NS) for lag in lags[-2:]] == [skew, -skew]  # type: ignore[operator]
        before = len(lags)
        await stage.wait(3000)
        assert sum(isinstance(event, LagMeasured) for event in stage.ledger.events) == before + 10

    play(program, knobs=Knobs(skew_ns=skew * SECOND_NS))


def test_a_banned_client_is_silent_until_the_end_and_cancels_go_first() -> None:
    async def program(stage: Stage) -> None:
        id, other = stage.buy(), stage.buy()
        await stage.wait(1)
        address = stage.site.venue.limits.address("127.0.0.1")
        address.banned_until = stage.clock() + 120 * SECOND_NS
        stage.ledger.query(other)
        await stage.wait(1)
        begun, sent = stage.clock(), len(stage.witness.requests)
        opening, exit = stage.order(), stage.order(SELL, LIMIT, ONE, 110 * DOLLAR, role="exit")
        stage.ledger.query(id)
        stage.ledger.submit(opening, exit)
        stage.ledger.cancel(other)
        break_off(stage)
        await stage.wait(1)
        assert stage.ledger.reports(opening.id, REJECTED)[0].code == "RATE_LIMITED"
        await stage.wait(117)
        assert len(stage.witness.requests) == sent and max(stage.witness.connects) < begun
        await stage.wait(5)
        assert stage.status(exit.id) == "ACCEPTED" and stage.status(other) == "CANCELLED"
        first = [request.method for _, request, _ in stage.witness.requests[sent : sent + 2]]
        assert sorted(first) == ["DELETE", "POST"]
        assert stage.ledger.ups[-1]

    play(program)


def test_too_many_orders_are_refused_here_and_exits_still_have_room() -> None:
    limits = LimitsOf(orders=(Limit("ORDERS", SECOND_NS, 10, 20), Limit("ORDERS", 86_400 * SECOND_NS, 1, 1000)))

    async def program(stage: Stage) -> None:
        await stage.client.instruments(["BTCUSDT"])
        await stage.wait(10 - (stage.clock() - START) % (10 * SECOND_NS) / SECOND_NS + 0.01)
        ids = [stage.buy(ONE // 10) for _ in range(30)]
        exit = stage.order(SELL, LIMIT, ONE, 110 * DOLLAR, role="exit")
        stage.ledger.submit(exit)
        await stage.wait(2)
        codes = [report.code for id in ids for report in stage.ledger.reports(id, REJECTED)]
        assert codes == ["RATE_LIMITED"] * 13
        assert stage.status(exit.id) == "ACCEPTED"
        assert all(answer.status == 200 for _, _, answer in stage.calls("POST"))
        await stage.wait(10)
        assert stage.buy() and not await stage.wait(1)
        assert stage.status(list(stage.ledger.states)[-1]) == "ACCEPTED"

    play(program, limits=limits)


def test_a_refusal_for_too_many_orders_closes_orders_alone() -> None:
    limits = LimitsOf(orders=(Limit("ORDERS", SECOND_NS, 10, 3),))

    async def program(stage: Stage) -> None:
        await stage.wait(10 - (stage.clock() - START) % (10 * SECOND_NS) / SECOND_NS + 0.01)
        ids = [stage.buy(ONE // 10) for _ in range(4)]
        await stage.wait(1)
        assert sorted(stage.status(id) for id in ids) == ["ACCEPTED"] * 3 + ["REJECTED"]
        exit = stage.order(SELL, LIMIT, ONE, 110 * DOLLAR, role="exit")
        stage.ledger.submit(exit)
        stage.ledger.query(ids[0])
        await stage.wait(2)
        assert stage.status(exit.id) == "SUBMITTED"
        assert len(stage.calls("GET /api/v3/order")) == 1
        await stage.wait(10)
        assert stage.status(exit.id) == "ACCEPTED"

    play(program, limits=limits)


def test_no_more_than_five_requests_are_out_at_once_and_cancels_overtake() -> None:
    async def program(stage: Stage) -> None:
        first = stage.buy()
        await stage.wait(1)
        for _ in range(12):
            stage.buy(ONE // 10)
        stage.ledger.cancel(first)
        await stage.wait(0.0001)
        assert len(stage.transport.venues[HOST].sockets) == 1
        await stage.wait(10)
        methods = [request.method for _, request, _ in stage.witness.requests if request.method in ("POST", "DELETE")]
        assert 1 <= methods.index("DELETE") <= 10
        stage.check()

    play(program)


def test_the_start_of_a_hundred_symbols_takes_half_of_the_weight_at_most() -> None:
    async def program(stage: Stage) -> None:
        await stage.client.instruments(["BTCUSDT", "ETHBTC"])
        for _ in range(50):
            for instrument in (BTC, stage.ledger.instruments["ETHBTC"]):
                await stage.client.bars(instrument, 60, START - 3600 * SECOND_NS, START)
        await stage.client.snapshot()
        address = stage.site.venue.limits.address("127.0.0.1")
        assert 300 < address.weight.used <= 3000

    play(program)


def test_orders_and_cancels_that_are_carried_out_cost_no_weight_here_either() -> None:
    async def program(stage: Stage) -> None:
        before = stage.client._caller.weight.used
        for _ in range(10):
            stage.ledger.cancel(stage.buy())
            await stage.wait(1)
        refused = stage.buy(4000 * ONE)
        await stage.wait(1)
        assert stage.status(refused) == "REJECTED"
        assert stage.client._caller.weight.used == before + 1

    play(program)


def test_an_instrument_that_is_not_traded_is_an_error_that_names_it() -> None:
    async def program(stage: Stage) -> None:
        with pytest.raises(InputError, match="NOPEUSDT"):
            await stage.client.instruments(["BTCUSDT", "NOPEUSDT"])
        with pytest.raises(InputError, match="no bars of 61 s"):
            await stage.client.bars(BTC, 61, 0, 1)

    play(program)


def test_a_key_that_is_revoked_brings_the_account_down_and_orders_are_refused() -> None:
    async def program(stage: Stage) -> None:
        stage.site.venue.keys.revoke("demo-key")
        id = stage.buy()
        break_off(stage)
        await stage.wait(30)
        assert stage.ledger.reports(id, REJECTED)[0].code == "-2015"
        assert stage.ledger.ups == [True, False]
        assert len(stage.witness.connects) < 12

    play(program)


def test_a_position_is_one_also_where_nothing_is_owned_of_its_quote() -> None:
    async def program(stage: Stage) -> None:
        stage.site.transfer("BTC", "-2", stage.clock())
        assert (await stage.client.snapshot()).positions == [("ETHBTC", 20 * ONE, 0)]

    play(program)


def test_money_that_somebody_moves_is_in_the_next_snapshot() -> None:
    async def program(stage: Stage) -> None:
        stage.site.transfer("USDT", "-1000.5", stage.clock())
        stage.settle()
        snapshot = await stage.client.snapshot()
        assert dict(snapshot.balances)["USDT"] == money_of("98999.5", "usdt")
        assert sorted(snapshot.positions) == [("BTCUSDT", 2 * ONE, 0), ("ETHBTC", 20 * ONE, 0)]
        assert dict(snapshot.balances)["BNB"] == money_of("50", "bnb")  # the engine trades nothing of it: it is money

    play(program)


def test_a_fill_that_was_never_told_stands_out_although_its_balance_was() -> None:
    async def program(stage: Stage) -> None:
        resting = stage.buy()
        await stage.wait(1)
        stage.ledger.cancel(resting)
        await stage.wait(2)
        await stage.client.snapshot()
        assert stage.ledger.kinds(resting) == [ACCEPTED, CANCELLED]
        assert stage.faulty.inject(LATE_FILL, stage.clock())
        stage.settle()
        await stage.wait(1)
        assert stage.ledger.kinds(resting) == [ACCEPTED, CANCELLED], "its report was dropped"
        await stage.client.snapshot()
        assert stage.ledger.kinds(resting) == [ACCEPTED, CANCELLED, FILLED]

    # Five frames come before: the answer, and the order and the balances twice.
    play(program, [Fault(faults.DROP_FRAME, "/ws-api", after=5, times=1)])


def moved(stage: Stage) -> list[tuple[str, int, bool]]:
    return [(one.currency, one.amount, one.result) for one in stage.ledger.events if isinstance(one, CashMoved)]


def test_money_that_somebody_moves_is_told_as_capital_and_once() -> None:
    async def program(stage: Stage) -> None:
        await stage.client.snapshot()
        stage.site.transfer("USDT", "-1000.5", stage.clock())
        stage.settle()
        await stage.wait(1)
        assert moved(stage) == [("USDT", -money_of("1000.5", "usdt"), False)]
        # What an instrument is based on is a position, and what none is made of is money all the same.
        for asset, amount in (("BTC", "1"), ("BTC", "-0.00003"), ("BTC", "0.000001"), ("BNB", "1")):
            stage.site.transfer(asset, amount, stage.clock())
        stage.settle()
        await stage.wait(1)
        assert moved(stage)[1:] == [("BNB", money_of(1, "bnb"), False)]
        told = [event.row()[2:] for event in stage.ledger.events if isinstance(event, PositionMoved)]
        assert told == [("main", "BTCUSDT", 10**5), ("main", "BTCUSDT", -3)], "dust is no size"
        # While a stream is renewed, both tell it.
        said = b'{"e":"balanceUpdate","E":1,"a":"USDT","d":"7.00000000","T":1790000000000000}'
        for _ in range(2):
            stage.client._stream.take(UserEvent("balanceUpdate", said))
        assert moved(stage)[2:] == [("USDT", money_of("7", "usdt"), False)]
        stage.client._stream.take(UserEvent("balanceUpdate", said.replace(b"7.0", b"NaN")))
        assert stage.client.errors["event"] == 1 and len(moved(stage)) == 3

    play(program)


def test_events_before_the_answer_and_answers_before_the_event_are_the_same() -> None:
    for knobs in (Knobs(answer_delay_ns=SECOND_NS), Knobs(event_delay_ns=SECOND_NS)):

        async def program(stage: Stage) -> None:
            taken, resting = stage.take(BUY), stage.buy()
            await stage.wait(3)
            stage.ledger.cancel(resting)
            await stage.wait(3)
            assert stage.ledger.kinds(taken) == [ACCEPTED, FILLED]
            assert stage.ledger.kinds(resting) == [ACCEPTED, CANCELLED]
            stage.check()

        play(program, knobs=knobs)


def test_orders_carried_out_and_answered_with_a_time_out_are_found() -> None:
    async def program(stage: Stage) -> None:
        ids = [stage.buy(), stage.take(BUY)]
        await stage.wait(10)
        assert [stage.status(id) for id in ids] == ["ACCEPTED", "FILLED"]
        assert len(stage.calls("POST")) == 2
        stage.check()

    play(program, [Fault(faults.DROP_FRAME, "/ws-api", after=1, times=20)], knobs=Knobs(unknown_answers=2))


def running() -> list[str]:
    """What of the clients goes on."""
    coroutines = [task.get_coro() for task in asyncio.all_tasks()]
    return [one.__qualname__ for one in coroutines if "/tradewright/adapters/" in one.cr_code.co_filename]  # type: ignore[union-attr]


def test_a_client_that_is_stopped_leaves_nothing_running() -> None:
    async def program(stage: Stage) -> None:
        stage.buy()
        assert running()
        await stage.stop()
        assert running() == []

    play(program)


def test_a_client_that_is_stopped_before_it_knows_the_venues_clock_sends_nothing_any_more() -> None:
    async def program(stage: Stage) -> None:
        stage.site.venue.limits.address("127.0.0.1").banned_until = stage.clock() + 60 * SECOND_NS
        await stage.start(up=False)
        await stage.wait(1)
        stage.ledger.submit(stage.order(SELL, LIMIT, ONE, 110 * DOLLAR, role="exit"))
        await stage.wait(1)
        assert not stage.ledger.ups and "Lanes._run" in running()
        await stage.stop()
        assert running() == []
        await asyncio.sleep(120)
        assert not stage.calls("POST")

    play(program, start=False)
