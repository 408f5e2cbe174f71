"""Slices of a parent order: together never larger than it is, whatever became of each of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.desk import BUY, SELL, Desk, account_of
from tests.unit.core.test_reservations import snapshot_of
from tradewright.core.engine import Engine
from tradewright.core.parents import PARENT_EXCEEDED
from tradewright.core.state import restore, to_bytes
from tradewright.model import event as kinds
from tradewright.model.control import Started
from tradewright.model.order import EXIT

PRICE = 10_000
DAY = 24 * 3_600 * 10**9


def desk_of(**terms: Any) -> Desk:
    desk = Desk(account_of(leverage=100), cash="1000000000", **terms)
    desk.quote(PRICE)
    return desk


def slice_of(desk: Desk, quantity: int, size: int = 100, side: int = BUY, parent: str = "vwap", **terms: Any) -> str:
    """The id of the slice's order, "" where it was refused for its parent alone."""
    (decision,) = desk.want(side, quantity, parent=parent, parent_size=size, limit_units=PRICE, **terms)
    refused = [check.code for check in decision.refusals]
    assert refused in ([], [PARENT_EXCEEDED])
    return "" if refused else decision.orders[0].id


@pytest.mark.parametrize("last", [39, 40, 41])
def test_the_last_slice_fits_to_the_unit(last: int) -> None:
    desk = desk_of()
    filled = slice_of(desk, 30)
    desk.fill(filled, 30, PRICE)
    assert slice_of(desk, 30), "what works counts beside what filled"
    assert bool(slice_of(desk, last)) is (last <= 40)


def test_a_parent_that_nobody_sliced_for_a_month_is_forgotten_and_none_before() -> None:
    desk = desk_of()
    desk.fill(slice_of(desk, 100), 100, PRICE)
    for day in range(1, 34):
        desk.now += DAY
        desk.quote(PRICE)
        if day == 30:
            assert slice_of(desk, 1) == ""
    assert desk.engine.parents.known == {}
    assert slice_of(desk, 100)
    desk.engine = snapshot_of(desk)
    assert slice_of(desk, 1) == ""


def test_a_check_tells_the_slices_and_the_size_of_the_parent() -> None:
    desk = desk_of()
    slice_of(desk, 60)
    (decision,) = desk.want(BUY, 50, parent="vwap", parent_size=999)
    (check,) = decision.refusals
    assert (check.code, check.value, check.limit) == (PARENT_EXCEEDED, 110, 100), "its size is what was said first"


def test_what_a_slice_did_not_fill_is_free_when_it_has_ended_and_not_before() -> None:
    desk = desk_of()
    first = slice_of(desk, 100)
    desk.fill(first, 40, PRICE)
    desk.cancel(first)
    assert slice_of(desk, 60) == "", "it may still fill"
    desk.say(kinds.CANCELLED, first)
    second = slice_of(desk, 60)
    assert second
    desk.say(kinds.REJECTED, second)
    assert slice_of(desk, 60)


def test_a_slice_whose_outcome_is_not_known_keeps_its_place() -> None:
    desk = desk_of()
    first = slice_of(desk, 100)
    desk.say(kinds.OUTCOME_UNKNOWN, first, "submit")
    desk.feed(Started(desk.tick(), 2, []))
    assert slice_of(desk, 1) == ""
    desk.say(kinds.NOT_FOUND, first)
    assert slice_of(desk, 100)


def test_a_fill_behind_its_cancel_counts() -> None:
    desk = desk_of()
    first = slice_of(desk, 100)
    desk.cancel(first)
    desk.say(kinds.CANCELLED, first)
    desk.fill(first, 100, PRICE)
    assert slice_of(desk, 1) == ""


def test_a_slice_does_not_grow_beyond_its_parent() -> None:
    desk = desk_of()
    first = slice_of(desk, 50)
    slice_of(desk, 30)
    for quantity, approved in ((71, False), (70, True)):
        wish = desk.intent(BUY, quantity, modifies=True)
        wish.order_id, wish.limit_units = first, 0
        judged = desk.took(None, desk.engine.modify(wish))[0]
        assert judged.approved is approved  # type: ignore[attr-defined]
    assert slice_of(desk, 1) == "", "the larger of both sizes counts while the change is on its way"


def test_a_parent_is_one_strategy_s_in_one_instrument_and_on_one_side() -> None:
    desk = desk_of(symbols=("ACME", "ZETA"))
    desk.quote(PRICE, symbol="ZETA")
    slice_of(desk, 100)
    assert slice_of(desk, 1) == ""
    assert slice_of(desk, 100, strategy="other")
    assert slice_of(desk, 100, symbol="ZETA")
    assert slice_of(desk, 100, side=SELL)
    assert slice_of(desk, 100, parent="twap")


def test_closes_and_orders_without_a_parent_are_none_of_its_slices() -> None:
    desk = desk_of()
    desk.fill(slice_of(desk, 100), 100, PRICE)
    assert desk.buy(50)
    assert desk.close(SELL)[0].approved


@pytest.mark.parametrize("short", [40, 60])
def test_what_a_slice_closes_on_its_way_counts_and_is_never_refused(short: int) -> None:
    desk = desk_of()
    desk.filled(SELL, short, PRICE)
    for decision in desk.want(BUY, 60, parent="vwap", parent_size=100):
        desk.fill(decision.orders[0].id, decision.orders[0].quantity, PRICE)
    assert desk.net() == 60 - short
    assert slice_of(desk, 41) == ""
    for decision in desk.want(SELL, 200):
        desk.fill(decision.orders[0].id, decision.orders[0].quantity, PRICE)
    (decision,) = desk.want(BUY, 50, parent="vwap", parent_size=100)
    assert (decision.approved, decision.orders[0].role) == (True, EXIT), "an exit is not held up"
    assert desk.engine.parents.row() == snapshot_of(desk).parents.row()


def test_it_is_remembered_over_restarts_and_after_its_slices_have_left_memory() -> None:
    desk = desk_of()
    first = slice_of(desk, 60)
    desk.fill(first, 60, PRICE)
    for later in (0, 2 * DAY):
        desk.now += later
        desk.quote(PRICE)
        engine = Engine()
        restore(engine, to_bytes(desk.engine))
        assert engine.state_hash() == desk.engine.state_hash()
        desk.engine = engine
        assert slice_of(desk, 41) == ""
    assert first not in desk.engine.orders
    assert slice_of(desk, 40)


@given(st.lists(st.tuples(st.integers(1, 60), st.sampled_from(["fill", "part", "cancel", "reject", "late", "rest"]))))
def test_slices_together_never_fill_more_than_their_parent(slices: list[tuple[int, str]]) -> None:
    desk, filled = desk_of(), 0
    for quantity, end in slices:
        order_id = slice_of(desk, quantity)
        if not order_id or end == "rest":
            continue
        part = {"fill": quantity, "late": quantity, "part": quantity // 2}.get(end, 0)
        if end == "reject":
            desk.say(kinds.REJECTED, order_id)
        if end == "part" and part:
            desk.fill(order_id, part, PRICE)
        if end in ("part", "cancel"):
            desk.cancel(order_id)
            desk.say(kinds.CANCELLED, order_id)
        elif end in ("fill", "late"):
            desk.fill(order_id, part, PRICE)
        filled += part
    assert desk.net() == filled <= 100
