"""Every code that can refuse does so in a whole run: a strategy's wish or a person's, the trader, the exchange and a
journal that folds to the same state. The same run without the limit (or with other terms) has no such refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.desk import ACCOUNT, MINUTE, Desk, Script, at, share
from tradewright.core.stations import RULES
from tradewright.explain import REFUSING, check_row
from tradewright.model.at_open import OpeningJudged
from tradewright.model.command import Cancel, Replace, Submit
from tradewright.model.control import HALTED, ModifyJudged, TradingStateSet
from tradewright.model.decision import Check, Decision
from tradewright.model.event import Event
from tradewright.model.instrument import Instrument, OrderRules
from tradewright.model.notice import InstrumentStatus, Located
from tradewright.model.order import BUY, GTC
from tradewright.model.order_request import ModifyRequested, OrderRequested
from tradewright.model.signal import HOLD, Signal
from tradewright.model.vote import Vote
from tradewright.sim.models import Models
from tradewright.trader import Trader

ONE: Script = {"bar 3": [["buy", {"size": 10}]]}
TWO: Script = {"bar 1": [["buy", {"size": 10}]], "bar 3": [["buy", {"size": 10}]]}
LATE: Script = {"bar 1": [["buy", {"size": 10}]], "bar 4": [["buy", {"size": 10}]]}
SHORT: Script = {"bar 3": [["sell", {"size": 10}]]}
EUROPE = [
    Instrument("SAPX", "sim", "equity", "SAPX", "EUR", 2, 0),
    Instrument("EURUSD", "sim", "forex", "EUR", "USD", 5, 2, 100_000),
]


def flat(desk: Desk) -> None:
    """Six minutes at 100, for every instrument in turn."""
    for _ in range(6):
        for instrument in desk.instruments:
            desk.flat(100, instrument.symbol)


def falling(desk: Desk) -> None:
    for price in (100, 100, 90, 90, 90):
        desk.flat(price)


def wide(desk: Desk) -> None:
    for _ in range(4):
        desk.quote(100, 101)


def rising(desk: Desk) -> None:
    for price in (100, 101, 103, 103):
        desk.flat(price)


def halted(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(TradingStateSet(desk.time, "all", HALTED, "ann", "lunch"))
    flat(desk)


def halted_by_venue(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(InstrumentStatus(desk.time, 0, "PAUSED"))
    flat(desk)


def banded(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(InstrumentStatus(desk.time, 0, "TRADING", 9_000, 9_999))
    flat(desk)


def restricted(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(InstrumentStatus(desk.time, 0, "TRADING", restricted=True))
    flat(desk)


def located(desk: Desk) -> None:
    desk.flat(100)
    desk.feed(Located(desk.time, "main", 0, 9))
    flat(desk)


def one_silent(desk: Desk) -> None:
    """The second instrument was seen once, the first goes on."""
    desk.flat(1 if desk.instruments[1].symbol == "EURUSD" else 100, desk.instruments[1].symbol)
    for _ in range(5):
        desk.flat(100)


def never_seen(desk: Desk) -> None:
    for _ in range(5):
        desk.flat(100)


def filled_in_part(desk: Desk) -> None:
    """Seven of what is asked for fill with each bar."""
    for _ in range(4):
        desk.bar(100, 100, 100, 100, volume=70)


def given_another_time(desk: Desk) -> None:
    """A person asks that an order which works for the day works on."""
    flat(desk)
    desk.feed(ModifyRequested(desk.time + MINUTE, f"{ACCOUNT}-1-1", 0, 0, 0, GTC, "ann", "for longer"))


def placed_late(desk: Desk) -> None:
    """A person's order names a place that is not kept any more."""
    flat(desk)
    desk.feed(OrderRequested(desk.time + MINUTE, ACCOUNT, "A", "ACME", BUY, 1, 0, "gone", "ann", "my place"))


