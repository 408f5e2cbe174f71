"""Exits that end though nobody here asked for it: a person hears of it, and what they guarded is guarded again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tests.unit.core.test_reconcile import connected
from tradewright.core.engine import Engine
from tradewright.core.inquiries import NEVER_NS
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.account import HEDGING, NETTING
from tradewright.model.account_snapshot import PositionSplit
from tradewright.model.command import Cancel, Query, Submit
from tradewright.model.control import RulesChanged, Timer
from tradewright.model.instrument import OrderRules
from tradewright.model.market import Bar
from tradewright.model.order import LIMIT, MARKET, STOP, STOP_LOSS, TAKE_PROFIT
from tradewright.model.report import FOUND

PRICE = 10_000
SECOND = 10**9
REFUSED = pytest.mark.parametrize("end", [kinds.REJECTED, kinds.EXPIRED])


def opened(native: bool = True, side: int = BUY, **exits: Any) -> tuple[Desk, list[str]]:
    """Ten at 100.00 with exits that work where they belong, and their ids; no limit watches them."""
    desk = Desk(account_of(leverage=10, native_exits=native, reduce_only=False))
    desk.quote(PRICE)
    (decision,) = desk.want(side, 10, **exits)
    entry, *ids = [order.id for order in decision.orders]
    desk.accept(entry)
    desk.fill(entry, 10, PRICE)
    for id in ids if native else ():
        desk.accept(id)
    desk.taken()
    return desk, ids


def wait(desk: Desk, seconds: float) -> None:
    """Nothing happens but time."""
    desk.now += int(seconds * SECOND)
    desk.feed(Timer(desk.tick(), "second"))


def sent(desk: Desk) -> list[tuple[str, str]]:
    """What the venue was told: (kind, order)."""
    names: dict[type, str] = {Submit: "submit", Cancel: "cancel", Query: "query"}
    return [(names[type(command)], command.order_id) for command in desk.taken()]


def terms(desk: Desk, id: str) -> tuple[Any, ...]:
    order = desk.state(id).order
    return (order.role, order.type, order.side, order.quantity, order.stop_units, order.limit_units)


def renewed(desk: Desk) -> str:
    """The one order that was sent since the last look."""
    ((kind, id),) = sent(desk)
    assert kind == "submit"
    return id


@REFUSED
def test_a_stop_that_its_venue_refuses_or_lets_lapse_is_placed_again_and_told(end: int) -> None:
    desk, (stop,) = opened(stop_loss=9_000)
    desk.say(end, stop, "NO")
    assert desk.alarms() == ["EXIT_LOST"]
    assert desk.engine.next_exit() == desk.engine.now + SECOND
    wait(desk, 0.9)
    assert sent(desk) == []
    wait(desk, 0.1)
    again = renewed(desk)
    assert terms(desk, again) == (STOP_LOSS, STOP, SELL, 10, 9_000, 0)
    assert desk.engine.next_exit() == NEVER_NS
    desk.accept(again)
    desk.fill(again, 10, 9_000)
    assert (desk.net(), desk.engine.owed, desk.engine.renewed) == (0, {}, {})
    assert_idle(desk.engine)


def test_a_venue_that_refuses_for_good_is_asked_at_a_growing_pace() -> None:
    desk, (stop,) = opened(stop_loss=9_000)
    waits = []
    for _ in range(9):
        desk.say(kinds.REJECTED, stop, "NO")
        waits.append((desk.engine.next_exit() - desk.engine.now) // SECOND)
        wait(desk, waits[-1])
        stop = renewed(desk)
    assert waits == [1, 5, 10, 20, 40, 60, 60, 60, 60]
    assert desk.alarms() == ["EXIT_LOST"] * 9
    desk.accept(stop)
    wait(desk, 61)
    desk.say(kinds.REJECTED, stop, "NO")
    assert (desk.engine.next_exit() - desk.engine.now) // SECOND == 1


def test_who_makes_room_for_an_order_by_hand_at_the_venue_has_half_a_minute() -> None:
    desk, (stop,) = opened(stop_loss=9_000)
    desk.say(kinds.CANCELLED, stop)
    assert desk.alarms() == ["EXIT_LOST"]
    wait(desk, 29.9)
    assert sent(desk) == []
    wait(desk, 0.2)
    assert terms(desk, renewed(desk)) == (STOP_LOSS, STOP, SELL, 10, 9_000, 0)


def test_what_is_closed_meanwhile_needs_no_stop() -> None:
    desk, (stop,) = opened(stop_loss=9_000)
    desk.say(kinds.CANCELLED, stop)
    (decision,) = desk.close(SELL)
    desk.fill(decision.orders[0].id, 10, PRICE)
    desk.taken()
    wait(desk, 60)
    assert (sent(desk), desk.engine.owed) == ([], {})


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_lost_stop_that_the_market_has_passed_is_closed_at_the_market(side: int) -> None:
    stop_price, beyond = (9_000, 8_990) if side == BUY else (11_000, 11_010)
    desk, (stop,) = opened(side=side, stop_loss=stop_price)
    desk.quote(beyond)
    desk.say(kinds.REJECTED, stop, "WOULD_TRIGGER")
    wait(desk, 1)
    order_id = renewed(desk)
    assert terms(desk, order_id) == (STOP_LOSS, MARKET, -side, 10, 0, 0)
    desk.say(kinds.REJECTED, order_id, "HALTED")
    assert desk.alarms() == ["EXIT_LOST", "EXIT_LOST"]
    assert desk.engine.now < desk.engine.next_exit() <= desk.engine.now + 5 * SECOND
    wait(desk, 5)
    last = renewed(desk)
    assert terms(desk, last) == (STOP_LOSS, MARKET, -side, 10, 0, 0)
    desk.fill(last, 10, beyond)
    assert (desk.net(), desk.engine.owed, desk.engine.stops) == (0, {}, {})
    assert_idle(desk.engine)


def test_an_exit_whose_pair_may_have_filled_waits_until_that_is_known() -> None:
    desk, (stop, target) = opened(stop_loss=9_000, take_profit=11_000)
    desk.say(kinds.EXPIRED, stop)
    assert desk.alarms() == []
    wait(desk, 1)
    assert sent(desk) == [("query", target)]
    desk.fill(target, 10, 11_000)
    assert desk.net() == 0
    wait(desk, 60)
    assert (sent(desk), desk.alarms(), desk.engine.owed) == ([], [], {})


def test_an_exit_whose_pair_works_on_is_placed_again_beside_it() -> None:
    desk, (stop, target) = opened(stop_loss=9_000, take_profit=11_000)
    desk.say(kinds.EXPIRED, stop)
    wait(desk, 1)
    wait(desk, 5)
    assert sent(desk) == [("query", target), ("query", target)], "no answer yet"
    desk.say(kinds.ACCEPTED, target, FOUND)
    assert desk.alarms() == ["EXIT_LOST"]
    again = renewed(desk)
    assert terms(desk, again) == (STOP_LOSS, STOP, SELL, 10, 9_000, 0)
    assert desk.state(again).order.group == desk.state(target).order.group
    desk.accept(again)
    desk.fill(target, 10, 11_000)
    assert sent(desk) == [("cancel", again)]


@REFUSED
def test_both_of_a_pair_come_back_as_a_pair(end: int) -> None:
    desk, (stop, target) = opened(stop_loss=9_000, take_profit=11_000)
    desk.say(end, stop)
    desk.say(end, target)
    wait(desk, 1)
    wait(desk, 0.1)
    ids = [id for kind, id in sent(desk) if kind == "submit"]
    assert [terms(desk, id)[:2] for id in ids] == [(STOP_LOSS, STOP), (TAKE_PROFIT, LIMIT)]
    assert len({desk.state(id).order.group for id in ids}) == 1


def test_a_pair_that_is_owed_in_two_parts_comes_back_as_two_pairs() -> None:
    """Four orders in one group no venue can link, and the fill of one of them would end the stop of all the others."""
    desk, (stop, target) = opened(stop_loss=9_000, take_profit=11_000)
    (decision,) = desk.close(SELL, 4, limit_units=10_500)
    part = decision.orders[0].id
    desk.say(kinds.CANCELLED, target)
    desk.say(kinds.CANCELLED, stop)
    (again,) = [id for kind, id in sent(desk) if kind == "submit" and id != part]
    assert terms(desk, again) == (STOP_LOSS, STOP, SELL, 6, 9_000, 0)
    desk.say(kinds.REJECTED, again, "HELD_FOR_ORDERS")
    (decision,) = desk.close(SELL)
    desk.say(kinds.CANCELLED, part)
    desk.taken()
    desk.say(kinds.REJECTED, decision.orders[0].id)
    wait(desk, 10)
    orders = [desk.state(id).order for kind, id in sent(desk) if kind == "submit"]
    pairs: dict[str, list[tuple[str, int]]] = {}
    for order in orders:
        pairs.setdefault(order.group, []).append((order.role, order.quantity))
    assert sorted(map(sorted, pairs.values())) == [
        [(STOP_LOSS, 4), (TAKE_PROFIT, 4)], [(STOP_LOSS, 6), (TAKE_PROFIT, 6)],
    ]  # fmt: skip


def test_a_target_held_here_that_is_refused_leaves_its_stop_in_place() -> None:
    desk, (stop, target) = opened(False, stop_loss=9_000, take_profit=11_000)
    desk.quote(11_000)
    assert sent(desk) == [("submit", target)]
    desk.say(kinds.REJECTED, target, "NO")
    assert desk.alarms() == ["EXIT_LOST"]
    wait(desk, 1)
    assert [terms(desk, id)[0] for id in desk.engine.exits] == [STOP_LOSS, TAKE_PROFIT]
    desk.quote(8_990)
    assert sent(desk)[-1] == ("submit", stop)
    assert terms(desk, stop)[:4] == (STOP_LOSS, MARKET, SELL, 10)
    desk.fill(stop, 10, 8_990)
    assert (desk.net(), desk.engine.owed, desk.engine.renewed) == (0, {}, {})
    assert_idle(desk.engine)


def test_a_target_held_here_that_fills_in_part_comes_back_for_the_rest() -> None:
    desk, (stop, target) = opened(False, stop_loss=9_000, take_profit=11_000)
    desk.quote(11_000)
    desk.fill(target, 4, 11_000)
    desk.taken()
    desk.say(kinds.CANCELLED, target, "NO_LIQUIDITY")
    wait(desk, 30)
    assert next(iter(desk.engine.exits)) == stop
    assert terms(desk, list(desk.engine.exits)[1]) == (TAKE_PROFIT, LIMIT, SELL, 6, 0, 11_000)
    desk.quote(8_990)
    assert terms(desk, stop)[:4] == (STOP_LOSS, MARKET, SELL, 6)


def test_a_stop_held_here_that_is_refused_goes_again_and_its_target_stays_away() -> None:
    desk, (stop, target) = opened(False, stop_loss=9_000, take_profit=11_000)
    desk.quote(8_990)
    assert sent(desk) == [("cancel", target), ("submit", stop)]
    desk.say(kinds.REJECTED, stop, "NO")
    assert desk.alarms() == ["EXIT_LOST"]
    wait(desk, 4.9)
    assert (sent(desk), desk.engine.exits) == ([], {})
    wait(desk, 0.2)
    out = renewed(desk)
    assert terms(desk, out)[:4] == (STOP_LOSS, MARKET, SELL, 10)
    desk.fill(out, 10, 8_990)
    assert (desk.net(), desk.engine.owed, desk.engine.stops) == (0, {}, {})


def test_an_exit_that_was_decided_and_not_sent_when_the_process_ended_is_sent_by_the_next() -> None:
    desk, (stop,) = opened(stop_loss=9_000)
    desk.say(kinds.REJECTED, stop)
    torn = Engine()
    desk.now += SECOND
    desk.engine.apply(Timer(desk.tick(), "second"))
    restore(torn, to_bytes(desk.engine))
    decision, *_ = desk.engine.tend(Timer(desk.now, "second"))
    torn.apply(decision)
    desk.engine = torn
    desk.engine.run = 2
    desk.took(None, desk.engine.look_up())
    desk.taken()
    wait(desk, 0.1)
    assert terms(desk, renewed(desk)) == (STOP_LOSS, STOP, SELL, 10, 9_000, 0)


def test_what_is_owed_and_how_often_it_was_tried_survives_a_snapshot() -> None:
    desk, (stop,) = opened(stop_loss=9_000)
    for seconds in (1, 5):
        desk.say(kinds.REJECTED, stop)
        wait(desk, seconds)
        stop = renewed(desk)
    desk.say(kinds.REJECTED, stop)
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert to_bytes(other) == to_bytes(desk.engine)
    desk.engine = other
    wait(desk, 9.9)
    assert sent(desk) == []
    wait(desk, 0.1)
    assert to_bytes(desk.engine) != b"" and desk.engine.renewed == {renewed(desk): 3}


def test_an_exit_that_was_cancelled_here_is_not_lost() -> None:
    desk, (stop,) = opened(stop_loss=9_000)
    desk.took(None, desk.engine.cancel(stop, "BY_HAND"))
    desk.say(kinds.CANCELLED, stop)
    wait(desk, 120)
    assert (desk.alarms(), desk.engine.owed) == ([], {})


def test_after_a_split_nothing_comes_back_at_the_prices_of_before() -> None:
    desk = connected(leverage=10)
    (decision,) = desk.want(BUY, 10, stop_loss=9_000)
    entry, stop = [order.id for order in decision.orders]
    desk.fill(entry, 10, PRICE)
    desk.accept(stop)
    desk.say(kinds.CANCELLED, stop)
    desk.feed(PositionSplit(desk.tick(), "main", "ACME", 10, 40))
    desk.quote(2_500)
    desk.taken()
    wait(desk, 120)
    assert ([one for one in sent(desk) if one[0] == "submit"], desk.engine.owed, desk.net()) == ([], {}, 40)


def test_what_a_refused_market_exit_left_is_closed_also_after_a_day_without_events() -> None:
    desk, (stop,) = opened(False, stop_loss=9_000)
    desk.quote(8_990)
    desk.say(kinds.REJECTED, stop, "NO")
    desk.taken()
    wait(desk, 3 * 86_400)
    out = renewed(desk)
    assert terms(desk, out)[:4] == (STOP_LOSS, MARKET, SELL, 10)
    desk.fill(out, 10, 8_990)
    wait(desk, 3 * 86_400)
    assert (desk.net(), desk.engine.stops, list(desk.engine.orders)) == (0, {}, [])


@pytest.mark.parametrize("before", [0, 3])
def test_a_stop_that_is_refused_before_its_opening_has_filled_guards_all_of_it_in_the_end(before: int) -> None:
    desk = Desk(account_of(leverage=10, reduce_only=False))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_000)
    entry, stop = [order.id for order in decision.orders]
    desk.accept(entry)
    if before:
        desk.fill(entry, before, PRICE)
    desk.say(kinds.REJECTED, stop, "NO")
    assert desk.alarms() == ["EXIT_LOST"]
    wait(desk, 2)
    desk.fill(entry, 10 - before, PRICE)
    wait(desk, 2)
    (again,) = [hold.order for hold in desk.engine.holds.holds.values() if hold.order.role == STOP_LOSS]
    assert (again.quantity, again.stop_units, desk.engine.owed) == (10, 9_000, {})
    desk.fill(again.id, 10, 9_000)
    assert_idle(desk.engine)


def test_an_exit_that_ended_while_its_opening_was_not_found_guards_it_when_that_comes_back() -> None:
    desk = Desk(account_of(leverage=10, native_exits=True, reduce_only=False))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    entry, stop = (order.id for order in decision.orders)
    desk.accept(stop)
    desk.say(kinds.NOT_FOUND, entry)
    desk.say(kinds.CANCELLED, stop)
    desk.taken()
    desk.fill(entry, 10, PRICE)
    wait(desk, 60)
    again = renewed(desk)
    assert terms(desk, again) == (STOP_LOSS, STOP, SELL, 10, 9_500, 0)
    desk.accept(again)
    assert desk.engine.owed == {}


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("market", [PRICE, 9_400])
def test_what_an_opening_fills_beyond_its_size_when_it_was_closed_is_guarded_as_it_was(
    native: bool, market: int
) -> None:
    desk, (stop,) = opened(native, stop_loss=9_500)
    (closing,) = desk.close(SELL)
    if native:
        desk.say(kinds.CANCELLED, stop)
    desk.fill(closing.orders[0].id, 10, PRICE)
    other = 7 if native else 0
    if other:
        desk.filled(BUY, other, PRICE)
    desk.quote(market)
    desk.taken()
    desk.fill(desk.state(stop).order.parent, 3, PRICE)
    if not native:
        (held,) = desk.engine.exits
        assert terms(desk, held) == (STOP_LOSS, STOP, SELL, 3, 9_500, 0)
        desk.quote(min(market, 9_500))
    again = renewed(desk)
    type, price = (STOP, 9_500) if native and market > 9_500 else (MARKET, 0)
    assert terms(desk, again) == (STOP_LOSS, type, SELL, 3, price, 0)
    desk.fill(again, 3, 9_500)
    assert (desk.net(), desk.engine.owed) == (other, {})


def test_what_is_filled_beyond_the_size_of_an_opening_whose_stop_was_not_wanted_any_more_has_none() -> None:
    desk, (stop,) = opened(stop_loss=9_500)
    desk.cancel(stop)
    desk.say(kinds.CANCELLED, stop)
    fresh = Engine()
    restore(fresh, to_bytes(desk.engine))
    assert (fresh.unwanted, fresh.state_hash()) == ({stop}, desk.engine.state_hash())
    desk.fill(desk.state(stop).order.parent, 3, PRICE)
    assert (desk.submitted(), desk.engine.owed, desk.net()) == ([], {}, 13)
    desk.fill(desk.sell(13, closing=True), 13, PRICE)
    wait(desk, 25 * 3600)
    desk.filled(BUY, 1, PRICE)
    assert desk.engine.unwanted == set()


@pytest.mark.parametrize("exits", [{}, {"take_profit": 12_000}])
def test_what_an_opening_fills_on_its_way_out_behind_its_stop_is_closed_too(exits: dict[str, int]) -> None:
    desk = Desk(account_of(leverage=10, native_exits=False, reduce_only=False))
    desk.quote(PRICE)
    entry = desk.buy(10, limit_units=PRICE, stop_loss=9_500, **exits)
    desk.accept(entry)
    desk.fill(entry, 5, PRICE)
    desk.taken()
    desk.quote(9_400)
    (out,) = desk.submitted()
    desk.fill(out, 5, 9_400)
    desk.fill(entry, 3, PRICE)
    desk.say(kinds.CANCELLED, entry)
    desk.quote(9_300)
    (again,) = desk.submitted()
    assert terms(desk, again) == (STOP_LOSS, MARKET, SELL, 3, 0, 0)
    desk.fill(again, 3, 9_300)
    assert (desk.net(), desk.engine.owed, desk.engine.exits) == (0, {}, {})


def test_a_refused_stop_of_a_lot_goes_at_the_market_for_what_a_close_of_a_part_leaves() -> None:
    desk = Desk(account_of(leverage=10, native_exits=True, mode=HEDGING))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    entry, stop = (order.id for order in decision.orders)
    desk.fill(entry, 10, PRICE)
    desk.accept(stop)
    (closing,) = desk.close(SELL, 4, lot=entry, limit_units=10_500)
    desk.accept(closing.orders[0].id)
    desk.taken()
    desk.say(kinds.CANCELLED, stop)
    (again,) = [id for id in desk.submitted() if desk.state(id).order.role == STOP_LOSS]
    desk.say(kinds.REJECTED, again)
    desk.taken()
    desk.quote(9_400)
    (out,) = desk.submitted()
    assert terms(desk, out) == (STOP_LOSS, MARKET, SELL, 6, 0, 0)


@pytest.mark.parametrize(("mode", "size"), [(HEDGING, 10), (NETTING, 0)])
def test_steps_that_grew_since_do_not_keep_the_stop_of_a_position_away(mode: int, size: int) -> None:
    desk = Desk(account_of(leverage=10, native_exits=True, mode=mode, reduce_only=False))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    entry, stop = (order.id for order in decision.orders)
    desk.fill(entry, 10, PRICE)
    desk.accept(stop)
    desk.feed(RulesChanged(desk.tick(), 0, list(OrderRules(step=100).row())))
    desk.say(kinds.REJECTED, stop)
    desk.taken()
    wait(desk, 2)
    assert [desk.state(id).order.quantity for id in desk.submitted()] == ([size] if size else [])


def test_a_stop_that_belongs_to_a_position_comes_back_for_all_of_it_also_beside_a_close_of_a_part() -> None:
    desk = Desk(account_of(leverage=10, native_exits=True, mode=HEDGING))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 30, stop_loss=9_500, take_profit=11_000)
    entry, *pair = [order.id for order in decision.orders]
    desk.fill(entry, 30, PRICE)
    for id in pair:
        desk.accept(id)
    desk.taken()
    (closing,) = desk.close(SELL, 20, lot=entry, limit_units=10_500)
    for id in pair:
        desk.say(kinds.CANCELLED, id)
    again = [desk.state(id).order for id in desk.submitted() if id != closing.orders[0].id]
    assert [(order.role, order.quantity) for order in again] == [(STOP_LOSS, 30), (TAKE_PROFIT, 30)]
    desk.say(kinds.CANCELLED, closing.orders[0].id)
    desk.quote(PRICE)
    assert (desk.taken(), desk.engine.owed) == ([], {})


def test_what_comes_back_stands_on_the_ticks_that_its_venue_has_by_then_and_never_earlier() -> None:
    desk, ids = opened(stop_loss=9_455, take_profit=11_045)
    desk.feed(RulesChanged(desk.tick(), 0, list(OrderRules(tick=100).row())))
    for id in ids:
        desk.say(kinds.REJECTED, id)
    desk.taken()
    wait(desk, 2)
    again = [desk.state(id).order for id in desk.submitted()]
    assert [(order.stop_units, order.limit_units) for order in again] == [(9_400, 0), (0, 11_100)]


def test_what_an_opening_that_never_came_back_would_have_needed_is_forgotten() -> None:
    desk = Desk(account_of(leverage=10, native_exits=True, reduce_only=False))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_500)
    entry, stop = (order.id for order in decision.orders)
    desk.accept(stop)
    desk.say(kinds.NOT_FOUND, entry)
    desk.say(kinds.CANCELLED, stop)
    assert list(desk.engine.owed) == [stop]
    for _ in range(4):
        wait(desk, 25 * 3600)
        desk.quote(PRICE)
        desk.filled(BUY, 1, PRICE)
    assert desk.engine.owed == {}
    assert entry not in desk.engine.orders and stop not in desk.engine.orders


def test_a_stop_that_goes_at_the_market_behind_a_target_that_can_not_be_cancelled_is_not_given_up() -> None:
    desk, (stop, target) = opened(stop_loss=9_500, take_profit=11_000)
    desk.quote(9_400)
    desk.say(kinds.REJECTED, stop)
    desk.found(target)
    wait(desk, 5)
    for pace in (5, 10, 20):
        assert (target, "SIBLING_TRIGGERED") in desk.cancelled()
        desk.say(kinds.CANCEL_REJECTED, target, "BUSY")
        wait(desk, pace - 1)
        assert ("cancel", target) not in sent(desk)
        wait(desk, 1)
    desk.say(kinds.CANCELLED, target)
    out = [id for kind, id in sent(desk) if kind == "submit"][-1]
    assert terms(desk, out) == (STOP_LOSS, MARKET, SELL, 10, 0, 0)
    desk.fill(out, 10, 9_400)
    assert (desk.net(), desk.engine.owed) == (0, {})
    assert_idle(desk.engine)


def test_what_a_part_of_a_stop_fills_beyond_its_size_the_rest_of_it_does_not_guard_again() -> None:
    """Lots of another opening, which has no stop, are not its to sell."""
    desk, (stop,) = opened(stop_loss=9_500)
    (closing,) = desk.close(SELL, 4, limit_units=10_500)
    desk.say(kinds.CANCELLED, stop)
    part = next(id for id in desk.submitted() if desk.state(id).order.role == STOP_LOSS)
    assert desk.state(part).order.quantity == 6
    desk.accept(part)
    desk.fill(desk.buy(20), 20, PRICE)
    desk.fill(part, 8, 9_500)
    desk.taken()
    desk.say(kinds.CANCELLED, closing.orders[0].id)
    again = [id for id in desk.submitted() if desk.state(id).order.role == STOP_LOSS]
    assert [desk.state(id).order.quantity for id in again] == [2]
    assert desk.engine.owed == {}


def test_a_stop_held_here_that_comes_back_smaller_comes_back_once() -> None:
    """It is owed for more than there is room for beside an order at the market, and takes no room itself."""
    desk = Desk(account_of(leverage=10, native_exits=False, reduce_only=False))
    desk.quote(PRICE)
    selling = desk.sell(25, limit_units=10_100)
    stops = []
    for size, stop in ((10, 9_900), (30, 9_000)):
        (decision,) = desk.want(BUY, size, stop_loss=stop)
        desk.fill(decision.orders[0].id, size, PRICE)
        stops.append(decision.orders[1].id)
    desk.taken()
    desk.quote(9_900)
    assert desk.submitted() == [stops[0]]
    desk.accept(stops[0])
    (closing,) = desk.close(SELL, limit_units=10_500)
    desk.say(kinds.CANCEL_REJECTED, stops[0], "AT_MARKET")
    assert desk.submitted() == [closing.orders[0].id]
    desk.fill(selling, 25, 10_100)
    desk.say(kinds.CANCELLED, closing.orders[0].id)
    for _ in range(5):
        desk.quote(9_910)
        assert [exit.order.quantity for exit in desk.engine.exits.values()] == [5]
    desk.say(kinds.REJECTED, stops[0])
    desk.quote(9_000)
    assert sum(desk.state(id).order.quantity for id in desk.submitted()) == 15


def test_a_market_order_that_is_refused_for_good_goes_at_a_growing_pace() -> None:
    desk, (stop,) = opened(False, stop_loss=9_000)
    desk.quote(8_990)
    desk.taken()
    waits = []
    for _ in range(7):
        desk.say(kinds.REJECTED, stop, "CLOSED")
        begin = desk.now
        while not (ids := desk.submitted()):
            wait(desk, 0.5)
            assert desk.now - begin < 100 * SECOND
        waits.append(round((desk.now - begin) / SECOND))
        (stop,) = ids
    assert waits == [5, 10, 20, 40, 60, 60, 60]
    desk.fill(stop, 10, 8_990)
    assert (desk.net(), desk.engine.renewed) == (0, {})


def test_a_lost_stop_that_a_person_set_goes_at_the_market_where_the_market_has_passed_it() -> None:
    desk = Desk(account_of(leverage=10, native_exits=False, reduce_only=False))
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    stop = desk.sell(10, type=STOP, closing=True, role=STOP_LOSS, stop_units=9_000)
    desk.accept(stop)
    desk.taken()
    desk.quote(8_900)
    desk.say(kinds.REJECTED, stop, "WOULD_TRIGGER")
    wait(desk, 1)
    assert terms(desk, renewed(desk))[:4] == (STOP_LOSS, MARKET, SELL, 10)


def refused(native: bool = False, **exits: Any) -> tuple[Desk, str]:
    """A stop held here that went at the market and was refused: it waits for its next try."""
    desk, (stop, *_) = opened(native, **({"stop_loss": 9_000} | exits))
    desk.quote(8_990)
    desk.say(kinds.REJECTED, stop, "CLOSED")
    desk.taken()
    desk.alarms()
    return desk, stop


def limit_close(desk: Desk, size: int = 0) -> str:
    """A close of the strategy that rests at a price the market is far from."""
    (decision,) = desk.close(SELL, size, limit_units=12_000)
    assert decision.approved
    desk.accept(decision.orders[0].id)
    desk.taken()
    return decision.orders[0].id


@pytest.mark.parametrize("target", [{}, {"take_profit": 11_000}])
@pytest.mark.parametrize("filled", [0, 4])
def test_a_refused_stop_that_finds_its_lots_held_by_a_close_goes_when_that_is_taken_back(
    filled: int, target: dict[str, int]
) -> None:
    desk, _ = refused(**target)
    close = limit_close(desk)
    wait(desk, 60)
    assert (sent(desk), desk.engine.exits) == ([], {}), "the close holds all there is"
    if filled:
        desk.fill(close, filled, 12_000)
    desk.cancel(close)
    assert sent(desk) == [("cancel", close)], "it may still fill"
    desk.say(kinds.CANCELLED, close)
    out = renewed(desk)
    assert terms(desk, out)[:4] == (STOP_LOSS, MARKET, SELL, 10 - filled)
    desk.fill(out, 10 - filled, 8_990)
    wait(desk, 100)
    assert (sent(desk), desk.net(), desk.engine.owed, desk.engine.stops, desk.engine.renewed) == ([], 0, {}, {}, {})
    assert_idle(desk.engine)


@pytest.mark.parametrize("target", [{}, {"take_profit": 11_000}])
@pytest.mark.parametrize("again", [False, True])
def test_a_refused_stop_closes_what_a_close_of_a_part_leaves_and_that_part_when_it_is_taken_back(
    again: bool, target: dict[str, int]
) -> None:
    desk, _ = refused(**target)
    close = limit_close(desk, 4)
    wait(desk, 5)
    out = renewed(desk)
    assert terms(desk, out)[:4] == (STOP_LOSS, MARKET, SELL, 6)
    if again:
        desk.say(kinds.REJECTED, out, "CLOSED")
        desk.cancel(close)
        desk.say(kinds.CANCELLED, close)
    else:
        desk.fill(out, 6, 8_990)
        desk.cancel(close)
        desk.say(kinds.CANCELLED, close)
    wait(desk, 60)
    wait(desk, 60)
    left = 10 if again else 4
    ids = [id for kind, id in sent(desk) if kind == "submit"]
    assert sum(desk.state(id).order.quantity for id in ids) == left
    for id in ids:
        desk.fill(id, desk.state(id).order.quantity, 8_990)
    wait(desk, 100)
    assert (sent(desk), desk.net(), desk.engine.owed, desk.engine.renewed) == ([], 0, {}, {})
    assert_idle(desk.engine)


def test_what_a_close_has_filled_of_a_refused_stop_is_not_sold_again_from_what_had_none() -> None:
    desk, _ = refused()
    desk.filled(BUY, 10, 8_990)
    close = limit_close(desk)
    wait(desk, 60)
    desk.fill(close, 7, 12_000)
    desk.cancel(close)
    desk.say(kinds.CANCELLED, close)
    ids = [id for kind, id in sent(desk) if kind == "submit"]
    assert [terms(desk, id)[:4] for id in ids] == [(STOP_LOSS, MARKET, SELL, 3)]


def test_a_refused_stop_beside_a_close_of_what_has_none_goes_in_its_time() -> None:
    desk, _ = refused()
    desk.filled(BUY, 10, 8_990)
    limit_close(desk, 10)
    wait(desk, 5)
    assert terms(desk, renewed(desk))[:4] == (STOP_LOSS, MARKET, SELL, 10)


def test_a_stop_at_the_market_that_makes_way_for_a_close_comes_back_when_that_is_taken_back() -> None:
    desk, (stop,) = opened(False, stop_loss=9_000)
    desk.quote(8_990)
    assert sent(desk) == [("submit", stop)]
    (decision,) = desk.close(SELL, limit_units=12_000)
    assert sent(desk)[0] == ("cancel", stop)
    desk.say(kinds.CANCELLED, stop)
    close = decision.orders[0].id
    assert sent(desk) == [("submit", close)]
    desk.accept(close)
    desk.cancel(close)
    desk.taken()
    desk.say(kinds.CANCELLED, close)
    assert terms(desk, renewed(desk))[:4] == (STOP_LOSS, MARKET, SELL, 10)


def test_a_stop_at_the_market_that_was_decided_and_not_sent_when_the_process_ended_is_sent_by_the_next() -> None:
    desk, _ = opened(False, stop_loss=9_000)
    torn = Engine()
    restore(torn, to_bytes(desk.engine))
    triggered = next(event for event in desk.quote(8_990) if event.kind == kinds.EXIT_TRIGGERED)
    torn.apply(triggered)
    desk.engine = torn
    desk.engine.run = 2
    desk.took(None, desk.engine.look_up())
    desk.taken()
    wait(desk, 0.1)
    assert terms(desk, renewed(desk))[:4] == (STOP_LOSS, MARKET, SELL, 10)


def test_of_two_strategies_in_one_netting_account_each_sells_what_is_its_own() -> None:
    desk, stop = refused()
    desk.filled(BUY, 10, 8_990, strategy="other")
    close = limit_close(desk)
    wait(desk, 60)
    assert sent(desk) == []
    desk.fill(close, 4, 12_000)
    desk.cancel(close)
    desk.say(kinds.CANCELLED, close)
    out = [id for kind, id in sent(desk) if kind == "submit"][-1]
    assert terms(desk, out)[:4] == (STOP_LOSS, MARKET, SELL, 6)
    desk.fill(out, 6, 8_990)
    wait(desk, 100)
    assert (sent(desk), desk.net(), desk.net("other")) == ([], 0, 10)
    assert stop not in desk.engine.owed


def test_a_refused_stop_that_waits_for_a_close_is_state() -> None:
    desk, _ = refused()
    close = limit_close(desk)
    wait(desk, 60)
    other = Engine()
    restore(other, to_bytes(desk.engine))
    assert other.state_hash() == desk.engine.state_hash()
    desk.engine = other
    desk.cancel(close)
    desk.taken()
    desk.say(kinds.CANCELLED, close)
    assert terms(desk, renewed(desk))[:4] == (STOP_LOSS, MARKET, SELL, 10)


@REFUSED
@pytest.mark.parametrize("seen", ["quote", "bar"])
def test_a_market_that_goes_through_a_lost_stop_while_it_waits_is_followed_at_once(end: int, seen: str) -> None:
    desk, (stop,) = opened(stop_loss=9_000)
    for _ in range(4):
        desk.say(end, stop, "NO")
        wait(desk, (desk.engine.next_exit() - desk.engine.now) / SECOND)
        stop = renewed(desk)
    desk.say(end, stop, "NO")
    assert desk.engine.next_exit() - desk.engine.now == 40 * SECOND
    desk.quote(9_001)
    assert sent(desk) == []
    if seen == "quote":
        desk.quote(9_000)
    else:
        now = desk.tick()
        desk.feed(Bar(now, desk.on(), now - 1, 9_100, 9_200, 8_900, 9_100, 1))
    out = renewed(desk)
    assert terms(desk, out)[:4] == (STOP_LOSS, MARKET, SELL, 10)
    desk.quote(8_900)
    assert sent(desk) == []
    desk.fill(out, 10, 8_990)
    assert (desk.net(), desk.engine.owed) == (0, {})


def test_a_bar_that_began_before_a_stop_was_lost_shows_nothing_but_its_close() -> None:
    desk, (stop,) = opened(stop_loss=9_000)
    begun = desk.now
    desk.say(kinds.REJECTED, stop, "NO")
    desk.feed(Bar(desk.tick(), desk.on(), begun, 9_100, 9_200, 8_900, 9_100, 1))
    assert sent(desk) == []
    desk.feed(Bar(desk.tick(), desk.on(), begun, 9_100, 9_200, 8_900, 8_990, 1))
    assert terms(desk, renewed(desk))[:4] == (STOP_LOSS, MARKET, SELL, 10)


def test_a_stop_that_somebody_cancelled_at_the_venue_is_theirs_for_half_a_minute_wherever_the_market_goes() -> None:
    """They may be selling by hand: a second sale would be one too many."""
    desk, (stop,) = opened(stop_loss=9_000)
    desk.say(kinds.CANCELLED, stop)
    desk.quote(8_900)
    wait(desk, 29)
    assert sent(desk) == []
    wait(desk, 1.1)
    assert terms(desk, renewed(desk))[:4] == (STOP_LOSS, MARKET, SELL, 10)


def test_where_the_pair_of_a_lost_stop_may_have_filled_it_is_looked_up_before_the_market_is_followed() -> None:
    desk, (stop, target) = opened(stop_loss=9_000, take_profit=11_000)
    desk.say(kinds.EXPIRED, stop)
    desk.quote(8_990)
    assert sent(desk) == [("query", target)]
    desk.quote(8_980)
    assert sent(desk) == [], "it was asked"
    desk.say(kinds.ACCEPTED, target, FOUND)
    assert sent(desk) == [("cancel", target)]
    desk.say(kinds.CANCELLED, target)
    out = renewed(desk)
    assert terms(desk, out)[:4] == (STOP_LOSS, MARKET, SELL, 10)


def test_what_a_reached_stop_leaves_ends_what_its_opening_would_still_open() -> None:
    desk = Desk(account_of(leverage=10, reduce_only=False))
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=9_000)
    entry, stop = [order.id for order in decision.orders]
    desk.accept(entry)
    desk.fill(entry, 6, PRICE)
    desk.taken()
    desk.quote(8_990)
    desk.say(kinds.REJECTED, stop, "NO")
    wait(desk, 1)
    commands = sent(desk)
    assert ("cancel", entry) in commands and [kind for kind, _ in commands].count("submit") == 1
