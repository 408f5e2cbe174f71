"""What venues and brokers say of an instrument: halts, price bands, short sale restrictions, locates; what is not said
opens nothing, the newest word counts, and exits are never stopped by it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.boundaries import set_limits
from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core.engine import Engine
from tradewright.core.limits import Limits
from tradewright.core.state import restore, to_bytes
from tradewright.model.control import Started
from tradewright.model.errors import ContractError
from tradewright.model.event import CANCELLED
from tradewright.model.notice import AUCTION, HALTED, NOT_SAID, PAUSED, TRADING, UNKNOWN, InstrumentStatus, Located
from tradewright.model.order import STOP

PRICE = 10_000
DAY = 24 * 3_600 * 10**9


def desk_of(**limits: Any) -> Desk:
    desk = Desk()
    desk.quote(PRICE, PRICE + 2)
    desk.filled(BUY, 5, PRICE, strategy="holds")
    set_limits(desk, **limits)
    return desk


def said(desk: Desk, status: str = TRADING, low: int = 0, high: int = 0, restricted: bool = False) -> None:
    desk.feed(InstrumentStatus(desk.tick(), 0, status, low, high, restricted))


def codes(desk: Desk, side: int = BUY, size: int = 1, **terms: Any) -> list[str]:
    return [check.code for check in desk.want(side, size, **terms)[0].refusals]


@pytest.mark.parametrize("status", [HALTED, PAUSED, AUCTION])
def test_while_it_does_not_trade_nothing_is_opened_and_all_can_be_closed(status: str) -> None:
    desk = desk_of(enableHaltProtection=1)
    assert codes(desk) == ["INSTRUMENT_HALTED"], "nobody has said that it trades"
    said(desk)
    assert codes(desk) == []
    said(desk, status)
    assert codes(desk) == codes(desk, SELL) == ["INSTRUMENT_HALTED"]
    assert desk.close(SELL, strategy="holds")[0].approved
    said(desk)
    assert codes(desk) == []


@pytest.mark.parametrize(
    ("side", "terms", "refused"),
    [
        (BUY, {}, False), (SELL, {}, False),
        (BUY, {"limit_units": 10_500}, False), (BUY, {"limit_units": 10_501}, True), (BUY, {"limit_units": 1}, False),
        (SELL, {"limit_units": 9_500}, False), (SELL, {"limit_units": 9_499}, True),
        (SELL, {"limit_units": 99_999}, False),
        (BUY, {"type": STOP, "stop_units": 10_501}, True), (SELL, {"type": STOP, "stop_units": 9_499}, True),
    ],
)  # fmt: skip
def test_no_price_beyond_limit_up_or_limit_down(side: int, terms: dict[str, Any], refused: bool) -> None:
    desk = desk_of(enablePriceLimitProtection=1)
    assert codes(desk, side, **terms) == ["OUTSIDE_PRICE_LIMITS"]
    said(desk, TRADING, 9_500, 10_500)
    assert codes(desk, side, **terms) == ["OUTSIDE_PRICE_LIMITS"] * refused
    said(desk)
    assert codes(desk, side, **terms) == [], "a venue without bands bounds nothing"


def test_a_market_order_meets_a_band_the_market_stands_outside_of() -> None:
    desk = desk_of(enablePriceLimitProtection=1)
    said(desk, TRADING, PRICE + 1, PRICE + 1)
    assert codes(desk, BUY) == codes(desk, SELL) == ["OUTSIDE_PRICE_LIMITS"]


@pytest.mark.parametrize(
    ("terms", "refused"),
    [
        ({}, True), ({"limit_units": PRICE}, True), ({"limit_units": PRICE + 1}, False),
        ({"type": STOP, "stop_units": PRICE - 5}, True),
    ],
)  # fmt: skip
def test_a_restricted_short_rests_above_the_best_bid(terms: dict[str, Any], refused: bool) -> None:
    desk = desk_of(enableShortSaleRestriction=1)
    assert codes(desk, SELL, **terms) == ["SHORT_SALE_RESTRICTED"], "whether one is in force is not known"
    said(desk)
    assert codes(desk, SELL, **terms) == []
    said(desk, restricted=True)
    assert codes(desk, SELL, **terms) == ["SHORT_SALE_RESTRICTED"] * refused
    assert codes(desk, BUY) == []
    assert desk.close(SELL, strategy="holds")[0].approved, "a long is sold, nothing is short"


def test_what_is_not_known_any_more_opens_nothing() -> None:
    for switch, code in (
        ("enableHaltProtection", "INSTRUMENT_HALTED"), ("enablePriceLimitProtection", "OUTSIDE_PRICE_LIMITS"),
        ("enableShortSaleRestriction", "SHORT_SALE_RESTRICTED"),
    ):  # fmt: skip
        desk = desk_of(**{switch: 1})
        said(desk)
        assert codes(desk, SELL) == []
        said(desk, UNKNOWN, NOT_SAID, NOT_SAID)
        [check] = desk.want(SELL, 1)[0].refusals
        assert (check.code, check.value) == (code, None)
        assert desk.close(SELL, strategy="holds")[0].approved


def test_a_band_that_nobody_has_said_yet_is_none_that_can_be_kept() -> None:
    desk = desk_of(enablePriceLimitProtection=1, enableHaltProtection=1)
    said(desk, TRADING, NOT_SAID, NOT_SAID)
    assert codes(desk) == ["OUTSIDE_PRICE_LIMITS"]


def test_a_run_that_begins_knows_of_no_status_and_of_what_was_located() -> None:
    desk = desk_of(enableHaltProtection=1, requireLocate=1)
    said(desk)
    desk.feed(Located(desk.tick(), "main", 0, 10))
    desk.engine.apply(Started(desk.tick(), desk.engine.run + 1, []))
    assert codes(desk, SELL) == ["INSTRUMENT_HALTED"]
    said(desk)
    assert codes(desk, SELL) == []


def test_a_restriction_without_a_bid_lets_nothing_pass() -> None:
    desk = Desk()
    desk.print(PRICE)
    set_limits(desk, enableShortSaleRestriction=1)
    said(desk, restricted=True)
    assert codes(desk, SELL, limit_units=PRICE + 50) == ["SHORT_SALE_RESTRICTED"]


def test_no_more_is_short_than_was_located_and_only_for_the_day() -> None:
    desk = desk_of(requireLocate=1)
    assert codes(desk, SELL) == ["LOCATE_REQUIRED"]
    desk.feed(Located(desk.tick(), "main", 0, 10))
    working = desk.sell(6, limit_units=PRICE + 100)
    assert codes(desk, SELL, 5) == ["LOCATE_REQUIRED"], "what works counts"
    assert codes(desk, BUY, 5) == []
    desk.fill(working, 6, PRICE + 100)
    assert codes(desk, SELL, 5) == ["LOCATE_REQUIRED"]
    desk.feed(Located(desk.tick(), "main", 0, 11))
    assert codes(desk, SELL, 5) == []
    desk.now += DAY
    desk.quote(PRICE)
    assert codes(desk, SELL, 1) == ["LOCATE_REQUIRED"], "it was good for its day"
    assert desk.close(BUY)[0].approved


def test_a_locate_is_one_account_s() -> None:
    desk = Desk(account_of("main"), account_of("other"))
    desk.quote(PRICE)
    for account in ("main", "other"):
        set_limits_of(desk, account)
    desk.feed(Located(desk.tick(), "other", 0, 10))
    assert codes(desk, SELL) == ["LOCATE_REQUIRED"]
    assert codes(desk, SELL, account="other") == []


def test_what_was_located_for_days_that_are_over_is_not_kept() -> None:
    desk = Desk(account_of("main"), account_of("other"), symbols=("ACME", "ZETA"))
    sizes, rows = [], desk.engine.gate.notices.row
    for _ in range(5):
        for account in ("main", "other"):
            for index in (0, 1):
                desk.feed(Located(desk.tick(), account, index, 10))
        sizes.append((len(to_bytes(desk.engine)), len(rows()[1])))  # type: ignore[arg-type]
        desk.now += DAY
        desk.quote(PRICE)
    assert rows() == [[], []]
    assert [kept for _, kept in sizes] == [4] * 5
    assert sizes[-1][0] - sizes[1][0] < 20, "numbers grow, nothing else"
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()


def test_what_is_located_as_the_first_event_of_a_day_is_good_for_that_day() -> None:
    desk = desk_of(requireLocate=1)
    desk.now += DAY
    desk.feed(Located(desk.tick(), "main", 0, 10))
    desk.quote(PRICE)
    assert codes(desk, SELL, 9) == []
    assert codes(desk, SELL, 11) == ["LOCATE_REQUIRED"]


def set_limits_of(desk: Desk, account: str) -> None:
    desk.engine.open_account(desk.engine.accounts[account].terms, Limits({"requireLocate": 1}))


def test_what_was_said_survives_a_restart() -> None:
    desk = desk_of(enableHaltProtection=1, requireLocate=1)
    said(desk, PAUSED, 9_500, 10_500, True)
    desk.feed(Located(desk.tick(), "main", 0, 10))
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    assert engine.state_hash() == desk.engine.state_hash()
    desk.engine = engine
    assert codes(desk, SELL) == ["INSTRUMENT_HALTED"]


@pytest.mark.parametrize(
    "row", [("CLOSED",), (TRADING, -1, 5), (TRADING, 5, -1), (TRADING, -2, -2), (TRADING, 6, 5)], ids=str
)
def test_a_status_that_is_none_changes_nothing(row: tuple[Any, ...]) -> None:
    desk = desk_of(enableHaltProtection=1)
    said(desk)
    state = desk.engine.state_hash()
    with pytest.raises(ContractError):
        desk.engine.apply(InstrumentStatus(desk.now, 0, *row))
    with pytest.raises(ContractError):
        desk.engine.apply(Located(desk.now, "main", 0, -1))
    for strange in (InstrumentStatus(desk.now, 1, TRADING), Located(desk.now, "main", -1, 5)):
        with pytest.raises(ContractError, match="none of the 1 that are listed"):
            desk.engine.apply(strange)
    with pytest.raises(ContractError, match="no such account"):
        desk.engine.apply(Located(desk.now, "nobody", 0, 5))
    assert desk.engine.state_hash() == state


def test_openings_at_work_are_counted_over_the_scope_and_exits_are_none() -> None:
    desk = desk_of(maxWorkingOrders=2)
    desk.close(SELL, strategy="holds", limit_units=PRICE + 500)
    first = desk.buy(1, limit_units=PRICE - 500)
    desk.buy(1, limit_units=PRICE - 500, strategy="t")
    assert codes(desk, BUY) == ["MAX_WORKING_ORDERS"]
    desk.cancel(first)
    assert codes(desk, BUY) == ["MAX_WORKING_ORDERS"], "it may still fill"
    desk.say(CANCELLED, first)
    assert codes(desk, BUY) == []
