"""An order is judged by the worst it can do: the highest price it can fill at, the largest size of its side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.desk import BUY, LIMIT, SELL, Desk, account_of
from tradewright.model.order import STOP, STOP_LIMIT, TRAILING_STOP

#: At a market of 99.00 to 100.00: type, prices, and the price count it is judged at.
JUDGED: dict[str, tuple[int, int, dict[str, int], int]] = {
    "a buy at the market": (BUY, 0, {}, 10_000),
    "a sale at the market": (SELL, 0, {}, 9_900),
    "a buy up to a limit": (BUY, LIMIT, {"limit_units": 9_000}, 9_000),
    "a buy above the market": (BUY, LIMIT, {"limit_units": 12_000}, 12_000),
    "a sale far below the market gets the market": (SELL, LIMIT, {"limit_units": 100}, 9_900),
    "a sale above the market": (SELL, LIMIT, {"limit_units": 11_000}, 11_000),
    "a buy stop above the market": (BUY, STOP, {"stop_units": 15_000}, 15_000),
    "a buy stop below the market goes at once": (BUY, STOP, {"stop_units": 100}, 10_000),
    "a sell stop below the market": (SELL, STOP, {"stop_units": 9_000}, 9_000),
    "a sell stop above the market goes at once": (SELL, STOP, {"stop_units": 99_000}, 9_900),
    "a buy stop with a limit": (BUY, STOP_LIMIT, {"stop_units": 10_100, "limit_units": 10_500}, 10_500),
    "a sell stop with a limit far below": (SELL, STOP_LIMIT, {"stop_units": 9_500, "limit_units": 100}, 9_500),
    "a sell stop with a limit above it": (SELL, STOP_LIMIT, {"stop_units": 9_500, "limit_units": 9_600}, 9_600),
    "a buy that trails by an amount": (BUY, TRAILING_STOP, {"trail_units": 5_000}, 15_000),
    "a buy that trails by 1.00005 %": (BUY, TRAILING_STOP, {"trail_ppm": 10_000}, 10_100),
}


def codes(desk: Desk, side: int, quantity: int, **terms: Any) -> list[str]:
    """Why a wish was refused; [] when it was granted."""
    (decision,) = desk.want(side, quantity, **terms)
    return [check.code for check in decision.refusals]


@pytest.mark.parametrize("name", JUDGED)
def test_a_limit_on_value_binds_at_the_highest_price_the_order_can_fill_at(name: str) -> None:
    side, kind, prices, judged = JUDGED[name]
    terms = prices | ({"type": kind} if kind else {})
    for limit, denied in ((judged, []), (judged - 1, ["MAX_ORDER_VALUE"])):
        desk = Desk(account_of(), limits={"maxOrderValue": f"{limit // 10}.{limit % 10}"}, cash="100000")
        desk.quote(9_900, 10_000)
        assert codes(desk, side, 10, **terms) == denied, (limit, judged)


def test_a_share_of_equity_is_sized_at_the_price_it_is_judged_at() -> None:
    desk = Desk(account_of(), cash="10000")
    desk.quote(9_900, 10_000)
    sizes = [
        desk.want(BUY, 0, size_ppm=500_000, type=STOP, stop_units=15_000)[0].orders[0].quantity,
        desk.want(SELL, 0, size_ppm=100_000, type=LIMIT, limit_units=100)[0].orders[0].quantity,
    ]
    assert sizes == [33, 10]  # 5000 / 150.00 and 1000 / 99.00


def test_the_size_limit_binds_on_the_far_side_of_zero() -> None:
    desk = Desk(account_of(), limits={"maxPositionQuantity": 200}, cash="1000000")
    desk.quote(10_000)
    desk.filled(BUY, 100, 10_000)
    closing, opening = desk.want(SELL, 400)
    assert closing.approved
    assert [(check.code, check.value) for check in opening.refusals] == [("MAX_POSITION_QUANTITY", 300 * 10**9)]
    desk.fill(closing.orders[0].id, 100, 10_000)
    assert codes(desk, SELL, 201) == ["MAX_POSITION_QUANTITY"]
    assert codes(desk, SELL, 200) == []


def test_in_a_hedging_account_long_and_short_are_bound_each_by_itself() -> None:
    desk = Desk(account_of(mode="hedging"), limits={"maxPositionQuantity": 100}, cash="1000000")
    desk.quote(10_000)
    desk.filled(BUY, 100, 10_000)
    desk.filled(SELL, 100, 10_000)
    assert codes(desk, BUY, 1) == ["MAX_POSITION_QUANTITY"]
    assert codes(desk, SELL, 1) == ["MAX_POSITION_QUANTITY"]


def test_another_strategy_s_long_does_not_make_room_for_a_short() -> None:
    desk = Desk(account_of(), limits={"maxPositionQuantity": 100}, cash="1000000")
    desk.quote(10_000)
    desk.filled(BUY, 100, 10_000)
    assert codes(desk, SELL, 101, strategy="other") == ["MAX_POSITION_QUANTITY"]
    assert codes(desk, SELL, 100, strategy="other") == []
