"""Failures that happened elsewhere, as cases: each names its source, and fails when the rule it is about is taken
out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.boundaries import set_limits
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.limits import limits_from
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.command import Query, Replace
from tradewright.model.control import HALTED, REDUCING, LimitsSet, LimitWaived, ModifyJudged, Started, TradingStateSet
from tradewright.model.errors import ContractError
from tradewright.model.instrument import OrderRules

ONE = 10**18
PRICE = 10_000
SECOND = 10**9
MINUTE = 60 * SECOND


def codes(desk: Desk, side: int = BUY, size: int = 1, **terms: Any) -> list[str]:
    return [check.code for check in desk.want(side, size, **terms)[0].refusals]


def test_case_citi_2022_a_basket_typed_for_58_million_and_made_of_444_billion() -> None:
    """SEC and FCA orders of 2024: 711 warnings, of which 18 were shown, clicked away. A hard block has no way around
    it, and the refusal carries every reason at once."""
    desk = Desk(cash="10000000000")
    desk.quote(PRICE)
    hard = {"maxOrderValue": 100_000_000, "maxOrderQuantity": 2_000_000, "maxTotalExposure": 1_000_000_000}
    desk.feed(LimitsSet(desk.tick(), "all", limits_from(hard).row(), 0, "USD", "desk head", "thresholds"))
    size = 4_440_000_000  # shares of 100: 444 billion
    assert {"MAX_ORDER_VALUE", "MAX_ORDER_QUANTITY", "MAX_TOTAL_EXPOSURE"} <= set(codes(desk, SELL, size))
    assert codes(desk, SELL, 580_000) == []
    for limit in hard:
        with pytest.raises(ContractError, match="hard"):
            desk.engine.apply(LimitWaived(desk.now, "all", limit, "ann", "bob", "the basket is right", desk.now + 9))
    assert not desk.want(SELL, size)[0].approved


def test_case_knight_2012_an_old_flag_wakes_code_that_never_counts_its_fills() -> None:
    """SEC 34-70694: 212 parent orders, four million child orders in 45 minutes. The throttle on repeated executions
    ends it after a hundred; it stays ended through a restart, until a named person re-arms it."""
    desk = Desk(cash="1000000000", limits={"maxRepeatedExecutions": 100, "repeatedExecutionSeconds": 600})
    desk.quote(PRICE)
    sent = 0
    for _ in range(5_000):
        desk.now += MINUTE // 100
        (decision,) = desk.want(BUY, 1, strategy="power_peg")
        if decision.approved:
            sent += 1
            desk.fill(decision.orders[0].id, 1, PRICE)
        if sent > 100 or (sent == 100 and not decision.approved):
            break
    assert sent == 100
    assert desk.engine.states == {"strategy:power_peg": HALTED}
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    desk.engine = engine
    desk.now += 1_000 * MINUTE
    desk.quote(PRICE)
    assert codes(desk, strategy="power_peg") == ["TRADING_STATE"]
    assert codes(desk, strategy="rlp") == [], "the code that is right goes on"


def test_case_knight_parents_2012_children_stay_within_their_parent() -> None:
    """The same order: nobody compared the children of a parent order with it any more, since that code had moved."""
    desk = Desk(account_of(leverage=100), cash="1000000000")
    desk.quote(PRICE)
    sent = 0
    for _ in range(300):
        (decision,) = desk.want(BUY, 10, strategy="rlp", parent="212", parent_size=2_120)
        if not decision.approved:
            assert [check.code for check in decision.refusals] == ["PARENT_EXCEEDED"]
            break
        sent += 10
        desk.fill(decision.orders[0].id, 10, PRICE)
    assert sent == 2_120 == desk.net("rlp")


def test_case_hummingbot_462_a_hundred_thousand_orders_on_an_insufficient_balance() -> None:
    desk = Desk(limits={"breakerErrors": 3, "breakerCooldownSeconds": 120, "maxMessagesPerMinute": 10})
    desk.quote(PRICE)
    sent = 0
    for _ in range(600):
        desk.now += SECOND
        (decision,) = desk.want(BUY, 1)
        if decision.approved:
            sent += 1
            desk.say(kinds.REJECTED, decision.orders[0].id, "INSUFFICIENT_BALANCE")
        else:
            desk.quote(PRICE)
    assert 3 <= sent <= 3 + 600 // 120


def test_case_trading_bot_27_a_restart_does_not_reset_the_daily_loss() -> None:
    """anusambath/trading-bot#27."""
    desk = Desk(limits={"maxDailyLoss": 50})
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    desk.quote(PRICE - 500)
    assert codes(desk) == ["DAILY_LOSS_LIMIT"]
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    engine.open_account(engine.accounts["main"].terms, limits_from({"maxDailyLoss": 50}))
    desk.engine = engine
    assert codes(desk) == ["DAILY_LOSS_LIMIT"]


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 24), ("America/New_York", 5), ("Asia/Tokyo", 15)])
def test_case_mql5_289_the_day_turns_at_midnight_of_its_own_zone(zone: str, hour: int) -> None:
    desk = Desk(account_of(day_zone=zone), limits={"maxDailyLoss": 50})
    midnight = 1_700_000_000 * SECOND // (1_440 * MINUTE) * (1_440 * MINUTE) + 1_440 * MINUTE
    desk.now = midnight
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    desk.quote(PRICE - 500)
    turns = midnight + hour * 60 * MINUTE
    desk.now = turns - 2
    desk.quote(PRICE - 500)
    assert "DAILY_LOSS_LIMIT" in codes(desk)
    desk.quote(PRICE - 500)
    assert codes(desk) == []


