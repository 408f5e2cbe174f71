"""The execution filter: its criteria by name, its configuration as it is written, its numbers against other sources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core import open_trades
from tradewright.core.engine import Engine
from tradewright.core.filter import GLOBAL_KEYS, RISK_KEYS, SYMBOL_KEYS, filter_limits
from tradewright.core.limits import LIMITS
from tradewright.core.open_trades import Terms
from tradewright.core.state import restore, to_bytes
from tradewright.explain import check_row, filter_row
from tradewright.model import event as kinds
from tradewright.model.control import LimitsSet, OrderAdopted
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError
from tradewright.model.exit_plan import plan_from
from tradewright.model.foreign import EXTERNAL, foreign_id
from tradewright.model.order import LIMIT, Order

ONE = 10**18
MINUTE = 60 * 10**9
DAY = 1440 * MINUTE
GOLD = 265_050  # counts: 2650.50
MONDAY = 1_700_000_000_000_000_000 // DAY * DAY + 6 * DAY  # 2023-11-20 00:00 UTC


def desk_of(*symbols: str, currency: str = "USD", accounts: int = 1, **terms: Any) -> Desk:
    """Hedging accounts of ann, with leverage, at a venue that takes stops."""
    named = [
        account_of(name, owner="ann", mode="hedging", leverage=500, currency=currency, **terms)
        for name in ("main", "two", "three")[:accounts]
    ]
    return Desk(*named, symbols=symbols or ("XAUUSD",), cash={currency: "1000000"})


def configure(desk: Desk, configured: dict[str, Any], owner: str = "ann") -> None:
    for scope, limits in filter_limits(owner, configured).items():
        desk.feed(LimitsSet(desk.tick(), scope, limits.row(), 0, "", "ann", "filter"))


def judged(desk: Desk, side: int = BUY, size: int = 10, **terms: Any) -> Decision:
    return desk.want(side, size, **terms)[0]


def reasons(decision: Decision) -> list[str]:
    found: list[str] = filter_row(decision)["execution_filter_reasons"]
    return found


# ── acceptance criteria ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("trades", [0, 1, 3])
def test_open_trades_awareness(trades: int) -> None:
    """N open trades in the symbol: totalCount is N; the global snapshot adds up all symbols and accounts."""
    desk = desk_of("XAUUSD", "EURUSD", accounts=2)
    desk.quote(GOLD)
    desk.quote(110_000, symbol="EURUSD")
    for at in range(trades):
        desk.filled(BUY if at else SELL, 10, GOLD, symbol="XAUUSD", account=("main", "two")[at % 2], strategy=f"s{at}")
    desk.filled(SELL, 10, 110_000, symbol="EURUSD")
    seen = desk.engine.exposures("ann")
    by_symbol = {row["symbol"]: row for row in seen["symbols"]}
    assert by_symbol.get("XAUUSD", {"totalCount": 0})["totalCount"] == trades
    assert seen["global"]["totalOpenTrades"] == trades + 1
    if trades == 3:
        gold = by_symbol["XAUUSD"]
        assert (gold["longCount"], gold["shortCount"], gold["estimatedRiskAmount"]) == (2, 1, "225")
        assert gold["riskKnown"] is False
        assert seen["global"]["totalEstimatedRiskAmount"] == "300"
    assert desk.engine.exposures("bob")["global"]["totalOpenTrades"] == 0


def test_exposure_based_skipping() -> None:
    """maxConcurrentTradesPerSymbol = 1 and one XAUUSD trade is open: the next valid signal is skipped, and why is
    said."""
    desk = desk_of()
    desk.quote(GOLD)
    configure(desk, {"XAUUSD": {"maxConcurrentTradesPerSymbol": 1}})
    desk.filled(BUY, 10, GOLD)
    decision = judged(desk)
    assert not decision.approved
    row = filter_row(decision)
    assert row == {
        "execution_filter_action": "SKIP",
        "execution_filter_reasons": ["Max concurrent trades per symbol reached (1/1) for XAUUSD"],
    }
    desk.close(SELL)
    desk.fill(desk.submitted()[-1], 10, GOLD)
    assert judged(desk).approved


def test_global_concurrency_limit() -> None:
    """maxConcurrentTradesGlobal = 3 and three trades are open: any new symbol or strategy is skipped."""
    desk = desk_of("XAUUSD", "EURUSD", "USDJPY", accounts=2)
    for symbol, price in (("XAUUSD", GOLD), ("EURUSD", 110_000), ("USDJPY", 150_000)):
        desk.quote(price, symbol=symbol)
    configure(desk, {"maxConcurrentTradesGlobal": 3})
    desk.filled(BUY, 10, GOLD)
    desk.filled(SELL, 10, 110_000, symbol="EURUSD", account="two")
    desk.buy(10, limit_units=GOLD - 100, strategy="other")
    for terms in ({"symbol": "USDJPY"}, {"symbol": "USDJPY", "strategy": "new"}, {"account": "two"}):
        assert reasons(judged(desk, **terms)) == [  # type: ignore[arg-type]
            f"Max concurrent trades globally reached (3/3), no trade in {terms.get('symbol', 'XAUUSD')}"
        ]


def test_per_direction_limit() -> None:
    desk = desk_of()
    desk.quote(GOLD)
    configure(desk, {"XAUUSD": {"maxConcurrentTradesPerDirection": 1}})
    desk.filled(BUY, 10, GOLD)
    assert reasons(judged(desk)) == ["Max concurrent trades per direction reached (1/1) for XAUUSD"]
    assert judged(desk, SELL).approved
    assert reasons(judged(desk, SELL)) == ["Max concurrent trades per direction reached (1/1) for XAUUSD"]


@pytest.mark.parametrize(("stop", "passes"), [(GOLD - 999, True), (GOLD - 1000, False), (GOLD - 1001, False)])
def test_daily_risk_limit_per_symbol(stop: int, passes: bool) -> None:
    """maxDailyRiskPerSymbol = 100 and the estimated risk is 99.9, 100 or 100.1: from 100 on a new trade is skipped,
    however little it risks itself."""
    desk = desk_of()
    desk.quote(GOLD)
    configure(desk, {"XAUUSD": {"maxDailyRiskPerSymbol": 100}})
    (decision,) = desk.want(BUY, 10, stop_loss=GOLD - 100)
    desk.fill(decision.orders[0].id, 10, GOLD + (GOLD - 100 - stop))
    assert judged(desk, size=1, stop_loss=GOLD).approved is passes


def test_backward_compatibility() -> None:
    """No field of version 4: the decisions, check for check, are those of version 3."""
    version3 = {"XAUUSD": {"maxTradesPerDay": 2, "minCooldownMinutesBetweenTrades": 5, "maxSpread": "0.5"}}
    told = []
    for configured in (version3, version3 | {"exposurePollIntervalSec": 10}):
        desk = desk_of()
        configure(desk, configured)
        desk.quote(GOLD, GOLD + 40)
        rows = []
        for minutes in (0, 3, 3, 6, 0):
            desk.now += minutes * MINUTE
            desk.quote(GOLD, GOLD + 40 + 20 * (minutes == 6))
            rows.append([(check.code, check.passed, check.value) for check in judged(desk).checks])
        told.append(rows)
    assert told[0] == told[1]
    codes = {code for row in told[0] for code, _, _ in row}
    assert not codes & {"MAX_CONCURRENT_TRADES_SYMBOL", "MAX_CONCURRENT_TRADES_GLOBAL", "MAX_DAILY_RISK_SYMBOL"}
    refused = [[code for code, passed, _ in row if not passed] for row in told[0]]
    assert refused == [[], ["COOLDOWN"], [], ["MAX_TRADES_PER_DAY", "SPREAD_TOO_WIDE"], ["MAX_TRADES_PER_DAY"]]


def test_every_reason_is_given_with_its_numbers() -> None:
    desk = desk_of()
    configure(
        desk,
        {
            "XAUUSD": {
                "sessions": [{"days": ["mon"], "from": "08:00", "to": "17:00", "zone": "Europe/London"}],
                "requireStructureAlignment": True,
                "maxTradesPerDay": 2,
                "minCooldownMinutesBetweenTrades": 15,
                "maxSpread": {"points": 30},
                "minDistanceFromDailyHigh": "2.5",
                "maxConcurrentTradesPerSymbol": 2,
                "maxConcurrentTradesPerDirection": 2,
                "maxDailyRiskPerSymbol": 200,
            },
            "maxConcurrentTradesGlobal": 2,
            "maxDailyRiskGlobal": 200,
        },
    )
    free = [("structure", 1.0)]
    desk.now = MONDAY + 9 * 60 * MINUTE
    desk.quote(GOLD - 1000)
    desk.quote(GOLD + 1000)
    desk.quote(GOLD)
    desk.filled(BUY, 10, GOLD, inputs=tuple(free), stop_loss=GOLD - 1000)
    desk.now += 20 * MINUTE
    desk.quote(GOLD)
    desk.buy(10, inputs=tuple(free), limit_units=GOLD - 1000, stop_loss=GOLD - 1500)
    desk.now += 9 * 60 * MINUTE
    desk.quote(GOLD + 760, GOLD + 800)
    decision = judged(desk, stop_loss=GOLD - 200, inputs=(("structure", -1.0),))
    assert reasons(decision) == [
        "Outside the allowed trading sessions for XAUUSD (at 18:20:00)",
        "Signal not aligned with market structure for XAUUSD (structure down, signal up)",
        "Max trades per day reached (2/2) for XAUUSD",
        "Spread too wide for XAUUSD (0.4 > 0.3)",
        "Too close to the daily high for XAUUSD (2 < 2.5)",
        "Max concurrent trades per symbol reached (2/2) for XAUUSD",
        "Max concurrent trades per direction reached (2/2) for XAUUSD",
        "Max concurrent trades globally reached (2/2), no trade in XAUUSD",
        "Max daily risk per symbol reached (250 USD of 200 USD with this trade) for XAUUSD",
        "Max daily risk globally reached (250 USD of 200 USD with this trade), none in XAUUSD",
    ]
    (cooled,) = [check for check in decision.checks if check.code == "COOLDOWN"]
    assert (cooled.passed, cooled.station, cooled.scope) == (True, "filter", "owner:ann/symbol:XAUUSD")


# ── counts and days ────────────────────────────────────────────────────────────────────────────────────────────────


def test_counts_survive_a_restart_and_begin_anew_with_the_account_s_day() -> None:
    desk = desk_of(day_zone="America/New_York")
    configure(desk, {"XAUUSD": {"maxTradesPerDay": 1, "minCooldownMinutesBetweenTrades": 1}})
    desk.quote(GOLD)
    desk.filled(BUY, 10, GOLD)
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()
    desk.engine = engine
    codes = [check.code for check in judged(desk).refusals]
    assert codes == ["MAX_TRADES_PER_DAY", "COOLDOWN"]
    midnight = desk.now - desk.now % DAY + DAY
    for when, passes in ((midnight, False), (midnight + 5 * 60 * MINUTE - 5, False), (midnight + 300 * MINUTE, True)):
        desk.now = when - 1
        desk.quote(GOLD)  # 00:00 UTC is 19:00 in New York; its own midnight is 05:00 UTC
        assert judged(desk).approved is passes


def test_an_order_that_never_filled_is_no_trade_of_the_day() -> None:
    desk = desk_of()
    configure(desk, {"XAUUSD": {"maxTradesPerDay": 1}})
    desk.quote(GOLD)
    order = desk.buy(10)
    assert not judged(desk).approved
    desk.say(kinds.REJECTED, order)
    order = desk.buy(10)
    desk.fill(order, 4, GOLD)
    desk.say(kinds.CANCELLED, order)
    assert not judged(desk).approved, "a part that filled is a trade"


def test_what_was_lost_today_is_part_of_the_daily_risk() -> None:
    desk = desk_of()
    configure(desk, {"XAUUSD": {"maxDailyRiskPerSymbol": 100}})
    desk.quote(GOLD)
    desk.filled(BUY, 10, GOLD, stop_loss=GOLD - 500)
    desk.close(SELL)
    close = desk.submitted()[-1]
    desk.fill(close, 10, GOLD - 600)
    assert judged(desk, stop_loss=GOLD - 400).approved, "60 lost and 40 at risk are 100"
    desk.now += DAY
    desk.quote(GOLD)
    assert not judged(desk, stop_loss=GOLD - 700).approved, "40 still working"
    assert judged(desk, stop_loss=GOLD - 600).approved


def test_two_signals_of_one_tick_can_not_both_take_the_last_slot() -> None:
    desk = desk_of(accounts=2)
    configure(desk, {"maxConcurrentTradesGlobal": 1})
    desk.quote(GOLD)
    assert judged(desk, strategy="a").approved
    assert not judged(desk, strategy="b", account="two").approved


def test_a_close_is_never_filtered() -> None:
    desk = desk_of()
    desk.quote(GOLD)
    desk.filled(BUY, 10, GOLD)
    configure(
        desk,
        {
            "XAUUSD": {
                "sessions": [{"days": ["mon"], "from": "00:00", "to": "00:01", "zone": "UTC"}],
                "requireStructureAlignment": True, "maxTradesPerDay": 1, "maxSpread": "0.01",
                "minCooldownMinutesBetweenTrades": 999, "maxConcurrentTradesPerSymbol": 1, "maxDailyRiskPerSymbol": 1,
            },
            "maxConcurrentTradesGlobal": 1,
        },
    )  # fmt: skip
    assert not judged(desk).approved
    assert desk.close(SELL)[0].approved


# ── risk in account currency ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("symbol", "size", "open_units", "stop", "mark", "currency", "amount"),
    [
        ("XAUUSD", 10, 265_050, 264_500, 265_050, "USD", "55.00"),
        ("EURUSD", 100, 110_000, 109_500, 110_000, "USD", "500.00"),
        ("USDJPY", 100, 150_000, 149_500, 149_500, "USD", "334.45"),
        ("XAUUSD", 10, 265_050, 264_500, 265_050, "EUR", "50.00"),
    ],
)
def test_risk_is_counted_in_account_currency(
    symbol: str, size: int, open_units: int, stop: int, mark: int, currency: str, amount: str
) -> None:
    """The worked examples of MT5 risk arithmetic: gold 0.10 lot 2650.5 → 2645.0, EURUSD and USDJPY 1.00 lot."""
    desk = desk_of("XAUUSD", "EURUSD", "USDJPY", currency=currency)
    desk.quote(110_000, symbol="EURUSD")
    desk.quote(open_units, symbol=symbol)
    (decision,) = desk.want(BUY, size, symbol=symbol, stop_loss=stop)
    scope = desk.engine.gate.exposure("owner:ann")
    index = desk.on(symbol).index
    desk.quote(mark, symbol=symbol)
    working = open_trades.risk(scope, index, Terms()).amount
    desk.fill(decision.orders[0].id, size, open_units)
    filled = open_trades.risk(scope, index, Terms()).amount
    for counted in (working, filled):
        assert counted is not None
        if counted is filled or mark == open_units:
            assert f"{counted / ONE:.2f}" == amount
    naive = open_trades.risk(scope, index, Terms("price_distance")).amount
    price = 10 ** desk.on(symbol).price_scale
    assert naive == (open_units - stop) * size * ONE // (100 * price)


def test_a_trailing_stop_risks_the_distance_it_keeps_and_no_stop_the_estimate() -> None:
    desk = desk_of()
    desk.quote(GOLD)
    desk.filled(BUY, 10, GOLD, exit_trail_units=300)
    scope = desk.engine.gate.exposure("owner:ann")
    assert open_trades.risk(scope, -1, Terms()) == (30 * ONE, True)
    desk.filled(BUY, 10, GOLD)
    assert open_trades.risk(scope, -1, Terms()) == (105 * ONE, False)
    assert open_trades.risk(scope, -1, Terms("stop_distance", 50 * ONE)) == (80 * ONE, False)


@pytest.mark.parametrize(
    "plan", [{"stopLossPercent": 10}, {"trailingStopPercent": 10}, {"stopLossPercent": 10, "trailingStopPercent": 20}]
)
def test_a_stop_that_a_plan_makes_is_risk_like_one_that_is_said(plan: dict[str, Any]) -> None:
    """50 at 100 with a stop 10 % away: 500, wanted, working, half filled and held."""
    desk = Desk(limits={"maxDailyRiskPerSymbol": 500, "maxDailyRiskGlobal": 500})
    desk.quote(10_000)
    desk.engine.plans["account:main"] = plan_from(plan)
    assert desk.refused(BUY, 51, limit_units=10_000) == ["MAX_DAILY_RISK_SYMBOL", "MAX_DAILY_RISK_GLOBAL"]
    order = desk.buy(50, limit_units=10_000)
    scope = desk.engine.gate.exposure("account:main")
    assert open_trades.risk(scope, -1, Terms()) == (500 * ONE, True)
    desk.accept(order)
    desk.fill(order, 20, 10_000)
    assert open_trades.risk(scope, -1, Terms()) == (500 * ONE, True)
    desk.fill(order, 30, 10_000)
    assert open_trades.risk(scope, -1, Terms()) == (500 * ONE, True)
    assert desk.engine.states == {}
    (stop,) = desk.engine.book("main", "s", desk.on()).exits
    desk.accept(stop)
    desk.say(kinds.CANCELLED, stop)
    assert open_trades.risk(scope, -1, Terms()) == (75 * ONE, False), "a stop that is gone guards nothing"


def test_a_plan_that_makes_no_stop_leaves_the_risk_unknown() -> None:
    desk = Desk(limits={"maxDailyRiskPerSymbol": 500})
    desk.quote(10_000)
    desk.engine.plans["account:main"] = plan_from({"takeProfitPercent": 10, "maxHoldingSeconds": 60})
    (decision,) = desk.want(BUY, 50)
    (check,) = [check for check in decision.checks if check.code == "MAX_DAILY_RISK_SYMBOL"]
    assert (check.value, check.note) == (75 * ONE, ", its risk is not known: estimated")
    assert open_trades.risk(desk.engine.gate.exposure("account:main"), -1, Terms()) == (75 * ONE, False)


def test_somebody_else_s_orders_that_end_unfilled_are_no_trades_of_the_day() -> None:
    """They were taken off without having been counted, and made room for as many more."""
    desk = Desk(account_of(remote=True), limits={"maxTradesPerDay": 2})
    desk.quote(10_000)
    desk.connect()
    desk.shown()
    for name in ("7", "8"):
        id = foreign_id("main", name)
        order = Order(id, "main", EXTERNAL, desk.on(), BUY, LIMIT, 1, 9_000, time=desk.now)
        desk.feed(OrderAdopted(desk.tick(), list(order.row())))
        desk.accept(id)
    assert desk.refused(BUY, 1) == ["MAX_TRADES_PER_DAY"]
    book = desk.engine.book("main", EXTERNAL, desk.on())
    assert book.trades == 2, "while they work they may fill"
    for id in list(desk.engine.holds.holds):
        desk.say(kinds.CANCELLED, id)
    assert book.trades == 0
    desk.filled(BUY, 1, 10_000)
    desk.filled(BUY, 1, 10_000)
    assert desk.refused(BUY, 1) == ["MAX_TRADES_PER_DAY"]


def test_a_trade_without_a_stop_is_estimated_once_however_much_of_it_has_filled() -> None:
    desk = desk_of()
    desk.quote(GOLD)
    order = desk.buy(10, limit_units=GOLD)
    scope = desk.engine.gate.exposure("owner:ann")
    assert open_trades.risk(scope, -1, Terms()).amount == 75 * ONE
    desk.fill(order, 4, GOLD)
    assert open_trades.risk(scope, -1, Terms()).amount == 75 * ONE
    desk.fill(order, 6, GOLD)
    assert open_trades.risk(scope, -1, Terms()).amount == 75 * ONE


def test_an_amount_without_a_rate_refuses_and_closing_goes_on() -> None:
    desk = desk_of("USDJPY", currency="EUR")
    desk.quote(150_000)
    configure(desk, {"maxDailyRiskGlobal": 100})
    decision = judged(desk, stop_loss=149_000)
    check = next(check for check in decision.checks if check.code == "MAX_DAILY_RISK_GLOBAL")
    assert (check.passed, check.value) == (False, None)
    assert "unknown" in check_row(check, decision.instrument)["text"]


# ── configuration ──────────────────────────────────────────────────────────────────────────────────────────────────

SECTION_6 = {
    "XAUUSD": {
        "maxTradesPerDay": 5,
        "minCooldownMinutesBetweenTrades": 15,
        "maxConcurrentTradesPerSymbol": 2,
        "maxConcurrentTradesPerDirection": 1,
        "maxDailyRiskPerSymbol": 200,
    },
    "maxConcurrentTradesGlobal": 8,
    "maxDailyRiskGlobal": 500,
    "exposurePollIntervalSec": 10,
}


def test_the_example_configuration_binds() -> None:
    limits = filter_limits("ann", SECTION_6)
    assert {scope: dict(each.row()) for scope, each in limits.items()} == {
        "owner:ann/symbol:XAUUSD": {
            "maxTradesPerDay": 5,
            "minCooldownMinutesBetweenTrades": 15 * MINUTE,
            "maxConcurrentTradesPerSymbol": 2,
            "maxConcurrentTradesPerDirection": 1,
            "maxDailyRiskPerSymbol": 200 * ONE,
        },
        "owner:ann": {
            "maxConcurrentTradesGlobal": 8,
            "maxDailyRiskGlobal": 500 * ONE,
            "exposurePollIntervalSec": 10 * 10**9,
        },
    }


def test_every_key_of_the_filter_is_a_limit() -> None:
    assert {*SYMBOL_KEYS, *GLOBAL_KEYS, *RISK_KEYS} <= set(LIMITS)


@pytest.mark.parametrize(
    ("configured", "words"),
    [
        ({"maxConcurrentTradesGlobl": 1}, "did you mean maxConcurrentTradesGlobal"),
        ({"XAUUSD": {"maxDailyRiskGlobal": 1}}, "XAUUSD.*did you mean maxDailyRisk"),
        ({"XAUUSD": {"maxSpread": {"pips": 3}}}, "maxSpread"),
        ({"XAUUSD": {"sessions": [{"days": ["monday"], "from": "1:00", "to": "2:00", "zone": "UTC"}]}}, "monday"),
        ({"XAUUSD": {"sessions": [{"days": ["mon"], "from": "1", "to": "2:00", "zone": "UTC"}]}}, "HH:MM"),
        ({"XAUUSD": {"sessions": [{"days": ["mon"], "from": "1:00", "to": "24:01", "zone": "UTC"}]}}, "24:00"),
        ({"XAUUSD": {"sessions": [{"days": ["mon"], "from": "1:00", "to": "2:00", "zone": "Mars"}]}}, "Mars"),
        ({"XAUUSD": {"requireStructureAlignment": False}}, "requireStructureAlignment"),
        ({"riskModel": "naive"}, "riskModel"),
        ({"maxDailyRiskGlobal": "nan"}, "maxDailyRiskGlobal"),
        ([], "not a mapping"),
    ],
)
def test_a_key_or_value_that_is_none_is_refused_by_name(configured: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        filter_limits("ann", configured)


@pytest.mark.parametrize(
    ("at", "inside"),
    [("mon 21:59", False), ("mon 22:00", True), ("tue 05:59", True), ("tue 06:00", False), ("tue 23:00", False)],
)
def test_a_session_over_midnight_belongs_to_the_day_it_begins(at: str, inside: bool) -> None:
    desk = desk_of()
    configure(desk, {"XAUUSD": {"sessions": [{"days": ["mon"], "from": "22:00", "to": "06:00", "zone": "UTC"}]}})
    day, _, clock = at.partition(" ")
    hours, minutes = clock.split(":")
    desk.now = MONDAY + ("mon", "tue").index(day) * DAY + (int(hours) * 60 + int(minutes)) * MINUTE - 1
    desk.quote(GOLD)
    assert judged(desk).approved is inside
