"""Changed orders: amended where they only shrink, placed anew as the next leg where they do not; one order here."""

from __future__ import annotations

from tests.unit.adapters.venue.binance.stage import BUY, DOLLAR, LIMIT, ONE, SELL, Stage, play
from tradewright.model.event import ACCEPTED, CANCEL_REJECTED, CANCELLED, FILLED, REJECTED, REPLACE_REJECTED, REPLACED
from tradewright.model.order import POST_ONLY, STOP, STOP_LIMIT, TRAILING_STOP
from tradewright.sim.wire import faults
from tradewright.sim.wire.faults import Fault
from tradewright.sim.wire.trouble import LATE_FILL

AMEND, PLACE, END = "PUT /api/v3/order/amend", "POST /api/v3/order", "DELETE /api/v3/order"


def test_an_order_that_shrinks_keeps_its_place_and_its_name() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(2 * ONE)
        await stage.wait(1)
        stage.ledger.replace(id, ONE, 90 * DOLLAR)
        await stage.wait(1)
        assert stage.ledger.states[id].order.quantity == ONE
        assert stage.ledger.states[id].replace == 0
        assert (len(stage.calls(AMEND)), len(stage.calls(PLACE))) == (1, 1)
        stage.trade("89.00", "2", -1)
        await stage.wait(1)
        assert (stage.status(id), stage.ledger.filled(id)) == ("FILLED", ONE)
        stage.check()

    play(program)


def test_another_price_is_a_new_leg_and_one_order() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(2 * ONE)
        await stage.wait(1)
        stage.trade("90.00", "0.5", -1)
        await stage.wait(1)
        stage.ledger.replace(id, 3 * ONE, 91 * DOLLAR)
        await stage.wait(1)
        state = stage.ledger.states[id]
        assert (state.order.quantity, state.order.limit_units) == (3 * ONE, 91 * DOLLAR)
        assert stage.ledger.kinds(id) == [ACCEPTED, FILLED, ACCEPTED, REPLACED]
        assert state.venue_id == "2_1"
        names = [order.client_id for order in stage.account.orders.values()]
        assert names == [id, f"{id}_1"]
        assert stage.account.orders[2].quantity == 250_000_000
        stage.ledger.replace(id, 4 * ONE, 92 * DOLLAR)
        await stage.wait(1)
        assert state.venue_id == "3_2"
        stage.ledger.cancel(id)
        await stage.wait(1)
        assert stage.status(id) == "PARTIALLY_FILLED" and not state.is_open()
        assert stage.ledger.kinds(id)[-1] == CANCELLED
        stage.check()

    play(program)


def test_a_fill_between_end_and_new_leg_is_not_bought_twice() -> None:
    """The order fills by half while its cancel is under way; the stream is silent, so that only answers tell it."""

    async def program(stage: Stage) -> None:
        id = stage.buy(2 * ONE)
        await stage.wait(1)
        stage.site.trouble.silent = True
        stage.ledger.replace(id, 2 * ONE, 91 * DOLLAR)
        stage.trade("90.00", "1", -1)
        await stage.wait(1)
        assert stage.account.orders[2].quantity == 100_000_000
        stage.site.trouble.silent = False
        stage.trade("89.00", "5", -1)
        await stage.wait(1)
        assert (stage.status(id), stage.ledger.filled(id)) == ("FILLED", 2 * ONE)
        stage.check()

    play(program)


def test_a_change_of_what_has_filled_tells_the_fill_and_then_the_refusal() -> None:
    async def program(stage: Stage) -> None:
        ids = stage.buy(ONE), stage.buy(2 * ONE)
        await stage.wait(1)
        stage.site.trouble.silent = True
        stage.trade("89.00", "5", -1)
        stage.ledger.replace(ids[0], ONE, 91 * DOLLAR)
        stage.ledger.replace(ids[1], ONE, 90 * DOLLAR)
        await stage.wait(1)
        for id in ids:
            assert stage.ledger.kinds(id) == [ACCEPTED, FILLED, REPLACE_REJECTED]
        assert len(stage.account.orders) == 2

    play(program)


def test_a_change_that_asks_for_less_than_has_filled_ends_the_order() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(2 * ONE)
        await stage.wait(1)
        stage.trade("90.00", "1", -1)
        await stage.wait(1)
        stage.ledger.replace(id, ONE, 91 * DOLLAR)
        await stage.wait(1)
        assert stage.ledger.kinds(id) == [ACCEPTED, FILLED, REPLACE_REJECTED, CANCELLED]
        stage.check()

    play(program)