def fallen_over_night(desk: Desk) -> None:
    """What came in the night finds the market of the morning below its stop."""
    flat(desk)
    desk.time = at("14:30")
    desk.quote(90, 90)


def late_in_the_day(desk: Desk) -> None:
    """The third bar ends ten minutes before New York closes at 21:00 UTC."""
    desk.time = at("20:47")
    flat(desk)


def leaping(desk: Desk) -> None:
    for price in (100, 120, 100, 120, 100):
        desk.flat(price)


def together(desk: Desk) -> None:
    """Both instruments rise and fall as one."""
    for price in (100, 101, 103, 102, 104, 107, 105):
        for instrument in desk.instruments:
            desk.flat(price, instrument.symbol)


@dataclass(frozen=True)
class Story:
    """limits switch the rule on; scripts: one for each strategy; play: what the market does; terms: of the desk."""

    limits: dict[str, Any]
    scripts: tuple[Any, ...] = (TWO,)
    play: Callable[[Desk], None] = flat
    terms: dict[str, Any] = field(default_factory=dict)


def ruled(**rules: Any) -> dict[str, Any]:
    instrument = share()
    instrument.rules = OrderRules(**rules)
    return {"instruments": [instrument]}


def two_shares() -> dict[str, Any]:
    return {"instruments": [share("ACME"), share("ZETA")]}


PAIR = ("Pair", {"script": {"bar 4": [["buy", {"size": 1, "symbol": "ZETA"}]]}})
CLOSED: dict[str, Any] = {"requireMarketSession": True, "queueWhenClosed": True}
NIGHT = {"instruments": [share("ACME", "us-equity")]}


def bid(**terms: Any) -> list[Any]:
    """An opening that rests below the market."""
    return ["buy", {"size": 10, "limit": 90, **terms}]


def other(**terms: Any) -> list[Any]:
    """Other terms for the first order."""
    return ["modify", {"order_id": "$1", **terms}]


def council(play: Callable[[Desk], None], **validators: dict[str, Any]) -> Story:
    """An ensemble that is for it with every bar, and what must hold beside its vote."""
    members = {"up": {"ref": ":Ups"}}
    return Story({}, (("Clever", {"members": members, "validators": validators}),), play)


def companion() -> Story:
    """One strategy holds the second share, and the ensemble wants the first."""
    clever = council(flat, correlation={"length": 3, "max": "0.5"}).scripts
    pair = ("Pair", {"script": {"bar 2": [["buy", {"size": 1, "symbol": "ZETA"}]]}})
    return Story({}, (pair, *clever), together, two_shares())


