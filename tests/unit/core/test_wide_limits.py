"""Limits on whole accounts, by the scope they are set for: what a wider one binds, and what a narrower one can not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.limits import OF_ACCOUNTS, PARAMETERS, limits_from
from tradewright.core.setup import Setup
from tradewright.core.state import restore, to_bytes
from tradewright.core.stations import READ_BESIDE, check_parameters
from tradewright.core.trading_state import check_scopes
from tradewright.model.control import REDUCING, LimitsSet
from tradewright.model.errors import ContractError, InputError

PRICE = 10_000
SECOND = 10**9
HOUR = 3_600 * SECOND
WIDE = ("account:one", "owner:ann", "venue:paper", "all")


def desk_of_two(scope: str, currency: str = "", **limits: Any) -> Desk:
    """Two accounts of ann in dollars; the limits are set for a scope that holds the first."""
    desk = Desk(account_of("one", owner="ann"), account_of("two", owner="ann"), symbols=("ACME", "ZETA", "USDJPY"))
    desk.quote(150_000, symbol="USDJPY")
    desk.quote(PRICE)
    desk.quote(100 * PRICE, symbol="ZETA")
    desk.feed(LimitsSet(desk.tick(), scope, limits_from(limits).row(), 0, currency, "ann", "test"))
    return desk


def resting(desk: Desk, account: str) -> str:
    order = desk.buy(5, limit_units=PRICE, symbol="ZETA", account=account)
    desk.accept(order)
    return order


@pytest.mark.parametrize("limit", [{"maxDailyLoss": 1000}, {"maxDailyLossPercent": 0.1}])
@pytest.mark.parametrize("span", ["Daily", "Weekly"])
@pytest.mark.parametrize("scope", WIDE)
def test_a_loss_reached_by_a_fill_stops_what_rests_at_any_scope(scope: str, span: str, limit: dict[str, Any]) -> None:
    """2000 are lost of a million in the account, of two million in wider scopes."""
    named = {name.replace("Daily", span): value for name, value in limit.items()}
    desk = desk_of_two(scope, **named)
    desk.filled(BUY, 100, PRICE, account="one")
    rests = resting(desk, "one")
    desk.quote(PRICE - 2000)
    desk.close(SELL, account="one")
    close = desk.submitted()[-1]
    desk.fill(close, 100, PRICE - 2000)
    assert desk.engine.states["account:one"] == REDUCING
    assert desk.engine.causes["account:one"] == f"{span.upper()}_LOSS_LIMIT"
    assert (rests, "OPENINGS_STOPPED") in desk.cancelled()


def test_a_loss_that_accounts_share_stops_all_of_them() -> None:
    desk = desk_of_two("owner:ann", maxDailyLoss=1500)
    for account in ("one", "two"):
        desk.filled(BUY, 10, PRICE, account=account)
    rests = resting(desk, "two")
    desk.taken()
    desk.quote(PRICE - 8000)
    desk.close(SELL, account="one")
    desk.fill(desk.submitted()[-1], 10, PRICE - 8000)
    assert desk.engine.states == {"account:one": REDUCING, "account:two": REDUCING}
    assert (rests, "OPENINGS_STOPPED") in desk.cancelled()


def test_an_account_that_lost_as_much_alone_is_stopped_though_another_gained_it() -> None:
    desk = desk_of_two("owner:ann", maxDailyLoss=1500)
    desk.filled(BUY, 20, PRICE, account="one")
    desk.filled(SELL, 20, PRICE, account="two")
    desk.quote(PRICE - 8000)
    desk.close(SELL, account="one")
    desk.fill(desk.submitted()[-1], 20, PRICE - 8000)
    assert desk.engine.states == {"account:one": REDUCING}


@pytest.mark.parametrize("name", ["maxDailyLoss", "maxWeeklyLoss"])
@pytest.mark.parametrize(("lost", "stopped"), [(66_000, False), (67_000, True)])
def test_a_limit_on_a_loss_is_compared_in_its_own_currency(name: str, lost: int, stopped: bool) -> None:
    """100 000 yen are 666.67 dollars."""
    desk = desk_of_two("account:one", "JPY", **{name: 100_000})
    desk.filled(BUY, 100, PRICE, account="one")
    desk.quote(PRICE - lost // 100)
    desk.close(SELL, account="one")
    desk.fill(desk.submitted()[-1], 100, PRICE - lost // 100)
    assert (desk.engine.states == {"account:one": REDUCING}) is stopped


def test_the_equity_of_day_traders_is_compared_in_the_limit_s_currency() -> None:
    """A million dollars are a hundred and fifty million yen, and two hundred are asked for."""
    desk = desk_of_two("account:one", "JPY", maxDayTrades=1, dayTradeEquityMinimum=200 * 10**6)
    for _ in range(2):
        (decision,) = desk.want(BUY, 1, account="one")
        if decision.approved:
            desk.fill(decision.orders[0].id, 1, PRICE)
            desk.close(SELL, account="one")
            desk.fill(desk.submitted()[-1], 1, PRICE)
    assert [check.code for check in decision.refusals] == ["PATTERN_DAY_TRADER"]


@pytest.mark.parametrize("scope", [*WIDE, "strategy:s", "symbol:ACME", "account:one/strategy:s"])
def test_a_stop_that_does_not_fill_is_watched_at_any_scope(scope: str) -> None:
    desk = desk_of_two(scope, stopFillSeconds=5)
    for account in ("one", "two"):
        order = desk.buy(10, stop_loss=PRICE - 1000, account=account)
        desk.accept(order)
        desk.fill(order, 10, PRICE)
    watched = {desk.state(id).order.account for id in desk.engine.stops}
    assert watched == ({"one"} if "account" in scope else {"one", "two"})
    for id in list(desk.engine.stops):
        desk.accept(id)
    desk.quote(PRICE - 1500)
    desk.taken()
    desk.now += 6 * SECOND
    desk.quote(PRICE - 1500)
    assert {(desk.state(id).order.account, code) for id, code in desk.cancelled()} == {
        (account, "STOP_UNFILLED") for account in watched
    }


def test_of_several_times_for_a_stop_the_shortest_counts() -> None:
    desk = desk_of_two("all", stopFillSeconds=50)
    values = limits_from({"stopFillSeconds": 5}).row()
    desk.feed(LimitsSet(desk.tick(), "symbol:ACME", values, 0, "", "ann", "test"))
    order = desk.buy(10, stop_loss=PRICE - 1000, account="one")
    desk.accept(order)
    desk.fill(order, 10, PRICE)
    desk.quote(PRICE - 1500)
    desk.taken()
    desk.now += 6 * SECOND
    desk.quote(PRICE - 1500)
    assert [code for _, code in desk.cancelled()] == ["STOP_UNFILLED"]


@pytest.mark.parametrize("scope", ["strategy:s", "symbol:ACME", "sector:energy"])
@pytest.mark.parametrize("span", ["Daily", "Weekly"])
def test_a_loss_of_a_narrow_scope_stops_what_rests_in_it_and_nothing_else(scope: str, span: str) -> None:
    desk = desk_of_two(scope, **{f"max{span}Loss": 1000})
    desk.filled(BUY, 100, PRICE, account="one")
    inside = desk.buy(5, limit_units=PRICE // 2, account="one")
    beside = desk.buy(5, limit_units=PRICE, symbol="ZETA", account="one", strategy="other")
    for order in (inside, beside):
        desk.accept(order)
    desk.quote(PRICE - 2000)
    desk.close(SELL, account="one")
    desk.fill(desk.submitted()[-1], 100, PRICE - 2000)
    assert desk.engine.states == {scope: REDUCING}
    assert desk.engine.causes == {scope: f"{span.upper()}_LOSS_LIMIT"}
    assert desk.cancelled() == [(inside, "OPENINGS_STOPPED")]
    desk.now += (7 if span == "Weekly" else 1) * 86_400 * SECOND
    desk.quote(PRICE - 2000)
    assert desk.engine.states == {}


@pytest.mark.parametrize(
    ("span", "later", "stopped"), [("Daily", 0, 6), ("Weekly", 0, 6), ("Daily", 2, 23), ("Weekly", 2, 32)]
)
def test_a_loss_of_several_accounts_stops_until_the_days_of_all_that_trade_have_rolled(
    span: str, later: int, stopped: int
) -> None:
    """Their days begin at 00:00 and 05:00 UTC, and at 15:00 where nobody trades. Lost is on Sunday at 22:13, or two
    hours later, when one of the days, and of the weeks, is new already."""
    zones = {"one": "UTC", "two": "America/New_York", "idle": "Asia/Tokyo"}
    desk = Desk(*[account_of(name, day_zone=zone) for name, zone in zones.items()])
    values = limits_from({f"max{span}Loss": 1000}).row()
    desk.feed(LimitsSet(desk.tick(), "strategy:s", values, 0, "", "ann", "test"))
    desk.now += (5 * 24 + later) * HOUR
    start = desk.now
    desk.quote(PRICE)
    for account in ("one", "two"):
        desk.filled(BUY, 100, PRICE, account=account)
    desk.quote(PRICE - 2000)
    desk.close(SELL, account="one")
    desk.fill(desk.submitted()[-1], 100, PRICE - 2000)
    assert desk.engine.states == {"strategy:s": REDUCING}
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    desk.engine = engine
    states = []
    for hour in range(1, 33):
        desk.now = start + hour * HOUR
        desk.quote(PRICE - 2000)
        states.append(dict(desk.engine.states))
    assert states == stopped * [{"strategy:s": REDUCING}] + (32 - stopped) * [{}]


def test_a_loss_of_a_scope_that_no_trading_state_can_be_set_for_refuses_openings() -> None:
    desk = desk_of_two("account:one/strategy:s", maxDailyLoss=1000)
    desk.filled(BUY, 100, PRICE, account="one")
    desk.quote(PRICE - 2000)
    desk.close(SELL, account="one")
    desk.fill(desk.submitted()[-1], 100, PRICE - 2000)
    assert desk.engine.states == {}
    assert [check.code for check in desk.want(BUY, 1, account="one")[0].refusals] == ["DAILY_LOSS_LIMIT"]


@pytest.mark.parametrize("name", OF_ACCOUNTS)
@pytest.mark.parametrize("scope", ["strategy:s", "account:one/symbol:ACME", "sector:energy", "currency:USD"])
def test_a_limit_on_whole_accounts_is_not_taken_for_less(name: str, scope: str) -> None:
    """It would bind nothing, and nobody would be told."""
    desk = desk_of_two("all", maxOrderValue=10**6)
    limits = limits_from({name: 3})
    before = desk.engine.state_hash()
    with pytest.raises(ContractError, match=f"{name} is about whole accounts"):
        desk.engine.apply(LimitsSet(desk.now, scope, limits.row(), 0, "", "ann", "test"))
    assert desk.engine.state_hash() == before
    terms: Any = [(desk.engine.accounts["one"].terms, [])]
    for wide in WIDE:
        check_scopes(Setup(desk.engine.instruments, terms, [], {}, scopes={wide: limits}))
    with pytest.raises(InputError, match=f"{name} is about whole accounts"):
        check_scopes(Setup(desk.engine.instruments, terms, [], {}, scopes={scope: limits}))


@pytest.mark.parametrize(("name", "readers"), [(name, of) for name, of in READ_BESIDE.items() if of])
def test_a_parameter_where_no_limit_reads_it_is_refused(name: str, readers: list[str]) -> None:
    """It would do nothing, and nobody would be told."""
    desk = desk_of_two("all", maxOrderValue=10**6)
    value: Any = {"tradepicker.key": "account_strategy", "queueWhenClosed": True}.get(name, 3)
    reads: Any = True if name == "queueWhenClosed" else 5
    alone, beside = limits_from({name: value}), limits_from({name: value, readers[0]: reads})
    reader = limits_from({readers[0]: reads})
    own: Any = [(desk.engine.accounts["one"].terms, alone.row())]
    plain: Any = [(desk.engine.accounts["one"].terms, [])]
    said = f"limits of account:one: {name} says how {readers[0]} counts, which is not set there"
    for accounts, scopes in (
        (own, {}),
        (own, {"all": reader}),
        (plain, {"account:one": alone, "all": reader}),
    ):
        with pytest.raises(InputError, match=said):
            check_parameters(Setup(desk.engine.instruments, accounts, [], {}, scopes=scopes))
    for scopes in ({"account:one": beside}, {"strategy:s": beside}):
        check_parameters(Setup(desk.engine.instruments, plain, [], {}, scopes=scopes))
    check_parameters(Setup(desk.engine.instruments, own, [], {}, scopes={"account:one": reader}))


def test_every_parameter_is_read_beside_a_limit_or_acts_by_itself() -> None:
    acts = {
        "exposurePollIntervalSec", "tradepicker.reserveOnOpen", "tradepicker.reservationTtlMs", "orderType",
        "breakerErrors", "breakerCooldownSeconds", "softLimits", "stopFillSeconds", "staleOrderSeconds",
        "marketBufferPercent", "defaultRiskEstimate", "riskModel", "canaryDays",
    }  # fmt: skip
    assert {name for name in PARAMETERS if not READ_BESIDE.get(name)} == acts