def test_case_hummingbot_2534_after_a_kill_there_are_no_new_orders_and_cancels_still_go() -> None:
    """hummingbot#2534, #1508, #8075: kill raised an error, or orders went on being made."""
    desk = Desk()
    desk.quote(PRICE)
    working = desk.buy(1, limit_units=PRICE - 100)
    desk.filled(BUY, 5, PRICE)
    desk.taken()
    desk.feed(TradingStateSet(desk.tick(), "all", HALTED, "ann", "kill"))
    assert [order for order, _ in desk.cancelled()] == [working]
    for side in (BUY, SELL):
        assert codes(desk, side, 9, strategy="other") == ["TRADING_STATE"]
    assert desk.close(SELL)[0].approved


def test_case_nautilus_4946_a_limit_on_a_margin_account_is_never_skipped() -> None:
    """nautilus#4946, #4011: a 153-million-dollar order passed unseen on the account kind that had no check."""
    for terms in ({"kind": "margin", "leverage": 50}, {"kind": "cash"}, {"mode": "hedging", "leverage": 50}):
        desk = Desk(account_of(**terms), cash="1000000000", limits={"maxOrderValue": 1_000_000})
        desk.quote(PRICE)
        assert codes(desk, BUY, 1_530_000) == ["MAX_ORDER_VALUE"]


def test_case_nautilus_4011_money_that_can_not_be_counted_is_not_unlimited() -> None:
    """nautilus#4011: where no balance was found in the currency of an order, its check was left out. Here the money is
    in another currency without a rate, and then there is none at all."""
    desk = Desk(account_of(), symbols=("SAPX", "EURUSD"), limits={"maxOrderValue": 1_000_000})
    desk.quote(PRICE)
    assert codes(desk) == ["MAX_ORDER_VALUE", "INSUFFICIENT_FUNDS"]
    desk.quote(110_000, symbol="EURUSD")
    assert codes(desk) == []
    for kind in ("cash", "margin"):
        desk = Desk(account_of(kind=kind, currency="EUR"), cash={})
        desk.quote(PRICE)
        assert codes(desk) == ["INSUFFICIENT_FUNDS"]


def test_case_bytex_21_no_bracket_slips_through_where_nothing_is_opened() -> None:
    """bytex#21: while trading was reducing, single orders were refused and lists of orders were not."""
    desk = Desk()
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    desk.feed(TradingStateSet(desk.tick(), "all", REDUCING, "ann", "late"))
    desk.taken()
    bracket = {"stop_loss": PRICE - 500, "take_profit": PRICE + 500}
    assert codes(desk, BUY, 1, **bracket) == ["TRADING_STATE"]
    assert codes(desk, BUY, 1, limit_units=PRICE, **bracket) == ["TRADING_STATE"]
    assert desk.taken() == [], "none of its legs is sent"
    assert desk.close(SELL)[0].approved


def test_case_bytex_21_no_opening_grows_by_a_change_where_nothing_is_opened() -> None:
    """The same of an opening that its venue did not cancel in time: it may get smaller, and not larger or dearer."""
    desk = Desk()
    desk.quote(PRICE)
    working = desk.buy(10, limit_units=PRICE - 100)
    desk.accept(working)
    desk.feed(TradingStateSet(desk.tick(), "all", REDUCING, "ann", "late"))
    desk.say(kinds.CANCEL_REJECTED, working, "BUSY")
    desk.taken()
    for terms in ({"quantity": 20}, {"limit_units": PRICE}):
        wish = desk.intent(BUY, 0, modifies=True)
        wish.order_id = working
        for name, value in terms.items():
            setattr(wish, name, value)
        judged = desk.took(None, desk.engine.modify(wish))[0]
        assert isinstance(judged, ModifyJudged)
        assert [row[0] for row in judged.checks if not row[1]] == ["TRADING_STATE"]
    assert desk.taken() == []
    wish = desk.intent(BUY, 5, modifies=True)
    wish.order_id = working
    desk.took(None, desk.engine.modify(wish))
    assert [command.quantity for command in desk.taken() if isinstance(command, Replace)] == [5]


