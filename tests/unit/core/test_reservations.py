"""Reservations: a place kept before its order exists; judged as the order, counted as the order, ended once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tradewright.core import by_hand, reservations
from tradewright.core.engine import Engine
from tradewright.core.reservations import TTL_NS, TTL_NS_MAX
from tradewright.core.state import restore, to_bytes
from tradewright.model.codec import Decoder, encode
from tradewright.model.control import ACTIVE, HALTED, CloseRequested, StrategyHalted, TradingStateSet
from tradewright.model.decision import Decision
from tradewright.model.errors import InputError
from tradewright.model.event import Event
from tradewright.model.exit_plan import plan_from
from tradewright.model.order import ENTRY
from tradewright.model.order_request import OrderRequested
from tradewright.model.reservation import (
    Released,
    ReleaseRequested,
    ReservationExpired,
    Reserved,
    ReserveRequested,
)
from tradewright.model.sizer import sizer_from

PRICE = 10_000
MS = 10**6
SYMBOLS = ("ACME", "ZETA", "BTCUSD")


def desk_of(*symbols: str, cash: Any = "1000000", kind: str = "margin", **limits: Any) -> Desk:
    desk = Desk(account_of(kind=kind), symbols=symbols or ("ACME",), limits=limits, cash=cash)
    for symbol in symbols or ("ACME",):
        desk.quote(PRICE, symbol=symbol)
    return desk


def ask(
    desk: Desk, id: str, size: int = 0, *, side: int = BUY, symbol: str = "", ttl: int = 0, **terms: Any
) -> Reserved:
    """What came of a request for a place."""
    symbol, strategy = symbol or desk.symbol, terms.pop("strategy", "s")
    limit = terms.pop("limit_units", 0)
    event = ReserveRequested(desk.tick(), id, "main", strategy, symbol, side, size, limit, ttl, "ann", "it waits")
    reservations.check(desk.engine, event)
    desk.feed(event)
    (found,) = desk.took(None, desk.engine.ask(event))
    assert isinstance(found, Reserved)
    return found


def codes(reserved: Reserved) -> list[str]:
    assert not reserved.approved
    return [check.code for check in reserved.refusals]


def use(desk: Desk, id: str, size: int = 1, *, side: int = BUY, symbol: str = "", strategy: str = "s") -> list[Event]:
    event = OrderRequested(desk.tick(), "main", strategy, symbol or desk.symbol, side, size, 0, id, "ann", "now")
    by_hand.check(desk.engine, event)
    desk.feed(event)
    return desk.took(None, desk.engine.ask(event))


def decision_of(outputs: list[Event]) -> Decision:
    (found,) = [output for output in outputs if isinstance(output, Decision)]
    return found


def ended(outputs: list[Event]) -> Released:
    (found,) = [output for output in outputs if isinstance(output, Released)]
    return found


def snapshot_of(desk: Desk) -> Engine:
    """The engine as a snapshot gives it back."""
    engine = Engine()
    restore(engine, to_bytes(desk.engine))
    return engine


# ── what it keeps ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reserved_slot_is_taken_for_everybody_else() -> None:
    desk = desk_of("ACME", "ZETA", **{"tradepicker.maxOpenPositions": 1})
    assert ask(desk, "r").approved
    assert desk.refused(BUY, 1, symbol="ZETA") == ["OPEN_LIMIT_EXCEEDED"]
    assert codes(ask(desk, "other", symbol="ZETA")) == ["OPEN_LIMIT_EXCEEDED"]


def test_its_symbol_counts_once() -> None:
    desk = desk_of("ACME", "ZETA", **{"tradepicker.maxOpenPositions": 1})
    ask(desk, "r")
    assert desk.buy(1), "the symbol is pending already"


def test_a_slot_by_strategy_is_that_of_the_strategy() -> None:
    limits = {"tradepicker.maxOpenPositions": 1, "tradepicker.key": "account_strategy"}
    desk = desk_of("ACME", "ZETA", **limits)
    ask(desk, "r", strategy="s")
    assert desk.refused(BUY, 1, symbol="ZETA", strategy="s") == ["OPEN_LIMIT_EXCEEDED"]
    assert desk.buy(1, symbol="ZETA", strategy="t")


def test_reserved_money_is_not_free() -> None:
    desk = desk_of(cash="1000", kind="cash")
    reserved = ask(desk, "r", 6)
    assert (reserved.hold, reserved.hold_currency) == (600 * 10**18, "USD")
    assert desk.engine.accounts["main"].free("USD") == 400 * 10**18
    assert desk.refused(BUY, 5, strategy="t") == ["INSUFFICIENT_FUNDS"]
    assert desk.buy(4, strategy="t")


def test_a_reservation_counts_among_the_openings_at_work() -> None:
    desk = desk_of("ACME", "ZETA", maxWorkingOrders=2)
    desk.buy(1, limit_units=PRICE - 1)
    assert ask(desk, "x", 1).approved
    assert codes(ask(desk, "y", 1, symbol="ZETA")) == ["MAX_WORKING_ORDERS"]
    assert decision_of(use(desk, "x")).approved


def test_a_reservation_counts_against_a_budget_and_an_exposure() -> None:
    desk = desk_of(**{"tradepicker.budget": 1000, "maxTotalExposure": 1500})
    ask(desk, "r", 6)
    assert desk.refused(BUY, 5) == ["BUDGET_EXCEEDED"]
    assert codes(ask(desk, "more", 10)) == ["BUDGET_EXCEEDED", "MAX_TOTAL_EXPOSURE"]


def test_every_rule_judges_it_and_all_reasons_stand_in_its_record() -> None:
    desk = desk_of(maxOrderQuantity=5, maxOrderValue=100)
    found = ask(desk, "r", 6)
    assert codes(found) == ["MAX_ORDER_VALUE", "MAX_ORDER_QUANTITY"]
    assert (found.expires, found.hold) == (0, 0)
    assert desk.engine.reservations == {}


def test_it_is_refused_where_nothing_may_open_or_nothing_is_known() -> None:
    desk = Desk()
    assert codes(ask(desk, "r", 1)) == ["PRICE_UNKNOWN", "INSUFFICIENT_FUNDS"]
    desk.quote(PRICE)
    desk.feed(TradingStateSet(desk.tick(), "all", HALTED, "ann", "stop"))
    assert codes(ask(desk, "r", 1)) == ["TRADING_STATE"]


# ── how it ends ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_ends_when_its_order_exists() -> None:
    desk = desk_of("ACME", "ZETA", cash="1000", kind="cash", **{"tradepicker.maxOpenPositions": 1})
    ask(desk, "r", 10)
    made = use(desk, "r", 10)
    order = decision_of(made).orders[0]
    assert (ended(made).code, ended(made).order_id) == ("ORDERED", order.id)
    assert desk.engine.reservations == {}
    desk.cancel(order.id)
    desk.say(13, order.id)
    assert desk.engine.accounts["main"].free("USD") == 1000 * 10**18


def test_it_ends_when_its_order_is_refused() -> None:
    desk = desk_of(maxOrderQuantity=5)
    ask(desk, "r", 5)
    made = use(desk, "r", 6)
    assert [check.code for check in decision_of(made).refusals] == ["MAX_ORDER_QUANTITY"]
    assert (ended(made).code, ended(made).order_id) == ("ORDER_REFUSED", "")
    assert desk.engine.reservations == {}


def test_it_ends_as_ordered_when_its_order_turns_out_to_close() -> None:
    """An order was sent in its name, and fills: it was no refusal."""
    desk = desk_of()
    ask(desk, "r", 5)
    desk.filled(SELL, 10, PRICE)
    made = use(desk, "r", 5)
    order = decision_of(made).orders[0]
    assert order.role != ENTRY
    assert (ended(made).code, ended(made).order_id) == ("ORDERED", order.id)


def test_it_ends_as_refused_when_only_what_closes_of_its_order_was_granted() -> None:
    desk = desk_of(maxOrderQuantity=5)
    ask(desk, "r", 5)
    desk.filled(SELL, 2, PRICE)
    made = use(desk, "r", 9)
    decisions = [output for output in made if isinstance(output, Decision)]
    assert [decision.approved for decision in decisions] == [True, False]
    assert (ended(made).code, ended(made).order_id) == ("ORDER_REFUSED", "")


def test_an_order_by_hand_of_a_strategy_that_was_halted_opens_nothing() -> None:
    """At the market it would fill before anybody could take it back."""
    desk = desk_of()
    desk.filled(BUY, 5, PRICE)
    desk.feed(StrategyHalted(desk.tick(), "s", "STRATEGY_RAISED", "it broke"))
    event = OrderRequested(desk.tick(), "main", "s", "ACME", BUY, 1, 0, "", "ann", "by hand")
    desk.feed(event)
    assert [check.code for check in decision_of(desk.took(None, desk.engine.ask(event))).refusals] == ["TRADING_STATE"]
    assert codes(ask(desk, "r", 1)) == ["TRADING_STATE"]
    assert desk.close(SELL, 2)[0].approved
    assert desk.want(BUY, 1, strategy="t")[0].approved
    desk.feed(TradingStateSet(desk.tick(), "strategy:s", ACTIVE, "ann", "mended"))
    assert desk.want(BUY, 1)[0].approved


def test_it_ends_when_it_is_not_wanted_any_more() -> None:
    desk = desk_of()
    ask(desk, "r", 5)
    event = ReleaseRequested(desk.tick(), "r", "ann", "no")
    desk.feed(event)
    assert ended(desk.took(None, desk.engine.ask(event))).code == "WITHDRAWN"
    with pytest.raises(InputError, match="'r' is not there"):
        reservations.check(desk.engine, event)


def test_it_ends_when_its_scope_stops() -> None:
    desk = desk_of("ACME", "ZETA")
    ask(desk, "r")
    ask(desk, "z", symbol="ZETA")
    outputs = desk.feed(TradingStateSet(desk.tick(), "symbol:ACME", HALTED, "ann", "stop"))
    assert (ended(outputs).id, ended(outputs).code) == ("r", "OPENINGS_STOPPED")
    assert list(desk.engine.reservations) == ["z"]


@pytest.mark.parametrize("ttl_ms", [1, 250, 300_000])
def test_it_ends_at_its_time_exactly(ttl_ms: int) -> None:
    desk = desk_of("ACME", "ZETA", **{"tradepicker.maxOpenPositions": 1})
    reserved = ask(desk, "r", ttl=ttl_ms * MS)
    assert reserved.expires == reserved.time + ttl_ms * MS
    desk.now = reserved.expires - 2
    assert desk.quote(PRICE, symbol="ZETA") == []
    assert desk.refused(BUY, 1, symbol="ZETA") == ["OPEN_LIMIT_EXCEEDED"], "a nanosecond before its end"
    (over,) = desk.quote(PRICE, symbol="ZETA")
    assert isinstance(over, ReservationExpired)
    assert (over.id, over.time, over.expires) == ("r", reserved.expires, reserved.expires)
    assert desk.buy(1, symbol="ZETA")


def test_a_time_that_passes_between_two_events_is_over_before_the_second_decides() -> None:
    desk = desk_of("ACME", "ZETA", **{"tradepicker.maxOpenPositions": 1})
    reserved = ask(desk, "r", ttl=MS)
    desk.now += 3_600 * 10**9
    outputs = desk.quote(PRICE)
    assert [output.expires for output in outputs if isinstance(output, ReservationExpired)] == [reserved.expires]


def test_how_long_it_lasts_is_said_configured_or_five_minutes() -> None:
    def lasts(ttl: int, **limits: Any) -> int:
        found = ask(desk_of(**limits), "r", ttl=ttl)
        return found.expires - found.time

    assert lasts(0) == TTL_NS == 300_000 * MS
    assert lasts(0, **{"tradepicker.reservationTtlMs": 1500}) == 1500 * MS
    assert lasts(400 * MS, **{"tradepicker.reservationTtlMs": 1500}) == 400 * MS
    assert lasts(TTL_NS, **{"tradepicker.reservationTtlMs": 1500}) == 1500 * MS, "never longer than is configured"


def test_an_order_that_names_one_that_has_ended_is_refused() -> None:
    desk = desk_of()
    ask(desk, "r", ttl=MS)
    desk.now += MS
    made = use(desk, "r")
    assert [check.code for check in decision_of(made).refusals] == ["RESERVATION_ENDED"]
    assert not any(isinstance(output, Released) for output in made)


@pytest.mark.parametrize("terms", [{"side": SELL}, {"symbol": "ZETA"}, {"strategy": "t"}])
def test_it_is_for_its_own_strategy_symbol_and_side(terms: dict[str, Any]) -> None:
    desk = desk_of("ACME", "ZETA")
    ask(desk, "r")
    assert [check.code for check in decision_of(use(desk, "r", **terms)).refusals] == ["RESERVATION_ENDED"]
    assert list(desk.engine.reservations) == ["r"], "who has no right to it does not end it"


def test_an_order_that_crosses_zero_may_use_one() -> None:
    desk = desk_of()
    desk.filled(SELL, 3, PRICE)
    ask(desk, "r", 5)
    made = use(desk, "r", 8)
    assert [output.orders[0].quantity for output in made if isinstance(output, Decision)] == [3, 5]
    assert ended(made).code == "ORDERED"


def test_closing_everything_leaves_it_alone() -> None:
    desk = desk_of()
    ask(desk, "r", 5)
    assert desk.engine.close_all(CloseRequested(desk.now, "main", "", "ann", "all")) == []
    assert list(desk.engine.reservations) == ["r"]


# ── as records ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_part_of_the_state_and_goes_on_behind_a_snapshot() -> None:
    desk = desk_of("ACME", "ZETA", **{"tradepicker.maxOpenPositions": 1})
    without = desk.engine.state_hash()
    reserved = ask(desk, "r", 5, limit_units=PRICE - 10)
    assert desk.engine.state_hash() != without
    desk.engine, other = snapshot_of(desk), desk.engine
    assert desk.engine.state_hash() == other.state_hash()
    assert desk.refused(BUY, 1, symbol="ZETA") == ["OPEN_LIMIT_EXCEEDED"]
    desk.now = reserved.expires - 1
    desk.quote(PRICE)
    assert desk.engine.reservations == {}
    assert desk.buy(1, symbol="ZETA")


def test_its_records_say_all_of_it_again() -> None:
    desk = desk_of()
    asked = ReserveRequested(desk.tick(), "r", "main", "s", "ACME", BUY, 5, PRICE, 7 * MS, "ann", "why")
    reserved = ask(desk, "r", 5, limit_units=PRICE)
    records = [asked, reserved, *use(desk, "r", 5), ReleaseRequested(desk.tick(), "r", "ann", "no")]
    records += [OrderRequested(desk.tick(), "main", "s", "ACME", SELL, 1, 0, "r", "ann", "go"),
                ReservationExpired(desk.tick(), "r", 5)]  # fmt: skip
    decoder = Decoder(desk.engine.instruments, lambda id: desk.engine.orders[id].order)
    for record in records:
        assert encode(decoder.decode(encode(record))) == encode(record)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"id": "x" * 65}, "64 characters"),
        ({"id": ""}, "64 characters"),
        ({"id": "s:ACME"}, "no colon"),
        ({"account": "nobody"}, "nobody"),
        ({"symbol": "NONE"}, "NONE"),
        ({"strategy": ""}, "a strategy"),
        ({"side": 0}, "a side"),
        ({"quantity": -1}, "below zero"),
        ({"ttl_ns": TTL_NS_MAX + 1}, "86400 seconds"),
        ({"who": ""}, "say who"),
    ],
)
def test_what_can_not_be_asked_for_is_refused_by_name(terms: dict[str, Any], words: str) -> None:
    whole: dict[str, Any] = {
        "time": 1, "id": "r", "account": "main", "strategy": "s", "symbol": "ACME", "side": BUY, "quantity": 1,
        "limit_units": 0, "ttl_ns": 0, "who": "ann", "reason": "",
    }  # fmt: skip
    desk = desk_of()
    reservations.check(desk.engine, ReserveRequested(**whole))
    with pytest.raises(InputError, match=words):
        reservations.check(desk.engine, ReserveRequested(**(whole | terms)))


@pytest.mark.parametrize("symbol", ["BTC/USD", "", "all", "a:b"])
def test_a_symbol_that_is_not_there_is_told_with_those_that_are(symbol: str) -> None:
    event = OrderRequested(1, "main", "s", symbol, BUY, 1, 0, "", "ann", "now")
    with pytest.raises(InputError, match=f"^there is no symbol '{symbol}'; there is ACME$"):
        by_hand.check(desk_of().engine, event)


def test_an_id_is_in_use_once_at_a_time() -> None:
    desk = desk_of()
    ask(desk, "r")
    with pytest.raises(InputError, match="not in use"):
        ask(desk, "r")
    use(desk, "r")
    assert ask(desk, "r").approved


def test_a_place_is_of_the_size_that_its_order_would_get_with_the_exits_of_its_account() -> None:
    desk = desk_of()
    desk.engine.plans = {"account:main": plan_from({"stopLossPercent": 2})}
    desk.engine.sizers = {"account:main": sizer_from("risk_percent:1")}
    reserved = ask(desk, "x")
    (order,) = decision_of(use(desk, "x", 0)).orders
    assert (reserved.quantity, reserved.hold) == (order.quantity, 5_000 * PRICE * 10**16) == (5_000, 500_000 * 10**18)


def test_a_place_is_judged_at_the_price_to_which_its_order_would_be_limited() -> None:
    desk = desk_of(orderType="limit")
    reserved = ask(desk, "x", 5)
    (order,) = decision_of(use(desk, "x", 5)).orders
    assert reserved.limit_units == order.limit_units == PRICE
