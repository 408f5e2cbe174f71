"""Holds and slots: reserved before anything leaves, posted and voided exactly once, nothing left when idle."""

from __future__ import annotations

import pytest

from tests.unit.core.audit import assert_idle
from tests.unit.core.desk import BUY, LIMIT, SELL, Desk, account_of
from tradewright.core.holds import Holds
from tradewright.model import event as kinds
from tradewright.model.account import Account
from tradewright.model.fee import FeeEstimate
from tradewright.model.order import Order

ONE = 10**18
CASH_ACCOUNT = {"kind": "cash"}


def held(desk: Desk, currency: str = "USD") -> int:
    return desk.engine.holds.held("main", currency)


def test_a_hold_stands_before_the_order_leaves() -> None:
    desk = Desk(account_of(**CASH_ACCOUNT), cash="1000")
    desk.quote(10_000)
    outputs = desk.engine.judge(desk.intent(BUY, 10))
    assert [output.kind for output in outputs] == [kinds.DECISION, kinds.SUBMIT]
    assert outputs[0].hold == 1000 * ONE  # type: ignore[attr-defined]
    assert held(desk) == 1000 * ONE


def test_a_fill_posts_its_share_and_an_end_voids_the_rest() -> None:
    desk = Desk(account_of(**CASH_ACCOUNT), cash="1000")
    desk.quote(10_000)
    order_id = desk.buy(10)
    left = []
    for size in (3, 3):
        desk.fill(order_id, size, 10_000)
        left.append(held(desk) // ONE)
    desk.say(kinds.CANCELLED, order_id)
    desk.say(kinds.CANCELLED, order_id)
    assert left == [700, 400]
    assert held(desk) == 0
    assert_idle(desk.engine)


@pytest.mark.parametrize("kind", [kinds.CANCELLED, kinds.EXPIRED, kinds.REJECTED, kinds.NOT_FOUND])
def test_each_end_releases_once_even_if_it_is_told_twice(kind: int) -> None:
    desk = Desk(account_of(**CASH_ACCOUNT), cash="1000")
    desk.quote(10_000)
    order_id = desk.buy(10)
    for _ in range(3):
        desk.say(kind, order_id)
        assert_idle(desk.engine)
    assert desk.engine.position("main", desk.on()).opening == 0


def test_money_that_does_not_divide_is_held_rounded_up() -> None:
    fee = FeeEstimate(ppm=1)  # 0.0001 of 100 dollars, of which a third is no whole unit
    desk = Desk(account_of(fee=fee, **CASH_ACCOUNT), symbols=("ZETA",), cash="1000")
    desk.quote(333_333)
    order_id = desk.buy(3)
    need = held(desk)
    desk.fill(order_id, 1, 333_333)
    assert held(desk) == -(-need * 2 // 3)
    desk.fill(order_id, 1, 333_333)
    assert held(desk) == -(-need // 3)


def test_a_cash_account_holds_the_quote_currency_and_a_margin_account_its_own() -> None:
    for kind, currency, amount in (("cash", "EUR", 1000), ("margin", "USD", 550)):
        desk = Desk(
            account_of(kind=kind, leverage=2 if kind == "margin" else 1),
            symbols=("SAPX", "EURUSD"),
            cash={"EUR": "5000", "USD": "5000"},
        )
        desk.quote(110_000, symbol="EURUSD")
        desk.quote(10_000)
        desk.buy(10)
        assert held(desk, currency) == amount * ONE, kind
        assert held(desk, "USD" if currency == "EUR" else "EUR") == 0


def test_a_cash_account_needs_no_rate_for_what_it_pays_in_the_quote_currency() -> None:
    desk = Desk(account_of(**CASH_ACCOUNT), symbols=("SAPX",), cash={"EUR": "5000"})
    desk.quote(10_000)
    desk.buy(10)
    assert held(desk, "EUR") == 1000 * ONE


def test_the_last_buying_power_is_given_once() -> None:
    for terms in (CASH_ACCOUNT, {"leverage": 1}):
        desk = Desk(account_of(**terms), cash="1999")
        desk.quote(10_000)
        desk.buy(10)
        assert desk.refused(BUY, 10, strategy="t") == ["INSUFFICIENT_FUNDS"]
        desk.buy(9, strategy="t")


def test_the_last_slot_is_given_once() -> None:
    desk = Desk(symbols=("ACME", "ZETA"), limits={"maxOpenPositions": 1})
    desk.quote(10_000)
    desk.quote(10_000, symbol="ZETA")
    first = desk.buy(1)
    assert desk.refused(BUY, 1, symbol="ZETA") == ["MAX_OPEN_POSITIONS"]
    desk.buy(1)  # the same slot
    desk.say(kinds.REJECTED, first)
    assert desk.refused(BUY, 1, symbol="ZETA") == ["MAX_OPEN_POSITIONS"], "its second order still holds the slot"


def test_a_slot_passes_from_the_order_to_the_position_and_ends_with_it() -> None:
    desk = Desk(symbols=("ACME", "ZETA"), limits={"maxOpenPositions": 1})
    desk.quote(10_000)
    desk.quote(10_000, symbol="ZETA")
    desk.filled(BUY, 1, 10_000)
    assert desk.refused(BUY, 1, symbol="ZETA") == ["MAX_OPEN_POSITIONS"]
    (decision,) = desk.close(SELL)
    assert desk.refused(BUY, 1, symbol="ZETA") == ["MAX_OPEN_POSITIONS"]
    desk.fill(decision.orders[0].id, 1, 10_000)
    desk.buy(1, symbol="ZETA")


def test_a_refused_wish_holds_nothing() -> None:
    desk = Desk(cash="10")
    desk.quote(10_000)
    assert desk.refused(BUY, 1) == ["INSUFFICIENT_FUNDS"]
    assert_idle(desk.engine)


def test_the_margin_of_a_position_is_free_once_a_market_exit_is_on_its_way() -> None:
    desk = Desk(cash="1000")
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    closing, opening = desk.want(SELL, 20)
    assert closing.approved and opening.approved
    assert desk.engine.position("main", desk.on()).leaving == 10


def test_the_margin_of_a_position_is_not_free_while_its_exit_waits_for_a_price() -> None:
    desk = Desk(cash="1000")
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    closing, opening = desk.want(SELL, 20, limit_units=11_000)
    assert (closing.approved, opening.approved) == (True, False)
    assert [check.code for check in opening.refusals] == ["INSUFFICIENT_FUNDS"]
    assert (closing.orders[0].quantity, opening.orders[0].quantity) == (10, 10)


def test_a_hold_grows_in_proportion_when_its_order_does() -> None:
    desk = Desk(account_of(**CASH_ACCOUNT), cash="5000")
    desk.quote(10_000)
    order_id = desk.buy(10)
    desk.replaced(order_id, 20)
    assert held(desk) == 2000 * ONE


def test_an_order_can_not_hold_twice() -> None:
    desk = Desk()
    desk.quote(10_000)
    order_id = desk.buy(10)
    hold = desk.engine.holds.holds[order_id]
    with pytest.raises(AssertionError, match="already has its hold"):
        desk.engine.holds.reserve(hold.order, hold.book, "USD", 1)
    desk.say(kinds.CANCELLED, order_id)
    with pytest.raises(AssertionError, match="already has its hold"):
        desk.engine.holds.reserve(hold.order, hold.book, "USD", 1)


def test_an_order_that_never_held_has_nothing_to_release() -> None:
    holds = Holds()
    desk = Desk()
    holds.adjust(Order("m-1-1", "main", "s", desk.on(), BUY, LIMIT, 5), False, 0)
    assert holds.row() == ([], [], [])
    assert holds.held("main", "USD") == 0


def account(**terms: object) -> Account:
    return account_of(**{"leverage": 10, **terms})


# ── what a further exit finds ──────────────────────────────────────────────────────────────────────────────────────


def test_two_exits_can_not_close_the_same_size() -> None:
    desk = Desk(account())
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    desk.sell(6, closing=True, limit_units=11_000)
    assert desk.refused(SELL, 6, closing=True, limit_units=11_000) == ["REDUCE_ONLY"]
    desk.sell(4, closing=True, limit_units=11_000)
    assert desk.refused(SELL, 0, closing=True, limit_units=12_000) == ["SIZE_INCREMENT", "REDUCE_ONLY"]


def test_exits_of_one_side_do_not_stand_in_the_way_of_the_other() -> None:
    desk = Desk(account(mode="hedging"))
    desk.quote(10_000)
    desk.filled(BUY, 5, 10_000)
    desk.filled(SELL, 5, 10_000)
    desk.sell(5, closing=True, limit_units=11_000)
    desk.buy(5, closing=True, limit_units=9_000)
    assert desk.refused(BUY, 1, closing=True, limit_units=9_000) == ["REDUCE_ONLY"]


def test_an_exit_of_a_named_lot_leaves_the_others_to_be_closed() -> None:
    desk = Desk(account(mode="hedging"))
    desk.quote(10_000)
    first = desk.filled(BUY, 5, 10_000)
    second = desk.filled(BUY, 7, 10_000)
    desk.sell(5, closing=True, limit_units=11_000, lot=first)
    assert desk.refused(SELL, 1, closing=True, limit_units=11_000, lot=first) == ["REDUCE_ONLY"]
    assert desk.refused(SELL, 8, closing=True, limit_units=11_000, lot=second) == ["REDUCE_ONLY"]
    desk.sell(3, closing=True, limit_units=11_000)
    assert desk.refused(SELL, 5, closing=True, limit_units=11_000, lot=second) == ["REDUCE_ONLY"]
    desk.sell(4, closing=True, limit_units=11_000, lot=second)


def test_an_exit_whose_cancel_is_on_its_way_gives_its_place_until_that_is_refused() -> None:
    desk = Desk(account())
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    order_id = desk.sell(10, closing=True, limit_units=11_000)
    desk.cancel(order_id)
    assert desk.engine.book("main", "s", desk.on()).exiting == 0
    desk.say(kinds.OUTCOME_UNKNOWN, order_id, "cancel")
    assert desk.engine.book("main", "s", desk.on()).exiting == 0
    desk.say(kinds.CANCEL_REJECTED, order_id, "BUSY")
    assert desk.refused(SELL, 1, closing=True, limit_units=11_000) == ["REDUCE_ONLY"]
    desk.cancel(order_id)
    desk.sell(10, closing=True)


def test_a_pair_counts_once_and_guards_all_of_the_position() -> None:
    desk = Desk(account())
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    for role, terms in (("stop_loss", {"stop_units": 9_000, "type": 3}), ("take_profit", {"limit_units": 11_000})):
        desk.sell(10, closing=True, role=role, group="pair", **terms)
    assert desk.engine.book("main", "s", desk.on()).exiting == 20
    assert desk.refused(SELL, 1, closing=True, role="stop_loss", type=3, stop_units=9_000) == ["REDUCE_ONLY"]


def test_what_is_left_of_a_pair_still_counts_when_one_of_it_ended() -> None:
    desk = Desk(account())
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    stop = desk.sell(10, closing=True, role="stop_loss", group="pair", stop_units=9_000, type=3)
    desk.sell(6, closing=True, role="take_profit", group="pair", limit_units=11_000)
    desk.say(kinds.CANCELLED, stop)
    assert desk.refused(SELL, 5, closing=True, role="stop_loss", type=3, stop_units=9_000) == ["REDUCE_ONLY"]
    desk.sell(4, closing=True, role="stop_loss", type=3, stop_units=9_000)


def test_a_child_at_the_venue_takes_what_its_parent_filled() -> None:
    desk = Desk(account())
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    (decision,) = desk.want(BUY, 6, limit_units=9_900, stop_loss=9_000, take_profit=12_000)
    parent, stop, target = [order.id for order in decision.orders]
    assert desk.engine.book("main", "s", desk.on()).exiting == 0
    desk.fill(parent, 4, 9_900)
    assert [desk.engine.holds.holds[id].remaining for id in (parent, stop, target)] == [2, 4, 4]
    desk.fill(stop, 3, 9_000)
    assert [desk.engine.holds.holds[id].remaining for id in (parent, stop, target)] == [2, 1, 4]
    desk.fill(parent, 2, 9_900)
    assert [id in desk.engine.holds.holds for id in (parent, stop, target)] == [False, True, True]
    assert desk.engine.holds.holds[stop].remaining == 3
    assert desk.engine.holds.over[parent].order.id == parent


def test_all_is_zero_after_a_day_of_everything() -> None:
    desk = Desk(account(), limits={"maxOpenPositions": 3})
    desk.quote(10_000)
    desk.filled(BUY, 10, 10_000)
    desk.want(BUY, 6, limit_units=9_900, stop_loss=9_000, take_profit=12_000)
    desk.sell(5, closing=True, limit_units=12_000)
    desk.buy(3)
    for order_id in list(desk.engine.holds.holds):
        desk.say(kinds.EXPIRED, order_id)
    assert_idle(desk.engine)
    (decision,) = desk.close(SELL)
    desk.fill(decision.orders[0].id, 10, 10_100)
    assert_idle(desk.engine)
    assert desk.engine.accounts["main"].slots() == 0