def test_case_nautilus_1507_a_small_close_is_never_denied() -> None:
    """nautilus#1507, #2986: exits refused for minimum notional and exposure limits."""
    desk = Desk()
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    desk.on().rules = OrderRules(size_min=5, notional_min=10**6 * ONE)
    set_limits(desk, maxTotalExposure=1, maxOrderValue=1, maxPositionSizePercent=1, maxLeverage=1)
    assert desk.close(SELL, 1)[0].approved
    assert desk.close(SELL)[0].approved
    assert not desk.want(SELL, 1, strategy="other")[0].approved


# ── orders and their ends ──────────────────────────────────────────────────────────────────────────────────────────


def test_case_hummingbot_3374_orders_whose_answers_were_lost_are_not_forgotten() -> None:
    """Network errors, six forgotten orders, all of them filled: what was not answered keeps its money and its place, is
    looked up, and a kill reaches it."""
    desk = Desk(account_of(kind="cash"), cash=700, limits={"maxOpenPositions": 1})
    desk.quote(PRICE)
    sent = [desk.buy(1, limit_units=PRICE) for _ in range(6)]
    for order_id in sent:
        desk.say(kinds.OUTCOME_UNKNOWN, order_id, "submit")
    assert codes(desk, BUY, 2) == ["INSUFFICIENT_FUNDS"], "six hundred of seven are held for them"
    desk.feed(Started(desk.tick(), 2, []))
    desk.taken()
    looked_up = desk.took(None, desk.engine.look_up())
    assert [output.order_id for output in looked_up if isinstance(output, Query)] == sorted(sent)
    desk.feed(TradingStateSet(desk.tick(), "all", HALTED, "ann", "kill"))
    assert sorted(order for order, _ in desk.cancelled()) == sorted(sent)
    for order_id in sent:
        desk.fill(order_id, 1, PRICE)
    assert (desk.net(), desk.cash()) == (6, 100 * ONE)


def test_case_freqtrade_1858_an_order_is_not_gone_because_its_cancel_was_asked_for() -> None:
    """freqtrade#1858, passivbot#514: "cancelled" and filled all the same; a cancel refused because it had filled, and
    bought again."""
    desk = Desk(limits={"maxPositionQuantity": 10})
    desk.quote(PRICE)
    working = desk.buy(10, limit_units=PRICE)
    desk.accept(working)
    desk.cancel(working)
    assert codes(desk, BUY, 1) == ["MAX_POSITION_QUANTITY"], "it may still fill"
    desk.say(kinds.CANCEL_REJECTED, working, "ALREADY_FILLED")
    assert codes(desk, BUY, 1) == ["MAX_POSITION_QUANTITY"]
    desk.fill(working, 10, PRICE)
    assert (desk.net(), desk.state(working).status) == (10, "FILLED")
    assert codes(desk, BUY, 1) == ["MAX_POSITION_QUANTITY"]


def test_case_passivbot_514_a_fill_behind_its_cancel_is_booked_and_told() -> None:
    desk = Desk()
    desk.quote(PRICE)
    working = desk.buy(10, limit_units=PRICE)
    desk.accept(working)
    desk.cancel(working)
    desk.say(kinds.CANCELLED, working)
    desk.fill(working, 10, PRICE)
    assert (desk.net(), desk.state(working).status, desk.alarms()) == (10, "FILLED", ["LATE_FILL"])


def test_case_freqtrade_8374_an_exit_is_as_large_as_what_was_filled() -> None:
    """freqtrade#8374, #12343: 172.1 asked for, a part filled, the rest cancelled; 196.5 sold."""
    desk = Desk()
    desk.quote(PRICE)
    entry = desk.buy(1_721, limit_units=PRICE)
    desk.accept(entry)
    desk.fill(entry, 721, PRICE)
    desk.cancel(entry)
    desk.say(kinds.CANCELLED, entry)
    assert codes(desk, SELL, 1_721, closing=True) == ["REDUCE_ONLY"]
    (decision,) = desk.close(SELL)
    assert (decision.approved, decision.orders[0].quantity) == (True, 721)
    desk.fill(decision.orders[0].id, 721, PRICE)
    assert desk.net() == 0


def test_case_freqtrade_3802_an_exit_that_filled_in_part_does_not_stand_for_ever() -> None:
    """freqtrade#3802, #7444: no order is older than its time without a next action."""
    desk = Desk(account_of(native_exits=True), limits={"stopFillSeconds": 30})
    desk.quote(PRICE)
    (decision,) = desk.want(BUY, 10, stop_loss=PRICE - 500)
    entry, stop = (order.id for order in decision.orders)
    desk.fill(entry, 10, PRICE)
    desk.accept(stop)
    desk.say(kinds.TRIGGERED, stop)
    desk.fill(stop, 3, PRICE - 500)
    desk.taken()
    desk.now += 31 * SECOND
    desk.quote(PRICE - 600)
    assert [order for order, _ in desk.cancelled()] == [stop]
    desk.say(kinds.CANCELLED, stop)
    (last,) = desk.submitted()
    assert desk.state(last).order.quantity == 7
    desk.fill(last, 7, PRICE - 600)
    assert desk.net() == 0


