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
from tradewright.model.control import HALTED, LimitsSet, LimitWaived, TradingStateSet
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
        if sent == 100 and not decision.approved:
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
