"""How much of a limit is used can be read of every limit on what is held, lost, sent or known, without an order."""

from __future__ import annotations

import pytest

from tests.unit.core.boundaries import BOUNDARIES, PRICE, Case
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tests.unit.core.test_limits import put
from tradewright.core.gate import Use
from tradewright.core.risk import Rule
from tradewright.core.stations import RULES
from tradewright.model.notice import Located

#: What bounds one order, one instrument or one moment alone: without an order there is nothing to measure.
OF_ONE_ORDER = {
    "NO_OPEN_POSITION", "OUTSIDE_SESSION", "STRUCTURE_MISALIGNED", "SPREAD_TOO_WIDE", "NEAR_DAILY_HIGH",
    "NEAR_DAILY_LOW", "PRICE_COLLAR", "MAX_ORDER_VALUE", "MAX_ORDER_QUANTITY", "CONFIDENCE_TOO_LOW",
    "STRATEGY_NOT_ENABLED", "MARKET_CLOSED", "SYMBOL_BLOCKED", "SYMBOL_NOT_ALLOWED", "DUPLICATE_ORDER", "WASH_TRADE",
    "SELF_TRADE", "MAX_VOLUME_SHARE", "MAX_TOUCH_SHARE", "CUMULATIVE_COLLAR", "INSTRUMENT_HALTED",
    "OUTSIDE_PRICE_LIMITS", "SHORT_SALE_RESTRICTED",
}  # fmt: skip
SECOND = 10**9
LIMITED = [rule for rule in RULES if rule.limit]


def granted(case: Case) -> Desk:
    """The desk of a rule's boundary, far enough within its limit that the wish is granted and works."""
    desk = case.desk
    desk.engine.judge(case.intent)
    return desk


@pytest.mark.parametrize("rule", LIMITED, ids=lambda rule: rule.code)
def test_every_limit_on_a_state_tells_what_of_it_is_used(rule: Rule) -> None:
    code = rule.code
    desk = granted(BOUNDARIES[rule.limit](0))
    uses = [use for use in desk.engine.utilisation() if use.code == code]
    assert bool(uses) is (code not in OF_ONE_ORDER)
    for use in uses:
        assert use.value is not None and use.limit is not None and use.limit > 0
        assert use.ppm is not None


def test_what_is_of_one_order_is_a_rule_that_is_there() -> None:
    assert {rule.code for rule in LIMITED} >= OF_ONE_ORDER


def uses_of(desk: Desk, **limits: object) -> dict[str, Use]:
    put(desk, "owner:ann", **limits)
    return {use.name: use for use in desk.engine.utilisation()}


def two_accounts() -> Desk:
    """In energy ann holds 30 in one account, 20 more are asked for at 100, and she is 10 short in the other; 4 of ZETA
    at 100 are of no sector. Her equity is two million."""
    desk = Desk(account_of("one", owner="ann"), account_of("two", owner="ann"), symbols=("ACME", "ZETA"))
    desk.quote(PRICE)
    desk.quote(100 * PRICE, symbol="ZETA")
    put(desk, "owner:ann", maxMessagesPerMinute=1000, maxRepeatedExecutions=99, maxLossInWindow=10**6)
    desk.filled(BUY, 30, PRICE, account="one")
    desk.filled(SELL, 10, PRICE, account="two")
    desk.filled(BUY, 400, 100 * PRICE, account="two", symbol="ZETA")
    desk.accept(desk.buy(20, account="one", limit_units=PRICE))
    return desk


def test_what_is_used_is_worked_out_by_hand() -> None:
    desk = two_accounts()
    desk.quote(PRICE)
    uses = uses_of(
        desk, maxPositionQuantity=100, maxPositionSizePercent=1, maxSectorExposurePercent=1, maxWorkingOrders=4,
        maxConcurrentTradesPerDirection=4, maxOpenPositions=4, minMaintenanceMarginPercent=25,
        minLiquidationDistancePercent=10, maintenanceMarginPercent=100, maxMessagesPerMinute=20, messageReserve=10,
        maxOrderToTradeRatio=4, maxRepeatedExecutions=4, maxLossInWindow=100,
    )  # fmt: skip
    seen = {name: (use.value, use.ppm) for name, use in uses.items()}
    assert seen == {
        "maxPositionQuantity": (50 * 10**9, 500_000),  # 30 and the 20 that work
        "maxPositionSizePercent": (2_500, 250_000),  # 5 000 of two million
        "maxSectorExposurePercent": (3_000, 300_000),  # 60 shares on both sides
        "maxWorkingOrders": (1, 250_000),
        "maxConcurrentTradesPerDirection": (2, 500_000),  # long in ACME: one open, one at work
        "maxOpenPositions": (3, 750_000),
        "minMaintenanceMarginPercent": (312_500_000, 800),  # two million over the 6 400 that are held
        "minLiquidationDistancePercent": (155_750_000, 643),  # (312.5 - 1) / 2
        "maxMessagesPerMinute": (2, 200_000),  # of ten: ten more are kept for cancels and exits
        "maxOrderToTradeRatio": (2_000_000, 500_000),  # two messages of one account for its one fill
        "maxRepeatedExecutions": (1, 250_000),
        "maxLossInWindow": (0, 0),
    }


