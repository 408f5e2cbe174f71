"""Limits of scopes: each asked for what its scope holds, changed by journaled sets alone, never loosened by a narrower
one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.boundaries import set_limits
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.limits import limits_from
from tradewright.core.state import restore, to_bytes
from tradewright.model.control import HALTED, LimitsSet, LimitWaived, TradingStateSet
from tradewright.model.decision import Check
from tradewright.model.errors import ContractError

ONE = 10**18
PRICE = 10_000
HOUR = 3_600_000_000_000


def desk_of_two() -> Desk:
    """Two accounts of ann at one venue, one of bob at another; ACME is in energy, ZETA in no sector."""
    desk = Desk(
        account_of("one", owner="ann"),
        account_of("two", owner="ann"),
        account_of("three", owner="bob"),
        symbols=("ACME", "ZETA"),
    )
    desk.quote(PRICE)
    desk.quote(100 * PRICE, symbol="ZETA")
    return desk


def put(desk: Desk, scope: str, expires: int = 0, version: int = 0, currency: str = "", **limits: Any) -> None:
    values = limits_from(limits).row()
    desk.feed(LimitsSet(desk.tick(), scope, values, version, currency, "ann", "test", expires))


def codes(desk: Desk, side: int = BUY, size: int = 1, **terms: Any) -> list[str]:
    return [check.code for check in desk.want(side, size, **terms)[0].refusals]


def check(desk: Desk, code: str, **terms: Any) -> Check:
    return next(check for check in desk.want(BUY, 1, **terms)[0].checks if check.code == code)


#: scope → who else, beside an order of account one and strategy s in ACME, lies in it: (account, strategy, symbol).
OTHERS = [
    ("one", "s", "ACME"),
    ("two", "s", "ACME"),
    ("three", "s", "ACME"),
    ("one", "t", "ACME"),
    ("one", "s", "ZETA"),
]
IN = {
    "all": OTHERS,
    "owner:ann": [OTHERS[0], OTHERS[1], OTHERS[3], OTHERS[4]],
    "venue:paper": OTHERS,
    "account:one": [OTHERS[0], OTHERS[3], OTHERS[4]],
    "strategy:s": [OTHERS[0], OTHERS[1], OTHERS[2], OTHERS[4]],
    "canary:s": [OTHERS[0], OTHERS[1], OTHERS[2], OTHERS[4]],
    "symbol:ACME": OTHERS[:4],
    "sector:energy": OTHERS[:4],
    "currency:USD": OTHERS,
    "currency:ACME": OTHERS[:4],
    "owner:ann/symbol:ACME": [OTHERS[0], OTHERS[1], OTHERS[3]],
    "account:one/strategy:s": [OTHERS[0], OTHERS[4]],
}


@pytest.mark.parametrize("scope", IN)
def test_a_limit_is_asked_of_every_order_in_its_scope_and_of_no_other(scope: str) -> None:
    desk = desk_of_two()
    put(desk, scope, maxOrderQuantity=5)
    for account, strategy, symbol in OTHERS:
        refused = codes(desk, size=600, account=account, strategy=strategy, symbol=symbol)
        inside = (account, strategy, symbol) in IN[scope]
        assert refused == (["MAX_ORDER_QUANTITY"] if inside else [])


@pytest.mark.parametrize("scope", IN)
def test_a_limit_on_what_is_held_adds_up_its_scope(scope: str) -> None:
    """One position of each of the five, then the limit: as many as lie in the scope are counted."""
    desk = desk_of_two()
    for account, strategy, symbol in OTHERS:
        desk.filled(BUY, 1, PRICE, account=account, strategy=strategy, symbol=symbol)
    put(desk, scope, maxOpenPositions=99, maxPositionQuantity=99)
    seen = check(desk, "MAX_OPEN_POSITIONS", account="one", strategy="s", symbol="ACME")
    # A position is one instrument of an account, so that s and t share one, unless the scope names the strategy.
    named = "strategy" in scope or "canary" in scope
    held = {(account, symbol, strategy if named else "") for account, strategy, symbol in IN[scope]}
    assert seen.value == len(held)
    assert (seen.scope, seen.version, seen.station) == (scope, 1, "risk")
    in_acme = [other for other in IN[scope] if other[2] == "ACME"]
    seen = check(desk, "MAX_POSITION_QUANTITY", account="one", strategy="s", symbol="ACME")
    # What is held, the wish above that was granted and works, and this one.
    assert seen.value == (len(in_acme) + 2) * 10**9


def test_working_orders_count_in_every_scope_the_moment_they_are_granted() -> None:
    desk = desk_of_two()
    put(desk, "owner:ann", maxOpenPositions=1)
    put(desk, "strategy:s", maxPositionQuantity=10)
    desk.buy(10, account="one")
    assert codes(desk, account="two") == ["MAX_POSITION_QUANTITY", "MAX_OPEN_POSITIONS"]
    assert codes(desk, account="three", strategy="t") == []


def test_a_narrower_limit_never_loosens_a_wider_one() -> None:
    desk = desk_of_two()
    put(desk, "all", maxOrderQuantity=5)
    put(desk, "account:one", maxOrderQuantity=500)
    (decision,) = desk.want(BUY, 6, account="one")
    seen = [(check.scope, check.passed) for check in decision.checks if check.code == "MAX_ORDER_QUANTITY"]
    assert seen == [("all", False), ("account:one", True)]


def test_each_set_is_a_version_and_an_absent_limit_is_off_again() -> None:
    desk = desk_of_two()
    put(desk, "all", maxOrderQuantity=5)
    put(desk, "all", maxOrderQuantity=7, maxOrderValue=10**6)
    assert check(desk, "MAX_ORDER_QUANTITY").version == 2
    put(desk, "all", maxOrderValue=10**6)
    assert codes(desk, size=8) == []
    limits = desk.engine.gate.limits["all"]
    assert (limits.version, limits.who, limits.reason) == (3, "ann", "test")


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("version", {"version": 3}),
        ("version", {"version": 1}),
        ("scope", {"scope": "everything"}),
        ("scope", {"scope": "owner:"}),
        ("scope", {"scope": "owner:ann/owner:bob"}),
        ("not known", {"values": [("maxLuck", 1)]}),
        ("lies ahead", {"expires": 1}),
        ("name", {"who": ""}),
    ],
)
def test_a_set_that_can_not_hold_changes_nothing(why: str, change: dict[str, Any]) -> None:
    desk = desk_of_two()
    put(desk, "all", maxOrderQuantity=5)
    before = desk.engine.state_hash()
    terms: dict[str, Any] = {
        "scope": "all", "values": [("maxOrderQuantity", 10)], "version": 2, "currency": "", "who": "ann",
        "reason": "", "expires": 0,
    } | change  # fmt: skip
    with pytest.raises(ContractError, match=why):
        desk.engine.apply(LimitsSet(desk.now, **terms))
    assert desk.engine.state_hash() == before
    assert codes(desk, size=6) == ["MAX_ORDER_QUANTITY"]


def test_a_temporary_set_lies_over_the_one_before_until_the_moment_it_expires() -> None:
    desk = desk_of_two()
    put(desk, "all", maxOrderQuantity=5, maxOrderValue=10**6)
    end = desk.now + HOUR
    put(desk, "all", end, maxOrderQuantity=2)
    assert codes(desk, size=3) == ["MAX_ORDER_QUANTITY"]
    assert codes(desk, size=2) == []
    assert check(desk, "MAX_ORDER_VALUE").version == 2, "what it does not name holds on"
    desk.now = end - 2
    desk.quote(PRICE)
    assert codes(desk, size=3) == ["MAX_ORDER_QUANTITY"]
    ended = desk.quote(PRICE)
    assert [(output.row()[2:]) for output in ended if output.kind == 75] == [("all", 2)]
    assert codes(desk, size=5) == []
    assert codes(desk, size=6) == ["MAX_ORDER_QUANTITY"]
    assert desk.engine.gate.limits["all"].version == 3


def test_a_block_with_an_end_is_a_temporary_set() -> None:
    """A strategy trades one share at a time for an hour, then as much as others."""
    desk = desk_of_two()
    put(desk, "strategy:s", desk.now + HOUR, maxOrderQuantity=1, maxPositionQuantity=1)
    desk.buy(1, strategy="s", account="one")
    assert codes(desk, account="one", strategy="s") == ["MAX_POSITION_QUANTITY"]
    assert codes(desk, account="one", strategy="t", size=50) == []
    desk.now += HOUR
    desk.quote(PRICE)
    assert codes(desk, account="one", strategy="s", size=50) == []
    over = desk.engine.gate.limits["strategy:s"]
    assert (over.values, over.version, over.who, over.reason) == ({}, 2, "ann", "its time is over")
    assert over.since == desk.now, "and not at the begin of all time"


def test_two_persons_waive_a_soft_limit_for_a_while_and_it_is_said() -> None:
    desk = desk_of_two()
    put(desk, "all", maxOrderQuantity=5, maxPositionQuantity=8, softLimits=["maxOrderQuantity"])
    end = desk.now + HOUR
    desk.feed(LimitWaived(desk.tick(), "all", "maxOrderQuantity", "ann", "bob", "index change", end))
    (decision,) = desk.want(BUY, 6)
    assert decision.approved
    note = next(check.note for check in decision.checks if check.code == "MAX_ORDER_QUANTITY")
    assert note == ", waived by ann and bob: index change"
    assert codes(desk, size=6) == ["MAX_POSITION_QUANTITY"], "a hard limit stands"
    assert codes(desk, size=600, symbol="ZETA") == []
    desk.now = end
    desk.quote(PRICE)
    assert codes(desk, size=501, symbol="ZETA")[0] == "MAX_ORDER_QUANTITY"


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("hard", {"limit": "maxPositionQuantity"}),
        ("not set", {"limit": "maxOrderValue"}),
        ("not set", {"scope": "venue:paper"}),
        ("two persons", {"second": "ann"}),
        ("two persons", {"second": ""}),
        ("day", {"expires": 1_700_000_000_000_000_000 + 25 * HOUR}),
        ("day", {"expires": 5}),
    ],
)
def test_there_is_no_way_around_a_hard_limit(why: str, change: dict[str, Any]) -> None:
    desk = desk_of_two()
    put(desk, "all", maxOrderQuantity=5, maxPositionQuantity=8, softLimits=["maxOrderQuantity"])
    terms: dict[str, Any] = {
        "scope": "all", "limit": "maxOrderQuantity", "who": "ann", "second": "bob", "reason": "",
        "expires": desk.now + HOUR,
    } | change  # fmt: skip
    with pytest.raises(ContractError, match=why):
        desk.engine.apply(LimitWaived(desk.now, **terms))
    assert codes(desk, size=9) == ["MAX_ORDER_QUANTITY", "MAX_POSITION_QUANTITY"]


def test_a_limit_that_became_hard_is_waived_no_more() -> None:
    desk = desk_of_two()
    put(desk, "all", maxOrderQuantity=5, softLimits=["maxOrderQuantity"])
    desk.feed(LimitWaived(desk.tick(), "all", "maxOrderQuantity", "ann", "bob", "", desk.now + HOUR))
    assert codes(desk, size=6) == []
    put(desk, "all", maxOrderQuantity=5)
    assert codes(desk, size=6) == ["MAX_ORDER_QUANTITY"]


def test_what_persons_set_survives_a_restart_and_new_configuration_replaces_it() -> None:
    desk = Desk(limits={"maxOrderQuantity": 5})
    desk.quote(PRICE)
    put(desk, "account:main", maxOrderQuantity=2)
    put(desk, "strategy:s", desk.now + HOUR, maxOrderValue=10**6, softLimits=["maxOrderValue"])
    desk.feed(LimitWaived(desk.tick(), "strategy:s", "maxOrderValue", "ann", "bob", "", desk.now + HOUR))
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()
    desk.engine = engine
    terms = engine.accounts["main"].terms
    engine.open_account(terms, limits_from({"maxOrderQuantity": 5}))
    assert codes(desk, size=3) == ["MAX_ORDER_QUANTITY"], "as configured before: what was set since holds"
    engine.open_account(terms, limits_from({"maxOrderQuantity": 4}))
    assert codes(desk, size=3) == []
    assert check(desk, "MAX_ORDER_QUANTITY").version == 3
    assert engine.gate.limits["account:main"].who == "setup"


def test_the_use_of_every_limit_can_be_read() -> None:
    desk = desk_of_two()
    put(desk, "owner:ann", currency="USD", maxOpenPositions=3, maxDailyLoss=500, maxOrderValue=10**6)
    put(desk, "strategy:t", maxDailyLoss=500)
    desk.filled(BUY, 10, PRICE, account="one")
    desk.filled(BUY, 5, PRICE, account="two", strategy="t")
    desk.filled(BUY, 5, PRICE, account="three", strategy="t")
    desk.quote(PRICE - 500)
    uses = [(use.scope, use.code, use.value, use.limit, use.unit, use.ppm) for use in desk.engine.utilisation()]
    assert uses == [
        ("owner:ann", "DAILY_LOSS_LIMIT", 75 * ONE, 500 * ONE, "money:USD", 150_000),
        ("owner:ann", "MAX_OPEN_POSITIONS", 2, 3, "count", 666_667),
        ("strategy:t", "DAILY_LOSS_LIMIT", 50 * ONE, 500 * ONE, "money:USD", 100_000),
    ]


def test_a_sector_counts_both_sides_and_what_works_on_each() -> None:
    """5 long, 3 short, 2 to be bought, 1 to be sold and 1 asked for: 12 at 100 are 1200 of a million. The other symbol
    has no sector and counts elsewhere."""
    for offset, passes in ((-1, False), (0, True)):
        desk = Desk(account_of(mode="hedging"), symbols=("ACME", "ZETA"))
        desk.quote(PRICE)
        desk.quote(100 * PRICE, symbol="ZETA")
        desk.filled(BUY, 500, 100 * PRICE, symbol="ZETA")
        desk.filled(BUY, 5, PRICE)
        desk.filled(SELL, 3, PRICE)
        desk.buy(2, limit_units=PRICE)
        desk.sell(1, limit_units=PRICE)
        set_limits(desk, maxSectorExposurePercent=1_200 + offset)
        assert desk.want(BUY, 1)[0].approved is passes


def test_the_use_of_limits_of_a_symbol_and_of_an_account_can_be_read() -> None:
    desk = Desk()
    desk.quote(PRICE)
    put(
        desk, "owner:main/symbol:ACME", maxTradesPerDay=4, maxConcurrentTradesPerSymbol=5, maxDailyRiskPerSymbol=200
    )  # fmt: skip
    put(desk, "account:main", maxDrawdownPercent=1, maxMarginUsePercent=1, maxDirectionalExposurePercent=1)
    desk.quote(PRICE)
    desk.filled(BUY, 10, PRICE, stop_loss=PRICE - 500)
    desk.quote(PRICE - 500)
    uses = {use.code: (use.value, use.ppm) for use in desk.engine.utilisation()}
    assert uses == {
        "DIRECTIONAL_EXPOSURE_LIMIT": (951, 95_100),  # 950 of 999 950
        "MARGIN_USE_LIMIT": (951, 95_100),
        "DRAWDOWN_LIMIT": (50, 5_000),
        "MAX_TRADES_PER_DAY": (1, 250_000),
        "MAX_CONCURRENT_TRADES_SYMBOL": (1, 200_000),
        "MAX_DAILY_RISK_SYMBOL": (50 * ONE, 250_000),
    }


@pytest.mark.parametrize("scope", ["owner:ann", "venue:paper", "sector:energy", "currency:ACME"])
def test_a_wider_scope_can_be_taken_out_of_trading(scope: str) -> None:
    desk = desk_of_two()
    desk.filled(BUY, 5, PRICE, account="one")
    desk.feed(TradingStateSet(desk.tick(), scope, HALTED, "ann", ""))
    for account, strategy, symbol in OTHERS:
        inside = (account, strategy, symbol) in IN[scope]
        assert codes(desk, account=account, strategy=strategy, symbol=symbol) == (["TRADING_STATE"] if inside else [])
    assert desk.close(SELL, account="one")[0].approved
