"""One boundary for every limit and every rule without one: an order whose value lies one unit below, at and one unit
above it.

`WHERE` says by code which of the three pass. `BOUNDARIES` makes, for a limit, or the code of a rule that has none, and
an offset of -1, 0 or +1 units, a desk and the wish to judge: its value is the limit + offset, everything else is far
from any limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.limits import Limits
from tradewright.model.control import ACTIVE, LagMeasured, TradingStateSet
from tradewright.model.exit_plan import plan_from
from tradewright.model.instrument import OrderRules
from tradewright.model.intent import Intent
from tradewright.model.market import Bar, Quote
from tradewright.model.notice import InstrumentStatus, Located
from tradewright.model.numbers import MONEY_MAX, SIZE_MAX

ONE = 10**18
PRICE = 10_000  # counts: 100.00

UP_TO = (True, True, False)
FROM = (False, True, True)
ONLY_AT = (False, True, False)
BELOW = (True, False, False)
ABOVE = (False, False, True)

#: code → whether it passes one unit below its limit, at it, one unit above it.
WHERE: dict[str, tuple[bool, bool, bool]] = {
    "OPEN_LIMIT_EXCEEDED": BELOW,
    "NO_OPEN_POSITION": FROM,
    "BUDGET_EXCEEDED": UP_TO,
    "OUTSIDE_SESSION": BELOW,
    "STRUCTURE_MISALIGNED": FROM,
    "MAX_TRADES_PER_DAY": BELOW,
    "COOLDOWN": FROM,
    "SPREAD_TOO_WIDE": UP_TO,
    "NEAR_DAILY_HIGH": FROM,
    "NEAR_DAILY_LOW": FROM,
    "MAX_CONCURRENT_TRADES_SYMBOL": BELOW,
    "MAX_CONCURRENT_TRADES_DIRECTION": BELOW,
    "MAX_CONCURRENT_TRADES_GLOBAL": BELOW,
    "MAX_DAILY_RISK_SYMBOL": UP_TO,
    "MAX_DAILY_RISK_GLOBAL": UP_TO,
    "TRADING_STATE": UP_TO,  # ACTIVE; one less is no state and counts as it
    "NOT_READY": FROM,
    "SYMBOL_NOT_TRADABLE": FROM,
    "EXIT_DUE": ABOVE,
    "PRICE_UNKNOWN": FROM,
    "PRICE_STALE": UP_TO,
    "PRICE_INCREMENT": ONLY_AT,
    "SIZE_INCREMENT": ONLY_AT,
    "SIZE_MINIMUM": FROM,
    "SIZE_MAXIMUM": UP_TO,
    "NOTIONAL_MINIMUM": FROM,
    "PRICE_BAND": UP_TO,
    "PRICE_COLLAR": UP_TO,
    "MAX_ORDER_VALUE": UP_TO,
    "MAX_ORDER_QUANTITY": UP_TO,
    "POSITION_RANGE": UP_TO,
    "MAX_POSITION_QUANTITY": UP_TO,
    "POSITION_LIMIT": UP_TO,
    "SHORT_NOT_ALLOWED": FROM,
    "INSUFFICIENT_FUNDS": UP_TO,
    "DAILY_LOSS_LIMIT": BELOW,
    "MAX_OPEN_POSITIONS": UP_TO,
    "REDUCE_ONLY": UP_TO,
    "MAX_TOTAL_EXPOSURE": UP_TO,
    "TOTAL_EXPOSURE_LIMIT": UP_TO,
    "DIRECTIONAL_EXPOSURE_LIMIT": UP_TO,
    "SECTOR_EXPOSURE_LIMIT": UP_TO,
    "CURRENCY_EXPOSURE_LIMIT": UP_TO,
    "MAX_LEVERAGE": UP_TO,
    "MARGIN_USE_LIMIT": UP_TO,
    "MARGIN_DEFICIT": FROM,
    "WEEKLY_LOSS_LIMIT": BELOW,
    "DRAWDOWN_LIMIT": BELOW,
    "LOSS_SPEED_LIMIT": BELOW,
    "PATTERN_DAY_TRADER": BELOW,
    "SESSION_DRAWDOWN": BELOW,
    "SESSION_TARGET": BELOW,
    "CONFIDENCE_TOO_LOW": FROM,
    "STRATEGY_NOT_ENABLED": FROM,
    "MARKET_CLOSED": FROM,
    "SYMBOL_BLOCKED": FROM,
    "SYMBOL_NOT_ALLOWED": FROM,
    "DUPLICATE_ORDER": FROM,
    "WASH_TRADE": BELOW,
    "SELF_TRADE": BELOW,
    "MESSAGE_LIMIT": UP_TO,
    "ORDER_TO_TRADE_RATIO": UP_TO,
    "REPEATED_EXECUTION": BELOW,
    "ACCOUNT_STALE": UP_TO,
    "RATE_STALE": UP_TO,
    "LOOP_LAG": UP_TO,
    "JOURNAL_LAG": UP_TO,
    "RECONCILIATION_LAG": UP_TO,
    "CLOCK_OFFSET": UP_TO,
    "MAX_VOLUME_SHARE": UP_TO,
    "MAX_TOUCH_SHARE": UP_TO,
    "CUMULATIVE_COLLAR": UP_TO,
    "INSTRUMENT_HALTED": FROM,
    "OUTSIDE_PRICE_LIMITS": UP_TO,
    "SHORT_SALE_RESTRICTED": ABOVE,
    "LOCATE_REQUIRED": UP_TO,
    "MAX_WORKING_ORDERS": UP_TO,
    "LIQUIDATION_DISTANCE": FROM,
}


class Case(NamedTuple):
    desk: Desk
    intent: Intent


def plain(rules: OrderRules | None = None, side: int = BUY, size: int = 10, **terms: Any) -> Case:
    desk = Desk(rules=rules)
    desk.quote(PRICE)
    return Case(desk, desk.intent(side, size, **terms))


def limited(name: str, value: Any, side: int = BUY, size: int = 10, **terms: Any) -> Case:
    case = plain(None, side, size, **terms)
    case.desk.engine.open_account(case.desk.engine.accounts["main"].terms, Limits({name: value}))
    return case


def set_limits(desk: Desk, **values: Any) -> None:
    desk.engine.open_account(desk.engine.accounts["main"].terms, Limits(values))


def outside_session(offset: int) -> Case:
    """22:13:20 on a Tuesday in UTC; the session ends at 22:20."""
    case = limited("sessions", [[[1], 22 * 60, 22 * 60 + 20, "UTC"]])
    case.desk.now = 1_700_000_000 * 10**9 + 400 * 10**9 + offset - 1
    case.desk.quote(PRICE)
    return case


def near_daily(name: str, side: int) -> Callable[[int], Case]:
    def case(offset: int) -> Case:
        made = limited(name, [10**9, False], side)
        for price in (PRICE + side * 100, PRICE - side * 300, PRICE - side * offset):
            made.desk.quote(price)
        return made

    return case


def trades(name: str, symbol: str = "ACME") -> Callable[[int], Case]:
    """Two trades, one of them only working, and a third."""

    def case(offset: int) -> Case:
        desk = Desk(symbols=("ACME", "ZETA"))
        for each in ("ACME", "ZETA"):
            desk.quote(PRICE, symbol=each)
        desk.filled(BUY, 1, PRICE, symbol=symbol)
        desk.buy(1, limit_units=PRICE - 1, symbol="ACME")
        set_limits(desk, **{name: 2 - offset})
        return Case(desk, desk.intent(BUY, 1))

    return case


def with_ask(case: Case, ask: int) -> Case:
    case.desk.quote(PRICE, ask)
    return case


def cooldown(offset: int) -> Case:
    case = limited("minCooldownMinutesBetweenTrades", 60 * 10**9)
    case.desk.buy(1)
    case.desk.now += 60 * 10**9 + offset - 1
    case.desk.quote(PRICE)
    return case


def daily_risk(name: str, planned: bool = False) -> Callable[[int], Case]:
    """10 shares from 100 to 95 are 50 dollars at risk; 10 more, still working, 50 more; and this trade's 50. The stops
    are said, or made by the account's plan."""

    def case(offset: int) -> Case:
        desk = Desk()
        desk.quote(PRICE)
        if planned:
            desk.engine.plans["account:main"] = plan_from({"stopLossPercent": 5})
        stop = {} if planned else {"stop_loss": PRICE - 500}
        desk.filled(BUY, 10, PRICE, **stop)
        desk.buy(10, limit_units=PRICE, **stop)
        set_limits(desk, **{name: 150 * ONE - offset})
        return Case(desk, desk.intent(BUY, 10, **stop))

    return case