def test_a_new_leg_that_is_refused_ends_the_order() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(ONE, flags=POST_ONLY)
        await stage.wait(1)
        stage.ledger.replace(id, ONE, 105 * DOLLAR)
        await stage.wait(1)
        refused = stage.ledger.reports(id, REPLACE_REJECTED)
        assert [(one.code, one.text) for one in refused] == [("-2010", "Order would immediately match and take.")]
        assert stage.status(id) == "CANCELLED"
        stage.check()

    play(program)


def test_a_new_leg_nobody_answered_is_found_by_the_orders_id() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.ledger.replace(id, ONE, 91 * DOLLAR)
        await stage.wait(10)
        assert stage.ledger.states[id].order.limit_units == 91 * DOLLAR
        assert stage.status(id) == "ACCEPTED" and stage.ledger.states[id].venue_id == "2_1"
        stage.check()

    play(program, [Fault(faults.LOSE_ANSWER, PLACE, after=1), Fault(faults.DROP_FRAME, "/ws-api", after=1, times=50)])


def test_a_new_leg_that_never_arrived_ends_the_order_only_when_it_can_not_arrive_any_more() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.ledger.replace(id, ONE, 91 * DOLLAR)
        await stage.wait(5)
        assert stage.status(id) == "UNKNOWN"
        await stage.wait(10)
        assert stage.status(id) == "CANCELLED"
        stage.check()

    play(program, [Fault(faults.LOSE_REQUEST, PLACE, after=1)])


def test_a_new_leg_does_not_leave_once_the_order_is_to_be_cancelled() -> None:
    """Everything is stopped while the leg before it is being ended: no opening goes out behind that."""

    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.ledger.replace(id, ONE, 91 * DOLLAR)
        stage.ledger.cancel(id)
        await stage.wait(5)
        assert len(stage.calls(PLACE)) == 1 and len(stage.account.orders) == 1
        assert stage.status(id) == "CANCELLED"
        assert [one.code for one in stage.ledger.reports(id, REPLACE_REJECTED)] == ["NOT_SENT"]
        stage.check()

    play(program)


def test_the_next_process_finds_the_newest_leg() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy(2 * ONE)
        await stage.wait(1)
        stage.trade("90.00", "0.5", -1)
        stage.ledger.replace(id, 3 * ONE, 91 * DOLLAR)
        await stage.wait(1)
        state = stage.ledger.states[id]
        state.venue_id, state.order.quantity, state.order.limit_units = "", 2 * ONE, 90 * DOLLAR
        await stage.restart()
        await stage.wait(2)
        assert (state.venue_id, state.order.quantity, state.order.limit_units) == ("2_1", 3 * ONE, 91 * DOLLAR)
        stage.ledger.cancel(id)
        await stage.wait(1)
        assert not state.is_open()
        stage.check()

    play(program)


def test_a_late_fill_of_an_earlier_leg_does_not_take_the_newest_ones_name() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        await stage.wait(1)
        stage.ledger.replace(id, ONE, 91 * DOLLAR)
        await stage.wait(1)
        await stage.restart()
        await stage.wait(1)
        assert stage.site.inject(LATE_FILL, stage.clock())
        stage.settle()
        await stage.wait(1)
        assert (stage.ledger.filled(id), stage.ledger.states[id].venue_id) == (ONE, "2_1")

    play(program)


def test_a_cancel_behind_a_submit_waits_for_its_answer() -> None:
    async def program(stage: Stage) -> None:
        id = stage.buy()
        stage.ledger.cancel(id)
        await stage.wait(20)
        assert stage.status(id) == "CANCELLED"
        sent, ended = stage.calls(PLACE)[0], stage.calls(END)[0]
        assert ended[0] - sent[0] >= 3_000_000_000
        assert not stage.ledger.reports(id, CANCEL_REJECTED)
        stage.check()

    play(program, [Fault(faults.DELAY_ANSWER, PLACE, seconds=3)])