def test_case_alpaca_306_a_replace_that_failed_and_happened_is_one_order() -> None:
    """alpaca-trade-api-python#306, Alpaca-API#165, #111: the replace answered with an error and had happened; the order
    in its place had the first one's size, although a part was filled; stuck in pending_cancel."""
    desk = Desk(limits={"maxPositionQuantity": 20})
    desk.quote(PRICE)
    working = desk.buy(10, limit_units=PRICE)
    desk.accept(working)
    desk.fill(working, 4, PRICE)
    wish = desk.intent(BUY, 20, limit_units=PRICE, modifies=True)
    wish.order_id = working
    desk.took(None, desk.engine.modify(wish))
    desk.say(kinds.REPLACE_REJECTED, working, "UNKNOWN_ERROR")
    desk.replaced(working, 20, PRICE)
    assert desk.state(working).remaining() == 16, "what was filled belongs to it"
    assert codes(desk, BUY, 1) == ["MAX_POSITION_QUANTITY"]
    desk.fill(working, 16, PRICE)
    assert (desk.net(), desk.state(working).status, desk.alarms()) == (20, "FILLED", [])


def test_case_alpaca_111_a_cancel_without_an_answer_is_looked_up_and_asked_for_again() -> None:
    desk = Desk()
    desk.quote(PRICE)
    working = desk.buy(10, limit_units=PRICE)
    desk.accept(working)
    desk.cancel(working)
    desk.feed(Started(desk.tick(), 2, []))
    desk.taken()
    desk.took(None, desk.engine.look_up())
    desk.found(working)
    desk.taken()
    desk.cancel(working)
    assert desk.cancelled() == [(working, "STRATEGY")]


@pytest.mark.parametrize("mode", ["netting", "hedging"])
def test_case_nautilus_963_a_flip_is_a_close_and_an_opening(mode: str) -> None:
    """nautilus#963, #1083: a wrong average price and an overstated result behind a flip through zero."""
    desk = Desk(account_of(mode=mode, leverage=2))
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    desk.quote(PRICE + 1_000)
    decisions = desk.want(SELL, 15)
    assert [order.quantity for decision in decisions for order in decision.orders] == (
        [10, 5] if mode == "netting" else [15]
    )
    for decision in decisions:
        order = decision.orders[0]
        desk.fill(order.id, order.quantity, PRICE + 1_000)
    book = desk.engine.book("main", "s", desk.on())
    if mode == "hedging":
        assert (book.long_size, book.short_size, book.realised) == (10, 15, 0)
        return
    assert (book.net, book.realised) == (-5, 100 * ONE)
    assert [lot.price_units for lot in book.lots] == [PRICE + 1_000]
    desk.quote(PRICE)
    (decision,) = desk.close(BUY)
    desk.fill(decision.orders[0].id, 5, PRICE)
    assert book.realised == (100 + 50) * ONE


def test_case_nautilus_4106_an_exit_never_opens() -> None:
    """A phantom short out of a reduce-only order."""
    desk = Desk()
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE)
    (first,) = desk.close(SELL)
    assert first.orders[0].flags
    assert codes(desk, SELL, 0, closing=True) == ["SIZE_INCREMENT", "REDUCE_ONLY"]
    assert codes(desk, SELL, 10, closing=True) == ["REDUCE_ONLY"]
    desk.fill(first.orders[0].id, 10, PRICE)
    assert desk.net() == 0


def test_case_freqtrade_2478_a_fee_in_the_base_currency_comes_out_of_what_is_owned() -> None:
    """freqtrade#2478, #528, #4324: 1598.4 owned and 1600 sold, refused; dust was left."""
    desk = Desk(account_of(kind="cash"), symbols=("BTCUSD",), cash=1_000_000)
    one, price = 10**8, 50_000
    desk.quote(price)
    entry = desk.buy(1_600 * one)
    desk.fill(entry, 1_600 * one, price, fee="1.6", currency="BTC")
    owned = 1_600 * one - one * 16 // 10
    assert desk.net() == owned
    assert codes(desk, SELL, 1_600 * one, closing=True) == ["REDUCE_ONLY"]
    (decision,) = desk.close(SELL)
    assert decision.orders[0].quantity == owned
    desk.fill(decision.orders[0].id, owned, price)
    assert (desk.net(), desk.cash("BTC")) == (0, 0)