STORIES: dict[str, Callable[[], Story]] = {
    "SIZE_UNKNOWN": lambda: Story(
        {}, (("Pair", {"script": {"bar 4": [["buy", {"percent": 5, "symbol": "ZETA"}]]}}),), never_seen, two_shares()
    ),
    "STOP_REQUIRED": lambda: Story({}, ({"bar 2": [["buy", {}]]},), flat, {"sizers": {"account:main": "risk:100"}}),
    "NO_EDGE": lambda: Story({}, ({"bar 2": [["buy", {"kelly": 1, "win_rate": "0.4", "payoff": "1.5"}]]},)),
    "REQUEST_PENDING": lambda: Story({}, ({"bar 1": [bid()], "bar 3": [other(size=11), other(size=12)]},)),
    "BELOW_FILLED": lambda: Story(
        {}, ({"bar 1": [["buy", {"size": 30, "limit": 100}]], "bar 3": [other(size=7)]},), filled_in_part,
        {"models": Models(partial="volume:10%")},
    ),
    "TERMS_OF_TYPE": lambda: Story({}, ({"bar 1": [bid()], "bar 3": [other(stop=110)]},)),
    "TIME_IN_FORCE_STAYS": lambda: Story({}, ({"bar 1": [bid(tif="day")]},), given_another_time),
    "OPENING_WAITS": lambda: Story(CLOSED, ({"bar 1": [bid()], "bar 3": [other(size=11)]},), flat, NIGHT),
    "RESERVATION_ENDED": lambda: Story({}, ({},), placed_late),
    "PARENT_EXCEEDED": lambda: Story(
        {}, ({f"bar {at}": [["buy", {"size": 10, "parent": "vwap", "parent_size": 25}]] for at in (1, 2, 3)},)
    ),
    "EXIT_PASSED": lambda: Story(
        CLOSED, ({"bar 1": [["buy", {"size": 10, "stop_loss": 95}]]},), fallen_over_night, NIGHT
    ),
    "MINIMUM_HISTORY": lambda: council(flat, history={"bars": 6}),
    "TREND_AGREEMENT": lambda: council(falling, trend={"length": 2}),
    "VOLATILITY_BAND": lambda: council(leaping, volatility={"length": 2, "max_percent": 5}),
    "SPREAD": lambda: council(flat, spread={"max_percent": 1}),
    "SESSION_WINDOW": lambda: council(flat, session={"windows": [{"days": ["mon"], "from": "00:00", "to": "24:00"}]}),
    "NEWS_CALENDAR": lambda: council(
        flat,
        news={"events": [{"from": "2026-11-17T00:00:00Z", "to": "2026-11-17T12:00:00Z", "currency": "USD"}]},
    ),
    "CORRELATION": companion,
    "OPEN_LIMIT_EXCEEDED": lambda: Story({"tradepicker.maxOpenPositions": 1}, (TWO,), flat, two_shares()),
    "NO_OPEN_POSITION": lambda: Story({"tradepicker.sellRequiresLong": True}, (SHORT,)),
    "BUDGET_EXCEEDED": lambda: Story({"tradepicker.budget": 1500}),
    "OUTSIDE_SESSION": lambda: Story(
        {"sessions": [{"days": ["mon"], "from": "00:00", "to": "24:00", "zone": "UTC"}]}, (ONE,)
    ),
    "STRUCTURE_MISALIGNED": lambda: Story({"requireStructureAlignment": True}),
    "MAX_TRADES_PER_DAY": lambda: Story({"maxTradesPerDay": 1}),
    "COOLDOWN": lambda: Story({"minCooldownMinutesBetweenTrades": 10}),
    "SPREAD_TOO_WIDE": lambda: Story({"maxSpread": "0.99"}, (ONE,), wide),
    "NEAR_DAILY_HIGH": lambda: Story({"minDistanceFromDailyHigh": 1}),
    "NEAR_DAILY_LOW": lambda: Story({"minDistanceFromDailyLow": {"points": 1}}, (SHORT,)),
    "MAX_CONCURRENT_TRADES_SYMBOL": lambda: Story({"maxConcurrentTradesPerSymbol": 1}),
    "MAX_CONCURRENT_TRADES_DIRECTION": lambda: Story({"maxConcurrentTradesPerDirection": 1}),
    "MAX_CONCURRENT_TRADES_GLOBAL": lambda: Story({"maxConcurrentTradesGlobal": 1}),
    "MAX_DAILY_RISK_SYMBOL": lambda: Story({"maxDailyRiskPerSymbol": 100}),
    "MAX_DAILY_RISK_GLOBAL": lambda: Story({"maxDailyRiskGlobal": 100}),
    "TRADING_STATE": lambda: Story({}, (ONE,), halted),
    "NOT_READY": lambda: Story({}, (ONE,), flat, {"remote": True}),
    "SYMBOL_NOT_TRADABLE": lambda: Story({}, (ONE,), flat, ruled(tradable=False)),
    "EXIT_DUE": lambda: Story(
        {}, ({"bar 3": [["buy", {"size": 10, "exit_before_close": 600}]]},), late_in_the_day, NIGHT
    ),
    "PRICE_UNKNOWN": lambda: Story({}, (PAIR,), never_seen, two_shares()),
    "PRICE_STALE": lambda: Story({"maxPriceAgeSeconds": 60}, (PAIR,), one_silent, two_shares()),
    "PRICE_INCREMENT": lambda: Story({}, (("Rough", {}),), flat, ruled(tick=5)),
    "SIZE_INCREMENT": lambda: Story({}, ({"bar 2": [["buy", {"size": 3}]]},), flat, ruled(step=5)),
    "SIZE_MINIMUM": lambda: Story({}, (ONE,), flat, ruled(size_min=11)),
    "SIZE_MAXIMUM": lambda: Story({}, (ONE,), flat, ruled(size_max=9)),
    "NOTIONAL_MINIMUM": lambda: Story({}, (ONE,), flat, ruled(notional_min=1001 * 10**18)),
    "PRICE_BAND": lambda: Story({}, ({"bar 2": [["buy", {"size": 1, "limit": 90}]]},), flat, ruled(band_ppm=20_000)),
    "PRICE_COLLAR": lambda: Story({"priceCollarPercent": 2}, ({"bar 2": [["buy", {"size": 1, "limit": 103}]]},)),
    "MAX_ORDER_VALUE": lambda: Story({"maxOrderValue": 999}),
    "MAX_ORDER_QUANTITY": lambda: Story({"maxOrderQuantity": 9}),
    "POSITION_RANGE": lambda: Story(
        {}, ({f"bar {at}": [["buy", {"size": 3 * 10**18, "limit": "0.01"}]] for at in (1, 2)},), flat,
        {"cash": "100000000000000000"},
    ),
    "MAX_POSITION_QUANTITY": lambda: Story({"maxPositionQuantity": 19}),
    "POSITION_LIMIT": lambda: Story({"maxPositionSizePercent": "0.19"}),
    "SHORT_NOT_ALLOWED": lambda: Story({}, (SHORT,), flat, {"kind": "cash"}),
    "INSUFFICIENT_FUNDS": lambda: Story({}, (TWO,), flat, {"cash": "1500"}),
    "DAILY_LOSS_LIMIT": lambda: Story({"maxDailyLoss": 99}, (TWO,), falling),
    "MAX_OPEN_POSITIONS": lambda: Story({"maxOpenPositions": 1}, (TWO,), flat, two_shares()),
    "REDUCE_ONLY": lambda: Story(
        {},
        (
            {
                "bar 1": [["buy", {"size": 10}]],
                "bar 3": [["close", {"size": 10, "limit": 110}], ["close", {"size": 5, "limit": 111}]],
            },
        ),
    ),
    "MAX_TOTAL_EXPOSURE": lambda: Story({"maxTotalExposure": 1999}),
    "TOTAL_EXPOSURE_LIMIT": lambda: Story({"maxTotalExposurePercent": "0.19"}),
    "DIRECTIONAL_EXPOSURE_LIMIT": lambda: Story({"maxDirectionalExposurePercent": "0.19"}),
    "SECTOR_EXPOSURE_LIMIT": lambda: Story({"maxSectorExposurePercent": "0.19"}),
    "CURRENCY_EXPOSURE_LIMIT": lambda: Story(
        {"maxCurrencyExposurePercent": "0.01"}, (TWO,), one_silent, {"instruments": EUROPE}
    ),
    "MAX_LEVERAGE": lambda: Story({"maxLeverage": "0.0019"}),
    "MARGIN_USE_LIMIT": lambda: Story({"maxMarginUsePercent": "0.19"}),
    "MARGIN_DEFICIT": lambda: Story({"minMaintenanceMarginPercent": 60_000}),
    "WEEKLY_LOSS_LIMIT": lambda: Story({"maxWeeklyLossPercent": "0.0099"}, (TWO,), falling),
    "DRAWDOWN_LIMIT": lambda: Story({"maxDrawdownPercent": "0.0099"}, (TWO,), falling),
    "LOSS_SPEED_LIMIT": lambda: Story({"maxLossInWindow": 99}, (TWO,), falling),
    "PATTERN_DAY_TRADER": lambda: Story(
        {"maxDayTrades": 1},
        ({"bar 1": [["buy", {"size": 1}]], "bar 2": [["close", {}]], "bar 4": [["buy", {"size": 1}]]},),
        flat, {"cash": "20000"},
    ),
    "SESSION_DRAWDOWN": lambda: Story({"maxDrawdown": "0.0099"}, (TWO,), falling),
    "SESSION_TARGET": lambda: Story({"weeklyTarget": "0.0009"}, (LATE,), rising),
    "CONFIDENCE_TOO_LOW": lambda: Story(
        {"minConfidence": "0.6"}, ({"bar 2": [["buy", {"size": 1, "confidence": 0.5}]]},)
    ),
    "STRATEGY_NOT_ENABLED": lambda: Story({"enabledStrategies": ["another"]}, (ONE,)),
    "MARKET_CLOSED": lambda: Story(
        {"requireMarketSession": True}, (ONE,), flat, {"instruments": [share("ACME", "us-equity")]}
    ),
    "SYMBOL_BLOCKED": lambda: Story({"blockedSymbols": ["ACME"]}),
    "SYMBOL_NOT_ALLOWED": lambda: Story({"allowedSymbols": ["ZETA"]}),
    "DUPLICATE_ORDER": lambda: Story({"duplicateWindowSeconds": 600}),
    "WASH_TRADE": lambda: Story(
        {"enableWashTradeProtection": True},
        ({"bar 1": [["sell", {"size": 1, "limit": 105}]], "bar 2": [["buy", {"size": 1, "limit": 105}]]},),
    ),
    "SELF_TRADE": lambda: Story(
        {"enableSelfTradeProtection": True},
        ({"bar 1": [["sell", {"size": 1, "limit": 105}]]}, {"bar 2": [["buy", {"size": 1, "limit": 105}]]}),
    ),
    "MESSAGE_LIMIT": lambda: Story(
        {"maxMessagesPerMinute": 1}, ({"bar 1": [["buy", {"size": 1}], ["buy", {"size": 2}]]},)
    ),
    "ORDER_TO_TRADE_RATIO": lambda: Story(
        {"maxOrderToTradeRatio": 1}, ({f"bar {at}": [["buy", {"size": 1, "limit": 50}]] for at in (1, 2)},)
    ),
    "REPEATED_EXECUTION": lambda: Story({"maxRepeatedExecutions": 1, "repeatedExecutionSeconds": 600}),
    "ACCOUNT_STALE": lambda: Story({"maxAccountAgeSeconds": 100}, (ONE,)),
    "RATE_STALE": lambda: Story({"maxRateAgeSeconds": 60}, (ONE,), one_silent, {"instruments": EUROPE}),
    "LOOP_LAG": lambda: Story({"maxLoopLagSeconds": 1}),
    "JOURNAL_LAG": lambda: Story({"maxJournalLagSeconds": 1}),
    "RECONCILIATION_LAG": lambda: Story({"maxReconciliationLagSeconds": 1}),
    "CLOCK_OFFSET": lambda: Story({"maxClockOffsetSeconds": 1}),
    "MAX_VOLUME_SHARE": lambda: Story({"maxVolumePercent": 1}),
    "MAX_TOUCH_SHARE": lambda: Story({"maxTouchPercent": 1}),
    "INSTRUMENT_HALTED": lambda: Story({"enableHaltProtection": True}, (ONE,), halted_by_venue),
    "OUTSIDE_PRICE_LIMITS": lambda: Story({"enablePriceLimitProtection": True}, (ONE,), banded),
    "SHORT_SALE_RESTRICTED": lambda: Story({"enableShortSaleRestriction": True}, (SHORT,), restricted),
    "LOCATE_REQUIRED": lambda: Story({"requireLocate": True}, (SHORT,), located),
    "MAX_WORKING_ORDERS": lambda: Story(
        {"maxWorkingOrders": 1}, ({f"bar {at}": [["buy", {"size": 1, "limit": 50}]] for at in (1, 2)},)
    ),
    "LIQUIDATION_DISTANCE": lambda: Story({"minLiquidationDistancePercent": 60_000}),
    "CUMULATIVE_COLLAR": lambda: Story({"cumulativeCollarPercent": 2, "collarWindowSeconds": 600}, (ONE,), rising),
}  # fmt: skip