def test_stops_trigger_and_a_triggered_stop_limit_is_changed_as_a_limit() -> None:
    async def program(stage: Stage) -> None:
        stop = stage.order(SELL, STOP, ONE // 2, stop_units=95 * DOLLAR)
        limit = stage.order(SELL, STOP_LIMIT, ONE // 2, limit_units=110 * DOLLAR, stop_units=96 * DOLLAR)
        trail = stage.order(SELL, TRAILING_STOP, ONE // 2, trail_ppm=30_000)
        stage.ledger.submit(stop, limit, trail)
        await stage.wait(1)
        assert [stage.status(order.id) for order in (stop, limit, trail)] == ["ACCEPTED"] * 3
        stage.ledger.replace(stop.id, ONE // 2, 0, 94 * DOLLAR)
        await stage.wait(1)
        assert stage.ledger.states[stop.id].order.stop_units == 94 * DOLLAR
        stage.trade("93.50", "0.1", -1)
        await stage.wait(1)
        assert (stage.status(stop.id), stage.status(trail.id)) == ("FILLED", "FILLED")
        assert 18 in stage.ledger.kinds(stop.id) and 18 in stage.ledger.kinds(limit.id)
        stage.ledger.replace(limit.id, ONE // 2, 108 * DOLLAR, 96 * DOLLAR)
        await stage.wait(1)
        order = stage.ledger.states[limit.id].order
        assert (order.limit_units, order.stop_units) == (108 * DOLLAR, 96 * DOLLAR)
        assert [one.terms.type for one in stage.account.open.values()] == ["LIMIT"]
        stage.check()

    play(program)


def test_what_would_not_be_exact_is_refused_here() -> None:
    async def program(stage: Stage) -> None:
        trail = stage.order(SELL, TRAILING_STOP, ONE, trail_units=500)
        stage.ledger.submit(trail)
        kept = stage.order(SELL, TRAILING_STOP, ONE, trail_ppm=30_000)
        stage.ledger.submit(kept)
        await stage.wait(1)
        (refused,) = stage.ledger.reports(trail.id, REJECTED)
        assert refused.code == "UNSUPPORTED" and "hundredths" in refused.text
        stage.ledger.replace(kept.id, 2 * ONE, 0)
        await stage.wait(1)
        (refused,) = stage.ledger.reports(kept.id, REPLACE_REJECTED)
        assert "forgets how far it has come" in refused.text
        assert len(stage.calls(PLACE)) == 1

    play(program)


# Pairs


def exits(stage: Stage, side: int = SELL, **more: object) -> list[str]:
    limit = stage.order(side, LIMIT, ONE, (110 if side == SELL else 90) * DOLLAR, group="g", role="take_profit", **more)
    stop = stage.order(
        side, STOP, ONE, stop_units=(95 if side == SELL else 105) * DOLLAR, group="g", role="stop_loss", **more
    )
    stage.ledger.submit(limit, stop)
    return [limit.id, stop.id]


def test_a_pair_of_exits_goes_as_a_list_and_what_triggers_ends_the_other() -> None:
    async def program(stage: Stage) -> None:
        limit, stop = exits(stage)
        await stage.wait(1)
        assert [stage.status(id) for id in (limit, stop)] == ["ACCEPTED", "ACCEPTED"]
        assert len(stage.account.open_lists()) == 1
        stage.trade("94.00", "0.1", -1)
        await stage.wait(1)
        assert (stage.status(stop), stage.status(limit)) == ("FILLED", "EXPIRED")
        other, last = exits(stage, BUY)
        await stage.wait(1)
        stage.ledger.cancel(last)
        await stage.wait(1)
        assert (stage.status(other), stage.status(last)) == ("CANCELLED", "CANCELLED")
        stage.check()

    play(program, native=True)


def test_a_pair_nobody_answered_is_found() -> None:
    async def program(stage: Stage) -> None:
        ids = exits(stage)
        await stage.wait(10)
        assert [stage.status(id) for id in ids] == ["ACCEPTED", "ACCEPTED"]
        stage.check()

    play(program, [Fault(faults.LOSE_ANSWER, "POST /api/v3/orderList")], native=True)


def test_exits_that_wait_for_fills_are_refused_with_what_they_wait_for() -> None:
    async def program(stage: Stage) -> None:
        parent = stage.order()
        child = stage.order(SELL, STOP, ONE, stop_units=80 * DOLLAR, parent=parent.id, role="stop_loss")
        stage.ledger.submit(parent, child)
        await stage.wait(1)
        assert [stage.status(order.id) for order in (parent, child)] == ["REJECTED", "REJECTED"]
        assert "native_exits=False" in stage.ledger.reports(parent.id, REJECTED)[0].text
        taken = stage.take(BUY)
        await stage.wait(1)
        ids = exits(stage, parent=taken)
        alone = stage.order(SELL, LIMIT, ONE, 120 * DOLLAR, group="h")
        late = stage.order(SELL, LIMIT, ONE, 121 * DOLLAR, group="h")
        stage.ledger.submit(alone)
        await stage.wait(1)
        stage.ledger.submit(late)
        await stage.wait(1)
        assert [stage.status(id) for id in (*ids, alone.id, late.id)] == ["ACCEPTED"] * 3 + ["REJECTED"]
        stage.check()

    play(program, native=True)
