"""For each key of a file of settings a pair of backtests that differ in it alone, as data.

A pair says what is configured with the key and without it, what the strategies want (`Scripted`, by the bars it saw),
which market comes, and the code that refuses in exactly one of both runs, where the key is one that refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.desk import ACCOUNT, share
from tradewright.model.control import LagMeasured
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument
from tradewright.model.notice import InstrumentStatus, Located

Script = dict[str, list[list[Any]]]
HERE = Path(__file__).parent / "strategies.py"
#: Tuesday 2026-11-17 00:00 UTC, and twenty minutes before New York closes on that day.
MIDNIGHT, EVENING = 1_794_873_600, 1_794_873_600 + (20 * 60 + 40) * 60


def buys(*bars: int, size: int | None = 10, **terms: Any) -> Script:
    """A buy after each of these bars."""
    sized = {} if size is None else {"size": size}
    return {f"bar {bar}": [["buy", {**sized, **terms}]] for bar in bars}


def says(bar: int, action: str = "BUY", confidence: float = 0.9, **more: Any) -> Script:
    """A signal after that bar."""
    return {f"bar {bar}": [["signal", {"action": action, "confidence": confidence, "reasoning": "so it is", **more}]]}


def flat(count: int = 6, *symbols: str) -> list[tuple[int, str, str]]:
    """(minute, symbol, price) rows: one price for all."""
    return [(minute, symbol, "100") for minute in range(count) for symbol in symbols or ("ACME",)]


def path(*prices: object) -> list[tuple[int, str, str]]:
    return [(minute, "ACME", str(price)) for minute, price in enumerate(prices)]


ONE, TWO, SHORT = buys(3), buys(1, 3), {"bar 3": [["sell", {"size": 10}]]}
FALLING, RISING = path(100, 100, 90, 90, 90, 90, 90), path(100, 101, 103, 103, 103, 103)
#: Up and down again, as trailing and break-even want it.
HILL = path(100, 100, 102, 104, 104, 101, 99, 97, 97)
#: Two instruments of which the second was seen once.
SILENT = [(0, "ZETA", "100"), *flat(5)]
EUROPE = [(0, "EURUSD", "1"), *[(minute, "SAPX", "100") for minute in range(5)]]
TWO_SHARES = ["ACME", "ZETA"]
#: One instance that sees both symbols: `A` takes the first, `B` the second two bars later.
ON_ACME = ("Pair", {"script": {"bar 1": [["buy", {"size": 1, "symbol": "ACME"}]]}})
ON_ZETA = ("Pair", {"script": {"bar 5": [["buy", {"size": 1, "symbol": "ZETA"}]]}})
#: `A` says so with the second bar of ACME and waits for the cycle; `B` orders ZETA with the third.
WAITS = ("Pair", {"script": says(3, symbol="ACME")})
HURRIES = ("Pair", {"script": {"bar 6": [["buy", {"size": 1, "symbol": "ZETA"}]]}})
CYCLE: dict[str, Any] = {
    "strategies": {"A": {"decideOn": "cycle", "cycleSeconds": 300}}, "tradepicker": {"maxOpenPositions": 1},
}  # fmt: skip


def instrument(symbol: str, calendar: str = "always") -> Instrument:
    return {
        "SAPX": Instrument("SAPX", "sim", "equity", "SAPX", "EUR", 2, 0),
        "EURUSD": Instrument("EURUSD", "sim", "forex", "EUR", "USD", 5, 2, 100_000),
        "XAUUSD": Instrument("XAUUSD", "sim", "metal", "XAU", "USD", 2, 2, 100),
    }.get(symbol) or share(symbol, calendar)


@dataclass(frozen=True)
class Pair:
    """settings: with the key; without: the file that differs in it alone, {} = an empty one. code: refused in exactly
    one of both, for what is known. strategies: scripts, or (class, parameters); quotes: the market's rows are bid and
    ask, and their sizes where there are any. fed: what else the engine is told before the first minute, each made of a
    time. options: of the run beside the file; begins: the first minute, in seconds."""

    settings: dict[str, Any]
    without: dict[str, Any] = field(default_factory=dict)
    strategies: tuple[Any, ...] = (TWO,)
    market: list[Any] = field(default_factory=flat)
    code: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    symbols: list[str] = field(default_factory=lambda: ["ACME"])
    calendar: str = "always"
    begins: int = MIDNIGHT
    quotes: bool = False
    fed: tuple[Callable[[int], Event], ...] = ()


def risk(
    key: str, value: Any, code: str, *strategies: Any, beside: dict[str, Any] | None = None, other: Any = None,
    **more: Any,
) -> Pair:  # fmt: skip
    """A limit of the account that is set, and one that is not, or that is `other`."""
    block = beside or {}
    chosen = {"strategies": strategies} if strategies else {}
    without = {"risk": block} if block else {}
    if other is not None:
        without = {"risk": {**block, key: other}}
    return Pair({"risk": {**block, key: value}}, without, code=code, **chosen, **more)  # type: ignore[arg-type]


def lag(key: str, code: str) -> Pair:
    """Two seconds were measured."""
    return risk(key, 1, code, ONE, other=3, fed=(lambda time: LagMeasured(time, code, 2 * 10**9),))


def status(key: str, code: str, *strategies: Any, **said: Any) -> Pair:
    """The venue has said that of the instrument."""
    return risk(key, True, code, *strategies, fed=(lambda time: InstrumentStatus(time, 0, **said),))


def shares(**more: Any) -> dict[str, Any]:
    return {"market": flat(6, *TWO_SHARES), "symbols": TWO_SHARES, **more}


DAY = [{"days": ["mon"], "from": "00:00", "to": "24:00", "zone": "UTC"}]
WIDE = [(minute, "ACME", "100", "101") for minute in range(5)]
#: A thousand shares at the touch.
DEEP = [(*row, "1000", "1000") for row in WIDE]
#: A day, another, and the begin of a third, of a million shares each.
DAYS = [(minute, "ACME", "100") for minute in (0, 1_440, 2_880, 2_881)]
DECLINE = path(100, 99, 98, 97, 96)
CROSS: Script = {"bar 1": [["sell", {"size": 1, "limit": 105}]], "bar 2": [["buy", {"size": 1, "limit": 105}]]}
POST: Script = {"bar 1": [["buy", {"size": 1, "limit": 110, "post_only": True}]], **buys(4, size=1)}
TWICE: Script = {"bar 1": [["buy", {"size": 1}], ["buy", {"size": 2}]]}
#: A stop with a limit that the market jumps over.
STOPPED: Script = {**buys(1), "bar 2": [["protect", {"stop_loss": 99, "limit": "98.90"}]]}
#: Comes down to a limit that has rested for five minutes.
LATE = path(100, 100, 100, 100, 100, 100, 94, 94)
JUMP = path(100, 100, 98, 98, 98, 98, 97, 97)

LIMIT_PAIRS: dict[str, Pair] = {
    "maxOrderValue": risk("maxOrderValue", 999, "MAX_ORDER_VALUE"),
    "maxOrderQuantity": risk("maxOrderQuantity", 9, "MAX_ORDER_QUANTITY"),
    "maxPositionQuantity": risk("maxPositionQuantity", 19, "MAX_POSITION_QUANTITY"),
    "maxPositionSizePercent": risk("maxPositionSizePercent", 0.19, "POSITION_LIMIT"),
    "maxOpenPositions": risk("maxOpenPositions", 1, "MAX_OPEN_POSITIONS", **shares()),
    "maxDailyLoss": risk("maxDailyLoss", 99, "DAILY_LOSS_LIMIT", market=FALLING),
    "maxDailyLossPercent": risk("maxDailyLossPercent", "0.0099", "DAILY_LOSS_LIMIT", market=FALLING),
    "priceCollarPercent": risk("priceCollarPercent", 2, "PRICE_COLLAR", buys(2, size=1, limit=103)),
    "maxPriceAgeSeconds": risk(
        "maxPriceAgeSeconds", 60, "PRICE_STALE", ("Pair", {"script": buys(5, size=1, symbol="ZETA")}), market=SILENT,
        symbols=TWO_SHARES,
    ),
    "sessions": risk("sessions", DAY, "OUTSIDE_SESSION", ONE),
    "requireStructureAlignment": risk(
        "requireStructureAlignment", True, "STRUCTURE_MISALIGNED", ("Facing", {"script": ONE}), market=DECLINE
    ),
    "maxTradesPerDay": risk("maxTradesPerDay", 1, "MAX_TRADES_PER_DAY"),
    "minCooldownMinutesBetweenTrades": risk("minCooldownMinutesBetweenTrades", 10, "COOLDOWN"),
    "maxSpread": risk("maxSpread", 0.99, "SPREAD_TOO_WIDE", ONE, market=WIDE, quotes=True),
    "minDistanceFromDailyHigh": risk("minDistanceFromDailyHigh", 1, "NEAR_DAILY_HIGH"),
    "minDistanceFromDailyLow": risk("minDistanceFromDailyLow", {"points": 1}, "NEAR_DAILY_LOW", SHORT),
    "maxConcurrentTradesPerSymbol": risk("maxConcurrentTradesPerSymbol", 1, "MAX_CONCURRENT_TRADES_SYMBOL"),
    "maxConcurrentTradesPerDirection": risk("maxConcurrentTradesPerDirection", 1, "MAX_CONCURRENT_TRADES_DIRECTION"),
    "maxConcurrentTradesGlobal": risk("maxConcurrentTradesGlobal", 1, "MAX_CONCURRENT_TRADES_GLOBAL"),
    "maxDailyRiskPerSymbol": risk("maxDailyRiskPerSymbol", 100, "MAX_DAILY_RISK_SYMBOL"),
    "maxDailyRiskGlobal": risk("maxDailyRiskGlobal", 100, "MAX_DAILY_RISK_GLOBAL"),
    "defaultRiskEstimate": risk(
        "defaultRiskEstimate", 101, "MAX_DAILY_RISK_GLOBAL", ONE, beside={"maxDailyRiskGlobal": 100}
    ),
    "riskModel": risk(
        "riskModel", "price_distance", "MAX_DAILY_RISK_GLOBAL", buys(2, size=1, stop_loss=95),
        beside={"maxDailyRiskGlobal": 100}, market=[(minute, "XAUUSD", "100") for minute in range(5)],
        symbols=["XAUUSD"],
    ),
    "tradepicker.maxOpenPositions": Pair(
        {"tradepicker": {"maxOpenPositions": 1}}, code="OPEN_LIMIT_EXCEEDED", **shares()
    ),
    "tradepicker.sellRequiresLong": Pair(
        {"tradepicker.sellRequiresLong": True}, strategies=(SHORT,), code="NO_OPEN_POSITION"
    ),
    "tradepicker.budget": Pair({"tradepicker": {"budget": 1500}}, code="BUDGET_EXCEEDED"),
    "tradepicker.key": Pair(
        {"tradepicker": {"maxOpenPositions": 1, "key": "account_strategy"}}, {"tradepicker": {"maxOpenPositions": 1}},
        (ON_ACME, ON_ZETA), code="OPEN_LIMIT_EXCEEDED", **shares(),
    ),
    "tradepicker.reserveOnOpen": Pair(
        {**CYCLE, "tradepicker.reserveOnOpen": True}, CYCLE, (WAITS, HURRIES), **shares(),
    ),
    "tradepicker.reservationTtlMs": Pair(
        {**CYCLE, "tradepicker.reserveOnOpen": True, "tradepicker.reservationTtlMs": 30_000},
        {**CYCLE, "tradepicker.reserveOnOpen": True}, (WAITS, HURRIES), **shares(),
    ),
    "maxTotalExposure": risk("maxTotalExposure", 1999, "MAX_TOTAL_EXPOSURE"),
    "maxTotalExposurePercent": risk("maxTotalExposurePercent", 0.19, "TOTAL_EXPOSURE_LIMIT"),
    "maxDirectionalExposurePercent": risk("maxDirectionalExposurePercent", 0.19, "DIRECTIONAL_EXPOSURE_LIMIT"),
    "maxSectorExposurePercent": risk("maxSectorExposurePercent", 0.19, "SECTOR_EXPOSURE_LIMIT"),
    "maxCurrencyExposurePercent": risk(
        "maxCurrencyExposurePercent", 0.01, "CURRENCY_EXPOSURE_LIMIT", market=EUROPE, symbols=["SAPX", "EURUSD"]
    ),
    "maxLeverage": risk("maxLeverage", 0.0019, "MAX_LEVERAGE"),
    "maxMarginUsePercent": risk("maxMarginUsePercent", 0.19, "MARGIN_USE_LIMIT"),
    "minMaintenanceMarginPercent": risk("minMaintenanceMarginPercent", 60_000, "MARGIN_DEFICIT"),
    "maxWeeklyLoss": risk("maxWeeklyLoss", 99, "WEEKLY_LOSS_LIMIT", market=FALLING),
    "maxWeeklyLossPercent": risk("maxWeeklyLossPercent", "0.0099", "WEEKLY_LOSS_LIMIT", market=FALLING),
    "maxDrawdownPercent": risk("maxDrawdownPercent", "0.0099", "DRAWDOWN_LIMIT", market=FALLING),
    "maxLossInWindow": risk("maxLossInWindow", 99, "LOSS_SPEED_LIMIT", market=FALLING),
    "lossWindowMinutes": risk(
        "lossWindowMinutes", 1, "LOSS_SPEED_LIMIT", buys(1, 6), beside={"maxLossInWindow": 99}, market=FALLING
    ),
    "maxDrawdown": risk("maxDrawdown", "0.0099", "SESSION_DRAWDOWN", buys(1, 4), market=FALLING),
    "weeklyTarget": risk("weeklyTarget", "0.0009", "SESSION_TARGET", buys(1, 5), market=RISING),
    "minConfidence": risk("minConfidence", 0.6, "CONFIDENCE_TOO_LOW", buys(2, confidence=0.5)),
    "enabledStrategies": risk("enabledStrategies", ["another"], "STRATEGY_NOT_ENABLED", ONE),
    "orderType": risk("orderType", "limit", ""),
    "maxDayTrades": risk(
        "maxDayTrades", 1, "PATTERN_DAY_TRADER", {**buys(1, 4, size=1), "bar 2": [["close", {}]]},
        options={"cash": "20000"},
    ),
    "dayTradeEquityMinimum": risk(
        "dayTradeEquityMinimum", 10_000, "PATTERN_DAY_TRADER", {**buys(1, 4, size=1), "bar 2": [["close", {}]]},
        beside={"maxDayTrades": 1}, options={"cash": "20000"},
    ),
    "requireMarketSession": risk("requireMarketSession", True, "MARKET_CLOSED", ONE, calendar="us-equity"),
    "queueWhenClosed": risk(
        "queueWhenClosed", True, "MARKET_CLOSED", ONE, beside={"requireMarketSession": True}, calendar="us-equity",
        market=[*flat(5), (880, "ACME", "100"), (881, "ACME", "100")],
    ),
    "blockedSymbols": risk("blockedSymbols", ["ACME"], "SYMBOL_BLOCKED"),
    "allowedSymbols": risk("allowedSymbols", ["ZETA"], "SYMBOL_NOT_ALLOWED"),
    "duplicateWindowSeconds": risk("duplicateWindowSeconds", 600, "DUPLICATE_ORDER"),
    "enableWashTradeProtection": risk("enableWashTradeProtection", True, "WASH_TRADE", CROSS),
    "enableSelfTradeProtection": risk(
        "enableSelfTradeProtection", True, "SELF_TRADE", {"bar 1": CROSS["bar 1"]}, {"bar 2": CROSS["bar 2"]}
    ),
    "maxMessagesPerMinute": risk("maxMessagesPerMinute", 1, "MESSAGE_LIMIT", TWICE),
    "messageReserve": risk("messageReserve", 1, "MESSAGE_LIMIT", TWICE, beside={"maxMessagesPerMinute": 2}),
    "maxOrderToTradeRatio": risk("maxOrderToTradeRatio", 1, "ORDER_TO_TRADE_RATIO", buys(1, 2, size=1, limit=50)),
    "maxRepeatedExecutions": risk(
        "maxRepeatedExecutions", 1, "REPEATED_EXECUTION", beside={"repeatedExecutionSeconds": 600}, other=1000
    ),
    "repeatedExecutionSeconds": risk(
        "repeatedExecutionSeconds", 600, "REPEATED_EXECUTION", buys(1, 4, 7), beside={"maxRepeatedExecutions": 2},
        market=flat(10),
    ),
    "breakerErrors": risk("breakerErrors", 1, "TRADING_STATE", POST, beside={"breakerCooldownSeconds": 600}),
    "breakerCooldownSeconds": risk(
        "breakerCooldownSeconds", 600, "TRADING_STATE", POST, beside={"breakerErrors": 1}
    ),
    "maxAccountAgeSeconds": risk("maxAccountAgeSeconds", 100, "ACCOUNT_STALE", ONE),
    "maxRateAgeSeconds": risk(
        "maxRateAgeSeconds", 60, "RATE_STALE", ONE, market=EUROPE, symbols=["SAPX", "EURUSD"]
    ),
    "maxLoopLagSeconds": lag("maxLoopLagSeconds", "LOOP_LAG"),
    "maxJournalLagSeconds": lag("maxJournalLagSeconds", "JOURNAL_LAG"),
    "maxReconciliationLagSeconds": lag("maxReconciliationLagSeconds", "RECONCILIATION_LAG"),
    "maxClockOffsetSeconds": lag("maxClockOffsetSeconds", "CLOCK_OFFSET"),
    "enableHaltProtection": status("enableHaltProtection", "INSTRUMENT_HALTED", status="HALTED"),
    "enablePriceLimitProtection": status(
        "enablePriceLimitProtection", "OUTSIDE_PRICE_LIMITS", status="TRADING", low_units=9_000, high_units=9_900
    ),
    "enableShortSaleRestriction": status(
        "enableShortSaleRestriction", "SHORT_SALE_RESTRICTED", SHORT, status="TRADING", restricted=True
    ),
    "requireLocate": risk(
        "requireLocate", True, "LOCATE_REQUIRED", SHORT, fed=(lambda time: Located(time, ACCOUNT, 0, 9),)
    ),
    "maxWorkingOrders": risk("maxWorkingOrders", 1, "MAX_WORKING_ORDERS", buys(1, 2, size=1, limit=50)),
    "minLiquidationDistancePercent": risk("minLiquidationDistancePercent", 60_000, "LIQUIDATION_DISTANCE"),
    "maintenanceMarginPercent": risk(
        "maintenanceMarginPercent", 25, "LIQUIDATION_DISTANCE", beside={"minLiquidationDistancePercent": 45_000}
    ),
    "maxVolumePercent": risk("maxVolumePercent", "0.0009", "MAX_VOLUME_SHARE", ONE, other="0.0011", market=DAYS),
    "maxTouchPercent": risk(
        "maxTouchPercent", "0.9", "MAX_TOUCH_SHARE", ONE, other="1.1", market=DEEP, quotes=True
    ),
    "cumulativeCollarPercent": risk(
        "cumulativeCollarPercent", 2, "CUMULATIVE_COLLAR", ONE, beside={"collarWindowSeconds": 600}, other=90,
        market=RISING,
    ),
    "collarWindowSeconds": risk(
        "collarWindowSeconds", 600, "CUMULATIVE_COLLAR", ONE, beside={"cumulativeCollarPercent": 2}, market=RISING
    ),
    "marketBufferPercent": risk("marketBufferPercent", 1, "INSUFFICIENT_FUNDS", ONE, options={"cash": "1005"}),
    "staleOrderSeconds": risk("staleOrderSeconds", 150, "", buys(1, limit=95), market=LATE),
    "stopFillSeconds": risk("stopFillSeconds", 150, "", STOPPED, market=JUMP),
    "canaryDays": Pair(
        {"limits": {"canary": {"maxOrderQuantity": 5, "canaryDays": 1}}},
        {"limits": {"canary": {"maxOrderQuantity": 5}}},
        ({**buys(2, size=1), **buys(3)},), DAYS, "MAX_ORDER_QUANTITY",
    ),
}  # fmt: skip
#: Limits that decide nothing in a backtest, and where their pairs are; that of the poll is tests/venues.
LIMITS_ELSEWHERE = {
    "softLimits": "waivers, which two persons give to an engine that runs: tests/unit/core/test_keys.py",
}

#: Of the money of a scope's limits and of the pack they stand over: a thousand dollars are 1111 euros here.
FILE_PAIRS: dict[str, Pair] = {
    "currency": Pair(
        {"limits": {"account:main": {"maxOrderValue": 1001, "currency": "USD"}}},
        {"limits": {"account:main": {"maxOrderValue": 1001, "currency": "EUR"}}},
        (("Pair", {"script": buys(4, symbol="ACME")}),), code="MAX_ORDER_VALUE",
        market=[(0, "EURUSD", "0.9"), *[(minute, "ACME", "100") for minute in range(5)]], symbols=["ACME", "EURUSD"],
    ),
    "pack": Pair(
        {"limits": {"account:main": {"pack": "us-margin-2026"}}}, {"limits": {"account:main": {"pack": "fx-margin"}}},
        (buys(2, size=30_000),), code="MAX_LEVERAGE", options={"kind": "margin", "leverage": 100},
    ),
}  # fmt: skip

CLEVER = (f"{HERE}:Clever", {})
BY_OWNER = {"owner:ann": {"maxOrderValue": 999}}
SESSION_PAIRS: dict[str, list[Pair]] = {
    "userId": [
        Pair({"session": {"userId": "ann"}, "limits": BY_OWNER}, {"session": {"userId": "bob"}, "limits": BY_OWNER},
             code="MAX_ORDER_VALUE"),
    ],
    "maxPositions": [Pair({"session": {"maxPositions": 1}}, code="MAX_OPEN_POSITIONS", **shares())],
    "maxPositionSize": [Pair({"session": {"maxPositionSize": 0.19}}, code="POSITION_LIMIT")],
    "minConfidence": [
        Pair({"session": {"minConfidence": 0.6}}, strategies=(buys(2, confidence=0.5),), code="CONFIDENCE_TOO_LOW"),
        Pair({"session": {"minConfidence": 0.3}}, strategies=(says(2, confidence=0.4),)),
        Pair({"session": {"minConfidence": 0.95}}, {"session": {"minConfidence": 0.1}}, (CLEVER,), flat(9)),
    ],
    "stopLossPercent": [Pair({"session": {"stopLossPercent": 5}}, strategies=(buys(1),), market=FALLING)],
    "takeProfitPercent": [Pair({"session": {"takeProfitPercent": 1}}, strategies=(buys(1),), market=RISING)],
    "trailingStopPercent": [Pair({"session": {"trailingStopPercent": 2}}, strategies=(buys(1),), market=HILL)],
    "weeklyTarget": [
        Pair({"session": {"weeklyTarget": "0.0009"}}, {}, (buys(1, 5),), RISING, "SESSION_TARGET"),
    ],
    "maxDrawdown": [Pair({"session": {"maxDrawdown": "0.0099"}}, {}, (buys(1, 4),), FALLING, "SESSION_DRAWDOWN")],
    "orderType": [Pair({"session": {"orderType": "limit"}}, {"session": {"orderType": "market"}})],
    "watchlist": [Pair({"session": {"watchlist": ["ZETA"]}}, code="SYMBOL_NOT_ALLOWED", **shares())],
    "enabledStrategies": [
        Pair({"session": {"enabledStrategies": ["another"]}}, code="STRATEGY_NOT_ENABLED"),
        Pair({"session": {"enabledStrategies": ["up", "A"]}}, {"session": {"enabledStrategies": ["down", "A"]}},
             (CLEVER,), flat(9)),
    ],
    "validatorEnabled": [
        Pair({"session": {"validatorEnabled": False}}, {"session": {"validatorEnabled": True}}, (CLEVER,), flat(9)),
    ],
    "strategyWeightBalance": [
        Pair({"session": {"strategyWeightBalance": 0}}, {"session": {"strategyWeightBalance": 0.9}},
             (f"{HERE}:Advised",), flat(9)),
    ],
    "decideOn": [
        Pair({"session": {"decideOn": "cycle"}}, {"session": {"decideOn": "tick"}}, (says(2),)),
        Pair({"session": {"decideOn": "bar"}}, {"session": {"decideOn": "tick"}}, (says(2),), WIDE, quotes=True),
        Pair({"session": {"decideOn": "cycle"}}, {"session": {"decideOn": "bar"}}, (CLEVER,), flat(9)),
    ],
    "cycleSeconds": [
        Pair({"session": {"decideOn": "cycle", "cycleSeconds": 200}}, {"session": {"decideOn": "cycle"}}, (says(2),)),
    ],
}  # fmt: skip

EXIT_PAIRS: dict[str, Pair] = {
    "stopLossPercent": Pair({"exits": {"stopLossPercent": 5}}, strategies=(buys(1),), market=FALLING),
    "takeProfitPercent": Pair({"exits": {"takeProfitPercent": 1}}, strategies=(buys(1),), market=RISING),
    "trailingStopPercent": Pair({"exits": {"trailingStopPercent": 2}}, strategies=(buys(1),), market=HILL),
    "breakEvenPercent": Pair(
        {"exits": {"stopLossPercent": 20, "breakEvenPercent": 1}}, {"exits": {"stopLossPercent": 20}}, (buys(1),), HILL
    ),
    "maxHoldingSeconds": Pair({"exits": {"maxHoldingSeconds": 60}}, strategies=(buys(1),)),
    "closeBeforeSessionEndSeconds": Pair(
        {"exits": {"closeBeforeSessionEndSeconds": 600}}, strategies=(buys(1),), market=flat(15), calendar="us-equity",
        begins=EVENING,
    ),
}  # fmt: skip
KELLY = {"method": "kelly", "amount": 1, "cap": 100, "win": 0.6, "payoff": 2}
ASKS = buys(2, size=None)
SIZING_PAIRS: dict[str, Pair] = {
    "method": Pair(
        {"sizing": {"method": "fixed", "amount": 10}}, {"sizing": {"method": "percent", "amount": 10}}, (ASKS,)
    ),
    "amount": Pair({"sizing": "percent:10"}, {"sizing": "percent:20"}, (ASKS,)),
    "max": Pair({"sizing": {"method": "percent", "amount": 10, "max": 5}}, {"sizing": "percent:10"}, (ASKS,)),
    "cap": Pair({"sizing": {**KELLY, "cap": 10}}, {"sizing": KELLY}, (ASKS,)),
    "win": Pair({"sizing": {**KELLY, "win": 0.55}}, {"sizing": KELLY}, (ASKS,)),
    "payoff": Pair({"sizing": {**KELLY, "payoff": 1.5}}, {"sizing": KELLY}, (ASKS,)),
    "hint": Pair({"sizing": "percent:10:hint=0.5"}, {"sizing": "percent:10"}, (ASKS,)),
}
STRATEGY_PAIRS: dict[str, Pair] = {
    "decideOn": Pair({"strategies": {"A": {"decideOn": "cycle"}}}, strategies=(says(2),)),
    "cycleSeconds": Pair(
        {"strategies": {"A": {"decideOn": "cycle", "cycleSeconds": 200}}}, {"strategies": {"A": {"decideOn": "cycle"}}},
        (says(2),),
    ),
    "exits": Pair({"strategies": {"A": {"exits": {"stopLossPercent": 5}}}}, strategies=(buys(1),), market=FALLING),
    "sizing": Pair({"strategies": {"A": {"sizing": "fixed:7"}}}, {"sizing": "fixed:8"}, (ASKS,)),
    "parameters": Pair(
        {"strategies": {"Scripted": {"parameters": {"script": TWO}}}},
        {"strategies": {"Scripted": {"parameters": {"script": ONE}}}}, (f"{HERE}:Scripted",),
    ),
}  # fmt: skip
