"""The trade picker: its three codes, whose positions it counts, and that no two signals of one tick share a place."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.model import event as kinds
from tradewright.model.instrument import OrderRules
from tradewright.model.sizer import FIXED, Sizer

PROFILE = {"tradepicker.maxOpenPositions": 3, "tradepicker.sellRequiresLong": True}
SYMBOLS = ("ACME", "ZETA", "EURUSD", "USDJPY", "XAUUSD")


def desk_of(limits: dict[str, Any], rules: OrderRules | None = None) -> Desk:
    desk = Desk(account_of(leverage=100), symbols=SYMBOLS, limits=limits, rules=rules, cash="1000000")
    for symbol in SYMBOLS:
        desk.quote(10_000, symbol=symbol)
    return desk


def codes(desk: Desk, side: int, quantity: int, **terms: Any) -> list[str]:
    decisions = desk.want(side, quantity, **terms)
    return [check.code for decision in decisions for check in decision.refusals]


def test_a_fourth_symbol_is_refused_while_an_open_or_pending_one_may_grow() -> None:
    desk = desk_of(PROFILE)
    desk.filled(BUY, 1, 10_000, symbol="ACME")
    pending = desk.buy(1, symbol="ZETA", limit_units=9_000)
    desk.buy(1, symbol="EURUSD", limit_units=9_000)
    assert codes(desk, BUY, 1, symbol="XAUUSD") == ["OPEN_LIMIT_EXCEEDED"]
    assert codes(desk, BUY, 1, symbol="ACME") == []
    assert codes(desk, BUY, 1, symbol="ZETA") == []
    desk.cancel(pending)
    desk.say(kinds.CANCELLED, pending)
    assert codes(desk, BUY, 1, symbol="XAUUSD") == ["OPEN_LIMIT_EXCEEDED"], "its second order is still pending"


def test_a_sale_needs_a_long_of_its_own_strategy() -> None:
    desk = desk_of(PROFILE)
    assert codes(desk, SELL, 1) == ["NO_OPEN_POSITION"]
    assert codes(desk, SELL, 1, closing=True) == ["NO_OPEN_POSITION", "REDUCE_ONLY"]
    desk.filled(BUY, 2, 10_000, strategy="other")
    assert codes(desk, SELL, 1) == ["NO_OPEN_POSITION"]
    assert codes(desk, SELL, 1, strategy="other") == []
    assert codes(desk, SELL, 3, strategy="other") == ["NO_OPEN_POSITION"], "it closes, and opens nothing"


def test_positions_are_counted_for_the_account_or_for_each_strategy() -> None:
    for key, refused in (("account", ["OPEN_LIMIT_EXCEEDED"]), ("account_strategy", [])):
        desk = desk_of({"tradepicker.maxOpenPositions": 1, "tradepicker.key": key})
        desk.filled(BUY, 1, 10_000, symbol="ACME", strategy="one")
        assert codes(desk, BUY, 1, symbol="ZETA", strategy="two") == refused
        assert codes(desk, BUY, 1, symbol="ZETA", strategy="one") == ["OPEN_LIMIT_EXCEEDED"]


def test_a_size_that_a_sizer_makes_is_cut_to_the_budget_until_the_smallest_order_does_not_fit() -> None:
    desk = desk_of({"tradepicker.budget": 1000}, OrderRules(step=2, size_min=4))
    hundred = Sizer(FIXED, 100 * 10**9)
    (decision,) = desk.want(BUY, 0, sizer=hundred)
    assert decision.approved and decision.orders[0].quantity == 10
    assert "its budget" in decision.sizing
    assert "BUDGET_EXCEEDED" in codes(desk, BUY, 0, sizer=hundred)


def test_a_size_that_was_asked_for_is_refused_beyond_the_budget() -> None:
    desk = desk_of({"tradepicker.budget": 1000}, OrderRules(step=2, size_min=4))
    assert codes(desk, BUY, 6) == []
    assert codes(desk, BUY, 6) == ["BUDGET_EXCEEDED"]
    assert codes(desk, BUY, 4) == []
    assert codes(desk, BUY, 4) == ["BUDGET_EXCEEDED"]


@given(st.permutations([(symbol, strategy) for symbol in SYMBOLS for strategy in ("one", "two")]))
def test_signals_of_one_tick_never_take_more_places_than_there_are(order: list[tuple[str, str]]) -> None:
    desk = desk_of(PROFILE)
    for symbol, strategy in order:
        desk.want(BUY, 1, symbol=symbol, strategy=strategy)
    taken = {position.instrument.symbol for position in desk.engine.accounts["main"].positions if position.opening}
    assert len(taken) == 3
    assert taken == set(list(dict.fromkeys(symbol for symbol, _ in order))[:3])


@given(st.lists(st.tuples(st.sampled_from(SYMBOLS[:2]), st.integers(1, 40)), max_size=12), st.integers(1, 100))
def test_signals_of_one_tick_never_spend_more_than_the_buying_power(wishes: list[tuple[str, int]], cash: int) -> None:
    desk = Desk(account_of(kind="cash"), symbols=SYMBOLS[:2], cash=str(cash * 100))
    for symbol in SYMBOLS[:2]:
        desk.quote(10_000, symbol=symbol)
    for symbol, size in wishes:
        desk.want(BUY, size, symbol=symbol)
    assert 0 <= desk.engine.holds.held("main", "USD") <= cash * 100 * 10**18