def trading_state(offset: int) -> Case:
    case = plain()
    state = ACTIVE + offset
    case.desk.feed(TradingStateSet(case.desk.tick(), "all", state, "ann", "test"))
    return case


def not_ready(offset: int) -> Case:
    desk = Desk(account_of(remote=True))
    desk.quote(10_000)
    if 1 + offset:
        desk.connect()
        desk.shown()
    return Case(desk, desk.intent(BUY, 1))


def price_unknown(offset: int) -> Case:
    desk = Desk()
    if 1 + offset:
        desk.quote(1 + offset)
    return Case(desk, desk.intent(BUY, 1, limit_units=1))


def price_stale(offset: int) -> Case:
    case = limited("maxPriceAgeSeconds", 5 * 10**9)
    case.desk.now += 5 * 10**9 + offset - 1
    case.desk.deposit(1)
    return case


def exit_due(offset: int) -> Case:
    """It would be closed in the last 600 seconds before New York closes at 21:00 UTC."""
    desk = Desk(symbols=("NYSE",))
    desk.engine.plans["account:main"] = plan_from({"closeBeforeSessionEndSeconds": 600})
    desk.now = 1_700_082_000 * 10**9 - (600 * 10**9 + offset) - 1
    desk.quote(PRICE)
    return Case(desk, desk.intent(BUY, 10))


