"""What the core does by itself between orders: breaker, throttle, drawdown, week — journaled, restored, re-armed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.breakers import is_open
from tradewright.core.engine import Engine
from tradewright.core.limits import limits_from
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.command import Cancel
from tradewright.model.control import ACTIVE, HALTED, REDUCING, AccountSeen, LimitsSet, Timer, TradingStateSet
from tradewright.model.decision import Check

ONE = 10**18
PRICE = 10_000
SECOND = 10**9
DAY = 86_400 * SECOND


def desk_with(**limits: Any) -> Desk:
    desk = Desk(limits=limits)
    desk.quote(PRICE)
    return desk


def codes(desk: Desk, side: int = BUY, size: int = 1, **terms: Any) -> list[str]:
    return [check.code for check in desk.want(side, size, **terms)[0].refusals]


def rejected(desk: Desk, times: int) -> None:
    for _ in range(times):
        desk.say(kinds.REJECTED, desk.buy(1), "BALANCE")


def after_restart(desk: Desk) -> None:
    """The engine from its snapshot, in its place; equal to what it was."""
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()
    desk.engine = engine


def rearm(desk: Desk, scope: str) -> None:
    desk.feed(TradingStateSet(desk.tick(), scope, ACTIVE, "ann", "looked at it"))


def test_rejects_in_a_row_open_the_breaker_and_it_resumes_by_itself_half_open() -> None:
    desk = desk_with(breakerErrors=3, breakerCooldownSeconds=30)
    rejected(desk, 2)
    order = desk.buy(1)
    desk.accept(order)
    rejected(desk, 3)
    assert desk.engine.states == {"account:main": REDUCING}
    assert desk.engine.causes == {"account:main": "CIRCUIT_BREAKER"}
    assert codes(desk) == ["TRADING_STATE"]
    after_restart(desk)
    desk.now += 30 * SECOND - 2
    desk.quote(PRICE)
    assert codes(desk) == ["TRADING_STATE"]
    desk.quote(PRICE)
    desk.quote(PRICE)
    assert codes(desk) == []
    rejected(desk, 1)
    assert codes(desk) == ["TRADING_STATE"], "half open: one more error is enough"
    desk.now += 30 * SECOND
    desk.quote(PRICE)
    desk.accept(desk.buy(1))
    rejected(desk, 2)
    assert codes(desk) == [], "an answer in between closed it"


def test_hours_of_rejections_are_not_hours_of_orders() -> None:
    """hummingbot#462: a hundred thousand orders in a day on "insufficient balance"."""
    desk = desk_with(breakerErrors=3, breakerCooldownSeconds=600)
    sent = 0
    for _ in range(240):
        desk.now += 60 * SECOND
        desk.quote(PRICE)
        (decision,) = desk.want(BUY, 1)
        if decision.approved:
            sent += 1
            desk.say(kinds.REJECTED, decision.orders[0].id, "BALANCE")
    assert 3 <= sent <= 3 + 240 // 10


def test_the_breaker_never_stops_an_exit_and_a_person_can_close_it() -> None:
    desk = desk_with(breakerErrors=2)
    desk.filled(BUY, 5, PRICE)
    rejected(desk, 2)
    assert desk.close(SELL, 2)[0].approved
    rearm(desk, "account:main")
    rejected(desk, 1)
    assert codes(desk) == []


def test_lost_answers_count_as_errors() -> None:
    desk = desk_with(breakerErrors=2)
    for order in (desk.buy(1), desk.buy(1)):
        desk.say(kinds.OUTCOME_UNKNOWN, order, "submit")
    assert codes(desk) == ["TRADING_STATE"]


@pytest.mark.parametrize("state", [REDUCING, HALTED])
def test_an_open_breaker_that_a_person_takes_over_from_waits_for_nothing_any_more(state: int) -> None:
    """Whoever kills in a storm of refusals: a time that has come and never goes would keep a live engine awake."""
    desk = desk_with(breakerErrors=2, breakerCooldownSeconds=60)
    rejected(desk, 2)
    desk.feed(TradingStateSet(desk.tick(), "account:main", state, "ann", "kill"))
    after_restart(desk)
    desk.now += 61 * SECOND
    desk.feed(Timer(desk.tick(), "wake"))
    assert desk.engine.next_due > desk.now
    assert desk.engine.states == {"account:main": state}
    assert desk.engine.causes == {"account:main": "ann"}
    rearm(desk, "account:main")
    rejected(desk, 1)
    assert codes(desk) == []