def told(story: Story, limits: dict[str, Any]) -> Desk:
    desk = Desk(*story.scripts, limits=limits, **story.terms)
    story.play(desk)
    return desk


#: What was judged, the checks that refused it, and all that the step which judged it brought about.
Refusal = tuple[Decision | Vote | ModifyJudged | OpeningJudged, list[Check], list[Event]]


def refusals(desk: Desk) -> list[Refusal]:
    """What was not granted, as the journal has it: a wish, a vote, a change, an opening whose market began."""
    trader = Trader(None)
    found: list[Refusal] = []
    for event, made in desk.records(trader):
        trader.follow(event, made)
        for one in made:
            if isinstance(one, Decision | Vote):
                found.append((one, list(one.refusals), made))
            elif isinstance(one, ModifyJudged | OpeningJudged):
                found.append((one, [check for check in one.verdicts if not check.passed], made))
    return [refusal for refusal in found if refusal[1]]


def refused(desk: Desk) -> list[str]:
    return [check.code for _, checks, _ in refusals(desk) for check in checks]


def test_every_code_that_can_refuse_has_its_story() -> None:
    assert sorted(STORIES) == sorted(REFUSING)


@pytest.mark.parametrize("code", STORIES)
def test_a_rule_refuses_in_a_whole_run(code: str) -> None:
    story = STORIES[code]()
    desk = told(story, story.limits)
    assert code in refused(desk), f"{refused(desk)} and {desk.trader.engine.halted}"
    one, checks, made = next(refusal for refusal in refusals(desk) if code in [check.code for check in refusal[1]])
    assert nothing_came_of(one, made)
    if isinstance(one, Decision):
        assert desk.trader.engine.orders[one.orders[0].id].status == "DENIED"
    if not isinstance(one, Vote):  # whose validators say it in their own words
        assert all(check_row(check, desk.instrument(""))["text"] for check in checks)
    desk.check_recovery()
    assert desk.time % MINUTE == 0