def test_the_loss_within_minutes_is_that_of_the_account_that_lost_most() -> None:
    desk = two_accounts()
    desk.quote(PRICE)
    desk.quote(PRICE - 100)
    uses = uses_of(desk, maxLossInWindow=100)
    assert (uses["maxLossInWindow"].value, uses["maxLossInWindow"].ppm) == (30 * 10**18, 300_000)


def test_a_foreign_currency_counts_what_is_held_in_it() -> None:
    desk = Desk(account_of(leverage=50), symbols=("EURUSD", "USDJPY"))
    desk.quote(100_000, symbol="EURUSD")
    desk.quote(100_000, symbol="USDJPY")
    desk.filled(BUY, 100, 100_000, symbol="EURUSD")
    put(desk, "account:main", maxCurrencyExposurePercent=40)
    (use,) = desk.engine.utilisation()
    assert (use.name, use.value, use.ppm) == ("maxCurrencyExposurePercent", 100_000, 250_000)
    desk.filled(BUY, 300, 100_000, symbol="USDJPY")
    (use,) = desk.engine.utilisation()
    assert use.value == 300_000, "the currency of which most is held: 300 000 dollars against yen"


def test_what_can_not_be_known_is_said_to_be_unknown() -> None:
    """A lag that was never measured, an account never heard of: nothing opens."""
    desk = Desk()
    put(desk, "all", maxLoopLagSeconds=1, maxAccountAgeSeconds=60)
    uses = {use.name: (use.value, use.ppm) for use in desk.engine.utilisation()}
    assert uses == {"maxLoopLagSeconds": (None, None), "maxAccountAgeSeconds": (None, None)}


def ages(desk: Desk, **limits: int) -> dict[str, tuple[int | None, int | None]]:
    put(desk, "account:main", **limits)
    return {use.name: (use.value, use.ppm) for use in desk.engine.utilisation()}


def test_of_a_cooldown_what_is_left_is_used() -> None:
    desk = Desk(symbols=("ACME", "ZETA"))
    desk.quote(PRICE)
    desk.quote(PRICE, symbol="ZETA")
    assert ages(desk, minCooldownMinutesBetweenTrades=1) == {"minCooldownMinutesBetweenTrades": (0, 0)}
    desk.buy(1, symbol="ZETA")
    desk.now += 10 * SECOND
    desk.deposit(1)
    desk.buy(1)
    desk.now += 45 * SECOND - 1
    desk.deposit(1)
    assert [(use.value, use.ppm) for use in desk.engine.utilisation()] == [(15 * SECOND, 250_000)]
    desk.now += 60 * SECOND
    desk.deposit(1)
    assert [use.value for use in desk.engine.utilisation()] == [0]


def test_the_oldest_price_and_rate_of_what_was_traded_are_told() -> None:
    desk = Desk(symbols=("SAPX", "EURUSD", "ZETA"))
    desk.quote(PRICE, symbol="ZETA")  # which nobody trades
    desk.now += 100 * SECOND
    desk.quote(110_000, symbol="EURUSD")
    desk.now += 3 * SECOND - 1
    desk.quote(PRICE)
    desk.buy(1)
    desk.now += 5 * SECOND - 2  # the event and the limits come a nanosecond later each
    desk.deposit(1)
    assert ages(desk, maxPriceAgeSeconds=10, maxRateAgeSeconds=40) == {
        "maxPriceAgeSeconds": (5 * SECOND, 500_000), "maxRateAgeSeconds": (8 * SECOND, 200_000),
    }  # fmt: skip
    for mark in desk.engine.marks.marks:
        mark.bid = mark.ask = mark.last = 0
    assert [(use.value, use.ppm) for use in desk.engine.utilisation()] == [(None, None), (None, None)]


def test_of_what_was_located_the_fullest_is_told_and_first_what_was_not() -> None:
    desk = Desk(symbols=("ACME", "ZETA"))
    for symbol in ("ACME", "ZETA"):
        desk.quote(PRICE, symbol=symbol)
    assert ages(desk, requireLocate=True) == {}, "nothing is short"
    desk.feed(Located(desk.tick(), "main", 0, 40))
    desk.feed(Located(desk.tick(), "main", 1, 10_000))
    desk.filled(SELL, 10, PRICE)
    desk.sell(20, limit_units=PRICE + 100)
    desk.sell(2_500, limit_units=PRICE + 100, symbol="ZETA")
    (use,) = desk.engine.utilisation()
    assert (use.value, use.limit, use.unit, use.ppm) == (30 * SECOND, 40 * SECOND, "quantity", 750_000)
    desk.now += 24 * 3_600 * SECOND
    desk.quote(PRICE)
    desk.feed(Located(desk.tick(), "main", 1, 10_000))
    (use,) = desk.engine.utilisation()
    assert (use.value, use.limit, use.ppm) == (30 * SECOND, None, None), "that of yesterday is over"