def test_an_open_breaker_whose_account_a_drawdown_halts_waits_for_nothing_any_more() -> None:
    desk = desk_with(breakerErrors=2, maxDrawdownPercent=1)
    desk.filled(BUY, 1_000, PRICE)
    rejected(desk, 2)
    desk.quote(PRICE // 2)
    assert desk.engine.causes == {"account:main": "DRAWDOWN_LIMIT"}
    desk.now += 61 * SECOND
    desk.feed(Timer(desk.tick(), "wake"))
    assert desk.engine.next_due > desk.now
    assert desk.engine.states == {"account:main": HALTED}


@pytest.mark.parametrize("left", [{}, {"maxMessagesPerMinute": 100}])
def test_an_open_breaker_ends_when_its_limit_is_taken_off(left: dict[str, int]) -> None:
    desk = desk_with(breakerErrors=2, breakerCooldownSeconds=60)
    rejected(desk, 2)
    desk.feed(LimitsSet(desk.tick(), "account:main", list(left.items()), 0, "", "ann", "no breaker"))
    assert desk.engine.states == {}
    desk.now += 61 * SECOND
    desk.feed(Timer(desk.tick(), "wake"))
    assert desk.engine.next_due > desk.now


def test_sends_that_are_lost_and_never_found_open_the_breaker() -> None:
    """That the venue never had an order is no sign that it takes orders."""
    desk = desk_with(breakerErrors=3)
    for _ in range(3):
        order = desk.buy(1, limit_units=PRICE - 100)
        desk.say(kinds.OUTCOME_UNKNOWN, order, "submit")
        desk.say(kinds.NOT_FOUND, order)
    assert codes(desk) == ["TRADING_STATE"]
    assert desk.engine.causes == {"account:main": "CIRCUIT_BREAKER"}


def test_an_order_that_is_found_ends_the_row_of_errors() -> None:
    desk = desk_with(breakerErrors=3)
    for _ in range(2):
        desk.say(kinds.OUTCOME_UNKNOWN, desk.buy(1), "submit")
    order = desk.buy(1)
    desk.found(order)
    rejected(desk, 2)
    assert codes(desk) == []


def test_what_a_look_up_is_told_between_lost_answers_ends_no_row() -> None:
    """A venue whose answers are lost, and whose lists can be read all the same."""
    desk = desk_with(breakerErrors=3)
    for _ in range(3):
        assert codes(desk) == []
        order = desk.buy(1)
        desk.say(kinds.OUTCOME_UNKNOWN, order, "submit")
        desk.found(order)
        desk.accept(order)
    assert codes(desk) == ["TRADING_STATE"]


def test_repeated_executions_halt_their_strategy_until_a_person_re_arms_it() -> None:
    desk = desk_with(maxRepeatedExecutions=3, repeatedExecutionSeconds=60)
    for _ in range(3):
        desk.filled(BUY, 1, PRICE)
    assert desk.engine.states == {"strategy:s": HALTED}
    after_restart(desk)
    desk.now += 3_600 * SECOND
    desk.quote(PRICE)
    assert codes(desk) == ["TRADING_STATE"], "time alone does not re-arm it"
    assert codes(desk, strategy="t") == []
    assert desk.close(SELL, 1)[0].approved
    rearm(desk, "strategy:s")
    for _ in range(2):
        desk.filled(BUY, 1, PRICE)
    assert codes(desk) == []


def test_a_re_armed_strategy_begins_anew_and_another_s_executions_stay_counted() -> None:
    desk = desk_with(maxRepeatedExecutions=3, repeatedExecutionSeconds=60)
    for _ in range(2):
        desk.filled(BUY, 1, PRICE, strategy="t")
    for _ in range(3):
        desk.filled(BUY, 1, PRICE)
    rearm(desk, "strategy:s")
    for _ in range(2):
        desk.filled(BUY, 1, PRICE)
    assert desk.engine.states == {}
    desk.filled(BUY, 1, PRICE, strategy="t")
    assert desk.engine.states == {"strategy:t": HALTED}


def test_parts_of_one_opening_and_closes_are_no_executions_of_their_own() -> None:
    desk = desk_with(maxRepeatedExecutions=2, repeatedExecutionSeconds=60)
    order = desk.buy(3)
    for _ in range(3):
        desk.fill(order, 1, PRICE)
    for _ in range(2):
        desk.close(SELL, 1)
        desk.fill(desk.submitted()[-1], 1, PRICE)
    assert desk.engine.states == {}


def test_executions_that_lie_apart_halt_nothing() -> None:
    desk = desk_with(maxRepeatedExecutions=3, repeatedExecutionSeconds=60)
    for _ in range(9):
        desk.filled(BUY, 1, PRICE)
        desk.now += 30 * SECOND
    assert desk.engine.states == {}


def test_a_drawdown_halts_the_account_at_any_price_and_counts_anew_when_re_armed() -> None:
    desk = desk_with(maxDrawdownPercent=1)
    desk.filled(BUY, 1_000, PRICE)
    desk.quote(PRICE + 1_000)
    desk.quote(PRICE - 9)
    assert desk.engine.states == {}, "10090 of 1 010 000 are less than one percent"
    desk.quote(PRICE - 10)
    assert desk.engine.states == {"account:main": HALTED}
    assert desk.engine.causes == {"account:main": "DRAWDOWN_LIMIT"}
    after_restart(desk)
    assert codes(desk) == ["TRADING_STATE", "DRAWDOWN_LIMIT"]
    assert desk.close(SELL, 10)[0].approved
    rearm(desk, "account:main")
    desk.quote(PRICE - 10)
    assert codes(desk) == []


def test_a_deposit_is_no_gain_and_a_withdrawal_no_drawdown() -> None:
    desk = desk_with(maxDrawdownPercent=1)
    desk.quote(PRICE)
    desk.deposit(1_000_000)
    desk.deposit(-1_500_000)
    desk.quote(PRICE)
    assert desk.engine.accounts["main"].peak == 500_000 * ONE
    assert codes(desk) == []


def test_the_speed_of_a_loss_is_that_of_its_window() -> None:
    desk = desk_with(maxLossInWindow=1_000, lossWindowMinutes=5)
    desk.filled(BUY, 100, PRICE)
    desk.quote(PRICE)
    desk.now += 60 * SECOND
    desk.quote(PRICE - 999)
    assert codes(desk) == []
    desk.quote(PRICE - 1_000)
    assert codes(desk) == ["LOSS_SPEED_LIMIT"]
    after_restart(desk)
    assert codes(desk) == ["LOSS_SPEED_LIMIT"]
    desk.now += 300 * SECOND
    desk.quote(PRICE - 1_000)
    assert codes(desk) == [], "what was lost before the window counts no more"


def test_the_week_s_loss_reduces_until_monday_of_the_account_s_zone() -> None:
    desk = Desk(account_of(day_zone="America/New_York"), limits={"maxWeeklyLossPercent": 1})
    desk.quote(PRICE)
    desk.filled(BUY, 1_000, PRICE)
    desk.quote(PRICE - 500)
    desk.filled(BUY, 1, PRICE - 500)
    assert codes(desk) == []
    desk.now += DAY  # Wednesday: the day is new, the week is not
    desk.quote(PRICE - 500)
    desk.filled(BUY, 1, PRICE - 500)
    working = desk.buy(1)
    desk.quote(PRICE - 1_000)
    assert codes(desk) == ["WEEKLY_LOSS_LIMIT"]
    desk.fill(working, 1, PRICE - 1_000)
    assert desk.engine.causes == {"account:main": "WEEKLY_LOSS_LIMIT"}
    after_restart(desk)
    monday = 1_700_000_000 * SECOND // DAY * DAY + 6 * DAY + 5 * 3_600 * SECOND  # 00:00 in New York
    desk.now = monday - 2
    desk.quote(PRICE - 1_000)
    assert codes(desk) == ["TRADING_STATE", "WEEKLY_LOSS_LIMIT"]
    desk.quote(PRICE - 1_000)
    assert codes(desk) == []


def test_a_week_begins_with_its_first_day_also_where_its_monday_is_a_holiday() -> None:
    """2023-11-14 is a Tuesday; the next prices come on Tuesday the 21st."""
    desk = desk_with(maxWeeklyLossPercent=1)
    desk.filled(BUY, 1_000, PRICE)
    working = desk.buy(1)
    desk.quote(PRICE - 1_000)
    desk.fill(working, 1, PRICE - 1_000)
    assert desk.engine.causes == {"account:main": "WEEKLY_LOSS_LIMIT"}
    desk.now += 7 * DAY
    desk.quote(PRICE - 1_000)
    assert desk.engine.states == {}
    assert codes(desk) == []


def test_what_a_fill_finds_beyond_a_limit_reduces_until_a_fill_finds_it_within() -> None:
    """The price ran away behind the order: within the limit when it was judged, beyond it when it filled."""
    desk = desk_with(maxTotalExposure=1_000)
    order = desk.buy(10)
    desk.quote(PRICE + 1_000)
    desk.fill(order, 4, PRICE + 1_000)
    assert desk.engine.states == {"account:main": REDUCING}, "six more still work"
    changed = next(event for event in reversed(desk.events) if event.kind == kinds.TRADING_STATE_CHANGED)
    assert changed.row()[2:] == ("account:main", REDUCING, "LIMIT_BREACHED", 1_100 * ONE, 1_000 * ONE)
    assert "TRADING_STATE" in codes(desk)
    after_restart(desk)
    desk.say(kinds.CANCELLED, order)
    assert desk.close(SELL, 1)[0].approved
    desk.fill(desk.submitted()[-1], 1, PRICE)
    assert desk.engine.states == {}
    assert codes(desk) == []


def test_a_loss_is_seen_though_more_is_held_than_a_limit_allows_and_stays_when_that_is_not_so_any_more() -> None:
    desk = desk_with(maxTotalExposure=1_000, maxDailyLoss=50)
    order = desk.buy(10)
    desk.quote(PRICE + 1_000)
    desk.fill(order, 10, PRICE + 1_000)
    assert desk.engine.causes == {"account:main": "LIMIT_BREACHED"}
    desk.quote(PRICE + 100)
    desk.close(SELL, 1)
    desk.fill(desk.submitted()[-1], 1, PRICE + 100)
    assert desk.engine.causes == {"account:main": "DAILY_LOSS_LIMIT"}, "within the limit on exposure by now"
    desk.close(SELL, 1)
    desk.fill(desk.submitted()[-1], 1, PRICE + 100)
    assert desk.engine.states == {"account:main": REDUCING}
    after_restart(desk)
    desk.now += DAY
    desk.quote(PRICE - 1_000)
    assert desk.engine.states == {}


def test_a_fill_in_another_symbol_does_not_lift_what_is_held_beyond_a_limit() -> None:
    desk = Desk(symbols=("ACME", "BTCUSD"))
    values = limits_from({"maxTotalExposure": 1_000}).row()
    desk.feed(LimitsSet(desk.tick(), "symbol:ACME", values, 0, "", "ann", "test"))
    desk.quote(PRICE)
    desk.quote(6_000_000, symbol="BTCUSD")
    beside, order = desk.buy(10**6, symbol="BTCUSD"), desk.buy(10)
    desk.quote(PRICE + 1_000)
    desk.fill(order, 10, PRICE + 1_000)
    desk.fill(beside, 10**6, 6_000_000)
    assert desk.engine.causes == {"account:main": "LIMIT_BREACHED"}
    after_restart(desk)
    desk.close(SELL, 1)
    desk.fill(desk.submitted()[-1], 1, PRICE + 1_000)
    assert desk.engine.states == {}


def test_what_is_held_beyond_a_limit_is_not_lifted_while_it_is_not_known() -> None:
    """Euros came and no rate for them: equity, and with it the share of it that is held, can not be told."""
    desk = Desk(symbols=("ACME", "EURUSD"), limits={"maxTotalExposurePercent": 1})
    desk.quote(PRICE)
    order = desk.buy(100)
    desk.quote(PRICE + 100)
    desk.fill(order, 100, PRICE + 100)
    assert desk.engine.causes == {"account:main": "LIMIT_BREACHED"}
    desk.deposit(1, "EUR")
    desk.close(SELL)
    desk.fill(desk.submitted()[-1], 100, PRICE + 100)
    assert desk.engine.causes == {"account:main": "LIMIT_BREACHED"}
    desk.quote(110_000, symbol="EURUSD")
    assert desk.engine.states == {}, "nothing is left that could fill"


def about_to_lose() -> tuple[Desk, tuple[str, str], str]:
    """Two openings at work, whose refusals open the breaker, and a close whose fill is a day's loss."""
    desk = desk_with(breakerErrors=2, breakerCooldownSeconds=60, maxDailyLoss=1_000)
    desk.filled(BUY, 100, PRICE)
    orders = desk.buy(1), desk.buy(1)
    desk.quote(PRICE - 2_000)
    desk.close(SELL)
    return desk, orders, desk.submitted()[-1]


@pytest.mark.parametrize("cooled", [False, True])
def test_a_loss_takes_over_from_the_breaker_and_outlives_its_cooldown(cooled: bool) -> None:
    """cooled: the fill that finds it is the first to come behind the cooldown."""
    desk, orders, close = about_to_lose()
    for order in orders:
        desk.say(kinds.REJECTED, order, "BALANCE")
    assert desk.engine.causes == {"account:main": "CIRCUIT_BREAKER"}
    desk.now += cooled * 60 * SECOND
    desk.fill(close, 100, PRICE - 2_000)
    assert desk.engine.causes == {"account:main": "DAILY_LOSS_LIMIT"}
    after_restart(desk)
    desk.now += 61 * SECOND
    desk.quote(PRICE - 2_000)
    assert desk.engine.causes == {"account:main": "DAILY_LOSS_LIMIT"}
    desk.now += DAY
    desk.quote(PRICE - 2_000)
    assert desk.engine.states == {}


@pytest.mark.parametrize(("before", "left"), [(30, ["account:main"]), (70, [])])
def test_a_cooldown_goes_on_under_a_loss_whose_day_ends(before: int, left: list[str]) -> None:
    """before: seconds from the last error to the day's end."""
    desk, orders, close = about_to_lose()
    end = desk.engine.accounts["main"].day_end
    desk.now = end - before * SECOND
    for order in orders:
        desk.say(kinds.REJECTED, order, "BALANCE")
    opened = desk.now
    assert is_open(desk.engine, desk.engine.accounts["main"])
    desk.fill(close, 100, PRICE - 2_000)
    assert not is_open(desk.engine, desk.engine.accounts["main"])
    assert desk.engine.causes == {"account:main": "DAILY_LOSS_LIMIT"}
    after_restart(desk)
    desk.now = end
    desk.quote(PRICE)
    assert list(desk.engine.states) == left
    after_restart(desk)
    desk.now = max(opened + 60 * SECOND, end)
    desk.quote(PRICE)
    assert desk.engine.states == {}, "sixty seconds in all"
    rejected(desk, 1)
    assert codes(desk) == ["TRADING_STATE"], "half open"


def test_the_breaker_takes_over_from_what_is_held_beyond_a_limit() -> None:
    desk = desk_with(breakerErrors=2, maxTotalExposure=1_000)
    orders = desk.buy(1), desk.buy(1)
    order = desk.buy(8)
    desk.quote(PRICE + 5_000)
    desk.fill(order, 8, PRICE + 5_000)
    assert desk.engine.causes == {"account:main": "LIMIT_BREACHED"}
    for order in orders:
        desk.say(kinds.REJECTED, order, "BALANCE")
    assert desk.engine.causes == {"account:main": "CIRCUIT_BREAKER"}
    desk.quote(PRICE)
    assert codes(desk) == ["TRADING_STATE"]


def test_the_week_s_loss_takes_over_from_the_day_s_and_outlives_the_day() -> None:
    desk = desk_with(maxDailyLoss=1_000, maxWeeklyLoss=3_000)
    desk.filled(BUY, 200, PRICE)
    for price, cause in ((PRICE - 1_000, "DAILY_LOSS_LIMIT"), (PRICE - 2_000, "WEEKLY_LOSS_LIMIT")):
        desk.quote(price)
        desk.close(SELL, 100)
        desk.fill(desk.submitted()[-1], 100, price)
        assert desk.engine.causes == {"account:main": cause}
    after_restart(desk)
    desk.now += DAY
    desk.quote(PRICE)
    assert desk.engine.causes == {"account:main": "WEEKLY_LOSS_LIMIT"}
    desk.now += 7 * DAY
    desk.quote(PRICE)
    assert desk.engine.states == {}


def test_a_fill_within_all_limits_changes_nothing() -> None:
    desk = desk_with(maxTotalExposure=1_000, maxOpenPositions=1, maxLeverage=1)
    desk.filled(BUY, 10, PRICE)
    assert desk.engine.states == {}


def test_messages_leave_a_reserve_for_cancels_and_exits() -> None:
    """A flood of openings ends at the reserve; every cancel and every close still goes."""
    desk = desk_with(maxMessagesPerMinute=20, messageReserve=8)
    desk.filled(BUY, 5, PRICE)
    orders = []
    for _ in range(30):
        (decision,) = desk.want(BUY, 1, limit_units=PRICE - 1)
        orders += [decision.orders[0].id] if decision.approved else []
    assert len(orders) == 11
    desk.taken()
    for order in orders:
        desk.cancel(order)
    assert [command.kind for command in desk.taken() if isinstance(command, Cancel)] == [kinds.CANCEL] * 11
    assert desk.close(SELL)[0].approved
    assert codes(desk) == ["MESSAGE_LIMIT"]
    desk.now += 60 * SECOND
    desk.quote(PRICE)
    assert codes(desk) == []


def test_the_order_to_trade_ratio_is_of_the_day() -> None:
    desk = desk_with(maxOrderToTradeRatio=2)
    for _ in range(2):
        desk.buy(1, limit_units=PRICE - 1)
    assert codes(desk) == ["ORDER_TO_TRADE_RATIO"]
    desk.now += DAY
    desk.quote(PRICE)
    assert codes(desk) == []


def test_an_account_the_venue_confirms_is_known() -> None:
    desk = desk_with(maxAccountAgeSeconds=5)
    desk.now += 60 * SECOND
    desk.quote(PRICE)
    assert codes(desk) == ["ACCOUNT_STALE"]
    desk.feed(AccountSeen(desk.tick(), "main"))
    assert codes(desk) == []


def test_no_limit_keeps_nothing() -> None:
    desk = Desk()
    desk.quote(PRICE)
    desk.filled(BUY, 1, PRICE)
    account = desk.engine.accounts["main"]
    assert (account.traffic, account.peak, len(account.samples), account.ranges) == (None, None, 0, {})
    assert desk.engine.gate.tapes == {}
    desk.feed(LimitsSet(desk.tick(), "all", limits_from({"maxDrawdownPercent": 5}).row(), 0, "", "ann", ""))
    desk.quote(PRICE)
    assert account.peak == 1_000_000 * ONE


@pytest.mark.parametrize("day", [1, 5, 6, 7])
def test_day_trades_count_for_five_business_days(day: int) -> None:
    """2023-11-14 is a Tuesday: Monday the 20th is the fifth business day from it, Tuesday the 21st the sixth."""
    desk = Desk(cash="20000", limits={"maxDayTrades": 1})
    desk.quote(PRICE)
    desk.filled(BUY, 1, PRICE)
    desk.close(SELL)
    desk.fill(desk.submitted()[-1], 1, PRICE)
    desk.now += day * DAY
    desk.quote(PRICE)
    assert codes(desk) == (["PATTERN_DAY_TRADER"] if day < 7 else [])


def test_day_trades_do_not_count_above_the_floor_or_in_a_cash_account() -> None:
    for terms, cash in (({}, "30000"), ({"kind": "cash"}, "20000")):
        desk = Desk(account_of(**terms), cash=cash, limits={"maxDayTrades": 1})
        desk.quote(PRICE)
        desk.filled(BUY, 1, PRICE)
        desk.close(SELL)
        desk.fill(desk.submitted()[-1], 1, PRICE)
        assert codes(desk) == []


def test_an_order_that_rests_across_is_no_wash_and_one_that_meets_it_is() -> None:
    desk = desk_with(enableWashTradeProtection=True, enableSelfTradeProtection=True)
    desk.sell(1, limit_units=PRICE + 10)
    assert codes(desk, limit_units=PRICE + 9) == []
    assert codes(desk, limit_units=PRICE + 10) == ["WASH_TRADE"]
    assert codes(desk) == ["WASH_TRADE"]
    assert codes(desk, strategy="t") == ["SELF_TRADE"]


def check(desk: Desk, code: str) -> Check:
    return next(check for check in desk.want(BUY, 1)[0].checks if check.code == code)


def test_an_average_volume_that_is_not_known_refuses() -> None:
    desk = desk_with(maxVolumePercent=1, maxTouchPercent=1, maxLoopLagSeconds=1, cumulativeCollarPercent=1)
    desk.print(PRICE)
    refused = codes(desk)
    assert refused == ["LOOP_LAG", "MAX_VOLUME_SHARE", "MAX_TOUCH_SHARE"]
    assert check(desk, "MAX_VOLUME_SHARE").value is None