def nothing_came_of(one: Decision | Vote | ModifyJudged | OpeningJudged, made: list[Event]) -> bool:
    """What was refused did not leave, and was said as such."""
    if isinstance(one, Vote):
        signals = [item for item in made if isinstance(item, Signal) and item.key == one.key]
        return bool(one.action) and len(signals) == 1 and (signals[0].action == HOLD or signals[0].confidence == 0)
    if isinstance(one, Decision):
        return not one.approved and one.orders[0].id not in [i.order.id for i in made if isinstance(i, Submit)]
    if isinstance(one, ModifyJudged):
        sent = [item for item in made if isinstance(item, Replace)]
        return not one.approved and all(item.quantity != one.quantity for item in sent)
    return not one.approved and any(isinstance(item, Cancel) and item.order_id == one.order_id for item in made)


def test_a_slice_beyond_its_parent_is_refused_in_a_whole_run() -> None:
    story = STORIES["PARENT_EXCEEDED"]()
    desk = told(story, {})
    assert refused(desk) == ["PARENT_EXCEEDED"]
    (decision,) = [decision for decision in desk.recorder.decisions if not decision.approved]
    text = check_row(decision.refusals[0], decision.instrument)["text"]
    assert text == "slices of the parent order would be 30 (its size 25)"
    desk.check_recovery()


@pytest.mark.parametrize("code", [rule.code for rule in RULES if rule.limit])
def test_the_same_run_without_the_limit_has_no_such_refusal(code: str) -> None:
    story = STORIES[code]()
    assert code not in refused(told(story, {}))