def reference_of_a_million(offset: int, limit_ppm: int, side: int) -> int:
    return 1_000_000 + side * (limit_ppm + offset)


def price_band(offset: int) -> Case:
    desk = Desk(rules=OrderRules(band_ppm=20_000))
    desk.quote(1_000_000)
    return Case(desk, desk.intent(BUY, 1, limit_units=reference_of_a_million(offset, 20_000, SELL)))


def price_collar(offset: int) -> Case:
    case = limited("priceCollarPercent", 20_000, BUY, 1, limit_units=reference_of_a_million(offset, 20_000, BUY))
    case.desk.quote(1_000_000)
    return case


def position_range(offset: int) -> Case:
    desk = Desk(account_of(leverage=10**9), cash=str(MONEY_MAX // ONE // 2))
    desk.quote(1)
    desk.filled(BUY, 5, 1)
    desk.buy(3)
    return Case(desk, desk.intent(BUY, SIZE_MAX - 8 + offset))


def position_quantity(offset: int) -> Case:
    case = limited("maxPositionQuantity", 18 * 10**9 - offset)
    case.desk.filled(BUY, 5, PRICE)
    case.desk.buy(3)
    return case


def position_share(offset: int) -> Case:
    """18 shares at 100 are 1800 of 1 000 000: 1800 ppm."""
    case = limited("maxPositionSizePercent", 1_800 - offset)
    case.desk.filled(BUY, 5, PRICE)
    case.desk.buy(3)
    return case


def short_not_allowed(offset: int) -> Case:
    return plain(OrderRules(shortable=offset >= 0), SELL)


def insufficient_funds(offset: int) -> Case:
    desk = Desk(cash="1000")
    desk.quote(PRICE)
    desk.engine.ledger.move_cash("main", "USD", -offset)
    return Case(desk, desk.intent(BUY, 10))


def open_positions(offset: int) -> Case:
    desk = Desk(symbols=("ACME", "ZETA"))
    for symbol in ("ACME", "ZETA"):
        desk.quote(PRICE, symbol=symbol)
    desk.engine.open_account(desk.engine.accounts["main"].terms, Limits({"maxOpenPositions": 2 - offset}))
    if offset <= 0:
        desk.filled(BUY, 1, PRICE, symbol="ZETA")
    else:
        desk.buy(1, symbol="ZETA")
    return Case(desk, desk.intent(BUY, 1))


def reduce_only(offset: int) -> Case:
    case = plain()
    case.desk.filled(BUY, 12, PRICE)
    case.desk.sell(4, closing=True, limit_units=PRICE + 1)
    case.intent.side, case.intent.closing, case.intent.quantity = SELL, True, 8 + offset
    return case


def open_limit(offset: int) -> Case:
    """One symbol is open, another pending, and a third is wanted."""
    desk = Desk(symbols=("ACME", "ZETA", "EURUSD"))
    for symbol in ("ACME", "ZETA", "EURUSD"):
        desk.quote(PRICE, symbol=symbol)
    desk.filled(BUY, 1, PRICE, symbol="ZETA")
    desk.buy(1, limit_units=PRICE - 1, symbol="EURUSD")
    set_limits(desk, **{"tradepicker.maxOpenPositions": 2 - offset})
    return Case(desk, desk.intent(BUY, 1))


def sale(offset: int) -> Case:
    """One is sold, and 1 + offset are held."""
    desk = Desk()
    desk.quote(PRICE)
    set_limits(desk, **{"tradepicker.sellRequiresLong": 1})
    if offset >= 0:
        desk.filled(BUY, 1 + offset, PRICE)
    return Case(desk, desk.intent(SELL, 1, closing=offset >= 0))


def budget(offset: int) -> Case:
    """3 of 100.00 are held, 2 are working at it, 4 are wanted."""
    desk = Desk()
    desk.quote(PRICE)
    desk.filled(BUY, 3, PRICE)
    desk.buy(2, limit_units=PRICE)
    set_limits(desk, **{"tradepicker.budget": 900 * ONE - offset})
    return Case(desk, desk.intent(BUY, 4))


def eighteen(name: str, limit: int, *symbols: str) -> Callable[[int], Case]:
    """5 shares held, 3 working and 10 asked for, each at 100 in a currency that is worth a dollar: 1800."""

    def case(offset: int) -> Case:
        desk = Desk(symbols=symbols or ("ACME",))
        for symbol in symbols[1:]:
            desk.quote(100_000, symbol=symbol)
        desk.quote(PRICE)
        desk.filled(BUY, 5, PRICE)
        desk.buy(3)
        set_limits(desk, **{name: limit - offset})
        return Case(desk, desk.intent(BUY, 10))

    return case


def lost(name: str, limit: int) -> Callable[[int], Case]:
    """50 dollars of a million are lost."""

    def case(offset: int) -> Case:
        desk = Desk()
        desk.quote(PRICE)
        set_limits(desk, **{name: limit - offset})
        desk.quote(PRICE)
        desk.filled(BUY, 10, PRICE)
        desk.engine.gate.targeted.clear()
        desk.engine.gate.guarded.clear()  # or the loss itself would halt the account
        desk.quote(PRICE - 500)
        return Case(desk, desk.intent(BUY, 1))

    return case


def gained(offset: int) -> Case:
    """50 dollars are made of the million that the week began with."""
    desk = Desk()
    desk.quote(PRICE)
    set_limits(desk, weeklyTarget=50 - offset)
    desk.filled(BUY, 10, PRICE)
    desk.engine.gate.targeted.clear()  # or the target itself would end the session
    desk.quote(PRICE + 500)
    return Case(desk, desk.intent(BUY, 1))


def day_trader(offset: int) -> Case:
    desk = Desk(cash="20000", limits={"maxDayTrades": 99})
    desk.quote(PRICE)
    for _ in range(3):
        desk.filled(BUY, 1, PRICE)
        desk.close(SELL)
        desk.fill(desk.submitted()[-1], 1, PRICE)
    set_limits(desk, maxDayTrades=3 - offset)
    return Case(desk, desk.intent(BUY, 1))


def market_closed(offset: int) -> Case:
    """The session of 2023-11-15 opens at 14:30 UTC."""
    desk = Desk(symbols=("NYSE",))
    set_limits(desk, requireMarketSession=1)
    desk.now = 1_700_058_600 * 10**9 + offset - 1
    desk.quote(PRICE)
    return Case(desk, desk.intent(BUY, 1))


def duplicate(offset: int) -> Case:
    case = limited("duplicateWindowSeconds", 60 * 10**9)
    case.desk.buy(10)
    case.desk.now += 60 * 10**9 + offset - 1
    case.desk.quote(PRICE)
    return case


def crossing(name: str, strategy: str) -> Callable[[int], Case]:
    def case(offset: int) -> Case:
        made = limited(name, 1, BUY, 1, limit_units=PRICE + 100 + offset)
        made.desk.sell(1, limit_units=PRICE + 100, strategy=strategy)
        return made

    return case


def messages(name: str, limit: int) -> Callable[[int], Case]:
    """One order that filled and one that works; this is the third message."""

    def case(offset: int) -> Case:
        made = limited(name, 99 * 10**6)
        made.desk.filled(BUY, 1, PRICE)
        made.desk.buy(1)
        set_limits(made.desk, **{name: limit - offset})
        return made

    return case


def repeated(offset: int) -> Case:
    case = limited("maxRepeatedExecutions", 99)
    for _ in range(2):
        case.desk.filled(BUY, 1, PRICE)
    set_limits(case.desk, maxRepeatedExecutions=2 - offset)
    return case


def account_stale(offset: int) -> Case:
    case = limited("maxAccountAgeSeconds", 5 * 10**9)
    case.desk.deposit(1)
    case.desk.now += 5 * 10**9 + offset - 1
    case.desk.quote(PRICE)
    return case


def rate_stale(offset: int) -> Case:
    desk = Desk(symbols=("SAPX", "EURUSD"))
    set_limits(desk, maxRateAgeSeconds=5 * 10**9)
    desk.quote(100_000, symbol="EURUSD")
    desk.now += 5 * 10**9 + offset - 1
    desk.quote(PRICE)
    return Case(desk, desk.intent(BUY, 10))


def lag(name: str, code: str) -> Callable[[int], Case]:
    def case(offset: int) -> Case:
        made = limited(name, 10**9)
        made.desk.feed(LagMeasured(made.desk.tick(), code, 10**9 + offset))
        return made

    return case


def volume_share(offset: int) -> Case:
    """The end of a day, a day of 1000 shares, a day that has begun: 10 shares are one percent."""
    case = limited("maxVolumePercent", 10_000 - offset)
    for hours, volume in ((1, 7), (12, 400), (10, 600), (4, 9)):
        now = case.desk.now = case.desk.now + hours * 3_600 * 10**9
        case.desk.feed(Bar(now, case.desk.on(), now - 60 * 10**9, PRICE, PRICE, PRICE, PRICE, volume))
    return case


def touch_share(offset: int) -> Case:
    case = limited("maxTouchPercent", 10_000 - offset)
    case.desk.feed(Quote(case.desk.tick(), case.desk.on(), PRICE, PRICE, 7, 1000))
    return case


def cumulative_collar(offset: int) -> Case:
    case = limited("cumulativeCollarPercent", 20_000, BUY, 1, limit_units=reference_of_a_million(offset, 20_000, BUY))
    case.desk.now += 10**9
    case.desk.quote(1_000_000)
    case.desk.now += 10**9
    case.desk.quote(1_010_000)
    return case


def with_status(name: str, side: int = BUY, *status: Any, **terms: Any) -> Case:
    case = limited(name, 1, side, **terms)
    case.desk.feed(InstrumentStatus(case.desk.tick(), 0, *status))
    return case


def locate(offset: int) -> Case:
    """Four are short, three are on their way, and these are ten."""
    case = limited("requireLocate", 1, SELL)
    case.desk.feed(Located(case.desk.tick(), "main", 0, 99))
    case.desk.filled(SELL, 4, PRICE)
    case.desk.sell(3, limit_units=PRICE + 500)
    case.desk.feed(Located(case.desk.tick(), "main", 0, 17 - offset))
    return case


def working_orders(offset: int) -> Case:
    """One position and two openings at work; this is the third."""
    case = limited("maxWorkingOrders", 99)
    case.desk.filled(BUY, 1, PRICE)
    for strategy in ("s", "t"):
        case.desk.buy(1, limit_units=PRICE - 500, strategy=strategy)
    set_limits(case.desk, maxWorkingOrders=3 - offset)
    return case


def liquidation(offset: int) -> Case:
    """8 are held and 10 wanted at 100; equity is a million, of which the venue keeps a quarter of 1800."""
    value, equity, kept = 1_800, 1_000_000, 250_000
    distance = (equity * 10**6 - kept * value) * 10**6 // (value * (10**6 + kept))
    case = plain()
    case.desk.filled(BUY, 8, PRICE)
    set_limits(case.desk, minLiquidationDistancePercent=distance - offset, maintenanceMarginPercent=kept)
    return case


#: By limit, or by code where the rule has none.
BOUNDARIES: dict[str, Callable[[int], Case]] = {
    "tradepicker.maxOpenPositions": open_limit,
    "tradepicker.sellRequiresLong": sale,
    "tradepicker.budget": budget,
    "sessions": outside_session,
    "requireStructureAlignment": lambda offset: limited(
        "requireStructureAlignment", 1, inputs=(("structure", float(1 + offset)),)
    ),
    "maxTradesPerDay": trades("maxTradesPerDay"),
    "minCooldownMinutesBetweenTrades": cooldown,
    "maxSpread": lambda offset: with_ask(limited("maxSpread", [5 * 10**7, False]), PRICE + 5 + offset),
    "minDistanceFromDailyHigh": near_daily("minDistanceFromDailyHigh", BUY),
    "minDistanceFromDailyLow": near_daily("minDistanceFromDailyLow", SELL),
    "maxConcurrentTradesPerSymbol": trades("maxConcurrentTradesPerSymbol"),
    "maxConcurrentTradesPerDirection": trades("maxConcurrentTradesPerDirection"),
    "maxConcurrentTradesGlobal": trades("maxConcurrentTradesGlobal", symbol="ZETA"),
    "maxDailyRiskPerSymbol": daily_risk("maxDailyRiskPerSymbol"),
    "maxDailyRiskGlobal": daily_risk("maxDailyRiskGlobal"),
    "TRADING_STATE": trading_state,
    "NOT_READY": not_ready,
    "SYMBOL_NOT_TRADABLE": lambda offset: plain(OrderRules(tradable=offset >= 0)),
    "EXIT_DUE": exit_due,
    "PRICE_UNKNOWN": price_unknown,
    "maxPriceAgeSeconds": price_stale,
    "PRICE_INCREMENT": lambda offset: plain(OrderRules(tick=5), limit_units=PRICE + offset),
    "SIZE_INCREMENT": lambda offset: plain(OrderRules(step=5), size=10 + offset),
    "SIZE_MINIMUM": lambda offset: plain(OrderRules(size_min=10), size=10 + offset),
    "SIZE_MAXIMUM": lambda offset: plain(OrderRules(size_max=10), size=10 + offset),
    "NOTIONAL_MINIMUM": lambda offset: plain(OrderRules(notional_min=1000 * ONE - offset)),
    "PRICE_BAND": price_band,
    "priceCollarPercent": price_collar,
    "maxOrderValue": lambda offset: limited("maxOrderValue", 1000 * ONE - offset),
    "maxOrderQuantity": lambda offset: limited("maxOrderQuantity", 10 * 10**9 - offset),
    "POSITION_RANGE": position_range,
    "maxPositionQuantity": position_quantity,
    "maxPositionSizePercent": position_share,
    "SHORT_NOT_ALLOWED": short_not_allowed,
    "INSUFFICIENT_FUNDS": insufficient_funds,
    "maxDailyLoss": lost("maxDailyLoss", 50 * ONE),
    "maxDailyLossPercent": lost("maxDailyLossPercent", 50),
    "maxOpenPositions": open_positions,
    "REDUCE_ONLY": reduce_only,
    "maxTotalExposure": eighteen("maxTotalExposure", 1_800 * ONE),
    "maxTotalExposurePercent": eighteen("maxTotalExposurePercent", 1_800),
    "maxDirectionalExposurePercent": eighteen("maxDirectionalExposurePercent", 1_800),
    "maxSectorExposurePercent": eighteen("maxSectorExposurePercent", 1_800),
    "maxCurrencyExposurePercent": eighteen("maxCurrencyExposurePercent", 1_800, "SAPX", "EURUSD"),
    "maxLeverage": eighteen("maxLeverage", 1_800),
    "maxMarginUsePercent": eighteen("maxMarginUsePercent", 1_800),
    "minMaintenanceMarginPercent": eighteen("minMaintenanceMarginPercent", 1_000_000 * 1_000_000 // 1_800),
    "maxWeeklyLoss": lost("maxWeeklyLoss", 50 * ONE),
    "maxWeeklyLossPercent": lost("maxWeeklyLossPercent", 50),
    "maxDrawdownPercent": lost("maxDrawdownPercent", 50),
    "maxLossInWindow": lost("maxLossInWindow", 50 * ONE),
    "maxDayTrades": day_trader,
    "maxDrawdown": lost("maxDrawdown", 50),
    "weeklyTarget": gained,
    "minConfidence": lambda offset: limited("minConfidence", 600_000, confidence=(600_000 + offset) / 10**6),
    "enabledStrategies": lambda offset: limited("enabledStrategies", ["t"] if offset < 0 else ["s"]),
    "requireMarketSession": market_closed,
    "blockedSymbols": lambda offset: limited("blockedSymbols", ["ACME"] if offset < 0 else ["ZETA"]),
    "allowedSymbols": lambda offset: limited("allowedSymbols", ["ZETA"] if offset < 0 else ["ACME"]),
    "duplicateWindowSeconds": duplicate,
    "enableWashTradeProtection": crossing("enableWashTradeProtection", "s"),
    "enableSelfTradeProtection": crossing("enableSelfTradeProtection", "t"),
    "maxMessagesPerMinute": messages("maxMessagesPerMinute", 3),
    "maxOrderToTradeRatio": messages("maxOrderToTradeRatio", 3 * 10**6),
    "maxRepeatedExecutions": repeated,
    "maxAccountAgeSeconds": account_stale,
    "maxRateAgeSeconds": rate_stale,
    "maxLoopLagSeconds": lag("maxLoopLagSeconds", "LOOP_LAG"),
    "maxJournalLagSeconds": lag("maxJournalLagSeconds", "JOURNAL_LAG"),
    "maxReconciliationLagSeconds": lag("maxReconciliationLagSeconds", "RECONCILIATION_LAG"),
    "maxClockOffsetSeconds": lag("maxClockOffsetSeconds", "CLOCK_OFFSET"),
    "maxVolumePercent": volume_share,
    "maxTouchPercent": touch_share,
    "cumulativeCollarPercent": cumulative_collar,
    "enableHaltProtection": lambda offset: with_status(
        "enableHaltProtection", BUY, "TRADING" if offset >= 0 else "HALTED"
    ),
    "enablePriceLimitProtection": lambda offset: with_status(
        "enablePriceLimitProtection", BUY, "TRADING", PRICE - 500, PRICE + 500, limit_units=PRICE + 500 + offset
    ),
    "enableShortSaleRestriction": lambda offset: with_status(
        "enableShortSaleRestriction", SELL, "TRADING", 0, 0, True, limit_units=PRICE + offset
    ),
    "requireLocate": locate,
    "maxWorkingOrders": working_orders,
    "minLiquidationDistancePercent": liquidation,
}

#: Further boundaries of a rule that looks at more than one thing: what is special about each → (code, case).
FURTHER: dict[str, tuple[str, Callable[[int], Case]]] = {
    "stops that a plan makes": ("MAX_DAILY_RISK_SYMBOL", daily_risk("maxDailyRiskPerSymbol", planned=True)),
    "the same over all symbols": ("MAX_DAILY_RISK_GLOBAL", daily_risk("maxDailyRiskGlobal", planned=True)),
    "a pair's base is foreign": (
        "CURRENCY_EXPOSURE_LIMIT",
        eighteen("maxCurrencyExposurePercent", 1_800, "EURUSD"),
    ),
}
