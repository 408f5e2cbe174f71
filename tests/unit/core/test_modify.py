"""Other terms for a working order: what is judged, what it holds meanwhile, and that it stays one order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.boundaries import set_limits
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.model import event as kinds
from tradewright.model.command import Replace
from tradewright.model.control import REDUCING, ModifyJudged, TradingStateSet
from tradewright.model.instrument import OrderRules
from tradewright.model.order import LIMIT, STOP, STOP_LOSS

ONE = 10**18


def change(desk: Desk, order_id: str, quantity: int = 0, limit: int = 0, stop: int = 0) -> ModifyJudged:
    """A wish for other terms; the record of what was said to it."""
    wish = desk.intent(BUY, quantity)
    wish.order_id, wish.modifies, wish.limit_units, wish.stop_units = order_id, True, limit, stop
    wish.reason = "better so"
    outputs = desk.took(None, desk.engine.modify(wish))
    judged = outputs[0]
    assert isinstance(judged, ModifyJudged)
    replaces = [output.row()[2:] for output in outputs[1:] if isinstance(output, Replace)]
    assert replaces[:1] == (
        [(order_id, judged.quantity, judged.limit_units, judged.stop_units)]
        if judged.approved and desk.state(order_id).stage > 1
        else []
    )
    return judged


def refused(judged: ModifyJudged) -> list[str]:
    return [str(row[0]) for row in judged.checks if not row[1]]


def held(desk: Desk) -> int:
    return desk.engine.holds.held("main", "USD")


def desk_of(cash: str = "10000", **terms: Any) -> Desk:
    desk = Desk(account_of(kind="cash"), cash=cash, **terms)
    desk.quote(10_000)
    return desk


def test_an_order_holds_the_dearer_of_both_terms_until_the_venue_has_spoken() -> None:
    desk = desk_of()
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    assert held(desk) == 900 * ONE
    assert change(desk, order_id, 15, 9_500).approved
    assert held(desk) == 1_425 * ONE  # 15 × 95.00
    assert (desk.state(order_id).order.quantity, desk.state(order_id).replace) == (10, 1)
    desk.replaced(order_id, 15, limit=9_500)
    assert held(desk) == 1_425 * ONE
    order = desk.state(order_id).order
    assert (order.id, order.quantity, order.limit_units) == (order_id, 15, 9_500)
    desk.fill(order_id, 15, 9_500)
    assert (held(desk), desk.net()) == (0, 15)


def test_its_own_stop_is_no_order_that_it_could_trade_with() -> None:
    desk = desk_of(limits={"enableWashTradeProtection": True})
    (decision,) = desk.want(BUY, 10, limit_units=9_000, stop_loss=8_500)
    order_id = decision.orders[0].id
    desk.accept(order_id)
    assert refused(change(desk, order_id, limit=9_100)) == []


def test_a_change_that_is_refused_by_the_venue_leaves_the_order_as_it_was() -> None:
    desk = desk_of()
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    change(desk, order_id, 30)
    assert held(desk) == 2_700 * ONE
    desk.say(kinds.REPLACE_REJECTED, order_id, "BUSY")
    assert held(desk) == 900 * ONE
    assert change(desk, order_id, 20).approved, "it may be asked for again"


def test_fills_on_the_way_count_for_both_terms() -> None:
    desk = desk_of()
    order_id = desk.buy(10, limit_units=10_000)
    desk.accept(order_id)
    desk.fill(order_id, 4, 10_000)
    change(desk, order_id, 12)
    assert held(desk) == 800 * ONE  # 8 of 12 are left
    desk.fill(order_id, 6, 10_000)
    desk.replaced(order_id, 12, limit=10_000)
    assert held(desk) == 200 * ONE
    desk.fill(order_id, 2, 10_000)
    assert (desk.net(), held(desk), desk.state(order_id).status) == (12, 0, "FILLED")
    assert desk.alarms() == []


def test_no_other_order_takes_what_a_change_will_need() -> None:
    """Of 10 000 the larger order needs 9 000: beside it 1 000 are left."""
    desk = desk_of()
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    assert change(desk, order_id, 100).approved
    assert "INSUFFICIENT_FUNDS" in desk.refused(BUY, 11, limit_units=10_000)
    assert desk.buy(10, limit_units=10_000)


#: what is wanted of ten bought at 90.00 with 10 000 → the code that refuses it
REFUSED: dict[str, tuple[dict[str, int], str]] = {
    "more than there is": ({"quantity": 112}, "INSUFFICIENT_FUNDS"),
    "dearer than there is": ({"quantity": 105, "limit": 9_600}, "INSUFFICIENT_FUNDS"),
    "off the step": ({"quantity": 13}, "SIZE_INCREMENT"),
    "too large an order": ({"quantity": 60}, "MAX_ORDER_QUANTITY"),
    "a stop it has not": ({"stop": 9_500}, "TERMS_OF_TYPE"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_change_is_judged_as_a_new_order_would_be(name: str) -> None:
    wish, code = REFUSED[name]
    limits: Any = {"maxOrderQuantity": 50} if code == "MAX_ORDER_QUANTITY" else {}
    desk = desk_of(rules=OrderRules(step=2 if code == "SIZE_INCREMENT" else 1), limits=limits)
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    judged = change(desk, order_id, **wish)
    assert not judged.approved
    assert code in refused(judged)
    assert (held(desk), desk.state(order_id).replace) == (900 * ONE, 0)


def test_one_change_at_a_time_and_none_below_what_is_filled() -> None:
    desk = desk_of()
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    desk.fill(order_id, 4, 9_000)
    assert refused(change(desk, order_id, 4)) == ["BELOW_FILLED"]
    assert change(desk, order_id, 5).approved
    assert refused(change(desk, order_id, 6)) == ["REQUEST_PENDING"]
    desk.replaced(order_id, 5, limit=9_000)
    desk.cancel(order_id)
    assert refused(change(desk, order_id, 6)) == ["REQUEST_PENDING"]


def test_where_nothing_may_be_opened_an_opening_only_gets_smaller() -> None:
    desk = desk_of()
    order_id = desk.buy(10, limit_units=9_000)
    desk.accept(order_id)
    desk.engine.apply(TradingStateSet(desk.tick(), "all", REDUCING, "me", "enough"))
    assert refused(change(desk, order_id, 11)) == ["TRADING_STATE"]
    assert refused(change(desk, order_id, 5, 9_100)) == ["TRADING_STATE"]
    assert change(desk, order_id, 5).approved


def test_an_order_that_ended_or_is_unknown_is_left_alone() -> None:
    desk = desk_of()
    order_id = desk.buy(10, limit_units=9_000)
    desk.say(kinds.CANCELLED, order_id)
    wish = desk.intent(BUY, 5)
    for wish.order_id in (order_id, "nobody-1-1"):
        assert desk.engine.modify(wish) == []


# ── exits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_exits_of_an_opening_grow_with_it() -> None:
    desk = Desk(account_of(leverage=5))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, limit_units=9_900, type=LIMIT, stop_loss=9_000, take_profit=11_000)
    entry, stop, target = (order.id for order in decision.orders)
    for order_id in (entry, stop, target):
        desk.accept(order_id)
    desk.taken()
    change(desk, entry, 16)
    replaced = [(c.order_id, c.quantity) for c in desk.taken() if isinstance(c, Replace)]
    assert replaced == [(entry, 16), (stop, 16), (target, 16)]
    change(desk, entry, 8)
    assert desk.taken() == [], "one change at a time"


def test_an_exit_s_price_is_its_strategy_s_to_move_and_its_size_stays_within_what_is_there() -> None:
    desk = Desk(account_of(leverage=5), rules=OrderRules(tick=5))
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    terms: dict[str, Any] = {"closing": True, "role": STOP_LOSS, "stop_units": 9_000, "type": STOP}
    (decision,) = desk.want(SELL, 10, **terms)
    stop = decision.orders[0].id
    desk.accept(stop)
    judged = change(desk, stop, stop=9_503)
    assert (judged.approved, judged.stop_units) == (True, 9_500), "on the tick, never earlier"
    desk.replaced(stop, 10, stop=9_500)
    assert refused(change(desk, stop, 11)) == ["REDUCE_ONLY"]
    assert change(desk, stop, 6).approved


def test_an_exit_held_here_changes_at_once() -> None:
    desk = Desk(account_of(leverage=5, native_exits=False))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, stop_loss=9_000)
    entry, stop = (order.id for order in decision.orders)
    assert change(desk, stop, stop=9_500).approved, "also before there is anything to guard"
    desk.fill(entry, 10, 10_000)
    desk.taken()
    desk.quote(9_500)
    assert desk.submitted() == [stop]


def test_the_exit_of_an_opening_that_filled_can_not_outgrow_what_is_held() -> None:
    """Its strategy closed a part since; as long as the opening fills on, its exit may wait for all of it."""
    desk = Desk(account_of(leverage=5, native_exits=False))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 12, limit_units=10_000, type=LIMIT, stop_loss=9_000, take_profit=10_500)
    entry, _, target = (order.id for order in decision.orders)
    desk.accept(entry)
    desk.fill(entry, 6, 10_000)
    assert change(desk, target, 14).approved
    desk.fill(entry, 6, 10_000)
    desk.close(SELL, 6)
    (closing,) = [id for id in desk.submitted() if id not in (entry, target)]
    desk.fill(closing, 6, 10_000)
    desk.quote(10_500)
    assert desk.submitted() == [target]
    desk.accept(target)
    assert refused(change(desk, target, 7)) == ["REDUCE_ONLY"]
    assert change(desk, target, 6).approved


def test_an_opening_whose_exit_ended_a_day_ago_can_still_grow() -> None:
    desk = Desk(account_of(leverage=5))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, limit_units=9_900, type=LIMIT, stop_loss=9_000, take_profit=11_000)
    entry, stop, target = (order.id for order in decision.orders)
    for order_id in (entry, stop, target):
        desk.accept(order_id)
    desk.took(None, desk.engine.cancel(stop, "BY_HAND"))
    desk.say(kinds.CANCELLED, stop)
    desk.now += 25 * 3_600 * 10**9
    desk.quote(10_000)
    desk.quote(10_000)
    assert stop not in desk.engine.orders
    desk.taken()
    assert change(desk, entry, 16).approved
    assert [(c.order_id, c.quantity) for c in desk.taken() if isinstance(c, Replace)] == [(entry, 16), (target, 16)]


def test_a_change_stays_within_the_picker_s_budget_and_takes_no_second_place() -> None:
    desk = Desk(limits={"tradepicker.budget": 1000, "tradepicker.maxOpenPositions": 1})
    desk.quote(10_000)
    order_id = desk.buy(5, limit_units=10_000)
    desk.accept(order_id)
    assert refused(change(desk, order_id, 11)) == ["BUDGET_EXCEEDED"]
    assert refused(change(desk, order_id, 10, 10_001)) == ["BUDGET_EXCEEDED"]
    assert change(desk, order_id, 10).approved
    desk.replaced(order_id, 10, limit=10_000)
    assert change(desk, order_id, 4).approved


def test_an_order_beyond_a_budget_that_was_lowered_may_get_smaller() -> None:
    desk = Desk(limits={"tradepicker.budget": 1000})
    desk.quote(10_000)
    order_id = desk.buy(10, limit_units=10_000)
    desk.accept(order_id)
    set_limits(desk, **{"tradepicker.budget": 100 * ONE})
    assert change(desk, order_id, 9).approved


def test_an_exit_that_waits_at_its_venue_gets_no_larger_than_its_opening() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, limit_units=9_900, stop_loss=9_000, take_profit=11_000)
    entry, stop, target = (order.id for order in decision.orders)
    for id in (entry, stop, target):
        desk.accept(id)
    assert refused(change(desk, stop, 11)) == refused(change(desk, target, 11)) == ["REDUCE_ONLY"]
    desk.fill(entry, 4, 9_900)
    assert refused(change(desk, stop, 11)) == ["REDUCE_ONLY"]
    assert change(desk, stop, 8, stop=9_100).approved
    desk.replaced(stop, 8, stop=9_100)
    assert change(desk, stop, 10).approved, "as much as it was made for"


def test_an_exit_that_waits_gets_no_larger_than_others_of_its_opening_leave_it() -> None:
    desk = Desk(account_of(leverage=10))
    desk.quote(10_000)
    (decision,) = desk.want(BUY, 10, limit_units=9_900, stop_loss=9_000)
    entry, stop = (order.id for order in decision.orders)
    desk.accept(entry)
    desk.accept(stop)
    desk.fill(entry, 4, 9_900)
    desk.fill(stop, 3, 9_000)
    assert change(desk, entry, 12, limit=9_900).approved
    assert refused(change(desk, stop, 13)) == ["REQUEST_PENDING"], "it grows with its opening"
    desk.replaced(stop, 12, stop=9_000)
    assert refused(change(desk, stop, 13)) == ["REDUCE_ONLY"]
