"""A stop that was reached and does not fill: when its end is asked for, when it goes at the market, and look-ups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.command import Cancel, Query, Submit
from tradewright.model.control import Timer
from tradewright.model.order import LIMIT, MARKET, STOP_LIMIT, STOP_LOSS

SECOND = 10**9


def desk_of(seconds: int | None = 30, side: int = BUY, native: bool = True, **exits: Any) -> tuple[Desk, str]:
    """Ten bought (or sold) at 100.00 with a stop at 95.00 (105.00) at the venue, and the id of the stop."""
    limits: Any = {} if seconds is None else {"stopFillSeconds": seconds}
    desk = Desk(account_of(leverage=10, native_exits=native), limits=limits)
    desk.quote(10_000)
    stop = 9_500 if side == BUY else 10_500
    (decision,) = desk.want(side, 10, **({"stop_loss": stop} | exits))
    entry = decision.orders[0].id
    desk.fill(entry, 10, 10_000)
    if native:
        desk.accept(decision.orders[1].id)
    desk.taken()
    return desk, decision.orders[1].id


def wait(desk: Desk, seconds: float) -> None:
    """Nothing happens but time."""
    desk.now += int(seconds * SECOND)
    desk.feed(Timer(desk.tick(), "second"))


def told(desk: Desk) -> list[tuple[str, str]]:
    """What the venue was told: (kind, order)."""
    names: dict[type, str] = {Submit: "submit", Cancel: "cancel", Query: "query"}
    return [(names[type(command)], command.order_id) for command in desk.taken()]


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("sign", ["triggered", "price"])
def test_a_stop_that_was_reached_and_does_not_fill_goes_at_the_market_in_its_time(side: int, sign: str) -> None:
    desk, stop = desk_of(30, side)
    if sign == "price":
        desk.quote(9_500 if side == BUY else 10_500)
    else:
        desk.say(kinds.TRIGGERED, stop)
    wait(desk, 29.9)
    assert told(desk) == []
    wait(desk, 0.2)
    assert told(desk) == [("cancel", stop)]
    assert desk.state(stop).cancel == 1
    desk.say(kinds.CANCELLED, stop)
    ((kind, order_id),) = told(desk)
    order = desk.state(order_id).order
    assert (kind, order.type, order.side, order.quantity, order.role) == ("submit", MARKET, -side, 10, STOP_LOSS)
    assert order.reduce_only
    desk.fill(order_id, 10, 9_400 if side == BUY else 10_600)
    assert desk.net() == 0
    assert desk.engine.stops == {}
    assert_idle(desk.engine)


@pytest.mark.parametrize("native", [True, False])
def test_a_stop_with_a_target_that_its_venue_refuses_goes_at_the_market(native: bool) -> None:
    desk, stop = desk_of(5, native=native, take_profit=10_500)
    desk.quote(9_400)
    desk.taken()
    desk.say(kinds.REJECTED, stop)
    wait(desk, 6)
    sent = [order_id for kind, order_id in told(desk) if kind == "submit"]
    assert [(desk.state(id).order.type, desk.state(id).order.quantity) for id in sent] == [(MARKET, 10)]
    desk.fill(sent[0], 10, 9_400)
    assert desk.net() == 0


def test_without_the_limit_nothing_is_watched() -> None:
    desk, stop = desk_of(None)
    desk.say(kinds.TRIGGERED, stop)
    wait(desk, 10_000)
    assert told(desk) == []
    assert desk.engine.stops == {}


def test_a_market_that_comes_back_before_the_stop_triggered_stops_the_clock() -> None:
    desk, stop = desk_of()
    desk.quote(9_400)
    wait(desk, 20)
    desk.quote(9_501)
    wait(desk, 40)
    assert told(desk) == []
    desk.quote(9_500)
    desk.say(kinds.TRIGGERED, stop)
    desk.quote(9_900)
    wait(desk, 30)
    assert told(desk) == [("cancel", stop)], "what was triggered stays so"


def test_a_stop_that_fills_in_its_time_is_left_alone() -> None:
    desk, stop = desk_of()
    desk.say(kinds.TRIGGERED, stop)
    wait(desk, 20)
    desk.fill(stop, 10, 9_490)
    wait(desk, 60)
    assert told(desk) == []
    assert desk.engine.stops == {}
    assert_idle(desk.engine)


def test_only_what_did_not_fill_goes_at_the_market() -> None:
    desk, stop = desk_of()
    desk.say(kinds.TRIGGERED, stop)
    desk.fill(stop, 4, 9_490)
    wait(desk, 31)
    assert told(desk) == [("cancel", stop)]
    desk.fill(stop, 3, 9_480)
    assert told(desk) == [], "a fill on its way is no end"
    desk.say(kinds.CANCELLED, stop)
    ((_, order_id),) = told(desk)
    assert desk.state(order_id).order.quantity == 3


def test_a_cancel_that_comes_too_late_closes_nothing_twice() -> None:
    desk, stop = desk_of()
    desk.say(kinds.TRIGGERED, stop)
    wait(desk, 31)
    assert told(desk) == [("cancel", stop)]
    desk.say(kinds.CANCEL_REJECTED, stop, "ALREADY_FILLED")
    desk.fill(stop, 10, 9_490)
    wait(desk, 100)
    assert told(desk) == []
    assert desk.net() == 0


def test_a_cancel_that_is_refused_is_asked_for_again_and_one_without_an_answer_is_looked_up() -> None:
    desk, stop = desk_of()
    desk.say(kinds.TRIGGERED, stop)
    wait(desk, 31)
    desk.say(kinds.CANCEL_REJECTED, stop, "BUSY")
    assert told(desk) == [("cancel", stop)]
    wait(desk, 31)
    assert told(desk) == [("cancel", stop)]
    wait(desk, 31)
    wait(desk, 5)
    assert told(desk) == [("query", stop)]
    desk.say(kinds.CANCELLED, stop)
    assert [kind for kind, _ in told(desk)] == ["submit"]


@pytest.mark.parametrize("end", [kinds.REJECTED, kinds.EXPIRED])
def test_a_stop_its_venue_ends_although_it_was_reached_goes_at_the_market_at_once(end: int) -> None:
    desk, stop = desk_of()
    desk.say(end, stop, "VENUE")
    assert told(desk) == [], "it was not reached"
    desk, stop = desk_of()
    desk.quote(9_400)
    desk.say(end, stop, "VENUE")
    assert [kind for kind, _ in told(desk)] == ["submit"]


def test_a_stop_its_strategy_ends_is_left_ended() -> None:
    desk, stop = desk_of()
    desk.quote(9_400)
    desk.cancel(stop)
    desk.say(kinds.CANCELLED, stop)
    wait(desk, 100)
    assert told(desk) == [("cancel", stop)]
    assert desk.engine.stops == {}


def test_a_held_stop_that_went_at_the_market_is_looked_up_when_it_does_not_fill() -> None:
    desk, stop = desk_of(native=False)
    desk.quote(9_400)
    assert told(desk) == [("submit", stop)]
    wait(desk, 31)
    wait(desk, 31)
    assert told(desk) == [("query", stop), ("query", stop)]
    desk.fill(stop, 10, 9_400)
    wait(desk, 31)
    assert told(desk) == []


@pytest.mark.parametrize("end", [kinds.REJECTED, kinds.EXPIRED, kinds.CANCELLED])
@pytest.mark.parametrize("filled", [0, 3])
def test_what_its_venue_leaves_of_a_stop_at_the_market_goes_again_each_time_its_time_is_over(
    end: int, filled: int
) -> None:
    desk, stop = desk_of(native=False)
    desk.quote(9_400)
    assert told(desk) == [("submit", stop)]
    left = 10
    for _ in range(2):
        if filled:
            desk.fill(stop, filled, 9_400)
        desk.say(end, stop)
        left -= filled
        wait(desk, 29)
        assert told(desk) == []
        wait(desk, 1.1)
        ((kind, stop),) = told(desk)
        order = desk.state(stop).order
        assert (kind, order.type, order.quantity, order.role) == ("submit", MARKET, left, STOP_LOSS)
    desk.fill(stop, left, 9_300)
    wait(desk, 100)
    assert (told(desk), desk.net(), desk.engine.stops) == ([], 0, {})
    assert_idle(desk.engine)


def test_a_stop_at_the_market_that_its_strategy_ends_is_left_ended() -> None:
    desk, stop = desk_of(native=False)
    desk.quote(9_400)
    desk.fill(stop, 3, 9_400)
    desk.cancel(stop)
    desk.taken()
    desk.say(kinds.CANCELLED, stop)
    wait(desk, 100)
    assert (told(desk), desk.net(), desk.engine.stops) == ([], 7, {})


def test_the_target_of_a_stop_that_goes_at_the_market_ends() -> None:
    desk, stop = desk_of(take_profit=11_000)
    target = next(id for id in desk.engine.orders if desk.state(id).order.type == LIMIT)
    desk.accept(target)
    desk.say(kinds.TRIGGERED, stop)
    wait(desk, 31)
    desk.say(kinds.CANCELLED, stop)
    said = told(desk)
    assert said[:2] == [("cancel", stop), ("cancel", target)]
    assert said[2][0] == "submit"
    assert desk.state(said[2][1]).order.quantity == 10


def test_a_stop_that_waits_for_its_opening_is_not_reached() -> None:
    desk = Desk(account_of(leverage=10), limits={"stopFillSeconds": 30})
    desk.quote(10_000)
    desk.want(BUY, 10, limit_units=9_000, stop_loss=8_900)
    desk.quote(8_800)
    wait(desk, 100)
    assert [kind for kind, _ in told(desk)] == ["submit", "submit"]


def test_a_stop_limit_that_the_market_jumped_over_is_helped() -> None:
    desk = Desk(account_of(leverage=10), limits={"stopFillSeconds": 5})
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    terms = {"closing": True, "role": STOP_LOSS, "stop_units": 9_500, "limit_units": 9_490, "type": STOP_LIMIT}
    (decision,) = desk.want(SELL, 10, **terms)
    order_id = decision.orders[0].id
    desk.accept(order_id)
    desk.taken()
    desk.quote(9_300)
    wait(desk, 6)
    desk.say(kinds.CANCELLED, order_id)
    assert [kind for kind, _ in told(desk)] == ["cancel", "submit"]


def test_what_is_watched_is_state() -> None:
    desk, stop = desk_of()
    desk.say(kinds.TRIGGERED, stop)
    wait(desk, 31)
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()
    assert engine.stops[stop].row() == desk.engine.stops[stop].row() == (desk.now, True, True)
